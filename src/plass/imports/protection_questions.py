"""Asking whether an address is protected, where something in or around the rows may say so (``protection_signs.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from plass.cases.models import Participant

from . import protection_signs, values
from .fields import CONTACT, Field
from .plan_types import PlannedPerson, RowReport
from .questions import NOT_PROTECTED, Asking, Kind, key
from .row_numbers import RowNumber
from .sheet import Row, Sheet
from .translatable import gettext as _
from .vocabularies import STRICTNESS


class SignsOfRows:
    """Finds what may say that an address is protected: in a row and around it.

    Of the column that is read as that, only what does not tell: "?", "vet ikke".
    """

    def __init__(self, sheet: Sheet, mapping: Mapping[int, Field]) -> None:
        self._rows = {row.number: row for row in sheet.rows}
        self._headings = {column.index: column.heading for column in sheet.columns}
        self._read = {index for index in self._headings if mapping.get(index) == Field.PROTECTION}
        self._name = sheet.name
        self._levels: dict[str, str] = {}
        self._contact = {
            index
            for index, heading in self._headings.items()
            if mapping.get(index) in CONTACT or protection_signs.is_of_contact(heading)
        }
        # Whatever the column is taken as: what it is read as may be somebody's mistake, and kept for the next list.
        self._signed = {
            index: column_sign
            for index, heading in self._headings.items()
            if (column_sign := protection_signs.of_column(heading))
        }

    def within(self, number: RowNumber) -> list[tuple[str, str, str]]:
        """The level that each such cell of a row may mean, where it is, and what it says."""
        return [(level, where, text) for level, where, text in self._all(self._rows[number]) if level]

    def _all(self, row: Row) -> Iterator[tuple[str, str, str]]:
        for index, heading in self._headings.items():
            cell = row.cells[index] if index < len(row.cells) else None
            if index in self._read:
                if protection_signs.told_in_its_column(cell) is None:
                    yield Participant.Protection.STRICTLY_CONFIDENTIAL.value, heading, str(cell)
            elif index in self._signed:
                yield self._signed[index].level_of(cell), heading, values.text(cell) or str(cell or "")
            elif isinstance(cell, str):
                level = protection_signs.level_below(heading, cell)
                if not level and index in self._contact:
                    level = protection_signs.level_instead_of_contact(cell)
                yield level, heading, cell
        for where, text in row.beside:
            yield protection_signs.level_of(text), where, text

    def row_with(self, text: str, numbers: Sequence[RowNumber]) -> RowNumber:
        """The first of some rows with this text in a cell; the first of all where none has, because it was cut."""
        return next((one for one in numbers if text in map(values.text, self._rows[one].cells)), numbers[0])

    def around(self, number: RowNumber) -> list[tuple[str, str, str]]:
        """The same of the title, sheet, list and file that a row stands in: it is said of everybody there."""
        row = self._rows[number]
        titles = [title.words for title in (row.section, row.group) if title]
        said = [
            *((_("Title"), words) for words in titles),
            (_("Sheet"), row.sheet),
            *((_("Around the list"), text) for text in row.around),
            (_("File"), self._name),
        ]
        return [(level, where, text) for where, text in said if (level := self._level_around(text))]

    def _level_around(self, text: str) -> str:
        if text not in self._levels:
            self._levels[text] = protection_signs.level_of(text)
        return self._levels[text]


def ask(person: PlannedPerson, signs: SignsOfRows, asking: Asking, reports: Mapping[RowNumber, RowReport]) -> None:
    """Hold a person back of whom a sign of a protected address speaks, until it is said whether theirs is.

    A protection in the column that is read as that answers for signs of the same or a weaker one. Where something in the
    person's own rows is a sign, what they stand under is shown with it, so that one answer holds for both.
    """
    answer = None
    if in_rows := _stricter(person, person.rows, signs.within):
        answer = _ask_about_one(person, in_rows + _stricter(person, person.rows, signs.around), asking, reports)
    else:
        _ask_about_everybody(person, signs, asking, reports)
    _leave_out_what_is_no_address(person, answer, signs, reports)


def _leave_out_what_is_no_address(
    person: PlannedPerson, answer: str | None, signs: SignsOfRows, reports: Mapping[RowNumber, RowReport]
) -> None:
    """Leave out words and masks that stand instead of an address or a place ("skjult", "***"), and tell them. Words that
    were answered to mean no protection are an address.
    """
    for field in (Field.ADDRESS, Field.PLACE):
        text = person.person[field]
        is_an_address = answer == NOT_PROTECTED and not protection_signs.is_masked(text)
        if text and not is_an_address and protection_signs.level_instead_of_contact(text):
            person.person[field] = ""
            reports[signs.row_with(text, person.rows)].doubts.append(
                _("“%(cell)s” is no address and is left out.") % {"cell": text[:60]}
            )


def _ask_about_one(
    person: PlannedPerson,
    found: Sequence[tuple[RowNumber, str, str]],
    asking: Asking,
    reports: Mapping[RowNumber, RowReport],
) -> str | None:
    """Ask about one person by the signs that were found: the row, where it stands, what it says. Returns the answer."""
    shown = [f"{person.given_name} {person.family_name}", *(f"{where}: {text}" for _number, where, text in found)]
    about = [person.number.digits, *shown]
    rows = list(dict.fromkeys(number for number, _where, _text in found))
    answer = asking.ask(Kind.PROTECTION, about, rows=rows, shown=shown)
    if answer is not None:
        person.answered[key(Kind.PROTECTION, *about)] = answer
    asked = _("Something in the row may say that the address is protected. Is it?")
    _protect(person, answer, rows, reports, asked)
    return answer


def _ask_about_everybody(
    person: PlannedPerson, signs: SignsOfRows, asking: Asking, reports: Mapping[RowNumber, RowReport]
) -> None:
    """Ask about what a person stands under: a title, a sheet, what is written above the list, the name of the file.

    It is one question for everybody there. The answer is kept for each of them, and for nobody who is new in the next list.
    """
    for number in person.rows:
        found = _stricter(person, [number], signs.around)
        if not found:
            continue
        shown = [f"{where}: {text}" for _number, where, text in found]
        texts = [text for _number, _where, text in found]
        own = [person.number.digits, "stands under", *texts]
        if asking.is_answered(Kind.PROTECTION, *own):
            shown = [f"{person.given_name} {person.family_name}", *shown]
            answer = asking.ask(Kind.PROTECTION, own, rows=[number], shown=shown)
        else:
            answer = asking.ask(Kind.PROTECTION, ["everybody", *texts], rows=[number], shown=shown)
        if answer is not None:
            person.answered[key(Kind.PROTECTION, *own)] = answer
        _protect(
            person,
            answer,
            [number],
            reports,
            _("What stands around the list may say that the address is protected. Is it?"),
        )


def _stricter(
    person: PlannedPerson, rows: Sequence[RowNumber], signs: Callable[[RowNumber], list[tuple[str, str, str]]]
) -> list[tuple[RowNumber, str, str]]:
    """The signs in some rows of a stricter protection than the person has: the row, where it stands, what it says."""
    level = STRICTNESS.index(person.person["protection"])
    return [
        (number, where, text)
        for number in rows
        for sign, where, text in signs(number)
        if STRICTNESS.index(Participant.Protection(sign)) > level
    ]


def _protect(
    person: PlannedPerson,
    answer: str | None,
    rows: Sequence[RowNumber],
    reports: Mapping[RowNumber, RowReport],
    asked: str,
) -> None:
    """Do as it was answered, or hold the person back."""
    for number in rows:
        report = reports[number]
        if answer is None:
            said, sentence = report.questions, asked
        elif answer == NOT_PROTECTED:
            said, sentence = report.remarks, _("What may look like address protection is none, by your answer.")
        else:
            level = Participant.Protection(answer).label
            said, sentence = report.remarks, _("Address protection by your answer: %(level)s.") % {"level": level}
        if sentence not in said:
            said.append(sentence)
    if answer and answer != NOT_PROTECTED:
        person.person["protection"] = max(person.person["protection"], answer, key=STRICTNESS.index)
