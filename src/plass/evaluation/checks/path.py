"""Checks 6 to 8: the path before and after, what the pre-test could have seen, and how much it takes to lose the effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plass.evaluation.checks.view import View, does_not_apply, guarded, tried
from plass.evaluation.diagnostics.pretest import joint_pretest, pretest_reach
from plass.evaluation.diagnostics.sensitivity import (
    conventional_interval,
    largest_slope_change_before,
    relative_magnitude_breakdown,
    relative_magnitude_interval,
    smoothness_breakdown,
    smoothness_intervals,
)
from plass.evaluation.estimators.event_studies import EventStudy, EventStudyEstimate
from plass.evaluation.tables import Check, Table, amount, between, table
from plass.evaluation.text import Text, Unit, because, counted, text

MAGNITUDES = (0.5, 1.0, 1.5, 2.0)


@guarded(6, "event_study")
def event_study(view: View) -> Check:
    """Effects by time, and a joint test of those before the start."""
    binned = view.binned
    tables = [_path_table("event_study_binned", binned, view)]
    if not view.quick:
        tables.insert(0, tried("event_study", lambda: _path_table("event_study", view.path(), view)))
    figures: dict[str, Any] = {"bins_before": binned.pre, "band_critical": binned.critical}
    finding: list[Text] = []
    status = "clear"
    if not binned.pre or view.treated < 2:
        reason = text("why.one_bin_before" if view.treated > 1 else "why.one_trial_office")
        finding.append(text("finding.pretest_not", reason=reason))
        status = "mark"
    else:
        joint = joint_pretest(
            binned.effect[: binned.pre], binned.covariance[: binned.pre, : binned.pre], len(view.used.offices)
        )
        if joint.applies:
            figures |= {"pretest_p": joint.p_value, "pretest_wald_p": joint.wald_p_value, "pretest_bins": joint.periods}
            trend_seen = joint.p_value <= view.alpha
            key = "finding.pretest_seen" if trend_seen else "finding.pretest_passed"
            finding.append(text(key, p=amount(joint.p_value, "p"), bins=joint.periods))
            status = "stop" if trend_seen else "clear"
        else:
            finding.append(text("finding.pretest_not", reason=because(joint.reason)))
            status = "mark"
    away = (binned.band_low > 0) | (binned.band_high < 0)
    after = np.arange(len(binned.bins)) >= binned.pre
    out = int((away & after).sum())
    finding.append(counted("finding.path_after", out, out=out, of=int(after.sum())))
    return Check(6, "event_study", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


def _path_table(name: str, path: EventStudy, view: View) -> Table:
    unit = view.unit
    reference = (path.reference[0], path.reference[1], 0.0, 0.0, 0.0, 0.0, 0.0)
    rows: list[tuple[Any, ...]] = [
        (first, last, *(float(part[i]) for part in (path.effect, path.low, path.high, path.band_low, path.band_high)))
        for i, (first, last) in enumerate(path.bins)
    ]
    rows.insert(path.pre, reference)
    rows.sort(key=lambda row: row[0])
    columns: Sequence[tuple[str, Any]] = [
        ("from_event", "sign"),
        ("to_event", "sign"),
        ("effect", unit),
        ("low", unit),
        ("high", unit),
        ("band_low", unit),
        ("band_high", unit),
    ]
    errors = text("word.group_time_errors") if path.method == "group-time" else path.method
    note = text("note.event_study", method=errors, critical=amount(path.critical, "ratio"))
    return table(name, columns, rows, note)


@guarded(7, "pretest_power")
def pretest_power(view: View) -> Check:
    """How steep a divergence the pre-test would have let pass."""
    if view.treated < 2:
        return does_not_apply(7, "pretest_power", text("why.one_trial_office"))
    binned = view.binned
    reach = pretest_reach(binned.estimate(), times=_times(binned), alpha=view.alpha)
    unit = view.unit
    fine: Unit = "fine" if unit == "points" else unit
    rows = [
        (amount_of, at_power.slope, at_power.power, at_power.target_bias, at_power.target_bias_given_pass)
        for amount_of, at_power in ((text("word.half"), reach.half), (text("word.four_fifths"), reach.four_fifths))
    ]
    hides = reach.hides_more_than_noise
    columns: Sequence[tuple[str, Any]] = [
        ("seen_with", "text"),
        ("slope", fine),
        ("power", "share"),
        ("bias", unit),
        ("bias_given_pass", unit),
    ]
    finding = [
        text(
            "finding.pretest_reach",
            half=amount(reach.half.slope, fine),
            most=amount(reach.four_fifths.slope, fine),
            bias=amount(reach.half.target_bias_given_pass, unit),
            margin=amount(reach.conventional_half_width, unit),
        ),
        text("finding.pretest_hides" if hides else "finding.pretest_hides_not"),
    ]
    return Check(
        7,
        "pretest_power",
        "mark" if hides else "clear",
        tuple(finding),
        {
            "slope_half": reach.half.slope,
            "slope_four_fifths": reach.four_fifths.slope,
            "bias_given_pass": reach.half.target_bias_given_pass,
            "margin": reach.conventional_half_width,
        },
        (table("pretest_power", columns, rows, text("note.pretest_power")),),
    )


def _times(path: EventStudy) -> list[float]:
    """Each bin's middle, in periods from the reference bin's middle, which is taken to be just before the start."""
    origin = sum(path.reference) / 2
    return [(first + last) / 2 - origin for first, last in path.bins]


@guarded(8, "sensitivity")
def sensitivity(view: View) -> Check:
    """How large a departure from parallel trends the effect would stand."""
    if view.treated < 2:
        return does_not_apply(8, "sensitivity", text("why.one_trial_office"))
    estimate, unit = view.binned.estimate(), view.unit
    normal = conventional_interval(estimate, alpha=view.alpha)
    figures: dict[str, Any] = {"conventional_low": normal.lower, "conventional_high": normal.upper}
    if view.quick and not _needed(view):
        return Check(8, "sensitivity", "told", (text("finding.not_asked"),), figures)
    at_one = relative_magnitude_interval(estimate, 1.0, alpha=view.alpha, points=150 if view.quick else 400)
    figures |= {"rm_low": at_one.lower, "rm_high": at_one.upper}
    stands = at_one.excludes(0.0)
    if view.quick:
        return Check(8, "sensitivity", "clear" if stands else "mark", (), figures)
    magnitudes = [
        (magnitude, at_one if magnitude == 1.0 else relative_magnitude_interval(estimate, magnitude, alpha=view.alpha))
        for magnitude in MAGNITUDES
    ]
    breakdown = relative_magnitude_breakdown(estimate, alpha=view.alpha, search_to=3.0)
    figures["rm_breakdown"] = breakdown.value
    relative = [
        (0.0, normal.lower, normal.upper),
        *((bound, interval.lower, interval.upper) for bound, interval in magnitudes),
    ]
    columns: Sequence[tuple[str, Any]] = [("bound", "ratio"), ("low", unit), ("high", unit)]
    smooth, smooth_figures = _smoothness(estimate, view)
    figures |= smooth_figures
    key = "never" if math.isinf(breakdown.value) else "at_once" if breakdown.value == 0 else "at"
    finding = [
        text(f"finding.breakdown_{key}", bound=amount(breakdown.value, "ratio"), searched=amount(3.0, "ratio")),
        text("finding.at_one", interval=between(at_one.lower, at_one.upper, unit)),
        text("finding.normality", treated=view.treated),
    ]
    return Check(
        8,
        "sensitivity",
        "clear" if stands else "mark",
        tuple(finding),
        figures,
        (
            table("relative_magnitudes", columns, relative, text("note.relative_magnitudes")),
            table(
                "smoothness", [("bound_effect", unit), ("low", unit), ("high", unit)], smooth, text("note.smoothness")
            ),
        ),
    )


def _needed(view: View) -> bool:
    """With `quick` the robust interval is computed only where the rules ask for it: a pre-trend was seen."""
    binned = view.binned
    if not binned.pre:
        return False
    pre = slice(0, binned.pre)
    joint = joint_pretest(binned.effect[pre], binned.covariance[pre, pre], len(view.used.offices))
    return joint.applies and joint.p_value <= view.alpha


def _smoothness(estimate: EventStudyEstimate, view: View) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    yardstick = largest_slope_change_before(estimate)
    scale = yardstick if math.isfinite(yardstick) and yardstick > 0 else float(np.sqrt(np.diag(estimate.sigma)).mean())
    bounds = [share * scale for share in (0.0, 0.25, 0.5, 1.0, 2.0)]
    intervals = smoothness_intervals(estimate, bounds, alpha=view.alpha)
    broken = smoothness_breakdown(estimate, alpha=view.alpha)
    rows = [(interval.bound, interval.lower, interval.upper) for interval in intervals]
    return rows, {"smoothness_breakdown": broken.value, "smoothness_yardstick": yardstick}
