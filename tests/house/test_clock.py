"""The suite's own clock (``tests.clock``): it never waits for midnight, and never runs over it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from tests import clock

OSLO = ZoneInfo("Europe/Oslo")
A_SUITE = timedelta(hours=1)
NOTHING = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "now", ["2026-12-31T23:59:59", "2027-01-01T00:00:00", "2027-03-28T01:30:00", "2027-10-31T23:50:00"]
)
def test_whenever_it_begins_it_ends_on_the_same_day(now: str) -> None:
    begins = datetime.fromisoformat(now).replace(tzinfo=OSLO)
    moved = begins + timedelta(seconds=clock.seconds_ahead(begins))
    assert moved.date() == (moved + A_SUITE).date() == begins.date()
    assert moved.hour in (9, 10, 11)


@pytest.mark.parametrize("called", clock.CLOCKS)
def test_python_and_the_database_have_the_same_time(db: None, called: str) -> None:
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute(f"SELECT {called}(), clock_timestamp()")
        (moment, exact) = cursor.fetchone()
    assert before - A_SUITE < moment <= exact
    assert before - NOTHING <= exact <= timezone.now() + NOTHING


def test_what_a_column_takes_by_itself_is_of_the_same_time(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_today()")
        assert cursor.fetchone() == (timezone.localdate(),)


def test_a_program_on_the_suites_database_has_it_too() -> None:
    tell = "import datetime; print(datetime.datetime.now(datetime.UTC).isoformat())"
    program = subprocess.run(
        [sys.executable, "-c", tell], env=clock.environment(), capture_output=True, text=True, check=True
    )
    assert abs(datetime.fromisoformat(program.stdout.strip()) - timezone.now()) < timedelta(minutes=1)
