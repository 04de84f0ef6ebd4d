"""A database made ready for bulk loading and put back: triggers, row-level security of the owner, keys and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from .columns import loaded_columns

#: Where the definitions of keys and indexes wait while they are set aside, so that a killed load can be mended.
SET_ASIDE = "demo_set_aside"
#: What is kept about people beside what the demo writes.
KEPT_BESIDE = (
    "milestone_cache",
    # With its figures; the cases it counted go with the cases.
    "quality_figurerelease",
    "accounts_persona",
    "access_submission",
    "access_change",
    "access_grant",
    "access_conflictofinterest",
    "rights_comment",
    "rights_correctionrequest",
    "rights_correctionanswer",
    "rights_disclosure",
    "rights_release",
    "rights_contactaccount",
    "rights_employeraccess",
    "django_session",
)


@contextmanager
def open_for_rows(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Within, COPY works: our triggers rest, and the owner is not under its own policies (COPY knows none).

    The policies of the web role hold all the time. In one transaction nobody else sees it.
    """
    _each(connection, "ALTER TABLE {} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
    yield
    close_again(connection)


def close_again(connection: psycopg.Connection[Any]) -> None:
    """The end of :func:`open_for_rows`, also after a load that was killed."""
    # What deferred keys still have to check must be checked before a table may be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _each(connection, "ALTER TABLE {} ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY")


def _each(connection: psycopg.Connection[Any], statement: str) -> None:
    for table in loaded_columns():
        connection.execute(sql.SQL(statement).format(sql.Identifier(table)))


def empty(connection: psycopg.Connection[Any]) -> None:
    """Remove every person, case and session. The numbers begin at 1 again."""
    tables = [*loaded_columns(), *KEPT_BESIDE]
    connection.execute(
        sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
    )


def set_aside_keys(connection: psycopg.Connection[Any]) -> None:
    """Drop foreign keys and indexes of the tables to load, and keep their definitions.

    Loading 300,000 cases takes a third of the time without them; they are made, and so checked, at the end.
    """
    connection.execute(f"CREATE TABLE {SET_ASIDE} (step integer, statement text)")
    connection.execute(
        f"""
        INSERT INTO {SET_ASIDE}
        SELECT 1, indexdef FROM pg_indexes i
        WHERE schemaname = 'public' AND tablename = ANY (%(tables)s) AND NOT EXISTS (
            SELECT FROM pg_constraint WHERE conindid = format('public.%%I', i.indexname)::regclass AND contype <> 'f')
        UNION ALL
        SELECT 2, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                         pg_get_constraintdef(oid))
        FROM pg_constraint
        WHERE contype = 'f' AND conrelid = ANY (%(tables)s::text[]::regclass[])
        """,
        {"tables": list(loaded_columns())},
    )
    connection.execute(
        """
        DO $$
        DECLARE r record;
        BEGIN
            FOR r IN SELECT conrelid::regclass AS tab, conname FROM pg_constraint
                     WHERE contype = 'f' AND conrelid = ANY (%s::text[]::regclass[]) LOOP
                EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I', r.tab, r.conname);
            END LOOP;
            FOR r IN SELECT indexname FROM pg_indexes i
                     WHERE schemaname = 'public' AND tablename = ANY (%s) AND NOT EXISTS (
                         SELECT FROM pg_constraint WHERE conindid = format('public.%%I', i.indexname)::regclass) LOOP
                EXECUTE format('DROP INDEX public.%%I', r.indexname);
            END LOOP;
        END $$
        """.replace("%s::text[]", sql.Literal(list(loaded_columns())).as_string(connection) + "::text[]")
        .replace("ANY (%s)", f"ANY ({sql.Literal(list(loaded_columns())).as_string(connection)})")
        .replace("%%", "%")
    )


def waiting(connection: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    """The keys and indexes that are set aside: (1 an index, 2 a key; the statement that makes it)."""
    if connection.execute("SELECT to_regclass(%s)", [SET_ASIDE]).fetchone() != (SET_ASIDE,):
        return []
    return connection.execute(f"SELECT step, statement FROM {SET_ASIDE} ORDER BY step, statement").fetchall()


def make_one(connection: psycopg.Connection[Any], statement: str) -> None:
    """Make one index or key again, and forget that it waited."""
    connection.execute(statement)
    connection.execute(f"DELETE FROM {SET_ASIDE} WHERE statement = %s", [statement])


def all_made(connection: psycopg.Connection[Any]) -> None:
    """Nothing waits any more."""
    connection.execute(f"DROP TABLE IF EXISTS {SET_ASIDE}")


def set_sequences(connection: psycopg.Connection[Any]) -> None:
    """Let new rows be numbered after those that were loaded."""
    for table in loaded_columns():
        connection.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({name}, 'id'), greatest((SELECT max(id) FROM {table}), 1), "
                "EXISTS (SELECT FROM {table}))"
            ).format(name=sql.Literal(table), table=sql.Identifier(table))
        )
