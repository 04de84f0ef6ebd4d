"""Differences in differences from offices' own changes, with offices as the units of chance.

Each office contributes one number: its weighted mean after, less its weighted mean before. Trial and comparison
offices' numbers are compared by Welch's test, which holds its size with few and unequal offices where cluster-robust
errors do not. The checks on selection, rivalry and placebos all use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from plass.evaluation.fewtreated import holm
from plass.evaluation.officepanel import Booleans, Floats, Integers, OfficePanel
from plass.evaluation.pvalues import never_zero

Periods = slice | Booleans | Integers


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
        reason = "offices do not vary within the two sides"
        return Contrast(difference, nan, nan, nan, nan, nan, trial_mean, comparison_mean, reason)
    df = variance**2 / (parts[0] ** 2 / (first.size - 1) + parts[1] ** 2 / (second.size - 1))
    error = sqrt(variance)
    half = float(t.isf(alpha / 2, df)) * error
    p_value = never_zero(2 * t.sf(abs(difference) / error, df))
    return Contrast(difference, error, df, p_value, difference - half, difference + half, trial_mean, comparison_mean)


def office_change(panel: OfficePanel, before: Periods, after: Periods) -> Floats:
    """Each office's weighted mean over ``after`` less that over ``before`` (``nan`` where it has nothing in one)."""
    return panel.mean(after)[0] - panel.mean(before)[0]


def change_contrast(
    panel: OfficePanel, before: Periods | None = None, after: Periods | None = None, alpha: float = 0.05
) -> Contrast:
    """Difference in differences over a common start, unless other periods are given.

    ``trial`` and ``comparison`` are the two mean changes; every office counts alike.
    """
    start = panel.common_start()
    earlier = slice(0, start) if before is None else before
    later = slice(start, panel.periods) if after is None else after
    return welch(office_change(panel, earlier, later), panel.ever_treated, alpha)


@dataclass(frozen=True, slots=True)
class NamedContrast:
    """One of several contrasts, with the p-value after Holm's correction for their number (``nan`` without a test)."""

    name: str
    contrast: Contrast
    holm_p_value: float


def with_holm(contrasts: Mapping[str, Contrast]) -> tuple[NamedContrast, ...]:
    """Holm's correction over those contrasts that have a test, in the order given."""
    tested = {name: found.p_value for name, found in contrasts.items() if found.applies}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True)) if tested else {}
    return tuple(
        NamedContrast(name, found, float(adjusted.get(name, float("nan")))) for name, found in contrasts.items()
    )


def change_contrasts(panels: Mapping[str, OfficePanel], alpha: float = 0.05) -> tuple[NamedContrast, ...]:
    """The same difference in differences on several outcomes: earlier covariates, placebo outcomes, use of schemes."""
    return with_holm({name: change_contrast(panel, alpha=alpha) for name, panel in panels.items()})
