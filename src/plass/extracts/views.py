"""Which data was taken out for studies: a page to read. Extracts are made on the command line, never here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.organisation.models import Role
from plass.ui.listing import Column, Listing

from .queries import FEW, extracts

#: Evaluators see their own, leaders and data protection officers those about their offices, administrators all of them
#: (``models.MINE``).
READERS = (Role.EVALUATOR, Role.LEADER, Role.DATA_PROTECTION, Role.ADMINISTRATOR)
WATCHES = (Role.DATA_PROTECTION, Role.ADMINISTRATOR)
EXTRACTS = Listing(
    name="extracts",
    title=_("Data taken out for studies"),
    per_page=25,
    columns=(
        Column(key="study", label=_("Study"), names_the_row=True),
        Column(key="at", label=_("When"), css="p-nowrap"),
        Column(key="who", label=_("Who")),
        Column(key="purpose", label=_("Purpose")),
        Column(key="months", label=_("Months"), css="p-nowrap"),
        Column(key="people", label=_("People"), is_number=True),
        Column(key="rows", label=_("Rows"), is_number=True),
    ),
)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Who took out what, when, for which study and why, and how much."""
    who = user_roles(request.user)
    if who is None or not any(who.has(role) for role in READERS):
        raise Http404
    leads = not any(who.has(role) for role in WATCHES)
    context = {
        "title": EXTRACTS.title,
        "list": EXTRACTS.page(EXTRACTS.read({}, who), extracts(), request.GET.get("page")),
        # Somebody's own numbers are theirs already.
        "hides_from": who.user.pk if leads else None,
        "hides": leads,
        "few": FEW,
        "makes": who.has(Role.EVALUATOR),
    }
    return render(request, "extracts/overview.html", context)
