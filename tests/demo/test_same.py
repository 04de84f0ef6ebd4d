"""Bulk loading gives what the same acts give when people do them one by one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from plass.access.current_user import set_current_user
from plass.access.models import Grant
from plass.accounts.models import Persona
from plass.demo import loading, voices
from plass.demo.by_actions import Actor
from plass.demo.by_copy import Copier
from plass.demo.columns import UNTOUCHED, loaded_columns
from plass.demo.county import County, Size
from plass.rights.models import Comment, CorrectionAnswer, CorrectionRequest, Release
from plass.rights.queries import for_employer

from ..conftest import as_owner

TODAY = date(2026, 6, 17)
SMALL = Size(offices=2, specialists=4, participants=12, caseload=2, employers=20)
#: Gives a small county with some of every kind of fact, somebody shielded, somebody who left, somebody who comes back
#: for a second case, and a fact that is withdrawn.
EVERYTHING = 5540
#: What may differ: moments of writing, the cipher text (its hash is compared), and an unusable password's filler.
LEFT_OUT = {"recorded_at", "registered_at", "identity_number", "password"}
#: Numbers of rows that no foreign key declares.
POINTS_TO = {("access_accesslogentry", "case_id"): "cases_case", ("cases_correction", "fact_id"): "followup_contact"}
POINTS_TO["access_accesslogentry", "participant_id"] = "cases_participant"
POINTS_TO["cases_correction", "replacement_id"] = "followup_contact"
KEPT = {
    "case_id": "cases_case",
    "team_id": "organisation_team",
    "specialist_id": "organisation_user",
    "counsellor_id": "organisation_user",
    "participant_id": "cases_participant",
    "office_id": "organisation_office",
}


def small_county() -> County:
    return County(EVERYTHING, 0, TODAY, SMALL)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table the demo writes, with numbers of rows replaced by their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, attname, confrelid::regclass::text FROM pg_constraint "
            "JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
        )
        points_to = {(table, column): target for table, column, target in cursor.fetchall()} | POINTS_TO
        tables, order = {}, {}
        for table in loaded_columns():
            cursor.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
            tables[table] = [row for (row,) in map(_loaded, cursor.fetchall())]
            order[table] = {row["id"]: place for place, row in enumerate(tables[table], start=1)}
        for view in ("milestone_cache", "milestones"):
            cursor.execute(f"SELECT to_jsonb(t) FROM {view} t ORDER BY case_id")
            tables[view] = [row for (row,) in map(_loaded, cursor.fetchall())]
            points_to |= {(view, column): table for column, table in KEPT.items()}
        cursor.execute("SELECT to_jsonb(t) FROM accounts_persona t ORDER BY t.order")
        tables["accounts_persona"] = [row for (row,) in map(_loaded, cursor.fetchall())]
    for table, rows in tables.items():
        for row in rows:
            row.pop("id", None)
            for column in LEFT_OUT & row.keys():
                row.pop(column)
            if "superseded_at" in row:
                row["superseded_at"] = row["superseded_at"] is not None
            if "referrer_ended_at" in row:
                row["referrer_ended_at"] = row["referrer_ended_at"] is not None
            for column in row:
                target = points_to.get((table, column))
                if target and row[column] is not None:
                    row[column] = (target, order[target][row[column]])
    return tables


def _loaded(row: tuple[Any]) -> tuple[Any]:
    import json

    return (json.loads(row[0]) if isinstance(row[0], str) else row[0],)


def test_every_column_is_loaded():
    """A column that bulk loading forgot would stand empty in the demo and full in real use."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    for table, columns in loaded_columns().items():
        stored = {field.column for field in models[table]._meta.concrete_fields if not field.generated}
        assert stored == set(columns) | UNTOUCHED.get(table, frozenset()), table


@pytest.mark.django_db
def test_bulk_loading_equals_the_actions():
    made = small_county()
    counted = Actor(made, as_owner).everything()
    with as_owner():
        one_by_one = everything()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.ensure_connection()
        raw = connection.connection
        loading.empty(raw)
        county = small_county()
        with loading.open_for_rows(raw):
            copier = Copier(raw, county)
            copier.organisation()
            written = sum(copier.life(life) for life in county.lives())
            for talk in county.dialogue():
                copier.talk(talk)
                written += 1
            copier.personas(county.personas())
            copier.send()
        raw.execute("SELECT milestones_refresh(array(SELECT id FROM cases_case))")
        at_once = everything()
    assert counted == written
    for table in one_by_one:
        assert one_by_one[table] == at_once[table], table
    empty = [table for table, rows in one_by_one.items() if not rows]
    assert not empty, f"The small county has nothing in {empty}: choose another seed for EVERYTHING that has."
    assert any(row["shielded"] for row in one_by_one["cases_case"])
    assert any(row["ended_on"] for row in one_by_one["organisation_user"])
    assert len(one_by_one["cases_participant"]) < len(one_by_one["cases_case"])
    assert any(row["replacement_id"] is None for row in one_by_one["cases_correction"])
    _and_then_they_speak()


def _and_then_they_speak() -> None:
    """On top of the same county: once, the same each time, and for the employer to read."""
    with connection.cursor() as cursor:
        # What was kept for this transaction about who sees what is about the rows before the load.
        cursor.execute(
            "SELECT set_config('plass.' || name, '', true) FROM unnest(ARRAY['cases', 'participants', 'sees']) name"
        )
    with as_owner():
        loading.set_sequences(connection.connection)
    assert voices.speak(as_owner) and not voices.speak(as_owner)
    with as_owner():
        employer = Persona.objects.get(role="employer")
        assert (employer.user.username, employer.user.kind) == ("arbeidsgiver", "employer")
        counts = [model.objects.count() for model in (Comment, CorrectionRequest, CorrectionAnswer, Release, Grant)]
        assert counts == [2, 2, 1, 4, 1]
        everything = list(Release.objects.values_list("item", "text"))
    set_current_user(employer.user_id)
    assert list(Release.objects.values_list("item", "text")) == everything
    (shown,) = for_employer()
    assert shown.name and shown.agreements and shown.visits and shown.call
    assert not CorrectionRequest.objects.exists()
