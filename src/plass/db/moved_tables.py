"""Tables that move from one room to another: their names say the room, and so do those of all that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence


def take_names(tables: Sequence[str], before: str, after: str) -> str:
    """SQL: constraints, indexes, sequences and content types of ``tables`` that say the room ``before`` say ``after``.

    The tables have the names of the room ``after`` or ``before`` already; they are called ``room_model``.
    """
    table_list = ", ".join(f"'{table}'::regclass" for table in tables)
    models = ", ".join("'{}'".format(table.split("_", 1)[1]) for table in tables)
    new_name = f"left('{after}_' || substr(%s, {len(before) + 2}), 63)"
    return f"""
        DO $$
        DECLARE r record;
        BEGIN
            FOR r IN SELECT conrelid::regclass AS its, conname AS old, {new_name % "conname"} AS new FROM pg_constraint
                     WHERE conrelid = ANY (ARRAY[{table_list}]) AND starts_with(conname, '{before}_') LOOP
                EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', r.its, r.old, r.new);
            END LOOP;
            FOR r IN SELECT relname AS old, {new_name % "relname"} AS new FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                     WHERE indrelid = ANY (ARRAY[{table_list}]) AND starts_with(relname, '{before}_') LOOP
                EXECUTE format('ALTER INDEX %I RENAME TO %I', r.old, r.new);
            END LOOP;
            FOR r IN SELECT relname AS old, {new_name % "relname"} AS new FROM pg_depend JOIN pg_class c ON c.oid = objid
                     WHERE classid = 'pg_class'::regclass AND refobjid = ANY (ARRAY[{table_list}]::oid[]) AND relkind = 'S'
                       AND starts_with(relname, '{before}_') LOOP
                EXECUTE format('ALTER SEQUENCE %I RENAME TO %I', r.old, r.new);
            END LOOP;
        END $$;
        UPDATE django_content_type SET app_label = '{after}' WHERE app_label = '{before}' AND model IN ({models});
    """
