"""The effect of a single treated office.

One treated office is one treated cluster: cluster-robust errors and the wild bootstrap say nothing. What can be known
about the office's own luck comes from how the comparison offices moved (Conley & Taber 2011), corrected for size, since
a small office moves more (Ferman & Pinto 2019).

The null is imposed and the treated office's own residual counted among the rest, so that the p-value is exact where
offices are exchangeable, is never 0, and cannot be smaller than one over the number of comparison offices plus one.
With five comparison offices no interval at 95 % exists, and the answer is the whole line.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import floor, inf

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from plass.evaluation.data.office_panel import Floats, OfficePanel


class FewTreatedMethod(StrEnum):
    """How the spread of an office's change is taken to depend on its size."""

    CONLEY_TABER = "Conley-Taber"
    FERMAN_PINTO = "Ferman-Pinto"


@dataclass(frozen=True, slots=True)
class OfficeEffect:
    """One treated office against the comparison offices.

    ``effect`` in units of the outcome; ``p_value`` of no effect, two-sided, at least ``smallest_p``; ``lower`` and
    ``upper`` the interval by inversion, infinite where the comparison offices are too few for it.
    """

    method: FewTreatedMethod
    effect: float
    p_value: float
    lower: float
    upper: float
    smallest_p: float
    alpha: float


@dataclass(frozen=True, slots=True)
class VarianceModel:
    """``Var(change) = common + person * sampling``: the office's own shock and the luck of its persons.

    ``sampling`` of an office is the variance of its change for persons of variance 1, ``1/n_before + 1/n_after`` for
    simple means, so that the second part is the reference's ``B / n``.
    """

    common: float
    person: float

    def of(self, sampling: Floats) -> Floats:
        """The variance of the change of offices with this ``sampling``."""
        return self.common + self.person * sampling


def variance_model(changes: ArrayLike, sampling: ArrayLike, person_variance: float | None = None) -> VarianceModel:
    """Fit ``A + B * sampling`` to the squared residuals of the comparison offices' changes, A and B not negative.

    Where ``person_variance`` is known (from the sums of squares in the cells) it is B, and only A is estimated:
    steadier with few offices. Where offices have the same ``sampling`` the two cannot be told apart and all goes to A.
    Raises ``ValueError`` for fewer than two offices, or where there is no variation.
    """
    change, size = np.asarray(changes, dtype=np.float64), np.asarray(sampling, dtype=np.float64)
    count = change.size
    if count < 2 or size.shape != change.shape or (size <= 0).any():
        raise ValueError("variance of changes: at least two comparison offices, each with a size, are needed")
    # A residual from the mean of G offices is short of its variance by (G - 1) / G.
    square = (change - change.mean()) ** 2 * count / (count - 1)
    if square.max() <= 0:
        raise ValueError("variance of changes: every comparison office changed by exactly the same")
    if person_variance is not None:
        common = max(0.0, float((square - person_variance * size).mean()))
        return VarianceModel(common, person_variance)
    if np.ptp(size) <= 1e-9 * size.max():
        return VarianceModel(float(square.mean()), 0.0)
    # In units in which both columns are of order 1; a squared residual varies with the square of what it estimates, so
    # that the fit is repeated with weights from the one before.
    columns = np.column_stack([np.ones(count), size / size.mean()])
    fitted = np.full(count, square.mean())
    solution = np.zeros(2)
    for _ in range(20):
        solution, _ = nnls(columns / fitted[:, None], square / fitted)
        fitted = np.maximum(columns @ solution, 1e-3 * square.mean())
    return VarianceModel(float(solution[0]), float(solution[1] / size.mean()))


def office_effect(
    change: float,
    control_changes: ArrayLike,
    sampling: float = 1.0,
    control_sampling: ArrayLike | None = None,
    method: FewTreatedMethod = FewTreatedMethod.FERMAN_PINTO,
    alpha: float = 0.05,
    person_variance: float | None = None,
) -> OfficeEffect:
    """The effect of one office whose outcome changed by ``change`` while comparison offices' changed otherwise.

    The statistic of office i under an effect ``a`` is the distance of its change (less ``a`` for the treated office)
    from the mean of all offices, over its standard deviation by the variance model; the p-value is the share of
    offices, the treated one included, whose statistic is at least that of the treated one.

    Raises ``ValueError`` for fewer than two comparison offices. Sources: Conley & Taber (2011), Review of Economics and
    Statistics 93(1), 113-125; Ferman & Pinto (2019), Review of Economics and Statistics 101(3), 452-467; the null
    imposed as in Ferman & Pinto's section on few controls and in Fisher's exact test.
    """
    others = np.asarray(control_changes, dtype=np.float64)
    sizes = np.ones_like(others) if control_sampling is None else np.asarray(control_sampling, dtype=np.float64)
    model = variance_model(others, sizes, person_variance)
    relative = np.ones_like(others)
    if method is FewTreatedMethod.FERMAN_PINTO:
        relative = np.sqrt(model.of(np.array([sampling])) / np.maximum(model.of(sizes), 1e-300))
    effect = change - float(others.mean())
    below, above = _reaches(others - others.mean(), relative)
    count = others.size
    tolerance = 1e-9 * (abs(effect) + float(np.abs(others).max()) + 1e-300)
    extreme = int(((effect >= 0) & (above >= effect - tolerance) | (effect < 0) & (below >= -effect - tolerance)).sum())
    # p(a) > alpha for as long as enough comparison offices are at least as extreme.
    needed = floor(alpha * (count + 1) + 1e-9)
    lower, upper = -inf, inf
    if needed >= 1:
        lower = effect - float(np.sort(above)[::-1][needed - 1])
        upper = effect + float(np.sort(below)[::-1][needed - 1])
    return OfficeEffect(method, effect, (1 + extreme) / (count + 1), lower, upper, 1 / (count + 1), alpha)


def _reaches(residual: Floats, relative: Floats) -> tuple[Floats, Floats]:
    """How far from the estimate, down and up, each comparison office stays at least as extreme as the treated one.

    With x the distance, the treated office's residual is ``x N / (N + 1)`` and a comparison office's
    ``residual - x / (N + 1)``, scaled by ``relative``; the set of x where the latter is larger is an interval about 0.
    """
    count = residual.size

    def reach(sign: float) -> Floats:
        signed = sign * residual
        with np.errstate(divide="ignore"):
            toward = relative * signed * (count + 1) / (count + relative)
            away = np.where(
                relative < count, -relative * signed * (count + 1) / np.maximum(count - relative, 1e-300), np.inf
            )
        return np.asarray(np.where(relative < count, np.maximum(toward, away), np.inf), dtype=np.float64)

    return reach(-1.0), reach(1.0)


def changes_and_sampling(panel: OfficePanel) -> tuple[Floats, Floats]:
    """Each office's change of weighted mean over a common start, and ``1/n_before + 1/n_after``.

    Raises ``ValueError`` where starts differ or an office has nothing before or nothing after.
    """
    start = panel.common_start()
    before, weight_before = panel.mean(slice(0, start))
    after, weight_after = panel.mean(slice(start, panel.periods))
    if (weight_before <= 0).any() or (weight_after <= 0).any():
        raise ValueError("changes: an office has no observations before or none after the start")
    return after - before, 1 / weight_before + 1 / weight_after


def office_effects(
    panel: OfficePanel,
    method: FewTreatedMethod = FewTreatedMethod.FERMAN_PINTO,
    alpha: float = 0.05,
    person_variance: float | None = None,
) -> tuple[OfficeEffect, ...]:
    """Each treated office against all comparison offices, in the order of the panel."""
    change, sampling = changes_and_sampling(panel)
    control = ~panel.ever_treated
    return tuple(
        office_effect(
            float(change[office]),
            change[control],
            float(sampling[office]),
            sampling[control],
            method,
            alpha,
            person_variance,
        )
        for office in np.flatnonzero(panel.ever_treated)
    )


def holm(p_values: ArrayLike) -> Floats:
    """Holm's adjusted p-values, in the order given: rejecting those at or below alpha keeps the family error there.

    Source: Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.minimum(np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1)), 1.0)
    result = np.empty_like(values)
    result[order] = adjusted
    return result
