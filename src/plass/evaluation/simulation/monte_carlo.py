"""Thousands of made studies at once: every test's p-value for each, to see how often it rejects.

A made study here is one number an office, its change, with the office's weight
(`plass.evaluation.inference.common_start`), which is the whole of a difference in differences with a common start. All
tests are written anew for arrays (studies, offices), so that a study costs microseconds; the tests of the package show
that each gives what the engine's own function gives.

Offices' changes are normal with the variance `OFFICE + PERSON * typical size / size`: an office's own luck, and that of its
people, who are fewer in a small office.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from plass.evaluation.data.cells import Bools, Floats
from plass.evaluation.inference.simulated_inference import CAUTION

TreatedSize = Literal["small", "large", "random"]

#: People an office on each side of the start (median), and the standard deviation of its logarithm.
TYPICAL, SPREAD = 200.0, 0.8
#: The parts of the variance of a change: an office's own, and its people's at the typical size.
OFFICE, PERSON = 1.0, 1.0
#: t* counts as at least t when it is within this share of it, as in the engine.
TIE = 1e-9
#: All patterns or choices up to so many, else draws; and how many studies share one set of draws.
ENUMERATE, DRAWS, SHARE = 20_000, 999, 50

METHODS = (
    "simulated t",
    "simulated t, by people",
    "CRV1",
    "CRV3",
    "WCR",
    "WCU",
    "RI on b",
    "RI on t",
    "Welch, offices alike",
    "Welch, by people",
    "Donald-Lang",
)


@dataclass(frozen=True)
class Design:
    """So many offices, so many of them treated, and which: the smallest, the largest, or any."""

    offices: int
    treated: int
    treated_size: TreatedSize

    @property
    def name(self) -> str:
        """As in "5 of 15, small"."""
        return f"{self.treated} of {self.offices}, {self.treated_size}"

    def sizes(self, generator: np.random.Generator, studies: int, spread: float = SPREAD) -> Floats:
        """People an office, (studies, offices), the treated offices first."""
        size = TYPICAL * np.exp(generator.normal(0, spread, (studies, self.offices)))
        if self.treated_size == "random":
            return size
        return np.asarray(np.sort(size, axis=1)[:, :: 1 if self.treated_size == "small" else -1])


def draw(
    design: Design,
    studies: int,
    generator: np.random.Generator,
    effect: float = 0.0,
    *,
    tails: str = "normal",
    treated: float = 1.0,
    spread: float = SPREAD,
    own: float = OFFICE,
) -> tuple[Floats, Floats]:
    """Offices' weights and changes, (studies, offices) each, the treated offices first.

    tails: "heavy" (t with 5 degrees of freedom) or "skewed" (exponential) changes instead of normal ones, of mean 0 and the
    same variance; treated: the variance of treated offices' changes in shares of the others'; spread: of the logarithm of
    sizes; own: the offices' own variance.
    """
    size = design.sizes(generator, studies, spread)
    luck = {
        "normal": lambda: generator.normal(0, 1, size.shape),
        "heavy": lambda: generator.standard_t(5, size.shape) / math.sqrt(5 / 3),
        "skewed": lambda: generator.exponential(1, size.shape) - 1,
    }[tails]()
    change = luck * np.sqrt(own + PERSON * TYPICAL / size)
    change[:, : design.treated] = change[:, : design.treated] * math.sqrt(treated) + effect
    return size / 2, change


def p_values(
    weight: Floats, change: Floats, treated: int, generator: np.random.Generator, known: float = 1.0, slow: bool = True
) -> dict[str, Floats]:
    """Each method's p-value for each study, (studies,); nan where a method does not apply.

    weight, change: (studies, offices), the first `treated` offices treated; known: what the tests take the people's part of
    the variance to be, in shares of what it is; slow: without it WCR, WCU and randomisation inference are left out.
    """
    offices = change.shape[1]
    trial, comparison = np.arange(offices) < treated, np.arange(offices) >= treated
    # Weights of any size give the same; centred changes lose no digits.
    h = weight / weight.mean(axis=1, keepdims=True)
    d = change - (h * change).sum(axis=1, keepdims=True) / offices
    mean = [(h * d)[:, side].sum(axis=1) / h[:, side].sum(axis=1) for side in (trial, comparison)]
    effect = mean[0] - mean[1]
    t_squared = effect**2 / _variance(h, d, (trial, comparison))
    rows = 2 * weight.sum(axis=1) * 2
    factor = offices / (offices - 1) * (rows - 1) / (rows - 3)
    p_by_method = {"CRV1": 2 * stats.t.sf(np.sqrt(t_squared / factor), offices - 1)}
    p_by_method["CRV3"] = 2 * stats.t.sf(np.abs(effect) / _jackknife(h, d, (trial, comparison), effect), offices - 1)
    restricted, free = d, d - np.where(trial, mean[0][:, None], mean[1][:, None])
    if slow:
        p_by_method["WCR"] = _wild(h, restricted, trial, t_squared, generator)
        p_by_method["WCU"] = _wild(h, free, trial, t_squared, generator)
        p_by_method["RI on b"], p_by_method["RI on t"] = _randomised(h, d, treated, effect**2, t_squared, generator)
    p_by_method["Welch, offices alike"] = _welch(np.ones_like(d), d, (trial, comparison))
    p_by_method["Welch, by people"] = _welch(h, d, (trial, comparison))
    left = (h * free**2).sum(axis=1) / (offices - 2)
    error = np.sqrt(left * sum(1 / h[:, side].sum(axis=1) for side in (trial, comparison)))
    p_by_method["Donald-Lang"] = 2 * stats.t.sf(np.abs(effect) / error, offices - 2)
    noise = known * PERSON * TYPICAL / (2 * weight)
    p_by_method["simulated t"] = _simulated(np.ones_like(d), d, noise, (trial, comparison), generator)
    p_by_method["simulated t, by people"] = _simulated(h, d, noise, (trial, comparison), generator)
    return {name: np.asarray(p_by_method[name]) for name in METHODS if name in p_by_method}


#: Rules that make one decision of several tests: what decided before (docs/decisions/0060), and what decides where several
#: starts leave only two tests.
RULES: Mapping[str, tuple[str, ...]] = {
    "two of WCR, RI on t and Welch": ("WCR", "RI on t", "Welch, offices alike"),
    "WCR and RI on t": ("WCR", "RI on t"),
}


def rules(p_by_method: Mapping[str, Floats]) -> dict[str, Floats]:
    """For each of `RULES` the p-value of the decision: the largest of its tests', or the middle one for "two of"."""
    p_by_rule = {}
    for name, tests in RULES.items():
        ordered = np.sort(np.stack([p_by_method[test] for test in tests]), axis=0)
        p_by_rule[name] = ordered[1] if name.startswith("two") else ordered[-1]
    return p_by_rule


def _variance(h: Floats, d: Floats, sides: tuple[Bools, Bools]) -> Floats:
    """The CRV1 variance of the difference of weighted means, without the small-sample factor."""
    total: Floats = np.zeros(len(d))
    for side in sides:
        share = h[:, side] / h[:, side].sum(axis=1, keepdims=True)
        away = d[:, side] - (share * d[:, side]).sum(axis=1, keepdims=True)
        total += (share**2 * away**2).sum(axis=1)
    return total


def _jackknife(h: Floats, d: Floats, sides: tuple[Bools, Bools], effect: Floats) -> Floats:
    offices = d.shape[1]
    moved = np.zeros_like(d)
    for side, sign in zip(sides, (1.0, -1.0), strict=True):
        part, weighted = h[:, side], (h * d)[:, side]
        if part.shape[1] < 2:
            return np.full(len(d), math.nan)
        whole, total = part.sum(axis=1, keepdims=True), weighted.sum(axis=1, keepdims=True)
        moved[:, side] = sign * ((total - weighted) / (whole - part) - total / whole)
    return np.asarray(np.sqrt((offices - 1) / offices * (moved**2).sum(axis=1)))


def _welch(h: Floats, d: Floats, sides: tuple[Bools, Bools]) -> Floats:
    parts, freedom, means = [], [], []
    for side in sides:
        share = h[:, side] / h[:, side].sum(axis=1, keepdims=True)
        if share.shape[1] < 2:
            return np.full(len(d), math.nan)
        means.append((share * d[:, side]).sum(axis=1))
        away = d[:, side] - means[-1][:, None]
        square = (share**2).sum(axis=1)
        parts.append((share**2 * away**2).sum(axis=1) / (1 + square - 2 * (share**3).sum(axis=1) / square))
        freedom.append(1 / square - 1)
    variance = parts[0] + parts[1]
    df = variance**2 / (parts[0] ** 2 / freedom[0] + parts[1] ** 2 / freedom[1])
    return np.asarray(2 * stats.t.sf(np.abs(means[0] - means[1]) / np.sqrt(variance), df))


def _simulated(
    h: Floats, d: Floats, noise: Floats, sides: tuple[Bools, Bools], generator: np.random.Generator
) -> Floats:
    """p of the t with a simulated distribution (`simulated_inference`), draws shared as for the bootstrap."""
    studies, offices = d.shape
    if any(side.sum() < 2 for side in sides):
        return np.full(studies, math.nan)
    scale = np.sqrt(_own_variance(d, noise, sides)[:, None] + noise)
    shares = [h[:, side] / h[:, side].sum(axis=1, keepdims=True) for side in sides]
    factors = [share**2 / (1 - share) for share in shares]
    difference, variance = np.zeros(studies), np.zeros(studies)
    for side, share, factor, sign in zip(sides, shares, factors, (1.0, -1.0), strict=True):
        mean = (share * d[:, side]).sum(axis=1)
        difference += sign * mean
        variance += (factor * (d[:, side] - mean[:, None]) ** 2).sum(axis=1)
    observed = difference**2 / variance
    p = np.zeros(studies)
    for block in _blocks(studies, DRAWS):
        luck = generator.standard_normal((offices, DRAWS))
        drawn: Floats = np.zeros((block.stop - block.start, DRAWS))
        spread: Floats = np.zeros_like(drawn)
        for side, share, factor, sign in zip(sides, shares, factors, (1.0, -1.0), strict=True):
            s, w, c = scale[block][:, side], share[block], factor[block]
            mean = (w * s) @ luck[side]
            drawn += sign * mean
            spread += (c * s**2) @ luck[side] ** 2 - mean * (2 * ((c * s) @ luck[side]) - mean * c.sum(axis=1)[:, None])
        p[block] = (1 + (drawn**2 >= observed[block, None] * (1 - TIE) * spread).sum(axis=1)) / (1 + DRAWS)
    return p


def _own_variance(d: Floats, noise: Floats, sides: tuple[Bools, Bools]) -> Floats:
    """The offices' own variance at the upper end of its 50 per cent interval, for each study."""
    target = float(stats.chi2.ppf(CAUTION, d.shape[1] - 2))

    def q(own: Floats) -> Floats:
        total: Floats = np.zeros(len(d))
        for side in sides:
            w = 1 / (own[:, None] + noise[:, side])
            mean = (w * d[:, side]).sum(axis=1) / w.sum(axis=1)
            total += (w * (d[:, side] - mean[:, None]) ** 2).sum(axis=1)
        return total

    low: Floats = np.zeros(len(d))
    high: Floats = d.var(axis=1) * d.shape[1] / target
    # Noise may be taken to be nothing; what is next to nothing is then all the same.
    least = q(np.full(len(d), 1e-12 * float(d.var()))) <= target
    for _ in range(50):
        middle = (low + high) / 2
        above = q(middle) > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(least, 0.0, high)


def _blocks(studies: int, patterns: int) -> Iterator[slice]:
    step = max(1, min(SHARE, 2_000_000 // patterns))
    for start in range(0, studies, step):
        yield slice(start, min(studies, start + step))


def _wild(h: Floats, residual: Floats, treated: Bools, observed: Floats, generator: np.random.Generator) -> Floats:
    """p of the wild cluster bootstrap, residuals times signs; all patterns or draws."""
    studies, offices = h.shape
    exact = 2 ** (offices - 1) <= ENUMERATE
    patterns = 2 ** (offices - 1) if exact else DRAWS
    signs = _every_sign(offices) if exact else np.zeros(0)
    p = np.zeros(studies)
    for block in _blocks(studies, patterns):
        if not exact:
            signs = generator.integers(0, 2, (offices, DRAWS)).astype(np.float64) * 2 - 1
        difference: Floats = np.zeros((block.stop - block.start, patterns))
        variance: Floats = np.zeros_like(difference)
        for side, sign in ((treated, 1.0), (~treated, -1.0)):
            share = h[block, side] / h[block, side].sum(axis=1, keepdims=True)
            u = residual[block, side]
            mean = (share * u) @ signs[side]
            # A sign squared is 1, so the squares do not change from pattern to pattern.
            variance += (share**2 * u**2).sum(axis=1)[:, None] - mean * (
                2 * ((share**2 * u) @ signs[side]) - mean * (share**2).sum(axis=1)[:, None]
            )
            difference += np.asarray(sign * mean)
        count = (difference**2 >= observed[block, None] * (1 - TIE) * variance).sum(axis=1)
        p[block] = np.maximum(count, 1) / patterns if exact else (1 + count) / (1 + patterns)
    return p


def _every_sign(offices: int) -> Floats:
    number = np.arange(2 ** (offices - 1))
    other_signs = 1.0 - 2.0 * ((number[None, :] >> np.arange(offices - 1)[:, None]) & 1)
    return np.concatenate([np.ones((1, number.size)), other_signs])


def _randomised(
    h: Floats, d: Floats, treated: int, b_squared: Floats, t_squared: Floats, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """p of randomisation inference on the difference and on its t; all choices of treated offices, or draws."""
    studies, offices = h.shape
    exact = math.comb(offices, treated) <= ENUMERATE
    choices = math.comb(offices, treated) if exact else DRAWS
    chosen = np.zeros((offices, choices))
    if exact:
        for column, some in enumerate(itertools.combinations(range(offices), treated)):
            chosen[list(some), column] = 1
    on_b, on_t = np.zeros(studies), np.zeros(studies)
    parts = (h, h * d, h * h, h * h * d, h * h * d * d)
    for block in _blocks(studies, choices):
        if not exact:
            order = np.argsort(generator.random((offices, DRAWS)), axis=0)
            chosen = (order < treated).astype(np.float64)
        inside = [part[block] @ chosen for part in parts]
        outside = [part[block].sum(axis=1)[:, None] - some for part, some in zip(parts, inside, strict=True)]
        difference, variance = np.zeros_like(inside[0]), np.zeros_like(inside[0])
        for sums, sign in ((inside, 1.0), (outside, -1.0)):
            mean = sums[1] / sums[0]
            difference += sign * mean
            variance += (sums[4] - mean * (2 * sums[3] - mean * sums[2])) / sums[0] ** 2
        floor = 1e-28 * (parts[4][block].sum(axis=1) / parts[0][block].sum(axis=1) ** 2)[:, None]
        squared = difference**2
        for p, count in (
            (on_b, (squared >= b_squared[block, None] * (1 - TIE)).sum(axis=1)),
            (on_t, (squared / np.maximum(variance, floor) >= t_squared[block, None] * (1 - TIE)).sum(axis=1)),
        ):
            p[block] = count / choices if exact else (1 + count) / (1 + choices)
    return on_b, on_t
