"""The study as one number an office: its change from before to after.

With a common start the regression on rows with office effects and a before/after effect equals a weighted regression of
offices' changes on being treated, where an office weighs h = n_before * n_after / (n_before + n_after). Chance is
then visibly at the level of the offices, and three tests follow: Welch's (unequal spread in the two groups), Donald &
Lang's (equal spread, G - 2 degrees of freedom; 2007, Review of Economics and Statistics 89(2)), and randomisation
inference (`plass.evaluation.inference.randomisation`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from plass.evaluation.data.cells import NEVER, Bools, Cells, Floats
from plass.evaluation.errors import NotIdentified
from plass.evaluation.estimators.regression import Estimate, estimate
from plass.evaluation.study import Weighting


@dataclass(frozen=True)
class OfficeChanges:
    """Offices' means before and after a common start; every array has shape (offices,).

    weight: what each office's change counts for; rows: its rows; treated: whether it is treated.
    """

    offices: tuple[str, ...]
    before: Floats
    after: Floats
    weight: Floats
    rows: Floats
    treated: Bools

    @property
    def change(self) -> Floats:
        """After less before."""
        return np.asarray(self.after - self.before)

    @property
    def effect(self) -> float:
        """Weighted mean change of the treated less that of the comparison offices."""
        return self._mean(self.treated) - self._mean(~self.treated)

    def _mean(self, group: Bools) -> float:
        return float(self.weight[group] @ self.change[group] / self.weight[group].sum())


def office_changes(cells: Cells, outcome: str, weighting: Weighting = "person") -> OfficeChanges:
    """Offices' changes in an outcome. Offices without rows on one side of the start are left out.

    Raises NotIdentified for staggered starts, or where one group is empty.
    """
    cohorts = sorted({int(first) for first in cells.first_treated if first < NEVER})
    if len(cohorts) != 1:
        raise NotIdentified("Offices' changes need one common start; with several, use group-time effects.")
    start = cohorts[0]
    sums = cells.of(outcome)
    g = len(cells.offices)
    sides = []
    for side in (cells.period < start, cells.period >= start):
        parts = [
            np.bincount(cells.office[side], weights=values[side], minlength=g) for values in (sums.n, sums.w, sums.wy)
        ]
        sides.append(parts)
    (n0, w0, y0), (n1, w1, y1) = sides
    observed = (w0 > 0) & (w1 > 0)
    treated = np.asarray(cells.first_treated < NEVER)
    if not (observed & treated).any() or not (observed & ~treated).any():
        raise NotIdentified("No treated or no comparison office has rows both before and after the start.")
    w0, w1 = w0[observed], w1[observed]
    weight = w0 * w1 / (w0 + w1) if weighting == "person" else np.ones(len(w0))
    names = tuple(name for name, is_observed in zip(cells.offices, observed, strict=True) if is_observed)
    rows = np.asarray((n0 + n1)[observed], dtype=np.float64)
    return OfficeChanges(names, y0[observed] / w0, y1[observed] / w1, weight, rows, treated[observed])


def welch(changes: OfficeChanges, alpha: float = 0.05) -> Estimate:
    """Welch's t test of the changes, weighted by `changes.weight`, with Satterthwaite's degrees of freedom.

    With equal weights this is the textbook test. With weights each group's variance is
    sum(h**2 (d - mean)**2) for h adding up to 1, divided by 1 + sum(h**2) - 2 sum(h**3) / sum(h**2) so that it is
    unbiased where offices' changes have the same spread, and the group's degrees of freedom are its effective number of
    offices, 1 / sum(h**2), less one.
    """
    parts, freedom = [], []
    for group in (changes.treated, ~changes.treated):
        h = changes.weight[group] / changes.weight[group].sum()
        d = changes.change[group]
        concentration = float(h @ h)
        if len(h) < 2 or concentration >= 1 - 1e-12:
            return estimate(
                changes.effect, math.nan, math.nan, alpha, "Welch", "One of the two groups has a single office."
            )
        away = d - h @ d
        parts.append(float((h * h) @ (away * away)) / (1 + concentration - 2 * float(h @ (h * h)) / concentration))
        freedom.append(1 / concentration - 1)
    variance = sum(parts)
    df = variance**2 / sum(part**2 / f for part, f in zip(parts, freedom, strict=True)) if variance > 0 else math.nan
    return estimate(changes.effect, math.sqrt(variance), df, alpha, "Welch")


def donald_lang(changes: OfficeChanges, alpha: float = 0.05) -> Estimate:
    """Weighted least squares of the changes on being treated, one spread for both groups, G - 2 degrees of freedom."""
    h, d, treated = changes.weight, changes.change, changes.treated
    g = len(d)
    if g < 3:
        return estimate(changes.effect, math.nan, math.nan, alpha, "Donald-Lang", "Two offices leave no freedom.")
    fitted = np.where(
        treated, h[treated] @ d[treated] / h[treated].sum(), h[~treated] @ d[~treated] / h[~treated].sum()
    )
    spread = float(h @ (d - fitted) ** 2) / (g - 2)
    error = math.sqrt(spread * (1 / h[treated].sum() + 1 / h[~treated].sum()))
    return estimate(changes.effect, error, g - 2, alpha, "Donald-Lang")
