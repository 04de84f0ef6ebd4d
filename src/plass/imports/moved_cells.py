"""Rows whose cells seem to stand one column to the left or right of where they belong, told by what they hold. Pure.

A delimiter may stand within a cell, or be forgotten between two. Everything after that place is then in the column of its
neighbour: a phone where the e-mail is, a day where a name is. Where the list ends with a free column, such a row has as many
cells as the others, and ``row_widths.py`` does not see it.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from . import row_widths, values
from .columns import known, plain
from .fields import SECOND_JOB, Field
from .fields import Holds as _Holds
from .lines import Cell
from .row_numbers import RowNumber
from .sheet import Column, Row, Sheet

#: What the columns of the fields hold. Left out is what cannot be told from the cells of other columns.
HELD_BY = {field: field.about.holds for field in Field if field.about.holds}
#: Where a day never belongs, however many rows have one.
_NO_DAYS = {Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME, Field.ADDRESS, Field.PLACE}
_FIGURES = {field for field, holds in HELD_BY.items() if holds is _Holds.FIGURE}
_ENDS = {Field.ENDED_ON, Field.PLANNED_END_ON, Field.JOB_ENDED_ON, SECOND_JOB[Field.JOB_ENDED_ON]}

#: A column with so many filled cells holds what so great a part of them are; what its heading says, unless fewer are.
_ENOUGH, _MOST, _HALF = 3, 0.8, 0.5
#: So much must speak for it, in so many columns, that a row has moved: a little less where something can be nothing but the
#: neighbour's.
_ENOUGH_SIGNS, _ENOUGH_WITH_A_SURE_ONE, _COLUMNS = 3, 2, 2
#: What a cell says by itself: it is its neighbour's, it may be, it is its own column's.
_SURE, _MAYBE, _AT_HOME = 2, 1, -2

_NOTHING: Set[_Holds] = frozenset()
_ONLY = {holds: frozenset({holds}) for holds in _Holds}
#: What so many digits alone may be.
_DIGITS = {
    **dict.fromkeys((1, 2, 3), _ONLY[_Holds.FIGURE]),
    4: frozenset({_Holds.POSTAL_CODE, _Holds.FIGURE}),
    **dict.fromkeys((5, 6), frozenset({_Holds.DAY, _Holds.FIGURE})),
    9: frozenset({_Holds.ORGANISATION_NUMBER, _Holds.IDENTITY_NUMBER}),
    **dict.fromkeys((10, 11), _ONLY[_Holds.IDENTITY_NUMBER]),
}
_PHONE_OR_DAY = frozenset({_Holds.PHONE, _Holds.DAY})
_FEW_DIGITS = re.compile(r"\d{1,2}")
_DAY = re.compile(
    r"\d{1,2}[./-] ?\d{1,2}[./-] ?(\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}([T ].*)?|\d{1,2}\.? *[a-zæøå]{3,9}\.? *\d{4}",
    re.I,
)
_BY_WHOM = {"av", "fra", "hos", "by", "from"}
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_FIGURE = re.compile(r"(ca\.? *)?\d{1,4}([.,]\d+)? *(%|t|timer|timer/uke|t/uke|prosent)?", re.I)
_PHONE = re.compile(r"(\+|00)?(\d ?){8,14}")
_WRITTEN = (
    (_Holds.DAY, _DAY),
    (_Holds.EMAIL, _EMAIL),
    (_Holds.FIGURE, _FIGURE),
    (_Holds.PHONE, _PHONE),
)
#: Words about when, without a day ("uke 40"), or that it is not known: a column of days is where they belong.
_OF_A_TIME = re.compile(
    r"\b(uke|veke|mnd|måned|jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des|vår|somm|høst|haust|vint|påske|år\b|dag|ikke|ikkje"
    r"|ingen|mangl|se\b|vet\b|veit\b|aldri|snart|sein|sen|avtal|møt|start|beg[yi]n|slutt|vent|ukjent|nei|ja\b|pågå|19\d\d|20\d\d)",
    re.I,
)


#: What stands in every column where something is not known, or is so or not: it tells of none.
_OF_ANY_COLUMN = re.compile(r"mangl.*|(?:se|vet|veit|ikke|ikkje)\b.*|ukjent|ja|nei|ok|x", re.I)


@dataclass(frozen=True)
class _Column:
    """A column of one sheet, what it holds, and those of its cells that are something else."""

    column: Column
    field: Field
    holds: _Holds | None
    wrong: Set[Cell]
    #: The days in it where none belongs.
    days: Set[Cell]
    #: How often each cell stands in it.
    counts: Counter[Cell] = dataclasses.field(default_factory=Counter)

    def cell(self, row: Row) -> Cell:
        """The row's cell in it."""
        return row.cells[self.column.index] if self.column.index < len(row.cells) else None


def find(sheet: Sheet, mapping: Mapping[int, Field]) -> dict[RowNumber, list[tuple[str, str]]]:
    """The rows whose cells seem to have moved: for each the two neighbouring cells that tell it, with their headings."""
    reader = _Reader()
    named = {column.index: column for column in sheet.columns}
    found: dict[RowNumber, list[tuple[str, str]]] = {}
    several = len(sheet.parts) > 1
    for tab in sheet.parts:
        rows = [row for row in sheet.rows if not several or row.sheet == tab.title]
        columns = [reader.column(named[index], mapping.get(index, Field.IGNORED), rows) for index in tab.columns]
        for row in _worth_looking_at(rows, columns):
            for left, right in pairwise(columns):
                if reader.moved_right(row, left, right) or reader.moved_left(row, left, right):
                    found.setdefault(row.number, _shown(row, (left, right)))
            for place, column in enumerate(columns):
                is_a_day_next = columns[place + 1].holds is _Holds.DAY if place + 1 < len(columns) else False
                if column.cell(row) in column.days and (column.field in _NO_DAYS or is_a_day_next):
                    found.setdefault(row.number, _shown(row, columns[place : place + 2]))
            for towards in (1, -1):
                if run := reader.moved_as_a_whole(row, columns, towards):
                    found.setdefault(row.number, _shown(row, run))
        if sheet.is_text and columns and not columns[-1].column.has_heading:
            for row in _with_exceptions_behind(columns[-1], rows):
                found.setdefault(row.number, _shown(row, columns[-2:]))
    return found


def _worth_looking_at(rows: Sequence[Row], columns: Sequence[_Column]) -> list[Row]:
    """The rows with something that its column does not hold, or that stands more often in the next one; or with something
    behind a figure, where no heading is.
    """
    places: set[int] = set()
    for at, column in enumerate(columns):
        besides = [columns[other].counts for other in (at - 1, at + 1) if 0 <= other < len(columns)]
        elsewhere = {
            cell for cell, count in column.counts.items() if any(counts[cell] > count for counts in besides) and cell
        }
        if odd := column.wrong | column.days | elsewhere:
            places.update(place for place, row in enumerate(rows) if column.cell(row) in odd)
    for left, right in pairwise(columns):
        if left.field in _FIGURES and not right.column.has_heading:
            places.update(place for place, row in enumerate(rows) if right.cell(row) is not None)
    return [rows[place] for place in sorted(places)]


def _shown(row: Row, columns: Sequence[_Column]) -> list[tuple[str, str]]:
    return [(one.column.heading, words) for one in columns if (words := values.text(one.cell(row)))]


def _with_exceptions_behind(last: _Column, rows: Sequence[Row]) -> list[Row]:
    """The rows with something after the last heading, where few have that."""
    filled = [row for row in rows if values.text(last.cell(row))]
    return filled if row_widths.are_exceptions(len(filled), len(rows)) else []


class _Reader:
    """Tells what cells may be; the same text once, in however many cells it stands."""

    def __init__(self) -> None:
        self._kinds: dict[Cell, Set[_Holds]] = {None: _NOTHING}

    def kinds(self, cell: Cell) -> Set[_Holds]:
        """All that a cell may be; nothing, where it says nothing."""
        found = self._kinds.get(cell)
        if found is None:
            found = self._kinds[cell] = _kinds(cell)
        return found

    def column(self, column: Column, field: Field, rows: Sequence[Row]) -> _Column:
        """What a column holds: what its field or its heading says, unless its cells say otherwise."""
        holds = HELD_BY.get(field) if field else _said_by(column.heading)
        if holds is _Holds.IDENTITY_NUMBER:
            # Whatever else stands there, the row has something wrong.
            return _Column(column, field, holds, frozenset(), frozenset())
        cells = Counter(row.cells[column.index] for row in rows if column.index < len(row.cells))
        filled = {cell: count for cell, count in cells.items() if self.kinds(cell)}
        wrong = {cell for cell in filled if holds and not self.fits(cell, holds, field)}
        total = sum(filled.values())
        count_wrong = sum(filled[cell] for cell in wrong)
        are_exceptions = total < _ENOUGH or count_wrong <= _HALF * total
        no_days = field in _NO_DAYS or (field and holds not in (None, _Holds.DAY, _Holds.FIGURE) and are_exceptions)
        days = {cell for cell in filled if no_days and _is_day(cell)}
        if total < _ENOUGH or (holds and are_exceptions):
            return _Column(column, field, holds, wrong, days, cells)
        counts: Counter[_Holds] = Counter()
        for cell, count in filled.items():
            counts.update(dict.fromkeys(self.kinds(cell), count))
        kind, most = counts.most_common(1)[0] if counts else (_Holds.WORDS, 0)
        if kind is _Holds.WORDS or most < _MOST * total:
            return _Column(column, field, None, frozenset(), days, cells)
        return _Column(column, field, kind, {cell for cell in filled if not self.fits(cell, kind, field)}, days, cells)

    def fits(self, cell: Cell, holds: _Holds, field: Field) -> bool:
        """Whether somebody may have meant a cell for a column that holds this."""
        kinds, words = self.kinds(cell), values.text(cell)
        match holds:
            case _ if holds in kinds:
                return True
            case _Holds.PHONE:
                return bool(values.phone(cell).number)
            case _Holds.EMAIL:
                return "@" in words
            case _Holds.DAY:
                is_an_answer = (field in _ENDS or not field) and words.lower() in values.GOES_ON | values.HAS_ENDED
                return is_an_answer or _OF_A_TIME.search(words) is not None or _DAY.search(words) is not None
            case _Holds.POSTAL_CODE:
                return re.search(r"\b\d{4}\b", words) is not None
            case _Holds.ORGANISATION_NUMBER:
                return sum(map(str.isdigit, words)) > values.USUAL_DIGITS
            case _Holds.FIGURE:
                return words[:1].isdigit()
            case _Holds.WORDS:
                # A colleague may be named by their address.
                return field in (Field.SPECIALIST, Field.COUNSELLOR) and _Holds.EMAIL in kinds
        return False

    def moved_right(self, row: Row, left: _Column, right: _Column) -> bool:
        """Whether the second of two neighbouring cells is meant for the first one's column."""
        here, there = left.cell(row), right.cell(row)
        is_wrong_here, is_wrong_there = here in left.wrong, there in right.wrong
        has_no_name = not right.column.has_heading
        if left.field in _FIGURES and _are_halves(here, there) and (is_wrong_there or has_no_name):
            return True
        if left.holds is None or left.holds not in self.kinds(there):
            return False
        if right.holds is None:
            return is_wrong_here and (left.holds is not _Holds.WORDS or has_no_name)
        if not is_wrong_there:
            # Of two columns of days the first has no day, and every day may be one to the right.
            return is_wrong_here and left.holds is right.holds is _Holds.DAY
        return is_wrong_here or (left.holds is not _Holds.WORDS and not self.kinds(here))

    def moved_left(self, row: Row, left: _Column, right: _Column) -> bool:
        """Whether the first of two neighbouring cells is meant for the second one's column."""
        here, there = left.cell(row), right.cell(row)
        if right.holds is None or here not in left.wrong or right.holds not in self.kinds(here):
            return False
        return there in right.wrong or (right.holds is not _Holds.WORDS and not self.kinds(there))

    def moved_as_a_whole(self, row: Row, columns: Sequence[_Column], towards: int) -> Sequence[_Column]:
        """The columns of a row whose cells fit their neighbours' columns better than their own: those one to the right
        (``towards`` 1) or to the left (-1). Nothing where too little speaks for it.
        """
        best: Sequence[_Column] = ()
        highest = begin = total = 0
        signs: list[int] = []
        for place, column in enumerate(columns):
            is_inside = 0 <= place + towards < len(columns)
            sign = self._whose_it_seems(row, column, columns[place + towards]) if is_inside else 0
            if total + sign <= 0:
                begin, total, signs = place + 1, 0, []
                continue
            total += sign
            signs += [sign] if sign > 0 else []
            enough = _ENOUGH_WITH_A_SURE_ONE if _SURE in signs else _ENOUGH_SIGNS
            if total > highest and total >= enough and len(signs) >= _COLUMNS:
                best, highest = columns[begin : place + 1], total
        return best

    def _whose_it_seems(self, row: Row, column: _Column, neighbour: _Column) -> int:
        """How much speaks for it that a cell belongs to its neighbour's column, and how much against it."""
        cell = column.cell(row)
        kinds = self.kinds(cell)
        if not kinds or _Holds.IDENTITY_NUMBER in (column.holds, neighbour.holds):
            return 0
        words = values.text(cell)
        if words == values.text(neighbour.cell(row)) or _OF_ANY_COLUMN.fullmatch(words):
            return 0
        fits_there = neighbour.holds in kinds
        if column.holds in kinds and _Holds.WORDS not in kinds:
            return 0 if fits_there else _AT_HOME
        here, there = column.counts[cell], neighbour.counts[cell]
        if there >= max(2, 2 * here):
            return _SURE
        if here > there + _ENOUGH - 1:
            return _AT_HOME
        if fits_there and neighbour.holds is not _Holds.WORDS:
            return _SURE if cell in column.wrong else _MAYBE if neighbour.holds is not _Holds.FIGURE else 0
        if cell in column.wrong:
            return _MAYBE if fits_there else 0
        return _MAYBE if there and here == 1 else 0


def _is_day(cell: Cell) -> bool:
    """Whether a cell is a day and cannot be the name of a street ("17. mai 1814" may be)."""
    words = values.text(cell)
    return isinstance(cell, date) or (_DAY.fullmatch(words) is not None and not any(map(str.isalpha, words[:10])))


def _are_halves(here: Cell, there: Cell) -> bool:
    """Whether two cells are what a comma between them may have made of one number."""
    return all(_FEW_DIGITS.fullmatch(values.text(cell)) for cell in (here, there))


def _said_by(heading: str) -> _Holds | None:
    """What a column that is not read holds by a word of its heading, whoever it is about: "Telefon pårørende".

    "Henvist av" is no day, but whoever did it.
    """
    words = plain(heading).split()
    if not _BY_WHOM.isdisjoint(words):
        return None
    fields = (known(word) for word in words)
    kinds = {holds for field in fields if field and (holds := HELD_BY.get(field))} - {_Holds.WORDS}
    return kinds.pop() if len(kinds) == 1 else None


def _kinds(cell: Cell) -> Set[_Holds]:
    if isinstance(cell, date):
        return _ONLY[_Holds.DAY]
    words = values.text(cell)
    if not words:
        return _NOTHING
    digits = words.replace(" ", "")
    if digits.isdecimal():
        return _kinds_of_digits(digits)
    if digits.isalpha():
        return _ONLY[_Holds.WORDS]
    for holds, pattern in _WRITTEN:
        if pattern.fullmatch(words):
            return _ONLY[holds]
    return _ONLY[_Holds.WORDS] if any(map(str.isalpha, words)) else _NOTHING


def _kinds_of_digits(digits: str) -> Set[_Holds]:
    if len(digits) == 8 and digits[4:6] in ("19", "20") and int(digits[2:4]) <= 12:
        return _PHONE_OR_DAY
    return _DIGITS.get(len(digits), _ONLY[_Holds.PHONE])
