"""Persons counted twice: the same person in the same period, in one office or in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plass.evaluation.data.backends import DuckEngine
from plass.evaluation.data.collect import keys_of
from plass.evaluation.data.files import DataFile, example_rows, identifier, kind_of
from plass.evaluation.errors import Problem
from plass.evaluation.study import Study


@dataclass(frozen=True)
class Repeated:
    """How many person-periods occur more than once, the rows they take, and how many of them lie in two offices."""

    person_periods: int = 0
    rows: int = 0
    two_offices: int = 0

    def problem(self, study: Study, files: Sequence[DataFile], engine: DuckEngine) -> Problem:
        """The repeated person-periods as a Problem, with the first rows."""
        column = study.columns.person or ""
        engine.bring("repeated")
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
        return Problem(column, reason, mend, self.rows, example_rows(files, condition, shown, engine.connection))


def find_repeated(study: Study, files: Sequence[DataFile], engine: DuckEngine) -> Repeated:
    """Look for repeated person-periods among the files; leaves them under the name `repeated` in the engine.

    Where no period occurs in two files, each file is looked through by itself, which bounds the memory to one
    file's persons; else all are looked through together, spilling to disk. Rows without a person are not compared.
    """
    if study.columns.person is None or not files:
        return Repeated()
    person, period = identifier(study.columns.person), keys_of(study, files[0]).sql[1]
    office = identifier(study.columns.office)
    alone = engine.one_by_one and (len(files) == 1 or _periods_apart(study, files, engine))
    sources = [[file] for file, _ in engine.batches(files)] if alone else [list(files)]
    person_known = _is_known(study.columns.person, files[0])
    queries = []
    for source in sources:
        rows = " UNION ALL ".join(
            f"SELECT {person} AS repeated_person, {period} AS repeated_period, {office} AS o FROM {engine.table(file)}"
            for file in source
        )
        queries.append(
            "SELECT repeated_person, repeated_period, count(*) AS times, min(o) <> max(o) AS two "
            f"FROM ({rows}) WHERE {person_known} GROUP BY repeated_person, repeated_period "
            "HAVING count(*) > 1"
        )
    engine.keep("repeated", queries)
    counts = engine.arrow(
        "SELECT count(*) AS a, coalesce(sum(times), 0) AS b, count(*) FILTER (WHERE two) AS c FROM repeated"
    )
    return Repeated(*(int(counts.column(name)[0].as_py()) for name in "abc"))


def _is_known(column: str, file: DataFile) -> str:
    not_null = "repeated_person IS NOT NULL"
    if file.types[column] in ("FLOAT", "DOUBLE"):
        return f"{not_null} AND NOT isnan(repeated_person)"
    return f"{not_null} AND trim(repeated_person) <> ''" if kind_of(file.types[column]) == "text" else not_null


def exclude_repeated(study: Study, file: DataFile) -> str:
    """SQL to put after a file's table so that every repeated person-period is left out."""
    assert study.columns.person is not None
    period = keys_of(study, file).sql[1]
    return (
        f"ANTI JOIN repeated ON ({identifier(study.columns.person)} = repeated_person AND {period} = repeated_period)"
    )


def periods_of(study: Study, file: DataFile, engine: DuckEngine) -> set[object]:
    """The periods that occur in a file: by its footer where it has only one, else by a scan of the column."""
    column = study.columns.period
    span = file.ranges.get(column)
    if span is not None and span.low == span.high and span.nulls == 0:
        return {span.low}
    query = f"SELECT DISTINCT {keys_of(study, file).sql[1]} AS p FROM {engine.table(file)}"
    return set(engine.arrow(query).column("p").to_pylist())


def _periods_apart(study: Study, files: Sequence[DataFile], engine: DuckEngine) -> bool:
    periods_seen: set[object] = set()
    for file in files:
        periods = periods_of(study, file, engine)
        if periods_seen & periods:
            return False
        periods_seen |= periods
    return True
