"""The rows that were wrong, as a file to mend: the same columns, which row it was, and what is wrong with it.

The file can be imported as it is when it is mended: the two columns that stand last are not read. Cells keep their
kind (a date is a date), a date that only its column told is written as one, and a text that a spreadsheet might take for
a formula gets an apostrophe that the reading takes away again.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.ui.spreadsheet import LONGEST_TITLE, safe

from . import date_values, moved_cells, plan, sections, values
from .fields import Field
from .lines import Cell
from .plan_types import RowReport
from .row_numbers import RowNumber
from .sheet import Row, Section, Sheet, SheetInFile


def workbook(sheet: Sheet, wrong: Iterable[RowReport], mapping: Mapping[int, Field]) -> bytes:
    """An .xlsx file with the rows of ``sheet`` that the reports are about. ``mapping`` says what the columns hold.

    Rows of several sheets stand in sheets of the same names again, with the titles that they stood under: both say
    something of their people.
    """
    date_columns = plan.date_columns_of(sheet, mapping, timezone.localdate())
    moved = moved_cells.find(sheet, mapping).keys()
    unclear = {index for index, field in mapping.items() if plan.hours_or_per_cent(field, index, sheet)}
    reports = {report.number: report for report in wrong}
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
    for part in sheet.parts:
        rows = [row for row in sheet.rows if row.number in reports and row.sheet in (part.title, "")]
        if rows:
            _write_part(book, part, sheet, rows, reports, mapping, date_columns, unclear, moved)
    book.close()
    return out.getvalue()


def _write_part(
    book: xlsxwriter.Workbook,
    part: SheetInFile,
    sheet: Sheet,
    rows: Sequence[Row],
    reports: Mapping[RowNumber, RowReport],
    mapping: Mapping[int, Field],
    date_columns: Mapping[int, date_values.DateColumn],
    unclear: Set[int],
    moved: Set[RowNumber],
) -> None:
    """One sheet with the rows to mend of one sheet."""
    keeps_its_name = len(sheet.parts) > 1 or not sections.says_nothing(part.title)
    page = book.add_worksheet(_name(part.title, book) if keeps_its_name else _("To mend"))
    bold, day, wrapped = (
        book.add_format({"bold": True}),
        book.add_format({"num_format": "dd.mm.yyyy", "align": "left"}),
        book.add_format({"text_wrap": True, "font_color": "#B00020", "valign": "top"}),
    )
    # Columns of one sheet stand where they stood; those of several have no other places than their order.
    places = {index: place if len(sheet.parts) > 1 else index for place, index in enumerate(part.columns)}
    last = max(places.values(), default=-1) + 1
    page.freeze_panes(1, 0)
    page.set_column(0, last, 16)
    page.set_column(last + 1, last + 1, 70)
    for column in sheet.columns:
        if column.index in places:
            heading = safe(column.heading) if column.has_heading else ""
            page.write_string(0, places[column.index], heading, bold)
    # These headings are known to columns.py in both languages, as OURS.
    page.write_string(0, last, _("Row in the list"), bold)
    page.write_string(0, last + 1, _("What is wrong"), bold)
    line = 0
    above: tuple[Section | None, Section | None] = (None, None)
    for row in rows:
        for title, earlier in zip((row.section, row.group), above, strict=True):
            if title and title != earlier:
                line += 1
                page.write_string(line, min(places.values()), safe(title.words), bold)
        above = (row.section, row.group)
        line += 1
        for index, place in places.items():
            cell = row.cells[index] if index < len(row.cells) else None
            if (date_column := date_columns.get(index)) is not None:
                cell = date_values.unmistakable(cell, date_column)
            elif index in unclear and values.is_bare_number(cell):
                # Without the rest of the column it would be taken as the one or the other.
                cell = f"{cell} ?"
            if (row.problem or row.number in moved) and mapping.get(index) in (
                Field.IDENTITY_NUMBER,
                Field.PERSONAL_NUMBER,
            ):
                # In a workbook nothing else tells that the cells may stand in the wrong columns.
                cell = f"{cell} ?"
            _write(page, line, place, cell, day)
        report = reports[row.number]
        page.write_number(line, last, int(row.number))
        page.write_string(line, last + 1, safe("\n".join([*report.problems, *report.questions])), wrapped)


def _name(title: str, book: xlsxwriter.Workbook) -> str:
    """The title as Excel allows it: other programs allow more letters and longer ones."""
    taken = {page.get_name().lower() for page in book.worksheets()}
    allowed = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:LONGEST_TITLE] or _("To mend")
    names = (allowed, *(f"{allowed[: LONGEST_TITLE - 4]} {number}" for number in range(2, 1_000)))
    return next(name for name in names if name.lower() not in taken)


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, day: object) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, safe(cell))
    elif isinstance(cell, date | datetime):
        page.write_datetime(row, column, cell, day)
    elif isinstance(cell, int | float | Decimal):
        page.write_number(row, column, cell)
