"""How a page that records something about an employer works: for staff, check, act once, go on.

The same as ``plass.cases.form_views``, where there is no case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plass.access import idempotency
from plass.access.user_roles import UserRoles, user_roles
from plass.cases.form_views import add_errors
from plass.organisation.models import User
from plass.ui.breadcrumbs import BreadcrumbsFrom

employer_crumbs = BreadcrumbsFrom(_("Employers"), "employers:list")


def staff(request: HttpRequest) -> UserRoles:
    """Who asks, if they work with participants today. Raises Http404 for everybody else."""
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who


def form_view(
    request: HttpRequest,
    who: UserRoles,
    form: forms.Form,
    act: Callable[[User, forms.Form], str],
    *,
    template: str,
    title: str | Promise,
    back: str,
    done: str | Promise | None = None,
    **context: Any,
) -> HttpResponse:
    """Show ``form``, or act on it once and go to the address that ``act(by, form)`` returns.

    A ValidationError from ``act`` is shown beside the fields it names, with everything typed still there (status 422).
    The template gets ``form``, ``title``, ``back`` and ``context``, as it is after the act.
    """
    by = who.user
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=by)):
        return HttpResponseRedirect(earlier, status=303)
    if request.method == "POST" and form.is_valid():

        def once() -> str:
            goes_to = act(by, form)
            messages.success(request, str(done or _("Recorded.")))
            return goes_to

        try:
            number = form.cleaned_data["submission"]
            return HttpResponseRedirect(idempotency.run_once(number, by=by, act=once), status=303)
        except ValidationError as error:
            add_errors(form, error)
    shown = {"form": form, "title": title, "back": back, **context}
    return render(request, template, shown, status=422 if form.is_bound else 200)
