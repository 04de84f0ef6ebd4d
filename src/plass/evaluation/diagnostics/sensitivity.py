"""Sensitivity of an event study to departures from parallel trends (Rambachan & Roth 2023).

Two ways of bounding the departure ``delta`` (the difference in trends that would have been there without treatment):

* *smoothness*, Delta^SD(M): the slope of ``delta`` changes by at most ``M`` from one period to the next. The interval
  is the optimal fixed-length interval (FLCI), centred on the affine estimator with the shortest one;
* *relative magnitudes*, Delta^RM(Mbar): the change of ``delta`` over a period after the start is at most ``Mbar``
  times the largest change over a period before. The interval is the conditional least-favourable hybrid (C-LF) of
  Andrews, Roth and Pakes (2023), which treats the pre-period estimates as the noisy measurements they are.

Coefficients are ordered as time is: the pre-periods, without the reference period just before the start, then the
post-periods. Everything rests on joint normality of the coefficients with a known covariance matrix, which is doubtful
with a handful of treated offices: whoever reports these intervals must say so.

The polyhedra of the two restrictions are small enough to be solved in closed form, so no solver's tolerance enters:

* the frontier between worst-case bias and variance of affine estimators is a lasso path in the changes of slope;
* the dual linear programme behind the C-LF test has at most ``post + 2`` vertices, listed once.

Sources: Rambachan & Roth (2023), Review of Economic Studies 90(5), 2555-2591; Andrews, Roth & Pakes (2023), Review of
Economic Studies 90(6), 2763-2791; Armstrong & Kolesar (2018), Econometrica 86(2), 655-683.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr
from scipy.stats import norm

from plass.evaluation.diagnostics.least_favourable import ConditionalTest, relative_magnitude_tests
from plass.evaluation.estimators.event_studies import EventStudyEstimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RobustInterval:
    """An interval for the effect that holds for every departure within ``bound`` (M or Mbar)."""

    bound: float
    lower: float
    upper: float

    def excludes(self, null: float) -> bool:
        """Whether the effect ``null`` is ruled out."""
        return not self.lower <= null <= self.upper


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The smallest bound at which the interval no longer excludes ``null``.

    ``value`` is 0 where even exactly parallel (or linear) trends do not exclude it, and ``inf`` where no bound up to
    ``searched_to`` brings it in.
    """

    value: float
    null: float
    searched_to: float


def conventional_interval(
    estimate: EventStudyEstimate, weights: ArrayLike | None = None, alpha: float = 0.05
) -> RobustInterval:
    """The ordinary normal interval, which takes parallel trends to hold exactly; ``bound`` is 0."""
    target = estimate.target(weights)
    centre = float(target @ estimate.beta[estimate.pre :])
    spread = sqrt(float(target @ estimate.sigma[estimate.pre :, estimate.pre :] @ target))
    half = float(norm.isf(alpha / 2)) * spread
    return RobustInterval(0.0, centre - half, centre + half)


def folded_normal_quantile(mean: float, alpha: float) -> float:
    """The ``1 - alpha`` quantile of ``|N(mean, 1)|``: the critical value of an estimator whose bias is ``mean`` SEs."""
    shift = abs(mean)
    if shift > 8:
        # The other tail is below 1e-15 here.
        return shift + float(norm.isf(alpha))

    def excess(value: float) -> float:
        return float(ndtr(value - shift) - ndtr(-value - shift)) - (1 - alpha)

    return float(
        brentq(
            excess,
            0.0,
            shift + float(norm.isf(alpha / 2)) + 1.0,
            xtol=1e-13,
            rtol=1e-14,
        )
    )


# --- Smoothness ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class SmoothnessFrontier:
    """The affine estimators worth considering under smoothness, from the least variable to the least biased.

    ``knots`` is (segments + 1, pre): the weights on the pre-period coefficients at the corners of the path; between two
    corners the weights move in a straight line. The frontier does not depend on M.
    """

    estimate: EventStudyEstimate
    weights: Floats
    knots: Floats
    unavoidable: float

    def estimator(self, pre_weights: Floats) -> tuple[float, float, float]:
        """Centre, standard deviation, and worst-case bias for M = 1 of one estimator."""
        full = np.concatenate([pre_weights, self.weights])
        return (
            float(full @ self.estimate.beta),
            sqrt(float(full @ self.estimate.sigma @ full)),
            self.unavoidable + float(np.abs(_slope_changes(pre_weights)).sum()),
        )

    def best(self, bound: float, alpha: float = 0.05) -> tuple[Floats, float]:
        """The weights (pre,) of the estimator with the shortest interval under Delta^SD(bound), and its half-length.

        Raises ``ValueError`` for a bound that is negative or not finite.
        """
        if bound < 0 or not isfinite(bound):
            raise ValueError("smoothness: the bound must be a finite number, 0 or above")

        def half_length(pre_weights: Floats) -> float:
            _, spread, bias = self.estimator(pre_weights)
            return spread * folded_normal_quantile(bound * bias / spread, alpha)

        best, best_half = self.knots[0], half_length(self.knots[0])
        for start, end in pairwise(self.knots):

            def along(step: float, start: Floats = start, end: Floats = end) -> float:
                return half_length(start + step * (end - start))

            minimum = minimize_scalar(along, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-10})
            for step in (float(minimum.x), 1.0):
                point = start + step * (end - start)
                half = half_length(point)
                if half < best_half:
                    best, best_half = point, half
        return best, best_half

    def interval(self, bound: float, alpha: float = 0.05) -> RobustInterval:
        """The shortest fixed-length interval under Delta^SD(bound)."""
        weights, half = self.best(bound, alpha)
        centre = self.estimator(weights)[0]
        return RobustInterval(bound, centre - half, centre + half)

    def worst_departure(self, pre_weights: Floats) -> Floats:
        """The departure (pre + post,) with changes of slope of 1 that biases an estimator most; times M for others."""
        pre, post = self.estimate.pre, self.estimate.post
        before = np.where(_slope_changes(pre_weights) < 0, -1.0, 1.0)
        path = np.zeros(pre + post)
        for place, j in enumerate(range(pre, 0, -1)):
            path[place] = sum(before[k - 1] * (j - k) for k in range(1, j))
        after = [1.0 if float(self.weights[k:] @ np.arange(1, post - k + 1)) >= 0 else -1.0 for k in range(post)]
        for t in range(1, post + 1):
            path[pre + t - 1] = sum(after[k] * (t - k) for k in range(t))
        return path


def smoothness_frontier(estimate: EventStudyEstimate, weights: ArrayLike | None = None) -> SmoothnessFrontier:
    """The frontier of bias and variance under Delta^SD.

    An estimator ``v'beta_pre + l'beta_post`` has bounded bias only if it is unbiased for straight trends, which fixes
    ``sum(j v_-j) = sum(t l_t)``. With ``g_k = sum_{j>k} v_-j (j - k)`` its worst bias is ``M (sum |g_k| + constant)``,
    so that least variance at a given bias is a lasso in ``g``.
    """
    target = estimate.target(weights)
    pre, post = estimate.pre, estimate.post
    lead = float(np.arange(1, post + 1) @ target)
    unavoidable = float(sum(abs(float(target[k:] @ np.arange(1, post - k + 1))) for k in range(post)))

    # v = base + spread_out @ g, oldest period first (column of -pre ... -1).
    distance = np.arange(pre, 0, -1)
    extended = np.zeros((pre, pre + 2))
    for row, j in enumerate(distance):
        extended[row, j - 1] += 1
        extended[row, j] -= 2
        extended[row, j + 1] += 1
    base = extended[:, 0] * lead
    spread_out = extended[:, 1:pre]

    sigma_pre, sigma_cross = estimate.sigma[:pre, :pre], estimate.sigma[:pre, pre:]
    quadratic = spread_out.T @ sigma_pre @ spread_out
    linear = -spread_out.T @ (sigma_pre @ base + sigma_cross @ target)
    path = _lasso_path(quadratic, linear)
    return SmoothnessFrontier(estimate, target, base + path @ spread_out.T, unavoidable)


def smoothness_intervals(
    estimate: EventStudyEstimate,
    bounds: Sequence[float],
    weights: ArrayLike | None = None,
    alpha: float = 0.05,
) -> tuple[RobustInterval, ...]:
    """Fixed-length intervals under Delta^SD(M) for each M in ``bounds`` (units of the outcome a period)."""
    frontier = smoothness_frontier(estimate, weights)
    return tuple(frontier.interval(bound, alpha) for bound in bounds)


def smoothness_breakdown(
    estimate: EventStudyEstimate,
    weights: ArrayLike | None = None,
    alpha: float = 0.05,
    null: float = 0.0,
    search_to: float | None = None,
) -> Breakdown:
    """The M at which the fixed-length interval first contains ``null``."""
    frontier = smoothness_frontier(estimate, weights)
    conventional = conventional_interval(estimate, weights, alpha)
    reach = search_to
    if reach is None:
        reach = 10 * (abs(conventional.lower) + abs(conventional.upper) + abs(null)) / frontier.unavoidable
    return _breakdown(lambda bound: frontier.interval(bound, alpha), null, reach, steps=50)


def largest_slope_change_before(estimate: EventStudyEstimate) -> float:
    """The largest change of slope among the pre-period estimates (with the reference period's 0): a yardstick for M.

    ``nan`` with fewer than two pre-periods. It is an estimate with noise in it, not a bound.
    """
    path = np.append(estimate.beta[: estimate.pre], 0.0)
    return float(np.abs(np.diff(path, 2)).max()) if path.size > 2 else float("nan")


def _slope_changes(pre_weights: Floats) -> Floats:
    """``g_k = sum_{j>k} v_-j (j - k)`` for k = 1 ... pre - 1, from weights ordered oldest first."""
    nearest_first = pre_weights[::-1]
    distance = np.arange(1, nearest_first.size + 1)
    return np.array([nearest_first[k:] @ (distance[k:] - k) for k in range(1, nearest_first.size)])


def _lasso_path(quadratic: Floats, linear: Floats) -> Floats:
    """The corners of the path of ``argmin 0.5 g'Qg - c'g + penalty |g|_1`` from penalty = infinity to 0.

    Shape (corners, size). Q must be positive definite. Homotopy: between corners the signs do not change.
    """
    size = linear.size
    if size == 0:
        return np.zeros((1, 0))
    point = np.zeros(size)
    corners = [point.copy()]
    penalty = float(np.abs(linear).max())
    if penalty == 0:
        return np.zeros((1, size))
    signs = np.zeros(size)
    first = int(np.abs(linear).argmax())
    signs[first] = np.sign(linear[first])
    scale = penalty
    for _ in range(50 * (size + 1)):
        active = np.flatnonzero(signs)
        # On this segment g_active = level - penalty * tilt.
        level = np.linalg.solve(quadratic[np.ix_(active, active)], linear[active])
        tilt = np.linalg.solve(quadratic[np.ix_(active, active)], signs[active])
        following, change = 0.0, (-1, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = level / tilt
        for place, index in enumerate(active):
            # A coefficient that has just entered leaves zero, and must not be taken out at once.
            if 0 < crossing[place] < penalty - 1e-12 * scale and crossing[place] > following:
                following, change = float(crossing[place]), (int(index), 0.0)
        for index in np.flatnonzero(signs == 0):
            row = quadratic[index, active]
            offset, slope = float(linear[index] - row @ level), float(row @ tilt)
            for sign in (1.0, -1.0):
                # The gradient offset + penalty * slope reaches sign * penalty.
                if abs(sign - slope) < 1e-14:
                    continue
                entry = offset / (sign - slope)
                if following < entry < penalty - 1e-12 * scale:
                    following, change = entry, (int(index), sign)
        point = np.zeros(size)
        point[active] = level - following * tilt
        if change[0] >= 0 and change[1] == 0:
            point[change[0]] = 0.0
        corners.append(point)
        if change[0] < 0:
            return np.array(corners)
        signs[change[0]] = change[1]
        penalty = following
        if not signs.any():
            return np.array(corners)
    raise ValueError("smoothness: the frontier of estimators did not close")


# --- Relative magnitudes ---------------------------------------------------------------------------------------------


def relative_magnitude_interval(
    estimate: EventStudyEstimate,
    bound: float,
    weights: ArrayLike | None = None,
    alpha: float = 0.05,
    points: int = 400,
) -> RobustInterval:
    """The C-LF interval under Delta^RM(bound): the hull of the effects that the conditional test does not reject.

    ``points`` is the number of effects tried between the closed-form outer limits; the two ends are then found by
    bisection, to a millionth of the standard error. Raises ``ValueError`` for a negative bound.
    """
    if bound < 0 or not isfinite(bound):
        raise ValueError("relative magnitudes: the bound must be a finite number, 0 or above")
    target = estimate.target(weights)
    tests = relative_magnitude_tests(estimate.beta, estimate.sigma, estimate.pre, target, bound, alpha)
    lower, upper = inf, -inf
    for test in tests:
        low, high = _accepted_hull(test, points)
        lower, upper = min(lower, low), max(upper, high)
    return RobustInterval(bound, lower, upper)


def relative_magnitude_intervals(
    estimate: EventStudyEstimate,
    bounds: Sequence[float],
    weights: ArrayLike | None = None,
    alpha: float = 0.05,
) -> tuple[RobustInterval, ...]:
    """C-LF intervals for each Mbar in ``bounds``."""
    return tuple(relative_magnitude_interval(estimate, bound, weights, alpha) for bound in bounds)


def relative_magnitude_breakdown(
    estimate: EventStudyEstimate,
    weights: ArrayLike | None = None,
    alpha: float = 0.05,
    null: float = 0.0,
    search_to: float = 5.0,
) -> Breakdown:
    """The Mbar at which the C-LF interval first contains ``null``, searched up to ``search_to``."""
    return _breakdown(
        lambda bound: relative_magnitude_interval(estimate, bound, weights, alpha, points=150),
        null,
        search_to,
        steps=20,
    )


def _accepted_hull(test: ConditionalTest, points: int) -> tuple[float, float]:
    """The smallest and the largest effect that one conditional test accepts; (inf, -inf) where it accepts none."""
    low, high = test.outer_limits()
    if low > high:
        return inf, -inf
    grid = np.linspace(low, high, points)
    accepted = np.flatnonzero(test.accepts(grid))
    if accepted.size == 0:
        return inf, -inf
    tolerance = 1e-6 * test.spread
    first, last = int(accepted[0]), int(accepted[-1])
    left = grid[0] if first == 0 else _edge(test, grid[first], grid[first - 1], tolerance)
    right = grid[-1] if last == points - 1 else _edge(test, grid[last], grid[last + 1], tolerance)
    return float(left), float(right)


def _edge(test: ConditionalTest, inside: float, outside: float, tolerance: float) -> float:
    while abs(outside - inside) > tolerance:
        middle = (inside + outside) / 2
        if test.accepts(np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return inside


def _breakdown(interval: Callable[[float], RobustInterval], null: float, reach: float, steps: int) -> Breakdown:
    """Walk out from 0 until the interval holds ``null``, then bisect to a thousandth of a step."""
    if not interval(0.0).excludes(null):
        return Breakdown(0.0, null, reach)
    good = 0.0
    for step in range(1, steps + 1):
        bad = reach * step / steps
        if interval(bad).excludes(null):
            good = bad
            continue
        while bad - good > 1e-3 * reach / steps:
            middle = (good + bad) / 2
            if interval(middle).excludes(null):
                good = middle
            else:
                bad = middle
        return Breakdown(bad, null, reach)
    return Breakdown(inf, null, reach)
