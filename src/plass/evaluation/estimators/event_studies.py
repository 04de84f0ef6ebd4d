"""The event study: the effect by time since the start, before it too, with pointwise errors and simultaneous bands.

With a common start the coefficients come from the two-way regression with a dummy for treated offices in each period
but the reference; with several starts from the group-time effects by event time (a two-way regression would mix
cohorts; Sun & Abraham 2021). Periods can be binned: with few offices the covariance matrix of many coefficients is
singular, and no joint test is possible.

The simultaneous band holds all coefficients at once with 95 % (or 1 - alpha): its critical value is the quantile of the
largest |t| under the estimated correlation, multivariate t with G - 1 degrees of freedom (Montiel Olea &
Plagborg-Moller 2019, Journal of Applied Econometrics 34(1), 1-17).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from plass.evaluation.data.cells import NEVER, Cells, Floats
from plass.evaluation.errors import EvaluationError, NotIdentified
from plass.evaluation.estimators.group_time import group_time_effects
from plass.evaluation.estimators.regression import regress
from plass.evaluation.study import Comparison, Weighting

#: First and last event time of a bin, both included; the one that holds -1 is the reference.
Bin = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class EventStudyEstimate:
    """Event-study coefficients with their covariance matrix.

    ``beta`` holds ``pre`` coefficients before the reference period, oldest first, and then those after it; ``sigma``
    is their (k, k) covariance matrix. Raises ``ValueError`` where the shapes do not fit, a value is not finite, there
    is no pre- or post-period, or the matrix is not positive definite (too few offices for so many periods: bin them).
    """

    beta: Floats
    sigma: Floats
    pre: int

    def __post_init__(self) -> None:
        beta, sigma = self.beta, self.sigma
        if beta.ndim != 1 or sigma.shape != (beta.size, beta.size):
            raise ValueError(f"event study: {beta.size} coefficients need a square covariance matrix of that size")
        if not (np.isfinite(beta).all() and np.isfinite(sigma).all()):
            raise ValueError("event study: a coefficient or a covariance is not a finite number")
        if not 1 <= self.pre < beta.size:
            raise ValueError("event study: at least one coefficient before the start and one after it are needed")
        scale = np.sqrt(np.maximum(np.diag(sigma), 1e-300))
        if np.diag(sigma).min() <= 0 or np.linalg.eigvalsh(sigma / np.outer(scale, scale)).min() < 1e-10:
            raise ValueError(
                "event study: the covariance matrix is not positive definite, because there are too few offices for "
                "so many periods; bin the periods and estimate again"
            )

    @classmethod
    def of(cls, beta: ArrayLike, sigma: ArrayLike, pre: int) -> EventStudyEstimate:
        """The same from anything numpy can read; ``sigma`` is made exactly symmetric."""
        matrix = np.asarray(sigma, dtype=np.float64)
        return cls(np.asarray(beta, dtype=np.float64), (matrix + matrix.T) / 2, pre)

    @property
    def post(self) -> int:
        """How many coefficients lie after the reference period."""
        return int(self.beta.size - self.pre)

    def target(self, weights: ArrayLike | None) -> Floats:
        """The weights of the post-periods in the effect of interest: by default their average."""
        if weights is None:
            return np.full(self.post, 1 / self.post)
        target_weights = np.asarray(weights, dtype=np.float64)
        if target_weights.shape != (self.post,) or not np.isfinite(target_weights).all() or not target_weights.any():
            raise ValueError(f"event study: the effect needs {self.post} weights, not all of them 0")
        return target_weights


@dataclass(frozen=True)
class EventStudy:
    """Coefficients by bin of event time (0 is the first treated period), the reference bin left out.

    bins: (first, last) event time of each coefficient, in order; effect, low, high (pointwise), band_low, band_high
    (simultaneous): shape (k,); covariance: (k, k); critical: the band's critical value; df: G - 1; method: what the
    errors are; reference: the bin that is zero by definition.
    """

    bins: tuple[Bin, ...]
    reference: Bin
    effect: Floats
    covariance: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats
    critical: float
    df: int
    alpha: float
    method: str

    @property
    def pre(self) -> int:
        """How many coefficients lie before the start."""
        return sum(last < 0 for _, last in self.bins)

    @property
    def rank(self) -> int:
        """Rank of the covariance; below the number of coefficients no joint test of all of them exists."""
        scale = 1 / np.sqrt(np.maximum(np.diag(self.covariance), 1e-300))
        return int(np.linalg.matrix_rank(self.covariance * scale[:, None] * scale, tol=1e-9, hermitian=True))

    def estimate(self) -> EventStudyEstimate:
        """The same as the sensitivity analysis wants it. Raises ValueError where the covariance is singular."""
        return EventStudyEstimate.of(self.effect, self.covariance, self.pre)


def event_study(
    cells: Cells,
    outcome: str,
    *,
    bins: Sequence[Bin] | None = None,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    comparison: Comparison = "never",
    alpha: float = 0.05,
    seed: int = 0,
) -> EventStudy:
    """Estimate an event study. bins: by default every event time alone (`even_bins` makes wider ones).

    With a common start the errors are CRV3, or CRV1 where a single treated office leaves no jackknife. Covariates are
    used with a common start only. Raises NotIdentified without a period before or after the start.
    """
    cohorts = sorted({int(first) for first in cells.first_treated if first < NEVER})
    if not cohorts:
        raise NotIdentified("No office is treated.")
    if len(cohorts) == 1:
        start = cohorts[0]
        all_bins = _complete(bins, -start, len(cells.periods) - 1 - start)
        event = np.arange(len(cells.periods)) - start
        treated = cells.first_treated < NEVER
        terms = {
            _name(event_bin): treated[:, None] & ((event >= event_bin[0]) & (event <= event_bin[1]))[None, :]
            for event_bin in all_bins
            if not event_bin[0] <= -1 <= event_bin[1]
        }
        fit = regress(cells, outcome, terms, covariates=covariates, weighting=weighting)
        names = [name for name in terms if name in fit.moments.names]
        method = "CRV3"
        covariance = fit.covariance("CRV3", names)
        if np.isnan(covariance).any():
            method, covariance = "CRV1", fit.covariance("CRV1", names)
        estimated = [event_bin for event_bin in all_bins if _name(event_bin) in names]
        effect = np.array([fit.value(name) for name in names])
        reference = next(event_bin for event_bin in all_bins if event_bin[0] <= -1 <= event_bin[1])
        return _study(estimated, reference, effect, covariance, fit.clusters - 1, alpha, method, seed)
    if covariates:
        raise EvaluationError("With several starts the event study takes no covariates.")
    dynamic = group_time_effects(cells, outcome, weighting=weighting, comparison=comparison).aggregate("dynamic")
    all_bins = _complete(bins, int(dynamic.at.min()), int(dynamic.at.max()))
    reference = next(event_bin for event_bin in all_bins if event_bin[0] <= -1 <= event_bin[1])
    # A bin's effect is the mean over its event times, less the mean over the reference's.
    share = _shares(all_bins, dynamic.at) - _shares([reference], dynamic.at)
    estimated = [
        event_bin for event_bin in all_bins if event_bin != reference and _shares([event_bin], dynamic.at).any()
    ]
    rows = [all_bins.index(event_bin) for event_bin in estimated]
    influence = np.einsum("gj,ij->gi", dynamic.influence, share[rows])
    g = len(influence)
    covariance = g / (g - 1) * np.einsum("gi,gj->ij", influence, influence)
    return _study(estimated, reference, share[rows] @ dynamic.effect, covariance, g - 1, alpha, "group-time", seed)


def even_bins(pre: int, post: int, most_pre: int, most_post: int) -> tuple[Bin, ...]:
    """Bins of equal width counted from the start outwards: at most so many before (the reference not among them) and
    after. pre, post: how many periods there are before the start and from it on."""
    before = max(1, math.ceil(pre / (most_pre + 1)))
    after = max(1, math.ceil(post / most_post))
    bins = [(max(-pre, last - before + 1), last) for last in range(-1, -pre - 1, -before)][::-1]
    bins += [(first, min(post - 1, first + after - 1)) for first in range(0, post, after)]
    return tuple(bins)


def bins_for_few_offices(cells: Cells) -> tuple[Bin, ...]:
    """Bins narrow enough to show the path and few enough (a third of G - 2 on each side) for a joint test."""
    starts = [int(first) for first in cells.first_treated if first < NEVER]
    if not starts:
        raise NotIdentified("No office is treated.")
    most = max(1, (len(cells.offices) - 2) // 3)
    pre, post = max(starts), len(cells.periods) - min(starts)
    return even_bins(pre, post, min(most, max(1, pre - 1)), min(most, post))


def simultaneous_critical(covariance: Floats, df: float, alpha: float, seed: int, draws: int = 40_000) -> float:
    """The 1 - alpha quantile of the largest |t| of coefficients with this covariance, shape (k, k)."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, vectors = np.linalg.eigh(covariance / scale[:, None] / scale)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    generator = np.random.Generator(np.random.PCG64(seed))
    normal = np.abs(generator.standard_normal((draws, len(scale))) @ root.T).max(axis=1)
    chi = np.sqrt(generator.chisquare(df, draws) / df)
    return float(np.quantile(normal / chi, 1 - alpha))


def _study(
    bins: Sequence[Bin],
    reference: Bin,
    effect: Floats,
    covariance: Floats,
    df: int,
    alpha: float,
    method: str,
    seed: int,
) -> EventStudy:
    covariance = (covariance + covariance.T) / 2
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    point = float(stats.t.isf(alpha / 2, df)) * error
    # The band is never narrower than one coefficient's own interval: the draws must not make it so.
    critical = max(simultaneous_critical(covariance, df, alpha, seed), float(stats.t.isf(alpha / 2, df)))
    band = critical * error
    return EventStudy(
        tuple(bins),
        reference,
        effect,
        covariance,
        effect - point,
        effect + point,
        effect - band,
        effect + band,
        critical,
        df,
        alpha,
        method,
    )


def _complete(bins: Sequence[Bin] | None, first: int, last: int) -> list[Bin]:
    """The bins, checked: in order, without gaps or overlaps, covering every event time, none across the start."""
    if first >= 0 or last < 0:
        raise NotIdentified("An event study needs a period before the start and one after.")
    if bins is None:
        return [(event, event) for event in range(first, last + 1)]
    clipped = sorted((max(first, low), min(last, high)) for low, high in bins if high >= first and low <= last)
    joined = [event for low, high in clipped for event in range(low, high + 1)]
    if joined != list(range(first, last + 1)):
        raise EvaluationError(f"The bins must hold every event time from {first} to {last} once.")
    if any(low < 0 <= high for low, high in clipped):
        raise EvaluationError("A bin holds periods on both sides of the start.")
    return clipped


def _shares(bins: Sequence[Bin], at: np.ndarray) -> Floats:
    """For each bin, the weight of each event time in its mean (the reference period -1 counts as an effect of 0)."""
    rows = []
    for low, high in bins:
        inside = ((at >= low) & (at <= high)).astype(np.float64)
        rows.append(inside / max(1.0, inside.sum() + (low <= -1 <= high)))
    return np.stack(rows)


def _name(event_bin: Bin) -> str:
    return f"event {event_bin[0]}" if event_bin[0] == event_bin[1] else f"event {event_bin[0]} to {event_bin[1]}"
