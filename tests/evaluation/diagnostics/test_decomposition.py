"""Goodman-Bacon and de Chaisemartin-D'Haultfoeuille against regressions on the rows and a general optimiser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from plass.evaluation.data.office_panel import OfficePanel, twoway_effect
from plass.evaluation.diagnostics.decomposition import ComparisonKind, effect_weights, goodman_bacon


def regression(panel: OfficePanel) -> float:
    """The two-way coefficient by least squares with a column for every office and period."""
    rows, outcomes, weights = [], [], []
    for office in range(panel.offices):
        for period in range(panel.periods):
            if panel.weight[office, period] > 0:
                row = np.zeros(1 + panel.offices + panel.periods)
                row[0] = panel.treated[office, period]
                row[1 + office] = row[1 + panel.offices + period] = 1
                rows.append(row)
                outcomes.append(panel.outcome[office, period])
                weights.append(np.sqrt(panel.weight[office, period]))
    scale = np.array(weights)
    return float(np.linalg.lstsq(np.array(rows) * scale[:, None], np.array(outcomes) * scale, rcond=None)[0][0])


def staggered(seed: int, always: bool = False, never: bool = True) -> OfficePanel:
    rng = np.random.default_rng(seed)
    starts: list[int | None] = [int(start) for start in rng.integers(1, 8, size=7)] + [2, 5]
    starts += [None, None] if never else []
    starts += [0] if always else []
    weight = np.repeat(rng.uniform(5, 50, size=(len(starts), 1)), 8, axis=1)
    return OfficePanel.of(rng.normal(size=(len(starts), 8)), starts, weight)


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_comparisons_add_up_to_the_regression(seed: int, always: bool, never: bool) -> None:
    panel = staggered(seed, always, never)
    decomposition = goodman_bacon(panel)
    assert sum(item.weight for item in decomposition.comparisons) == pytest.approx(1, abs=1e-10)
    assert min(item.weight for item in decomposition.comparisons) > 0
    assert decomposition.total == pytest.approx(regression(panel), abs=1e-10)
    assert decomposition.coefficient == pytest.approx(decomposition.total, abs=1e-10)


def test_each_comparison_is_its_own_regression() -> None:
    panel = staggered(4)
    for item in goodman_bacon(panel).comparisons:
        never = panel.periods if item.compared is None else item.compared
        pair = panel.keep((panel.first_treated == item.treated) | (panel.first_treated == never))
        if item.kind is ComparisonKind.NOT_YET_TREATED:
            pair = pair.between(0, never)
        if item.kind is ComparisonKind.ALREADY_TREATED:
            window = pair.between(never, pair.periods)
            late = np.where(pair.first_treated == item.treated, item.treated - never, window.periods)
            pair = OfficePanel(window.outcome, window.weight, late)
        assert item.effect == pytest.approx(regression(pair), abs=1e-10)


def test_a_single_cohort_gets_a_reason_and_not_a_blank() -> None:
    panel = OfficePanel.of(np.random.default_rng(1).normal(size=(6, 4)), [2, 2, None, None, None, None])
    decomposition = goodman_bacon(panel)
    assert not decomposition.applies
    assert decomposition.reason.startswith("single cohort")
    assert not decomposition.comparisons
    assert decomposition.coefficient == pytest.approx(regression(panel))


def test_weights_that_change_over_time_show_as_a_difference() -> None:
    panel = staggered(9)
    weight = panel.weight * np.linspace(0.2, 2, 8)[None, :] ** np.arange(panel.offices)[:, None]
    decomposition = goodman_bacon(OfficePanel(panel.outcome, weight, panel.first_treated))
    assert decomposition.coefficient == pytest.approx(
        regression(OfficePanel(panel.outcome, weight, panel.first_treated))
    )
    assert abs(decomposition.total - decomposition.coefficient) > 1e-6


def test_missing_cells_are_named() -> None:
    panel = staggered(2)
    weight = panel.weight.copy()
    weight[0, 0] = 0
    decomposition = goodman_bacon(OfficePanel(panel.outcome, weight, panel.first_treated))
    assert "no observations" in decomposition.reason


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_coefficient_is_the_weighted_sum_of_effects(seed: int) -> None:
    """Without noise, whatever the weights and gaps: outcome = office + period + effect where treated."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(1, 9, size=9)
    starts[:2] = (3, 6)
    weight = rng.uniform(1, 30, size=(9, 7)) * (rng.random((9, 7)) > 0.1)
    effect = rng.normal(size=(9, 7))
    base = OfficePanel(np.zeros((9, 7)), weight, starts)
    panel = base.with_outcome(rng.normal(size=(9, 1)) + rng.normal(size=7) + effect * base.treated)
    effect_weighting = effect_weights(panel)
    assert effect_weighting.weights.sum() == pytest.approx(1)
    assert effect_weighting.coefficient == pytest.approx((effect_weighting.weights * effect).sum(), abs=1e-8)
    assert effect_weighting.coefficient == pytest.approx(regression(panel), abs=1e-8)


def negative_design() -> OfficePanel:
    """Theorem 1's own example: one office early, one late, three periods."""
    return OfficePanel.of([[0.0, 1.0, 4.0], [0.0, 0.0, 1.0]], [1, 2])


def test_the_textbook_example_of_a_negative_weight() -> None:
    """De Chaisemartin & D'Haultfoeuille (2020), section I: weights 1/2, 1 and -1/2."""
    effect_weighting = effect_weights(negative_design())
    assert effect_weighting.weights[0] == pytest.approx([0, 1, -0.5])
    assert effect_weighting.weights[1] == pytest.approx([0, 0, 0.5])
    assert (effect_weighting.negative_cells, effect_weighting.cells, effect_weighting.negative_sum) == (
        1,
        3,
        pytest.approx(-0.5),
    )


def test_the_two_standard_deviations_are_the_least_possible() -> None:
    """Against a general optimiser over the effects of the treated cells."""
    panel = staggered(21)
    effect_weighting = effect_weights(panel)
    treated = panel.treated
    weights, mass = effect_weighting.weights[treated], panel.weight[treated] / panel.weight[treated].sum()
    assert effect_weighting.negative_cells > 0

    def spread(effects: np.ndarray) -> float:
        return float(mass @ (effects - mass @ effects) ** 2)

    reach = {"type": "eq", "fun": lambda effects: weights @ effects - effect_weighting.coefficient}
    nil = {"type": "eq", "fun": lambda effects: mass @ effects}
    start = np.zeros(weights.size)
    options = {"maxiter": 2000, "ftol": 1e-14}
    flip = minimize(spread, start, constraints=[reach, nil], method="SLSQP", options=options)
    assert effect_weighting.sign_flip_sd == pytest.approx(np.sqrt(flip.fun), rel=1e-4)
    side = -np.sign(effect_weighting.coefficient)
    opposite = minimize(
        spread,
        start,
        constraints=[reach],
        bounds=[(0, None) if side > 0 else (None, 0)] * weights.size,
        method="SLSQP",
        options=options,
    )
    assert effect_weighting.opposite_sd == pytest.approx(np.sqrt(opposite.fun), rel=1e-3)


def test_a_balanced_single_cohort_weighs_every_effect_alike() -> None:
    panel = OfficePanel.of(np.arange(12.0).reshape(3, 4) ** 2, [2, None, None])
    effect_weighting = effect_weights(panel)
    assert effect_weighting.negative_cells == 0
    assert effect_weighting.sign_flip_sd == float("inf")
    assert effect_weighting.opposite_sd == float("inf")
    assert twoway_effect(panel) == pytest.approx(regression(panel))
