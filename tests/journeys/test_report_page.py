"""The evaluation report in a browser: a page that stands alone, readable at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

import plass.evaluation as ev
from plass.evaluation.report.folder import write_report
from tests.evaluation.made_study import made_cells, made_study

from .conftest import NARROW, WIDE


def test_the_report_has_no_fault_axe_can_find_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    cells = made_cells(periods=8, start=4, people=15)
    results = ev.evaluate(made_study(cells), cells, draws=99)
    write_report(results, tmp_path, language="nb", pdf=False)
    address = (tmp_path / "report.html").as_uri()
    for size in (WIDE, NARROW):
        # axe is a script, and the page's own policy allows none.
        context = browser.new_context(viewport=size, bypass_csp=True)  # type: ignore[arg-type]
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        violations = Axe().run(page).response["violations"]
        assert not violations, [(violation["id"], violation["nodes"][0]["html"]) for violation in violations]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        assert asked == [address]
        context.close()
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(address)
    assert page.locator("svg[role=img]").count() >= 4
    assert refused == []
    context.close()
