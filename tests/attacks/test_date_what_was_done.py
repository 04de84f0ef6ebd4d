"""A statement says itself when something was done: an answer before the question, a fact of last year, a look long ago."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from plass.cases.models import Assignment
from tests.conftest import as_owner

LONG_AGO, LATER = "2020-01-01", "2090-01-01"


def ask(question: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("when", [LONG_AGO, LATER])
def test_nobody_registers_somebody_as_answered_about(world, when):
    by = world.act_as(world.specialist)
    columns = "given_name, family_name, identity_number, identity_hash, born_on, registered_by_id, registered_at"
    empty_columns = "phone, email, address, postal_code, place, language, protection, version"
    insert = f"INSERT INTO cases_participant ({columns}, {empty_columns}, own_employee_answered_at) VALUES "
    values = "('A', 'B', 'x', decode(repeat('ab', 32), 'hex'), '1990-05-17', %s, %s, '', '', '', '', '', '', '', 1, %s)"
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ask(insert + values, by.pk, when, when)
    # The control, and when they were registered is the database's to say.
    ask(insert + values, by.pk, when, None)
    assert ask("SELECT registered_at = now() FROM cases_participant WHERE family_name = 'B'") == [(True,)]


@pytest.mark.parametrize("when", [LONG_AGO, LATER])
def test_nor_says_this_is_me_before_or_after_they_did(world, when):
    case = world.refer()
    with as_owner():
        ((identity_hash,),) = ask("SELECT identity_hash FROM cases_participant WHERE id = %s", case.participant_id)
    by = world.act_as(world.colleague)
    ask(
        "INSERT INTO access_conflictofinterest (user_id, identity_hash, kind, declared_by_id, declared_at) "
        "VALUES (%s, %s, 'self', %s, %s)",
        by.pk,
        identity_hash,
        by.pk,
        when,
    )
    with as_owner():
        assert ask("SELECT declared_at BETWEEN now() AND clock_timestamp() FROM access_conflictofinterest") == [(True,)]


@pytest.mark.parametrize("when", [LONG_AGO, LATER])
def test_nor_records_or_withdraws_at_a_time_of_their_own(world, when):
    case = world.refer()
    by = world.act_as(world.specialist)
    copied = "role, user_id, team_id, reason, happened_on"
    insert = (
        f"INSERT INTO cases_assignment (case_id, {copied}, recorded_by_id, recorded_at, superseded_at) "
        f"SELECT case_id, {copied}, {by.pk}, %s, %s FROM cases_assignment WHERE case_id = %s ORDER BY id LIMIT 1"
    )
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ask(insert, when, when, case.pk)
    ask(insert, when, None, case.pk)
    made = Assignment.objects.filter(case=case).latest("pk")
    ask("UPDATE cases_assignment SET superseded_at = %s WHERE id = %s", when, made.pk)
    question = (
        "SELECT recorded_at BETWEEN now() AND clock_timestamp(), "
        "superseded_at BETWEEN recorded_at AND clock_timestamp() FROM cases_assignment WHERE id = %s"
    )
    assert ask(question, made.pk) == [(True, True)]


def test_nor_changes_when_something_was_recorded(world):
    world.act_as(world.specialist)
    for table in ("employers_employer", "employers_contactperson"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ask(f"UPDATE {table} SET recorded_at = '{LONG_AGO}'")


@pytest.mark.parametrize("when", [LONG_AGO, LATER])
def test_nor_asks_long_ago_for_a_new_phone(world, when):
    by = world.act_as(world.administrator)
    ask(
        "INSERT INTO accounts_approvalrequest (kind, user_id, nonce, asked_by_id, asked_at) "
        "VALUES ('factor', %s, '', %s, %s)",
        world.supervisor.pk,
        by.pk,
        when,
    )
    assert ask("SELECT asked_at BETWEEN now() AND clock_timestamp() FROM accounts_approvalrequest") == [(True,)]
