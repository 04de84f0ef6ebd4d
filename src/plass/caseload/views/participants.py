"""The list of participants as a page, and the search that leads to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url

from plass.access import log
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import Role
from plass.ui.listing import Asked, page_number

from ..participant_query import (
    DIGITS_IN_A_NAME,
    PARTICIPANTS,
    SCOPES,
    by_number,
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
    query = PARTICIPANTS.read(request.GET.dict(), who_reads(request))
    if sum(character.isdigit() for character in query["navn"]) > DIGITS_IN_A_NAME:
        messages.warning(request, _("Search for a number in the search field; it must not stand in an address."))
        return HttpResponseRedirect(resolve_url("caseload:list") + query.address(navn=""), status=303)
    page = list_page(request, query, page_number(request.GET.get("page", "")))
    # Our script asks as a filter is changed; the address says what is asked for and nothing that is empty.
    return push_url(page, resolve_url("caseload:list") + query.address()) if request.htmx else page


@require_safe
def suggestions(request: HttpRequest, key: str) -> HttpResponse:
    """What a filter of the list may be set to that holds what is typed in it so far."""
    query = PARTICIPANTS.read({"vis": "team"}, who_reads(request))
    offered = PARTICIPANTS.suggestions(key, request.GET.get(key, "").replace("\0", "").strip(), query)
    if offered is None:
        raise Http404
    return render(request, "ui/list_suggestions.html", {"offered": offered})


def list_page(request: HttpRequest, query: Asked, number: int, *, main_only: bool = False) -> HttpResponse:
    """The page that shows what is query for; with ``main_only`` what stands within its frame."""
    who = query.who
    shown = PARTICIPANTS.shown(query, participants(query), number)
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
        "frame": "ui/main_only.html" if main_only else "ui/base.html",
    }
    return render(request, "caseload/list.html", context)


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


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """A name (it may hold a few digits) leads to the list; an identity number (never in an address) to its case."""
    who = who_reads(request)
    text = " ".join(request.POST.get("q", "").replace("\0", "").split())[:100]
    query = PARTICIPANTS.read({"vis": request.POST.get("vis", "")}, who)
    digits = sum(character.isdigit() for character in text)
    if not digits or (digits <= DIGITS_IN_A_NAME and any(character.isalpha() for character in text)):
        scope = "team" if "team" in scopes_for(who) and not request.POST.get("vis") else query["vis"]
        query = query.but(vis=scope, navn=text)
        url = resolve_url("caseload:list") + query.address()
        if "HX-Request" not in request.headers:
            return HttpResponseRedirect(url, status=303)
        # Our script puts the list into the page at once, under its own address, instead of asking a second time.
        return push_url(list_page(request, query, 1, main_only=True), url)
    try:
        case_id = by_number(text)
    except ValidationError as error:
        return _not_found(request, text, " ".join(error.messages))
    if case_id is None:
        log.log_list(who, "number", 0, allowed=False)
        return _not_found(
            request,
            text,
            _("Nobody you have a part in has this number. If they are to be followed, the counsellor refers them."),
        )
    url = resolve_url("caseload:case", case_id)
    return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else HttpResponseRedirect(url, status=303)


def _not_found(request: HttpRequest, text: str, message: str) -> HttpResponse:
    context = {"title": _("Search"), "text": text, "why": message, "vis": request.POST.get("vis", "")}
    return render(request, "caseload/list_search.html", context, status=422)
