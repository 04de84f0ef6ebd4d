"""Error pages, the choice of language, and the gallery of components."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from plass.db import locks, outage

from . import gallery as examples
from . import in_place
from .return_url import return_url

log = logging.getLogger(__name__)
language = login_not_required(require_POST(set_language))


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component on one page, for those who build pages and for the tests. Only where PLASS_GALLERY is set.

    ``?status=503`` shows that error page; the form can be sent, and the small one is answered by a fragment.
    """
    if not getattr(settings, "PLASS_GALLERY", False):
        raise Http404
    status = request.GET.get("status", "")
    if status in examples.STATUSES:
        return error_page(request, int(status))
    if request.method != "POST":
        return render(request, "ui/gallery.html", examples.context(request))
    if request.headers.get("HX-Request"):
        text = request.POST.get("said", "")
        return render(request, "ui/gallery_answer.html", {"said": text}, status=200 if text else 422)
    context = examples.context(request)
    if context["form"].is_valid():
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("ui:gallery"), status=303)
    return render(request, "ui/gallery.html", context, status=422)


def error_page(
    request: HttpRequest | None,
    status: int,
    *,
    explanation: str = "",
    headers: dict[str, str] | None = None,
    link: tuple[str, str] | None = None,
    title: str = "",
) -> HttpResponse:
    """Return a page of ours for an error ``status``; ``explanation`` replaces the usual words about what to do,
    ``title`` the heading.

    ``link`` (text, address) is one more way on.

    It asks the database nothing and needs no session, so that it can be shown when those are what failed.
    """
    usual, what_to_do = _words(status, in_place=in_place.is_asked(request))
    title = title or usual
    context: dict[str, Any] = {"status": status, "title": title, "what_to_do": explanation or what_to_do, "link": link}
    return HttpResponse(render_to_string("ui/error.html", context), status=status, headers=headers)


def _words(status: int, *, in_place: bool = False) -> tuple[str, str]:
    """What happened and what to do, for people who do not know what a status is.

    ``in_place``: said on the page that was sent from, so there is no way back to go.
    """
    reassurance = _input_is_kept(in_place=in_place)
    words = {
        400: (
            _("The request could not be understood"),
            _("Go back, load the page again and try once more.") + " " + reassurance,
        ),
        403: (_("You may not do this"), _("If you think you should, ask your team leader or the administrator.")),
        404: (
            _("This page is not here"),
            _("It may have been moved, or you may not have access to it. Check the address, or start from the front."),
        ),
        405: (_("This cannot be done from here"), _("Go back to the page you came from and use its button.")),
        413: (_("That was too much at once"), _("The file or the text is too large. Split it, or make it smaller.")),
        429: (_("Too many attempts"), _("Wait a little, and try again.") + " " + reassurance),
        500: (
            _("Something went wrong in the program"),
            _("Nothing was saved by this attempt. Try again; if it goes on, tell whoever runs Plass.")
            + " "
            + reassurance,
        ),
        503: (_("Plass is being looked after"), _("Try again in a few minutes.") + " " + reassurance),
    }
    if in_place and status == 404:
        return (
            _("This could not be recorded"),
            _("You no longer have access to this, or it is not here any more. Nothing was saved.") + " " + reassurance,
        )
    if status in words:
        return words[status]
    return HTTPStatus(status).phrase, _("Go back and try again.")


def _input_is_kept(*, in_place: bool) -> str:
    if in_place:
        return _("What you typed is still here.")
    return _("What you typed is kept in this window: go back, and it is there.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400; also what is too large (Django reports that as a bad request)."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return error_page(request, 413 if too_much else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return error_page(request, 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500; also for what is no error of ours: the database is away, somebody else was first, or no text was sent."""
    error = sys.exc_info()[1]
    if outage.is_away(error):
        return database_away(request, error)
    if locks.waited_in_vain(error):
        return somebody_else_first(request)
    if error is not None and outage.is_no_text(error):
        # Outside every view: ErrorPages answers for those.
        return outage.logged(error_page(request, 400))
    return error_page(request, 500)


def database_away(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The page that says that the database is away (503), and when to ask again."""
    outage.log_away(error)
    return _ask_again(
        request,
        title=_("Plass has no contact with its database"),
        explanation=_("It usually comes back by itself within seconds. Wait a little, and try again."),
    )


def somebody_else_first(request: HttpRequest) -> HttpResponse:
    """The page for whoever waited as long as a page may for what somebody else is changing (503), and when to ask again."""
    match = request.resolver_match
    log.warning("Waited in vain for what another transaction holds: %s", match.view_name if match else "")
    return _ask_again(
        request,
        title=_("Try again in a moment"),
        explanation=_("Somebody else is changing the same thing just now. Wait a little, and try again."),
    )


def _ask_again(request: HttpRequest, *, title: str, explanation: str) -> HttpResponse:
    page_stays, link = in_place.is_asked(request) or "HX-Request" in request.headers, None
    if request.method == "POST":
        # Every form has a number: what was recorded before the answer was lost is not recorded once more.
        explanation += (
            " " + _input_is_kept(in_place=page_stays) + " " + _("Send it again then. Nothing is recorded twice.")
        )
    elif not page_stays:
        link = (_("Try again"), request.get_full_path())
    headers = {"Retry-After": str(outage.RETRY_SECONDS)}
    page = error_page(request, 503, title=title, explanation=explanation, link=link, headers=headers)
    return outage.logged(page)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: usually a page left open since an earlier login, or cookies turned off."""
    return error_page(
        request,
        403,
        title=_("The form could not be sent"),
        explanation=_(
            "The page you sent from was too old, or your browser does not accept cookies. Nothing was saved. Log in "
            "again, and you are back on the same page. What you typed is kept in this window, and can be sent from there."
        ),
        link=(_("Log in"), f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': return_url(request)})}"),
    )


class ErrorPages:
    """Middleware: gives a page to answers that are only a status (405, 413, 429, 503 without contents)."""

    STATUSES = frozenset({405, 413, 429, 503})

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        if response.status_code not in self.STATUSES or response.streaming or response.content:
            return response
        kept_headers = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        return error_page(request, response.status_code, headers=kept_headers)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What was sent is no text, or its sender went away before all had come. Nothing is kept; Django logs a line."""
        if not (isinstance(exception, UnreadablePostError) or outage.is_no_text(exception)):
            return None
        if connection.in_atomic_block:
            transaction.set_rollback(True)
        return error_page(request, 400)
