"""What the suite measured of the promises in ``docs/security/promises.md``, left as a file by the run itself.

A test asks for the fixture ``promise`` and says what it reached: ``promise("who looked", openings=10_000, lines=10_000)``.
Only what a passed test said is written, with the test's name beside it, to ``build/promises.json``; a run of some tests
keeps what earlier runs wrote about the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parent.parent / "build" / "promises.json"
_promises: dict[str, dict[str, Any]] = {}


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Say what was reached: a promise's name and its figures (numbers or short texts, by name)."""

    def say(name: str, **figures: float | str | bool) -> None:
        request.node.user_properties.append(("promise", {"name": name, "figures": figures}))

    return say


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect from each test's report; under xdist the reports of the workers come to the first process too."""
    if report.when == "call" and report.passed:
        for kind, promise in report.user_properties:
            if kind == "promise" and isinstance(promise, dict):
                known = _promises.setdefault(promise["name"], {"figures": {}, "tests": []})
                known["figures"].update(promise["figures"])
                known["tests"].append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write them down, once, in the first process."""
    if hasattr(session.config, "workerinput") or not _promises:
        return
    at = datetime.now(UTC).isoformat(timespec="seconds")
    promises = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    promises.update(
        {name: {**promise, "tests": sorted(set(promise["tests"])), "at": at} for name, promise in _promises.items()}
    )
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(promises, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
