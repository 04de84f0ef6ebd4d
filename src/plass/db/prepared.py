"""Questions that pages ask the database again and again: planned once a connection, and read without the ORM.

The ORM composes a question anew each time and the database plans it anew each time; for a page that is open all day that
is most of what it costs. Such a question is written as SQL where it belongs, and PostgreSQL keeps its plan (a prepared
statement). Row-level security holds in it as in every other. See ``docs/decisions/0173-beyond-ordinary-django.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.backends.postgresql import base

from . import hidden

T = TypeVar("T")


def fetch(question: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of ``question``, in which parameters stand as ``%(name)s``; they are sent beside it, never put into it.

    A list is an array: ``= ANY (%(users)s::bigint[])``. It is asked within the page's transaction, and counted and
    logged like the ORM's questions. Raises ``django.db.DatabaseError``.
    """
    with _planned() as cursor:
        cursor.execute(question, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, parameters: dict[str, Any]) -> None:
    """The same for a statement that has no rows to give back. For what nearly every page writes (the log)."""
    with _planned() as cursor:
        cursor.execute(statement, parameters)


@contextmanager
def _planned() -> Iterator[Any]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # Django's own cursors put parameters into the text, and what is another text each time cannot be kept.
        bare: Any = base.ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # the stubs lack it
        make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        with make(bare) as cursor:
            yield cursor


@dataclass(frozen=True)
class PreparedQuery(Generic[T]):
    """A question that is not asked yet: its text, its parameters, and what its rows are.

    ``row`` is a dataclass whose fields, or a model whose columns (``columns``), are those of the text, in their order.
    """

    row: type[T]
    text: str
    parameters: dict[str, Any]

    def rows(self) -> list[T]:
        """Ask it by itself."""
        make = _maker(self.row)
        return [make(*row) for row in fetch(self.text, self.parameters)]


class Results:
    """What was asked together: ``answers.of(question)`` are its rows."""

    def __init__(self, answers: Iterable[tuple[PreparedQuery[Any], list[Any]]]) -> None:
        self._found = {id(question): (question, rows) for question, rows in answers}

    def of(self, question: PreparedQuery[T]) -> list[T]:
        """The rows of one of the questions."""
        rows: list[T] = self._found[id(question)][1]
        return rows


def fetch_together(*questions: PreparedQuery[Any]) -> Results:
    """Ask several questions in one, so that a page goes to the database once for all of them.

    Parameters of the same name are the same parameter; ValueError where they differ. Raises ``django.db.DatabaseError``.
    """
    parameters: dict[str, Any] = {}
    for question in questions:
        for name, value in question.parameters.items():
            if parameters.setdefault(name, value) != value:
                raise ValueError(f"Two questions give different values to {name!r}.")
    answers = fetch(_in_one(tuple((question.text, _width(question.row)) for question in questions)), parameters)[0]
    return Results((question, _read(question.row, answer)) for question, answer in zip(questions, answers, strict=True))


def columns(model: type[models.Model], of: str) -> str:
    """The columns of ``model``, whose table is called ``of`` in the question, as ``row`` wants them."""
    return ", ".join(hidden.selected(field, of) for field in model._meta.concrete_fields)


@lru_cache(maxsize=100)
def _in_one(questions: tuple[tuple[str, int], ...]) -> str:
    """Each question as one value: a JSON array of its rows, whose columns are numbered, for they may have no names."""
    parts = (
        f"(SELECT json_agg(q) FROM ({text}) q({', '.join(f'c{number}' for number in range(width))}))::text"
        for text, width in questions
    )
    return "SELECT " + ",\n".join(parts)


def _width(row: type[Any]) -> int:
    return len(row._meta.concrete_fields) if issubclass(row, models.Model) else len(fields(row))


def _maker(row: type[T]) -> Callable[..., T]:
    if issubclass(row, models.Model):
        names = [field.attname for field in row._meta.concrete_fields]
        return lambda *values: row.from_db("default", names, values)
    return row


def _read(row: type[T], answer: str | None) -> list[T]:
    if answer is None:
        return []
    readers, make = _readers(row), _maker(row)  # type: ignore[arg-type]  # the stubs do not know that a class has a hash
    return [
        make(
            *[
                value if read is None or value is None else read(value)
                for read, value in zip(readers, record.values(), strict=True)
            ]
        )
        for record in json.loads(answer, parse_float=Decimal)
    ]


@lru_cache(maxsize=100)
def _readers(row: type[Any]) -> tuple[Callable[[Any], Any] | None, ...]:
    """For each column what turns a value in JSON into what the database would give; None where it is the same."""
    if issubclass(row, models.Model):
        return tuple(field.to_python for field in row._meta.concrete_fields)
    return tuple(_READERS.get(str(field.type).removesuffix(" | None")) for field in fields(row))


_READERS: dict[str, Callable[[Any], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": lambda value: Decimal(str(value)),
}
