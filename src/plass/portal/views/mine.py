"""The participant's own pages: what happens next, everything that was recorded, meetings, work, and who looked at it."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access.queries import emergencies_to_tell, let_in
from plass.access.rules import participant_text_of
from plass.cases import joining
from plass.jobs.queries import jobs_of
from plass.plan.models import PlanStep
from plass.plan.queries import open_steps
from plass.retention.queries import holds_of, notice_of
from plass.rights.models import CorrectionAnswer
from plass.rights.queries import accesses, beside
from plass.timeline import participant_queries
from plass.timeline.participant_texts import fact_texts

from .. import calendar, queries
from ..labels import PHASES, RULES
from .frame import context, own_case, own_case_or_none

PER_PAGE = 30
#: For so many days a new answer stands on the first page.
ANSWER_DAYS = 30
#: For how many days the participant is told that somebody else follows them.
FOLLOWER_DAYS = 14
#: How long the first page tells of an emergency; the page about who looked tells of it always.
EMERGENCY_DAYS = 30


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What happens next and who does what, my meetings, my job, who follows me."""
    own = own_case_or_none(request, "my page")
    if own is None:
        return render(request, "portal/nothing.html", {"title": _("My follow-up")})
    case = own.case
    ended = own.milestones.phase == "ended"
    steps = list(open_steps(case))
    coming = queries.meetings(case)
    lately = timezone.now() - timedelta(days=ANSWER_DAYS)
    return render(
        request,
        "portal/mine.html",
        context(own, title=_("Hello, %(name)s") % {"name": case.participant.given_name})
        | {
            "crumbs": None,
            "phase": PHASES[own.milestones.phase],
            "milestones": own.milestones,
            "ended": ended,
            "next_meeting": coming[0] if coming else None,
            "meetings": coming[1:],
            "my_steps": [step for step in steps if step.who == PlanStep.Who.PARTICIPANT],
            "their_steps": [step for step in steps if step.who != PlanStep.Who.PARTICIPANT],
            "jobs": queries.jobs(case),
            "wishes": queries.wishes(case),
            "collaborators": queries.collaborators(case),
            "answers": _new_answers(case.pk),
            "new_followers": []
            if ended
            else queries.new_followers(case, timezone.localdate() - timedelta(FOLLOWER_DAYS)),
            "changed_meetings": [
                entry
                for entry in queries.calendar_entries(case)
                if (entry.is_off or entry.was_at) and entry.changed_at > lately
            ],
            "emergencies": emergencies_to_tell([case.pk], since=timezone.now() - timedelta(days=EMERGENCY_DAYS)),
            "deletion": notice_of(case.participant_id),
            "kept": [hold for hold in holds_of(case.participant) if hold.ended_on is None],
        },
    )


def _new_answers(case_id: int) -> list[CorrectionAnswer]:
    since = timezone.now() - timedelta(days=ANSWER_DAYS)
    answers = CorrectionAnswer.objects.filter(case=case_id, answered_at__gte=since).select_related("request")
    return list(answers.order_by("-pk")[:3])


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """Everything that was recorded, the newest first, in plain words, with what I have said about it."""
    own = own_case(request, "my record")
    page = _number(request.GET.get("side", "1"))
    facts = participant_queries.recorded(own.case, first=(page - 1) * PER_PAGE, count=PER_PAGE)
    shown = facts[:PER_PAGE]
    corrected = participant_queries.corrected_elsewhere(own.case, shown)
    in_words = fact_texts(
        shown,
        participant_queries.names([*shown, *corrected], own.me.pk),
        participant_queries.withheld_contacts(own.case),
        beside(own.case, [(fact.kind, fact.fact_id) for fact in shown]),
        corrected,
    )
    address = f"{reverse('portal:record')}?lop={own.case.pk}"
    return render(
        request,
        "portal/record.html",
        context(own, title=_("Everything recorded about you"))
        | {
            "facts": in_words,
            "newer": f"{address}&side={page - 1}" if page > 1 else "",
            "older": f"{address}&side={page + 1}" if len(facts) > PER_PAGE else "",
        },
    )


@require_safe
def looked(request: HttpRequest) -> HttpResponse:
    """Who has looked at the case, when, and by which right."""
    own = own_case(request, "who looked")
    log_entries = [
        (look, RULES.get(look.rule, participant_text_of(look.rule))) for look in queries.looks(own.case, but=own.me)
    ]
    return render(
        request,
        "portal/looked.html",
        context(own, title=_("Who has looked at your case"))
        | {
            "looks": log_entries,
            "emergencies": emergencies_to_tell([own.case.pk]),
            "let_in": let_in(own.case.pk),
            "joined": joining.own(),
            "protections": queries.protections(own.case),
        },
    )


@require_safe
def meetings(request: HttpRequest) -> HttpResponse:
    """My meetings to come, each to be put into my own calendar."""
    own = own_case(request, "my meetings")
    return render(
        request,
        "portal/meetings.html",
        context(own, title=_("My meetings")) | {"meetings": queries.meetings(own.case)},
    )


@require_safe
def meeting_file(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """One meeting (``number``), or all of them (None), as iCalendar without sensitive words.

    What was moved or called off since is said as such, so that the calendar it was put into follows.
    """
    own = own_case(request, "my meetings")
    entries = [entry for entry in queries.calendar_entries(own.case) if number is None or number in entry.numbers]
    if not entries:
        raise Http404
    response = HttpResponse(calendar.calendar(entries), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_("Appointment").lower()}.ics"'
    return response


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """My job and my support: jobs and education with what was agreed, and what was learnt from those that ended."""
    own = own_case(request, "my job")
    jobs, learnt = jobs_of(own.case).rows(), queries.lessons(own.case)
    return render(
        request,
        "portal/work.html",
        context(own, title=_("My job and my support"))
        | {
            "jobs": [job for job in jobs if not job.is_over],
            "past": [(job, learnt.get(job.job_id)) for job in jobs if job.is_over],
            "education": [job for job in queries.jobs(own.case) if job.is_education],
            "steps": list(open_steps(own.case)),
            "collaborators": queries.collaborators(own.case),
            "accesses": list(accesses(own.case)),
        },
    )


def _number(text: str) -> int:
    """The page asked for; the first where that is no number of a page."""
    return min(int(text), 10_000) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1
