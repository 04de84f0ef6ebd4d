"""Cost for each extra outcome."""

import pytest

from plass.evaluation.estimators.cost import cost_per_extra_outcome


def test_a_known_cost_is_divided_by_the_effects_own_limits() -> None:
    """With a cost that is certain, the limits are the cost over the limits of the effect: 60,000 over 9.3 +/- 3.92."""
    found = cost_per_extra_outcome(60_000, 0.093, 0.02**2)
    assert found.defined
    assert found.reason == ""
    assert found.set.estimate == pytest.approx(645_161, abs=1)
    assert (found.set.lower, found.set.upper) == pytest.approx(
        (60_000 / found.effect_upper, 60_000 / found.effect_lower)
    )


def test_an_effect_that_may_be_nil_has_no_cost() -> None:
    found = cost_per_extra_outcome(60_000, 0.03, 0.02**2)
    assert not found.defined
    assert "holds zero" in found.reason
    assert not found.set.is_interval


def test_few_offices_need_a_wider_margin() -> None:
    assert cost_per_extra_outcome(60_000, 0.05, 0.02**2).defined
    assert not cost_per_extra_outcome(60_000, 0.05, 0.02**2, df=3).defined


def test_a_harmful_effect_is_not_sold_by_its_price() -> None:
    found = cost_per_extra_outcome(60_000, -0.1, 0.01**2)
    assert not found.defined
    assert "fewer outcomes" in found.reason


def test_an_uncertain_cost_widens_the_interval() -> None:
    certain, uncertain = (cost_per_extra_outcome(60_000, 0.1, 0.02**2, variance) for variance in (0.0, 2e8))
    assert uncertain.set.upper > certain.set.upper
    assert uncertain.set.lower < certain.set.lower
