"""Rows of one person that are about different periods of follow-up: one that has ended, and another after it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

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


def in_figures(period: Sequence[PlannedPerson]) -> str:
    """The first and the last day of a period."""
    begins = min(day for row in period if (day := begins_on(row)))
    ends = max((row.ended_on for row in period if row.ended_on), default=None)
    return f"{_written(begins)}–{_written(ends) if ends else ''}"


def _is_after(row: PlannedPerson, earlier: PlannedPerson) -> bool:
    """Whether a row is about a period that began after the earlier row's had ended, or is another than that one."""
    begins, began, ended = begins_on(row), begins_on(earlier), earlier.ended_on
    if begins is None or began is None or ended is None or begins <= began:
        return False
    return begins > ended or row.ended_on != ended


def _written(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
