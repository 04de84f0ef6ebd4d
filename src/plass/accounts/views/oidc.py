"""Logging in and out at a provider: off to it, back from it, and its own word that somebody logged out there."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from plass.db import signed
from plass.organisation.models import User

from .. import active_sessions, approvals, oidc, oidc_accounts, ways_in
from ..next_url import next_url
from ..providers import PERSON, STAFF, Provider
from ..rate_limit import Guessed, address_of, count_failure, seconds_to_wait
from .login_page import login_page

log = logging.getLogger(__name__)
#: So long somebody has to log in at the provider, and so many windows may do it at once.
PATIENCE, WINDOWS = 15 * 60, 5
#: So much is kept of what a provider calls a person or a session.
LONGEST_NAME = 200


def provider_or_404(key: str) -> Provider:
    """The provider of this installation with that key."""
    provider: Provider | None = settings.PLASS_PROVIDERS.get(key)
    if provider is None:
        raise Http404
    return provider


@login_not_required
@require_safe
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Off to the provider. ``?som=arbeidsgiver``: as an employer's contact person rather than as a participant.

    ``?ny=1``: the provider is to ask who it is, also where it remembers.
    """
    return off_to(request, provider_or_404(key))


def off_to(request: HttpRequest, provider: Provider, *, bind: User | None = None) -> HttpResponse:
    """Off to the provider; to bind the account of ``bind``, who is logged in and has agreed, to what comes back."""
    key = provider.key
    try:
        pending, address = oidc.ask(
            provider,
            _answer_address(request, key),
            language=get_language() or "nb",
            within=int(approvals.PROOF_LASTS.total_seconds()) if request.GET.get("ny") else None,
        )
    except oidc.Away as away:
        return _away(request, provider, away)
    waiting = {
        state: stored for state, stored in request.session.get(active_sessions.WAITING, {}).items() if _lasts(stored)
    }
    for oldest in sorted(waiting, key=lambda state: waiting[state]["at"])[: len(waiting) - WINDOWS + 1]:
        del waiting[oldest]
    waiting[pending.state] = {
        "key": key,
        "nonce": pending.nonce,
        "verifier": pending.verifier,
        "at": int(time.time()),
        "next": next_url(request),
        "employer": request.GET.get("som") == "arbeidsgiver",
        "bind": {"user": bind.pk, "generation": ways_in.held_generation()} if bind is not None else None,
    }
    request.session[active_sessions.WAITING] = waiting
    return HttpResponseRedirect(address)


@login_not_required
@require_safe
def back(request: HttpRequest, key: str) -> HttpResponse:
    """Back from the provider: check everything, find the account, and let them in."""
    provider = provider_or_404(key)
    waiting = request.session.get(active_sessions.WAITING, {})
    stored = waiting.pop(request.GET.get("state", ""), None)
    request.session[active_sessions.WAITING] = waiting
    if stored is None or stored["key"] != key or not _lasts(stored):
        return login_page(
            request,
            says=_("This login was begun in another window, or too long ago. Start again from here."),
            status=400,
        )
    if error := request.GET.get("error"):
        if error in {"temporarily_unavailable", "server_error"}:
            return _away(request, provider, oidc.Away(error[:60]))
        return login_page(
            request, says=_("You did not finish logging in. Start again from here when you are ready."), status=400
        )
    pending = oidc.PendingLogin(request.GET["state"], stored["nonce"], stored["verifier"])
    try:
        claims = oidc.answer(
            provider,
            pending,
            request.GET.get("code", ""),
            _answer_address(request, key),
            issuer=request.GET.get("iss", ""),
        )
        if stored["bind"] is not None:
            return _bind(request, provider, claims, stored["bind"])
        user = _account(provider, claims, stored)
        if user is not None:
            active_sessions.log_in(request, user, _method(provider, claims))
    except oidc.Away as away:
        return _away(request, provider, away)
    except oidc.Refused as refused:
        log.warning("login through %s refused: %s", key, refused.reason)
        return login_page(request, says=_refusal_text(provider, refused), status=403)
    except oidc_accounts.WaitsForConfirmation as waits:
        log.warning("login through %s: a first login %s", key, "was refused" if waits.refused else "waits")
        return _first_login_waits(request, provider, refused=waits.refused)
    if user is None:
        log.warning("login through %s: no account", key)
        return _unknown(request, provider, employer=stored["employer"])
    return HttpResponseRedirect(stored["next"])


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def logged_out_there(request: HttpRequest, key: str) -> HttpResponse:
    """The provider says that somebody logged out there: by a signed notice (POST), or in a hidden frame (GET).

    The frame brings the provider's own name for its session, which nobody else knows; no cookie comes with it.
    """
    provider = provider_or_404(key)
    sid = request.GET.get("sid", "")[:LONGEST_NAME]
    subject, said = "", None
    if request.method == "POST":
        try:
            claims = oidc.logout_notice(provider, request.POST.get("logout_token", ""))
        except oidc.Away:
            return HttpResponse(status=503, headers={"Retry-After": "30"})
        except oidc.Refused as refused:
            log.warning("logout notice from %s refused: %s", key, refused.reason)
            return HttpResponse("invalid_request", status=400, content_type="text/plain")
        sid, subject = str(claims.get("sid", ""))[:LONGEST_NAME], str(claims.get("sub", ""))[:LONGEST_NAME]
        said = int(claims["iat"])
    elif request.GET.get("iss") != provider.issuer or not sid:
        return HttpResponse("invalid_request", status=400, content_type="text/plain")
    # A frame that ends nothing may be made up: so many from one address are not kept for a login on its way any more.
    address = address_of(request)
    keep = said is not None or not seconds_to_wait(address, Guessed.LOGOUT_FRAME)
    [(ended,)] = signed.call("accounts_end_logins_from", provider.issuer, sid, subject, said, keep)
    if said is None and not ended:
        count_failure(address, Guessed.LOGOUT_FRAME)
    return HttpResponse(status=200)


@login_not_required
@require_safe
def farewell(request: HttpRequest, key: str) -> HttpResponse:
    """Logged out of Plass; the browser goes on to log out at the provider, where it has a page for that.

    Not straight from the button: the content-security policy lets a form lead to our own pages alone. And without the
    token as a hint: ID-porten's holds the identity number, which never stands in an address.
    """
    provider = provider_or_404(key)
    try:
        endpoint = str(oidc.metadata(provider).get("end_session_endpoint") or "")
    except oidc.Away:
        endpoint = ""
    address = ""
    if endpoint:
        query = {
            "client_id": provider.client_id,
            "post_logout_redirect_uri": request.build_absolute_uri(reverse("accounts:login")),
        }
        address = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
    response = render(
        request,
        "accounts/farewell.html",
        {"title": _("You are logged out"), "address": address, "provider": provider},
    )
    if address:
        response.headers["Refresh"] = f"0; url={address}"
    return response


def _method(provider: Provider, claims: dict[str, Any]) -> active_sessions.LoginMethod:
    return active_sessions.LoginMethod(
        provider.key,
        provider.issuer,
        str(claims["sub"])[:LONGEST_NAME],
        str(claims.get("sid", ""))[:LONGEST_NAME],
        authenticated=int(claims["auth_time"]),
    )


def _account(provider: Provider, claims: dict[str, Any], stored: dict[str, Any]) -> User | None:
    if provider.key == STAFF:
        return oidc_accounts.staff_account(provider, claims)
    if stored["employer"]:
        return oidc_accounts.employer_account(provider, claims)
    return oidc_accounts.participant_account(provider, claims)


def _bind(request: HttpRequest, provider: Provider, claims: dict[str, Any], wanted: dict[str, int]) -> HttpResponse:
    """Bind the account that is still logged in, and nobody else's; not where its ways in were ended since it agreed."""
    if not isinstance(request.user, User) or request.user.pk != wanted["user"]:
        raise oidc.Refused("another login meanwhile")
    if ways_in.held_generation() != wanted["generation"]:
        raise oidc.Refused("ways in were ended meanwhile")
    oidc_accounts.bind(provider, claims, request.user)
    messages.success(request, _("From now on you log in with %(service)s.") % {"service": provider.title})
    return HttpResponseRedirect(reverse("accounts:account"))


def _lasts(stored: dict[str, Any]) -> bool:
    return bool(time.time() - stored["at"] < PATIENCE)


def _answer_address(request: HttpRequest, key: str) -> str:
    return request.build_absolute_uri(reverse("accounts:oidc_back", args=[key]))


def _away(request: HttpRequest, provider: Provider, away: oidc.Away) -> HttpResponse:
    log.warning("login service %s is away: %s", provider.key, away)
    says = _("%(service)s does not answer just now. Try again in a few minutes.") % {"service": provider.title}
    return login_page(request, says=says, status=503)


def _refusal_text(provider: Provider, refused: oidc.Refused) -> str:
    says = {
        "acr": _("You logged in with too weak a method. Start again, and choose a safer one, such as BankID."),
        "amr": _("You logged in without a second factor. Set one up at your organisation's login, and start again."),
        "auth_time": _("It is too long since you last showed who you are. Log out of %(service)s, and start again."),
        "logged out there meanwhile": _("You logged out of %(service)s while you were coming in here. Start again."),
        "bound to another account": _("Another account here opens with this login already. Log in with that one."),
        "somebody else has read the password": _(
            "Somebody who works here gave you the password that your account has. Choose one of your own first."
        ),
        "too many groups for the token": _(
            "You are a member of so many groups that %(service)s leaves them out. The administrator must let it send "
            "only the groups that Plass needs."
        ),
    }.get(refused.reason, _("The answer from %(service)s could not be trusted. Start again from here."))
    return says % {"service": provider.title}


def _unknown(request: HttpRequest, provider: Provider, *, employer: bool) -> HttpResponse:
    who = STAFF if provider.key == STAFF else "employer" if employer else PERSON
    return render(
        request,
        "accounts/unknown.html",
        {
            "title": _("We do not know you here"),
            "who": who,
            "provider": provider,
            "local": settings.PLASS_LOCAL_ACCOUNTS,
        },
        status=403,
    )


def _first_login_waits(request: HttpRequest, provider: Provider, *, refused: bool) -> HttpResponse:
    title = _("You are not let in") if refused else _("Your first login waits for confirmation")
    return render(
        request,
        "accounts/first_login.html",
        {"title": title, "refused": refused, "provider": provider},
        status=403,
    )
