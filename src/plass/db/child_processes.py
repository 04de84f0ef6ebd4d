"""Processes that end with the one that started them, however that one ends (Ctrl-C, SIGTERM, kill -9).

Linux looks at the thread that started them: start what must last from one that lasts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
#: Loaded before any fork: between fork and exec nothing may be loaded.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Let this process get ``with_signal`` when its parent, the process ``parent``, ends. Only Linux can do it."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, with_signal)
    if os.getppid() != parent:
        # The parent ended in the moment before.
        os._exit(1)


def ending_with_this(with_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A ``preexec_fn`` for :mod:`subprocess`: the child gets ``with_signal`` when this process ends."""
    parent = os.getpid()
    return lambda: end_with_parent(parent, with_signal)
