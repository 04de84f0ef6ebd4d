"""results.json: everything a program may want of an evaluation. Documented in docs/evaluation/results-schema.md."""

from __future__ import annotations

from typing import Any

from plass.evaluation.results import Results
from plass.evaluation.tables import Table
from plass.evaluation.text import as_json

#: Raised by one when a name or a meaning changes; new names may come without it.
SCHEMA_VERSION = 2
SCHEMA = f"plass-evaluation-results/{SCHEMA_VERSION}"


def results_as_json(results: Results) -> dict[str, Any]:
    """The content of results.json. Sentences are given by key, by their values, and in every language."""
    study, account, verdict = results.study, results.account, results.verdict
    frozen = account.frozen
    return {
        "schema": SCHEMA,
        "study": {
            "name": study.name,
            "title": study.title,
            "question": study.question,
            "made_up": results.made_up,
            "fingerprint": study.fingerprint,
            "seed": study.seed,
            "alpha": study.alpha,
            "relevant": study.relevant,
            "headline": study.headline.name,
            "outcome": results.effect.outcome,
            "unit": "share" if results.unit == "points" else "outcome",
            "quick": results.quick,
        },
        "frozen": None
        if frozen is None
        else {
            "fingerprint": frozen.fingerprint,
            "frozen_at": frozen.frozen_at,
            "record": frozen.record,
            "earlier": [{"fingerprint": mark, "frozen_at": when} for mark, when in frozen.earlier],
        },
        "versions": dict(results.versions),
        "data": {
            "files": list(account.files),
            "offices": list(results.cells.offices),
            "treated": list(results.cells.treated),
            "periods": list(results.cells.periods),
            "rows_read": account.rows_read,
            "rows_used": dict(account.rows_used),
            "exclusions": [
                {
                    "reason": one.reason,
                    "column": one.column,
                    "rows": one.rows,
                    "outcome": one.outcome,
                    "examples": list(one.examples),
                }
                for one in account.exclusions
            ],
            "notes": list(account.notes),
        },
        "effect": {
            "outcome": results.effect.outcome,
            "weighting": results.effect.weighting,
            "value": as_json(results.effect.value),
            "alike": as_json(results[4].figures.get("effect_alike")),
            "low": as_json(results[4].figures.get("low")),
            "high": as_json(results[4].figures.get("high")),
            "treated_mean": as_json(results.effect.treated_mean),
            "counterfactual": as_json(results.effect.counterfactual),
            "relative": as_json(results.effect.relative),
        },
        "verdict": {
            "key": verdict.key,
            "sentence": as_json(verdict.sentence),
            "because": as_json(verdict.because),
            "rule": verdict.rule,
            "cautions": as_json(verdict.cautions),
            "questions": [
                {
                    "key": one.key,
                    "check": one.check,
                    "answer": one.answer,
                    "decisive": one.decisive,
                    "asks": as_json(one.asks),
                    "figures": {name: as_json(_plain(value)) for name, value, _ in one.figures},
                }
                for one in verdict.rules
            ],
        },
        "checks": [
            {
                "number": one.number,
                "key": one.key,
                "status": one.status,
                "title": as_json(one.title),
                "finding": as_json(one.finding),
                "figures": {name: as_json(_plain(value)) for name, value in one.figures.items()},
                "tables": [_table(found) for found in one.tables],
            }
            for one in results.checks
        ],
        "trends": _table(results.trends),
    }


def _table(found: Table) -> dict[str, Any]:
    return {
        "name": found.name,
        "title": as_json(found.title),
        "columns": [{"name": one.name, "unit": one.unit} for one in found.columns],
        "rows": [[as_json(_plain(value)) for value in row] for row in found.rows],
        "reason": None if found.reason is None else as_json(found.reason),
        "note": None if found.note is None else as_json(found.note),
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
