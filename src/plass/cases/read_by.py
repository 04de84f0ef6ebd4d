"""Who else reads about a participant than those who work here, as rooms above this one know it.

They register when they are loaded (``AppConfig.ready``), so that this room need not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .models import Case


@dataclass(frozen=True)
class Reader:
    """Somebody who reads about the participant of a case, and the page where that is ended."""

    name: str
    part: str
    end: str


_ask: list[Callable[[Case], list[Reader]]] = []


def register(ask: Callable[[Case], list[Reader]]) -> None:
    """Name those whom ``ask`` knows of beside who sees a protected participant."""
    _ask.append(ask)


def others(case: Case) -> list[Reader]:
    """All of them for one case."""
    return [reader for ask in _ask for reader in ask(case)]
