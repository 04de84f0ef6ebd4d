"""The whole history of a case, as a page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from plass.cases.form_views import case_crumbs
from plass.cases.gate import open_case
from plass.ui.listing import Shown

from ..case_history import CHANGES, PER_PAGE, SHOWN, Place, rows, texts


@require_safe
def changes_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The history of a case: who recorded, corrected, withdrew and changed what, and when."""
    opened = open_case(request, case_id, purpose="changes", alone=True)
    shown = request.GET.get("vis", "")
    shown = shown if shown in SHOWN else ""
    before = Place.read(request.GET.get("eldre", ""))
    history = rows(opened.case, kinds=SHOWN[shown][1], before=before, most=PER_PAGE + 1)
    last = history[PER_PAGE - 1] if len(history) > PER_PAGE else None
    query = {"vis": shown} if shown else {}
    context = {
        "title": CHANGES.title,
        "crumbs": case_crumbs(opened, str(CHANGES.title)),
        "list": Shown(CHANGES.read({}), texts(opened.case, history[:PER_PAGE])),
        "timeline": reverse("timeline:timeline", args=[case_id]),
        "filters": [
            (label, f"?{urlencode({'vis': key})}" if key else request.path, key == shown)
            for key, (label, _kinds) in SHOWN.items()
        ],
        "newest": f"{request.path}?{urlencode(query)}" if before else "",
        "older": f"?{urlencode({**query, 'eldre': Place(last.at, last.what, last.number)})}" if last else "",
    }
    return render(request, "oversight/changes.html", context)
