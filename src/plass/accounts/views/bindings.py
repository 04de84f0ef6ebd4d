"""Binding one's own account to a login at a login service, and ending that, under My account (``bindings``)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from plass.access import idempotency
from plass.access.forms import IdempotentForm

from .. import active_sessions, bindings
from ..active_sessions import AGREED
from ..providers import PERSON
from .account import agree_first, crumbs, has_agreed, me
from .oidc import off_to


@sensitive_post_parameters("code", "old")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Bind my account: first a password that nobody else has read, then a code from the phone, or the password; then off to
    the login service."""
    user = me(request)
    provider = settings.PLASS_PROVIDERS.get(PERSON)
    if provider is None or not bindings.are_for(user, provider):
        raise Http404
    if bindings.has_password_of_others(user):
        messages.info(request, _("Choose a password of your own first."))
        return HttpResponseRedirect(reverse("accounts:password"), status=303)
    if not has_agreed(request):
        return agree_first(request, user, _("Log in with %(service)s") % {"service": provider.title})
    del request.session[AGREED]
    return off_to(request, provider, bind=user)


@sensitive_post_parameters("code", "old")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a login at a login service from my account, and log me out everywhere else: whoever has it may be logged in."""
    user = me(request)
    if not bindings.are_for(user, settings.PLASS_PROVIDERS.get(PERSON)):
        raise Http404
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=user)):
        return HttpResponseRedirect(earlier, status=303)
    binding = next((one for one in bindings.of(user) if one.pk == pk), None)
    if binding is None:
        raise Http404
    title = _("Remove the login with %(service)s") % {"service": binding.service}
    if not has_agreed(request):
        return agree_first(request, user, title)
    form = IdempotentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            bindings.end(binding)
            active_sessions.end_all(user, but_for=request.session.session_key)
            request.session.pop(AGREED, None)
            messages.success(request, _("The login is removed. You are logged out everywhere else."))
            return reverse("accounts:account")

        return HttpResponseRedirect(idempotency.run_once(form.cleaned_data["submission"], by=user, act=act), status=303)
    context = {"title": title, "crumbs": crumbs(title), "form": form}
    return render(request, "accounts/binding_remove.html", context, status=422 if form.is_bound else 200)
