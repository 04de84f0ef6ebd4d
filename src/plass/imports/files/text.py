"""Text with semicolons, tabs, commas or bars (.csv, .txt), read line by line."""

from __future__ import annotations

import csv
import io

from .limits import Count, Reason, Refused
from .shape import Cell, File, Format, Row, Sheet


def read(content: bytes, count: Count) -> File:
    """Its rows as one sheet without a name. A row is what a spreadsheet would show as one. Raises Refused."""
    text, encoding = decode(content)
    start = text[:1000].lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<table")) or "urn:schemas-microsoft-com:office" in start:
        # Programs save their tables so and name them .xls.
        raise Refused(Reason.WEB_PAGE)
    if "\x00" in text or text.startswith("%PDF-"):
        raise Refused(Reason.NOT_TEXT)
    rows: list[Row] = []
    is_cut = False
    try:
        for number, line in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), start=1):
            cells = {column: Cell(value) for column, value in enumerate(line) if value}
            if not any(value.strip() for value in line):
                continue
            if len(rows) >= count.limits.rows:
                is_cut = True
                break
            for cell in cells.values():
                count.cell(cell.value)
            rows.append(Row(number, cells))
    except csv.Error as error:
        raise Refused(Reason.NOT_CSV) from error
    return File(Format.TEXT, (Sheet(rows=tuple(rows), is_cut=is_cut),), encoding=encoding)


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and its encoding's name: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace"), "utf-16"
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined; they are shown as a question mark rather than losing the file.
        return content.decode("cp1252", errors="replace"), "windows-1252"


def _delimiter(text: str) -> str:
    """The character that divides most lines into the same number of parts, more parts winning."""
    lines = [line for line in text.splitlines()[:60] if line.strip()]

    def worth(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        most = max(counts, default=0)
        usual = max(set(counts), key=counts.count) if counts else 0
        return (usual, most)

    return max((";", "\t", ",", "|"), key=worth)
