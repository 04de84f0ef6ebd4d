"""Aksel's icons, drawn into the page by the server: no extra requests, and they take the colour of the text."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


@cache
def _drawings() -> dict[str, str]:
    source = files("plass.ui") / "static/ui/dist/icons.json"
    try:
        drawings: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ImproperlyConfigured(
            "The browser's files are not built. Run `uv sync`, or `python hatch_build.py --browser`."
        ) from missing
    return drawings


@cache
def icon(name: str, title: str = "") -> SafeString:
    """Return the icon as inline SVG, as large as the text around it.

    ``name`` is Aksel's own ("Calendar", "HandshakeFill"). Without ``title`` it is decoration and hidden from screen
    readers; with it, it is an image of that name. Raises LookupError for a name Aksel does not have.
    """
    drawing = _drawings().get(name)
    if drawing is None:
        raise LookupError(f"Aksel has no icon named {name!r}. The names are listed on the gallery page (/ui/).")
    label = format_html('role="img" aria-label="{}"', title) if title else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="p-icon" viewBox="0 0 24 24" width="1em" height="1em" fill="none" focusable="false" {}>{}</svg>',
        label,
        mark_safe(drawing),
    )


def names() -> list[str]:
    """Every icon's name, in order."""
    return list(_drawings())
