"""Against diff-diff 3.13, a package of its own making: group-time effects, decompositions, the wild bootstrap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from diff_diff import BaconDecomposition, CallawaySantAnna, twowayfeweights, wild_bootstrap_se

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.diagnostics.decomposition import effect_weights, goodman_bacon
from plass.evaluation.estimators.group_time import group_time_effects
from plass.evaluation.estimators.regression import regress
from plass.evaluation.inference.bootstrap import wild_bootstrap

NOT_YET = {"never": "never_treated", "not_yet": "not_yet_treated"}


def balanced(seed: int) -> tuple[pd.DataFrame, Cells]:
    """Twelve offices, six periods, two cohorts; periods counted from 1, as the package wants 0 for never."""
    rng = np.random.default_rng(seed)
    first = np.array([2, 2, 3, 3, 3, *[NEVER] * 7])
    mean = rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.5, (12, 6)) + 0.5 * (np.arange(6) >= first[:, None])
    cells = Cells.from_means(mean, 1, first, within=0)
    frame = pd.DataFrame({"office": cells.office, "period": cells.period + 1, "y": cells.of("outcome").wy})
    frame["first"] = np.where(first < NEVER, first + 1, 0)[frame.office]
    frame["d"] = ((frame["first"] > 0) & (frame.period >= frame["first"])).astype(int)
    return frame, cells


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_group_time_effects_and_their_errors(seed: int, comparison: str) -> None:
    frame, cells = balanced(seed)
    reference = CallawaySantAnna(
        base_period="universal", estimation_method="reg", control_group=NOT_YET[comparison]
    ).fit(frame, "y", "office", "period", "first")
    ours = group_time_effects(cells, "outcome", comparison=comparison)  # type: ignore[arg-type]
    compared = 0
    for (cohort, period), expected in reference.group_time_effects.items():
        if period == cohort - 1:
            continue
        estimate = ours.estimate(cohort - 1, period - 1)
        assert estimate.value == pytest.approx(expected["effect"], rel=1e-8)
        # Theirs divides by G, ours by G - 1.
        assert estimate.standard_error == pytest.approx(expected["se"] * np.sqrt(12 / 11), rel=1e-8)
        compared += 1
    assert compared == len(ours.effect) == 10
    assert ours.aggregate("simple").overall == pytest.approx(reference.overall_att, rel=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_goodman_bacons_comparisons(seed: int) -> None:
    frame, cells = balanced(seed)
    reference = BaconDecomposition().fit(frame, "y", "office", "period", "first")
    decomposition = goodman_bacon(cells.office_panel("outcome"))
    listed = sorted((comparison.weight, comparison.effect) for comparison in decomposition.comparisons)
    for (weight, effect), expected in zip(
        listed, sorted(reference.comparisons, key=lambda comparison: comparison.weight), strict=True
    ):
        assert (weight, effect) == pytest.approx((expected.weight, expected.estimate), rel=1e-8)
    assert decomposition.coefficient == pytest.approx(reference.twfe_estimate, rel=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_weights_of_the_two_way_coefficient(seed: int) -> None:
    frame, cells = balanced(seed)
    reference = twowayfeweights(frame, "y", unit="office", time="period", treatment="d")
    weights = effect_weights(cells.office_panel("outcome"))
    assert weights.coefficient == pytest.approx(reference.beta_fe, rel=1e-8)
    assert weights.sign_flip_sd == pytest.approx(reference.sigma_fe, rel=1e-8)
    assert weights.negative_cells / weights.cells == pytest.approx(reference.fraction_negative)


@pytest.mark.parametrize("seed", range(3))
def test_the_restricted_wild_bootstrap_over_every_pattern(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = np.where(np.arange(8) < 3, 2, NEVER)
    mean = rng.normal(0, 1, (8, 4)) + 0.6 * (np.arange(4) >= first[:, None])
    cells = Cells.from_means(mean, 1, first, within=0)
    fit = regress(cells, "outcome", {"d": cells.treatment})
    x = np.column_stack(
        [
            cells.treatment.ravel().astype(float),
            np.kron(np.eye(8), np.ones((4, 1))),
            np.kron(np.ones((8, 1)), np.eye(4))[:, 1:],
        ]
    )
    y = mean.ravel()
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    reference = wild_bootstrap_se(x, y, residual, np.repeat(np.arange(8), 4), 0, n_bootstrap=2**8)
    bootstrap = wild_bootstrap(fit, "d", interval=False)
    assert reference.n_bootstrap == 2**8
    # Theirs counts a pattern and its mirror apart, strictly above in size; ours the observed one as well.
    assert bootstrap.p == pytest.approx(reference.p_value, abs=2 / 2**7)
