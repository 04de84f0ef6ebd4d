"""Python's garbage collection while a list is read and written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: A full collection comes after so many of the younger generation: while a list is worked with, in practice never.
_PRACTICALLY_NEVER = 1_000_000
_lock = Lock()
#: How many lists are worked with in this process, and the threshold of full collections before the first of them.
_lists, _threshold_before = 0, 0


@contextmanager
def without_full_collections() -> Iterator[None]:
    """Collect only what was made lately, in the whole process, until the block ends.

    What a list is made of lives until the list is done. Each full collection goes through all of it and finds nothing,
    which took a fifth of an import's time.
    """
    _add_lists(1)
    try:
        yield
    finally:
        _add_lists(-1)


def _add_lists(number: int) -> None:
    """Count the lists: with the first full collections stop, and with the last the threshold is as before."""
    global _lists, _threshold_before
    with _lock:
        youngest, young, oldest = gc.get_threshold()
        if not _lists:
            _threshold_before = oldest
        _lists += number
        gc.set_threshold(youngest, young, _PRACTICALLY_NEVER if _lists else _threshold_before)
