"""The rows that acts become, table by table, for bulk loading.

A row's number is ``block + local number``: each county has a block of numbers of its own, so that counties can be made
at the same time without asking each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from . import acts
from .calendar import at

#: How many rows of one table a county may have.
BLOCK = 1_000_000

_FACT = ("id", "case_id", "happened_on", "recorded_at", "recorded_by_id", "superseded_at")

#: Columns that stay as the database itself fills them in (empty): nothing that made-up people do sets them.
UNTOUCHED: dict[str, frozenset[str]] = {
    "organisation_membership": frozenset({"given_by_group"}),
    "cases_participant": frozenset({"made_nameless_on", "protection_reason"}),
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "organisation_county": ("id", "name"),
    "organisation_office": ("id", "county_id", "number", "name"),
    "organisation_team": ("id", "office_id", "name"),
    "organisation_user": (
        "id", "password", "last_login", "username", "kind", "given_name", "family_name", "phone", "email", "language",
        "started_on", "ended_on",
    ),
    "organisation_membership": ("id", "user_id", "role", "county_id", "office_id", "team_id", "started_on", "ended_on"),
    "organisation_absence": ("id", "user_id", "covered_by_id", "starts_on", "ends_on", "recorded_at", "recorded_by_id"),
    "employers_employer": (
        "id", "name", "organisation_number", "industry", "address", "postal_code", "place", "phone", "website",
        "recorded_at", "recorded_by_id", "version",
    ),
    "employers_contactperson": (
        "id", "employer_id", "name", "title", "phone", "email", "decides", "left_on", "recorded_at", "recorded_by_id",
        "version",
    ),
    "cases_participant": (
        "id", "given_name", "family_name", "identity_number", "identity_hash", "born_on", "phone", "email", "address",
        "postal_code", "place", "language", "protection", "user_id", "registered_at", "registered_by_id", "version",
    ),
    "cases_case": (
        "id", "participant_id", "office_id", "referred_by_id", "team_id", "specialist_id", "counsellor_id", "shielded",
        "referrer_ended_at",
    ),
    "cases_referral": (*_FACT, "wishes", "help_wanted", "participant_agreed_on"),
    "cases_assignment": (*_FACT, "role", "user_id", "team_id", "reason"),
    "cases_pausestarted": (*_FACT, "reason", "follow_up_on", "note"),
    "cases_pauseended": (*_FACT, "note"),
    "cases_caseended": (*_FACT, "cause", "note"),
    "cases_casereopened": (*_FACT, "reason", "note"),
    "cases_collaborator": (*_FACT, "role", "name", "organisation", "phone", "email", "agreement"),
    "cases_correction": (
        "id", "case_id", "kind", "fact_id", "replacement_id", "reason", "recorded_at", "recorded_by_id",
    ),
    "profiles_profile": (
        *_FACT, "occupations", "interests", "strengths", "tasks", "avoid", "hours_wanted", "places", "network",
        "support_needs", "mastery", "employer_contact", "may_share", "must_not_share",
    ),
    "followup_meeting": (
        *_FACT, "starts_at", "minutes", "parties", "staff_id", "channel", "place", "address", "employer_id", "purpose",
        "note",
    ),
    "followup_meetingcancelled": (*_FACT, "meeting_id", "by", "reason"),
    "followup_contact": (
        *_FACT, "started_at", "parties", "channel", "place", "minutes", "travel_minutes", "no_show", "purpose",
        "employer_id", "contact_person_id", "decision_maker", "meeting_id", "next_contact_on", "note",
        "withheld_because",
    ),
    "followup_planstep": (*_FACT, "what", "who", "due_on", "goal"),
    "followup_planstepdone": (*_FACT, "step_id", "outcome", "note"),
    "jobs_job": ("id", "case_id"),
    "jobs_jobstarted": (
        *_FACT, "job_id", "employer_id", "contact_person_id", "title", "occupation", "form", "subsidised",
        "hours_per_week", "hourly_pay", "planned_end_on", "support_plan",
    ),
    "jobs_jobchanged": (*_FACT, "job_id", "hours_per_week", "planned_end_on", "note"),
    "jobs_jobended": (*_FACT, "job_id", "reason", "paid_hours_in_all", "worked_well", "worked_badly", "lessons"),
    "jobs_education": ("id", "case_id"),
    "jobs_educationstarted": (
        *_FACT, "education_id", "level", "subject", "institution", "form", "planned_end_on", "support_plan",
    ),
    "jobs_educationended": (*_FACT, "education_id", "outcome", "worked_well", "worked_badly"),
    "access_opening": (
        "id", "at", "user_id", "role", "case_id", "participant_id", "purpose", "rule", "allowed", "shown",
        "approval_id",
    ),
}  # fmt: skip

#: Tables of facts, in the order of ``COLUMNS``.
FACTS = tuple(table for table, columns in COLUMNS.items() if columns[: len(_FACT)] == _FACT)

_MORNING, _AFTERNOON = time(0, 5), time(15, 20)


def written_at(act: acts.Act) -> datetime:
    """The moment an act was written down: the afternoon of the day."""
    return at(act.day, _AFTERNOON)


def _id(block: int, number: int | None) -> int | None:
    return None if number is None else block + number


Own = Callable[[Any, int], tuple[Any, ...]]

#: For each kind of act: its table, and the values of the columns after those every fact has.
FACT_ROWS: dict[type[acts.Act], tuple[str, Own]] = {
    acts.Paused: ("cases_pausestarted", lambda a, b: (a.reason, a.follow_up_on, a.note)),
    acts.Resumed: ("cases_pauseended", lambda a, b: (a.note,)),
    acts.Ended: ("cases_caseended", lambda a, b: (a.cause, a.note)),
    acts.Reopened: ("cases_casereopened", lambda a, b: (a.reason, a.note)),
    acts.Assigned: ("cases_assignment", lambda a, b: ("specialist", b + a.user, b + a.team, a.reason)),
    acts.CollaboratorAdded: (
        "cases_collaborator",
        lambda a, b: (a.role, a.name, a.organisation, a.phone, a.email, a.agreement),
    ),
    acts.ProfileAgreed: (
        "profiles_profile",
        lambda a, b: (
            a.occupations, a.interests, a.strengths, a.tasks, a.avoid, a.hours_wanted, a.places, a.network,
            a.support_needs, a.mastery, a.employer_contact, a.may_share, a.must_not_share,
        ),
    ),
    acts.MeetingAgreed: (
        "followup_meeting",
        lambda a, b: (
            a.starts_at, a.minutes, a.parties, b + a.staff, a.channel, a.place, a.address, _id(b, a.employer),
            a.purpose,
            a.note,
        ),
    ),
    acts.Cancelled: ("followup_meetingcancelled", lambda a, b: (b + a.meeting.number, a.cancelled_by, a.reason)),
    acts.Contacted: (
        "followup_contact",
        lambda a, b: (
            a.started_at, a.parties, a.channel, a.place, a.minutes, a.travel_minutes, a.no_show, a.purpose,
            _id(b, a.employer), _id(b, a.contact_person), a.decision_maker,
            b + a.meeting.number if a.meeting else None, a.next_contact_on, a.note, a.withheld_because,
        ),
    ),
    acts.StepPlanned: ("followup_planstep", lambda a, b: (a.what, a.who, a.due_on, a.goal)),
    acts.StepDone: ("followup_planstepdone", lambda a, b: (b + a.step.number, a.outcome, a.note)),
    acts.JobStarted: (
        "jobs_jobstarted",
        lambda a, b: (
            b + a.job, b + a.employer, _id(b, a.contact_person), a.title, a.occupation, a.form, a.subsidised,
            a.hours_per_week, a.hourly_pay, a.planned_end_on, a.support_plan,
        ),
    ),
    acts.JobChanged: ("jobs_jobchanged", lambda a, b: (b + a.start.job, a.hours_per_week, a.planned_end_on, a.note)),
    acts.JobEnded: (
        "jobs_jobended",
        lambda a, b: (b + a.start.job, a.reason, a.paid_hours_in_all, a.worked_well, a.worked_badly, a.lessons),
    ),
    acts.EducationStarted: (
        "jobs_educationstarted",
        lambda a, b: (b + a.education, a.level, a.subject, a.institution, a.form, a.planned_end_on, a.support_plan),
    ),
    acts.EducationEnded: (
        "jobs_educationended",
        lambda a, b: (b + a.start.education, a.outcome, a.worked_well, a.worked_badly),
    ),
}  # fmt: skip

#: The word for each table's kind of fact, where facts are corrected.
KINDS = {"followup_contact": "contact"}


def midnight(day: date) -> datetime:
    """The first minutes of a day: when something without a time of its own was written."""
    return at(day, _MORNING)
