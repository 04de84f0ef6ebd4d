"""From a file to a list: which sheets it is, where their headings are, which rows are people, what is to be told of each.

The rows of several sheets are one list: what has the same heading, and means the same in both, is one column of it.

Pure: bytes in, a :class:`Sheet` out. What the file holds is read by ``files/``; here its cells are tidied, and
``values.py`` reads what they mean.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice

from . import ending_signs, guards, neighbours, row_widths, sections
from .columns import (
    LONGEST_HEADING,
    NOT_READ,
    Recognised,
    are_headings,
    field_of,
    headings_in,
    is_known,
    is_ours,
    plain,
    recognise,
)
from .fields import CONTACT, Field
from .files import reading, shape
from .files.limits import MOST_ROWS
from .files.reading import UnreadableFile
from .files.shape import Remark
from .garbage_collection import without_full_collections
from .lengths import LONGEST_NAME
from .row_numbers import RowNumber
from .sections import Status
from .translatable import gettext as _

Cell = str | int | float | Decimal | date | None

#: No list has more columns; a page could not show what each of them holds.
MOST_COLUMNS = 500
#: How far down a heading row is looked for: titles, logos and dates may stand above it.
DEEPEST_HEADING = 15
TOTALS = re.compile(r"^\s*(sum|summert|totalt?|i alt|antall|total|grand total)\b[^,;]{0,40}$", re.I)
#: A day, wherever it stands in a text.
DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")
#: Eleven digits, or nine and ten where leading zeros were lost: whoever has one is a person, not a total.
NUMBER = re.compile(r"\D*(\d[ .\-]?){9,11}\D*")
#: So much of a comment beside a cell is told, and of a cell that is not read.
LONGEST_TOLD = 120
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
#: Two words or more of letters.
NAME = re.compile(r"[^\W\d_][^\d:*?/()]*[ ,][^\d:*?/()]*[^\W\d_]\.?")


@dataclass(frozen=True)
class Column:
    """One column: its heading (a merged heading above it in front, if there is one) and whether the file hides it.

    A column with cells but without a heading is one too, so that it is told that it is not read; it cannot be chosen.
    """

    index: int
    heading: str
    hidden: bool = False
    #: Without one, ``heading`` says which column it is.
    has_heading: bool = True


@dataclass(frozen=True)
class Section:
    """A heading alone in a row, which says something of the rows below it: where it stands, and its words."""

    number: RowNumber
    words: str
    status: Status | None
    #: Whether its row may be a person of whom nothing but the name is known.
    is_a_row: bool = False


@dataclass(frozen=True)
class Row:
    """One row: its number in the file (from 1, as people see it) and its cells by column.

    ``remarks`` tell what the workbook shows of the row and its values do not say: that it is hidden, struck through ...
    ``section`` is what it stands under that says how its people's follow-up is, ``group`` what may name a team or a job
    specialist, and ``sheet`` the name of its sheet.
    """

    number: RowNumber
    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()
    #: What stands beside the list's cells: comments, and cells to the right of the last column. Each with where it is.
    beside: tuple[tuple[str, str], ...] = ()
    sheet: str = ""
    section: Section | None = None
    group: Section | None = None
    #: It may be a person whose other cells are missing, or the name of who follows those below.
    is_only_a_name: bool = False
    #: What is wrong with the row as a whole: its cells may stand in the columns of others.
    problem: str = ""
    #: The texts of its sheet that are about the list as a whole: what stands above the headings, and what is nobody's row.
    around: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetInFile:
    """A visible sheet of the file, whether its rows are in the list, and if not, why it cannot be read.

    ``columns`` are those of the list that it has, in its own order. ``rows`` is how many rows with people it has.
    """

    title: str
    is_read: bool = False
    looks_like_a_list: bool = False
    rows: int = 0
    columns: tuple[int, ...] = ()
    why_not: str = ""
    #: The rows that a colour marks among the others.
    marked_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The columns and the rows with something in them; ``left_out`` says which rows are not people, and why."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[RowNumber, str], ...]
    encoding: str = ""
    #: What is to be told of the file as a whole.
    remarks: tuple[Remark, ...] = ()
    #: The visible sheets of a workbook, and the names of the hidden ones, which are not read.
    sheets: tuple[SheetInFile, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    #: How many rows have something in them down to the headings, those included, in all the sheets that are read.
    rows_of_headings: int = 1
    #: What the file is called.
    name: str = ""

    @property
    def parts(self) -> tuple[SheetInFile, ...]:
        """The sheets that the rows are from."""
        everything = SheetInFile("", True, True, len(self.rows), tuple(column.index for column in self.columns))
        return tuple(sheet for sheet in self.sheets if sheet.is_read) or (everything,)

    @property
    def is_text(self) -> bool:
        """Whether it is a text file, whose cells a delimiter divides."""
        return bool(self.encoding)

    @property
    def has_days_from_1904(self) -> bool:
        """Whether a day that is kept as a plain number is counted from 1904."""
        return Remark.DAYS_FROM_1904 in self.remarks


@dataclass(frozen=True)
class _Line:
    """A row as it is looked at here: its tidied cells by column, and the row of the file that they are from."""

    number: int
    cells: Mapping[int, Cell]
    row: shape.Row


@without_full_collections()
def read(content: bytes, name: str, sheets: Sequence[str] | None = None) -> Sheet:
    """The list in a text file, or in the named sheets of a workbook. Raises :class:`UnreadableFile`.

    Without names, all visible sheets with known headings are read, and one of them that cannot be is left out and told.
    """
    return replace(of_file(reading.read(content), sheets), name=name)


def of_file(file: shape.File, sheets: Sequence[str] | None = None) -> Sheet:
    """The list that a file holds, which is read already. Raises :class:`UnreadableFile`."""
    visible = [(sheet, _lines(sheet)) for sheet in file.sheets if not sheet.is_hidden]
    wanted = _wanted(visible, sheets)
    tabs: list[SheetInFile] = []
    lists: list[_List] = []
    first_error: UnreadableFile | None = None
    for sheet, lines in visible:
        looks_like_a_list, why_not = _has_known_headings(lines), ""
        if sheet.title in wanted:
            try:
                lists.append(_read_one(sheet, lines))
            except UnreadableFile as error:
                if sheets is not None and len(wanted) > 1:
                    raise UnreadableFile(_in_the_sheet(sheet.title, error)) from error
                first_error, why_not = first_error or error, error.args[0]
        tabs.append(SheetInFile(sheet.title, looks_like_a_list=looks_like_a_list, why_not=why_not))
    if not lists:
        assert first_error is not None
        raise first_error
    columns, places = _one_set_of_columns([found.columns for found in lists])
    several = len(lists) > 1
    rows = [row for found, at in zip(lists, places, strict=True) for row in _rows_of(found, at, len(columns), several)]
    if len(rows) > MOST_ROWS:
        raise UnreadableFile(_too_long())
    if len(columns) > MOST_COLUMNS:
        raise UnreadableFile(_too_wide())
    by_title = {found.title: (found, at) for found, at in zip(lists, places, strict=True)}
    for place, tab in enumerate(tabs):
        if tab.title in by_title:
            found, at = by_title[tab.title]
            tabs[place] = replace(
                tab, is_read=True, rows=len(found.rows), columns=tuple(at.values()), marked_rows=found.marked_rows
            )
    remarks = file.remarks
    if any(is_damaged(cell) for row in rows for cell in row.cells):
        remarks = (*remarks, Remark.DAMAGED_LETTERS)
    return Sheet(
        columns,
        tuple(rows),
        tuple((_number(number, found, several), why) for found in lists for number, why in found.left_out),
        file.encoding,
        remarks,
        tuple(tabs) if file.format is not shape.Format.TEXT else (),
        tuple(sheet.title for sheet in file.sheets if sheet.is_hidden),
        sum(found.rows_of_headings for found in lists),
    )


@dataclass(frozen=True)
class _List:
    """What was read of one sheet, by itself."""

    title: str
    columns: tuple[Column, ...]
    rows: list[Row]
    left_out: list[tuple[int, str]]
    marked_rows: tuple[int, ...]
    rows_of_headings: int


def _wanted(visible: Sequence[tuple[shape.Sheet, list[_Line]]], sheets: Sequence[str] | None) -> Set[str]:
    """The names of the sheets to be read: those asked for, or else those with known headings, or the first with rows."""
    if sheets is not None:
        titles = [sheet.title for sheet, _lines in visible]
        if not sheets:
            raise UnreadableFile(_("Choose at least one sheet."))
        for title in sheets:
            if title not in titles:
                raise UnreadableFile(
                    _("The file has no visible sheet “%(sheet)s”. It has: %(sheets)s.")
                    % {"sheet": title, "sheets": ", ".join(titles)}
                )
        return set(sheets)
    filled = [pair for pair in visible if len(pair[1]) > 1] or [pair for pair in visible if pair[1]]
    if not filled:
        raise UnreadableFile(_("No sheet in the file has rows in it."))
    lists = {sheet.title for sheet, lines in visible if lines and _has_known_headings(lines)}
    return lists or {filled[0][0].title}


def _in_the_sheet(title: str, error: UnreadableFile) -> str:
    return _("In the sheet “%(sheet)s”: %(what)s") % {"sheet": title, "what": error.args[0]}


def _read_one(sheet: shape.Sheet, lines: list[_Line]) -> _List:
    """What one sheet holds. Raises UnreadableFile."""
    if not lines:
        raise UnreadableFile(_("No sheet in the file has rows in it."))
    merges = _Merges(sheet.merges, lines)
    heading_at, headings = _find_headings(lines, merges)
    columns = tuple(
        Column(index, words, index in sheet.hidden_columns)
        for index, words in headings.items()
        if words and not is_ours(words)
    )
    if len(columns) > MOST_COLUMNS:
        raise UnreadableFile(_too_wide())
    _refuse_people_in_columns(lines, lines[heading_at], headings)
    columns = tuple(
        sorted((*columns, *_without_heading(lines[heading_at + 1 :], headings, sheet)), key=lambda column: column.index)
    )
    named = {index for index, words in headings.items() if words}
    rows, left_out = _people(lines, heading_at, columns, named, merges, sheet.title)
    if not rows:
        raise UnreadableFile(_no_rows(lines[heading_at].number, left_out))
    if len(rows) > MOST_ROWS or sheet.is_cut:
        raise UnreadableFile(_too_long())
    wrong = row_widths.problems(
        [row.number for row in rows],
        sheet.lines,
        heading=lines[heading_at].number,
        columns=max(named) + 1,
        delimiter=sheet.delimiter,
        with_number={line.number for line in lines if any(map(_is_number, line.cells.values()))},
    )
    rows = [replace(row, problem=wrong.get(row.number, "")) for row in rows] if wrong else rows
    around = _around(lines, heading_at, headings, rows, {number for number, _reason in left_out})
    rows = [replace(row, around=around) for row in rows] if around else rows
    marked = _marked({row.number for row in rows}, sheet, named)
    return _List(sheet.title, columns, rows, left_out, marked, heading_at + 1)


def _around(
    lines: Sequence[_Line], heading_at: int, headings: Mapping[int, str], rows: Sequence[Row], left_out: Set[int]
) -> tuple[str, ...]:
    """The texts that stand around the people of a sheet: above the headings, and in rows that are nobody's and no title of
    those below. What is a heading, or a part of one, is none of them, but a comment on it is, unless it explains a column of
    protection.
    """
    titles = {title.number for row in rows for title in (row.section, row.group) if title}
    around = [line for line in lines if line.number in left_out and line.number not in titles]
    words = [
        str(cell) for line in (*lines[:heading_at], *around) for cell in line.cells.values() if isinstance(cell, str)
    ]
    comments = [
        cell.comment
        for line in lines[: heading_at + 1]
        for index, cell in line.row.cells.items()
        if cell.comment and field_of(headings.get(index, "")) is not Field.PROTECTION
    ]
    of_columns = {plain(heading) for heading in headings.values()}

    def is_of_a_heading(text: str) -> bool:
        return len(text) <= LONGEST_HEADING and (
            plain(text) in of_columns or any(heading.startswith(f"{text} ") for heading in headings.values())
        )

    texts = dict.fromkeys(" ".join(text.split()) for text in (*words, *comments))
    return tuple(text for text in texts if not is_of_a_heading(text))


def _marked(numbers: Set[int], sheet: shape.Sheet, named: Set[int]) -> tuple[int, ...]:
    """The rows whose cells all have one colour that most rows do not have.

    What a colour means only the office knows. Where it is of every other row, or of nearly all, it means nothing.
    """
    by_colour: dict[str, list[int]] = defaultdict(list)
    for row in sheet.rows:
        colours = {cell.fill for index, cell in row.cells.items() if index in named and cell.value is not None}
        if row.number in numbers and len(colours) == 1:
            by_colour[colours.pop()].append(row.number)
    return tuple(
        sorted(
            number
            for colour, rows in by_colour.items()
            if colour and 5 * len(rows) <= 2 * len(numbers)
            for number in rows
        )
    )


def by_headings(columns: Sequence[Column], cells: neighbours.Cells = neighbours.no_cells) -> dict[int, Recognised]:
    """What the headings of one sheet say its columns hold, and their ``cells`` where only they tell whose something is.

    Of two with one heading the visible one holds.
    """
    places = {place: column for place, column in enumerate(columns) if column.has_heading}
    seen_first = sorted(places, key=lambda place: (places[place].hidden, place))
    recognised = recognise(
        [(place, places[place].heading) for place in seen_first], lambda place: cells(columns[place].index)
    )
    return {column.index: recognised.get(place, NOT_READ) for place, column in enumerate(columns)}


def _one_set_of_columns(
    lists: Sequence[tuple[Column, ...]],
) -> tuple[tuple[Column, ...], list[dict[int, int]]]:
    """The columns of several sheets as one list's, and for each sheet, which of them its own are.

    What has the same heading is one column, unless its neighbours make it mean another thing in another sheet ("Start"
    beside an employer), or it stands there twice.
    """
    if len(lists) == 1:
        return lists[0], [{column.index: column.index for column in lists[0]}]
    columns: dict[tuple[str, Field, int], Column] = {}
    places: list[dict[int, int]] = []
    for own in lists:
        recognised = by_headings(own)
        place: dict[int, int] = {}
        seen: Counter[tuple[str, Field]] = Counter()
        for column in own:
            means = (plain(column.heading) if column.has_heading else column.heading, recognised[column.index].field)
            seen[means] += 1
            key = (*means, seen[means])
            there = columns.setdefault(key, replace(column, index=len(columns)))
            if there.hidden and not column.hidden:
                columns[key] = replace(there, hidden=False)
            place[column.index] = there.index
        places.append(place)
    return tuple(columns.values()), places


def _rows_of(found: _List, places: Mapping[int, int], width: int, several: bool) -> Iterable[Row]:
    """The rows of a sheet by the list's columns, and named with their sheet where the list has rows of several."""
    if not several:
        yield from found.rows
        return
    for row in found.rows:
        cells: list[Cell] = [None] * width
        for own, place in places.items():
            cells[place] = row.cells[own] if own < len(row.cells) else None
        yield replace(
            row,
            number=_number(row.number, found, several),
            cells=tuple(cells),
            section=row.section and replace(row.section, number=_number(row.section.number, found, several)),
            group=row.group and replace(row.group, number=_number(row.group.number, found, several)),
        )


def _number(number: int, found: _List, several: bool) -> RowNumber:
    return RowNumber(number, found.title if several else "")


def _too_long() -> str:
    return _("The sheet has more than 10,000 rows. Divide it and import the parts one by one.")


def is_damaged(cell: Cell) -> bool:
    """Whether a text holds what becomes of letters that were read in another encoding than they were written in."""
    # No sign of it is ASCII.
    return isinstance(cell, str) and not cell.isascii() and _DAMAGED.search(cell) is not None


def _without_heading(below: list[_Line], headings: Mapping[int, str], sheet: shape.Sheet) -> list[Column]:
    """Columns with something in them that nothing names, within the list or just beside it."""
    filled = {index for line in below for index in line.cells if index <= max(headings) + 1}
    return [
        Column(
            index,
            _("Column %(letter)s (no heading)") % {"letter": _letter(index)},
            index in sheet.hidden_columns,
            False,
        )
        for index in sorted(filled)
        if not headings.get(index)
    ]


def _letter(index: int) -> str:
    """A column's name as spreadsheets write it: A, B ... Z, AA ..."""
    return (_letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def _refuse_people_in_columns(lines: list[_Line], heading_line: _Line, headings: Mapping[int, str]) -> None:
    """Raise UnreadableFile for a list that is turned round; its headings would be people."""
    first_column = min(headings)
    down = headings_in(line.cells.get(first_column) for line in lines[:DEEPEST_HEADING])
    if any(_is_number(words) for words in headings.values()) or (
        down > max(1, headings_in(headings.values()))
        and any(_is_number(cell) for line in lines[:DEEPEST_HEADING] for cell in line.cells.values())
    ):
        raise UnreadableFile(
            _(
                "The people seem to stand in columns: where the headings should be, in row %(row)d, there are people. "
                "Turn the list round, so that each person has a row (in Excel: copy it, Paste Special, Transpose)."
            )
            % {"row": heading_line.number}
        )


def _too_wide() -> str:
    return _("The sheet has more than 500 columns. Copy the columns of the list to a new file, and use that.")


def _has_known_headings(lines: list[_Line]) -> bool:
    return any(are_headings(islice(line.cells.values(), MOST_COLUMNS)) for line in lines[: 2 * DEEPEST_HEADING])


def _lines(sheet: shape.Sheet) -> list[_Line]:
    """The rows with something in them."""
    lines = []
    for row in sheet.rows:
        cells = {column: tidied for column, cell in sorted(row.cells.items()) if (tidied := _tidied(cell)) is not None}
        if cells:
            lines.append(_Line(row.number, cells, row))
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


class _Merges:
    """What merged cells say. A merged cell has its text in its first cell only.

    A heading stands for every column below it (``across``), and what is written once beside several rows (a person's
    name beside two jobs) for each of them (``down``). Where ranges overlap, which no program writes, the last counts.
    """

    def __init__(self, merges: Iterable[shape.Merge], lines: list[_Line]) -> None:
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


def _people(
    lines: list[_Line],
    heading_at: int,
    columns: tuple[Column, ...],
    named: Set[int],
    merges: _Merges,
    title: str,
) -> tuple[list[Row], list[tuple[int, str]]]:
    """The rows below the headings that are people's, and which are nobody's, and why. ``named`` columns have headings."""
    headings = lines[heading_at].cells
    width = max([*headings, *(column.index for column in columns)]) + 1
    name_columns = {column.index for column in columns if field_of(column.heading) is Field.NAME}
    first_columns = {column.index for column in columns[:2]} | name_columns
    rows: list[Row] = []
    left_out: list[tuple[int, str]] = []
    section: Section | None = None
    group: Section | None = None
    for line in lines[heading_at + 1 :]:
        cells = {**merges.down(line.number, width), **line.cells}
        alone = _alone(line, first_columns)
        is_only_a_name = len(cells) == 1 and _is_a_name(cells, name_columns)
        if alone and alone.status:
            section = alone
            # Whoever follows them may do so in each part; another status ends with it.
            group = None if group and ending_signs.guess_of(group.words) else group
            left_out.append((line.number, _above_others(alone)))
        elif alone and sections.is_of_a_group(alone.words):
            group = alone
            left_out.append((line.number, _above_others(alone)))
        elif min(cells) >= width:
            left_out.append((line.number, _("it has nothing in the columns of the list")))
        elif reason := _why_not_a_person(
            line.number,
            cells,
            headings,
            len(columns),
            is_a_name=is_only_a_name,
        ):
            if alone and not TOTALS.match(alone.words):
                # It may name the job specialist of those below, or say how their follow-up is: that is asked where it is not
                # known. Of what stood above it only an end still holds, for that is asked about too.
                group = alone
                section = section if section and section.status is Status.ENDED else None
            left_out.append((line.number, reason))
        else:
            whole = tuple(cells.get(index) for index in range(width))
            remarks = tuple(_remarks(line, columns, named))
            beside = _beside(line, columns, width)
            number = RowNumber(line.number)
            rows.append(Row(number, whole, remarks, beside, title, section, group, is_only_a_name))
            group = replace(alone, is_a_row=True) if alone else group
    return rows, left_out


def _beside(line: _Line, columns: tuple[Column, ...], width: int) -> tuple[tuple[str, str], ...]:
    headings = {column.index: column.heading for column in columns}
    comments = [
        (headings.get(index, _letter(index)), cell.comment) for index, cell in line.row.cells.items() if cell.comment
    ]
    cells = [(_letter(index), str(cell)) for index, cell in line.cells.items() if index >= width]
    return (*comments, *cells)


def _alone(line: _Line, first_columns: Set[int]) -> Section | None:
    """A text that has a row for itself, where parts of a list have their titles."""
    if len(line.cells) != 1:
        return None
    ((index, cell),) = line.cells.items()
    if index not in first_columns or not isinstance(cell, str) or not re.search(r"[^\W\d_]", cell):
        return None
    return Section(RowNumber(line.number), " ".join(cell.split()), sections.status_of(cell))


def _above_others(section: Section) -> str:
    return _("it is a title of the rows below it: “%(cell)s”") % {"cell": _beginning(section.words)}


def _remarks(line: _Line, columns: tuple[Column, ...], named: Set[int]) -> list[str]:
    """What the file shows of a row that its values do not say, and what of it is not read or looks damaged."""
    remarks: list[str] = []
    row = line.row
    if row.is_hidden:
        remarks.append(_("The file hides this row."))
    marked = [(column.heading, row.cells[column.index]) for column in columns if column.index in row.cells]
    filled = [(heading, cell) for heading, cell in marked if cell.value is not None or cell.formula]
    struck = [heading for heading, cell in filled if cell.is_struck]
    if struck and len(struck) == len(filled):
        remarks.append(_("The row is struck through in the file, and is read like the others."))
    elif struck:
        remarks.append(
            _("Struck through in the file, and read like the rest: %(columns)s.") % {"columns": ", ".join(struck)}
        )
    for heading, cell in marked:
        if cell.comment:
            remarks.append(
                _("“%(column)s” has a comment, which is not read: “%(comment)s”.")
                % {"column": heading, "comment": _beginning(cell.comment)}
            )
    for index, content in line.cells.items():
        if index in named and is_damaged(content):
            remarks.append(
                _("Letters look damaged in “%(cell)s”. Mend the list if they are.") % {"cell": _beginning(str(content))}
            )
        elif index not in named and (
            index > max(named) or (isinstance(content, str) and re.search(r"[^\W\d_]", content))
        ):
            remarks.append(
                _("Column %(letter)s has no heading and is not read: “%(cell)s”.")
                % {"letter": _letter(index), "cell": _beginning(str(content))}
            )
    return remarks


def _beginning(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else text[: LONGEST_TOLD - 1] + "…"


def _find_headings(lines: list[_Line], merges: _Merges) -> tuple[int, dict[int, str]]:
    """Which row names the columns, and how: the one with the most known headings, else one of words above the first number.

    What stands above it (a title, who brought the list up to date, what the colours mean) may hold a word or two that
    headings hold too, but in fewer cells.
    """
    top = lines[:DEEPEST_HEADING]
    widths = [len(line.cells) for line in top]
    if max(widths) > MOST_COLUMNS:
        raise UnreadableFile(_too_wide())
    candidates = [_headings(top, place, merges) for place in range(len(top))]
    enough = max(2, max(widths) // 2)
    known_headings = [headings_in(candidate.values()) for candidate in candidates]
    places = [place for place, width in enumerate(widths) if width >= enough and known_headings[place]]
    if places:
        at = max(places, key=lambda place: (known_headings[place], widths[place], -place))
        return at, _below_titles(top, at, candidates[at])
    first_person = next(
        (place for place, line in enumerate(top) if any(map(_is_number, line.cells.values()))), len(top)
    )
    places = [place for place in range(first_person) if widths[place] >= enough and _could_be_headings(top[place])]
    if not places:
        raise UnreadableFile(
            _(
                "No row of headings was found. The sheet needs a row that names the columns, "
                "for example: Fødselsnummer, Fornavn, Etternavn, Henvist dato."
            )
        )
    # Without numbers there is nothing to tell a row of words from the people below it, so the first is taken.
    down = 1 if first_person < len(top) else -1
    at = max(places, key=lambda place: (widths[place], down * place))
    return at, candidates[at]


def _is_number(cell: Cell) -> bool:
    return NUMBER.fullmatch(str(cell)[: LONGEST_HEADING + 1]) is not None


def _could_be_headings(line: _Line) -> bool:
    """Whether a row holds several words, and neither dates nor numbers."""
    texts = [cell for cell in line.cells.values() if isinstance(cell, str)]
    short = [text for text in texts if len(text) <= LONGEST_HEADING]
    words = [text for text in short if re.search(r"[^\W\d_]{2}", text) and not DAY.search(text)]
    return len(words) >= 2 and len(texts) == len(line.cells)


def _headings(lines: list[_Line], place: int, merges: _Merges) -> dict[int, str]:
    """The headings if this row were the one of headings: what a merged cell just above says stands before its own.

    A cell merged over all of them is a title, and one with a date, a number or a colon says something else; both would
    make other headings of them each time the list is brought up to date.
    """
    line = lines[place]
    across = {index: merges.across(line.number - 1, index) for index in merges.columns}
    across = {index: over for index, over in across.items() if over is not None or index in line.cells}
    texts = set(across.values()) - {None}
    is_a_title = len(texts) == 1 and None not in {across[index] for index in line.cells}
    names_columns = not is_a_title and all(map(_is_label, texts))
    has_above = place > 0 and lines[place - 1].number == line.number - 1 and names_columns
    own = {index: _heading(line.cells.get(index, "")) for index in across}
    headings = {}
    for index, over in across.items():
        above = _heading(over) if has_above and over is not None else ""
        headings[index] = _heading(f"{above} {own[index]}") if above != own[index] else own[index]
    return headings


def _is_label(cell: Cell) -> bool:
    """Whether a cell may be the title of columns: words alone."""
    return isinstance(cell, str) and len(cell) <= LONGEST_HEADING and not re.search(r"[\d:]", cell)


def _heading(cell: Cell) -> str:
    """A cell as a heading. What is too long for one is cut, and stays too long for one."""
    text = " ".join(str(cell)[: 2 * LONGEST_HEADING].split())
    return text if len(text) <= LONGEST_HEADING else f"{text[:LONGEST_HEADING]}…"


def _below_titles(lines: list[_Line], place: int, headings: dict[int, str]) -> dict[int, str]:
    """The headings, those of names and contact with the title that stands above them, where that speaks of someone else.

    Nobody can see how far a title reaches whose cells are not merged. It is taken to reach to the next one, or to what is
    the participant's.
    """
    above = lines[place - 1].cells if place else {}
    is_merged = any(text != _heading(lines[place].cells.get(index, "")) for index, text in headings.items())
    if is_merged or not above or not all(map(_is_label, above.values())) or max(above) <= min(headings):
        return headings
    others = {title for title in {str(cell) for cell in above.values()} if guards.names_someone_else(plain(title))}
    named = dict(headings)
    title = ""
    for index in sorted(headings):
        if index in above:
            title = _heading(above[index]) if above[index] in others else ""
        field = field_of(headings[index]) if title else Field.IGNORED
        if title and field in (*CONTACT, *neighbours.NAMES):
            named[index] = _heading(f"{title} {headings[index]}")
        elif field in neighbours.ENDS_SOMEONE_ELSE:
            title = ""
    return named


def _no_rows(heading_row: int, left_out: list[tuple[int, str]]) -> str:
    """What to say of a list with headings and nobody below them."""
    message: str = _("The list has headings in row %(row)d, but no rows with people below them.") % {"row": heading_row}
    for number, reason in left_out[:3]:
        message += " " + _("Row %(number)d is left out: %(why)s.") % {"number": number, "why": reason}
    return message


def _is_a_name(cells: Mapping[int, Cell], name_columns: Set[int]) -> bool:
    """Whether all that a row holds is a name below the heading of names, and not the title of a part of the list."""
    return all(
        index in name_columns
        and len(str(cell)) <= LONGEST_NAME
        and NAME.fullmatch(str(cell))
        and not str(cell).isupper()
        for index, cell in cells.items()
    )


def _why_not_a_person(
    number: int, cells: Mapping[int, Cell], headings: Mapping[int, Cell], columns: int, *, is_a_name: bool
) -> str:
    """Why a row below the headings is nobody's, or the empty string. Raises UnreadableFile for other headings."""
    filled = [cells[index] for index in sorted(cells)]
    texts = [str(cell) for cell in filled]
    if len(filled) > 1 and all(plain(cell) == plain(headings.get(index, "")) for index, cell in cells.items()):
        return _("the headings once more")
    if any(NUMBER.fullmatch(text) for text in texts):
        return ""
    if 2 * sum(map(is_known, texts)) > len(texts) and headings_in(filled) > 1:
        raise UnreadableFile(
            _(
                "Row %(row)d is another row of headings, and the columns below it hold something else than above. "
                "Save the two lists as files of their own, and import them one by one."
            )
            % {"row": number}
        )
    if len(filled) < max(3, columns // 2) and any(isinstance(cell, str) and TOTALS.match(cell) for cell in filled):
        return _("a row of totals")
    if len(filled) == 1 and columns > 2 and not is_a_name:
        return _("only one cell is filled: “%(cell)s”") % {"cell": texts[0][:40]}
    return ""
