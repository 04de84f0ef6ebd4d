"""My account: where I am logged in, my password, my second factor, my passkeys; and a link that was made for me."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.organisation.models import User
from plass.ui.breadcrumbs import BreadcrumbsFrom

from .. import active_sessions, approvals, bindings, first_login, links, passkeys, totp, ways_in
from ..active_sessions import AGREED, SECRET
from ..auth_backend import set_password
from ..forms import ChoosePasswordForm, CodeForm, OwnPasswordForm, PasswordForm, wait_words
from ..providers import PERSON
from ..rate_limit import TooManyAttempts, address_of
from .approvals import request_lines
from .totp import recovery_codes_page, secret_of, set_up_page, wrong_first_code

#: Seconds for which the code or password that was given under My account is enough to add a way in, or to end a binding.
AGREED_FOR = 10 * 60
#: The way back from pages under My account.
crumbs = BreadcrumbsFrom(gettext_lazy("My account"), "accounts:account")


def me(request: HttpRequest) -> User:
    """Whoever is logged in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def has_password(user: User) -> bool:
    """Whether ``user`` may log in with a password of our own."""
    return settings.PLASS_LOCAL_ACCOUNTS and user.has_usable_password()


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """My account."""
    user = me(request)
    person = settings.PLASS_PROVIDERS.get(PERSON)
    return render(
        request,
        "accounts/account.html",
        {
            "title": _("My account"),
            "account": user,
            "logins": active_sessions.of(user, request.session.session_key),
            "told": ways_in.told(user),
            "has_password": has_password(user),
            "factor": totp.of(user),
            "codes_left": totp.codes_left(user),
            "passkeys": passkeys.of(user) if user.is_staff_member else [],
            "may_add_passkey": passkeys.are_for(user) and passkeys.work_at(request),
            "first_logins": list(first_login.of(user)[:5]) if user.kind == User.Kind.STAFF else [],
            "requests": request_lines(approvals.of(user)) if user.is_staff_member else [],
            "is_contact_person": user.kind == User.Kind.EMPLOYER,
            "bindings": bindings.of(user),
            "binding_history": bindings.history(user) if user.kind == User.Kind.EMPLOYER else [],
            "person": person if bindings.are_for(user, person) else None,
            "must_choose_password": bindings.has_password_of_others(user),
        },
    )


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Log out everywhere else."""
    ended = active_sessions.end_all(me(request), but_for=request.session.session_key)
    messages.success(
        request,
        ngettext("Logged out in %(count)d other place.", "Logged out in %(count)d other places.", ended)
        % {"count": ended},
    )
    return HttpResponseRedirect(reverse("accounts:account"), status=303)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Another password. Every other login of mine ends."""
    user = me(request)
    if not has_password(user):
        raise Http404
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_password(user, form.cleaned_data["new"])
        active_sessions.renew(request)
        active_sessions.end_all(user, but_for=request.session.session_key)
        messages.success(request, _("The password is changed. You are logged out everywhere else."))
        return HttpResponseRedirect(reverse("accounts:account"), status=303)
    return render(
        request,
        "accounts/password.html",
        {"title": _("Change password"), "form": form, "crumbs": crumbs(_("Change password"))},
        status=422 if form.is_bound else 200,
    )


@sensitive_post_parameters("code", "old")
@require_http_methods(["GET", "HEAD", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """Set up codes on a phone, or on another one: first a code from the old phone (or a recovery code), or the password."""
    user = me(request)
    if not has_password(user):
        raise Http404
    if not has_agreed(request):
        title = _("Codes on another phone") if totp.of(user) else _("Set up codes on your phone")
        return agree_first(request, user, title)
    form = CodeForm(request.POST or None)
    secret = secret_of(request)
    if request.method == "POST" and form.is_valid():
        codes = totp.confirm(by=user, secret=secret, code=form.cleaned_data["code"])
        if codes is not None:
            del request.session[SECRET], request.session[AGREED]
            active_sessions.end_all(user, but_for=request.session.session_key)
            return recovery_codes_page(request, codes, reverse("accounts:account"))
        form.add_error("code", wrong_first_code())
    lead = _("From then on your account opens with your password and your phone.")
    return set_up_page(request, user, secret, form, lead=lead, cancel=reverse("accounts:account"))


def has_agreed(request: HttpRequest) -> bool:
    """Whether whoever is logged in showed lately that it is them, has not used that up, and no way in was ended since."""
    agreed = request.session.get(AGREED)
    return agreed is not None and time.time() <= agreed["until"] and agreed["generation"] == ways_in.held_generation()


def agree_first(request: HttpRequest, user: User, title: str) -> HttpResponse:
    """Ask for a code from the phone, or for the password where there is no phone; then back to the same address.

    An open screen alone binds neither another phone nor a passkey nor a login of somebody else's to an account.
    """
    if totp.of(user) is not None:
        code = CodeForm(request.POST or None)
        if not agrees(user, code, request):
            return ask_for_code(request, code, title)
    else:
        form = OwnPasswordForm(user, request.POST or None)
        if request.method != "POST" or not form.is_valid():
            context = {"title": title, "crumbs": crumbs(title), "form": form}
            return render(request, "accounts/own_password.html", context, status=422 if form.is_bound else 200)
    # What was set up and not finished before is begun anew.
    request.session.pop(SECRET, None)
    request.session[AGREED] = {"until": int(time.time()) + AGREED_FOR, "generation": ways_in.held_generation()}
    return HttpResponseRedirect(request.path, status=303)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def new_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; the old ones hold no longer."""
    user = me(request)
    if totp.of(user) is None:
        raise Http404
    form = CodeForm(request.POST or None)
    if agrees(user, form, request):
        return recovery_codes_page(request, totp.renew_recovery_codes(by=user), reverse("accounts:account"))
    return ask_for_code(request, form, _("New recovery codes"))


def agrees(user: User, form: CodeForm, request: HttpRequest) -> bool:
    """Whether ``user`` has just sent the right code; what is wrong with it is said on ``form``."""
    if request.method != "POST" or not form.is_valid():
        return False
    ways_in.held_generation()
    try:
        if totp.check(user, form.cleaned_data["code"], where=address_of(request)):
            return True
        form.add_error("code", _("This code is wrong, or was used before. Wait for the next one and type that."))
    except TooManyAttempts as closed:
        form.add_error(None, wait_words(closed))
    return False


def ask_for_code(request: HttpRequest, form: CodeForm, title: str) -> HttpResponse:
    """The page that asks for a code from the phone, on the way to something else."""
    context = {"title": title, "form": form, "crumbs": crumbs(title), "who": me(request).kind}
    return render(request, "accounts/code.html", context, status=422 if form.is_bound else 200)


@login_not_required
@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A link that works once, to choose a password."""
    invited = links.opened(token)
    if invited is None:
        return render(request, "accounts/link_gone.html", {"title": _("This link works no longer")}, status=404)
    form = ChoosePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            links.choose_password(invited, form.cleaned_data["new"])
        except ValidationError as error:
            form.add_error("new", error)
        except LookupError:
            return render(request, "accounts/link_gone.html", {"title": _("This link works no longer")}, status=404)
        else:
            messages.success(request, _("The password is chosen. Log in with it."))
            return HttpResponseRedirect(reverse("accounts:login"), status=303)
    return render(
        request,
        "accounts/link_password.html",
        {"title": _("Choose a password"), "form": form, "username": invited.username},
        status=422 if form.is_bound else 200,
    )
