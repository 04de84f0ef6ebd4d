"""Offices' changes, their tests, and randomisation inference over every choice of treated offices."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.errors import NotIdentified
from plass.evaluation.estimators.regression import regress
from plass.evaluation.inference.common_start import OfficeChanges, donald_lang, office_changes, welch
from plass.evaluation.inference.randomisation import _drawn_starts, randomise_changes, randomise_fit
from tests.evaluation.designs import Made, designs, make

STEADY = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def changes(seed: int, offices: int, treated: int, equal: bool = False) -> OfficeChanges:
    rng = np.random.default_rng(seed)
    weight = np.ones(offices) if equal else rng.uniform(1, 20, offices)
    places = rng.permutation(offices)
    names = tuple(str(i) for i in range(offices))
    return OfficeChanges(
        names, np.zeros(offices), rng.normal(0.2, 1, offices), weight, weight, np.asarray(places < treated)
    )


@STEADY
@given(made=designs())
def test_changes_weighted_by_rows_are_the_regression_on_rows(made: Made) -> None:
    by_office = office_changes(made.cells, "y")
    start = int(made.cells.first_treated.min())
    after = (np.arange(made.cells.treatment.shape[1]) >= start).astype(int)
    fit = regress(made.cells, "y", {"d": made.treatment}, periods=after)
    assert by_office.effect == pytest.approx(fit.value("d"), rel=1e-9, abs=1e-12)
    ri = randomise_changes(by_office)
    assert ri.t / math.sqrt(fit.small_sample) == pytest.approx(fit.estimate("d").t / 1.0, rel=1e-8)


@given(seed=st.integers(0, 10_000), treated=st.integers(2, 6))
@STEADY
def test_welch_with_equal_weights_is_the_textbook_test(seed: int, treated: int) -> None:
    made = changes(seed, 9, treated, equal=True)
    expected = stats.ttest_ind(made.change[made.treated], made.change[~made.treated], equal_var=False)
    contrast = welch(made)
    low, high = expected.confidence_interval(0.95)
    np.testing.assert_allclose(
        [contrast.t, contrast.p, contrast.df], [expected.statistic, expected.pvalue, expected.df], rtol=1e-10
    )
    np.testing.assert_allclose([contrast.low, contrast.high], [low, high], rtol=1e-10)


def test_weighted_welch_is_unbiased_where_offices_vary_alike() -> None:
    rng = np.random.default_rng(1)
    made = changes(3, 12, 5)
    errors, estimates = [], []
    for _ in range(2500):
        drawn = OfficeChanges(made.offices, made.before, rng.normal(0, 1, 12), made.weight, made.rows, made.treated)
        estimates.append(drawn.effect)
        errors.append(welch(drawn).standard_error ** 2)
    assert np.mean(errors) == pytest.approx(np.var(estimates), rel=0.06)


@given(seed=st.integers(0, 10_000), treated=st.integers(1, 7))
@STEADY
def test_donald_lang_is_weighted_least_squares_on_the_changes(seed: int, treated: int) -> None:
    made = changes(seed, 8, treated)
    expected = sm.WLS(made.change, sm.add_constant(made.treated.astype(float)), weights=made.weight).fit()
    contrast = donald_lang(made)
    np.testing.assert_allclose(
        [contrast.value, contrast.t, contrast.p], [expected.params[1], expected.tvalues[1], expected.pvalues[1]]
    )


def test_a_group_of_one_has_no_welch_and_says_why() -> None:
    assert "single office" in welch(changes(1, 8, 1)).reason
    assert math.isnan(welch(changes(1, 8, 1)).p)


@given(seed=st.integers(0, 10_000), offices=st.integers(4, 9), data=st.data(), equal=st.booleans())
@STEADY
def test_every_choice_is_gone_through(seed: int, offices: int, data: st.DataObject, equal: bool) -> None:
    treated = data.draw(st.integers(1, offices - 1))
    made = changes(seed, offices, treated, equal)

    def t(chosen: np.ndarray) -> float:
        variance = 0.0
        means = []
        for group in (chosen, ~chosen):
            h, d = made.weight[group], made.change[group]
            means.append(h @ d / h.sum())
            variance += float((h**2) @ (d - means[-1]) ** 2) / h.sum() ** 2
        return abs(means[0] - means[1]) / math.sqrt(max(variance, 1e-300))

    observed = t(made.treated)
    every = []
    for chosen in itertools.combinations(range(offices), treated):
        mask = np.zeros(offices, dtype=bool)
        mask[list(chosen)] = True
        every.append(t(mask))
    test = randomise_changes(made)
    assert test.exact
    assert test.choices == len(every) == math.comb(offices, treated)
    assert test.p == sum(statistic >= observed * (1 - 1e-9) for statistic in every) / len(every)
    assert test.p >= test.smallest_p == (2 if 2 * treated == offices else 1) / len(every)


def test_five_of_sixty_takes_about_a_second_at_most() -> None:
    made = changes(2, 60, 5)
    started = time.process_time()
    test = randomise_changes(made)
    # A third of a second alone; the bound leaves room for a busy machine.
    assert time.process_time() - started < 5
    assert test.choices == 5_461_512
    drawn = randomise_changes(made, most=1, draws=20_000, seed=4)
    assert drawn.p == pytest.approx(test.p, abs=0.02)
    assert drawn == randomise_changes(made, most=1, draws=20_000, seed=4)


def test_p_is_uniform_when_nothing_happens() -> None:
    rng = np.random.default_rng(6)
    p = []
    for _ in range(400):
        weight = rng.uniform(1, 5, 12)
        treated = rng.permutation(12) < 4
        p.append(
            randomise_changes(
                OfficeChanges(tuple("abcdefghijkl"), np.zeros(12), rng.normal(0, 1, 12), weight, weight, treated)
            ).p
        )
    assert stats.kstest(p, "uniform").pvalue > 0.01


@STEADY
@given(made=designs(staggered=None))
def test_the_full_regression_is_randomised_as_refitting_would(made: Made) -> None:
    test = randomise_fit(made.cells, "y", covariates=made.covariates, draws=40, seed=9)
    fit = regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates)
    assert test.t == pytest.approx(fit.estimate("d").t, rel=1e-7)
    if not test.exact:
        count = 0
        for first in _drawn_starts(made.cells.first_treated, 40, 9):
            redrawn = made.cells.with_treatment(first)
            t = regress(redrawn, "y", {"d": redrawn.treatment}, covariates=made.covariates).estimate("d").t
            count += abs(t) >= abs(test.t) * (1 - 1e-9)
        assert test.p == (1 + count) / 41


def test_all_distinct_staggered_choices_are_used_when_few() -> None:
    made = make(4, offices=5, treated=2, staggered=True)
    test = randomise_fit(made.cells, "y", draws=100)
    assert test.exact
    assert test.choices == 5 * 4
    assert test.p >= 1 / 20


def test_staggered_starts_have_no_single_before_and_after() -> None:
    first = [2, 3, NEVER, NEVER]
    cells = Cells.from_means(np.zeros((4, 5)), 10, first)
    with pytest.raises(NotIdentified, match="group-time"):
        office_changes(cells, "outcome")
