"""Writing many rows of one table in one statement whose text never changes.

Django's ``bulk_create`` composes its statement anew for every call, a value at a time; where thousands of rows are written
(an import) that was a quarter of all work. Here the rows go as one parameter (JSON) to a statement that the database has
planned already. Row-level security, constraints and triggers hold as for every other insert.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import DatabaseDefault
from django.utils.functional import Promise

from .hidden import selected
from .prepared import fetch

M = TypeVar("M", bound=models.Model)


def insert_all(rows: Sequence[M]) -> list[M]:
    """Write objects of one model that are not saved yet, and give them their numbers. Returns them.

    A column that the database fills in by itself (``db_default``) is given a value in all of them or in none. Like
    ``bulk_create`` it calls no ``save`` and sends no signals. Raises ``django.db.DatabaseError``.
    """
    if not rows:
        return []
    model = type(rows[0])
    left_out = frozenset(
        field.attname
        for field in model._meta.local_concrete_fields
        if field.has_db_default() and isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    )
    statement, given, told = _statement(model, left_out)
    values = [{field.column: field.pre_save(row, True) for field in given} for row in rows]
    answers = fetch(statement, {"rows": json.dumps(values, default=_in_json)})
    for row, answer in zip(rows, answers, strict=True):
        for name, value in zip(told, answer, strict=True):
            setattr(row, name, value)
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return list(rows)


@lru_cache(maxsize=100)
def _statement(
    model: type[models.Model], left_out: frozenset[str]
) -> tuple[str, tuple[models.Field[Any, Any], ...], tuple[str, ...]]:
    """The statement that writes rows of ``model``, the fields that it is given, and those whose values it tells."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    told = [field for field in fields if field.primary_key or field.attname in left_out]
    given = tuple(field for field in fields if field not in told)
    columns = ", ".join(f'"{field.column}"' for field in given)
    types = ", ".join(f'"{field.column}" {field.cast_db_type(connection)}' for field in given)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) '
        f"SELECT {columns} FROM json_to_recordset(%(rows)s::json) AS given ({types}) "
        f"RETURNING {', '.join(selected(field) for field in told)}",
        given,
        tuple(field.attname for field in told),
    )


def _in_json(value: Any) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return "\\x" + value.hex()
    if isinstance(value, Decimal | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a column")
