"""Min dag: what the facts ask of a specialist today, for the people they follow and those they cover for.

A few bounded questions (one row a case that has not ended), and the pure rules (``plass.milestones.reminders``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.utils import timezone

from plass.access.user_roles import UserRoles
from plass.db.prepared import PreparedQuery, fetch, fetch_together
from plass.followup.queries import Agreed, Promise, meetings_between, promises_due
from plass.jobs.queries import JobPeriod, jobs_starting_or_ending
from plass.milestones import reminders as rules
from plass.milestones.models import Phase
from plass.organisation.models import User
from plass.plan.queries import StepToDo, steps_to_do
from plass.rights.queries import news

from .today_rows import Booked, Person, Waits

#: How far around today the page looks, in days. Bounds for the questions, not rules of the method (``thresholds``).
MEETINGS_BACK, MEETINGS_AHEAD = 60, 90
JOBS_BACK, JOBS_AHEAD = 365, 31
#: Lines that stand open; the rest of a section is folded.
OPEN_NOW, OPEN_SOON, OPEN_CALLS, WAITING = 8, 4, 3, 5
#: A promise to an employer that is older than this many days is folded away: it is hardly today's work.
OLD_CALL = 30


@dataclass(frozen=True)
class Day:
    """Everything the page shows."""

    today: date
    meetings: list[Booked]
    week: list[Booked]
    now: list[Person]
    soon: list[Person]
    later: list[Person]
    call_backs: list[Promise]
    waiting: list[Waits]
    covers: list[str]
    follows: int

    @property
    def is_empty(self) -> bool:
        """Whether somebody is new here: nobody to follow, nothing agreed."""
        return not (self.follows or self.meetings or self.week or self.call_backs or self.covers)


def covered_by(user: User, today: date) -> dict[int, str]:
    """Those whom ``user`` covers for today: user number and name."""
    rows = fetch(
        """
        SELECT a.user_id, btrim(u.given_name || ' ' || u.family_name)
        FROM organisation_absence a JOIN organisation_user u ON u.id = a.user_id
        WHERE a.covered_by_id = %(user)s AND %(today)s BETWEEN a.starts_on AND a.ends_on
        """,
        {"user": user.pk, "today": today},
    )
    return dict(rows)


@dataclass(frozen=True)
class Followed:
    """A case that has not ended and that the reader, or somebody they cover for, follows; with what the rules
    (``reminders.Row``) want to know of it: columns of the milestones by the same names."""

    name: str
    specialist_id: int
    case_id: int
    phase: str
    referred_on: date | None
    taken_on: date | None
    started_on: date | None
    last_met_on: date | None
    last_contact_on: date | None
    next_contact_on: date | None
    first_profile_on: date | None
    employer_contact: str | None
    first_employer_contact_on: date | None
    first_job_on: date | None
    in_work: bool
    paused_on: date | None
    pause_follow_up_on: date | None
    ended_on: date | None


_FOR_THE_RULES = tuple(field.name for field in fields(Followed))[2:]
_OPEN_CASES = f"""
    SELECT p.given_name || ' ' || p.family_name, m.specialist_id, {", ".join(f"m.{name}" for name in _FOR_THE_RULES)}
    FROM milestones m JOIN cases_participant p ON p.id = m.participant_id
    WHERE m.specialist_id = ANY (%(users)s::bigint[]) AND m.open_until > %(today)s
"""


def _open_cases(user_ids: Collection[int], today: date) -> PreparedQuery[Followed]:
    """The cases that have not ended and that one of ``user_ids`` follows, by the index of specialists."""
    return PreparedQuery(Followed, _OPEN_CASES, {"users": list(user_ids), "today": today})


def _untaken(who: UserRoles, today: date) -> PreparedQuery[Waits]:
    """Referrals to the teams of ``who`` that nobody has taken, the longest waiting first (one more than is shown)."""
    return PreparedQuery(
        Waits,
        """
        SELECT m.case_id, p.given_name || ' ' || p.family_name, m.waiting_days,
               NOT EXISTS (SELECT FROM access_accesslogentry l
                           WHERE l.case_id = m.case_id AND l.user_id = %(me)s AND l.allowed)
        FROM (SELECT * FROM milestones WHERE team_id = ANY (%(teams)s::bigint[]) AND specialist_id IS NULL
              AND open_until > %(today)s ORDER BY referred_on, case_id LIMIT %(most)s) m
        JOIN cases_participant p ON p.id = m.participant_id
        ORDER BY m.referred_on, m.case_id
        """,
        {"teams": sorted(who.teams), "today": today, "most": WAITING + 1, "me": who.user.pk},
    )


def my_day(who: UserRoles, today: date) -> Day:
    """What today asks of somebody. Three questions to the database, whatever there is."""
    covers = covered_by(who.user, today)
    users = [who.user.pk, *covers]
    followed, promises, untaken = _open_cases(users, today), promises_due(users, today), _untaken(who, today)
    agreed = meetings_between(users, today - timedelta(MEETINGS_BACK), today + timedelta(MEETINGS_AHEAD))
    jobs = jobs_starting_or_ending(users, today - timedelta(JOBS_BACK), today + timedelta(JOBS_AHEAD))
    first = fetch_together(followed, promises, untaken, agreed, jobs)
    cases = {case.case_id: case for case in first.of(followed)}
    booked = [Booked(meeting, _name_of(meeting), covers.get(meeting.staff_id, "")) for meeting in first.of(agreed)]
    steps, news_query = steps_to_do(cases), news(cases, users, who.teams)
    second = fetch_together(steps, news_query)
    names = {number: case.name for number, case in cases.items()}
    rows = _rows(cases, booked, second.of(steps), first.of(jobs), today)
    reminders = list(rules.reminders(rows, today))
    for booking in booked:
        number = booking.meeting.case_id
        if number not in cases and booking.meeting.day < today:
            # A case that somebody else follows now, or that has ended: the meeting still has to be written down.
            names[number] = booking.name
            reminders.append(_not_recorded(booking.meeting))
    for news_item in second.of(news_query):
        if news_item.what == "request":
            # Also of somebody whose follow-up has ended: the right to an answer has not.
            names.setdefault(news_item.case_id, news_item.participant)
        since = timezone.localtime(news_item.at).date()
        reminders.append(rules.from_participant(news_item.case_id, news_item.what, since, news_item.number, today))
    people: dict[rules.Urgency, list[Person]] = {urgency: [] for urgency in rules.Urgency}
    for person in rules.by_person(reminders):
        case = cases.get(person.case_id)
        people[person.urgency].append(
            Person(
                case_id=person.case_id,
                name=names[person.case_id],
                phase=str(Phase(case.phase).label) if case else "",
                covered_for=covers.get(case.specialist_id, "") if case else "",
                reminders=person.reminders,
                today=today,
            )
        )
    end_of_week = today + timedelta(7)
    return Day(
        today=today,
        meetings=[booking for booking in booked if booking.meeting.day == today],
        week=[booking for booking in booked if today < booking.meeting.day < end_of_week],
        now=people[rules.Urgency.NOW],
        soon=people[rules.Urgency.SOON],
        later=people[rules.Urgency.LATER],
        call_backs=first.of(promises),
        waiting=first.of(untaken),
        covers=list(covers.values()),
        follows=len(cases),
    )


def _name_of(meeting: Agreed) -> str:
    if meeting.with_participant or meeting.employer_id is None:
        return meeting.participant
    return f"{meeting.employer} ({meeting.participant})"


def _not_recorded(meeting: Agreed) -> rules.Reminder:
    return rules.Reminder(
        rules.Kind.MEETING_NOT_RECORDED,
        meeting.case_id,
        rules.Urgency.NOW,
        meeting.day,
        since=meeting.day,
        fact_id=meeting.meeting_id,
    )


def _rows(
    cases: dict[int, Followed], booked: list[Booked], to_do: list[StepToDo], periods: list[JobPeriod], today: date
) -> list[rules.Row]:
    """The cases as the rules want them, with the meetings, jobs and steps that lie around today."""
    meetings: dict[int, list[rules.Meeting]] = defaultdict(list)
    for booking in booked:
        day = booking.meeting.day
        if day < today or booking.meeting.with_participant:
            meetings[booking.meeting.case_id].append(rules.Meeting(booking.meeting.meeting_id, day, day < today))
    steps: dict[int, list[rules.Step]] = defaultdict(list)
    for step in to_do:
        if step.due_on is not None:
            steps[step.case_id].append(rules.Step(step.step_id, step.what, step.who, step.due_on))
    jobs: dict[int, list[rules.Job]] = defaultdict(list)
    for job in periods:
        label = f"{job.title}, {job.employer}"
        jobs[job.case_id].append(
            rules.Job(job.job_id, label, job.started_on, job.planned_end_on, job.ended_on, job.paid)
        )
    return [
        rules.Row(
            **{name: getattr(case, name) for name in _FOR_THE_RULES},
            meetings=tuple(meetings[number]),
            jobs=tuple(jobs[number]),
            steps=tuple(steps[number]),
        )
        for number, case in cases.items()
    ]


#: The sections that are folded until somebody asks for the rest (``?vis=``): name and how many lines stand open.
FOLDED = {"now": OPEN_NOW, "soon": OPEN_SOON, "later": 0}


@dataclass(frozen=True)
class Section:
    """The people of one section that are shown, and how many more there are."""

    shown: list[Person]
    more: int


def section(name: str, people: list[Person], expanded: str) -> Section:
    """The lines of a section that stand open: all of them where it is the one somebody asked for."""
    most = len(people) if expanded == name else FOLDED[name]
    return Section(people[:most], len(people[most:]))
