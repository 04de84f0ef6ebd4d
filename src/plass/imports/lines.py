"""The rows of a sheet as they are looked at: their cells tidied, and what merged cells say in them. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from .files import shape

Cell = str | int | float | Decimal | date | None

#: Marks without a width and marks of direction, which come along when text is copied and which nobody sees.
_UNSEEN = dict.fromkeys(
    [0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF]
)
#: Spaces of other widths.
_SPACES = dict.fromkeys([0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
#: What is no character of a text, but for the breaks of its lines.
_CONTROLS = dict.fromkeys([number for number in (*range(0x20), 0x7F) if chr(number) not in "\t\n\r\v\f"])
_TIDY = {**_UNSEEN, **_SPACES, **_CONTROLS, 0x0B: "\n"}
#: What is taken away around a text; not what may have been a letter.
_AROUND = " \t\r\n\f"
#: What UTF-8 becomes where it was read as Windows text, and what stands for a letter that was lost.
_DAMAGED = re.compile(
    "[ÃÂ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|â€|[\ufffd\x80-\x9f]"
    # DOS and Mac text read as Windows text, and the other way round: a sign beside a letter, where no word has one ...
    r"|(?<=[^\W\d_])[†‡‚„ˆƒ¤¦¬¯±¾¿¥¢≈∆◊√∏∑](?!\s)|(?<=[^\W\d_])[†‡‚ˆƒ¯≈∆](?!\w)|(?<!\S)[†‡¯≈∆](?=[^\W\d_])"
    r"|(?<=[^\W\d_])[›‹®°›](?=[^\W\d_])"
    # ... or a capital that no name has within small letters.
    "|(?<=[a-zæøå])[ÀÁÂÃÄÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖÙÚÛÜÝÞŒŸ](?=[a-zæøå]|\\b)|(?<=[A-ZÆØÅ])Œ(?=[a-zæøå])"
)


@dataclass(frozen=True)
class Line:
    """A row as it is looked at here: its tidied cells by column, and the row of the file that they are from."""

    number: int
    cells: Mapping[int, Cell]
    row: shape.Row


def is_damaged(cell: Cell) -> bool:
    """Whether a text holds what becomes of letters that were read in another encoding than they were written in."""
    # No sign of it is ASCII.
    return isinstance(cell, str) and not cell.isascii() and _DAMAGED.search(cell) is not None


def lines_of(sheet: shape.Sheet) -> list[Line]:
    """The rows with something in them."""
    lines = []
    for row in sheet.rows:
        cells = {column: tidied for column, cell in sorted(row.cells.items()) if (tidied := _tidied(cell)) is not None}
        if cells:
            lines.append(Line(row.number, cells, row))
    return lines


def _tidied(cell: shape.Cell) -> Cell:
    """A cell as people read it: days without a time, per cent with their sign, text without what only programs need."""
    value = cell.value
    if cell.formula:
        # As text, where the file says nothing of its result; the row's report asks for the values instead.
        return cell.formula
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return "ja" if value else "nei"
    if cell.is_percent and isinstance(value, int | float):
        return f"{round(value * 100, 10):.10g} %"
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if value is None or isinstance(value, int | float | date):
        return value
    text = value.translate(_TIDY).strip(_AROUND)
    if wrapped := re.fullmatch(r'="(.*)"', text):
        # How people keep leading zeros in a .csv file for Excel.
        text = wrapped[1].strip(_AROUND)
    elif re.match(r"'[=+\-@＝＋－＠]", text):
        # How files written by this program keep a text from becoming a formula.
        text = text[1:]
    return text or None


class Merges:
    """What merged cells say. A merged cell has its text in its first cell only.

    A heading stands for every column below it (``across``), and what is written once beside several rows (a person's
    name beside two jobs) for each of them (``down``). Where ranges overlap, which no program writes, the last counts.
    """

    def __init__(self, merges: Iterable[shape.Merge], lines: list[Line]) -> None:
        #: The columns with something in them.
        self.columns = sorted({column for line in lines for column in line.cells})
        self._cells = {line.number: line.cells for line in lines}
        self._by_row: dict[int, list[shape.Merge]] = defaultdict(list)
        self._by_column: dict[int, list[shape.Merge]] = defaultdict(list)
        for merge in sorted(merges, key=lambda merge: (merge.first_column, merge.first_row)):
            self._by_row[merge.first_row].append(merge)
            if merge.last_row > merge.first_row:
                self._by_column[merge.first_column].append(merge)

    def across(self, row: int, column: int) -> Cell:
        """What the merged cell says whose first row this is, over this column."""
        merges = self._by_row.get(row, [])
        at = bisect_right(merges, column, key=lambda merge: merge.first_column) - 1
        return self._text(merges[at]) if at >= 0 and merges[at].last_column >= column else None

    def down(self, row: int, width: int) -> dict[int, Cell]:
        """What merged cells that begin further up say in this row, by the column that they begin in."""
        said = {}
        for column, merges in self._by_column.items():
            at = bisect_right(merges, row - 1, key=lambda merge: merge.first_row) - 1
            if column < width and at >= 0 and merges[at].last_row >= row:
                said[column] = self._text(merges[at])
        return said

    def _text(self, merge: shape.Merge) -> Cell:
        return self._cells.get(merge.first_row, {}).get(merge.first_column)
