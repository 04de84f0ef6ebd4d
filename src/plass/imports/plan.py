"""From rows of a sheet to people, their jobs, and what is wrong in which row. Pure: nothing is looked up or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from plass.cases.models import Participant

from . import outliers, protection_signs, reader, values
from .fields import DATES, Field
from .mapping import guesses
from .plan_types import Plan, PlannedJob, PlannedPerson, RowReport
from .questions import NO_ANSWERS, NOT_PROTECTED, Answers, Asking, Kind, key
from .row_numbers import RowNumber
from .sections import Status
from .sheet import Row, Sheet, SheetInFile
from .translatable import gettext as _
from .vocabularies import STRICTNESS

#: Of two rows of one person the first one's holds; another date or name in the second is remarked on.
ONE_OF = ("referred_on", "started_on", "last_met_on", "specialist", "counsellor", "ended_on")


def make(sheet: Sheet, mapping: Mapping[int, Field], *, today: date, answers: Answers = NO_ANSWERS) -> Plan:
    """Read every row by ``mapping`` (column -> field); rows of the same person become one.

    A row with a problem or an open question contributes nothing, and neither do the other rows of that person, so that
    nobody is imported in half.
    """
    asking = Asking(answers)
    date_columns = date_columns_of(sheet, mapping)
    layouts = layouts_of(sheet, mapping, date_columns)
    reports = {row.number: RowReport(row.number, is_only_a_name=row.is_only_a_name) for row in sheet.rows}
    people: dict[str, PlannedPerson] = {}
    for row in sheet.rows:
        report = reports[row.number]
        report.doubts.extend(row.remarks)
        layout = layout_of(row, layouts)
        person = reader.read(row, layout, report, asking, today=today)
        if person is None:
            continue
        earlier = people.get(person.number.digits)
        if earlier is None:
            people[person.number.digits] = person
        else:
            _join(earlier, person, reports, layout.headings)
    for person in people.values():
        _compare_status(person, reports)
    signs = _ProtectionSigns(sheet, mapping)
    whole, held_back = [], []
    for person in people.values():
        reports[person.rows[0]].has_ended = person.ended_on is not None
        for number in person.rows:
            reports[number].person = person.rows[0]
        wrong = [number for number in person.rows if reports[number].problems]
        for number in person.rows if wrong else ():
            if number not in wrong:
                reports[number].problems.append(mend_first(wrong[0]))
        if wrong:
            held_back.append(person)
            continue
        _ask_about_protection(person, signs, asking, reports)
        waiting = [number for number in person.rows if reports[number].questions]
        for number in person.rows if waiting else ():
            if number not in waiting:
                reports[number].questions.append(
                    _("Row %(row)s is about the same person and waits for an answer.") % {"row": waiting[0]}
                )
        if not waiting:
            whole.append(person)
    headings = {field: heading for layout in layouts.values() for field, heading in layout.headings.items()}
    found = outliers.find(outliers.PeopleOfAList(whole, headings, today))
    for number, sentences in found.of_rows.items():
        reports[number].doubts.extend(sentences)
    return Plan(
        tuple(whole),
        reports,
        tuple(held_back),
        tuple(found.of_the_list),
        (*guesses(sheet, mapping), *asking.questions),
        answers,
        {person.rows[0]: person.number for person in people.values()},
    )


class _ProtectionSigns:
    """Finds the cells of a row that may say that an address is protected, but for the column that is read as that."""

    def __init__(self, sheet: Sheet, mapping: Mapping[int, Field]) -> None:
        self._rows = {row.number: row for row in sheet.rows}
        self._headings = {
            column.index: column.heading for column in sheet.columns if mapping.get(column.index) != Field.PROTECTION
        }
        self._unread = {
            index: column_sign
            for index, heading in self._headings.items()
            if not mapping.get(index) and (column_sign := protection_signs.of_column(heading))
        }

    def of(self, number: RowNumber) -> list[tuple[str, str, str]]:
        """The level that each such cell of a row may mean, where it is, and what it says."""
        return [(level, where, text) for level, where, text in self._all(self._rows[number]) if level]

    def _all(self, row: Row) -> Iterator[tuple[str, str, str]]:
        for index, heading in self._headings.items():
            cell = row.cells[index] if index < len(row.cells) else None
            if index in self._unread:
                yield self._unread[index].level_of(values.text(cell)), heading, values.text(cell)
            elif isinstance(cell, str):
                yield protection_signs.level_of(cell), heading, cell
        for where, text in row.beside:
            yield protection_signs.level_of(text), where, text


def _ask_about_protection(
    person: PlannedPerson, signs: _ProtectionSigns, asking: Asking, reports: Mapping[RowNumber, RowReport]
) -> None:
    """Hold a person back whose rows speak of a protected address, until it is said whether theirs is.

    A protection in the column that is read as that answers for signs of the same or a weaker one.
    """
    level = STRICTNESS.index(person.person["protection"])
    found = [
        (number, where, text)
        for number in person.rows
        for sign, where, text in signs.of(number)
        if STRICTNESS.index(Participant.Protection(sign)) > level
    ]
    if not found:
        return
    rows = list(dict.fromkeys(number for number, _where, _text in found))
    shown = [f"{person.given_name} {person.family_name}", *(f"{where}: {text}" for _number, where, text in found)]
    about = [person.number.digits, *shown]
    answer = asking.ask(Kind.PROTECTION, about, rows=rows, shown=shown)
    if answer is not None:
        person.answered[key(Kind.PROTECTION, *about)] = answer
    for number in rows:
        if answer is None:
            reports[number].questions.append(_("Something in the row may say that the address is protected. Is it?"))
        elif answer == NOT_PROTECTED:
            reports[number].remarks.append(_("What may look like address protection is none, by your answer."))
        else:
            answered = Participant.Protection(answer)
            reports[number].remarks.append(
                _("Address protection by your answer: %(level)s.") % {"level": answered.label}
            )
    if answer and answer != NOT_PROTECTED:
        person.person["protection"] = max(person.person["protection"], answer, key=STRICTNESS.index)


def date_columns_of(sheet: Sheet, mapping: Mapping[int, Field]) -> dict[int, values.DateColumn]:
    """How each of the columns of dates is written."""
    indexes = [index for index, field in mapping.items() if field in DATES]
    columns = values.date_columns(
        ((row.cells[index] if index < len(row.cells) else None for row in sheet.rows) for index in indexes),
        has_days_from_1904=sheet.has_days_from_1904,
    )
    return dict(zip(indexes, columns, strict=True))


def layouts_of(
    sheet: Sheet, mapping: Mapping[int, Field], date_columns: Mapping[int, values.DateColumn]
) -> dict[str, reader.Layout]:
    """Where each sheet that is read has what, by its name."""
    return {part.title: _layout(part, sheet, mapping, date_columns) for part in sheet.parts}


def layout_of(row: Row, layouts: Mapping[str, reader.Layout]) -> reader.Layout:
    """The layout of a row's sheet. Where one sheet is read, or a text file, its name says nothing."""
    return layouts.get(row.sheet) or next(iter(layouts.values()))


def _layout(
    part: SheetInFile, sheet: Sheet, mapping: Mapping[int, Field], date_columns: Mapping[int, values.DateColumn]
) -> reader.Layout:
    """Where the fields stand in the rows of one sheet."""
    by_field = {mapping[index]: index for index in part.columns if mapping.get(index)}
    named = {column.index: column.heading for column in sheet.columns}
    return reader.Layout(
        by_field,
        {field: named[index] for field, index in by_field.items()},
        {field: date_columns[index] for field, index in by_field.items() if index in date_columns},
    )


def _compare_status(person: PlannedPerson, reports: Mapping[RowNumber, RowReport]) -> None:
    """Ask about who is said to have ended without a date, and tell what else does not go together with the dates."""
    for said in person.said:
        report = reports[said.row]
        if said.status is Status.ENDED:
            if person.ended_on is None and not report.problems:
                report.problems.append(said.has_no_end)
        elif person.ended_on is not None:
            if said.status is Status.IN_JOB:
                continue
            report.doubts.append(
                _("%(source)s, and yet the list has an end date, %(day)s. The date is used.")
                % {"source": said.source, "day": person.ended_on}
            )
        elif (said.status is Status.IN_JOB and not person.jobs) or (said.status is Status.WAITING and person.has_begun):
            report.doubts.append(
                _("%(source)s, which does not go together with the rest of what is read. It is not written.")
                % {"source": said.source}
            )


def mend_first(row: RowNumber) -> str:
    """What is wrong with a row whose person has another row with a problem."""
    return _("Row %(row)s is about the same person and must be mended first.") % {"row": row}


def _join(
    first: PlannedPerson, again: PlannedPerson, reports: Mapping[RowNumber, RowReport], headings: Mapping[Field, str]
) -> None:
    """Another row of the same person: its jobs are added and its values fill what is empty; contradictions are told."""
    row = {"row": first.rows[0]}
    report = reports[again.rows[0]]
    first.rows.extend(again.rows)
    if not (_is_same_name(first.family_name, again.family_name) and _is_same_name(first.given_name, again.given_name)):
        # Nobody but the office can say which of the two is right, so each says what is wrong with it.
        for here, there in ((first, again), (again, first)):
            reports[here.rows[0]].problems.append(
                _(
                    "The same identity number stands in row %(row)s of the list with another name: %(name)s. "
                    "Mend the number or the name, in the row where it is wrong."
                )
                % {"row": there.rows[0], "name": f"{there.given_name} {there.family_name}".strip() or "–"}
            )
        return
    if _name_parts(first.given_name) != _name_parts(again.given_name):
        report.doubts.append(
            _("The given name in row %(row)s is “%(name)s”; that one is used.") % {**row, "name": first.given_name}
        )
    if _join_jobs(first, again, report):
        report.remarks.append(_("The same person as in row %(row)s, with another job.") % row)
    else:
        report.remarks.append(_("The same person as in row %(row)s.") % row)
    for name in ONE_OF:
        here, there = getattr(first, name), getattr(again, name)
        if not here and there:
            setattr(first, name, there)
            if name == "ended_on":
                first.end_cause, first.end_note = again.end_cause, again.end_note
        elif there and here != there:
            sentence = {
                "specialist": _("Another job specialist than in row %(row)s; that one is used."),
                "counsellor": _("Another counsellor than in row %(row)s; that one is used."),
            }.get(name, _("Another date than in row %(row)s; that one is used."))
            if sentence % row not in report.doubts:
                report.doubts.append(sentence % row)
    first.said.extend(again.said)
    first.stands_under.extend(again.stands_under)
    if again.wishes and again.wishes not in first.wishes:
        first.wishes = f"{first.wishes}\n{again.wishes}".strip()
    strictest = max(first.person["protection"], again.person["protection"], key=STRICTNESS.index)
    first.person = {name: value or again.person[name] for name, value in first.person.items()}
    first.person["protection"] = strictest
    first.stated |= again.stated
    if not report.problems:
        # Each row may be in order by itself, and the two together not.
        report.problems.extend(
            reader.wrong_order(
                headings,
                referred_on=first.referred_on,
                started_on=first.started_on,
                last_met_on=first.last_met_on,
                ended_on=first.ended_on,
            )
        )


def _is_same_name(one: str, other: str) -> bool:
    """Whether one of two names is the other or a part of it: "Kari" and "Kari Anne", "Berg" and "Berg Hansen"."""
    parts, others = _name_parts(one), _name_parts(other)
    return parts == others or bool(parts and others and (parts <= others or others <= parts))


def _name_parts(name: str) -> set[str]:
    return set(name.lower().replace("-", " ").split())


def _join_jobs(first: PlannedPerson, again: PlannedPerson, report: RowReport) -> bool:
    """Add the jobs that are new, and ends that only the later row tells. Returns whether any job is new."""
    new = False
    for job in again.jobs:
        place = next((place for place, earlier in enumerate(first.jobs) if earlier.key == job.key), None)
        if place is None:
            first.jobs.append(job)
            new = True
        else:
            first.jobs[place] = _merged_job(first.jobs[place], job, report)
            report.jobs -= 1
    return new


def _merged_job(earlier: PlannedJob, again: PlannedJob, report: RowReport) -> PlannedJob:
    if earlier.hours != again.hours or (earlier.ended_on and again.ended_on and earlier.ended_on != again.ended_on):
        report.doubts.append(
            _("The same job stands in row %(row)s with other hours or another end; that row is used.")
            % {"row": earlier.row}
        )
    if earlier.ended_on is None and again.ended_on is not None:
        return replace(
            earlier,
            ended_on=again.ended_on,
            planned_end_on=None,
            end_reason=again.end_reason,
            stated=earlier.stated | again.stated,
        )
    return earlier
