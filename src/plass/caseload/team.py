"""The team page: how much each follows, who waits, who has not been met, employers met; and who is away.

A supervisor sees the teams they lead and acts from here; a specialist reads about their own team.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from plass.access.actors import Standing, standing
from plass.config.asking import ask
from plass.organisation.models import Absence, Team

from .models import Phase
from .thresholds import FULL_CASELOAD, days

WEEKS = 4
SHOWN = 6
#: Phases in which somebody ought to be met now and then (before the first talk they wait instead).
MET_IN = (Phase.ENGAGEMENT, Phase.PROFILING, Phase.JOB_DEVELOPMENT, Phase.IN_WORK, Phase.IN_EDUCATION)


@dataclass(frozen=True)
class Caseload:
    """One specialist's caseload in the team. ``works_here`` False: has left the team and still has cases."""

    user_id: int
    name: str
    works_here: bool
    open: int
    waiting: int
    in_work: int
    paused: int
    not_met: int
    weeks: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether they follow more than a full caseload."""
        return self.open > FULL_CASELOAD

    @property
    def a_week(self) -> float:
        """Employers met in person a week, over the last four whole weeks."""
        return sum(self.weeks) / WEEKS


def _limits(today: date) -> tuple[list[str], list[int]]:
    return [phase.value for phase in MET_IN], [days("not met", today, phase.value) for phase in MET_IN]


def caseloads(team: Team, today: date) -> list[Caseload]:
    """Each who works as a specialist in the team today or still has open cases in it, by name. One query."""
    phases, limits = _limits(today)
    rows = ask(
        """
            WITH loads AS (
                SELECT m.specialist_id,
                       count(*) AS open,
                       count(m.waiting_days) AS waiting,
                       count(*) FILTER (WHERE m.phase = 'in_work') AS in_work,
                       count(*) FILTER (WHERE m.paused_on <= %(today)s) AS paused,
                       count(*) FILTER (WHERE (m.paused_on IS NULL OR m.paused_on > %(today)s)
                                          AND coalesce(m.last_met_on, m.started_on) + l.days < %(today)s) AS not_met
                FROM milestones m
                LEFT JOIN unnest(%(phases)s::text[], %(limits)s::integer[]) AS l (phase, days) ON l.phase = m.phase
                WHERE m.team_id = %(team)s AND m.specialist_id IS NOT NULL
                  AND (m.ended_on IS NULL OR m.ended_on > %(today)s)
                GROUP BY m.specialist_id
            ), members AS (
                SELECT DISTINCT user_id FROM organisation_membership
                WHERE team_id = %(team)s AND role = 'specialist'
                  AND started_on <= %(today)s AND (ended_on IS NULL OR ended_on >= %(today)s)
            )
            SELECT u.id, btrim(u.given_name || ' ' || u.family_name), members.user_id IS NOT NULL,
                   coalesce(open, 0), coalesce(waiting, 0), coalesce(in_work, 0), coalesce(paused, 0),
                   coalesce(not_met, 0)
            FROM members FULL JOIN loads ON loads.specialist_id = members.user_id
            JOIN organisation_user u ON u.id = coalesce(members.user_id, loads.specialist_id)
            ORDER BY cases_sort_name(u.family_name, u.given_name), u.id
            """,
        {"team": team.pk, "today": today, "phases": phases, "limits": limits},
    )
    return [Caseload(*row) for row in rows]


def employers_met(user_ids: list[int], today: date) -> dict[int, tuple[int, ...]]:
    """Contacts with employers in person, by who recorded them, in each of the last four whole weeks (oldest first)."""
    monday = today - timedelta(today.weekday())
    first = monday - timedelta(weeks=WEEKS)
    found = {user: [0] * WEEKS for user in user_ids}
    rows = ask(
        """
        SELECT recorded_by_id, (happened_on - %(first)s) / 7, count(*)
        FROM followup_contact
        WHERE recorded_by_id = ANY (%(users)s::bigint[]) AND happened_on >= %(first)s AND happened_on < %(monday)s
          AND superseded_at IS NULL AND 'employer' = ANY (parties) AND channel = 'in_person' AND NOT no_show
        GROUP BY 1, 2
        """,
        {"users": user_ids, "first": first, "monday": monday},
    )
    for user, week, number in rows:
        found[user][week] = number
    return {user: tuple(weeks) for user, weeks in found.items()}


@dataclass(frozen=True)
class Line:
    """Somebody who waits, or has not been met for long."""

    case_id: int
    name: str
    specialist: str
    referred_on: date | None
    waiting_days: int | None
    last_met_on: date | None


def _lines(condition: str, order: str, parameters: dict[str, Any]) -> list[Line]:
    """The first open cases of the team that fit, as many as are shown."""
    rows = ask(
        f"""
        SELECT m.case_id, p.given_name || ' ' || p.family_name, coalesce(btrim(s.given_name || ' ' || s.family_name), ''),
               m.referred_on, m.waiting_days, m.last_met_on
        FROM milestones m JOIN cases_participant p ON p.id = m.participant_id
        LEFT JOIN organisation_user s ON s.id = m.specialist_id
        WHERE m.team_id = %(team)s AND (m.ended_on IS NULL OR m.ended_on > %(today)s) AND {condition}
        ORDER BY {order}, m.case_id LIMIT {SHOWN}
        """,
        parameters,
    )
    return [Line(*row) for row in rows]


def waiting(team: Team, today: date, *, taken: bool) -> list[Line]:
    """Who waits for the first talk, taken by a specialist or by nobody, the longest first."""
    condition = "m.waiting_days IS NOT NULL AND m.specialist_id IS NOT NULL" if taken else "m.specialist_id IS NULL"
    return _lines(condition, "m.referred_on", {"team": team.pk, "today": today})


def not_met(team: Team, today: date) -> list[Line]:
    """Who has not been met for longer than the threshold of their phase, the longest first."""
    phases, limits = _limits(today)
    return _lines(
        """(m.paused_on IS NULL OR m.paused_on > %(today)s)
           AND coalesce(m.last_met_on, m.started_on) < %(today)s - (
               SELECT l.days FROM unnest(%(phases)s::text[], %(limits)s::integer[]) AS l (phase, days)
               WHERE l.phase = m.phase)""",
        "m.last_met_on",
        {"team": team.pk, "today": today, "phases": phases, "limits": limits},
    )


@dataclass(frozen=True)
class Untaken:
    """Those in the team whom nobody has taken; ``waiting``: who of them also waits for the first talk."""

    number: int
    waiting: int


def untaken(team: Team, today: date) -> Untaken:
    """How many open cases of the team no specialist has."""
    [row] = ask(
        """
        SELECT count(*), count(m.waiting_days) FROM milestones m
        WHERE m.team_id = %(team)s AND m.specialist_id IS NULL AND (m.ended_on IS NULL OR m.ended_on > %(today)s)
        """,
        {"team": team.pk, "today": today},
    )
    return Untaken(*row)


def absences(user_ids: list[int], today: date) -> list[Absence]:
    """Who of ``user_ids`` is away now or later, the first first."""
    return list(
        Absence.objects.filter(user__in=user_ids, ends_on__gte=today)
        .select_related("user", "covered_by")
        .order_by("starts_on", "pk")
    )


def teams_of(who: Standing) -> list[Team]:
    """The teams somebody leads, then the others they work in."""
    teams = Team.objects.filter(pk__in=sorted(who.teams)).select_related("office")
    return sorted(teams, key=lambda team: (team.pk not in who.led_teams, team.office.name, team.name))


@require_GET
def team_page(request: HttpRequest) -> HttpResponse:
    """The team, for those who work in it or lead it."""
    who = standing(request.user)
    if who is None or not who.teams:
        raise Http404
    today = timezone.localdate()
    teams = teams_of(who)
    team = next((team for team in teams if str(team.pk) == request.GET.get("team")), teams[0])
    loads = caseloads(team, today)
    people = [load.user_id for load in loads]
    met = employers_met(people, today)
    nobodys = untaken(team, today)
    not_met_in_all = sum(load.not_met for load in loads)
    context = {
        "title": _("The team"),
        "team": team,
        "teams": teams if len(teams) > 1 else [],
        "leads": team.pk in who.led_teams,
        "me": who.user.pk,
        "loads": [replace(load, weeks=met[load.user_id]) for load in loads],
        "full": FULL_CASELOAD,
        "open_in_all": sum(load.open for load in loads),
        "waiting_in_all": sum(load.waiting for load in loads) + nobodys.waiting,
        "not_met_in_all": not_met_in_all,
        "in_work_in_all": sum(load.in_work for load in loads),
        "untaken": waiting(team, today, taken=False),
        "untaken_in_all": nobodys.number,
        "waits": waiting(team, today, taken=True),
        "not_met": not_met(team, today),
        "not_met_more": not_met_in_all > SHOWN,
        "absences": absences(people, today),
        "list_url": f"{reverse('caseload:list')}?vis=team" + (f"&team={team.pk}" if len(teams) > 1 else ""),
        "today": today,
    }
    return render(request, "caseload/team.html", context)
