"""Differences in offices' changes against scipy."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.estimators.office_contrasts import certain_p, change_contrast, welch


def test_it_is_welchs_test_of_the_changes() -> None:
    rng = np.random.default_rng(1)
    outcome, weight = rng.normal(size=(11, 7)), rng.uniform(1, 9, (11, 7))
    panel = OfficePanel.of(outcome, [3] * 4 + [None] * 7, weight)
    change = np.average(outcome[:, 3:], axis=1, weights=weight[:, 3:]) - np.average(
        outcome[:, :3], axis=1, weights=weight[:, :3]
    )
    expected = ttest_ind(change[:4], change[4:], equal_var=False)
    contrast = change_contrast(panel)
    interval = expected.confidence_interval()
    assert contrast.difference == pytest.approx(change[:4].mean() - change[4:].mean())
    assert (contrast.p_value, contrast.df) == pytest.approx((expected.pvalue, expected.df))
    assert (contrast.lower, contrast.upper) == pytest.approx((interval.low, interval.high))


def test_offices_without_data_are_left_out() -> None:
    weight = np.ones((6, 4))
    weight[0, :2] = 0
    outcome = np.random.default_rng(2).normal(size=(6, 4))
    panel = OfficePanel.of(outcome, [2, 2, 2, None, None, None], weight)
    keep = np.array([False, True, True, True, True, True])
    assert change_contrast(panel).p_value == pytest.approx(change_contrast(panel.keep(keep)).p_value)


@pytest.mark.parametrize(
    ("values", "trial", "reason"),
    [
        ([1.0, 2, 3], [True, False, False], "at least two"),
        ([1.0, 2], [True, True], "no office"),
        ([1.0, 1, 2, 2], [True, True, False, False], "do not vary"),
    ],
)
def test_where_it_does_not_apply_it_says_why(values: list[float], trial: list[bool], reason: str) -> None:
    contrast = welch(values, trial)
    assert not contrast.applies
    assert reason in contrast.reason
    assert np.isnan(contrast.p_value)


@pytest.mark.parametrize(
    ("values", "p"), [([1.0, 1, 2, 2, 2], 1 / 10), ([1.0, 1, 2, 2], 2 / 6), ([1.0, 1, 1, 1, 1], 1.0)]
)
def test_where_every_office_moved_by_the_same_the_choices_are_counted(values: list[float], p: float) -> None:
    trial = [True, True, *[False] * (len(values) - 2)]
    ways = list(combinations(range(len(values)), 2))
    gaps = [abs(np.mean(np.take(values, way)) - np.mean(np.delete(values, way))) for way in ways]
    assert certain_p(welch(values, trial), values, trial) == pytest.approx(np.mean(np.array(gaps) >= gaps[0] - 1e-12))
    assert certain_p(welch(values, trial), values, trial) == pytest.approx(p)
