"""What several pages ask about jobs and education. Each function is one question, bounded by its arguments.

Everything here is filtered by row-level security too: nobody gets a row of a case they do not see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from plass.cases.fact_texts import format_hours
from plass.cases.models import Case
from plass.db.prepared import PreparedQuery
from plass.employers.models import Employer

from .models import EducationEnded, EducationStarted, JobEnded, JobStarted


@dataclass(frozen=True)
class JobPeriod:
    """A job that stands, from its start to its end, with the terms that are known now.

    ``ended_on`` is the last day of work where that is recorded (it may lie ahead), ``planned_end_on`` the agreed one.
    ``hours_per_week`` are those of today (of the start, for a job ahead). ``paid`` is False for work trial and taster.
    """

    case_id: int
    job_id: int
    start_id: int
    end_id: int | None
    employer_id: int
    employer: str
    contact_person_id: int | None
    title: str
    form: str
    subsidised: bool
    paid: bool
    started_on: date
    ended_on: date | None
    end_reason: str | None
    planned_end_on: date | None
    hours_at_start: Decimal
    hours_per_week: Decimal
    support_plan: str

    @property
    def hours_in_words(self) -> str:
        """18,75 hours a week."""
        return format_hours(self.hours_per_week)

    @property
    def form_label(self) -> str:
        """The form of employment in words."""
        return str(JobStarted.Form(self.form).label)

    @property
    def end_reason_label(self) -> str:
        """Why it ended, in words; empty while it goes on."""
        return str(JobEnded.Reason(self.end_reason).label) if self.end_reason else ""

    @property
    def lies_ahead(self) -> bool:
        """Whether the first day is still to come."""
        return self.started_on > timezone.localdate()

    @property
    def has_begun(self) -> bool:
        """Whether it goes on today."""
        return not self.lies_ahead and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the last day of work has passed."""
        return self.ended_on is not None and self.ended_on < timezone.localdate()


@dataclass(frozen=True)
class EducationPeriod:
    """An education that stands, from its start to its end."""

    education_id: int
    start_id: int
    end_id: int | None
    subject: str
    institution: str
    level: str
    form: str
    started_on: date
    ended_on: date | None
    planned_end_on: date | None
    outcome: str | None

    @property
    def level_label(self) -> str:
        """The level in words."""
        return str(EducationStarted.Level(self.level).label)

    @property
    def outcome_label(self) -> str:
        """How it ended, in words; empty while it goes on."""
        return str(EducationEnded.Outcome(self.outcome).label) if self.outcome else ""


_JOB = """
    p.case_id, p.job_id, p.start_id, p.end_id, p.employer_id, e.name, p.contact_person_id, p.title, p.form,
    p.subsidised, p.paid, p.started_on, p.ended_on, p.end_reason, p.planned_end_on, p.hours_at_start, p.hours_per_week,
    p.support_plan
"""


def jobs_of(case: Case) -> PreparedQuery[JobPeriod]:
    """The case's jobs, coming, current and past: the one that began last first."""
    return PreparedQuery(
        JobPeriod,
        f"SELECT {_JOB} FROM jobs_periods p JOIN employers_employer e ON e.id = p.employer_id "
        "WHERE p.case_id = %(case)s ORDER BY p.started_on DESC, p.job_id DESC",
        {"case": case.pk},
    )


def jobs_by_case(case_ids: Collection[int]) -> dict[int, list[JobPeriod]]:
    """The same for several cases, by the number of the case."""
    jobs: dict[int, list[JobPeriod]] = {number: [] for number in case_ids}
    question = PreparedQuery(
        JobPeriod,
        f"SELECT {_JOB} FROM jobs_periods p JOIN employers_employer e ON e.id = p.employer_id "
        "WHERE p.case_id = ANY (%(cases)s::bigint[]) ORDER BY p.started_on DESC, p.job_id DESC",
        {"cases": list(jobs)},
    )
    for job in question.rows() if jobs else []:
        jobs[job.case_id].append(job)
    return jobs


def job_of(case: Case, job_id: int) -> JobPeriod | None:
    """One job of the case; None where the case has no such job, or its start was withdrawn."""
    rows = PreparedQuery(
        JobPeriod,
        f"SELECT {_JOB} FROM jobs_periods p JOIN employers_employer e ON e.id = p.employer_id "
        "WHERE p.case_id = %(case)s AND p.job_id = %(job)s",
        {"case": case.pk, "job": job_id},
    ).rows()
    return rows[0] if rows else None


def jobs_starting_or_ending(user_ids: Collection[int], first: date, last: date) -> PreparedQuery[JobPeriod]:
    """Jobs of the people whom ``user_ids`` follow that start or end from ``first`` through ``last``.

    Earliest event first. A recorded last day counts before an agreed one. Ended cases are left out.
    """
    return PreparedQuery(
        JobPeriod,
        f"""
        SELECT {_JOB}
        FROM milestones m
        JOIN jobs_periods p ON p.case_id = m.case_id
        JOIN employers_employer e ON e.id = p.employer_id
        WHERE m.specialist_id = ANY (%(users)s::bigint[]) AND (m.ended_on IS NULL OR m.ended_on > access_today())
          AND (p.started_on BETWEEN %(first)s AND %(last)s
               OR coalesce(p.ended_on, p.planned_end_on) BETWEEN %(first)s AND %(last)s)
        ORDER BY CASE WHEN p.started_on >= %(first)s THEN p.started_on ELSE coalesce(p.ended_on, p.planned_end_on) END,
                 p.job_id
        """,
        {"users": list(user_ids), "first": first, "last": last},
    )


def lately_ended(jobs: Iterable[JobPeriod], days: int = 30) -> JobPeriod | None:
    """The paid job of a case's ``jobs`` that ended last, within ``days``; None where one goes on or comes."""
    paid = [job for job in jobs if job.paid]
    if not paid or any(not job.is_over for job in paid):
        return None
    last = max(paid, key=lambda job: job.ended_on or date.min)
    return last if last.ended_on and last.ended_on >= timezone.localdate() - timedelta(days=days) else None


def educations_of(case: Case) -> PreparedQuery[EducationPeriod]:
    """The case's educations, the one that began last first."""
    return PreparedQuery(
        EducationPeriod,
        """
        SELECT education_id, start_id, end_id, subject, institution, level, form, started_on, ended_on, planned_end_on,
               outcome
        FROM jobs_education_periods WHERE case_id = %(case)s ORDER BY started_on DESC, start_id DESC
        """,
        {"case": case.pk},
    )


@dataclass(frozen=True)
class JobThere:
    """A job at the employer: whose, as what, on what terms, and from when to when (``ended_on`` None: it goes on)."""

    case_id: int
    participant: str
    title: str
    form: str
    started_on: date
    ended_on: date | None

    @property
    def form_label(self) -> str:
        """The form of employment in words."""
        return str(JobStarted.Form(self.form).label)


def jobs_at(employer: Employer, limit: int = 20) -> list[JobThere]:
    """Jobs at an employer of participants whose cases the acting user sees: those that go on first, then the latest."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT j.case_id, p.given_name || ' ' || p.family_name, j.title, j.form, j.started_on, j.ended_on
            FROM jobs_periods j
            JOIN cases_case c ON c.id = j.case_id
            JOIN cases_participant p ON p.id = c.participant_id
            WHERE j.employer_id = %s
            ORDER BY coalesce(j.ended_on >= access_today(), true) DESC, j.started_on DESC, j.job_id
            LIMIT %s
            """,
            [employer.pk, limit],
        )
        return [JobThere(*row) for row in cursor.fetchall()]
