"""A statement sets another time zone, so that today is yesterday and what has ended holds again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.conftest import as_owner
from tests.world import member

#: Zones whose day is another one: a week back and ahead, and as far as a name of a zone may say.
ZONES = (
    "SET TIME ZONE INTERVAL '-167:00' HOUR TO MINUTE",
    "SET TIME ZONE INTERVAL '167:00' HOUR TO MINUTE",
    "SET TIME ZONE 'XXX+160'",
    "SET TIME ZONE 'XXX+23'",
)


def ask(question: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def left(world):
    """A case of the specialist, whose role there ended yesterday; they work elsewhere today."""
    case = world.refer("Kari", "Gammel")
    with as_owner():
        ask("UPDATE organisation_membership SET ended_on = access_today() - 1 WHERE user_id = %s", world.specialist.pk)
        member(world.specialist, "specialist", world.other_office, world.other_team)
    return case


@pytest.mark.parametrize("zone", ZONES)
def test_a_role_that_ended_yesterday_does_not_hold_again(world, left, zone):
    world.act_as(world.specialist)
    assert ask("SELECT access_level(%s)", left.pk) == [(0,)]
    ask(zone)
    assert ask("SELECT access_level(%s), (SELECT count(*) FROM cases_case)", left.pk) == [(0, 0)]
    assert ask("SELECT access_today() = (now() AT TIME ZONE 'Europe/Oslo')::date") == [(True,)]


def test_nothing_is_signed_in_another_zone(world):
    ask(ZONES[0])
    with pytest.raises(DatabaseError, match="another time zone"), transaction.atomic():
        ask("SELECT access_transaction()")


def test_no_function_policy_or_view_asks_the_connection_what_day_it_is(db):
    """`access_today()` is the day; a moment becomes a day in a zone that is said."""
    texts = [
        *ask("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"),
        *ask("SELECT tablename || '.' || policyname, concat(qual, ' ', with_check) FROM pg_policies"),
        *ask("SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"),
    ]
    asks = re.compile(
        r"\b(current_date|current_time|localtime|localtimestamp|timeofday)\b|\bnow\(\)::(date|timestamp)\b", re.I
    )
    assert len(texts) > 300
    assert {name for name, text in texts if asks.search(text)} == set()
