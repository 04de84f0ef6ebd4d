"""Opening the data: which files, which columns, which types, before a single outcome is summed.

Parquet is read where it lies. CSV, Stata and Arrow files are first copied, only the columns the study uses, to Parquet
in a work folder, so that everything after this module sees one format. Nothing is dropped here: a value that cannot be
used is kept as it is and counted by `plass.evaluation.cells`.
"""

from __future__ import annotations

import glob
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plass.evaluation.errors import DataError, Problem
from plass.evaluation.study import Study, _nearest

if TYPE_CHECKING:
    import duckdb

READERS = (".parquet", ".csv", ".csv.gz", ".tsv", ".dta", ".feather", ".arrow")
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
#: Small files are read together up to so many rows.
ROWS_TOGETHER = 2_000_000
FRACTIONAL = ("FLOAT", "DOUBLE", "HUGEINT", "UBIGINT", "DECIMAL")


@dataclass(frozen=True)
class ColumnRange:
    """What a Parquet file's own footer says of a column; low and high are None where it says nothing."""

    low: int | None
    high: int | None
    nulls: int | None


@dataclass(frozen=True)
class DataFile:
    """A file ready to be read as Parquet, or several small ones read together.

    origin: the name the study gave it; types: DuckDB's type by column; rows: by the footer.
    """

    paths: tuple[Path, ...]
    origin: str
    types: Mapping[str, str]
    rows: int

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


def connect(memory_limit: str, spill: Path, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB that holds at most memory_limit (such as "400MB") and spills the rest to the folder `spill`."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(":memory:", config=settings)
    # Registers' keys are small whole numbers: up to 2**20 groups a file are counted in a plain array, not a hash table.
    run(connection, "SET perfect_ht_threshold = 20")
    run(connection, "SET parquet_metadata_cache = true")
    return connection


def find_files(study: Study) -> list[tuple[Path, str]]:
    """The study's files (patterns expanded, sorted by name, each once). DataError where a name finds nothing."""
    found: dict[Path, str] = {}
    problems = []
    for pattern in study.data.files:
        matches = sorted(glob.glob(str(study.folder / pattern), recursive=True))
        for match in matches:
            path = Path(match)
            try:
                origin = path.relative_to(study.folder).as_posix()
            except ValueError:
                origin = path.name
            found.setdefault(path.resolve(), origin)
        if not matches:
            problems.append(
                Problem(
                    "[data] files",
                    f"{pattern!r} finds no file",
                    "Check the name and the folder.",
                )
            )
    for path in found:
        if not path.name.lower().endswith(READERS):
            mend = (
                "In R, save it with arrow::write_parquet(x, 'x.parquet') or haven::write_dta(x, 'x.dta')."
                if path.suffix.lower() in (".rds", ".rdata", ".rda")
                else f"Save it as one of {', '.join(READERS)}."
            )
            problems.append(
                Problem(
                    "[data] files",
                    f"{path.name} is of a kind that cannot be read",
                    mend,
                )
            )
    if problems:
        raise DataError(problems)
    return sorted(((path, origin) for path, origin in found.items()), key=lambda pair: pair[1])


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
    study: Study, found: Sequence[tuple[Path, str]], connection: duckdb.DuckDBPyConnection, work: Path
) -> list[DataFile]:
    """The found files as DataFiles, with the study's columns checked to be there. Raises DataError."""
    import duckdb

    opened = []
    problems: list[Problem] = []
    used = used_columns(study)
    for number, (path, origin) in enumerate(found):
        parquet = path if path.name.lower().endswith(".parquet") else work / f"{number:05d}.parquet"
        try:
            if parquet != path:
                _to_parquet(path, parquet, list(used), connection)
            described = run(connection, f"DESCRIBE SELECT * FROM read_parquet({quoted(str(parquet))})")
            rows = run(connection, f"SELECT sum(num_rows) FROM parquet_file_metadata({quoted(str(parquet))})")
        except (duckdb.Error, OSError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            mend = "Open it with the program that wrote it and save it again."
            problems.append(Problem(origin, f"cannot be read: {_first_line(error)}", mend))
            continue
        types = {str(row[0]): str(row[1]) for row in described}
        for column, key in used.items():
            if column not in types:
                mend = f"Mend the study file or the data{_nearest(column, list(types))}."
                problems.append(Problem(column, f"{key} is not a column of {origin}", mend))
        opened.append(DataFile((parquet,), origin, types, int(rows[0][0])))
    if problems:
        raise DataError(problems)
    for other in opened[1:]:
        first = opened[0]
        for column in used:
            if kind_of(first.types[column]) != kind_of(other.types[column]):
                reason = f"is {first.types[column]} in {first.origin} and {other.types[column]} in {other.origin}"
                problems.append(Problem(column, reason, "Save the files with the same type in every one."))
    if problems:
        raise DataError(problems)
    return opened


def batches(files: Sequence[DataFile]) -> Iterator[tuple[DataFile, int]]:
    """The files as they are read: small neighbours with the same types together, with how many files each holds.

    A query costs some milliseconds before it reads a row; a month of a small study has fewer rows than that is worth.
    """
    waiting: list[DataFile] = []
    for file in files:
        if waiting and (waiting[0].types != file.types or sum(one.rows for one in waiting) + file.rows > ROWS_TOGETHER):
            yield _together(waiting)
            waiting = []
        waiting.append(file)
    if waiting:
        yield _together(waiting)


def _together(files: Sequence[DataFile]) -> tuple[DataFile, int]:
    paths = tuple(path for file in files for path in file.paths)
    rows = sum(file.rows for file in files)
    return DataFile(paths, files[-1].origin, files[0].types, rows), len(files)


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


def ranges(file: DataFile, connection: duckdb.DuckDBPyConnection) -> dict[str, ColumnRange]:
    """The lowest and highest value of each whole-number column by the file's own footer, at no cost of reading."""
    rows = run(
        connection,
        "SELECT path_in_schema, min(try_cast(stats_min_value AS BIGINT)), max(try_cast(stats_max_value AS BIGINT)), "
        "sum(stats_null_count), bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL "
        "AND stats_null_count IS NOT NULL) "
        f"FROM parquet_metadata({file.listed}) GROUP BY path_in_schema",
    )
    found = {}
    for name, low, high, nulls, complete in rows:
        if complete and low is not None and file.types.get(name) in WHOLE and file.types[name] != "BOOLEAN":
            found[name] = ColumnRange(low, high, int(nulls))
        elif file.types.get(name) == "BOOLEAN":
            found[name] = ColumnRange(0, 1, None if nulls is None else int(nulls))
    return found


def largest(file: DataFile, column: str, expression: str, connection: duckdb.DuckDBPyConnection) -> float:
    """The largest finite absolute value of a column (0 where there is none): by the footer, else by a scan of it.

    expression: the column as DOUBLE in SQL, used where the footer does not bound it (text, infinities, old writers).
    """
    if file.types[column] in WHOLE or file.types[column] in ("FLOAT", "DOUBLE"):
        row = run(
            connection,
            "SELECT max(greatest(abs(try_cast(stats_min_value AS DOUBLE)), abs(try_cast(stats_max_value AS DOUBLE)))), "
            "bool_and(stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL OR stats_null_count = num_values) "
            f"FROM parquet_metadata({file.listed}) WHERE path_in_schema = {quoted(column)}",
        )[0]
        if row[1] and row[0] is not None and math.isfinite(row[0]):
            return float(row[0])
    query = f"SELECT max(abs(x)) FROM (SELECT {expression} AS x FROM {file.sql}) WHERE isfinite(x)"
    found = run(connection, query)[0][0]
    return 0.0 if found is None else float(found)


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


def _to_parquet(
    path: Path,
    target: Path,
    wanted: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".tsv")):
        # Everything as text: a cell that is not a number must be found and named, not turned into a missing value.
        source = f"read_csv({quoted(str(path))}, all_varchar = true, header = true, nullstr = ['', 'NA'])"
        described = run(connection, f"DESCRIBE SELECT * FROM {source}")
        here = [str(row[0]) for row in described if row[0] in wanted] or [str(described[0][0])]
        columns = ", ".join(identifier(column) for column in here)
        run(connection, "SET preserve_insertion_order = true")
        run(connection, f"COPY (SELECT {columns} FROM {source}) TO {quoted(str(target))} (FORMAT parquet)")
        run(connection, "SET preserve_insertion_order = false")
        return
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for batch in _stata_batches(path, wanted) if name.endswith(".dta") else _arrow_batches(path, wanted):
            writer = writer or pq.ParquetWriter(target, batch.schema)
            writer.write_table(batch)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise DataError([Problem(path.name, "has no rows", "Check that the right file was exported.")])


def _arrow_batches(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa

    with pa.ipc.open_file(path) as reader:
        here = [name for name in reader.schema.names if name in wanted]
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)]).select(here)


def _stata_batches(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    """Stata in pieces of 200,000 rows; value labels become texts, so that an office is shown by its name."""
    import pandas as pd
    import pyarrow as pa

    schema: Any = None
    with pd.read_stata(path, chunksize=200_000, convert_categoricals=True, preserve_dtypes=False) as reader:
        for chunk in reader:
            piece = chunk[[name for name in chunk.columns if name in wanted]].copy()
            for name in piece.columns:
                if isinstance(piece[name].dtype, pd.CategoricalDtype):
                    piece[name] = piece[name].astype(object).map(lambda value: None if pd.isna(value) else str(value))
            table = pa.Table.from_pandas(piece, schema=schema, preserve_index=False)
            schema = table.schema
            yield table


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
