"""No p-value below what is attainable, and none equal to 0: however extreme the data, and by every method there is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import plass.evaluation as ev
from plass.evaluation.diagnostics.heterogeneity import cochran_q, spread_test
from plass.evaluation.diagnostics.pretest import joint_pretest
from plass.evaluation.diagnostics.rivalry import control_trend_break
from plass.evaluation.diagnostics.selection import Inflow, mix_shift
from plass.evaluation.estimators.few_treated import FewTreatedMethod, office_effects
from plass.evaluation.estimators.office_contrasts import change_contrast
from plass.evaluation.estimators.pvalues import SMALLEST, never_zero
from plass.evaluation.estimators.regression import estimate
from plass.evaluation.estimators.survival import restricted_mean_difference
from plass.evaluation.inference.subclusters import subcluster_bootstrap

DRAWS = 99


def means(seed: int, offices: int, treated: int, effect: float, noise: float) -> ev.Cells:
    rng = np.random.default_rng(seed)
    first = np.where(np.arange(offices) < treated, 3, ev.NEVER)
    mean = rng.normal(0, 1, (offices, 1)) + noise * rng.normal(0, 1, (offices, 6))
    mean = mean + effect * (np.arange(6) >= first[:, None])
    return ev.Cells.from_means(mean, rng.integers(5, 500, (offices, 6)), first, within=noise)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    offices=st.integers(4, 12),
    data=st.data(),
    effect=st.sampled_from([0.0, 1.0, -1e3, 1e6, 1e12]),
    noise=st.sampled_from([1.0, 1e-6]),
)
def test_every_headline_test(seed: int, offices: int, data: st.DataObject, effect: float, noise: float) -> None:
    treated = data.draw(st.integers(1, offices - 1))
    cells = means(seed, offices, treated, effect, noise)
    inference = ev.infer(cells, "outcome", draws=DRAWS, seed=seed)
    half = 2 if 2 * treated == offices else 1
    assert inference.wcr.p >= 1 / 2 ** (offices - 1) == inference.wcr.smallest_p
    assert inference.wcu.p >= 1 / 2 ** (offices - 1)
    assert inference.randomisation.p >= half / math.comb(offices, treated) * (1 - 1e-12)
    assert inference.randomisation.p >= inference.randomisation.smallest_p
    drawn = [
        ev.wild_bootstrap(inference.effect.fit, "treatment", most=0, draws=DRAWS, seed=seed, interval=False),
        subcluster_bootstrap(inference.effect.fit, "treatment", draws=DRAWS, seed=seed),
        ev.randomise_changes(ev.office_changes(cells, "outcome"), most=0, draws=DRAWS, seed=seed),
    ]
    for test in drawn:
        assert test.p >= test.smallest_p == 1 / (DRAWS + 1)
    for test in (inference.crv1, inference.crv3, inference.welch_person, inference.welch_office, inference.donald_lang):
        assert test is not None
        assert math.isnan(test.p) or 0 < test.p <= 1


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    offices=st.integers(6, 14),
    effect=st.sampled_from([0.0, 1e3, 1e9]),
    noise=st.sampled_from([1.0, 1e-9]),
)
def test_every_check(seed: int, offices: int, effect: float, noise: float) -> None:
    cells = means(seed, offices, 3, effect, noise)
    panel = cells.office_panel("outcome")
    for method in FewTreatedMethod:
        for effect_of_office in office_effects(panel, method):
            assert effect_of_office.p_value >= effect_of_office.smallest_p == pytest.approx(1 / (offices - 3 + 1))
    change = ev.office_changes(cells, "outcome").change
    spread = spread_test(change[:3] * [1, 1, effect + 1], change[3:], draws=DRAWS)
    assert spread.permutation_p_value >= spread.smallest_p > 0
    rng = np.random.default_rng(seed)
    inflow = Inflow(rng.poisson(20, (offices, 6, 3)).astype(float) + 1, cells.first_treated)
    mix = mix_shift(inflow, draws=DRAWS)
    assert mix.p_value >= mix.smallest_p > 0
    trend = control_trend_break(panel)
    p_values = [spread.f_p_value, change_contrast(panel).p_value, trend.p_value]
    p_values.append(cochran_q(change, np.full(offices, max(noise, 1e-12) ** 2)).p_value)
    joint = joint_pretest(change[:2] * (1 + effect), np.eye(2) * max(noise, 1e-12), offices)
    p_values += [joint.p_value, joint.wald_p_value]
    days = np.concatenate([rng.integers(1, 9, 40), rng.integers(60, 70, 40)]).astype(float)
    side = np.arange(80) < 40
    p_values.append(restricted_mean_difference(days, np.ones(80), np.arange(80) // 4, side, horizon=50.0).p_value)
    # Welch has no p where the offices of a side do not vary.
    assert all(0 < p <= 1 for p in p_values if not math.isnan(p))
    assert sum(map(math.isnan, p_values)) <= 1


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), st.integers(1, 10_000))
@example(1.0, 1e-17, 60)
def test_a_formula_that_underflows_gives_the_smallest_number_there_is(value: float, error: float, df: int) -> None:
    assert 0 < estimate(value, error, df, 0.05, "t").p <= 1


def test_what_is_not_known_stays_unknown() -> None:
    assert math.isnan(never_zero(math.nan))
    assert never_zero(0.0) == SMALLEST > 0
    assert never_zero(0.3) == 0.3
