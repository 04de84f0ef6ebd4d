"""Files in every format that is read and that can be made here, from a table of cells."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter
import xlwt  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet

from .caseloads import Cell, as_text

Table = Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    delimiter: str = ";"
    encoding: str = "utf-8"
    quoting: int = csv.QUOTE_MINIMAL
    line_end: str = "\r\n"


#: The delimiters, encodings and line ends that are read.
DELIMITERS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "cp865")
#: Those that do not hold every letter, and that a file says nothing of.
PLAIN_ENCODINGS = ("cp1252", "mac_roman", "cp865")
LINE_ENDS = ("\r\n", "\n", "\r")
QUOTINGS = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)


def text(table: Table, dialect: Dialect) -> bytes:
    """A .csv file. Raises UnicodeEncodeError where the encoding lacks a letter."""
    out = io.StringIO(newline="")
    # Python leaves a line feed without quotation marks where rows end with carriage returns; spreadsheets do not.
    is_bare = dialect.line_end == "\r" and any("\n" in as_text(cell) for row in table for cell in row)
    writer = csv.writer(
        out,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_ALL if is_bare else dialect.quoting,
        lineterminator=dialect.line_end,  # type: ignore[arg-type]
    )
    for row in table:
        writer.writerow([as_text(cell) for cell in row])
    return out.getvalue().encode(dialect.encoding)


def by_openpyxl(table: Table) -> bytes:
    """An .xlsx file with its texts in the cells' own strings."""
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    for row in table:
        book.active.append([None if cell == "" else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_xlsxwriter(table: Table) -> bytes:
    """An .xlsx file whose cells share their texts, as Excel writes it; what is empty is formatted."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}) as book:
        sheet, day, grey = (
            book.add_worksheet("Liste"),
            book.add_format({"num_format": "dd.mm.yyyy"}),
            book.add_format({"bg_color": "#DDDDDD"}),
        )
        for at, row in enumerate(table):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, day)  # type: ignore[arg-type]
                elif isinstance(cell, int | float):
                    sheet.write_number(at, column, cell)
                elif cell:
                    sheet.write_string(at, column, cell)
                else:
                    sheet.write_blank(at, column, None, grey)
    return out.getvalue()


def changed(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A packed file with each part as ``change`` makes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return out.getvalue()


_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def strict(content: bytes) -> bytes:
    """A workbook as Excel's "Strict Open XML" writes it."""

    def change(_name: str, part: bytes) -> bytes:
        for before, after in _STRICT.items():
            part = part.replace(before, after)
        return part

    return changed(content, change)


_ODS_START = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2">'
    '<office:body><office:spreadsheet><table:table table:name="Liste">'
)
#: LibreOffice ends a sheet with all the rows that are not there.
_ODS_END = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/>'
    "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)
_ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods(table: Table) -> bytes:
    """LibreOffice's .ods."""
    rows = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row)) or _ods_cell(None)}</table:table-row>" for row in table
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _ODS_MANIFEST)
        archive.writestr("content.xml", _ODS_START + rows + _ODS_END)
    return out.getvalue()


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        value = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
    elif isinstance(cell, int | float):
        value = f'office:value-type="float" office:value="{cell}"'
    else:
        value = 'office:value-type="string"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(cell).split("\n"))
    return f"<table:table-cell {value}>{lines}</table:table-cell>"


def xls(table: Table) -> bytes:
    """Excel's .xls, as it was until 2007."""
    book = xlwt.Workbook()
    sheet, day = book.add_sheet("Liste"), xlwt.easyxf(num_format_str="dd.mm.yyyy")
    for at, row in enumerate(table):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(at, column, cell, day)
            elif cell != "" and cell is not None:
                sheet.write(at, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


#: What makes a workbook of a table. Nothing well kept writes .xlsb: a kept file stands for it (test_formats.py).
WORKBOOKS: dict[str, Callable[[Table], bytes]] = {
    "openpyxl": by_openpyxl,
    "xlsxwriter": by_xlsxwriter,
    "strict": lambda table: strict(by_xlsxwriter(table)),
    "ods": ods,
    "xls": xls,
}
