"""Cells: the exact sums that everything else is computed from.

A *cell* is one office in one period with one combination of covariate values. For each outcome it holds n (rows),
w (sum of weights), wy, wyy (sums of weight times outcome, and outcome squared) and ww, wwy, wwyy (the same with the
weight squared, needed only by errors that are not clustered). A weighted least squares on cells equals the one on the
rows, coefficient and cluster-robust error, as long as the regressors are constant within a cell and a cell lies within
one cluster. Errors clustered by person cannot come from cells, and no function here offers them.

`read_cells(study)` makes them from files of any size; `Cells.from_rows` from arrays in memory; `Cells.from_means`
from office-by-period means (simulation). All three give the same object.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.errors import DataError, EvaluationError, Problem
from plass.evaluation.study import Freeze, Weighting, _nearest

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: The first-treated period of an office that is never treated; larger than any index, so `t >= first_treated` is right.
NEVER = 2**31 - 1


@dataclass(frozen=True)
class Sums:
    """One outcome's sums, each an array of shape (cells,); without weights w = ww = n, wwy = wy and wwyy = wyy."""

    n: Floats
    w: Floats
    wy: Floats
    wyy: Floats
    ww: Floats
    wwy: Floats
    wwyy: Floats

    def take(self, keep: Bools | Ints) -> Sums:
        """The sums of some of the cells."""
        # Sums that are one array stay one array.
        selected: dict[int, Floats] = {}
        parts = [getattr(self, dataclass_field.name) for dataclass_field in dataclasses.fields(self)]
        return Sums(*(selected.setdefault(id(part), part[keep]) for part in parts))


@dataclass(frozen=True)
class Exclusion:
    """Rows that were left out: why, because of which column, how many, the first places, and for which outcome."""

    reason: str
    column: str
    rows: int
    outcome: str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """Where every row went: for each outcome, rows_read = rows_used[outcome] + the rows of its exclusions."""

    files: tuple[str, ...] = ()
    rows_read: int = 0
    rows_used: Mapping[str, int] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    notes: tuple[str, ...] = ()
    frozen: Freeze | None = None

    def excluded(self, outcome: str) -> int:
        """How many rows were left out for this outcome."""
        return sum(exclusion.rows for exclusion in self.exclusions if exclusion.outcome in (None, outcome))


@dataclass(frozen=True)
class Panel:
    """One outcome by office and period.

    n, w, mean: shape (offices, periods), mean is nan where nobody was observed; within: the weighted sum of squares
    around the cell mean; first_treated: shape (offices,), index of the first treated period or NEVER.
    """

    offices: tuple[str, ...]
    periods: tuple[str, ...]
    n: Floats
    w: Floats
    mean: Floats
    within: Floats
    first_treated: Ints

    @property
    def treated(self) -> Bools:
        """Which offices are ever treated, shape (offices,)."""
        return np.asarray(self.first_treated < NEVER)

    @property
    def treatment(self) -> Bools:
        """Where treatment is on, shape (offices, periods)."""
        return np.asarray(np.arange(len(self.periods))[None, :] >= self.first_treated[:, None])


@dataclass(frozen=True)
class Cells:
    """The cells, sorted by office, period and covariates.

    offices, periods: labels in order; office, period: their index for each cell; levels: each covariate's labels;
    codes: its index for each cell; sums: by outcome's name; first_treated: shape (offices,).
    """

    offices: tuple[str, ...]
    periods: tuple[str, ...]
    office: Ints
    period: Ints
    levels: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Ints]
    sums: Mapping[str, Sums]
    first_treated: Ints
    account: Account = field(default_factory=Account)

    def __len__(self) -> int:
        return len(self.office)

    @property
    def treated(self) -> tuple[str, ...]:
        """Names of the offices that are ever treated."""
        return tuple(name for name, first in zip(self.offices, self.first_treated, strict=True) if first < NEVER)

    @property
    def treatment(self) -> Bools:
        """Where treatment is on, shape (offices, periods)."""
        return np.asarray(np.arange(len(self.periods))[None, :] >= self.first_treated[:, None])

    def of(self, outcome: str) -> Sums:
        """The sums of one outcome; EvaluationError with the nearest name where there is none."""
        if outcome not in self.sums:
            raise EvaluationError(f"The cells have no outcome {outcome!r}{_nearest(outcome, list(self.sums))}.")
        return self.sums[outcome]

    def panel(self, outcome: str, weighting: Weighting = "person") -> Panel:
        """Office-by-period means of one outcome. weighting "office" gives every office-period the weight 1."""
        sums = self.of(outcome)
        shape = (len(self.offices), len(self.periods))
        at = self.office * shape[1] + self.period
        n, w, wy = (_add(at, part, shape) for part in (sums.n, sums.w, sums.wy))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(w > 0, wy / w, np.nan)
            deviation = sums.wyy - 2 * mean.ravel()[at] * sums.wy + mean.ravel()[at] ** 2 * sums.w
        within = np.maximum(_add(at, np.where(sums.w > 0, deviation, 0.0), shape), 0.0)
        if weighting == "office":
            within = np.where(w > 0, within / np.where(w > 0, w, 1.0), 0.0)
            w = (w > 0).astype(np.float64)
        return Panel(self.offices, self.periods, n, w, mean, within, self.first_treated)

    def office_panel(self, outcome: str, weighting: Weighting = "person") -> OfficePanel:
        """The same as the checks want it: means, weights and starts without labels."""
        panel = self.panel(outcome, weighting)
        return OfficePanel(np.where(panel.w > 0, panel.mean, 0.0), panel.w, panel.first_treated)

    def by_kind(self, outcome: str) -> tuple[tuple[str, ...], Floats, Floats]:
        """Kinds of persons (combinations of covariate values that occur): labels, and rows and mean outcome of each by
        office and period, two arrays (offices, periods, kinds); the mean is nan where nobody was observed."""
        group, first = _group(list(self.codes.values())) if self.codes else (np.zeros(len(self), dtype=np.int64), [0])
        names = tuple(
            ", ".join(f"{name}={self.levels[name][code[row]]}" for name, code in self.codes.items()) for row in first
        )
        sums = self.of(outcome)
        shape = (len(self.offices), len(self.periods), len(first))
        at = (self.office * shape[1] + self.period) * shape[2] + group
        n, w, wy = (_add(at, part, shape) for part in (sums.n, sums.w, sums.wy))
        return names, n, np.where(w > 0, wy / np.where(w > 0, w, 1.0), np.nan)

    def weighted(self, outcome: str, weighting: Weighting) -> Sums:
        """The sums of one outcome under a weighting: "office" divides every row's weight by its office-period's sum."""
        sums = self.of(outcome)
        if weighting == "person":
            return sums
        at = self.office * len(self.periods) + self.period
        total = _add(at, sums.w, (len(self.offices) * len(self.periods),))[at]
        f = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), 0.0)
        return Sums(sums.n, f * sums.w, f * sums.wy, f * sums.wyy, f * f * sums.ww, f * f * sums.wwy, f * f * sums.wwyy)

    def select(self, *, drop: Sequence[str] = (), keep: Sequence[str] | None = None) -> Cells:
        """The cells without some offices, or with some only (robustness, leave one out). Unknown names are refused."""
        for name in [*drop, *(keep or ())]:
            if name not in self.offices:
                raise EvaluationError(f"There is no office {name!r}{_nearest(name, self.offices)}.")
        stay = [i for i, name in enumerate(self.offices) if name not in drop and (keep is None or name in keep)]
        number = np.full(len(self.offices), -1, dtype=np.int64)
        number[stay] = np.arange(len(stay))
        rows = number[self.office] >= 0
        return dataclasses.replace(
            self,
            offices=tuple(self.offices[i] for i in stay),
            office=number[self.office][rows],
            period=self.period[rows],
            codes={name: code[rows] for name, code in self.codes.items()},
            sums={name: sums.take(rows) for name, sums in self.sums.items()},
            first_treated=self.first_treated[stay],
        )

    def between(self, first: int, last: int) -> Cells:
        """The cells of the periods with index first to last (both included); first_treated moves along.

        An office treated after `last` counts as never treated here, which is what a placebo study of the
        pre-period needs.
        """
        rows = (self.period >= first) & (self.period <= last)
        moved = np.where(self.first_treated > last, NEVER, self.first_treated - first)
        return dataclasses.replace(
            self,
            periods=self.periods[first : last + 1],
            office=self.office[rows],
            period=self.period[rows] - first,
            codes={name: code[rows] for name, code in self.codes.items()},
            sums={name: sums.take(rows) for name, sums in self.sums.items()},
            first_treated=moved,
        )

    def with_treatment(self, first_treated: npt.ArrayLike) -> Cells:
        """The same cells under another treatment (placebo dates and offices). first_treated: shape (offices,)."""
        first = np.asarray(first_treated, dtype=np.int64)
        if first.shape != (len(self.offices),):
            raise EvaluationError(f"first_treated has shape {first.shape}; it must be ({len(self.offices)},).")
        return dataclasses.replace(self, first_treated=first)

    @classmethod
    def from_rows(
        cls,
        office: npt.ArrayLike,
        period: npt.ArrayLike,
        outcomes: Mapping[str, npt.ArrayLike],
        *,
        first_treated: Mapping[Any, Any],
        weight: npt.ArrayLike | None = None,
        covariates: Mapping[str, npt.ArrayLike] | None = None,
    ) -> Cells:
        """Cells from arrays with a value a row.

        first_treated: office to its first treated period (a value of `period`); offices not named are never treated.
        Raises DataError where a value is missing, infinite or, for weights, not above zero: a frame in memory is
        yours to clean; files are cleaned and counted by read_cells.
        """
        offices, office_code = np.unique(np.asarray(office), return_inverse=True)
        periods, period_code = np.unique(np.asarray(period), return_inverse=True)
        levels: dict[str, tuple[str, ...]] = {}
        keys = [office_code.astype(np.int64), period_code.astype(np.int64)]
        for name, values in (covariates or {}).items():
            level, code = np.unique(np.asarray(values), return_inverse=True)
            levels[name] = tuple(str(value) for value in level)
            keys.append(code.astype(np.int64))
        w = np.ones(len(office_code)) if weight is None else np.asarray(weight, dtype=np.float64)
        if not np.all(np.isfinite(w)) or np.any(w <= 0):
            mend = "Leave the rows out, or give them a weight above zero."
            raise DataError([Problem("weight", "is missing, infinite, zero or negative", mend)])
        group, first = _group(keys)
        sums = {}
        for name, values in outcomes.items():
            y = np.asarray(values, dtype=np.float64)
            if y.shape != w.shape or not np.all(np.isfinite(y)):
                raise DataError([Problem(name, "has missing or infinite values", "Leave the rows out beforehand.")])
            parts = (np.ones_like(w), w, w * y, w * y * y, w * w, w * w * y, w * w * y * y)
            sums[name] = Sums(*(_add(group, part, (len(first),)) for part in parts))
        started = np.full(len(offices), NEVER, dtype=np.int64)
        names = list(offices.tolist())
        for treated_office, start in first_treated.items():
            if treated_office not in names:
                raise EvaluationError(f"first_treated names the office {treated_office!r}, which is not in the data.")
            at = int(np.searchsorted(periods, start))
            started[names.index(treated_office)] = at if at < len(periods) else NEVER
        account = Account(rows_read=len(w), rows_used={name: len(w) for name in outcomes})
        return cls(
            tuple(str(label) for label in offices),
            tuple(str(label) for label in periods),
            keys[0][first],
            keys[1][first],
            levels,
            {name: key[first] for name, key in zip(levels, keys[2:], strict=True)},
            sums,
            started,
            account,
        )

    @classmethod
    def from_means(
        cls,
        mean: npt.ArrayLike,
        n: npt.ArrayLike,
        first_treated: npt.ArrayLike,
        *,
        within: npt.ArrayLike | None = None,
        outcome: str = "outcome",
    ) -> Cells:
        """Cells from office-by-period means, shape (offices, periods), for simulation.

        n: rows, same shape; first_treated: shape (offices,), index or NEVER; within: sum of squares around each mean
        (by default that of a binary outcome, n m (1 - m), where all means lie between 0 and 1, else 0).
        """
        m = np.asarray(mean, dtype=np.float64)
        count = np.broadcast_to(np.asarray(n, dtype=np.float64), m.shape)
        if within is None:
            inside = bool(np.all((m >= 0) & (m <= 1)))
            spread = count * m * (1 - m) if inside else np.zeros_like(m)
        else:
            spread = np.broadcast_to(np.asarray(within, dtype=np.float64), m.shape)
        g, t = m.shape
        flat = [part.ravel() for part in (count, count, count * m, count * m * m + spread)]
        sums = Sums(flat[0], flat[1], flat[2], flat[3], flat[1], flat[2], flat[3])
        return cls(
            tuple(f"{i:0{len(str(g))}d}" for i in range(1, g + 1)),
            tuple(f"{i:0{len(str(t))}d}" for i in range(1, t + 1)),
            np.repeat(np.arange(g), t),
            np.tile(np.arange(t), g),
            {},
            {},
            {outcome: sums},
            np.asarray(first_treated, dtype=np.int64),
        )


def _add(at: Ints, values: Floats, shape: tuple[int, ...]) -> Floats:
    """Sums of values by index, always in the order of the cells (np.bincount adds one by one)."""
    total = np.bincount(at, weights=values, minlength=int(np.prod(shape)))
    return np.asarray(total, dtype=np.float64).reshape(shape)


def _group(keys: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Group number of each row and one row of each group, groups in the order of the keys (first key slowest)."""
    combined = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        size = int(key.max(initial=0)) + 1
        if combined.max(initial=0) > (2**62) // size:
            combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
        combined = combined * size + key
    size = int(combined.max(initial=0)) + 1
    if size <= 4 * len(combined) + 1_000_000:
        # Few possible keys: marking them is several times faster than sorting.
        place = np.full(size, -1, dtype=np.int64)
        place[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)
        present = place >= 0
        return (np.cumsum(present) - 1)[combined], place[present]
    _, first, group = np.unique(combined, return_index=True, return_inverse=True)
    return group.astype(np.int64), first.astype(np.int64)
