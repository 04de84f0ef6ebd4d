"""Waiting and staying: time to an end, with people still under way.

Kaplan-Meier, the restricted mean, and competing ends (Aalen-Johansen), from counts by time, so that a country's cases
need no more memory than its days. Confidence comes from offices where offices are compared: the jackknife that leaves
out one office at a time.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

from plass.evaluation.data.office_panel import Booleans, Floats, Integers
from plass.evaluation.estimators.pvalues import never_zero


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """Counts at each distinct time: ``ends`` (causes, times), ``censored`` and ``at_risk`` (times,), all weighted."""

    time: Floats
    ends: Floats
    censored: Floats
    at_risk: Floats


def life_table(duration: ArrayLike, cause: ArrayLike, weight: ArrayLike | None = None, causes: int = 1) -> LifeTable:
    """Count ends and censorings.

    ``duration`` (n,) is at or above 0, in any unit; ``cause`` (n,) is 0 for people still under way (censored) and
    1 ... ``causes`` for the way it ended; ``weight`` (n,) counts equal cases. Someone censored at a time is at risk of
    ending at it. Raises ``ValueError`` for negative or missing durations and unknown causes.
    """
    times, code = np.asarray(duration, dtype=np.float64), np.asarray(cause)
    weights = np.ones_like(times) if weight is None else np.asarray(weight, dtype=np.float64)
    if times.size == 0:
        raise ValueError("waiting times: there are no cases")
    if not np.isfinite(times).all() or (times < 0).any():
        raise ValueError("waiting times: a duration is missing or negative")
    if ((code < 0) | (code > causes)).any():
        raise ValueError(f"waiting times: a way of ending is not one of 0 (under way) to {causes}")
    if (weights < 0).any():
        raise ValueError("waiting times: a weight is negative")
    distinct, place = np.unique(times, return_inverse=True)
    counts = np.zeros((causes + 1, distinct.size))
    np.add.at(counts, (code.astype(np.int64), place), weights)
    leaving = counts.sum(axis=0)
    return LifeTable(distinct, counts[1:], counts[0], np.asarray(leaving[::-1].cumsum()[::-1], dtype=np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """The share not yet ended just after each ``time``, its standard error (Greenwood) and pointwise limits.

    The limits are on the complementary log-log scale, so that they stay between 0 and 1.
    """

    time: Floats
    survival: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    at_risk: Floats

    def at(self, time: float) -> float:
        """The share not yet ended at ``time``."""
        place = int(np.searchsorted(self.time, time, side="right"))
        return float(self.survival[place - 1]) if place else 1.0

    @property
    def median(self) -> float:
        """The first time at which half or fewer have not ended; ``inf`` where that is not reached."""
        reached = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        return float(self.time[reached[0]]) if reached.size else float("inf")


def kaplan_meier(table: LifeTable, alpha: float = 0.05) -> SurvivalCurve:
    """The product-limit estimate of not having ended by any cause.

    Sources: Kaplan & Meier (1958), JASA 53(282), 457-481; Greenwood (1926).
    """
    ended = table.ends.sum(axis=0)
    survival = np.cumprod(1 - ended / table.at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.cumsum(np.where(ended > 0, ended / (table.at_risk * (table.at_risk - ended)), 0.0))
        error = np.where(survival > 0, survival * np.sqrt(hazard), 0.0)
        # Before the first end and after the last survivor the curve is known; there is no limit to draw.
        inside = (survival > 0) & (survival < 1)
        safe = np.where(inside, survival, 0.5)
        width = norm.isf(alpha / 2) * np.sqrt(np.where(inside, hazard, 0.0)) / np.abs(np.log(safe))
        lower = np.where(inside, safe ** np.exp(width), survival)
        upper = np.where(inside, safe ** np.exp(-width), survival)
    return SurvivalCurve(table.time, survival, error, lower, upper, table.at_risk)


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean time, counted to ``horizon`` at most, and its standard error with independent cases."""

    horizon: float
    mean: float
    standard_error: float


def restricted_mean(table: LifeTable, horizon: float) -> RestrictedMean:
    """The area under the Kaplan-Meier curve up to ``horizon``.

    Raises ``ValueError`` where the last person under observation leaves before the horizon without having ended: beyond
    that nothing is known. Source: Royston & Parmar (2013), BMC Medical Research Methodology 13, 152.
    """
    mean, variance = _area(table.time, table.ends.sum(axis=0), table.at_risk, horizon)
    return RestrictedMean(horizon, mean, sqrt(variance))


def _area(time: Floats, ended: Floats, at_risk: Floats, horizon: float) -> tuple[float, float]:
    if horizon <= 0:
        raise ValueError("waiting times: the horizon must be above 0")
    known = at_risk > 0
    time, ended, at_risk = time[known], ended[known], at_risk[known]
    survival = np.cumprod(1 - ended / at_risk)
    if time.size == 0 or (time[-1] < horizon and survival[-1] > 1e-12):
        last = time[-1] if time.size else 0
        raise ValueError(f"waiting times: nobody is followed beyond {last:g}, before the horizon of {horizon:g}")
    within = time < horizon
    edges = np.concatenate([[0.0], time[within], [horizon]])
    levels = np.concatenate([[1.0], survival[within]])
    pieces = levels * np.diff(edges)
    # The area still to come after each time.
    area_left = pieces[1:][::-1].cumsum()[::-1]
    d, n = ended[within], at_risk[within]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where((d > 0) & (n > d), area_left**2 * d / (n * (n - d)), 0.0)
    return float(pieces.sum()), float(terms.sum())


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeIncidence:
    """The share that has ended in one way by each ``time``, with others ending otherwise, and its standard error."""

    time: Floats
    share: Floats
    standard_error: Floats

    def at(self, time: float) -> tuple[float, float]:
        """Share and standard error at ``time``."""
        place = int(np.searchsorted(self.time, time, side="right"))
        return (float(self.share[place - 1]), float(self.standard_error[place - 1])) if place else (0.0, 0.0)


def aalen_johansen(table: LifeTable, cause: int = 1) -> CumulativeIncidence:
    """The cumulative incidence of one way of ending (1 is the first).

    Sources: Aalen & Johansen (1978), Scandinavian Journal of Statistics 5(3), 141-150; the variance as in Marubini &
    Valsecchi (1995), Analysing Survival Data, section 10.2 (the delta method).
    """
    if not 1 <= cause <= table.ends.shape[0]:
        raise ValueError(f"waiting times: there is no way of ending number {cause}")
    total, of_cause, risk = table.ends.sum(axis=0), table.ends[cause - 1], table.at_risk
    before = np.concatenate([[1.0], np.cumprod(1 - total / risk)[:-1]])
    share = np.cumsum(before * of_cause / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.where((total > 0) & (risk > total), total / (risk * (risk - total)), 0.0)
    binomial = before**2 * (risk - of_cause) * of_cause / risk**3
    covariance = before * of_cause / risk**2
    # sum over earlier times of (I(t) - I(s))^2 g + binomial - 2 (I(t) - I(s)) covariance, expanded in I(t).
    variance = (
        share**2 * np.cumsum(greenwood)
        - 2 * share * np.cumsum(share * greenwood)
        + np.cumsum(share**2 * greenwood)
        + np.cumsum(binomial)
        - 2 * (share * np.cumsum(covariance) - np.cumsum(share * covariance))
    )
    return CumulativeIncidence(table.time, share, np.sqrt(np.maximum(variance, 0.0)))


@dataclass(frozen=True, slots=True)
class RestrictedMeanDifference:
    """A difference (or difference in differences) of restricted means, with offices as the units of chance.

    ``difference`` is trial less comparison, of the change where there is a before. ``df`` is Satterthwaite's.
    """

    horizon: float
    trial: float
    comparison: float
    difference: float
    standard_error: float
    df: float
    p_value: float
    lower: float
    upper: float


def restricted_mean_difference(
    duration: ArrayLike,
    cause: ArrayLike,
    office: ArrayLike,
    trial: ArrayLike,
    horizon: float,
    after: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    alpha: float = 0.05,
) -> RestrictedMeanDifference:
    """Compare restricted means between trial and comparison offices.

    All arguments (n,): ``cause`` above 0 has ended, ``office`` any codes, ``trial`` and ``after`` true or false. With
    ``after`` each side contributes its change. The variance on each side is the delete-one-office jackknife, the
    reference distribution t with Satterthwaite's degrees of freedom.

    Raises ``ValueError`` for fewer than two offices on a side, an office on both, or nobody followed to the horizon.
    """
    times, ended = np.asarray(duration, dtype=np.float64), np.asarray(cause) > 0
    side = np.asarray(trial, dtype=np.bool_)
    weights = np.ones_like(times) if weight is None else np.asarray(weight, dtype=np.float64)
    later = np.ones(times.size, dtype=np.bool_) if after is None else np.asarray(after, dtype=np.bool_)
    names, code = np.unique(np.asarray(office), return_inverse=True)
    on_both_sides = np.intersect1d(code[side], code[~side])
    if on_both_sides.size:
        raise ValueError(f"waiting times: office {names[on_both_sides[0]]} is both a trial and a comparison office")
    sides = []
    for chosen in (side, ~side):
        if np.unique(code[chosen]).size < 2:
            raise ValueError("waiting times: at least two offices on each side are needed")
        cases = (times[chosen], ended[chosen], code[chosen], later[chosen], weights[chosen])
        sides.append(_jackknife(*cases, horizon, after is not None))
    trial_side, comparison_side = sides
    return _compared(horizon, trial_side, comparison_side, alpha)


def restricted_mean_difference_by_start(
    duration: ArrayLike,
    cause: ArrayLike,
    office: ArrayLike,
    cohort: ArrayLike,
    after: ArrayLike,
    horizon: float,
    weight: ArrayLike | None = None,
    alpha: float = 0.05,
) -> RestrictedMeanDifference:
    """The difference in differences of restricted means where trial offices start at different times.

    ``duration``, ``cause`` and ``office`` (n,) as above; ``cohort`` (n,) the number of the office's start, -1 for
    comparison offices; ``after`` (n, starts) whether the case begins after each start. For each start, the change at the
    offices that begin then less the change at all comparison offices over the same day; starts are weighted by their
    trial offices' cases. The variance is the jackknife that leaves out one office at a time and does it all again.

    Raises ``ValueError`` as above, and where nobody begins before or after some start.
    """
    times, ended = np.asarray(duration, dtype=np.float64), np.asarray(cause) > 0
    group, later = np.asarray(cohort, dtype=np.int64), np.asarray(after, dtype=np.bool_)
    weights = np.ones_like(times) if weight is None else np.asarray(weight, dtype=np.float64)
    _, code = np.unique(np.asarray(office), return_inverse=True)
    starts = range(later.shape[1])
    sides = [np.unique(code[chosen]).size for chosen in (group >= 0, group < 0)]
    if min(sides) < 2:
        raise ValueError("waiting times: at least two offices on each side are needed")

    def changes(chosen: Booleans, start: int) -> Floats:
        cases = (times[chosen], ended[chosen], code[chosen], later[chosen, start], weights[chosen])
        return _left_out(*cases, horizon, True)

    own = [changes(group == start, start) for start in starts]
    usual = np.stack([changes(group < 0, start) for start in starts])
    cases = [_by_office(code[group == start], weights[group == start]) for start in starts]
    size = np.array([counts.sum() for counts in cases])
    change = np.array([values[-1] for values in own])
    share = size / size.sum()
    trial, comparison = float(share @ change), float(share @ usual[:, -1])
    without_trial = []
    for start in starts:
        for place, count in enumerate(cases[start]):
            left, moved = size.copy(), change.copy()
            left[start] -= count
            # The last office of its start takes the start with it.
            moved[start] = own[start][place] if left[start] > 0 else 0.0
            without_trial.append(float(left / left.sum() @ (moved - usual[:, -1])))
    without = (np.array(without_trial), trial - share @ usual[:, :-1])
    first, second = (
        (values.size - 1) / values.size * float(((values - values.mean()) ** 2).sum()) for values in without
    )
    return _compared(horizon, (trial, first, sides[0]), (comparison, second, sides[1]), alpha)


def _by_office(code: Integers, weight: Floats) -> Floats:
    """The weight of each office that occurs, in order; (offices,)."""
    return np.bincount(np.unique(code, return_inverse=True)[1], weights=weight).astype(np.float64)


def _compared(
    horizon: float, trial: tuple[float, float, int], comparison: tuple[float, float, int], alpha: float
) -> RestrictedMeanDifference:
    """Two independent estimates, each with its variance and number of offices."""
    (first, var_first, count_first), (second, var_second, count_second) = trial, comparison
    variance = var_first + var_second
    difference = first - second
    if variance <= 0:
        raise ValueError("waiting times: leaving out an office changes nothing; no error can be given")
    df = variance**2 / (var_first**2 / (count_first - 1) + var_second**2 / (count_second - 1))
    error = sqrt(variance)
    half = float(t.isf(alpha / 2, df)) * error
    p_value = never_zero(2 * t.sf(abs(difference) / error, df))
    return RestrictedMeanDifference(
        horizon, first, second, difference, error, df, p_value, difference - half, difference + half
    )


def _jackknife(
    times: Floats, ended: Booleans, code: Integers, later: Booleans, weight: Floats, horizon: float, change: bool
) -> tuple[float, float, int]:
    """One side's restricted mean (or its change), its jackknife variance, and its number of offices."""
    values = _left_out(times, ended, code, later, weight, horizon, change)
    left_out, whole, offices = values[:-1], float(values[-1]), values.size - 1
    variance = (offices - 1) / offices * float(((left_out - left_out.mean()) ** 2).sum())
    return whole, variance, offices


def _left_out(
    times: Floats, ended: Booleans, code: Integers, later: Booleans, weight: Floats, horizon: float, change: bool
) -> Floats:
    """The restricted mean (or its change) without each office in turn, and last with all of them; (offices + 1,).

    With a single office the value without it is ``nan``.
    """
    _, local = np.unique(code, return_inverse=True)
    offices = int(local.max()) + 1
    values = np.zeros(offices + 1)
    for part, sign in ((later, 1.0), (~later, -1.0)) if change else ((later, 1.0),):
        distinct, place = np.unique(times[part], return_inverse=True)
        shape = (offices, distinct.size)
        leaving, ends = np.zeros(shape), np.zeros(shape)
        np.add.at(leaving, (local[part], place), weight[part])
        np.add.at(ends, (local[part], place), weight[part] * ended[part])
        for row in range(offices + 1):
            keep: NDArray[np.bool_] = np.arange(offices) != row
            if not keep.any():
                values[row] = np.nan
                continue
            risk = leaving[keep].sum(axis=0)[::-1].cumsum()[::-1]
            values[row] += sign * _area(distinct, ends[keep].sum(axis=0), risk, horizon)[0]
    return values
