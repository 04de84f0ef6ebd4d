"""Rows of one person that are about different periods of follow-up: one that has ended, and another after it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from .fields import Field
from .plan_types import PlannedPerson


def of(rows: Sequence[PlannedPerson]) -> list[list[PlannedPerson]]:
    """The rows by period, the latest period last, each period's rows in the order of the list.

    A row without a day that the follow-up began is of the same period as the row above it.
    """
    found: list[list[PlannedPerson]] = []
    # Of rows with the same two days one is enough to compare with: a list may have thousands of them.
    different: dict[tuple[date | None, date | None], PlannedPerson] = {}
    for row in sorted(filter(begins_on, rows), key=lambda row: begins_on(row) or date.min):
        if found and not any(_is_after(row, earlier) for earlier in different.values()):
            found[-1].append(row)
        else:
            found.append([row])
            different = {}
        different.setdefault((begins_on(row), row.ended_on), row)
    if len(found) <= 1:
        return [list(rows)]
    period_of = {id(row): place for place, period in enumerate(found) for row in period}
    by_period: list[list[PlannedPerson]] = [[] for _period in found]
    place = next(period_of[id(row)] for row in rows if id(row) in period_of)
    for row in rows:
        place = period_of.get(id(row), place)
        by_period[place].append(row)
    return by_period


def begins_on(row: PlannedPerson) -> date | None:
    """The day that a row says the follow-up began. A job tells none: one person's jobs stand in rows of one period."""
    return row.referred_on or row.started_on


def overlap(periods: Sequence[Sequence[PlannedPerson]]) -> bool:
    """Whether one of several periods, the latest last, began before an earlier one had ended."""
    return any(
        (ended := ends_on(earlier)) is None or _first_day(later) < ended
        for place, later in enumerate(periods)
        for earlier in periods[:place]
    )


def ends_on(period: Sequence[PlannedPerson]) -> date | None:
    """The last day of a period; None where it goes on."""
    return max((row.ended_on for row in period if row.ended_on), default=None)


def as_one(periods: Sequence[Sequence[PlannedPerson]]) -> list[PlannedPerson]:
    """Make the rows of several periods those of one, from the first day of all to the last; open where one of them is."""
    rows = [row for period in periods for row in period]
    ends = [ends_on(period) for period in periods]
    last = None if None in ends else max(rows, key=lambda row: row.ended_on or date.min)
    ended_on, cause, note = (last.ended_on, last.end_cause, last.end_note) if last else (None, "", "")
    for row in rows:
        row.ended_on, row.end_cause, row.end_note = ended_on, cause, note
        row.stated -= {Field.ENDED_ON, Field.END_CAUSE}
    for name, chosen in (("referred_on", min), ("started_on", min), ("last_met_on", max)):
        days = [day for row in rows if (day := getattr(row, name))]
        for row in rows:
            setattr(row, name, chosen(days, default=None))
    if last:
        rows[0].stated |= {Field.ENDED_ON, Field.END_CAUSE}
    return rows


def in_figures(period: Sequence[PlannedPerson]) -> str:
    """The first and the last day of a period."""
    ends = ends_on(period)
    return f"{_written(_first_day(period))}–{_written(ends) if ends else ''}"


def _first_day(period: Sequence[PlannedPerson]) -> date:
    return min(day for row in period if (day := begins_on(row)))


def _is_after(row: PlannedPerson, earlier: PlannedPerson) -> bool:
    """Whether a row is about a period that began after the earlier row's had ended, or is another than that one."""
    begins, began, ended = begins_on(row), begins_on(earlier), earlier.ended_on
    if begins is None or began is None or begins <= began:
        return False
    return row.ended_on != ended or (ended is not None and begins > ended)


def _written(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
