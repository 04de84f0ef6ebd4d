"""A statement records something, or says that a participant was met, in the name of a colleague."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from plass.db import row_policies
from tests.conftest import as_owner
from tests.rights.made import contact


def ask(question: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("whose", ["colleague", "specialist"])
def test_nobody_says_that_a_colleague_met_somebody(world, whose):
    case = world.refer()
    contact(case, world.act_as(world.specialist))
    names = [
        name
        for (name,) in ask(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'followup_contact'::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attidentity = '' AND attgenerated = '' AND attname <> 'recorded_by_id'"
        )
    ]
    copied = ", ".join(names)
    insert = f"INSERT INTO followup_contact ({copied}, recorded_by_id) SELECT {copied}, %s FROM followup_contact"
    if whose == "specialist":
        ask(insert, world.specialist.pk)
        return
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ask(insert, world.colleague.pk)


def test_in_every_table_that_says_who_recorded_a_row_it_is_who_wrote_it(db):
    with as_owner():
        tables = ask(
            "SELECT c.relname, coalesce(p.with_check, '') LIKE '%%(recorded_by_id = ( SELECT access_user()%%' "
            "AND NOT has_column_privilege('plass_web', c.oid, a.attnum, 'UPDATE') "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "JOIN pg_policies p ON p.tablename = c.relname AND p.policyname = 'plass_insert' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'recorded_by_id'"
        )
    assert {"followup_contact", "cases_assignment", "employers_employer"} <= {table for table, _is_checked in tables}
    assert {table for table, is_checked in tables if not is_checked} == set()
    assert {table for table, _is_checked in tables} <= set(row_policies.declared())
