"""What a two-way fixed effects coefficient is made of when offices start at different times.

With staggered starts the coefficient also compares late offices with early ones that are treated already, and can give
some effects negative weight. Two accounts of that: Goodman-Bacon's decomposition into comparisons of two groups, and de
Chaisemartin and D'Haultfoeuille's weights on each office's effect in each period.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt

import numpy as np

from plass.evaluation.data.office_panel import Floats, OfficePanel, twoway_effect, twoway_residual


class ComparisonKind(StrEnum):
    """Who is compared with whom."""

    NEVER_TREATED = "treated with never treated"
    ALWAYS_TREATED = "later treated with always treated"
    NOT_YET_TREATED = "earlier treated with later, before the later start"
    ALREADY_TREATED = "later treated with earlier, after the earlier start"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One two-group difference in differences within the coefficient.

    ``treated`` and ``compared`` are starts (positions of periods; ``None`` is never). Weights over all comparisons sum
    to 1.
    """

    kind: ComparisonKind
    treated: int
    compared: int | None
    weight: float
    effect: float


@dataclass(frozen=True, slots=True)
class BaconDecomposition:
    """Goodman-Bacon's decomposition, or the reason why it does not apply (``reason``, with no comparisons).

    ``total`` is the weighted sum of the comparisons: the two-way coefficient when each office weighs the same in every
    period (its mean weight). ``coefficient`` is the two-way coefficient with the weights as they are; where the two
    differ, the weights of offices change over time.
    """

    comparisons: tuple[Comparison, ...]
    coefficient: float
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is a decomposition."""
        return not self.reason

    @property
    def total(self) -> float:
        """The sum of weight times effect; ``nan`` where the decomposition does not apply."""
        return sum(item.weight * item.effect for item in self.comparisons) if self.comparisons else float("nan")

    def weight_of(self, kind: ComparisonKind) -> float:
        """The total weight on one kind of comparison."""
        return sum(item.weight for item in self.comparisons if item.kind is kind)

    @property
    def forbidden_weight(self) -> float:
        """The weight on comparisons with offices that are treated already."""
        return self.weight_of(ComparisonKind.ALREADY_TREATED) + self.weight_of(ComparisonKind.ALWAYS_TREATED)


def goodman_bacon(panel: OfficePanel) -> BaconDecomposition:
    """Decompose the two-way fixed effects coefficient of ``panel``.

    Source: Goodman-Bacon (2021), Journal of Econometrics 225(2), 254-277, theorem 1, with offices' mean weights.
    """
    coefficient = twoway_effect(panel)
    cohorts = panel.cohorts
    if not cohorts:
        return BaconDecomposition((), coefficient, "no office is treated")
    never = ~panel.ever_treated
    if len(cohorts) == 1 and not never.any():
        return BaconDecomposition((), coefficient, "every office starts in the same period: there is nobody to compare")
    if len(cohorts) == 1:
        reason = (
            "single cohort: every treated office starts in the same period, so that the coefficient is one comparison "
            "with the never treated, with weight 1"
        )
        return BaconDecomposition((), coefficient, reason)
    if (panel.weight == 0).any():
        return BaconDecomposition((), coefficient, "some offices have no observations in some periods")

    weight = panel.weight.mean(axis=1)
    share = weight / weight.sum()
    groups = {start: panel.first_treated == start for start in cohorts}
    paths = {start: _path(panel, weight, member) for start, member in groups.items()}
    shares = {start: float(share[member].sum()) for start, member in groups.items()}
    exposure = {start: 1 - start / panel.periods for start in cohorts}
    residual = twoway_residual(panel.treated.astype(np.float64), np.repeat(weight[:, None], panel.periods, axis=1))
    variance = float((share[:, None] * residual**2).sum() / panel.periods)

    comparisons = []
    for start in cohorts:
        if never.any() and start > 0:
            size = shares[start] + float(share[never].sum())
            part = shares[start] / size
            spread = part * (1 - part) * exposure[start] * (1 - exposure[start])
            gap = paths[start] - _path(panel, weight, never)
            effect = float(gap[start:].mean() - gap[:start].mean())
            comparisons.append(
                Comparison(ComparisonKind.NEVER_TREATED, start, None, size**2 * spread / variance, effect)
            )
        for later in (other for other in cohorts if other > start):
            comparisons.extend(_pair(start, later, shares, exposure, paths, variance))
    return BaconDecomposition(tuple(comparisons), coefficient)


def _path(panel: OfficePanel, weight: Floats, member: np.ndarray) -> Floats:
    return np.asarray(np.average(panel.outcome[member], axis=0, weights=weight[member]), dtype=np.float64)


def _pair(
    early: int,
    late: int,
    shares: dict[int, float],
    exposure: dict[int, float],
    paths: dict[int, Floats],
    variance: float,
) -> list[Comparison]:
    """The two comparisons of an earlier and a later cohort."""
    size = shares[early] + shares[late]
    part = shares[early] / size
    long, short = exposure[early], exposure[late]
    gap = paths[early] - paths[late]
    comparisons = []
    if early > 0:
        spread = part * (1 - part) * (long - short) * (1 - long)
        effect = float(gap[early:late].mean() - gap[:early].mean())
        comparisons.append(Comparison(ComparisonKind.NOT_YET_TREATED, early, late, size**2 * spread / variance, effect))
    kind = ComparisonKind.ALREADY_TREATED if early > 0 else ComparisonKind.ALWAYS_TREATED
    spread = part * (1 - part) * short * (long - short)
    effect = float(gap[early:late].mean() - gap[late:].mean())
    comparisons.append(Comparison(kind, late, early, size**2 * spread / variance, effect))
    return comparisons


@dataclass(frozen=True, slots=True, eq=False)
class EffectWeights:
    """The weights with which a two-way coefficient adds up the effects of treated office-periods.

    ``weights`` (offices, periods) sum to 1 over treated cells, 0 elsewhere. ``negative_sum`` is at most 0,
    ``negative_share`` the share of treated cells whose weight is negative. ``sign_flip_sd`` is the smallest standard
    deviation of effects over treated cells with which the coefficient could be as it is although the average effect is
    0; ``opposite_sd`` the smallest with which every treated cell's effect could have the sign opposite to the
    coefficient's (``inf`` where no weight is negative: then it cannot).
    """

    weights: Floats
    coefficient: float
    cells: int
    negative_cells: int
    negative_sum: float
    sign_flip_sd: float
    opposite_sd: float

    @property
    def negative_share(self) -> float:
        """The share of treated cells with a negative weight."""
        return self.negative_cells / self.cells


def effect_weights(panel: OfficePanel) -> EffectWeights:
    """The weights on each treated cell's effect, under parallel trends, and how bad they could be.

    Raises ``ValueError`` where nothing is treated or the coefficient is not defined. Source: de Chaisemartin &
    D'Haultfoeuille (2020), American Economic Review 110(9), 2964-2996, theorem 1 and corollary 1.
    """
    coefficient = twoway_effect(panel)
    treated = panel.treated & (panel.weight > 0)
    if not treated.any() or not np.isfinite(coefficient):
        raise ValueError("weights of effects: the design leaves no comparison for the treated")
    residual = twoway_residual(panel.treated.astype(np.float64), panel.weight)
    raw = np.where(treated, panel.weight * residual, 0.0)
    weights = raw / raw.sum()

    mass = panel.weight[treated] / panel.weight[treated].sum()
    relative = weights[treated] / mass
    spread = sqrt(float(mass @ (relative - 1) ** 2))
    # Rounding leaves weights of exactly equal cells a hair apart.
    flip = abs(coefficient) / spread if spread > 1e-10 else inf
    negative = weights[treated] < -1e-12
    return EffectWeights(
        weights=weights,
        coefficient=coefficient,
        cells=int(treated.sum()),
        negative_cells=int(negative.sum()),
        negative_sum=float(weights[treated][negative].sum()),
        sign_flip_sd=flip,
        opposite_sd=_opposite_sd(coefficient, relative, mass) if negative.any() else inf,
    )


def _opposite_sd(coefficient: float, relative: Floats, mass: Floats) -> float:
    order = np.argsort(-relative, kind="stable")
    relative, mass = relative[order], mass[order]
    tail_mass = np.cumsum(mass[::-1])[::-1]
    tail_sum = np.cumsum((mass * relative)[::-1])[::-1]
    tail_square = np.cumsum((mass * relative**2)[::-1])[::-1]
    # The whole is never the tail that is meant: the mass outside it is 0 there.
    outside = 1 - tail_mass[1:]
    place = 1 + int(np.flatnonzero(relative[1:] < -tail_sum[1:] / outside)[0])
    spread = tail_square[place] + tail_sum[place] ** 2 / outside[place - 1]
    return abs(coefficient) / sqrt(float(spread))
