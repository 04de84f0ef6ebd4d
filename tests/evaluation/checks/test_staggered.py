"""Checks counted from each office's own start, against plain re-computations and the group-time effects."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_ind

import plass.evaluation as ev
from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.power import placebo_effects
from plass.evaluation.diagnostics.rivalry import control_trend_break, dose_over_time, placebo_dates
from plass.evaluation.diagnostics.selection import Inflow, mix_shift
from plass.evaluation.estimators.group_time import group_time_effects
from plass.evaluation.estimators.office_contrasts import Window, change_contrast, change_since
from plass.evaluation.estimators.survival import restricted_mean_difference_by_start
from plass.evaluation.inference.own_starts import changes_since_start, own_changes
from plass.evaluation.report.pictures import draw_all
from plass.evaluation.text import text
from tests.evaluation.made_study import made_cells, made_study
from tests.evaluation.report.test_language import english_in

STARTS = [6, 6, 9, 9, 9]


def made(seed: int, effect: float = 0.0, controls: int = 6) -> OfficePanel:
    """Two starts, common movements that no straight line follows, offices of different size."""
    rng = np.random.default_rng(seed)
    count, periods = len(STARTS) + controls, 14
    outcome = rng.normal(0.3, 0.1, (count, 1)) + rng.normal(0, 0.1, periods) + rng.normal(0, 0.03, (count, periods))
    for office, start in enumerate(STARTS):
        outcome[office, start:] += effect
    return OfficePanel.of(outcome, [*STARTS, *[None] * controls], rng.uniform(20, 90, (count, periods)))


def mean(panel: OfficePanel, office: int, first: int, end: int) -> float:
    return float(np.average(panel.outcome[office, first:end], weights=panel.weight[office, first:end]))


def by_hand(panel: OfficePanel, before: tuple[int, int], after: tuple[int, int]) -> tuple[list[float], list[float]]:
    """Trial offices' changes less the comparison offices' at the same time, and comparison offices' mixed changes."""
    controls = range(len(STARTS), panel.offices)

    def change(office: int, start: int) -> float:
        return mean(panel, office, start + after[0], start + after[1]) - mean(
            panel, office, start + before[0], start + before[1]
        )

    own = [change(i, start) - np.mean([change(j, start) for j in controls]) for i, start in enumerate(STARTS)]
    mixed = [float(np.mean([change(j, start) for start in STARTS])) for j in controls]
    return own, mixed


def test_changes_are_counted_from_each_offices_own_start() -> None:
    panel = made(1, effect=0.1)
    own, mixed = by_hand(panel, (-4, 0), (0, 3))
    contrast = change_contrast(panel, Window(-4, 0), Window(0, 3))
    expected = ttest_ind(own, np.array(mixed) - np.mean(mixed), equal_var=False)
    assert contrast.difference == pytest.approx(np.mean(own), abs=1e-12)
    assert (contrast.p_value, contrast.df) == (pytest.approx(expected.pvalue), pytest.approx(expected.df))
    # What happened everywhere at one of the starts is no part of it.
    moved = panel.outcome.copy()
    moved[:, 9:] += 5.0
    assert change_contrast(panel.with_outcome(moved), Window(-4, 0), Window(0, 3)).p_value == pytest.approx(
        contrast.p_value
    )


def test_the_same_as_the_group_time_effects_by_event_time() -> None:
    panel = made(2, effect=0.1)
    cells = Cells.from_means(
        panel.outcome, panel.weight, np.where(panel.ever_treated, panel.first_treated, NEVER), within=0.1
    )
    dynamic = group_time_effects(cells, "outcome", weighting="office").aggregate("dynamic")
    for event in (-5, -3, 0, 2, 4):
        expected = float(dynamic.effect[dynamic.at == event][0])
        contrast = change_contrast(panel, Window(-1, 0), Window(event, event + 1))
        assert contrast.difference == pytest.approx(expected, abs=1e-12)


def test_one_start_is_the_plain_change() -> None:
    panel = made(3)
    common = OfficePanel(panel.outcome, panel.weight, np.where(panel.ever_treated, 7, 14))
    plain = common.mean(slice(7, 14))[0] - common.mean(slice(0, 7))[0]
    assert np.array_equal(change_since(common), plain)


def test_the_test_holds_its_size() -> None:
    refused = np.mean([change_contrast(made(seed)).p_value <= 0.05 for seed in range(400)])
    assert 0.015 < refused < 0.085


def test_made_up_starts_lie_before_each_offices_own() -> None:
    panel = made(4)
    checks = placebo_dates(panel)
    assert [check.name for check in checks] == ["-5", "-4", "-3", "-2", "-1"]
    own, _ = by_hand(panel, (-4, -3), (-3, -2))
    assert checks[2].contrast.difference == pytest.approx(np.mean(own), abs=1e-12)
    early = panel.outcome.copy()
    for office, start in enumerate(STARTS):
        early[office, start - 3 :] += 0.5
    moved = placebo_dates(panel.with_outcome(early))
    assert max(moved, key=lambda check: check.contrast.difference).name == "-3"
    assert min(check.holm_p_value for check in moved) < 0.01


def test_a_stretch_counts_the_offices_followed_through_it() -> None:
    panel = made(5, effect=0.1)
    stretches = dose_over_time(panel, 4)
    assert [stretch.name for stretch in stretches] == ["0-3", "4-7"]
    # Only those that started first are followed for eight periods, and they are two.
    controls = range(len(STARTS), panel.offices)
    changes = {i: mean(panel, i, 10, 14) - mean(panel, i, 0, 6) for i in (0, 1, *controls)}
    expected = np.mean([changes[0], changes[1]]) - np.mean([changes[j] for j in controls])
    assert stretches[1].contrast.difference == pytest.approx(expected, abs=1e-12)


def test_comparison_offices_leave_their_trend_once_for_each_start() -> None:
    panel = made(6)
    time = np.arange(14)
    expected = []
    for office in range(len(STARTS), panel.offices):
        gaps = []
        for start in STARTS:
            weight = panel.weight[office]
            line = np.polyfit(time[:start], panel.outcome[office, :start], 1, w=np.sqrt(weight[:start]))
            gap = panel.outcome[office, start:] - np.polyval(line, time[start:])
            gaps.append(np.average(gap, weights=weight[start:]))
        expected.append(np.mean(gaps))
    assert control_trend_break(panel).by_office == pytest.approx(np.array(expected))


def test_chance_effects_come_from_before_the_first_start() -> None:
    panel = made(7, effect=9.0)
    placebos = placebo_effects(panel)
    assert len(placebos) == math.comb(11, 5)
    assert np.abs(placebos).max() < 1
    first = mean(panel, 0, 3, 6) - mean(panel, 0, 0, 3)
    others = [mean(panel, i, 3, 6) - mean(panel, i, 0, 3) for i in range(1, 11)]
    # The first split in order: the first five offices.
    assert placebos[0] == pytest.approx((first + sum(others[:4])) / 5 - np.mean(others[4:]))


def test_a_moved_mix_is_told_from_other_ways_to_hand_out_the_starts() -> None:
    rng = np.random.default_rng(8)
    first = np.array([*STARTS, *[14] * 6])
    counts = rng.poisson(30, (11, 14, 3)).astype(float)
    assert mix_shift(Inflow(counts, first)).p_value > 0.05
    for office, start in enumerate(STARTS):
        counts[office, start:, 0] *= 2
    moved = mix_shift(Inflow(counts, first))
    assert moved.p_value < 0.05
    shares = counts / counts.sum(axis=2, keepdims=True)
    assert moved.distance == pytest.approx(shares[:5, 9:, 0].mean() - shares[5:, :, 0].mean(), abs=0.03)


def test_restricted_means_by_start_are_plain_means_where_everybody_is_followed() -> None:
    rng = np.random.default_rng(9)
    office = rng.integers(0, 8, 900)
    cohort = np.array([0, 0, 1, 1, -1, -1, -1, -1])[office]
    begun = rng.integers(0, 100, 900)
    days = np.array([30, 60])
    duration = rng.exponential(50, 900) + 4.0 * office + 0.1 * begun
    after = begun[:, None] >= days
    horizon = 80.0

    def theta(keep: np.ndarray) -> float:
        time = np.minimum(duration, horizon)

        def change(group: np.ndarray, start: int) -> float:
            return float(time[keep & group & after[:, start]].mean() - time[keep & group & ~after[:, start]].mean())

        size = [(keep & (cohort == start)).sum() for start in (0, 1)]
        gaps = [change(cohort == start, start) - change(cohort < 0, start) for start in (0, 1)]
        return float(np.average(gaps, weights=size))

    estimate = restricted_mean_difference_by_start(duration, np.ones(900), office, cohort, after, horizon)
    assert estimate.difference == pytest.approx(theta(np.ones(900, dtype=bool)))
    parts = [np.array([theta(office != left_out) for left_out in side]) for side in (range(4), range(4, 8))]
    variance = sum(3 / 4 * ((part - part.mean()) ** 2).sum() for part in parts)
    assert estimate.standard_error == pytest.approx(math.sqrt(variance))


# --- The headline test -----------------------------------------------------------------------------------------------


def test_the_headlines_changes_are_those_of_the_checks() -> None:
    panel = made(11, effect=0.1)
    first = np.where(panel.ever_treated, panel.first_treated, NEVER)
    changes = own_changes(panel.weight, panel.outcome, first)
    np.testing.assert_allclose(changes.value, change_since(panel), rtol=1e-12)
    # With the weights on periods a comparison office's number comes out, and a trial office's own part of it.
    by_load = (changes.load * panel.outcome).sum(axis=1)
    own = by_load[: len(STARTS)] - changes.value[: len(STARTS)]
    np.testing.assert_allclose(by_load[len(STARTS) :], changes.value[len(STARTS) :], rtol=1e-12)
    np.testing.assert_allclose(own, [own[0]] * 2 + [own[2]] * 3, rtol=1e-9)


def test_the_peoples_part_with_several_starts_is_what_draws_show() -> None:
    cells = staggered(effect=0.0, spread=0.0)
    changes, noise = changes_since_start(cells, "job")
    rng = np.random.default_rng(5)
    panel = cells.panel("job")
    person = float((panel.within).sum() / (panel.w - 1).sum())
    drawn = rng.normal(0, 1, (4_000, *panel.w.shape)) * np.sqrt(person / panel.w)
    load = own_changes(panel.w, panel.mean, panel.first_treated).load
    seen = (drawn * load).sum(axis=2).var(axis=0)
    np.testing.assert_allclose(noise, seen, rtol=0.12)
    assert changes.offices == cells.offices


def test_the_headline_with_several_starts_is_the_simulated_t_of_those_changes() -> None:
    cells = staggered(effect=0.2)
    inference = ev.infer(cells, "job", draws=999, interval=False)
    changes, noise = changes_since_start(cells, "job")
    assert inference.decider == ev.simulated_t(changes, noise, draws=999)
    contrast = change_contrast(cells.office_panel("job"))
    assert inference.welch_office is not None
    assert (inference.welch_office.p, inference.welch_office.value) == pytest.approx(
        (contrast.p_value, contrast.difference)
    )
    assert inference.headline <= 0.05
    none = ev.infer(staggered(never=False), "job", draws=99, interval=False)
    assert none.decider is None
    assert none.headline == max(none.wcr.p, none.randomisation.p)
    assert "never treated" in none.reasons["simulated"]


def people(seed: int) -> pd.DataFrame:
    """Rows of people at eight offices over ten periods, as many as chance had it."""
    rng = np.random.default_rng(seed)
    rows = [
        {"office": office, "period": period, "y": rng.normal(0.3 * office % 1 + 0.05 * period, 1.0)}
        for office in range(8)
        for period in range(10)
        for _ in range(int(rng.integers(1, 4 + 6 * office)))
    ]
    return pd.DataFrame(rows)


def by_people(rows: pd.DataFrame) -> tuple[dict[int, float], dict[int, float], float]:
    """Each office's number and what it counts for, row by row, and the effect: nothing of it goes by periods' means."""
    change: dict[tuple[int, int], float] = {}
    counts: dict[int, float] = {}
    starts = {4: [0, 3], 7: [6]}
    pulls: dict[tuple[int, int], np.ndarray] = {}
    for office, own in rows.groupby("office"):
        for start in starts:
            after = (own.period >= start).to_numpy()
            pull = np.where(after, 1 / after.sum(), -1 / (~after).sum())
            pulls[office, start], change[office, start] = pull, float(pull @ own.y)
    for start, offices in starts.items():
        for office in offices:
            counts[office] = 1 / float((pulls[office, start] ** 2).sum())
    share = {start: sum(counts[office] for office in offices) for start, offices in starts.items()}
    share = {start: size / sum(share.values()) for start, size in share.items()}
    controls = [office for office in range(8) if office not in counts]
    for office in controls:
        mixed = sum(share[start] * pulls[office, start] for start in starts)
        counts[office] = 1 / float((mixed**2).sum())
    usual = {
        start: np.average(
            [change[office, start] for office in controls], weights=[counts[office] for office in controls]
        )
        for start in starts
    }
    own = {office: change[office, start] - usual[start] for start, offices in starts.items() for office in offices}
    effect = float(np.average(list(own.values()), weights=[counts[office] for office in own]))
    level = sum(share[start] * usual[start] for start in starts)
    number = {office: value + level for office, value in own.items()}
    number |= {office: sum(share[start] * change[office, start] for start in starts) for office in controls}
    return number, counts, effect


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_by_people_the_changes_are_those_of_the_rows_and_donald_langs_test_is_statsmodels(seed: int) -> None:
    rows = people(seed)
    first = {0: 4, 3: 4, 6: 7}
    cells = Cells.from_rows(rows.office.tolist(), rows.period.tolist(), {"y": rows.y.to_numpy()}, first_treated=first)
    changes, noise = changes_since_start(cells, "y", "person")
    number, counts, effect = by_people(rows)
    order = [int(name) for name in changes.offices]
    np.testing.assert_allclose(changes.change, [number[office] for office in order], rtol=1e-9)
    np.testing.assert_allclose(changes.weight, [counts[office] for office in order], rtol=1e-9)
    assert changes.effect == pytest.approx(effect, rel=1e-9)
    # The people's part is one person's variance over what the office counts for.
    np.testing.assert_allclose(noise * changes.weight, (noise * changes.weight)[0], rtol=1e-9)
    fit = sm.WLS(changes.change, sm.add_constant(changes.treated.astype(float)), weights=changes.weight).fit()
    inference = ev.infer(cells, "y", draws=199, interval=False)
    assert (
        inference.donald_lang is not None
        and inference.simulated_person is not None
        and inference.welch_person is not None
    )
    assert (inference.donald_lang.value, inference.donald_lang.p) == pytest.approx(
        (fit.params[1], fit.pvalues[1]), rel=1e-8
    )
    assert inference.simulated_person == ev.simulated_t(changes, noise, draws=199)
    assert inference.welch_person.value == pytest.approx(effect, rel=1e-9)


def test_by_people_one_start_is_the_plain_weighting() -> None:
    cells = made_cells(offices=9, treated=4, periods=8, start=4, people=20)
    plain, changes = ev.office_changes(cells, "job", "person"), changes_since_start(cells, "job", "person")[0]
    np.testing.assert_allclose(changes.change, plain.change, rtol=1e-9)
    np.testing.assert_allclose(changes.weight, plain.weight, rtol=1e-9)


def test_an_office_without_rows_before_its_start_is_left_out_of_the_headline() -> None:
    cells = staggered(effect=0.2)
    late = (cells.office == 0) & (cells.period < 6)
    fewer = dataclasses.replace(
        cells,
        office=cells.office[~late],
        period=cells.period[~late],
        codes={name: code[~late] for name, code in cells.codes.items()},
        sums={name: sums.take(~late) for name, sums in cells.sums.items()},
    )
    changes, _ = changes_since_start(fewer, "job")
    assert changes.offices == cells.offices[1:]
    alone, _ = changes_since_start(cells.select(drop=[cells.offices[0]]), "job")
    np.testing.assert_allclose(changes.change, alone.change, rtol=1e-12)


# --- In the report ---------------------------------------------------------------------------------------------------


def staggered(never: bool = True, **made_with: Any) -> Cells:
    cells = made_cells(offices=11, treated=5, periods=14, start=9, people=24, **made_with)
    first = cells.first_treated.copy()
    first[:2] = 6
    if not never:
        first[5:] = 12
    return cells.with_treatment(first)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> ev.Results:
    folder = tmp_path_factory.mktemp("staggered")
    cells = staggered(effect=0.2)
    rng = np.random.default_rng(3)
    begun = np.datetime64("2012-01-01") + rng.integers(0, 420, 3000)
    place = rng.integers(0, 11, 3000)
    lasted = rng.exponential(80, 3000).astype(int)
    spells = pd.DataFrame({"office": [cells.offices[i] for i in place], "begun": begun, "over": begun + lasted})
    spells.to_csv(folder / "spells.csv", index=False)
    waiting = ev.Waiting(files=("spells.csv",), office="office", start="begun", end="over", horizon=180)
    study = made_study(cells, waiting=waiting, retention=waiting, folder=Path(folder))
    return ev.evaluate(study, cells, draws=199)


def test_every_check_is_done_for_several_starts_or_says_why_not(results: ev.Results) -> None:
    not_asked_of_this_study = {"neighbours", "cost", "lee_bounds"}
    for check in results.checks:
        assert check.finding, check.key
        assert check.status != "none", check.key
        for table in check.tables:
            assert table.rows or table.reason is not None, table.name
            assert table.reason is None or table.name in not_asked_of_this_study, (table.name, table.reason)
    assert len(results[5].table("each_office").rows) == 5
    assert {row[1] for row in results[5].table("each_office").rows} == {"2012-07", "2012-10"}
    assert len(results[5].table("heterogeneity").rows) == 6
    assert math.isfinite(results[11].figures["mde"])
    assert results[12].figures["waiting_p"] > 0.01
    pictures = draw_all(results, "nb")
    assert {"event_study", "offices", "trends", "waiting"} <= {picture.key for picture in pictures}
    assert english_in(results) == []


def test_the_path_of_several_starts_is_that_of_the_group_time_effects(results: ev.Results) -> None:
    rows = {row[0]: row for row in results[6].table("event_study").rows}
    dynamic = group_time_effects(results.cells, "job").aggregate("dynamic")
    errors = np.sqrt(np.diag(dynamic.covariance))
    for event, effect, error in zip(dynamic.at, dynamic.effect, errors, strict=True):
        _, _, value, low, high, band_low, band_high = rows[int(event)]
        assert value == pytest.approx(effect)
        assert band_low <= low < value < high <= band_high
        assert high - value == pytest.approx(2.228139 * error, rel=1e-4)
    assert rows[-1][2] == 0


def test_without_offices_that_never_start_the_report_says_what_cannot_be_asked() -> None:
    cells = staggered(never=False, effect=0.2)
    results = ev.evaluate(made_study(cells), cells, draws=99)
    reason = text("why.no_never_treated")
    assert results[5].status == "none"
    for number, name in ((9, "lee_bounds"), (10, "dose"), (10, "placebo_dates"), (10, "control_break")):
        assert results[number].table(name).reason == reason
    assert all(check.finding for check in results.checks)
    assert results[10].table("placebo_outcomes").rows
