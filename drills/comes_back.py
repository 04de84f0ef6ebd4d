"""kill -9 of each process of a serving program, while people write: it comes back by itself, and nothing is lost.

`plass serve` runs on its embedded database. Two people record contacts through the pages; a form without an answer is
sent again, as they would. The program itself is restarted by a loop that plays the service manager; everything else is
up to the program. After each kill a page is asked for until the killed process has a successor; measured is the time from
the kill to the first answer after the last refusal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import psycopg

from plass.db import database, embedded
from plass.db.child_processes import ending_with_this
from tests.ports import free_port

from .lay_out import PASSWORD
from .place import ROOT, Place, place

WRITERS = 2
#: What the service manager waits before it restarts the program (docs/guides/plass.service).
RESTART_SECONDS = 0.1
PATIENCE = 120.0
#: Between two attempts to get a page, and to send a form again, in seconds. People wait longer.
PAUSE, WRITERS_PAUSE = 0.1, 0.5


class Supervisor:
    """Plays the service manager: keeps `plass serve` running on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._stopping = False
        self._start()
        self._thread = threading.Thread(target=self._keep)
        self._thread.start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "plass.config.cli", "serve"]
        self.process = subprocess.Popen(
            [*command, "--data", str(self.folder), "--port", str(self.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=ending_with_this(signal.SIGTERM),
        )

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if self._stopping:
                return
            time.sleep(RESTART_SECONDS)
            self._start()

    def stop(self) -> None:
        """Stop the program, and keep it so."""
        self._stopping = True
        self.process.terminate()
        self._thread.join()

    def postmaster(self) -> int:
        """The database server's process number; 0 while there is none that takes connections."""
        try:
            lines = (self.folder / "postgres" / "postmaster.pid").read_text().splitlines()
            if len(lines) < 8 or lines[7].strip() != "ready":
                return 0
            # What a killed one left may name a process that is none.
            command = Path(f"/proc/{lines[0]}/cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            return 0
        return int(lines[0]) if Path(os.fsdecode(command)).name == "postgres" else 0

    def workers(self) -> set[int]:
        """The process numbers of the workers."""
        of_the_program = f"--port\0{self.port}\0"
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
                command = stat.with_name("cmdline").read_text()
            except OSError:
                continue
            if int(parent) == self.process.pid and state != "Z" and of_the_program in command:
                found.add(int(stat.parent.name))
        return found

    def look(self) -> psycopg.Connection[Any]:
        """A superuser's connection."""
        socket = embedded.socket_of_running(self.folder)
        return psycopg.connect(host=str(socket), user="postgres", dbname=database.DATABASE, autocommit=True)

    def processes_of_the_database(self, kind: str) -> list[int]:
        """The numbers of the database's processes of a kind; none while it is away."""
        try:
            with self.look() as connection:
                rows = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = %s AND pid <> pg_backend_pid()", [kind]
                ).fetchall()
        except psycopg.Error:
            return []
        return [pid for (pid,) in rows]


class Fields(HTMLParser):
    """What a page's fields hold already, as a browser would send it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs that were not chosen among several."""
        known = dict(attrs)
        if tag == "input" and known.get("name") and known.get("type") not in ("radio", "checkbox", "submit"):
            self.values[str(known["name"])] = known.get("value") or ""


@dataclass
class Person:
    """Somebody logged in, with a browser. A new connection for each page, so that no answer depends on an old one."""

    port: int
    case: int
    met: Counter[int] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.browser = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=PATIENCE,
            trust_env=False,
        )

    def ask(self, method: str, address: str, form: dict[str, Any] | None = None) -> httpx.Response | None:
        """The answer; None where there is none, or where the page says that it is to be tried again."""
        try:
            answer = self.browser.request(method, address, data=form)
        except httpx.TransportError:
            return None
        self.met[answer.status_code] += 1
        return None if answer.status_code == 503 else answer

    def insist(self, method: str, address: str, form: dict[str, Any] | None = None) -> httpx.Response:
        """The same again and again until it is answered."""
        deadline = time.monotonic() + PATIENCE
        while (answer := self.ask(method, address, form)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{address} was not answered in {PATIENCE:.0f} seconds")
            time.sleep(WRITERS_PAUSE)
        return answer

    def log_in(self) -> None:
        """With name and password."""
        fields = Fields(self.insist("GET", "/logg-inn/").text).values
        self.insist("POST", "/logg-inn/", {**fields, "username": "jobb", "password": PASSWORD})
        if not self.page_is_answered():
            raise RuntimeError("nobody could log in")

    def page_is_answered(self) -> bool:
        """Whether the page that is open all day comes."""
        answer = self.ask("GET", "/min-dag/")
        return answer is not None and answer.status_code == 200

    def record(self, mark: str) -> None:
        """Record a contact whose note is ``mark``; acknowledged when the page leads on."""
        address = f"/sak/{self.case}/kontakt/?med=participant"
        fields = Fields(self.insist("GET", address).text).values
        form = {
            **fields,
            "parties": ["participant"],
            "channel": "phone",
            "purpose": "follow_up",
            "minutes": "5",
            "note": mark,
        }
        form.pop("q", None)
        answer = self.insist("POST", address, form)
        if answer.status_code == 303:
            self.acknowledged.append(mark)
        else:
            self.refused += 1


@dataclass
class Kill:
    """A kind of kill: whom it takes, and whether those have successors."""

    name: str
    choose: Callable[[Supervisor, random.Random], set[int]]
    came_back: Callable[[Supervisor, set[int]], bool]


#: Those of the program besides its first: two that answer, and the one of the background jobs.
PROCESSES = 3


def _both_new(served: Supervisor, killed: set[int]) -> bool:
    now = served.workers()
    return len(now) == PROCESSES and not now & killed


def _database_is_back(served: Supervisor, killed: set[int]) -> bool:
    """After the end of any of its processes the database begins anew, with a new process of this kind."""
    return bool(set(served.processes_of_the_database("background writer")) - killed)


def _a_backend(served: Supervisor, rng: random.Random) -> set[int]:
    while not (backends := served.processes_of_the_database("client backend")):
        time.sleep(0.02)
    return {rng.choice(backends)}


KILLS = (
    Kill("worker", lambda served, rng: {rng.choice(sorted(served.workers()))}, _both_new),
    Kill("both_workers", lambda served, _rng: served.workers(), _both_new),
    Kill("backend", _a_backend, _database_is_back),
    Kill(
        "postmaster", lambda served, _rng: {served.postmaster()}, lambda s, killed: s.postmaster() not in {0, *killed}
    ),
    Kill("program", lambda served, _rng: {served.process.pid}, lambda served, killed: served.process.pid not in killed),
)


@contextmanager
def serving(where: Place) -> Iterator[Supervisor]:
    """The program on the database of ``where``, whose own server gives way to it."""
    where.server.stop()
    served = Supervisor(where.folder)
    try:
        yield served
    finally:
        served.stop()


def kill_each(times: int) -> dict[str, float | str]:
    """Kill each kind of process ``times`` times under writers."""
    rng = random.Random(3)
    with place() as where, serving(where) as served:
        asking = Person(served.port, 0)
        asking.log_in()
        with served.look() as connection:
            case = connection.execute("SELECT id FROM cases_case").fetchone()
        assert case is not None
        writers = [Person(served.port, case[0]) for _writer in range(WRITERS)]
        for writer in writers:
            writer.log_in()
        stop = threading.Event()
        threads = [threading.Thread(target=_write, args=(n, writer, stop)) for n, writer in enumerate(writers)]
        for thread in threads:
            thread.start()
        took: dict[str, list[float]] = {kill.name: [] for kill in KILLS}
        try:
            for _turn in range(times):
                for kill in KILLS:
                    time.sleep(rng.uniform(0.05, 0.3))
                    took[kill.name].append(_kill(kill, served, asking, rng))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        with served.look() as connection:
            rows = connection.execute("SELECT note, count(*) FROM followup_contact GROUP BY note").fetchall()
    there = dict(rows)
    acknowledged = [mark for writer in writers for mark in writer.acknowledged]
    met = sum((person.met for person in (asking, *writers)), Counter())
    figures: dict[str, float | str] = {"kills_of_each": times, "acknowledged": len(acknowledged)}
    figures["lost"] = sum(mark not in there for mark in acknowledged)
    figures["recorded_twice"] = sum(count > 1 for count in there.values())
    figures["refused"] = sum(person.refused for person in writers)
    figures["server_errors"] = sum(number for status, number in met.items() if status >= 500 and status != 503)
    figures["pages_that_said_503"] = met[503]
    figures["seconds_until_back_p95"] = max(_percentile(seconds, 0.95) for seconds in took.values())
    for name, seconds in took.items():
        p50, p95, worst = (_percentile(seconds, share) for share in (0.5, 0.95, 1.0))
        figures[name] = f"{p50} s (p95 {p95}, worst {worst})"
    return figures


def _write(number: int, person: Person, stop: threading.Event) -> None:
    turn = 0
    while not stop.is_set():
        turn += 1
        person.record(f"{number}-{turn}")


def _kill(kill: Kill, served: Supervisor, asking: Person, rng: random.Random) -> float:
    """Kill, and ask until it is back. Seconds until the first answer after the last refusal."""
    killed = kill.choose(served, rng)
    of_the_database = kill.name == "backend"
    successor_of = set(served.processes_of_the_database("background writer")) if of_the_database else killed
    began = time.monotonic()
    for process in killed:
        os.kill(process, signal.SIGKILL)
    answered: float | None = None
    while answered is None or not kill.came_back(served, successor_of):
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"{kill.name} did not come back")
        if not asking.page_is_answered():
            answered = None
            time.sleep(PAUSE)
        elif answered is None:
            answered = time.monotonic() - began
    return answered


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how many kills of each kind")
    print(json.dumps(kill_each(parser.parse_args().times)))
