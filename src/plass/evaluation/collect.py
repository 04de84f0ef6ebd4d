"""A file's rows to exact sums: the only place where the rows themselves are read.

Sums do not depend on the order in which threads meet the rows, because they are sums of whole numbers:

- a whole-number outcome without weights is counted or summed as it is;
- a fractional value x (and each product w, wy, wyy, ... of weight and outcome) is written as round(x * 2**s), where s
  is chosen for each reading so that the largest value just fits 62 bits. Whole numbers add exactly in any order, and
  what is rounded away is below 2**-60 of the largest value in the file, a hundred times finer than a double.

So the sums are the same bits under any number of threads and any order of the rows. A month read alone and the same
month read with others agree exactly for whole numbers, and to the last bit or two for fractions (s may differ).

Where the outcomes take few values (any binary outcome), they join the grouping key and only rows are counted: one
counter a row, which is as fast as DuckDB goes. Sums, squares, missing and impossible values all follow from the counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plass.evaluation.data import (
    ColumnRange,
    DataFile,
    identifier,
    kind_of,
    largest,
    ranges,
)
from plass.evaluation.study import Outcome, Study

if TYPE_CHECKING:
    import duckdb

#: Most combinations of outcome values that may join the grouping key.
JOINT_VALUES = 64
WEIGHT_COUNTS = ("weight_missing", "weight_negative", "weight_zero")
OUTCOME_COUNTS = ("missing", "text", "infinite", "impossible")
MOMENTS = ("n", "w", "wy", "wyy", "ww", "wwy", "wwyy")


@dataclass(frozen=True)
class Keys:
    """The grouping columns in order: name in the result, SQL over the raw columns."""

    names: tuple[str, ...]
    sql: tuple[str, ...]


def keys_of(study: Study, file: DataFile) -> Keys:
    """What the rows are grouped by: office, period, the covariates, and the first-treated column where there is one."""
    columns = study.columns
    period = identifier(columns.period)
    if kind_of(file.types[columns.period]) == "date":
        period = f"CAST(date_trunc('{columns.period_unit}', {period}) AS DATE)"
    names = ["office", "period"]
    sql = [identifier(columns.office), period]
    for number, covariate in enumerate(columns.covariates):
        names.append(f"covariate{number}")
        sql.append(identifier(covariate))
    if study.treatment.first_treated:
        names.append("first_treated")
        sql.append(identifier(study.treatment.first_treated))
    return Keys(tuple(names), tuple(sql))


def collect(study: Study, file: DataFile, connection: duckdb.DuckDBPyConnection, where: str = "") -> Any:
    """The file's cells as a pyarrow table: the keys, `rows`, the counts of bad values, and for each outcome number j
    the columns `j_n`, `j_wy`, `j_wyy` (and with weights `j_w`, `j_ww`, `j_wwy`, `j_wwyy`). `where` leaves rows out."""
    known = ranges(file, connection)
    keys = keys_of(study, file)
    source = f"{file.sql} {where}"
    # A key that is the same in the whole file (a month a file) costs nothing when written as a constant.
    raw = [study.columns.office, study.columns.period, *study.columns.covariates]
    constant: dict[str, str] = {}
    for name, column, expression in zip(keys.names, raw, keys.sql, strict=False):
        span = known.get(column)
        whole = expression == identifier(column) and file.types[column] != "BOOLEAN"
        if whole and span is not None and span.nulls == 0 and span.low == span.high:
            constant[name] = f"CAST({span.low} AS {file.types[column]})"
    grouped = [(name, sql) for name, sql in zip(keys.names, keys.sql, strict=True) if name not in constant]
    if _joint(study, file, known):
        query = _joint_query(study, file, source, grouped)
    else:
        query = _sums_query(study, file, source, grouped, connection)
    columns = [f"{constant[name]} AS {name}" if name in constant else name for name in keys.names]
    return connection.sql(f"SELECT {', '.join(columns)}, * EXCLUDE ({_names(grouped)}) FROM ({query})").to_arrow_table()


def _names(grouped: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in grouped)


def _joint(study: Study, file: DataFile, known: dict[str, ColumnRange]) -> bool:
    if study.columns.weight is not None:
        return False
    combinations = 1
    for outcome in study.outcomes:
        span = known.get(outcome.column)
        if span is None or span.low is None or span.high is None:
            return False
        combinations *= span.high - span.low + 1 + (span.nulls != 0)
    return combinations <= JOINT_VALUES


def _joint_query(study: Study, file: DataFile, source: str, grouped: Sequence[tuple[str, str]]) -> str:
    inner = [f"{sql} AS {name}" for name, sql in grouped]
    outer = [name for name, _ in grouped]
    outer.append("CAST(sum(c) AS DOUBLE) AS rows")
    for number, outcome in enumerate(study.outcomes):
        value = f"y{number}"
        inner.append(f"{identifier(outcome.column)} AS {value}")
        whole = f"CAST({value} AS BIGINT)"
        outer += [
            f'CAST(coalesce(sum(c) FILTER ({value} IS NOT NULL), 0) AS DOUBLE) AS "{number}_n"',
            f'CAST(coalesce(sum(c * {whole}), 0) AS DOUBLE) AS "{number}_wy"',
            f'CAST(coalesce(sum(c * {whole} * {whole}), 0) AS DOUBLE) AS "{number}_wyy"',
            f'CAST(coalesce(sum(c) FILTER ({value} IS NULL), 0) AS DOUBLE) AS "{number}_missing"',
            f'CAST(coalesce(sum(c) FILTER ({_impossible(outcome, whole)}), 0) AS DOUBLE) AS "{number}_impossible"',
        ]
    rows = f"SELECT {', '.join(inner)}, count(*) AS c FROM {source} GROUP BY ALL"
    by = f" GROUP BY {_names(grouped)}" if grouped else ""
    return f"SELECT {', '.join(outer)} FROM ({rows}){by}"


def _sums_query(
    study: Study,
    file: DataFile,
    source: str,
    grouped: Sequence[tuple[str, str]],
    connection: duckdb.DuckDBPyConnection,
) -> str:
    weight = study.columns.weight
    inner = [f"{sql} AS {name}" for name, sql in grouped]
    outer = [*(name for name, _ in grouped), "CAST(count(*) AS DOUBLE) AS rows"]
    greatest = 1.0
    if weight is not None:
        w = as_number(weight, file)
        inner.append(f"{_finite(w)} AS w")
        greatest = largest(file, weight, w, connection)
        outer += [
            "CAST(count(*) FILTER (w IS NULL) AS DOUBLE) AS weight_missing",
            "CAST(count(*) FILTER (w < 0) AS DOUBLE) AS weight_negative",
            "CAST(count(*) FILTER (w = 0) AS DOUBLE) AS weight_zero",
        ]
    for number, outcome in enumerate(study.outcomes):
        y = f"y{number}"
        raw = as_number(outcome.column, file)
        inner.append(f"{_finite(raw)} AS {y}")
        inner.append(f"coalesce(isinf({raw}), false) AS infinite{number}")
        inner.append(f"{_is_text(outcome.column, file)} AS text{number}")
        good = f"{y} IS NOT NULL" + (" AND w > 0" if weight else "")
        usable = "w > 0 AND " if weight else ""
        top = largest(file, outcome.column, raw, connection)
        one = "w" if weight else "1.0::DOUBLE"
        moments = {
            "wy": (f"{one} * {y}", greatest * top),
            "wyy": (f"{one} * {y} * {y}", greatest * top * top),
        }
        outer.append(f'CAST(count(*) FILTER ({good}) AS DOUBLE) AS "{number}_n"')
        if weight:
            moments["w"] = ("w", greatest)
            moments["ww"] = ("w * w", greatest * greatest)
            moments["wwy"] = (f"w * w * {y}", greatest * greatest * top)
            moments["wwyy"] = (f"w * w * {y} * {y}", greatest * greatest * top * top)
        for name, (expression, bound) in moments.items():
            outer.append(f'{exact_sum(expression, bound, good)} AS "{number}_{name}"')
        outer += [
            f'CAST(count(*) FILTER ({usable}{condition}) AS DOUBLE) AS "{number}_{what}"'
            for what, condition in {
                "missing": f"{y} IS NULL AND NOT text{number} AND NOT infinite{number}",
                "text": f"text{number}",
                "infinite": f"infinite{number}",
                "impossible": f"{y} IS NOT NULL AND ({_impossible(outcome, y)})",
            }.items()
        ]
    by = f" GROUP BY {_names(grouped)}" if grouped else ""
    return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {source}){by}"


def exact_sum(expression: str, bound: float, condition: str) -> str:
    """SQL for a sum that no order of the rows can change: whole multiples of 2**-s, |expression| <= bound."""
    if bound == 0:
        return "0.0::DOUBLE"
    # The bound was formed by rounding products, so one bit is kept in reserve; the exponent stays within a double's.
    shift = max(-900, min(900, 61 - math.frexp(bound)[1]))
    scale = repr(math.ldexp(1.0, shift))
    back = repr(math.ldexp(1.0, -shift))
    scaled = f"CAST(round(({expression}) * {scale}::DOUBLE) AS BIGINT)"
    return f"coalesce(CAST(sum({scaled}) FILTER ({condition}) AS DOUBLE), 0.0) * {back}::DOUBLE"


def as_number(column: str, file: DataFile) -> str:
    """A column as DOUBLE in SQL; a text that is not a number becomes NULL (and is counted apart)."""
    name = identifier(column)
    if kind_of(file.types[column]) in ("whole", "fractional"):
        return f"CAST({name} AS DOUBLE)"
    return f"TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE)"


def _finite(expression: str) -> str:
    # Infinite values and nan leave before any arithmetic: the cast to whole numbers would fail on them.
    return f"CASE WHEN isfinite({expression}) THEN {expression} END"


def _is_text(column: str, file: DataFile) -> str:
    if kind_of(file.types[column]) in ("whole", "fractional"):
        return "false"
    name = f"CAST({identifier(column)} AS VARCHAR)"
    return f"({name} IS NOT NULL AND trim({name}) <> '' AND TRY_CAST({name} AS DOUBLE) IS NULL)"


def _impossible(outcome: Outcome, value: str) -> str:
    if outcome.kind == "binary":
        return f"{value} NOT IN (0, 1)"
    if outcome.kind == "count":
        return f"{value} < 0 OR {value} <> floor({value})"
    return "false"


def bad_value_condition(study: Study, file: DataFile, what: str, outcome: Outcome | None = None) -> tuple[str, str]:
    """SQL (condition, shown column) that finds the rows behind one of the counts, to show examples of them."""
    if outcome is None:
        assert study.columns.weight is not None
        w = as_number(study.columns.weight, file)
        raw = identifier(study.columns.weight)
        return {
            "weight_missing": (f"{w} IS NULL OR NOT isfinite({w})", raw),
            "weight_negative": (f"{w} < 0", raw),
            "weight_zero": (f"{w} = 0", raw),
        }[what]
    y = as_number(outcome.column, file)
    text = _is_text(outcome.column, file)
    return {
        "missing": f"NOT {text} AND ({y} IS NULL OR isnan({y}))",
        "text": text,
        "infinite": f"isinf({y})",
        "impossible": f"isfinite({y}) AND ({_impossible(outcome, y)})",
    }[what], identifier(outcome.column)
