"""What other rooms show on an employer's page. Rooms above this one register their panels when they are loaded
(``AppConfig.ready``), so that this room need not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plass.access.user_roles import UserRoles

from .models import Employer

Read = Callable[[Employer, UserRoles], dict[str, Any]]


@dataclass(frozen=True)
class Panel:
    """One panel: its template (which draws nothing where there is nothing), and what it is drawn from.

    ``read`` asks at most two bounded questions. ``aside`` panels stand in the side column.
    """

    template: str
    read: Read
    aside: bool = False


@dataclass(frozen=True)
class RenderedPanel:
    """A panel for one employer: its template gets ``panel.data``."""

    template: str
    data: dict[str, Any]
    aside: bool


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Show ``panel`` on every employer's page, after those registered before."""
    _panels[panel.template] = panel


def for_employer(employer: Employer, who: UserRoles) -> list[RenderedPanel]:
    """The panels of an employer's page, read for the one who asks."""
    return [RenderedPanel(panel.template, panel.read(employer, who), panel.aside) for panel in _panels.values()]
