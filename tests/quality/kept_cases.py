"""Many cases at once for the figures: the kept milestones alone, which is all that they are counted from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.db import connection
from django.utils import timezone

from plass.organisation.models import Team
from tests.conftest import as_owner

_numbers = count(1_000_000)
WEEKS = {"weeks_13": 91, "weeks_26": 182, "weeks_52": 364}


def keep(cases: Iterable[dict[str, Any]]) -> list[int]:
    """Cases as the milestones have them; returns their numbers. ``now``: followed and in work, or only followed, today.

    ``weeks_13`` and so on: in work on that day after ``first_job_on``.
    """
    rows = [_row(**case) for case in cases]
    with as_owner(), connection.cursor() as cursor:
        # The cases themselves are not there, and until the transaction ends nobody asks for them.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.executemany(
            "INSERT INTO milestone_cache (case_id, team_id, office_id, participant_id, reopened, trial, studies, "
            "referred_on, started_on, ended_on, first_job_on, first_job_counts_from, work, specialist_id) "
            "VALUES (%s, %s, %s, 0, 0, '{}', '{}', %s, %s, %s, %s, %s, %s::datemultirange, %s)",
            rows,
        )
    return [row[0] for row in rows]


def waits(team: Team, referred_on: date, days: int, *, ended: bool) -> dict[str, Any]:
    """Somebody who waited so many days until the start, or until the case ended without one."""
    return {
        "team": team,
        "referred_on": referred_on,
        "started_on" if ended else "ended_on": referred_on + timedelta(days),
    }


def _row(
    team: Team,
    referred_on: date | None = None,
    started_on: date | None = None,
    ended_on: date | None = date(2019, 1, 1),
    first_job_on: date | None = None,
    now: str = "",
    **in_work: bool,
) -> tuple[Any, ...]:
    days = [first_job_on + timedelta(WEEKS[weeks]) for weeks, works in in_work.items() if works and first_job_on]
    if first_job_on:
        days.append(first_job_on)
    if now == "in work":
        days.append(timezone.localdate())
    work = "{" + ",".join(f"[{day},{day}]" for day in days) + "}"
    if now or started_on:
        ended_on = None
    specialist = 1 if now else None
    start = started_on or (date(2019, 1, 1) if now and now != "waiting" else None)
    return (
        next(_numbers), team.pk, team.office_id, referred_on, start, ended_on, first_job_on, first_job_on, work, specialist
    )  # fmt: skip
