"""Randomisation inference on t: how often would another choice of treated offices have looked as extreme?

Offices exchange their treatment; the statistic is the t of the difference in differences with errors clustered by
office, because inference on the coefficient itself rejects far too often, or never, when treated offices are larger or
smaller than the others (MacKinnon & Webb 2020, Journal of Econometrics 218(2), 435-450).

`randomise_changes` goes through every one of the C(G, G1) choices for a common start, by adding up five numbers an
office; `randomise_fit` draws choices for any design (staggered starts, covariates), recomputing the full regression's t
for each draw. Both count the actual choice, so p is never below 1 / choices and never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plass.evaluation.data.cells import NEVER, Cells, Floats, Ints
from plass.evaluation.errors import EvaluationError
from plass.evaluation.estimators.moments import moments
from plass.evaluation.inference.common_start import OfficeChanges
from plass.evaluation.study import Weighting

TIE = 1e-9
_BATCH = 200


@dataclass(frozen=True)
class Randomisation:
    """Randomisation inference. t: observed; p: two-sided by |t|; choices: how many were compared, `exact` where that
    is every possible one; smallest_p: what p cannot go below."""

    t: float
    p: float
    smallest_p: float
    choices: int
    exact: bool


def randomise_changes(
    changes: OfficeChanges, *, most: int = 20_000_000, draws: int = 99_999, seed: int = 0
) -> Randomisation:
    """Randomisation inference over which offices are treated, on offices' changes with a common start.

    Goes through all C(G, G1) choices when they are at most `most`, else through `draws` random ones. The statistic
    equals (up to a constant) the CRV1 t of the regression on rows with office effects and a before/after effect.
    """
    g, treated = len(changes.offices), int(changes.treated.sum())
    h = changes.weight / changes.weight.mean()
    # Centred so that the sums of squares below lose no digits.
    d = changes.change - np.average(changes.change, weights=h)
    office = np.stack([h, h * d, h * h, h * h * d, h * h * d * d])
    total = office.sum(axis=1)
    observed = float(_t_squared(office[:, changes.treated].sum(axis=1)[:, None], total)[0])
    # Choosing the comparison offices instead gives the same |t|: the smaller side is gone through.
    side = min(treated, g - treated)
    choices = math.comb(g, side)
    exact = choices <= most
    parts = _all_choices(office, side) if exact else _drawn_choices(office, side, draws, seed)
    bar = observed * (1 - TIE)
    count = sum(int(np.count_nonzero(_t_squared(sums, total) >= bar)) for sums in parts)
    # The actual choice is among them, and its mirror image where half are treated, whatever rounding does to a spread of
    # next to nothing.
    least = 2 if 2 * treated == g else 1
    p = max(count, least) / choices if exact else (1 + count) / (1 + draws)
    sign = math.copysign(1.0, changes.effect)
    floor = least / choices if exact else 1 / (1 + draws)
    return Randomisation(sign * math.sqrt(observed), p, floor, choices if exact else draws, exact)


def _t_squared(sums: Floats, total: Floats) -> Floats:
    """t squared of each choice. sums: (5, choices) of h, hd, hh, hhd, hhdd over the chosen; total: over all, (5,)."""
    unchosen = total[:, None] - sums
    mean1 = sums[1] / sums[0]
    mean0 = unchosen[1] / unchosen[0]
    variance = (sums[4] - mean1 * (2 * sums[3] - mean1 * sums[2])) / (sums[0] * sums[0])
    variance += (unchosen[4] - mean0 * (2 * unchosen[3] - mean0 * unchosen[2])) / (unchosen[0] * unchosen[0])
    difference = mean1 - mean0
    # No spread at all counts as as extreme as can be: the cautious side.
    floor = 1e-28 * total[4] / (total[0] * total[0])
    return np.asarray(difference * difference / np.maximum(variance, floor))


def _all_choices(office: Floats, size: int) -> Iterator[Floats]:
    """Sums over every choice of `size` offices, in blocks (5, choices).

    Choices without their last office are kept by the place of their largest office, so that the last office is added by
    broadcasting over a slice, without an index for each choice.
    """
    g = office.shape[1]
    if size == 0:
        return
    by_last: list[Floats] = [office[:, i : i + 1] for i in range(g)]
    if size == 1:
        yield office
        return
    for _ in range(size - 2):
        grown: list[list[Floats]] = [[] for _ in range(g)]
        for last, sums in enumerate(by_last):
            for following in range(last + 1, g):
                grown[following].append(sums + office[:, following : following + 1])
        by_last = [np.concatenate(parts, axis=1) if parts else np.zeros((5, 0)) for parts in grown]
    for last, sums in enumerate(by_last):
        added = office[:, last + 1 :]
        if not added.shape[1]:
            continue
        block = max(1, 100_000 // added.shape[1])
        for start in range(0, sums.shape[1], block):
            part = sums[:, start : start + block]
            yield (part[:, :, None] + added[:, None, :]).reshape(5, -1)


def _drawn_choices(office: Floats, size: int, draws: int, seed: int) -> Iterator[Floats]:
    generator = np.random.Generator(np.random.PCG64(seed))
    g = office.shape[1]
    for start in range(0, draws, 10_000):
        order = np.argsort(generator.random((min(10_000, draws - start), g)), axis=1, kind="stable")[:, :size]
        yield office[:, order].sum(axis=2)


def randomise_fit(
    cells: Cells,
    outcome: str,
    *,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    periods: npt.ArrayLike | None = None,
    draws: int = 4_999,
    seed: int = 0,
) -> Randomisation:
    """Randomisation inference on the CRV1 t of the two-way regression, starts exchanged among the offices.

    Every draw gives the offices' first treated periods to other offices, so the number treated and their starts stay.
    All distinct choices are used instead of draws where they are no more than `draws`.
    """
    cell_moments = moments(cells, outcome, {}, covariates=covariates, weighting=weighting, periods=periods)
    names = [cells.offices.index(name) for name in cell_moments.offices]
    first = cells.first_treated[names]
    # Summed by office and period once; a draw then needs products with these tables only.
    table, n = cell_moments.layout.totals_by_period(cell_moments.sums.w)
    table = table[:, :, cell_moments.kept] - cell_moments.mean[:, None, :] * n[:, :, None]
    _, y = cell_moments.layout.totals_by_period(cell_moments.sums.wy)
    y = y - n * (y.sum(axis=1) / cell_moments.weight)[:, None]
    inner: Floats = np.asarray(np.linalg.inv(cell_moments.total), dtype=np.float64)
    every = _distinct(first, draws)
    exact = every is not None
    starts = every if every is not None else _drawn_starts(first, draws, seed)
    batches = [first[None, :], *(starts[i : i + _BATCH] for i in range(0, len(starts), _BATCH))]
    t_values = [
        _fit_t(batch, table, n, y, inner, cell_moments.xx, cell_moments.xy, cell_moments.weight) for batch in batches
    ]
    observed, others = float(t_values[0][0]), np.concatenate(t_values[1:])
    count = int(np.count_nonzero(np.abs(others) >= abs(observed) * (1 - TIE)))
    size = len(others)
    scale = 1 / math.sqrt(_small_sample(len(names), cell_moments.rows, cell_moments.parameters + 1))
    if exact:
        return Randomisation(observed * scale, max(count, 1) / size, 1 / size, size, True)
    return Randomisation(observed * scale, (1 + count) / (1 + size), 1 / (1 + size), size, False)


def _small_sample(g: int, n: int, k: int) -> float:
    """fixest's CRV1 factor for g clusters, n rows and k parameters."""
    return g / (g - 1) * (n - 1) / (n - k)


def _fit_t(
    starts: Ints, table: Floats, n: Floats, y: Floats, inner: Floats, xx: Floats, xy: Floats, weight: Floats
) -> Floats:
    """t (without the small-sample factor) of the treatment for each row of starts, shape (draws,)."""
    d = (np.arange(n.shape[1])[None, None, :] >= starts[:, :, None]).astype(np.float64)
    dn = np.einsum("bgt,gt->bg", d, n)
    # Office means are taken out of the tables already, so d itself may stay as it is except in its own square.
    dd = dn - dn * dn / weight
    dy = np.einsum("bgt,gt->bg", d, y)
    dz = np.einsum("bgt,gtk->bgk", d, table, optimize=True)
    gamma = dz.sum(axis=1) @ inner
    plain = xy.sum(axis=0) @ inner
    left = dd.sum(axis=1) - np.einsum("bk,bk->b", gamma, dz.sum(axis=1))
    beta = (dy.sum(axis=1) - gamma @ xy.sum(axis=0)) / left
    eta = plain[None, :] - beta[:, None] * gamma
    own = dy - np.einsum("bgk,bk->bg", dz, eta) - beta[:, None] * dd
    others = xy[None] - np.einsum("gkl,bl->bgk", xx, eta, optimize=True) - beta[:, None, None] * dz
    score = own - np.einsum("bgk,bk->bg", others, gamma)
    error = np.sqrt((score * score).sum(axis=1)) / left
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 1e-10 * dd.sum(axis=1), beta / error, np.inf)


def _distinct(first: Ints, most: int) -> Ints | None:
    """Every distinct way of giving the starts to the offices, or None where there are more than `most`."""
    values, counts = np.unique(first, return_counts=True)
    ways = math.factorial(len(first))
    for count in counts.tolist():
        ways //= math.factorial(count)
    if ways > most:
        return None
    rows: list[list[int]] = [[]]
    for _ in range(len(first)):
        rows = [[*row, int(v)] for row in rows for v, c in zip(values, counts, strict=True) if row.count(int(v)) < c]
    return np.array(rows, dtype=np.int64)


def _drawn_starts(first: Ints, draws: int, seed: int) -> Ints:
    if not (first < NEVER).any():
        raise EvaluationError("No office is treated: there is nothing to exchange.")
    generator = np.random.Generator(np.random.PCG64(seed))
    order = np.argsort(generator.random((draws, len(first))), axis=1, kind="stable")
    return np.asarray(first[order])
