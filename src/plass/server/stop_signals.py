"""A stop asked for from outside (Ctrl-C, a service manager's SIGTERM, a closed terminal) is never lost.

An exception that is raised from a signal handler is dropped where Python happens to be in a finalizer. So what was asked
for is also remembered, and whoever is about to go on for long looks.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_received = 0


def install() -> None:
    """From now on these signals end the program in order, so that what it started is stopped."""
    for number in SIGNALS:
        signal.signal(number, _stop)


def exit_if_received() -> None:
    """End the program where a stop was asked for."""
    if _received:
        sys.exit(128 + _received)


def _stop(number: int, _frame: FrameType | None) -> None:
    global _received
    _received = number
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    exit_if_received()
