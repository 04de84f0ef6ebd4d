"""Taking what a list says otherwise: as a change from a day, as a correction, or left as it is.

Each is done by the act that a page does it by, with the list as the source. A person's are taken together; where something
is refused, each is tried by itself, so that the refused one alone is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases import queries as case_queries
from plass.cases.facts import StaleFact, correct
from plass.cases.gate import check, restrict_to_cases
from plass.cases.models import Assignment, Case, CaseEnded, Fact
from plass.employers.queries import meant_by
from plass.jobs import actions as jobs
from plass.jobs.models import JobChanged, JobEnded, JobStarted
from plass.jobs.queries import JobPeriod
from plass.organisation.models import User

from .batches import REFUSALS, reasons
from .differences import PARTICULARS, Finding, compare, fingerprint, matching_jobs
from .existing_records import ExistingRecords, look_up
from .fields import Field
from .import_request import ImportRequest
from .models import Imported
from .plan_types import Difference, PlannedPerson
from .row_numbers import RowNumber
from .staff_matching import Unclear, find_counsellor, find_specialist
from .translatable import gettext as _
from .translatable import joined
from .ways import Way

#: The field of a job's start, or of its end, that a column holds.
OF_THE_START = {
    Field.JOB_TITLE: "title",
    Field.JOB_FORM: "form",
    Field.SUBSIDISED: "subsidised",
    Field.JOB_STARTED_ON: "happened_on",
}
OF_THE_END = {Field.JOB_ENDED_ON: "happened_on", Field.JOB_END_REASON: "reason"}
#: The same of the follow-up.
OF_THE_REFERRAL = {Field.REFERRED_ON: "happened_on", Field.WISHES: "wishes"}
OF_THE_ENDING = {Field.ENDED_ON: "happened_on", Field.END_CAUSE: "cause"}
ROLES = {Field.SPECIALIST: Assignment.Role.SPECIALIST, Field.COUNSELLOR: Assignment.Role.COUNSELLOR}


@dataclass(frozen=True)
class Choice:
    """How a difference is to be taken. ``from_day`` is the first day of a change; without one it is today."""

    way: Way
    from_day: date | None = None


@dataclass
class Taken:
    """What came of it: how many differences were written, left and refused, and by row what differs now."""

    written: int = 0
    left: int = 0
    refused: int = 0
    #: How many there still were as they were chosen.
    found: int = 0
    #: Those that were no difference any more, or another one than was chosen.
    gone: int = 0
    differences: dict[RowNumber, list[Difference]] = field(default_factory=dict)

    def add(self, other: Taken) -> None:
        """Count another piece too."""
        self.written += other.written
        self.left += other.left
        self.refused += other.refused
        self.found += other.found
        self.differences |= other.differences


def choices_for(differences: Iterable[Difference], way: Way, from_day: date | None = None) -> dict[str, Choice]:
    """That way for each that can be taken so. Particulars, which nobody corrects by a fact, are changed by either."""
    choices = {}
    day = from_day or timezone.localdate()
    for difference in differences:
        if way is Way.CHANGE and not difference.can_change_from(day):
            continue
        if way in (*difference.ways, Way.LEAVE):
            choices[difference.key] = Choice(way, from_day)
        elif difference.field in PARTICULARS and difference.ways:
            choices[difference.key] = Choice(Way.CHANGE)
    return choices


def sure_of_whom(differences: Sequence[Difference]) -> list[Difference]:
    """The differences of people whose name in the list is the recorded one.

    Where the name differs, the list may have the identity number of somebody else. Such differences are not taken all at
    once: somebody looks at each.
    """
    doubtful = {one.case_id for one in differences if one.is_of_the_name and not one.is_left}
    return [difference for difference in differences if difference.case_id not in doubtful]


def people_with(people: Iterable[PlannedPerson], rows: Collection[RowNumber]) -> list[PlannedPerson]:
    """The people who stand in one of the rows."""
    return [person for person in people if not set(rows).isdisjoint(person.rows)]


@dataclass(frozen=True)
class _Refusal:
    """Which differences were at fault, by their keys, and why."""

    at_fault: list[str]
    why: str


class Taker:
    """Takes the differences of some people as was chosen by their keys."""

    def __init__(self, choices: Mapping[str, Choice], request: ImportRequest) -> None:
        self.choices, self.by, self.team = choices, request.by, request.team
        self.specialists, self.name = request.specialists, request.name
        self.counsellors: list[User] | None = None

    def take(self, people: Sequence[PlannedPerson]) -> Taken:
        """Take those of ``people``. Needs a transaction in which nobody else imports to the office."""
        taken = Taken()
        refused: dict[str, str] = {}
        records = look_up(people, self.team)
        not_together: list[tuple[PlannedPerson, list[str]]] = []
        with restrict_to_cases(*(recorded.case.pk for recorded in records if recorded.case is not None)):
            for person, recorded, found in zip(people, records, self._compared(people, records), strict=True):
                keys = [key for key in found if key in self.choices]
                taken.found += len(keys)
                if keys and self._refusal(person, recorded, {key: found[key] for key in keys}):
                    not_together.append((person, keys))
                else:
                    self._count(taken, keys)
        for person, keys in not_together:
            why = self._apart(person, keys)
            refused |= why
            taken.refused += len(why)
            self._count(taken, [key for key in keys if key not in why])
        taken.differences = self._now(people, refused)
        return taken

    def _count(self, taken: Taken, keys: Iterable[str]) -> None:
        for key in keys:
            if self.choices[key].way is Way.LEAVE:
                taken.left += 1
            else:
                taken.written += 1

    def _apart(self, person: PlannedPerson, keys: Sequence[str]) -> dict[str, str]:
        """Take what can be taken of a person's that were refused together: without those that were at fault, then each of
        these by itself. Why each is refused, by its key.
        """
        refused: dict[str, str] = {}
        fields = self._fields(person, keys)
        # Whoever hands a case over may not see it any more.
        hand_over = [key for key in keys if fields.get(key) in ROLES]
        together = [key for key in keys if key not in hand_over]
        by_itself: list[str] = []
        while together and (refusal := self._again(person, together)):
            by_itself += refusal.at_fault
            together = [key for key in together if key not in refusal.at_fault]
        for key in (*by_itself, *reversed(hand_over)):
            if refusal := self._again(person, [key]):
                refused[key] = refusal.why
        return refused

    def _fields(self, person: PlannedPerson, keys: Sequence[str]) -> dict[str, Field]:
        (found,) = self._compared([person], look_up([person], self.team))
        return {key: found[key].field for key in keys if key in found}

    def _again(self, person: PlannedPerson, keys: Sequence[str]) -> _Refusal | None:
        """Take these of a person's, as everything stands now; what refuses them, if anything does."""
        (recorded,) = records = look_up([person], self.team)
        (found,) = self._compared([person], records)
        if recorded.case is None or (gone := [key for key in keys if key not in found]):
            # It is not seen any more, or what was taken before has changed it.
            at_fault = list(keys) if recorded.case is None else gone
            return _Refusal(at_fault, _("It is not as it was shown any more. Check the list anew."))
        with restrict_to_cases(recorded.case.pk):
            return self._refusal(person, recorded, {key: found[key] for key in keys})

    def _refusal(
        self, person: PlannedPerson, recorded: ExistingRecords, found: Mapping[str, Finding]
    ) -> _Refusal | None:
        """Take some of a person's, all or none; what refuses them, if anything does."""
        of_person = _PersonTaker(self, person, recorded, {finding: self.choices[key] for key, finding in found.items()})
        try:
            with transaction.atomic():
                of_person.take()
        except (*REFUSALS, StaleFact) as error:
            at_fault = _at_fault(error, of_person.at_work)
            # What is about none of them is about all.
            return _Refusal(
                [key for key, one in found.items() if one in at_fault] or list(found), joined(reasons(error))
            )
        return None

    def _now(self, people: Sequence[PlannedPerson], refused: Mapping[str, str]) -> dict[RowNumber, list[Difference]]:
        """What differs now, by row, with why it was refused."""
        now: dict[RowNumber, list[Difference]] = {row: [] for person in people for row in person.rows}
        records = look_up(people, self.team)
        for person, recorded, found in zip(people, records, self._compared(people, records), strict=True):
            for key, finding in found.items():
                assert recorded.case is not None
                difference = finding.shown(person, recorded.case.pk, recorded.fingerprints)
                now[finding.row].append(replace(difference, refused=refused.get(key, "")))
        return now

    def _compared(
        self, people: Sequence[PlannedPerson], records: Sequence[ExistingRecords]
    ) -> list[dict[str, Finding]]:
        """What differs for each of them, by its key; nothing for those who have no case that is seen."""
        planned = [job for person in people for job in person.jobs]
        employers = meant_by([(job.employer, job.employer_number) for job in planned])
        numbers = {job.key: employer.pk for job, employer in zip(planned, employers, strict=True) if employer}
        compared: list[dict[str, Finding]] = []
        for person, recorded in zip(people, records, strict=True):
            if recorded.case is None:
                compared.append({})
                continue
            found = compare(
                person,
                recorded,
                jobs=matching_jobs(person, recorded.jobs, numbers),
                specialist=self._specialist(person),
                counsellor=self._counsellor(person, recorded.case),
            )
            compared.append({finding.mark(person).hex(): finding for finding in found})
        return compared

    def _specialist(self, person: PlannedPerson) -> User | None:
        try:
            return find_specialist(person.specialist, self.specialists) if person.specialist else None
        except ValidationError:
            return None

    def _counsellor(self, person: PlannedPerson, case: Case) -> User | None:
        try:
            return find_counsellor(person.counsellor, case.counsellor, self._counsellors) if person.counsellor else None
        except Unclear:
            return None

    def _counsellors(self) -> Sequence[User]:
        if self.counsellors is None:
            there = case_queries.who_can_follow(self.team.office_id, Assignment.Role.COUNSELLOR)
            self.counsellors = [user for user, _team in there]
        return self.counsellors


class _PersonTaker:
    """Takes what was chosen of one person's. Raises what refuses it; whoever asks undoes all of it."""

    def __init__(
        self, taker: Taker, person: PlannedPerson, recorded: ExistingRecords, chosen: Mapping[Finding, Choice]
    ) -> None:
        self.by, self.team, self.name = taker.by, taker.team, taker.name
        self.person, self.recorded, self.chosen = person, recorded, chosen
        #: What is being taken just now, by the name of the field that each is written to; all where it is about all.
        self.at_work: dict[Finding, str] = {}

    @property
    def case(self) -> Case:
        assert self.recorded.case is not None
        return self.recorded.case

    def take(self) -> None:
        for finding, choice in self.chosen.items():
            if choice.way not in (*finding.ways, Way.LEAVE):
                self.at_work = {finding: ""}
                raise ValidationError(_("This can only be changed on the participant's own pages."))
        self._remember()
        self._particulars()
        self._correct(self.recorded.referral, self._values(OF_THE_REFERRAL))
        self._correct(self.recorded.first_talk, self._values({Field.STARTED_ON: "happened_on"}))
        self._ending()
        for job in {finding.job.job_id: finding.job for finding in self.chosen if finding.job}.values():
            self._job(job)
        # Last: whoever hands a case over may not see it any more.
        self._hand_over()
        self.at_work = {}

    def _of(self, fields: Collection[Field], *ways: Way, job: JobPeriod | None = None) -> list[Finding]:
        """What was chosen to be taken in one of these ways, of these fields, of the job."""
        return [
            finding
            for finding, choice in self.chosen.items()
            if finding.field in fields and choice.way in ways and finding.job == job
        ]

    def _values(self, names: Mapping[Field, str], job: JobPeriod | None = None) -> dict[Finding, tuple[str, Any]]:
        """What is to be corrected: the field of the fact, and its value."""
        return {
            finding: (names[finding.field], finding.listed)
            for finding in self._of(names, Way.CORRECTION, job=job)
            if not finding.name
        }

    def _correct(self, fact: Fact | None, values: Mapping[Finding, tuple[str, Any]], **more: Any) -> None:
        if values:
            # It was there when the list was compared with it.
            assert fact is not None
            self.at_work = {finding: name for finding, (name, _value) in values.items()}
            correct(fact, by=self.by, reason=self._source(next(iter(values))), changes=dict(values.values()) | more)

    def _source(self, finding: Finding) -> str:
        return str(_("From the list “%(name)s”, row %(row)s") % {"name": self.name, "row": finding.row})

    def _remember(self) -> None:
        """Keep with the case what is left, and what an import would else write once more when it is withdrawn."""
        marks = set()
        for finding, choice in self.chosen.items():
            if choice.way is Way.LEAVE:
                marks.add(finding.mark(self.person))
            elif content := _as_imported(finding):
                marks.add(fingerprint(self.person, *content))
        if marks:
            # Whoever may only read the case keeps nothing with it.
            check(self.case, self.by)
        Imported.objects.bulk_create(
            [Imported(case=self.case, fingerprint=mark) for mark in marks - self.recorded.fingerprints]
        )

    def _particulars(self) -> None:
        changes = {PARTICULARS[finding.field]: finding.listed for finding in self._of(PARTICULARS, Way.CHANGE)}
        if changes:
            self.at_work = {finding: PARTICULARS[finding.field] for finding in self._of(PARTICULARS, Way.CHANGE)}
            registered = self.case.participant
            cases.change_participant(registered, by=self.by, based_on=registered.version, **changes)

    def _ending(self) -> None:
        values = self._values(OF_THE_ENDING)
        for finding in self._of({Field.END_CAUSE}, Way.CORRECTION):
            if finding.name:
                values[finding] = ("note", finding.listed)
        if not values:
            return
        fact = _standing(CaseEnded, case=self.case)
        assert fact is not None
        words = any(finding.field is Field.END_CAUSE for finding in values) and not fact.note and self.person.end_note
        self._correct(fact, values, **({"note": words} if words else {}))

    def _job(self, job: JobPeriod) -> None:
        start, ending = self._values(OF_THE_START, job), self._values(OF_THE_END, job)
        terms = {
            finding: (_term(finding), finding.listed)
            for finding in self._of((Field.JOB_HOURS, Field.JOB_ENDED_ON), Way.CORRECTION, job=job)
            if finding not in ending
        }
        changed = _standing(JobChanged, case=self.case, job=job.job_id, happened_on__lte=timezone.localdate())
        # In this order the job is in order after each: the list's is at the same time as the recorded one.
        if changed is None:
            start |= terms
        self._correct(_standing(JobStarted, case=self.case, job=job.job_id), start)
        if changed is not None:
            self._correct(changed, terms)
        self._correct(_standing(JobEnded, case=self.case, job=job.job_id), ending)
        self._change_terms(job, terms)

    def _change_terms(self, job: JobPeriod, corrected: Mapping[Finding, tuple[str, Any]]) -> None:
        """Other hours or another agreed last day, each from its day on."""
        terms = {"hours_per_week": job.hours_per_week, "planned_end_on": job.planned_end_on} | dict(corrected.values())
        by_day: dict[date, list[Finding]] = {}
        for finding in self._of((Field.JOB_HOURS, Field.JOB_ENDED_ON), Way.CHANGE, job=job):
            by_day.setdefault(self._day(finding), []).append(finding)
        for day in sorted(by_day):
            terms |= {_term(finding): finding.listed for finding in by_day[day]}
            self.at_work = {finding: _term(finding) for finding in by_day[day]}
            jobs.change_job(
                self.case, by=self.by, job_id=job.job_id, happened_on=day, note=self._source(by_day[day][0]), **terms
            )

    def _hand_over(self) -> None:
        for finding in self._of(ROLES, Way.CHANGE):
            is_specialist = finding.field is Field.SPECIALIST
            self.at_work = {finding: ""}
            cases.hand_over(
                self.case,
                by=self.by,
                to=finding.listed,
                team=self.team if is_specialist else None,
                role=ROLES[finding.field],
                reason=self._source(finding),
                happened_on=self._day(finding),
                instead_of=self.case.specialist_id if is_specialist else self.case.counsellor_id,
            )

    def _day(self, finding: Finding) -> date:
        return self.chosen[finding].from_day or timezone.localdate()


def _at_fault(error: Exception, at_work: Mapping[Finding, str]) -> set[Finding]:
    """What an error is about, of what was being taken, by the name of the field that each is written to.

    An error that says of which fields it is, is about these; one about none of them, about all.
    """
    fields = set(getattr(error, "error_dict", ()))
    return {finding for finding, name in at_work.items() if name in fields} or set(at_work)


def _term(finding: Finding) -> str:
    return "hours_per_week" if finding.field is Field.JOB_HOURS else "planned_end_on"


def _as_imported(finding: Finding) -> tuple[str, str] | None:
    """What an import calls the fact that comes of it, and its content; None for what an import never adds."""
    if finding.name:
        return None
    return {
        Field.STARTED_ON: ("start", str(finding.listed)),
        Field.ENDED_ON: ("end", str(finding.listed)),
        Field.SPECIALIST: ("specialist", str(getattr(finding.listed, "pk", ""))),
        Field.COUNSELLOR: ("counsellor", str(getattr(finding.listed, "pk", ""))),
        Field.JOB_STARTED_ON: ("job", finding.job_key),
        Field.JOB_ENDED_ON: ("job end", f"{finding.job_key}|{finding.listed}"),
    }.get(finding.field)


def _standing(kind: type[Fact], **of: Any) -> Any:
    """The last fact of a kind that stands; None where there is none."""
    facts = kind._default_manager.filter(superseded_at=None, **of)
    return facts.order_by("-happened_on", "-pk").first()
