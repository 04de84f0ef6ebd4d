"""Check 10: rivalry, spillover, trial effect, and effects where there should be none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plass.evaluation.checks.view import View, does_not_apply, guarded, tried, unit_of
from plass.evaluation.diagnostics.rivalry import (
    control_trend_break,
    dose_over_time,
    later_against_first,
    neighbours_against_others,
    placebo_dates,
    placebo_outcomes,
    without_neighbours,
)
from plass.evaluation.estimators.few_treated import holm
from plass.evaluation.estimators.office_contrasts import (
    BEFORE,
    Contrast,
    NamedContrast,
    Window,
    change_contrast,
    change_contrasts,
)
from plass.evaluation.tables import Check, Table, amount, no_table, table
from plass.evaluation.text import Text, because, text

_COLUMNS: tuple[tuple[str, Any], ...] = (("what", "text"), ("trial_change", "ratio"), ("comparison_change", "ratio"))


@guarded(10, "rivalry")
def rivalry(view: View) -> Check:
    """What other things would have moved, and whether they did."""
    if not view.controls and not view.common:
        return _never_compared(view)
    if not view.controls:
        return does_not_apply(10, "rivalry", text("why.no_never_treated"))
    figures: dict[str, Any] = {}
    finding: list[Text] = []
    tables = [
        _time(view, figures, finding),
        _placebo_outcomes(view, figures, finding),
        _schemes(view, figures, finding),
    ]
    if not view.quick:
        tables += [_placebo_dates(view, figures, finding), _break(view, figures, finding), _neighbours(view, figures)]
    stop = figures.get("placebo_p", 1.0) <= view.alpha
    marked = any(
        figures.get(name, 1.0) <= view.alpha
        for name in ("scheme_p", "later_less_first_p", "placebo_date_p", "break_p", "neighbours_p")
    )
    status = "stop" if stop else "mark" if marked else "clear"
    return Check(10, "rivalry", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


def _time(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    """The effect early and late, and by stretch of time."""
    panel, unit = view.panel, view.unit
    # As long as every trial office was followed: the same offices early and late.
    after = panel.periods - max(panel.cohorts)
    reason = text("why.too_short_after")
    if after < 2:
        finding.append(text("finding.part_does_not_apply", part=text("table.dose"), reason=reason))
        return no_table("dose", reason)
    early, late = Window(0, math.ceil(after / 2)), Window(after - max(1, after // 4), after)
    first = change_contrast(panel, BEFORE, early, view.alpha)
    last = change_contrast(panel, BEFORE, late, view.alpha)
    change = change_contrast(panel, early, late, view.alpha)
    figures |= {
        "first_effect": first.difference,
        "first_p": first.p_value,
        "last_effect": last.difference,
        "last_p": last.p_value,
        "later_less_first": change.difference,
        "later_less_first_p": change.p_value,
    }
    finding.append(
        text(
            "finding.first_and_last",
            first=amount(first.difference, unit),
            last=amount(last.difference, unit),
            p=amount(change.p_value, "p"),
        )
    )
    if view.quick:
        return no_table("dose", text("why.quick"))
    width = view.stretch
    rows = [
        _stretch(dose) for dose in dose_over_time(panel, width, view.alpha) if math.isfinite(dose.contrast.difference)
    ]
    if width < after:
        later = later_against_first(panel, width, view.alpha)
        rows.append(
            (text("what.later_less_first", periods=width), later.difference, later.lower, later.upper, later.p_value)
        )
        figures |= {"after_first_stretch": later.difference, "after_first_stretch_p": later.p_value}
    columns: Sequence[tuple[str, Any]] = [
        ("periods_since_start", "text"),
        ("effect", unit),
        ("low", unit),
        ("high", unit),
        ("p", "p"),
    ]
    return table("dose", columns, rows, text("note.dose" if view.common else "note.dose_several"))


def _stretch(dose: NamedContrast) -> tuple[Any, ...]:
    contrast = dose.contrast
    first, last = dose.name.split("-")
    label = f"{int(first) + 1}–{int(last) + 1}" if first != last else f"{int(first) + 1}"
    return (label, contrast.difference, contrast.lower, contrast.upper, dose.holm_p_value)


def _placebo_outcomes(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    panels = view.panels("placebo")
    if not panels:
        reason = text("why.no_placebo_outcome")
        finding.append(text("finding.part_does_not_apply", part=text("table.placebo_outcomes"), reason=reason))
        return no_table("placebo_outcomes", reason)
    contrasts = placebo_outcomes(panels, view.alpha)
    figures["placebo_p"] = _least(contrasts)
    moved = figures["placebo_p"] <= view.alpha
    key = "finding.placebo_moved" if moved else "finding.placebo_still"
    finding.append(text(key, p=amount(figures["placebo_p"], "p")))
    return _contrasts("placebo_outcomes", contrasts, view)


def _schemes(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    panels = view.panels("scheme")
    if not panels:
        reason = text("why.no_scheme")
        finding.append(text("finding.part_does_not_apply", part=text("table.schemes"), reason=reason))
        return no_table("schemes", reason)
    contrasts = change_contrasts(panels, view.alpha)
    figures["scheme_p"] = _least(contrasts)
    moved = [contrast for contrast in contrasts if contrast.holm_p_value <= view.alpha]
    if moved:
        largest = min(moved, key=lambda contrast: contrast.holm_p_value)
        unit = unit_of(view.study.outcome(largest.name))
        figures["scheme_moved"] = view.label(largest.name)
        # In the figures a yes-or-no outcome's difference is in points.
        scale = 100 if unit == "points" else 1
        figures |= {"scheme_difference": scale * largest.contrast.difference, "scheme_unit": unit}
        finding.append(
            text(
                "finding.scheme_moved",
                scheme=view.label(largest.name),
                trial=amount(largest.contrast.trial, unit),
                comparison=amount(largest.contrast.comparison, unit),
                p=amount(largest.holm_p_value, "p"),
            )
        )
    else:
        finding.append(text("finding.scheme_still"))
    return _contrasts("schemes", contrasts, view)


def _placebo_dates(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    placebos = placebo_dates(view.panel, alpha=view.alpha)
    if not placebos:
        reason = text("why.too_short_before")
        finding.append(text("finding.part_does_not_apply", part=text("table.placebo_dates"), reason=reason))
        return no_table("placebo_dates", reason)
    figures["placebo_date_p"] = _least(placebos)
    rows = [
        (
            view.used.periods[int(placebo.name)]
            if view.common
            else text("what.before_own_start", periods=-int(placebo.name)),
            placebo.contrast.difference,
            placebo.contrast.lower,
            placebo.contrast.upper,
            placebo.holm_p_value,
        )
        for placebo in placebos
    ]
    key = "finding.placebo_date_moved" if figures["placebo_date_p"] <= view.alpha else "finding.placebo_date_still"
    finding.append(text(key, dates=len(rows), p=amount(figures["placebo_date_p"], "p")))
    unit = view.unit
    columns: Sequence[tuple[str, Any]] = [
        ("made_up_start", "text"),
        ("effect", unit),
        ("low", unit),
        ("high", unit),
        ("holm_p", "p"),
    ]
    return table("placebo_dates", columns, rows, None if view.common else text("note.own_start"))


def _break(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    trend_break = control_trend_break(view.panel, view.alpha)
    if not trend_break.applies:
        reason = because(trend_break.reason)
        finding.append(text("finding.part_does_not_apply", part=text("table.control_break"), reason=reason))
        return no_table("control_break", reason)
    figures |= {"break": trend_break.departure, "break_p": trend_break.p_value}
    moved = trend_break.p_value <= view.alpha
    key = "finding.control_break" if moved else "finding.control_no_break"
    finding.append(text(key, departure=amount(trend_break.departure, view.unit), p=amount(trend_break.p_value, "p")))
    controls = np.array(view.used.offices)[~view.panel.ever_treated]
    unit = view.unit
    rows = [(name, value) for name, value in zip(controls.tolist(), trend_break.by_office, strict=True)]
    return table("control_break", [("office", "text"), ("departure", unit)], rows, text("note.control_break"))


def _neighbours(view: View, figures: dict[str, Any]) -> Table:
    named = view.study.neighbours.offices
    if not named:
        return no_table("neighbours", text("why.no_neighbours"))

    def make() -> Table:
        near = np.array([office in named for office in view.used.offices])
        without = without_neighbours(view.panel, near, view.alpha)
        against = neighbours_against_others(view.panel, near, view.alpha)
        figures["neighbours_p"] = against.p_value
        unit = view.unit
        columns: Sequence[tuple[str, Any]] = [
            ("what", "text"),
            ("effect", unit),
            ("low", unit),
            ("high", unit),
            ("p", "p"),
        ]
        rows = [
            (text(f"what.{name}"), contrast.difference, contrast.lower, contrast.upper, contrast.p_value)
            for name, contrast in (("without_neighbours", without), ("neighbours", against))
        ]
        return table("neighbours", columns, rows)

    return tried("neighbours", make)


def _never_compared(view: View) -> Check:
    """Where every office starts at last: placebo outcomes and schemes by the two-way regression, which compares offices
    that have started with those that have not yet; what needs offices that never start says so."""
    figures: dict[str, Any] = {}
    finding: list[Text] = []
    tables: list[Table] = []
    for role, name, key in (("placebo", "placebo_outcomes", "placebo"), ("scheme", "schemes", "scheme")):
        names = [outcome.name for outcome in view.study.outcomes if outcome.role == role]
        if not names:
            reason = text(f"why.no_{key}_outcome" if key == "placebo" else "why.no_scheme")
            finding.append(text("finding.part_does_not_apply", part=text(f"table.{name}"), reason=reason))
            tables.append(no_table(name, reason))
            continue
        results = [view.infer(outcome, ()) for outcome in names]
        adjusted = [float(p) for p in holm([result.wcr.p for result in results])]
        figures[f"{key}_p"] = min(adjusted)
        moved = min(adjusted) <= view.alpha
        if key == "placebo":
            finding_key = "finding.placebo_moved" if moved else "finding.placebo_still"
            finding.append(text(finding_key, p=amount(min(adjusted), "p")))
        else:
            best = int(np.argmin(adjusted))
            if moved:
                figures["scheme_moved"] = view.label(names[best])
                unit = unit_of(view.study.outcome(names[best]))
                scale = 100 if unit == "points" else 1
                figures |= {"scheme_difference": scale * results[best].effect.value, "scheme_unit": unit}
            finding.append(text("finding.scheme_moved_several" if moved else "finding.scheme_still"))
        rows = [
            (view.label(outcome), (100 if view.study.outcome(outcome).kind == "binary" else 1) * result.effect.value, p)
            for outcome, result, p in zip(names, results, adjusted, strict=True)
        ]
        columns: Sequence[tuple[str, Any]] = [("what", "text"), ("difference", "ratio"), ("holm_p", "p")]
        tables.append(table(name, columns, rows, text("note.by_regression")))
    reason = text("why.no_never_treated")
    finding.append(text("finding.rest_does_not_apply", reason=reason))
    tables += [no_table(name, reason) for name in ("dose", "placebo_dates", "control_break", "neighbours")]
    status = "stop" if figures.get("placebo_p", 1.0) <= view.alpha else "mark" if "scheme_moved" in figures else "told"
    return Check(10, "rivalry", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


def _contrasts(name: str, contrasts: Sequence[NamedContrast], view: View) -> Table:
    rows = []
    for named in contrasts:
        scale = 100 if view.study.outcome(named.name).kind == "binary" else 1
        rows.append((view.label(named.name), *_three(named.contrast, scale), named.holm_p_value))
    return table(name, [*_COLUMNS, ("difference", "ratio"), ("holm_p", "p")], rows, text("note.contrasts"))


def _three(contrast: Contrast, scale: float) -> tuple[float, float, float]:
    return scale * contrast.trial, scale * contrast.comparison, scale * contrast.difference


def _least(contrasts: Sequence[NamedContrast]) -> float:
    p_values = [contrast.holm_p_value for contrast in contrasts if not math.isnan(contrast.holm_p_value)]
    return min(p_values) if p_values else 1.0
