"""A single treated office: against brute force, exactness by permutation, and closed testing."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.estimators.few_treated import (
    FewTreatedMethod,
    holm,
    office_effect,
    office_effects,
    variance_model,
)


def brute_p(change: float, others: np.ndarray, scale: np.ndarray, effect: float) -> float:
    """The definition: everybody's distance from the common mean, over its standard deviation; first is the treated."""
    values = np.concatenate([[change - effect], others])
    statistic = np.abs(values - values.mean()) / scale
    return float(np.mean(statistic >= statistic[0] - 1e-12))


@given(st.integers(0, 10_000), st.integers(3, 40), st.sampled_from(list(FewTreatedMethod)))
@settings(max_examples=40, deadline=None)
def test_p_and_interval_are_the_inverted_test(seed: int, controls: int, method: FewTreatedMethod) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0.001, 0.05, controls)
    others = rng.normal(size=controls) * np.sqrt(0.2 + 40 * sizes)
    change, size = float(rng.normal() * 2), 0.02
    effect = office_effect(change, others, size, sizes, method, alpha=0.2)
    scale = np.ones(controls + 1)
    if method is FewTreatedMethod.FERMAN_PINTO:
        model = variance_model(others, sizes)
        scale = np.sqrt(model.of(np.concatenate([[size], sizes])))
    assert effect.effect == pytest.approx(change - others.mean())
    assert effect.p_value == pytest.approx(brute_p(change, others, scale, 0.0))
    assert effect.p_value >= effect.smallest_p > 0
    for trial in np.linspace(effect.effect - 12, effect.effect + 12, 241):
        inside = effect.lower < trial < effect.upper
        near = min(abs(trial - effect.lower), abs(trial - effect.upper)) < 1e-6
        if not near:
            assert inside == (brute_p(change, others, scale, float(trial)) > 0.2)


def test_too_few_controls_give_the_whole_line() -> None:
    """With five comparison offices the smallest p is 1/6: no 95 % interval exists, however large the change."""
    effect = office_effect(1000.0, [1.0, 2.0, 0.0, -1.0, 0.5])
    assert (effect.lower, effect.upper) == (-np.inf, np.inf)
    assert effect.p_value == pytest.approx(1 / 6) == effect.smallest_p


def test_the_p_value_is_exact_when_offices_are_exchangeable() -> None:
    """Each of the 12 offices in turn as the treated one: exactly k of 12 have p <= k/12, whatever the values."""
    values = np.random.default_rng(3).standard_cauchy(12)
    p_values = [
        office_effect(values[i], np.delete(values, i), method=FewTreatedMethod.CONLEY_TABER).p_value for i in range(12)
    ]
    assert sorted(p_values) == pytest.approx(np.arange(1, 13) / 12)


def test_a_small_office_is_judged_by_small_offices() -> None:
    """Ferman-Pinto's point: a change that is large for a big office is nothing special in a small one."""
    rng = np.random.default_rng(12)
    sizes = np.repeat([0.001, 0.1], 20)
    others = rng.normal(size=40) * np.sqrt(sizes * 10)
    small = office_effect(0.9, others, 0.1, sizes)
    big = office_effect(0.9, others, 0.001, sizes)
    assert small.p_value > 0.1
    assert big.p_value == pytest.approx(1 / 41)
    plain = [office_effect(0.9, others, size, sizes, FewTreatedMethod.CONLEY_TABER).p_value for size in (0.1, 0.001)]
    assert plain[0] == plain[1]


def test_the_variance_model_finds_its_parts() -> None:
    rng = np.random.default_rng(4)
    sizes = rng.uniform(0.001, 0.1, 40_000)
    changes = rng.normal(size=40_000) * np.sqrt(0.02 + 0.5 * sizes)
    model = variance_model(changes, sizes)
    assert (model.common, model.person) == pytest.approx((0.02, 0.5), rel=0.05)
    known = variance_model(changes, sizes, person_variance=0.5)
    assert known.common == pytest.approx(0.02, rel=0.03)
    assert known.person == 0.5
    level = variance_model([1.0, 2.0, 4.0], [0.1, 0.1, 0.1])
    assert level.person == 0
    assert level.common == pytest.approx(np.var([1.0, 2.0, 4.0], ddof=1))


def test_the_offices_of_a_panel() -> None:
    rng = np.random.default_rng(5)
    outcome, weight = rng.normal(size=(9, 6)), rng.uniform(10, 60, size=(9, 6))
    panel = OfficePanel.of(outcome, [3, None, 3, None, None, None, None, None, None], weight)
    change = np.average(outcome[:, 3:], axis=1, weights=weight[:, 3:]) - np.average(
        outcome[:, :3], axis=1, weights=weight[:, :3]
    )
    effects = office_effects(panel)
    control = [1, 3, 4, 5, 6, 7, 8]
    assert [item.effect for item in effects] == pytest.approx(
        [change[0] - change[control].mean(), change[2] - change[control].mean()]
    )


def test_a_panel_with_a_hole_is_refused() -> None:
    weight = np.ones((3, 4))
    weight[1, 2:] = 0
    with pytest.raises(ValueError, match="no observations"):
        office_effects(OfficePanel.of(np.zeros((3, 4)), [2, None, None], weight))


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=7))
def test_holm_is_the_closed_bonferroni_test(values: list[float]) -> None:
    """An office's adjusted p is the largest Bonferroni p over all groups of offices that it belongs to."""
    places = range(len(values))
    groups = [group for size in range(1, len(values) + 1) for group in combinations(places, size)]
    closed = [max(min(1.0, len(g) * min(values[j] for j in g)) for g in groups if i in g) for i in places]
    assert holm(values) == pytest.approx(closed)


def test_without_variation_nothing_can_be_said() -> None:
    with pytest.raises(ValueError, match="exactly the same"):
        office_effect(1.0, [2.0, 2.0, 2.0])
