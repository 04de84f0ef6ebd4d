"""Check 5: each trial office by itself, and whether they differ at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plass.evaluation.cells import Floats
from plass.evaluation.checks.view import View, does_not_apply, guarded, several_starts
from plass.evaluation.effects import did_by_office
from plass.evaluation.fewtreated import FewTreatedMethod, changes_and_sampling, holm, office_effects, variance_model
from plass.evaluation.heterogeneity import cochran_q, shrink, spread_test
from plass.evaluation.officepanel import OfficePanel
from plass.evaluation.tables import Check, Table, amount, no_table, table
from plass.evaluation.text import Text, text


@guarded(5, "offices")
def offices(view: View) -> Check:
    """Each office with intervals that one treated office can have, a test that they differ, and shrunken effects."""
    if not view.controls:
        return does_not_apply(5, "offices", text("why.no_never_treated"))
    if not view.common:
        return _several_starts(view)
    unit, start = view.unit, view.cohorts[0]
    panel, present, absent = view.observed(slice(0, start), slice(start, None))
    if panel.ever_treated.sum() == 0 or (~panel.ever_treated).sum() < 2:
        return does_not_apply(5, "offices", text("why.two_comparison_plain"))
    conley, ferman = (office_effects(panel, method, view.alpha) for method in FewTreatedMethod)
    names = [name for name, treated in zip(present, panel.ever_treated, strict=True) if treated]
    adjusted = holm([one.p_value for one in ferman])
    figures: dict[str, Any] = {
        "offices_better": int(sum(p <= view.alpha and one.effect > 0 for p, one in zip(adjusted, ferman, strict=True))),
        "offices_treated": len(names),
        "smallest_single_office": ferman[0].smallest_p,
    }
    shrunk, variance = _shrunken(panel, view.alpha)
    pulled = _pulled(shrunk, len(names))
    columns: Sequence[tuple[str, Any]] = [
        ("office", "text"),
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
    rows = [
        (name, fp.effect, fp.lower, fp.upper, fp.p_value, adjusted[i], ct.lower, ct.upper, ct.p_value, *pulled[i])
        for i, (name, fp, ct) in enumerate(zip(names, ferman, conley, strict=True))
    ]
    tables = [table("each_office", columns, rows, text("note.each_office"))]
    finding: list[Text] = [
        text("finding.offices_better", better=figures["offices_better"], of=len(names)),
    ]
    if absent:
        finding.append(text("finding.offices_absent", offices=", ".join(absent)))
    differ = False
    if len(names) < 2:
        reason = text("why.two_offices_a_side")
        tables.append(no_table("heterogeneity", reason))
        finding.append(text("finding.heterogeneity_not", reason=reason))
    else:
        made, heterogeneity = _heterogeneity(view, panel, variance)
        tables.append(heterogeneity)
        differ = made["spread_p"] <= view.alpha
        figures |= made
        figures["offices_differ"] = differ
        key = "finding.offices_differ" if differ else "finding.offices_alike"
        finding.append(text(key, p=amount(made["spread_p"], "p")))
        if shrunk is not None:
            figures["between_sd"] = shrunk.between_sd
    return Check(5, "offices", "mark" if differ else "told", tuple(finding), figures, tuple(tables))


def _shrunken(panel: OfficePanel, alpha: float) -> tuple[Any, tuple[Floats, Floats] | None]:
    """Shrunken effects, and the variances of treated and comparison offices' changes; None where there are too few."""
    change, sampling = changes_and_sampling(panel)
    treated = panel.ever_treated
    if treated.sum() < 2 or (~treated).sum() < 2:
        return None, None
    model = variance_model(change[~treated], sampling[~treated])
    mine, others = model.of(sampling[treated]), model.of(sampling[~treated])
    if not (mine > 0).all():
        return None, None
    return shrink(change[treated] - change[~treated].mean(), mine, alpha=alpha), (mine, others)


def _pulled(shrunk: Any, count: int) -> list[tuple[float, float, float]]:
    if shrunk is None:
        return [(math.nan, math.nan, math.nan)] * count
    return list(zip(shrunk.effects, shrunk.lower, shrunk.upper, strict=True))


def _heterogeneity(
    view: View, panel: OfficePanel, variance: tuple[Floats, Floats] | None
) -> tuple[dict[str, Any], Table]:
    change, _ = changes_and_sampling(panel)
    treated = panel.ever_treated
    mine, others = variance if variance is not None else (None, None)
    spread = spread_test(
        change[treated], change[~treated], mine, others, draws=999 if view.quick else 9_999, seed=view.seed
    )
    rows: list[tuple[Any, ...]] = [
        (text("test.spread_permutation"), spread.ratio, spread.permutation_p_value, spread.smallest_p),
        (text("test.spread_f"), spread.ratio, spread.f_p_value, None),
    ]
    if mine is not None:
        q = cochran_q(change[treated] - change[~treated].mean(), mine)
        rows.append((text("test.cochran_q"), q.q, q.p_value, None))
    # The permutation test assumes least; with very few splits it cannot reach the level and the F test speaks.
    p = spread.permutation_p_value if spread.smallest_p <= view.alpha else spread.f_p_value
    columns: Sequence[tuple[str, Any]] = [("test", "text"), ("statistic", "ratio"), ("p", "p"), ("smallest_p", "p")]
    return {"spread_p": p, "spread_ratio": spread.ratio}, table("heterogeneity", columns, rows)


def _several_starts(view: View) -> Check:
    own = did_by_office(view.used, view.outcome.name, weighting=view.specification.weighting)
    rows = [(one.office, one.value, one.treated_mean, one.counterfactual) for one in own]
    unit = view.unit
    columns: Sequence[tuple[str, Any]] = [
        ("office", "text"),
        ("effect", unit),
        ("treated_mean", unit),
        ("counterfactual", unit),
    ]
    return Check(
        5,
        "offices",
        "told",
        (text("finding.own_effects_only", reason=several_starts()),),
        {"offices_treated": len(own)},
        (
            table("each_office", columns, rows),
            no_table("heterogeneity", several_starts()),
        ),
    )
