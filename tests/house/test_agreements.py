"""A row that names another must not contradict it: both name the same case or office, or the table says that they differ."""

from __future__ import annotations

from django.db import connection

from plass.db.row_policies import declared
from tests.conftest import as_owner

#: Each foreign key of one column: its table, its column, and the table that it names.
KEYS = (
    "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c "
    "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
    "WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.connamespace = 'public'::regnamespace"
)


def pairs() -> dict[tuple[str, str, str], str]:
    """Two ways from a table to one row by columns of the same name: table, column, the other's column -> the other table.

    Of the database's own keys, and not of the models that the triggers are made from.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        keys = cursor.fetchall()
    return {
        (table, column, other): named
        for table, other, named in keys
        for whose, column, far in keys
        if whose == named and column != other and far != "organisation_user" and (table, column, far) in keys
    }


def test_every_row_agrees_with_what_it_names_or_its_table_says_that_they_may_differ(db):
    tables = declared()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgrelid::regclass::text, p.prosrc, count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgname LIKE 'plass\\_agrees\\_%' AND t.tgenabled = 'O' GROUP BY 1, 2"
        )
        guards = {table: source for table, source, both in cursor.fetchall() if both == 2}
        found = pairs()
        cursor.execute(
            "SELECT attrelid::regclass::text, attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attnotnull AND a.attnum > 0"
        )
        may_be_null = set(cursor.fetchall())
    kept = {("jobs_jobended", "case_id", "job_id"), ("accounts_approvalrequest", "office_id", "team_id")}
    assert kept <= set(found)
    unguarded, differing, empty = set(), set(), set()
    for (table, column, other), named in found.items():
        pair = f"{other.removesuffix('_id')}.{column.removesuffix('_id')}"
        asks = (
            f'NEW."{other}" IS NOT NULL AND NOT EXISTS (SELECT FROM "{named}" o '
            f'WHERE o.id = NEW."{other}" AND o."{column}" IS NOT DISTINCT FROM NEW."{column}")'
        )
        if pair in tables[table].may_differ:
            differing.add((table, pair))
        elif pair in tables[table].may_be_empty and (table, column) in may_be_null:
            empty.add((table, pair))
            asks = f'(NEW."{column}" IS NOT NULL AND {asks})'
        else:
            asks = f"({asks})"
        if (table, pair) not in differing and asks not in guards.get(table, ""):
            unguarded.add((table, column, other))
    assert unguarded == set()
    # What is said to differ, or to be left empty, is a pair; and what may be empty is a column that can be.
    assert differing == {(table, pair) for table, rows in tables.items() for pair in rows.may_differ}
    assert empty == {(table, pair) for table, rows in tables.items() for pair in rows.may_be_empty}


def test_the_guards_see_no_more_than_whoever_writes(db):
    """They are asked before the row policy: what one does not see is for them as what is not there."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT bool_or(prosecdef) FROM pg_proc WHERE proname LIKE 'plass\\_agrees\\_%'")
        assert cursor.fetchone() == (False,)
