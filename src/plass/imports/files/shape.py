"""What a file holds, whatever its format: sheets, rows, cells with their values, and what is special about each.

Only what is written is here: a cell in the last corner of a sheet is one cell, not a sheet full of empty ones. Nothing
is judged or tidied; that is ``sheet.py``'s. No Django: the process that reads workbooks loads this too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

#: A cell's value as the file has it. A moment without a time of day is a date.
Value = str | int | float | bool | date | datetime | time | timedelta | None


class Format(StrEnum):
    """What kind of file it is, told from its content."""

    TEXT = "text"
    XLSX = "xlsx"
    STRICT_XLSX = "strict"
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"


class Remark(StrEnum):
    """Something about the whole file that whoever imports it must know."""

    #: Strike-through, hidden rows and columns, number formats, comments and failed formulas are not seen.
    LOOKS_NOT_SEEN = "looks"
    #: Nor are merged cells.
    MERGES_NOT_SEEN = "merges"
    #: Days are counted from 1904; dates are right, days kept as plain numbers are four years later than they look.
    DAYS_FROM_1904 = "1904"
    #: A text file does not say how its letters are kept; these were told from the letters themselves.
    READ_AS_WINDOWS = "windows"
    READ_AS_MAC = "mac"
    READ_AS_DOS = "dos"
    #: Letters were lost or became others before the file was made.
    DAMAGED_LETTERS = "damaged"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with something in it. ``formula`` is one that the file holds no result of."""

    value: Value = None
    formula: str = ""
    is_error: bool = False
    is_struck: bool = False
    is_percent: bool = False
    comment: str = ""
    #: The colour behind it, in whatever way the file names colours; empty for none and for white.
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it: its number as people see it (from 1), and its cells by column (from 0)."""

    number: int
    cells: Mapping[int, Cell]
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """How a line of a text file is divided: into how many cells, how many of them up to the last with something in it,
    and whether one holds what divides them.
    """

    width: int
    filled: int
    holds_delimiter: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells merged into one, both corners included; rows are counted from 1 and columns from 0, as above."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """A sheet. Of a hidden one the name alone is here. ``is_cut``: it has more rows than are read."""

    title: str = ""
    rows: tuple[Row, ...] = ()
    merges: tuple[Merge, ...] = ()
    hidden_columns: frozenset[int] = field(default_factory=frozenset)
    is_hidden: bool = False
    is_cut: bool = False
    #: Of a text file: what divides its cells, and its lines by the numbers of their rows.
    delimiter: str = ""
    lines: Mapping[int, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """All that was read. ``encoding`` is that of a text file."""

    format: Format
    sheets: tuple[Sheet, ...]
    remarks: tuple[Remark, ...] = ()
    encoding: str = ""
