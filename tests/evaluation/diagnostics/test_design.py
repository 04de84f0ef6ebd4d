"""The design card against the formulas written out with full matrices, and against enumeration."""

from itertools import combinations, product

import numpy as np
import pytest

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.design import cluster_influence, design_card, smallest_p


def test_effective_clusters_and_leverage_by_the_definition() -> None:
    """Carter, Schnepel & Steigerwald's Gamma with the error covariance written out."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(7), rng.integers(2, 30, 7))
    design = np.column_stack(
        [rng.normal(size=cluster.size) + cluster % 2, np.ones(cluster.size), rng.random(cluster.size)]
    )
    influence = cluster_influence(design, cluster, column=0)
    inverse = np.linalg.inv(design.T @ design)
    for correlation, ours in ((0.0, influence.effective), (1.0, influence.effective_correlated)):
        gamma = []
        for office in range(7):
            rows = design[cluster == office]
            omega = (1 - correlation) * np.eye(len(rows)) + correlation
            gamma.append((inverse @ rows.T @ omega @ rows @ inverse)[0, 0])
        gamma_array = np.array(gamma)
        assert ours == pytest.approx(7 / (1 + gamma_array.var() / gamma_array.mean() ** 2))
    hat = design @ inverse @ design.T
    assert influence.leverage == pytest.approx(np.bincount(cluster, np.diag(hat)))
    assert influence.leverage.sum() == pytest.approx(3)
    assert influence.partial_leverage.sum() == pytest.approx(1)


def test_cells_with_weights_are_rows() -> None:
    rng = np.random.default_rng(6)
    design, cluster = rng.normal(size=(12, 2)), np.repeat(np.arange(4), 3)
    count = rng.integers(1, 9, 12)
    cells = cluster_influence(design, cluster, weight=count)
    rows = cluster_influence(np.repeat(design, count, axis=0), np.repeat(cluster, count))
    assert cells.effective == pytest.approx(rows.effective)
    assert cells.effective_correlated == pytest.approx(rows.effective_correlated)
    assert cells.leverage == pytest.approx(rows.leverage)


def test_equal_clusters_count_fully_and_office_effects_absorb_common_errors() -> None:
    design = np.tile([[1.0], [-1.0]], (6, 1))
    influence = cluster_influence(design, np.repeat(np.arange(6), 2))
    assert influence.effective == pytest.approx(6)
    assert np.isnan(influence.effective_correlated)


def test_dependent_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="not independent"):
        cluster_influence(np.ones((4, 2)), [0, 0, 1, 1])


@pytest.mark.parametrize(("offices", "treated"), [(6, 3), (7, 2), (10, 5), (5, 1)])
def test_the_smallest_p_values_are_attained_and_not_undercut(offices: int, treated: int) -> None:
    """Every sign vector and assignment, on data in which the true one is the most extreme."""
    values = np.arange(offices, dtype=float) ** 2
    values[-treated:] += 1000
    centred = values - values.mean()
    reached = [abs(centred @ signs) for signs in product((-1.0, 1.0), repeat=offices)]
    observed = max(reached)
    wild = np.mean(np.array(reached) >= observed - 1e-9)
    assert smallest_p(offices, treated).wild_bootstrap == pytest.approx(wild)

    def gap(group: tuple[int, ...]) -> float:
        inside = np.zeros(offices, dtype=bool)
        inside[list(group)] = True
        return abs(float(values[inside].mean() - values[~inside].mean()))

    gaps = np.array([gap(group) for group in combinations(range(offices), treated)])
    share = np.mean(gaps >= gap(tuple(range(offices - treated, offices))) - 1e-9)
    assert smallest_p(offices, treated).randomisation == pytest.approx(share)


def test_five_of_ten_and_one_of_twentyseven() -> None:
    assert smallest_p(10, 5).randomisation == pytest.approx(2 / 252)
    assert smallest_p(27, 1).single_office == pytest.approx(1 / 27)
    for offices, treated in ((5, 5), (5, 0)):
        with pytest.raises(ValueError, match="must be treated"):
            smallest_p(offices, treated)


def test_the_card_of_a_design_with_one_treated_office() -> None:
    """One treated among six: half of all leverage is its own, and no single-office test can reach 5 %."""
    panel = OfficePanel.of(np.zeros((6, 8)), [None, None, 4, None, None, None])
    card = design_card(panel)
    assert (card.offices, card.treated, card.periods_before, card.periods_after) == (6, 1, 4, 4)
    assert card.office_leverage[0] == pytest.approx(5 / 6)
    assert card.treated_leverage == pytest.approx(5 / 6)
    assert card.effective_offices < 2
    assert card.cannot_reach == ("randomisation inference", "a single office")


def test_the_card_agrees_with_the_full_design_matrix() -> None:
    rng = np.random.default_rng(8)
    panel = OfficePanel.of(np.zeros((8, 5)), [2, 3, None, None, None, None, None, 2], rng.uniform(1, 40, (8, 5)))
    dummies = [panel.treated.ravel().astype(float)]
    dummies += [np.repeat(np.eye(8)[office], 5) for office in range(8)]
    dummies += [np.tile(np.eye(5)[period], 8) for period in range(1, 5)]
    full = cluster_influence(np.column_stack(dummies), np.repeat(np.arange(8), 5), 0, panel.weight.ravel())
    card = design_card(panel)
    order = [0, 1, 7, 2, 3, 4, 5, 6]
    assert card.office_leverage == pytest.approx(full.partial_leverage[order])
    assert card.effective_offices == pytest.approx(full.effective)


def test_everybody_treated_from_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="no difference"):
        design_card(OfficePanel.of(np.zeros((3, 4)), [0, 0, None]))
