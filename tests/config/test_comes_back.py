"""It comes back by itself: the database is started again beside the pages, and each killed process has a successor."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from plass.db import embedded
from plass.db.database_watch import LONGEST_PAUSE, DatabaseWatch
from tests.ports import free_port

from .test_two_commands import ROOT, environment, wait_for_an_answer, wait_until_nothing_runs_in

PATIENCE = 60.0
FAST = {"fsync": "off", "shared_buffers": "16MB"}
#: Serves a page that asks nothing beside an embedded server, as `plass serve` does.
SERVE = """
import sys
from pathlib import Path
from plass.db import database_watch, embedded; from plass.server import web_server

def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]

listening = web_server.listen("127.0.0.1", int(sys.argv[2]))
server = embedded.start(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"})
try:
    look_after = database_watch.DatabaseWatch(server).look
    web_server.serve(listening, lambda: application, workers=1, look_after=look_after)
finally:
    server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's account may enter."""
    path = Path(tempfile.mkdtemp(prefix="plass-back-"))
    path.chmod(0o755)
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[embedded.Server]:
    started = embedded.start(folder, settings=FAST)
    yield started
    started.stop()


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def look(server: embedded.Server) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres", autocommit=True)


def is_back(server: embedded.Server, watch: DatabaseWatch) -> bool:
    watch.look()
    try:
        look(server).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_killed_database_is_started_again_with_all_that_was_committed(
    server: embedded.Server, caplog: pytest.LogCaptureFixture
) -> None:
    watch = DatabaseWatch(server)
    with look(server) as connection:
        connection.execute("CREATE TABLE kept (n integer)")
    for turn in range(3):
        with look(server) as connection:
            connection.execute("INSERT INTO kept VALUES (1)")
        embedded.kill(server)
        caplog.clear()
        until(lambda: is_back(server, watch))
        until(lambda: "is back" in (watch.look() and caplog.text))
        assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
        with look(server) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (turn + 1,)


def test_a_database_that_cannot_start_is_tried_ever_more_seldom_and_said_once(
    server: embedded.Server, caplog: pytest.LogCaptureFixture
) -> None:
    watch = DatabaseWatch(server)
    needed = server.folder / "postgres" / "global"
    embedded.kill(server)
    needed.rename(needed.with_name("away"))
    pauses: list[float] = []

    def next_pause() -> float:
        """After the next attempt has failed; the pauses themselves are not waited for."""
        until(lambda: not server.is_ready())
        while (wait := watch.look()) <= 0.05:
            time.sleep(0.01)
        watch._next_attempt = time.monotonic()
        return wait

    while len(pauses) < 9:
        pauses.append(next_pause())
    assert pauses == sorted(pauses)
    assert pauses[0] < 1 and pauses[-1] == LONGEST_PAUSE
    assert caplog.text.count("cannot be started") == 1
    needed.with_name("away").rename(needed)
    until(lambda: is_back(server, watch))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_the_database_is_started_again_leaves_nothing(folder: Path, how: signal.Signals) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(port)],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as program:
        wait_for_an_answer(port, program)  # type: ignore[arg-type]
        postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        until(lambda: (folder / "postgres" / "postmaster.pid").read_text().split()[:1] != [str(postmaster)])
        program.send_signal(how)
        program.wait(PATIENCE)
    wait_until_nothing_runs_in(folder)
    embedded.start(folder, settings=FAST).stop()


def test_each_killed_process_has_a_successor_and_nothing_acknowledged_is_lost() -> None:
    """The drill (`make drill`), with a few kills of each."""
    command = [sys.executable, "-m", "drills.comes_back", "--times", "3"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["acknowledged"] > 0
    assert (figures["lost"], figures["recorded_twice"], figures["server_errors"], figures["refused"]) == (0, 0, 0, 0)
