"""Excel's .xls and .xlsb, and LibreOffice's .ods, read by python-calamine.

It lays a sheet out as a whole and, where memory does not suffice, ends its process: only for a process of its own.
What a cell looks like it does not say, and a formula that went wrong is an empty cell: the file's remarks tell.
"""

from __future__ import annotations

import io
import re
from datetime import datetime, time, timedelta
from typing import Any

import python_calamine

from .limits import Count, Reason, Refused
from .shape import Cell, File, Format, Merge, Remark, Sheet, Value

#: Whose merged cells it knows.
_MERGES = {Format.XLS}
_DURATION = re.compile(r"PT(\d{1,7})H(\d{1,4})M(\d{1,4})(?:[.,]\d+)?S")
#: From here a double does not hold every whole number.
_LARGEST_WHOLE = 2**53


def read(content: bytes, file_format: Format, count: Count) -> File:
    """The visible sheets with their rows. Raises Refused, and calamine's own errors for a broken file."""
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise Refused(Reason.PASSWORD) from error
    found = [about for about in book.sheets_metadata if about.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if len(found) > count.limits.sheets:
        raise Refused(Reason.SHEETS)
    sheets = [
        _sheet(book.get_sheet_by_name(about.name), about.name, count)
        if about.visible == python_calamine.SheetVisibleEnum.Visible
        else Sheet(about.name, is_hidden=True)
        for about in found
    ]
    unseen = [Remark.LOOKS_NOT_SEEN] + ([] if file_format in _MERGES else [Remark.MERGES_NOT_SEEN])
    return File(file_format, tuple(sheets), tuple(unseen))


def _sheet(sheet: Any, title: str, count: Count) -> Sheet:
    if sheet.start is None:
        return Sheet(title)
    first_column = sheet.start[1]
    # Rows come from the first one on, filled or not; cells from the first filled column on.
    by_number = (
        (
            number,
            {
                column: Cell(plain)
                for column, value in enumerate(values, start=first_column)
                if (plain := _plain(value)) is not None
            },
        )
        for number, values in enumerate(sheet.iter_rows(), start=1)
    )
    rows, is_cut = count.rows((number, cells) for number, cells in by_number if cells)
    merges = []
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        count.merge()
        merges.append(Merge(top + 1, left, bottom + 1, right))
    return Sheet(title, rows, tuple(merges), is_cut=is_cut)


def _plain(value: Any) -> Value:
    if value == "":
        return None
    if isinstance(value, float):
        if value - value != 0:
            # Beyond any figure; what was written is not known.
            return str(value)
        return int(value) if value.is_integer() and abs(value) < _LARGEST_WHOLE else value
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, str) and (duration := _DURATION.fullmatch(value)):
        # As .ods keeps it.
        hours, minutes, seconds = map(int, duration.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return value  # type: ignore[no-any-return]
