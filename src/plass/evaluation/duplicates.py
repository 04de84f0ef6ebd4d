"""Persons counted twice: the same person in the same period, in one office or in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plass.evaluation.collect import keys_of
from plass.evaluation.data import DataFile, example_rows, identifier, run
from plass.evaluation.errors import Problem
from plass.evaluation.study import Study

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Repeated:
    """How many person-periods occur more than once, the rows they take, and how many of them lie in two offices."""

    person_periods: int = 0
    rows: int = 0
    two_offices: int = 0

    def problem(self, study: Study, files: Sequence[DataFile], connection: duckdb.DuckDBPyConnection) -> Problem:
        """The repeated person-periods as a Problem, with the first rows."""
        column = study.columns.person or ""
        shown = identifier(column)
        condition = (
            f"({shown}, {keys_of(study, files[0]).sql[1]}) IN (SELECT (repeated_person, repeated_period) FROM repeated)"
        )
        reason = f"has {self.person_periods:,} person-periods more than once"
        if self.two_offices:
            reason += f", {self.two_offices:,} of them in two offices at once (overlapping periods)"
        mend = (
            "Keep one row a person and period (decide which office it belongs to), "
            'or add "duplicated_person_period" to [data] exclude to leave all of them out and count them.'
        )
        return Problem(column, reason, mend, self.rows, example_rows(files, condition, shown, connection))


def find_repeated(study: Study, files: Sequence[DataFile], connection: duckdb.DuckDBPyConnection) -> Repeated:
    """Look for repeated person-periods among the files; leaves them in the connection's table `repeated`.

    Where no period occurs in two files, each file is looked through by itself, which bounds the memory to one
    file's persons; else all are looked through together, spilling to disk. Rows without a person are not compared.
    """
    if study.columns.person is None or not files:
        return Repeated()
    person, period = identifier(study.columns.person), keys_of(study, files[0]).sql[1]
    office = identifier(study.columns.office)
    apart = len(files) == 1 or _periods_apart(study, files, connection)
    sources = [[file] for file in files] if apart else [list(files)]
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {person} AS repeated_person, {period} AS repeated_period, "
        f"0::BIGINT AS rows, false AS two FROM {files[0].sql} LIMIT 0",
    )
    for source in sources:
        rows = " UNION ALL ".join(f"SELECT {person}, {period} AS p, {office} FROM {file.sql}" for file in source)
        run(
            connection,
            f"INSERT INTO repeated SELECT {person}, p, count(*), min({office}) <> max({office}) FROM ({rows}) "
            f"WHERE {person} IS NOT NULL GROUP BY ALL HAVING count(*) > 1",
        )
    row = run(connection, "SELECT count(*), coalesce(sum(rows), 0), count(*) FILTER (two) FROM repeated")[0]
    return Repeated(int(row[0]), int(row[1]), int(row[2]))


def exclude_repeated(study: Study, file: DataFile) -> str:
    """SQL to put after a file's table so that every repeated person-period is left out."""
    assert study.columns.person is not None
    period = keys_of(study, file).sql[1]
    return (
        f"ANTI JOIN repeated ON ({identifier(study.columns.person)} = repeated_person AND {period} = repeated_period)"
    )


def _periods_apart(study: Study, files: Sequence[DataFile], connection: duckdb.DuckDBPyConnection) -> bool:
    seen: set[object] = set()
    for file in files:
        query = f"SELECT DISTINCT {keys_of(study, file).sql[1]} FROM {file.sql}"
        found = {row[0] for row in run(connection, query)}
        if seen & found:
            return False
        seen |= found
    return True
