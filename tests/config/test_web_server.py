"""The web server by itself: workers are replaced, and nobody keeps others out by sending slowly or holding connections."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

PATIENCE = 60.0
#: Answers with its process's number; /hang never does; a POST with how much came.
SERVE = """
import os, sys, threading
from plass.db import child_processes; from plass.server import web_server

def application(environ, start_response):
    if environ["PATH_INFO"] == "/hang":
        threading.Event().wait()
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {len(body)}".encode()]

child_processes.end_with_parent(os.getppid())
limits = web_server.Limits(**eval(sys.argv[3]))
listening = web_server.listen("127.0.0.1", int(sys.argv[1]))
web_server.serve(listening, lambda: application, workers=int(sys.argv[2]), limits=limits)
"""
HALF_SENT = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"


class Program:
    """A running server."""

    def __init__(self, workers: int, processes: int = 0, **limits: float) -> None:
        self.port = free_port()
        command = [sys.executable, "-c", SERVE, str(self.port), str(workers), repr(limits)]
        self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "src"}, stderr=subprocess.DEVNULL)
        until(lambda: len(self.workers()) == (processes or workers) and self.answer())

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A connection on which ``sent`` was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(sent)
        return connection

    def answer(self, path: str = "/") -> str:
        """What the page says; empty where there is no answer."""
        try:
            with self.connect(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()) as connection:
                return everything(connection).decode().partition("\r\n\r\n")[2]
        except OSError:
            return ""

    def workers(self) -> set[int]:
        """The process numbers of the workers."""
        return children(self.process.pid)


def children(parent: int) -> set[int]:
    """The living processes whose parent is ``parent``."""
    numbers = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            numbers.add(int(stat.parent.name))
    return numbers


def everything(connection: socket.socket) -> bytes:
    """What comes until the other end closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def trickle(connection: socket.socket) -> int:
    """Send a byte now and then until the other end closes. How many were taken."""
    deadline = time.monotonic() + PATIENCE
    taken = 0
    while True:
        assert time.monotonic() < deadline, "it is still taken"
        try:
            connection.sendall(b"x")
        except OSError:
            return taken
        taken += 1
        time.sleep(0.05)


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def serve() -> Iterator[Callable[..., Program]]:
    """Starts servers, and ends them."""
    started: list[Program] = []

    def start(workers: int = 1, **limits: float) -> Program:
        started.append(Program(workers, **limits))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.wait()


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
def test_killed_workers_are_replaced_also_in_the_middle_of_a_request(serve: Callable[..., Program], both: bool) -> None:
    program = serve(workers=2)
    before = program.workers()
    # Fewer than a worker has threads: the one that lives on can still answer, also when it took them all.
    hanging = [program.connect(b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n") for _each in range(3)]
    killed = before if both else set(sorted(before)[:1])
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    until(lambda: len(program.workers() - killed) == 2)
    assert before - killed <= program.workers()
    until(program.answer)
    assert program.process.poll() is None
    for connection in hanging:
        connection.close()


@pytest.mark.parametrize("how", ["stopped", "every thread hangs"])
def test_a_hung_worker_is_replaced(serve: Callable[..., Program], how: str) -> None:
    program = serve(stuck_seconds=1)
    hung = program.workers()
    held = []
    if how == "stopped":
        os.kill(*hung, signal.SIGSTOP)
    else:
        held = [program.connect(b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n") for _each in range(5)]
    until(lambda: len(program.workers()) == 1 and not program.workers() & hung)
    assert int(program.answer().split()[0]) in program.workers()
    for connection in held:
        connection.close()


def test_what_arrives_slowly_keeps_nobody_waiting_and_is_closed(serve: Callable[..., Program]) -> None:
    """Half-sent requests and one that trickles; also one that has not even sent its headers."""
    program = serve(request_seconds=1.0, silent_seconds=3600)
    slow = [program.connect(HALF_SENT) for _each in range(64)]
    slow += [program.connect(HALF_SENT[:20]), trickling := program.connect(HALF_SENT)]
    began = time.monotonic()
    assert all(program.answer() for _page in range(20))
    assert time.monotonic() - began < PATIENCE / 2
    assert trickle(trickling) > 4
    for connection in slow:
        if connection is not trickling:
            assert everything(connection) == b""
        connection.close()
    assert program.answer()


def test_a_silent_connection_is_closed(serve: Callable[..., Program]) -> None:
    program = serve(silent_seconds=1)
    with program.connect() as silent, program.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") as answered:
        assert everything(silent) == b""
        assert everything(answered).startswith(b"HTTP/1.1 200")


def test_a_request_that_arrives_in_time_is_answered_whole(serve: Callable[..., Program]) -> None:
    program = serve()
    with program.connect(HALF_SENT) as connection:
        for _piece in range(996):
            connection.sendall(b"x")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_whoever_holds_all_connections_keeps_nobody_out(serve: Callable[..., Program]) -> None:
    program = serve(connections=20)
    held = [program.connect(HALF_SENT) for _each in range(60)]
    assert program.answer()
    for connection in held:
        connection.close()


def test_too_large_a_request_is_refused(serve: Callable[..., Program]) -> None:
    program = serve(request_bytes=100)
    with program.connect(HALF_SENT) as connection:
        assert everything(connection).startswith(b"HTTP/1.1 413")


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager's socket, to which programs say how they are."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_a_service_manager_is_told_that_all_is_well(serve: Callable[..., Program], manager: socket.socket) -> None:
    program = serve()
    assert manager.recv(100).startswith(b"READY=1")
    assert manager.recv(100) == b"WATCHDOG=1"
    assert program.answer()


#: Serves as above, with a process of the background jobs, which writes its number to a file.
WITH_JOBS = SERVE.replace(
    "workers=int(sys.argv[2])", "workers=int(sys.argv[2]), jobs=web_server.JobsProcess(work)"
).replace(
    "child_processes.end_with",
    """
def work(notify):
    with open(os.environ["JOBS"], "a") as file:
        print(os.getpid(), os.environ.get("DATABASE_QUEUE_URL"), file=file)
    while True:
        notify()
        threading.Event().wait(0.05)

child_processes.end_with""",
    1,
)


def test_the_process_of_the_background_jobs_is_replaced_and_alone_knows_its_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "jobs"
    record.touch()
    monkeypatch.setenv("JOBS", str(record))
    monkeypatch.setenv("DATABASE_QUEUE_URL", "secret")
    monkeypatch.setitem(globals(), "SERVE", WITH_JOBS.replace("{os.getpid()} {len(body)}", "{sorted(os.environ)}"))
    program = Program(2, processes=3, stuck_seconds=1)
    try:
        until(record.read_text)
        first = int(record.read_text().split()[0])
        assert record.read_text().split() == [str(first), "secret"]
        answering = program.workers() - {first}
        assert "DATABASE_QUEUE_URL" not in program.answer()
        for how in (signal.SIGKILL, signal.SIGSTOP):
            number = int(record.read_text().split()[-2])
            os.kill(number, how)
            until(lambda last=number: int(record.read_text().split()[-2]) != last)
        assert answering <= program.workers(), "those that answer were left alone"
        # And one that answers is replaced by one that answers.
        os.kill(min(answering), signal.SIGKILL)
        until(lambda: len(program.workers()) == 3 and min(answering) not in program.workers())
        assert len(record.read_text().splitlines()) == 3
        program.process.send_signal(signal.SIGTERM)
        program.process.wait(PATIENCE)
        assert program.workers() == set()
    finally:
        program.process.kill()
        program.process.wait()


#: Its workers stop before they take anything. It says each time that it looks after what they stand on.
WORKERS_STOP = """
import os, signal, sys
from gunicorn import systemd
from plass.db import child_processes; from plass.server import web_server

def look_after():
    systemd.sd_notify("LOOKED", None)
    return 0.01

child_processes.end_with_parent(os.getppid())
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGSTOP))
web_server.serve(web_server.listen("127.0.0.1", int(sys.argv[1])), lambda: print, workers=1, look_after=look_after)
"""


def test_a_service_manager_is_told_nothing_where_no_worker_takes_requests(manager: socket.socket) -> None:
    command = [sys.executable, "-c", WORKERS_STOP, str(free_port())]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "src"}) as program:
        try:
            assert manager.recv(100).startswith(b"READY=1")
            assert {manager.recv(100) for _look in range(10)} == {b"LOOKED"}
        finally:
            workers = children(program.pid)
            program.kill()
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
