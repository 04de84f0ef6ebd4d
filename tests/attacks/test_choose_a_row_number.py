"""A statement chooses the numbers of its rows, ahead of those that were given, so that a colleague's next row has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.conftest import as_owner


def ask(question: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


COLUMNS = "happened_on, recorded_at, role, name, organisation, phone, email, agreement, case_id, recorded_by_id"
VALUES = "access_today(), now(), 'gp', 'x', '', '', '', '', %s, access_user()"


def test_the_number_is_the_databases(world):
    case = world.refer()
    world.act_as(world.specialist)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ask(f"INSERT INTO cases_collaborator (id, {COLUMNS}) VALUES (1000000, {VALUES})", case.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        ask(
            f"INSERT INTO cases_collaborator (id, {COLUMNS}) OVERRIDING SYSTEM VALUE VALUES (1000000, {VALUES})",
            case.pk,
        )
    assert ask(f"INSERT INTO cases_collaborator ({COLUMNS}) VALUES ({VALUES}) RETURNING id > 0", case.pk) == [(True,)]


def test_in_no_table_may_it_be_chosen_or_changed(db):
    numbered = ask(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'public'::regnamespace AND a.attidentity <> ''"
    )
    assert len(numbered) > 50
    open_ones = {
        (table, column, what)
        for table, column in numbered
        for what in ("INSERT", "UPDATE")
        if ask("SELECT has_column_privilege('plass_web', %s, %s, %s)", table, column, what)[0][0]
    }
    assert open_ones == set()
    with as_owner():
        added = ask(
            "SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND has_any_column_privilege('plass_web', oid, 'INSERT') AND has_table_privilege('plass_web', oid, 'INSERT')"
        )
    assert added[0][0] < len(numbered)
