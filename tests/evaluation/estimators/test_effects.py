"""The effect, pooled, by office, by cohort and over time, against independent ways to the same figures."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.errors import EvaluationError, NotIdentified
from plass.evaluation.estimators.effects import did, did_by_office, did_for
from plass.evaluation.estimators.event_studies import (
    bins_for_few_offices,
    even_bins,
    event_study,
    simultaneous_critical,
)
from plass.evaluation.estimators.group_time import group_time_effects
from plass.evaluation.estimators.regression import regress
from plass.evaluation.study import Specification
from tests.evaluation.designs import Made, designs, make

STEADY = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def exact(offices: int = 6, treated: int = 2) -> Cells:
    """Means without noise: level + period + 0.1 for treated; the counterfactual is known."""
    first = np.where(np.arange(offices) < treated, 4, NEVER)
    mean = 0.2 + 0.02 * np.arange(offices)[:, None] + 0.01 * np.arange(8)[None, :]
    return Cells.from_means(mean + 0.1 * (np.arange(8) >= first[:, None]), 100, first)


def test_points_and_per_cent_of_the_counterfactual() -> None:
    effect = did(exact(), "outcome")
    assert effect.value == pytest.approx(0.1)
    counterfactual = np.mean([0.2 + 0.02 * o + 0.01 * p for o in range(2) for p in range(4, 8)])
    assert effect.counterfactual == pytest.approx(counterfactual)
    assert effect.relative == pytest.approx(0.1 / counterfactual)
    assert effect.ratio is not None
    assert effect.relative in effect.ratio


@STEADY
@given(made=designs())
def test_the_ratio_set_is_the_jackknifes(made: Made) -> None:
    effect = did(made.cells, "y", covariates=made.covariates)
    shifted = []
    for office in made.cells.offices:
        without_office = made.cells.select(drop=[office])
        reduced = did(without_office, "y", covariates=made.covariates)
        shifted.append((reduced.value - effect.value, reduced.counterfactual - effect.counterfactual))
    g = len(shifted)
    moved = np.array(shifted)
    covariance = (g - 1) / g * moved.T @ moved
    assert effect.ratio is not None
    critical = stats.t.isf(0.025, g - 1)
    r = effect.ratio.lower
    if np.isfinite(r):
        spread = covariance[0, 0] - 2 * r * covariance[0, 1] + r * r * covariance[1, 1]
        away = effect.value - r * effect.counterfactual
        assert away**2 == pytest.approx(critical**2 * spread, rel=1e-5, abs=1e-12)
    np.testing.assert_allclose(effect.crv3.standard_error**2, covariance[0, 0], rtol=1e-7)


def test_a_single_treated_office_has_no_ratio_set_and_says_why() -> None:
    effect = did(exact(treated=1), "outcome")
    assert effect.ratio is None
    assert "single treated office" in effect.ratio_reason


def test_own_effects_are_each_office_against_the_comparison_offices_alone() -> None:
    made = make(6, offices=8, treated=3, covariates=1)
    effects = did_by_office(made.cells, "y", covariates=made.covariates)
    assert [effect.office for effect in effects] == ["0", "1", "2"]
    for effect in effects:
        rows = made.frame[(made.frame.office == int(effect.office)) | (made.frame.office >= 3)]
        expected = pf.feols("y ~ d + C(x0) | office + period", rows).coef()["d"]
        assert effect.value == pytest.approx(expected, rel=1e-8)
        treated_rows = rows[rows.d == 1]
        assert effect.counterfactual == pytest.approx(treated_rows.y.mean() - expected, rel=1e-8)
        assert effect.rows == (made.frame.office == int(effect.office)).sum()


def test_a_specification_is_run_as_it_is_written() -> None:
    made = make(5, covariates=1)
    spec = Specification("a", "y", "office", made.covariates, drop_offices=("7",))
    without_office = made.cells.select(drop=["7"])
    assert (
        did_for(made.cells, spec).value
        == did(without_office, "y", covariates=made.covariates, weighting="office").value
    )


@STEADY
@given(made=designs(staggered=True), weighting=st.sampled_from(["person", "office"]), late=st.booleans())
def test_group_time_effects_are_differences_of_means(made: Made, weighting: str, late: bool) -> None:
    comparison = "not_yet" if late else "never"
    effects = group_time_effects(made.cells, "y", weighting=weighting, comparison=comparison)  # type: ignore[arg-type]
    frame = made.frame.assign(first=made.cells.first_treated[made.frame.office])
    v = frame.w if weighting == "person" else frame.w / frame.groupby(["office", "period"]).w.transform("sum")
    frame = frame.assign(v=v)

    def mean(rows: pd.DataFrame, t: int) -> float:
        in_period = rows[rows.period == t]
        return float((in_period.v * in_period.y).sum() / in_period.v.sum())

    for g, t, effect in zip(effects.cohort, effects.period, effects.effect, strict=True):
        inside = frame[frame["first"] == g]
        outside = frame[frame["first"] != g]
        others = outside[outside["first"] > max(t, g - 1)] if late else outside[outside["first"] == NEVER]
        by_hand = mean(inside, t) - mean(inside, g - 1) - mean(others, t) + mean(others, g - 1)
        assert effect == pytest.approx(by_hand, rel=1e-9, abs=1e-11)


def balanced(seed: int, periods: int = 6) -> tuple[pd.DataFrame, Cells]:
    rng = np.random.default_rng(seed)
    first = np.array([2, 2, 3, 3, 3, *[NEVER] * 7])
    mean = rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.5, (12, periods)) + 0.5 * (np.arange(periods) >= first[:, None])
    cells = Cells.from_means(mean, 1, first, within=0)
    frame = pd.DataFrame({"office": cells.office, "period": cells.period, "y": cells.of("outcome").wy})
    frame["first"] = np.where(first < NEVER, first, 0)[frame.office]
    return frame, cells


def test_group_time_effects_equal_pyfixests_saturated_event_study() -> None:
    frame, cells = balanced(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saturated = pf.event_study(
            frame, yname="y", idname="office", tname="period", gname="first", estimator="saturated"
        )
        reference = saturated.aggregate(agg="period", weighting="shares")["Estimate"].astype(float)
    dynamic = group_time_effects(cells, "outcome").aggregate("dynamic")
    compared = 0
    for event, value in reference.items():
        at = np.flatnonzero(dynamic.at == int(float(event)))
        if len(at):
            assert dynamic.effect[at[0]] == pytest.approx(value, rel=1e-8)
            compared += 1
    assert compared >= 5


def test_influence_is_what_leaving_an_office_out_does_to_first_order() -> None:
    _, cells = balanced(4)
    simple = group_time_effects(cells, "outcome").aggregate("simple")
    never = [i for i, first in enumerate(cells.first_treated) if first == NEVER]
    for i in never:
        reduced = group_time_effects(cells.select(drop=[cells.offices[i]]), "outcome").aggregate("simple")
        # Exact for means: leaving one of n out moves a mean by -influence * n / (n - 1).
        moved = reduced.overall - simple.overall
        assert moved == pytest.approx(-simple.overall_influence[i] * len(never) / (len(never) - 1), rel=1e-8)
    assert simple.overall_influence.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["simple", "dynamic", "group", "calendar"])
def test_aggregations_are_the_averages_they_say(kind: str) -> None:
    _, cells = balanced(5)
    effects = group_time_effects(cells, "outcome")
    made = effects.aggregate(kind)  # type: ignore[arg-type]
    size = {2: 2, 3: 3}
    table = [(int(g), int(t), float(e)) for g, t, e in zip(effects.cohort, effects.period, effects.effect, strict=True)]
    after = [(g, t, e) for g, t, e in table if t >= g]
    if kind == "simple":
        expected = np.average([e for _, _, e in after], weights=[size[g] for g, _, _ in after])
    elif kind == "dynamic":
        by = {k: [(g, e) for g, t, e in after if t - g == k] for k in range(4)}
        expected = np.mean(
            [np.average([e for _, e in pairs], weights=[size[g] for g, _ in pairs]) for pairs in by.values()]
        )
    elif kind == "group":
        expected = np.average([np.mean([e for h, _, e in after if h == g]) for g in (2, 3)], weights=[2, 3])
    else:
        by = {k: [(g, e) for g, t, e in after if t == k] for k in range(2, 6)}
        expected = np.mean(
            [np.average([e for _, e in pairs], weights=[size[g] for g, _ in pairs]) for pairs in by.values()]
        )
    assert made.overall == pytest.approx(expected, rel=1e-10)
    assert made.estimate().standard_error > 0


@STEADY
@given(made=designs())
def test_the_event_study_equals_the_rows(made: Made) -> None:
    start = int(made.cells.first_treated.min())
    event_effects = event_study(made.cells, "y", covariates=made.covariates)
    treated = made.frame.office.isin([int(name) for name in made.cells.treated])
    frame = made.frame.copy()
    terms = []
    for low, _ in event_effects.bins:
        name = f"e{low}".replace("-", "m")
        frame[name] = (treated & (frame.period - start == low)).astype(float)
        terms.append(name)
    formula = f"y ~ {' + '.join(terms)} + C(period)" + "".join(f" + C({x})" for x in made.covariates) + " | office"
    reference = pf.feols(formula, frame, weights="w" if made.weighted else None)
    np.testing.assert_allclose(event_effects.effect, reference.coef()[terms], rtol=1e-7, atol=1e-9)
    assert event_effects.reference == (-1, -1)
    assert event_effects.pre == start - 1
    assert np.all(event_effects.band_low <= event_effects.low + 1e-12)
    assert np.all(event_effects.band_high >= event_effects.high - 1e-12)


def test_with_one_cohort_both_ways_to_an_event_study_agree() -> None:
    rng = np.random.default_rng(9)
    first = np.where(np.arange(9) < 3, 3, NEVER)
    cells = Cells.from_means(rng.normal(0, 1, (9, 6)), 10, first, within=10)
    event_effects = event_study(cells, "outcome")
    dynamic = group_time_effects(cells, "outcome").aggregate("dynamic")
    np.testing.assert_allclose(event_effects.effect, dynamic.effect, rtol=1e-9)
    treated = cells.first_treated < NEVER
    terms = {str(e): treated[:, None] & (np.arange(6) == 3 + e)[None, :] for e in (-3, -2, 0, 1, 2)}
    fit = regress(cells, "outcome", terms)
    np.testing.assert_allclose(fit.covariance("CRV1") / fit.small_sample * 9 / 8, dynamic.covariance, rtol=1e-8)


def test_bins_make_a_joint_test_possible_with_few_offices() -> None:
    rng = np.random.default_rng(2)
    first = np.where(np.arange(10) < 5, 15, NEVER)
    cells = Cells.from_means(rng.normal(0, 1, (10, 48)), 50, first, within=50)
    with pytest.raises(ValueError, match="not positive definite"):
        event_study(cells, "outcome").estimate()
    bins = bins_for_few_offices(cells)
    event_effects = event_study(cells, "outcome", bins=bins)
    assert event_effects.rank == len(event_effects.effect) <= 8
    assert event_effects.estimate().pre == event_effects.pre >= 1
    assert event_effects.reference[1] == -1
    staggered = cells.with_treatment(np.where(np.arange(10) < 5, 12 + np.arange(10), NEVER))
    joined = event_study(staggered, "outcome", bins=bins_for_few_offices(staggered))
    assert joined.method == "group-time"
    assert joined.pre >= 1


def test_bins_must_fit() -> None:
    cells = exact()
    assert even_bins(4, 4, 1, 2) == ((-4, -3), (-2, -1), (0, 1), (2, 3))
    with pytest.raises(EvaluationError, match="both sides"):
        event_study(cells, "outcome", bins=[(-4, -2), (-1, 0), (1, 3)])
    with pytest.raises(EvaluationError, match="every event time"):
        event_study(cells, "outcome", bins=[(-4, -2), (0, 3)])
    with pytest.raises(NotIdentified):
        event_study(cells.between(4, 7), "outcome")


def test_the_band_is_the_quantile_of_the_largest_of_several() -> None:
    # For independent normal coefficients the quantile is known: 1 - alpha = (2 Phi(c) - 1)^k.
    for k in (1, 4, 10):
        expected = stats.norm.ppf((1 + 0.95 ** (1 / k)) / 2)
        assert simultaneous_critical(np.eye(k), 1e7, 0.05, seed=1) == pytest.approx(expected, abs=0.03)
    together = np.ones((4, 4))
    assert simultaneous_critical(together, 1e7, 0.05, seed=1) == pytest.approx(1.96, abs=0.03)


def test_a_window_of_the_pre_period_is_a_placebo_study() -> None:
    cells = exact()
    placebo = cells.between(0, 3).with_treatment(np.where(np.arange(6) < 2, 2, NEVER))
    assert did(placebo, "outcome").value == pytest.approx(0, abs=1e-12)
    assert cells.between(0, 3).treated == ()
