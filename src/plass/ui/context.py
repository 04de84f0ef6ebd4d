"""What every page's template knows beside what its view gave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from . import navigation


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``navigation`` (a Menu), ``plass_demo`` and ``here``.

    The menu is made only when a template asks for it, so that fragments and bare pages cost nothing.
    """
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "plass_demo": getattr(settings, "PLASS_DEMO", False),
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }


def _navigation(request: HttpRequest) -> navigation.Menu:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return navigation.menu(frozenset())
    match = request.resolver_match
    return navigation.menu(_roles(user), match.view_name if match else "")


def _roles(user: Any) -> frozenset[str]:
    """Roles of ``user``, as settings.PLASS_STANDING (a dotted name) tells them, and the kind of account."""
    path = getattr(settings, "PLASS_STANDING", "")
    standing: Callable[[Any], Any] | None = import_string(path) if path else None
    role_holder = standing(user) if standing else user
    roles = frozenset(getattr(role_holder, "roles", ()) or ())
    return roles | {str(getattr(user, "kind", ""))}
