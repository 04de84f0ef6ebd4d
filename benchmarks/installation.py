"""What the measurements of the pages stand on: an embedded database with made-up counties, and servers on loopback."""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import socket
import string
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from plass.db import bootstrap, database, embedded

CASES_A_COUNTY = 2_000
HOST = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options every measurement of pages has."""
    parser.add_argument("--cases", type=int, default=300_000, help="how many cases (a county has 2,000)")
    parser.add_argument("--data", type=Path, help="folder of the made data, used again by the next run")
    parser.add_argument("--fresh", action="store_true", help="make the data anew")


@dataclass(frozen=True)
class Site:
    """A prepared installation with made data."""

    installation: bootstrap.Installation
    cases: int
    facts: int
    made_for: str


@contextmanager
def site(chosen: argparse.Namespace) -> Iterator[Site]:
    """The database of the folder with as many cases as asked, made where they are not there yet."""
    counties = max(1, round(chosen.cases / CASES_A_COUNTY))
    folder = chosen.data or embedded.default_folder().with_name(f"plass-bench-{counties}")
    with bootstrap.prepare(folder, demo=True) as installation:
        from django.utils import timezone

        from plass.demo.make import make

        with database.acting_as_owner():
            began = time.monotonic()
            made = make(scale=counties, today=timezone.localdate(), fresh=chosen.fresh, progress=_tell)
            seconds = time.monotonic() - began
        if made.scale != counties:
            raise SystemExit(f"{folder} holds {made.scale} counties, not {counties}. Give --fresh or another --data.")
        if seconds > 10:
            print(f"Made {made.facts:,} facts about {counties * CASES_A_COUNTY:,} cases in {seconds:.0f} s.")
        # Pages that are asked for within this process name them; a server gathers its own.
        bootstrap.gather_static_files()
        yield Site(installation, counties * CASES_A_COUNTY, made.facts, made.today)


def _tell(step: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{step}: {done}/{of}        ", end="" if done < of else "\n", file=sys.stderr, flush=True)


@contextmanager
def server(module: str, *arguments: str, as_owner: bool = False) -> Iterator[int]:
    """Run ``python -m module PORT arguments`` until the block ends; the port once it answers."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
    role = database.OWNER if as_owner else database.WEB
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(port), *arguments], env={**os.environ, database.ROLE_VARIABLE: role}
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{module} did not start.") from None
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def log_in(user_ids: list[int]) -> dict[int, str]:
    """A session for each of the accounts, as the demo's page of people makes it; the session's key by account."""
    from django.db import transaction
    from django.http import HttpRequest

    from plass.accounts import active_sessions, auth_backend
    from plass.accounts.session_store import SessionStore

    keys = {}
    for user_id in user_ids:
        request = HttpRequest()
        request.session = SessionStore()
        with transaction.atomic():
            user = auth_backend.become(user_id)
            assert user is not None, f"account {user_id} has ended"
            active_sessions.log_in(request, user, active_sessions.LoginMethod("persona"))
            request.session.save()
        assert request.session.session_key is not None
        keys[user_id] = request.session.session_key
    return keys


@dataclass
class Browser:
    """One person's connection to a server: kept open, with their cookies."""

    port: int
    session: str = ""
    csrf: str = field(default_factory=lambda: "".join(secrets.choice(string.ascii_letters) for _ in range(32)))
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, body and seconds of a GET."""
        status, body, seconds, _headers = self.ask("GET", path)
        return status, body, seconds

    def post(
        self, path: str, form: dict[str, Any], more: dict[str, str] | None = None
    ) -> tuple[int, bytes, float, str]:
        """Status, body, seconds and where it leads, of a POST; ``more`` are further headers."""
        status, body, seconds, headers = self.ask("POST", path, urlencode(form, doseq=True), more)
        return status, body, seconds, headers.get("Location", "")

    def ask(
        self, method: str, path: str, form: str | None = None, more: dict[str, str] | None = None
    ) -> tuple[int, bytes, float, http.client.HTTPMessage]:
        """One request. A connection that the server closed between two requests is opened anew."""
        headers = {"Cookie": f"plass_session={self.session}; plass_csrf={self.csrf}", "Accept-Language": "nb"}
        headers |= more or {}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.csrf}
        for turn in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
            began = time.perf_counter()
            try:
                self._connection.request(method, path, form, headers)
                response = self._connection.getresponse()
                body = response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                self._connection = None
                if turn == 2:
                    raise
                continue
            seconds = time.perf_counter() - began
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition("=")
                if name == "plass_session":
                    self.session = value.partition(";")[0]
                elif name == "plass_csrf":
                    self.csrf = value.partition(";")[0]
            return response.status, body, seconds, response.headers
        raise AssertionError("unreachable")


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
