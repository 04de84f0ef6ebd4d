"""Every table with a history: what is deleted takes its own history along where it is a person's, and nobody else's."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from plass.access.models import Change
from tests.conftest import as_owner

KEPT = {
    model._meta.db_table: (model, model.rows.history)
    for model in apps.get_models()
    if getattr(getattr(model, "rows", None), "history", None) is not None
}


@pytest.mark.parametrize("table", sorted(KEPT))
def test_deleting_a_row_takes_no_history_but_its_own(db, table):
    """A table of the same name and columns, without constraints, with the very trigger of the real one."""
    model, history = KEPT[table]
    columns = [field.column for field in model._meta.concrete_fields if field.get_internal_type() in POINTS]
    row = {column: 1000 + place for place, column in enumerate(columns)}
    own = row[model._meta.pk.column]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'plass_history' AND tgrelid = %s::regclass",
            [table],
        )
        trigger = cursor.fetchone()[0].replace("ON public.", "ON probe.")
        cursor.execute("CREATE SCHEMA probe")
        cursor.execute(f"CREATE TABLE probe.{table} AS SELECT * FROM {table} WITH NO DATA")
        cursor.execute(
            f"INSERT INTO probe.{table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", [*row.values()]
        )
        cursor.execute(trigger)
        Change.objects.all().delete()
        for number in row.values():
            line(table, number, about_user=number)
            line("cases_participant", number, participant_id=number)
            line("cases_possibleduplicate", number + 5000, participant_id=number)
        before = set(Change.objects.values_list("table", "row"))
        cursor.execute(f"DELETE FROM probe.{table}")
        gone = before - set(Change.objects.exclude(operation="delete").values_list("table", "row"))
        done = Change.objects.get(operation="delete")
    expected = {(table, own)} if history.audience in {"participant", "nobody"} else set()
    if table == "cases_participant":
        expected.add(("cases_possibleduplicate", own + 5000))
    assert gone == expected
    assert (done.table, done.row) == (table, own)
    assert done.old is None or not expected


#: What a column holds that names a row.
POINTS = {"AutoField", "BigAutoField", "BigIntegerField", "ForeignKey", "OneToOneField"}


def line(table: str, row: int, **about: int) -> None:
    Change.objects.create(
        at="2026-01-01T00:00Z", audience="participant", table=table, row=row, operation="update", **about
    )
