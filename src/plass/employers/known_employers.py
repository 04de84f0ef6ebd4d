"""The employers that the forms of a case offer at once, before anybody searches.

The room that records contacts knows which they are, and says so when it is loaded (``AppConfig.ready``): this room and the
others that have such a form need not know that one.
"""

from __future__ import annotations

from collections.abc import Callable

from plass.cases.models import Case

from .models import Employer

_ask: list[Callable[[Case], list[Employer]]] = []


def register(ask: Callable[[Case], list[Employer]]) -> None:
    """Offer what ``ask`` answers for a case, by one bounded question."""
    _ask[:] = [ask]


def known_employers(case: Case) -> list[Employer]:
    """The employers to offer for the case, the likeliest first."""
    return [employer for ask in _ask for employer in ask(case)]
