"""Min dag, as a page."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.cases import notices
from plass.organisation.models import Role

from ..today import OLD_CALL, OPEN_CALLS, WAITING, Day, my_day, section
from ..today_rows import Call, Untaken


@require_safe
def today_page(request: HttpRequest) -> HttpResponse:
    """Min dag, for specialists and supervisors."""
    who = user_roles(request.user)
    if who is None or not (who.has(Role.SPECIALIST) or who.has(Role.SUPERVISOR)):
        raise Http404
    day = my_day(who, timezone.localdate())
    expanded = request.GET.get("vis", "")
    fresh = [promise for promise in day.call_backs if promise.due_on >= day.today - timedelta(OLD_CALL)]
    calls = [*fresh, *(promise for promise in day.call_backs if promise not in fresh)]
    calls_open = len(calls) if expanded == "calls" else min(OPEN_CALLS, len(fresh))
    context = {
        "title": _("My day"),
        "day": day,
        "lead": _lead(day),
        "now": section("now", day.now, expanded),
        "soon": section("soon", day.soon, expanded),
        "later": section("later", day.later, expanded),
        "calls": [Call(promise, day.today) for promise in calls[:calls_open]],
        "more_calls": len(calls[calls_open:]),
        "waiting": [Untaken(referral, bool(who.led_teams)) for referral in day.waiting[:WAITING]],
        "waiting_more": len(day.waiting) > WAITING,
        "notices": notices.for_today(who, day.today),
    }
    return render(request, "caseload/today.html", context)


def _lead(day: Day) -> str:
    meetings = ngettext("%(number)d meeting today", "%(number)d meetings today", len(day.meetings))
    people = ngettext("%(number)d participant to see to now", "%(number)d participants to see to now", len(day.now))
    parts = [meetings % {"number": len(day.meetings)}, people % {"number": len(day.now)}]
    return " · ".join(parts)
