"""Releases of figures for leaders: made by the owner once a week, and then what every page shows.

A page never counts. So what is small is hidden once, for everybody, with all that was shown before in mind; next week's
page, another year's or another leader's is the same release or one that was made to stand beside it
(docs/decisions/0150-released-figures-by-elimination.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from .limits import YEARS_OF_FIGURES
from .models import MEDIAN_WAIT, FigureRelease, ReleasedFigure
from .release_tables import (
    OF_A_DAY,
    OF_A_YEAR,
    SHARES,
    WEEKS,
    Count,
    Counted,
    Figure,
    Place,
    build,
    median_may_be_shown,
    per_cent,
    tells,
)
from .suppression import Table, choose, sensitive

#: A quarter is counted so many days after it has ended: what is recorded a little late is then in it.
RECORDED_WITHIN = 14


def release_if_due(today: date) -> FigureRelease | None:
    """Make this week's release where there is none; None where there is. Runs as owner (``database.acting_as_owner``)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two at once: the second waits, and then finds the first one's.
            cursor.execute("LOCK TABLE quality_figurerelease IN SHARE ROW EXCLUSIVE MODE")
        return _release(today) if FigureRelease.is_due(today) else None


def counted_through(today: date, weeks: int = 0) -> date:
    """The last day of the newest quarter that can be counted, where so many weeks must have passed for all its people."""
    day = today - timedelta(days=RECORDED_WITHIN + 7 * weeks)
    first_of_quarter = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    last_of_this = (first_of_quarter + timedelta(days=95)).replace(day=1) - timedelta(days=1)
    return last_of_this if last_of_this <= day else first_of_quarter - timedelta(days=1)


def _release(today: date) -> FigureRelease:
    through = {measure: counted_through(today, weeks) for measure, weeks in WEEKS.items()}
    last = FigureRelease.objects.first()
    if last is None or last.counted_through < through["referred"]:
        _call("quality_count_cases", last.counted_through if last else None, through["referred"])
    _call("quality_count_retention", through["weeks_13"], through["weeks_26"], through["weeks_52"])
    release = FigureRelease(released_on=today, counted_through=through["referred"])
    figures: list[ReleasedFigure] = []
    for county, of_teams in _today(today).items():
        for group in OF_A_DAY:
            new = dict.fromkeys((group, *SHARES[group]), today)
            figures += _figures(release, build(group, of_teams, new, whole=today), new, None)
        teams = [place for place, _day in of_teams]
        for year in range(today.year - YEARS_OF_FIGURES + 1, today.year + 1):
            figures += _of_a_year(release, county, year, teams, through)
    for year in range(today.year - YEARS_OF_FIGURES + 1, today.year + 1):
        if last is None or last.counted_through < through["referred"]:
            figures += _medians(release, year, min(through["referred"], date(year, 12, 31)))
    release.figures, release.hidden = len(figures), sum(figure.hidden for figure in figures)
    release.save()
    ReleasedFigure.objects.bulk_create(figures, batch_size=5_000)
    return release


def _of_a_year(
    release: FigureRelease, county: int, year: int, teams: list[Place], through: Mapping[str, date]
) -> Iterator[ReleasedFigure]:
    """What is new of a year: the measures of which another quarter can be counted since the last release."""
    days = {m: min(day, date(year, 12, 31)) for m, day in through.items() if day >= date(year, 3, 31)}
    earlier = ReleasedFigure.objects.filter(county=county, year=year).exclude(measure=MEDIAN_WAIT)
    released = {(row.measure, row.through) for row in earlier}
    teams = [*teams, *{_place(row) for row in earlier if row.team_id}]
    for group in OF_A_YEAR:
        measures = (group, *SHARES[group])
        new = {m: days[m] for m in measures if m in days and (m, days[m]) not in released}
        if new:
            before = [
                Figure(row.measure, _place(row), row.through)
                for row in earlier
                if row.measure in measures and not row.hidden
            ]
            counted = _counted(county, year, group)
            table = build(group, counted, new, before, teams, whole=date(year, 12, 31))
            yield from _figures(release, table, new, year)


def _figures(
    release: FigureRelease, table: Table, new: Mapping[str, date], year: int | None
) -> Iterator[ReleasedFigure]:
    """The figures of a table, those that must be hidden without their values."""
    pattern = choose(table)
    secret = sensitive(table)
    for place in sorted({count.place for count in table.counts if isinstance(count, Count)}):
        for measure, through in new.items():
            figure = Figure(measure, place, through)
            behind = tells(figure)
            numbers = [table.counts[count] for count in behind]
            hidden = figure not in pattern.shown
            release.hidden_for_others += hidden and not secret.intersection(behind)
            value = None if hidden else numbers[0] if len(numbers) == 1 else per_cent(numbers[0], sum(numbers))
            yield _row(release, place, measure=measure, year=year, through=through, hidden=hidden, value=value)


def _medians(release: FigureRelease, year: int, through: date) -> Iterator[ReleasedFigure]:
    for county, office, team, started, days in _call("quality_median_waits", date(year, 1, 1), through):
        place = tuple(number for number in (county, office, team) if number is not None)
        hidden = not median_may_be_shown(started)
        value = None if hidden else days
        yield _row(release, place, measure=MEDIAN_WAIT, year=year, through=through, hidden=hidden, value=value)


def _row(release: FigureRelease, place: Place, **values: Any) -> ReleasedFigure:
    county, (office, team) = place[0], (*place[1:], None, None)[:2]
    return ReleasedFigure(release=release, county_id=county, office_id=office, team_id=team, **values)


def _place(row: ReleasedFigure) -> Place:
    return tuple(number for number in (row.county_id, row.office_id, row.team_id) if number is not None)


def _today(today: date) -> dict[int, dict[tuple[Place, date], Counted]]:
    """Each county's teams as things stand today."""
    by_county: dict[int, dict[tuple[Place, date], Counted]] = {}
    for county, office, team, followed, in_work, waiting in _call("quality_count_today"):
        by_county.setdefault(county, {})[(county, office, team), today] = {
            "followed": followed,
            "in_work": in_work,
            "waiting": waiting,
        }
    return by_county


def _counted(county: int, year: int, group: str) -> dict[tuple[Place, date], Counted]:
    """Those counted in a year's quarters, by team and quarter."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT office_id, team_id, quarter, count(*), count(*) FILTER (WHERE weeks_13),
                   count(*) FILTER (WHERE weeks_26), count(*) FILTER (WHERE weeks_52)
            FROM quality_countedcase
            WHERE county_id = %s AND kind = %s AND quarter BETWEEN %s AND %s
            GROUP BY office_id, team_id, quarter
            """,
            [county, group, date(year, 1, 1), date(year, 12, 31)],
        )
        return {
            ((county, office, team), quarter): {
                group: number,
                "weeks_13": in_13,
                "weeks_26": in_26,
                "weeks_52": in_52,
            }
            for office, team, quarter, number, in_13, in_26, in_52 in cursor.fetchall()
        }


def _call(function: str, *arguments: date | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({', '.join(['%s::date'] * len(arguments))})", arguments)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
