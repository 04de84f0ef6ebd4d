"""The case page. Two questions to the database beside the gate's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from plass.access.queries import open_until
from plass.cases import identity, login
from plass.cases.fact_register import menu_entries
from plass.cases.gate import Opened, open_case
from plass.cases.models import CaseEnded
from plass.cases.queries import ended_with_an_answer, was_answered
from plass.cases.views.assignment import may_hand_over, may_take
from plass.timeline import queries as timeline

from ..case_page import case_page_of, dialled


@require_safe
def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The page a specialist has open all day."""
    opened = open_case(request, case_id, purpose="case page", alone=True)
    case = opened.case
    page = case_page_of(case, timezone.localdate())
    answered = page.milestones.end_cause == CaseEnded.Cause.OTHER and ended_with_an_answer([case.pk])
    return render(
        request,
        "caseload/case.html",
        {
            "title": case.participant.name,
            "page": page,
            "end_cause": _("the referral was answered") if answered else page.milestones.get_end_cause_display(),
            "has_profile": page.profile is not None,
            "phone": dialled(case.participant.phone),
            "hides_address": case.participant.hides_address,
            "answered": answered,
            "followed": case.specialist_id is not None,
            "by_name": opened.may_decide,
            "record_menu": menu_entries(opened.decision.level),
            "may_take": may_take(opened),
            "may_reopen": page.has_ended and opened.may_decide and not was_answered(case),
            "open_until": open_until(case.pk, opened.standing.user) if opened.is_for_a_time else None,
            "may_hand_over": may_hand_over(opened),
            "ways": [way for way in page.ways if opened.may_decide or way.user_id == opened.standing.user.pk],
            **_about(opened),
            **timeline.context(case, "", timeline.page(case, level=opened.decision.level)),
        },
    )


def _about(opened: Opened) -> dict[str, Any]:
    return {"opened": opened, "case": opened.case, "participant": opened.case.participant}


@never_cache
@require_POST
def identity_number(request: HttpRequest, case_id: int) -> HttpResponse:
    """The national identity number, for whoever asks for it; the log says that they did."""
    opened = open_case(request, case_id, purpose="identity number")
    template = "caseload/case_identity.html" if "HX-Request" in request.headers else "caseload/case_identity_page.html"
    number = identity.shown(login.identity_number_of(opened.case.participant.pk))
    context = {"title": _("National identity number"), "number": number, **_about(opened)}
    return render(request, template, context)
