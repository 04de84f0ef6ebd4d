"""Did something other than the way of working move the difference?

Comparison offices may have tried harder (compensatory rivalry) or been drawn along (spillover), and trial offices may
have done better only because they were watched. None of it can be excluded; each leaves traces: a break in the
comparison offices' own trend, effects at dates or on outcomes where there should be none, an effect that depends on
neighbours, an effect that fades after the first months.

With several starts everything is counted from each trial office's own start (see
`plass.evaluation.estimators.office_contrasts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from plass.evaluation.data.office_panel import Booleans, Floats, OfficePanel
from plass.evaluation.estimators.office_contrasts import (
    AFTER,
    BEFORE,
    Contrast,
    NamedContrast,
    Window,
    change_contrast,
    change_since,
    welch,
    with_holm,
)
from plass.evaluation.estimators.pvalues import never_zero


@dataclass(frozen=True, slots=True, eq=False)
class TrendBreak:
    """How far comparison offices left their own earlier trend once the trial had begun.

    ``departure`` is the mean over offices of (outcome after the start less the straight line through the periods
    before), weighted by people within an office; ``by_office`` the same for each. A departure of the sign of the effect
    is what rivalry or spillover would look like; so is anything else that happened at that time everywhere.
    """

    departure: float
    standard_error: float
    df: int
    p_value: float
    lower: float
    upper: float
    by_office: Floats
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is a test."""
        return not self.reason


def control_trend_break(panel: OfficePanel, alpha: float = 0.05) -> TrendBreak:
    """Extrapolate each comparison office's own straight trend and test the mean departure with offices as units.

    With several starts an office's departure is the mean of those from each start with at least three periods before
    it, weighted by how many trial offices began then: one number an office. Does not apply with fewer than two
    comparison offices, or fewer than three periods before every start (two points leave nothing to judge a line by).
    """
    controls = panel.keep(~panel.ever_treated)
    nan, empty = float("nan"), np.full(controls.offices, np.nan)
    starts = [start for start in panel.cohorts if start >= 3]
    if not starts:
        reason = "a trend needs at least three periods before the start"
        return TrendBreak(nan, nan, 0, nan, nan, nan, empty, reason)
    began = np.array([(panel.first_treated == start).sum() for start in starts], dtype=np.float64)
    departures = np.stack([_departures(controls, start) for start in starts], axis=1) @ (began / began.sum())
    used = departures[np.isfinite(departures)]
    if used.size < 2:
        return TrendBreak(nan, nan, 0, nan, nan, nan, departures, "at least two comparison offices are needed")
    mean, error = float(used.mean()), sqrt(float(used.var(ddof=1)) / used.size)
    if error == 0:
        return TrendBreak(mean, nan, 0, nan, nan, nan, departures, "comparison offices do not vary")
    df = int(used.size - 1)
    half = float(t.isf(alpha / 2, df)) * error
    p_value = never_zero(2 * t.sf(abs(mean) / error, df))
    return TrendBreak(mean, error, df, p_value, mean - half, mean + half, departures)


def _departures(controls: OfficePanel, start: int) -> Floats:
    """Each office's mean after a start less its own straight line through what was before; ``nan`` without either."""
    time = np.arange(controls.periods, dtype=np.float64)
    departures = []
    for outcome, weight in zip(controls.outcome, controls.weight, strict=True):
        before, after = weight[:start], weight[start:]
        if np.count_nonzero(before) < 3 or not after.any():
            departures.append(float("nan"))
            continue
        root = np.sqrt(before)
        lines = np.column_stack([np.ones(start), time[:start]])
        filled = np.where(weight > 0, outcome, 0.0)
        line = np.linalg.lstsq(lines * root[:, None], filled[:start] * root, rcond=None)[0]
        gap = filled[start:] - (line[0] + line[1] * time[start:])
        departures.append(float(np.average(gap, weights=after)))
    return np.array(departures)


def placebo_dates(panel: OfficePanel, window: int | None = None, alpha: float = 0.05) -> tuple[NamedContrast, ...]:
    """The same design at made-up starts before the real one, with Holm's correction.

    Each compares ``window`` periods after the made-up start with ``window`` before it (by default as many as fit three
    starts, at least one). Named by the position of the made-up start; with several starts by how many periods before
    each office's own start it lies (as ``-4``), as far back as the first to begin allow. Empty where the past is too
    short.
    """
    earliest = min(panel.cohorts)
    size = max(1, earliest // 4) if window is None else window
    contrasts: dict[str, Contrast] = {}
    for back in range(size - earliest, 1 - size):
        name = str(earliest + back) if len(panel.cohorts) == 1 else str(back)
        contrasts[name] = change_contrast(panel, Window(back - size, back), Window(back, back + size), alpha)
    return with_holm(contrasts)


def dose_over_time(panel: OfficePanel, width: int, alpha: float = 0.05) -> tuple[NamedContrast, ...]:
    """The effect in each stretch of ``width`` periods after the start, against everything before it; Holm-corrected.

    Named ``from-to`` by periods since the start, both counted. A last stretch shorter than ``width`` is kept. With
    several starts a stretch counts the trial offices that were followed through all of it.
    """
    if width < 1:
        raise ValueError("dose over time: a stretch must be at least one period long")
    longest = panel.periods - min(panel.cohorts)
    contrasts: dict[str, Contrast] = {}
    for first in range(0, longest, width):
        end = min(first + width, longest)
        contrasts[f"{first}-{end - 1}"] = change_contrast(panel, BEFORE, Window(first, end), alpha)
    return with_holm(contrasts)


def later_against_first(panel: OfficePanel, first: int, alpha: float = 0.05) -> Contrast:
    """The effect after the ``first`` periods less the effect during them.

    Below 0: the effect fades, as novelty, being watched, or comparison offices catching up would make it. Raises
    ``ValueError`` where nothing lies after the first periods.
    """
    if not 1 <= first < panel.periods - min(panel.cohorts):
        raise ValueError("first and later: there must be periods both within the first and after them")
    change = change_since(panel, Window(0, first), Window(first, None))
    return welch(change, panel.ever_treated, alpha)


def without_neighbours(panel: OfficePanel, neighbour: ArrayLike, alpha: float = 0.05) -> Contrast:
    """The effect without the comparison offices next to trial offices (``neighbour`` (offices,) true)."""
    near: Booleans = np.asarray(neighbour, dtype=np.bool_)
    if near.shape != (panel.offices,):
        raise ValueError("neighbours: one answer, yes or no, is needed for each office")
    return change_contrast(panel.keep(panel.ever_treated | ~near), alpha=alpha)


def neighbours_against_others(panel: OfficePanel, neighbour: ArrayLike, alpha: float = 0.05) -> Contrast:
    """How comparison offices next to trial offices changed, less how the other comparison offices did (spillover)."""
    near: Booleans = np.asarray(neighbour, dtype=np.bool_)
    control = ~panel.ever_treated
    change = change_since(panel, BEFORE, AFTER)
    return welch(change[control], near[control], alpha)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The effect without one office."""

    office: int
    contrast: Contrast


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """The effect without each office in turn; ``worst`` is the office whose absence moves it most."""

    whole: Contrast
    left_out: tuple[LeftOut, ...]

    @property
    def worst(self) -> LeftOut:
        """The office without which the effect is furthest from the whole."""
        return max(self.left_out, key=lambda item: abs(item.contrast.difference - self.whole.difference))

    @property
    def sign_holds(self) -> bool:
        """Whether the effect keeps its sign whichever office is left out."""
        return all(item.contrast.difference * self.whole.difference > 0 for item in self.left_out)


def leave_one_office_out(panel: OfficePanel, alpha: float = 0.05) -> LeaveOneOut:
    """The effect without each office in turn; an office whose absence leaves a side empty is skipped."""
    left_out = []
    for office in range(panel.offices):
        remaining = panel.keep(np.arange(panel.offices) != office)
        if remaining.ever_treated.any() and not remaining.ever_treated.all():
            left_out.append(LeftOut(office, change_contrast(remaining, alpha=alpha)))
    return LeaveOneOut(change_contrast(panel, alpha=alpha), tuple(left_out))


def placebo_outcomes(panels: Mapping[str, OfficePanel], alpha: float = 0.05) -> tuple[NamedContrast, ...]:
    """The same design on outcomes that the way of working cannot move, with Holm's correction."""
    return with_holm({name: change_contrast(panel, alpha=alpha) for name, panel in panels.items()})
