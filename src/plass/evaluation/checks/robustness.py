"""Checks 11 and 12: what could have been seen at all, and whether the effect hangs on one choice; waiting and cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from plass.evaluation.checks.view import View, guarded, loo, plain, tried
from plass.evaluation.data.spells import Spells
from plass.evaluation.diagnostics.power import minimum_detectable_effect, placebo_effects
from plass.evaluation.errors import EvaluationError
from plass.evaluation.estimators.cost import cost_per_extra_outcome
from plass.evaluation.estimators.effects import TREATMENT, did, did_for
from plass.evaluation.estimators.ratio import FiellerKind
from plass.evaluation.estimators.survival import (
    aalen_johansen,
    kaplan_meier,
    life_table,
    restricted_mean_difference,
    restricted_mean_difference_by_start,
)
from plass.evaluation.study import Cost, Waiting, specification_name
from plass.evaluation.tables import Check, Table, amount, between, no_table, table
from plass.evaluation.text import Text, because, text

#: Points at which the curves of waiting and staying are tabled and drawn.
CURVE_POINTS = 60


@guarded(11, "detectable")
def detectable(view: View) -> Check:
    """The smallest effect the design would have seen, and the effect in per cent of the counterfactual."""
    effect, unit = view.effect, view.unit
    figures: dict[str, Any] = {
        "relative": effect.relative,
        "low": view.inference.interval[0],
        "high": view.inference.interval[1],
        "relevant": view.study.relevant,
    }
    finding: list[Text] = []
    tables: list[Table] = []
    status = "told"
    if effect.ratio is None:
        finding.append(text("finding.ratio_not", reason=because(effect.ratio_reason)))
    elif effect.ratio.kind is FiellerKind.BOUNDED:
        figures |= {"relative_low": effect.ratio.lower, "relative_high": effect.ratio.upper}
        finding.append(
            text(
                "finding.ratio",
                relative=amount(effect.relative, "share"),
                interval=between(effect.ratio.lower, effect.ratio.upper, "share"),
                counterfactual=amount(effect.counterfactual, "share" if unit == "points" else "number"),
            )
        )
    else:
        finding.append(text("finding.ratio_unbounded"))
    if view.quick:
        return Check(11, "detectable", "told", tuple(finding), figures)

    def smallest() -> Table:
        start = view.cohorts[0]  # the first, before which nobody was treated
        panel, _, absent = view.observed(slice(0, max(1, start // 2)), slice(max(1, start // 2), start))
        if absent:
            finding.append(text("finding.offices_absent", offices=", ".join(absent)))
        placebos = placebo_effects(panel, seed=view.seed)
        rows = []
        for power in (0.5, 0.8, 0.9):
            mde = minimum_detectable_effect(placebos, effect.counterfactual, view.alpha, power)
            rows.append((power, mde.effect, mde.per_cent / 100, mde.critical, mde.placebos))
            if power == 0.8:
                figures.update(mde=mde.effect, mde_relative=mde.per_cent / 100, placebos=mde.placebos)
        columns: Sequence[tuple[str, Any]] = [
            ("power", "share"),
            ("effect", unit),
            ("relative", "share"),
            ("critical", unit),
            ("placebos", "count"),
        ]
        return table("detectable", columns, rows, text("note.detectable" if view.common else "note.detectable_several"))

    smallest_table = tried("detectable", smallest)
    tables.append(smallest_table)
    if smallest_table.reason is not None:
        finding.append(text("finding.part_does_not_apply", part=smallest_table.title, reason=smallest_table.reason))
    elif math.isinf(figures["mde"]):
        finding.append(text("finding.mde_infinite"))
        status = "mark"
    else:
        small = abs(effect.value) >= figures["mde"]
        finding.append(
            text(
                "finding.mde_seen" if small else "finding.mde_unseen",
                mde=amount(figures["mde"], unit),
                relative=amount(figures["mde_relative"], "share"),
            )
        )
        status = "clear" if small else "mark"
    return Check(11, "detectable", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


@guarded(12, "robustness")
def robustness(view: View) -> Check:
    """Without each office, by every specification, waiting, staying, and cost."""
    figures: dict[str, Any] = {}
    finding: list[Text] = []
    tables = [_left_out(view, figures, finding)]
    if not view.quick:
        tables += [
            _specifications(view, figures, finding),
            *_spell_tables("waiting", view.study.waiting, view, figures, finding),
            *_spell_tables("retention", view.study.retention, view, figures, finding),
            _cost(view, figures, finding),
        ]
    carried = figures.get("one_office_carries")
    agree = figures.get("specifications_agree", True)
    status = "stop" if carried else "mark" if not agree or carried is None else "clear"
    return Check(12, "robustness", status, tuple(finding), figures, tuple(tables))  # type: ignore[arg-type]


def _left_out(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    without, unit = loo(view), view.unit
    names = view.effect.fit.moments.offices
    if not np.isfinite(without).all():
        reason = text("why.one_office_is_all")
        finding.append(text("finding.part_does_not_apply", part=text("table.leave_one_out"), reason=reason))
        return no_table("leave_one_out", reason)
    worst = int(np.argmax(np.abs(without - view.effect.value)))
    carries = bool((without * view.effect.value <= 0).any())
    figures |= {
        "loo_low": float(without.min()),
        "loo_high": float(without.max()),
        "one_office_carries": carries,
        "worst_office": names[worst],
    }
    finding.append(
        text(
            "finding.one_office_carries" if carries else "finding.no_office_carries",
            office=names[worst],
            effect=amount(float(without[worst]), unit),
            interval=between(float(without.min()), float(without.max()), unit),
        )
    )
    rows = [
        (name, text("word.trial") if name in view.used.treated else text("word.comparison"), float(value))
        for name, value in zip(names, without, strict=True)
    ]
    return table("leave_one_out", [("left_out", "text"), ("side", "text"), ("effect", unit)], rows)


def _specifications(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    """Every frozen specification of the headline's outcome, and of the others."""
    rows: list[tuple[Any, ...]] = []
    signs = []
    for spec in view.study.specifications:
        outcome, name = view.study.outcome(spec.outcome), specification_name(view.study, spec)
        scale = 100 if outcome.kind == "binary" else 1
        try:
            effect = did_for(view.cells, spec, view.alpha)
        except ValueError as error:
            rows.append((name, view.label(spec.outcome), None, None, None, None, because(plain(error))))
            continue
        estimate = effect.crv3
        mark = text("word.headline") if spec == view.specification else None
        rows.append(
            (
                name,
                view.label(spec.outcome),
                scale * estimate.value,
                scale * estimate.low,
                scale * estimate.high,
                estimate.p,
                mark,
            )
        )
        if spec.outcome == view.outcome.name:
            signs.append(estimate.value > 0)
    agree = len(set(signs)) <= 1
    figures |= {"specifications": len(rows), "specifications_agree": agree}
    key = "finding.specifications_agree" if agree else "finding.specifications_disagree"
    finding.append(text(key, count=len(signs)))
    columns: Sequence[tuple[str, Any]] = [
        ("specification", "text"),
        ("outcome", "text"),
        ("effect", "ratio"),
        ("low", "ratio"),
        ("high", "ratio"),
        ("p", "p"),
        ("remark", "text"),
    ]
    return table("specifications", columns, rows, text("note.specifications"))


# --- Waiting and staying ---------------------------------------------------------------------------------------------


def _spell_tables(
    name: str, source: Waiting | None, view: View, figures: dict[str, Any], finding: list[Text]
) -> list[Table]:
    if source is None:
        reason = text(f"why.no_{name}")
        finding.append(text("finding.part_does_not_apply", part=text(f"table.{name}"), reason=reason))
        return [no_table(name, reason)]
    if not view.controls:
        return [no_table(name, text("why.no_never_treated"))]
    spells = view.spells(name)
    figures |= {f"{name}_rows_read": spells.rows_read, f"{name}_left_out": spells.left_out}
    trial = view.panel.ever_treated[spells.office]
    # The number of the start at the spell's office; a comparison office's spells lie before the first or after the last.
    cohort = np.where(trial, np.searchsorted(view.cohorts, view.panel.first_treated[spells.office]), -1)
    before = spells.begun <= np.where(trial, cohort, 0)
    after = spells.begun > np.where(trial, cohort, len(view.cohorts) - 1)
    groups = [
        ((side, when), (trial == is_trial) & begun)
        for side, is_trial in (("trial", True), ("comparison", False))
        for when, begun in (("before", before), ("after", after))
    ]
    curves, ends = [], []
    for (side, when), chosen in groups:
        if not chosen.any():
            continue
        label = text(f"word.{side}_{when}")
        curves += [(label, *point) for point in _curve(spells, chosen, view.alpha)]
        ends += [(label, *row) for row in _ways_of_ending(spells, chosen)]
    heads: Sequence[tuple[str, Any]] = [
        ("group", "text"),
        ("day", "count"),
        ("share_left", "share"),
        ("low", "share"),
        ("high", "share"),
        ("at_risk", "count"),
    ]
    ended: Sequence[tuple[str, Any]] = [
        ("group", "text"),
        ("ending", "text"),
        ("share_ended", "share"),
        ("standard_error", "share"),
    ]
    return [
        tried(name, lambda: _means(name, spells, cohort, view, figures, finding)),
        table(f"{name}_curve", heads, curves, text("note.curve" if view.common else "note.curve_several")),
        table(f"{name}_ends", ended, ends, text("note.ends", days=spells.horizon)),
    ]


def _curve(spells: Spells, chosen: np.ndarray, alpha: float) -> list[tuple[float, ...]]:
    curve = kaplan_meier(life_table(*spells.where(chosen), causes=len(spells.causes)), alpha)
    days = np.unique(np.linspace(0, spells.horizon, CURVE_POINTS + 1).round())
    rows: list[tuple[float, ...]] = []
    for day in days:
        place = int(np.searchsorted(curve.time, day, side="right")) - 1
        at_risk = float(curve.at_risk[curve.time >= day][0]) if (curve.time >= day).any() else 0.0
        if place < 0:
            rows.append((day, 1.0, 1.0, 1.0, at_risk))
        else:
            rows.append((day, curve.survival[place], curve.lower[place], curve.upper[place], at_risk))
    return rows


def _ways_of_ending(spells: Spells, chosen: np.ndarray) -> list[tuple[Any, ...]]:
    lifetimes = life_table(*spells.where(chosen), causes=len(spells.causes))
    endings = []
    for number, cause in enumerate(spells.causes, start=1):
        share, error = aalen_johansen(lifetimes, number).at(float(spells.horizon))
        endings.append((cause or text("word.ended"), share, error))
    return endings


def _means(
    name: str,
    spells: Spells,
    cohort: np.ndarray,
    view: View,
    figures: dict[str, Any],
    finding: list[Text],
) -> Table:
    cases, horizon = (spells.duration, spells.cause, spells.office), float(spells.horizon)
    after = spells.begun[:, None] > np.arange(len(view.cohorts))[None, :]
    change = bool((~after).any())
    if view.common:
        since = after[:, 0] if change else None
        means = restricted_mean_difference(
            *cases, cohort >= 0, horizon, after=since, weight=spells.count, alpha=view.alpha
        )
    else:
        means = restricted_mean_difference_by_start(*cases, cohort, after, horizon, spells.count, view.alpha)
    figures |= {f"{name}_difference": means.difference, f"{name}_p": means.p_value}
    finding.append(
        text(
            f"finding.{name}_{'shorter' if means.difference < 0 else 'longer'}",
            difference=amount(abs(means.difference), "days"),
            interval=between(means.lower, means.upper, "days"),
            days=spells.horizon,
        )
    )
    columns: Sequence[tuple[str, Any]] = [
        ("horizon", "count"),
        ("trial_change" if change else "trial_mean", "days"),
        ("comparison_change" if change else "comparison_mean", "days"),
        ("difference", "days"),
        ("low", "days"),
        ("high", "days"),
        ("p", "p"),
    ]
    row = (means.horizon, means.trial, means.comparison, means.difference, means.lower, means.upper, means.p_value)
    note = "note.restricted_mean" if view.common else "note.restricted_mean_several"
    return table(name, columns, [row], text(note, spells=len(spells), left_out=spells.left_out))


# --- Cost ------------------------------------------------------------------------------------------------------------


def _cost(view: View, figures: dict[str, Any], finding: list[Text]) -> Table:
    cost = view.study.cost
    if cost is None:
        reason = text("why.no_cost")
        finding.append(text("finding.part_does_not_apply", part=text("table.cost"), reason=reason))
        return no_table("cost", reason)
    crv3 = view.effect.crv3
    if crv3.reason:
        return no_table("cost", because(crv3.reason))
    extra, variance, covariance = _extra_cost(cost, view)
    df = len(view.used.offices) - 1
    cost_estimate = cost_per_extra_outcome(
        extra, view.effect.value, crv3.standard_error**2, variance, covariance, df=df, alpha=view.alpha
    )
    figures |= {"extra_cost": extra, "cost_defined": cost_estimate.defined}
    if cost_estimate.defined:
        figures |= {
            "cost": cost_estimate.set.estimate,
            "cost_low": cost_estimate.set.lower,
            "cost_high": cost_estimate.set.upper,
        }
        finding.append(
            text(
                "finding.cost" if view.outcome.kind == "binary" else "finding.cost_unit",
                outcome=view.label(view.outcome.name),
                cost=amount(cost_estimate.set.estimate, "money"),
                interval=between(cost_estimate.set.lower, cost_estimate.set.upper, "money"),
                currency=cost.currency,
            )
        )
        shown = (cost_estimate.set.estimate, cost_estimate.set.lower, cost_estimate.set.upper)
    else:
        reason = because(cost_estimate.reason)
        finding.append(text("finding.cost_undefined", reason=reason))
        shown = (math.nan, math.nan, math.nan)
    half = float(stats.t.isf(view.alpha / 2, df)) * math.sqrt(variance)
    columns: Sequence[tuple[str, Any]] = [
        ("extra_cost", "money"),
        ("extra_low", "money"),
        ("extra_high", "money"),
        ("effect", view.unit),
        ("cost", "money"),
        ("low", "money"),
        ("high", "money"),
        ("currency", "text"),
    ]
    row = (extra, extra - half, extra + half, view.effect.value, *shown, cost.currency)
    return table("cost", columns, [row], text("note.cost" if view.unit == "points" else "note.cost_unit"))


def _extra_cost(cost: Cost, view: View) -> tuple[float, float, float]:
    """The extra cost a person, its variance, and its covariance with the effect."""
    if cost.outcome is None:
        if cost.extra_per_person is None:
            raise EvaluationError("[cost] needs extra_per_person, or the outcome that holds the cost")
        return cost.extra_per_person, (cost.standard_error or 0.0) ** 2, 0.0
    spec = view.specification
    money = did(view.used, cost.outcome, covariates=spec.covariates, weighting=spec.weighting, alpha=view.alpha)
    cost_changes = money.fit.leave_one_out[:, money.fit.position(TREATMENT)] - money.value
    effect_changes = loo(view) - view.effect.value
    if cost_changes.shape != effect_changes.shape:
        return money.value, money.crv3.standard_error**2, 0.0
    share = (len(cost_changes) - 1) / len(cost_changes)
    return money.value, share * float(cost_changes @ cost_changes), share * float(cost_changes @ effect_changes)
