"""Which column of a sheet is what, as page and command find it out: by what was kept, by headings, and if it is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from plass.organisation.models import Team

from . import column_choices, columns, date_values, guards, queries, values
from .columns import Recognised
from .fields import Field
from .files.shape import Remark
from .headings import NO_JOB_TITLES, WHETHER_ORDINARY
from .labels import LABELS
from .questions import YES, Kind, Question, key
from .sheet import Column, Sheet, SheetInFile
from .sheet import by_headings as by_headings_of

if TYPE_CHECKING:
    from .state import ReadColumn


#: Headings that mean a job's title, or whether there is a job.
JOB_OR_NOT = ("jobb", "job", "nåværende jobb", "jobb nå", "current job")
#: So many rows tell whose a phone or a name is.
ROWS_THAT_TELL = 1_000
#: So many ranges of rows are told in one sentence.
MOST_RANGES = 20


def recognise(sheet: Sheet, team: Team) -> dict[int, Field]:
    """What the columns hold: as the office mapped them last, otherwise by their headings."""
    by_heading = by_headings(sheet)
    return by_heading | {index: field for index, field in _kept(sheet, team).items() if index in by_heading}


def _kept(sheet: Sheet, team: Team) -> dict[int, Field]:
    """What the office's earlier choices decide by themselves."""
    choices = queries.column_choices(team, fingerprint(sheet))
    return column_choices.decided(choices, {column.index: column.heading for column in sheet.columns})


def by_headings(sheet: Sheet) -> dict[int, Field]:
    """What the headings alone say the columns hold, known or guessed."""
    return {index: column.field for index, column in recognised(sheet).items()}


def recognised(sheet: Sheet) -> dict[int, Recognised]:
    """How each column was recognised, each sheet's by itself."""
    columns_by_index = {column.index: column for column in sheet.columns}
    by_index: dict[int, Recognised] = {}
    for part in sheet.parts:
        of_this = [columns_by_index[index] for index in part.columns]
        by_index |= by_headings_of(of_this, partial(_texts, sheet, part))
    return {
        column.index: Recognised(Field.IGNORED, guarded_by=word)
        if (word := _no_title_in(sheet, column))
        else by_index[column.index]
        for column in sheet.columns
    }


def _texts(sheet: Sheet, part: SheetInFile, index: int) -> list[str]:
    """The first cells of a column in the rows of one sheet, as texts."""
    rows = (row for row in sheet.rows if len(sheet.parts) == 1 or row.sheet == part.title)
    return [values.text(row.cells[index]) if index < len(row.cells) else "" for row in islice(rows, ROWS_THAT_TELL)]


def _no_title_in(sheet: Sheet, column: Column) -> str:
    """A cell below "Jobb" that says whether somebody has one, and not which; empty where there is none."""
    if columns.plain(column.heading) not in JOB_OR_NOT:
        return ""
    cells = (values.text(row.cells[column.index]) for row in sheet.rows if column.index < len(row.cells))
    no_titles = {*NO_JOB_TITLES, *values.YES, *values.NO}
    return next((cell for cell in cells if cell.lower() in no_titles), "")


def guesses(sheet: Sheet, mapping: Mapping[int, Field]) -> list[Question]:
    """A question for each column that is taken as what its heading was guessed to mean."""
    by_index = recognised(sheet)
    return [
        guess(column.index, column.heading, by_index[column.index].field)
        for column in sheet.columns
        if by_index[column.index].is_guess and mapping.get(column.index) is by_index[column.index].field
    ]


def guess(index: int, heading: str, field: Field) -> Question:
    """The question whether a column holds what its heading was guessed to mean."""
    return Question(Kind.COLUMN, key(Kind.COLUMN, index, heading, field), (heading, field.value), accepted=YES)


def confirmed_before(sheet: Sheet, team: Team) -> dict[str, str]:
    """Answers to the guesses that the office confirmed for a list with the same headings."""
    return {question.key: YES for question in guesses(sheet, _kept(sheet, team))}


def carried_over(earlier: Sequence[ReadColumn], chosen: Mapping[int, Field], sheet: Sheet) -> dict[int, Field]:
    """What was said by hand of columns with a heading, for the same columns of other sheets of the file."""
    said = {
        (column.heading, column.field): chosen[column.index]
        for column in earlier
        if column.has_heading and column.index in chosen and chosen[column.index].value != column.field
    }
    by_heading = by_headings(sheet)
    return {
        column.index: said[column.heading, by_heading[column.index].value]
        for column in sheet.columns
        if (column.heading, by_heading[column.index].value) in said
    }


def fingerprint(sheet: Sheet) -> str:
    """The same for every list with the same headings."""
    return columns.fingerprint(column.heading for column in sheet.columns if column.has_heading)


def not_read(sheet: Sheet, mapping: Mapping[int, Field]) -> list[str]:
    """The headings of the columns with something in them that nothing is read from."""
    return [
        column.heading
        for column in sheet.columns
        if not mapping.get(column.index)
        # A no there is asked about.
        and not WHETHER_ORDINARY.fullmatch(columns.plain(column.heading))
        and any(column.index < len(row.cells) and row.cells[column.index] is not None for row in sheet.rows)
    ]


def about_the_referral(
    columns_read: Iterable[tuple[int, str, Sequence[str]]], mapping: Mapping[int, Field]
) -> list[str]:
    """Which columns of days that are not read may hold the date of referral, where none is read as it, in a sentence.

    ``columns_read`` are their places, their headings and some of their cells.
    """
    if Field.REFERRED_ON in mapping.values():
        return []
    may_be = [
        heading
        for index, heading, cells in columns_read
        if not mapping.get(index)
        and heading
        and not columns.is_known(heading)
        and not columns.recognise_one(heading).guarded_by
        and not guards.is_about_something_else(columns.plain(heading))
        and _are_days(cells)
    ]
    if not may_be:
        return []
    return [
        _(
            "No column is read as the date of referral, so another date of each row is written as it. "
            "Is it in one of these: %(columns)s? Say so where the columns are chosen."
        )
        % {"columns": ", ".join(may_be)}
    ]


def first_cells(sheet: Sheet, column: Column) -> list[str]:
    """The first cells of a column, as texts."""
    rows = (row for row in islice(sheet.rows, ROWS_THAT_TELL) if column.index < len(row.cells))
    return [values.text(row.cells[column.index]) for row in rows]


def _are_days(cells: Iterable[str]) -> bool:
    """Whether there is something in the cells, and all of it is days."""
    filled = [cell for cell in cells if cell]
    try:
        return bool(filled) and all(date_values.day(cell) is not None for cell in filled)
    except ValueError:
        return False


def about_sheets(sheets: Sequence[SheetInFile], hidden: Sequence[str]) -> list[str]:
    """What to say of sheets in the same file that are not read, in sentences."""
    sentences = []
    if left := [sheet.title for sheet in sheets if sheet.looks_like_a_list and not sheet.is_read and not sheet.why_not]:
        sentences.append(
            _("These sheets look like lists too, and are not read: %(sheets)s.") % {"sheets": ", ".join(left)}
        )
    sentences += [
        _("The sheet “%(sheet)s” cannot be read. %(why)s") % {"sheet": sheet.title, "why": sheet.why_not}
        for sheet in sheets
        if sheet.why_not
    ]
    if hidden:
        sentences.append(_("Hidden sheets are not read: %(sheets)s.") % {"sheets": ", ".join(hidden)})
    return sentences


def about_the_file(remarks: Sequence[Remark], sheets: Sequence[SheetInFile] = ()) -> list[str]:
    """What to say of the file and its sheets as a whole, in sentences."""
    sentences = {
        Remark.LOOKS_NOT_SEEN: _(
            "In a file of this kind it is not seen what is struck through, hidden, commented on or shown as per cent, nor "
            "formulas that went wrong. Save it as .xlsx if the list uses any of that."
        ),
        Remark.MERGES_NOT_SEEN: _(
            "Merged cells count for their first row and column only. Saved as .xlsx they are read."
        ),
        Remark.DAYS_FROM_1904: _(
            "The workbook counts days from 1904, as some do that were made on a Mac. It is read so."
        ),
        Remark.READ_AS_WINDOWS: _(
            "The file does not say how its letters are kept. They are read as Windows text. "
            "Look whether æ, ø and å are right."
        ),
        Remark.READ_AS_MAC: _(
            "The file does not say how its letters are kept. They are read as text from an older Mac. "
            "Look whether æ, ø and å are right."
        ),
        Remark.READ_AS_DOS: _(
            "The file does not say how its letters are kept. They are read as DOS text. Look whether æ, ø and å are right."
        ),
        Remark.DAMAGED_LETTERS: _(
            "Some letters look damaged (“Ã¸” instead of “ø”, or “�”). The rows say where. "
            "Mend the list before it is written."
        ),
    }
    return [sentences[remark] for remark in remarks] + [
        _("In the sheet “%(sheet)s” a colour marks some rows, and is not read: row %(rows)s. See what it means.")
        % {"sheet": sheet.title, "rows": _as_ranges(sheet.marked_rows)}
        for sheet in sheets
        if sheet.marked_rows
    ]


def _as_ranges(rows: Sequence[int]) -> str:
    """Numbers in ascending order, those that follow each other together: "2, 4–6"."""
    ranges: list[tuple[int, int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1] = ranges[-1][0], row
        else:
            ranges.append((row, row))
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in ranges[:MOST_RANGES]]
    return ", ".join(shown + ["…"] * (len(ranges) > MOST_RANGES))


def missing(mapping: Mapping[int, Field], parts: Sequence[SheetInFile]) -> list[str]:
    """What no column holds though nobody can be imported without it, in sentences; and fields given to two columns.

    Each sheet is looked at by itself, and named where there are several.
    """
    sentences = []
    for part in parts:
        of_this = _missing([field for index in part.columns if (field := mapping.get(index))])
        sentences += (
            [_("In the sheet “%(sheet)s”: %(what)s") % {"sheet": part.title, "what": what} for what in of_this]
            if len(parts) > 1
            else of_this
        )
    return sentences


def _missing(used: Sequence[Field]) -> list[str]:
    sentences = []
    if Field.IDENTITY_NUMBER not in used and not {Field.BIRTH_DATE, Field.PERSONAL_NUMBER} <= set(used):
        sentences.append(_("Say which column holds the national identity number."))
    if Field.NAME not in used and not {Field.GIVEN_NAME, Field.FAMILY_NAME} <= set(used):
        sentences.append(_("Say which column holds the name, or which two hold given name and family name."))
    for field in dict.fromkeys(used):
        if used.count(field) > 1:
            sentences.append(_("Two columns are taken as “%(field)s”. Choose one.") % {"field": LABELS[field]})
    return sentences
