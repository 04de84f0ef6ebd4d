"""What an import is about to write: people, their jobs, and a report for every row. Values only, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from plass.cases import identity


@dataclass(frozen=True)
class PlannedJob:
    """A job as one row tells it. ``ended_on`` has passed; an end that lies ahead is ``planned_end_on``."""

    row: int
    employer: str
    employer_number: str
    title: str
    form: str
    hours: Decimal
    started_on: date
    ended_on: date | None
    planned_end_on: date | None
    end_reason: str
    subsidised: bool
    #: What the hours were made of, in words, where the list has per cent of a position.
    hours_from: str = ""

    @property
    def key(self) -> str:
        """What makes it the same job when it comes again: where and when it began."""
        return f"{self.employer_number or self.employer.lower()}|{self.started_on}"


@dataclass
class PlannedPerson:
    """A person as one or several rows tell it. ``person`` are fields of Participant beside the names."""

    number: identity.IdentityNumber
    given_name: str
    family_name: str
    rows: list[int]
    person: dict[str, Any]
    referred_on: date | None = None
    started_on: date | None = None
    last_met_on: date | None = None
    specialist: str = ""
    counsellor: str = ""
    wishes: str = ""
    ended_on: date | None = None
    end_cause: str = ""
    end_note: str = ""
    jobs: list[PlannedJob] = field(default_factory=list)

    @property
    def has_begun(self) -> bool:
        """Whether the list says that somebody follows this person: there was a talk, or there is a job."""
        return bool(self.started_on or self.last_met_on or self.jobs)

    @property
    def begins_on(self) -> date | None:
        """The earliest day that tells when this follow-up began: the referral, else the start, else the first job."""
        return self.referred_on or self.started_on or min((job.started_on for job in self.jobs), default=None)


@dataclass
class RowReport:
    """What comes of one row: sentences on what would be written, remarks, and what is wrong.

    ``doubts`` are remarks to look at before the others: what is seldom right (``outliers.py``), and what stands in the
    row and is not written as it stands. ``common`` are remarks of a kind that most rows of the list have (``sums.py``).
    """

    number: int
    who: str = ""
    writes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    common: list[str] = field(default_factory=list)
    #: The first of the rows about the same person; 0 where the row does not tell who it is about.
    person: int = 0
    #: Whether the person is followed up here already.
    is_here: bool = False
    #: Whether the list says that the follow-up has ended; of several rows of a person the first one tells.
    has_ended: bool = False
    #: How many of the jobs that were read from this row are new, and how many are recorded already.
    new_jobs: int = 0
    known_jobs: int = 0
    #: Who is put down as the job specialist because the list names nobody though the follow-up has begun.
    given_to: str = ""


@dataclass(frozen=True)
class Plan:
    """All people that can be read whole, in the order of the file, and a report for every row.

    ``held_back`` are those who have a row with a problem. ``doubts`` are about the list as a whole.
    """

    people: tuple[PlannedPerson, ...]
    reports: dict[int, RowReport]
    held_back: tuple[PlannedPerson, ...] = ()
    doubts: tuple[str, ...] = ()
