"""What several pages of this room ask: how a case stands, whom it can be given to, and a counsellor's own referrals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case as When
from django.db.models import F, Q, QuerySet, Value
from django.db.models import When as Condition
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.access.user_roles import UserRoles
from plass.db.prepared import fetch
from plass.organisation.models import Membership, Role, Team, User
from plass.organisation.sorting import alphabetically, by_name

from .models import Case, Participant, Referral

#: Who refers participants.
WHO_REFER = (Role.COUNSELLOR, Role.SPECIALIST, Role.SUPERVISOR)


@dataclass(frozen=True)
class Course:
    """Where a case is between referral and end. From the milestones, like every figure."""

    referred_on: date | None
    paused_on: date | None
    ended_on: date | None


def course(case: Case) -> Course:
    """How the case stands by the facts recorded until now, those of this transaction included."""
    return courses([case])[case.pk]


def courses(cases: Sequence[Case]) -> dict[int, Course]:
    """The same for several cases, by their numbers."""
    columns = ("milestones__referred_on", "milestones__paused_on", "milestones__ended_on")
    rows = Case.objects.filter(pk__in={case.pk for case in cases}).values_list("pk", *columns)
    return {number: Course(*days) for number, *days in rows}


def was_answered(case: Case) -> bool:
    """Whether the case was a referral that was answered instead of joined: such a case is not opened again."""
    return bool(fetch("SELECT cases_was_answered(%(case)s)", {"case": case.pk})[0][0])


def ended_with_an_answer(cases: Iterable[int]) -> set[int]:
    """Those of the cases, by their numbers, that ended with the answer to a referral. One query, none for no cases."""
    case_ids = list(cases)
    if not case_ids:
        return set()
    text = "SELECT one FROM unnest(%(cases)s::bigint[]) AS one WHERE cases_ended_with_an_answer(one)"
    return {number for (number,) in fetch(text, {"cases": case_ids})}


def newest_referral(case: Case) -> Referral | None:
    """The referral that stands, with who wrote it."""
    return (
        Referral.objects.filter(case=case, superseded_at=None)
        .select_related("recorded_by")
        .order_by("-happened_on", "-pk")
        .first()
    )


def teams_to_refer_to(who: UserRoles) -> QuerySet[Team]:
    """The teams at the offices where somebody works."""
    return (
        Team.objects.filter(office__in=who.offices)
        .select_related("office")
        .order_by(alphabetically("office__name"), alphabetically())
    )


def who_can_follow(office_id: int, role: str) -> list[tuple[User, Team | None]]:
    """Who at the office could be its specialist (with the team) or its counsellor, by name. One query."""
    today = timezone.localdate()
    roles = [Role.COUNSELLOR] if role == "counsellor" else [Role.SPECIALIST, Role.SUPERVISOR]
    memberships = (
        Membership.objects.filter(Q(ended_on=None) | Q(ended_on__gte=today), started_on__lte=today)
        .filter(office=office_id, role__in=roles)
        .filter(Q(user__ended_on=None) | Q(user__ended_on__gte=today))
        .select_related("user", "team__office")
        .order_by(alphabetically("team__name"), by_name("user__"), "user_id")
    )
    people: dict[tuple[int, int | None], tuple[User, Team | None]] = {}
    for membership in memberships:
        team = None if role == "counsellor" else membership.team
        people.setdefault((membership.user_id, team.pk if team else None), (membership.user, team))
    return list(people.values())


def level_at(participant: Participant) -> Level:
    """The most that a case of the participant allows the acting user."""
    return Level(fetch("SELECT access_participant_level(%(wanted)s)", {"wanted": participant.pk})[0][0])


def asked_about_own_employee(participant: Participant) -> bool:
    """Whether somebody who works here says that they are the participant, and the acting user is asked about it."""
    return bool(fetch("SELECT cases_asked_about(%(wanted)s)", {"wanted": participant.pk})[0][0])


def named_when_protected(participant: Participant) -> list[tuple[User, str]]:
    """Who sees the participant if they are protected, as far as the acting user sees their cases, and as what: those who
    are named in a case and have that role at its office today (``cases_named()``). Also who must keep away, and so does not:
    the acting user is not told who that is.
    """
    parts = {
        "specialist": _("job specialist"),
        "counsellor": _("counsellor"),
        "referrer": _("referred the participant"),
    }
    parts_by_user: dict[int, str] = {}
    asked = "SELECT user_id, part FROM cases_named_when_protected(%(wanted)s)"
    for number, part in fetch(asked, {"wanted": participant.pk}):
        parts_by_user.setdefault(number, parts[part])
    people = User.objects.in_bulk(parts_by_user)
    return [(people[number], part) for number, part in parts_by_user.items() if number in people]


def referrals(user: User) -> QuerySet[Case]:
    """The cases that ``user`` referred or is the counsellor of, those who wait longest first, those ended last.

    With participant, specialist, team and milestones joined, and ``part``: waiting, active or ended.
    """
    cases = (
        Case.objects.filter(Q(counsellor=user) | Q(referred_by=user))
        .select_related("participant", "specialist", "team", "milestones")
        .annotate(
            part=When(
                Condition(milestones__phase="referred", then=Value("waiting")),
                Condition(milestones__phase="ended", then=Value("ended")),
                default=Value("active"),
            ),
            rank=When(
                Condition(milestones__phase="referred", then=Value(0)),
                Condition(milestones__phase="ended", then=Value(2)),
                default=Value(1),
            ),
        )
    )
    return cases.order_by("rank", F("milestones__waiting_days").desc(nulls_last=True), "participant__sort_name", "pk")
