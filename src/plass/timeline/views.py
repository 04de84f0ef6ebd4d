"""The pages of the timeline, and of correcting any fact: the form filled in with it, or the fact withdrawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access.rules import Level
from plass.cases.fact_register import fact_kinds
from plass.cases.facts import StaleFact, withdraw
from plass.cases.form_views import case_crumbs, case_or_home, form_view
from plass.cases.gate import Opened, open_case
from plass.cases.models import Fact
from plass.organisation.models import User

from . import queries
from .corrections import correct_by_form, fact_of, filled_form, late_answer, what_holds
from .forms import WithdrawForm


@require_safe
def timeline_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The timeline by itself; with htmx only what changes: the list under the filters, or what is earlier.

    ``slag`` narrows it, ``eldre`` says where it goes on, ``fakta`` (kind-number) shows one fact alone.
    """
    opened = open_case(request, case_id, purpose="timeline", alone=True)
    group = request.GET.get("slag", "")
    group = group if group in queries.groups() else ""
    only = _one_fact(request.GET.get("fakta", ""))
    before = queries.Cursor.read(request.GET.get("eldre", ""))
    shown = queries.page(
        opened.case, group=group, before=before, facts=[only] if only else None, level=opened.decision.level
    )
    asked_by_htmx = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    part = "timeline/months.html" if before else "timeline/timeline.html"
    template = part if asked_by_htmx else "timeline/page.html"
    name = opened.case.participant.name
    return render(
        request,
        template,
        {
            "title": _("Timeline for %(name)s") % {"name": name},
            "crumbs": case_crumbs(opened, _("Timeline")),
            "opened": opened,
            "case": opened.case,
            "only": only,
            "before": before,
            "continues": before.happened_on.replace(day=1) if before and asked_by_htmx else None,
            **queries.context(opened.case, group, shown),
        },
    )


def _one_fact(text: str) -> tuple[str, int] | None:
    kind, _sign, number = text.rpartition("-")
    return (kind, int(number)) if kind and number.isascii() and number.isdigit() and len(number) < 19 else None


def correct_page(request: HttpRequest, case_id: int, kind: str, fact_id: int) -> HttpResponse:
    """Correct a fact or withdraw it. Where somebody did that first, both versions are shown and what was typed stays."""
    opened = open_case(request, case_id, purpose="correction", needs=Level.RECORD)
    if kind not in fact_kinds():
        raise Http404
    fact = fact_of(opened.case, kind, fact_id)
    if fact is None:
        raise Http404
    if request.method != "POST" and not fact.stands:
        return _already(request, opened, fact)
    withdrawing = request.method == "POST" and "withdraw" in request.POST
    correction = filled_form(fact, None if withdrawing else request.POST or None)
    withdrawal = WithdrawForm(request.POST if withdrawing else None, auto_id="withdraw_%s")
    late: dict[str, Any] = {}

    def act(by: User, form: forms.Form) -> str:
        try:
            if withdrawing:
                withdraw(fact, by=by, reason=form.cleaned_data["correction_reason"])
            else:
                correct_by_form(opened.case, fact, by, correction)
        except StaleFact as stale:
            raise late_answer(opened.case, kind, stale, correction, late) from stale
        return case_or_home(opened)

    entry = queries.page(opened.case, facts=[(kind, fact_id)], size=1).entries[0]
    return form_view(
        request,
        opened,
        withdrawal if withdrawing else correction,
        act,
        template="timeline/correct.html",
        title=_("Correct what was recorded"),
        done=_("It is withdrawn. It stays in the timeline, crossed out.") if withdrawing else _("It is corrected."),
        crumbs=case_crumbs(opened, _("Correct")),
        correction=correction,
        withdrawal=withdrawal,
        entry=entry,
        late=late,
    )


def _already(request: HttpRequest, opened: Opened, fact: Fact) -> HttpResponse:
    """The fact was corrected or withdrawn: what happened, and where to go on."""
    now, correction = what_holds(opened.case, fact.kind, fact.pk)
    numbers = [(fact.kind, fact.pk)] + ([(now.kind, now.pk)] if now else [])
    return render(
        request,
        "timeline/corrected.html",
        {
            "title": _("This has been corrected") if now else _("This has been withdrawn"),
            "crumbs": case_crumbs(opened, _("Correct")),
            "opened": opened,
            "case": opened.case,
            "now": now,
            "correction": correction,
            "timeline": queries.page(opened.case, facts=numbers, size=2),
        },
    )
