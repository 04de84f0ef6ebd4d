"""What our script sends, and the browser therefore does not remember as a sent form.

A form that the browser sends itself and that is refused stays in its history as something to be sent again: the Back button
then asks "confirm form resubmission", because no page of ours is kept (plass.ui.security). ``static/ui/app.js`` sends such
forms instead and puts a refusal into the page. What it cannot do is follow a redirect without asking for the page twice, so
it is told the address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

ASKED: Final = "X-Plass-In-Place"
"""Sent with such a form: the address of a page that shows it, to come back to should it be necessary to log in first."""
GOES_TO: Final = "X-Plass-Goes-To"


def is_asked(request: HttpRequest | None) -> bool:
    """Whether the page that the form stands on is still there, and shows the answer itself."""
    return request is not None and ASKED in request.headers


class InPlace:
    """Middleware: a redirect in answer to our script becomes the address to go to, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_asked(request) and response.status_code in {301, 302, 303}:
            response.headers[GOES_TO] = response.headers["Location"]
            del response.headers["Location"]
            response.status_code = 204
            response.content = b""
        return response
