"""What other rooms have to say on top of Min dag. Rooms above this one register when they are loaded
(``AppConfig.ready``), so that this room need not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from plass.access.actors import Standing

Read = Callable[[Standing, date], Any]


@dataclass(frozen=True)
class Notice:
    """A notice: its template, which gets ``notice.data``, and what is read for it. Nothing found is nothing shown.

    ``read`` asks at most one bounded question, and none for those whom it cannot concern.
    """

    template: str
    read: Read


@dataclass(frozen=True)
class Drawn:
    """A notice for one reader."""

    template: str
    data: Any


_notices: dict[str, Notice] = {}


def register(notice: Notice) -> None:
    """Show ``notice`` on Min dag where there is something to say."""
    _notices[notice.template] = notice


def for_today(who: Standing, today: date) -> list[Drawn]:
    """The notices for the one who asks."""
    drawn = (Drawn(notice.template, notice.read(who, today)) for notice in _notices.values())
    return [one for one in drawn if one.data]
