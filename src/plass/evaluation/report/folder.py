"""A folder with the whole report: report.html, report.pdf, results.json, and every table as CSV and Parquet."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plass.evaluation.report.as_json import results_as_json
from plass.evaluation.report.content import ReportContent
from plass.evaluation.report.document import document
from plass.evaluation.report.html import as_html
from plass.evaluation.report.pdf import as_pdf
from plass.evaluation.report.pictures import draw_all
from plass.evaluation.tables import Cell, Table
from plass.evaluation.text import Language, Text


def write_report(
    results: ReportContent,
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
    announce = progress or (lambda name: None)
    announce("results.json")
    content = json.dumps(results_as_json(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    written = [_write(place / "results.json", content.encode())]
    announce("tables")
    for table in results.tables:
        written += write_table(table, place / "tables", language)
    announce("report.html")
    report = document(results, language, draw_all(results, language))
    written.append(_write(place / "report.html", as_html(report).encode()))
    if pdf:
        announce("report.pdf")
        written.append(_write(place / "report.pdf", as_pdf(report)))
    return tuple(written)


def write_table(table: Table, folder: Path, language: Language) -> list[Path]:
    """One table as CSV and as Parquet, with the columns' own names and unrounded numbers; words in the language."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [column.name for column in table.columns]
    rows = [[_value(value, language) for value in row] for row in table.rows]
    file = folder / f"{table.name}.csv"
    draft = file.with_name(file.name + ".new")
    with draft.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(names)
        writer.writerows([["" if value is None else _harmless(value) for value in row] for row in rows])
    draft.replace(file)
    columns = []
    for place, column in enumerate(table.columns):
        values = [row[place] for row in rows]
        if column.unit == "text":
            columns.append(pa.array([None if value is None else str(value) for value in values], pa.string()))
        else:
            columns.append(pa.array([None if value is None else float(value) for value in values], pa.float64()))
    parquet = folder / f"{table.name}.parquet"
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
