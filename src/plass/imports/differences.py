"""What a list says otherwise than what is recorded, person by person. Values are compared; nothing is asked or written.

What the list says nothing of is no difference, and neither is what an import writes anyway because it is new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from plass.cases.models import CaseEnded, Participant
from plass.db import encryption
from plass.jobs.models import JobEnded, JobStarted
from plass.jobs.queries import JobPeriod
from plass.organisation.models import User

from .existing_records import ExistingRecords
from .fields import PARTICULARS as OF_THE_PARTICIPANT
from .fields import Field
from .plan_types import Difference, PlannedJob, PlannedPerson
from .row_numbers import RowNumber
from .translatable import TranslatableText, as_written
from .translatable import gettext as _
from .vocabularies import STRICTNESS
from .ways import Way

#: Fields of the participant that a list may change, by column.
PARTICULARS = {field: field.value for field in (Field.GIVEN_NAME, Field.FAMILY_NAME, *OF_THE_PARTICIPANT)}
WHERE = (Field.ADDRESS, Field.POSTAL_CODE, Field.PLACE)
#: So much of a long text is shown.
LONGEST = 200
NOTHING = "–"

EITHER, CHANGED, CORRECTED = (Way.CHANGE, Way.CORRECTION), (Way.CHANGE,), (Way.CORRECTION,)


def fingerprint(person: PlannedPerson, kind: str, content: str) -> bytes:
    """32 bytes that say "this person, this kind of fact, this content" to who has the key, and nothing to others."""
    return encryption.keyed_hash(f"{person.number.digits}|{kind}|{content}".encode())


@dataclass(frozen=True)
class Finding:
    """A difference with what is to be written: the values themselves. ``job`` is the recorded one that it is about.

    ``job_key`` is the list's key of the job, and ``latest_day`` its last one. ``name`` is what of the field it is, where one
    column stands for several facts.
    """

    row: RowNumber
    field: Field
    recorded: Any
    listed: Any
    ways: tuple[Way, ...] = CORRECTED
    job: JobPeriod | None = None
    job_key: str = ""
    name: str = ""
    about: str = ""
    latest_day: date | None = None

    @property
    def is_dated(self) -> bool:
        """Whether a change is true from a day that is asked for."""
        return Way.CHANGE in self.ways and self.field not in PARTICULARS

    def mark(self, person: PlannedPerson) -> bytes:
        """The same for the same two values, and for no others. Kept with the case where somebody lets it stay."""
        values = f"{_raw(self.recorded)}|{_raw(self.listed)}"
        job_id = self.job.job_id if self.job else ""
        return fingerprint(person, "left", f"{self.field.value}{self.name}|{job_id}|{values}")

    def shown(self, person: PlannedPerson, case_id: int, marks: set[bytes]) -> Difference:
        """As it is shown, whether it was left before by ``marks``."""
        mark = self.mark(person)
        return Difference(
            key=mark.hex(),
            row=self.row,
            case_id=case_id,
            field=self.field,
            recorded=in_words(self.field, self.recorded, self.name),
            listed=in_words(self.field, self.listed, self.name),
            ways=self.ways,
            about=self.about,
            is_dated=self.is_dated,
            is_left=mark in marks,
            latest_day=self.latest_day,
        )


def matching_jobs(
    person: PlannedPerson, periods: Sequence[JobPeriod], employers: Mapping[str, int]
) -> dict[str, JobPeriod]:
    """The recorded job that each of the list's is, by the list's key; ``employers`` are the numbers of their employers.

    It is the one there from the same day; else the one at the same time with the same title that is nobody else's.
    """
    matches: dict[str, JobPeriod] = {}
    for job in person.jobs:
        there = [
            period
            for period in periods
            if (period.employer_id, period.started_on) == (employers.get(job.key), job.started_on)
        ]
        if there:
            matches[job.key] = next((period for period in there if _same(period.title, job.title)), there[0])
    taken = {period.job_id for period in matches.values()}
    left = [job for job in person.jobs if job.key not in matches]
    for job in left:
        there = [
            period
            for period in periods
            if period.job_id not in taken
            and period.employer_id == employers.get(job.key)
            and (Field.JOB_TITLE not in job.stated or _same(period.title, job.title))
            and period.started_on <= (job.ended_on or date.max)
            and job.started_on <= (period.ended_on or date.max)
        ]
        if len(there) == 1:
            matches[job.key] = there[0]
            taken.add(there[0].job_id)
    return matches


def compare(
    person: PlannedPerson,
    recorded: ExistingRecords,
    *,
    jobs: Mapping[str, JobPeriod],
    specialist: User | None,
    counsellor: User | None,
) -> list[Finding]:
    """What the list says otherwise of somebody who has a case here.

    ``jobs`` are what :func:`matching_jobs` gives; ``specialist`` and ``counsellor`` whom the list names, if it is known who.
    """
    assert recorded.case is not None
    found = [
        *of_particulars(person, recorded.case.participant),
        *_course(person, recorded),
        *_people(person, recorded, specialist, counsellor),
    ]
    for job in person.jobs:
        if job.key in jobs:
            found.extend(_job(person, job, jobs[job.key], recorded.fingerprints))
    return found


def of_particulars(person: PlannedPerson, registered: Participant) -> Iterator[Finding]:
    """What the list says otherwise of name, phone, e-mail and address, and of the protection."""
    row = person.rows[0]
    listed = {"given_name": person.given_name, "family_name": person.family_name, **person.person}
    same_name = _same(f"{listed['given_name']} {listed['family_name']}", registered.name)
    for field, name in PARTICULARS.items():
        if not listed[name] or (same_name and field in (Field.GIVEN_NAME, Field.FAMILY_NAME)):
            continue
        # What must not stand on a page is neither shown nor taken from a list.
        if field in WHERE and keeps_address(person, registered):
            continue
        here = getattr(registered, name)
        if not (_phone(here) == _phone(listed[name]) if field is Field.PHONE else _same(here, listed[name])):
            yield Finding(row, field, here, listed[name], CHANGED)
    # An answer about a sign of it says it as a column does.
    is_said = Field.PROTECTION in person.stated or listed["protection"]
    if is_said and listed["protection"] != registered.protection:
        yield Finding(row, Field.PROTECTION, registered.protection, listed["protection"], ())


def keeps_address(person: PlannedPerson, registered: Participant) -> bool:
    """Whether the address stays as it is: the person is protected, or is to be more strictly by the list or an answer."""
    listed, here = Participant.Protection(person.person["protection"]), Participant.Protection(registered.protection)
    return registered.hides_address or STRICTNESS.index(listed) > STRICTNESS.index(here)


def _course(person: PlannedPerson, recorded: ExistingRecords) -> Iterator[Finding]:
    row, referral, first_talk = person.rows[0], recorded.referral, recorded.first_talk
    if referral is not None and person.referred_on and person.referred_on != referral.happened_on:
        yield Finding(row, Field.REFERRED_ON, referral.happened_on, person.referred_on)
    if referral is not None and person.wishes and not _same(person.wishes, referral.wishes):
        yield Finding(row, Field.WISHES, referral.wishes, person.wishes)
    if first_talk is not None and person.started_on and person.started_on != first_talk.happened_on:
        # Where they were met that day too, another talk is the first one's.
        ways = () if person.started_on in recorded.days_met else CORRECTED
        yield Finding(row, Field.STARTED_ON, first_talk.happened_on, person.started_on, ways)
    if person.ended_on is None or recorded.case is None:
        return
    ended_on, cause = recorded.case.milestones.ended_on, recorded.case.milestones.end_cause
    if ended_on is None:
        # It was written once, and the follow-up goes on again: what stands there is newer than the list.
        if fingerprint(person, "end", str(person.ended_on)) in recorded.fingerprints:
            yield Finding(row, Field.ENDED_ON, None, person.ended_on, ())
        return
    if ended_on != person.ended_on:
        yield Finding(row, Field.ENDED_ON, ended_on, person.ended_on)
    if Field.END_CAUSE in person.stated and cause != person.end_cause:
        yield Finding(row, Field.END_CAUSE, cause, person.end_cause)
    elif cause == CaseEnded.Cause.OTHER and person.end_note and not _holds(recorded.end_note, person.end_note):
        # Of two causes that are both "other" only the words tell which is which.
        yield Finding(row, Field.END_CAUSE, recorded.end_note, person.end_note, name="note")


def _people(
    person: PlannedPerson, recorded: ExistingRecords, specialist: User | None, counsellor: User | None
) -> Iterator[Finding]:
    case, row = recorded.case, person.rows[0]
    assert case is not None
    ways = CHANGED if case.milestones.ended_on is None else ()
    for field, role, named, now_id in (
        (Field.SPECIALIST, "specialist", specialist, case.specialist_id),
        (Field.COUNSELLOR, "counsellor", counsellor, case.counsellor_id),
    ):
        if named is None or named.pk == now_id:
            continue
        # Whom the list names first gets a case that nobody has; whoever gave it back has done so on purpose.
        if now_id is not None or fingerprint(person, role, str(named.pk)) in recorded.fingerprints:
            yield Finding(row, field, getattr(case, role) if now_id else None, named, ways)


def _job(person: PlannedPerson, job: PlannedJob, period: JobPeriod, fingerprints: set[bytes]) -> Iterator[Finding]:
    about = _("%(employer)s, from %(day)s") % {"employer": period.employer, "day": period.started_on}

    latest_day = min((day for day in (period.ended_on, job.ended_on) if day), default=None)

    def finding(field: Field, here: Any, listed: Any, ways: tuple[Way, ...] = CORRECTED, name: str = "") -> Finding:
        return Finding(job.row, field, here, listed, ways, period, job.key, name, about, latest_day)

    goes_on = EITHER if period.has_begun else CORRECTED
    if Field.JOB_TITLE in job.stated and not _same(job.title, period.title):
        yield finding(Field.JOB_TITLE, period.title, job.title)
    if Field.JOB_FORM in job.stated and job.form != period.form:
        yield finding(Field.JOB_FORM, period.form, job.form)
    if {Field.JOB_HOURS, Field.JOB_PERCENT} & job.stated and job.hours != period.hours_per_week:
        yield finding(Field.JOB_HOURS, period.hours_per_week, job.hours, CORRECTED if period.lies_ahead else EITHER)
    if Field.SUBSIDISED in job.stated and job.subsidised != period.subsidised:
        yield finding(Field.SUBSIDISED, period.subsidised, job.subsidised)
    if job.started_on != period.started_on:
        yield finding(Field.JOB_STARTED_ON, period.started_on, job.started_on)
    if job.planned_end_on:
        if period.ended_on is not None and period.ended_on != job.planned_end_on:
            yield finding(Field.JOB_ENDED_ON, period.ended_on, job.planned_end_on, ())
        elif period.ended_on is None and period.planned_end_on != job.planned_end_on:
            yield finding(Field.JOB_ENDED_ON, period.planned_end_on, job.planned_end_on, goes_on, "planned")
    if job.ended_on is None:
        return
    if period.ended_on is None:
        # It was written once, and withdrawn since.
        if fingerprint(person, "job end", f"{job.key}|{job.ended_on}") in fingerprints:
            yield finding(Field.JOB_ENDED_ON, None, job.ended_on, ())
        return
    if period.ended_on != job.ended_on:
        yield finding(Field.JOB_ENDED_ON, period.ended_on, job.ended_on)
    if Field.JOB_END_REASON in job.stated and job.end_reason != period.end_reason:
        yield finding(Field.JOB_END_REASON, period.end_reason, job.end_reason)


def in_words(field: Field, value: Any, name: str = "") -> str:
    """A value of a field as people read it, in any language."""
    choices = {
        Field.PROTECTION: Participant.Protection,
        Field.END_CAUSE: CaseEnded.Cause,
        Field.JOB_FORM: JobStarted.Form,
        Field.JOB_END_REASON: JobEnded.Reason,
    }.get(field)
    if name == "note":
        words = in_words(Field.WISHES, value)
        return _("%(cause)s: %(words)s") % {"cause": as_written(CaseEnded.Cause.OTHER.label), "words": words}
    if choices is not None and value is not None:
        return as_written(choices(value).label)
    if value in (None, ""):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, User):
        return value.name
    if name == "planned":
        return _("agreed until %(day)s") % {"day": value}
    if isinstance(value, date | Decimal):
        return TranslatableText(lambda: "%(value)s", {"value": value})
    words = " ".join(str(value).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _raw(value: Any) -> str:
    if isinstance(value, User):
        return str(value.pk)
    return str(value.normalize()) if isinstance(value, Decimal) else str(value)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _holds(text: str, words: str) -> bool:
    """Whether a text has these words in it, whatever the capitals and spaces."""
    return " ".join(words.split()).casefold() in " ".join(text.split()).casefold()


def _phone(written: str) -> str:
    """Its figures, without the code of Norway."""
    return re.sub(r"^(00|\+)47(?=\d{8}$)", "", re.sub(r"[^\d+]", "", written))
