"""What the values in key columns mean: offices, periods and covariate levels, however the file wrote them."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from plass.evaluation.errors import Problem
from plass.evaluation.study import PeriodUnit, PeriodValue

_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ]00:00(?::00(?:\.0+)?)?)?$")


def level(value: Any) -> str | None:
    """An office's or covariate's label; None where it is empty, blank or nan. 1201.0 and "1201" are the same."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return text if text.strip() else None


def period(value: Any, unit: PeriodUnit) -> PeriodValue | None:
    """A period as a whole number, a date (rounded down to the unit) or a text; None where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return floor_date(value, unit)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return int(value)
    text = str(value).strip()
    if not text:
        return None
    if re.fullmatch(r"-?\d+(\.0+)?", text):
        return int(float(text))
    match = _DATE.match(text)
    if match:
        try:
            return floor_date(dt.date(int(match[1]), int(match[2]), int(match[3] or 1)), unit)
        except ValueError:
            return text
    return text


def first_treated(value: Any, unit: PeriodUnit) -> PeriodValue | None:
    """A first treated period; None (never treated) for empty, nan, zero and infinity, as other packages write it."""
    if isinstance(value, float) and math.isinf(value):
        return None
    start = period(value, unit)
    return None if start in (0, "", "inf", "Inf", "never", "NA", ".") else start


def floor_date(value: dt.date, unit: PeriodUnit) -> dt.date:
    """The first day of the date's month, quarter or year (or the day itself)."""
    if unit == "day":
        return value
    month = {"month": value.month, "quarter": 3 * ((value.month - 1) // 3) + 1, "year": 1}[unit]
    return dt.date(value.year, month, 1)


def period_label(value: PeriodValue, unit: PeriodUnit) -> str:
    """2013-04 for a month, 2013-Q2 for a quarter, 2013 for a year; numbers and texts as they are."""
    if not isinstance(value, dt.date):
        return str(value)
    if unit == "month":
        return f"{value:%Y-%m}"
    if unit == "quarter":
        return f"{value.year}-Q{(value.month + 2) // 3}"
    return str(value.year) if unit == "year" else value.isoformat()


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels sorted: as numbers where all are whole numbers, else as text by code point (the same everywhere)."""
    listed = list(labels)
    if all(re.fullmatch(r"-?\d{1,18}", label) for label in listed):
        return sorted(listed, key=lambda label: (int(label), label))
    return sorted(listed)


def period_problem(values: Sequence[PeriodValue], column: str) -> Problem | None:
    """The problem with the periods as a whole: different kinds mixed, or one period that holds another."""
    kinds = {"a date" if isinstance(v, dt.date) else "a number" if isinstance(v, int) else "a text" for v in values}
    mend = "Write every period in the same way, one unit of time a period (for example 2013-04)."
    if len(kinds) > 1:
        first = {kind: next(v for v in values if _kind(v) == kind) for kind in sorted(kinds)}
        shown = ", ".join(f"{value} is {kind}" for kind, value in first.items())
        return Problem(column, f"mixes kinds of periods, which overlap: {shown}", mend)
    texts = sorted(str(value) for value in values)
    if kinds == {"a number"}:
        years = [text for text in texts if len(text) == 4]
        months = [text for text in texts if len(text) == 6]
        inside = next(((y, m) for y in years for m in months if m.startswith(y)), None)
        if inside:
            return Problem(column, f"has overlapping periods: {inside[0]} holds {inside[1]}", mend)
    if kinds == {"a text"}:
        for shorter, longer in itertools.pairwise(texts):
            if longer.startswith(shorter) and not longer[len(shorter)].isdigit():
                return Problem(column, f"has overlapping periods: {shorter!r} holds {longer!r}", mend)
    return None


def _kind(value: PeriodValue) -> str:
    return "a date" if isinstance(value, dt.date) else "a number" if isinstance(value, int) else "a text"
