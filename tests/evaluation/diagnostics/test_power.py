"""The minimum detectable effect against the normal formula and its own definition."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.power import minimum_detectable_effect, placebo_effects


def test_with_normal_chance_it_is_the_textbook_formula() -> None:
    """(1.96 + 0.84) standard errors: Bloom (1995), Evaluation Review 19(5)."""
    placebos = norm.ppf((np.arange(200_000) + 0.5) / 200_000) * 3
    detectable = minimum_detectable_effect(placebos, counterfactual=23.8)
    exact = 3 * (norm.isf(0.025) + norm.isf(0.2))
    assert detectable.effect == pytest.approx(exact, rel=1e-3)
    assert detectable.per_cent == pytest.approx(100 * exact / 23.8, rel=1e-3)


def test_the_effect_is_found_as_often_as_promised_and_no_smaller_one_is() -> None:
    placebos = np.random.default_rng(1).standard_t(3, size=999) + 0.3
    detectable = minimum_detectable_effect(placebos, 1.0, alpha=0.1, power=0.7)
    assert np.mean(np.abs(placebos) >= detectable.critical) <= 0.1 + 1 / 999
    assert np.mean(placebos + detectable.effect >= detectable.critical - 1e-12) >= 0.7
    assert np.mean(placebos + detectable.effect - 0.01 >= detectable.critical) < 0.7 + 0.01


def test_too_few_placebos_see_nothing() -> None:
    detectable = minimum_detectable_effect(np.arange(10.0), 5.0)
    assert detectable.effect == np.inf == detectable.per_cent
    assert detectable.placebos == 10


def test_placebos_are_every_split_and_start_before_the_real_one() -> None:
    rng = np.random.default_rng(2)
    outcome, weight = rng.normal(size=(5, 7)), rng.uniform(1, 5, (5, 7))
    outcome[:2, 4:] += 1000
    panel = OfficePanel.of(outcome, [4, 4, None, None, None], weight)
    effects = placebo_effects(panel, before=2, after=1)
    expected = []
    for fake in (2, 3):
        change = outcome[:, fake] - np.average(outcome[:, fake - 2 : fake], axis=1, weights=weight[:, fake - 2 : fake])
        for group in combinations(range(5), 2):
            inside = np.isin(np.arange(5), group)
            expected.append(change[inside].mean() - change[~inside].mean())
    assert effects == pytest.approx(np.array(expected))
    assert np.abs(effects).max() < 10


def test_many_offices_are_drawn_the_same_each_time() -> None:
    panel = OfficePanel.of(np.random.default_rng(3).normal(size=(60, 6)), [4] * 5 + [None] * 55)
    first = placebo_effects(panel, draws=500)
    assert first.size == 500
    assert (first == placebo_effects(panel, draws=500)).all()
    assert first.std() == pytest.approx(np.sqrt(1 / 5 + 1 / 55), rel=0.2)


def test_a_past_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        placebo_effects(OfficePanel.of(np.zeros((4, 3)), [1, None, None, None]))
    with pytest.raises(ValueError, match="no chance effects"):
        minimum_detectable_effect([], 1.0)
