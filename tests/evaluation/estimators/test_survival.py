"""Waiting times against lifelines, a published trial, and binomial arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from plass.evaluation.estimators.survival import (
    aalen_johansen,
    kaplan_meier,
    life_table,
    restricted_mean,
    restricted_mean_difference,
)

# Freireich et al. (1963), Blood 21(6): weeks in remission with 6-MP; + is censored.
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_leukaemia_trial_as_every_textbook_has_it() -> None:
    """Survival .857, .807, .753, .690, .627, .538, .448 with Greenwood's errors; median 23 weeks."""
    curve = kaplan_meier(life_table(REMISSION, RELAPSED))
    weeks = [6, 7, 10, 13, 16, 22, 23]
    assert [curve.at(week) for week in weeks] == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4
    )
    errors = [curve.standard_error[np.searchsorted(curve.time, week)] for week in weeks]
    assert errors == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-5)
    assert curve.median == 23
    assert curve.at(5.9) == 1


def cases(seed: int, size: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.ceil(rng.exponential(10, size)), rng.integers(0, 3, size)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_curve_limits_and_restricted_mean_are_lifelines(seed: int) -> None:
    duration, cause = cases(seed)
    ended = (cause > 0).astype(int)
    reference = KaplanMeierFitter().fit(duration, ended)
    ours = kaplan_meier(life_table(duration, ended))
    limits = reference.confidence_interval_
    assert ours.survival == pytest.approx(reference.survival_function_.iloc[1:, 0].to_numpy())
    shown = ours.survival < 1
    assert ours.lower[shown] == pytest.approx(limits.iloc[1:, 0].fillna(0).to_numpy()[shown])
    assert ours.upper[shown] == pytest.approx(limits.iloc[1:, 1].fillna(0).to_numpy()[shown])
    horizon = float(np.sort(duration)[-5])
    mean = restricted_mean(life_table(duration, ended), horizon)
    assert mean.mean == pytest.approx(restricted_mean_survival_time(reference, t=horizon))


def test_the_error_of_the_restricted_mean_is_that_of_draws() -> None:
    rng = np.random.default_rng(1)
    means, errors = [], []
    for _ in range(1500):
        duration, limit = rng.exponential(10, 60), rng.uniform(5, 40, 60)
        estimate = restricted_mean(life_table(np.minimum(duration, limit), duration <= limit), 12)
        means.append(estimate.mean)
        errors.append(estimate.standard_error)
    assert np.mean(means) == pytest.approx(10 * (1 - np.exp(-1.2)), abs=0.05)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.06)


def test_without_censoring_it_is_all_arithmetic() -> None:
    """Nobody censored: the curve is a share, the restricted mean a mean, the incidence and its error a binomial's."""
    duration, cause = cases(4)
    cause = np.where(cause == 0, 1, cause)
    table = life_table(duration, cause, causes=2)
    whole = restricted_mean(table, 15)
    assert whole.mean == pytest.approx(np.minimum(duration, 15).mean())
    assert whole.standard_error == pytest.approx(np.minimum(duration, 15).std() / np.sqrt(80))
    for time in (3, 8, 15):
        share = np.mean((duration <= time) & (cause == 2))
        incidence, error = aalen_johansen(table, 2).at(time)
        assert incidence == pytest.approx(share)
        assert error == pytest.approx(np.sqrt(share * (1 - share) / 80))
        assert kaplan_meier(table).at(time) == pytest.approx(np.mean(duration > time))


def test_incidence_is_lifelines_and_the_ways_of_ending_add_up() -> None:
    duration, cause = cases(6, 300)
    duration = duration + np.random.default_rng(7).permutation(300) * 1e-4
    table = life_table(duration, cause, causes=2)
    first, second = aalen_johansen(table, 1), aalen_johansen(table, 2)
    fitter = AalenJohansenFitter(calculate_variance=True).fit(duration, cause, event_of_interest=1)
    reference = fitter.cumulative_density_.iloc[:, 0]
    variance = fitter.variance_
    for time in (2.5, 6.5, 14.5):
        assert first.at(time)[0] == pytest.approx(float(reference[reference.index <= time].iloc[-1]), abs=1e-12)
        assert first.at(time)[1] == pytest.approx(np.sqrt(float(variance[variance.index <= time].iloc[-1])), rel=0.01)
    assert first.share + second.share + kaplan_meier(table).survival == pytest.approx(np.ones(table.time.size))


def test_weights_count_equal_cases() -> None:
    duration, cause = cases(8, 30)
    count = np.random.default_rng(9).integers(1, 5, 30)
    weighted = life_table(duration, cause, count, causes=2)
    repeated = life_table(np.repeat(duration, count), np.repeat(cause, count), causes=2)
    assert weighted.at_risk == pytest.approx(repeated.at_risk)
    assert restricted_mean(weighted, 5) == restricted_mean(repeated, 5)


def offices(rng: np.random.Generator, shock: float) -> dict[str, np.ndarray]:
    office = np.repeat(np.arange(12), 40)
    scale = np.exp(rng.normal(size=12) * shock)[office] * 10
    duration, limit = rng.exponential(scale), rng.uniform(12, 40, office.size)
    return {
        "duration": np.minimum(duration, limit),
        "cause": (duration <= limit).astype(int),
        "office": office,
        "trial": office < 5,
    }


def test_offices_that_differ_are_the_units_of_chance() -> None:
    """No effect but offices of their own speed: about 5 % found different; taking persons as independent many more."""
    rng = np.random.default_rng(10)
    ours, naive = 0, 0
    for _ in range(400):
        data = offices(rng, 0.5)
        contrast = restricted_mean_difference(**data, horizon=10)
        ours += contrast.p_value <= 0.05
        parts = [
            restricted_mean(life_table(data["duration"][side], data["cause"][side]), 10)
            for side in (data["trial"], ~data["trial"])
        ]
        assert contrast.difference == pytest.approx(parts[0].mean - parts[1].mean)
        naive += abs(contrast.difference) > 1.96 * np.hypot(parts[0].standard_error, parts[1].standard_error)
    assert ours / 400 == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))
    assert naive / 400 > 0.3


def test_with_a_before_the_change_is_compared() -> None:
    rng = np.random.default_rng(11)
    data = offices(rng, 0.5)
    after = rng.random(data["office"].size) < 0.5
    contrast = restricted_mean_difference(**data, horizon=10, after=after)
    cells = {
        (side, late): restricted_mean(
            life_table(
                data["duration"][(data["trial"] == side) & (after == late)],
                data["cause"][(data["trial"] == side) & (after == late)],
            ),
            10,
        ).mean
        for side in (True, False)
        for late in (True, False)
    }
    expected = cells[True, True] - cells[True, False] - cells[False, True] + cells[False, False]
    assert contrast.difference == pytest.approx(expected)
    assert contrast.lower < contrast.difference < contrast.upper


def test_what_cannot_be_known_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody is followed beyond 4"):
        restricted_mean(life_table([1, 2, 4], [1, 1, 0]), 5)
    assert restricted_mean(life_table([1, 2, 3], [1, 1, 1]), 5).mean == pytest.approx(2)
    with pytest.raises(ValueError, match="negative"):
        life_table([-1.0], [1])
    with pytest.raises(ValueError, match="way of ending"):
        life_table([1.0], [2])
    with pytest.raises(ValueError, match="both a trial"):
        restricted_mean_difference([1, 2], [1, 1], ["a", "a"], [True, False], 1)
