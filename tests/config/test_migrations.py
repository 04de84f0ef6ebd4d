"""Every change of a model has its migration, and a database of an earlier version keeps its rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command

from plass.db import database
from tests.conftest import TEMPLATE, copy_database, superuser

#: Where each room stood before the plan, the milestones and the figures had rooms of their own.
BEFORE = [
    ("followup", "0004_messages_of_channels"),
    ("rights", "0003_contact_persons_lost_phone"),
    ("caseload", "0006_plain_names"),
]
#: Goes back to BEFORE, writes a row into each table that moves, and comes forward as `plass migrate` does.
THERE_AND_BACK = """
import json, sys
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from plass.db import migrations, row_policies
row_policies.clear()
MigrationExecutor(connection).migrate([tuple(target) for target in json.loads(sys.argv[1])])
with connection.cursor() as cursor:
    cursor.execute("SET session_replication_role = replica")
    cursor.execute(sys.argv[2])
    cursor.execute("SET session_replication_role = origin")
migrations.migrate(verbosity=0)
"""
ROWS = """
    INSERT INTO followup_planstep (case_id, happened_on, recorded_at, recorded_by_id, what, who, goal)
        VALUES (1, '2026-01-02', now(), 1, 'Ringe butikken', 'specialist', '');
    INSERT INTO followup_planstepdone (case_id, happened_on, recorded_at, recorded_by_id, step_id, outcome, note)
        VALUES (1, '2026-01-03', now(), 1, 1, 'done', 'Ringt');
    INSERT INTO caseload_figurerelease (released_on, made_at, counted_through, figures, hidden, hidden_for_others)
        VALUES ('2026-01-05', now(), '2025-12-31', 1, 0, 0);
    INSERT INTO caseload_releasedfigure (release_id, county_id, measure, through, hidden, value)
        VALUES (1, 1, 'referred', '2025-12-31', false, 12);
    INSERT INTO caseload_countedcase (case_id, kind, quarter, county_id, office_id, team_id)
        VALUES (1, 'referred', '2025-12-31', 1, 1, 1);
"""
#: What tables are made of: columns, constraints and indexes, each by name.
MADE_OF = """
    SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT sequencename, data_type::text, '' FROM pg_sequences WHERE schemaname = 'public'
"""


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=3)


@pytest.fixture
def earlier() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A database that went back to BEFORE, got rows there, and was brought up to date again."""
    name = f"plass_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_earlier"
    copy_database(TEMPLATE, name)
    done = subprocess.run(
        [sys.executable, "-c", THERE_AND_BACK, json.dumps(BEFORE), ROWS],
        env={**os.environ, database.ROLE_VARIABLE: database.OWNER, "PLASS_DATABASE_NAME": name},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with psycopg.connect(host=os.environ[database.DSN_VARIABLE], user="postgres", dbname=name) as connection:
        yield connection
    with superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_from_before_rooms_were_split_keeps_its_rows(
    earlier: psycopg.Connection[tuple[object, ...]],
) -> None:
    def rows(query: str) -> list[tuple[object, ...]]:
        return earlier.execute(query).fetchall()

    assert rows("SELECT s.what, d.note FROM plan_planstep s JOIN plan_planstepdone d ON d.step_id = s.id") == [
        ("Ringe butikken", "Ringt")
    ]
    assert rows("SELECT f.value FROM quality_releasedfigure f JOIN quality_figurerelease r ON r.id = f.release_id") == [
        (12,)
    ]
    assert rows("SELECT kind FROM quality_countedcase") == [("referred",)]
    parts = set(rows(MADE_OF))
    with psycopg.connect(host=os.environ[database.DSN_VARIABLE], user="postgres", dbname=TEMPLATE) as fresh:
        assert parts == set(fresh.execute(MADE_OF).fetchall())
    for table, part, _definition in parts:
        for room, before in (("plan", "followup"), ("quality", "caseload")):
            if str(table).startswith(f"{room}_"):
                assert not str(part).startswith(f"{before}_"), f"{part} of {table}"
    assert not [table for table, *_columns in parts if str(table).startswith(("followup_plan", "caseload_"))]
