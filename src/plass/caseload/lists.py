"""The participants somebody has a part in: whose, which, in what order; a page of them at a time from the database.

Every question names the teams or the person it is about, beside what row-level security asks, so that the database can
use the index by team or by specialist however many cases there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, push_url

from plass.access import log
from plass.access.actors import Standing, standing
from plass.cases import identity
from plass.config.asking import Question, ask, together
from plass.organisation.models import Role, Team
from plass.ui.addresses import address
from plass.ui.templatetags.plass import day, nearby, sort_next, sort_state

from .models import Milestones, Phase

PER_PAGE = 50
#: More digits in a row than this in a name are taken for an identity number, which has no place in an address.
DIGITS_IN_A_NAME = 5

WHOSE = {
    "mine": gettext_lazy("Those I follow"),
    "team": gettext_lazy("The team's"),
    "henvist": gettext_lazy("Those I referred"),
}
STATUS = {
    "": gettext_lazy("Not ended"),
    "folges": gettext_lazy("Followed by somebody"),
    "venter": gettext_lazy("Waiting for the first talk"),
    "ledig": gettext_lazy("Nobody has taken"),
    "pause": gettext_lazy("Paused"),
    "avsluttet": gettext_lazy("Ended"),
    "alle": gettext_lazy("All"),
}
NOT_MET = (14, 30, 60, 90)
#: What a list can be sorted by, as SQL. Phases in the order a case goes through them, not by their letters.
ORDER: dict[str, tuple[str, ...]] = {
    "navn": ("p.sort_name",),
    "fase": (f"array_position('{{{','.join(Phase.values)}}}'::text[], m.phase)", "p.sort_name"),
    "jobbspesialist": ("cases_sort_name(s.family_name, s.given_name)", "p.sort_name"),
    "henvist": ("m.referred_on",),
    "mott": ("m.last_met_on",),
    "avtalt": ("m.next_contact_on",),
    "sluttet": ("m.ended_on",),
}
#: What a list is read from: milestones ``m``, case ``c``, participant ``p`` and specialist ``s``.
_FROM = """
    FROM milestones m JOIN cases_case c ON c.id = m.case_id JOIN cases_participant p ON p.id = m.participant_id
    LEFT JOIN organisation_user s ON s.id = m.specialist_id
"""


@dataclass(frozen=True)
class Row:
    """A case as a list knows it, and how many the list has in all."""

    case_id: int
    phase: str
    given_name: str
    family_name: str
    specialist: str
    shielded: bool
    referred_on: date | None
    waiting_days: int | None
    last_met_on: date | None
    next_contact_on: date | None
    paused_on: date | None
    ended_on: date | None
    all_of_them: int


#: The same as SQL, in the same order.
COLUMNS = {
    "case_id": "m.case_id",
    "phase": "m.phase",
    "given_name": "p.given_name",
    "family_name": "p.family_name",
    "specialist": "coalesce(s.given_name || ' ' || s.family_name, '')",
    "shielded": "c.shielded",
    "referred_on": "m.referred_on",
    "waiting_days": "m.waiting_days",
    "last_met_on": "m.last_met_on",
    "next_contact_on": "m.next_contact_on",
    "paused_on": "m.paused_on",
    "ended_on": "m.ended_on",
    "all_of_them": "count(*) OVER ()",
}
TONES = {
    Phase.REFERRED: "warning",
    Phase.ENGAGEMENT: "info",
    Phase.PROFILING: "info",
    Phase.JOB_DEVELOPMENT: "accent",
    Phase.IN_WORK: "success",
    Phase.IN_EDUCATION: "meta-purple",
    Phase.ENDED: "neutral",
}


@dataclass(frozen=True)
class Wanted:
    """What a list shows, as the address says it; whatever an address holds, this is something that can be shown."""

    whose: str
    name: str = ""
    phase: str = ""
    status: str = ""
    team: int | None = None
    specialist: int | None = None
    not_met: int | None = None
    sort: str = "navn"
    offered: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, query: Mapping[str, str], who: Standing) -> Wanted:
        """From an address. What is unknown, or not for ``who``, is left out."""
        offered = whose_for(who)
        sort = query.get("sort", "")
        specialist, not_met = query.get("jobbspesialist", ""), query.get("ikke_mott", "")
        whose = query["vis"] if query.get("vis") in offered else offered[0]
        teams = {str(number): number for number in who.teams} if whose == "team" else {}
        return cls(
            whose=whose,
            name=" ".join(query.get("navn", "").replace("\0", "").split())[:100],
            phase=query["fase"] if query.get("fase") in Phase.values else "",
            status=query["status"] if query.get("status") in STATUS else "",
            team=teams.get(query.get("team", "")),
            specialist=int(specialist)
            if specialist.isascii() and specialist.isdigit() and len(specialist) < 16
            else None,
            not_met=int(not_met) if not_met in map(str, NOT_MET) else None,
            sort=sort if sort.removeprefix("-") in ORDER else "navn",
            offered=offered,
        )

    @property
    def in_use(self) -> int:
        """How many of the filters narrow the list."""
        return sum(bool(one) for one in (self.status, self.phase, self.not_met, self.team, self.specialist))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out beside whose they are."""
        return replace(self, sort="navn", status="") != Wanted(self.whose) or bool(self.status)

    def address(self, **changes: Any) -> str:
        """The query string that shows this, with ``changes``."""
        values = {name: changes.get(name, getattr(self, name)) for name in _IN_THE_ADDRESS}
        if values["sort"] == "navn":
            values["sort"] = ""
        return "?" + urlencode([(_IN_THE_ADDRESS[name], value) for name, value in values.items() if value])


#: What of it stands in an address, and by what name.
_IN_THE_ADDRESS = {
    "whose": "vis",
    "name": "navn",
    "phase": "fase",
    "status": "status",
    "team": "team",
    "specialist": "jobbspesialist",
    "not_met": "ikke_mott",
    "sort": "sort",
}


def whose_for(who: Standing) -> tuple[str, ...]:
    """The lists somebody has, their own first. Raises Http404 for those who have none."""
    found = []
    if who.has(Role.SPECIALIST):
        found.append("mine")
    if who.teams:
        found.append("team")
    if who.teams or who.has(Role.COUNSELLOR):
        found.append("henvist")
    if not found:
        raise Http404
    return tuple(found)


@dataclass(frozen=True)
class Found:
    """The cases that somebody wants to see, in their order, as a question that has not been asked yet."""

    conditions: tuple[str, ...]
    order: str
    parameters: dict[str, Any]

    def question(self, columns: Mapping[str, str], more: str = "") -> str:
        """The question for ``columns`` (name and SQL), with ``more`` after the order."""
        chosen = ", ".join(f"{column} AS {name}" for name, column in columns.items())
        return f"SELECT {chosen} {_FROM} WHERE {' AND '.join(self.conditions)} ORDER BY {self.order} {more}"

    def rows(self, most: int, after: int = 0) -> Question[Row]:
        """The question for ``most`` rows ``after`` so many."""
        text = self.question(COLUMNS, "LIMIT %(most)s OFFSET %(after)s")
        return Question(Row, text, {**self.parameters, "most": most, "after": after})

    def count(self) -> int:
        """How many there are."""
        rows = ask(f"SELECT count(*) {_FROM} WHERE {' AND '.join(self.conditions)}", self.parameters)
        number: int = rows[0][0]
        return number

    def that(self, condition: str, **parameters: Any) -> Found:
        """Those of them that fit one more condition."""
        return replace(self, conditions=(*self.conditions, condition), parameters=self.parameters | parameters)


_IS_OPEN = "(m.ended_on IS NULL OR m.ended_on > %(today)s)"
_OF_STATUS = {
    "": (_IS_OPEN,),
    "folges": (_IS_OPEN, "m.specialist_id IS NOT NULL"),
    "venter": ("m.waiting_days IS NOT NULL",),
    "ledig": (_IS_OPEN, "m.specialist_id IS NULL"),
    "pause": (_IS_OPEN, "m.paused_on <= %(today)s"),
    "avsluttet": ("m.ended_on <= %(today)s",),
    "alle": (),
}
_OF_WHOM = {
    "mine": "m.specialist_id = %(me)s",
    "team": "m.team_id = ANY (%(teams)s::bigint[])",
    "henvist": "(c.counsellor_id = %(me)s OR c.referred_by_id = %(me)s)",
}


def participants(wanted: Wanted, who: Standing, today: date) -> Found:
    """The cases that ``wanted`` describes, in its order (the number of the case decides between equals)."""
    parameters = {"me": who.user.pk, "teams": sorted(who.teams), "today": today}
    found = Found((_OF_WHOM[wanted.whose], *_OF_STATUS[wanted.status]), _order(wanted.sort), parameters)
    if wanted.phase:
        found = found.that("m.phase = %(phase)s", phase=wanted.phase)
    if wanted.team is not None:
        found = found.that("m.team_id = %(team)s", team=wanted.team)
    if wanted.specialist is not None:
        found = found.that("m.specialist_id = %(specialist)s", specialist=wanted.specialist)
    if wanted.not_met is not None:
        found = found.that(
            "(m.last_met_on < %(limit)s OR (m.last_met_on IS NULL AND m.referred_on < %(limit)s))",
            limit=today - timedelta(wanted.not_met),
        )
    for number, part in enumerate(wanted.name.split()):
        # The same function that made the column, so that capitals and Norwegian letters are alike on both sides.
        found = found.that(
            f"strpos(p.sort_name, (SELECT cases_sort_name(%(part{number})s, ''))) > 0", **{f"part{number}": part}
        )
    return found


def _order(sort: str) -> str:
    # Nothing there yet is the earliest of all: never met comes before met long ago.
    turned = "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS FIRST"
    columns = ORDER[sort.removeprefix("-")]
    return ", ".join([*(f"{column} {turned}" for column in columns), "m.case_id"])


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


@dataclass(frozen=True)
class Specialist:
    """Somebody whose participants the team's list can be narrowed to."""

    number: int
    name: str


def specialists(who: Standing) -> Question[Specialist]:
    """Those who work as specialists today in the teams of ``who``, by name."""
    return Question(
        Specialist,
        """
        SELECT u.id, btrim(u.given_name || ' ' || u.family_name) FROM organisation_user u
        WHERE EXISTS (SELECT FROM organisation_membership m WHERE m.user_id = u.id AND m.role = 'specialist'
                      AND m.team_id = ANY (%(teams)s::bigint[]) AND m.started_on <= %(today)s
                      AND (m.ended_on IS NULL OR m.ended_on >= %(today)s))
        ORDER BY cases_sort_name(u.family_name, u.given_name), u.id
        """,
        {"teams": sorted(who.teams), "today": timezone.localdate()},
    )


def teams(who: Standing) -> list[tuple[int, str]]:
    """The teams of ``who``: number, and name with that of the office, since two offices may each have a team 1."""
    found = Team.objects.filter(pk__in=sorted(who.teams)).order_by("office__name", "name", "pk")
    return [(pk, f"{name}, {office}") for pk, name, office in found.values_list("pk", "name", "office__name")]


def who_reads(request: HttpRequest) -> Standing:
    """The standing of the one who asks, if they have a role with cases. Raises Http404 for others."""
    who = standing(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who


@require_GET
def participant_list(request: HttpRequest) -> HttpResponse:
    """The list, a page at a time."""
    who = who_reads(request)
    wanted = Wanted.read(request.GET.dict(), who)
    if sum(character.isdigit() for character in wanted.name) > DIGITS_IN_A_NAME:
        messages.warning(request, _("Search for a number in the search field; it must not stand in an address."))
        return HttpResponseRedirect(reverse("caseload:list") + wanted.address(name=""), status=303)
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
        url = reverse("caseload:list") + wanted.address()
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
    url = reverse("caseload:case", args=[case_id])
    return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else HttpResponseRedirect(url, status=303)


def by_number(text: str) -> int | None:
    """The case of the participant with this identity number, the open or newest one, if the acting user sees it.

    Raises ValidationError where it cannot be a number.
    """
    number = identity.parse(text)
    return (
        Milestones.objects.filter(participant__identity_hash=identity.find_by(number))
        .order_by(F("ended_on").desc(nulls_first=True), "-case_id")
        .values_list("case_id", flat=True)
        .first()
    )


def _not_found(request: HttpRequest, text: str, why: str) -> HttpResponse:
    context = {"title": _("Search"), "text": text, "why": why, "vis": request.POST.get("vis", "")}
    return render(request, "caseload/list_search.html", context, status=422)
