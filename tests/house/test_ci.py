"""On CI a journey in a browser is walked, not skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import not_skipped, required

ROOT = Path(__file__).parents[2]


def test_without_chromium_a_journey_fails_on_ci_and_is_skipped_elsewhere() -> None:
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing"):
        required(None, on_ci=True)
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        required(None, on_ci=False)
    assert required("/usr/bin/chromium", on_ci=True) == "/usr/bin/chromium"


@pytest.mark.parametrize(("before", "after"), [("skipped", "failed"), ("passed", "passed"), ("failed", "failed")])
def test_a_skipped_journey_is_reported_as_failed(before: str, after: str) -> None:
    report = pytest.TestReport("tests/journeys/test_x.py::test_y", ("", 1, ""), {}, before, None, "call")
    assert not_skipped(report).outcome == after


def test_the_projects_own_run_says_that_it_is_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.index("export CI=true") < script.index("make test")
