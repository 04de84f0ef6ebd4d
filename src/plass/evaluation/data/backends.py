"""Where the rows are reduced: DuckDB in this process, or a Spark cluster through Ibis.

The step is written once, in DuckDB's SQL. On Spark the same text goes through Ibis, which translates it to Spark's
SQL; the
footers, the copies of other files and the examples of bad rows are looked up by DuckDB here in both cases, so the files
must be reachable by the same path from this process and from the cluster's workers (a shared folder).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plass.evaluation.data.files import DataFile, batches, kind_of, run, together
from plass.evaluation.errors import Problem
from plass.evaluation.study import Study

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession

_Made = TypeVar("_Made")
#: Up to 2**20 groups are counted in a plain array, which is fastest where there is one counter a group; with many sums a
#: group the array would be too large for the processor's cache, and DuckDB's own bound (2**12) is better.
COUNTING_BITS = 20


class DuckEngine:
    """DuckDB in this process: at most `memory_limit` held, the rest spilled to the folder `spill`."""

    #: The type in which SQL adds whole numbers of up to 62 bits without loss.
    whole = "BIGINT"
    #: Whether files are best read one after the other.
    one_by_one = True

    def __init__(self, memory_limit: str, spill: Path, threads: int | None = None) -> None:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
        }
        if threads is not None:
            settings["threads"] = threads
        self.spill = spill
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:", config=settings)
        run(self.connection, "SET GLOBAL parquet_metadata_cache = true")

    def close(self) -> None:
        """Let go of the memory and the spilled files."""
        self.connection.close()

    def refuses(self, study: Study, files: Sequence[DataFile]) -> list[Problem]:
        """What this engine cannot read, though another could."""
        return []

    def table(self, file: DataFile) -> str:
        """The file as a table in SQL."""
        return file.sql

    def arrow(self, query: str, counting: bool = False) -> Any:
        """The result of a query as a pyarrow table; counting: it only counts rows. May be called from several threads."""
        with self.connection.cursor() as cursor:
            if counting:
                cursor.execute(f"SET SESSION perfect_ht_threshold = {COUNTING_BITS}").fetchall()
            return cursor.sql(query).to_arrow_table()

    def keep(self, name: str, queries: Sequence[str]) -> None:
        """Keep the rows of all the queries under a name that later queries may use."""
        run(self.connection, f"CREATE OR REPLACE TABLE {name} AS {queries[0]}")
        for query in queries[1:]:
            run(self.connection, f"INSERT INTO {name} {query}")

    def bring(self, name: str, most: int = 20) -> None:
        """Copy some of the kept rows to `connection`, to look up examples."""

    def batches(self, files: Sequence[DataFile]) -> Iterator[tuple[DataFile, tuple[str, ...]]]:
        """The files as they are best read."""
        return batches(files)

    def ahead(
        self, files: Iterator[tuple[DataFile, tuple[str, ...]]], make: Callable[[DataFile], _Made]
    ) -> Iterator[tuple[DataFile, tuple[str, ...], _Made]]:
        """What `make` makes of each, in order; the next is begun while the one before is being worked on."""
        waiting: deque[tuple[DataFile, tuple[str, ...], Future[_Made]]] = deque()
        with ThreadPoolExecutor(2) as pool:
            for file, names in files:
                waiting.append((file, names, pool.submit(make, file)))
                if len(waiting) > 2:
                    ready_file, ready_names, future = waiting.popleft()
                    yield ready_file, ready_names, future.result()
            for ready_file, ready_names, future in waiting:
                yield ready_file, ready_names, future.result()


class SparkEngine(DuckEngine):
    """A Spark cluster, through Ibis. All files with the same columns are read in one job."""

    whole = "DECIMAL(20, 0)"
    one_by_one = False

    def __init__(self, session: SparkSession, memory_limit: str, spill: Path, threads: int | None = None) -> None:
        super().__init__(memory_limit, spill, threads)
        import ibis

        self.session = session
        self.ibis = ibis.pyspark.connect(session)
        self._views: dict[tuple[Path, ...], str] = {}

    def close(self) -> None:
        """Forget the views; the session is the caller's and stays open."""
        for view in [*self._views.values(), "repeated"]:
            self.session.catalog.dropTempView(view)
        super().close()

    def refuses(self, study: Study, files: Sequence[DataFile]) -> list[Problem]:
        """Copies that only this machine has, and texts where numbers belong: Spark reads "1d" as a number."""
        problems = []
        for file in files:
            if any(path.suffix == ".parquet" and path.parent == self.spill for path in file.paths):
                mend = "Save it as Parquet in a folder that the cluster's workers can read."
                problems.append(Problem(file.origin, "is not Parquet, which is what is read on Spark", mend))
            for column, kind in file.types.items():
                if kind == "TIMESTAMP_NS":
                    mend = "Save it as a date, or in microseconds (in pandas: x.astype('datetime64[us]'))."
                    problems.append(Problem(column, f"is in nanoseconds in {file.origin}: Spark reads none", mend))
        columns = [
            *(outcome.column for outcome in study.outcomes),
            *([study.columns.weight] if study.columns.weight else []),
        ]
        for column in columns:
            types = [file.types[column] for file in files]
            if any(kind_of(column_type) not in ("whole", "fractional") for column_type in types):
                mend = "Save it as a number, or read it without Spark: the rows that are not numbers are then named."
                problems.append(Problem(column, "is text where a number belongs", mend))
        return problems

    def table(self, file: DataFile) -> str:
        """The file as a temporary view of the session."""
        if file.paths not in self._views:
            view = f"plass_rows_{len(self._views)}"
            self.session.read.parquet(*(path.as_uri() for path in file.paths)).createOrReplaceTempView(view)
            self._views[file.paths] = view
        return self._views[file.paths]

    def arrow(self, query: str, counting: bool = False) -> Any:
        """The result of a query in DuckDB's SQL as a pyarrow table."""
        # Ibis fetches through pandas, where whole numbers with holes become fractions: Spark's own way keeps them.
        return self.session.sql(self.ibis.compile(self.ibis.sql(query, dialect="duckdb"))).toArrow()

    def keep(self, name: str, queries: Sequence[str]) -> None:
        """Keep the rows of all the queries under a name, in the cluster's memory or on its disks."""
        self.ibis.create_view(name, self.ibis.sql(" UNION ALL ".join(queries), dialect="duckdb"), overwrite=True)
        self.session.catalog.cacheTable(name)

    def bring(self, name: str, most: int = 20) -> None:
        """Copy the first rows of what was kept to this machine."""
        self.connection.register(name, self.arrow(f"SELECT * FROM {name} ORDER BY 1, 2 LIMIT {most}"))

    def batches(self, files: Sequence[DataFile]) -> Iterator[tuple[DataFile, tuple[str, ...]]]:
        """All files with the same columns together."""
        alike: dict[tuple[tuple[str, str], ...], list[DataFile]] = {}
        for file in files:
            alike.setdefault(tuple(file.types.items()), []).append(file)
        for group in alike.values():
            yield together(group), tuple(member.origin for member in group)
