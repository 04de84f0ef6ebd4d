"""The wild cluster bootstrap against its definition on the rows, and the promises about p."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.estimators.regression import regress
from plass.evaluation.inference.bootstrap import wild_bootstrap
from plass.evaluation.inference.subclusters import subcluster_bootstrap
from tests.evaluation.designs import Made, designs, make


def by_definition(made: Made, restricted: bool, null: float) -> tuple[float, np.ndarray]:
    """t and every |t*|, by fitting the rows again for each pattern of signs."""
    frame = made.frame
    dummies = [(frame.office.to_numpy()[:, None] == np.arange(made.cells.treatment.shape[0])).astype(float)]
    for name in ("period", *made.covariates):
        codes = frame[name].to_numpy()
        dummies.append((codes[:, None] == np.unique(codes)[1:]).astype(float))
    z = np.hstack(dummies)
    root = np.sqrt(frame.w.to_numpy())
    y, d, z = frame.y.to_numpy() * root, frame.d.to_numpy() * root, z * root[:, None]
    project = z @ np.linalg.pinv(z)
    d = d - project @ d
    offices = frame.office.to_numpy()

    def statistic(outcome: np.ndarray, tested: float) -> float:
        left = outcome - project @ outcome
        beta = d @ left / (d @ d)
        residual = left - beta * d
        scores = np.array([d[offices == g] @ residual[offices == g] for g in np.unique(offices)])
        return float((beta - tested) / np.sqrt(np.sum(scores**2) / (d @ d) ** 2))

    full = np.linalg.lstsq(np.column_stack([frame.d * root, z]), y, rcond=None)[0]
    if restricted:
        shifted = y - null * frame.d.to_numpy() * root
        fitted = null * frame.d.to_numpy() * root + project @ shifted
        centre = null
    else:
        fitted = np.column_stack([frame.d * root, z]) @ full
        centre = full[0]
    residual = y - fitted
    stars = []
    for other_signs in itertools.product([1.0, -1.0], repeat=len(np.unique(offices)) - 1):
        signs = np.array([1.0, *other_signs])
        stars.append(abs(statistic(fitted + signs[offices] * residual, centre)))
    return statistic(y, null), np.array(stars)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs(staggered=None))
@pytest.mark.parametrize("restricted", [True, False])
def test_every_pattern_equals_fitting_the_rows_again(made: Made, restricted: bool) -> None:
    if made.cells.treatment.shape[0] > 7:
        made = make(len(made.frame), offices=7, weighted=made.weighted, covariates=len(made.covariates))
    fit = regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates)
    for null in (0.0, 0.7):
        t, stars = by_definition(made, restricted, null)
        count = int(np.sum(stars >= abs(t) * (1 - 1e-8)))
        test = wild_bootstrap(fit, "d", restricted=restricted, null=null, interval=False)
        assert test.exact
        assert test.patterns == len(stars)
        assert test.p == max(count, 1) / len(stars)
        assert test.t == pytest.approx(t / np.sqrt(fit.small_sample), rel=1e-8)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs(staggered=None))
def test_p_is_never_below_what_is_attainable_and_the_interval_agrees_with_p(made: Made) -> None:
    fit = regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates)
    for restricted in (True, False):
        test = wild_bootstrap(fit, "d", restricted=restricted, alpha=0.1)
        assert test.smallest_p <= test.p <= 1
        assert test.smallest_p == 0.5 ** (fit.clusters - 1)
        assert test.low <= test.value <= test.high
        if np.isfinite(test.high):
            outside = test.high + 1e-4 * (test.high - test.value + 1e-9)
            inside = test.high - 1e-4 * (test.high - test.value)
            p = [wild_bootstrap(fit, "d", restricted=restricted, null=x, interval=False).p for x in (inside, outside)]
            assert p[0] > 0.1 >= p[1]


def test_an_enormous_effect_gets_the_smallest_p_and_not_zero() -> None:
    rng = np.random.default_rng(1)
    first = np.array([3, 3, 3, 3, *[NEVER] * 6])
    mean = rng.normal(0, 0.01, (10, 6)) + 5.0 * (np.arange(6) >= first[:, None])
    cells = Cells.from_means(mean, 100, first, within=100)
    fit = regress(cells, "outcome", {"d": cells.treatment})
    assert wild_bootstrap(fit, "d").p == 1 / 512
    assert wild_bootstrap(fit, "d", restricted=False).p >= 1 / 512


def test_draws_come_close_to_every_pattern_and_are_the_same_for_a_seed() -> None:
    made = make(11, offices=12, treated=5, effect=0.5)
    fit = regress(made.cells, "y", {"d": made.treatment})
    every = wild_bootstrap(fit, "d")
    drawn = wild_bootstrap(fit, "d", most=0, draws=30_000, seed=3)
    assert not drawn.exact
    assert drawn.p == pytest.approx(every.p, abs=0.012)
    assert drawn.low == pytest.approx(every.low, abs=0.03)
    assert drawn == wild_bootstrap(fit, "d", most=0, draws=30_000, seed=3)
    assert drawn.p >= 1 / 30_001


def test_one_treated_office_among_many_cannot_tell_while_crv1_shouts() -> None:
    rng = np.random.default_rng(5)
    first = np.array([10, *[NEVER] * 26])
    mean = 0.3 + rng.normal(0, 0.01, (27, 1)) + rng.normal(0, 0.02, (27, 20))
    mean[0, 10:] += 0.02
    cells = Cells.from_means(mean, 200, first)
    fit = regress(cells, "outcome", {"d": cells.treatment})
    assert fit.estimate("d").p < 0.001
    restricted = wild_bootstrap(fit, "d", seed=1)
    unrestricted = wild_bootstrap(fit, "d", restricted=False, seed=1)
    assert restricted.p > 0.2
    assert unrestricted.p < 0.05
    middle = subcluster_bootstrap(fit, "d", draws=999, seed=1)
    assert unrestricted.p < middle.p


def test_the_subcluster_bootstrap_holds_its_size_where_months_are_independent() -> None:
    rng = np.random.default_rng(8)
    first = np.array([4, 4, *[NEVER] * 10])
    rejected = 0
    for run in range(150):
        cells = Cells.from_means(rng.normal(0, 1, (12, 8)), 50, first, within=50)
        fit = regress(cells, "outcome", {"d": cells.treatment})
        rejected += subcluster_bootstrap(fit, "d", draws=199, seed=run).p <= 0.1
    # 15 expected; the restricted cluster bootstrap would reject next to none, CRV1 a third of them.
    assert 4 <= rejected <= 28


def test_the_subcluster_bootstrap_is_seeded_and_tests_the_same_statistic() -> None:
    made = make(2, offices=6, periods=4, treated=3, covariates=1, weighted=True)
    fit = regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates)
    test = subcluster_bootstrap(fit, "d", draws=499, seed=2)
    assert test.p == subcluster_bootstrap(fit, "d", draws=499, seed=2).p
    assert 1 / 500 <= test.p <= 1
    assert test.t == pytest.approx(wild_bootstrap(fit, "d", interval=False).t, rel=1e-12)
