"""Group-time effects and what they add up to (Callaway & Sant'Anna 2021, Journal of Econometrics 225(2), 200-230).

ATT(g, t) compares the change of the offices first treated in period g, from the period before their start to t, with
the change of offices not treated. The base is always the period before the start (*universal* base), so effects
before the start are read on the same scale as those after. Without covariates, for offices observed through persons who
may be other persons each period: a cohort's mean in a period is the mean over its persons (or its offices, under
office weights).

Every effect comes with each office's influence on it, so that any weighted sum has its error, clustered by office.
Cohorts' sizes are taken as given, not as estimates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from plass.evaluation.data.cells import NEVER, Bools, Cells, Floats, Ints, Panel
from plass.evaluation.errors import NotIdentified
from plass.evaluation.estimators.regression import Estimate, estimate
from plass.evaluation.study import Comparison, Weighting

Aggregate = Literal["simple", "dynamic", "group", "calendar"]


@dataclass(frozen=True)
class Aggregation:
    """Weighted sums of group-time effects.

    at: what each is for (event time, cohort's or calendar period's index; empty for "simple"); effect: shape (n,);
    influence: (offices, n); overall and overall_influence: their average (for "dynamic" over event times from 0 up).
    """

    kind: Aggregate
    at: Ints
    effect: Floats
    influence: Floats
    overall: float
    overall_influence: Floats

    @property
    def covariance(self) -> Floats:
        """Covariance of the effects clustered by office, with the factor G/(G-1), shape (n, n)."""
        return _covariance(self.influence)

    def estimate(self, alpha: float = 0.05) -> Estimate:
        """The overall effect with its error; t with G - 1 degrees of freedom."""
        error = math.sqrt(float(_covariance(self.overall_influence[:, None])[0, 0]))
        return estimate(self.overall, error, len(self.overall_influence) - 1, alpha, f"group-time, {self.kind}")


@dataclass(frozen=True)
class GroupTimeEffects:
    """ATT(g, t) for every cohort and period that can be told, the base periods left out (zero by definition).

    cohort, period: index of periods, shape (n,); effect: (n,); influence: (offices, n), what each office moves the
    effect by; share: each entry's cohort size (mean persons a period, or offices); not_told: (cohort, period) pairs
    without anybody to compare.
    """

    cohort: Ints
    period: Ints
    effect: Floats
    influence: Floats
    share: Floats
    not_told: tuple[tuple[int, int], ...]
    comparison: Comparison

    @property
    def covariance(self) -> Floats:
        """Covariance clustered by office, with the factor G/(G-1), shape (n, n)."""
        return _covariance(self.influence)

    def estimate(self, cohort: int, period: int, alpha: float = 0.05) -> Estimate:
        """One ATT(g, t). Raises NotIdentified where there is none."""
        at = np.flatnonzero((self.cohort == cohort) & (self.period == period))
        if not len(at):
            raise NotIdentified(f"There is no effect for the cohort {cohort} in the period {period}.")
        error = math.sqrt(float(_covariance(self.influence[:, at])[0, 0]))
        return estimate(float(self.effect[at[0]]), error, len(self.influence) - 1, alpha, "group-time")

    def aggregate(self, kind: Aggregate = "simple") -> Aggregation:
        """Add the effects up: "simple" over all treated periods, by event time, by cohort, or by calendar period."""
        after = self.period >= self.cohort
        if not after.any():
            raise NotIdentified("No effect after a start can be told.")
        if kind == "simple":
            weights = np.where(after, self.share, 0.0)[None, :]
            at, average = np.zeros(0, dtype=np.int64), np.ones(1)
        elif kind == "dynamic":
            event = self.period - self.cohort
            at = np.unique(event)
            weights = np.where(event[None, :] == at[:, None], self.share[None, :], 0.0)
            average = np.where(at >= 0, 1.0, 0.0)
        elif kind == "group":
            at = np.unique(self.cohort[after])
            weights = np.where((self.cohort[None, :] == at[:, None]) & after[None, :], 1.0, 0.0)
            average = np.array([self.share[self.cohort == cohort][0] for cohort in at])
        else:
            at = np.unique(self.period[after])
            weights = np.where((self.period[None, :] == at[:, None]) & after[None, :], self.share[None, :], 0.0)
            average = np.ones(len(at))
        weights = weights / weights.sum(axis=1, keepdims=True)
        average = average / average.sum()
        effect = np.einsum("ij,j->i", weights, self.effect)
        influence = np.einsum("gj,ij->gi", self.influence, weights)
        overall = np.einsum("gi,i->g", influence, average)
        return Aggregation(kind, at, effect, influence, float(effect @ average), overall)


def group_time_effects(
    cells: Cells, outcome: str, *, weighting: Weighting = "person", comparison: Comparison = "never"
) -> GroupTimeEffects:
    """Group-time effects of an outcome. comparison: never-treated offices only, or also those not yet treated.

    Raises NotIdentified where no effect at all can be told.
    """
    panel = cells.panel(outcome, weighting)
    first = panel.first_treated
    periods = len(panel.periods)
    cohorts, times, effects, influences, shares = [], [], [], [], []
    missing: list[tuple[int, int]] = []
    for g in sorted({int(start) for start in first if start < NEVER}):
        base = g - 1
        inside = first == g
        share = float(panel.w[inside].sum()) / periods
        for t in range(periods):
            if t == base:
                continue
            others = first == NEVER if comparison == "never" else (first > max(t, base)) & ~inside
            difference = _difference(panel, inside, others, base, t)
            if difference is None:
                missing.append((g, t))
                continue
            cohorts.append(g)
            times.append(t)
            effects.append(difference[0])
            influences.append(difference[1])
            shares.append(share)
    if not effects:
        raise NotIdentified("No group-time effect can be told: no cohort has offices to be compared with.")
    return GroupTimeEffects(
        np.array(cohorts, dtype=np.int64),
        np.array(times, dtype=np.int64),
        np.array(effects),
        np.stack(influences, axis=1),
        np.array(shares),
        tuple(missing),
        comparison,
    )


def _difference(panel: Panel, inside: Bools, others: Bools, base: int, t: int) -> tuple[float, Floats] | None:
    """The difference of two groups' changes from base to t, and each office's influence on it."""
    total = 0.0
    influence = np.zeros(len(inside))
    for group, sign in ((inside, 1.0), (others, -1.0)):
        for time, side in ((t, 1.0), (base, -1.0)):
            weight = np.where(group, panel.w[:, time], 0.0)
            size = weight.sum()
            if size <= 0:
                return None
            values = np.where(weight > 0, panel.mean[:, time], 0.0)
            mean = float(weight @ values) / size
            total += sign * side * mean
            influence += sign * side * weight * (values - mean) / size
    return total, influence


def _covariance(influence: Floats) -> Floats:
    g = len(influence)
    return np.asarray(g / (g - 1) * np.einsum("gi,gj->ij", influence, influence))
