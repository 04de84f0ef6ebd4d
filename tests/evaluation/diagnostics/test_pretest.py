"""Pre-tests against scipy's multivariate normal, closed forms, draws, and Hotelling's own distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import chi2, multivariate_normal, norm, truncnorm, ttest_1samp

from plass.evaluation.diagnostics.pretest import (
    box_moments,
    joint_pretest,
    pretest_power,
    pretest_reach,
    slope_for_power,
)
from plass.evaluation.estimators.event_studies import EventStudyEstimate

SIGMA = 0.01 * (0.5 * np.eye(7) + 0.5)


def study(scale: float = 1.0) -> EventStudyEstimate:
    return EventStudyEstimate.of(np.zeros(7), SIGMA * scale, 4)


@given(st.integers(0, 10_000), st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_the_probability_of_a_box_is_scipys(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 2))
    sigma, mean = root @ root.T, rng.normal(size=size)
    width = rng.uniform(0.5, 2.5, size) * np.sqrt(np.diag(sigma))
    expected = multivariate_normal(mean, sigma, maxpts=100_000 * size, abseps=1e-6, releps=1e-6).cdf(
        width, lower_limit=-width
    )
    assert box_moments(mean, sigma, width).probability == pytest.approx(expected, abs=2e-4)


def test_the_mean_in_a_box_in_one_dimension_and_by_draws() -> None:
    moments = box_moments([0.7], [[4.0]], [1.5])
    low, high = (-1.5 - 0.7) / 2, (1.5 - 0.7) / 2
    assert moments.mean[0] == pytest.approx(truncnorm(low, high, loc=0.7, scale=2).mean(), abs=1e-5)
    mean, sigma = np.array([0.5, 1.0, -0.5]), np.array([[1, 0.6, 0.3], [0.6, 1, 0.6], [0.3, 0.6, 1]])
    draws = np.random.default_rng(1).multivariate_normal(mean, sigma, size=1_000_000)
    inside = draws[(np.abs(draws) <= 1.2).all(axis=1)]
    moments = box_moments(mean, sigma, np.full(3, 1.2))
    assert moments.probability == pytest.approx(len(inside) / len(draws), abs=1.5e-3)
    assert moments.mean == pytest.approx(inside.mean(axis=0), abs=3e-3)


def test_the_slope_with_one_pre_period_is_the_closed_form() -> None:
    estimate = EventStudyEstimate.of([0.0, 0.0], [[0.04, 0.01], [0.01, 0.09]], 1)
    margin = norm.isf(0.025)

    def seen(shift: float) -> float:
        return float(norm.cdf(-margin - shift) + norm.sf(margin - shift))

    for power in (0.5, 0.8):
        exact = 0.2 * brentq(lambda shift, power=power: seen(shift) - power, 0, 9)
        assert slope_for_power(estimate, power) == pytest.approx(exact, rel=1e-6)


def test_the_slope_has_the_power_asked_for() -> None:
    estimate = study()
    for power in (0.5, 0.8):
        slope = slope_for_power(estimate, power)
        assert pretest_power(estimate, slope).power == pytest.approx(power, abs=1e-8)
        draws = np.random.default_rng(2).multivariate_normal(slope * np.arange(-4, 0), SIGMA[:4, :4], size=200_000)
        seen = (np.abs(draws) > norm.isf(0.025) * 0.1).any(axis=1).mean()
        assert seen == pytest.approx(power, abs=4e-3)


def test_the_bias_given_a_pass_is_what_draws_show() -> None:
    """Roth's point: with errors correlated over time, passing makes the estimate worse than the divergence alone."""
    estimate = study()
    slope = slope_for_power(estimate, 0.5)
    power = pretest_power(estimate, slope)
    delta = slope * np.array([-4.0, -3, -2, -1, 1, 2, 3])
    draws = np.random.default_rng(3).multivariate_normal(delta, SIGMA, size=400_000)
    passed = draws[(np.abs(draws[:, :4]) <= norm.isf(0.025) * 0.1).all(axis=1)]
    assert power.bias_given_pass == pytest.approx(passed[:, 4:].mean(axis=0), abs=1.5e-3)
    assert (power.bias_given_pass > power.bias).all()
    assert power.target_bias_given_pass == pytest.approx(power.bias_given_pass.mean())
    assert power.bayes_factor == pytest.approx(0.5 / (1 - pretest_power(estimate, 0.0).power), abs=1e-6)


def test_the_reach_grows_with_the_noise() -> None:
    small, large = pretest_reach(study()), pretest_reach(study(4.0))
    assert large.half.slope == pytest.approx(2 * small.half.slope)
    assert small.four_fifths.slope > small.half.slope
    assert small.hides_more_than_noise is (abs(small.half.target_bias_given_pass) > small.conventional_half_width)


def test_binned_periods_have_their_own_times() -> None:
    estimate = EventStudyEstimate.of(np.zeros(3), 0.01 * np.eye(3), 2)
    assert slope_for_power(estimate, 0.5, times=[-12, -6, 6]) == pytest.approx(slope_for_power(estimate, 0.5) / 6)
    with pytest.raises(ValueError, match="below 0"):
        slope_for_power(estimate, 0.5, times=[-2, 1, 2])
    with pytest.raises(ValueError, match="size of the test"):
        slope_for_power(estimate, 0.01)


def test_one_pre_period_is_the_t_test() -> None:
    """Hotelling's test of one coefficient estimated by a mean over clusters is Student's."""
    values = np.random.default_rng(4).normal(size=9) + 0.4
    test = joint_pretest([values.mean()], [[values.var(ddof=1) / 9]], clusters=9)
    assert test.p_value == pytest.approx(ttest_1samp(values, 0).pvalue)


def test_the_joint_test_keeps_its_size_with_few_clusters_and_chi_square_does_not() -> None:
    """4,000 draws of eight clusters and three periods."""
    rng = np.random.default_rng(5)
    small, naive = 0, 0
    for values in rng.normal(size=(4000, 8, 3)):
        test = joint_pretest(values.mean(axis=0), np.cov(values.T) / 8, clusters=8)
        small += test.p_value <= 0.05
        naive += test.wald_p_value <= 0.05
    assert small / 4000 == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 4000))
    assert naive / 4000 > 0.15
    assert test.wald_p_value == pytest.approx(chi2.sf(test.wald, 3))


def test_too_many_periods_get_a_reason() -> None:
    values = np.random.default_rng(6).normal(size=(4, 6))
    test = joint_pretest(values.mean(axis=0), np.cov(values.T) / 4, clusters=4)
    assert not test.applies
    assert "bin" in test.reason
    assert np.isnan(test.p_value)
    assert "too few" in joint_pretest(np.zeros(5), np.eye(5), clusters=5).reason
