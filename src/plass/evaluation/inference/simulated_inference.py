"""The headline test: a t of offices' changes, compared with its own distribution, simulated for the offices at hand.

The statistic is the difference between the two sides' mean changes, divided by an error that each side has of its own:
CR2 of Bell & McCaffrey (2002, Survey Methodology 28(2), 169-181), which with all offices alike is Welch's. What is off with
so few and unequal offices is not the statistic but the t distribution it is compared with. So that is made anew for each
study (a parametric bootstrap of a studentised statistic; Hall 1992, The Bootstrap and Edgeworth Expansion, chapter 3):
an office's change is normal with the variance `own + people / its numbers`. The people's part is known from the spread
within offices. The offices' own part is estimated, by the generalised Q of Paule & Mandel (1982, Journal of Research of
the National Bureau of Standards 87(5), 377-385), not as it is likeliest but at the upper end of its 50 per cent interval:
with ten offices it is badly known, and too small is the dangerous side.

Neither the error nor the distribution depends on the effect, so that the interval by inversion of the test is the estimate
plus and minus the error times one critical value. What the model takes for granted, and what happens where that is wrong, is
measured in docs/evaluation/calibration.md.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from plass.evaluation.data.cells import Cells, Floats, _add
from plass.evaluation.estimators.regression import Fit
from plass.evaluation.inference.common_start import OfficeChanges

#: t* counts as at least t when it is within this share of it.
TIE = 1e-9
#: The offices' own variance is taken where Q falls to this quantile of its distribution.
CAUTION = 0.25
_BATCH = 2_000


@dataclass(frozen=True)
class SimulatedT:
    """The test and its interval. own, people: the two parts of the variance of a change (people: on average over offices);
    critical: what |t| must exceed. Where the test does not apply all is nan but the value, and `reason` says why."""

    value: float
    standard_error: float
    p: float
    low: float
    high: float
    smallest_p: float
    draws: int
    critical: float
    own: float
    people: float
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is a test."""
        return not self.reason


def simulated_t(
    changes: OfficeChanges, noise: Floats, *, alpha: float = 0.05, draws: int = 19_999, seed: int = 0
) -> SimulatedT:
    """The test of the changes, weighted by `changes.weight`. noise: the people's part of each change's variance, (offices,),
    from `people_noise`; zeros take all offices' changes to have one spread. draws: of the simulation."""
    sides = (np.flatnonzero(changes.treated), np.flatnonzero(~changes.treated))
    share = [changes.weight[side] / changes.weight[side].sum() for side in sides]
    value = float(share[0] @ changes.change[sides[0]] - share[1] @ changes.change[sides[1]])
    if any(len(part) < 2 or float(part.max()) >= 1 - 1e-12 for part in share):
        return _none(value, "One of the two groups has a single office.")
    d = [changes.change[side] for side in sides]
    spread = sum(float(((values - values.mean()) ** 2).sum()) for values in d)
    if spread <= 1e-24 * max(1.0, value**2):
        return _none(value, "Offices do not vary within the two sides.")
    own = own_variance(d, [noise[side] for side in sides])
    scale = [np.sqrt(own + noise[side]) for side in sides]
    error = math.sqrt(sum(float(_square(part, values[:, None])[1][0]) for part, values in zip(share, d, strict=True)))
    generator = np.random.Generator(np.random.PCG64(seed))
    t_values = np.empty(draws)
    for start in range(0, draws, _BATCH):
        size = min(_BATCH, draws - start)
        mean = variance = np.zeros(size)
        for part, deviation, sign in zip(share, scale, (1.0, -1.0), strict=True):
            luck = deviation[:, None] * generator.standard_normal((len(part), size))
            own_mean, own_square = _square(part, luck)
            mean, variance = mean + sign * own_mean, variance + own_square
        t_values[start : start + size] = np.abs(mean) / np.sqrt(variance)
    t = abs(value) / error
    p = (1 + int(np.count_nonzero(t_values >= t * (1 - TIE)))) / (1 + draws)
    # An effect is not rejected where more than alpha of the draws, itself included, lie at least as far out.
    allowed = math.floor(alpha * (draws + 1) + 1e-9)
    critical = float(np.partition(t_values, draws - allowed)[draws - allowed]) if allowed >= 1 else math.inf
    return SimulatedT(
        value,
        error,
        p,
        value - critical * error,
        value + critical * error,
        1 / (1 + draws),
        draws,
        critical,
        own,
        float(noise.mean()),
    )


def own_variance(changes: list[Floats], noise: list[Floats], quantile: float = CAUTION) -> float:
    """The offices' own variance, cautiously: where the generalised Q, the sides' weighted sums of squares with the weights
    1 / (own + noise), falls to the `quantile` of chi-square with offices - 2 degrees of freedom; 0 where it is never above.

    changes, noise: an array for each side. With a quantile of 1/2 it is the median-unbiased estimate.
    """
    from scipy import stats

    freedom = sum(len(values) for values in changes) - len(changes)
    target = float(stats.chi2.ppf(quantile, freedom))

    def q(own: float) -> float:
        total = 0.0
        for d, v in zip(changes, noise, strict=True):
            w = 1 / (own + v)
            total += float((w * (d - (w * d).sum() / w.sum()) ** 2).sum())
        return total

    if all(float(values.min()) > 0 for values in noise) and q(0.0) <= target:
        return 0.0
    low, high = 0.0, sum(float(((values - values.mean()) ** 2).sum()) for values in changes) / target
    # Halving to the last digit: Q falls as the variance grows, and at the upper bound it is at most the target.
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if q(middle) > target else (low, middle)
    return high


def people_noise(cells: Cells, outcome: str, changes: OfficeChanges) -> Floats:
    """What chance among people adds to the variance of each office's change, (offices,) in the order of `changes`.

    One variance for all people, pooled within offices and periods; over time people count as independent, so that what one
    person's months have in common becomes a part of the offices' own luck.
    """
    person, ww = person_variance(cells, outcome)
    panel = cells.panel(outcome)
    starts = cells.first_treated[cells.first_treated < len(cells.periods)]
    place = [cells.offices.index(name) for name in changes.offices]
    start = int(starts.min())
    total: Floats = np.zeros(len(place))
    for when in (slice(0, start), slice(start, None)):
        total += ww[place][:, when].sum(axis=1) / panel.w[place][:, when].sum(axis=1) ** 2
    return person * total


def person_variance(cells: Cells, outcome: str) -> tuple[float, Floats]:
    """One variance for all people, pooled within offices and periods, and the sums of squared weights (offices, periods)."""
    sums = cells.of(outcome)
    shape = (len(cells.offices), len(cells.periods))
    panel = cells.panel(outcome)
    ww = _add(cells.office * shape[1] + cells.period, sums.ww, shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = float(np.where(panel.w > 0, panel.w - ww / panel.w, 0.0).sum())
    # One row in each office and period leaves no spread to see.
    return (float(panel.within.sum()) / freedom if freedom > 1e-9 * float(panel.w.sum()) else 0.0), ww


def without_covariates(cells: Cells, outcome: str, fit: Fit) -> Cells:
    """The cells with the covariates' fitted effects subtracted from the outcome, so that changes hold them fixed."""
    m = fit.moments
    coefficient = np.zeros(len(m.layout.names))
    coefficient[m.kept] = fit.coefficient
    coefficient[: len(m.layout.blocks[0].names) - 1] = 0.0
    coefficient[len(coefficient) - len(m.layout.terms) :] = 0.0
    sums = cells.of(outcome)
    shift = np.zeros(len(cells))
    shift[sums.w > 0] = m.layout.fitted(coefficient)
    adjusted = dataclasses.replace(
        sums,
        wy=sums.wy - shift * sums.w,
        wyy=sums.wyy - 2 * shift * sums.wy + shift**2 * sums.w,
        wwy=sums.wwy - shift * sums.ww,
        wwyy=sums.wwyy - 2 * shift * sums.wwy + shift**2 * sums.ww,
    )
    return dataclasses.replace(cells, sums={**cells.sums, outcome: adjusted})


def _square(share: Floats, d: Floats) -> tuple[Floats, Floats]:
    """A side's weighted mean and its CR2 variance, (draws,) each, from changes (offices, draws)."""
    # Sums without BLAS: the same bits whatever the number of threads.
    mean = np.einsum("g,gb->b", share, d)
    return mean, np.einsum("g,gb->b", share**2 / (1 - share), (d - mean) ** 2)


def _none(value: float, reason: str) -> SimulatedT:
    nan = math.nan
    return SimulatedT(value, nan, nan, nan, nan, nan, 0, nan, nan, nan, reason)
