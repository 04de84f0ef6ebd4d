"""Reading a spreadsheet as it really looks: where the headings are, what is hidden, what is blank, what is a total.

Pure: bytes in, a :class:`Sheet` out. Cells are text, dates or numbers, as the file has them; ``values.py`` reads them.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .columns import headings_in, is_ours
from .translatable import gettext as _

if TYPE_CHECKING:
    # Loaded where a file is read: it is a fifth of what a program that starts again has to load.
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | Decimal | date | None
#: What a merged cell says at (row, column).
Merged = dict[tuple[int, int], Cell]

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 10_000
#: An .xlsx file is packed. One that unpacks to more than this is mostly empty formatted cells, or made to do harm.
LARGEST_UNPACKED = 100 * 1024 * 1024
#: How far down a heading row is looked for: titles, logos and dates may stand above it.
DEEPEST_HEADING = 15
TOTALS = re.compile(r"^\s*(sum|summert|totalt?|i alt|antall|total|grand total)\b[^,;]{0,40}$", re.I)
#: A day, wherever it stands in a text.
DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")
#: Eleven digits, or nine and ten where leading zeros were lost: whoever has one is a person, not a total.
NUMBER = re.compile(r"\D*(\d[ .\-]?){9,11}\D*")


class UnreadableFile(Exception):
    """The file cannot be read; the message says why and what to do, in the reader's language."""


@dataclass(frozen=True)
class Column:
    """One column: its heading (a merged heading above it in front, if there is one) and whether the file hides it."""

    index: int
    heading: str
    hidden: bool = False


@dataclass(frozen=True)
class Row:
    """One row: its number in the file (from 1, as people see it), its cells by column, and whether the file hides it."""

    number: int
    cells: tuple[Cell, ...]
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """The columns and the rows with something in them; ``left_out`` says which rows are not people, and why."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[int, str], ...]
    encoding: str = ""
    #: The name of the sheet in its workbook, and of others there that look like lists too.
    title: str = ""
    others: tuple[str, ...] = ()


def read(content: bytes, name: str) -> Sheet:
    """The first sheet with known headings of an .xlsx file, or a .csv/.txt file with semicolons, tabs or commas.

    The kind is told from the content, not from the name. Raises :class:`UnreadableFile`.
    """
    if not content.strip():
        raise UnreadableFile(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(_("The file is larger than 10 MB. Divide it and import the parts one by one."))
    if content[:4] == b"PK\x03\x04":
        return _from_xlsx(content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFile(
            _("This is an old Excel file (.xls), or one with a password. Open it in Excel and save it as .xlsx.")
        )
    return _from_csv(content)


def _from_xlsx(content: bytes) -> Sheet:
    from openpyxl.utils import column_index_from_string

    book, has_formulas = _open_book(content, results=True)
    sheet, other_titles = _the_list(book)
    formulas = _open_book(content, results=False)[0][sheet.title] if has_formulas else None
    hidden: set[int] = set()
    for letters, dimension in sheet.column_dimensions.items():
        if dimension.hidden:
            first = dimension.min or column_index_from_string(letters)
            hidden |= set(range(first - 1, (dimension.max or first)))
    hidden_rows = {number for number, dimension in sheet.row_dimensions.items() if dimension.hidden}
    # A merged cell has its text in its first cell only. A heading stands for every column below it, and what is written
    # once beside several rows (a person's name beside two jobs) for each of them.
    across: Merged = {}
    down: Merged = {}
    for merged in sheet.merged_cells.ranges:
        text = _cell(sheet.cell(merged.min_row, merged.min_col).value)
        for column in range(merged.min_col, merged.max_col + 1):
            across[(merged.min_row, column - 1)] = text
        for row_number in range(merged.min_row + 1, min(merged.max_row, MOST_ROWS * 2) + 1):
            down[(row_number, merged.min_col - 1)] = text
    table = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = tuple(_cell(value) for value in cells)
        if formulas is not None and None in row:
            row = tuple(
                _without_result(formulas.cell(number, column).value) if value is None else value
                for column, value in enumerate(row, start=1)
            )
        table.append((number, row))
    assembled = _assemble(table, hidden, across, down, hidden_rows)
    return replace(assembled, title=sheet.title, others=other_titles)


def _open_book(content: bytes, *, results: bool) -> tuple[Workbook, bool]:
    """The workbook with its formulas or with their results, and whether it has any formula."""
    import openpyxl

    unreadable = _("The file looks like Excel but cannot be opened. Save it again as .xlsx.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise UnreadableFile(
                    _("The file is too large inside. Copy the rows with people in them to a new file, and use that.")
                )
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
            has_formulas = results and any(re.search(rb"<f[ >/]", archive.read(name)) for name in sheets)
        with warnings.catch_warnings():
            # What openpyxl does not keep (drop-down lists, headers for printing) is nothing to us.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), data_only=results), has_formulas
    except UnreadableFile:
        raise
    except Exception as error:
        # A broken file fails anywhere in openpyxl, and with any kind of error.
        raise UnreadableFile(unreadable) from error


def _the_list(book: Workbook) -> tuple[Worksheet, tuple[str, ...]]:
    """The first visible sheet with known headings (a cover or a guide may lie before it), and the names of other such."""
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible" and sheet.max_row > 1]
    if not sheets:
        raise UnreadableFile(_("No sheet in the file has rows in it."))
    lists = [
        sheet
        for sheet in sheets
        if any(headings_in(row) > 1 for row in sheet.iter_rows(max_row=2 * DEEPEST_HEADING, values_only=True))
    ]
    return (lists or sheets)[0], tuple(sheet.title for sheet in lists[1:])


def _without_result(value: object) -> Cell:
    """A formula as text, where the file says nothing of its result; the row's report asks for the values instead."""
    return value if isinstance(value, str) and value.startswith("=") else None


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return "ja" if value else "nei"
    if value is None or isinstance(value, int | float | date):
        return value
    text = str(value).replace("\u00a0", " ").strip()
    if wrapped := re.fullmatch(r'="(.*)"', text):
        # How people keep leading zeros in a .csv file for Excel.
        text = wrapped[1].strip()
    elif re.match(r"'[=+\-@＝＋－＠]", text):
        # How files written by this program keep a text from becoming a formula.
        text = text[1:]
    return text or None


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and its encoding's name: UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace"), "utf-16"
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined; they are shown as a question mark rather than losing the file.
        return content.decode("cp1252", errors="replace"), "windows-1252"


def _from_csv(content: bytes) -> Sheet:
    text, encoding = decode(content)
    if "\x00" in text or text.startswith("%PDF-"):
        raise UnreadableFile(_("The file is neither a spreadsheet nor a text file."))
    delimiter = _delimiter(text)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableFile(_("The file cannot be read as CSV. Save it again from the spreadsheet.")) from error
    table = [(number, tuple(_cell(value) for value in line)) for number, line in enumerate(lines, start=1)]
    sheet = _assemble(table, set(), {}, {}, set())
    return replace(sheet, encoding=encoding)


def _delimiter(text: str) -> str:
    """The character that divides most lines into the same number of parts, more parts winning."""
    lines = [line for line in text.splitlines()[:60] if line.strip()]

    def worth(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        most = max(counts, default=0)
        usual = max(set(counts), key=counts.count) if counts else 0
        return (usual, most)

    return max((";", "\t", ",", "|"), key=worth)


def _assemble(
    table: list[tuple[int, tuple[Cell, ...]]],
    hidden: set[int],
    across: Merged,
    down: Merged,
    hidden_rows: set[int],
) -> Sheet:
    filled = [(number, cells) for number, cells in table if any(cell is not None for cell in cells)]
    if len(filled) > MOST_ROWS:
        raise UnreadableFile(_("The sheet has more than 10,000 rows. Divide it and import the parts one by one."))
    candidates = [_headings(filled, place, across) for place in range(min(DEEPEST_HEADING, len(filled)))]
    heading_at = _find_headings(filled, candidates)
    if heading_at is None:
        raise UnreadableFile(
            _(
                "No row of headings was found. The sheet needs a row that names the columns, "
                "for example: Fødselsnummer, Fornavn, Etternavn, Henvist dato."
            )
        )
    headings = filled[heading_at][1]
    columns = [
        Column(index, words, index in hidden)
        for index, words in candidates[heading_at].items()
        if words and not is_ours(words)
    ]
    rows, left_out = [], []
    for number, cells in filled[heading_at + 1 :]:
        padded = (*cells, *([None] * (len(headings) - len(cells))))
        whole = tuple(down.get((number, index)) if cell is None else cell for index, cell in enumerate(padded))
        if reason := _why_not_a_person(whole, headings, len(columns)):
            left_out.append((number, reason))
        else:
            rows.append(Row(number, whole, number in hidden_rows))
    if not rows:
        raise UnreadableFile(_no_rows(filled[heading_at][0], left_out))
    return Sheet(tuple(columns), tuple(rows), tuple(left_out))


def _find_headings(filled: list[tuple[int, tuple[Cell, ...]]], candidates: list[dict[int, str]]) -> int | None:
    """Which row names the columns: the one with the most known headings, else one of words above the first number.

    What stands above it (a title, who brought the list up to date, what the colours mean) may hold a word or two that
    headings hold too, but in fewer cells.
    """
    top = [cells for _number, cells in filled[:DEEPEST_HEADING]]
    widths = [sum(cell is not None for cell in cells) for cells in top]
    enough = max(2, max(widths, default=0) // 2)
    known_headings = [headings_in(candidate.values()) for candidate in candidates]
    places = [place for place, width in enumerate(widths) if width >= enough and known_headings[place]]
    if places:
        return max(places, key=lambda place: (known_headings[place], widths[place], -place))
    first_person = next((place for place, cells in enumerate(top) if any(map(_is_number, cells))), len(top))
    places = [place for place in range(first_person) if widths[place] >= enough and _could_be_headings(top[place])]
    # Without numbers there is nothing to tell a row of words from the people below it, so the first is taken.
    down = 1 if first_person < len(top) else -1
    return max(places, key=lambda place: (widths[place], down * place), default=None)


def _is_number(cell: Cell) -> bool:
    return NUMBER.fullmatch(str(cell)) is not None


def _could_be_headings(cells: tuple[Cell, ...]) -> bool:
    """Whether a row holds several words, and neither dates nor numbers."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    words = [text for text in texts if re.search(r"[^\W\d_]{2}", text) and not DAY.search(text)]
    return len(words) >= 2 and all(cell is None or isinstance(cell, str) for cell in cells)


def _no_rows(heading_row: int, left_out: list[tuple[int, str]]) -> str:
    """What to say of a list with headings and nobody below them."""
    message: str = _("The list has headings in row %(row)d, but no rows with people below them.") % {"row": heading_row}
    for number, reason in left_out[:3]:
        message += " " + _("Row %(number)d is left out: %(why)s.") % {"number": number, "why": reason}
    return message


def _why_not_a_person(cells: tuple[Cell, ...], headings: tuple[Cell, ...], columns: int) -> str:
    """Why a row below the headings is nobody's, or the empty string."""
    filled = [cell for cell in cells if cell is not None]
    texts = [str(cell) for cell in filled]
    if texts == [str(cell) for cell in headings if cell is not None]:
        return _("the headings once more")
    if any(NUMBER.fullmatch(text) for text in texts):
        return ""
    if len(filled) < max(3, columns // 2) and any(isinstance(cell, str) and TOTALS.match(cell) for cell in filled):
        return _("a row of totals")
    if len(filled) == 1 and columns > 2:
        return _("only one cell is filled: “%(cell)s”") % {"cell": texts[0][:40]}
    return ""


def _headings(filled: list[tuple[int, tuple[Cell, ...]]], place: int, across: Merged) -> dict[int, str]:
    """The headings if this row were the one of headings: what a merged cell just above says stands before its own.

    A cell merged over all of them is a title, and one with a date, a number or a colon says something else; both would
    make other headings of them each time the list is brought up to date.
    """
    number, cells = filled[place]
    above = [across.get((number - 1, index)) for index in range(len(cells))]
    texts = set(above) - {None}
    is_a_title = len(texts) == 1 and None not in {above[index] for index, cell in enumerate(cells) if cell is not None}
    names_columns = not is_a_title and all(isinstance(text, str) and not re.search(r"[\d:]", text) for text in texts)
    has_above = place > 0 and filled[place - 1][0] == number - 1 and names_columns
    headings = {}
    for index, cell in enumerate(cells):
        over = across.get((number - 1, index)) if has_above else None
        own = cell if cell is not None else ""
        headings[index] = " ".join(f"{over or ''} {own}".split()) if over != own else str(own)
    return headings
