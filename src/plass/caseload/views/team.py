"""The team page."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.db.prepared import fetch_together
from plass.milestones.thresholds import FULL_CASELOAD

from ..team import (
    AT_A_TIME,
    SHOWN,
    WEEKS,
    Load,
    absences,
    by_week,
    caseloads,
    employers_met,
    not_met,
    teams_of,
    untaken,
    waiting,
)


@require_safe
def team_page(request: HttpRequest) -> HttpResponse:
    """The team, for those who work in it or lead it."""
    who = user_roles(request.user)
    if who is None or not who.teams:
        raise Http404
    today = timezone.localdate()
    teams = teams_of(who)
    team = next((team for team in teams if str(team.pk) == request.GET.get("team")), teams[0])
    leads = team.pk in who.led_teams
    list_url = f"{resolve_url('caseload:list')}?vis=team" + (f"&team={team.pk}" if len(teams) > 1 else "")
    loads, count, late = caseloads(team, today), untaken(team, today), not_met(team, today)
    nobodys, waits = waiting(team, today, taken=False), waiting(team, today, taken=True)
    first = fetch_together(loads, count, nobodys, waits, late)
    page = Paginator(first.of(loads), AT_A_TIME).get_page(request.GET.get("page"))
    met = employers_met([load.user_id for load in page], today)
    away = absences([load.user_id for load in first.of(loads)], today)
    second = fetch_together(met, away)
    weeks = by_week(second.of(met))
    [nobody] = first.of(count)
    not_met_in_all = sum(load.not_met for load in first.of(loads))
    context = {
        "title": _("The team"),
        "team": team,
        "teams": teams if len(teams) > 1 else [],
        "leads": leads,
        "me": who.user.pk,
        "page": page,
        "loads": [Load(load, weeks.get(load.user_id, (0,) * WEEKS), list_url, leads) for load in page],
        "full": FULL_CASELOAD,
        "open_in_all": sum(load.open for load in first.of(loads)),
        "waiting_in_all": sum(load.waiting for load in first.of(loads)) + nobody.waiting,
        "not_met_in_all": not_met_in_all,
        "in_work_in_all": sum(load.in_work for load in first.of(loads)),
        "untaken": first.of(nobodys),
        "untaken_in_all": nobody.number,
        "waits": first.of(waits),
        "not_met": first.of(late),
        "not_met_more": not_met_in_all > SHOWN,
        "absences": second.of(away),
        "list_url": list_url,
    }
    return render(request, "caseload/team.html", context)
