"""From a file to a list: which sheets it is, where their headings are, which rows are people, what is to be told of each.

The rows of several sheets are one list: what has the same heading, and means the same in both, is one column of it.

Pure: bytes in, a :class:`Sheet` out. What the file holds is read by ``files/``, its cells are tidied by ``lines.py``, and
``values.py`` and ``date_values.py`` read what they mean.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from . import ending_signs, heading_row, neighbours, row_widths, sections
from .columns import (
    LONGEST_HEADING,
    NOT_READ,
    Recognised,
    field_of,
    headings_in,
    is_known,
    is_ours,
    plain,
    recognise,
)
from .fields import Field
from .files import reading, shape
from .files.limits import MOST_ROWS
from .files.reading import UnreadableFile
from .files.shape import Remark
from .garbage_collection import without_full_collections
from .lengths import LONGEST_NAME
from .lines import Cell, Line, Merges, is_damaged, lines_of
from .row_numbers import RowNumber
from .sections import Status
from .translatable import gettext as _

TOTALS = re.compile(r"^\s*(sum|summert|totalt?|i alt|antall|total|grand total)\b[^,;]{0,40}$", re.I)
#: So much of a comment beside a cell is told, and of a cell that is not read.
LONGEST_TOLD = 120
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


@without_full_collections()
def read(content: bytes, name: str, sheets: Sequence[str] | None = None) -> Sheet:
    """The list in a text file, or in the named sheets of a workbook. Raises :class:`UnreadableFile`.

    Without names, all visible sheets with known headings are read, and one of them that cannot be is left out and told.
    """
    return replace(of_file(reading.read(content), sheets), name=name)


def of_file(file: shape.File, sheets: Sequence[str] | None = None) -> Sheet:
    """The list that a file holds, which is read already. Raises :class:`UnreadableFile`."""
    visible = [(sheet, lines_of(sheet)) for sheet in file.sheets if not sheet.is_hidden]
    wanted = _wanted(visible, sheets)
    tabs: list[SheetInFile] = []
    lists: list[_List] = []
    first_error: UnreadableFile | None = None
    for sheet, lines in visible:
        looks_like_a_list, why_not = heading_row.has_known_headings(lines), ""
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
    if len(columns) > heading_row.MOST_COLUMNS:
        raise UnreadableFile(heading_row.too_wide())
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


def _wanted(visible: Sequence[tuple[shape.Sheet, list[Line]]], sheets: Sequence[str] | None) -> Set[str]:
    """The names of the sheets to be read: those asked for, or else those with known headings, or the first with rows."""
    if sheets is not None:
        titles = [sheet.title for sheet, lines_of in visible]
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
    lists = {sheet.title for sheet, lines in visible if lines and heading_row.has_known_headings(lines)}
    return lists or {filled[0][0].title}


def _in_the_sheet(title: str, error: UnreadableFile) -> str:
    return _("In the sheet “%(sheet)s”: %(what)s") % {"sheet": title, "what": error.args[0]}


def _read_one(sheet: shape.Sheet, lines: list[Line]) -> _List:
    """What one sheet holds. Raises UnreadableFile."""
    if not lines:
        raise UnreadableFile(_("No sheet in the file has rows in it."))
    merges = Merges(sheet.merges, lines)
    heading_at, headings = heading_row.find(lines, merges)
    columns = tuple(
        Column(index, words, index in sheet.hidden_columns)
        for index, words in headings.items()
        if words and not is_ours(words)
    )
    if len(columns) > heading_row.MOST_COLUMNS:
        raise UnreadableFile(heading_row.too_wide())
    heading_row.refuse_people_in_columns(lines, lines[heading_at], headings)
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
        with_number={line.number for line in lines if any(map(heading_row.is_number, line.cells.values()))},
    )
    rows = [replace(row, problem=wrong.get(row.number, "")) for row in rows] if wrong else rows
    around = _around(lines, heading_at, headings, rows, {number for number, _reason in left_out})
    rows = [replace(row, around=around) for row in rows] if around else rows
    marked = _marked({row.number for row in rows}, sheet, named)
    return _List(sheet.title, columns, rows, left_out, marked, heading_at + 1)


def _around(
    lines: Sequence[Line], heading_at: int, headings: Mapping[int, str], rows: Sequence[Row], left_out: Set[int]
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


def _without_heading(below: list[Line], headings: Mapping[int, str], sheet: shape.Sheet) -> list[Column]:
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


def _people(
    lines: list[Line],
    heading_at: int,
    columns: tuple[Column, ...],
    named: Set[int],
    merges: Merges,
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


def _beside(line: Line, columns: tuple[Column, ...], width: int) -> tuple[tuple[str, str], ...]:
    headings = {column.index: column.heading for column in columns}
    comments = [
        (headings.get(index, _letter(index)), cell.comment) for index, cell in line.row.cells.items() if cell.comment
    ]
    cells = [(_letter(index), str(cell)) for index, cell in line.cells.items() if index >= width]
    return (*comments, *cells)


def _alone(line: Line, first_columns: Set[int]) -> Section | None:
    """A text that has a row for itself, where parts of a list have their titles."""
    if len(line.cells) != 1:
        return None
    ((index, cell),) = line.cells.items()
    if index not in first_columns or not isinstance(cell, str) or not re.search(r"[^\W\d_]", cell):
        return None
    return Section(RowNumber(line.number), " ".join(cell.split()), sections.status_of(cell))


def _above_others(section: Section) -> str:
    return _("it is a title of the rows below it: “%(cell)s”") % {"cell": _beginning(section.words)}


def _remarks(line: Line, columns: tuple[Column, ...], named: Set[int]) -> list[str]:
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
    if any(heading_row.NUMBER.fullmatch(text) for text in texts):
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
