"""The leader's page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.cases import notices
from plass.organisation.models import Role

from .figures import chosen_year, columns, released, table, years
from .limits import SMALLEST, SMALLEST_MEDIAN
from .models import FigureRelease


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The leader's page: what the teams do and reach, without names."""
    who = user_roles(request.user)
    if who is None or not who.has(Role.LEADER):
        raise Http404
    today = timezone.localdate()
    year = chosen_year(request.GET.get("ar"), today)
    release = FigureRelease.objects.first()
    released_figures = released(release, year) if release else []
    lines = table(released_figures)
    context: dict[str, Any] = {
        "title": _("Figures"),
        # What a leader is to answer stands on the page they begin on, as on Min dag.
        "notices": notices.for_today(who, today),
        "year": year,
        "years": years(today),
        "release": release,
        "columns": columns(released_figures, year),
        "lines": lines,
        "hides": any(cell.hidden for line in lines for cell in line.cells),
        "smallest": SMALLEST,
        "smallest_median": SMALLEST_MEDIAN,
    }
    return render(request, "quality/figures.html", context)
