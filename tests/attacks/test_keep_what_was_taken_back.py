"""A statement changes what it sees in a savepoint, reads, and takes the change back: as if nothing had been."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from plass.access import actions
from plass.cases.models import PossibleDuplicate
from plass.db import signed
from tests.conftest import as_owner
from tests.world import identity_number

from .test_refer_a_shielded_person import filled_in

KEPT = ("cases", "participants", "sees", "some", "whole", "tied")


def ask(question: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


def settings_kept() -> dict[str, str]:
    ask("SELECT access_cases(), access_participants(), access_whole_teams(), access_tied()")
    return {name: ask("SELECT coalesce(current_setting(%s, true), '')", f"plass.{name}")[0][0] for name in KEPT}


def put_back(values: dict[str, str]) -> None:
    for name, value in values.items():
        ask("SELECT set_config(%s, %s, true)", f"plass.{name}", value)


def traces() -> list[tuple]:
    with as_owner():
        return ask(
            "SELECT (SELECT count(*) FROM access_grant), (SELECT count(*) FROM access_accesslogentry), "
            "(SELECT count(*) FROM access_change)"
        )


def read_and_taken_back(act: str, read: str) -> str:
    """What ``read`` returns after ``act`` in one statement that then takes the act back; nothing where it is refused."""
    ask(f"""
        DO $$
        DECLARE got text := '';
        BEGIN
            BEGIN
                PERFORM {act};
                got := coalesce(({read}), '');
                RAISE EXCEPTION 'take it back';
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            PERFORM set_config('x.got', got, true);
        END $$""")
    return str(ask("SELECT current_setting('x.got')")[0][0])


def referred_by_another(world, client, **typed) -> tuple[Any, int]:
    """A case of the other office, and the number of a referral of the same person, which a counsellor here wrote."""
    number = identity_number()
    existing = world.refer("Kari", "Kjentsen", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, given_name="Kari", family_name="Hemmelig", **typed))
    with as_owner():
        return existing, PossibleDuplicate.objects.get().pk


def test_a_join_is_not_made_by_a_statement_that_takes_it_back(world, client):
    existing, link = referred_by_another(world, client)
    before = traces()
    world.act_as(world.other_specialist)
    # What another office wrote of the person stands in the history of a join.
    read = f"SELECT string_agg(new, ' ') FROM cases_answered_before({existing.participant_id})"
    for more in ("", ", '', true, ''", ", '', true, '', ''"):
        assert read_and_taken_back(f"cases_join({link}{more})", read) == "", more
    assert traces() == before


def test_nor_is_a_protection_changed_that_shows_who_was_referred(world, client):
    """Whoever decides about somebody does not see a referral of them as more strictly protected, until they are that too."""
    existing, _link = referred_by_another(world, client, protection="confidential")
    before = traces()
    world.act_as(world.other_specialist)
    read = "SELECT string_agg(typed, ' ') FROM cases_joins_waiting()"
    assert ask(read) == [(None,)]
    for more in ("", ", ''"):
        act = f"cases_change_protection({existing.participant_id}, 'confidential', 'x', 1{more})"
        assert read_and_taken_back(act, read) == "", more
    assert traces() == before


def test_an_emergency_is_not_taken_by_a_statement_that_takes_it_back(world):
    cases = [world.refer(f"Navn{number}", "Hemmelig", address="Gate 1") for number in range(8)]
    before = traces()
    world.act_as(world.other_specialist)
    ask(f"""
        DO $$
        DECLARE n bigint; got text := '';
        BEGIN
          FOR n IN {cases[0].pk}..{cases[-1].pk} LOOP
            BEGIN
              BEGIN
                EXECUTE 'SELECT access_break_glass($1, ''x'', 1, 5)' USING n;
              EXCEPTION WHEN undefined_function THEN
                EXECUTE 'SELECT access_break_glass($1, ''x'', 1, 5, '''')' USING n;
              END;
              got := got || (SELECT string_agg(p.family_name, ' ') FROM cases_case c
                             JOIN cases_participant p ON p.id = c.participant_id WHERE c.id = n);
              RAISE EXCEPTION 'take it back';
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
          END LOOP;
          PERFORM set_config('x.got', got, true);
        END $$""")
    assert ask("SELECT current_setting('x.got')") == [("",)]
    assert traces() == before


def test_it_does_not_ask_which_numbers_are_those_of_shielded_people(world):
    cases = [world.refer(), world.refer(protection="confidential")]
    world.act_as(world.other_specialist)
    for case in cases:
        for question in ("SELECT access_break_glass(%s, 'x', 1, 5)", "SELECT access_break_glass(%s, 'x', 1, 5, '')"):
            with pytest.raises(DatabaseError), transaction.atomic():
                ask(question, case.pk)


def test_what_was_kept_while_the_case_was_seen_is_not_believed_when_that_was_taken_back(world):
    case = world.refer("Navn", "Hemmelig")
    by = world.act_as(world.other_specialist)
    with transaction.atomic():
        assert actions.break_glass(case.pk, by=by, reason="x", hours=1)
        copied = settings_kept()
        assert ask("SELECT family_name FROM cases_participant") == [("Hemmelig",)]
        transaction.set_rollback(True)
    assert ask("SELECT count(*) FROM access_grant") == [(0,)]
    # At once; after another change, which makes a new state; and after what is kept was asked for anew.
    for step in (
        "SELECT 1",
        "UPDATE organisation_user SET phone = '1' WHERE id = access_user()",
        "SELECT access_cases()",
    ):
        ask(step)
        put_back(copied)
        assert ask("SELECT family_name FROM cases_participant") == []
        assert ask("SELECT count(*) FROM cases_referral") == [(0,)]
        assert ask("SELECT access_sees_case(%s)", case.pk) == [(False,)]
        put_back(dict.fromkeys(KEPT, ""))
        ask("SELECT set_config('plass.case', %s, true)", f"{case.pk}")
        put_back(copied)
        assert ask("SELECT access_cases()") == [([],)]
        ask("SELECT set_config('plass.case', '', true)")


def test_nor_what_was_kept_before_somebody_lost_a_case(world):
    case = world.refer("Navn", "Hemmelig")
    by = world.act_as(world.other_specialist)
    assert actions.break_glass(case.pk, by=by, reason="x", hours=1)
    world.act_as(by)
    copied = settings_kept()
    with as_owner():
        ask("UPDATE access_grant SET granted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'")
    stamp = signed.stamp(by.pk)
    ask("SELECT set_config('plass.user', %s, true)", stamp)
    put_back(copied)
    assert ask("SELECT family_name FROM cases_participant") == []


def test_the_state_can_neither_be_read_nor_written(world):
    world.act_as(world.specialist)
    for question in ("SELECT * FROM access_state", "DELETE FROM access_state", "UPDATE access_state SET backend = 1"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ask(question)


def test_a_state_is_never_an_earlier_one(world):
    by = world.act_as(world.specialist)
    states = set()
    for _time in range(3):
        with transaction.atomic():
            ask("UPDATE organisation_user SET phone = '1' WHERE id = %s", by.pk)
            with as_owner():
                states.add(ask("SELECT state FROM access_state WHERE backend = pg_backend_pid()")[0][0])
            transaction.set_rollback(True)
    assert len(states) == 3
