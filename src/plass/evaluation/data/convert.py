"""Files that are not Parquet, copied to Parquet: only the columns the study uses, and nothing dropped on the way.

CSV is read as text throughout, so that a value that is not a number is found and named later instead of becoming a
missing one. Stata and SPSS files are read in pieces, so that memory does not follow their size; an R file can only be
read whole, so it must fit in memory (some 100 bytes a row and column): save larger data from R as Parquet.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plass.evaluation.errors import DataError, Problem

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Rows of a Stata or SPSS file held at once.
PIECE = 200_000
#: Stata's formats for dates that are not days, as (months in one, first year): whole numbers counted from 1960.
_STATA_UNITS = {"%tm": 1, "%tq": 3, "%th": 6}


def to_parquet(
    path: Path,
    target: Path,
    wanted: Sequence[str],
    labelled: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Copy the wanted columns of a CSV, Stata, SPSS, Arrow or R file to the Parquet file `target`.

    labelled: columns (office, covariates) in which a Stata or SPSS value label is shown instead of its number; in all
    others the number counts. Raises DataError, or the reader's own error where the file is damaged.
    """
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".tsv", ".txt")):
        _csv_to_parquet(path, target, wanted, connection)
        return
    import pyarrow.parquet as pq

    if name.endswith((".dta", ".sav", ".zsav")):
        pieces = _labelled_pieces(path, wanted, labelled)
    elif name.endswith((".rds", ".rdata", ".rda")):
        pieces = _r_table(path, wanted)
    else:
        pieces = _arrow_pieces(path, wanted)
    writer: Any = None
    try:
        for piece in pieces:
            writer = writer or pq.ParquetWriter(target, piece.schema)
            writer.write_table(piece)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise DataError([Problem(path.name, "has no rows", "Check that the right file was exported.")])


def _csv_to_parquet(path: Path, target: Path, wanted: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
    """Every line is a row: no line is taken for a comment or skipped, and one with too many values is an error."""
    import duckdb

    options = "all_varchar = true, header = true, skip = 0, comment = '', nullstr = ['', 'NA']"
    file = "'" + str(path).replace("'", "''") + "'"
    try:
        columns = _csv_columns(f"read_csv({file}, {options})", connection)
    except duckdb.Error as error:
        if "utf-8" not in str(error):
            raise
        # Windows' Norwegian files: the letters are the same in Latin-1.
        options += ", encoding = 'latin-1'"
        columns = _csv_columns(f"read_csv({file}, {options})", connection)
    separator = next((candidate for candidate in ("\t", ";", ",", "|") if candidate in columns[0]), None)
    if len(columns) == 1 and separator is not None:
        # No separator gives every line the same number of values; with the heading's own, some line has too many or few.
        raise DataError([_uneven_line(path, separator, "latin-1" if "latin-1" in options else "utf-8")])
    # Where a column is missing all are kept, so that the message can name the nearest.
    chosen = [column for column in columns if column in wanted] if set(wanted) <= set(columns) else columns
    listed = ", ".join('"' + column.replace('"', '""') + '"' for column in chosen)
    copy = f"COPY (SELECT {listed} FROM read_csv({file}, {options})) TO '{str(target).replace(chr(39), chr(39) * 2)}'"
    # Row numbers in messages are the file's own, so the order is kept here.
    connection.execute("SET preserve_insertion_order = true").fetchall()
    try:
        connection.execute(f"{copy} (FORMAT parquet)").fetchall()
    finally:
        connection.execute("SET preserve_insertion_order = false").fetchall()


def _uneven_line(path: Path, separator: str, encoding: str) -> Problem:
    """The first line that has not as many values as the heading."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=encoding, newline="") as lines:
        reader = csv.reader(lines, delimiter=separator)
        heading = len(next(reader))
        for row in reader:
            if row and len(row) != heading:
                reason = (
                    f"line {reader.line_num} has {len(row)} values, and the heading {heading}: {separator.join(row)!r}"
                )
                mend = "Mend the line, or put values that hold the separator in double quotes."
                return Problem(path.name, reason, mend)
    return Problem(path.name, "has no lines that fit its heading", "Check that the right file was exported.")


def _csv_columns(source: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]


def _arrow_pieces(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa

    with pa.ipc.open_file(path) as reader:
        chosen = [name for name in reader.schema.names if name in wanted]
        for number in range(reader.num_record_batches):
            yield pa.Table.from_batches([reader.get_batch(number)]).select(chosen)


def _labelled_pieces(path: Path, wanted: Sequence[str], labelled: Sequence[str]) -> Iterator[Any]:
    """Stata and SPSS, a piece at a time."""
    import pyarrow as pa
    import pyreadstat

    stata = path.name.lower().endswith(".dta")
    read = pyreadstat.read_dta if stata else pyreadstat.read_sav
    _, about = read(str(path), metadataonly=True)
    chosen = [name for name in about.column_names if name in wanted]
    if not chosen:
        # The caller names the missing columns; it needs a table with some column to look at.
        chosen = about.column_names[:1]
    schema: Any = None
    for piece, _ in pyreadstat.read_file_in_chunks(read, str(path), chunksize=PIECE, usecols=chosen):
        frame = piece[chosen].copy()
        for name in chosen:
            unit = _STATA_UNITS.get(str(about.original_variable_types.get(name, ""))[:3]) if stata else None
            labels = about.variable_value_labels.get(name)
            if unit is not None:
                frame[name] = _stata_dates(frame[name], unit)
            elif labels and name in labelled:
                frame[name] = _with_labels(frame[name], labels)
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        if schema is None:
            # A piece that happens to be all missing, or whole where others are not, must fit those that follow.
            wider = [pa.field(field.name, _wide(field.type)) for field in table.schema]
            schema = pa.schema(wider)
            table = table.cast(schema)
        yield table


def _wide(kind: Any) -> Any:
    import pyarrow as pa

    return pa.float64() if pa.types.is_null(kind) or pa.types.is_integer(kind) else kind


def _stata_dates(values: pd.Series[Any], months: int) -> pd.Series[Any]:
    def date(value: Any) -> dt.date | None:
        if value is None or value != value:
            return None
        year, month = divmod(int(value) * months, 12)
        return dt.date(1960 + year, month + 1, 1)

    dates = {value: date(value) for value in values.unique()}
    return values.map(dates).astype(object)


def _with_labels(values: pd.Series[Any], labels: dict[Any, str]) -> pd.Series[Any]:
    def text(value: Any) -> str | None:
        if value is None or value != value:
            return None
        return str(labels.get(value, int(value) if isinstance(value, float) and value.is_integer() else value))

    texts = {value: text(value) for value in values.unique()}
    return values.map(texts).astype(object)


def _r_table(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    """The one data frame of an R file; factors become texts."""
    import pandas as pd
    import pyarrow as pa
    import pyreadr

    objects = {
        name: content for name, content in pyreadr.read_r(str(path)).items() if isinstance(content, pd.DataFrame)
    }
    if len(objects) != 1:
        names = ", ".join(sorted(map(str, objects))) or "none"
        mend = "Save the one that holds the rows with saveRDS(x, 'x.rds')."
        raise DataError([Problem(path.name, f"must hold one data frame, and holds {len(objects)}: {names}", mend)])
    frame = next(iter(objects.values()))
    frame = frame[[name for name in frame.columns if name in wanted] or list(frame.columns[:1])].copy()
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype(object)
    if len(frame):
        yield pa.Table.from_pandas(frame, preserve_index=False)
