"""Opening the data: which files, which columns, which types, before a single outcome is summed.

Parquet is read where it lies. CSV, Stata, SPSS, R and Arrow files are first copied, only the columns the study uses, to
Parquet in a work folder (`plass.evaluation.data.convert`), so that everything after this module sees one format. Nothing is
dropped here: a value that cannot be used is kept as it is and counted by `plass.evaluation.data.collect`.
"""

from __future__ import annotations

import glob
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plass.evaluation.errors import DataError, Problem
from plass.evaluation.study import Study, _nearest

if TYPE_CHECKING:
    import duckdb

READERS = (
    ".parquet", ".csv", ".csv.gz", ".tsv", ".txt", ".dta", ".sav", ".zsav", ".rds", ".rdata", ".rda", ".feather", ".arrow"
)  # fmt: skip
WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "BOOLEAN",
)
#: Small files are read together up to this many rows; not many, because a query over one period counts faster.
ROWS_TOGETHER = 50_000
FRACTIONAL = ("FLOAT", "DOUBLE", "HUGEINT", "UBIGINT", "DECIMAL")


@dataclass(frozen=True)
class ColumnRange:
    """What Parquet files' own footers say of a whole-number column; nulls is None where they do not say."""

    low: int
    high: int
    nulls: int | None


@dataclass(frozen=True)
class DataFile:
    """A file ready to be read as Parquet, or several small ones read together.

    origin: the name the study gave it (of several: the last); types: DuckDB's type by column; rows: by the footer;
    ranges, largest: what the footer says of the study's columns of whole numbers, and the largest absolute value of its
    columns of numbers (text, infinities and old writers: nothing).
    """

    paths: tuple[Path, ...]
    origin: str
    types: Mapping[str, str]
    rows: int
    ranges: Mapping[str, ColumnRange] = field(default_factory=dict)
    largest: Mapping[str, float] = field(default_factory=dict)

    @property
    def listed(self) -> str:
        """The paths as an SQL list."""
        return "[" + ", ".join(quoted(str(path)) for path in self.paths) + "]"

    @property
    def sql(self) -> str:
        """The file as a table in DuckDB's SQL."""
        return f"read_parquet({self.listed})"


def identifier(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def run(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Every row of a query, fetched to the end: the connection refuses new work while a result is open."""
    return connection.execute(query).fetchall()


def find_files(study: Study) -> list[tuple[Path, str]]:
    """The study's files (patterns expanded, sorted by name, each once). DataError where a name finds nothing."""
    return find_named(study.folder, study.data.files, "[data] files")


def find_named(folder: Path, patterns: Sequence[str], key: str) -> list[tuple[Path, str]]:
    """The files that the study file's `key` names, relative to its folder, with the names it gave them."""
    origins: dict[Path, str] = {}
    problems = []
    for pattern in patterns:
        matches = sorted(glob.glob(str(folder / pattern), recursive=True))
        for match in matches:
            path = Path(match)
            try:
                origin = path.relative_to(folder).as_posix()
            except ValueError:
                origin = path.name
            origins.setdefault(path.resolve(), origin)
        if not matches:
            problems.append(
                Problem(
                    key,
                    f"{pattern!r} finds no file",
                    "Check the name and the folder.",
                )
            )
    for path in origins:
        if not path.name.lower().endswith(READERS):
            mend = f"Save it as one of {', '.join(READERS)}."
            problems.append(Problem(key, f"{path.name} is of a kind that cannot be read", mend))
    if problems:
        raise DataError(problems)
    return sorted(((path, origin) for path, origin in origins.items()), key=lambda pair: pair[1])


def used_columns(study: Study) -> dict[str, str]:
    """The columns the study reads: name in the data to the study file's key that names it."""
    columns = study.columns
    used = {columns.office: "[columns] office", columns.period: "[columns] period"}
    for name, key in ((columns.person, "person"), (columns.weight, "weight")):
        if name:
            used.setdefault(name, f"[columns] {key}")
    for name in columns.covariates:
        used.setdefault(name, "[columns] covariates")
    if study.treatment.first_treated:
        used.setdefault(study.treatment.first_treated, "[treatment] first_treated")
    for outcome in study.outcomes:
        used.setdefault(outcome.column, f"[[outcomes]] {outcome.name}")
    return used


def open_files(
    study: Study, files: Sequence[tuple[Path, str]], connection: duckdb.DuckDBPyConnection, work: Path
) -> list[DataFile]:
    """The found files as DataFiles, with the study's columns checked to be there. Raises DataError."""
    labelled = [study.columns.office, *study.columns.covariates]
    return open_named(files, used_columns(study), labelled, connection, work)


def open_named(
    files: Sequence[tuple[Path, str]],
    used: Mapping[str, str],
    labelled: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
    work: Path,
) -> list[DataFile]:
    """The found files as DataFiles. used: the columns to read, each with the study file's key that names it; labelled:
    those whose value labels count (Stata, SPSS). Raises DataError."""
    import duckdb

    problems: list[Problem] = []
    ready: list[tuple[Path, str]] = []
    for number, (path, origin) in enumerate(files):
        parquet = path
        if not path.name.lower().endswith(".parquet"):
            from plass.evaluation.data.convert import to_parquet

            parquet = work / f"{number:05d}.parquet"
            try:
                to_parquet(path, parquet, list(used), labelled, connection)
            except DataError as error:
                problems += error.problems
                continue
            except Exception as error:  # each reader has errors of its own
                problems.append(_unreadable(origin, error))
                continue
        ready.append((parquet, origin))
    footers: dict[str, _Footer] = {}
    try:
        footers = _read_footers([path for path, _ in ready], list(used), connection)
    except (duckdb.Error, OSError):
        # One damaged file stops them all: read again one by one to say which.
        for path, origin in ready:
            try:
                footers |= _read_footers([path], list(used), connection)
            except (duckdb.Error, OSError) as error:
                problems.append(_unreadable(origin, error))
    opened = []
    for path, origin in ready:
        if str(path) not in footers:
            continue
        footer = footers[str(path)]
        for column, key in used.items():
            if column not in footer.types:
                mend = f"Mend the study file or the data{_nearest(column, list(footer.types))}."
                problems.append(Problem(column, f"{key} is not a column of {origin}", mend))
        opened.append(DataFile((path,), origin, footer.types, footer.rows, footer.ranges, footer.largest))
    if problems:
        raise DataError(problems)
    for other in opened[1:]:
        first = opened[0]
        for column in used:
            kinds = [kind_of(file.types[column]) for file in (first, other)]
            # A whole-number column with a hole becomes fractional in many programs: both are numbers.
            if kinds[0] != kinds[1] and set(kinds) != {"whole", "fractional"}:
                reason = f"is {first.types[column]} in {first.origin} and {other.types[column]} in {other.origin}"
                problems.append(Problem(column, reason, "Save the files with the same type in every one."))
    if problems:
        raise DataError(problems)
    return opened


def _unreadable(origin: str, error: Exception) -> Problem:
    mend = "Open it with the program that wrote it and save it again."
    return Problem(origin, f"cannot be read: {_first_line(error)}", mend)


def batches(files: Sequence[DataFile]) -> Iterator[tuple[DataFile, tuple[str, ...]]]:
    """The files as they are read: small neighbours with the same types together, with the names of those it holds.

    A query costs some milliseconds before it reads a row; a month of a small study has fewer rows than that is worth.
    """
    waiting: list[DataFile] = []
    for file in files:
        if waiting and (
            waiting[0].types != file.types or sum(earlier.rows for earlier in waiting) + file.rows > ROWS_TOGETHER
        ):
            yield together(waiting), tuple(earlier.origin for earlier in waiting)
            waiting = []
        waiting.append(file)
    if waiting:
        yield together(waiting), tuple(earlier.origin for earlier in waiting)


def together(files: Sequence[DataFile]) -> DataFile:
    """Several files with the same types as one."""
    paths = tuple(path for file in files for path in file.paths)
    rows = sum(file.rows for file in files)
    spans: dict[str, ColumnRange] = {}
    for name in set.intersection(*(set(file.ranges) for file in files)):
        ranges = [file.ranges[name] for file in files]
        nulls = [span.nulls for span in ranges]
        spans[name] = ColumnRange(
            min(span.low for span in ranges),
            max(span.high for span in ranges),
            None if None in nulls else sum(count for count in nulls if count is not None),
        )
    named = set.intersection(*(set(file.largest) for file in files))
    most = {name: max(file.largest[name] for file in files) for name in named}
    return DataFile(paths, files[-1].origin, files[0].types, rows, spans, most)


def kind_of(type_name: str) -> str:
    """ "whole", "fractional", "text", "date" or "other" for a DuckDB type."""
    if type_name in WHOLE:
        return "whole"
    if type_name.startswith(FRACTIONAL):
        return "fractional"
    if type_name == "VARCHAR" or type_name.startswith("ENUM"):
        return "text"
    if type_name.startswith(("DATE", "TIMESTAMP")):
        return "date"
    return "other"


@dataclass(frozen=True)
class _Footer:
    types: Mapping[str, str]
    rows: int
    ranges: Mapping[str, ColumnRange]
    largest: Mapping[str, float]


def _read_footers(
    paths: Sequence[Path], used: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> dict[str, _Footer]:
    """The files' own footers: columns, rows, and the lowest and highest whole numbers, at no cost of reading.

    A column whose footer does not tell its whole range (or that is not of whole numbers) has no range.
    """
    if not paths:
        return {}
    listed = "[" + ", ".join(quoted(str(path)) for path in paths) + "]"
    types: dict[str, dict[str, str]] = {}
    for name, column, kind in run(
        connection,
        f"SELECT file_name, name, duckdb_type FROM parquet_schema({listed}) WHERE column_id > 0 "
        "ORDER BY file_name, column_id",
    ):
        types.setdefault(name, {}).setdefault(column, str(kind))
    rows = dict(run(connection, f"SELECT file_name, sum(num_rows) FROM parquet_file_metadata({listed}) GROUP BY ALL"))
    column_list = ", ".join(quoted(column) for column in used)
    spans: dict[str, dict[str, ColumnRange]] = {}
    largest: dict[str, dict[str, float]] = {}
    for name, column, low, high, nulls, complete, most, bounded in run(
        connection,
        "SELECT file_name, path_in_schema, min(try_cast(stats_min_value AS BIGINT)), "
        "max(try_cast(stats_max_value AS BIGINT)), sum(stats_null_count), "
        "bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL AND stats_null_count IS NOT NULL), "
        "max(greatest(abs(try_cast(stats_min_value AS DOUBLE)), abs(try_cast(stats_max_value AS DOUBLE)))), "
        "bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL OR stats_null_count = num_values) "
        f"FROM parquet_metadata({listed}) WHERE path_in_schema IN ({column_list}) GROUP BY ALL",
    ):
        kind = types[name].get(column)
        if bounded and most is not None and math.isfinite(most) and kind in (*WHOLE, "FLOAT", "DOUBLE"):
            largest.setdefault(name, {})[column] = float(most)
        if kind == "BOOLEAN":
            spans.setdefault(name, {})[column] = ColumnRange(0, 1, None if nulls is None else int(nulls))
        elif complete and low is not None and kind in WHOLE:
            spans.setdefault(name, {})[column] = ColumnRange(int(low), int(high), int(nulls))
    return {name: _Footer(types[name], int(rows[name]), spans.get(name, {}), largest.get(name, {})) for name in types}


def example_rows(
    files: Sequence[DataFile],
    condition: str,
    shown: str,
    connection: duckdb.DuckDBPyConnection,
    most: int = 5,
) -> tuple[str, ...]:
    """The first places where an SQL condition holds, as "file row 12: value"; rows count from 1 as a person counts."""
    places: list[str] = []
    for file in files:
        query = (
            f"SELECT file_row_number + 1, CAST({shown} AS VARCHAR) FROM read_parquet({file.listed}, "
            f"file_row_number = true) WHERE {condition} ORDER BY file_row_number LIMIT {most - len(places)}"
        )
        for row, value in run(connection, query):
            places.append(f"{file.origin} row {row}: {'empty' if value is None else repr(value)}")
        if len(places) >= most:
            break
    return tuple(places)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
