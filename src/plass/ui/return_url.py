"""Where somebody comes back to after logging in or changing the language."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from . import in_place


def return_url(request: HttpRequest) -> str:
    """The address to come back to after logging in: the page that was asked for, or that a form was sent from.

    Where a form is sent to may be an address that shows nothing, and a part of a page (htmx) belongs to the page around it:
    our scripts say which page that is.
    """
    around = request.headers.get("HX-Current-URL", "") or request.headers.get(in_place.ASKED, "")
    if around and url_has_allowed_host_and_scheme(around, allowed_hosts={request.get_host()}):
        parts = urlsplit(around)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return request.get_full_path()
