"""How each column of a list was understood: what it holds, and some of its cells before and after they were read.

The cells are read by the same code as the rows (``reader.read_cell``), so what is shown is what is written. Of a column
three cells are shown, the odd ones first: what must be mended or is left out, what became something else, what is
written as few others are; and one as most are. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from plass.cases.identity import IdentityNumber
from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted
from plass.organisation.models import User

from . import date_values, plan, protection_signs, reader, row_preview, values
from .column_choices import WhoChose
from .columns import Recognised
from .fields import Field
from .labels import LABELS
from .lines import Cell
from .mapping import guess, recognised
from .plan_types import Plan, RowReport
from .questions import Answers, Asking
from .row_reader import Layout
from .sheet import Column, Row, Sheet, SheetInFile
from .staff_matching import Unclear, find_person
from .standing import asks_about
from .translatable import as_written, in_words, joined
from .translatable import gettext as _

#: So many cells of a column are shown, and so many ways to write one are tried to choose them from.
EXAMPLES, MOST_TRIED = 3, 24
#: So many of the rows with something wrong or odd are looked at for more.
ROWS_TRIED = 12
LONGEST_EXAMPLE = 40
#: What may be an identity number, also within a text.
_NUMBER = re.compile(r"\d(?:[ .\-]?\d){8,10}(?!\d)")
#: Fields where every word is a meaning of its own; in the others cells are alike that are written alike.
_BY_WORDS = {field for field in Field if field.about.has_choices}


class Basis(StrEnum):
    """Why a column is read as it is."""

    #: Its heading holds a known one, and more.
    GUESS = "guess"
    #: Somebody said so, now or for an earlier list.
    CHOSEN = "chosen"
    KNOWN = "known"
    #: It is not read.
    UNREAD = "unread"


class Change(StrEnum):
    """What became of a cell."""

    WRONG = "wrong"
    LEFT_OUT = "left out"
    CHANGED = "changed"
    SAME = "same"
    UNREAD = "unread"


@dataclass(frozen=True)
class Example:
    """A cell as it stands in the list and as it was read, in words."""

    before: str
    after: str
    change: Change


@dataclass(frozen=True)
class ColumnReading:
    """A column as it was understood. ``filled`` is the number of rows with something in it.

    ``dates`` says how its dates were read where a cell alone does not tell.
    """

    heading: str
    holds: Field
    basis: Basis
    filled: int
    examples: list[Example] = field(default_factory=list)
    dates: str = ""
    #: Whose choice it is that it holds this, where its heading says something else.
    chosen_by: str = ""
    #: Whether somebody else chose it, for an earlier list, and it decides who somebody is or whether they are followed up.
    decided_by_another: bool = False
    #: The sheets that it is from, in words, where several are read.
    sheets: str = ""

    @property
    def label(self) -> Promise:
        """What it holds, in words."""
        return LABELS[self.holds]


def of_sheet(
    sheet: Sheet,
    mapping: Mapping[int, Field],
    import_plan: Plan,
    *,
    today: date,
    people: Mapping[Field, Sequence[User]],
    who_chose: Mapping[int, WhoChose] | None = None,
    by: int = 0,
) -> list[ColumnReading]:
    """Every column of a sheet: guesses first, then what is read, then what is not.

    ``import_plan`` is what was made of it, with what was wrong or odd in which row, and ``people`` are those whom a column
    of names may mean. ``who_chose`` says whose choice columns are, and ``by`` is the number of the user who imports.
    """
    reports = import_plan.reports
    wrong = [row for row in sheet.rows if row.number in reports and reports[row.number].problems]
    odd = [row for row in sheet.rows if row.number in reports and reports[row.number].doubts]
    doubtful = [*wrong, *odd][:ROWS_TRIED]
    dates = plan.date_columns_of(sheet, mapping, today)
    asked = {question.key for question in import_plan.questions}
    read = _Reading(plan.layouts_of(sheet, mapping, dates), import_plan.answers, asked, today, people)
    guessed = {question.key for question in import_plan.guessed_columns}
    by_heading = recognised(sheet)
    readings = []
    for column in sheet.columns:
        holds = mapping.get(column.index, Field.IGNORED)
        basis = _basis(column, holds, by_heading[column.index], guessed)
        chosen = (who_chose or {}).get(column.index)
        if chosen is not None and chosen.holds is not holds:
            chosen = None
        reading = _of_column(sheet, column, holds, basis, doubtful, read, dates.get(column.index))
        if chosen is not None:
            is_of_another = chosen.is_decisive and chosen.choice.recorded_by_id != by
            reading = replace(reading, chosen_by=chosen.sentence, decided_by_another=is_of_another)
        readings.append(replace(reading, sheets=where_from(sheet.parts, column.index)))
    order = (Basis.GUESS, Basis.CHOSEN, Basis.KNOWN, Basis.UNREAD)
    # What is empty is last: there is nothing to look at.
    return sorted(readings, key=lambda column: (order.index(column.basis), not column.filled))


def where_from(parts: Sequence[SheetInFile], index: int) -> str:
    """The sheets that a column is from, in words; nothing where one is read."""
    titles = [part.title for part in parts if index in part.columns]
    if len(parts) < 2:
        return ""
    return _("all sheets") if len(titles) == len(parts) else _("sheet %(sheets)s") % {"sheets": ", ".join(titles)}


def shown(cell: Cell, holds: Field = Field.IGNORED) -> str:
    """A cell as an example: dates as people write them, long texts cut, and identity numbers only in part."""
    if isinstance(cell, date):
        return f"{cell.day}.{cell.month}.{cell.year}"
    words = values.as_people_write(cell)
    if holds is Field.PERSONAL_NUMBER:
        return "*****" if words else ""
    if holds is Field.IDENTITY_NUMBER and sum(map(str.isdigit, words)) >= 6:
        return f"{words[:6]}*****"
    if not (holds is Field.PHONE and sum(map(str.isdigit, words)) != 11):
        words = _NUMBER.sub(lambda match: f"{match[0][:6]}*****", words)
    return words if len(words) <= LONGEST_EXAMPLE else words[: LONGEST_EXAMPLE - 1] + "…"


def _of_column(
    sheet: Sheet,
    column: Column,
    holds: Field,
    basis: Basis,
    doubtful: Sequence[Row],
    read: _Reading,
    dates: date_values.DateColumn | None,
) -> ColumnReading:
    counted = Counter(row.cells[column.index] for row in sheet.rows if column.index < len(row.cells))
    cells = {cell: rows for cell, rows in counted.items() if values.text(cell)}
    in_doubt = [row.cells[column.index] for row in doubtful if column.index < len(row.cells)]
    to_try = [*(cell for cell in dict.fromkeys(in_doubt) if cell in cells), *_informative(cells, holds)]
    rows = _first_rows(sheet.rows, column.index, to_try)
    return ColumnReading(
        column.heading,
        holds,
        basis,
        sum(cells.values()),
        _chosen([read.example(holds, rows[cell], cell) for cell in to_try]),
        _dates(cells, dates),
    )


def _basis(column: Column, holds: Field, by_heading: Recognised, guessed: Set[str]) -> Basis:
    if not holds:
        return Basis.UNREAD
    if guess(column.index, column.heading, holds).key in guessed:
        return Basis.GUESS
    # A guess that somebody has confirmed is their choice.
    return Basis.KNOWN if by_heading.field is holds and not by_heading.is_guess else Basis.CHOSEN


def _informative(cells: Mapping[Cell, int], holds: Field) -> list[Cell]:
    """The cells of a column that say most about it, to choose examples from.

    First one cell for each unusual way to write it, the rarest way first; then some cells that are written the usual way.
    """
    ways: dict[object, list[Cell]] = {}
    rows: Counter[object] = Counter()
    for cell, count in cells.items():
        way = _way(cell, holds)
        rows[way] += count
        alike = ways.setdefault(way, [])
        if len(alike) < EXAMPLES:
            alike.append(cell)
    by_rarity = sorted(ways, key=lambda way: rows[way])
    odd, usual = by_rarity[:-1][:MOST_TRIED], by_rarity[-1:]
    return [ways[way][0] for way in odd] + [cell for way in usual for cell in reversed(ways[way])]


def _way(cell: Cell, holds: Field) -> object:
    """The same for cells that are written alike: 3.4.2025 and 12.11.2025, but not 2025-04-03."""
    if isinstance(cell, date):
        return date
    words = values.text(cell).lower()
    if holds in _BY_WORDS:
        return words
    way = re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", words))
    # A name of two words and one of four are written alike.
    return re.sub(r"a(?: a)+", "a a", way)


def _first_rows(rows: Sequence[Row], index: int, cells: Iterable[Cell]) -> dict[Cell, Row]:
    """The first row with each of the cells in a column."""
    wanted, found = set(cells), {}
    for row in rows:
        if index < len(row.cells) and row.cells[index] in wanted:
            wanted.remove(row.cells[index])
            found[row.cells[index]] = row
            if not wanted:
                break
    return found


def _chosen(tried: Sequence[tuple[int, Example]]) -> list[Example]:
    """The few to show: the most telling ones first, and the usual one, which is tried last, last."""
    if not tried:
        return []
    usual = tried[-1][1]
    telling: dict[str, Example] = {}
    for _rank, example in sorted(tried, key=lambda pair: pair[0]):
        telling.setdefault(example.before.lower(), example)
    telling.pop(usual.before.lower())
    return [*list(telling.values())[: EXAMPLES - 1], usual]


def _dates(cells: Iterable[Cell], column: date_values.DateColumn | None) -> str:
    """How a column's dates were read, where a cell alone does not tell."""
    if column is None:
        return ""
    said: list[str] = []
    has_its_year_first = column.year is not date_values.Year.LAST
    short = {cell for cell in cells if has_its_year_first and date_values.is_short(cell)}
    if short:
        said.append(
            _("year first, then month and day")
            if column.year is date_values.Year.FIRST
            else _("six figures can be read in two ways")
        )
    if any(cell not in short and date_values.has_day_and_month(cell) for cell in cells):
        said.append(
            {
                date_values.Order.DAY_FIRST: _("day first, then month"),
                date_values.Order.MONTH_FIRST: _("month first, then day"),
                date_values.Order.UNKNOWN: _("day first in some, month first in others"),
            }[column.order]
        )
    if any(re.fullmatch(r"\d{5}", values.text(cell)) for cell in cells):
        said.append(
            {
                date_values.Digits.LOST_ZERO: _("five digits are day, month and year"),
                date_values.Digits.DAY_COUNT: _("five digits are a spreadsheet's count of days"),
                date_values.Digits.UNKNOWN: _("five digits can be read in two ways"),
            }[column.digits]
        )
    return joined(said) if said else ""


@dataclass(frozen=True)
class _Reading:
    """What is needed to read a cell by itself."""

    layouts: Mapping[str, Layout]
    answers: Answers
    #: The keys of what the list asks.
    asked: Set[str]
    today: date
    people: Mapping[Field, Sequence[User]]

    def example(self, holds: Field, row: Row, cell: Cell) -> tuple[int, Example]:
        """The cell before and after, and how telling that is: the lower the more."""
        before = shown(cell, holds)
        if not holds:
            return 0, Example(before, "", Change.UNREAD)
        report = RowReport(row.number)
        layout = plan.layout_of(row, self.layouts)
        asking = Asking(self.answers)
        value = reader.read_cell(holds, row, layout, report, asking, today=self.today)
        if holds is Field.STATUS and asks_about(value, self.asked, self.answers):
            return 0, Example(before, _("is asked about"), Change.WRONG)
        if holds is Field.PROTECTION and protection_signs.told_in_its_column(cell) is None:
            return 0, Example(before, _("is asked about"), Change.WRONG)
        if report.questions:
            # Read by itself it would be asked about; a cause without an end is not.
            if self.asked.isdisjoint(question.key for question in asking.questions):
                return 1, Example(before, _("is left out"), Change.LEFT_OUT)
            return 0, Example(before, _("is asked about"), Change.WRONG)
        if report.problems:
            return 0, Example(before, _("must be mended"), Change.WRONG)
        try:
            after = self._words(holds, value)
        except Unclear:
            if holds is Field.SPECIALIST:
                return 0, Example(before, _("must be mended"), Change.WRONG)
            after = ""
        if not after:
            return 1, Example(before, _("is left out"), Change.LEFT_OUT)
        if str(after) == before:
            return 4, Example(before, after, Change.SAME)
        return 1 if report.doubts else 2 if report.remarks else 3, Example(before, after, Change.CHANGED)

    def _words(self, holds: Field, value: Any) -> str:
        """What was read, in words; empty where the cell is left out. Raises Unclear for a name that is nobody's."""
        if holds in self.people:
            return find_person(value, self.people[holds]).name
        if holds in (Field.ENDED_ON, Field.JOB_ENDED_ON) and value is None:
            return _("goes on")
        match value:
            case IdentityNumber():
                born = _("born %(day)s, D-number") if value.is_d_number else _("born %(day)s")
                return born % {"day": value.born_on}
            case date():
                return in_words(value)
            case bool():
                return _("yes") if value else _("no")
            case (Decimal() as hours, str()):
                return row_preview.of_hours(hours, "")
            case (str() as given, str() as family):
                return _("given name %(given)s, family name %(family)s") % {"given": given, "family": family}
            case str() if holds in _CHOICES:
                return as_written(_CHOICES[holds](value))
            case str():
                return shown(value, holds)
        return ""


_CHOICES: dict[Field, Callable[[str], str | Promise]] = {
    Field.PROTECTION: lambda value: Participant.Protection(value).label,
    Field.END_CAUSE: lambda value: CaseEnded.Cause(value).label,
    Field.JOB_FORM: lambda value: JobStarted.Form(value).label,
    Field.JOB_END_REASON: lambda value: JobEnded.Reason(value).label,
}
