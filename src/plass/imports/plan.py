"""From rows of a sheet to people, their jobs, and what is wrong in which row. Pure: nothing is looked up or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from plass.organisation.models import User

from . import date_values, moved_cells, outliers, periods, protection_questions, reader, values
from .columns import plain, recognise_one
from .employer_names import EmployerNames
from .fields import DATES, PARTICULARS, SECOND_JOB, Field
from .garbage_collection import without_full_collections
from .headings import HOURS_OR_PER_CENT, WHETHER_ORDINARY
from .labels import LABELS
from .mapping import guesses
from .plan_types import Plan, PlannedJob, PlannedPerson, RowReport
from .questions import AS_IT_STANDS, LATEST, NO_ANSWERS, TOGETHER, WAIT, Answers, Asking, Kind
from .row_numbers import RowNumber
from .row_reader import Layout
from .sections import Status
from .sheet import Row, Sheet, SheetInFile
from .standing import Standing, use_cause
from .translatable import gettext as _
from .vocabularies import STRICTNESS

#: Particulars that go together. Of two rows of one person the last one's hold.
TOGETHER_OR_NOT = [
    tuple(alike) for _together, alike in groupby(PARTICULARS, lambda field: field.about.goes_with or field.value)
]
#: Of two rows of one person the first one's holds; another date or name in the second is remarked on.
ONE_OF = ("referred_on", "started_on", "last_met_on", "specialist", "counsellor", "ended_on")

#: Nobody has had more jobs: whoever has in a list has another's identity number.
MOST_JOBS = 100
#: So much of what a person wants is put together from several rows, and so many problems of a row are told.
LONGEST_WISHES, MOST_TOLD = 20_000, 5


@without_full_collections()
def make(
    sheet: Sheet,
    mapping: Mapping[int, Field],
    *,
    today: date,
    answers: Answers = NO_ANSWERS,
    following: Sequence[User] = (),
    employers: Iterable[str] = (),
) -> Plan:
    """Read every row by ``mapping`` (column -> field); rows of the same person become one. ``following`` are the job
    specialists whom a title or a sheet may name, ``employers`` the names of those that are recorded.

    A row with a problem or an open question contributes nothing, and neither do the other rows of that person, so that
    nobody is imported in half.
    """
    asking = Asking(answers)
    date_columns = date_columns_of(sheet, mapping, today)
    layouts = layouts_of(sheet, mapping, date_columns)
    reports = {row.number: RowReport(row.number, is_only_a_name=row.is_only_a_name) for row in sheet.rows}
    standing = Standing(sheet, mapping, asking, following)
    left_out: dict[RowNumber, str] = {}
    rows_of: dict[str, list[PlannedPerson]] = {}
    headings_of: dict[RowNumber, Mapping[Field, str]] = {}
    moved = moved_cells.find(sheet, mapping)
    names = employers_of(sheet, mapping, employers)
    for row in sheet.rows:
        report = reports[row.number]
        report.doubts.extend(row.remarks)
        layout = layout_of(row, layouts)
        stands = standing.of(row, layout)
        if stands.left_out:
            # What is wrong or unknown in it matters to nobody.
            unused = RowReport(row.number)
            whose = reader.read(row, layout, unused, Asking(answers), today=today, employers=names)
            report.who = unused.who
            _leave_out(report, stands.left_out)
            left_out[row.number] = whose.number.digits if whose else ""
            continue
        report.questions.extend(stands.questions)
        problem, question = row.problem, ""
        if not problem and row.number in moved:
            problem, question = _ask_whether_moved(row, layout, moved[row.number], asking, today)
        # What cells mean that may stand in the wrong columns is not asked.
        asks = Asking(answers) if problem or question else asking
        person = reader.read(row, layout, report, asks, today=today, employers=names)
        if problem or question:
            report.problems[:], report.questions[:] = [problem] if problem else [], [question] if question else []
            report.doubts[:], report.remarks[:] = row.remarks, []
        if person is None:
            continue
        person.said, person.named_by_answer = stands.said, stands.named
        headings_of[row.number] = layout.headings
        rows_of.setdefault(person.number.digits, []).append(person)
    people: dict[str, PlannedPerson] = {}
    for digits, rows in rows_of.items():
        person = _one_person(rows, asking, reports, headings_of)
        if why := standing.look_at_remarks(person, reports):
            for number in person.rows:
                _leave_out(reports[number], why)
                left_out[number] = digits
        else:
            _compare_status(person, reports)
            people[digits] = person
    _say_whose(left_out, people, reports)
    signs = protection_questions.SignsOfRows(sheet, mapping)
    whole, held_back = [], []
    for person in people.values():
        reports[person.rows[0]].has_ended = person.ended_on is not None
        for number in person.rows:
            reports[number].person = person.rows[0]
        wrong = [number for number in person.rows if reports[number].problems]
        if wrong:
            for number in person.rows:
                if not reports[number].problems:
                    reports[number].problems.append(mend_first(wrong[0]))
            held_back.append(person)
            continue
        protection_questions.ask(person, signs, asking, reports)
        waiting = [number for number in person.rows if reports[number].questions]
        if not waiting:
            whole.append(person)
            continue
        for number in person.rows:
            if number not in waiting:
                reports[number].questions.append(answer_first(waiting[0]))
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


def _ask_whether_moved(
    row: Row, layout: Layout, cells: Sequence[tuple[str, str]], asking: Asking, today: date
) -> tuple[str, str]:
    """Ask about a row whose cells may stand in the columns of others: what is wrong with it by the answer, and the sentence
    that asks where there is none. Both are empty where it was answered that the row is right.
    """
    report = RowReport(row.number)
    reader.read(row, layout, report, Asking(asking.answers), today=today)
    shown = [report.who, *(f"{heading}: {cell}" for heading, cell in cells)]
    answer = asking.ask(Kind.MOVED, [*map(values.text, row.cells)], rows=[row.number], shown=shown)
    if answer == AS_IT_STANDS:
        return "", ""
    where = {"cells": "; ".join(f"{heading}: {cell[:60]}" for heading, cell in cells)}
    if answer is None:
        return "", _("Have the cells of the row moved to their neighbours' columns? See %(cells)s.") % where
    return _(
        "The cells of the row have moved to their neighbours' columns, by your answer: see %(cells)s. Mend the row."
    ) % where, ""


def employers_of(sheet: Sheet, mapping: Mapping[int, Field], recorded: Iterable[str]) -> EmployerNames:
    """The names of employers in a list, beside those that are recorded."""
    indexes = [index for index, field in mapping.items() if field in (Field.EMPLOYER, SECOND_JOB[Field.EMPLOYER])]
    cells = (values.text(row.cells[index]) for row in sheet.rows for index in indexes if index < len(row.cells))
    return EmployerNames((cell for cell in cells if cell), recorded)


def date_columns_of(sheet: Sheet, mapping: Mapping[int, Field], today: date) -> dict[int, date_values.DateColumn]:
    """How each of the columns of dates is written."""
    indexes = [index for index, field in mapping.items() if field in DATES]
    columns = date_values.date_columns(
        ((row.cells[index] if index < len(row.cells) else None for row in sheet.rows) for index in indexes),
        today=today,
        has_days_from_1904=sheet.has_days_from_1904,
    )
    return dict(zip(indexes, columns, strict=True))


def layouts_of(
    sheet: Sheet, mapping: Mapping[int, Field], date_columns: Mapping[int, date_values.DateColumn]
) -> dict[str, Layout]:
    """Where each sheet that is read has what, by its name."""
    return {part.title: _layout(part, sheet, mapping, date_columns) for part in sheet.parts}


def layout_of(row: Row, layouts: Mapping[str, Layout]) -> Layout:
    """The layout of a row's sheet. Where one sheet is read, or a text file, its name says nothing."""
    return layouts.get(row.sheet) or next(iter(layouts.values()))


def _layout(
    part: SheetInFile, sheet: Sheet, mapping: Mapping[int, Field], date_columns: Mapping[int, date_values.DateColumn]
) -> Layout:
    """Where the fields stand in the rows of one sheet."""
    by_field = {mapping[index]: index for index in part.columns if mapping.get(index)}
    named = {column.index: column.heading for column in sheet.columns}
    return Layout(
        by_field,
        {field: named[index] for field, index in by_field.items()},
        {field: date_columns[index] for field, index in by_field.items() if index in date_columns},
        {
            index: named[index]
            for index in part.columns
            if not mapping.get(index) and not recognise_one(named[index]).guarded_by
        },
        {
            index: (named[index], match["which"] or "")
            for index in part.columns
            if not mapping.get(index) and (match := WHETHER_ORDINARY.fullmatch(plain(named[index])))
        },
        frozenset(field for field, index in by_field.items() if hours_or_per_cent(field, index, sheet)),
    )


def hours_or_per_cent(field: Field, index: int, sheet: Sheet) -> bool:
    """Whether neither the heading of a column nor its numbers tell whether they are hours or per cent.

    What one cell says of itself ("20 t" below per cent) is true of it alone, and the heading does not tell of the others.
    """
    cells = [row.cells[index] for row in sheet.rows if index < len(row.cells)]
    if field in (Field.JOB_HOURS, SECOND_JOB[Field.JOB_HOURS]):
        heading = next(column.heading for column in sheet.columns if column.index == index)
        says_either = values.says_per_cent(heading) or plain(heading) in HOURS_OR_PER_CENT
        return says_either or any(map(values.says_per_cent, cells)) or values.looks_like_per_cent(cells)
    return field in (Field.JOB_PERCENT, SECOND_JOB[Field.JOB_PERCENT]) and (
        values.looks_like_hours(cells) or any(map(values.says_hours, cells))
    )


def _leave_out(report: RowReport, why: str) -> None:
    """Say of a row that it is not to be written; then nothing of it need be mended or answered."""
    report.is_left_out = True
    report.problems.clear()
    report.questions.clear()
    report.remarks.append(why)


def _say_whose(
    left_out: Mapping[RowNumber, str], people: Mapping[str, PlannedPerson], reports: Mapping[RowNumber, RowReport]
) -> None:
    """Join the rows that are not to be written with the others about the same person."""
    first_rows = {digits: person.rows[0] for digits, person in people.items()}
    for number, digits in left_out.items():
        reports[number].person = first_rows.setdefault(digits, number) if digits else number


def _compare_status(person: PlannedPerson, reports: Mapping[RowNumber, RowReport]) -> None:
    """Ask about who is said to have ended without a date, and tell what else does not go together with the dates."""
    for number, sentence in person.causes_alone if person.ended_on is None else ():
        reports[number].doubts.append(sentence)
    for said in person.said:
        report = reports[said.row]
        if said.status is Status.ENDED:
            if person.ended_on is None and not report.problems:
                report.problems.append(said.has_no_end)
            elif person.ended_on is not None:
                use_cause(person, said, reports[person.rows[0]])
        elif person.ended_on is not None:
            if said.status is Status.IN_JOB:
                continue
            report.doubts.append(
                _("%(source)s, and yet the list has an end date, %(day)s. The date is used.")
                % {"source": said.source, "day": person.ended_on}
            )
        elif said.status is Status.PAUSED:
            report.doubts.append(
                _(
                    "%(source)s. A list does not say since when: it is written as one that goes on. "
                    "Record the pause afterwards."
                )
                % {"source": said.source}
            )
        elif (said.status is Status.IN_JOB and not person.jobs) or (said.status is Status.WAITING and person.has_begun):
            report.doubts.append(
                _("%(source)s, which does not go together with the rest of what is read. It is not written.")
                % {"source": said.source}
            )


def mend_first(row: RowNumber) -> str:
    """What is wrong with a row whose person has another row with a problem."""
    return _("Row %(row)s is about the same person and must be mended first.") % {"row": row}


def answer_first(row: RowNumber) -> str:
    """What a row waits for whose person has another row with a question."""
    return _("Row %(row)s is about the same person and waits for an answer.") % {"row": row}


def _one_person(
    rows: Sequence[PlannedPerson],
    asking: Asking,
    reports: Mapping[RowNumber, RowReport],
    headings_of: Mapping[RowNumber, Mapping[Field, str]],
) -> PlannedPerson:
    """The person of all rows with one number. Where these are about several periods, the last is read, or all as one if it
    was answered so.
    """
    found = [list(rows)]
    if all(_has_same_name(rows[0], row) for row in rows):
        found = periods.of(rows)
    if len(found) == 1:
        return _joined(rows, reports, headings_of)
    answer = _ask_about_periods(found, rows, asking, reports)
    if answer == TOGETHER:
        whole = periods.as_one(found)
        for row in rows:
            reports[row.rows[0]].remarks.append(
                _("Read as one follow-up, %(days)s, by your answer.") % {"days": periods.in_figures(whole)}
            )
        return _joined(whole, reports, headings_of)
    *earlier, latest = found
    first = _joined(latest, reports, headings_of)
    for row in (row for period in earlier for row in period):
        first.rows.extend(row.rows)
        if answer == LATEST:
            reports[row.rows[0]].doubts.append(
                _("This is an earlier period than the one in row %(row)s, and is not written, by your answer.")
                % {"row": first.rows[0]}
            )
    return first


def _ask_about_periods(
    found: Sequence[Sequence[PlannedPerson]],
    rows: Sequence[PlannedPerson],
    asking: Asking,
    reports: Mapping[RowNumber, RowReport],
) -> str | None:
    """Ask which of several periods is written; the rows are held back until it is answered, or if they are to wait."""
    kind = Kind.OVERLAP if periods.overlap(found) else Kind.PERIODS
    asked = {
        Kind.OVERLAP: _("The rows of this person are about periods that overlap. Are they one follow-up?"),
        Kind.PERIODS: _("The rows of this person are about several periods of follow-up. Which of them is it?"),
    }
    shown = [f"{rows[0].given_name} {rows[0].family_name}", *map(periods.in_figures, found)]
    numbers = [row.rows[0] for row in rows]
    answer = asking.ask(kind, [rows[0].number.digits, *shown], rows=numbers, shown=shown)
    for number in numbers:
        if answer is None:
            reports[number].questions.append(asked[kind])
        elif answer == WAIT:
            reports[number].problems.append(
                _(
                    "The rows of this person are about several periods, and wait until the list is mended, by your answer."
                )
            )
    return answer


def _joined(
    rows: Sequence[PlannedPerson],
    reports: Mapping[RowNumber, RowReport],
    headings_of: Mapping[RowNumber, Mapping[Field, str]],
) -> PlannedPerson:
    """The person of rows that are about one period."""
    first, *others = rows
    for row in others:
        _join(first, row, reports, headings_of[row.rows[0]])
    return first


def _has_same_name(one: PlannedPerson, other: PlannedPerson) -> bool:
    return is_same_name(one.family_name, other.family_name) and is_same_name(one.given_name, other.given_name)


def _join(
    first: PlannedPerson, again: PlannedPerson, reports: Mapping[RowNumber, RowReport], headings: Mapping[Field, str]
) -> None:
    """Another row of the same person: its jobs are added and its values fill what is empty; contradictions are told."""
    row = {"row": first.rows[0]}
    report = reports[again.rows[0]]
    first.rows.extend(again.rows)
    if not _has_same_name(first, again):
        # Nobody but the office can say which of the two is right, so each says what is wrong with it.
        for here, there in ((first, again), (again, first)):
            if len(reports[here.rows[0]].problems) >= MOST_TOLD:
                continue
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
                first.stated |= again.stated & {Field.END_CAUSE}
        elif there and here != there:
            sentence = {
                "specialist": _("Another job specialist than in row %(row)s; that one is used."),
                "counsellor": _("Another counsellor than in row %(row)s; that one is used."),
            }.get(name, _("Another date than in row %(row)s; that one is used."))
            if sentence % row not in report.doubts:
                report.doubts.append(sentence % row)
    _join_causes(first, again, report)
    first.said.extend(again.said)
    first.causes_alone.extend(again.causes_alone)
    first.named_by_answer |= again.named_by_answer
    first.stands_under.extend(again.stands_under)
    if again.wishes and again.wishes not in first.wishes:
        if len(first.wishes) + len(again.wishes) <= LONGEST_WISHES:
            first.wishes = f"{first.wishes}\n{again.wishes}".strip()
        else:
            report.doubts.append(_("The wishes in the rows above are so long that those in this row are left out."))
    strictest = max(first.person["protection"], again.person["protection"], key=STRICTNESS.index)
    _join_particulars(first, again, report, headings)
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


def _join_causes(first: PlannedPerson, again: PlannedPerson, report: RowReport) -> None:
    """Of one end with two causes the first row's holds, and is told."""
    if first.ended_on != again.ended_on or Field.END_CAUSE not in again.stated:
        return
    if Field.END_CAUSE not in first.stated:
        first.end_cause, first.end_note = again.end_cause, again.end_note
    elif (first.end_cause, first.end_note.casefold()) != (again.end_cause, again.end_note.casefold()):
        report.doubts.append(
            _("Another cause of the end than in row %(row)s; that one is used.") % {"row": first.rows[0]}
        )


def _join_particulars(
    first: PlannedPerson, again: PlannedPerson, report: RowReport, headings: Mapping[Field, str]
) -> None:
    """Another phone, e-mail or address is newer than the ones in the rows above: it holds, and is told."""
    for fields in TOGETHER_OR_NOT:
        here, there = ({field: person.person[field.value] for field in fields} for person in (first, again))
        others = [
            field for field in fields if here[field] and there[field] and not _is_alike(here[field], there[field])
        ]
        for field in others:
            report.doubts.append(
                _("“%(column)s” is “%(value)s” in a row above. What this row says is used.")
                % {"column": headings.get(field, LABELS[field]), "value": here[field]}
            )
        for field in fields:
            # A new street does not go with the old postal code.
            first.person[field.value] = there[field] if others else here[field] or there[field]


def _is_alike(one: str, other: str) -> bool:
    """Whether two particulars are the same, however they are written: capitals and spaces, and a phone's code of Norway."""
    plain_one, plain_other = ("".join(word.casefold().split()).removeprefix("+47") for word in (one, other))
    return plain_one == plain_other


def is_same_name(one: str, other: str) -> bool:
    """Whether one of two names is the other or a part of it: "Kari" and "Kari Anne", "Berg" and "Berg Hansen"."""
    parts, others = _name_parts(one), _name_parts(other)
    return parts == others or bool(parts and others and (parts <= others or others <= parts))


def _name_parts(name: str) -> set[str]:
    return set(name.lower().replace("-", " ").split())


def _join_jobs(first: PlannedPerson, again: PlannedPerson, report: RowReport) -> bool:
    """Add the jobs that are new, and ends that only the later row tells. Returns whether any job is new."""
    new = False
    for job in again.jobs:
        place = first.place_of_job(job.key)
        if place is None:
            first.jobs.append(job)
            new = True
            if len(first.jobs) == MOST_JOBS + 1:
                report.problems.append(
                    _(
                        "The list has more than %(count)d jobs of this person. Look whether the identity number is right."
                    )
                    % {"count": MOST_JOBS}
                )
        else:
            first.jobs[place] = _merged_job(first.jobs[place], job, report)
            report.jobs -= 1
    return new


def _merged_job(earlier: PlannedJob, again: PlannedJob, report: RowReport) -> PlannedJob:
    """One job of two rows: what only the later row says is added, and what it says otherwise is told."""
    said_twice = earlier.stated & again.stated
    has_other_words = any(getattr(earlier, name) != getattr(again, name) for name in _named(said_twice))
    has_another_end = bool(earlier.ended_on and again.ended_on and earlier.ended_on != again.ended_on)
    if earlier.hours != again.hours or has_another_end or has_other_words:
        report.doubts.append(
            _("The same job stands in row %(row)s with other hours, another end or other words; that row is used.")
            % {"row": earlier.row}
        )
    only_again = again.stated - earlier.stated
    merged = replace(
        earlier,
        stated=earlier.stated | again.stated,
        **{name: getattr(again, name) for name in _named(only_again)},
    )
    if earlier.ended_on is None and again.ended_on is not None:
        return replace(merged, ended_on=again.ended_on, planned_end_on=None, end_reason=again.end_reason)
    if earlier.ended_on == again.ended_on and Field.JOB_END_REASON in only_again:
        return replace(merged, end_reason=again.end_reason)
    return merged


def _named(fields: Iterable[Field]) -> list[str]:
    """The parts of a job that are words, of these fields."""
    names = {Field.JOB_TITLE: "title", Field.JOB_FORM: "form", Field.SUBSIDISED: "subsidised"}
    return [name for field, name in names.items() if field in fields]
