"""Differences in differences from offices' own changes, with offices as the units of chance.

Each office contributes one number: its weighted mean after, less its weighted mean before. Trial and comparison
offices' numbers are compared by Welch's test, which holds its size with few and unequal offices where cluster-robust
errors do not. The checks on selection, rivalry and placebos all use it.

Where offices start at different times, periods are counted from each trial office's own start. A trial office's number
is its own change; a comparison office's is the mean of its changes over the same calendar periods, one for each start,
weighted by how many trial offices began then. The difference of the two sides' means is then the mean over trial
offices of (own change less that of never-treated offices at the same time), and offices stay the units of chance: a
comparison office is used for every start, but is one number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from plass.evaluation.data.office_panel import Booleans, Floats, Integers, OfficePanel
from plass.evaluation.estimators.few_treated import holm
from plass.evaluation.estimators.pvalues import never_zero

Periods = slice | Booleans | Integers
NO_VARIATION = "offices do not vary within the two sides"


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference between trial and comparison offices.

    ``reason`` is not empty where the test does not apply; the figures are ``nan`` then, except ``difference`` where it
    exists. ``df`` is Satterthwaite's.
    """

    difference: float
    standard_error: float
    df: float
    p_value: float
    lower: float
    upper: float
    trial: float
    comparison: float
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is a test."""
        return not self.reason


def welch(values: ArrayLike, trial: ArrayLike, alpha: float = 0.05) -> Contrast:
    """Welch's test of offices' ``values`` (offices,) between ``trial`` (offices,) true and false.

    Offices without a value (``nan``) are left out. Does not apply, with a reason, with fewer than two offices on a side
    or without any variation. Source: Welch (1947), Biometrika 34(1/2), 28-35; for differences in differences, Donald &
    Lang (2007), Review of Economics and Statistics 89(2), 221-233.
    """
    value, side = np.asarray(values, dtype=np.float64), np.asarray(trial, dtype=np.bool_)
    first, second = value[side & np.isfinite(value)], value[~side & np.isfinite(value)]
    nan = float("nan")
    if not first.size or not second.size:
        return Contrast(nan, nan, nan, nan, nan, nan, nan, nan, "no office on one of the two sides has data")
    trial_mean, comparison_mean = float(first.mean()), float(second.mean())
    difference = trial_mean - comparison_mean
    if first.size < 2 or second.size < 2:
        reason = "Welch's test needs at least two offices on each side"
        return Contrast(difference, nan, nan, nan, nan, nan, trial_mean, comparison_mean, reason)
    parts = (float(first.var(ddof=1)) / first.size, float(second.var(ddof=1)) / second.size)
    variance = sum(parts)
    if variance <= 1e-24 * max(1.0, difference**2):
        reason = NO_VARIATION
        return Contrast(difference, nan, nan, nan, nan, nan, trial_mean, comparison_mean, reason)
    df = variance**2 / (parts[0] ** 2 / (first.size - 1) + parts[1] ** 2 / (second.size - 1))
    error = sqrt(variance)
    half = float(t.isf(alpha / 2, df)) * error
    p_value = never_zero(2 * t.sf(abs(difference) / error, df))
    return Contrast(difference, error, df, p_value, difference - half, difference + half, trial_mean, comparison_mean)


def certain_p(contrast: Contrast, values: ArrayLike, trial: ArrayLike) -> float:
    """The p-value of a contrast; where offices do not vary within the two sides, which Welch's test cannot take, that of
    randomisation: the share of all choices of trial offices that set the sides as far apart, 1 where they are not apart."""
    if contrast.reason != NO_VARIATION:
        return contrast.p_value
    value, side = np.asarray(values, dtype=np.float64), np.asarray(trial, dtype=np.bool_)
    known = np.isfinite(value)
    if abs(contrast.difference) <= 1e-9 * max(1.0, float(np.abs(value[known]).max())):
        return 1.0
    offices, treated = int(known.sum()), int((side & known).sum())
    return (2 if 2 * treated == offices else 1) / comb(offices, treated)


def office_change(panel: OfficePanel, before: Periods, after: Periods) -> Floats:
    """Each office's weighted mean over ``after`` less that over ``before`` (``nan`` where it has nothing in one)."""
    return panel.mean(after)[0] - panel.mean(before)[0]


@dataclass(frozen=True, slots=True)
class Window:
    """Periods counted from an office's own start (0 is the first treated period): from ``first`` up to, not with,
    ``end``; ``None`` is as far as the panel goes."""

    first: int | None
    end: int | None

    def after(self, start: int, periods: int) -> slice | None:
        """The same as periods of a panel for offices that begin in ``start``; ``None`` where it does not fit whole."""
        first = 0 if self.first is None else start + self.first
        end = periods if self.end is None else start + self.end
        return slice(first, end) if 0 <= first < end <= periods else None


BEFORE, AFTER = Window(None, 0), Window(0, None)


def change_since(panel: OfficePanel, before: Window = BEFORE, after: Window = AFTER) -> Floats:
    """Each office's change from ``before`` to ``after``, counted from the trial offices' own starts; (offices,).

    ``nan`` for an office that has nothing in a window, and for trial offices around whose start the windows do not fit
    in the panel. With several starts a trial office's value is its change less that of the comparison offices at the
    same time, plus the comparison offices' mean over all starts: the two sides' difference is unchanged by that, and
    what happened everywhere at one start is not taken for chance. Raises ``ValueError`` where offices start at different
    times and none is never treated.
    """
    cohorts = panel.cohorts
    if len(cohorts) == 1:
        windows = [window.after(cohorts[0], panel.periods) for window in (before, after)]
        if windows[0] is None or windows[1] is None:
            return np.full(panel.offices, np.nan)
        return office_change(panel, windows[0], windows[1])
    control = ~panel.ever_treated
    if not control.any():
        raise ValueError("panel: no office is never treated")
    own = {start: change_of_cohort(panel, start, before, after) for start in cohorts}
    size = {start: int(np.isfinite(own[start][panel.first_treated == start]).sum()) for start in cohorts}
    used = [start for start in cohorts if size[start]]
    values = np.full(panel.offices, np.nan)
    if not used:
        return values
    share = np.array([size[start] for start in used], dtype=np.float64) / sum(size.values())
    mixed = np.stack([own[start] for start in used], axis=1)
    values[control] = mixed[control] @ share
    known = control & np.isfinite(values)
    if not known.any():
        return values
    usual = mixed[known].mean(axis=0)
    for place, start in enumerate(used):
        in_cohort = panel.first_treated == start
        values[in_cohort] = own[start][in_cohort] - usual[place] + float(usual @ share)
    return values


def change_of_cohort(panel: OfficePanel, start: int, before: Window = BEFORE, after: Window = AFTER) -> Floats:
    """Every office's change over the windows of those that begin in ``start``; ``nan`` where the windows do not fit."""
    first, second = (window.after(start, panel.periods) for window in (before, after))
    if first is None or second is None:
        return np.full(panel.offices, np.nan)
    return office_change(panel, first, second)


def change_contrast(
    panel: OfficePanel, before: Window = BEFORE, after: Window = AFTER, alpha: float = 0.05
) -> Contrast:
    """Difference in differences from before the start to after it, unless other windows are given.

    ``trial`` and ``comparison`` are the two mean changes; every office counts alike. With several starts each trial
    office's own start counts (see ``change_since``).
    """
    return welch(change_since(panel, before, after), panel.ever_treated, alpha)


@dataclass(frozen=True, slots=True)
class NamedContrast:
    """One of several contrasts, with the p-value after Holm's correction for their number (``nan`` without a test)."""

    name: str
    contrast: Contrast
    holm_p_value: float


def with_holm(contrasts: Mapping[str, Contrast]) -> tuple[NamedContrast, ...]:
    """Holm's correction over those contrasts that have a test, in the order given."""
    tested = {name: contrast.p_value for name, contrast in contrasts.items() if contrast.applies}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True)) if tested else {}
    return tuple(
        NamedContrast(name, contrast, float(adjusted.get(name, float("nan")))) for name, contrast in contrasts.items()
    )


def change_contrasts(panels: Mapping[str, OfficePanel], alpha: float = 0.05) -> tuple[NamedContrast, ...]:
    """The same difference in differences on several outcomes: earlier covariates, placebo outcomes, use of schemes."""
    return with_holm({name: change_contrast(panel, alpha=alpha) for name, panel in panels.items()})
