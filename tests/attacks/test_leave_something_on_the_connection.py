"""A statement leaves something on the connection, which the next page works with: a setting, a cursor, a way to run."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from plass.access.current_user import set_current_user
from plass.db.prepared import fetch
from tests.conftest import as_owner
from tests.world import member

from .test_choose_the_day import ZONES
from .test_keep_what_was_taken_back import ask

#: For each kind of setting what may be another value than it has. A short time limit only loses the connection.
OTHERS = {
    "bool": ("on", "off"),
    "integer": ("1", "2", "100"),
    "real": ("0.5", "2", "100"),
    "string": ("SQL_ASCII", "xx", "C"),
}


def settings() -> dict[str, tuple[str, str, list[str] | None]]:
    rows = ask(
        "SELECT name, setting, vartype, enumvals FROM pg_settings WHERE context = 'user' "
        # The web role may be nobody else; the tests' own login is the owner too.
        "AND name NOT IN ('role', 'session_authorization')"
    )
    return {name: (value, kind, choices) for name, value, kind, choices in rows}


def leave(name: str, now: str, values: Iterable[str]) -> bool:
    """Whether another value of a setting is left on the connection by a page."""
    for value in values:
        try:
            with transaction.atomic():
                ask("SELECT set_config(%s, %s, false)", name, value)
                if ask("SELECT setting FROM pg_settings WHERE name = %s", name) != [(now,)]:
                    return True
        except DatabaseError:
            continue
    return False


def test_no_setting_of_one_page_holds_for_the_next(committed):
    left = set()
    with transaction.atomic():
        before = settings()
    for name, (now, kind, choices) in before.items():
        if leave(name, now, ["3600000"] if name.endswith("timeout") else choices or OTHERS[kind]):
            left.add(name)
        with transaction.atomic():
            after = settings()
        assert after == before, name
    # Most can be left, also those that say how a transaction runs.
    assert len(left) > 100
    assert {
        "default_transaction_read_only",
        "default_transaction_isolation",
        "synchronous_commit",
        "search_path",
    } <= left


def test_nor_does_the_next_page_run_as_the_one_before_chose(committed):
    with transaction.atomic():
        ask("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY")
    with transaction.atomic():
        assert ask("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')") == [
            ("read committed", "off")
        ]


def test_a_cursor_that_outlasts_its_page_is_closed(committed):
    world = committed
    with transaction.atomic():
        world.refer("Kari", "Hemmelig")
    with transaction.atomic():
        set_current_user(world.specialist.pk)
        ask("DECLARE held CURSOR WITH HOLD FOR SELECT family_name FROM cases_participant")
        ask("LISTEN anything")
    with transaction.atomic():
        set_current_user(world.other_specialist.pk)
        assert ask("SELECT name FROM pg_cursors WHERE is_holdable") == []
        with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
            ask("FETCH ALL FROM held")
    with transaction.atomic():
        assert ask("SELECT pg_listening_channels()") == []


def test_what_is_planned_ahead_stays(committed):
    """It is what makes pages quick, and no statement makes one unseen: a statement prepared in SQL ends the connection."""
    for _each in range(3):
        with transaction.atomic():
            connection.connection.prepare_threshold = 1
            fetch("SELECT %(number)s::bigint + 7", {"number": 1})
    with transaction.atomic():
        planned = ask("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%::bigint + 7'")
        assert planned == [(1,)]


@pytest.mark.parametrize("zone", ZONES)
def test_no_page_has_the_day_of_another(committed, zone):
    world = committed
    with transaction.atomic():
        old = world.refer("Kari", "Gammel")
        with as_owner():
            gone = ask(
                "UPDATE organisation_membership SET ended_on = access_today() - 1 "
                "WHERE user_id = %s AND ended_on IS NULL RETURNING id",
                world.specialist.pk,
            )
            member(world.specialist, "specialist", world.other_office, world.other_team)
            ask("UPDATE organisation_user SET ended_on = access_today() - 1 WHERE id = %s", world.colleague.pk)
    client = Client()
    with transaction.atomic():
        client.force_login(world.act_as(world.specialist))
    for left in (zone, "SET search_path = pg_catalog"):
        with transaction.atomic():
            ask(left)
    assert client.get(f"/sak/{old.pk}/").status_code == 404
    with transaction.atomic():
        ask(zone)
    assert b"Gammel" not in client.get("/deltakere/").content
    # And where nobody acts: an account that ended yesterday does not log in.
    with transaction.atomic():
        ask(zone)
    answer = Client().post("/logg-inn/", {"username": "jobb2", "password": "prøv-passord-123"})
    assert answer.status_code == 422
    with transaction.atomic(), as_owner():
        ask("DELETE FROM organisation_membership WHERE user_id = %s AND ended_on IS NULL", world.specialist.pk)
        ask("UPDATE organisation_membership SET ended_on = NULL WHERE id = ANY (%s)", [number for (number,) in gone])
        ask("UPDATE organisation_user SET ended_on = NULL WHERE id = %s", world.colleague.pk)
