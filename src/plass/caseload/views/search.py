"""The search for participants, from the field at the top of every page.

What is searched for never stands in an address: it is sent in a form, and kept with the login so that the way back from a
case leads to what was found. An identity number is not kept at all.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, push_url

from plass.access import log
from plass.access.user_roles import UserRoles

from ..participant_query import by_number
from ..search import phone_digits
from ..search import search as search_for
from .participants import who_reads

#: More digits than this among letters are taken for an identity number, which is not kept.
DIGITS_IN_A_NAME = 5
#: Where the login keeps what was searched for.
KEPT = "searched"
LONGEST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """A name or a phone number finds participants; an identity number leads to its case."""
    who = who_reads(request)
    if request.method != "POST":
        return _page(request, who, str(request.session.get(KEPT, "")))
    text = " ".join(request.POST.get("q", "").replace("\0", "").split())[:LONGEST]
    if is_an_identity_number(text):
        return _by_number(request, who, text)
    if request.session.get(KEPT, "") != text:
        request.session[KEPT] = text
    url = resolve_url("caseload:search")
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(url, status=303)
    # Our script puts the answer into the page at once instead of asking a second time.
    return push_url(_page(request, who, text), url)


def is_an_identity_number(text: str) -> bool:
    """Whether ``text`` is taken for one: so many digits, and no phone number."""
    digits = sum(character.isdigit() for character in text)
    return digits > 0 and not phone_digits(text) and (digits > DIGITS_IN_A_NAME or not any(map(str.isalpha, text)))


def _page(request: HttpRequest, who: UserRoles, text: str) -> HttpResponse:
    found = search_for(text)
    if text:
        log.log_list(who, "search", len(found.people))
    frame = "ui/main_only.html" if "HX-Request" in request.headers else "ui/base.html"
    context = {"title": _("Search"), "text": text, "found": found, "frame": frame}
    return render(request, "caseload/search.html", context)


def _by_number(request: HttpRequest, who: UserRoles, text: str) -> HttpResponse:
    try:
        case_id = by_number(text)
    except ValidationError as error:
        if error.code == "form":
            message = _("Write at least four digits of a phone number, or all eleven of a national identity number.")
            return _not_found(request, text, message)
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
    context = {"title": _("Search"), "text": text, "why": message, "frame": "ui/base.html"}
    return render(request, "caseload/search.html", context, status=422)
