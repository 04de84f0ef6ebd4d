"""Which column of a sheet is what, as page and command find it out: by what was kept, by headings, and if it is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from plass.organisation.models import Team

from . import columns, queries
from .columns import Field, Recognised
from .files.shape import Remark
from .labels import LABELS
from .questions import YES, Kind, Question, key
from .sheet import Sheet


def recognise(sheet: Sheet, team: Team) -> dict[int, Field]:
    """What the columns hold: as the office mapped them last, otherwise by their headings."""
    stored = queries.kept_mapping(team, fingerprint(sheet))
    by_heading = by_headings(sheet)
    return {index: stored.get(index, field) for index, field in by_heading.items()} if stored else by_heading


def by_headings(sheet: Sheet) -> dict[int, Field]:
    """What the headings alone say the columns hold, known or guessed."""
    return {index: one.field for index, one in recognised(sheet).items()}


def recognised(sheet: Sheet) -> dict[int, Recognised]:
    """How each heading was recognised. Of two columns with one heading the one that is not hidden holds."""
    with_heading = [column for column in sheet.columns if column.has_heading]
    seen_first = sorted(with_heading, key=lambda column: (column.hidden, column.index))
    by_index = columns.recognise([(column.index, column.heading) for column in seen_first])
    return {column.index: by_index.get(column.index, Recognised(Field.IGNORED)) for column in sheet.columns}


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
    stored = queries.kept_mapping(team, fingerprint(sheet)) or {}
    return {question.key: YES for question in guesses(sheet, stored)}


def fingerprint(sheet: Sheet) -> str:
    """The same for every list with the same headings."""
    return columns.fingerprint(column.heading for column in sheet.columns if column.has_heading)


def not_read(sheet: Sheet, mapping: Mapping[int, Field]) -> list[str]:
    """The headings of the columns with something in them that nothing is read from."""
    return [
        column.heading
        for column in sheet.columns
        if not mapping.get(column.index)
        and any(column.index < len(row.cells) and row.cells[column.index] is not None for row in sheet.rows)
    ]


def other_sheets(title: str, others: Sequence[str]) -> list[str]:
    """What to say of sheets in the same file that look like lists too: one sentence, or none."""
    if not others:
        return []
    return [
        _("Only the sheet “%(sheet)s” is read. Save each of these as a file of its own, and import that: %(others)s.")
        % {"sheet": title, "others": ", ".join(others)}
    ]


def about_the_file(remarks: Sequence[Remark]) -> list[str]:
    """What to say of the file as a whole, in sentences."""
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
    return [sentences[remark] for remark in remarks]


def missing(mapping: Mapping[int, Field]) -> list[str]:
    """What no column holds though nobody can be imported without it, in sentences; and fields given to two columns."""
    used = [field for field in mapping.values() if field]
    sentences = []
    if Field.IDENTITY_NUMBER not in used:
        sentences.append(_("Say which column holds the national identity number."))
    if Field.NAME not in used and not {Field.GIVEN_NAME, Field.FAMILY_NAME} <= set(used):
        sentences.append(_("Say which column holds the name, or which two hold given name and family name."))
    for field in dict.fromkeys(used):
        if used.count(field) > 1:
            sentences.append(_("Two columns are taken as “%(field)s”. Choose one.") % {"field": LABELS[field]})
    return sentences
