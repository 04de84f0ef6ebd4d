"""From a study to its cells: read every file once, count every row that cannot be used, refuse what would mislead.

Each row that is left out is counted under a reason in the cells' `account`. A kind of bad row that the study does not
list under `[data] exclude` stops the reading with a DataError that names the column, the rows and the mend.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plass.evaluation.data import labels
from plass.evaluation.data.backends import DuckEngine, SparkEngine
from plass.evaluation.data.cell_cache import CellCache
from plass.evaluation.data.cell_part import Part, joined, taken, zeros
from plass.evaluation.data.cells import NEVER, Account, Bools, Cells, Exclusion, Floats, Ints, Sums, _add, _group
from plass.evaluation.data.collect import MOMENTS, WEIGHT_COUNTS, bad_value_condition, collect, number_names
from plass.evaluation.data.duplicates import exclude_repeated, find_repeated, periods_of
from plass.evaluation.data.files import DataFile, example_rows, find_files, identifier, open_files
from plass.evaluation.data.treatment_timing import first_treated_offices
from plass.evaluation.errors import DataError, Problem
from plass.evaluation.study import Freeze, Outcome, PeriodValue, Study, freeze

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Called after each file with: files done, files in all, the file's name.
Progress = Callable[[int, int, str], None]
#: Partial cells waiting to be merged; bounds the memory when thousands of files share the same cells.
_PENDING = 2_000_000
#: Sums that are the same where an outcome is its own square.
_TWINS = {"wyy": "wy", "wwyy": "wwy"}


def read_cells(
    study: Study,
    *,
    frozen: Freeze | None = None,
    keep: Path | None = None,
    memory_limit: str = "400MB",
    work: Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    spark: SparkSession | None = None,
) -> Cells:
    """Read the study's data into cells.

    frozen: the proof that the study was fixed before (by default it is fixed now, in memory, before any outcome is
    read); keep: a folder in which each file's cells are kept, so that a later call reads only new or changed files;
    memory_limit: what DuckDB may hold, the rest is spilled to the folder `work` (by default the system's temporary
    folder); progress: called after each file; spark: a session in whose cluster the rows are reduced instead, with the
    same result (`pip install plass[spark]`; Parquet files that the workers reach by the same path).

    Raises DataError with every problem found.
    """
    frozen = frozen or freeze(study)
    if frozen.fingerprint != study.fingerprint:
        raise DataError(
            [Problem("study", "is not the one that was frozen", "Freeze it anew; the report will say that it changed.")]
        )
    with tempfile.TemporaryDirectory(dir=work, prefix="plass-cells-") as folder:
        spill = Path(folder)
        engine = SparkEngine(spark, memory_limit, spill, threads) if spark else DuckEngine(memory_limit, spill, threads)
        try:
            reading = _Reading(study, engine, spill, CellCache(keep, study) if keep else None)
            reading.read(progress)
            return reading.cells(frozen)
        finally:
            engine.close()


@dataclass
class _Reading:
    """One reading: what has been merged so far and what was found wrong."""

    study: Study
    engine: DuckEngine
    folder: Path
    cache: CellCache | None
    files: list[DataFile] = field(default_factory=list)
    origins: tuple[str, ...] = ()
    values: dict[str, dict[Any, int]] = field(default_factory=dict)
    keys: dict[str, list[Ints]] = field(default_factory=dict)
    numbers: dict[str, list[Floats]] = field(default_factory=dict)
    rows_in_files: int = 0
    problems: list[Problem] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, progress: Progress | None) -> None:
        """Collect every file (or take its kept part), then look for repeated person-periods."""
        sources = find_files(self.study)
        self.origins = tuple(origin for _, origin in sources)
        cached = self.cache.load_all(sources) if self.cache else {}
        new = [(path, origin) for path, origin in sources if origin not in cached]
        self.files = open_files(self.study, new, self.engine.connection, self.folder)
        refused = self.engine.refuses(self.study, self.files)
        if refused:
            raise DataError(refused)
        if cached and self._overlap(cached):
            # A period in a new file and in a kept one: persons must be compared, so that all are read.
            cached = {}
            self.files = open_files(self.study, sources, self.engine.connection, self.folder)
        repeated = find_repeated(self.study, self.files, self.engine)
        where = ""
        examples: tuple[str, ...] = ()
        if repeated.rows:
            problem = repeated.problem(self.study, self.files, self.engine)
            if "duplicated_person_period" in self.study.data.exclude:
                where, examples = exclude_repeated(self.study, self.files[0]), problem.examples
            else:
                self.problems.append(problem)
        paths = {origin: path for path, origin in sources}
        # A kept part belongs to one file, so that small files are then not read together.
        batches = (
            self.engine.batches(self.files) if self.cache is None else ((file, (file.origin,)) for file in self.files)
        )
        done = 0

        def take(part: Part, rows: int, names: Sequence[str]) -> None:
            nonlocal done
            self._add(part)
            self.rows_in_files += rows
            for name in names:
                done += 1
                if progress:
                    progress(done, len(sources), name)

        for origin, (part, rows) in cached.items():
            take(part, rows, (origin,))
        for file, names, part in self.engine.ahead(
            batches, lambda batch: collect(self.study, batch, self.engine, where)
        ):
            if self.cache is not None:
                self.cache.save(paths[names[0]], names[0], part, file.rows)
            take(part, file.rows, names)
        self._merge()
        left_out = self.rows_in_files - int(self.numbers["rows"][0].sum())
        if left_out:
            column = self.study.columns.person or ""
            self.exclusions.append(Exclusion("duplicated_person_period", column, left_out, None, examples))

    def _overlap(self, cached: Mapping[str, tuple[Part, int]]) -> bool:
        """Whether a period occurs both in a kept part and in a new file, where persons are to be compared."""
        if self.study.columns.person is None:
            return False
        unit = self.study.columns.period_unit
        cached_periods = {
            labels.period(value, unit) for part, _ in cached.values() for value in part.keys["period"].values
        }
        new = {value for file in self.files for value in periods_of(self.study, file, self.engine)}
        return bool(cached_periods & {labels.period(value, unit) for value in new})

    def _add(self, part: Part) -> None:
        """Add one file's part: key values to codes shared by all files, -1 where a value is missing."""
        unit = self.study.columns.period_unit
        for name, key in part.keys.items():
            code_of = self.values.setdefault(name, {})
            codes = []
            for value in key.values:
                if name == "period":
                    plain: Any = labels.period(value, unit)
                elif name == "first_treated":
                    plain = labels.first_treated(value, unit)
                else:
                    plain = labels.level(value)
                codes.append(-1 if plain is None else code_of.setdefault(plain, len(code_of)))
            self.keys.setdefault(name, []).append(np.array([*codes, -1], dtype=np.int64)[key.code])
        for name in number_names(self.study):
            self.numbers.setdefault(name, []).append(part.number(name))
        if sum(len(part_codes) for part_codes in self.keys["office"]) > _PENDING:
            self._merge()

    def _merge(self) -> None:
        """Add the cells that several files share, in the files' order."""
        keys = {name: np.concatenate(parts) for name, parts in self.keys.items()}
        group, first = _group([code + 1 for code in keys.values()])
        self.keys = {name: [code[first]] for name, code in keys.items()}
        alone = len(first) == len(group)
        # One number after the other, each released before the next: there is no memory for a second set of them all.
        for name in list(self.numbers):
            whole = joined(self.numbers.pop(name))
            self.numbers[name] = [taken(whole, first) if alone else _added(group, whole, len(first))]

    def cells(self, frozen: Freeze) -> Cells:
        """The cells of what was read; DataError with every problem."""
        keys = {name: parts[0] for name, parts in self.keys.items()}
        stay = self._usable_keys(keys, self.numbers["rows"][0])
        keys = {name: code[stay] for name, code in keys.items()}
        numbers = {name: taken(self.numbers.pop(name)[0], stay) for name in list(self.numbers)}
        if not len(keys["office"]):
            self.problems.append(Problem("[data] files", "leave no row to use", "Check the study's narrowing."))
            raise DataError(self.problems)
        offices, office = _ordered(keys["office"], self.values["office"], labels.in_order)
        periods, period = _ordered(keys["period"], self.values["period"], lambda values: sorted(values, key=_sortable))
        levels, codes = {}, {}
        for number, name in enumerate(self.study.columns.covariates):
            ordered, code = _ordered(keys[f"covariate{number}"], self.values[f"covariate{number}"], labels.in_order)
            levels[name], codes[name] = tuple(ordered), code
        order = _group([office, period, *codes.values()])[1]
        sums = self._sums(numbers, order)
        starts: list[PeriodValue | None] = [None] * len(offices)
        if "first_treated" in keys:
            starts = self._office_starts(keys["first_treated"], office, offices)
        treatment = first_treated_offices(self.study, offices, periods, starts, office, period)
        self.problems += treatment.problems
        self.notes += treatment.notes
        if self.problems:
            raise DataError(self.problems)
        unit = self.study.columns.period_unit
        cells = Cells(
            tuple(offices),
            tuple(labels.period_label(value, unit) for value in periods),
            office[order],
            period[order],
            levels,
            {name: code[order] for name, code in codes.items()},
            sums,
            treatment.first_treated,
        )
        if treatment.drop:
            gone = np.isin(cells.office, [offices.index(name) for name in treatment.drop])
            left = int(numbers["rows"][order][gone].sum())
            column = self.study.treatment.first_treated or "[treatment] start"
            self.exclusions.append(Exclusion("treated_before_data", column, left, None, tuple(treatment.drop)))
            cells = cells.select(drop=treatment.drop)
        used = {name: int(outcome_sums.n.sum()) for name, outcome_sums in cells.sums.items()}
        if treatment.drop:
            self._recount_outcomes(numbers, order, ~gone)
        account = Account(self.origins, self.rows_in_files, used, tuple(self.exclusions), tuple(self.notes), frozen)
        return _with_account(cells, account)

    def _usable_keys(self, keys: dict[str, Ints], rows: Floats) -> Bools:
        """Leave out, and count, the cells whose keys are missing or outside the study."""
        study, columns = self.study, self.study.columns
        stay = np.ones(len(rows), dtype=bool)
        missing = [("missing_office", columns.office, "office"), ("missing_period", columns.period, "period")]
        missing += [("missing_covariate", name, f"covariate{i}") for i, name in enumerate(columns.covariates)]
        for reason, column, key in missing:
            self._leave_out(reason, column, stay & (keys[key] < 0), rows, stay)
        periods = list(self.values["period"])
        problem = labels.period_problem(periods, columns.period) if periods else None
        if problem:
            raise DataError([*self.problems, problem])
        edges = {"first_period": study.data.first_period, "last_period": study.data.last_period}
        for name, bound in edges.items():
            edge = None if bound is None else labels.period(bound, columns.period_unit)
            if edge is None or not periods:
                continue
            if type(edge) is not type(periods[0]):
                mend = f"Write it as the data do, for example {periods[0]}."
                wrong = Problem(f"[data] {name}", f"{bound} is not of the periods' kind", mend)
                raise DataError([*self.problems, wrong])
            early = name == "first_period"
            beyond = [_before(value, edge) if early else _before(edge, value) for value in periods]
            outside = np.array([*beyond, False])
            self._narrow(f"outside {name} {bound}", columns.period, stay & outside[keys["period"]], rows, stay)
        if study.data.offices:
            included = np.array([name in study.data.offices for name in self.values["office"]] + [True])
            self._narrow("not among [data] offices", columns.office, stay & ~included[keys["office"]], rows, stay)
        return stay

    def _leave_out(self, reason: str, column: str, bad: Bools, rows: Floats, stay: Bools) -> None:
        count = int(rows[bad].sum())
        if not count:
            return
        name = identifier(column)
        blank = f"({name} IS NULL OR trim(CAST({name} AS VARCHAR)) IN ('', 'nan'))"
        examples = example_rows(self.files, blank, name, self.engine.connection)
        key = reason.removeprefix("missing_")
        if reason in self.study.data.exclude:
            self.exclusions.append(Exclusion(reason, column, count, None, examples))
        else:
            mend = f'Fill in the {key}, or add "{reason}" to [data] exclude to leave these rows out and count them.'
            self.problems.append(Problem(column, f"has rows without a value ({key})", mend, count, examples))
        stay &= ~bad

    def _narrow(self, reason: str, column: str, bad: Bools, rows: Floats, stay: Bools) -> None:
        count = int(rows[bad].sum())
        if count:
            self.exclusions.append(Exclusion(reason, column, count))
        stay &= ~bad

    def _sums(self, numbers: dict[str, Floats], order: Ints) -> dict[str, Sums]:
        """The outcomes' sums in order, with every unusable value counted or refused."""
        weight = self.study.columns.weight
        if weight is not None:
            for flaw in WEIGHT_COUNTS:
                reason = {"weight_zero": "zero_weight"}.get(flaw, "_".join(reversed(flaw.split("_"))))
                mend = f'Mend the weights, or add "{reason}" to [data] exclude to leave these rows out and count them.'
                wording = {"weight_missing": "is missing", "weight_negative": "is below zero", "weight_zero": "is zero"}
                self._count(flaw, reason, weight, wording[flaw], mend, numbers[flaw], None)
        sums_by_outcome = {}
        previous: dict[str, Floats] = {}
        for number, outcome in enumerate(self.study.outcomes):
            wrong = {"binary": "is neither 0 nor 1", "count": "is not a whole number from zero up", "continuous": ""}
            fill = 'Fill in the outcome, or add "missing_outcome" to [data] exclude.'
            write = 'Write numbers with a point for decimals, or add "not_a_number" to [data] exclude.'
            mend_values = f'Mend the values, or say kind = "continuous" for {outcome.name}.'
            for flaw, reason, says, mend in (
                ("missing", "missing_outcome", "is missing", fill),
                ("text", "not_a_number", "is text where a number belongs", write),
                ("infinite", "not_a_number", "is infinite", write),
                ("impossible", "", wrong[outcome.kind], mend_values),
            ):
                self._count(flaw, reason, outcome.column, says, mend, numbers[f"{number}_{flaw}"], outcome)
            # Without weights several sums are one array, a binary outcome is its own square, and outcomes without holes have
            # the same numbers and weights: memory is for cells.
            unweighted = ("n", "n", "wy", "wyy", "n", "wy", "wyy")
            names = MOMENTS if weight is not None else unweighted
            arrays: dict[str, Floats] = {}
            for name in dict.fromkeys(names):
                part = numbers.pop(f"{number}_{name}")[order]
                twins = [arrays.get(_TWINS.get(name, "")), previous.get(name)]
                arrays[name] = next((twin for twin in twins if twin is not None and np.array_equal(twin, part)), part)
            previous = arrays
            sums = Sums(*(arrays[name] for name in names))
            self._check_varies(outcome, sums)
            sums_by_outcome[outcome.name] = sums
        return sums_by_outcome

    def _count(
        self, flaw: str, reason: str, column: str, message: str, mend: str, counts: Floats, outcome: Outcome | None
    ) -> None:
        count = int(counts.sum())
        if not count:
            return
        examples: tuple[str, ...] = ()
        if self.files:
            condition, shown = bad_value_condition(self.study, self.files[0], flaw, outcome)
            examples = example_rows(self.files, condition, shown, self.engine.connection)
        if reason in self.study.data.exclude or reason == "zero_weight":
            name = outcome.name if outcome else None
            self.exclusions.append(Exclusion(reason, column, count, name, examples))
        else:
            self.problems.append(Problem(column, message, mend, count, examples))

    def _check_varies(self, outcome: Outcome, sums: Sums) -> None:
        n, w, wy, wyy = (float(part.sum()) for part in (sums.n, sums.w, sums.wy, sums.wyy))
        mend = "Check that the column is the outcome, and that its coding was not lost in the export."
        if n == 0:
            self.problems.append(Problem(outcome.column, "has no usable value", mend))
        elif wyy * w - wy * wy <= 1e-13 * wyy * w:
            self.problems.append(Problem(outcome.column, f"is constant ({wy / w:g} in every row)", mend, int(n)))

    def _office_starts(self, codes: Ints, office: Ints, offices: Sequence[str]) -> list[PeriodValue | None]:
        values: list[PeriodValue | None] = [*self.values["first_treated"], None]
        column = self.study.treatment.first_treated or ""
        starts: list[PeriodValue | None] = []
        for number, name in enumerate(offices):
            distinct = np.unique(codes[office == number])
            if len(distinct) > 1:
                shown = ", ".join("never" if code < 0 else str(values[code]) for code in distinct[:4])
                mend = "Give each office one first treated period, the same in all its rows."
                self.problems.append(Problem(column, f"says different things of the office {name!r}: {shown}", mend))
            starts.append(values[distinct[0]])
        return starts

    def _recount_outcomes(self, numbers: dict[str, Floats], order: Ints, stay: Bools) -> None:
        """Count rows of offices that are left out later under that reason only, not also under their outcomes'."""
        again = []
        index = {outcome.name: number for number, outcome in enumerate(self.study.outcomes)}
        flaws_by_reason = {"missing_outcome": ("missing",), "not_a_number": ("text", "infinite")}
        recounted: set[tuple[str | None, str]] = set()
        for exclusion in self.exclusions:
            if exclusion.outcome is not None:
                if (exclusion.outcome, exclusion.reason) in recounted:
                    continue
                recounted.add((exclusion.outcome, exclusion.reason))
                counts = [numbers[f"{index[exclusion.outcome]}_{flaw}"] for flaw in flaws_by_reason[exclusion.reason]]
                left = [part[order][stay].sum() for part in counts]
                exclusion = Exclusion(
                    exclusion.reason, exclusion.column, int(sum(left)), exclusion.outcome, exclusion.examples
                )
            elif exclusion.reason.endswith("_weight"):
                flaw = "_".join(reversed(exclusion.reason.split("_")))
                exclusion = Exclusion(
                    exclusion.reason, exclusion.column, int(numbers[flaw][order][stay].sum()), None, exclusion.examples
                )
            again.append(exclusion)
        self.exclusions = again


def _added(group: Ints, values: Floats, size: int) -> Floats:
    return zeros(size) if values.strides == (0,) else _add(group, values, (size,))


def _ordered(codes: Ints, values: dict[Any, int], order: Callable[[list[Any]], list[Any]]) -> tuple[list[Any], Ints]:
    """The labels in use, in order, and the codes renumbered to that order."""
    listed = list(values)
    present = order([listed[code] for code in np.flatnonzero(np.bincount(codes, minlength=len(listed)))])
    number = np.full(len(listed), -1, dtype=np.int64)
    for place, label in enumerate(present):
        number[values[label]] = place
    return present, number[codes]


def _sortable(value: PeriodValue) -> Any:
    return value


def _before(value: Any, other: Any) -> bool:
    return bool(value < other)


def _with_account(cells: Cells, account: Account) -> Cells:
    import dataclasses

    return dataclasses.replace(cells, account=account)


__all__ = ["NEVER", "Progress", "read_cells"]
