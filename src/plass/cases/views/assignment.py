"""Who follows a case: taking it, handing it over, and who may."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.organisation.models import Team, User

from .. import actions, queries
from ..form_views import case_crumbs, case_or_home, form_view
from ..forms import HandOverForm, TakeForm
from ..gate import NotAllowed, Opened, open_case
from ..models import Assignment, Case


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
    opened = open_case(request, case_id, purpose="hand over", needs=Assignment.needs)
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
