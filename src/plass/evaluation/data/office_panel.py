"""Office x period means with weights: what every check that needs no person-level data works on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class OfficePanel:
    """Mean outcomes by office and period.

    ``outcome`` (offices, periods) holds means, ``weight`` (offices, periods) what they weigh (persons, usually; 0 where
    an office has nothing in a period, and the outcome there is not read). ``first_treated`` (offices,) is the position
    of the first treated period; any value at or above the number of periods means never.

    Raises ``ValueError`` where shapes differ, a weight is negative or not finite, or a weighted outcome is not finite.
    """

    outcome: Floats
    weight: Floats
    first_treated: Integers

    def __post_init__(self) -> None:
        if self.outcome.ndim != 2 or self.outcome.shape != self.weight.shape:
            raise ValueError("panel: outcomes and weights must be tables of offices by periods of the same shape")
        if self.first_treated.shape != self.outcome.shape[:1]:
            raise ValueError("panel: one first treated period is needed for each office")
        if not np.isfinite(self.weight).all() or (self.weight < 0).any():
            raise ValueError("panel: a weight is negative or not a finite number")
        if not np.isfinite(self.outcome[self.weight > 0]).all():
            raise ValueError("panel: an outcome with weight is not a finite number")
        if (self.first_treated < 0).any():
            raise ValueError("panel: a first treated period lies before the panel begins")

    @classmethod
    def of(
        cls, outcome: ArrayLike, first_treated: Sequence[int | None] | Integers, weight: ArrayLike | None = None
    ) -> "OfficePanel":
        """The same from anything numpy can read; ``None`` in ``first_treated`` means never, no ``weight`` means 1."""
        table = np.asarray(outcome, dtype=np.float64)
        starts = [table.shape[1] if start is None else int(start) for start in first_treated]
        weights = np.ones_like(table) if weight is None else np.asarray(weight, dtype=np.float64)
        return cls(table, weights, np.asarray(starts, dtype=np.int64))

    @property
    def offices(self) -> int:
        """How many offices."""
        return int(self.outcome.shape[0])

    @property
    def periods(self) -> int:
        """How many periods."""
        return int(self.outcome.shape[1])

    @property
    def treated(self) -> Booleans:
        """(offices, periods): whether the office is treated in the period."""
        return np.asarray(np.arange(self.periods)[None, :] >= self.first_treated[:, None], dtype=np.bool_)

    @property
    def ever_treated(self) -> Booleans:
        """(offices,): whether the office is treated within the panel."""
        return np.asarray(self.first_treated < self.periods, dtype=np.bool_)

    @property
    def cohorts(self) -> tuple[int, ...]:
        """The starts that occur, in order; an office never treated belongs to none."""
        return tuple(sorted({int(start) for start in self.first_treated[self.ever_treated]}))

    def common_start(self) -> int:
        """The one start of all treated offices. Raises ``ValueError`` where there is none or more than one."""
        if len(self.cohorts) != 1:
            raise ValueError("panel: this needs one common start; use the group-time effects for staggered starts")
        return self.cohorts[0]

    def keep(self, offices: Booleans | Integers) -> "OfficePanel":
        """The panel of some of the offices."""
        return OfficePanel(self.outcome[offices], self.weight[offices], self.first_treated[offices])

    def between(self, first: int, end: int) -> "OfficePanel":
        """Periods ``first`` up to, not with, ``end``; starts move along."""
        if not 0 <= first < end <= self.periods:
            raise ValueError(f"panel: there are no periods {first} to {end}")
        starts = np.where(self.ever_treated, np.maximum(self.first_treated - first, 0), end)
        return OfficePanel(self.outcome[:, first:end], self.weight[:, first:end], starts.astype(np.int64))

    def with_outcome(self, outcome: ArrayLike) -> "OfficePanel":
        """The same design with another outcome."""
        return replace(self, outcome=np.asarray(outcome, dtype=np.float64))

    def mean(self, periods: Booleans | slice | Integers) -> tuple[Floats, Floats]:
        """Each office's weighted mean over ``periods`` (``nan`` where it has nothing) and the weight behind it."""
        weight = self.weight[:, periods]
        total = weight.sum(axis=1)
        filled = np.where(weight > 0, self.outcome[:, periods], 0.0)
        with np.errstate(invalid="ignore"):
            means = (weight * filled).sum(axis=1) / np.where(total > 0, total, np.nan)
        return means, total


def twoway_residual(values: Floats, weight: Floats) -> Floats:
    """What is left of ``values`` (offices, periods) when weighted office and period effects are taken out.

    Cells of weight 0 play no part and come back as 0.
    """
    used = weight > 0
    filled = np.where(used, values, 0.0)
    by_office = weight.sum(axis=1)
    share = weight / np.where(by_office > 0, by_office, 1.0)[:, None]
    # Offices are eliminated; what remains is a system with a row for each period.
    system = np.diag(weight.sum(axis=0)) - share.T @ weight
    right = (weight * filled).sum(axis=0) - share.T @ (weight * filled).sum(axis=1)
    period_effect = np.linalg.lstsq(system, right, rcond=None)[0]
    office_effect = (share * (filled - period_effect)).sum(axis=1)
    return np.asarray(np.where(used, filled - office_effect[:, None] - period_effect, 0.0), dtype=np.float64)


def twoway_effect(panel: OfficePanel) -> float:
    """The two-way fixed effects coefficient on being treated; ``nan`` where the design leaves nothing to compare."""
    residual = twoway_residual(panel.treated.astype(np.float64), panel.weight)
    denominator = float((panel.weight * residual**2).sum())
    if denominator < 1e-12 * float(panel.weight.sum()):
        return float("nan")
    outcome = np.where(panel.weight > 0, panel.outcome, 0.0)
    return float((panel.weight * residual * outcome).sum() / denominator)
