"""Check 9: was it who was referred? The same design on the mix, on what the mix predicts, and on the number of people."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plass.evaluation.checks.view import View, guarded, plain
from plass.evaluation.data.cells import Cells, Floats, Sums, _group
from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.selection import (
    Inflow,
    LeeBounds,
    hold_mix,
    mix_shift,
    predicted_by_kind,
    referral_bounds,
    spread_bounds,
)
from plass.evaluation.errors import EvaluationError
from plass.evaluation.estimators.effects import TREATMENT, did
from plass.evaluation.estimators.office_contrasts import (
    Contrast,
    certain_p,
    change_contrast,
    change_contrasts,
    change_since,
)
from plass.evaluation.inference.bootstrap import wild_bootstrap
from plass.evaluation.tables import Check, Table, amount, between, no_table, table
from plass.evaluation.text import Text, because, text

#: More kinds than this are not tabled one by one.
KINDS_SHOWN = 40


@guarded(9, "referral")
def referral(view: View) -> Check:
    """What changed in who came to trial offices, beyond comparison offices."""
    figures: dict[str, Any] = {}
    raw = view.without_covariates
    figures |= {
        "raw_effect": raw.effect.value,
        "raw_p": raw.headline,
        "effect": view.effect.value,
    }
    held = view.with_covariates
    if held is not None:
        figures |= {
            "held_effect": held.effect.value,
            "held_p": held.headline,
        }
    figures["mix_known"] = held is not None or bool(view.panels("predetermined"))
    figures["kinds"] = math.prod(len(levels) for levels in view.used.levels.values()) if view.used.levels else 0
    if not view.controls:
        return _never_compared(view, figures)
    unit = view.unit
    rows: list[tuple[Any, ...]] = []
    finding: list[Text] = []
    tables: list[Table] = []
    _names, counts, mean = view.used.by_kind(view.outcome.name)
    inflow = Inflow(counts, view.used.first_treated)
    volume = change_contrast(inflow.volume(), alpha=view.alpha)
    volume_p = _p(volume, inflow.volume())
    figures |= {"volume": volume.difference, "volume_p": volume_p}
    rows.append(_contrast_row("volume", volume, 1.0, volume_p))
    if view.used.levels:
        account, more = _mix(view, inflow, mean, figures)
        rows += account
        tables += more
        moved = figures["predicted_p"] <= view.alpha
        finding.append(
            text(
                "finding.mix_moved" if moved else "finding.mix_still",
                predicted=amount(figures["predicted"], unit),
                share=amount(figures["share_of_effect"], "share"),
                p=amount(figures["predicted_p"], "p"),
            )
        )
        if held is not None:
            finding.append(
                text("finding.mix_held", raw=amount(raw.effect.value, unit), held=amount(held.effect.value, unit))
            )
    else:
        finding.append(text("finding.mix_unknown"))
    rows += _predetermined(view, figures)
    tables.append(_bounds(view, figures, volume.difference, volume_p, finding))
    columns: Sequence[tuple[str, Any]] = [
        ("what", "text"),
        ("trial_change", "ratio"),
        ("comparison_change", "ratio"),
        ("difference", "ratio"),
        ("p", "p"),
        ("remark", "text"),
    ]
    tables.insert(0, table("referral", columns, rows, text("note.referral")))
    status = "clear"
    if figures.get("predicted_p", 1.0) <= view.alpha or figures.get("predetermined_p", 1.0) <= view.alpha:
        status = "stop" if figures.get("share_of_effect", 0.0) >= 0.5 else "mark"
    elif not figures["mix_known"] or volume_p <= view.alpha:
        status = "mark"
    return Check(9, "referral", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


def _mix(
    view: View, inflow: Inflow, mean: Floats, figures: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], list[Table]]:
    """The predicted outcome, the mix and the effect with the mix held, from kinds of persons."""
    untouched = ~view.used.treatment
    people = np.where(untouched[:, :, None], inflow.counts, 0.0)
    happened = people * np.where(inflow.counts > 0, mean, 0.0)
    predicted = predicted_by_kind(people.sum(axis=(0, 1)), happened.sum(axis=(0, 1)))
    contrast = change_contrast(inflow.scored(predicted), alpha=view.alpha)
    p = _p(contrast, inflow.scored(predicted))
    raw = view.without_covariates.effect.value
    figures |= {
        "predicted": contrast.difference,
        "predicted_p": 1.0 if math.isnan(p) else p,
        "share_of_effect": contrast.difference / raw if raw else math.nan,
    }
    scale = 100.0 if view.unit == "points" else 1.0
    rows = [_contrast_row("predicted", contrast, scale, p)]
    remark: Text | None = None
    try:
        reweighted = change_contrast(hold_mix(mean, inflow), alpha=view.alpha)
        figures |= {"reweighted": reweighted.difference, "held_p_welch": reweighted.p_value}
    except ValueError as error:
        reweighted, remark = None, because(plain(error))
    if view.quick:
        return rows, []
    try:
        mix = mix_shift(inflow, seed=view.seed)
        figures |= {"mix_distance": mix.distance, "mix_p": mix.p_value}
        rows.append((text("what.mix"), None, None, mix.distance, mix.p_value, text("word.share_exchanged")))
    except ValueError as error:
        rows.append((text("what.mix"), None, None, None, None, because(plain(error))))
    if reweighted is not None:
        rows.append(_contrast_row("reweighted", reweighted, scale))
    else:
        rows.append((text("what.reweighted"), None, None, None, None, remark))
    return rows, [_kinds(view, inflow, predicted)]


def _kinds(view: View, inflow: Inflow, predicted: Floats) -> Table:
    names, _, _ = view.used.by_kind(view.outcome.name)
    if len(names) > KINDS_SHOWN:
        return no_table("kinds", text("why.many_kinds", kinds=len(names), shown=KINDS_SHOWN))
    shares = [part / part.sum() for part in _four_corners(view.panel, inflow.counts)]
    rows = [(name, predicted[i], *(share[i] for share in shares)) for i, name in enumerate(names)]
    columns: Sequence[tuple[str, Any]] = [
        ("kind_of_person", "text"),
        ("predicted", "level" if view.unit == "points" else view.unit),
        ("trial_before", "share"),
        ("trial_after", "share"),
        ("comparison_before", "share"),
        ("comparison_after", "share"),
    ]
    return table("kinds", columns, rows)


def _four_corners(panel: OfficePanel, values: Floats) -> list[Floats]:
    """Sums of ``values`` (offices, periods, ...) over trial offices before and after their own start, and over
    comparison offices before and after each start, weighted by the share of trial offices that began then."""
    corners = [np.zeros(values.shape[2:]) for _ in range(4)]
    for start in panel.cohorts:
        in_cohort = panel.first_treated == start
        share = in_cohort.sum() / panel.ever_treated.sum()
        for place, (side, factor, when) in enumerate(
            (
                (in_cohort, 1.0, slice(0, start)),
                (in_cohort, 1.0, slice(start, None)),
                (~panel.ever_treated, share, slice(0, start)),
                (~panel.ever_treated, share, slice(start, None)),
            )
        ):
            corners[place] = corners[place] + factor * values[side][:, when].sum(axis=(0, 1))
    return corners


def _predetermined(view: View, figures: dict[str, Any]) -> list[tuple[Any, ...]]:
    panels = view.panels("predetermined")
    rows = []
    for named in change_contrasts(panels, view.alpha):
        figures["predetermined_p"] = _least(figures.get("predetermined_p", math.nan), named.holm_p_value)
        label = view.label(named.name)
        row = _contrast_row("volume", named.contrast, 1.0)
        rows.append((label, *row[1:4], named.holm_p_value, *row[5:]))
    return rows


def _least(p: float, other_p: float) -> float:
    known = [value for value in (p, other_p) if not math.isnan(value)]
    return min(known) if known else math.nan


def _bounds(view: View, figures: dict[str, Any], volume: float, p: float, finding: list[Text]) -> Table:
    """Lee's bounds where the number of people changed. They need every value, which the cells keep for yes-or-no
    outcomes only; other outcomes get outer bounds from means and spreads."""
    name = "lee_bounds"
    if not p <= view.alpha:
        return no_table(name, text("why.inflow_unchanged"))
    ratio, binary = math.exp(volume), view.outcome.kind == "binary"
    if binary:
        bounds = lee(view, ratio)
        figures |= {"lee_low": bounds.lower, "lee_high": bounds.upper, "lee_trimmed": bounds.trimmed}
    else:
        bounds = outer(view, ratio)
        figures |= {"outer_low": bounds.lower, "outer_high": bounds.upper, "outer_trimmed": bounds.trimmed}
    finding.append(
        text(
            "finding.inflow_moved" if binary else "finding.inflow_moved_outer",
            change=amount(ratio - 1, "share"),
            bounds=between(bounds.lower, bounds.upper, view.unit),
        )
    )
    columns: Sequence[tuple[str, Any]] = [("trimmed", "share"), ("low", view.unit), ("high", view.unit)]
    note = text("note.lee_bounds" if binary else "note.outer_bounds")
    return table(name, columns, [(bounds.trimmed, bounds.lower, bounds.upper)], note)


def lee(view: View, inflow_ratio: float) -> LeeBounds:
    """Lee's bounds of the headline difference for a growth of trial offices' inflow beyond the others'."""
    panel = view.panel
    mean = np.where(panel.weight > 0, panel.outcome, 0.0)
    corners = _four_corners(panel, np.stack([panel.weight * mean, panel.weight], axis=2))
    sums = [(float(yes), float(total)) for yes, total in corners]
    if any(total <= 0 for _, total in sums):
        raise EvaluationError("a side has nobody before or nobody after the start")
    before, after = (([0.0, 1.0], [total - yes, yes]) for yes, total in sums[:2])
    comparison = sums[3][0] / sums[3][1] - sums[2][0] / sums[2][1]
    return referral_bounds(before, after, comparison, inflow_ratio)


def outer(view: View, inflow_ratio: float) -> LeeBounds:
    """The same from means and variances, for outcomes of any kind."""
    sums, cells = view.used.weighted(view.outcome.name, view.specification.weighting), view.used
    panel = np.zeros((len(cells.offices), len(cells.periods), 3))
    np.add.at(panel, (cells.office, cells.period), np.stack([sums.w, sums.wy, sums.wyy], axis=1))
    corners = _four_corners(view.panel, panel)
    if any(total <= 0 for total, _, _ in corners):
        raise EvaluationError("a side has nobody before or nobody after the start")
    mean_and_variance = [(float(wy / w), float(wyy / w - (wy / w) ** 2)) for w, wy, wyy in corners]
    return spread_bounds(
        mean_and_variance[0], mean_and_variance[1], mean_and_variance[3][0] - mean_and_variance[2][0], inflow_ratio
    )


def _p(contrast: Contrast, panel: OfficePanel) -> float:
    """A contrast's p-value; by randomisation where all offices moved by exactly the same, which is not the same as
    unchanged."""
    return certain_p(contrast, change_since(panel), panel.ever_treated)


def _contrast_row(key: str, contrast: Contrast, scale: float, p: float | None = None) -> tuple[Any, ...]:
    remark = because(contrast.reason) if contrast.reason else None
    trial, comparison, difference = (
        scale * value for value in (contrast.trial, contrast.comparison, contrast.difference)
    )
    return (text(f"what.{key}"), trial, comparison, difference, contrast.p_value if p is None else p, remark)


def _never_compared(view: View, figures: dict[str, Any]) -> Check:
    """Where no office is never treated, the same questions go through the two-way regression, tested by the restricted
    bootstrap."""
    unit, reason = view.unit, text("why.no_never_treated")
    scale = 100.0 if unit == "points" else 1.0
    finding: list[Text] = []
    rows: list[tuple[Any, ...]] = []
    _, counts, mean = view.used.by_kind(view.outcome.name)
    volume = _volume(view, counts.sum(axis=2))
    figures |= {"volume": volume[0], "volume_p": volume[1]}
    rows.append((text("what.volume"), volume[0], volume[1]))
    if view.used.levels:
        untouched = ~view.used.treatment
        people = np.where(untouched[:, :, None], counts, 0.0)
        happened = people * np.where(counts > 0, mean, 0.0)
        predicted = predicted_by_kind(people.sum(axis=(0, 1)), happened.sum(axis=(0, 1)))
        difference, p = infer_predicted(view, predicted)
        raw = figures["raw_effect"]
        figures |= {
            "predicted": difference,
            "predicted_p": p,
            "share_of_effect": difference / raw if raw else math.nan,
        }
        rows.append((text("what.predicted"), scale * difference, p))
        moved = p <= view.alpha
        finding.append(
            text(
                "finding.mix_moved" if moved else "finding.mix_still",
                predicted=amount(difference, unit),
                share=amount(figures["share_of_effect"], "share"),
                p=amount(p, "p"),
            )
        )
    else:
        finding.append(text("finding.mix_unknown"))
    if "held_effect" in figures:
        finding.append(
            text(
                "finding.mix_held",
                raw=amount(figures["raw_effect"], unit),
                held=amount(figures["held_effect"], unit),
            )
        )
    for name in view.panels("predetermined"):
        result = view.infer(name, ())
        figures["predetermined_p"] = _least(figures.get("predetermined_p", math.nan), result.wcr.p)
        factor = 100.0 if view.study.outcome(name).kind == "binary" else 1.0
        rows.append((view.label(name), factor * result.effect.value, result.wcr.p))
    columns: Sequence[tuple[str, Any]] = [("what", "text"), ("difference", "ratio"), ("p", "p")]
    status = "clear"
    if figures.get("predicted_p", 1.0) <= view.alpha or figures.get("predetermined_p", 1.0) <= view.alpha:
        status = "stop" if figures.get("share_of_effect", 0.0) >= 0.5 else "mark"
    elif not figures["mix_known"] or volume[1] <= view.alpha:
        status = "mark"
    tables = (table("referral", columns, rows, text("note.by_regression")), no_table("lee_bounds", reason))
    return Check(9, "referral", status, tuple(finding), figures, tables)  # type: ignore[arg-type]


def infer_predicted(view: View, predicted: Floats) -> tuple[float, float]:
    """The design on the outcome that each kind of person can be expected to have: difference and p (WCR)."""
    cells = view.used
    kind = _group(list(cells.codes.values()))[0]
    value = predicted[kind]
    s = cells.of(view.outcome.name)
    expected = Sums(s.n, s.w, s.w * value, s.w * value**2, s.ww, s.ww * value, s.ww * value**2)
    return _tested(view, dataclasses.replace(cells, sums={"predicted": expected}), "predicted")


def _volume(view: View, people: Floats) -> tuple[float, float]:
    """The design on the logarithm of the number of people, every office-period alike."""
    observed = (people > 0).astype(np.float64)
    logs = np.log(np.where(people > 0, people, 1.0))
    return _tested(view, Cells.from_means(logs, observed, view.used.first_treated, within=0.0), "outcome")


def _tested(view: View, cells: Cells, outcome: str) -> tuple[float, float]:
    """A difference and its p-value; p is 1 where nothing varies."""
    fit = did(cells, outcome, weighting=view.specification.weighting).fit
    value = fit.value(TREATMENT)
    if fit.estimate(TREATMENT).standard_error <= 1e-9 * max(abs(value), 1e-9):
        return value, 1.0
    bootstrap = wild_bootstrap(fit, TREATMENT, alpha=view.alpha, draws=view.draws, seed=view.seed, interval=False)
    return value, bootstrap.p
