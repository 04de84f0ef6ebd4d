"""Rows of a text file that are divided otherwise than the list: their cells may stand in the columns of others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from .files.shape import Line
from .translatable import gettext as _

#: For each row that is an exception, and not the way that the list is written, there are at least so many others.
_ROWS_TO_AN_EXCEPTION = 9


def problems(
    rows: Sequence[int], lines: Mapping[int, Line], *, heading: int, columns: int, delimiter: str, with_number: Set[int]
) -> Mapping[int, str]:
    """What is wrong with each row that has more or fewer cells than the list has columns.

    ``rows`` are those of people, ``heading`` is the row of headings and ``columns`` how many cells it has down to the last
    heading. ``with_number`` are the rows that have an identity number.
    """
    if not lines:
        return {}
    widest = lines[heading].width
    usual = _usual(rows, lines)
    as_wide = [row for row in rows if columns <= lines[row].width <= widest or lines[row].width == usual]
    in_use = _in_use([lines[row].filled for row in as_wide])
    too_wide = {
        row
        for row in rows
        if lines[row].filled > widest
        or (lines[row].width > widest and lines[row].width != usual and lines[row].filled > in_use)
    }
    short = [row for row in rows if lines[row].width < columns]
    short_is_an_exception = are_exceptions(len(short), len(rows))
    too_short = {
        row
        for row in short
        if (short_is_an_exception and lines[row].width < in_use)
        or lines[row].holds_delimiter
        or _is_a_half(row, lines, {columns, widest, usual}, with_number)
    }
    mark = _("tabulator") if delimiter == "\t" else delimiter
    return {
        row: _(
            "The row has %(cells)d cells and the list has %(columns)d columns: a “%(mark)s” within a cell has probably "
            "moved the rest. Put that cell in quotation marks, or take the mark out of it."
        )
        % {"cells": max(lines[row].filled, widest + 1), "columns": widest, "mark": mark}
        for row in too_wide
    } | {
        row: _(
            "The row has only %(cells)d cells and the list has %(columns)d columns: a line break or a quotation mark has "
            "probably divided the row, or made one cell of several. Mend the row, or save the list as .xlsx."
        )
        % {"cells": lines[row].width, "columns": columns}
        for row in too_short
    }


def are_exceptions(number: int, rows: int) -> bool:
    """Whether so few of so many rows are otherwise that they are exceptions. A single one is, where there are others."""
    return number * _ROWS_TO_AN_EXCEPTION <= rows - number or number == 1 < rows


def _usual(rows: Sequence[int], lines: Mapping[int, Line]) -> int:
    """How many cells most rows have, where several have as many: some programs end each row with a delimiter."""
    (width, count), *_others = Counter(lines[row].width for row in rows).most_common(1)
    return width if count > 1 and 2 * count > len(rows) else 0


def _in_use(filled: Sequence[int]) -> int:
    """How many cells a row needs to have all columns that the list uses: in those after them, few rows have anything."""
    exceptions = len(filled) // (_ROWS_TO_AN_EXCEPTION + 1)
    return sorted(filled)[-1 - exceptions] if filled else 0


def _is_a_half(row: int, lines: Mapping[int, Line], whole: Set[int], with_number: Set[int]) -> bool:
    """Whether a row and the line below it, which is nobody's own, are one row that a line break has divided."""
    below = lines.get(row + 1)
    return below is not None and row + 1 not in with_number and lines[row].width + below.width - 1 in whole
