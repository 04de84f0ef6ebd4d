"""What files hold: whatever is written in a workbook comes back, and what makes it special is told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from plass.imports.files import reading, text, transport, workbook
from plass.imports.files.limits import Count, Limits, Reason, Refused
from plass.imports.files.shape import Cell, File, Format, Merge, Remark, Row, Sheet
from plass.imports.files.text import decode

from . import formats
from .formats import changed, strict
from .lists import xlsx

REFERENCE = Path(__file__).parent / "reference"


def reference(name: str) -> bytes:
    return (REFERENCE / name).read_bytes()


def only_sheet(content: bytes) -> Sheet:
    """The one sheet of a workbook, read by this process."""
    (sheet,) = workbook.read(content).sheets
    return sheet


def values(sheet: Sheet) -> dict[tuple[int, int], object]:
    """Each value by row and column."""
    return {(row.number, column): cell.value for row in sheet.rows for column, cell in row.cells.items()}


# Whatever is written comes back.

#: No control characters, which no workbook can hold; no formulas and errors, which are no text; no escapes.
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1).filter(
    lambda text: text[0] not in "=#" and "_x" not in text
)
#: Excel's first two months count a day too many.
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
VALUES = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(10**15), 10**15),
    # openpyxl writes sixteen digits.
    st.floats(-1e300, 1e300).map(lambda number: float(f"{number:.16g}")),
    DAYS,
    MOMENTS,
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
)
PLACES = st.tuples(st.integers(1, 1_048_576), st.integers(1, 16_384))


def as_read(value: object) -> object:
    """A moment at midnight is a date, in a spreadsheet."""
    return value.date() if isinstance(value, datetime) and value.time() == time() else value


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(PLACES, VALUES, min_size=1, max_size=12))
def test_any_table_comes_back_as_openpyxl_wrote_it(table: dict[tuple[int, int], object]) -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        for (row, column), value in table.items():
            sheet.cell(row, column, value)  # type: ignore[arg-type]

    file = workbook.read(xlsx(fill))
    assert values(file.sheets[0]) == {(row, column - 1): as_read(value) for (row, column), value in table.items()}
    assert [row.number for row in file.sheets[0].rows] == sorted({row for row, _column in table})
    assert not [cell for row in file.sheets[0].rows for cell in row.cells.values() if cell != Cell(cell.value)]
    assert transport.load(transport.dump(file)) == file


def shared(texts: list[str]) -> bytes:
    """A workbook with these texts below each other, each kept once, as Excel does; openpyxl keeps them in their cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, text in enumerate(texts):
            sheet.write_string(row, 0, text)
    return out.getvalue()


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS | st.just("the same"), min_size=1, max_size=8))
def test_texts_that_cells_share_come_back(texts: list[str]) -> None:
    assert values(only_sheet(shared(texts))) == {(row, 0): text for row, text in enumerate(texts, start=1)}


CELLS = st.builds(Cell, VALUES, st.text(), st.booleans(), st.booleans(), st.booleans(), st.text())
ROWS = st.builds(Row, st.integers(1), st.dictionaries(st.integers(0, 99), CELLS, max_size=3), st.booleans())
SHEETS = st.builds(
    Sheet,
    st.text(),
    st.lists(ROWS, max_size=3).map(tuple),
    st.lists(st.builds(Merge, *[st.integers(0)] * 4), max_size=2).map(tuple),
    st.frozensets(st.integers(0, 99)),
    st.booleans(),
    st.booleans(),
)
FILES = st.builds(
    File,
    st.sampled_from([kind for kind in Format if kind is not Format.TEXT]),
    st.lists(SHEETS, max_size=2).map(tuple),
    st.lists(st.sampled_from(Remark), max_size=2).map(tuple),
)


@given(FILES)
def test_a_file_goes_whole_from_one_process_to_the_other(file: File) -> None:
    assert transport.load(transport.dump(file)) == file


# What is special about a cell, a row, a sheet, a file.


def test_strike_through_and_a_comment_are_seen() -> None:
    _headings, struck, commented = only_sheet(reference("x01_strike_comment.xlsx")).rows
    assert [cell.is_struck for cell in struck.cells.values()] == [False, True, False]
    assert commented.cells[1] == Cell("Per Kommentar", comment="Sluttet 1.9, i jobb hos Rema")


def test_a_word_struck_through_within_a_cell_is_seen() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet["A1"] = CellRichText("Kari ", TextBlock(InlineFont(strike=True), "Hansen"), " Berg")
        sheet["A2"] = CellRichText("Kari ", TextBlock(InlineFont(b=True), "Hansen"))
        sheet["A3"] = "Kari"
        sheet["A3"].font = Font(strike=True)

    rows = only_sheet(xlsx(fill)).rows
    assert [(row.cells[0].value, row.cells[0].is_struck) for row in rows] == [
        ("Kari Hansen Berg", True),
        ("Kari Hansen", False),
        ("Kari", True),
    ]


def test_a_word_struck_through_in_a_text_that_cells_share_is_seen() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, struck = book.add_worksheet(), book.add_format({"font_strikeout": True})
        sheet.write_rich_string(0, 0, "Kari ", struck, "Hansen", " Berg")
        sheet.write_string(1, 0, "Kari Hansen Berg")
        sheet.write_string(2, 0, "Kari Hansen Berg", struck)
    cells = [row.cells[0] for row in only_sheet(out.getvalue()).rows]
    assert cells == [Cell("Kari Hansen Berg", is_struck=is_struck) for is_struck in (True, False, True)]


def test_a_comment_beside_an_empty_cell_is_seen() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet["A1"] = "x"
        sheet["C2"].comment = Comment("sluttet", "Siri")
        sheet["A1"].comment = Comment("a\nb", "Siri")

    sheet = only_sheet(xlsx(fill))
    assert sheet.rows == (Row(1, {0: Cell("x", comment="a b")}), Row(2, {2: Cell(comment="sluttet")}))


@pytest.mark.parametrize(
    ("number_format", "is_percent"),
    [("0%", True), ("0.00%", True), ("0.0 %", True), ('0" %"', False), ("0\\%", False), ("General", False)],
)
def test_a_number_shown_as_per_cent_is_told_from_one_with_the_sign_beside_it(
    number_format: str, is_percent: bool
) -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet["A1"] = 0.5
        sheet["A1"].number_format = number_format

    assert only_sheet(xlsx(fill)).rows[0].cells[0] == Cell(0.5, is_percent=is_percent)


def test_hidden_rows_columns_and_sheets_are_seen() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        for _row in range(3):
            sheet.append(["a", "b", "c", "d", "e"])
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions.group("B", "C", hidden=True)
        sheet.column_dimensions["E"].hidden = True
        book.create_sheet("Gammel").sheet_state = "veryHidden"

    first, second = workbook.read(xlsx(fill)).sheets
    assert [row.is_hidden for row in first.rows] == [False, True, False]
    assert first.hidden_columns == {1, 2, 4}
    assert (second.title, second.is_hidden) == ("Gammel", True)


def test_formulas_without_result_and_those_that_went_wrong_are_seen() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet.append(["=A2&B2", "#N/A"])

    assert only_sheet(xlsx(fill)).rows[0].cells == {0: Cell(formula="=A2&B2"), 1: Cell("#N/A", is_error=True)}


def test_a_number_beyond_any_figure_is_kept_as_written() -> None:
    assert only_sheet(reference("x22_huge_number.xlsx")).rows[1].cells[3].value == "1E400"


def test_days_from_1904_are_said() -> None:
    file = workbook.read(reference("x04_1904_general_number.xlsx"))
    assert file.remarks == (Remark.DAYS_FROM_1904,)
    assert file.sheets[0].rows[1].cells[2].value == 44288
    assert workbook.read(reference("x22_huge_number.xlsx")).remarks == ()


def test_line_breaks_that_excel_escapes_are_line_breaks() -> None:
    assert only_sheet(reference("x09_x000D.xlsx")).rows[1].cells[3].value == "Butikk\nLager"


def test_a_duration_is_one() -> None:
    assert only_sheet(reference("x37_job_hours_range.xlsx")).rows[2].cells[5].value == timedelta(hours=37, minutes=30)


# Nothing is laid out that is not written.


@pytest.mark.parametrize("place", ["A1048576", "ZZ50000", "XFD1048576"])
def test_a_stray_cell_is_one_cell(place: str) -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet.append(["Fnr", "Navn"])
        sheet[place] = "x"

    first, stray = only_sheet(xlsx(fill)).rows
    assert len(first.cells) == 2 and [cell.value for cell in stray.cells.values()] == ["x"]


def test_a_stray_cell_in_the_last_row_of_a_kept_file_is_one_row() -> None:
    assert [row.number for row in only_sheet(reference("x05_stray_cell_bottom.xlsx")).rows] == [1, 2, 1_048_576]


def test_merged_millions_are_one_range() -> None:
    assert only_sheet(reference("x07_merged_huge.xlsx")).merges == (Merge(1, 5, 200, 16_383),)


def test_a_sheet_with_more_rows_than_are_read_says_so() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        for number in range(5):
            sheet.append([number])
            sheet.append([None, ""])

    content = xlsx(fill)
    cut = workbook.read(content, Limits(rows=4)).sheets[0]
    assert (len(cut.rows), cut.is_cut) == (4, True)
    whole = workbook.read(content, Limits(rows=5)).sheets[0]
    assert (len(whole.rows), whole.is_cut) == (5, False)


# The other formats, by a process of their own.


def test_an_xls_is_read_and_says_what_it_does_not_show() -> None:
    file = reading.read(reference("list.xls"))
    assert (file.format, file.remarks) == (Format.XLS, (Remark.LOOKS_NOT_SEEN,))
    cover, sheet, old = file.sheets
    assert [cover.title, sheet.title, old.title] == ["Forside", "Liste", "Gammel"]
    assert [cover.is_hidden, sheet.is_hidden, old.is_hidden] == [False, False, True]
    assert set(sheet.merges) == {Merge(1, 0, 1, 2), Merge(1, 3, 1, 5)}
    assert [cell.value for cell in sheet.rows[2].cells.values()] == [
        "05817112880",
        "Kari Ødegård",
        date(2025, 4, 3),
        "Kafé Fjord",
        date(2025, 6, 1),
        0.5,
    ]
    assert sheet.rows[3].cells[0].value == 5817113593


def test_an_ods_is_read_and_says_what_it_does_not_show() -> None:
    file = reading.read(reference("list.ods"))
    assert (file.format, file.remarks) == (Format.ODS, (Remark.LOOKS_NOT_SEEN, Remark.MERGES_NOT_SEEN))
    (sheet,) = file.sheets
    assert [list(row.cells) for row in sheet.rows] == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3]]
    assert [cell.value for cell in sheet.rows[1].cells.values()] == [
        "05817112880",
        "Kari Ødegård",
        date(2025, 4, 3),
        37.5,
        0.5,
    ]
    assert sheet.rows[2].cells[3].value == timedelta(hours=37, minutes=30)


def test_an_xlsb_is_read_and_says_what_it_does_not_show() -> None:
    file = reading.read(reference("list.xlsb"))
    assert (file.format, file.remarks) == (Format.XLSB, (Remark.LOOKS_NOT_SEEN, Remark.MERGES_NOT_SEEN))
    assert [[cell.value for cell in row.cells.values()] for row in file.sheets[0].rows] == [
        ["Fnr", "Navn", "Timer"],
        ["05817112880", "Kari Ødegård", 37.5],
    ]


def test_strict_ooxml_is_read() -> None:
    file = reading.read(reference("x08_strict_ooxml.xlsx"))
    assert (file.format, file.remarks) == (Format.STRICT_XLSX, ())
    assert [cell.value for cell in file.sheets[0].rows[1].cells.values()] == ["05817123394", "Kari Strict", "3.4.2025"]


def test_strict_ooxml_shows_all_that_the_usual_kind_does() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet.append(["Fnr", "Navn", date(2025, 4, 3), 0.5])
        sheet["D1"].number_format = "0%"
        sheet["B1"].font = Font(strike=True)
        sheet["A1"].comment = Comment("sluttet", "Siri")
        sheet.merge_cells("A2:B3")
        sheet["XFD1048576"] = "x"

    content = xlsx(fill)
    assert workbook.read(strict(content)).sheets == workbook.read(content).sheets


def test_cells_that_begin_further_in_stand_where_they_stand() -> None:
    def fill(sheet: Worksheet, book: Workbook) -> None:
        sheet["C4"], sheet["D6"] = "x", "y"

    assert values(only_sheet(xlsx(fill))) == {(4, 2): "x", (6, 3): "y"}


# What is refused, and why.


def with_sheet(inside: bytes) -> bytes:
    """A workbook whose only sheet holds this XML instead of its rows."""

    def change(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        before, rest = part.split(b"<sheetData", 1)
        return before + inside + rest.partition(b"</sheetData>")[2]

    return changed(xlsx(lambda sheet, _book: sheet.append(["x"])), change)


def rows_of(count: int) -> bytes:
    rows = (b'<row r="%d"><c><v>1</v></c></row>' % number for number in range(1, count))
    return b"<sheetData>" + b"".join(rows) + b"</sheetData>"


@pytest.mark.parametrize(
    ("limits", "inside", "reason"),
    [
        (Limits(cells=50), rows_of(100), Reason.CELLS),
        (
            Limits(characters=50),
            b'<sheetData><row r="1"><c r="A1" t="str"><v>' + b"x" * 51 + b"</v></c></row></sheetData>",
            Reason.CHARACTERS,
        ),
        (
            Limits(longest=50),
            b'<sheetData><row r="7"><c r="A7" t="str"><v>' + b"x" * 51 + b"</v></c></row></sheetData>",
            Reason.LONG_CELL,
        ),
        (
            Limits(merges=3),
            b"<sheetData/><mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 4 + b"</mergeCells>",
            Reason.MERGES,
        ),
        (Limits(unpacked=10_000), b"<sheetData>" + b" " * 10_000 + b"</sheetData>", Reason.TOO_LARGE_INSIDE),
        (Limits(sheets=0), b"<sheetData/>", Reason.SHEETS),
    ],
)
def test_more_than_is_read_is_refused_while_reading(limits: Limits, inside: bytes, reason: Reason) -> None:
    content = with_sheet(inside)
    with pytest.raises(Refused) as refused:
        workbook.read(content, limits)
    assert refused.value.reason == reason
    assert refused.value.row == (7 if reason is Reason.LONG_CELL else 0)
    assert workbook.read(content)
    # Every reason has a sentence, which says what to do.
    assert len(str(reading.sentence(refused.value))) > 60


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(cells=3), Reason.CELLS),
        (Limits(characters=20), Reason.CHARACTERS),
        (Limits(longest=5), Reason.LONG_CELL),
    ],
)
@pytest.mark.parametrize("kind", ["ods", "text"])
def test_other_formats_have_the_same_limits(kind: str, limits: Limits, reason: Reason) -> None:
    table = [["Fnr", "Navn"], ["1", "Kari Hansen"], ["2", "Per Hansen"]]
    as_text = formats.text(table, formats.Dialect())
    with pytest.raises(Refused) as refused:
        workbook.read(formats.ods(table), limits) if kind == "ods" else text.read(as_text, Count(limits))
    assert refused.value.reason == reason
    assert refused.value.row == (2 if reason is Reason.LONG_CELL else 0)


def entities(name: str, part: bytes) -> bytes:
    """A sheet that says a thousand million times the same by ten short lines."""
    if name != "xl/worksheets/sheet1.xml":
        return part
    lines = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10))
    start = b'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY e0 "aaaaaaaaaa">' + lines + b"]>"
    return start + part.replace(b"<t>x</t>", b"<t>&e9;</t>").removeprefix(b'<?xml version="1.0"?>')


def repeated(name: str, part: bytes) -> bytes:
    """One long text that each of many cells holds."""
    if name == "xl/sharedStrings.xml":
        return part.replace(b"<t>x</t>", b"<t>" + b"x" * 30_000 + b"</t>")
    if name == "xl/worksheets/sheet1.xml":
        before, rest = part.split(b"<sheetData", 1)
        rows = b'<row r="1">' + b'<c t="s"><v>0</v></c>' * 10_000 + b"</row>"
        return before + b"<sheetData>" + rows + b"</sheetData>" + rest.partition(b"</sheetData>")[2]
    return part


def stray_in_ods(down: int, right: int, rows: int = 1) -> bytes:
    """An .ods file whose list has so many rows, and a cell so many rows below and columns to the right."""
    far = f'<table:table-row table:number-rows-repeated="{down}"><table:table-cell/></table:table-row><table:table-row>'
    far += f'<table:table-cell table:number-columns-repeated="{right}"/><table:table-cell office:value-type="string">'
    far += "<text:p>x</text:p></table:table-cell></table:table-row>"

    def change(name: str, part: bytes) -> bytes:
        if name != "content.xml":
            return part
        return re.sub(
            rb'<table:table-row table:number-rows-repeated="1048000">.*?</table:table-row>', far.encode(), part
        )

    return changed(formats.ods([["Fnr", "Navn"]] * rows), change)


@pytest.mark.parametrize(
    ("down", "right", "rows", "cell"),
    [(1_048_574, 16_383, 1, "XFD1048576"), (3, 16_000, 900, "WQK904"), (500_000, 30, 2, "AE500003")],
)
def test_a_stray_cell_that_makes_an_ods_too_large_is_named(down: int, right: int, rows: int, cell: str) -> None:
    with pytest.raises(reading.UnreadableFile, match=f"I celle {cell} i arket «Liste» står det noe, langt unna"):
        reading.read(stray_in_ods(down, right, rows))


def test_a_stray_cell_that_an_ods_has_room_for_is_read() -> None:
    (sheet,) = reading.read(stray_in_ods(900_000, 2)).sheets
    assert [row.number for row in sheet.rows] == [1, 900_002]


def test_an_ods_that_has_no_end_is_broken_and_not_stray() -> None:
    content = changed(formats.ods([["Fnr"]]), lambda name, part: part[:-40] if name == "content.xml" else part)
    with pytest.raises(reading.UnreadableFile, match="kan ikke åpnes"):
        reading.read(content)


def packed(*parts: str | tuple[str, str]) -> bytes:
    """A packed file with these parts, each a name or a name and what is in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(*((part, "x") if isinstance(part, str) else part))
    return out.getvalue()


ONE_CELL = xlsx(lambda sheet, _book: sheet.append(["x"]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda: changed(ONE_CELL, entities), "innvendig|kan ikke åpnes", id="entities"),
        pytest.param(lambda: changed(shared(["x"]), repeated), "mer tekst", id="one text in many cells"),
        # More elements in one row than memory holds, in a small file.
        pytest.param(
            lambda: with_sheet(b'<sheetData><row r="1">' + b'<c a="1"/>' * 1_500_000 + b"</row></sheetData>"),
            "innvendig",
            id="one row of cells without end",
        ),
    ],
)
def test_a_file_made_to_do_harm_takes_no_more_than_its_process_may(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(reading.UnreadableFile, match=says):
        reading.read(make())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><body><table><tr><td>Fnr</td></tr></table>", "nettside"),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "XML",
        ),
        (workbook.OLE + "EncryptedPackage".encode("utf-16-le"), "passord"),
        (workbook.OLE + b"broken", "kan ikke åpnes"),
        (workbook.ZIP + b"broken", "kan ikke åpnes"),
        (xlsx(lambda sheet, _book: sheet.append(["x"]))[:-200], "kan ikke åpnes"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "et bilde"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "et bilde"),
        (packed("word/document.xml", "[Content_Types].xml"), "dokument fra Word"),
        (packed(("mimetype", "application/vnd.oasis.opendocument.text"), "content.xml"), "dokument fra Word"),
        (workbook.OLE + "WordDocument".encode("utf-16-le"), "dokument fra Word"),
        (b"{\\rtf1\\ansi Kari Hansen}", "dokument fra Word"),
        (packed("Index/Document.iwa", "Index/CalculationEngine.iwa", "preview.jpg"), "Numbers"),
        (packed("liste.xlsx"), "Pakk den ut"),
    ],
)
def test_what_is_no_list_says_what_it_is(content: bytes, says: str) -> None:
    with pytest.raises(reading.UnreadableFile, match=says):
        reading.read(content)


def test_the_encoding_is_told() -> None:
    assert decode("Ødegård".encode("cp1252")) == ("Ødegård", "windows-1252")
    assert decode("Ødegård".encode("utf-16")) == ("Ødegård", "utf-16")
    assert reading.read("Fnr;Navn\n1;Ødegård\n".encode()).encoding == "utf-8"
