"""docs/security/promises.md: each promise, the figure to reach, the figure reached, by what, and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.promises import FILE

from .place import ROOT

TARGET = ROOT / "docs" / "security" / "promises.md"
HEAD = """# Promises, and what was reached

This table is written by the run itself (`make test`, then `make drill`): do not edit it. "Not measured" means that
the last run here did not measure it, not that it holds. What each test does, the test says.

| promise | to reach | reached | by | when |
| --- | --- | --- | --- | --- |
"""


def _none(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda figures: all(figures.get(name) == 0 for name in names)


@dataclass(frozen=True)
class Promise:
    """A promise: its name in the figures, what is to be reached in words, and whether figures reach it."""

    name: str
    to_reach: str
    holds: Callable[[dict[str, Any]], bool] = lambda figures: True


PROMISES = (
    Promise(
        "nobody sees what they may not",
        "every address by every role and relation; any rule taken out is missed",
    ),
    Promise(
        "nobody comes to see what they may not",
        "every act by every relation, before, during and after: 0 unexplained growth of access",
        _none("unexplained_growth"),
    ),
    Promise(
        "an injected statement",
        "as the web role with any setting: nobody's rows",
        lambda f: f.get("rows_seen") == 0 and f.get("tables", 0) > 0,
    ),
    Promise("shielded persons do not leak", "the canary in 0 of all answers", _none("traces")),
    Promise(
        "the log of who looked",
        "10,000 openings are 10,000 lines (1,000 in the suite, 10,000 with PLASS_NIGHTLY=1); nothing rewrites it",
        lambda f: 0 < f.get("openings", 0) == f.get("lines", -1),
    ),
    Promise("the history of who changed", "every table that is changed in place"),
    Promise(
        "no lost update",
        "32 writers, 100 writes each: 0 lost; the control without the version loses",
        lambda f: f.get("versioned_lost") == 0 and f.get("control_lost", 0) > 0,
    ),
    Promise("a double click is one fact", "every form sent twice, and ten times at once: one row", _none("extra_rows")),
    Promise(
        "an acknowledged write survives: the database killed",
        "100 x kill -9: 0 lost, 0 half done",
        lambda f: f.get("lost") == 0 and f.get("half_done") == 0 and f.get("control_missed_when_deleted") == 1,
    ),
    Promise(
        "an acknowledged write survives: the program killed",
        "100 x kill -9: 0 lost, 0 half done",
        _none("lost", "half_done"),
    ),
    Promise(
        "it comes back by itself",
        "program, each worker, both, database and one of its connections, 100 x kill -9 each: a page within 5 s (p95 of "
        "each kind), 0 acknowledged lost, none recorded twice, no error but 503",
        lambda f: (
            f.get("seconds_until_back_p95", 9) < 5 and _none("lost", "recorded_twice", "refused", "server_errors")(f)
        ),
    ),
    Promise(
        "disk full",
        "a clear error, 0 acknowledged facts lost",
        lambda f: "run" in f or (f.get("lost") == 0 and bool(f.get("told"))),
    ),
    Promise(
        "backup",
        "base backup and log, restored and compared by count and checksum: 0 differ",
        _none("tables_that_differ"),
    ),
    Promise(
        "small groups",
        "all that was ever shown of 200 generated counties, and on the pages of three, added and subtracted: 0 worked out",
        lambda f: f.get("worked_out") == f.get("pages_worked_out") == 0 and f.get("control_worked_out", 0) > 0,
    ),
    Promise("bad input", "2,000 requests: 0 server errors", _none("server_errors")),
    Promise(
        "accessibility", "every page at two widths: 0 violations; ten tasks by keyboard alone", _none("violations")
    ),
)


def write() -> list[str]:
    """Write the table from the kept figures. Returns the promises that figures were measured for and that do not hold."""
    kept: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    if unknown := set(kept) - {promise.name for promise in PROMISES}:
        raise ValueError(f"Figures of promises that the table does not have: {sorted(unknown)}")
    lines = []
    broken = []
    for promise in PROMISES:
        found = kept.get(promise.name)
        if found is None:
            lines.append(f"| {promise.name} | {promise.to_reach} | not measured | | |")
            continue
        reached = "; ".join(
            f"{key.replace('_', ' ')} {_shown(value)}" for key, value in sorted(found["figures"].items())
        )
        by = "<br>".join(f"`{test}`" for test in sorted({test.split("[")[0] for test in found["tests"]}))
        if not promise.holds(found["figures"]):
            broken.append(promise.name)
            reached = f"**broken**: {reached}"
        lines.append(f"| {promise.name} | {promise.to_reach} | {reached} | {by} | {found['at'][:10]} |")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return broken


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value).replace("|", "/")
