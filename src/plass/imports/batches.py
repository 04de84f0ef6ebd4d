"""Writing some people together: each act is done for all of them at once, and what is wrong with one holds back no other.

A person's writer (``writer.py``) says what is to be done, step by step. Here the steps of many go side by side: all are
referred, then all who have somebody to follow them get that, and so on, by the same actions that pages call for one.
Where a person is refused, everything is undone and the others are written without them. Where the database refuses a
statement and does not say whose row it was, the halves are tried by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cached_property, partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from plass.cases import actions as cases
from plass.cases.actions import StaleParticipant
from plass.cases.facts import Refused, bulk_recording, record_all
from plass.cases.gate import NotAllowed, restrict_to_cases
from plass.cases.models import Case, CaseEnded
from plass.followup.models import Contact
from plass.jobs import actions as jobs
from plass.jobs.models import JobStarted
from plass.milestones import refresh as milestone_refresh
from plass.organisation.models import User

from . import queries
from .employer_matching import EmployerMatcher, ListedEmployer
from .existing_records import look_up
from .fields import SECOND_JOB, Field
from .import_request import ImportRequest
from .labels import LABELS
from .models import Imported, ImportedPerson, ToRemember
from .plan import answer_first, mend_first
from .plan_types import PlannedPerson, RowReport
from .questions import Asking
from .row_numbers import RowNumber
from .translatable import as_written
from .translatable import gettext as _
from .writer import Act, Acts, MustBeAnswered, PersonWriter

#: What refuses a person; anything else is a fault of the program, and stops the import.
REFUSALS = (ValidationError, NotAllowed, IntegrityError, DataError, StaleParticipant)
#: The column that a field of a fact, a participant or an employer was read from.
COLUMNS = {field.value: field for field in Field if field not in SECOND_JOB.values()} | {
    "title": Field.JOB_TITLE,
    "name": Field.EMPLOYER,
    "hours_per_week": Field.JOB_HOURS,
}
#: Codes of Django's errors that read the same whatever field they are about.
GENERAL = {"max_length", "invalid", "blank", "null", "min_value", "max_value", "max_digits", "max_whole_digits"}
#: Which acts go first where people have come to different ones, so that as many as possible are done together.
ORDER = (cases.HandOver, Contact, ListedEmployer, JobStarted, jobs.ToEnd, CaseEnded, ToRemember)


class _SomeRefused(Exception):
    """Some people were refused: why, by their place among those who were to be written."""

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        super().__init__(f"{len(errors)} refused")
        self.errors = errors


class Batches:
    """Writes people piece by piece. ``reports`` has the report of each row; the writing adds to it, and to what is
    asked (``asking``).
    """

    def __init__(self, request: ImportRequest, *, reports: dict[RowNumber, RowReport], asking: Asking) -> None:
        self.request, self.by, self.team = request, request.by, request.team
        self.reports, self.asking = reports, asking
        self.workplaces = EmployerMatcher(request.by)
        self._compared: dict[RowNumber, Case] = {}

    def compared(self) -> list[Case]:
        """The cases that people were compared with since this was asked last: those here, or by which they are known."""
        cases = {case.pk: case for case in self._compared.values()}
        self._compared = {}
        return list(cases.values())

    def write(self, people: Sequence[PlannedPerson]) -> int:
        """Write those who can be written, each whole. Returns for how many something was new; problems go to the rows."""
        left = list(people)
        while left:
            before = {number: deepcopy(self.reports[number]) for person in left for number in person.rows}
            try:
                with transaction.atomic(), bulk_recording():
                    self._write_together(left)
            except _SomeRefused as some_refused:
                self.workplaces.forget()
                refused = [left[place] for place in some_refused.errors]
                left = [person for person in left if person not in refused]
                self._restore_reports(left, before)
                for person, error in zip(refused, self._with_whom_to_ask(refused, some_refused), strict=True):
                    self._refuse(person, error)
            except REFUSALS as error:
                self.workplaces.forget()
                self._restore_reports(left, before)
                if len(left) == 1:
                    self._refuse(left[0], error)
                    return 0
                half = len(left) // 2
                return self.write(left[:half]) + self.write(left[half:])
            else:
                self.workplaces.keep()
                return sum(any(self.reports[number].writes for number in person.rows) for person in left)
        return 0

    @cached_property
    def _counsellors(self) -> list[User]:
        return queries.counsellors_of(self.team)

    def _write_together(self, people: Sequence[PlannedPerson]) -> None:
        """Write them all. Raises _SomeRefused where some are refused, having written any number of the others."""
        found = list(zip(people, look_up(people, self.team), strict=True))
        for person, recorded in found:
            if recorded.known_by is not None:
                self._compared[person.rows[0]] = recorded.known_by
                self._tell_compared(person)
            if recorded.is_out_of_sight:
                self._tell_of_earlier_import(person)
        writers = [
            PersonWriter(
                person,
                recorded,
                self.request,
                counsellors=lambda: self._counsellors,
                reports=self.reports,
                asking=self.asking,
            )
            for person, recorded in found
            if not recorded.is_out_of_sight
        ]
        errors: dict[int, Exception] = {}
        to_refer: dict[int, cases.ToRefer] = {}
        for place, writer in enumerate(writers):
            try:
                referral = writer.begin()
            except (ValidationError, MustBeAnswered) as error:
                errors[place] = error
            else:
                if referral is not None:
                    to_refer[place] = referral
        if errors:
            raise _SomeRefused(errors)
        new_cases = _for_places(
            lambda: cases.refer_all(list(to_refer.values()), by=self.by, team=self.team), list(to_refer)
        )
        for place, case in new_cases.items():
            writers[place].case = case
        with restrict_to_cases(*(writer.case.pk for writer in writers)):
            self._side_by_side({place: writer.write() for place, writer in enumerate(writers)})
            ImportedPerson.remember([mark for writer in writers for mark in writer.to_remember_of_person()], by=self.by)

    def _tell_of_earlier_import(self, person: PlannedPerson) -> None:
        """Say that nothing is written of somebody whom the one who imports has written before, and does not see any more."""
        for number in person.rows:
            self.reports[number].is_out_of_sight = True
        self.reports[person.rows[0]].remarks.append(
            _(
                "You have imported this person before, and others follow the case now. Nothing is written. "
                "If it is a new referral, refer the participant on the page for that."
            )
        )

    def _side_by_side(self, acts: dict[int, Acts]) -> None:
        errors: dict[int, Exception] = {}
        waiting: dict[int, Act] = {}

        def go_on(place: int, answer: Any) -> None:
            try:
                waiting[place] = acts[place].send(answer)
            except StopIteration:
                pass
            except REFUSALS as error:
                errors[place] = error

        for place in acts:
            go_on(place, None)
        while waiting:
            kind = min((_kind(act) for act in waiting.values()), key=ORDER.index)
            same_kind = {place: act for place, act in waiting.items() if _kind(act) is kind}
            for place, answer in _for_places(
                partial(self._do, kind, list(same_kind.values())), list(same_kind)
            ).items():
                del waiting[place]
                go_on(place, answer)
        if errors:
            raise _SomeRefused(errors)

    def _do(self, kind: type, acts: list[Any]) -> Sequence[Any]:
        """Do acts of one kind together. Returns the result of each."""
        if kind is cases.HandOver:
            return cases.hand_over_all(acts, by=self.by)
        if kind is Contact:
            return _flat(lambda contacts: record_all(contacts, by=self.by), acts)
        if kind is ListedEmployer:
            return _flat(self.workplaces.find_all, acts)
        if kind is JobStarted:
            return jobs.start_jobs(acts, by=self.by, beside=True)
        if kind is jobs.ToEnd:
            return jobs.end_jobs(acts, by=self.by)
        if kind is CaseEnded:
            # It asks the milestones when the person was referred.
            milestone_refresh.catch_up()
            return cases.end_all(acts, by=self.by)
        assert kind is ToRemember
        return _flat(Imported.remember, acts)

    def _with_whom_to_ask(self, people: Sequence[PlannedPerson], some_refused: _SomeRefused) -> list[Exception]:
        """Why each of them was refused; of a case that the one who imports sees and may not change, whose it is."""
        errors = list(some_refused.errors.values())
        places = [place for place, error in enumerate(errors) if isinstance(error, NotAllowed)]
        if places:
            for place, recorded in zip(places, look_up([people[place] for place in places], self.team), strict=True):
                if recorded.case is not None:
                    errors[place] = ValidationError(self._whose(recorded.case))
        return errors

    def _whose(self, case: Case) -> str:
        if case.specialist is None:
            return _("The case waits in %(team)s, and the supervisor there changes it. Ask them.") % {"team": case.team}
        return _(
            "%(name)s follows this participant, and you may not change the case. Ask %(name)s, or the supervisor."
        ) % {"name": case.specialist.name}

    def _restore_reports(self, people: Sequence[PlannedPerson], before: Mapping[RowNumber, RowReport]) -> None:
        """Put back the reports as they were before the writing that was undone."""
        for person in people:
            for number in person.rows:
                self.reports[number] = before[number]

    def _refuse(self, person: PlannedPerson, error: Exception) -> None:
        """Say in the person's rows that they were not written, and in the row that is wrong or is asked about, why."""
        first = self.reports[person.rows[0]]
        for number in person.rows:
            self.reports[number].writes.clear()
            self.reports[number].given_to = ""
            self.reports[number].differences.clear()
            self.reports[number].shared.clear()
        self._tell_compared(person)
        if isinstance(error, MustBeAnswered):
            first.questions.append(error.sentence)
            for number in person.rows:
                if number != first.number:
                    self.reports[number].questions.append(answer_first(first.number))
            return
        for number in person.rows:
            if number != first.number:
                self.reports[number].problems.append(mend_first(first.number))
        first.problems.extend(reasons(error))

    def _tell_compared(self, person: PlannedPerson) -> None:
        """Note in the person's rows the case that they were compared with."""
        if (case := self._compared.get(person.rows[0])) is not None:
            for number in person.rows:
                self.reports[number].case_id = case.pk


def _kind(act: Act) -> type:
    return type(act[0]) if isinstance(act, list) else type(act)


def _for_places(act: Callable[[], Sequence[Any]], places: Sequence[int]) -> dict[int, Any]:
    """The results of acts, by the places of the people they are for. Raises _SomeRefused by those places."""
    if not places:
        return {}
    try:
        return dict(zip(places, act(), strict=True))
    except Refused as refused:
        raise _SomeRefused({places[n]: error for n, error in refused.errors.items()}) from refused


def _flat(act: Callable[[list[Any]], Sequence[Any]], lists: Sequence[list[Any]]) -> Sequence[list[Any]]:
    """Do one act with the items of several lists together. Returns the results list by list; raises Refused by list."""
    places = [place for place, some in enumerate(lists) for _item in some]
    try:
        results = iter(act([item for some in lists for item in some]))
    except Refused as refused:
        raise Refused({places[n]: error for n, error in refused.errors.items()}) from None
    return [[next(results) for _item in some] for some in lists]


def reasons(error: Exception) -> list[str]:
    """What one of the REFUSALS says, in sentences."""
    if isinstance(error, ValidationError):
        return _messages(error)
    if isinstance(error, NotAllowed):
        return [_("You may not change this case.")]
    if isinstance(error, DataError):
        return [_("Something in the row is too long or too large to be kept.")]
    return [_("Somebody recorded the same at the same moment. Try again.")]


def _messages(error: ValidationError) -> list[str]:
    """What an error says, in any language that it can be said in; with the column where only the field tells which."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    messages: list[str] = []
    for name, errors in by_field.items():
        for item in errors:
            sentence = as_written(item.messages[0] if item.params else item.message)
            field = COLUMNS.get(name)
            if field is not None and item.code in GENERAL:
                sentence = _("The column “%(column)s”: %(what)s") % {"column": LABELS[field], "what": sentence}
            messages.append(sentence)
    return messages
