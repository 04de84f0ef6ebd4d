"""The list of participants as a page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from plass.access import log
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import Role
from plass.ui.listing import page_number

from ..participant_query import (
    PARTICIPANTS,
    SCOPES,
    participants,
    say_addresses,
    scopes_for,
)


def who_reads(request: HttpRequest) -> UserRoles:
    """The standing of the one who asks, if they have a role with cases. Raises Http404 for others."""
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who


@require_safe
def participant_list(request: HttpRequest) -> HttpResponse:
    """The list, a page at a time."""
    who = who_reads(request)
    query = PARTICIPANTS.read(request.GET.dict(), who)
    shown = PARTICIPANTS.shown(query, participants(query), page_number(request.GET.get("page", "")))
    say_addresses(shown.rows)
    log.log_list(who, "list", len(shown.rows))
    context = {
        "title": shown.title,
        "list": shown,
        "tabs": [
            Tab(str(SCOPES[key]), query.address(vis=key, team=None, jobbspesialist=None), key == query["vis"])
            for key in scopes_for(who)
        ],
        "export": Export(*(resolve_url("caseload:export", kind) + query.address() for kind in ("xlsx", "csv"))),
        "may_refer": who.has(Role.COUNSELLOR) or bool(who.teams),
    }
    page = render(request, "caseload/list.html", context)
    # Our script asks as a filter is changed; the address says what is asked for and nothing that is empty.
    return push_url(page, resolve_url("caseload:list") + query.address()) if "HX-Request" in request.headers else page


@require_safe
def suggestions(request: HttpRequest, filter_key: str) -> HttpResponse:
    """What a filter of the list may be set to that holds what is typed in it so far."""
    query = PARTICIPANTS.read({"vis": "team"}, who_reads(request))
    offered = PARTICIPANTS.suggestions(filter_key, request.GET.get(filter_key, "").replace("\0", "").strip(), query)
    if offered is None:
        raise Http404
    return render(request, "ui/list_suggestions.html", {"offered": offered})


@dataclass(frozen=True)
class Tab:
    """One of the lists that somebody has."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Export:
    """Where the list is to be had as a file."""

    xlsx: str
    csv: str
