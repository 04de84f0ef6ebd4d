"""What is done from the team page: absence and cover, and handing over many participants at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.access.models import Submission
from plass.access.user_roles import UserRoles, user_roles
from plass.cases.form_views import add_errors
from plass.cases.gate import open_case
from plass.cases.models import Assignment
from plass.milestones.models import Phase
from plass.organisation import actions
from plass.organisation.models import Absence, User

from ..actions import hand_over_many
from ..forms import AbsenceForm, ChangeAbsenceForm, ReassignForm
from ..team import cases_to_hand_over, members


def _page(
    request: HttpRequest, who: UserRoles, form: IdempotentForm, act: Callable[[], str], *, template: str, **context: Any
) -> HttpResponse:
    """Show the form, or act on it once and go back to the team. ``act`` returns the message to show."""
    back = reverse("caseload:team")
    if form.is_bound and form.is_valid():

        def once() -> str:
            messages.success(request, act())
            return back

        try:
            goes_to = idempotency.run_once(form.cleaned_data["submission"], by=who.user, act=once)
            return HttpResponseRedirect(goes_to, status=303)
        except ValidationError as error:
            add_errors(form, error)
    elif form.is_bound and (earlier := _acted_on(form)):
        # Sent twice: after the first time those participants can no longer be chosen.
        return HttpResponseRedirect(earlier, status=303)
    crumbs = [(_("The team"), back), (context["title"], "")]
    context |= {"form": form, "back": back, "crumbs": crumbs}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _acted_on(form: IdempotentForm) -> str:
    """Where an earlier sending of the same form led; empty where there was none."""
    number = form.cleaned_data.get("submission")
    if number is None:
        return ""
    leads_to = Submission.objects.filter(pk=number).values_list("leads_to", flat=True).first()
    return leads_to or ""


def _in_a_team(request: HttpRequest) -> UserRoles:
    who = user_roles(request.user)
    if who is None or not who.teams:
        raise Http404
    return who


def _people(who: UserRoles) -> list[User]:
    """Those who can be away and cover in the teams of ``who``: supervisors cover too."""
    return list({user.pk: user for user, _team in members(who.teams, actions.IN_TEAMS)}.values())


@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    """Somebody will be away: oneself, or (for a supervisor) anybody in the teams one leads."""
    who = _in_a_team(request)
    people = _people(who)
    leads = bool(who.led_teams)
    initial = {"user": request.GET.get("hvem")} if leads else {}
    form = AbsenceForm(request.POST or None, people=people, may_choose=leads, initial=initial)
    by_number = {user.pk: user for user in people}

    def act() -> str:
        data = form.cleaned_data
        actions.record_absence(
            by=who.user,
            user=by_number[data["user"]] if leads else who.user,
            covered_by=by_number[data["covered_by"]],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
        )
        return _("The absence is recorded.")

    return _page(request, who, form, act, template="caseload/team_act.html", title=_("Absence and cover"))


@require_http_methods(["GET", "HEAD", "POST"])
def change_absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Back earlier or later, or somebody else covers."""
    who = _in_a_team(request)
    people = _people(who)
    by_number = {user.pk: user for user in people}
    current = Absence.objects.select_related("user").filter(pk=absence_id).first()
    if current is None or not (current.user_id == who.user.pk or (who.led_teams and current.user_id in by_number)):
        raise Http404
    initial = {"covered_by": current.covered_by_id, "ends_on": current.ends_on}
    form = ChangeAbsenceForm(request.POST or None, people=people, initial=initial)

    def act() -> str:
        data = form.cleaned_data
        actions.change_absence(current, by=who.user, covered_by=by_number[data["covered_by"]], ends_on=data["ends_on"])
        return _("The absence is changed.")

    title = _("Absence: %(name)s") % {"name": current.user.name}
    return _page(request, who, form, act, template="caseload/team_act.html", title=title)


@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: HttpRequest) -> HttpResponse:
    """Hand over some or all of what one specialist follows (``?fra=``), or of what nobody has taken."""
    who = _in_a_team(request)
    if not who.led_teams:
        raise Http404
    typed = request.GET.get("fra", "")
    given_by = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    rows = [
        (
            row["case_id"],
            f"{row['participant__given_name']} {row['participant__family_name']}, {Phase(row['phase']).label}",
        )
        for row in cases_to_hand_over(who, given_by)
    ]
    people = [(user, team) for user, team in members(who.led_teams) if user.pk != given_by]
    form = ReassignForm(request.POST or None, rows=rows, people=people)

    def act() -> str:
        cases = [
            open_case(request, case_id, purpose="hand over", needs=Assignment.needs).case
            for case_id in form.cleaned_data["cases"]
        ]
        to, team = form.people[form.cleaned_data["to"]]
        hand_over_many(cases, who=who, to=to, team=team, reason=form.cleaned_data["reason"], instead_of=given_by)
        return ngettext(
            "%(number)d participant is handed over.", "%(number)d participants are handed over.", len(cases)
        ) % {"number": len(cases)}

    return _page(
        request,
        who,
        form,
        act,
        template="caseload/team_reassign.html",
        title=_("Hand over participants"),
        given_by=User.objects.filter(pk=given_by).first() if given_by else None,
        nothing=not rows or not people,
    )
