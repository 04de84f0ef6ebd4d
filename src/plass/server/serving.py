"""Serving the pages of a prepared installation."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plass.db import bootstrap, database, database_watch, embedded
from plass.db.postgres_programs import WORK_USER

from . import stop_signals, web_server, worker_account


def serve(
    listening: socket.socket,
    *,
    workers: int = 2,
    server: embedded.Server | None = None,
    when_ready: Callable[[], None] | None = None,
    work: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve the pages at ``listening`` (``web_server.listen``) until stopped, in a prepared installation.

    Refuses to run as a database role that sees past row-level security. ``server``, the installation's own, is started
    again when it ends. ``when_ready`` is called once, when connections are taken. ``work`` does the background jobs in a
    process of its own (``web_server.JobsProcess``).
    """
    from django.db import connections

    database.refuse_strong_role()
    bootstrap.gather_static_files()
    connections.close_all()
    account, reason = worker_account.choose(Path(os.environ["PLASS_STATIC"]))
    if reason:
        print(f"Plass: the web workers run as root: {reason}.", file=sys.stderr)  # noqa: T201
    stop_signals.exit_if_received()
    look_after = database_watch.DatabaseWatch(server).look if server else None
    web_server.serve(
        listening,
        _application,
        workers=workers,
        account=account,
        when_ready=when_ready,
        look_after=look_after,
        jobs=web_server.JobsProcess(work, account and WORK_USER) if work else None,
    )


def _application() -> Any:
    from django.core.servers.basehttp import get_internal_wsgi_application

    return get_internal_wsgi_application()
