"""Python's search for garbage while a list is read and written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: After so many searches among what is young comes a full one: never.
_HARDLY_EVER = 1_000_000
_lock = Lock()
#: How many lists are worked with in this process, and how often there was a full search before the first of them.
_lists, _before = 0, 0


@contextmanager
def searched_for_seldom() -> Iterator[None]:
    """Within, garbage is searched for among what was made lately, and not in everything there is.

    What a list is made of lives until it is done. Each full search goes through all of it and finds nothing, which took
    a fifth of an import's time.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(more: int) -> None:
    """Count the lists: the first changes how often there is a full search, and the last puts it back."""
    global _lists, _before
    with _lock:
        youngest, young, full = gc.get_threshold()
        if not _lists:
            _before = full
        _lists += more
        gc.set_threshold(youngest, young, _HARDLY_EVER if _lists else _before)
