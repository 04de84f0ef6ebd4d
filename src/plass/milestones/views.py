"""The page of one milestone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from plass.cases.form_views import case_crumbs
from plass.cases.gate import open_case
from plass.timeline import queries as timeline

from .definitions import MILESTONES, label
from .models import Milestones


@require_safe
def milestone_page(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """How we know a milestone: what it means, and the facts it comes from."""
    opened = open_case(request, case_id, purpose="milestone", alone=True)
    milestone = MILESTONES.get(name)
    if milestone is None:
        raise Http404
    row = Milestones.objects.get(pk=case_id)
    day = row.first_job_on if name.startswith("retained") else getattr(row, name)
    numbers = [(fact.kind, fact.pk) for facts in milestone.facts(opened.case, day) for fact in facts] if day else []
    return render(
        request,
        "milestones/milestone.html",
        {
            "title": label(name),
            "crumbs": case_crumbs(opened, label(name)),
            "case": opened.case,
            "opened": opened,
            "meaning": milestone.meaning,
            "value": getattr(row, name),
            "timeline": timeline.page(
                opened.case, facts=numbers, size=max(len(numbers), 1), level=opened.decision.level
            )
            if numbers
            else None,
        },
    )
