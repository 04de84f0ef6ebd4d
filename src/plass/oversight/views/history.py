"""The page that tells who changed the organisation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.organisation.models import Role
from plass.ui.listing import Shown, page_number

from ..history import HISTORY, LAST_PAGE, PER_PAGE, lines, texts


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The newest first, a page at a time. At most eight questions, however long the history."""
    who = user_roles(request.user)
    if who is None or not (who.has(Role.ADMINISTRATOR) or who.led_teams):
        raise Http404
    number = min(page_number(request.GET.get("page", "")), LAST_PAGE)
    changes = lines((number - 1) * PER_PAGE, PER_PAGE + 1, with_employers=bool(who.led_teams))
    context = {
        "title": HISTORY.title,
        "list": Shown(HISTORY.read({}, who), texts(changes[:PER_PAGE])),
        "page": number,
        "previous": f"?page={number - 1}" if number > 1 else "",
        "next": f"?page={number + 1}" if len(changes) > PER_PAGE else "",
    }
    return render(request, "oversight/history.html", context)
