"""What stands in the log of who looked is read in the reader's language, whatever page it was."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import override

from plass.access import log_labels, rules

SOURCE = Path(__file__).parents[2] / "src" / "plass"
#: Who writes in the log, and which argument says what for.
WRITERS = {
    "open_case": "purpose",
    "own_case": 1,
    "own_case_or_none": 1,
    "log_list": 1,
    "log_export": 1,
    "log_opened_case": 3,
    "_page": 0,
}


def purposes() -> dict[str, str]:
    """Every purpose that stands in the program as text, and where."""
    places = {}
    for file in SOURCE.rglob("*.py"):
        if not {"demo", "evaluation", "migrations"} & set(file.parts):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (text := _purpose(node)):
                    places[text] = f"{file.relative_to(SOURCE)}:{node.lineno}"
    # The database writes lines too: purpose, rule and whether it was allowed.
    for file in SOURCE.rglob("*.sql"):
        for text in re.findall(r"'([a-z ]+)', '[a-z ]+', (?:true|false)\b", file.read_text(encoding="utf-8")):
            places[text] = str(file.relative_to(SOURCE))
    return places


def _purpose(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    where = WRITERS.get(name)
    if isinstance(where, str):
        given = next((keyword.value for keyword in call.keywords if keyword.arg == where), None)
    else:
        given = call.args[where] if where is not None and len(call.args) > where else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def test_every_purpose_has_words():
    places = purposes()
    assert {"case page", "export", "my record", "emergency", "resume", "join"} <= places.keys()
    assert {
        text: where for text, where in places.items() if text not in log_labels.PURPOSES and text not in {"acr", "amr"}
    } == {}


def test_every_rule_and_role_has_words():
    assert {rule.name for rule in rules.RULES} | {
        rules.NO_RELATION.rule,
        "unknown",
        "employer",
        "answered",
    } == log_labels.RULES.keys()
    with override("nb"):
        assert log_labels.role("data_protection") == "personvernombud"
        assert log_labels.rule("leads") == "leder teamet"
        assert log_labels.rule("list") == log_labels.purpose("list") == "en liste over deltakere"
        assert log_labels.purpose("what an older program wrote") == "what an older program wrote"


@pytest.mark.parametrize("text", sorted(log_labels.PURPOSES))
def test_no_purpose_stays_english(text):
    with override("nb"):
        nb = log_labels.purpose(text)
    with override("en"):
        assert nb != log_labels.purpose(text)
