"""Spells: from a referral to a start, from a job's first day to its last, with people still under way.

One row a spell, with two dates. What has not ended is censored at the day it was followed to; what ends after the
horizon counts as not ended at it. Rows that cannot be used stop the reading with the column, the rows and the mend.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plass.evaluation.cells import Bools, Floats, Ints
from plass.evaluation.data import identifier, quoted, run
from plass.evaluation.errors import DataError, Problem
from plass.evaluation.study import Study, Waiting, _nearest

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Spells:
    """Spells that can be counted; every array has shape (n,).

    office: its number among `offices`; duration: days, at most `horizon`; cause: 0 under way, 1 ... for `causes`;
    begun: the start as days since 1970; rows_read: rows in the files; left_out: rows of offices that are not in the
    study.
    """

    offices: tuple[str, ...]
    office: Ints
    duration: Floats
    cause: Ints
    begun: Ints
    causes: tuple[str, ...]
    horizon: int
    rows_read: int
    left_out: int

    def __len__(self) -> int:
        return len(self.duration)

    def where(self, chosen: Bools) -> tuple[Floats, Ints]:
        """Durations and causes of some spells."""
        return self.duration[chosen], self.cause[chosen]


def read_spells(study: Study, what: Waiting, offices: tuple[str, ...]) -> Spells:
    """Read the spells of the study's offices. Raises DataError with every problem found."""
    import duckdb

    paths = _files(study, what)
    connection = duckdb.connect(":memory:")
    try:
        return _read(connection, paths, what, offices)
    finally:
        connection.close()


def _files(study: Study, what: Waiting) -> list[Path]:
    found: list[Path] = []
    problems = []
    for pattern in what.files:
        matches = [Path(one) for one in sorted(glob.glob(str(study.folder / pattern), recursive=True))]
        if not matches:
            problems.append(Problem("[waiting] files", f"{pattern!r} finds no file", "Check the name and the folder."))
        for match in matches:
            if not match.name.lower().endswith((".parquet", ".csv", ".csv.gz", ".tsv")):
                problems.append(
                    Problem("[waiting] files", f"{match.name} cannot be read", "Save it as Parquet or CSV.")
                )
        found += matches
    if problems:
        raise DataError(problems)
    return found


def _read(connection: duckdb.DuckDBPyConnection, paths: list[Path], what: Waiting, offices: tuple[str, ...]) -> Spells:
    listed = "[" + ", ".join(quoted(str(path)) for path in paths) + "]"
    reader = "read_parquet" if paths[0].suffix == ".parquet" else "read_csv"
    source = f"{reader}({listed}, union_by_name = true)"
    columns = [str(row[0]) for row in run(connection, f"DESCRIBE SELECT * FROM {source}")]
    asked = [one for one in (what.office, what.start, what.end, what.event, what.until) if one is not None]
    missing = [
        Problem(
            one, f"is not a column of the spells{_nearest(one, columns)}", "Write the column's name as the file does."
        )
        for one in asked
        if one not in columns
    ]
    if missing:
        raise DataError(missing)

    def day(column: str | None) -> str:
        return "NULL" if column is None else f"TRY_CAST({identifier(column)} AS DATE)"

    problems = _problems(connection, source, what)
    if problems:
        raise DataError(problems)
    event = "NULL" if what.event is None else f"CAST({identifier(what.event)} AS VARCHAR)"
    table = connection.execute(
        f"SELECT CAST({identifier(what.office)} AS VARCHAR) AS office, "
        f"date_diff('day', DATE '1970-01-01', {day(what.start)}) AS begun, "
        f"date_diff('day', {day(what.start)}, {day(what.end)}) AS lasted, "
        f"date_diff('day', {day(what.start)}, {day(what.until)}) AS followed, {event} AS event FROM {source} "
        f"ORDER BY ALL"
    ).fetchnumpy()
    names = [str(one) for one in table["office"]]
    known = {name: place for place, name in enumerate(offices)}
    place = np.array([known.get(name, -1) for name in names], dtype=np.int64)
    lasted = np.ma.filled(table["lasted"].astype(np.float64), np.nan)
    followed = np.ma.filled(table["followed"].astype(np.float64), np.nan)
    horizon = float(what.horizon)
    limit = np.where(np.isnan(followed), horizon, np.minimum(followed, horizon))
    ended = ~np.isnan(lasted) & (lasted <= limit)
    duration = np.where(ended, lasted, limit)
    events = ["" if one is None or one is np.ma.masked else str(one) for one in table["event"]]
    causes = tuple(sorted({one for one, end in zip(events, ended, strict=True) if end})) or ("",)
    code = np.array(
        [causes.index(one) + 1 if end else 0 for one, end in zip(events, ended, strict=True)], dtype=np.int64
    )
    stay = (place >= 0) & (duration >= 0)
    return Spells(
        offices,
        place[stay],
        duration[stay],
        code[stay],
        np.ma.filled(table["begun"], 0).astype(np.int64)[stay],
        causes,
        what.horizon,
        len(names),
        int((~stay).sum()),
    )


def _problems(connection: duckdb.DuckDBPyConnection, source: str, what: Waiting) -> list[Problem]:
    """Dates that are not dates, spells without a start, spells that end before they begin."""
    start, end = identifier(what.start), identifier(what.end)
    asked: list[tuple[str, str, str, str]] = [
        (what.start, f"{start} IS NULL", "is empty", "Give every spell a start, or leave it out of the file."),
        (what.office, f"{identifier(what.office)} IS NULL", "is empty", "Give every spell an office."),
        (
            what.end,
            f"TRY_CAST({end} AS DATE) < TRY_CAST({start} AS DATE)",
            f"lies before {what.start}",
            "Correct the two dates, or leave the rows out of the file.",
        ),
    ]
    asked += [
        (
            column,
            f"{identifier(column)} IS NOT NULL AND TRY_CAST({identifier(column)} AS DATE) IS NULL",
            "is not a date",
            "Write dates as 2013-04-01.",
        )
        for column in (what.start, what.end, what.until)
        if column is not None
    ]
    found = []
    for column, condition, reason, mend in asked:
        rows = run(
            connection,
            f"SELECT row, shown FROM (SELECT row_number() OVER () AS row, CAST({identifier(column)} AS VARCHAR) AS shown, "
            f"{condition} AS wrong FROM {source}) WHERE wrong",
        )
        if rows:
            examples = tuple(f"row {row}: {'' if shown is None else shown}" for row, shown in rows[:3])
            found.append(Problem(column, reason, mend, len(rows), examples))
    return found
