"""Between the password and the login: the code from the phone, or setting one up where the account must have one.

Until then nobody is logged in; the session only says whose password was right, for ten minutes.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from plass.access.current_user import set_current_user
from plass.db import encryption
from plass.organisation.models import User

from .. import active_sessions, totp, ways_in
from ..active_sessions import PENDING, SECRET
from ..auth_backend import become
from ..forms import CodeForm, wait_words
from ..rate_limit import TooManyAttempts, address_of

LASTS = 10 * 60


def is_needed(user: User) -> bool:
    """Whether the password alone does not let ``user`` (who must be acting) in."""
    return settings.PLASS_SECOND_FACTOR or totp.of(user) is not None


def begin(request: HttpRequest, user: User, onward: str) -> HttpResponse:
    """The password was right: go on to the second step. The session is a new one from here on, also for whoever began to
    set up a phone on this browser before and left."""
    request.session.flush()
    request.session[PENDING] = {
        "user": user.pk,
        "generation": ways_in.held_generation(),
        "at": int(time.time()),
        "next": onward,
    }
    set_current_user(None)
    return HttpResponseRedirect(reverse("accounts:code"), status=303)


def _pending(request: HttpRequest) -> User | None:
    """Whose password was right, unless their ways in were ended since; they act from now on in this transaction."""
    pending = request.session.get(PENDING)
    if pending is not None and time.time() - pending["at"] <= LASTS:
        user = become(pending["user"])
        if user is not None and pending.get("generation") == ways_in.held_generation():
            return user
        set_current_user(None)
    request.session.pop(PENDING, None)
    request.session.pop(SECRET, None)
    return None


def _let_in(request: HttpRequest, user: User) -> str:
    onward = request.session[PENDING]["next"]
    active_sessions.log_in(request, user, active_sessions.LoginMethod())
    return str(onward)


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code from the phone, or a recovery code."""
    user = _pending(request)
    if user is None:
        return HttpResponseRedirect(reverse("accounts:login"))
    if totp.of(user) is None:
        return HttpResponseRedirect(reverse("accounts:first_code"))
    form = CodeForm(request.POST or None)
    wait = 0
    if request.method == "POST" and form.is_valid():
        try:
            if totp.check(user, form.cleaned_data["code"], where=address_of(request)):
                return HttpResponseRedirect(_let_in(request, user), status=303)
            form.add_error("code", _("This code is wrong, or was used before. Wait for the next one and type that."))
        except TooManyAttempts as closed:
            wait = closed.seconds
            form.add_error(None, wait_words(closed))
    set_current_user(None)
    response = render(
        request,
        "accounts/code.html",
        {"title": _("The code from your phone"), "form": form, "who": user.kind},
        status=429 if wait else 422 if form.is_bound else 200,
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def first_code(request: HttpRequest) -> HttpResponse:
    """Set up the second factor, which this account must have, and come in with its first code."""
    user = _pending(request)
    if user is None or totp.of(user) is not None:
        if request.method == "POST":
            # Pressed twice: the phone is set up, and this answer comes in place of the page with the recovery codes.
            messages.info(
                request,
                _(
                    "Is your phone set up now, but you saw no recovery codes? Log in, and make new ones under My account."
                ),
            )
        return HttpResponseRedirect(reverse("accounts:login" if user is None else "accounts:code"))
    secret = secret_of(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = totp.confirm(by=user, secret=secret, code=form.cleaned_data["code"])
        if codes is not None:
            onward = _let_in(request, user)
            return recovery_codes_page(request, codes, onward)
        form.add_error("code", wrong_first_code())
    set_current_user(None)
    if user.kind == User.Kind.EMPLOYER:
        lead = _(
            "What you read here was told to you in confidence. So your account opens with two things: your password and "
            "your phone."
        )
    else:
        lead = _("Your account opens with two things: your password and your phone.")
    return set_up_page(request, user, secret, form, lead=lead)


def secret_of(request: HttpRequest) -> str:
    """The secret being set up in this session, so that loading the page again shows the same picture."""
    if SECRET not in request.session:
        request.session[SECRET] = encryption.encrypt(totp.new_secret().encode()).decode()
    return encryption.decrypt(request.session[SECRET].encode()).decode()


def wrong_first_code() -> str:
    """What to say where the first code does not fit."""
    return _("This code does not fit. Look whether the phone's clock is right, wait for the next code and type that.")


def set_up_page(
    request: HttpRequest, user: User, secret: str, form: CodeForm, *, lead: str, cancel: str = ""
) -> HttpResponse:
    """The picture for the phone, the same in letters, and the field for the first code; and where whoever cancels goes."""
    return render(
        request,
        "accounts/set_up.html",
        {
            "title": _("Set up codes on your phone"),
            "lead": lead,
            "form": form,
            "picture": totp.picture(user, secret),
            "letters": totp.in_groups(secret),
            "cancel": cancel,
        },
        status=422 if form.is_bound else 200,
    )


def recovery_codes_page(request: HttpRequest, codes: list[str], onward: str) -> HttpResponse:
    """The recovery codes, this once."""
    return render(
        request,
        "accounts/recovery_codes.html",
        {"title": _("Keep these codes"), "codes": codes, "onward": onward},
    )
