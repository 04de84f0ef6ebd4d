"""How much of a file is read, and the one way in which reading it ends early. No Django here either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .shape import Cell, Row

#: People in one list; that many and some titles and totals are read of a sheet.
MOST_ROWS = 10_000
_BESIDE_THEM = 200


class Reason(StrEnum):
    """Why a file is not read. ``reading.py`` has a sentence for each."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    TOO_LARGE_INSIDE = "too large inside"
    CELLS = "cells"
    CHARACTERS = "characters"
    MERGES = "merges"
    SHEETS = "sheets"
    #: Told with the row.
    LONG_CELL = "long cell"
    #: Told with the cell and its sheet.
    STRAY_CELL = "stray cell"
    PASSWORD = "password"
    #: What people choose by mistake.
    PDF = "pdf"
    PICTURE = "picture"
    DOCUMENT = "document"
    NUMBERS = "numbers"
    ARCHIVE = "archive"
    BROKEN = "broken"
    WEB_PAGE = "web page"
    XML = "xml"
    NOT_TEXT = "not text"
    #: The rest of a text file's reasons are told with the row.
    QUOTE = "quote"
    ROWS_IN_CELL = "rows in cell"
    MIXED_LETTERS = "mixed letters"
    UNKNOWN_LETTERS = "unknown letters"
    LOST_LETTERS = "lost letters"
    NUL = "nul"


class Refused(Exception):
    """The file is not read, for a reason. ``row`` is where, as a spreadsheet counts rows; 0 where that says nothing.

    ``cell`` (as spreadsheets name it) of ``sheet`` is told where one cell is the reason.
    """

    def __init__(self, reason: Reason, row: int = 0, *, cell: str = "", sheet: str = "") -> None:
        super().__init__(reason)
        self.reason, self.row, self.cell, self.sheet = reason, row, cell, sheet


@dataclass(frozen=True)
class Limits:
    """The most of each that is read of a file. Rows beyond are cut off, and the sheet says so; the rest refuse it."""

    rows: int = MOST_ROWS + _BESIDE_THEM
    sheets: int = 200
    cells: int = 500_000
    characters: int = 20_000_000
    #: Characters in one cell: as many as Excel's.
    longest: int = 32_767
    merges: int = 20_000
    #: Cells of a sheet that is laid out whole, empty ones too: .ods.
    laid_out: int = 5_000_000
    #: An .xlsx or .ods file is packed. One that unpacks to more is mostly empty formatted cells, or made to do harm.
    unpacked: int = 100 * 1024 * 1024


class Count:
    """What has been read so far of one file. Raises Refused beyond its limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cells = self.characters = self.merges = 0

    def cell(self, *texts: object, row: int = 0) -> None:
        """One more cell, in this row, with these texts in it; what is no text weighs nothing."""
        self.cells += 1
        if self.cells > self.limits.cells:
            raise Refused(Reason.CELLS)
        for text in texts:
            if isinstance(text, str):
                self.characters += len(text)
                if len(text) > self.limits.longest:
                    raise Refused(Reason.LONG_CELL, row)
        if self.characters > self.limits.characters:
            raise Refused(Reason.CHARACTERS)

    def rows(self, numbered: Iterable[tuple[int, Mapping[int, Cell]]]) -> tuple[tuple[Row, ...], bool]:
        """Those of a sheet that are read, and whether there are more."""
        rows: list[Row] = []
        for number, cells in numbered:
            if len(rows) >= self.limits.rows:
                return tuple(rows), True
            for cell in cells.values():
                self.cell(cell.value, row=number)
            rows.append(Row(number, cells))
        return tuple(rows), False

    def merge(self) -> None:
        """One more range of merged cells."""
        self.merges += 1
        if self.merges > self.limits.merges:
            raise Refused(Reason.MERGES)
