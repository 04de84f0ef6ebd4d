"""Check 4: could the difference be chance? Every test side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plass.evaluation.bootstrap import WildBootstrap
from plass.evaluation.checks.view import View, guarded
from plass.evaluation.regression import Estimate
from plass.evaluation.simulated_t import SimulatedT
from plass.evaluation.tables import Check, amount, between, table
from plass.evaluation.text import Text, because, text


@guarded(4, "inference")
def inference(view: View) -> Check:
    """Every test side by side."""
    found, unit = view.inference, view.unit
    welch, decider = found.welch_office, found.decider
    beside = "headline" if decider is None else "beside"
    simulated = [
        _simulated_row("simulated", found.simulated, found.reasons, "headline"),
        _simulated_row("simulated_person", found.simulated_person, found.reasons, "support"),
    ]
    rows = [
        *(simulated if decider is not None else []),
        _boot_row("wcr", found.wcr, beside),
        (
            text("test.ri"),
            text(f"trust.{beside}"),
            found.effect.value,
            None,
            None,
            None,
            found.randomisation.p,
            found.randomisation.smallest_p,
        ),
        _estimate_row("welch_office", welch, found.reasons, "beside"),
        _estimate_row("welch_person", found.welch_person, found.reasons, "support"),
        _estimate_row("donald_lang", found.donald_lang, found.reasons, "support"),
        _estimate_row("crv3", found.crv3, found.reasons, "support"),
        _boot_row("wcu", found.wcu, "contrast"),
        _boot_row("subcluster", found.subcluster, "contrast"),
        _estimate_row("crv1", found.crv1, found.reasons, "not"),
        *(simulated if decider is None else []),
    ]
    p_welch = welch.p if welch is not None and math.isfinite(welch.p) else None
    decided = found.headline <= view.alpha
    by_people = found.simulated_person if decider is not None and view.specification.weighting == "person" else None
    finding: list[Text] = [
        text(
            f"finding.{'simulated' if decider is not None else 'both'}_{'rejects' if decided else 'rejects_not'}",
            p=amount(found.headline, "p"),
            wcr=amount(found.wcr.p, "p"),
            ri=amount(found.randomisation.p, "p"),
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
        finding.append(text("finding.interval", interval=between(found.wcr.low, found.wcr.high, unit)))
    if found.others_disagree:
        finding.append(text("finding.others_disagree", reject=found.others_reject or 0))
    people_disagree = by_people is not None and by_people.applies and (by_people.p <= view.alpha) != decided
    if by_people is not None and by_people.applies:
        finding.append(
            text(
                "finding.by_people",
                p=amount(by_people.p, "p"),
                interval=between(by_people.low, by_people.high, unit),
            )
        )
    if found.disagree:
        finding.append(text("finding.bootstraps_disagree", wcr=amount(found.wcr.p, "p"), wcu=amount(found.wcu.p, "p")))
    crv1_alone = found.crv1.p <= view.alpha and not decided
    if crv1_alone:
        finding.append(text("finding.crv1_alone", p=amount(found.crv1.p, "p")))
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
    note = text("note.inference", reasons=tuple(because(one) for one in dict.fromkeys(found.reasons.values())))
    return Check(
        4,
        "inference",
        "mark"
        if found.disagree or crv1_alone or found.others_disagree or people_disagree
        else "clear"
        if decided
        else "told",
        tuple(finding),
        {
            "effect": found.effect.value,
            "low": found.interval[0],
            "high": found.interval[1],
            "effect_alike": decider.value if decider is not None else None,
            "low_person": by_people.low if by_people is not None else None,
            "high_person": by_people.high if by_people is not None else None,
            "p_person": by_people.p if by_people is not None else None,
            "people_disagree": people_disagree,
            "others_disagree": found.others_disagree,
            "own_variance": decider.own if decider is not None else None,
            "people_variance": decider.people if decider is not None else None,
            "p_wcr": found.wcr.p,
            "p_wcu": found.wcu.p,
            "p_ri": found.randomisation.p,
            "p_welch": p_welch,
            "p_headline": found.headline,
            "p_crv1": found.crv1.p,
            "p_crv3": found.crv3.p,
            "bootstraps_disagree": found.disagree,
        },
        (table("inference", columns, rows, note if found.reasons else None),),
    )


def _boot_row(key: str, one: WildBootstrap | None, trust: str) -> tuple[Any, ...]:
    if one is None:
        return (text(f"test.{key}"), text("trust.not_needed"), None, None, None, None, None, None)
    return (text(f"test.{key}"), text(f"trust.{trust}"), one.value, None, one.low, one.high, one.p, one.smallest_p)


def _simulated_row(key: str, one: SimulatedT | None, reasons: dict[str, str], trust: str) -> tuple[Any, ...]:
    if one is None or one.reason:
        reason = one.reason if one is not None else reasons.get(key, "")
        return (text(f"test.{key}"), because(reason), one.value if one else None, None, None, None, None, None)
    numbers = (one.value, one.standard_error, one.low, one.high, one.p, one.smallest_p)
    return (text(f"test.{key}"), text(f"trust.{trust}"), *numbers)


def _estimate_row(key: str, one: Estimate | None, reasons: dict[str, str], trust: str) -> tuple[Any, ...]:
    if one is None or one.reason:
        reason = one.reason if one is not None else reasons.get(key, "")
        return (text(f"test.{key}"), because(reason), one.value if one else None, None, None, None, None, None)
    return (text(f"test.{key}"), text(f"trust.{trust}"), one.value, one.standard_error, one.low, one.high, one.p, None)
