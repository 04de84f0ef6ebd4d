"""When the database is away, or what was sent is no text: what tells it from other errors, and what goes to the log."""

from __future__ import annotations

import logging
import time

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpResponse

log = logging.getLogger(__name__)

#: Told to browsers and proxies as Retry-After, in seconds.
RETRY_SECONDS = 5
#: PostgreSQL's words for it (SQLSTATE): the connection failed, too many of them, the server stops, crashed, or is starting.
AWAY = ("08", "53300", "57P01", "57P02", "57P03")
#: A process says at most so often that the database is away, in seconds.
LOG_SECONDS = 60

_last_logged = float("-inf")


def is_away(error: BaseException | None) -> bool:
    """Whether ``error``, or what it came of, says that the database cannot be reached now."""
    while error is not None:
        if isinstance(error, InterfaceError):
            return True
        if isinstance(error, OperationalError):
            state = getattr(error.__cause__, "sqlstate", None)
            # Without a word from the server it is the connection itself.
            return state is None or state.startswith(AWAY)
        error = error.__cause__ or error.__context__
    return False


def is_no_text(error: BaseException) -> bool:
    """Whether ``error`` says that a text has a NUL character, which PostgreSQL keeps in none: no page of ours sends one."""
    # It is refused before it is sent: without a word from the server.
    return isinstance(error, DataError) and getattr(error.__cause__, "sqlstate", None) is None and "NUL" in str(error)


def log_away(error: BaseException | None) -> None:
    """Write it to the log, without a traceback, and not for each page."""
    global _last_logged
    if time.monotonic() - _last_logged > LOG_SECONDS:
        _last_logged = time.monotonic()
        log.error("The database is away, and pages say so: %s", " ".join(str(error).split())[:300])


def logged(answer: HttpResponse) -> HttpResponse:
    """``answer``, of which Django shall write nothing to the log: it would do so for each page, with a traceback."""
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
