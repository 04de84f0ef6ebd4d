"""Referring somebody, a counsellor's own referrals, and who follows a case."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access import idempotency, log
from plass.access.rules import Level
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import Role, Team, User
from plass.ui.listing import Column, Filter, Listing

from . import actions, notices, queries
from .form_views import add_errors, case_crumbs, form_view
from .forms import HandOverForm, ReferForm, TakeForm
from .gate import NotAllowed, Opened, open_case, still_sees
from .models import Assignment, Case

PARTS = (
    ("", gettext_lazy("All")),
    ("waiting", gettext_lazy("Waiting")),
    ("active", gettext_lazy("Being followed")),
    ("ended", gettext_lazy("Ended")),
)
REFERRALS = Listing(
    name="referrals",
    title=gettext_lazy("My referrals"),
    own_filters=(
        Filter(
            key="del",
            choices=PARTS,
            narrow=lambda rows, part, query: rows.filter(part=part),
            drawn=False,
        ),
    ),
    columns=(
        Column(key="participant", label=gettext_lazy("Participant"), names_the_row=True),
        Column(key="phase", label=gettext_lazy("How it goes")),
        Column(key="waiting", label=gettext_lazy("Waiting time")),
        Column(key="specialist", label=gettext_lazy("Job specialist")),
        Column(key="last_met", label=gettext_lazy("Last met")),
    ),
)


def case_or_home(opened: Opened) -> str:
    """The case page, or the front door for somebody who does not see the case any more."""
    if still_sees(opened):
        return reverse("caseload:case", args=[opened.case.pk])
    return reverse("accounts:home")


def refer(request: HttpRequest) -> HttpResponse:
    """The counsellor (or a specialist) refers somebody to a team at their own office."""
    who = user_roles(request.user)
    if who is None or not any(who.has(role) for role in queries.WHO_REFER):
        raise NotAllowed("refers nobody")
    posted = request.method == "POST"
    if posted and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)):
        return HttpResponseRedirect(earlier, status=303)
    form = ReferForm(request.POST if posted else None, teams=queries.teams_to_refer_to(who))
    if posted and form.is_valid():
        number = form.cleaned_data["submission"]
        try:
            leads_to = idempotency.run_once(number, by=who.user, act=lambda: _refer(request, who, form))
            return HttpResponseRedirect(leads_to, status=303)
        except ValidationError as error:
            add_errors(form, error)
    context = {"title": _("Refer a participant"), "form": form, "back": reverse("accounts:home")}
    return render(request, "cases/refer.html", context, status=422 if form.is_bound else 200)


def _refer(request: HttpRequest, who: UserRoles, form: ReferForm) -> str:
    """Do it, say what happened, and tell where to go on."""
    values = form.cleaned_data
    known_before = actions.known(values["number"], values["team"])
    case = actions.refer(
        by=who.user,
        number=values["number"],
        person=form.particulars(),
        team=values["team"],
        wishes=values["wishes"],
        help_wanted=values["help_wanted"],
        participant_agreed_on=values["participant_agreed_on"],
        happened_on=values["happened_on"],
    )
    # What is said follows from what the one who refers has a lasting part in, and typed; nothing from what else is known.
    messages.success(request, _("The referral has been received. Those who are to follow up are told."))
    if known_before is not None:
        messages.info(
            request,
            _(
                "You know this person here from before. Name, address and protection stay as they are registered. "
                "You change them on the person's page."
            ),
        )
    if case.participant.is_protected:
        messages.warning(request, _("The participant is protected: choose now who is to follow them."))
        return reverse("cases:hand_over", args=[case.pk])
    return reverse("cases:referrals") if who.has(Role.COUNSELLOR) else reverse("caseload:case", args=[case.pk])


def referrals(request: HttpRequest) -> HttpResponse:
    """A counsellor's own referrals, and how each goes."""
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise NotAllowed("has no referrals")
    query = REFERRALS.read(request.GET.dict(), who)
    shown = REFERRALS.page(query, REFERRALS.narrowed(queries.referrals(who.user), query), request.GET.get("page"))
    log.log_list(who, "list", len(shown.rows))
    answered = queries.ended_with_an_answer(case.pk for case in shown.rows if case.milestones.end_cause == "other")
    here = reverse("cases:referrals")
    tabs = [(f"{here}?del={key}" if key else here, text, key == query["del"]) for key, text in PARTS]
    rendered_notices = notices.for_today(who, timezone.localdate())
    context = {"title": shown.title, "list": shown, "tabs": tabs, "notices": rendered_notices}
    return render(request, "cases/referrals.html", context | {"answered": answered})


def take(request: HttpRequest, case_id: int) -> HttpResponse:
    """A specialist takes a case, and goes on to agree on the first talk."""
    opened = open_case(request, case_id, purpose="take", needs=Level.RECORD)
    if not may_take(opened):
        raise NotAllowed("takes no cases")

    def act(by: User, form: forms.Form) -> str:
        actions.take(opened.case, by=by)
        return reverse("followup:meeting", args=[opened.case.pk]) + "?med=participant&formal=first_talk"

    return form_view(
        request,
        opened,
        TakeForm(request.POST if request.method == "POST" else None),
        act,
        template="cases/take.html",
        title=_("Take the case"),
        done=_("The case is yours. Agree on the first talk now, or later from the case page."),
        crumbs=case_crumbs(opened, _("Take the case")),
        referral=queries.newest_referral(opened.case),
    )


def hand_over(request: HttpRequest, case_id: int) -> HttpResponse:
    """Let another specialist (or with ?rolle=veileder another counsellor) follow the case from today."""
    opened = open_case(request, case_id, purpose="hand over", needs=Level.DECIDE)
    case = opened.case
    counsellor = request.GET.get("rolle") == "veileder"
    role = Assignment.Role.COUNSELLOR if counsellor else Assignment.Role.SPECIALIST
    if not counsellor and not _chooses_specialists(opened):
        raise NotAllowed("hands over no cases")
    now = case.counsellor if counsellor else case.specialist
    form = HandOverForm(
        request.POST if request.method == "POST" else None,
        people=queries.who_can_follow(case.office_id, role),
        now=now.pk if now else None,
        # A protected participant must be somebody's: the team does not see them.
        may_be_nobody=not counsellor and now is not None and not case.participant.is_protected,
    )

    def act(by: User, valid: forms.Form) -> str:
        to, team = cast(HandOverForm, valid).chosen()
        actions.hand_over(
            case,
            by=by,
            to=to,
            team=team,
            role=role,
            reason=valid.cleaned_data["reason"],
            instead_of=valid.cleaned_data["instead_of"],
            with_meetings=valid.cleaned_data.get("meetings") != "stay",
        )
        return case_or_home(opened)

    def done() -> str:
        _to, team = form.chosen()
        if not _leaves(case, team):
            return _("Handed over.")
        return _("Handed over. The case has gone to %(team)s, and %(old)s does not see it any more.") % {
            "team": team.name if team else "",
            "old": case.team.name if case.team else "",
        }

    title = _("Another counsellor") if counsellor else _("Hand over")
    return form_view(
        request,
        opened,
        form,
        act,
        template="cases/hand_over.html",
        title=title,
        done=lazy(done, str)(),
        crumbs=case_crumbs(opened, title),
        now=now,
        left=case.counsellor_left if counsellor else case.specialist_left,
        counsellor=counsellor,
        loses=_who_loses_it(case, now, counsellor=counsellor),
        me=opened.standing.user.pk,
        other_teams=any(_leaves(case, team) for _user, team in form.people.values()),
    )


def _leaves(case: Case, team: Team | None) -> bool:
    """Whether the case goes from a team to another by being given to somebody there."""
    return team is not None and case.team is not None and team != case.team and not case.participant.is_protected


def _who_loses_it(case: Case, now: User | None, *, counsellor: bool) -> list[User]:
    """Who does not see a protected participant any more when another gets them: who had them, and who had referred them,
    unless they stay by the other part.
    """
    stays = case.specialist_id if counsellor else case.counsellor_id
    referred = case.referred_by if case.referrer_ended_at is None else None
    users = {user.pk: user for user in (now, referred) if user is not None and user.pk != stays}
    return list(users.values())


def may_take(opened: Opened) -> bool:
    """Whether the one who opened a case may become its job specialist."""
    return actions.may_take(opened.case, opened.standing.user)


def may_hand_over(opened: Opened) -> bool:
    """Whether the one who opened a case may say which job specialist follows it."""
    return opened.may_decide and _chooses_specialists(opened)


def _chooses_specialists(opened: Opened) -> bool:
    # Nobody in the team sees a protected participant before somebody has got them: there the counsellor chooses.
    return opened.case.office_id in opened.standing.follows_at or opened.case.participant.is_protected
