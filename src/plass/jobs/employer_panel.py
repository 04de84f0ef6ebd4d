"""What this room shows on an employer's page: the jobs there of the participants one may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from plass.access.user_roles import UserRoles
from plass.employers.employer_panels import Panel
from plass.employers.models import Employer

from .models import JobStarted


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


def _jobs(employer: Employer, who: UserRoles) -> dict[str, Any]:
    return {"jobs": jobs_at(employer)}


PANELS = (Panel("jobs/_at_employer.html", _jobs),)
