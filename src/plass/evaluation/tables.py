"""What a check hands over: a finding in words, its figures, and tables that can be shown, filed and read by a program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from plass.evaluation.errors import EvaluationError
from plass.evaluation.text import Amount, Text, Unit, text

Cell = float | int | str | bool | None | Text
#: clear: nothing stands against the effect here; mark: something a reader must know; stop: it decides against it;
#: told: the check is an account, not a test; none: it does not apply, and the finding says why.
Status = Literal["clear", "mark", "stop", "told", "none"]


@dataclass(frozen=True)
class Column:
    """One column: `name` (also in files), what it holds, and the key of its heading (by default `column.<name>`)."""

    name: str
    unit: Unit = "number"

    @property
    def heading(self) -> Text:
        """Its heading."""
        return text(f"column.{self.name}")


@dataclass(frozen=True)
class Table:
    """A table: `name` is its file's name, `title` the key `table.<name>`; every row is as long as the columns."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Text | None = None
    reason: Text | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise EvaluationError(f"The table {self.name} has a row of {len(row)} for {len(self.columns)} columns.")

    @property
    def title(self) -> Text:
        """What stands above it."""
        return text(f"table.{self.name}")

    def column(self, name: str) -> tuple[Cell, ...]:
        """One column's values."""
        place = [column.name for column in self.columns].index(name)
        return tuple(row[place] for row in self.rows)


@dataclass(frozen=True)
class Check:
    """One of the twelve checks.

    finding: what it says, in sentences; figures: its numbers by name, for the rules of the verdict and for programs;
    tables: what opens below it.
    """

    number: int
    key: str
    status: Status
    finding: tuple[Text, ...]
    figures: Mapping[str, float | int | bool | str | None] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()

    @property
    def title(self) -> Text:
        """Its name."""
        return text(f"check.{self.key}")

    @property
    def question(self) -> Text:
        """What it asks."""
        return text(f"asks.{self.key}")

    def table(self, name: str) -> Table:
        """One of its tables."""
        for candidate in self.tables:
            if candidate.name == name:
                return candidate
        raise EvaluationError(f"The check {self.key} has no table {name!r} ({', '.join(t.name for t in self.tables)}).")


def table(
    name: str, columns: Sequence[tuple[str, Unit]], rows: Sequence[Sequence[Any]], note: Text | None = None
) -> Table:
    """A Table from plain pairs and rows."""
    return Table(
        name, tuple(Column(*pair) for pair in columns), tuple(tuple(_plain(v) for v in row) for row in rows), note
    )


def no_table(name: str, reason: Text) -> Table:
    """A table that does not apply, with the reason in its place."""
    return Table(name, (), (), None, reason)


def amount(value: float, unit: Unit) -> Amount:
    """A number for a sentence."""
    return Amount(float(value), unit)


def between(low: float, high: float, unit: Unit) -> Amount:
    """A range for a sentence."""
    return Amount(float(low), unit, float(high))


def _plain(value: Any) -> Cell:
    if isinstance(value, Text | str | bool) or value is None:
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value  # type: ignore[no-any-return]
