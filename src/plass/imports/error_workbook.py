"""The rows that were wrong, as a file to mend: the same columns, which row it was, and what is wrong with it.

The file can be imported as it is when it is mended: the two columns that stand last are not read. Cells keep their
kind (a date is a date), a date that only its column told is written as one, and a text that a spreadsheet might take for
a formula gets an apostrophe that the reading takes away again.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from django.utils.translation import gettext as _

from plass.ui.spreadsheet import safe

from . import plan, values
from .columns import Field
from .plan_types import RowReport
from .sheet import Cell, Sheet


def workbook(sheet: Sheet, wrong: Iterable[RowReport], mapping: Mapping[int, Field]) -> bytes:
    """An .xlsx file with the rows of ``sheet`` that the reports are about. ``mapping`` says what the columns hold."""
    date_columns = plan.date_columns_of(sheet, mapping)
    rows = {row.number: row for row in sheet.rows}
    last = max((column.index for column in sheet.columns), default=-1) + 1
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            # Days kept as plain numbers stay those days.
            "date_1904": sheet.has_days_from_1904,
        },
    )
    page = book.add_worksheet(_("To mend"))
    bold, day, wrapped = (
        book.add_format({"bold": True}),
        book.add_format({"num_format": "dd.mm.yyyy", "align": "left"}),
        book.add_format({"text_wrap": True, "font_color": "#B00020", "valign": "top"}),
    )
    page.freeze_panes(1, 0)
    page.set_column(0, last, 16)
    page.set_column(last + 1, last + 1, 70)
    for column in sheet.columns:
        page.write_string(0, column.index, safe(column.heading) if column.has_heading else "", bold)
    # These headings are known to columns.py in both languages, as OURS.
    page.write_string(0, last, _("Row in the list"), bold)
    page.write_string(0, last + 1, _("What is wrong"), bold)
    column_indexes = {column.index for column in sheet.columns}
    for place, report in enumerate(wrong, start=1):
        row = rows[report.number]
        for index, cell in enumerate(row.cells):
            if (date_column := date_columns.get(mapping.get(index, Field.IGNORED))) is not None:
                cell = values.unmistakable(cell, date_column)
            if index in column_indexes:
                _write(page, place, index, cell, day)
        page.write_number(place, last, report.number)
        page.write_string(place, last + 1, safe("\n".join([*report.problems, *report.questions])), wrapped)
    book.close()
    return out.getvalue()


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, day: object) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, safe(cell))
    elif isinstance(cell, date | datetime):
        page.write_datetime(row, column, cell, day)
    elif isinstance(cell, int | float | Decimal):
        page.write_number(row, column, cell)
