"""How an administrator's page that writes works: for administrators alone, show, check, act once, go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from plass.access import idempotency
from plass.access.user_roles import user_roles
from plass.organisation.models import Role, User


def administrator(request: HttpRequest) -> User:
    """Who asks, if they are an administrator today. Raises Http404 for everybody else."""
    who = user_roles(request.user)
    if who is None or not who.has(Role.ADMINISTRATOR):
        raise Http404
    return who.user


def form_view(
    request: HttpRequest,
    by: User,
    form: forms.Form,
    act: Callable[[], str],
    *,
    title: str,
    back: str,
    done: str,
    lead: str = "",
    submit: str = "",
    template: str = "administration/form.html",
    **context: Any,
) -> HttpResponse:
    """Show ``form``, or act on it once and go to the address that ``act()`` returns.

    A ValidationError from ``act`` is shown beside the fields it names, with everything typed still there (status 422).
    """
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=by)):
        return HttpResponseRedirect(earlier, status=303)
    if request.method == "POST" and form.is_valid():

        def once() -> str:
            goes_to = act()
            messages.success(request, done)
            return goes_to

        try:
            return HttpResponseRedirect(
                idempotency.run_once(form.cleaned_data["submission"], by=by, act=once), status=303
            )
        except ValidationError as error:
            _add_errors(form, error)
    shown = {"form": form, "title": title, "lead": lead, "submit": submit, "back": back, **context}
    return render(request, template, shown, status=422 if form.is_bound else 200)


def _add_errors(form: forms.Form, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        for message in errors:
            form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, message)
