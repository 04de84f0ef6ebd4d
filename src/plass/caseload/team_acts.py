"""What is done from the team page: absence and cover, and handing over many participants at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.access.models import Submission
from plass.access.rules import Level
from plass.access.user_roles import UserRoles, user_roles
from plass.cases import actions as case_actions
from plass.cases.form_views import add_errors
from plass.cases.gate import NotAllowed, open_case
from plass.cases.models import Case
from plass.milestones.models import Milestones, Phase
from plass.organisation import actions
from plass.organisation.models import Absence, Membership, Role, Team, User
from plass.organisation.sorting import by_name, by_place

#: Nobody hands over more in one go; the rest can be handed over after.
AT_ONCE = 100


def members(team_ids: Iterable[int], roles: tuple[Role, ...] = (Role.SPECIALIST,)) -> list[tuple[User, Team]]:
    """Who has one of ``roles`` today in these teams, by team and name. One query."""
    today = timezone.localdate()
    memberships = (
        Membership.objects.filter(Q(ended_on=None) | Q(ended_on__gte=today), started_on__lte=today)
        .filter(team__in=sorted(team_ids), role__in=roles)
        .filter(Q(user__ended_on=None) | Q(user__ended_on__gte=today))
        .select_related("user", "team__office")
        .order_by(by_place("team__name"), by_name("user__"), "user_id")
    )
    return list(
        {
            (membership.user_id, membership.team_id): (membership.user, membership.team)
            for membership in memberships
            if membership.team
        }.values()
    )


class AbsenceForm(IdempotentForm):
    """Who is away, from when to when, and who covers."""

    user = forms.TypedChoiceField(label=gettext_lazy("Who is away"), coerce=int)
    covered_by = forms.TypedChoiceField(
        label=gettext_lazy("Who covers"),
        coerce=int,
        help_text=gettext_lazy("Sees the day's work of the one who is away on their own day. Nothing is handed over."),
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput())
    ends_on = forms.DateField(label=gettext_lazy("Through"), widget=forms.DateInput())

    def __init__(self, *args: Any, people: list[User], may_choose: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[Any, str]] = [("", _("Choose")), *((user.pk, user.name) for user in people)]
        self.fields["user"].choices = self.fields["covered_by"].choices = choices  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = timezone.localdate
        if not may_choose:
            del self.fields["user"]

    def clean_ends_on(self) -> date:
        """This side of three years: until then somebody else's day holds the participants of the one who is away."""
        day: date = self.cleaned_data["ends_on"]
        if day > timezone.localdate() + timedelta(days=3 * 366):
            raise ValidationError(_("Check the year."))
        return day


class ChangeAbsenceForm(AbsenceForm):
    """Another last day, or another who covers; the first day stands."""

    field_order = ("covered_by", "ends_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, may_choose=False, **kwargs)
        del self.fields["starts_on"]


class ReassignForm(IdempotentForm):
    """Who is to follow these participants from today."""

    cases = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Participants"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one participant."),
            "invalid_choice": gettext_lazy(
                "Somebody was handed over or ended in the meantime. Look through the list once more."
            ),
        },
    )
    to = forms.ChoiceField(
        label=gettext_lazy("To whom?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("The participants can read it.")
    )

    def __init__(self, *args: Any, rows: list[tuple[int, str]], people: list[tuple[User, Team]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {f"{user.pk}-{team.pk}": (user, team) for user, team in people}
        several = len({team.pk for _user, team in people}) > 1
        self.fields["cases"].choices = rows  # type: ignore[attr-defined]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (key, f"{user.name} ({team.name})" if several else user.name) for key, (user, team) in self.people.items()
        ]


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
        for row in _to_hand_over(who, given_by)
    ]
    people = [(user, team) for user, team in members(who.led_teams) if user.pk != given_by]
    form = ReassignForm(request.POST or None, rows=rows, people=people)

    def act() -> str:
        cases = [
            open_case(request, case_id, purpose="hand over", needs=Level.DECIDE).case
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


def _to_hand_over(who: UserRoles, given_by: int | None) -> list[Mapping[str, Any]]:
    milestones = Milestones.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=timezone.localdate()),
        team_id__in=sorted(who.led_teams),
        specialist_id=given_by,
    )
    return list(
        milestones.order_by("participant__sort_name", "case_id").values(
            "case_id", "phase", "participant__given_name", "participant__family_name"
        )[:AT_ONCE]
    )


@transaction.atomic
def hand_over_many(
    cases: Iterable[Case], *, who: UserRoles, to: User, team: Team, reason: str, instead_of: int | None
) -> None:
    """Hand over each of ``cases`` to ``to`` from today, all or none. Only for the supervisor of the case's team.

    Raises NotAllowed, and ValidationError where somebody else than ``instead_of`` follows one of them by now.
    """
    for case in cases:
        if case.team_id not in who.led_teams:
            raise NotAllowed(f"user {who.user.pk} does not lead the team of case {case.pk}")
        case_actions.hand_over(case, by=who.user, to=to, team=team, reason=reason, instead_of=instead_of)
