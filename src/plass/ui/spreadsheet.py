"""Rows as a file: safe to open in a spreadsheet, and never all of them in memory.

The file is written to the end within the page's transaction (what row-level security shows ends with it) and then sent
from a temporary file, so that memory does not grow with the list and nobody gets half of it.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import IO

import xlsxwriter
from django.http import FileResponse

Value = str | int | date | None
#: What a spreadsheet may take for a formula when a cell begins with it, full-width forms included.
#: Source: OWASP ASVS 5.0, 1.2.10, and OWASP "CSV Injection".
DANGEROUS = frozenset("=+-@\t\r\n\0＝＋－＠")
#: So many letters of a title Excel takes for a sheet.
LONGEST_TITLE = 31
IN_MEMORY = 2 * 1024 * 1024
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs: an apostrophe first where it begins with something dangerous."""
    without = text.replace("\0", "")
    return f"'{without}" if text[:1] in DANGEROUS or without[:1] in DANGEROUS else without


def write_csv(to: IO[bytes], rows: Iterable[list[Value]], headings: list[str], title: str) -> None:
    """UTF-8 with a byte order mark and semicolons, which Norwegian Excel opens by itself; dates as 2026-03-02."""
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([safe(heading) for heading in headings])
    for row in rows:
        writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    text.detach()


def write_xlsx(to: IO[bytes], rows: Iterable[list[Value]], headings: list[str], title: str) -> None:
    """One sheet, written a row at a time; dates are dates, and no text becomes a formula or a link."""
    book = xlsxwriter.Workbook(
        to,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(title[:LONGEST_TITLE])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy", "align": "left"})
    sheet.freeze_panes(1, 3)
    sheet.set_column(0, len(headings) - 1, 16)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, safe(heading), bold)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, safe(value))
            elif isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()


WRITERS: dict[str, Callable[[IO[bytes], Iterable[list[Value]], list[str], str], None]] = {
    "xlsx": write_xlsx,
    "csv": write_csv,
}


def as_file(
    file_format: str,
    rows: Iterable[list[Value]],
    headings: list[str],
    *,
    title: str,
    name: str,
    written: Callable[[], None],
) -> FileResponse:
    """The rows as a file to save, ``name`` without its ending. ``written`` is called when all of them are in it."""
    # Closed by the response, which sends it.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        WRITERS[file_format](file, rows, headings, title)
        written()
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    response = FileResponse(file, as_attachment=True, filename=f"{name}.{file_format}", content_type=TYPES[file_format])
    response.headers["Content-Length"] = str(size)
    response.headers["Cache-Control"] = "no-store"
    return response
