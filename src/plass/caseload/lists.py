"""The participants somebody has a part in: whose, which, in what order; a page of them at a time from the database.

Every question names the teams or the person it is about, beside what row-level security asks, so that the database can
use the index by team or by specialist however many cases there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case as When
from django.db.models import F, Func, OrderBy, Q, QuerySet, Value
from django.db.models import When as If
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from plass.access import log
from plass.access.actors import Standing, standing
from plass.cases import identity
from plass.organisation.models import Role, User

from .models import Milestones, Phase

PER_PAGE = 50
#: Counted no further: nobody pages through more, and counting must not grow with the database.
COUNTED = 5_000
#: More digits in a row than this in a name are taken for an identity number, which has no place in an address.
DIGITS_IN_A_NAME = 5

WHOSE = {
    "mine": gettext_lazy("Those I follow"),
    "team": gettext_lazy("The team's"),
    "henvist": gettext_lazy("Those I referred"),
}
STATUS = {
    "": gettext_lazy("Followed now"),
    "venter": gettext_lazy("Waiting for the first talk"),
    "ledig": gettext_lazy("Nobody has taken"),
    "pause": gettext_lazy("Paused"),
    "avsluttet": gettext_lazy("Ended"),
    "alle": gettext_lazy("All"),
}
NOT_MET = (14, 30, 60, 90)
ORDER: dict[str, tuple[str, ...]] = {
    "navn": ("participant__sort_name",),
    "fase": ("phase_order", "participant__sort_name"),
    "jobbspesialist": ("specialist__family_name", "specialist__given_name", "participant__sort_name"),
    "henvist": ("referred_on",),
    "mott": ("last_met_on",),
    "avtalt": ("next_contact_on",),
    "sluttet": ("ended_on",),
}
COLUMNS = (
    "case_id",
    "phase",
    "participant__given_name",
    "participant__family_name",
    "specialist_id",
    "specialist__given_name",
    "specialist__family_name",
    "case__shielded",
    "referred_on",
    "started_on",
    "waiting_days",
    "last_met_on",
    "next_contact_on",
    "paused_on",
    "pause_follow_up_on",
    "ended_on",
)
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
        return cls(
            whose=query["vis"] if query.get("vis") in offered else offered[0],
            name=" ".join(query.get("navn", "").replace("\0", "").split())[:100],
            phase=query["fase"] if query.get("fase") in Phase.values else "",
            status=query["status"] if query.get("status") in STATUS else "",
            specialist=int(specialist)
            if specialist.isascii() and specialist.isdigit() and len(specialist) < 16
            else None,
            not_met=int(not_met) if not_met in map(str, NOT_MET) else None,
            sort=sort if sort.removeprefix("-") in ORDER else "navn",
            offered=offered,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out beside whose they are."""
        return replace(self, sort="navn", status="") != Wanted(self.whose) or bool(self.status)

    def address(self, **changes: Any) -> str:
        """The query string that shows this, with ``changes``."""
        wanted = replace(self, **changes)
        query = QueryDict(mutable=True)
        for key, value in (
            ("vis", wanted.whose),
            ("navn", wanted.name),
            ("fase", wanted.phase),
            ("status", wanted.status),
            ("jobbspesialist", wanted.specialist),
            ("ikke_mott", wanted.not_met),
            ("sort", wanted.sort if wanted.sort != "navn" else ""),
        ):
            if value:
                query[key] = str(value)
        return f"?{query.urlencode()}"


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


def participants(wanted: Wanted, who: Standing, today: date) -> QuerySet[Milestones]:
    """The cases that ``wanted`` describes, in its order (the number of the case decides between equals)."""
    found = Milestones.objects.filter(_whose(wanted.whose, who))
    is_open = Q(ended_on__isnull=True) | Q(ended_on__gt=today)
    match wanted.status:
        case "":
            found = found.filter(is_open)
        case "venter":
            found = found.filter(is_open, started_on__isnull=True)
        case "ledig":
            found = found.filter(is_open, specialist__isnull=True)
        case "pause":
            found = found.filter(is_open, paused_on__lte=today)
        case "avsluttet":
            found = found.filter(ended_on__lte=today)
    if wanted.phase:
        found = found.filter(phase=wanted.phase)
    if wanted.specialist is not None:
        found = found.filter(specialist_id=wanted.specialist)
    if wanted.not_met is not None:
        limit = today - timedelta(wanted.not_met)
        never = Q(last_met_on__isnull=True, referred_on__lt=limit)
        found = found.filter(never | Q(last_met_on__lt=limit))
    for part in wanted.name.split():
        # The same function that made the column, so that capitals and Norwegian letters are alike on both sides.
        term = Func(Value(part), Value(""), function="cases_sort_name")
        found = found.filter(participant__sort_name__contains=term)
    return found.order_by(*_order(wanted.sort))


def _whose(whose: str, who: Standing) -> Q:
    me = who.user.pk
    if whose == "mine":
        return Q(specialist_id=me)
    if whose == "team":
        return Q(team_id__in=sorted(who.teams))
    return Q(case__counsellor_id=me) | Q(case__referred_by_id=me)


def _order(sort: str) -> list[OrderBy | Any]:
    down = sort.startswith("-")
    order: list[OrderBy | Any] = []
    for name in ORDER[sort.removeprefix("-")]:
        column: Any = F(name)
        if name == "phase_order":
            # Phases in the order a case goes through them, not by their letters.
            column = When(*(If(phase=phase, then=Value(rank)) for rank, phase in enumerate(Phase.values)))
        # Nothing there yet is the earliest of all: never met comes before met long ago.
        order.append(column.desc(nulls_last=True) if down else column.asc(nulls_first=True))
    return [*order, F("case_id").asc()]


class Filters(forms.Form):
    """What a list can be narrowed by, as a form that shows what the address says."""

    status = forms.ChoiceField(label=gettext_lazy("Which"), choices=list(STATUS.items()))
    fase = forms.ChoiceField(label=gettext_lazy("Phase"), choices=[("", gettext_lazy("All phases")), *Phase.choices])
    ikke_mott = forms.ChoiceField(label=gettext_lazy("Not met for"))
    jobbspesialist = forms.ChoiceField(label=gettext_lazy("Job specialist"))
    vis = forms.CharField(widget=forms.HiddenInput)
    navn = forms.CharField(widget=forms.HiddenInput)
    sort = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, wanted: Wanted, people: list[User]) -> None:
        super().__init__(
            initial={
                "status": wanted.status,
                "fase": wanted.phase,
                "ikke_mott": wanted.not_met,
                "jobbspesialist": wanted.specialist,
                "vis": wanted.whose,
                "navn": wanted.name,
                "sort": wanted.sort,
            },
            auto_id="filter-%s",
            use_required_attribute=False,
        )
        limits = [(days, _("more than %(days)d days") % {"days": days}) for days in NOT_MET]
        self.fields["ikke_mott"].choices = [("", _("any time")), *limits]  # type: ignore[attr-defined]
        if people:
            names = [(one.pk, one.name) for one in people]
            self.fields["jobbspesialist"].choices = [("", _("everybody")), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["jobbspesialist"]


class Pages(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Django's pages, over rows as dicts, with a count that stops at ``COUNTED``."""

    @cached_property
    def count(self) -> int:
        """How many there are, at most COUNTED."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("case_id")[:COUNTED].count()


def specialists(who: Standing) -> list[User]:
    """Those who work as specialists today in the teams of ``who``, by name."""
    return list(
        User.objects.filter(
            Q(memberships__ended_on__isnull=True) | Q(memberships__ended_on__gte=timezone.localdate()),
            memberships__team_id__in=sorted(who.teams),
            memberships__role=Role.SPECIALIST,
            memberships__started_on__lte=timezone.localdate(),
        )
        .distinct()
        .order_by("given_name", "family_name")
    )


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
    today = timezone.localdate()
    pages = Pages(participants(wanted, who, today).values(*COLUMNS), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    log.listed(who, "list", len(page))
    context = {
        "title": _("Participants"),
        "page": page,
        "rows": [Line(row, today) for row in page],
        "wanted": wanted,
        "sort": wanted.sort,
        "more_than_counted": pages.count == COUNTED,
        "tabs": [(key, WHOSE[key], wanted.address(whose=key, specialist=None)) for key in wanted.offered],
        "filters": Filters(wanted, specialists(who) if wanted.whose == "team" else []),
        "export": {kind: reverse("caseload:export", args=[kind]) + wanted.address() for kind in ("xlsx", "csv")},
        "cleared": Wanted(wanted.whose).address(),
        "shielded": _("shielded"),
        "may_refer": who.has(Role.COUNSELLOR) or bool(who.teams),
    }
    return render(request, "caseload/list.html", context)


class Line:
    """A row as the page shows it: what the database said, and the words for it."""

    def __init__(self, row: Mapping[str, Any], today: date) -> None:
        self.row = row
        self.name = f"{row['participant__family_name']}, {row['participant__given_name']}"
        self.specialist = (
            f"{row['specialist__given_name']} {row['specialist__family_name']}" if row["specialist_id"] else ""
        )
        phase = Phase(row["phase"])
        self.phase, self.tone = phase.label, TONES[phase]
        self.paused = row["paused_on"] is not None and row["paused_on"] <= today and phase is not Phase.ENDED


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """A name leads to the list; an identity number (never in an address) to the case of the one who has it."""
    who = who_reads(request)
    text = " ".join(request.POST.get("q", "").replace("\0", "").split())[:100]
    wanted = Wanted.read({"vis": request.POST.get("vis", "")}, who)
    if not any(character.isdigit() for character in text):
        whose = "team" if "team" in wanted.offered and not request.POST.get("vis") else wanted.whose
        return HttpResponseRedirect(reverse("caseload:list") + wanted.address(name=text, whose=whose), status=303)
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
    return HttpResponseRedirect(reverse("caseload:case", args=[case_id]), status=303)


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
