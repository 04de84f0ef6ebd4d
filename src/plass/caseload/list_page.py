"""The list of participants as a page: its filters, its rows in words, and the search that leads to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url

from plass.access import log
from plass.access.actors import Standing, standing
from plass.config.asking import together
from plass.organisation.models import Role
from plass.ui.addresses import address
from plass.ui.templatetags.plass import day, nearby, sort_next, sort_state

from .lists import (
    DIGITS_IN_A_NAME,
    NOT_MET,
    PER_PAGE,
    STATUS,
    WHOSE,
    Row,
    Specialist,
    Wanted,
    by_number,
    participants,
    specialists,
    teams,
)
from .models import Phase

TONES = {
    Phase.REFERRED: "warning",
    Phase.ENGAGEMENT: "info",
    Phase.PROFILING: "info",
    Phase.JOB_DEVELOPMENT: "accent",
    Phase.IN_WORK: "success",
    Phase.IN_EDUCATION: "meta-purple",
    Phase.ENDED: "neutral",
}


class FilterForm(forms.Form):
    """What every list can be narrowed by, as a form that shows what the address says."""

    status = forms.ChoiceField(label=gettext_lazy("Which"), choices=list(STATUS.items()))
    fase = forms.ChoiceField(label=gettext_lazy("Phase"), choices=[("", gettext_lazy("All phases")), *Phase.choices])
    ikke_mott = forms.ChoiceField(label=gettext_lazy("Not met for"))

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(
            initial={
                "status": wanted.status,
                "fase": wanted.phase,
                "ikke_mott": wanted.not_met,
            },
            auto_id="filter-%s",
            use_required_attribute=False,
        )
        limits = [(days, _("more than %(days)d days") % {"days": days}) for days in NOT_MET]
        self.fields["ikke_mott"].choices = [("", _("any time")), *limits]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Filters:
    """The same for the page, which keeps what it looks like by ``key`` and makes the form where it is not kept yet."""

    wanted: Wanted

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What decides how they look."""
        return self.wanted.status, self.wanted.phase, self.wanted.not_met

    @property
    def form(self) -> FilterForm:
        """The form."""
        return FilterForm(self.wanted)


class Rows(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Django's pages over rows that come with their count: ``all_of_them`` is the number of all that were found."""

    def __init__(self, all_of_them: int) -> None:
        super().__init__([], PER_PAGE)
        self.count = all_of_them


def page_number(text: str) -> int:
    """The page that an address says; the first where it says none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def who_reads(request: HttpRequest) -> Standing:
    """The standing of the one who asks, if they have a role with cases. Raises Http404 for others."""
    who = standing(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who


@require_safe
def participant_list(request: HttpRequest) -> HttpResponse:
    """The list, a page at a time."""
    who = who_reads(request)
    wanted = Wanted.read(request.GET.dict(), who)
    if sum(character.isdigit() for character in wanted.name) > DIGITS_IN_A_NAME:
        messages.warning(request, _("Search for a number in the search field; it must not stand in an address."))
        return HttpResponseRedirect(address("caseload:list") + wanted.address(name=""), status=303)
    return list_page(request, who, wanted, page_number(request.GET.get("page", "")))


def what_it_shows(wanted: Wanted, who: Standing, today: date, number: int) -> tuple[list[Row], int, list[Specialist]]:
    """The rows of a page, how many there are in all, and the specialists to choose between: one question. A page too far
    is the last one."""
    found = participants(wanted, who, today)
    rows, offered = found.rows(PER_PAGE, (number - 1) * PER_PAGE), specialists(who)
    answers = together(rows, offered) if wanted.whose == "team" else together(rows)
    shown = answers.of(rows)
    if not shown and number > 1:
        in_all = found.count()
        shown = found.rows(PER_PAGE, (Rows(in_all).num_pages - 1) * PER_PAGE).rows()
    return shown, shown[0].all_of_them if shown else 0, answers.of(offered) if wanted.whose == "team" else []


def list_page(
    request: HttpRequest, who: Standing, wanted: Wanted, number: int, *, main_only: bool = False
) -> HttpResponse:
    """The page that shows what is wanted; with ``main_only`` what stands within its frame."""
    today = timezone.localdate()
    rows, in_all, offered = what_it_shows(wanted, who, today, number)
    page = Rows(in_all).get_page(number)
    log.listed(who, "list", len(rows))
    context = {
        "title": _("Participants"),
        "page": page,
        "rows": [Line(row, wanted, today) for row in rows],
        "wanted": wanted,
        "headings": headings(wanted),
        "tabs": [
            Tab(str(WHOSE[key]), wanted.address(whose=key, team=None, specialist=None), key == wanted.whose)
            for key in wanted.offered
        ],
        "filters": Filters(wanted),
        "specialists": [(one.number, one.name) for one in offered],
        "teams": teams(who) if wanted.whose == "team" and len(who.teams) > 1 else [],
        "export": Export(*(address("caseload:export", kind) + wanted.address() for kind in ("xlsx", "csv"))),
        "cleared": Wanted(wanted.whose).address(),
        "may_refer": who.has(Role.COUNSELLOR) or bool(who.teams),
        "main_only": main_only,
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


@dataclass(frozen=True)
class Heading:
    """The heading of a column that the list can be sorted by: how it is sorted now, and the address that turns it."""

    label: str
    state: str
    url: str


def headings(wanted: Wanted) -> list[Heading]:
    """Those of the columns that are shown, from left to right."""
    last = ("sluttet", _("Ended")) if wanted.status == "avsluttet" else ("avtalt", _("Next contact"))
    columns = [
        ("navn", _("Name")),
        ("fase", _("Phase")),
        *([] if wanted.whose == "mine" else [("jobbspesialist", _("Job specialist"))]),
        ("henvist", _("Referred")),
        ("mott", _("Last met")),
        last,
    ]
    return [
        Heading(label, sort_state(wanted.sort, key), wanted.address(sort=sort_next(wanted.sort, key)))
        for key, label in columns
    ]


class Line:
    """A row as the page shows it: what the database said, and the words for it."""

    def __init__(self, row: Row, wanted: Wanted, today: date) -> None:
        self.is_of_others = wanted.whose != "mine"
        self.is_of_the_ended = wanted.status == "avsluttet"
        self.url = address("caseload:case", row.case_id)
        self.name = f"{row.family_name}, {row.given_name}"
        self.is_shielded: bool = row.shielded
        self.specialist = self.has_specialist = row.specialist
        phase = Phase(row.phase)
        self.phase, self.tone = capfirst(phase.label), TONES[phase]
        self.is_paused = row.paused_on is not None and row.paused_on <= today and phase is not Phase.ENDED
        self.referred = day(row.referred_on)
        waits = row.waiting_days
        self.is_waiting = waits is not None
        self.waits = (
            "" if waits is None else ngettext("waits %(days)s day", "waits %(days)s days", waits) % {"days": waits}
        )
        self.met = self.has_met = nearby(row.last_met_on, today)
        self.ended = day(row.ended_on)
        self.next_contact = nearby(row.next_contact_on, today)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """A name (it may hold a few digits) leads to the list; an identity number (never in an address) to its case."""
    who = who_reads(request)
    text = " ".join(request.POST.get("q", "").replace("\0", "").split())[:100]
    wanted = Wanted.read({"vis": request.POST.get("vis", "")}, who)
    digits = sum(character.isdigit() for character in text)
    if not digits or (digits <= DIGITS_IN_A_NAME and any(character.isalpha() for character in text)):
        if "team" in wanted.offered and not request.POST.get("vis"):
            wanted = replace(wanted, whose="team")
        wanted = replace(wanted, name=text)
        url = address("caseload:list") + wanted.address()
        if "HX-Request" not in request.headers:
            return HttpResponseRedirect(url, status=303)
        # Our script puts the list into the page at once, under its own address, instead of asking a second time.
        return push_url(list_page(request, who, wanted, 1, main_only=True), url)
    try:
        case_id = by_number(text)
    except ValidationError as error:
        return _not_found(request, text, " ".join(error.messages))
    if case_id is None:
        log.listed(who, "number", 0, allowed=False)
        return _not_found(
            request,
            text,
            _("Nobody you have a part in has this number. If they are to be followed, the counsellor refers them."),
        )
    url = address("caseload:case", case_id)
    return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else HttpResponseRedirect(url, status=303)


def _not_found(request: HttpRequest, text: str, why: str) -> HttpResponse:
    context = {"title": _("Search"), "text": text, "why": why, "vis": request.POST.get("vis", "")}
    return render(request, "caseload/list_search.html", context, status=422)
