"""What the case page shows: who this is, what is next, everything recorded, and how we know. One question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plass.access.queries import WayIn, open_ways
from plass.cases.models import Case, Collaborator, Participant
from plass.db.prepared import PreparedQuery, columns, fetch_together
from plass.followup.queries import (
    Agreed,
    ContactedEmployer,
    agreed_in,
    employers_contacted,
)
from plass.jobs.queries import EducationPeriod, JobPeriod, educations_of, jobs_of, lately_ended
from plass.milestones import reminders as rules
from plass.milestones.definitions import MilestoneRow, lines
from plass.milestones.models import Milestones, Phase
from plass.milestones.reminder_texts import Sentence, sentence
from plass.plan.queries import StepToDo, steps_to_do
from plass.profiles.models import Profile
from plass.profiles.queries import ProfileText, said
from plass.ui.templatetags.plass import nearby

from .participant_query import TONES
from .today import JOBS_BACK

#: What the profile in short shows.
IN_SHORT = ("occupations", "strengths", "support_needs", "avoid", "hours_wanted")
EMPLOYERS_SHOWN = 8


@dataclass(frozen=True)
class Voice:
    """Counts of what the participant has said, which the page links to: requests that wait, comments, releases, noes."""

    waiting: int = 0
    comments: int = 0
    shared: int = 0
    noes: int = 0


@dataclass(frozen=True)
class Joins:
    """Referrals of the participant by others, which the reader is to answer: their numbers."""

    numbers: list[int]


@dataclass(frozen=True)
class Parts:
    """The few rows of a case that lie in several tables."""

    milestones: Milestones
    profile: Profile | None
    jobs: list[JobPeriod]
    educations: list[EducationPeriod]
    collaborators: list[Collaborator]
    voice: Voice
    meetings: list[Agreed]
    steps: list[StepToDo]
    employers: list[ContactedEmployer]
    joins: list[Joins]
    ways: list[WayIn]


_MILESTONES = f"SELECT {columns(Milestones, 'm')} FROM milestones m WHERE m.case_id = %(case)s"
_PROFILE = f"""
    SELECT {columns(Profile, "f")} FROM profiles_profile f
    WHERE f.case_id = %(case)s AND f.superseded_at IS NULL ORDER BY f.happened_on DESC, f.id DESC LIMIT 1
"""
_COLLABORATORS = f"""
    SELECT {columns(Collaborator, "f")} FROM cases_collaborator f
    WHERE f.case_id = %(case)s AND f.superseded_at IS NULL ORDER BY f.happened_on DESC, f.id DESC LIMIT 20
"""
_VOICE = """
    SELECT (SELECT count(*) FROM rights_correctionrequest q WHERE q.case_id = %(case)s
            AND NOT EXISTS (SELECT FROM rights_correctionanswer a WHERE a.request_id = q.id)),
           (SELECT count(*) FROM rights_comment WHERE case_id = %(case)s AND withdrawn_at IS NULL),
           (SELECT count(*) FROM rights_release WHERE case_id = %(case)s AND withdrawn_at IS NULL
            AND (until IS NULL OR until >= access_today())),
           (SELECT count(*) FROM rights_objection WHERE case_id = %(case)s AND withdrawn_at IS NULL)
"""
_JOINS = "SELECT numbers FROM cases_joins_of(%(participant)s) AS numbers"


def parts_of(case: Case) -> Parts:
    """Everything of a case beside its timeline, in one question."""
    parameters = {"case": case.pk}
    milestones, profile = (
        PreparedQuery(Milestones, _MILESTONES, parameters),
        PreparedQuery(Profile, _PROFILE, parameters),
    )
    collaborators, voice = (
        PreparedQuery(Collaborator, _COLLABORATORS, parameters),
        PreparedQuery(Voice, _VOICE, parameters),
    )
    jobs, educations = jobs_of(case), educations_of(case)
    meetings, steps = agreed_in(case), steps_to_do([case.pk])
    employers = employers_contacted(case, EMPLOYERS_SHOWN + 1)
    joins = PreparedQuery(Joins, _JOINS, {"participant": case.participant_id})
    ways = open_ways(case.pk)
    answers = fetch_together(
        *(milestones, profile, jobs, educations, collaborators, voice, meetings, steps, employers, joins, ways)
    )
    return Parts(
        milestones=answers.of(milestones)[0],
        profile=next(iter(answers.of(profile)), None),
        jobs=answers.of(jobs),
        educations=answers.of(educations),
        collaborators=answers.of(collaborators),
        voice=answers.of(voice)[0],
        meetings=answers.of(meetings),
        steps=answers.of(steps),
        employers=answers.of(employers),
        joins=answers.of(joins),
        ways=answers.of(ways),
    )


def asks_for(parts: Parts, today: date) -> list[Sentence]:
    """What the case asks for today, by the same rules as Min dag. Agreed meetings have their own lines above."""
    m = parts.milestones
    row = rules.Row(
        case_id=m.case_id,
        phase=m.phase,
        referred_on=m.referred_on,
        taken_on=m.taken_on,
        started_on=m.started_on,
        last_met_on=m.last_met_on,
        last_contact_on=m.last_contact_on,
        next_contact_on=m.next_contact_on,
        first_profile_on=m.first_profile_on,
        employer_contact=m.employer_contact,
        first_employer_contact_on=m.first_employer_contact_on,
        first_job_on=m.first_job_on,
        in_work=m.in_work,
        paused_on=m.paused_on,
        pause_follow_up_on=m.pause_follow_up_on,
        ended_on=m.ended_on,
        meetings=tuple(
            rules.Meeting(meeting.meeting_id, meeting.day, meeting.is_over)
            for meeting in parts.meetings
            if meeting.is_over or meeting.with_participant
        ),
        jobs=tuple(
            rules.Job(
                job.job_id, f"{job.title}, {job.employer}", job.started_on, job.planned_end_on, job.ended_on, job.paid
            )
            for job in parts.jobs
            if job.ended_on is None or job.ended_on >= today - timedelta(JOBS_BACK)
        ),
        steps=tuple(rules.Step(step.step_id, step.what, step.who, step.due_on) for step in parts.steps if step.due_on),
    )
    # Meetings and steps have lists of their own on this page.
    shown = {rules.Kind.MEETING_NOT_RECORDED, rules.Kind.STEP}
    return [sentence(reminder, today) for reminder in rules.reminders([row], today) if reminder.kind not in shown]


@dataclass(frozen=True)
class EmployerLine:
    """An employer contacted for the participant, as a line of the page."""

    employer: ContactedEmployer
    today: date

    @property
    def name(self) -> str:
        """The employer."""
        return self.employer.name

    @property
    def has_place(self) -> bool:
        """Whether it is known where."""
        return bool(self.employer.place)

    @property
    def place(self) -> str:
        """Where."""
        return self.employer.place

    @property
    def url(self) -> str:
        """The employer's page."""
        return resolve_url("employers:employer", self.employer.employer_id)

    @property
    def in_short(self) -> str:
        """How often, how, when last and when again."""
        employer = self.employer
        contacts = ngettext("%(number)s contact", "%(number)s contacts", employer.contacts) % {
            "number": employer.contacts
        }
        parts = [contacts if employer.contacts else _("not reached")]
        if employer.in_person:
            met = ngettext("%(number)s in person", "%(number)s in person", employer.in_person) % {
                "number": employer.in_person
            }
            parts = [f"{parts[0]}, {met}"]
        parts.append(_("last %(when)s") % {"when": nearby(employer.last_on, self.today)})
        if employer.next_contact_on:
            parts.append(_("again %(when)s") % {"when": nearby(employer.next_contact_on, self.today)})
        return " · ".join(parts)


@dataclass(frozen=True)
class CasePage:
    """Everything the page shows beside the timeline."""

    milestones: Milestones
    phase: str
    tone: str
    age: int
    has_ended: bool
    is_paused: bool
    meetings: list[Agreed]
    asks: list[Sentence]
    steps: list[StepToDo]
    profile: Profile | None
    profile_in_short: list[ProfileText]
    current_jobs: list[JobPeriod]
    past_jobs: list[JobPeriod]
    lost: JobPeriod | None
    educations: list[EducationPeriod]
    collaborators: list[Collaborator]
    voice: Voice
    employers: list[EmployerLine]
    more_employers: bool
    reached: list[MilestoneRow]
    joins: list[int]
    ways: list[WayIn]


def case_page_of(case: Case, today: date) -> CasePage:
    """What the facts of a case say, put together for the page. One question."""
    parts = parts_of(case)
    m = parts.milestones
    phase = Phase(m.phase)
    return CasePage(
        milestones=m,
        phase=str(phase.label),
        tone=TONES[phase],
        age=age(case.participant, today),
        has_ended=m.ended_on is not None and m.ended_on <= today,
        is_paused=m.paused_on is not None and m.paused_on <= today,
        meetings=parts.meetings,
        asks=asks_for(parts, today),
        steps=parts.steps,
        profile=parts.profile,
        profile_in_short=[text for text in said(parts.profile) if text.name in IN_SHORT] if parts.profile else [],
        current_jobs=[job for job in parts.jobs if not job.is_over],
        past_jobs=[job for job in parts.jobs if job.is_over],
        lost=lately_ended(parts.jobs),
        educations=parts.educations,
        collaborators=parts.collaborators,
        voice=parts.voice,
        employers=[EmployerLine(employer, today) for employer in parts.employers[:EMPLOYERS_SHOWN]],
        more_employers=len(parts.employers) > EMPLOYERS_SHOWN,
        reached=lines(m, today),
        joins=parts.joins[0].numbers,
        ways=parts.ways,
    )


def age(participant: Participant, today: date) -> int:
    """Whole years."""
    born = participant.born_on
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def dialled(phone: str) -> str:
    """A phone number as a link dials it: digits, and the plus of a country. Empty for what is none, or two."""
    number = "".join(phone.split())
    if not re.fullmatch(r"\+?[\d().\-]{3,20}", number):
        return ""
    return re.sub(r"[().\-]", "", number)
