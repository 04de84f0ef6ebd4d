"""The smallest effect the design would have seen, from its own past.

Before the start nothing was done, so that every split of the offices and every made-up start gives an "effect" that is
pure chance, with the offices' own sizes, shocks and drifts in it. Their distribution gives the minimum detectable
effect without any model of the errors.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb, inf

import numpy as np
from numpy.typing import ArrayLike

from plass.evaluation.data.office_panel import Floats, Integers, OfficePanel
from plass.evaluation.estimators.office_contrasts import office_change

ENUMERATE_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class MinimumDetectableEffect:
    """The effect found with probability ``power`` by a two-sided test at ``alpha``.

    ``effect`` in units of the outcome (``inf`` where the placebo distribution is too short for ``alpha``), ``per_cent``
    the same in per cent of the counterfactual (``nan`` where that is not above 0), ``critical`` the size an estimate
    must have to be called an effect, ``placebos`` how many chance effects stand behind it.
    """

    effect: float
    per_cent: float
    critical: float
    placebos: int
    alpha: float
    power: float


def placebo_effects(
    panel: OfficePanel,
    before: int | None = None,
    after: int | None = None,
    draws: int = 2_000,
    seed: int = 20_130_401,
) -> Floats:
    """Chance effects in the periods before the first start, when no office was treated; (placebos,).

    For each made-up start that leaves ``before`` periods before and ``after`` after it (by default as much of both as
    the past allows: half each) and each split of the offices into as many "trial" offices as there are, the difference
    in mean changes. All splits where there are at most 20,000, else ``draws`` drawn with ``seed``. Mean changes are
    taken within offices first, so that every office counts alike.

    Raises ``ValueError`` with fewer than two periods before the start, or windows that do not fit.
    """
    if not panel.cohorts:
        raise ValueError("placebos: some offices, and not all of them, must be treated")
    start = min(panel.cohorts)
    earlier = max(1, start // 2) if before is None else before
    later = start - earlier if after is None else after
    if start < 2 or earlier < 1 or later < 1 or earlier + later > start:
        raise ValueError("placebos: the periods before the start are too few for these windows")
    count = int(panel.ever_treated.sum())
    groups, _ = office_splits(panel.offices, count, draws, seed)
    placebos = []
    for fake in range(earlier, start - later + 1):
        change = office_change(panel, slice(fake - earlier, fake), slice(fake, fake + later))
        if not np.isfinite(change).all():
            continue
        inside = change[groups].sum(axis=1)
        placebos.append(inside / count - (change.sum() - inside) / (panel.offices - count))
    if not placebos:
        raise ValueError("placebos: some office has no observations in every window before the start")
    return np.concatenate(placebos)


def office_splits(offices: int, treated: int, draws: int, seed: int) -> tuple[Integers, bool]:
    """Splits of the offices, (splits, treated): all of them where they are at most 20,000 (True), else draws (False).

    Raises ``ValueError`` unless ``0 < treated < offices``.
    """
    if not 0 < treated < offices:
        raise ValueError("placebos: some offices, and not all of them, must be treated")
    if comb(offices, treated) <= ENUMERATE_UP_TO:
        return np.array(list(combinations(range(offices), treated)), dtype=np.int64), True
    rng = np.random.default_rng(seed)
    return np.argsort(rng.random((draws, offices)), axis=1)[:, :treated].astype(np.int64), False


def minimum_detectable_effect(
    placebos: ArrayLike, counterfactual: float, alpha: float = 0.05, power: float = 0.8
) -> MinimumDetectableEffect:
    """The smallest effect above 0 found with probability ``power``.

    An estimate is called an effect where fewer than ``alpha`` of the placebos (counting itself) are as large in size;
    the effect is the shift that lifts the share ``power`` of placebos above that. ``counterfactual`` is the trial
    offices' outcome without the effect, in units of the outcome. Raises ``ValueError`` without placebos or for levels
    outside 0 to 1.
    """
    values = np.sort(np.asarray(placebos, dtype=np.float64))
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("minimum detectable effect: there are no chance effects to go by")
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError("minimum detectable effect: alpha and power must lie between 0 and 1")
    size = np.sort(np.abs(values))[::-1]
    allowed = int(np.floor(alpha * (values.size + 1) + 1e-9))
    if allowed < 1:
        return MinimumDetectableEffect(inf, inf, inf, int(values.size), alpha, power)
    critical = float(size[allowed - 1])
    # At least the share ``power`` of placebos must come to lie above the critical size.
    place = int(np.floor((1 - power) * values.size + 1e-9))
    effect = critical - float(values[min(place, values.size - 1)])
    per_cent = 100 * effect / counterfactual if counterfactual > 0 else float("nan")
    return MinimumDetectableEffect(effect, per_cent, critical, int(values.size), alpha, power)
