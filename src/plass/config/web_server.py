"""The web server of `plass serve`: gunicorn keeps the worker processes alive, and waitress takes requests in each.

The address is bound before anything else is done, by this process alone, and shared with the workers: a second program
on the port is refused, not answered in turn. Waitress takes a request in whole before a thread sees it, so a request
that arrives slowly, or never ends, holds a connection and no thread. See docs/decisions/0139.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from .child_processes import end_with_parent

THREADS = 4
#: How long a request may take to arrive, in seconds: 25 MB (the largest upload) at 2 Mbit/s.
REQUEST_SECONDS = 100
#: How long an open connection may be silent, in seconds.
SILENT_SECONDS = 60
CONNECTIONS_OF_A_WORKER = 1000
LARGEST_REQUEST = 30 * 1024 * 1024
#: A worker that has not looked at its connections for so long is killed and replaced, in seconds.
STUCK_SECONDS = 60
#: What is under way when the program stops may take so long to finish, in seconds.
FINISH_SECONDS = 5
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
        raise AddressError(
            f"{host} is not an address of this machine. Use --host 127.0.0.1, or 0.0.0.0 for every address it has."
        ) from None
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


def written(host: str) -> str:
    """``host`` as it stands in an address: an address of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def _what_to_do(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return (
            f"Port {port} is in use by another program. Stop that one, or choose another port: --port {other} "
            f"(make demo PORT={other})."
        )
    if error.errno == errno.EACCES:
        return f"This user may not serve at port {port}. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Use --host 127.0.0.1, or 0.0.0.0 for every address it has."
    return f"Pages cannot be served at {host}, port {port}: {error.strerror}. Choose another with --host and --port."


def serve(
    listening: socket.socket, load: Callable[[], Any], *, workers: int, when_ready: Callable[[], None] | None = None
) -> None:
    """Serve the WSGI application that ``load`` returns at ``listening`` until stopped. A worker that ends is replaced.

    ``load`` is called before the workers are forked, ``when_ready`` once when connections are taken.
    """
    Application(listening, load, workers, when_ready or (lambda: None)).run()


class Application(BaseApplication):  # type: ignore[misc]
    """What gunicorn runs. Loaded once before the workers are forked, so that a new one answers at once."""

    def __init__(
        self, listening: socket.socket, load: Callable[[], Any], workers: int, when_ready: Callable[[], None]
    ) -> None:
        self.load = load
        self._options = {
            # gunicorn takes over the file descriptor and closes it.
            "bind": f"fd://{listening.detach()}",
            "workers": workers,
            "worker_class": WaitressWorker,
            "timeout": STUCK_SECONDS,
            "graceful_timeout": FINISH_SECONDS,
            "preload_app": True,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: when_ready(),
        }
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings; it reads no file and no command line."""
        for name, value in self._options.items():
            self.cfg.set(name, value)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, which knows since when a request has been arriving on it."""

    arriving_since: float | None = None

    def received(self, data: bytes) -> Any:
        """Take in what came, and note when a request began."""
        done = super().received(data)
        if self.request is None:
            self.arriving_since = None
        elif self.arriving_since is None:
            self.arriving_since = time.monotonic()
        return done

    def is_too_slow(self, now: float) -> bool:
        """Whether its request has been arriving for too long."""
        return self.arriving_since is not None and now - self.arriving_since > REQUEST_SECONDS


class WaitressWorker(Worker):  # type: ignore[misc]
    """A worker process of gunicorn that takes its requests with waitress."""

    def init_process(self) -> None:
        """Begin; and end when the program that serves is killed, or this one would hold the port of the next."""
        end_with_parent(self.ppid)
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop after what is under way."""
        self.alive = False

    # Ctrl-C reaches every process at once.
    handle_quit = handle_exit

    def run(self) -> None:
        """Take requests until told to stop."""
        connections: dict[int, Any] = {}
        server = create_server(
            self.wsgi,
            map=connections,
            sockets=[listener.sock for listener in self.sockets],
            threads=THREADS,
            channel_timeout=SILENT_SECONDS,
            cleanup_interval=10,
            connection_limit=CONNECTIONS_OF_A_WORKER,
            asyncore_use_poll=True,
            max_request_body_size=LARGEST_REQUEST,
            # Which proxies are believed is decided by PLASS_PROXIES (plass.accounts).
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        server.channel_class = Channel
        while self.alive:
            self.notify()
            wasyncore.loop(timeout=1, use_poll=True, map=connections, count=1)
            now = time.monotonic()
            for channel in [channel for channel in connections.values() if isinstance(channel, Channel)]:
                if channel.is_too_slow(now):
                    channel.handle_close()
        self._finish(server, connections)

    def _finish(self, server: Any, connections: dict[int, Any]) -> None:
        """Answer what was asked before the end, and take nothing more."""
        server.accepting = False
        deadline = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < deadline and any(
            channel.requests or channel.total_outbufs_len
            for channel in list(connections.values())
            if isinstance(channel, Channel)
        ):
            wasyncore.loop(timeout=0.1, use_poll=True, map=connections, count=1)
        server.task_dispatcher.shutdown(timeout=0)
