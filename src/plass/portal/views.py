"""The participant's own pages: what happens next, everything that was recorded, and who looked at it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access.actors import standing
from plass.access.rules import told
from plass.caseload.models import Milestones
from plass.cases.gate import Opened, open_case
from plass.followup.models import PlanStep
from plass.followup.queries import open_steps
from plass.organisation.models import User

from . import queries
from .story import tell

PER_PAGE = 30

#: Where the person is on the way, said to them, and what comes next.
PHASES = {
    "referred": gettext_lazy("You are waiting for the first talk with a job specialist."),
    "engagement": gettext_lazy("You and your job specialist are getting to know each other."),
    "profiling": gettext_lazy("You are finding out together what you want and what suits you."),
    "job_development": gettext_lazy("You are looking for a workplace that suits you."),
    "in_work": gettext_lazy("You are in work, and the follow-up goes on as long as you need it."),
    "in_education": gettext_lazy("You are in education, and the follow-up goes on as long as you need it."),
    "ended": gettext_lazy("The follow-up has ended. If you want to go on, say so to your counsellor."),
}
#: By which right somebody looked.
RULES = {
    "specialist": gettext_lazy("your job specialist"),
    "counsellor": gettext_lazy("your counsellor"),
    "referred": gettext_lazy("referred you"),
    "team": gettext_lazy("works in the team that follows you, or leads it"),
}


def mine(request: HttpRequest) -> HttpResponse:
    """What happens next and who does what, my meetings, my job, who follows me."""
    found = _own_case(request, "my page")
    if found is None:
        return render(request, "portal/nothing.html", {"title": _("My follow-up")})
    opened, milestones = found
    case = opened.case
    steps = list(open_steps(case))
    coming = queries.meetings(case)
    context = _context(opened, title=_("Hello, %(name)s") % {"name": case.participant.given_name}) | {
        "phase": PHASES[milestones.phase],
        "milestones": milestones,
        "next_meeting": coming[0] if coming else None,
        "meetings": coming[1:],
        "my_steps": [step for step in steps if step.who == PlanStep.Who.PARTICIPANT],
        "their_steps": [step for step in steps if step.who != PlanStep.Who.PARTICIPANT],
        "jobs": queries.jobs(case),
        "wishes": queries.wishes(case),
        "collaborators": queries.collaborators(case),
    }
    return render(request, "portal/mine.html", context)


def record(request: HttpRequest) -> HttpResponse:
    """Everything that was recorded, the newest first, in plain words."""
    found = _own_case(request, "my record")
    if found is None:
        raise Http404
    opened, _milestones = found
    page = _number(request.GET.get("side", "1"))
    facts = queries.recorded(opened.case, first=(page - 1) * PER_PAGE, count=PER_PAGE)
    shown = facts[:PER_PAGE]
    told = tell(shown, queries.names(opened.case, shown), queries.withheld_contacts(opened.case))
    here = reverse("portal:record")
    context = _context(opened, title=_("Everything recorded about you")) | {
        "told": told,
        "newer": f"{here}?side={page - 1}" if page > 1 else "",
        "older": f"{here}?side={page + 1}" if len(facts) > PER_PAGE else "",
        "crumbs": [(_("My follow-up"), reverse("portal:mine")), (_("Everything recorded"), "")],
    }
    return render(request, "portal/record.html", context)


def looked(request: HttpRequest) -> HttpResponse:
    """Who has looked at the case, when, and by which right."""
    found = _own_case(request, "who looked")
    if found is None:
        raise Http404
    opened, _milestones = found
    looks = [
        (look, RULES.get(look.rule, told(look.rule))) for look in queries.looks(opened.case, but=opened.standing.user)
    ]
    context = _context(opened, title=_("Who has looked at your case")) | {
        "looks": looks,
        "crumbs": [(_("My follow-up"), reverse("portal:mine")), (_("Who has looked"), "")],
    }
    return render(request, "portal/looked.html", context)


def _own_case(request: HttpRequest, purpose: str) -> tuple[Opened, Milestones] | None:
    """The participant's case that goes on, or else their newest; None where there is none. Others have no such page."""
    who = standing(request.user)
    if who is None or who.user.kind != User.Kind.PARTICIPANT:
        raise Http404
    if who.participant is None:
        return None
    cases = queries.own_cases(who.participant)
    return (open_case(request, cases[0].pk, purpose=purpose, own=True), cases[0]) if cases else None


def _context(opened: Opened, *, title: str) -> dict[str, object]:
    person = opened.case.participant
    # For the page's frame only: a participant's name stands with the participant, not with the account.
    opened.standing.user.given_name, opened.standing.user.family_name = person.given_name, person.family_name
    return {"title": title, "case": opened.case, "participant": person}


def _number(text: str) -> int:
    """The page asked for; the first where that is no number of a page."""
    return min(int(text), 10_000) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1
