"""The program as a WSGI application, for `plass serve` and for a web server of one's own."""

import ctypes
import gc
import os
import signal
import sys

from django.core.wsgi import get_wsgi_application

from .runtime import SERVED_BY

PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Let this worker end when `plass serve` is killed: else it would go on answering beside the next one's workers."""
    parent = os.environ.get(SERVED_BY)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        # Killed in the moment before.
        os.kill(os.getpid(), signal.SIGKILL)


def _look_for_garbage_seldom() -> None:
    """Leave what the program is made of out of the search for garbage, and let that come every few pages instead of often
    within one: a page makes tens of thousands of short-lived objects, and hardly any of them need it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


_end_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
application = get_wsgi_application()
_look_for_garbage_seldom()
