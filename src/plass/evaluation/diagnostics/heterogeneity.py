"""Do offices differ, or does it only look so?

"Two of five offices did better" needs a test that the effects differ at all, and estimates shrunk towards their mean by
as much as they are noise. With a handful of offices the textbook test (Cochran's Q against chi-square) takes the
standard errors as known and ignores that offices move by themselves; it is reported, but the verdict belongs to the F
test and the permutation test, which judge the treated offices' spread by the comparison offices'.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import chi2, f, t

from plass.evaluation.data.office_panel import Floats
from plass.evaluation.estimators.pvalues import never_zero

ENUMERATE_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class CochranQ:
    """Cochran's Q of independent estimates with known variances, its p-value by chi-square, and I^2 (0 to 1)."""

    q: float
    df: int
    p_value: float
    i_squared: float


def cochran_q(effects: ArrayLike, variances: ArrayLike) -> CochranQ:
    """Source: Cochran (1954), Biometrics 10(1), 101-129; Higgins & Thompson (2002) for I^2."""
    effect, variance = _estimates(effects, variances)
    weight = 1 / variance
    q = float((weight * (effect - np.average(effect, weights=weight)) ** 2).sum())
    df = effect.size - 1
    return CochranQ(q, df, never_zero(chi2.sf(q, df)), max(0.0, (q - df) / q) if q > 0 else 0.0)


@dataclass(frozen=True, slots=True)
class SpreadTest:
    """Whether treated offices differ among themselves by more than comparison offices do.

    ``ratio`` is the treated offices' spread over the comparison offices', in variances; ``f_p_value`` assumes normal
    changes, ``permutation_p_value`` only that offices are exchangeable. ``permutations`` were compared, all there are
    where ``enumerated``; ``smallest_p`` is the least the permutation test can give.
    """

    ratio: float
    f_p_value: float
    permutation_p_value: float
    permutations: int
    enumerated: bool
    smallest_p: float


def spread_test(
    treated_changes: ArrayLike,
    control_changes: ArrayLike,
    treated_variances: ArrayLike | None = None,
    control_variances: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 20_130_401,
) -> SpreadTest:
    """Compare the spread of treated offices' changes with that of comparison offices' changes.

    A common effect moves all treated offices alike and leaves their spread alone. ``*_variances`` are relative (from
    ``few_treated.variance_model``) and make offices of different size comparable; without them all count alike.
    One-sided: only a larger spread among the treated is evidence. Raises ``ValueError`` for fewer than two offices on a
    side.
    """
    treated, control = np.asarray(treated_changes, dtype=np.float64), np.asarray(control_changes, dtype=np.float64)
    if treated.size < 2 or control.size < 2:
        raise ValueError("spread of effects: at least two treated and two comparison offices are needed")
    variance_t = np.ones_like(treated) if treated_variances is None else np.asarray(treated_variances, dtype=np.float64)
    variance_c = np.ones_like(control) if control_variances is None else np.asarray(control_variances, dtype=np.float64)
    spread_t, residual_t = _spread(treated, variance_t)
    spread_c, residual_c = _spread(control, variance_c)
    if spread_c <= 0:
        raise ValueError("spread of effects: every comparison office changed by exactly the same")
    ratio = spread_t / spread_c

    pooled = np.concatenate([residual_t, residual_c])
    many = comb(pooled.size, treated.size)
    enumerated = many <= ENUMERATE_UP_TO
    if enumerated:
        groups = np.array(list(combinations(range(pooled.size), treated.size)))
        extreme = int((_ratios(pooled, groups) >= ratio * (1 - 1e-10)).sum())
        count = many
        p_value = max(extreme, 1) / count
    else:
        rng = np.random.default_rng(seed)
        groups = np.argsort(rng.random((draws, pooled.size)), axis=1)[:, : treated.size]
        count = draws + 1
        p_value = (1 + int((_ratios(pooled, groups) >= ratio * (1 - 1e-10)).sum())) / count
    f_p = never_zero(f.sf(ratio, treated.size - 1, control.size - 1))
    return SpreadTest(ratio, f_p, p_value, count, enumerated, 1 / count)


def _spread(values: Floats, variance: Floats) -> tuple[float, Floats]:
    """The variance of standardised values about their weighted mean, and residuals blown up to their full variance."""
    mean = np.average(values, weights=1 / variance)
    residual = (values - mean) / np.sqrt(variance)
    return float((residual**2).sum() / (values.size - 1)), residual * sqrt(values.size / (values.size - 1))


def _ratios(pooled: Floats, groups: np.ndarray) -> Floats:
    """The spread within each group over the spread within the rest; (groups,)."""
    inside = pooled[groups]
    size, outside_size = groups.shape[1], pooled.size - groups.shape[1]
    total, square = inside.sum(axis=1), (inside**2).sum(axis=1)
    within = (square - total**2 / size) / (size - 1)
    everything = float((pooled**2).sum())
    outside = everything - square - (pooled.sum() - total) ** 2 / outside_size
    # A rest without spread of its own comes out as the rounding of everything.
    return np.asarray(within / np.maximum(outside / (outside_size - 1), 1e-20 * everything), dtype=np.float64)


# --- Shrinkage -------------------------------------------------------------------------------------------------------


def dersimonian_laird(effects: ArrayLike, variances: ArrayLike) -> float:
    """The variance of effects between offices by moments.

    Source: DerSimonian & Laird (1986), Controlled Clinical Trials 7(3), 177-188.
    """
    effect, variance = _estimates(effects, variances)
    weight = 1 / variance
    q_test = cochran_q(effect, variance)
    return max(0.0, (q_test.q - q_test.df) / float(weight.sum() - (weight**2).sum() / weight.sum()))


def paule_mandel(effects: ArrayLike, variances: ArrayLike) -> float:
    """The variance of effects between offices at which the generalised Q equals its degrees of freedom.

    Source: Paule & Mandel (1982), Journal of Research of the National Bureau of Standards 87(5), 377-385.
    """
    effect, variance = _estimates(effects, variances)

    def excess(between: float) -> float:
        return cochran_q(effect, variance + between).q - (effect.size - 1)

    if excess(0.0) <= 0:
        return 0.0
    reach = float(np.ptp(effect) ** 2) + float(variance.max())
    while excess(reach) > 0:
        reach *= 4
    return float(brentq(excess, 0.0, reach, xtol=1e-14, rtol=1e-12))


@dataclass(frozen=True, slots=True, eq=False)
class ShrunkEffects:
    """Offices' effects pulled towards their mean by as much as they are noise.

    ``mean`` and ``mean_se`` of the effects; ``between_sd`` their standard deviation between offices (0: the data give
    no reason to tell offices apart); ``shrinkage`` (offices,) from 0 (left alone) to 1 (the mean); ``effects``,
    ``lower`` and ``upper`` (offices,) with intervals of level ``1 - alpha``.
    """

    mean: float
    mean_se: float
    between_sd: float
    shrinkage: Floats
    effects: Floats
    lower: Floats
    upper: Floats


def shrink(
    effects: ArrayLike, variances: ArrayLike, between_variance: float | None = None, alpha: float = 0.05
) -> ShrunkEffects:
    """Empirical Bayes with Morris's corrections for a mean and a variance that are themselves estimated.

    ``between_variance`` is by Paule and Mandel unless given. With k > 3 offices the shrinkage is multiplied by
    (k - 3) / (k - 1) and the intervals widened for its uncertainty; with two or three it is left as it is, and the
    intervals use t with k - 1 degrees of freedom. Source: Morris (1983), Journal of the American Statistical
    Association 78(381), 47-55.
    """
    effect, variance = _estimates(effects, variances)
    count = effect.size
    between = paule_mandel(effect, variance) if between_variance is None else between_variance
    weight = 1 / (variance + between)
    mean = float(np.average(effect, weights=weight))
    mean_variance = 1 / float(weight.sum())
    factor = (count - 3) / (count - 1) if count > 3 else 1.0
    shrinkage = factor * variance / (variance + between)
    shrunk = mean + (1 - shrinkage) * (effect - mean)
    spread = variance * (1 - shrinkage) + shrinkage**2 * mean_variance
    if count > 3:
        average = float(np.average(variance, weights=weight))
        doubt = 2 / (count - 3) * shrinkage**2 * (average + between) / (variance + between)
        spread = spread + doubt * (effect - mean) ** 2
    half = float(t.isf(alpha / 2, count - 1)) * np.sqrt(spread)
    return ShrunkEffects(mean, sqrt(mean_variance), sqrt(between), shrinkage, shrunk, shrunk - half, shrunk + half)


def _estimates(effects: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    effect, variance = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if effect.ndim != 1 or effect.size < 2 or variance.shape != effect.shape:
        raise ValueError("effects of offices: at least two, each with a variance, are needed")
    if not (np.isfinite(effect).all() and np.isfinite(variance).all()) or (variance <= 0).any():
        raise ValueError("effects of offices: effects must be finite and variances above 0")
    return effect, variance
