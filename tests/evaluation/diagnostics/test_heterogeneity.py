"""Heterogeneity and shrinkage against published examples, statsmodels and brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from plass.evaluation.diagnostics.heterogeneity import cochran_q, dersimonian_laird, paule_mandel, shrink, spread_test

# Colditz et al. (1994), Journal of the American Medical Association 271(9): 13 trials of the BCG vaccine; cases and
# non-cases among the vaccinated and the others. The data set dat.bcg of the R package metafor.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)
# Rubin (1981), Journal of Educational Statistics 6(4): coaching in eight schools.
SCHOOLS = ([28.0, 8, -3, 7, -1, 1, 18, 12], np.array([15.0, 10, 16, 11, 9, 11, 10, 18]) ** 2)
# Efron & Morris (1975), JASA 70(350), table 1: averages of 18 batters over their first 45 times at bat in 1970.
BATTERS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45


def bcg() -> tuple[np.ndarray, np.ndarray]:
    case, no_case, control_case, control_no_case = BCG.T
    logs = np.log(case / (case + no_case)) - np.log(control_case / (control_case + control_no_case))
    variance = 1 / case - 1 / (case + no_case) + 1 / control_case - 1 / (control_case + control_no_case)
    return logs, variance


def test_the_bcg_trials_as_published_by_metafor() -> None:
    """metafor's documentation: Q = 152.2330 on 12 df, tau^2 0.3088 (DL) and 0.3181 (PM); pooled log risk -0.7141."""
    effect, variance = bcg()
    test = cochran_q(effect, variance)
    assert (test.q, test.df) == (pytest.approx(152.2330, abs=1e-4), 12)
    assert test.i_squared == pytest.approx(0.9212, abs=1e-4)
    assert dersimonian_laird(effect, variance) == pytest.approx(0.3088, abs=1e-4)
    assert paule_mandel(effect, variance) == pytest.approx(0.3181, abs=1e-4)
    assert shrink(effect, variance, dersimonian_laird(effect, variance)).mean == pytest.approx(-0.7141, abs=1e-4)


def test_eight_schools_are_one() -> None:
    """Rubin's example: no evidence that schools differ, and the pooled effect is 7.7 with standard error 4.1."""
    assert dersimonian_laird(*SCHOOLS) == 0 == paule_mandel(*SCHOOLS)
    estimate = shrink(*SCHOOLS)
    assert (estimate.mean, estimate.mean_se) == (pytest.approx(7.69, abs=0.01), pytest.approx(4.07, abs=0.01))
    assert estimate.between_sd == 0
    assert estimate.shrinkage == pytest.approx(np.full(8, 5 / 7))


def test_the_batters_are_shrunk_as_efron_and_morris_shrank_them() -> None:
    """Efron & Morris (1977), Scientific American 236(5): each average keeps 0.212 of its distance from the mean."""
    mean = BATTERS.mean()
    variance = np.full(18, mean * (1 - mean) / 45)
    estimate = shrink(BATTERS, variance)
    assert 1 - estimate.shrinkage == pytest.approx(np.full(18, 0.212), abs=0.002)
    assert estimate.effects[0] == pytest.approx(0.294, abs=0.001)


@given(st.integers(0, 10_000), st.integers(2, 15))
@settings(max_examples=30, deadline=None)
def test_both_variances_by_another_road(seed: int, count: int) -> None:
    """Moments as statsmodels has them; Paule and Mandel by their definition."""
    rng = np.random.default_rng(seed)
    variance = rng.uniform(0.1, 3, count)
    effect = rng.normal(size=count) * 2.5
    moments, iterated = dersimonian_laird(effect, variance), paule_mandel(effect, variance)
    if moments > 0:
        assert moments == pytest.approx(combine_effects(effect, variance, method_re="chi2").tau2, abs=1e-10)
    weight = 1 / (variance + iterated)
    generalised = float((weight * (effect - np.average(effect, weights=weight)) ** 2).sum())
    if iterated > 0:
        assert generalised == pytest.approx(count - 1)
    else:
        assert generalised <= count - 1


def test_the_permutation_p_is_the_share_of_groups() -> None:
    rng = np.random.default_rng(2)
    treated, control = rng.normal(size=3) * 3, rng.normal(size=5)
    test = spread_test(treated, control)
    pooled = np.concatenate([(treated - treated.mean()) * np.sqrt(3 / 2), (control - control.mean()) * np.sqrt(5 / 4)])
    ratios = []
    for group in combinations(range(8), 3):
        inside = np.isin(np.arange(8), group)
        ratios.append(pooled[inside].var(ddof=1) / pooled[~inside].var(ddof=1))
    assert test.enumerated
    assert test.permutations == 56
    assert test.ratio == pytest.approx(treated.var(ddof=1) / control.var(ddof=1))
    assert test.permutation_p_value == pytest.approx(np.mean(np.array(ratios) >= test.ratio * (1 - 1e-10)))


def test_a_common_effect_is_no_difference_and_draws_are_fixed() -> None:
    rng = np.random.default_rng(3)
    treated, control = rng.normal(size=10), rng.normal(size=30)
    first, moved = spread_test(treated, control), spread_test(treated + 100, control)
    assert not first.enumerated
    assert first.permutation_p_value == moved.permutation_p_value
    assert first.permutation_p_value >= first.smallest_p > 0
    assert spread_test(treated * 40, control).permutation_p_value == pytest.approx(first.smallest_p, abs=2e-3)


def test_both_tests_keep_their_size() -> None:
    """400 studies of 5 and 10 alike offices: near 5 % called different (F exactly valid; permutation nearly)."""
    rng = np.random.default_rng(8)
    tests = [spread_test(rng.normal(size=5), rng.normal(size=10)) for _ in range(400)]
    allowed = 3 * np.sqrt(0.05 * 0.95 / 400)
    assert abs(np.mean([item.f_p_value <= 0.05 for item in tests]) - 0.05) <= allowed
    assert np.mean([item.permutation_p_value <= 0.05 for item in tests]) <= 0.05 + allowed


def test_size_is_allowed_for() -> None:
    """Small offices spread more; with their variances given that is no evidence of different effects."""
    rng = np.random.default_rng(9)
    treated, control = rng.normal(size=6) * 4, rng.normal(size=30)
    plain = spread_test(treated, control)
    fair = spread_test(treated, control, np.full(6, 16.0), np.ones(30))
    assert plain.f_p_value < 0.01 < 0.1 < fair.f_p_value


@pytest.mark.parametrize(("effects", "variances"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([1.0, np.nan], [1, 1])])
def test_unusable_effects_are_refused(effects: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="effects of offices"):
        shrink(effects, variances)
