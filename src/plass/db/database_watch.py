"""Starts the embedded server again when it has ended, while the program serves.

It is called again and again from the main loop of the process that started the server (:mod:`plass.server.web_server`)
and never waits, so that the same loop replaces workers and takes a stop meanwhile. Being one thread, a stop and a restart
cannot happen at once; and the server stays a child of the program's main thread, with which it ends.
"""

from __future__ import annotations

import logging
import time

from .embedded import STILL_IN_USE, Server

log = logging.getLogger(__name__)

#: How often a healthy server is looked at, and one that is starting, in seconds. The end of a child interrupts the wait.
CALM, SOON = 1.0, 0.05
#: The pause after an attempt that failed: doubled each time, up to the longest, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
#: While processes of the killed server are still ending it is tried again at this pace, in seconds.
STILL_ENDING_PAUSE = 0.1


class DatabaseWatch:
    """Watches ``server``. What happens is said in the log once for each time that it was away."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._away_since: float | None = None
        #: when the next attempt is due; None while one is under way
        self._next_attempt: float | None = None
        self._pause = FIRST_PAUSE
        self._failure_logged = False

    def look(self) -> float:
        """Look once, and start the server where it is due. Returns in how many seconds to look again, at the latest."""
        if self._away_since is None:
            if not self._server.has_ended():
                return CALM
            log.error("The database server has ended. It is started again.")
            self._away_since = self._next_attempt = time.monotonic()
            self._pause, self._failure_logged = FIRST_PAUSE, False
        if self._next_attempt is None:
            return self._look_at_attempt(self._away_since)
        return self._attempt_when_due(self._next_attempt)

    def _attempt_when_due(self, due: float) -> float:
        if due > time.monotonic():
            return due - time.monotonic()
        try:
            self._server.start_again()
        except OSError as error:
            return self._failed(str(error))
        self._next_attempt = None
        return SOON

    def _look_at_attempt(self, away_since: float) -> float:
        if self._server.has_ended():
            return self._failed(self._server.last_words())
        if self._server.is_ready():
            log.warning("The database server is back after %.1f seconds.", time.monotonic() - away_since)
            self._away_since = None
            return CALM
        # A server that mends itself after a crash may take long; it is left to it.
        return SOON

    def _failed(self, reason: str) -> float:
        if STILL_IN_USE in reason:
            pause = STILL_ENDING_PAUSE
        else:
            if not self._failure_logged:
                log.error("The database server cannot be started, and is tried again: %s", reason[-800:].strip())
                self._failure_logged = True
            pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        self._next_attempt = time.monotonic() + pause
        return pause
