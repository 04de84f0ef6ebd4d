"""Figures for leaders: counts for each team and office, with small groups hidden. No row of a person comes this way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plass.access.actors import standing
from plass.organisation.models import Role

from .suppression import SMALLEST, Unit, shown

#: Whole calendar years only: with periods of one's own choosing, two that overlap could be subtracted.
YEARS_BACK = 5


@dataclass(frozen=True)
class Team:
    """One team's counts, as ``caseload_figures`` returns them (``docs/milestones.md`` defines each)."""

    office_id: int
    office: str
    team_id: int
    team: str
    open_now: int
    waiting_now: int
    in_work_now: int
    referred: int
    first_jobs: int
    due_13: int
    retained_13: int
    due_26: int
    retained_26: int
    due_52: int
    retained_52: int


@dataclass(frozen=True)
class Waiting:
    """Waiting from referral to start among those referred in the period. ``median_days`` None: not reached yet."""

    referred: int
    started: int
    not_yet: int
    median_days: int | None


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: hidden, a count, ``count`` of ``of``, or no count yet (a median that is not reached)."""

    hidden: bool
    count: int | None = None
    of: int | None = None
    note: str = ""
    heading: str = ""

    @property
    def percent(self) -> int | None:
        """The share in whole per cent, where the cell is one."""
        return round(100 * self.count / self.of) if self.of and self.count is not None else None


@dataclass(frozen=True)
class Line:
    """A row of the table: all, an office (level 1) or a team (level 2)."""

    name: str
    level: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Measure:
    """A column: its heading and the parts it counts (one: a count; two: those who did, those who did not)."""

    heading: str | Promise
    parts: Callable[[Team], tuple[int, ...]]


MEASURES: tuple[Measure, ...] = (
    Measure(gettext_lazy("Followed now"), lambda team: (team.open_now,)),
    Measure(gettext_lazy("Waiting now"), lambda team: (team.waiting_now,)),
    Measure(gettext_lazy("In work now"), lambda team: (team.in_work_now, team.open_now - team.in_work_now)),
    Measure(gettext_lazy("Referred"), lambda team: (team.referred,)),
    Measure(gettext_lazy("First job"), lambda team: (team.first_jobs,)),
    Measure(gettext_lazy("In work after 13 weeks"), lambda team: (team.retained_13, team.due_13 - team.retained_13)),
    Measure(gettext_lazy("In work after 26 weeks"), lambda team: (team.retained_26, team.due_26 - team.retained_26)),
    Measure(gettext_lazy("In work after 52 weeks"), lambda team: (team.retained_52, team.due_52 - team.retained_52)),
)
#: Columns by place: those followed (of whom some are in work), those referred (whose median wait follows), first jobs
#: (who a year later are those of the 52 weeks).
FOLLOWED, IN_WORK, REFERRED, FIRST_JOBS, WEEKS_52 = 0, 2, 3, 4, 7


def counts(first: date, last: date) -> list[Team]:
    """Every team that the acting user leads, with its counts from ``first`` through ``last`` and today."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM caseload_figures(%s, %s)", [first, last])
        return [Team(*row) for row in cursor.fetchall()]


def waiting(first: date, last: date) -> dict[tuple[int | None, int | None], Waiting]:
    """Waiting of those referred in the period, by (office, team); team None: the office; both None: all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM caseload_waiting(%s, %s)", [first, last])
        return {(row[0], row[1]): Waiting(*row[2:]) for row in cursor.fetchall()}


def visible_in(offices: dict[int, list[Team]], before: dict[int, list[Team]]) -> list[set[str]]:
    """For each measure, the units that may be shown.

    Where "n of N" is shown and N is another column's number, it must not be shown where that one is hidden.
    """
    visible = [shown(_tree(measure, offices)) for measure in MEASURES]
    visible[IN_WORK] &= visible[FOLLOWED]
    visible[WEEKS_52] &= shown(_tree(MEASURES[FIRST_JOBS], before))
    return visible


def _by_office(teams: list[Team]) -> dict[int, list[Team]]:
    offices: dict[int, list[Team]] = {}
    for team in teams:
        offices.setdefault(team.office_id, []).append(team)
    return offices


def table(
    teams: list[Team], waits: dict[tuple[int | None, int | None], Waiting], year_before: list[Team] | None = None
) -> list[Line]:
    """The lines to show, all first, then each office and its teams, with what is too small hidden.

    ``year_before`` are the counts of the year before, for what can be compared with this one's.
    """
    offices = _by_office(teams)
    visible = visible_in(offices, _by_office(year_before or teams))
    not_yet = shown(_waiting_tree(offices, waits))
    lines = []

    def line(name: str, level: int, unit: str, under: list[Team], wait: Waiting | None) -> None:
        cells = [
            _cell(unit in names, _sum(measure.parts(team) for team in under))
            for measure, names in zip(MEASURES, visible, strict=True)
        ]
        cells.insert(REFERRED + 1, _waiting_cell(unit in visible[REFERRED], unit in not_yet, wait))
        named = (replace(cell, heading=name) for cell, name in zip(cells, headings(), strict=True))
        lines.append(Line(name, level, tuple(named)))

    if len(offices) > 1:
        line(_("All offices"), 0, "all", teams, waits.get((None, None)))
    for office_id, theirs in offices.items():
        line(theirs[0].office, 1, f"office {office_id}", theirs, waits.get((office_id, None)))
        for team in theirs:
            line(team.team, 2, f"team {team.team_id}", [team], waits.get((office_id, team.team_id)))
    return lines


def _sum(parts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*parts, strict=True))


def _tree(measure: Measure, offices: dict[int, list[Team]]) -> Unit:
    return _units(offices, lambda team: measure.parts(team))


def _waiting_tree(offices: dict[int, list[Team]], waits: dict[tuple[int | None, int | None], Waiting]) -> Unit:
    def parts(team: Team) -> tuple[int, ...]:
        wait = waits.get((team.office_id, team.team_id))
        return (wait.not_yet, wait.referred - wait.not_yet) if wait else (0, 0)

    return _units(offices, parts)


def _units(offices: dict[int, list[Team]], parts: Callable[[Team], tuple[int, ...]]) -> Unit:
    children = tuple(
        Unit(
            f"office {office_id}",
            _sum(parts(team) for team in teams),
            tuple(Unit(f"team {team.team_id}", parts(team)) for team in teams),
        )
        for office_id, teams in offices.items()
    )
    return Unit("all", _sum(child.parts for child in children), children)


def _cell(visible: bool, parts: tuple[int, ...]) -> Cell:
    if not visible:
        return Cell(hidden=True)
    return Cell(hidden=False, count=parts[0], of=sum(parts) if len(parts) > 1 else None)


def _waiting_cell(visible: bool, not_yet_visible: bool, wait: Waiting | None) -> Cell:
    # A median of few would come close to telling one person's days.
    if not visible or wait is None or wait.started < SMALLEST:
        return Cell(hidden=True)
    note = _("%(number)d not yet") % {"number": wait.not_yet} if not_yet_visible and wait.not_yet else ""
    return Cell(hidden=False, count=wait.median_days, note=note)


def headings() -> list[str]:
    """The columns in order, the waiting median among them."""
    names = [str(measure.heading) for measure in MEASURES]
    names.insert(REFERRED + 1, _("Median wait, days"))
    return names


def chosen_year(text: str | None, today: date) -> int:
    """The year asked for, where it is one of those offered; this year otherwise."""
    return int(text) if text and text.isdecimal() and int(text) in years(today) else today.year


def years(today: date) -> list[int]:
    """The years offered, this year first."""
    return [today.year - back for back in range(YEARS_BACK + 1)]


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The leader's page: what the teams do and reach, without names."""
    who = standing(request.user)
    if who is None or not who.has(Role.LEADER):
        raise Http404
    today = timezone.localdate()
    year = chosen_year(request.GET.get("ar"), today)
    first, last = date(year, 1, 1), date(year, 12, 31)
    teams = counts(first, last)
    before = counts(date(year - 1, 1, 1), date(year - 1, 12, 31))
    context: dict[str, Any] = {
        "title": _("Figures"),
        "year": year,
        "years": years(today),
        "so_far": year == today.year,
        "headings": headings(),
        "lines": table(teams, waiting(first, last), before) if teams else [],
        "smallest": SMALLEST,
    }
    return render(request, "caseload/figures.html", context)
