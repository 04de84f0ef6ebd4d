"""The effect: difference in differences, pooled and for each office, in points and in per cent of the counterfactual.

The pooled effect is the two-way regression's coefficient. The *counterfactual* is what treated offices would have had:
their mean outcome in treated periods less the effect. Per cent is effect / counterfactual; its confidence set is
Fieller's, from the jackknife covariance of the two, because the counterfactual is an estimate too. For binary outcomes
the effect is in shares (0.093 is 9.3 percentage points).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from plass.evaluation.data.cells import NEVER, Cells, Floats
from plass.evaluation.errors import NotIdentified
from plass.evaluation.estimators.ratio import FiellerSet, fieller
from plass.evaluation.estimators.regression import Estimate, Fit, regress
from plass.evaluation.study import Specification, Weighting

TREATMENT = "treatment"


@dataclass(frozen=True)
class Effect:
    """A pooled effect. value: in the outcome's unit; treated_mean: treated offices' mean in treated periods;
    counterfactual: treated_mean - value; relative: value / counterfactual; ratio: its confidence set, None where
    leaving one office out takes the effect with it (`ratio_reason` says so)."""

    outcome: str
    weighting: Weighting
    value: float
    treated_mean: float
    counterfactual: float
    relative: float
    ratio: FiellerSet | None
    ratio_reason: str
    fit: Fit

    @property
    def crv1(self) -> Estimate:
        """With CRV1: to be shown, not to be trusted with few treated offices."""
        return self.fit.estimate(TREATMENT, "CRV1")

    @property
    def crv3(self) -> Estimate:
        """With the jackknife."""
        return self.fit.estimate(TREATMENT, "CRV3")


@dataclass(frozen=True)
class OwnEffect:
    """One treated office's own effect against all comparison offices, without an error: one office has none of its
    own (see `plass.evaluation.estimators.few_treated`)."""

    office: str
    value: float
    treated_mean: float
    counterfactual: float
    relative: float
    rows: int


def did(
    cells: Cells,
    outcome: str,
    *,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    by_period: bool = True,
    alpha: float = 0.05,
) -> Effect:
    """The pooled effect of treatment on an outcome.

    by_period: an effect for every period (two-way fixed effects); False with a common start gives the plain
    before/after comparison. Raises NotIdentified where the design does not tell the effect.
    """
    fit = regress(
        cells,
        outcome,
        {TREATMENT: cells.treatment},
        covariates=covariates,
        weighting=weighting,
        periods=None if by_period else _sides(cells),
    )
    value = fit.value(TREATMENT)
    mean, without = _treated_means(cells, outcome, weighting, fit)
    counterfactual = mean - value
    ratio, reason = _ratio(fit, value, counterfactual, without, alpha)
    relative = value / counterfactual if counterfactual else math.nan
    return Effect(outcome, weighting, value, mean, counterfactual, relative, ratio, reason, fit)


def did_for(cells: Cells, specification: Specification, alpha: float = 0.05) -> Effect:
    """The pooled effect of one of the study's frozen specifications."""
    chosen = cells.select(drop=specification.drop_offices) if specification.drop_offices else cells
    return did(
        chosen,
        specification.outcome,
        covariates=specification.covariates,
        weighting=specification.weighting,
        alpha=alpha,
    )


def did_by_office(
    cells: Cells, outcome: str, *, covariates: Sequence[str] = (), weighting: Weighting = "person"
) -> tuple[OwnEffect, ...]:
    """Every treated office's own effect, in the order of the offices, from it and the comparison offices only.

    "Comparison" are the never-treated offices; NotIdentified where there is none.
    """
    treated = cells.treated
    if not treated or len(treated) == len(cells.offices):
        raise NotIdentified("Own effects need treated offices and offices that are never treated.")
    effects = []
    for office in treated:
        alone = cells.select(drop=[other for other in treated if other != office])
        effect = did(alone, outcome, covariates=covariates, weighting=weighting)
        rows = int(cells.of(outcome).n[cells.office == cells.offices.index(office)].sum())
        effects.append(
            OwnEffect(office, effect.value, effect.treated_mean, effect.counterfactual, effect.relative, rows)
        )
    return tuple(effects)


def _sides(cells: Cells) -> Floats:
    starts = {int(first) for first in cells.first_treated if first < NEVER}
    if len(starts) != 1:
        raise NotIdentified("A plain before/after comparison needs one common start.")
    return (np.arange(len(cells.periods)) >= starts.pop()).astype(np.float64)


def _treated_means(cells: Cells, outcome: str, weighting: Weighting, fit: Fit) -> tuple[float, Floats]:
    """Treated offices' mean in treated periods, and the same with each of the fit's offices left out."""
    sums = cells.weighted(outcome, weighting)
    on = cells.period >= cells.first_treated[cells.office]
    size = len(cells.offices)
    w, wy = (np.bincount(cells.office[on], weights=part[on], minlength=size) for part in (sums.w, sums.wy))
    place = [cells.offices.index(name) for name in fit.moments.offices]
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (wy.sum() - wy[place]) / (w.sum() - w[place])
    return float(wy.sum() / w.sum()), without


def _ratio(
    fit: Fit, value: float, counterfactual: float, mean_without: Floats, alpha: float
) -> tuple[FiellerSet | None, str]:
    effects = fit.leave_one_out[:, fit.position(TREATMENT)]
    bases = mean_without - effects
    if not np.isfinite(bases).all():
        return None, "Leaving one office out takes the effect with it (a single treated office)."
    g = fit.clusters
    away = np.stack([effects - value, bases - counterfactual])
    covariance = (g - 1) / g * np.einsum("ig,jg->ij", away, away)
    critical = float(stats.t.isf(alpha / 2, g - 1))
    return fieller(
        value, counterfactual, float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1]), critical
    ), ""
