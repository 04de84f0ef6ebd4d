"""Selection: bounds by brute force, balancing by its own optimality, and the inflow's account on made mixes."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from plass.evaluation.diagnostics.selection import (
    Inflow,
    balance,
    hold_mix,
    lee_bounds,
    mix_shift,
    predicted_by_kind,
    referral_bounds,
    selection_account,
    spread_bounds,
    standardised_difference,
    trimmed_means,
)
from plass.evaluation.estimators.office_contrasts import change_contrasts, welch

START = [3] * 4 + [None] * 6


def inflow(seed: int, shift: float = 0.0, growth: float = 1.0) -> Inflow:
    """Two kinds, the second close to work; trial offices then take ``shift`` more of it, ``growth`` times as many."""
    rng = np.random.default_rng(seed)
    near = np.full((10, 6), 0.4)
    near[:4, 3:] += shift
    total = rng.integers(80, 120, (10, 6)).astype(float)
    total[:4, 3:] *= growth
    second = rng.binomial(total.astype(int), near)
    starts = np.array([6 if start is None else start for start in START])
    return Inflow(np.stack([total - second, second], axis=2).astype(float), starts)


def test_creaming_is_seen_and_its_share_of_the_effect_counted() -> None:
    """20 points more of a kind with 50 points better prospects: 10 points of any effect are the mix."""
    account = selection_account(inflow(1, shift=0.2), [0.2, 0.7], effect=0.1)
    assert account.predicted.difference == pytest.approx(0.10, abs=0.02)
    assert account.predicted.p_value < 0.001
    assert account.share_of_effect == pytest.approx(1, abs=0.2)
    assert account.mix.distance == pytest.approx(0.2, abs=0.04)
    assert account.mix.p_value == pytest.approx(1 / 210)
    assert account.referral_changed
    assert not account.volume.p_value < 0.05


def test_an_honest_inflow_is_left_in_peace_and_growth_is_seen() -> None:
    quiet = selection_account(inflow(4), [0.2, 0.7], effect=0.1)
    assert abs(quiet.share_of_effect) < 0.25
    assert not quiet.referral_changed
    grown = selection_account(inflow(4, growth=1.5), [0.2, 0.7], effect=0.1)
    assert grown.volume.difference == pytest.approx(np.log(1.5), abs=0.08)
    assert grown.referral_changed


def test_the_tests_of_the_inflow_keep_their_size() -> None:
    """300 honest inflows: at most about 5 % of mixes called different."""
    share = np.mean([mix_shift(inflow(seed)).p_value <= 0.05 for seed in range(300)])
    assert share <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_the_mixs_p_is_the_share_of_splits() -> None:
    cream = inflow(6, shift=0.02)
    before, after = cream.counts[:, :3].sum(axis=1), cream.counts[:, 3:].sum(axis=1)
    change = after[:, 1] / after.sum(axis=1) - before[:, 1] / before.sum(axis=1)
    gaps = []
    for group in combinations(range(10), 4):
        inside = np.isin(np.arange(10), group)
        gaps.append(abs(change[inside].mean() - change[~inside].mean()))
    test = mix_shift(cream)
    assert test.distance == pytest.approx(gaps[0])
    assert test.p_value == pytest.approx(np.mean(np.array(gaps) >= gaps[0] - 1e-12))
    assert test.p_value > 5 * test.smallest_p


def test_holding_the_mix_removes_what_the_mix_did() -> None:
    cream = inflow(3, shift=0.2)
    outcome = np.broadcast_to([0.2, 0.7], (10, 6, 2))
    held = hold_mix(outcome, cream)
    contrasts = {
        item.name: item.contrast.difference
        for item in change_contrasts({"raw": cream.scored([0.2, 0.7]), "held": held})
    }
    assert contrasts["raw"] == pytest.approx(0.1, abs=0.02)
    assert contrasts["held"] == pytest.approx(0, abs=1e-12)


def test_predictions_of_rare_kinds_lean_on_the_rest() -> None:
    predictions = predicted_by_kind([100, 1, 0], [30, 1, 0])
    assert predictions[2] == pytest.approx(31 / 101)
    assert 0.3 < predictions[1] < 0.7
    assert predictions[0] == pytest.approx(0.3, abs=0.001)
    with pytest.raises(ValueError, match="nobody"):
        predicted_by_kind([0], [0])


@given(st.integers(0, 10_000), st.floats(0, 0.95))
@settings(max_examples=40, deadline=None)
def test_trimming_is_the_worst_case(seed: int, share: float) -> None:
    """Against a linear programme: keep 1 - share of the weight so that the mean is least, or greatest."""
    rng = np.random.default_rng(seed)
    value, weight = np.round(rng.normal(size=12), 1), rng.uniform(0.1, 3, 12)
    low, high = trimmed_means(value, weight, share)
    kept_weight = (1 - share) * weight.sum()
    for sign, ours in ((1, low), (-1, high)):
        best = linprog(
            sign * value, A_eq=[np.ones(12)], b_eq=[kept_weight], bounds=[(0, w) for w in weight], method="highs"
        )
        assert ours == pytest.approx(sign * best.fun / kept_weight, abs=1e-8)


def test_lees_bounds_in_numbers() -> None:
    """Half observed among controls, 5/8 among treated: a fifth of the treated trimmed; yes or no, 60 % yes."""
    bounds = lee_bounds(([0, 1], [40, 60]), ([0, 1], [50, 50]), 0.625, 0.5)
    assert bounds.trimmed == pytest.approx(0.2)
    assert (bounds.lower, bounds.upper) == pytest.approx((0.5 - 0.5, 0.75 - 0.5))
    turned = lee_bounds(([0, 1], [50, 50]), ([0, 1], [40, 60]), 0.5, 0.625)
    assert (turned.lower, turned.upper) == pytest.approx((-0.25, 0.0))
    same = lee_bounds(([0, 1], [40, 60]), ([0, 1], [50, 50]), 0.5, 0.5)
    assert same.lower == same.upper == pytest.approx(0.1)


def test_bounds_hold_the_truth_when_extra_people_came() -> None:
    """A quarter more came, all sure of work: the naive change is biased, the bounds hold the true change of nil."""
    before, after = ([0, 1], [70, 30]), ([0, 1], [70, 30 + 25])
    bounds = referral_bounds(before, after, comparison_change=0.0, inflow_ratio=1.25)
    assert bounds.lower == pytest.approx(0.0)
    assert bounds.upper > 0.14
    assert bounds.trimmed == pytest.approx(0.2)
    fewer = referral_bounds(([0, 1], [70, 55]), ([0, 1], [70, 30]), 0.0, 0.8)
    assert fewer.upper == pytest.approx(0.0)
    assert fewer.trimmed == pytest.approx(0.2)
    assert referral_bounds(before, after, 0.05, 1.0).lower == pytest.approx(55 / 125 - 0.3 - 0.05)


def test_levels_before_and_standardised_changes() -> None:
    panel = inflow(5, shift=0.2).scored([0.0, 1.0])
    before = np.average(panel.outcome[:, :3], axis=1, weights=panel.weight[:, :3])
    assert balance(panel.outcome, panel).difference == pytest.approx(welch(before, panel.ever_treated).difference)
    assert standardised_difference(panel) > 3


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Inflow(np.full((2, 2, 1), -1.0), np.array([1, 2]))
    with pytest.raises(ValueError, match="share to trim"):
        trimmed_means([1.0], [1.0], 1.0)


def test_outer_bounds_hold_lees_and_meet_them_with_two_values() -> None:
    rng = np.random.default_rng(5)
    for ratio in (0.6, 0.9, 1.0, 1.3, 2.0):
        before, after = rng.gamma(0.7, 20, 400), rng.gamma(0.9, 20, 500)
        exact = referral_bounds((before, np.ones(400)), (after, np.ones(500)), 1.5, ratio)
        outer = spread_bounds((before.mean(), before.var()), (after.mean(), after.var()), 1.5, ratio)
        assert outer.lower - 1e-9 <= exact.lower <= exact.upper <= outer.upper + 1e-9
        assert outer.trimmed == exact.trimmed
        assert (outer.upper - outer.lower) == pytest.approx(0) if ratio == 1 else outer.lower < exact.lower
    # A quarter has the value 1 and a quarter is cut away: all of them, or none.
    values, ratio = np.array([1.0, 0.0]), 1 / 0.75
    exact = referral_bounds(([0.0], [1.0]), (values, np.array([25.0, 75.0])), 0.0, ratio)
    outer = spread_bounds((0.0, 0.0), (0.25, 0.1875), 0.0, ratio)
    assert outer.lower == pytest.approx(exact.lower) == pytest.approx(0.0)
