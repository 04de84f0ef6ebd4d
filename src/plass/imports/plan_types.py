"""What an import is about to write: people, their jobs, and a report for every row. Values only, no rules."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from plass.cases import identity

from .employer_names import same_key
from .fields import Field
from .labels import LABELS
from .questions import NO_ANSWERS, Answers, Kind, Question, open_among
from .row_numbers import NO_ROW, RowNumber
from .sections import Status
from .ways import Way

#: A text that is said in the language of whoever reads it, and kept in all of them (``translatable.py``).
Sentence = Annotated[str, "sentence"]


@dataclass(frozen=True)
class PlannedJob:
    """A job as one row tells it. ``ended_on`` has passed; an end that lies ahead is ``planned_end_on``."""

    row: RowNumber
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
    #: The columns that the row says something in; what it does not say was taken as usual.
    stated: frozenset[Field] = frozenset()

    @property
    def key(self) -> str:
        """What makes it the same job when it comes again: where and when it began."""
        return f"{self.employer_number or same_key(self.employer)}|{self.started_on}"


@dataclass(frozen=True)
class SaidStatus:
    """What a row says of a follow-up without a date, in its status, or by the title or the sheet that it stands under.

    ``has_no_end`` asks for the date where it says that the follow-up has ended; ``source`` says where it stands. ``cause``
    is why it ended, by the answer to what ``words`` mean.
    """

    row: RowNumber
    status: Status
    source: str
    has_no_end: str
    words: str = ""
    cause: str = ""


@dataclass
class PlannedPerson:
    """A person as one or several rows tell it. ``person`` are fields of Participant beside the names."""

    number: identity.IdentityNumber
    given_name: str
    family_name: str
    rows: list[RowNumber]
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
    #: What rows say of the person's follow-up beside its dates, each with a sentence that says where.
    said: list[SaidStatus] = field(default_factory=list)
    #: What the person's rows stand under: who of the team has that name is the job specialist, where the list names none.
    stands_under: list[str] = field(default_factory=list)
    #: Who that is by an answer: the number of the user, by the title.
    named_by_answer: dict[str, int] = field(default_factory=dict)
    #: Rows that give a cause of an end and no end, each with a sentence.
    causes_alone: list[tuple[RowNumber, str]] = field(default_factory=list)
    #: The columns that a row of theirs says something in.
    stated: frozenset[Field] = frozenset()
    _places: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _placed: int = field(default=0, init=False, repr=False, compare=False)

    def place_of_job(self, key: str) -> int | None:
        """Where the job with this key stands among ``jobs``. Each job is gone through once, however often this is asked."""
        for place in range(self._placed, len(self.jobs)):
            self._places.setdefault(self.jobs[place].key, place)
        self._placed = len(self.jobs)
        return self._places.get(key)

    #: What was answered about this very person: the keys of the questions, with the answers.
    answered: dict[str, str] = field(default_factory=dict)

    @property
    def has_begun(self) -> bool:
        """Whether the list says that somebody follows this person: there was a talk, or there is a job."""
        return bool(self.started_on or self.last_met_on or self.jobs)

    @property
    def begins_on(self) -> date | None:
        """The earliest day that tells when this follow-up began: the referral, else the start, else the first job."""
        return self.referred_on or self.started_on or min((job.started_on for job in self.jobs), default=None)


@dataclass(frozen=True)
class Difference:
    """A row says something else of ``field`` than what is recorded: both in words. ``key`` is the same at every check.

    ``about`` is the job that it is about. ``ways`` it can be taken in beside being left; with none it is only told.
    ``is_dated``: a change is true from a day, which is asked for. ``is_left``: somebody has chosen to let it stay.
    ``refused`` says why it could not be taken.
    """

    key: str
    row: RowNumber
    case_id: int
    field: Field
    recorded: Sentence
    listed: Sentence
    ways: tuple[Way, ...] = ()
    about: Sentence = ""
    is_dated: bool = False
    is_left: bool = False
    refused: Sentence = ""
    #: The last day that a change can be from, where its job has ended.
    latest_day: date | None = None

    @property
    def label(self) -> str:
        """What it is about, in words."""
        return str(LABELS[self.field])

    def can_change_from(self, day: date) -> bool:
        """Whether a change may be from that day: nothing changes in a job that has ended by then."""
        return self.latest_day is None or day <= self.latest_day

    @property
    def is_of_the_name(self) -> bool:
        """Whether the person is called something else in the list."""
        return self.field in (Field.GIVEN_NAME, Field.FAMILY_NAME)

    @property
    def is_of_the_address(self) -> bool:
        """Whether it says where the person lives."""
        return self.field in (Field.ADDRESS, Field.POSTAL_CODE, Field.PLACE)


@dataclass
class RowReport:
    """What comes of one row: sentences on what would be written, remarks, what is wrong, and what is asked.

    ``doubts`` are remarks to look at before the others: what is seldom right (``outliers.py``), and what stands in the
    row and is not written as it stands. ``common`` are remarks of a kind that most rows of the list have (``sums.py``).
    """

    number: RowNumber
    who: str = ""
    writes: list[Sentence] = field(default_factory=list)
    remarks: list[Sentence] = field(default_factory=list)
    doubts: list[Sentence] = field(default_factory=list)
    problems: list[Sentence] = field(default_factory=list)
    #: What must be answered before the row is written.
    questions: list[Sentence] = field(default_factory=list)
    common: list[Sentence] = field(default_factory=list)
    #: Doubts about something that several rows may name, as somebody who does not work here.
    shared: list[Sentence] = field(default_factory=list)
    #: The first of the rows about the same person; 0 where the row does not tell who it is about.
    person: RowNumber = NO_ROW
    #: The number of the case that something was written to; 0 where nothing was.
    written_to: int = 0
    #: Whether the one who imports has imported the person before, and does not see them any more.
    is_out_of_sight: bool = False
    #: Whether the person is followed up here already.
    is_here: bool = False
    #: The case that the row was compared with: the person's here, or one by which they are known. 0 where there is none.
    case_id: int = 0
    #: Whether the one who reads does not see that case any more, so that nothing is said of what was found.
    is_unseen: bool = False
    #: Whether the list says that the follow-up has ended; of several rows of a person the first one tells.
    has_ended: bool = False
    #: Whether it is not to be written, by an answer.
    is_left_out: bool = False
    #: How many jobs stand in this row, also such as must be mended first; one that an earlier row has is not counted again.
    jobs: int = 0
    #: How many of those that were read are new, and how many are recorded already.
    new_jobs: int = 0
    known_jobs: int = 0
    #: Who is put down as the job specialist because the list names nobody though the follow-up has begun.
    given_to: str = ""
    #: Whether the row has a name and nothing else.
    is_only_a_name: bool = False
    #: Where it says something else than what is recorded.
    differences: list[Difference] = field(default_factory=list)

    def __deepcopy__(self, memo: object) -> RowReport:
        """One that can be added to without changing this one. What its sentences are does not change."""
        new = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list):
                setattr(new, name, value.copy())
        return new

    @property
    def is_known(self) -> bool:
        """Whether the person is here already, as far as the one who imports knows."""
        return self.is_here or self.is_out_of_sight

    @property
    def open_differences(self) -> list[Difference]:
        """Those that nobody has chosen to leave."""
        return [difference for difference in self.differences if not difference.is_left]


@dataclass(frozen=True)
class Plan:
    """All people that can be read whole, in the order of the file, and a report for every row.

    ``held_back`` are those who have a row with a problem. ``doubts`` are about the list as a whole. ``questions`` are all
    that the list gives rise to, answered or not.
    """

    people: tuple[PlannedPerson, ...]
    reports: dict[RowNumber, RowReport]
    held_back: tuple[PlannedPerson, ...] = ()
    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: Answers = NO_ANSWERS
    #: The identity number of everybody whom the list names, by their first rows; also of who is held back or waits.
    numbers: Mapping[RowNumber, identity.IdentityNumber] = field(default_factory=dict)

    @property
    def open_questions(self) -> list[Question]:
        """Those that are not answered."""
        return open_among(self.questions, self.answers)

    @property
    def guessed_columns(self) -> list[Question]:
        """The open questions about what a column holds: until they are answered nothing at all is written."""
        return [question for question in self.open_questions if question.kind is Kind.COLUMN]
