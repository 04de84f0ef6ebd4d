"""Fieller's set against its definition and its coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plass.evaluation.estimators.ratio import FiellerKind, fieller

number = st.floats(-50, 50).filter(lambda value: abs(value) > 1e-3)
spread = st.floats(0.01, 20)


@given(
    a=number,
    b=number,
    sd_a=spread,
    sd_b=spread,
    rho=st.floats(-0.95, 0.95),
    critical=st.floats(0.5, 4),
)
def test_the_set_is_the_inverted_test(
    a: float, b: float, sd_a: float, sd_b: float, rho: float, critical: float
) -> None:
    """A ratio is in the set exactly where |a - r b| is within the critical value of its own standard error."""
    cov = rho * sd_a * sd_b
    ratio_set = fieller(a, b, sd_a**2, sd_b**2, cov, critical)
    for ratio in np.concatenate([np.tan(np.linspace(-1.55, 1.55, 101)), [a / b]]):
        slack = critical**2 * (sd_a**2 - 2 * ratio * cov + ratio**2 * sd_b**2) - (a - ratio * b) ** 2
        if abs(slack) > 1e-6 * (1 + a * a + (ratio * b) ** 2):
            assert (float(ratio) in ratio_set) == (slack > 0)


def test_a_certain_divisor_gives_the_ordinary_interval() -> None:
    ratio_set = fieller(6.0, 2.0, 4.0, 0.0, 0.0, 1.96)
    assert ratio_set.is_interval
    assert (ratio_set.lower, ratio_set.upper) == pytest.approx((3 - 1.96, 3 + 1.96))


def test_a_divisor_that_may_be_zero_gives_no_interval() -> None:
    assert fieller(5.0, 0.5, 1.0, 1.0, 0.0, 1.96).kind is FiellerKind.EXCLUSIVE
    whole = fieller(0.5, 0.5, 1.0, 1.0, 0.0, 1.96)
    assert whole.kind is FiellerKind.UNBOUNDED
    assert 1e9 in whole


def test_a_divisor_on_the_edge_gives_a_half_line() -> None:
    ratio_set = fieller(5.0, 2.0, 1.0, 1.0, 0.0, 2.0)
    assert ratio_set.kind is FiellerKind.EXCLUSIVE
    assert ratio_set.lower == -math.inf
    assert ratio_set.upper == pytest.approx(21 / 20)


def test_it_covers_at_the_nominal_rate() -> None:
    """95 % in 20,000 draws with a divisor only two standard errors from zero (Monte Carlo error 0.15 points)."""
    rng = np.random.default_rng(20260101)
    draws = rng.multivariate_normal([1.0, 2.0], [[1.0, 0.3], [0.3, 1.0]], size=20_000)
    covered = np.mean([0.5 in fieller(a, b, 1.0, 1.0, 0.3, 1.959964) for a, b in draws])
    assert covered == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1, -1, 1, 0, 2), "negative"),
        ((1, 1, 1, 1, 1.5, 2), "covariance"),
        ((1, 1, 1, 1, 0, 0), "critical"),
        ((math.nan, 1, 1, 1, 0, 2), "finite"),
    ],
)
def test_impossible_input_is_refused(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fieller(*arguments)
