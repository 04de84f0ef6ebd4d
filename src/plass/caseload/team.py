"""The team page: how much each follows, who waits, who has not been met, employers met; and who is away.

A supervisor sees the teams they lead and acts from here; a specialist reads about their own team.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.shortcuts import resolve_url
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from plass.access.user_roles import UserRoles
from plass.db.prepared import PreparedQuery
from plass.milestones.models import Milestones, Phase
from plass.milestones.reminder_texts import waited
from plass.milestones.thresholds import FULL_CASELOAD, days
from plass.organisation.models import Membership, Role, Team, User
from plass.organisation.sorting import alphabetically, by_name
from plass.ui.templatetags.plass import nearby

WEEKS = 4
SHOWN = 6
#: Caseloads on a page.
AT_A_TIME = 50
#: Phases in which somebody ought to be met now and then (before the first talk they wait instead).
MET_IN = (Phase.ENGAGEMENT, Phase.PROFILING, Phase.JOB_DEVELOPMENT, Phase.IN_WORK, Phase.IN_EDUCATION)
#: Nobody hands over more in one go; the rest can be handed over after.
AT_ONCE = 100


@dataclass(frozen=True)
class Caseload:
    """One specialist's open cases in the team. ``works_here`` False: has left the team and still has cases."""

    user_id: int
    name: str
    works_here: bool
    open: int
    waiting: int
    in_work: int
    paused: int
    not_met: int


def _limits(today: date) -> tuple[list[str], list[int]]:
    return [phase.value for phase in MET_IN], [days("not met", today, phase.value) for phase in MET_IN]


def caseloads(team: Team, today: date) -> PreparedQuery[Caseload]:
    """Each who works as a specialist in the team today or still has open cases in it, by name."""
    phases, limits = _limits(today)
    return PreparedQuery(
        Caseload,
        """
            WITH cases AS MATERIALIZED (
                -- The phase is worked out from the day; once for each case, and not in each count.
                SELECT m.specialist_id, m.phase, m.waiting_days, coalesce(m.last_met_on, m.started_on) AS met_on,
                       coalesce(m.paused_on <= %(today)s, false) AS paused
                FROM milestones m
                WHERE m.team_id = %(team)s AND m.specialist_id IS NOT NULL AND m.open_until > %(today)s
            ), loads AS (
                SELECT c.specialist_id,
                       count(*) AS open,
                       count(c.waiting_days) AS waiting,
                       count(*) FILTER (WHERE c.phase = 'in_work') AS in_work,
                       count(*) FILTER (WHERE c.paused) AS paused,
                       count(*) FILTER (WHERE NOT c.paused AND c.met_on + l.days < %(today)s) AS not_met
                FROM cases c
                LEFT JOIN unnest(%(phases)s::text[], %(limits)s::integer[]) AS l (phase, days) ON l.phase = c.phase
                GROUP BY c.specialist_id
            ), members AS (
                SELECT DISTINCT user_id FROM organisation_membership
                WHERE team_id = %(team)s AND role = 'specialist'
                  AND started_on <= %(today)s AND (ended_on IS NULL OR ended_on >= %(today)s)
            )
            SELECT u.id, btrim(u.given_name || ' ' || u.family_name), members.user_id IS NOT NULL,
                   coalesce(open, 0), coalesce(waiting, 0), coalesce(in_work, 0), coalesce(paused, 0),
                   coalesce(not_met, 0)
            FROM members FULL JOIN loads ON loads.specialist_id = members.user_id
            JOIN organisation_user u ON u.id = coalesce(members.user_id, loads.specialist_id) AND u.kind = 'staff'
            ORDER BY plain_name(u.family_name || ' ' || u.given_name, true) COLLATE "C", u.id
            """,
        {"team": team.pk, "today": today, "phases": phases, "limits": limits},
    )


@dataclass(frozen=True)
class EmployersMet:
    """How many employers somebody met in person in one of the last four whole weeks (0: the oldest)."""

    user_id: int
    week: int
    number: int


def employers_met(user_ids: list[int], today: date) -> PreparedQuery[EmployersMet]:
    """Contacts with employers in person, by who recorded them, in each of the last four whole weeks that has any."""
    monday = today - timedelta(today.weekday())
    first = monday - timedelta(weeks=WEEKS)
    return PreparedQuery(
        EmployersMet,
        """
        SELECT recorded_by_id, (happened_on - %(first)s) / 7, count(*)
        FROM followup_contact
        WHERE recorded_by_id = ANY (%(recorded_by)s::bigint[]) AND happened_on >= %(first)s AND happened_on < %(monday)s
          AND superseded_at IS NULL AND 'employer' = ANY (parties) AND channel = 'in_person' AND NOT no_show
        GROUP BY 1, 2
        """,
        {"recorded_by": user_ids, "first": first, "monday": monday},
    )


def by_week(met: Iterable[EmployersMet]) -> dict[int, tuple[int, ...]]:
    """The same by person: a number for each week, the oldest first; nobody who met none."""
    weeks_by_user: dict[int, list[int]] = {}
    for row in met:
        weeks_by_user.setdefault(row.user_id, [0] * WEEKS)[row.week] = row.number
    return {user: tuple(weeks) for user, weeks in weeks_by_user.items()}


@dataclass(frozen=True)
class Load:
    """A caseload as a row of the page. ``list_url``: the team's list, which the figures lead to."""

    caseload: Caseload
    weeks: tuple[int, ...]
    list_url: str
    is_led: bool

    @property
    def name(self) -> str:
        """Whose it is."""
        return self.caseload.name

    @property
    def has_left(self) -> bool:
        """Whether they work here no more."""
        return not self.caseload.works_here

    @property
    def is_over(self) -> bool:
        """Whether they follow more than a full caseload."""
        return self.caseload.open > FULL_CASELOAD

    @property
    def has_cases(self) -> bool:
        """Whether they follow anybody."""
        return self.caseload.open > 0

    @property
    def has_not_met(self) -> bool:
        """Whether somebody has not been met for long."""
        return self.caseload.not_met > 0

    @property
    def open(self) -> int:
        """How many they follow."""
        return self.caseload.open

    @property
    def full(self) -> int:
        """A full caseload."""
        return FULL_CASELOAD

    @property
    def waiting(self) -> int:
        """How many of them wait for the first talk."""
        return self.caseload.waiting

    @property
    def in_work(self) -> int:
        """How many of them are in work."""
        return self.caseload.in_work

    @property
    def paused(self) -> int:
        """How many of them rest."""
        return self.caseload.paused

    @property
    def not_met(self) -> int:
        """How many of them have not been met for long."""
        return self.caseload.not_met

    @property
    def a_week(self) -> str:
        """Employers met in person a week, over the last four whole weeks, as it is read."""
        return formats.number_format(sum(self.weeks) / WEEKS, decimal_pos=1)

    @property
    def each_week(self) -> str:
        """The same week by week."""
        return " ".join(map(str, self.weeks))

    @property
    def url(self) -> str:
        """Whom they follow."""
        return f"{self.list_url}&jobbspesialist={self.caseload.user_id}"

    @property
    def hand_over_url(self) -> str:
        """Where to give several of them to somebody else."""
        return f"{resolve_url('caseload:reassign')}?fra={self.caseload.user_id}"


@dataclass(frozen=True)
class WaitingRow:
    """Somebody who waits, or has not been met for long."""

    case_id: int
    name: str
    specialist: str
    referred_on: date | None
    waiting_days: int | None
    last_met_on: date | None

    @property
    def url(self) -> str:
        """The case."""
        return resolve_url("caseload:case", self.case_id)

    @property
    def assign_url(self) -> str:
        """Where to give it to somebody."""
        return resolve_url("cases:hand_over", self.case_id)

    @property
    def waited(self) -> str:
        """How long they have waited, or when they were referred where they wait for nobody."""
        if self.waiting_days is None:
            return _("Referred %(when)s") % {"when": nearby(self.referred_on)}
        return waited(self.waiting_days)

    @property
    def met(self) -> str:
        """When they were met last."""
        return _("Last met %(when)s") % {"when": nearby(self.last_met_on)} if self.last_met_on else _("not met")


def _lines(condition: str, order: str, parameters: dict[str, Any], limits: str = "") -> PreparedQuery[WaitingRow]:
    """The first open cases of the team that fit, as many as are shown."""
    return PreparedQuery(
        WaitingRow,
        f"""
        SELECT m.case_id, p.given_name || ' ' || p.family_name, coalesce(btrim(s.given_name || ' ' || s.family_name), ''),
               m.referred_on, m.waiting_days, m.last_met_on
        FROM (SELECT m.* FROM milestones m {limits} WHERE m.team_id = %(team)s AND m.open_until > %(today)s
              AND {condition} ORDER BY {order}, m.case_id LIMIT {SHOWN}) m
        JOIN cases_participant p ON p.id = m.participant_id LEFT JOIN organisation_user s ON s.id = m.specialist_id
        ORDER BY {order}, m.case_id
        """,
        parameters,
    )


def waiting(team: Team, today: date, *, taken: bool) -> PreparedQuery[WaitingRow]:
    """Who waits for the first talk, taken by a specialist or by nobody, the longest first."""
    condition = "m.waiting_days IS NOT NULL AND m.specialist_id IS NOT NULL" if taken else "m.specialist_id IS NULL"
    return _lines(condition, "m.referred_on", {"team": team.pk, "today": today})


def not_met(team: Team, today: date) -> PreparedQuery[WaitingRow]:
    """Who has not been met for longer than the threshold of their phase, the longest first."""
    phases, limits = _limits(today)
    return _lines(
        """(m.paused_on IS NULL OR m.paused_on > %(today)s)
           AND coalesce(m.last_met_on, m.started_on) < %(today)s - l.days""",
        "m.last_met_on",
        {"team": team.pk, "today": today, "phases": phases, "limits": limits},
        "JOIN unnest(%(phases)s::text[], %(limits)s::integer[]) AS l (phase, days) ON l.phase = m.phase",
    )


@dataclass(frozen=True)
class Untaken:
    """Those in the team whom nobody has taken; ``waiting``: who of them also waits for the first talk."""

    number: int
    waiting: int


def untaken(team: Team, today: date) -> PreparedQuery[Untaken]:
    """How many open cases of the team no specialist has: one row."""
    return PreparedQuery(
        Untaken,
        """
        SELECT count(*), count(m.waiting_days) FROM milestones m
        WHERE m.team_id = %(team)s AND m.specialist_id IS NULL AND m.open_until > %(today)s
        """,
        {"team": team.pk, "today": today},
    )


@dataclass(frozen=True)
class Away:
    """Somebody who is away, and who covers."""

    pk: int
    user_id: int
    name: str
    starts_on: date
    ends_on: date
    covered_by: str


def absences(user_ids: list[int], today: date) -> PreparedQuery[Away]:
    """Who of ``user_ids`` is away now or later, the first first."""
    return PreparedQuery(
        Away,
        """
        SELECT a.id, a.user_id, btrim(u.given_name || ' ' || u.family_name), a.starts_on, a.ends_on,
               btrim(c.given_name || ' ' || c.family_name)
        FROM organisation_absence a JOIN organisation_user u ON u.id = a.user_id
        JOIN organisation_user c ON c.id = a.covered_by_id
        WHERE a.user_id = ANY (%(users)s::bigint[]) AND a.ends_on >= %(today)s ORDER BY a.starts_on, a.id
        """,
        {"users": user_ids, "today": today},
    )


def teams_of(who: UserRoles) -> list[Team]:
    """The teams somebody leads, then the others they work in."""
    teams = Team.objects.filter(pk__in=sorted(who.teams)).select_related("office")
    return sorted(teams, key=lambda team: (team.pk not in who.led_teams, team.office.name, team.name))


def members(team_ids: Iterable[int], roles: tuple[Role, ...] = (Role.SPECIALIST,)) -> list[tuple[User, Team]]:
    """Who has one of ``roles`` today in these teams, by team and name. One query."""
    today = timezone.localdate()
    memberships = (
        Membership.objects.filter(Q(ended_on=None) | Q(ended_on__gte=today), started_on__lte=today)
        .filter(team__in=sorted(team_ids), role__in=roles)
        .filter(Q(user__ended_on=None) | Q(user__ended_on__gte=today))
        .select_related("user", "team__office")
        .order_by(alphabetically("team__name"), by_name("user__"), "user_id")
    )
    return list(
        {
            (membership.user_id, membership.team_id): (membership.user, membership.team)
            for membership in memberships
            if membership.team
        }.values()
    )


def cases_to_hand_over(who: UserRoles, given_by: int | None) -> list[Mapping[str, Any]]:
    """Those of the teams ``who`` leads that ``given_by`` follows (None: nobody does). One query."""
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
