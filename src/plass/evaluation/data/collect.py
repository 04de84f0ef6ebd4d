"""A file's rows to exact sums: the only place where the rows themselves are read.

Sums do not depend on the order in which threads meet the rows, because they are sums of whole numbers:

- a whole-number outcome without weights is counted or summed as it is;
- a fractional value x (and each product w, wy, wyy, ... of weight and outcome) is written as round(x * 2**s), where s
  is chosen for each reading so that the largest value just fits 62 bits. Whole numbers add exactly in any order, and
  what is rounded away is below 2**-60 of the largest value in the file, a hundred times finer than a double.

So the sums are the same bits under any number of threads and any order of the rows. A month read alone and the same
month read with others agree exactly for whole numbers, and to the last bit or two for fractions (s may differ).

Where the outcomes take few values (any binary outcome), they join the grouping key and only rows are counted, which is as
fast as DuckDB goes (`plass.evaluation.data.count_plan`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plass.evaluation.data.backends import DuckEngine
from plass.evaluation.data.cell_part import Key, Part
from plass.evaluation.data.count_plan import plan, sums, values_of
from plass.evaluation.data.files import ColumnRange, DataFile, identifier, kind_of
from plass.evaluation.study import Outcome, Study

#: Most combinations of outcome values that may join the grouping key.
JOINT_VALUES = 64
WEIGHT_COUNTS = ("weight_missing", "weight_negative", "weight_zero")
OUTCOME_COUNTS = ("missing", "text", "infinite", "impossible")
MOMENTS = ("n", "w", "wy", "wyy", "ww", "wwy", "wwyy")


def number_names(study: Study) -> list[str]:
    """The names of a part's numbers; a part may lack those that are zero in all its cells."""
    weighted = study.columns.weight is not None
    moments = MOMENTS if weighted else ("n", "wy", "wyy")
    names = ["rows", *(WEIGHT_COUNTS if weighted else ())]
    return names + [f"{j}_{name}" for j in range(len(study.outcomes)) for name in (*moments, *OUTCOME_COUNTS)]


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


def collect(study: Study, file: DataFile, engine: DuckEngine, where: str = "") -> Part:
    """The file's part of the cells: the keys, `rows`, the counts of bad values, and for each outcome number j the sums
    `j_n`, `j_wy`, `j_wyy` (and with weights `j_w`, `j_ww`, `j_wwy`, `j_wwyy`). `where` leaves rows out."""
    keys = keys_of(study, file)
    source = f"{engine.table(file)} {where}"
    raw = [study.columns.office, study.columns.period, *study.columns.covariates]
    if study.treatment.first_treated:
        raw.append(study.treatment.first_treated)
    if _joint(study, file):
        chosen = plan(list(zip(keys.names, raw, keys.sql, strict=True)), study.outcomes, file)
        return sums(engine.arrow(chosen.query(source), counting=True), chosen, keys.names, study.outcomes)
    # A key that is the same in the whole file (a month a file) is not read.
    constant: dict[str, int] = {}
    for name, column, expression in zip(keys.names, raw, keys.sql, strict=True):
        span = file.ranges.get(column)
        whole = expression == identifier(column) and file.types[column] != "BOOLEAN"
        if whole and span is not None and span.nulls == 0 and span.low == span.high:
            constant[name] = span.low
    grouped = [(name, sql) for name, sql in zip(keys.names, keys.sql, strict=True) if name not in constant]
    part = Part.from_table(engine.arrow(_sums_query(study, file, source, grouped, engine)))
    sums_by_name = dict(part.numbers)
    for number, outcome in enumerate(study.outcomes):
        for name, twin in _same_moments(file.ranges.get(outcome.column), study).items():
            sums_by_name[f"{number}_{name}"] = sums_by_name[f"{number}_{twin}"]
    same = {name: Key([value], np.zeros(len(part.numbers["rows"]), dtype=np.int64)) for name, value in constant.items()}
    return Part({name: same.get(name) or part.keys[name] for name in keys.names}, sums_by_name)


def _names(grouped: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in grouped)


def _joint(study: Study, file: DataFile) -> bool:
    """Whether the outcomes take few enough values to join the grouping key."""
    if study.columns.weight is not None:
        return False
    spans = [file.ranges.get(outcome.column) for outcome in study.outcomes]
    return (
        all(span is not None for span in spans) and math.prod(values_of(span) for span in spans if span) <= JOINT_VALUES
    )


def _sums_query(
    study: Study,
    file: DataFile,
    source: str,
    grouped: Sequence[tuple[str, str]],
    engine: DuckEngine,
) -> str:
    """One pass over the rows. What the footer or the type already says (no hole, no text, only 0 and 1) is not counted."""
    weight = study.columns.weight
    inner = [f"{sql} AS {name}" for name, sql in grouped]
    outer = [*(name for name, _ in grouped), "CAST(count(*) AS DOUBLE) AS rows"]
    greatest = 1.0
    if weight is not None:
        w = as_number(weight, file)
        inner.append(f"{_finite(w)} AS w")
        greatest = _largest(file, weight, w, engine)
        outer += [
            "CAST(count(*) FILTER (w IS NULL) AS DOUBLE) AS weight_missing",
            "CAST(count(*) FILTER (w < 0) AS DOUBLE) AS weight_negative",
            "CAST(count(*) FILTER (w = 0) AS DOUBLE) AS weight_zero",
        ]
    for number, outcome in enumerate(study.outcomes):
        y = f"y{number}"
        raw = as_number(outcome.column, file)
        span = file.ranges.get(outcome.column)
        holes = span is None or span.nulls != 0
        text = kind_of(file.types[outcome.column]) not in ("whole", "fractional")
        inner.append(f"{_finite(raw) if holes else raw} AS {y}")
        conditions = {"missing": f"{y} IS NULL"} if holes else {}
        if span is None:
            inner.append(f"coalesce({is_infinite(raw)}, false) AS infinite{number}")
            conditions["missing"] += f" AND NOT infinite{number}"
            conditions["infinite"] = f"infinite{number}"
        if text:
            inner.append(f"{_is_text(outcome.column, file)} AS text{number}")
            conditions["missing"] += f" AND NOT text{number}"
            conditions["text"] = f"text{number}"
        impossible = _impossible(outcome, y)
        if impossible != "false" and not _surely_possible(outcome, span):
            conditions["impossible"] = f"{y} IS NOT NULL AND ({impossible})"
        usable = ["w > 0"] if weight else []
        good = " AND ".join([*([f"{y} IS NOT NULL"] if holes else []), *usable]) or "true"
        outer.append(f'CAST(count(*) FILTER ({good}) AS DOUBLE) AS "{number}_n"')
        for name, (expression, bound) in _moments(
            y, greatest, _largest(file, outcome.column, raw, engine), study
        ).items():
            if name not in _same_moments(span, study):
                outer.append(f'{exact_sum(expression, bound, good, engine.whole)} AS "{number}_{name}"')
        outer += [
            f'CAST(count(*) FILTER ({" AND ".join([*usable, condition])}) AS DOUBLE) AS "{number}_{flaw}"'
            for flaw, condition in conditions.items()
        ]
    by = f" GROUP BY {_names(grouped)}" if grouped else ""
    return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {source}){by}"


def _moments(y: str, w: float, top: float, study: Study) -> dict[str, tuple[str, float]]:
    """Each moment's SQL and the largest value it takes, for weights up to w and outcomes up to top."""
    weight = "w" if study.columns.weight else "CAST(1.0 AS DOUBLE)"
    moments = {"wy": (f"{weight} * {y}", w * top), "wyy": (f"{weight} * {y} * {y}", w * top * top)}
    if study.columns.weight:
        moments |= {
            "w": ("w", w),
            "ww": ("w * w", w * w),
            "wwy": (f"w * w * {y}", w * w * top),
            "wwyy": (f"w * w * {y} * {y}", w * w * top * top),
        }
    return moments


def _same_moments(span: ColumnRange | None, study: Study) -> dict[str, str]:
    """Moments that equal another one: an outcome of zeros and ones is its own square."""
    if span is None or span.low < 0 or span.high > 1:
        return {}
    return {"wyy": "wy", **({"wwyy": "wwy"} if study.columns.weight else {})}


def _surely_possible(outcome: Outcome, span: ColumnRange | None) -> bool:
    return span is not None and span.low >= 0 and (outcome.kind != "binary" or span.high <= 1)


def exact_sum(expression: str, bound: float, condition: str, whole: str) -> str:
    """SQL for a sum that no order of the rows can change: whole multiples of 2**-s, |expression| <= bound.

    whole: the type in which whole numbers add without loss.
    """
    if bound == 0:
        return "CAST(0.0 AS DOUBLE)"
    # The bound was formed by rounding products, so one bit is kept in reserve; the exponent stays within a double's.
    shift = max(-900, min(900, 61 - math.frexp(bound)[1]))
    scale = repr(math.ldexp(1.0, shift))
    back = repr(math.ldexp(1.0, -shift))
    scaled = f"CAST(CAST(round(({expression}) * CAST({scale} AS DOUBLE)) AS BIGINT) AS {whole})"
    return f"coalesce(CAST(sum({scaled}) FILTER ({condition}) AS DOUBLE), 0.0) * CAST({back} AS DOUBLE)"


def as_number(column: str, file: DataFile) -> str:
    """A column as DOUBLE in SQL; a text that is not a number becomes NULL (and is counted apart)."""
    name = identifier(column)
    if kind_of(file.types[column]) in ("whole", "fractional"):
        return f"CAST({name} AS DOUBLE)"
    return f"TRY_CAST(CAST({name} AS VARCHAR) AS DOUBLE)"


#: The largest double. Every engine orders nan above all numbers, so these conditions say the same anywhere.
_MOST = "CAST(1.7976931348623157e308 AS DOUBLE)"


def is_finite(expression: str) -> str:
    """SQL: neither infinite nor nan (NULL where the expression is)."""
    return f"abs({expression}) <= {_MOST}"


def is_infinite(expression: str) -> str:
    """SQL: infinite, and not nan (NULL where the expression is)."""
    return f"(abs({expression}) > {_MOST} AND NOT isnan({expression}))"


def _finite(expression: str) -> str:
    # Infinite values and nan leave before any arithmetic: the cast to whole numbers would fail on them.
    return f"CASE WHEN {is_finite(expression)} THEN {expression} END"


def _largest(file: DataFile, column: str, expression: str, engine: DuckEngine) -> float:
    """The largest finite absolute value of a column: by the footer, else by a scan of it."""
    if column in file.largest:
        return file.largest[column]
    query = (
        f"SELECT max(abs(x)) AS most FROM (SELECT {expression} AS x FROM {engine.table(file)}) WHERE {is_finite('x')}"
    )
    largest = engine.arrow(query).column("most")[0].as_py()
    return 0.0 if largest is None else float(largest)


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


def bad_value_condition(study: Study, file: DataFile, flaw: str, outcome: Outcome | None = None) -> tuple[str, str]:
    """SQL (condition, shown column) that finds the rows behind one of the counts, to show examples of them."""
    if outcome is None:
        assert study.columns.weight is not None
        w = as_number(study.columns.weight, file)
        raw = identifier(study.columns.weight)
        return {
            "weight_missing": (f"{w} IS NULL OR NOT {is_finite(w)}", raw),
            "weight_negative": (f"{w} < 0", raw),
            "weight_zero": (f"{w} = 0", raw),
        }[flaw]
    y = as_number(outcome.column, file)
    text = _is_text(outcome.column, file)
    return {
        "missing": f"NOT {text} AND ({y} IS NULL OR isnan({y}))",
        "text": text,
        "infinite": is_infinite(y),
        "impossible": f"{is_finite(y)} AND ({_impossible(outcome, y)})",
    }[flaw], identifier(outcome.column)
