"""From rows of a sheet to people, their jobs, and what is wrong in which row. Pure: nothing is looked up or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from . import outliers, reader, values
from .columns import Field
from .plan_types import Plan, PlannedJob, PlannedPerson, RowReport
from .sheet import Sheet
from .translatable import gettext as _
from .vocabularies import STRICTNESS

#: Of two rows of one person the first one's holds; another date or name in the second is remarked on.
ONE_OF = ("referred_on", "started_on", "last_met_on", "specialist", "counsellor", "ended_on")

#: The fields that hold a date.
DATES = (
    Field.REFERRED_ON,
    Field.STARTED_ON,
    Field.LAST_MET_ON,
    Field.ENDED_ON,
    Field.JOB_STARTED_ON,
    Field.JOB_ENDED_ON,
)


def make(sheet: Sheet, mapping: Mapping[int, Field], *, today: date) -> Plan:
    """Read every row by ``mapping`` (column -> field); rows of the same person become one.

    A row with a problem contributes nothing, and neither do the other rows of that person, so that nobody is imported
    in half.
    """
    by_field = {field: index for index, field in mapping.items() if field}
    named = {column.index: column.heading for column in sheet.columns}
    headings = {field: named[index] for field, index in by_field.items() if index in named}
    reports = {row.number: RowReport(row.number) for row in sheet.rows}
    date_columns = date_columns_of(sheet, mapping)
    people: dict[str, PlannedPerson] = {}
    for row in sheet.rows:
        report = reports[row.number]
        report.doubts.extend(row.remarks)
        person = reader.read(row, by_field, headings, report, date_columns, today=today)
        if person is None:
            continue
        earlier = people.get(person.number.digits)
        if earlier is None:
            people[person.number.digits] = person
        else:
            _join(earlier, person, reports, headings)
    whole, held_back = [], []
    for person in people.values():
        reports[person.rows[0]].has_ended = person.ended_on is not None
        for number in person.rows:
            reports[number].person = person.rows[0]
        wrong = [number for number in person.rows if reports[number].problems]
        if not wrong:
            whole.append(person)
            continue
        held_back.append(person)
        for number in person.rows:
            if number not in wrong:
                reports[number].problems.append(mend_first(wrong[0]))
    found = outliers.find(outliers.PeopleOfAList(whole, headings, today))
    for number, sentences in found.of_rows.items():
        reports[number].doubts.extend(sentences)
    return Plan(tuple(whole), reports, tuple(held_back), tuple(found.of_the_list))


def date_columns_of(sheet: Sheet, mapping: Mapping[int, Field]) -> dict[Field, values.DateColumn]:
    """How each of the columns of dates is written."""
    indexes = {field: index for index, field in mapping.items() if field in DATES}
    columns = values.date_columns(
        ((row.cells[index] if index < len(row.cells) else None for row in sheet.rows) for index in indexes.values()),
        has_days_from_1904=sheet.has_days_from_1904,
    )
    return dict(zip(indexes, columns, strict=True))


def mend_first(row: int) -> str:
    """What is wrong with a row whose person has another row with a problem."""
    return _("Row %(row)d is about the same person and must be mended first.") % {"row": row}


def _join(
    first: PlannedPerson, again: PlannedPerson, reports: Mapping[int, RowReport], headings: Mapping[Field, str]
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
                    "The same identity number stands in row %(row)d of the list with another name: %(name)s. "
                    "Mend the number or the name, in the row where it is wrong."
                )
                % {"row": there.rows[0], "name": f"{there.given_name} {there.family_name}".strip() or "–"}
            )
        return
    if _name_parts(first.given_name) != _name_parts(again.given_name):
        report.doubts.append(
            _("The given name in row %(row)d is “%(name)s”; that one is used.") % {**row, "name": first.given_name}
        )
    if _join_jobs(first, again, report):
        report.remarks.append(_("The same person as in row %(row)d, with another job.") % row)
    else:
        report.remarks.append(_("The same person as in row %(row)d.") % row)
    for name in ONE_OF:
        here, there = getattr(first, name), getattr(again, name)
        if not here and there:
            setattr(first, name, there)
            if name == "ended_on":
                first.end_cause, first.end_note = again.end_cause, again.end_note
        elif there and here != there:
            sentence = {
                "specialist": _("Another job specialist than in row %(row)d; that one is used."),
                "counsellor": _("Another counsellor than in row %(row)d; that one is used."),
            }.get(name, _("Another date than in row %(row)d; that one is used."))
            if sentence % row not in report.doubts:
                report.doubts.append(sentence % row)
    if again.wishes and again.wishes not in first.wishes:
        first.wishes = f"{first.wishes}\n{again.wishes}".strip()
    strictest = max(first.person["protection"], again.person["protection"], key=STRICTNESS.index)
    first.person = {name: value or again.person[name] for name, value in first.person.items()}
    first.person["protection"] = strictest
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
    return new


def _merged_job(earlier: PlannedJob, again: PlannedJob, report: RowReport) -> PlannedJob:
    if earlier.hours != again.hours or (earlier.ended_on and again.ended_on and earlier.ended_on != again.ended_on):
        report.doubts.append(
            _("The same job stands in row %(row)d with other hours or another end; that row is used.")
            % {"row": earlier.row}
        )
    if earlier.ended_on is None and again.ended_on is not None:
        return replace(earlier, ended_on=again.ended_on, planned_end_on=None, end_reason=again.end_reason)
    return earlier
