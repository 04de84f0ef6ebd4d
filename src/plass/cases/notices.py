"""What there is to say on the pages where people begin the day: Min dag, and for counsellors *Mine henvisninger*.

Rooms register when they are loaded (``AppConfig.ready``), so that this room need not know those above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from plass.access.user_roles import UserRoles
from plass.db.prepared import PreparedQuery, fetch_together

Asks = Callable[[UserRoles, date], PreparedQuery[Any] | None]


@dataclass(frozen=True)
class Notice:
    """A notice: its template, which gets ``notice.data`` (the rows), and the question for them. No rows, no notice.

    ``asks`` gives one bounded question, and none for those whom it cannot concern.
    """

    template: str
    asks: Asks


@dataclass(frozen=True)
class RenderedNotice:
    """A notice for one reader."""

    template: str
    data: list[Any]


_notices: dict[str, Notice] = {}


def register(notice: Notice) -> None:
    """Show ``notice`` where people begin the day and there is something to say."""
    _notices[notice.template] = notice


def for_today(who: UserRoles, today: date) -> list[RenderedNotice]:
    """The notices for the one who asks: one question for all of them, none where none can concern them."""
    questions = [(notice.template, question) for notice in _notices.values() if (question := notice.asks(who, today))]
    if not questions:
        return []
    answers = fetch_together(*(question for _template, question in questions))
    drawn = (RenderedNotice(template, answers.of(question)) for template, question in questions)
    return [notice for notice in drawn if notice.data]
