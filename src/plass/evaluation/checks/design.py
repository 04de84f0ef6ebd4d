"""Checks 1 to 3: the design, what is estimated, and what the two-way coefficient weighs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from plass.evaluation.checks.view import View, guarded, plain, unit_of
from plass.evaluation.diagnostics.decomposition import effect_weights, goodman_bacon
from plass.evaluation.diagnostics.design import design_card
from plass.evaluation.estimators.effects import did
from plass.evaluation.estimators.few_treated import holm
from plass.evaluation.estimators.group_time import Aggregate, group_time_effects
from plass.evaluation.inference.panel import Inference
from plass.evaluation.tables import Check, Table, amount, between, no_table, table
from plass.evaluation.text import because, counted, text


@guarded(1, "design")
def design(view: View) -> Check:
    """How much the design can say at all."""
    card = design_card(view.panel, view.alpha)
    order = np.argsort(~view.panel.ever_treated, kind="stable")
    cells, total = view.used, card.weight.sum()
    rows = np.bincount(cells.office, weights=cells.of(view.outcome.name).n, minlength=len(cells.offices))
    offices = [
        (
            cells.offices[place],
            text("word.trial") if view.panel.ever_treated[place] else text("word.comparison"),
            int(rows[place]),
            card.weight[i] / total,
            card.office_leverage[i],
        )
        for i, place in enumerate(order)
    ]
    smallest_wcr = card.smallest.wild_bootstrap
    if 2 ** (card.offices - 1) > 2**20:
        smallest_wcr = 1 / (1 + view.draws)
    smallest = [
        (text("test.wcr"), smallest_wcr, smallest_wcr <= view.alpha),
        (text("test.ri"), card.smallest.randomisation, card.smallest.randomisation <= view.alpha),
        (text("test.single_office"), card.smallest.single_office, card.smallest.single_office <= view.alpha),
    ]
    controls = card.offices - card.treated
    finding = [
        text(
            "finding.design",
            treated=card.treated,
            controls=controls,
            before=card.periods_before,
            after=card.periods_after,
            effective=amount(card.effective_offices, "ratio"),
        )
    ]
    enough = min(card.treated, controls) >= 2
    if not enough:
        finding.append(text("finding.one_office_on_a_side"))
    if card.smallest.single_office > view.alpha:
        finding.append(text("finding.single_office_out_of_reach", p=amount(card.smallest.single_office, "p")))
    reach = max(smallest_wcr, card.smallest.randomisation) <= view.alpha
    uneven = card.effective_offices < 0.5 * card.offices
    return Check(
        1,
        "design",
        "stop" if not enough or not reach else "mark" if uneven else "clear",
        tuple(finding),
        {
            "treated": card.treated,
            "controls": controls,
            "offices": card.offices,
            "effective_offices": card.effective_offices,
            "smallest_wcr": smallest_wcr,
            "smallest_ri": card.smallest.randomisation,
            "smallest_single_office": card.smallest.single_office,
            "alpha": view.alpha,
        },
        (
            table(
                "offices",
                [("office", "text"), ("side", "text"), ("rows", "count"), ("weight", "share"), ("leverage", "share")],
                offices,
            ),
            table("smallest_p", [("test", "text"), ("smallest_p", "p"), ("can_reach", "text")], smallest),
        ),
    )


@guarded(2, "estimand")
def estimand(view: View) -> Check:
    """What is estimated: weights, cohorts, other outcomes."""
    effect, unit, name = view.effect, view.unit, view.outcome.name
    weighted = {
        weighting: effect
        if weighting == effect.weighting
        else did(view.used, name, covariates=view.specification.covariates, weighting=weighting, alpha=view.alpha)
        for weighting in ("person", "office")
    }
    rows = [
        (
            text(f"word.{weighting}_weighted"),
            weighted_effect.value,
            weighted_effect.crv3.low,
            weighted_effect.crv3.high,
            weighted_effect.treated_mean,
            weighted_effect.counterfactual,
            weighted_effect.relative,
        )
        for weighting, weighted_effect in weighted.items()
    ]
    effects = table(
        "weighted_effects",
        [
            ("weighting", "text"),
            ("effect", unit),
            ("low", unit),
            ("high", unit),
            ("treated_mean", "level" if unit == "points" else unit),
            ("counterfactual", "level" if unit == "points" else unit),
            ("relative", "share"),
        ],
        rows,
        text("note.crv3"),
    )
    figures: dict[str, Any] = {
        "effect": effect.value,
        "counterfactual": effect.counterfactual,
        "relative": effect.relative,
        "person_weighted": weighted["person"].value,
        "office_weighted": weighted["office"].value,
        "cohorts": len(view.cohorts),
    }
    tables = [effects]
    finding = [
        text(
            "finding.weighting",
            person=amount(weighted["person"].value, unit),
            office=amount(weighted["office"].value, unit),
        )
    ]
    apart = abs(weighted["person"].value - weighted["office"].value) > 0.5 * abs(effect.value)
    if apart:
        finding.append(text("finding.weighting_apart"))
    try:
        group_time_tables = _group_time(view, figures)
        tables += group_time_tables
        finding.append(
            counted(
                "finding.group_time",
                len(view.cohorts),
                cohorts=len(view.cohorts),
                effect=amount(figures["group_time"], unit),
                interval=between(figures["group_time_low"], figures["group_time_high"], unit),
            )
        )
    except ValueError as error:
        tables.append(no_table("group_time", because(plain(error))))
    tables.append(_outcomes(view, figures))
    disagree = len(view.cohorts) > 1 and figures.get("group_time", 0.0) * effect.value < 0
    return Check(
        2, "estimand", "stop" if disagree else "mark" if apart else "told", tuple(finding), figures, tuple(tables)
    )


def _group_time(view: View, figures: dict[str, Any]) -> list[Table]:
    group_time = group_time_effects(
        view.used, view.outcome.name, weighting=view.specification.weighting, comparison=view.specification.comparison
    )
    overall = group_time.aggregate("simple").estimate(view.alpha)
    figures |= {
        "group_time": overall.value,
        "group_time_low": overall.low,
        "group_time_high": overall.high,
        "group_time_p": overall.p,
    }
    if view.quick:
        return []
    kinds: tuple[Aggregate, ...] = ("simple", "group", "dynamic", "calendar")
    aggregated, by_cohort = [], []
    for kind in kinds:
        aggregation = group_time.aggregate(kind)
        estimate = aggregation.estimate(view.alpha)
        aggregated.append(
            (text(f"aggregate.{kind}"), estimate.value, estimate.standard_error, estimate.low, estimate.high)
        )
        if kind == "group":
            errors = np.sqrt(np.diag(aggregation.covariance))
            by_cohort = [
                (view.used.periods[int(at)], float(value), float(error))
                for at, value, error in zip(aggregation.at, aggregation.effect, errors, strict=True)
            ]
    unit = view.unit
    errors = np.sqrt(np.diag(group_time.covariance))
    every = [
        (view.used.periods[int(cohort)], view.used.periods[int(period)], float(value), float(error))
        for cohort, period, value, error in zip(
            group_time.cohort, group_time.period, group_time.effect, errors, strict=True
        )
    ]
    heads: list[tuple[str, Any]] = [("effect", unit), ("standard_error", unit)]
    return [
        table("aggregations", [("aggregation", "text"), *heads, ("low", unit), ("high", unit)], aggregated),
        table("cohorts", [("start", "text"), *heads], by_cohort),
        table("group_time", [("start", "text"), ("period", "text"), *heads], every, text("note.group_time")),
    ]


def _outcomes(view: View, figures: dict[str, Any]) -> Table:
    """Every outcome by the same design; the p-value is that of the deciding test, corrected for their number."""
    others = [
        outcome
        for outcome in view.study.outcomes
        if outcome.role in ("main", "secondary") and outcome.name != view.outcome.name
    ]
    if not others:
        return no_table("outcomes", text("why.one_outcome"))
    estimates: list[tuple[Any, Inference]] = []
    for outcome in others:
        try:
            estimates.append(
                (outcome, view.infer(outcome.name, view.specification.covariates, interval=not view.quick))
            )
        except ValueError:
            continue
    adjusted = holm([result.headline for _, result in estimates]) if estimates else np.zeros(0)
    if len(adjusted):
        best = int(np.argmin(adjusted))
        figures |= {
            "elsewhere_p": float(adjusted[best]),
            "elsewhere_outcome": view.label(estimates[best][0].name),
            "elsewhere_effect": estimates[best][1].effect.value,
            "elsewhere_unit": unit_of(estimates[best][0]),
        }
    rows = [
        (
            view.label(outcome.name),
            text(f"kind.{outcome.kind}"),
            result.effect.value * (100 if outcome.kind == "binary" else 1),
            *(
                (100 if outcome.kind == "binary" else 1) * part
                for part in (result.effect.value if result.decider is None else result.decider.value, *result.interval)
            ),
            result.effect.relative,
            float(adjusted[place]),
        )
        for place, (outcome, result) in enumerate(estimates)
    ]
    columns: Sequence[tuple[str, Any]] = [
        ("outcome", "text"),
        ("kind", "text"),
        ("effect", "ratio"),
        ("effect_alike", "ratio"),
        ("low", "ratio"),
        ("high", "ratio"),
        ("relative", "share"),
        ("holm_p", "p"),
    ]
    return table("outcomes", columns, rows, text("note.outcomes"))


@guarded(3, "twoway_weights")
def twoway_weights(view: View) -> Check:
    """What the two-way coefficient is made of."""
    panel, unit = view.panel, view.unit
    weights = effect_weights(panel)
    figures: dict[str, Any] = {
        "negative_cells": weights.negative_cells,
        "negative_sum": weights.negative_sum,
        "treated_cells": weights.cells,
    }
    summary = table(
        "effect_weights",
        [("treated_cells", "count"), ("negative_cells", "count"), ("negative_sum", "ratio"), ("sign_flip_sd", unit)],
        [(weights.cells, weights.negative_cells, weights.negative_sum, weights.sign_flip_sd)],
        text("note.effect_weights"),
    )
    if view.common:
        reason = text("why.single_cohort")
        return Check(
            3,
            "twoway_weights",
            "none",
            (text("finding.does_not_apply", reason=reason),),
            figures,
            (no_table("comparisons", reason), summary),
        )
    bacon = goodman_bacon(panel)
    figures |= {"forbidden_weight": bacon.forbidden_weight if bacon.applies else None}
    if bacon.applies:
        names = dict(enumerate(view.used.periods))
        rows = [
            (
                text(f"comparison.{comparison.kind.name.lower()}"),
                names[comparison.treated],
                text("word.never") if comparison.compared is None else names[comparison.compared],
                comparison.weight,
                comparison.effect,
            )
            for comparison in bacon.comparisons
        ]
        columns: Sequence[tuple[str, Any]] = [
            ("comparison", "text"),
            ("start", "text"),
            ("compared", "text"),
            ("weight", "share"),
            ("effect", unit),
        ]
        comparisons = table("comparisons", columns, rows)
        first = text("finding.forbidden_weight", share=amount(bacon.forbidden_weight, "share"))
    else:
        comparisons = no_table("comparisons", because(bacon.reason))
        first = text("finding.does_not_apply", reason=because(bacon.reason))
    second = (
        text("finding.negative_weights", cells=weights.negative_cells, of=weights.cells)
        if weights.negative_cells
        else text("finding.no_negative_weights")
    )
    marked = weights.negative_cells > 0 or (bacon.applies and bacon.forbidden_weight > 0.1)
    return Check(3, "twoway_weights", "mark" if marked else "clear", (first, second), figures, (comparisons, summary))


__all__ = ["design", "estimand", "twoway_weights"]
