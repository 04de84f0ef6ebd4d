"""Logging in with a passkey, and adding and removing one under My account (``passkeys``)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.organisation.models import User

from .. import active_sessions, passkeys
from ..active_sessions import AGREED
from ..forms import PasskeyAnswerForm, PasskeyForm, wait_words
from ..models import Passkey
from ..next_url import next_url
from ..rate_limit import TooManyAttempts, address_of
from .account import agree_first, crumbs, has_agreed, me
from .login_page import login_page


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


@login_not_required
@require_POST
def question(request: HttpRequest) -> HttpResponse:
    """What the browser is to ask somebody's device, for a login."""
    if not passkeys.work_at(request):
        raise Http404
    return HttpResponse(passkeys.question_to_log_in(request.session), content_type="application/json")


@login_not_required
@sensitive_post_parameters("answer")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Log in the user whose device answered."""
    if not passkeys.work_at(request):
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(reverse("accounts:login"))
    form = PasskeyAnswerForm(request.POST)
    pending = passkeys.take_question(request.session, passkeys.LOGIN)
    if pending is None or not form.is_valid():
        return login_page(request, says=_("It took too long, or no device answered. Try once more."), status=422)
    try:
        opened = passkeys.log_in(
            form.cleaned_data["answer"], to=pending, origin=_origin(request), where=address_of(request)
        )
    except TooManyAttempts as closed:
        response = login_page(request, says=wait_words(closed), status=429)
        response.headers["Retry-After"] = str(closed.seconds)
        return response
    except passkeys.Copied:
        says = _(
            "This passkey seems to have been copied, and opens nothing any more. You are logged out everywhere. Log in with "
            "your password, and tell whoever runs Plass."
        )
        return login_page(request, says=says, status=422)
    if opened is None:
        says = _(
            "This passkey opens nothing here. Log in with your password; My account shows which passkeys you have."
        )
        return login_page(request, says=says, status=422)
    destination = next_url(request)
    active_sessions.log_in(request, opened.user, active_sessions.LoginMethod("passkey", key=opened.key))
    return HttpResponseRedirect(destination, status=303)


def _passkey_owner(request: HttpRequest) -> User:
    user = me(request)
    if not passkeys.are_for(user):
        raise Http404
    return user


@sensitive_post_parameters("code", "old", "answer")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new passkey: first a code from the phone (or the password, where there is no phone), then the device."""
    user = _passkey_owner(request)
    if not passkeys.work_at(request):
        raise Http404
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=user)):
        return HttpResponseRedirect(earlier, status=303)
    if not has_agreed(request):
        return agree_first(request, user, _("New passkey"))
    # Taken before a new question takes its place.
    pending = passkeys.take_question(request.session, passkeys.NEW) if request.method == "POST" else None
    form = PasskeyForm(request.POST or None, initial={"name": active_sessions.device(request)[:60]})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        # Used up also by each of those who send the form at the same moment: none of them keeps it in the session.
        agreed = request.session.pop(AGREED)

        def act() -> str:
            if pending is None or not chosen["answer"]:
                raise ValidationError(_("It took too long, or no device answered. Try once more."))
            passkeys.add(chosen["answer"], by=user, to=pending, origin=_origin(request), name=chosen["name"])
            messages.success(request, _("The passkey is added. From now on you can log in with it."))
            return reverse("accounts:account")

        try:
            return HttpResponseRedirect(idempotency.run_once(chosen["submission"], by=user, act=act), status=303)
        except ValidationError as error:
            request.session[AGREED] = agreed
            form.add_error(None, error)
    title = _("New passkey")
    context = {
        "title": title,
        "crumbs": crumbs(title),
        "form": form,
        "question": passkeys.question_to_add(request.session, user),
    }
    return render(request, "accounts/passkey.html", context, status=422 if form.is_bound else 200)


@sensitive_post_parameters("code", "old")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one of my passkeys, and log me out everywhere else: whoever has it may be logged in by it.

    First the code or password that adding one asks for. Not where there is neither: there it opens nothing.
    """
    user = me(request)
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=user)):
        return HttpResponseRedirect(earlier, status=303)
    key = get_object_or_404(Passkey, pk=pk, user=user)
    title = _("Remove the passkey “%(name)s”") % {"name": key.name}
    if passkeys.are_for(user) and not has_agreed(request):
        return agree_first(request, user, title)
    form = IdempotentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            passkeys.remove(key, by=user)
            active_sessions.end_all(user, but_for=request.session.session_key)
            request.session.pop(AGREED, None)
            messages.success(request, _("The passkey is removed. You are logged out everywhere else."))
            return reverse("accounts:account")

        return HttpResponseRedirect(idempotency.run_once(form.cleaned_data["submission"], by=user, act=act), status=303)
    context = {"title": title, "crumbs": crumbs(title), "form": form, "key": key}
    return render(request, "accounts/passkey_remove.html", context, status=422 if form.is_bound else 200)
