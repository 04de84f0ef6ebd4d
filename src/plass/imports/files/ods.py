"""What LibreOffice's .ods holds where, found before it is laid out: one stray cell can make a sheet of billions of it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from itertools import pairwise
from xml.parsers import expat

from .limits import Limits, Reason, Refused

_CELLS = {"table:table-cell", "table:covered-table-cell"}
#: What the manifest says of a part that has a password.
_LOCKED = b"encryption-data"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


@dataclass
class _Filled:
    """Where a sheet has something: the first filled column of each such row, and row of each such column."""

    sheet: str
    rows: dict[int, int] = field(default_factory=dict)
    columns: dict[int, int] = field(default_factory=dict)

    @property
    def laid_out(self) -> int:
        """How many cells there are from the first one to the last filled row and column."""
        return max(self.rows, default=0) * max(self.columns, default=0)

    def farthest(self) -> tuple[int, int]:
        """The row and the column (both from 1) of the first cell behind the widest gap."""
        row_gap, row = _widest_gap(self.rows)
        column_gap, column = _widest_gap(self.columns)
        return (
            (row, self.rows[row])
            if row_gap / _LAST_ROW >= column_gap / _LAST_COLUMN
            else (self.columns[column], column)
        )


def _widest_gap(filled: dict[int, int]) -> tuple[int, int]:
    """How much is empty between two neighbours, or before the first, and which comes after it."""
    return max((after - before, after) for before, after in pairwise([0, *sorted(filled)]))


def refuse_stray_cells(content: bytes, limits: Limits) -> None:
    """Raise Refused, with the cell, where a sheet that is laid out whole would be too large."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.read("content.xml")
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
    if _LOCKED in manifest:
        raise Refused(Reason.PASSWORD)
    try:
        sheets = _Scan().sheets(part)
    except expat.ExpatError as error:
        # Its reader would stop there without a word, and people would vanish.
        raise Refused(Reason.BROKEN) from error
    for sheet in sheets:
        if sheet.laid_out > limits.laid_out:
            row, column = sheet.farthest()
            raise Refused(Reason.STRAY_CELL, row, cell=f"{_letters(column)}{row}", sheet=sheet.sheet)


class _Scan:
    def __init__(self) -> None:
        self.found: list[_Filled] = []
        self.row = self.column = self.repeated = 0

    def sheets(self, content: bytes) -> list[_Filled]:
        """The filled cells of all sheets. Raises ExpatError for what is no XML."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(content, True)
        return self.found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            first = self.column + 1
            self.column += int(attributes.get("table:number-columns-repeated", 1))
            if "office:value-type" in attributes and self.found:
                self._fill({self.row + 1, self.row + self.repeated}, {first, self.column})
        elif name == "table:table-row":
            self.column, self.repeated = 0, int(attributes.get("table:number-rows-repeated", 1))
        elif name == "table:table":
            self.row = 0
            self.found.append(_Filled(attributes.get("table:name", "")))

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self.row += self.repeated

    def _fill(self, rows: set[int], columns: set[int]) -> None:
        sheet = self.found[-1]
        for row in rows:
            sheet.rows.setdefault(row, min(columns))
        for column in columns:
            sheet.columns.setdefault(column, min(rows))


def _letters(column: int) -> str:
    """A column (from 1) as spreadsheets name it: A ... Z, AA ..."""
    column, last = divmod(column - 1, 26)
    return (_letters(column) if column else "") + chr(ord("A") + last)
