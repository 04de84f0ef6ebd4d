"""Min dag: what the facts ask of a specialist today, for the people they follow and those they cover for.

A few bounded questions (one row a case that has not ended), the pure rules (``reminders``), and the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from plass.access.actors import Standing, standing
from plass.followup.models import Contact, Meeting, Party
from plass.followup.queries import call_backs_due, meetings_between, open_steps_for
from plass.jobs.queries import jobs_starting_or_ending
from plass.organisation.models import Absence, Role, User
from plass.rights.queries import news

from . import reminders as rules
from .models import Milestones, Phase
from .wording import Sentence, sentence

#: How far around today the page looks, in days. Bounds for the questions, not rules of the method (``thresholds``).
MEETINGS_BACK, MEETINGS_AHEAD = 60, 90
JOBS_BACK, JOBS_AHEAD = 365, 31
#: Lines that stand open; the rest of a section is folded.
OPEN_NOW, OPEN_SOON, OPEN_CALLS, WAITING = 8, 4, 3, 5
#: A promise to an employer that is older than this many days is folded away: it is hardly today's work.
OLD_CALL = 30


@dataclass(frozen=True)
class Person:
    """A case as a line of the page: who it is, why they stand here, and what to do about it."""

    case_id: int
    name: str
    phase: str
    covered_for: str
    sentences: tuple[Sentence, ...]

    @property
    def first(self) -> Sentence:
        """The most pressing, whose act gets the button."""
        return self.sentences[0]


@dataclass(frozen=True)
class Agreed:
    """A meeting in the calendar, and for whom it is held where that is not the reader."""

    meeting: Meeting
    name: str
    covered_for: str
    is_over: bool

    @property
    def day(self) -> date:
        """The day it is held."""
        return timezone.localtime(self.meeting.starts_at).date()

    @property
    def record_url(self) -> str:
        """Where to record that it was held."""
        meeting = self.meeting
        if meeting.case_id is None:
            return reverse("followup:employer_contact", args=[meeting.employer_id])
        return f"{reverse('followup:contact', args=[meeting.case_id])}?mote={meeting.pk}"


@dataclass(frozen=True)
class Day:
    """Everything the page shows."""

    today: date
    meetings: list[Agreed]
    week: list[Agreed]
    now: list[Person]
    soon: list[Person]
    later: list[Person]
    call_backs: list[Contact]
    waiting: list[Mapping[str, Any]]
    covers: list[str]
    follows: int

    @property
    def is_empty(self) -> bool:
        """Whether somebody is new here: nobody to follow, nothing agreed."""
        return not (self.follows or self.meetings or self.week or self.call_backs or self.covers)


def covered_by(user: User, today: date) -> dict[int, str]:
    """Those whom ``user`` covers for today: user number and name."""
    absences = Absence.objects.filter(covered_by=user, starts_on__lte=today, ends_on__gte=today)
    return {absence.user_id: absence.user.name for absence in absences.select_related("user")}


def _open_cases(user_ids: Collection[int], today: date) -> list[Mapping[str, Any]]:
    """A row for each case that has not ended and that one of ``user_ids`` follows, by the index of specialists."""
    return list(
        Milestones.objects.filter(
            Q(ended_on__isnull=True) | Q(ended_on__gt=today), specialist_id__in=sorted(user_ids)
        ).values(
            "case_id",
            "specialist_id",
            "phase",
            "referred_on",
            "taken_on",
            "started_on",
            "last_met_on",
            "last_contact_on",
            "next_contact_on",
            "first_profile_on",
            "employer_contact",
            "first_employer_contact_on",
            "first_job_on",
            "in_work",
            "paused_on",
            "pause_follow_up_on",
            "ended_on",
            "participant__given_name",
            "participant__family_name",
        )
    )


def _untaken(who: Standing, today: date) -> list[Mapping[str, Any]]:
    """Referrals to the teams of ``who`` that nobody has taken, the longest waiting first (one more than is shown)."""
    if not who.teams:
        return []
    return list(
        Milestones.objects.filter(
            Q(ended_on__isnull=True) | Q(ended_on__gt=today), team_id__in=sorted(who.teams), specialist__isnull=True
        )
        .order_by("referred_on", "case_id")
        .values("case_id", "referred_on", "waiting_days", "participant__given_name", "participant__family_name")[
            : WAITING + 1
        ]
    )


def my_day(who: Standing, today: date) -> Day:
    """What today asks of somebody. Eight questions to the database, whatever there is."""
    covers = covered_by(who.user, today)
    users = [who.user.pk, *covers]
    cases = {row["case_id"]: row for row in _open_cases(users, today)}
    agreed = [
        _agreed(meeting, covers)
        for meeting in meetings_between(users, today - timedelta(MEETINGS_BACK), today + timedelta(MEETINGS_AHEAD))
    ]
    rows = _rows(cases, agreed, users, today)
    names = {number: _name(row) for number, row in cases.items()}
    found = rules.reminders(rows, today)
    for one in agreed:
        number = one.meeting.case_id
        if number is not None and number not in cases and one.day < today:
            # A case that somebody else follows now, or that has ended: the meeting still has to be written down.
            names[number] = one.name
            found.append(_not_recorded(one))
    for one_news in news(list(cases), users, who.teams):
        if one_news.what == "request":
            # Also of somebody whose follow-up has ended: the right to an answer has not.
            names.setdefault(one_news.case_id, one_news.participant)
        since = timezone.localtime(one_news.at).date()
        found.append(rules.from_participant(one_news.case_id, one_news.what, since, one_news.number, today))
    people = [
        Person(
            case_id=person.case_id,
            name=names[person.case_id],
            phase=str(Phase(cases[person.case_id]["phase"]).label) if person.case_id in cases else "",
            covered_for=covers.get(cases[person.case_id]["specialist_id"], "") if person.case_id in cases else "",
            sentences=tuple(sentence(reminder, today) for reminder in person.reminders),
        )
        for person in rules.by_person(found)
    ]
    urgencies = {person.case_id: person.urgency for person in rules.by_person(found)}
    end_of_week = today + timedelta(7)
    return Day(
        today=today,
        meetings=[one for one in agreed if one.day == today],
        week=[one for one in agreed if today < one.day < end_of_week],
        now=[person for person in people if urgencies[person.case_id] is rules.Urgency.NOW],
        soon=[person for person in people if urgencies[person.case_id] is rules.Urgency.SOON],
        later=[person for person in people if urgencies[person.case_id] is rules.Urgency.LATER],
        call_backs=list(call_backs_due(users, today)),
        waiting=_untaken(who, today),
        covers=list(covers.values()),
        follows=len(cases),
    )


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['participant__given_name']} {row['participant__family_name']}"


def _agreed(meeting: Meeting, covers: dict[int, str]) -> Agreed:
    if Party.PARTICIPANT in meeting.parties or meeting.employer is None:
        name = meeting.case.participant.name
    else:
        name = f"{meeting.employer.name} ({meeting.case.participant.name})"
    over = meeting.starts_at + timedelta(minutes=meeting.minutes) <= timezone.now()
    return Agreed(meeting, name, covers.get(meeting.staff_id, ""), over)


def _not_recorded(one: Agreed) -> rules.Reminder:
    return rules.Reminder(
        rules.Kind.MEETING_NOT_RECORDED,
        one.meeting.case_id,
        rules.Urgency.NOW,
        one.day,
        since=one.day,
        fact_id=one.meeting.pk,
    )


def _rows(
    cases: dict[int, Mapping[str, Any]], agreed: list[Agreed], users: Collection[int], today: date
) -> list[rules.Row]:
    """The cases as the rules want them, with the meetings, jobs and steps that lie around today."""
    meetings: dict[int, list[rules.Meeting]] = defaultdict(list)
    for one in agreed:
        is_over = one.day < today
        if is_over or Party.PARTICIPANT in one.meeting.parties:
            meetings[one.meeting.case_id].append(rules.Meeting(one.meeting.pk, one.day, is_over))
    steps: dict[int, list[rules.Step]] = defaultdict(list)
    for step in open_steps_for(list(cases)):
        if step.due_on is not None:
            steps[step.case_id].append(rules.Step(step.pk, step.what, step.who, step.due_on))
    jobs: dict[int, list[rules.Job]] = defaultdict(list)
    for coming in jobs_starting_or_ending(users, today - timedelta(JOBS_BACK), today + timedelta(JOBS_AHEAD)):
        job = coming.job
        what = f"{job.title}, {job.employer}"
        jobs[coming.case_id].append(
            rules.Job(job.job_id, what, job.started_on, job.planned_end_on, job.ended_on, job.paid)
        )
    left_out = {"specialist_id", "participant__given_name", "participant__family_name"}
    return [
        rules.Row(
            **{name: value for name, value in row.items() if name not in left_out},
            meetings=tuple(meetings[number]),
            jobs=tuple(jobs[number]),
            steps=tuple(steps[number]),
        )
        for number, row in cases.items()
    ]


@require_GET
def today_page(request: HttpRequest) -> HttpResponse:
    """Min dag, for specialists and supervisors."""
    who = standing(request.user)
    if who is None or not (who.has(Role.SPECIALIST) or who.has(Role.SUPERVISOR)):
        raise Http404
    day = my_day(who, timezone.localdate())
    fresh = [
        one for one in day.call_backs if one.next_contact_on and one.next_contact_on >= day.today - timedelta(OLD_CALL)
    ]
    calls = [*fresh, *(one for one in day.call_backs if one not in fresh)]
    calls_open = min(OPEN_CALLS, len(fresh))
    context = {
        "title": _("My day"),
        "day": day,
        "lead": _lead(day),
        "now_open": day.now[:OPEN_NOW],
        "now_folded": day.now[OPEN_NOW:],
        "soon_open": day.soon[:OPEN_SOON],
        "soon_folded": day.soon[OPEN_SOON:],
        "calls_open": calls[:calls_open],
        "calls_folded": calls[calls_open:],
        "waiting": day.waiting[:WAITING],
        "waiting_more": len(day.waiting) > WAITING,
        "leads_team": bool(who.led_teams),
    }
    return render(request, "caseload/today.html", context)


def _lead(day: Day) -> str:
    meetings = ngettext("%(number)d meeting today", "%(number)d meetings today", len(day.meetings))
    people = ngettext("%(number)d participant to see to now", "%(number)d participants to see to now", len(day.now))
    parts = [meetings % {"number": len(day.meetings)}, people % {"number": len(day.now)}]
    return " · ".join(parts)
