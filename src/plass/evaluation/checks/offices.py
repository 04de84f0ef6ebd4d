"""Check 5: each trial office by itself, and whether they differ at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plass.evaluation.checks.view import View, does_not_apply, guarded
from plass.evaluation.data.cells import Floats
from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.diagnostics.heterogeneity import cochran_q, shrink, spread_test
from plass.evaluation.estimators.few_treated import (
    FewTreatedMethod,
    changes_and_sampling,
    holm,
    office_effects,
    variance_model,
)
from plass.evaluation.tables import Check, Table, amount, no_table, table
from plass.evaluation.text import Text, counted, text


@dataclass(frozen=True)
class _Cohort:
    """The trial offices that begin in one period, and the offices that never do; names: of the trial offices."""

    start: int
    panel: OfficePanel
    names: tuple[str, ...]


@guarded(5, "offices")
def offices(view: View) -> Check:
    """Each office with intervals that one treated office can have, a test that they differ, and shrunken effects.

    With several starts an office's change over its own start is judged by how never-treated offices changed over the same
    periods; whether offices differ is asked of those that begin together.
    """
    if not view.controls:
        return does_not_apply(5, "offices", text("why.no_never_treated"))
    cohorts, absent = _cohorts(view)
    if not cohorts or any((~cohort.panel.ever_treated).sum() < 2 for cohort in cohorts):
        return does_not_apply(5, "offices", text("why.two_comparison_plain"))
    rows: list[tuple[Any, ...]] = []
    tested: list[tuple[_Cohort, dict[str, Any], list[tuple[Any, ...]]]] = []
    spreads: list[float] = []
    reach: list[float] = []
    for cohort in cohorts:
        conley, ferman = (office_effects(cohort.panel, method, view.alpha) for method in FewTreatedMethod)
        shrunk, variance = _shrunken(cohort.panel, view.alpha)
        pulled = _pulled(shrunk, len(cohort.names))
        reach.append(ferman[0].smallest_p)
        for name, fp, ct, shrunken in zip(cohort.names, ferman, conley, pulled, strict=True):
            values = (fp.effect, fp.lower, fp.upper, fp.p_value, math.nan, ct.lower, ct.upper, ct.p_value, *shrunken)
            rows.append((name, *(() if view.common else (view.used.periods[cohort.start],)), *values))
        if len(cohort.names) > 1:
            tested.append((cohort, *_heterogeneity(view, cohort.panel, variance)))
            if shrunk is not None:
                spreads.append(shrunk.between_sd)
    unit = view.unit
    columns: Sequence[tuple[str, Any]] = [
        ("office", "text"),
        *([] if view.common else [("start", "text")]),
        ("effect", unit),
        ("low", unit),
        ("high", unit),
        ("p", "p"),
        ("holm_p", "p"),
        ("conley_taber_low", unit),
        ("conley_taber_high", unit),
        ("conley_taber_p", "p"),
        ("shrunken", unit),
        ("shrunken_low", unit),
        ("shrunken_high", unit),
    ]
    names = [name for name, _ in columns]
    at = {name: names.index(name) for name in ("effect", "p", "holm_p")}
    adjusted = holm([row[at["p"]] for row in rows])
    rows = [(*row[: at["holm_p"]], p, *row[at["holm_p"] + 1 :]) for row, p in zip(rows, adjusted, strict=True)]
    better = sum(p <= view.alpha and row[at["effect"]] > 0 for p, row in zip(adjusted, rows, strict=True))
    figures: dict[str, Any] = {
        "offices_better": int(better),
        "offices_treated": len(rows),
        "smallest_single_office": max(reach),
    }
    note = text("note.each_office" if view.common else "note.each_office_several")
    tables = [table("each_office", columns, rows, note)]
    finding: list[Text] = [
        counted("finding.offices_better", figures["offices_better"], better=figures["offices_better"], of=len(rows))
    ]
    if absent:
        finding.append(text("finding.offices_absent", offices=", ".join(absent)))
    differ = False
    if not tested:
        reason = text("why.two_offices_a_side" if view.common or len(rows) < 2 else "why.one_office_a_start")
        tables.append(no_table("heterogeneity", reason))
        finding.append(text("finding.heterogeneity_not", reason=reason))
    else:
        tables.append(_differences(view, tested))
        spread = holm([test_figures["spread_p"] for _, test_figures, _ in tested])
        least = int(np.argmin(spread))
        figures |= {"spread_p": float(spread[least]), "spread_ratio": tested[least][1]["spread_ratio"]}
        differ = figures["spread_p"] <= view.alpha
        figures["offices_differ"] = differ
        key = "finding.offices_differ" if differ else "finding.offices_alike"
        finding.append(text(key, p=amount(figures["spread_p"], "p")))
        if spreads:
            figures["between_sd"] = max(spreads)
    return Check(5, "offices", "mark" if differ else "told", tuple(finding), figures, tuple(tables))


def _cohorts(view: View) -> tuple[list[_Cohort], tuple[str, ...]]:
    """For each start the offices with rows before and after it, and the names of those that have not."""
    cohorts: list[_Cohort] = []
    absent: list[str] = []
    for start in view.cohorts:
        in_comparison = {
            name
            for name, first in zip(view.used.offices, view.panel.first_treated, strict=True)
            if first == start or first >= view.panel.periods
        }
        panel, present, gone = view.observed(slice(0, start), slice(start, None))
        absent += [name for name in gone if name in in_comparison and name not in absent]
        panel = panel.keep(np.array([name in in_comparison for name in present], dtype=np.bool_))
        compared = [name for name in present if name in in_comparison]
        names = tuple(name for name, treated in zip(compared, panel.ever_treated, strict=True) if treated)
        if names:
            cohorts.append(_Cohort(start, panel, names))
    return cohorts, tuple(absent)


def _shrunken(panel: OfficePanel, alpha: float) -> tuple[Any, tuple[Floats, Floats] | None]:
    """Shrunken effects, and the variances of treated and comparison offices' changes; None where there are too few."""
    change, sampling = changes_and_sampling(panel)
    treated = panel.ever_treated
    if treated.sum() < 2 or (~treated).sum() < 2:
        return None, None
    model = variance_model(change[~treated], sampling[~treated])
    trial_variance, comparison_variance = model.of(sampling[treated]), model.of(sampling[~treated])
    if not (trial_variance > 0).all():
        return None, None
    return shrink(change[treated] - change[~treated].mean(), trial_variance, alpha=alpha), (
        trial_variance,
        comparison_variance,
    )


def _pulled(shrunk: Any, count: int) -> list[tuple[float, float, float]]:
    if shrunk is None:
        return [(math.nan, math.nan, math.nan)] * count
    return list(zip(shrunk.effects, shrunk.lower, shrunk.upper, strict=True))


def _heterogeneity(
    view: View, panel: OfficePanel, variance: tuple[Floats, Floats] | None
) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    change, _ = changes_and_sampling(panel)
    treated = panel.ever_treated
    trial_variance, comparison_variance = variance if variance is not None else (None, None)
    spread = spread_test(
        change[treated],
        change[~treated],
        trial_variance,
        comparison_variance,
        draws=999 if view.quick else 9_999,
        seed=view.seed,
    )
    rows: list[tuple[Any, ...]] = [
        (text("test.spread_permutation"), spread.ratio, spread.permutation_p_value, spread.smallest_p),
        (text("test.spread_f"), spread.ratio, spread.f_p_value, None),
    ]
    if trial_variance is not None:
        q = cochran_q(change[treated] - change[~treated].mean(), trial_variance)
        rows.append((text("test.cochran_q"), q.q, q.p_value, None))
    # The permutation test assumes least; with very few splits it cannot reach the level and the F test speaks.
    p = spread.permutation_p_value if spread.smallest_p <= view.alpha else spread.f_p_value
    return {"spread_p": p, "spread_ratio": spread.ratio}, rows


def _differences(view: View, tested: Sequence[tuple[_Cohort, dict[str, Any], list[tuple[Any, ...]]]]) -> Table:
    columns: Sequence[tuple[str, Any]] = [
        *([] if view.common else [("start", "text")]),
        ("test", "text"),
        ("statistic", "ratio"),
        ("p", "p"),
        ("smallest_p", "p"),
    ]
    rows = [
        (*(() if view.common else (view.used.periods[cohort.start],)), *row)
        for cohort, _, test_rows in tested
        for row in test_rows
    ]
    return table("heterogeneity", columns, rows, None if view.common else text("note.heterogeneity_several"))
