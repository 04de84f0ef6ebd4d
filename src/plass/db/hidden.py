"""Columns that no page reads: hashes of passwords, of links and of identity numbers, secrets of second factors.

The web role may not SELECT them (``rows``), and Django, which names every column of a model, asks for a fixed word in their
place. What needs the value asks a function of the database that checks who asks.
"""

from __future__ import annotations

from typing import Any

from django.db import models


class Hidden:
    """A field whose value is written, and never read back. To be put before the field's own class."""

    #: What stands in place of the value, in SQL; ``{of}`` is what the table is called there.
    in_place = "'(hidden)'"
    model: type[models.Model]

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, tuple[Any, ...]]:
        """What Django selects: not the column."""
        return self.in_place.format(of=sql.rpartition(".")[0]), ()

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """For migrations it is the field it would be otherwise: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # a field's, beside this
        plain = type(self).__mro__[2]
        return name, f"django.db.models.{plain.__name__}", args, kwargs


class HiddenChar(Hidden, models.CharField):  # type: ignore[type-arg]
    """A text."""


class HiddenBinary(Hidden, models.BinaryField):  # type: ignore[type-arg]
    """Bytes."""

    in_place = "''::bytea"


def selected(field: Any, of: str = "") -> str:
    """A column as SQL of our own selects it, of the table called ``of``."""
    if isinstance(field, Hidden):
        return field.in_place.format(of=of or field.model._meta.db_table)
    return f"{of}.{field.column}" if of else str(field.column)


def columns(model: type[models.Model]) -> list[str]:
    """The columns of ``model`` that are hidden."""
    return [str(field.column) for field in model._meta.concrete_fields if isinstance(field, Hidden)]
