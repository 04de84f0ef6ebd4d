"""Rivalry, spillover and placebos on made panels whose truth is known."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.rivalry import (
    control_trend_break,
    dose_over_time,
    later_against_first,
    leave_one_office_out,
    neighbours_against_others,
    placebo_dates,
    placebo_outcomes,
    without_neighbours,
)
from plass.evaluation.estimators.office_contrasts import change_contrast

START = 12


def made(seed: int, noise: float = 0.02) -> OfficePanel:
    """Five trial and seven comparison offices, 12 periods before and 12 after, common trend, no effect."""
    rng = np.random.default_rng(seed)
    level, trend = rng.uniform(0.2, 0.4, (12, 1)), 0.002 * np.arange(24)
    outcome = level + trend + rng.normal(size=(12, 24)) * noise
    return OfficePanel.of(outcome, [START] * 5 + [None] * 7, rng.uniform(50, 150, (12, 24)))


def changed(panel: OfficePanel, offices: slice, periods: slice, by: float) -> OfficePanel:
    outcome = panel.outcome.copy()
    outcome[offices, periods] += by
    return panel.with_outcome(outcome)


def test_rivals_who_try_harder_break_their_own_trend() -> None:
    calm = control_trend_break(made(1))
    rivals = control_trend_break(changed(made(1), slice(5, 12), slice(START, None), 0.08))
    assert calm.lower < 0 < calm.upper
    assert rivals.departure == pytest.approx(calm.departure + 0.08)
    assert rivals.p_value < 0.01


def test_the_departure_is_from_each_offices_own_weighted_line() -> None:
    panel = made(2)
    trend_break = control_trend_break(panel)
    time = np.arange(24)
    expected = []
    for office in range(5, 12):
        weight = panel.weight[office]
        line = np.polyfit(time[:START], panel.outcome[office, :START], 1, w=np.sqrt(weight[:START]))
        expected.append(
            np.average(panel.outcome[office, START:] - np.polyval(line, time[START:]), weights=weight[START:])
        )
    assert trend_break.by_office == pytest.approx(np.array(expected))
    reference = ttest_1samp(expected, 0)
    assert (trend_break.p_value, trend_break.df) == (pytest.approx(reference.pvalue), 6)


def test_a_short_past_has_no_trend() -> None:
    trend_break = control_trend_break(
        OfficePanel.of(np.random.default_rng(3).normal(size=(5, 4)), [2, 2, None, None, None])
    )
    assert not trend_break.applies
    assert "three periods" in trend_break.reason
    alone = control_trend_break(OfficePanel.of(np.random.default_rng(3).normal(size=(2, 6)), [4, None]))
    assert "two comparison offices" in alone.reason


def test_placebo_dates_find_a_difference_that_was_there_before() -> None:
    honest = placebo_dates(made(4))
    assert [item.name for item in honest] == [str(fake) for fake in range(3, 10)]
    assert min(item.holm_p_value for item in honest) > 0.05
    early = placebo_dates(changed(made(4), slice(0, 5), slice(6, None), 0.1))
    assert max(early, key=lambda item: item.contrast.difference).name == "6"
    assert min(item.holm_p_value for item in early) < 0.01
    assert all(item.holm_p_value >= item.contrast.p_value for item in early)
    only_past = placebo_dates(changed(made(4), slice(0, 5), slice(START, None), 5.0))
    assert [item.contrast.difference for item in only_past] == pytest.approx(
        [item.contrast.difference for item in honest]
    )


def test_a_fading_effect_shows_over_time_and_against_the_first_months() -> None:
    panel = changed(changed(made(5), slice(0, 5), slice(START, 18), 0.15), slice(0, 5), slice(18, None), 0.05)
    stretches = dose_over_time(panel, 5)
    assert [item.name for item in stretches] == ["0-4", "5-9", "10-11"]
    assert stretches[0].contrast.difference == pytest.approx(0.15, abs=0.03)
    assert stretches[2].contrast.difference == pytest.approx(0.05, abs=0.03)
    later = later_against_first(panel, 6)
    assert later.difference == pytest.approx(-0.10, abs=0.02)
    assert later.p_value < 0.01
    with pytest.raises(ValueError, match="both within"):
        later_against_first(panel, 12)
    with pytest.raises(ValueError, match="at least one period"):
        dose_over_time(panel, 0)


def test_neighbours_who_were_drawn_along_hide_the_effect() -> None:
    panel = changed(made(6), slice(0, 5), slice(START, None), 0.1)
    panel = changed(panel, slice(5, 8), slice(START, None), 0.1)
    neighbour = np.arange(12) // 3 == 2
    neighbour[5] = True
    neighbour[8] = False
    assert neighbour[[5, 6, 7]].all()
    assert neighbour.sum() == 3
    assert change_contrast(panel).difference < 0.08
    assert without_neighbours(panel, neighbour).difference == pytest.approx(0.1, abs=0.02)
    spill = neighbours_against_others(panel, neighbour)
    assert spill.difference == pytest.approx(0.1, abs=0.02)
    assert spill.p_value < 0.05
    with pytest.raises(ValueError, match="each office"):
        without_neighbours(panel, [True])


def test_one_office_that_carries_everything_is_found() -> None:
    panel = changed(made(7), slice(2, 3), slice(START, None), 0.5)
    check = leave_one_office_out(panel)
    assert check.worst.office == 2
    assert len(check.left_out) == 12
    assert check.worst.contrast.difference == pytest.approx(change_contrast(panel.keep(np.arange(12) != 2)).difference)
    even = leave_one_office_out(changed(made(7), slice(0, 5), slice(START, None), 0.3))
    assert even.sign_holds
    lonely = leave_one_office_out(OfficePanel.of(np.random.default_rng(8).normal(size=(4, 4)), [2, None, None, None]))
    assert [item.office for item in lonely.left_out] == [1, 2, 3]


def test_placebo_outcomes_are_corrected_for_their_number() -> None:
    panels = {"sick leave": made(12), "moved": changed(made(10), slice(0, 5), slice(START, None), 0.2)}
    outcomes = {item.name: item for item in placebo_outcomes(panels)}
    assert outcomes["moved"].holm_p_value == pytest.approx(min(1, 2 * outcomes["moved"].contrast.p_value))
    assert outcomes["sick leave"].holm_p_value > 0.05
