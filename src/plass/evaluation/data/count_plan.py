"""The fastest way from rows to sums: where outcomes take few values, the rows of each combination are only counted.

Columns of whole numbers without holes, whose range the file's footer tells, are written as the digits of one number:

    ((office - low) * size of sex + (sex - low)) * size of outcome + (outcome - low) ...

so that the database groups by one number in a plain array instead of by many columns in a hash table, and adds one to a
counter for each row. Everything else (sums, squares, missing and impossible values) follows from the counts here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plass.evaluation.data.cell_part import Key, Part, encoded, numbers
from plass.evaluation.data.cells import Bools, Floats, _add, _group
from plass.evaluation.data.files import ColumnRange, DataFile, identifier
from plass.evaluation.study import Outcome

#: Up to so many values of a column are listed whether they occur or not.
FEW = 10_000


@dataclass(frozen=True)
class Plan:
    """How a file is counted: each part's name (keys first, then outcomes y0, y1 ...) to its range or constant.

    digits: name to (column, low, size), first slowest; apart: names grouped as columns of their own, with their SQL;
    constant: name to the one value that the whole file has.
    """

    digits: Mapping[str, tuple[str, int, int]]
    apart: Mapping[str, str]
    constant: Mapping[str, int]

    def query(self, source: str) -> str:
        """SQL: column `k` (where there are digits), a column for each part that stands apart, and `c`, the rows."""
        chosen = []
        if self.digits:
            number = ""
            for column, low, size in self.digits.values():
                digit = f"CAST({identifier(column)} AS BIGINT)"
                # A high base (office numbers such as 1201) is taken out, so that the number cannot overflow.
                digit = digit if low == 0 else f"({digit} - CAST({low} AS BIGINT))"
                number = f"({number} * CAST({size} AS BIGINT) + {digit})" if number else digit
            chosen.append(f"{number} AS k")
        chosen += [f"{sql} AS {name}" for name, sql in self.apart.items()]
        names = [*(["k"] if self.digits else []), *self.apart]
        if not names:
            return f"SELECT count(*) AS c FROM {source}"
        by = ", ".join(names)
        return f"SELECT {by}, count(*) AS c FROM (SELECT {', '.join(chosen)} FROM {source}) GROUP BY {by}"


def plan(keys: Sequence[tuple[str, str, str]], outcomes: Sequence[Outcome], file: DataFile) -> Plan:
    """How to count a file. keys: name, column and SQL of each grouping column; only a bare column can be a digit."""
    digits: dict[str, tuple[str, int, int]] = {}
    apart: dict[str, str] = {}
    constant: dict[str, int] = {}
    combinations = 1
    parts = [*keys, *((f"y{i}", outcome.column, identifier(outcome.column)) for i, outcome in enumerate(outcomes))]
    for name, column, sql in parts:
        span = file.ranges.get(column)
        label = file.types[column] == "BOOLEAN" and not name.startswith("y")
        size = 0 if span is None else span.high - span.low + 1
        if span is None or span.nulls != 0 or sql != identifier(column) or label or combinations * size >= 2**62:
            apart[name] = sql
        elif size == 1:
            constant[name] = span.low
        else:
            digits[name] = (column, span.low, size)
            combinations *= size
    return Plan(digits, apart, constant)


def values_of(span: ColumnRange) -> int:
    """How many values a column can take at most, a missing one included."""
    return span.high - span.low + 1 + (span.nulls != 0)


def sums(counts: Any, chosen: Plan, names: Sequence[str], outcomes: Sequence[Outcome]) -> Part:
    """The counts (a pyarrow table, as `Plan.query` gives it) as a part of the cells. names: the keys' in order."""
    count = numbers(counts.column("c")).astype(np.float64)
    keys: dict[str, Key] = {}
    if chosen.digits:
        remaining = numbers(counts.column("k")).astype(np.int64)
        for name, (_, low, size) in reversed(list(chosen.digits.items())):
            remaining, digit = np.divmod(remaining, size)
            if size <= FEW:
                keys[name] = Key(range(low, low + size), digit)
            else:
                present, digit = np.unique(digit, return_inverse=True)
                keys[name] = Key((present + low).tolist(), digit)
    for name in chosen.apart:
        keys[name] = encoded(counts.column(name))
    for name, constant in chosen.constant.items():
        keys[name] = Key([constant], np.zeros(len(count), dtype=np.int64))
    group, first = _group([keys[name].code + 1 for name in names])
    shape = (len(first),)
    rows = _add(group, count, shape)
    nothing = np.zeros(shape)
    columns = {"rows": rows}
    for number, outcome in enumerate(outcomes):
        y = keys[f"y{number}"]
        missing = y.code < 0
        value = np.array([0.0 if level is None else float(level) for level in [*y.values, None]])[y.code]
        good = np.where(missing, 0.0, count)
        wrong = _impossible(outcome, value) & ~missing
        columns |= {
            f"{number}_n": _add(group, good, shape) if missing.any() else rows,
            f"{number}_wy": _add(group, good * value, shape),
            f"{number}_wyy": _add(group, good * value * value, shape),
            f"{number}_missing": _add(group, count - good, shape) if missing.any() else nothing,
            f"{number}_impossible": _add(group, np.where(wrong, count, 0.0), shape) if wrong.any() else nothing,
        }
    return Part({name: Key(keys[name].values, keys[name].code[first]) for name in names}, columns)


def _impossible(outcome: Outcome, y: Floats) -> Bools:
    if outcome.kind == "binary":
        return np.asarray((y != 0) & (y != 1))
    if outcome.kind == "count":
        return np.asarray(y < 0)
    return np.zeros(len(y), dtype=bool)
