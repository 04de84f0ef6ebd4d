"""The web server of `plass serve`: gunicorn keeps the worker processes alive, and waitress takes requests in each.

The address is bound before anything else is done, by this process alone, and shared with the workers: a second program
on the port is refused, not answered in turn. Waitress takes a request in whole before a thread sees it, so a request
that arrives slowly, or never ends, holds a connection and no thread. gunicorn's master also looks after what the pages
stand on (the embedded database), and tells a service manager that all is well. See docs/decisions/0139 and 0152.
"""

from __future__ import annotations

import errno
import os
import pwd
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gunicorn import systemd
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.util import set_owner_process
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from plass.db.child_processes import end_with_parent
from plass.db.database import QUEUE_VARIABLE

THREADS = 4
#: Names a process to end with: the `make` that was asked for the demo, which may be killed.
ENDS_WITH = "PLASS_ENDS_WITH"
#: Files and connections that a process may have open, where the system allows it.
OPEN_FILES = 4096


@dataclass(frozen=True)
class Limits:
    """What a connection and a worker are allowed; times in seconds."""

    #: How long a request may take to arrive: 25 MB (the largest upload) at 2 Mbit/s.
    request_seconds: float = 100
    #: How long an open connection may be silent.
    silent_seconds: int = 60
    #: Connections of a worker. One more, and those open for the longest are closed.
    connections: int = 500
    request_bytes: int = 30 * 1024 * 1024
    #: A worker that does not look at its connections for so long, or in which a request waits so long without any other
    #: being finished, is killed and replaced.
    stuck_seconds: int = 60
    #: What is under way when the program stops may take so long to finish.
    finish_seconds: int = 5

    @property
    def tick(self) -> float:
        """How often a worker looks at what takes too long."""
        return min(1.0, self.request_seconds / 4, self.stuck_seconds / 4)


#: How long what a killed program left behind may hold the port, in seconds.
LET_GO_SECONDS = 1.0


class AddressError(Exception):
    """Pages cannot be served at the address; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Bind ``host`` and ``port`` for this program alone. Raises :class:`AddressError` with what to do."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise AddressError(_not_of_this_machine(host)) from None
    if not host:
        raise AddressError(_not_of_this_machine(host))
    deadline = time.monotonic() + LET_GO_SECONDS
    while True:
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            # From here on nobody else can have it; a second bind alone would be let through.
            listening.listen(1024)
            return listening
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise AddressError(_what_to_do(host, port, error)) from None
        # The workers of a program that was killed end a moment after it.
        time.sleep(0.05)


def url(listening: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _what_to_do(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program. Stop that one, or choose another port: --port {free_port()}."
    if error.errno == errno.EACCES:
        return f"This user may not serve at port {port}. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_of_this_machine(host)
    return f"Pages cannot be served at {host}, port {port}: {error.strerror}. Choose another with --host and --port."


def _not_of_this_machine(host: str) -> str:
    return f"“{host}” is not an address of this machine. Use --host 127.0.0.1, or 0.0.0.0 for every address it has."


def free_port() -> int:
    """A port that is free now, near the usual one."""
    for port in range(8000, 8100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
                probe.listen()
            except OSError:
                continue
            return port
    return 0


def serve(
    listening: socket.socket,
    load: Callable[[], Any],
    *,
    workers: int,
    account: str | None = None,
    when_ready: Callable[[], None] | None = None,
    look_after: Callable[[], float] | None = None,
    jobs: JobsProcess | None = None,
    limits: Limits | None = None,
) -> None:
    """Serve the WSGI application that ``load`` returns at ``listening`` until stopped. A worker that ends is replaced.

    ``load`` is called before the workers are forked, ``when_ready`` once when connections are taken. ``look_after`` is
    called again and again in this process, must not wait, and returns in how many seconds it wants to be called again.
    ``account`` is what the workers run as where this process is root's. ``jobs`` is done in one more process, which is
    replaced like the workers.
    """
    _allow_open_files()
    options = {
        # gunicorn takes over the file descriptor and closes it.
        "bind": f"fd://{listening.detach()}",
        "workers": workers + (jobs is not None),
        "worker_class": WaitressWorker,
        "preload_app": True,
        "loglevel": "warning",
        "control_socket_disable": True,
        "when_ready": lambda _arbiter: (when_ready or (lambda: None))(),
    }
    if account is not None:
        options |= {"user": account, "group": account, "initgroups": True}
    if Path("/dev/shm").is_dir():
        # A worker's sign of life is a file: a new one must be possible also when the disk is full.
        options["worker_tmp_dir"] = "/dev/shm"
    Application(load, look_after or (lambda: 1.0), limits or Limits(), options, jobs).run()


def _allow_open_files() -> None:
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))


class Application(BaseApplication):  # type: ignore[misc]
    """What gunicorn runs. Loaded once before the workers are forked, so that a new one answers at once."""

    def __init__(
        self,
        load: Callable[[], Any],
        look_after: Callable[[], float],
        limits: Limits,
        options: dict[str, Any],
        jobs: JobsProcess | None = None,
    ) -> None:
        self.load = lambda: without_body_for_head(load())
        self.look_after = look_after
        self.limits = limits
        self.jobs = jobs
        self._options = {**options, "timeout": limits.stuck_seconds, "graceful_timeout": limits.finish_seconds}
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings; it reads no file and no command line."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until stopped. Returns in the process that was asked to serve, and in no other."""
        serving = os.getpid()
        try:
            MasterProcess(self).run()
        except SystemExit as end:
            if os.getpid() != serving:
                # A worker is done; what its parent has opened is its parent's to close.
                os._exit(end.code if isinstance(end.code, int) else 0)
            if end.code:
                raise


class MasterProcess(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which ends with the terminal it was started from, and with the `make` that started it.

    Once a second, and whenever a child ends, it comes by :meth:`wait_for_signals`.
    """

    has_terminal = os.isatty(0)

    _cannot_fork = False

    def handle_hup(self) -> None:
        """The terminal was closed: stop in order, where gunicorn would load the program anew."""
        self.handle_term()

    def maybe_promote_master(self) -> None:
        """Again and again: stop where the process named by ENDS_WITH has ended, or the terminal was closed."""
        super().maybe_promote_master()
        starter = os.environ.get(ENDS_WITH, "")
        if starter.isdigit() and not _is_alive(int(starter)):
            self.handle_term()
        # The kernel tells the first process of a terminal alone that it was closed, which may be `make`.
        if self.has_terminal and not os.isatty(0):
            self.handle_term()

    def wait_for_signals(self, timeout: float = 1.0) -> Any:
        """Look after what the workers stand on, tell the service manager that all is well, and wait."""
        wait = min(timeout, self.app.look_after())
        if any(self._lives(worker) for worker in self.WORKERS.values() if not isinstance(worker, JobsWorker)):
            # Where nobody restarts us by a watchdog (docs/guides/plass.service) this does nothing.
            systemd.sd_notify("WATCHDOG=1", self.log)
        return super().wait_for_signals(wait)

    def _lives(self, worker: Worker) -> bool:
        # Before its first sign of life it is a time of another clock, which lies in the future of this one.
        return bool(0 <= time.monotonic() - worker.tmp.last_update() < self.timeout)

    def spawn_worker(self) -> Any:
        """Start a worker: the one of the background jobs where there is to be one and is none.

        Where the machine cannot now (memory, a full disk), it is tried again a second later.
        """
        has_jobs = any(isinstance(worker, JobsWorker) for worker in self.WORKERS.values())
        self.worker_class = JobsWorker if self.app.jobs and not has_jobs else WaitressWorker
        try:
            started = super().spawn_worker()
        except OSError as error:
            if not self._cannot_fork:
                self.log.error("A worker cannot be started, and is tried again: %s", error)
            self._cannot_fork = True
            return None
        self._cannot_fork = False
        return started


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def without_body_for_head(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``application``, whose answers to HEAD have no body: waitress sends what it is given."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        chunks = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return chunks
        for _chunk in chunks:
            pass
        if hasattr(chunks, "close"):
            chunks.close()
        return ()

    return answer


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, which knows since when a request has been arriving on it."""

    arriving_since: float | None = None

    def received(self, data: bytes) -> Any:
        """Take in what came, and note when a request began."""
        result = super().received(data)
        if self.request is None:
            self.arriving_since = None
        elif self.arriving_since is None:
            self.arriving_since = time.monotonic()
        return result

    def is_slower_than(self, seconds: float) -> bool:
        """Whether its request has been arriving for longer."""
        return self.arriving_since is not None and time.monotonic() - self.arriving_since > seconds


@dataclass(frozen=True)
class JobsProcess:
    """What does the background jobs: ``work`` is called in a process of its own, with a function that it calls again and
    again as a sign of life, and returns when the process is asked to stop. ``account`` is what it runs as.
    """

    work: Callable[[Callable[[], None]], None]
    account: str | None = None


class JobsWorker(Worker):  # type: ignore[misc]
    """A worker process of gunicorn that takes no requests, and does the background jobs."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        if account := self.app.jobs.account:
            # Its sign of life is a file whose times it sets.
            os.fchown(self.tmp.fileno(), pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)

    def init_process(self) -> None:
        """Begin, and work until asked to stop; end when the program that serves is killed."""
        # Those of the program that serves only note the signal. Nothing is under way before work listens to it.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, lambda *_signal: os._exit(0))
        end_with_parent(self.ppid)
        if account := self.app.jobs.account:
            entry = pwd.getpwnam(account)
            set_owner_process(entry.pw_uid, entry.pw_gid, initgroups=True)
        for listening in self.sockets:
            listening.close()
        # From here on its end is no reason to stop what is served.
        self.booted = True
        self.app.jobs.work(self.notify)


class WaitressWorker(Worker):  # type: ignore[misc]
    """A worker process of gunicorn that takes its requests with waitress."""

    def init_process(self) -> None:
        """Begin; and end when the program that serves is killed, or this one would hold the port of the next."""
        end_with_parent(self.ppid)
        # How to log in as the queue's role is for the process of the jobs alone.
        os.environ.pop(QUEUE_VARIABLE, None)
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop after what is under way."""
        self.alive = False

    # Ctrl-C reaches every process at once.
    handle_quit = handle_exit

    def run(self) -> None:
        """Take requests until told to stop."""
        # Again: the system forgets it when a process becomes another account's.
        end_with_parent(self.ppid)
        limits: Limits = self.app.limits
        connections: dict[int, Any] = {}
        server = create_server(
            self.wsgi,
            map=connections,
            sockets=[listener.sock for listener in self.sockets],
            threads=THREADS,
            channel_timeout=limits.silent_seconds,
            cleanup_interval=min(10, limits.silent_seconds),
            connection_limit=limits.connections,
            asyncore_use_poll=True,
            max_request_body_size=limits.request_bytes,
            # Which proxies are believed is decided by PLASS_PROXIES (plass.accounts.rate_limit).
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        server.channel_class = Channel
        waiting_before, next_look = None, 0.0
        while self.alive:
            waiting = next(iter(server.task_dispatcher.queue.copy()), None)
            if waiting is None or waiting is not waiting_before:
                # Without this sign of life for too long the master replaces us: no thread is ever free.
                self.notify()
            waiting_before = waiting
            wasyncore.loop(timeout=limits.tick, use_poll=True, map=connections, count=1)
            if server.in_connection_overflow:
                _close_oldest(server, limits.connections // 10)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + limits.tick
                _close_slow(server, limits.request_seconds)
        self._finish(server, connections)

    def _finish(self, server: Any, connections: dict[int, Any]) -> None:
        """Answer what was asked before the end, and take nothing more."""
        server.accepting = False
        deadline = time.monotonic() + self.app.limits.finish_seconds
        while time.monotonic() < deadline and any(
            channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values())
        ):
            wasyncore.loop(timeout=0.1, use_poll=True, map=connections, count=1)
        server.task_dispatcher.shutdown(timeout=self.app.limits.finish_seconds)


def _close_slow(server: Any, seconds: float) -> None:
    for channel in list(server.active_channels.values()):
        if channel.is_slower_than(seconds):
            channel.handle_close()


def _close_oldest(server: Any, number: int) -> None:
    """Make room for whoever comes, so that nobody keeps others out by holding connections."""
    idle = [channel for channel in server.active_channels.values() if not channel.requests]
    for channel in sorted(idle, key=lambda channel: channel.creation_time)[: max(1, number)]:
        channel.handle_close()
