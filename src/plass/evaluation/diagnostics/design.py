"""The design card: how much the design can say before any outcome is seen.

Offices count less than their number when they differ in size or when few are treated. The effective number of clusters
and the partial leverage of each office show it; the smallest attainable p-value of each test says what the design could
show at all.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plass.evaluation.data.office_panel import Floats, OfficePanel, twoway_residual


@dataclass(frozen=True, slots=True, eq=False)
class ClusterInfluence:
    """How much each cluster bears on one coefficient.

    ``leverage`` sums to the number of columns, ``partial_leverage`` to 1; an even design has ``1 / clusters`` of the
    latter everywhere. ``effective`` is the effective number of clusters under independent errors within clusters,
    ``effective_correlated`` under errors that are the same for everybody in a cluster (``nan`` where cluster effects
    are in the design and take such errors out).
    """

    leverage: Floats
    partial_leverage: Floats
    effective: float
    effective_correlated: float


def cluster_influence(
    design: ArrayLike, cluster: ArrayLike, column: int = 0, weight: ArrayLike | None = None
) -> ClusterInfluence:
    """Leverage and effective number of clusters of one coefficient of a weighted regression.

    ``design`` (n, k) holds the columns, ``cluster`` (n,) any codes, ``weight`` (n,) the weights (persons in a cell
    count as so many equal rows). Raises ``ValueError`` where the columns are not independent.

    Sources: Carter, Schnepel & Steigerwald (2017), Review of Economics and Statistics 99(4), 698-709; MacKinnon,
    Nielsen & Webb (2023), Journal of Econometrics 232(2), 272-299, for leverage and partial leverage.
    """
    table = np.asarray(design, dtype=np.float64)
    _, codes = np.unique(np.asarray(cluster), return_inverse=True)
    weights = np.ones(table.shape[0]) if weight is None else np.asarray(weight, dtype=np.float64)
    clusters = int(codes.max()) + 1
    gram = table.T @ (weights[:, None] * table)
    if np.linalg.matrix_rank(gram, hermitian=True) < gram.shape[0]:
        raise ValueError("design: the columns are not independent of each other")
    inverse = np.linalg.inv(gram)
    row = np.einsum("ij,jk,ik->i", table, inverse, table)
    others = np.delete(table, column, axis=1)
    target = table[:, column]
    if others.shape[1]:
        weighted = weights[:, None] * others
        target = target - others @ np.linalg.solve(others.T @ weighted, weighted.T @ target)

    def by_cluster(values: Floats) -> Floats:
        return np.asarray(np.bincount(codes, values, clusters), dtype=np.float64)

    partial = by_cluster(weights * target**2)
    # a'(X'X)^-1 x_i is the residual column over its sum of squares.
    influence = target / float((weights * target**2).sum())
    independent = by_cluster(weights * influence**2)
    common = by_cluster(weights * influence) ** 2
    return ClusterInfluence(
        leverage=by_cluster(weights * row),
        partial_leverage=partial / partial.sum(),
        effective=_effective(independent),
        effective_correlated=_effective(common) if common.max() > 1e-16 * independent.max() else float("nan"),
    )


def _effective(variance: Floats) -> float:
    mean = variance.mean()
    return float(variance.size / (1 + ((variance - mean) ** 2).mean() / mean**2))


@dataclass(frozen=True, slots=True)
class SmallestP:
    """The smallest p-value that each test can reach with this many offices (two-sided)."""

    wild_bootstrap: float
    randomisation: float
    single_office: float


def smallest_p(offices: int, treated: int) -> SmallestP:
    """Smallest attainable p-values with ``treated`` of ``offices``.

    * wild cluster bootstrap with signs: ``1 / 2^(G-1)``, since a draw and its mirror have the same ``|t|``;
    * randomisation inference: ``1 / C(G, G1)``, and twice that where half are treated, because then the mirror image of
      the true assignment has the same ``|t|``;
    * a single treated office against the comparison offices: ``1 / (G - G1 + 1)``.

    Raises ``ValueError`` unless ``0 < treated < offices``.
    """
    if not 0 < treated < offices:
        raise ValueError("design: some offices, and not all of them, must be treated")
    mirror = 2 if 2 * treated == offices else 1
    return SmallestP(0.5 ** (offices - 1), mirror / comb(offices, treated), 1 / (offices - treated + 1))


@dataclass(frozen=True, slots=True, eq=False)
class DesignCard:
    """What a reader must know of the design before the first estimate.

    ``weight`` (offices,) is what each office weighs over all periods, ``office_leverage`` its partial leverage on the
    effect. ``cannot_reach`` names the tests that cannot reach ``alpha`` whatever the data show.
    """

    offices: int
    treated: int
    periods: int
    periods_before: int
    periods_after: int
    weight: Floats
    office_leverage: Floats
    effective_offices: float
    smallest: SmallestP
    alpha: float

    @property
    def cannot_reach(self) -> tuple[str, ...]:
        """The tests whose smallest attainable p-value is above ``alpha``."""
        values = (
            ("wild cluster bootstrap", self.smallest.wild_bootstrap),
            ("randomisation inference", self.smallest.randomisation),
            ("a single office", self.smallest.single_office),
        )
        return tuple(name for name, value in values if value > self.alpha)

    @property
    def treated_leverage(self) -> float:
        """The treated offices' share of the leverage; far from one half the ordinary errors are not to be trusted."""
        return float(self.office_leverage[: self.treated].sum())


def design_card(panel: OfficePanel, alpha: float = 0.05) -> DesignCard:
    """The card of a two-way difference in differences; office rows are ordered with the treated first.

    With staggered starts ``periods_before`` is counted to the earliest start and ``periods_after`` from the latest.
    Raises ``ValueError`` where nobody or everybody is treated, or the design leaves no comparison.
    """
    ever = panel.ever_treated
    smallest = smallest_p(panel.offices, int(ever.sum()))
    residual = twoway_residual(panel.treated.astype(np.float64), panel.weight)
    by_office: NDArray[np.float64] = (panel.weight * residual**2).sum(axis=1)
    if by_office.sum() <= 1e-12 * panel.weight.sum():
        raise ValueError("design: once offices and periods are taken out, no difference in treatment is left")
    order = np.argsort(~ever, kind="stable")
    return DesignCard(
        offices=panel.offices,
        treated=int(ever.sum()),
        periods=panel.periods,
        periods_before=min(panel.cohorts),
        periods_after=panel.periods - max(panel.cohorts),
        weight=panel.weight.sum(axis=1)[order],
        office_leverage=(by_office / by_office.sum())[order],
        effective_offices=_effective(by_office),
        smallest=smallest,
        alpha=alpha,
    )
