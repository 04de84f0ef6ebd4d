"""How we know: whatever the program computed about the participant, in one sentence, with the facts it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plass.cases.models import Case, Fact
from plass.followup.models import Contact
from plass.jobs.models import EducationEnded, EducationStarted, JobEnded, JobStarted
from plass.milestones.definitions import MILESTONES, MilestoneRow, lines
from plass.milestones.models import Milestones
from plass.rights.queries import beside
from plass.timeline import participant_queries
from plass.timeline.participant_texts import fact_texts

from .frame import context, own_case

Facts = list[QuerySet[Fact]]


def _milestone(name: str) -> Callable[[Case, Milestones], Facts]:
    def facts(case: Case, m: Milestones) -> Facts:
        day: date | None = m.first_job_on if name.startswith("retained") else getattr(m, name)
        return MILESTONES[name].facts(case, day) if day is not None else []

    return facts


def _standing(model: type[Fact], case: Case) -> QuerySet[Fact]:
    return model._default_manager.filter(case=case, superseded_at=None)


def _phase(case: Case, m: Milestones) -> Facts:
    if m.phase == "in_work":
        return [_standing(JobStarted, case), _standing(JobEnded, case)]
    if m.phase == "in_education":
        return [_standing(EducationStarted, case), _standing(EducationEnded, case)]
    if m.phase == "job_development":
        jobs = [_standing(JobStarted, case), _standing(JobEnded, case)]
        return [*_milestone("first_employer_contact_on")(case, m), *jobs]
    names = {
        "referred": "referred_on",
        "engagement": "started_on",
        "profiling": "first_profile_on",
        "ended": "ended_on",
    }
    return _milestone(names[m.phase])(case, m)


def _waiting(case: Case, m: Milestones) -> Facts:
    return [*_milestone("referred_on")(case, m), *_milestone("started_on")(case, m)]


def _next_contact(case: Case, m: Milestones) -> Facts:
    contacts = Contact.objects.filter(case=case, superseded_at=None, parties__contains=["participant"])
    newest = contacts.order_by("-happened_on", "-pk").values_list("pk", flat=True)[:1]
    return [Contact.objects.filter(pk__in=list(newest))]


@dataclass(frozen=True)
class Computed:
    """Something the program works out by itself: what it is called, how, and from which facts."""

    label: str | Promise
    meaning: str | Promise
    facts: Callable[[Case, Milestones], Facts]


COMPUTED: dict[str, Computed] = {
    "phase": Computed(
        gettext_lazy("Where I am on the way"),
        gettext_lazy(
            "In work or education: a job or an education goes on today. A job counts from the fourth hour you are paid for. "
            "Looking for a workplace: an employer has been contacted for you, or you have had a job or tried one out. "
            "Finding out what you want: there is a profile. "
            "Getting to know each other: you have had the first meeting. Nobody sets this by hand."
        ),
        _phase,
    ),
    "waiting": Computed(
        gettext_lazy("How long I have waited"),
        gettext_lazy("Days from the referral to the first meeting with your job specialist, or until today."),
        _waiting,
    ),
    "next_contact": Computed(
        gettext_lazy("When we are to be in touch again"),
        gettext_lazy("The day that was agreed in the last contact with you."),
        _next_contact,
    ),
} | {
    name: Computed(
        Milestones._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
        milestone.meaning,
        _milestone(name),
    )
    for name, milestone in MILESTONES.items()
}


@require_safe
def explanation(request: HttpRequest, name: str) -> HttpResponse:
    """One thing that was computed: how, and the facts it came from."""
    own = own_case(request, "how we know")
    computed = COMPUTED.get(name)
    if computed is None:
        raise Http404
    numbers = [(fact.kind, fact.pk) for facts in computed.facts(own.case, own.milestones) for fact in facts]
    facts = participant_queries.recorded_only(own.case, numbers) if numbers else []
    texts = fact_texts(
        facts,
        participant_queries.names(facts, own.me.pk),
        participant_queries.withheld_contacts(own.case),
        beside(own.case, numbers),
    )
    label = str(computed.label)
    title = label[:1].upper() + label[1:]
    trail = ((_("My way so far"), reverse("portal:way")),)
    more = {"meaning": computed.meaning, "facts": texts}
    return render(request, "portal/why.html", context(own, title=title, trail=trail) | more)


@dataclass(frozen=True)
class OwnLine:
    """A milestone as the participant reads it."""

    line: MilestoneRow
    url: str


@require_safe
def way(request: HttpRequest) -> HttpResponse:
    """Everything the program has worked out about me, each with the facts it came from."""
    own = own_case(request, "how we know")
    shown = []
    for line in lines(own.milestones, timezone.localdate()):
        name = line.url.rstrip("/").rsplit("/", 1)[-1] if line.url else ""
        shown.append(OwnLine(line, reverse("portal:why", args=[name]) if name in COMPUTED else ""))
    return render(request, "portal/way.html", context(own, title=_("My way so far")) | {"lines": shown})
