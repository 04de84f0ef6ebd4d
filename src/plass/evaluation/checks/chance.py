"""Check 4: could the difference be chance? Every test side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plass.evaluation.checks.view import View, guarded
from plass.evaluation.estimators.regression import Estimate
from plass.evaluation.inference.bootstrap import WildBootstrap
from plass.evaluation.inference.simulated_inference import SimulatedT
from plass.evaluation.tables import Check, amount, between, table
from plass.evaluation.text import Text, because, text


@guarded(4, "inference")
def inference(view: View) -> Check:
    """Every test side by side."""
    result, unit = view.inference, view.unit
    welch, decider = result.welch_office, result.decider
    beside = "headline" if decider is None else "beside"
    simulated = [
        _simulated_row("simulated", result.simulated, result.reasons, "headline"),
        _simulated_row("simulated_person", result.simulated_person, result.reasons, "support"),
    ]
    rows = [
        *(simulated if decider is not None else []),
        _boot_row("wcr", result.wcr, beside),
        (
            text("test.ri"),
            text(f"trust.{beside}"),
            result.effect.value,
            None,
            None,
            None,
            result.randomisation.p,
            result.randomisation.smallest_p,
        ),
        _estimate_row("welch_office", welch, result.reasons, "beside"),
        _estimate_row("welch_person", result.welch_person, result.reasons, "support"),
        _estimate_row("donald_lang", result.donald_lang, result.reasons, "support"),
        _estimate_row("crv3", result.crv3, result.reasons, "support"),
        _boot_row("wcu", result.wcu, "contrast"),
        _boot_row("subcluster", result.subcluster, "contrast"),
        _estimate_row("crv1", result.crv1, result.reasons, "not"),
        *(simulated if decider is None else []),
    ]
    p_welch = welch.p if welch is not None and math.isfinite(welch.p) else None
    decided = result.headline <= view.alpha
    by_people = result.simulated_person if decider is not None and view.specification.weighting == "person" else None
    finding: list[Text] = [
        text(
            f"finding.{'simulated' if decider is not None else 'both'}_{'rejects' if decided else 'rejects_not'}",
            p=amount(result.headline, "p"),
            wcr=amount(result.wcr.p, "p"),
            ri=amount(result.randomisation.p, "p"),
            welch=amount(p_welch, "p") if p_welch is not None else text("word.does_not_apply"),
            alpha=amount(view.alpha, "chosen"),
        )
    ]
    if decider is not None:
        finding.append(
            text(
                "finding.interval_alike",
                effect=amount(decider.value, unit),
                interval=between(decider.low, decider.high, unit),
            )
        )
    else:
        finding.append(text("finding.interval", interval=between(result.wcr.low, result.wcr.high, unit)))
    if result.others_disagree:
        finding.append(text("finding.others_disagree", reject=result.others_reject or 0))
    people_disagree = by_people is not None and by_people.applies and (by_people.p <= view.alpha) != decided
    if by_people is not None and by_people.applies:
        finding.append(
            text(
                "finding.by_people",
                p=amount(by_people.p, "p"),
                interval=between(by_people.low, by_people.high, unit),
            )
        )
    if result.disagree:
        finding.append(
            text("finding.bootstraps_disagree", wcr=amount(result.wcr.p, "p"), wcu=amount(result.wcu.p, "p"))
        )
    crv1_alone = result.crv1.p <= view.alpha and not decided
    if crv1_alone:
        finding.append(text("finding.crv1_alone", p=amount(result.crv1.p, "p")))
    columns: Sequence[tuple[str, Any]] = [
        ("test", "text"),
        ("trust", "text"),
        ("effect", unit),
        ("standard_error", unit),
        ("low", unit),
        ("high", unit),
        ("p", "p"),
        ("smallest_p", "p"),
    ]
    note = text("note.inference", reasons=tuple(because(reason) for reason in dict.fromkeys(result.reasons.values())))
    return Check(
        4,
        "inference",
        "mark"
        if result.disagree or crv1_alone or result.others_disagree or people_disagree
        else "clear"
        if decided
        else "told",
        tuple(finding),
        {
            "effect": result.effect.value,
            "low": result.interval[0],
            "high": result.interval[1],
            "effect_alike": decider.value if decider is not None else None,
            "low_person": by_people.low if by_people is not None else None,
            "high_person": by_people.high if by_people is not None else None,
            "p_person": by_people.p if by_people is not None else None,
            "people_disagree": people_disagree,
            "others_disagree": result.others_disagree,
            "own_variance": decider.own if decider is not None else None,
            "people_variance": decider.people if decider is not None else None,
            "p_wcr": result.wcr.p,
            "p_wcu": result.wcu.p,
            "p_ri": result.randomisation.p,
            "p_welch": p_welch,
            "p_headline": result.headline,
            "p_crv1": result.crv1.p,
            "p_crv3": result.crv3.p,
            "bootstraps_disagree": result.disagree,
        },
        (table("inference", columns, rows, note if result.reasons else None),),
    )


def _boot_row(key: str, bootstrap: WildBootstrap | None, trust: str) -> tuple[Any, ...]:
    if bootstrap is None:
        return (text(f"test.{key}"), text("trust.not_needed"), None, None, None, None, None, None)
    return (
        text(f"test.{key}"),
        text(f"trust.{trust}"),
        bootstrap.value,
        None,
        bootstrap.low,
        bootstrap.high,
        bootstrap.p,
        bootstrap.smallest_p,
    )


def _simulated_row(key: str, simulated: SimulatedT | None, reasons: dict[str, str], trust: str) -> tuple[Any, ...]:
    if simulated is None or simulated.reason:
        reason = simulated.reason if simulated is not None else reasons.get(key, "")
        return (
            text(f"test.{key}"),
            because(reason),
            simulated.value if simulated else None,
            None,
            None,
            None,
            None,
            None,
        )
    numbers = (
        simulated.value,
        simulated.standard_error,
        simulated.low,
        simulated.high,
        simulated.p,
        simulated.smallest_p,
    )
    return (text(f"test.{key}"), text(f"trust.{trust}"), *numbers)


def _estimate_row(key: str, estimate: Estimate | None, reasons: dict[str, str], trust: str) -> tuple[Any, ...]:
    if estimate is None or estimate.reason:
        reason = estimate.reason if estimate is not None else reasons.get(key, "")
        return (
            text(f"test.{key}"),
            because(reason),
            estimate.value if estimate else None,
            None,
            None,
            None,
            None,
            None,
        )
    return (
        text(f"test.{key}"),
        text(f"trust.{trust}"),
        estimate.value,
        estimate.standard_error,
        estimate.low,
        estimate.high,
        estimate.p,
        None,
    )
