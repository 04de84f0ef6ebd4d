"""The rows of Min dag: what each says, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from plass.followup.queries import Agreed, Promise
from plass.milestones import reminders as rules
from plass.milestones.reminder_texts import Sentence, sentence, waited
from plass.ui.templatetags.plass import minutes, nearby


@dataclass
class Person:
    """A case as a line of the page: who it is, why they stand here, and what to do about it."""

    case_id: int
    name: str
    phase: str
    covered_for: str
    reminders: tuple[rules.Reminder, ...]
    today: date

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The reasons in words; only of those who are shown."""
        return tuple(sentence(reminder, self.today) for reminder in self.reminders)

    @property
    def first(self) -> Sentence:
        """The most pressing, whose act gets the button."""
        return self.sentences[0]

    @property
    def icon(self) -> str:
        """That of the most pressing."""
        return self.first.icon

    @property
    def has_phase(self) -> bool:
        """Whether there is a case that has not ended."""
        return bool(self.phase)

    @property
    def is_covered(self) -> bool:
        """Whether somebody else follows them."""
        return bool(self.covered_for)

    @property
    def act(self) -> str:
        """What the button says."""
        return self.first.act

    @property
    def act_url(self) -> str:
        """Where the button leads."""
        return self.first.act_url

    @property
    def url(self) -> str:
        """The case."""
        return resolve_url("caseload:case", self.case_id)


@dataclass(frozen=True)
class Booked:
    """A meeting in the calendar, and for whom it is held where that is not the reader."""

    meeting: Agreed
    name: str
    covered_for: str

    @property
    def time(self) -> str:
        """When it begins."""
        return f"{timezone.localtime(self.meeting.starts_at):%H:%M}"

    @property
    def purpose(self) -> str:
        """What for, and for whom it is held."""
        return self._listed(capfirst(self.meeting.purpose_label))

    @property
    def about(self) -> str:
        """What for, where, how long, and for whom it is held."""
        meeting = self.meeting
        where = f"{meeting.where}, {meeting.address}" if meeting.address else meeting.where
        return self._listed(capfirst(meeting.purpose_label), where, minutes(meeting.minutes))

    def _listed(self, *parts: str) -> str:
        for_whom = [_("for %(name)s") % {"name": self.covered_for}] if self.covered_for else []
        return " · ".join([*parts, *for_whom])

    @property
    def url(self) -> str:
        """The case."""
        return resolve_url("caseload:case", self.meeting.case_id)

    @property
    def is_over(self) -> bool:
        """Whether the time that was agreed has passed."""
        return self.meeting.is_over

    @property
    def record_url(self) -> str:
        """Where to record that it was held."""
        return f"{resolve_url('followup:contact', self.meeting.case_id)}?mote={self.meeting.meeting_id}"


@dataclass(frozen=True)
class Call:
    """An employer to call back."""

    promise: Promise
    today: date

    @property
    def has_person(self) -> bool:
        """Whether it is known whom to ask for."""
        return bool(self.promise.contact_person)

    @property
    def has_phone(self) -> bool:
        """Whether their number is known."""
        return bool(self.promise.phone)

    @property
    def has_participant(self) -> bool:
        """Whether it is about somebody."""
        return bool(self.promise.participant)

    @property
    def employer(self) -> str:
        """Whom."""
        return self.promise.employer

    @property
    def url(self) -> str:
        """The employer's page."""
        return resolve_url("employers:employer", self.promise.employer_id)

    @property
    def person(self) -> str:
        """Whom to ask for."""
        return self.promise.contact_person

    @property
    def phone(self) -> str:
        """Their number, as it was written."""
        return self.promise.phone

    @property
    def dialled(self) -> str:
        """Their number, as a link dials it."""
        return self.promise.phone.replace(" ", "")

    @property
    def when(self) -> str:
        """When it was agreed to be."""
        return nearby(self.promise.due_on, self.today)

    @property
    def participant(self) -> str:
        """About whom, if about anybody."""
        return self.promise.participant

    @property
    def record_url(self) -> str:
        """Where to record the contact."""
        promise = self.promise
        if promise.case_id is None:
            return resolve_url("followup:employer_contact", promise.employer_id)
        return f"{resolve_url('followup:contact', promise.case_id)}?med=employer&arbeidsgiver={promise.employer_id}"


@dataclass(frozen=True)
class Waits:
    """Somebody whom nobody has taken yet."""

    case_id: int
    name: str
    days: int | None
    #: Whether the reader has not opened the referral yet.
    is_new: bool = False


@dataclass(frozen=True)
class Untaken:
    """The same as a line of the page: whoever leads the team gives it to somebody, the others take it."""

    waits: Waits
    is_assigned: bool

    @property
    def name(self) -> str:
        """Who waits."""
        return self.waits.name

    @property
    def is_new(self) -> bool:
        """Whether the reader has not opened the referral yet."""
        return self.waits.is_new

    @property
    def waited(self) -> str:
        """How long."""
        return waited(self.waits.days or 0)

    @property
    def url(self) -> str:
        """The case."""
        return resolve_url("caseload:case", self.waits.case_id)

    @property
    def act_url(self) -> str:
        """Where to do it."""
        return resolve_url("cases:hand_over" if self.is_assigned else "cases:take", self.waits.case_id)
