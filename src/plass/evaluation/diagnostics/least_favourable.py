"""The conditional least-favourable hybrid test of moment inequalities, for relative magnitudes.

Tests ``E[A(beta_hat - tau)] <= 0`` for some ``tau`` whose effect of interest is ``theta`` (Andrews, Roth & Pakes 2023).
The statistic ``eta`` is the value of a linear programme; its dual maximises ``gamma'y`` over a polytope that depends
neither on the data nor on ``theta``, so that with the polytope's vertices in hand ``eta``, the vertex that attains it
and the truncation points of its conditional distribution are all explicit.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri
from scipy.stats import qmc

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

LEAST_FAVOURABLE_DRAWS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalTest:
    """One polyhedron's test, as a function of the hypothesised effect.

    The value of vertex ``i`` of the dual at effect ``theta`` is ``level[i] - theta * tilt[i]``, with covariance
    ``covariance`` (v, v) between vertices. ``least_favourable`` is the first stage's critical value, ``size`` the
    second stage's size, ``spread`` the conventional standard error of the effect (the scale for tolerances).
    """

    level: Floats
    tilt: Floats
    covariance: Floats
    least_favourable: float
    size: float
    spread: float

    def outer_limits(self) -> tuple[float, float]:
        """Limits outside which the first stage rejects every effect; low > high where it rejects them all."""
        low, high = -np.inf, np.inf
        for level, tilt in zip(self.level, self.tilt, strict=True):
            if abs(tilt) < 1e-14:
                if level > self.least_favourable:
                    return np.inf, -np.inf
                continue
            limit = (level - self.least_favourable) / tilt
            low, high = (max(low, limit), high) if tilt > 0 else (low, min(high, limit))
        return float(low), float(high)

    def accepts(self, theta: Floats) -> Booleans:
        """Which of the effects ``theta`` (n,) are not rejected."""
        values = self.level[:, None] - self.tilt[:, None] * theta[None, :]
        best = values.argmax(axis=0)
        eta = values[best, np.arange(theta.size)]
        variance = np.diag(self.covariance)[best]
        certain = variance < 1e-20 * max(float(np.diag(self.covariance).max()), 1e-300)
        safe = np.where(certain, 1.0, variance)

        # Along the direction that moves the best vertex's value to c, vertex i takes the value a_i + b_i c.
        steepness = self.covariance[:, best] / safe
        intercept = values - steepness * eta
        gap = 1 - steepness
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = intercept / gap
        lowest = np.where(gap > 1e-9, crossing, -np.inf).max(axis=0)
        highest = np.where(gap < -1e-9, crossing, np.inf).min(axis=0)
        highest = np.minimum(highest, self.least_favourable)

        deviation = np.sqrt(safe)
        critical = np.maximum(
            0.0,
            _truncated_quantile(1 - self.size, lowest / deviation, highest / deviation),
        )
        rejected = np.where(certain, eta > 1e-12 * self.spread, eta / deviation > critical)
        return np.asarray(~(rejected | (eta > self.least_favourable)), dtype=np.bool_)


def relative_magnitude_tests(
    beta: Floats, sigma: Floats, pre: int, target: Floats, bound: float, alpha: float
) -> tuple[ConditionalTest, ...]:
    """The tests whose union makes up Delta^RM(bound): one for each period before and each sign of its change.

    Only the moments that involve post-periods are used, as Rambachan and Roth recommend. The first stage has size
    ``alpha / 10``. The critical value of the first stage comes from ``LEAST_FAVOURABLE_DRAWS`` scrambled Sobol points
    with a fixed seed: the same on every machine.
    """
    post = target.size
    kappa = alpha / 10
    size = (alpha - kappa) / (1 - kappa)
    spread = float(np.sqrt(target @ sigma[pre:, pre:] @ target))

    # changes[r] @ beta is the change of delta into period r, with the reference period's 0 in its place.
    total = pre + post
    changes = np.zeros((total, total))
    columns = [*range(pre), -1, *range(pre, total)]
    for row in range(total):
        for place, sign in ((row, -1.0), (row + 1, 1.0)):
            if columns[place] >= 0:
                changes[row, columns[place]] += sign
    steps = changes[pre:]
    tests = []
    for past in range(pre):
        for sign in (1.0, -1.0):
            largest = sign * changes[past]
            moments = np.concatenate([steps - bound * largest, -steps - bound * largest])
            vertices = dual_vertices(moments, sigma, target)
            weights = vertices @ moments
            covariance = weights @ sigma @ weights.T
            level = weights @ beta
            tilt = weights[:, pre:] @ target / float(target @ target)
            tests.append(
                ConditionalTest(
                    level,
                    tilt,
                    covariance,
                    _first_stage(covariance.tobytes(), len(vertices), post + 2, kappa),
                    size,
                    spread,
                )
            )
    return tuple(tests)


def dual_vertices(moments: Floats, sigma: Floats, target: Floats) -> Floats:
    """The vertices of ``{gamma >= 0, X'gamma = 0, sd'gamma = 1}`` for the 2 T moments ``+/- step_t - bound * largest``.

    ``X`` holds the moments' dependence on post-period effects that leave the effect of interest alone. With
    ``c_t = sum_{r >= t} target_r`` the effect is ``sum c_t step_t``: the net weights on steps must be a multiple of
    ``c``, which leaves the two vertices ``+/- c`` and, for each step, the vertex that puts equal weight on both signs.
    Shape (vertices, 2 T).
    """
    post = target.size
    deviation = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", moments, sigma, moments), 0.0))
    reach = np.cumsum(target[::-1])[::-1]
    reach = np.where(np.abs(reach) < 1e-12 * np.abs(reach).max(), 0.0, reach)
    rows = []
    for sign in (1.0, -1.0):
        gamma = np.concatenate([np.maximum(sign * reach, 0.0), np.maximum(-sign * reach, 0.0)])
        rows.append(gamma)
    for step in range(post):
        if np.count_nonzero(reach) == 1 and reach[step] != 0:
            # The two signs of this step are vertices by themselves already.
            continue
        gamma = np.zeros(2 * post)
        gamma[[step, post + step]] = 1.0
        rows.append(gamma)
    vertices = np.array(rows)
    return np.asarray(vertices / (vertices @ deviation)[:, None], dtype=np.float64)


@lru_cache(maxsize=8)
def _normal_points(dimension: int) -> Floats:
    """Standard normal draws (LEAST_FAVOURABLE_DRAWS, dimension), the same in every run."""
    points = qmc.Sobol(dimension, rng=np.random.default_rng(20230501)).random(LEAST_FAVOURABLE_DRAWS)
    return np.asarray(ndtri(np.clip(points, 1e-12, 1 - 1e-12)), dtype=np.float64)


@lru_cache(maxsize=256)
def _first_stage(stored: bytes, size: int, dimension: int, kappa: float) -> float:
    """The ``1 - kappa`` quantile of the largest vertex value under the least favourable null.

    ``stored`` holds the bytes of the (size, size) covariance matrix: the answer does not depend on the estimates, so
    that a simulation asks for it once.
    """
    normal = _normal_points(dimension)
    values, vectors = np.linalg.eigh(np.frombuffer(stored).reshape(size, size))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    largest = (normal[:, : root.shape[0]] @ root.T).max(axis=1)
    return float(np.quantile(largest, 1 - kappa))


def _truncated_quantile(probability: float, lower: Floats, upper: Floats) -> Floats:
    """The quantile of a standard normal truncated to [lower, upper], accurate in both tails."""
    upper = np.maximum(lower, upper)
    # Work in the tail where the probabilities are small: mirror where the interval lies to the right of 0.
    right = lower > 0
    low = np.where(right, -upper, lower)
    high = np.where(right, -lower, upper)
    share = np.where(right, 1 - probability, probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_high, log_low = log_ndtr(high), log_ndtr(low)
        log_mass = log_high + np.log1p(np.maximum((share - 1) * -np.expm1(log_low - log_high), -1.0))
        quantile = np.where(
            log_mass < -700,
            _far_tail(log_mass),
            ndtri(np.exp(np.maximum(log_mass, -700))),
        )
    quantile = np.clip(quantile, low, high)
    quantile = np.where(high - low < 1e-12, high, quantile)
    return np.asarray(np.where(right, -quantile, quantile), dtype=np.float64)


def _far_tail(log_probability: Floats) -> Floats:
    """The normal quantile of a probability too small for a double, by Newton's method on its logarithm."""
    value = -np.sqrt(np.maximum(-2 * log_probability, 1.0))
    for _ in range(8):
        density = np.exp(-0.5 * value**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(value))
        value = value - (log_ndtr(value) - log_probability) / density
    return np.asarray(value, dtype=np.float64)
