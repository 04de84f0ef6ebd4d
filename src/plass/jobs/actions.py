"""What is done to jobs and education: start, change, end. Every act keeps the order of its job's facts.

A start and an end may lie ahead: a job is agreed before it begins, and notice is given before it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.cases.facts import apply_all, lock_case, lock_cases, record, record_all, unwrap_single
from plass.cases.models import Case
from plass.db.insert import insert_all
from plass.employers.models import Employer
from plass.organisation.models import User

from . import queries
from .models import Education, EducationEnded, EducationStarted, Job, JobChanged, JobEnded, JobStarted

JobFact = TypeVar("JobFact", JobStarted, JobChanged, JobEnded)
#: A date further ahead than this is taken for a slip of the pen.
FARTHEST = timedelta(days=366)


@dataclass(frozen=True)
class ToEnd:
    """A job's last day, as :func:`end_job` takes it."""

    case: Case
    job_id: int
    happened_on: date
    reason: str
    more: Mapping[str, Any] = field(default_factory=dict)


def start_job(
    case: Case,
    *,
    by: User,
    happened_on: date,
    employer: Employer,
    title: str,
    form: str,
    hours_per_week: Decimal,
    beside: bool = False,
    **more: Any,
) -> JobStarted:
    """Record that a job starts (or will). ``more`` are further fields of :class:`JobStarted`.

    ``beside`` says that the job is held beside those that go on at the same time; without it such a job is refused
    with the code "overlap", because most often the earlier one was to be ended or changed. Raises ValidationError and
    NotAllowed.
    """
    started = JobStarted(
        case=case,
        happened_on=happened_on,
        employer=employer,
        title=title,
        form=form,
        hours_per_week=hours_per_week,
        **more,
    )
    return unwrap_single(lambda: start_jobs([started], by=by, beside=beside))


@transaction.atomic
def start_jobs(starts: Sequence[JobStarted], *, by: User, beside: bool = False) -> list[JobStarted]:
    """The same for jobs of several cases, one each: the facts that are to be recorded, all but their ``job``.

    Raises Refused.
    """
    apply_all(lambda started: _not_far_ahead(started.happened_on), starts)
    lock_cases([started.case for started in starts], by)
    periods = queries.jobs_by_case({started.case_id for started in starts})

    def check_beside_others(started: JobStarted) -> None:
        recorded = periods[started.case_id]
        _not_recorded_already(recorded, started.employer, started.title, started.happened_on)
        if not beside:
            _nothing_at_the_same_time(recorded, started.happened_on)

    apply_all(check_beside_others, starts)
    new = insert_all([Job(case=started.case) for started in starts])
    for started, job in zip(starts, new, strict=True):
        started.job = job
    return record_all(starts, by=by)


@transaction.atomic
def change_job(
    case: Case,
    *,
    by: User,
    job_id: int,
    happened_on: date,
    hours_per_week: Decimal,
    planned_end_on: date | None = None,
    note: str = "",
) -> JobChanged:
    """From ``happened_on`` the job has these terms: all of them, also those that stay as they were.

    Raises ValidationError where the job does not stand, has ended by then, or nothing changes; NotAllowed.
    """
    _not_far_ahead(happened_on)
    lock_case(case, by)
    job = _standing(queries.jobs_of(case).rows(), job_id)
    if (hours_per_week, planned_end_on) == (job.hours_per_week, job.planned_end_on) and not note.strip():
        raise ValidationError(_("Nothing is changed. Write the new hours, the new last day, or what else is new."))
    changed = JobChanged(
        case=case,
        job_id=job_id,
        happened_on=happened_on,
        hours_per_week=hours_per_week,
        planned_end_on=planned_end_on,
        note=note,
    )
    new = record(changed, by=by)
    check_job(case, job_id)
    return new


def end_job(case: Case, *, by: User, job_id: int, happened_on: date, reason: str, **more: Any) -> JobEnded:
    """The job's last day of work is ``happened_on``. ``more`` are further fields of :class:`JobEnded`.

    Raises ValidationError where the job does not stand, has an end already, or begins later; NotAllowed.
    """
    end = ToEnd(case, job_id, happened_on, reason, more)
    return unwrap_single(lambda: end_jobs([end], by=by))


@transaction.atomic
def end_jobs(ends: Sequence[ToEnd], *, by: User) -> list[JobEnded]:
    """The same for jobs of several cases. Raises Refused."""
    apply_all(lambda end: _not_far_ahead(end.happened_on), ends)
    lock_cases([end.case for end in ends], by)
    periods = queries.jobs_by_case({end.case.pk for end in ends})

    def ended(end: ToEnd) -> JobEnded:
        job = _standing(periods[end.case.pk], end.job_id)
        if job.ended_on is not None:
            raise ValidationError(
                _("This job already has a last day: %(day)s. Correct that one if it is wrong.")
                % {"day": _day(job.ended_on)}
            )
        return JobEnded(case=end.case, job_id=end.job_id, happened_on=end.happened_on, reason=end.reason, **end.more)

    new = record_all(apply_all(ended, ends), by=by)
    check_jobs([(end.case, end.job_id) for end in ends])
    return new


@transaction.atomic
def start_education(case: Case, *, by: User, happened_on: date, subject: str, **more: Any) -> EducationStarted:
    """Record that an education starts (or will). ``more`` are further fields of :class:`EducationStarted`."""
    _not_far_ahead(happened_on)
    lock_case(case, by)
    if any(
        earlier.subject.casefold() == subject.strip().casefold() and earlier.started_on == happened_on
        for earlier in queries.educations_of(case).rows()
    ):
        raise ValidationError(_("This education is recorded already, from the same day."))
    education = Education.objects.create(case=case)
    return record(
        EducationStarted(case=case, education=education, happened_on=happened_on, subject=subject, **more),
        by=by,
    )


@transaction.atomic
def end_education(
    case: Case, *, by: User, education_id: int, happened_on: date, outcome: str, **more: Any
) -> EducationEnded:
    """The education's last day is ``happened_on``, completed or not."""
    _not_far_ahead(happened_on)
    lock_case(case, by)
    education = next(
        (education for education in queries.educations_of(case).rows() if education.education_id == education_id), None
    )
    if education is None:
        raise ValidationError(_("This education does not stand any more. Go back to the case and look."))
    if education.ended_on is not None:
        raise ValidationError(
            _("This education already has a last day: %(day)s. Correct that one if it is wrong.")
            % {"day": _day(education.ended_on)}
        )
    new = record(
        EducationEnded(case=case, education_id=education_id, happened_on=happened_on, outcome=outcome, **more),
        by=by,
    )
    check_education(case, education_id)
    return new


def check_job(case: Case, job_id: int) -> None:
    """Raise ValidationError unless the standing facts of a job are in order: start, then changes, then end.

    Asked after every act and every correction, in the same transaction, so that what is wrong is undone.
    """
    unwrap_single(lambda: check_jobs([(case, job_id)]))


def check_jobs(wanted: Sequence[tuple[Case, int]]) -> list[None]:
    """The same for jobs of several cases. Raises Refused."""
    standing = Q(
        case__in={case.pk for case, _job in wanted}, job__in={job for _case, job in wanted}, superseded_at=None
    )
    starts = list(JobStarted.objects.filter(standing))
    changes = list(JobChanged.objects.filter(standing))
    ends = list(JobEnded.objects.filter(standing))

    def of(facts: list[JobFact], case: Case, job: int) -> list[JobFact]:
        return [fact for fact in facts if (fact.case_id, fact.job_id) == (case.pk, job)]

    return apply_all(lambda pair: _check_order(of(starts, *pair), of(changes, *pair), of(ends, *pair)), wanted)


def _check_order(starts: list[JobStarted], changes: list[JobChanged], ends: list[JobEnded]) -> None:
    if not starts:
        if changes or ends:
            raise ValidationError(
                _("The job has recorded changes or an end. Withdraw those first, then the start of the job.")
            )
        return
    first = starts[0].happened_on
    if ends and ends[0].happened_on < first:
        raise ValidationError(
            {"happened_on": _("The last day cannot be before the first, %(day)s.") % {"day": _day(first)}}
        )
    for change in changes:
        if change.happened_on <= first:
            raise ValidationError(
                {
                    "happened_on": _("The job begins on %(day)s. Write a later day, or correct the start instead.")
                    % {"day": _day(first)}
                }
            )
        if ends and change.happened_on > ends[0].happened_on:
            raise ValidationError(
                {
                    "happened_on": _("The job ends on %(day)s. A change cannot be after that.")
                    % {"day": _day(ends[0].happened_on)}
                }
            )
        if change.planned_end_on is not None and change.planned_end_on < first:
            raise ValidationError(
                {"planned_end_on": _("The agreed last day cannot be before the first, %(day)s.") % {"day": _day(first)}}
            )


def check_education(case: Case, education_id: int) -> None:
    """The same for an education: it ends after it starts, and has an end only where it has a start."""
    starts = list(EducationStarted.objects.filter(case=case, education_id=education_id, superseded_at=None))
    ends = list(EducationEnded.objects.filter(case=case, education_id=education_id, superseded_at=None))
    if not starts and ends:
        raise ValidationError(_("The education has a recorded end. Withdraw that first, then the start."))
    if starts and ends and ends[0].happened_on < starts[0].happened_on:
        raise ValidationError(
            {
                "happened_on": _("The last day cannot be before the first, %(day)s.")
                % {"day": _day(starts[0].happened_on)}
            }
        )


def _standing(jobs: Iterable[queries.JobPeriod], job_id: int) -> queries.JobPeriod:
    job = next((job for job in jobs if job.job_id == job_id), None)
    if job is None:
        raise ValidationError(_("This job does not stand any more. Go back to the case and look."))
    return job


def _not_recorded_already(periods: list[queries.JobPeriod], employer: Employer, title: str, day: date) -> None:
    for job in periods:
        if (
            job.employer_id == employer.pk
            and job.started_on == day
            and job.title.casefold() == title.strip().casefold()
        ):
            raise ValidationError(_("This job is recorded already, from the same day. Look in the case."))


def _nothing_at_the_same_time(periods: list[queries.JobPeriod], day: date) -> None:
    going_on = [job for job in periods if job.ended_on is None or job.ended_on >= day]
    if going_on:
        job = going_on[0]
        raise ValidationError(
            _(
                "%(title)s at %(employer)s goes on at the same time. "
                "Tick that both jobs are held, or end that one first."
            )
            % {"title": job.title, "employer": job.employer},
            code="overlap",
        )


def _not_far_ahead(day: date) -> None:
    if day > timezone.localdate() + FARTHEST:
        raise ValidationError({"happened_on": _("This is more than a year ahead. Look at the year once more.")})


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
