"""results.json: everything a program may want of an evaluation. Documented in docs/evaluation/results-schema.md."""

from __future__ import annotations

from typing import Any

from plass.evaluation.report.content import ReportContent
from plass.evaluation.tables import Table
from plass.evaluation.text import as_json

#: Increased by one when a name or a meaning changes; adding names does not change it.
SCHEMA_VERSION = 2
SCHEMA = f"plass-evaluation-results/{SCHEMA_VERSION}"


def results_as_json(results: ReportContent) -> dict[str, Any]:
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
                    "reason": exclusion.reason,
                    "column": exclusion.column,
                    "rows": exclusion.rows,
                    "outcome": exclusion.outcome,
                    "examples": list(exclusion.examples),
                }
                for exclusion in account.exclusions
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
                    "key": question.key,
                    "check": question.check,
                    "answer": question.answer,
                    "decisive": question.decisive,
                    "asks": as_json(question.asks),
                    "figures": {name: as_json(_plain(value)) for name, value, _ in question.figures},
                }
                for question in verdict.rules
            ],
        },
        "checks": [
            {
                "number": check.number,
                "key": check.key,
                "status": check.status,
                "title": as_json(check.title),
                "finding": as_json(check.finding),
                "figures": {name: as_json(_plain(value)) for name, value in check.figures.items()},
                "tables": [_table(table) for table in check.tables],
            }
            for check in results.checks
        ],
        "trends": _table(results.trends),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": as_json(table.title),
        "columns": [{"name": column.name, "unit": column.unit} for column in table.columns],
        "rows": [[as_json(_plain(value)) for value in row] for row in table.rows],
        "reason": None if table.reason is None else as_json(table.reason),
        "note": None if table.note is None else as_json(table.note),
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
