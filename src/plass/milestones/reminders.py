"""What the facts of a case ask for today. Pure: rows in, reminders out; no Django, no database, no clock.

A reminder says what (``kind``), why (``since``: the day of the fact it comes from, ``days``, ``what``), when it is due
(``due_on``) and how urgent that is. The pages turn it into a sentence and a link to the act.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from itertools import chain

from .thresholds import RETENTION_POINTS, days


class Urgency(IntEnum):
    """How soon: NOW is for today, SOON for this week, LATER when there is time."""

    NOW = 0
    SOON = 1
    LATER = 2


class Kind(StrEnum):
    """What is asked for. The order is that of importance among reminders that are equally urgent."""

    JOB_LOST = "job_lost"
    CORRECTION_REQUEST = "correction_request"
    MEETING_NOT_RECORDED = "meeting_not_recorded"
    JOB_STARTED = "job_started"
    JOB_STARTS = "job_starts"
    JOB_END_PASSED = "job_end_passed"
    JOB_ENDS = "job_ends"
    NEWS = "news"
    FOLLOW_UP = "follow_up"
    FIRST_TALK = "first_talk"
    FIRST_MONTH = "first_month"
    NOT_MET = "not_met"
    PAUSE_REVIEW = "pause_review"
    STEP = "step"
    RETENTION = "retention"
    EMPLOYER_NOT_MET = "employer_not_met"
    NO_PROFILE = "no_profile"
    DISCLOSURE = "disclosure"
    NO_NEXT_MEETING = "no_next_meeting"


_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Meeting:
    """An agreed meeting with (or about) the participant that nobody has recorded or cancelled."""

    meeting_id: int
    on: date
    is_over: bool


@dataclass(frozen=True)
class Job:
    """A job that starts, goes on or has just ended. ``ended_on`` is the last day of work, where that is recorded."""

    job_id: int
    what: str
    started_on: date
    planned_end_on: date | None = None
    ended_on: date | None = None
    paid: bool = True


@dataclass(frozen=True)
class Step:
    """An open step of the plan with a day it should be done by."""

    step_id: int
    what: str
    who: str
    due_on: date


@dataclass(frozen=True)
class Row:
    """A case as its milestones stand today (``docs/milestones.md``), with what lies around today."""

    case_id: int
    phase: str
    referred_on: date | None = None
    taken_on: date | None = None
    started_on: date | None = None
    last_met_on: date | None = None
    last_contact_on: date | None = None
    next_contact_on: date | None = None
    first_profile_on: date | None = None
    employer_contact: str | None = None
    first_employer_contact_on: date | None = None
    first_job_on: date | None = None
    in_work: bool = False
    paused_on: date | None = None
    pause_follow_up_on: date | None = None
    ended_on: date | None = None
    meetings: tuple[Meeting, ...] = ()
    jobs: tuple[Job, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Reminder:
    """One thing a case asks for, with the reason.

    ``since`` is the day of the fact behind it, ``days`` a number of days (or, for RETENTION, of weeks) the sentence
    needs, ``what`` a few words from the fact, and ``fact_id`` its number (meeting, job or step).
    """

    kind: Kind
    case_id: int
    urgency: Urgency
    due_on: date
    since: date | None = None
    days: int | None = None
    what: str = ""
    fact_id: int | None = None
    not_yet: str = ""
    """Of a job that goes on where nobody is "in work": what it lacks, "hours" (the fourth paid one) or "pay"."""

    @property
    def order(self) -> tuple[int, int, date, int]:
        """What to sort by: most urgent, most important, longest due."""
        return self.urgency, _RANK[self.kind], self.due_on, self.case_id


@dataclass(frozen=True)
class PersonReminders:
    """Everything a case asks for, the most pressing first, so that a person stands in one place on the page."""

    case_id: int
    reminders: tuple[Reminder, ...]

    @property
    def urgency(self) -> Urgency:
        """That of the most pressing reminder."""
        return self.reminders[0].urgency


def reminders(rows: Iterable[Row], today: date) -> list[Reminder]:
    """What each case asks for on ``today``, in the order to read it. Ended cases ask for nothing."""
    unsorted = [reminder for row in rows for reminder in _of(row, today)]
    return sorted(unsorted, key=lambda reminder: reminder.order)


def by_person(unsorted: Iterable[Reminder]) -> list[PersonReminders]:
    """The same, gathered by case. Cases stand in the order of their most pressing reminder."""
    gathered: dict[int, list[Reminder]] = {}
    for reminder in sorted(unsorted, key=lambda reminder: reminder.order):
        gathered.setdefault(reminder.case_id, []).append(reminder)
    return [PersonReminders(case_id, tuple(reminders)) for case_id, reminders in gathered.items()]


def from_participant(case_id: int, content: str, since: date, number: int, today: date) -> Reminder:
    """The participant wrote something on ``since``: a request for correction (``content`` is "request", with its
    number) waits for an answer and is due within a month; anything else is to be seen."""
    if content == "request":
        due = since + timedelta(days("correction answered", today))
        return Reminder(Kind.CORRECTION_REQUEST, case_id, Urgency.NOW, due, since=since, fact_id=number)
    return Reminder(Kind.NEWS, case_id, Urgency.SOON, since, since=since, what=content)


def _of(row: Row, today: date) -> Iterator[Reminder]:
    if row.ended_on is not None and row.ended_on <= today:
        return
    dated = chain(_meetings(row), _steps(row, today), _jobs(row, today))
    if row.paused_on is not None and row.paused_on <= today:
        # Somebody in a pause is left in peace until the day it is to be looked at again: what else has a day can wait.
        yield from (replace(reminder, urgency=max(reminder.urgency, Urgency.SOON)) for reminder in dated)
        yield from _pause(row, today)
        return
    yield from dated
    touch = list(_touch(row, today))
    yield from touch
    yield from _retention(row, today)
    yield from _missing(row, today, is_asked_to_meet=bool(touch))


def _meetings(row: Row) -> Iterator[Reminder]:
    for meeting in row.meetings:
        if meeting.is_over:
            yield Reminder(
                Kind.MEETING_NOT_RECORDED,
                row.case_id,
                Urgency.NOW,
                meeting.on,
                since=meeting.on,
                fact_id=meeting.meeting_id,
            )


def _steps(row: Row, today: date) -> Iterator[Reminder]:
    for step in row.steps:
        if step.due_on > today + timedelta(days("ahead", today)):
            continue
        # On the day itself anybody's step is for today; one of others that is late is not ours to do at once.
        is_now = step.due_on == today or (step.who == "specialist" and step.due_on < today)
        urgency = Urgency.NOW if is_now else Urgency.SOON
        yield Reminder(
            Kind.STEP, row.case_id, urgency, step.due_on, since=step.due_on, what=step.what, fact_id=step.step_id
        )


def _pause(row: Row, today: date) -> Iterator[Reminder]:
    look = row.pause_follow_up_on
    if look is not None and look <= today + timedelta(days("ahead", today)):
        urgency = Urgency.NOW if look <= today else Urgency.SOON
        yield Reminder(Kind.PAUSE_REVIEW, row.case_id, urgency, look, since=row.paused_on)


def _jobs(row: Row, today: date) -> Iterator[Reminder]:
    for job in row.jobs:
        if job.ended_on is not None and job.ended_on < today:
            yield from _job_over(row, job, today)
        elif job.started_on > today:
            yield from _job_ahead(row, job, today)
        else:
            yield from _job_begun(row, job, today)
            yield from _job_end_near(row, job, today)


def _in_touch_since(row: Row, day: date) -> bool:
    return row.last_contact_on is not None and row.last_contact_on >= day


def _job_ahead(row: Row, job: Job, today: date) -> Iterator[Reminder]:
    opens = job.started_on - timedelta(days("before job", today))
    if opens <= today and not _in_touch_since(row, opens):
        left = (job.started_on - today).days
        urgency = Urgency.NOW if left <= 2 else Urgency.SOON
        yield Reminder(
            Kind.JOB_STARTS, row.case_id, urgency, job.started_on, job.started_on, left, job.what, job.job_id
        )


def _job_begun(row: Row, job: Job, today: date) -> Iterator[Reminder]:
    so_far = (today - job.started_on).days
    if so_far > days("first month", today):
        return
    if not _in_touch_since(row, job.started_on):
        due = job.started_on + timedelta(days("after job start", today))
        urgency = Urgency.NOW if today >= due else Urgency.SOON
        yield Reminder(
            Kind.JOB_STARTED, row.case_id, urgency, due, job.started_on, so_far, job.what, job.job_id, _lacks(row, job)
        )
        return
    assert row.last_contact_on is not None
    due = row.last_contact_on + timedelta(days("weekly", today))
    if today >= due:
        silent = (today - row.last_contact_on).days
        yield Reminder(
            Kind.FIRST_MONTH,
            row.case_id,
            Urgency.NOW,
            due,
            row.last_contact_on,
            silent,
            job.what,
            job.job_id,
            _lacks(row, job),
        )


def _lacks(row: Row, job: Job) -> str:
    if not job.paid:
        return "pay"
    # Where the last day is known, the fourth paid hour may never come.
    return "" if row.in_work or job.ended_on is not None else "hours"


def _job_end_near(row: Row, job: Job, today: date) -> Iterator[Reminder]:
    last = job.ended_on or job.planned_end_on
    if last is None:
        return
    left = (last - today).days
    if left < 0:
        yield Reminder(Kind.JOB_END_PASSED, row.case_id, Urgency.NOW, last, last, -left, job.what, job.job_id)
    elif left <= days("job ends ahead", today):
        urgency = Urgency.NOW if left <= days("ahead", today) else Urgency.SOON
        yield Reminder(Kind.JOB_ENDS, row.case_id, urgency, last, last, left, job.what, job.job_id)


def _job_over(row: Row, job: Job, today: date) -> Iterator[Reminder]:
    last = job.ended_on
    assert last is not None
    # A job left for another is not a loss; a loss that was talked about since is taken up by the ordinary rules.
    goes_on = row.in_work or any(other.started_on > last for other in row.jobs)
    if not job.paid or goes_on or _in_touch_since(row, last):
        return
    due = last + timedelta(days("after job loss", today))
    yield Reminder(Kind.JOB_LOST, row.case_id, Urgency.NOW, due, last, (today - last).days, job.what, job.job_id)


def _next_meeting(row: Row) -> date | None:
    return min((meeting.on for meeting in row.meetings if not meeting.is_over), default=None)


def _touch(row: Row, today: date) -> Iterator[Reminder]:
    soon = today + timedelta(days("ahead", today))
    meeting = _next_meeting(row)
    agreed = row.next_contact_on
    if agreed is not None and agreed <= soon and not (meeting is not None and agreed <= meeting <= soon):
        urgency = Urgency.NOW if agreed <= today else Urgency.SOON
        yield Reminder(Kind.FOLLOW_UP, row.case_id, urgency, agreed, row.last_contact_on, (agreed - today).days)
    if row.started_on is None:
        yield from _first_talk(row, today, meeting)
    else:
        yield from _not_met(row, today, meeting, soon)


def _first_talk(row: Row, today: date, meeting: date | None) -> Iterator[Reminder]:
    if meeting is not None:
        return
    since = row.referred_on or row.taken_on or today
    due = since + timedelta(days("first talk", today))
    urgency = Urgency.NOW if today >= due else Urgency.SOON
    yield Reminder(Kind.FIRST_TALK, row.case_id, urgency, due, since, (today - since).days)


def _not_met(row: Row, today: date, meeting: date | None, soon: date) -> Iterator[Reminder]:
    last = row.last_met_on or row.started_on
    assert last is not None
    limit = days("not met", today, row.phase)
    due = last + timedelta(limit)
    if today <= due or (meeting is not None and meeting <= soon):
        return
    silent = (today - last).days
    urgency = Urgency.NOW if silent > 2 * limit else Urgency.SOON
    yield Reminder(Kind.NOT_MET, row.case_id, urgency, due, last, silent)


def _retention(row: Row, today: date) -> Iterator[Reminder]:
    if row.first_job_on is None or not row.in_work:
        return
    for weeks, after in RETENTION_POINTS:
        day = row.first_job_on + timedelta(after)
        if today <= day <= today + timedelta(days("retention ahead", today)):
            yield Reminder(Kind.RETENTION, row.case_id, Urgency.LATER, day, row.first_job_on, weeks)


def _missing(row: Row, today: date, *, is_asked_to_meet: bool) -> Iterator[Reminder]:
    if row.started_on is None:
        return
    since = (today - row.started_on).days
    looking = row.phase in {"engagement", "profiling", "job_development"}
    if looking and row.first_employer_contact_on is None and row.employer_contact != "no":
        limit = days("employer met", today)
        if since >= limit - days("employer met ahead", today):
            due = row.started_on + timedelta(limit)
            urgency = Urgency.SOON if today >= due else Urgency.LATER
            yield Reminder(Kind.EMPLOYER_NOT_MET, row.case_id, urgency, due, row.started_on, since)
    if row.first_profile_on is None:
        if since >= days("profile", today):
            due = row.started_on + timedelta(days("profile", today))
            yield Reminder(Kind.NO_PROFILE, row.case_id, Urgency.LATER, due, row.started_on, since)
    elif looking and row.employer_contact in {None, "not_discussed"}:
        yield Reminder(Kind.DISCLOSURE, row.case_id, Urgency.LATER, today, row.first_profile_on)
    agreed_ahead = row.next_contact_on is not None and row.next_contact_on >= today
    if _next_meeting(row) is None and not agreed_ahead and not is_asked_to_meet:
        yield Reminder(Kind.NO_NEXT_MEETING, row.case_id, Urgency.LATER, today, row.last_met_on)
