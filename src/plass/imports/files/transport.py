"""A file as it goes from the process that read it to the one that asked: JSON, so that nothing in it can be run."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from .limits import Reason, Refused
from .shape import Cell, File, Format, Merge, Remark, Row, Sheet, Value

_KINDS: dict[str, Any] = {"moment": datetime.fromisoformat, "day": date.fromisoformat, "time": time.fromisoformat}


def dump(file: File) -> bytes:
    """The file as bytes."""
    return json.dumps(
        {
            "format": file.format,
            "remarks": file.remarks,
            "sheets": [
                {
                    "title": sheet.title,
                    "rows": [
                        (row.number, row.is_hidden, [(at, *_from_cell(cell)) for at, cell in row.cells.items()])
                        for row in sheet.rows
                    ],
                    "merges": [
                        (merge.first_row, merge.first_column, merge.last_row, merge.last_column)
                        for merge in sheet.merges
                    ],
                    "hidden_columns": sorted(sheet.hidden_columns),
                    "is_hidden": sheet.is_hidden,
                    "is_cut": sheet.is_cut,
                }
                for sheet in file.sheets
            ],
        }
    ).encode()


def dump_refusal(refused: Refused) -> bytes:
    """Why it was not read, as bytes."""
    return json.dumps(
        {"refused": refused.reason, "row": refused.row, "cell": refused.cell, "sheet": refused.sheet}
    ).encode()


def load(data: bytes) -> File:
    """The file again. Raises Refused where it was not read."""
    told = json.loads(data)
    if "refused" in told:
        raise Refused(Reason(told["refused"]), told["row"], cell=told["cell"], sheet=told["sheet"])
    return File(
        Format(told["format"]),
        tuple(
            Sheet(
                sheet["title"],
                tuple(
                    Row(number, {at: Cell(_to_value(value), *marks) for at, value, *marks in cells}, is_hidden)
                    for number, is_hidden, cells in sheet["rows"]
                ),
                tuple(Merge(*corners) for corners in sheet["merges"]),
                frozenset(sheet["hidden_columns"]),
                sheet["is_hidden"],
                sheet["is_cut"],
            )
            for sheet in told["sheets"]
        ),
        tuple(Remark(remark) for remark in told["remarks"]),
    )


def _from_cell(cell: Cell) -> tuple[Any, ...]:
    value = _from_value(cell.value)
    marks = (cell.formula, cell.is_error, cell.is_struck, cell.is_percent, cell.comment, cell.fill)
    return (value, *marks) if any(marks) else (value,)


def _from_value(value: Value) -> Any:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"duration": [value.days, value.seconds, value.microseconds]}
    return value


def _to_value(value: Any) -> Value:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    ((kind, written),) = value.items()
    return timedelta(*written) if kind == "duration" else _KINDS[kind](written)
