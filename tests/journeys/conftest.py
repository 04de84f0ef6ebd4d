"""A real server on a database of its own, and a real browser at the width of a desk and of a phone.

Where Chromium is missing the journeys are skipped on somebody's own machine, and fail on CI.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from psycopg import sql

from plass.db import database
from tests import clock
from tests.laid_out import laid_out
from tests.ports import free_port

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ON_CI = bool(os.environ.get("CI"))
#: How long something may take that is waited for, in milliseconds: it only bounds what would never come.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
#: ID-porten is set up, and is not there: its button stands on the login page, and leads to a page that says so.
NO_PROVIDER = {
    "PLASS_PERSON_OIDC_ISSUER": "http://127.0.0.1:9/",
    "PLASS_PERSON_OIDC_CLIENT_ID": "plass",
    "PLASS_PERSON_OIDC_CLIENT_SECRET": "none",
}
SCREENSHOTS = os.environ.get("PLASS_SCREENSHOTS")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of them needs a browser."""
    for item in items:
        if "journeys" in str(item.path):
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Served:
    """The program as it is served: where, what was laid out for it (``lay_out``), and how to reach its database."""

    address: str
    laid_out: dict[str, Any]
    database: str

    def _ask(self, question: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        with psycopg.connect(
            host=os.environ[database.DSN_VARIABLE], user="postgres", dbname=self.database, autocommit=True
        ) as connection:
            return connection.execute(question, list(values))  # type: ignore[arg-type]

    def let_time_pass(self, case_id: int, days: int, tables: Sequence[str]) -> None:
        """Everything recorded in ``tables`` about a case happened so many days earlier: what waiting would do."""
        moved = sum(
            self._ask(f"UPDATE {table} SET happened_on = happened_on - %s WHERE case_id = %s", [days, case_id]).rowcount
            for table in tables
        )
        assert moved, "there was nothing recorded"

    def end_session(self, context: BrowserContext) -> None:
        """What the server does to a login that was idle too long; the browser still has its cookie."""
        key = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "plass_session")
        gone = self._ask("DELETE FROM django_session WHERE session_key = accounts_session_name(%s)", [key])
        assert gone.rowcount == 1, "there was no session to end"

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Within, the database is away: connections have ended, and there are no new ones."""
        with psycopg.connect(
            host=os.environ[database.DSN_VARIABLE], user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            name = sql.Identifier(self.database)
            connection.execute(allow.format(name, sql.SQL("false")))
            try:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", [self.database]
                )
                yield
            finally:
                connection.execute(allow.format(name, sql.SQL("true")))

    def count(self, table: str, where: str, *values: object) -> int:
        """How many rows there are: for what a page cannot show, such as that a fact was written once."""
        return self._ask(f"SELECT 1 FROM {table} WHERE {where}", values).rowcount


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The program, served as `plass serve` serves it, as the web role, on a database of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"plass_journeys_{worker}"
    numbers = laid_out(name)
    static = Path(tempfile.mkdtemp(prefix="plass-static-"))
    environment = {
        **clock.environment(),
        "PLASS_DATABASE_NAME": name,
        "PLASS_STATIC": str(static / "static"),
        **NO_PROVIDER,
    }
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.server", str(port)],
        env={**environment, database.ROLE_VARIABLE: database.WEB},
    )
    # By the name that passkeys are bound to, not by the machine's number.
    address = f"http://localhost:{port}"
    try:
        _wait_for(address, server)
        yield Served(address, numbers, name)
    finally:
        server.terminate()
        server.wait(120)
        shutil.rmtree(static, ignore_errors=True)


@pytest.fixture(scope="session")
def site(served: Served) -> str:
    """The address of the program."""
    return served.address


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/logg-inn/", timeout=5):
                return
        except OSError:
            # Not a guess at how long it takes: asked again until it answers or the time is up.
            time.sleep(0.05)
    raise AssertionError("the server did not answer")


def required(chromium: str | None, *, on_ci: bool) -> str:
    """The browser's path. Without one a journey is skipped on somebody's own machine, and fails on CI."""
    if chromium is None:
        if on_ci:
            pytest.fail("Chromium is missing, and on CI the journeys are not skipped.")
        pytest.skip("Chromium is not installed (Debian: apt install chromium).")
    return chromium


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On CI a journey that was skipped, for whatever reason, has failed."""
    report = yield
    return not_skipped(report) if ON_CI and item.get_closest_marker("browser") else report


def not_skipped(report: pytest.TestReport) -> pytest.TestReport:
    """``report``, failed where it says skipped."""
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and on CI a journey is not skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    executable = required(CHROMIUM, on_ci=ON_CI)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"],
            timeout=2 * PATIENCE,
        )
        yield started
        started.close()


@pytest.fixture(params=["wide"])
def context(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh browser profile; parametrize with ``narrow`` for a phone."""
    made = browser.new_context(
        viewport=NARROW if request.param == "narrow" else WIDE,  # type: ignore[arg-type]
        base_url=site,
        locale="nb-NO",
        timezone_id="Europe/Oslo",
        has_touch=request.param == "narrow",
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on a script error, a broken policy or an answer of 500 and above."""
    opened = context.new_page()
    wrong = watch(opened)
    yield opened
    assert not wrong, wrong


def watch(page: Page) -> list[str]:
    """What goes wrong on a page from now on: script errors, a broken policy, answers of 500 and above."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if _is_trouble(message) else None)
    page.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
    return wrong


def _is_trouble(message: Any) -> bool:
    # A form shown again with errors answers 422, which the browser also writes to its console.
    return message.type == "error" and not re.search(r"status of 4\d\d", message.text)


def personas(context: BrowserContext) -> dict[str, str]:
    """Who one can be on the demo's page: name and number."""
    listed = context.request.get("/demo/").text()
    return {
        name: number
        for number, name in re.findall(r'name="persona" value="(\d+)".*?p-persona__name">([^<]+)<', listed, re.S)
    }


def enter(context: BrowserContext, name: str) -> None:
    """Log in as one of the demo's people without showing the page where one chooses."""
    listed = context.request.get("/demo/").text()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', listed)
    assert token is not None
    done = context.request.post(
        "/demo/",
        form={"persona": personas(context)[name], "csrfmiddlewaretoken": token.group(1)},
        max_redirects=0,
    )
    assert done.status == 303, done.status


def become(page: Page, name: str) -> None:
    """Choose who to be on the demo's page."""
    page.goto("/demo/")
    page.get_by_role("button", name=re.compile(name)).click()


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where PLASS_SCREENSHOTS names a folder."""
    if SCREENSHOTS:
        width = (page.viewport_size or WIDE)["width"]
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}-{width}.png"), full_page=True)
