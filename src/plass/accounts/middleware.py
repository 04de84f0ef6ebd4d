"""Every page is one transaction that knows who is acting, and none but the open ones is for strangers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from plass.access.current_user import refusals_outlast_the_transaction, set_current_user
from plass.db import locks
from plass.ui.return_url import return_url

from . import sessions
from .session_store import account_of

Handler = Callable[[HttpRequest], HttpResponse]


class ActingUser:
    """Opens the page's transaction and tells the database who is acting.

    A page waits for what another transaction holds no longer than ``PLASS_LOCK_SECONDS``, for each thing it needs.
    An answer of 500 and above undoes everything; a refusal (404) is kept, because the log has a line about it. Acts
    are atomic in themselves, so no refusal keeps half of one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/static/"):
            return self.get_response(request)
        with refusals_outlast_the_transaction(), transaction.atomic():
            locks.wait_at_most(settings.PLASS_LOCK_SECONDS)
            user_id = request.session.get(SESSION_KEY)
            if user_id and not (account_of(request.session) == int(user_id) and sessions.still_lasts(request.session)):
                request.session.flush()
                user_id = None
            set_current_user(int(user_id) if user_id else None)
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Only views marked with ``login_not_required`` are open to strangers."""

    def handle_no_permission(  # type: ignore[override]  # the stubs want a redirect; htmx wants a header
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """To the login page, and from there back to the page the request came from."""
        query = QueryDict(mutable=True)
        query[REDIRECT_FIELD_NAME] = return_url(request)
        login = f"{resolve_url(settings.LOGIN_URL)}?{query.urlencode(safe='/')}"
        if request.headers.get("HX-Request"):
            # htmx would put the login page into a corner of this one; let the browser go there.
            return HttpResponse(status=204, headers={"HX-Redirect": login})
        return HttpResponseRedirect(login, status=303 if request.method == "POST" else 302)
