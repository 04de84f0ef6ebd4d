"""What happens in the demo's county, one small object an act, in the order it was done.

Organisation, people and employers are named by their number within the county (from 1); an act that builds on an
earlier one (a step that is done, a meeting that was held) holds that earlier act. ``by_actions`` and ``by_copy`` write
them; the fields have the names of the models' fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import ClassVar


@dataclass(slots=True)
class Office:
    """An office with its teams."""

    number: int
    code: str
    name: str


@dataclass(slots=True)
class Team:
    """A team of an office."""

    number: int
    office: int
    name: str


@dataclass(slots=True)
class Staff:
    """Somebody who works here, or did. Leaders of the county and administrators have no team."""

    number: int
    username: str
    given_name: str
    family_name: str
    role: str
    office: int | None
    team: int | None
    started_on: date
    ended_on: date | None = None

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}"


@dataclass(slots=True)
class Away:
    """Somebody of the staff is away and another covers."""

    user: int
    covered_by: int
    starts_on: date
    ends_on: date
    by: int


@dataclass(slots=True)
class Employer:
    """A workplace."""

    number: int
    name: str
    organisation_number: str
    industry: str
    address: str
    postal_code: str
    place: str
    phone: str
    recorded_on: date
    by: int


@dataclass(slots=True)
class ContactPerson:
    """Somebody to talk to at an employer."""

    number: int
    employer: int
    name: str
    title: str
    phone: str
    email: str
    decides: bool
    recorded_on: date
    by: int


@dataclass(slots=True)
class Person:
    """A participant."""

    number: int
    identity_number: str
    born_on: date
    given_name: str
    family_name: str
    phone: str
    email: str
    address: str
    postal_code: str
    place: str
    language: str
    protection: str


@dataclass(slots=True, kw_only=True)
class Act:
    """Something recorded about a case. ``recorded_on`` where that is another day than ``happened_on``."""

    #: The kind of fact it becomes; none of its own for what becomes several rows.
    kind: ClassVar[str] = ""
    #: Columns of that fact which the act says under another name: column -> attribute.
    other_names: ClassVar[Mapping[str, str]] = {}
    happened_on: date
    by: int
    recorded_on: date | None = None
    #: The number of the row in its table, given by whoever writes it.
    number: int = 0

    @property
    def day(self) -> date:
        """The day it was written down."""
        return self.recorded_on or self.happened_on


@dataclass(slots=True, kw_only=True)
class Referred(Act):
    """A counsellor refers somebody to a team: the case begins. They become its counsellor in the same act."""

    person: Person
    team: int
    office: int
    wishes: str
    help_wanted: str
    participant_agreed_on: date


@dataclass(slots=True, kw_only=True)
class Assigned(Act):
    """A specialist takes the case, or is given it."""

    kind = "assignment"
    user: int
    team: int
    reason: str = ""
    role: str = "specialist"


@dataclass(slots=True, kw_only=True)
class Paused(Act):
    kind = "pause"
    reason: str
    follow_up_on: date
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Resumed(Act):
    kind = "resumption"
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Ended(Act):
    kind = "end"
    cause: str
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Reopened(Act):
    kind = "reopening"
    reason: str
    note: str = ""


@dataclass(slots=True, kw_only=True)
class CollaboratorAdded(Act):
    kind = "collaborator"
    role: str
    name: str
    organisation: str
    phone: str
    email: str
    agreement: str


@dataclass(slots=True, kw_only=True)
class ProfileAgreed(Act):
    kind = "profile"
    occupations: list[str]
    interests: str
    strengths: str
    tasks: str
    avoid: str
    hours_wanted: float
    places: str
    network: str
    support_needs: str
    mastery: str
    employer_contact: str
    may_share: str
    must_not_share: str


@dataclass(slots=True, kw_only=True)
class MeetingAgreed(Act):
    kind = "meeting"
    starts_at: datetime
    minutes: int
    parties: list[str]
    staff: int
    channel: str
    place: str
    address: str
    employer: int | None
    purpose: str
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Cancelled(Act):
    kind = "cancellation"
    meeting: MeetingAgreed
    cancelled_by: str
    reason: str
    # ``by`` is who wrote it down.
    other_names: ClassVar[Mapping[str, str]] = {"by": "cancelled_by"}


@dataclass(slots=True, kw_only=True)
class Contacted(Act):
    kind = "contact"
    parties: list[str]
    channel: str
    place: str
    minutes: int
    travel_minutes: int
    purpose: str
    note: str
    no_show: bool = False
    started_at: time | None = None
    employer: int | None = None
    contact_person: int | None = None
    decision_maker: bool = False
    meeting: MeetingAgreed | None = None
    next_contact_on: date | None = None
    withheld_because: str = ""


@dataclass(slots=True, kw_only=True)
class StepPlanned(Act):
    kind = "step"
    what: str
    who: str
    due_on: date | None
    goal: str


@dataclass(slots=True, kw_only=True)
class StepDone(Act):
    kind = "step_done"
    step: StepPlanned
    outcome: str
    note: str


@dataclass(slots=True, kw_only=True)
class JobStarted(Act):
    kind = "job_start"
    employer: int
    contact_person: int | None
    title: str
    occupation: str
    form: str
    subsidised: bool
    hours_per_week: float
    hourly_pay: float | None
    planned_end_on: date | None
    support_plan: str
    #: The number of the job the facts have in common, given by whoever writes it.
    job: int = 0


@dataclass(slots=True, kw_only=True)
class JobChanged(Act):
    kind = "job_change"
    start: JobStarted
    hours_per_week: float
    planned_end_on: date | None
    note: str

    @property
    def job(self) -> int:
        """The number of the job."""
        return self.start.job


@dataclass(slots=True, kw_only=True)
class JobEnded(Act):
    kind = "job_end"
    start: JobStarted
    reason: str
    paid_hours_in_all: float | None
    worked_well: str
    worked_badly: str
    lessons: str

    @property
    def job(self) -> int:
        """The number of the job."""
        return self.start.job


@dataclass(slots=True, kw_only=True)
class EducationStarted(Act):
    kind = "education_start"
    level: str
    subject: str
    institution: str
    form: str
    planned_end_on: date | None
    support_plan: str
    #: The number of the education the facts have in common, given by whoever writes it.
    education: int = 0


@dataclass(slots=True, kw_only=True)
class EducationEnded(Act):
    kind = "education_end"
    start: EducationStarted
    outcome: str
    worked_well: str
    worked_badly: str

    @property
    def education(self) -> int:
        """The number of the education."""
        return self.start.education


@dataclass(slots=True, kw_only=True)
class Corrected(Act):
    """An act was written down wrongly (without ``changes``: withdrawn). ``happened_on``: when that was said."""

    fact: Act
    reason: str
    changes: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Looked:
    """Somebody opened the case's page."""

    at: datetime
    by: int
    rule: str
    purpose: str = "case page"

    @property
    def role(self) -> str:
        """In what role."""
        return "supervisor" if self.rule == "leads" else self.rule


@dataclass(slots=True)
class Persona:
    """Somebody to be in the demo: one of the staff, or (``person``) a participant, who then gets an account."""

    order: int
    name: str
    role: str
    about: str
    user: int | None = None
    person: int | None = None


@dataclass(slots=True)
class CaseLife:
    """Everything about one case, oldest first, and how it stands at the end."""

    number: int
    acts: list[Act]
    looked: list[Looked]
    specialist: int | None
    team: int
    office: int
    counsellor: int
    shielded: bool
    person: Person
    again: bool = False
