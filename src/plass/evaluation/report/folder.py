"""A folder with the whole report: report.html, report.pdf, results.json, and every table as CSV and Parquet."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plass.evaluation.report.as_json import results_as_json
from plass.evaluation.report.document import document
from plass.evaluation.report.html import as_html
from plass.evaluation.report.pdf import as_pdf
from plass.evaluation.report.pictures import draw_all
from plass.evaluation.results import Results
from plass.evaluation.tables import Cell, Table
from plass.evaluation.text import Language, Text


def write_report(
    results: Results,
    folder: str | os.PathLike[str],
    *,
    language: Language = "nb",
    pdf: bool = True,
    progress: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Write everything; the paths written. Files of an earlier report in the folder are replaced, others left alone.

    progress: told the name of each file before it is made.
    """
    place = Path(folder)
    (place / "tables").mkdir(parents=True, exist_ok=True)
    told = progress or (lambda name: None)
    told("results.json")
    content = json.dumps(results_as_json(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    written = [_write(place / "results.json", content.encode())]
    told("tables")
    for found in results.tables:
        written += write_table(found, place / "tables", language)
    told("report.html")
    made = document(results, language, draw_all(results, language))
    written.append(_write(place / "report.html", as_html(made).encode()))
    if pdf:
        told("report.pdf")
        written.append(_write(place / "report.pdf", as_pdf(made)))
    return tuple(written)


def write_table(found: Table, folder: Path, language: Language) -> list[Path]:
    """One table as CSV and as Parquet, with the columns' own names and unrounded numbers; words in the language."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [one.name for one in found.columns]
    rows = [[_value(value, language) for value in row] for row in found.rows]
    file = folder / f"{found.name}.csv"
    draft = file.with_name(file.name + ".new")
    with draft.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(names)
        writer.writerows([["" if value is None else _harmless(value) for value in row] for row in rows])
    draft.replace(file)
    columns = []
    for place, one in enumerate(found.columns):
        values = [row[place] for row in rows]
        if one.unit == "text":
            columns.append(pa.array([None if value is None else str(value) for value in values], pa.string()))
        else:
            columns.append(pa.array([None if value is None else float(value) for value in values], pa.float64()))
    parquet = folder / f"{found.name}.parquet"
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), parquet)
    return [file, parquet]


def _value(value: Cell, language: Language) -> Any:
    return value.said(language) if isinstance(value, Text) else value


def _harmless(value: Any) -> Any:
    """An office's name that a spreadsheet would run as a formula is kept as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t", "\r") else value


def _write(path: Path, content: bytes) -> Path:
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(content)
    draft.replace(path)
    return path
