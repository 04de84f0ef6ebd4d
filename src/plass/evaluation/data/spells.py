"""Spells: from a referral to a start, from a job's first day to its last, with people still under way.

One row a spell, with two dates. What has not ended is censored at the day it was followed to; what ends after the
horizon counts as not ended at it. Rows that cannot be used stop the reading with the column, the rows and the mend.

The files are read as the study's data are (every format, DuckDB within its memory limit), in one streaming pass to
counts by office, start, days and way of ending: memory follows the horizon and the offices, not the number of spells. With a
Spark cluster the same pass goes there, where both engines read the files alike (`_alike`).
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plass.evaluation.data import labels
from plass.evaluation.data.backends import DuckEngine, SparkEngine
from plass.evaluation.data.cells import Bools, Floats, Ints
from plass.evaluation.data.files import DataFile, example_rows, find_named, identifier, kind_of, open_named
from plass.evaluation.errors import DataError, Problem
from plass.evaluation.study import Study, Waiting

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Spells:
    """Spells that can be counted; every array has shape (kinds,), a kind being one combination of what spells are
    counted by.

    office: its number among `offices`; duration: days, at most `horizon`; cause: 0 under way, 1 ... for `causes`;
    begun: how many of the days asked for had come when it began; count: how many such spells; rows_read: rows in the
    files; left_out: rows of offices that are not in the study.
    """

    offices: tuple[str, ...]
    office: Ints
    duration: Floats
    cause: Ints
    begun: Ints
    count: Floats
    causes: tuple[str, ...]
    horizon: int
    rows_read: int
    left_out: int

    def __len__(self) -> int:
        return int(self.count.sum())

    def where(self, chosen: Bools) -> tuple[Floats, Ints, Floats]:
        """Durations, causes and numbers of some spells."""
        return self.duration[chosen], self.cause[chosen], self.count[chosen]


def read_spells(
    study: Study,
    source: Waiting,
    offices: tuple[str, ...],
    days: Sequence[dt.date] = (),
    *,
    section: str = "waiting",
    memory_limit: str = "400MB",
    work: Path | None = None,
    threads: int | None = None,
    spark: SparkSession | None = None,
) -> Spells:
    """Read the spells of the study's offices.

    days: in order; spells are told apart by how many of them had come when they began; section: of the study file, for
    messages; memory_limit, work, threads: as in `read_cells`; spark: a session on whose cluster they are counted, with the
    same result, where they are Parquet with columns of dates (else they are counted here). Raises DataError with every
    problem found.
    """
    with tempfile.TemporaryDirectory(dir=work, prefix="plass-spells-") as folder:
        engine = DuckEngine(memory_limit, Path(folder), threads)
        try:
            named_files = find_named(study.folder, source.files, f"[{section}] files")
            labelled = [source.office, *([source.event] if source.event else [])]
            files = open_named(named_files, _columns(source, section), labelled, engine.connection, Path(folder))
            counter = engine
            if spark is not None and _alike(files, source, Path(folder)):
                counter = SparkEngine(spark, memory_limit, Path(folder), threads)
            try:
                days_of = _dates(files, source, counter)
                problems = _problems(files, source, days_of, counter)
                if problems:
                    raise DataError(problems)
                counts: dict[tuple[str | None, str, int, int, bool], int] = {}
                for file, _ in counter.batches(files):
                    for key, count in _counted(file, source, days, days_of, counter):
                        counts[key] = counts.get(key, 0) + count
            finally:
                if counter is not engine:
                    counter.close()
        finally:
            engine.close()
    return _spells(counts, source, offices)


def _alike(files: Sequence[DataFile], source: Waiting, copies: Path) -> bool:
    """Whether Spark reads these files as DuckDB does: Parquet that its workers reach, dates that are dates (the two
    differ in which texts they take for dates), and labels that are texts or whole numbers."""
    dates = [column for column in (source.start, source.end, source.until) if column is not None]
    labels_of = [column for column in (source.office, source.event) if column is not None]
    return not any(path.parent == copies for file in files for path in file.paths) and all(
        all(file.types[column] == "DATE" for column in dates)
        and all(kind_of(file.types[column]) in ("whole", "text") for column in labels_of)
        for file in files
    )


def _columns(source: Waiting, section: str) -> dict[str, str]:
    named = {
        "office": source.office,
        "start": source.start,
        "end": source.end,
        "event": source.event,
        "until": source.until,
    }
    return {column: f"[{section}] {key}" for key, column in named.items() if column is not None}


def _dates(files: Sequence[DataFile], source: Waiting, engine: DuckEngine) -> dict[str | None, str]:
    """SQL for the day in each column of dates. Raises DataError where one holds numbers: no day can be read from them."""
    day_sql: dict[str | None, str] = {None: "NULL::DATE"}
    problems = []
    for column in (source.start, source.end, source.until):
        if column is None:
            continue
        name = identifier(column)
        if all(kind_of(file.types[column]) in ("date", "text") for file in files):
            day_sql[column] = f"TRY_CAST({name} AS DATE)"
            continue
        # A column without a single value may have any type.
        held = f"{name} IS NOT NULL AND CAST({name} AS VARCHAR) <> 'nan'"
        rows = sum(
            int(engine.arrow(f"SELECT count(*) FILTER ({held}) AS c FROM {engine.table(file)}").column("c")[0].as_py())
            for file in files
        )
        day_sql[column] = "NULL::DATE"
        if rows:
            examples = example_rows(files, held, name, engine.connection, most=3)
            mend = "Save it as dates, such as 2013-04-01."
            problems.append(Problem(column, "is a number where a date belongs", mend, rows, examples))
    if problems:
        raise DataError(problems)
    return day_sql


def _counted(
    file: DataFile, source: Waiting, days: Sequence[dt.date], days_of: dict[str | None, str], engine: DuckEngine
) -> list[tuple[tuple[str | None, str, int, int, bool], int]]:
    """(office, way of ending, starts that had come, days, whether it ended) with how many such spells."""
    start = days_of[source.start]
    begun = " + ".join(f"({start} >= DATE '{day}')::INTEGER" for day in days) or "0"
    event = "''" if source.event is None else f"coalesce(CAST({identifier(source.event)} AS VARCHAR), '')"
    table = engine.arrow(
        f"WITH spells AS (SELECT {identifier(source.office)} AS office, {event} AS event, {begun} AS begun, "
        f"date_diff('day', {start}, {days_of[source.end]}) AS lasted, "
        f"least(coalesce(date_diff('day', {start}, {days_of[source.until]}), {source.horizon}), {source.horizon}) "
        f"AS followed FROM {engine.table(file)}), "
        "told AS (SELECT *, lasted IS NOT NULL AND lasted <= followed AS ended FROM spells) "
        "SELECT office, CASE WHEN ended THEN event ELSE '' END AS event, begun, "
        "CASE WHEN ended THEN lasted ELSE followed END AS days, ended, count(*) AS spells FROM told GROUP BY ALL"
    )
    rows = zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
    return [
        ((labels.level(office), str(how), int(starts), int(length), bool(ended)), int(count))
        for office, how, starts, length, ended, count in rows
    ]


def _spells(
    counts: dict[tuple[str | None, str, int, int, bool], int], source: Waiting, offices: tuple[str, ...]
) -> Spells:
    office_number = {name: place for place, name in enumerate(offices)}
    causes = tuple(sorted({key[1] for key in counts if key[4]})) or ("",)
    number = {name: place for place, name in enumerate(causes, start=1)}
    rows: list[tuple[int, int, int, int, int]] = []
    left_out = 0
    for (office, how, begun, length, ended), count in counts.items():
        # Followed until before it began: nothing is known of it.
        if office not in office_number or length < 0:
            left_out += count
            continue
        rows.append((office_number[office], length, number[how] if ended else 0, begun, count))
    # Sorted, because the groups come in any order.
    sorted_rows = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5)
    office_code, duration, cause, since, size = sorted_rows.T
    return Spells(
        offices,
        office_code,
        duration.astype(np.float64),
        cause,
        since,
        size.astype(np.float64),
        causes,
        source.horizon,
        sum(counts.values()),
        left_out,
    )


def _problems(
    files: Sequence[DataFile], source: Waiting, days_of: dict[str | None, str], engine: DuckEngine
) -> list[Problem]:
    """Dates that are not dates, spells without a start, spells that end before they begin."""
    conditions: list[tuple[str, str, str, str]] = [
        (source.start, _blank(source.start), "is empty", "Give every spell a start, or leave it out of the file."),
        (source.office, _blank(source.office), "is empty", "Give every spell an office."),
        (
            source.end,
            f"{days_of[source.end]} < {days_of[source.start]}",
            f"lies before {source.start}",
            "Correct the two dates, or leave the rows out of the file.",
        ),
    ]
    conditions += [
        (column, f"NOT {_blank(column)} AND {days_of[column]} IS NULL", "is not a date", "Write dates as 2013-04-01.")
        for column in (source.start, source.end, source.until)
        if column is not None
    ]
    counts = ", ".join(f"count(*) FILTER ({check[1]}) AS c{place}" for place, check in enumerate(conditions))
    totals = np.zeros(len(conditions), dtype=np.int64)
    for file, _ in engine.batches(files):
        result: Any = engine.arrow(f"SELECT {counts} FROM {engine.table(file)}")
        totals += np.array([result.column(place)[0].as_py() for place in range(len(conditions))], dtype=np.int64)
    return [
        Problem(
            column,
            reason,
            mend,
            int(rows),
            example_rows(files, condition, identifier(column), engine.connection, most=3),
        )
        for (column, condition, reason, mend), rows in zip(conditions, totals, strict=True)
        if rows
    ]


def _blank(column: str) -> str:
    name = identifier(column)
    return f"({name} IS NULL OR trim(CAST({name} AS VARCHAR)) IN ('', 'nan'))"
