"""The headline test against plainly written simulation, other packages, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

import plass.evaluation as ev
from plass.evaluation.inference.common_start import OfficeChanges
from plass.evaluation.inference.simulated_inference import own_variance, without_covariates
from tests.evaluation.made_study import made_cells


def changes_of(change: np.ndarray, treated: int, weight: np.ndarray | None = None) -> OfficeChanges:
    size = len(change)
    h = np.ones(size) if weight is None else weight
    names = tuple(f"{number}" for number in range(size))
    return OfficeChanges(names, np.zeros(size), change, h, 2 * h, np.arange(size) < treated)


def made(seed: int, offices: int, treated: int, by_people: bool) -> tuple[OfficeChanges, np.ndarray]:
    rng = np.random.default_rng(seed)
    people = np.exp(rng.normal(5, 0.8, offices))
    noise = 150 / people
    change = rng.normal(0, np.sqrt(1 + noise)) + 1.5 * (np.arange(offices) < treated)
    return changes_of(change, treated, people if by_people else None), noise


def slowly(changes: OfficeChanges, noise: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
    """The test once more, one study at a time: weighted least squares with HC2 on changes drawn from the model. p and t."""
    regressors = np.column_stack([np.ones(len(changes.change)), changes.treated])

    def t_of(change: np.ndarray) -> float:
        fit = sm.WLS(change, regressors, weights=changes.weight).fit(cov_type="HC2")
        return float(abs(fit.params[1] / fit.bse[1]))

    def q(own: float) -> float:
        dummies = np.column_stack([changes.treated, ~changes.treated]).astype(float)
        fit = sm.WLS(changes.change, dummies, weights=1 / (own + noise)).fit()
        return float((fit.resid**2 / (own + noise)).sum())

    target = stats.chi2.ppf(0.25, len(changes.change) - 2)
    own = 0.0 if q(0.0) <= target else optimize.brentq(lambda v: q(v) - target, 0.0, 1e3)
    rng = np.random.default_rng(seed)
    observed = t_of(changes.change)
    beyond = sum(t_of(rng.normal(0, np.sqrt(own + noise))) >= observed for _ in range(draws))
    return (1 + beyond) / (1 + draws), observed


@pytest.mark.parametrize(("seed", "offices", "treated", "by_people"), [(1, 10, 5, False), (2, 9, 3, True)])
def test_it_is_the_plainly_written_simulation(seed: int, offices: int, treated: int, by_people: bool) -> None:
    changes, noise = made(seed, offices, treated, by_people)
    test = ev.simulated_t(changes, noise, seed=3)
    p, t = slowly(changes, noise, 1_200, 4)
    assert abs(test.value) / test.standard_error == pytest.approx(t, rel=1e-9)
    assert test.p == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 1_200))


def test_without_unequal_noise_the_distribution_is_welchs_own() -> None:
    """With one spread and as many on each side Welch's statistic is Student's, whose distribution is known exactly."""
    rng = np.random.default_rng(8)
    change = rng.normal(0, 1, 12) + 1.2 * (np.arange(12) < 6)
    test = ev.simulated_t(changes_of(change, 6), np.zeros(12), draws=99_999, seed=1)
    exact = stats.ttest_ind(change[:6], change[6:])
    assert test.value / test.standard_error == pytest.approx(exact.statistic)
    assert test.p == pytest.approx(exact.pvalue, abs=0.003)
    assert test.critical == pytest.approx(stats.t.isf(0.025, 10), abs=0.03)


#: Student's (1908) extra hours of sleep under two drugs, as in R's `sleep`.
SLEEP = ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_students_sleep_data_as_r_prints_them() -> None:
    """`t.test(extra ~ group, data = sleep)` in R's documentation: t = -1.8608, df = 17.776, p-value = 0.07939, interval
    -3.3654832 to 0.2054832. With every office counting alike CR2, Bell and McCaffrey's, is that error; and with as many on
    each side and one spread the simulated distribution is Student's with 18 degrees, where p = 0.07919."""
    changes = changes_of(np.array([*SLEEP[0], *SLEEP[1]]), 10)
    welch = ev.welch(changes)
    assert (round(welch.df, 3), round(welch.p, 5)) == (17.776, 0.07939)
    assert (round(welch.low, 7), round(welch.high, 7)) == (-3.3654832, 0.2054832)
    test = ev.simulated_t(changes, np.zeros(20), draws=39_999, seed=1)
    assert round(test.value / test.standard_error, 4) == -1.8608
    assert test.p == pytest.approx(0.07919, abs=0.004)


def test_the_interval_is_what_the_test_does_not_reject() -> None:
    changes, noise = made(5, 11, 4, True)
    test = ev.simulated_t(changes, noise, draws=1_999, seed=2)
    width = test.high - test.low
    for bound, sign in ((test.low, 1), (test.high, -1)):
        for step, rejected in ((1e-6, False), (-1e-6, True)):
            null = bound + sign * step * width
            moved = changes_of(changes.change - null * changes.treated, 4, changes.weight)
            assert (ev.simulated_t(moved, noise, draws=1_999, seed=2).p <= 0.05) is rejected


def test_p_is_never_zero_and_the_same_for_the_same_seed() -> None:
    changes, noise = made(6, 10, 5, False)
    far = changes_of(changes.change + 1e6 * changes.treated, 5)
    test = ev.simulated_t(far, noise, draws=499, seed=1)
    assert test.p == test.smallest_p == 1 / 500
    assert test == ev.simulated_t(far, noise, draws=499, seed=1)
    assert test.critical != ev.simulated_t(far, noise, draws=499, seed=2).critical


def test_the_offices_own_variance_is_cautious() -> None:
    """Above the truth in three studies of four, where the truth is not at the edge; with 1/2, in one of two."""
    rng = np.random.default_rng(3)
    noise = [np.full(5, 0.2), np.linspace(0.1, 0.5, 7)]
    above = []
    for _ in range(400):
        changes = [rng.normal(0, np.sqrt(2.0 + v)) for v in noise]
        above.append((own_variance(changes, noise) > 2.0, own_variance(changes, noise, 0.5) > 2.0))
    cautious, middle = np.mean(above, axis=0)
    assert abs(cautious - 0.75) < 0.08
    assert abs(middle - 0.5) < 0.09
    assert own_variance([np.array([0.1, 0.1001]), np.array([0.2, 0.2001])], [np.ones(2), np.ones(2)]) == 0


def test_the_peoples_part_is_what_draws_show() -> None:
    """Offices alike but for their people: the mean noise is the variance of their changes."""
    cells = made_cells(4, offices=400, treated=200, effect=0.0, periods=4, start=2, people=25, spread=0.0)
    changes = ev.office_changes(cells, "job", "office")
    noise = ev.people_noise(cells, "job", changes)
    assert noise.mean() == pytest.approx(float(changes.change.var(ddof=1)), rel=0.2)
    assert noise == pytest.approx(noise.mean(), rel=1e-9)


def test_covariates_are_held_fixed_as_the_regression_holds_them() -> None:
    cells = made_cells(2, effect=0.0, selection=0.4)
    fit = ev.did(cells, "job", covariates=("trait",)).fit
    held = without_covariates(cells, "job", fit)
    # What is left is the same regression's effect without covariates.
    assert ev.did(held, "job").value == pytest.approx(fit.value("treatment"), abs=1e-12)
    raw, mended = (
        ev.infer(cells, "job", covariates=covariates, draws=499, interval=False) for covariates in ((), ("trait",))
    )
    assert raw.headline <= 0.05 < mended.headline
    assert mended.simulated_person is not None
    assert mended.simulated_person.value == pytest.approx(fit.value("treatment"), abs=0.01)


@pytest.mark.parametrize(
    ("change", "treated", "reason"),
    [
        (np.array([0.3, 0.1, 0.2, 0.0]), 1, "single office"),
        (np.array([0.3, 0.1, 0.2, 0.0]), 3, "single office"),
        (np.array([0.3, 0.3, 0.1, 0.1]), 2, "do not vary"),
    ],
)
def test_where_it_does_not_apply_it_says_why(change: np.ndarray, treated: int, reason: str) -> None:
    test = ev.simulated_t(changes_of(change, treated), np.zeros(4))
    assert reason in test.reason
    assert not test.applies
    assert math.isnan(test.p)
