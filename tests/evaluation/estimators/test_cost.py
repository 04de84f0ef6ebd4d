"""Cost for each extra outcome."""

import pytest

from plass.evaluation.estimators.cost import cost_per_extra_outcome


def test_a_known_cost_is_divided_by_the_effects_own_limits() -> None:
    """With a cost that is certain, the limits are the cost over the limits of the effect: 60,000 over 9.3 +/- 3.92."""
    cost = cost_per_extra_outcome(60_000, 0.093, 0.02**2)
    assert cost.defined
    assert cost.reason == ""
    assert cost.set.estimate == pytest.approx(645_161, abs=1)
    assert (cost.set.lower, cost.set.upper) == pytest.approx((60_000 / cost.effect_upper, 60_000 / cost.effect_lower))


def test_an_effect_that_may_be_nil_has_no_cost() -> None:
    cost = cost_per_extra_outcome(60_000, 0.03, 0.02**2)
    assert not cost.defined
    assert "holds zero" in cost.reason
    assert not cost.set.is_interval


def test_few_offices_need_a_wider_margin() -> None:
    assert cost_per_extra_outcome(60_000, 0.05, 0.02**2).defined
    assert not cost_per_extra_outcome(60_000, 0.05, 0.02**2, df=3).defined


def test_a_harmful_effect_is_not_sold_by_its_price() -> None:
    cost = cost_per_extra_outcome(60_000, -0.1, 0.01**2)
    assert not cost.defined
    assert "fewer outcomes" in cost.reason


def test_an_uncertain_cost_widens_the_interval() -> None:
    certain, uncertain = (cost_per_extra_outcome(60_000, 0.1, 0.02**2, variance) for variance in (0.0, 2e8))
    assert uncertain.set.upper > certain.set.upper
    assert uncertain.set.lower < certain.set.lower
