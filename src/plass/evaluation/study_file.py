"""The study file: one TOML file read into a `Study`, every complaint naming the table and the key.

[study]
name = "kjerneoppgaver"
question = "Do more people get into work when the office follows them up itself?"
seed = 20130401

[data]
files = ["months/*.parquet"]            # relative to this file; Parquet, CSV, Stata, SPSS, R or Arrow

[columns]
office = "office"
period = "month"
person = "person"                       # optional: only used to find duplicated person-periods
covariates = ["sex", "age_group"]       # optional

[treatment]
offices = ["Åsane", "Heimdal"]          # or: first_treated = "a column with each office's first treated period"
start = 2013-04-01

[[outcomes]]
name = "any_job"
column = "in_work"
kind = "binary"                         # binary, continuous or count

[[specifications]]                      # optional: else one person- and one office-weighted for each outcome
name = "headline"
outcome = "any_job"
headline = true
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from plass.evaluation.errors import StudyError
from plass.evaluation.study import (
    Columns,
    Comparison,
    Cost,
    DataSource,
    Engine,
    Kind,
    Neighbours,
    Outcome,
    PeriodUnit,
    Reason,
    Role,
    Specification,
    Study,
    Treatment,
    Waiting,
    Weighting,
    _nearest,
)

_Section = TypeVar("_Section")


def read_study(path: str | os.PathLike[str]) -> Study:
    """Read a study file. Raises StudyError naming the table and key that cannot be used, and what was meant."""
    file = Path(path)
    try:
        with file.open("rb") as handle:
            table = tomllib.load(handle)
    except FileNotFoundError:
        raise StudyError(f"There is no study file {str(path)!r}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{file.name} is not a valid TOML file: {error}.") from None
    return study_from(table, folder=file.resolve().parent)


def study_from(table: Mapping[str, Any], folder: Path | None = None) -> Study:
    """Build a Study from the tables of a study file (the result of tomllib.load). Raises StudyError."""
    known = [
        "study",
        "data",
        "columns",
        "treatment",
        "outcomes",
        "specifications",
        "neighbours",
        "cost",
        "waiting",
        "retention",
        "engine",
    ]
    for key in table:
        if key not in known:
            raise StudyError(f"The study file has a table [{key}] that is not known{_nearest(key, known)}.")
    for key in ("study", "data", "columns", "treatment", "outcomes"):
        if key not in table:
            raise StudyError(f"The study file lacks the table [{key}].")
    head = dict(table["study"])
    allowed = {"name": "str", "title": "str", "question": "str", "seed": "int", "alpha": "float", "relevant": "float"}
    for key, value in head.items():
        if key not in allowed:
            raise StudyError(f"[study] has a key {key!r} that is not known{_nearest(key, list(allowed))}.")
        head[key] = _value(allowed[key], value, f"[study] {key}")
    if "name" not in head:
        raise StudyError("[study] needs a name (a text).")
    return Study(
        **head,
        data=_section(DataSource, table["data"], "data"),
        columns=_section(Columns, table["columns"], "columns"),
        treatment=_section(Treatment, table["treatment"], "treatment"),
        outcomes=tuple(_section(Outcome, item, "outcomes") for item in _list(table["outcomes"], "outcomes")),
        specifications=tuple(
            _section(Specification, item, "specifications")
            for item in _list(table.get("specifications", []), "specifications")
        ),
        neighbours=_section(Neighbours, table.get("neighbours", {}), "neighbours"),
        cost=_section(Cost, table["cost"], "cost") if "cost" in table else None,
        waiting=_section(Waiting, table["waiting"], "waiting") if "waiting" in table else None,
        retention=_section(Waiting, table["retention"], "retention") if "retention" in table else None,
        folder=folder or Path.cwd(),
        engine=_section(Engine, table.get("engine", {}), "engine"),
    )


def _section(kind: type[_Section], table: object, name: str) -> _Section:
    """One dataclass from one TOML table, with the key named in every complaint."""
    if not isinstance(table, Mapping):
        raise StudyError(f"[{name}] must be a table.")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise StudyError(f"[{name}] has a key {key!r} that is not known{_nearest(key, list(fields))}.")
        values[key] = _value(str(fields[key].type), value, f"[{name}] {key}")
    missing = [
        key
        for key, field in fields.items()
        if key not in values and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise StudyError(f"[{name}] lacks {', '.join(missing)}.")
    return kind(**values)


_CHOICES: dict[str, tuple[str, ...]] = {
    "Kind": get_args(Kind),
    "Role": get_args(Role),
    "Weighting": get_args(Weighting),
    "Comparison": get_args(Comparison),
    "PeriodUnit": get_args(PeriodUnit),
}


def _value(type_name: str, value: object, where: str) -> Any:
    if type_name.startswith("tuple["):
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            raise StudyError(f"{where} must be a list of texts.")
        if "Reason" in type_name:
            for item in items:
                if item not in get_args(Reason):
                    raise StudyError(f"{where}: {item!r} is not a reason{_nearest(item, get_args(Reason))}.")
        return tuple(items)
    if type_name in _CHOICES:
        if value not in _CHOICES[type_name]:
            raise StudyError(f"{where} is {value!r}; it must be one of {', '.join(_CHOICES[type_name])}.")
        return value
    accepted_types: dict[str, tuple[type, ...]] = {
        "str": (str,),
        "int": (int,),
        "bool": (bool,),
        "float": (int, float),
    }
    accepted_types["PeriodValue"] = (int, str, dt.date)
    for part, types in accepted_types.items():
        if type_name.removesuffix(" | None") == part:
            if not isinstance(value, types) or (isinstance(value, bool) and part != "bool"):
                raise StudyError(f"{where} is {value!r}; it must be {_described(part)}.")
            return value.date() if isinstance(value, dt.datetime) else value
    return value


def _described(part: str) -> str:
    return {
        "str": "a text",
        "int": "a whole number",
        "bool": "true or false",
        "float": "a number",
        "PeriodValue": "a date, a whole number or a text, as in the period column",
    }[part]


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise StudyError(f"Write each of the {name} as [[{name}]] (two brackets).")
    return value
