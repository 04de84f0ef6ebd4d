"""What happens between people: contacts and meetings agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.access.rules import Level
from plass.cases.models import Case, Fact, case_and_date
from plass.db.row_policies import WORKS_WITH_PEOPLE, RowPolicy
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User


class Party(models.TextChoices):
    """Who took part, beside the one who recorded it."""

    PARTICIPANT = "participant", _("participant")
    EMPLOYER = "employer", _("employer")
    COUNSELLOR = "counsellor", _("counsellor")
    COLLABORATOR = "collaborator", _("collaborator")


class Channel(models.TextChoices):
    """How people were in touch. A meeting is in person or by video; the rest is contact."""

    IN_PERSON = "in_person", _("in person")
    VIDEO = "video", _("video")
    PHONE = "phone", _("phone")
    MESSAGE = "message", _("text message or chat")
    EMAIL = "email", _("e-mail")


#: Ways of being in touch that take a time somebody can name; a message or an e-mail may have none.
TIMED = frozenset({Channel.IN_PERSON, Channel.VIDEO, Channel.PHONE})
#: A reason in law for withholding something cannot be said in fewer letters.
SHORTEST_REASON = 10


class Place(models.TextChoices):
    """Where it was. Everything but the office counts as out."""

    OFFICE = "office", _("the office")
    WORKPLACE = "workplace", _("a workplace")
    OUT = "out", _("another place outside the office")
    HOME = "home", _("the participant's home")


class Purpose(models.TextChoices):
    """What it was for."""

    FIRST_TALK = "first_talk", _("first talk")
    PROFILING = "profiling", _("getting to know wishes and strengths")
    JOB_DEVELOPMENT = "job_development", _("job development")
    JOB_SUPPORT = "job_support", _("support in the job")
    FOLLOW_UP = "follow_up", _("follow-up")
    RELATION = "relation", _("keeping in touch")


class Meeting(Fact):
    """A meeting or visit was agreed. ``happened_on`` is the day it was agreed, ``starts_at`` when it is to be."""

    kind = "meeting"
    starts_at = models.DateTimeField(_("when"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60, validators=[MaxValueValidator(600)])
    parties = ArrayField(models.CharField(max_length=20, choices=Party.choices), verbose_name=_("with"))
    staff = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who from us"), db_index=False)
    channel = models.CharField(
        _("how"),
        max_length=20,
        choices=Channel.choices,
        default=Channel.IN_PERSON,
        error_messages={"blank": _("Say how you are to meet.")},
    )
    place = models.CharField(_("where"), max_length=20, choices=Place.choices, blank=True)
    address = models.CharField(_("address or room"), max_length=200, blank=True)
    employer = models.ForeignKey(
        Employer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("employer")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        indexes: ClassVar = [
            *case_and_date("followup_meeting"),
            models.Index(fields=["staff", "starts_at"], name="followup_meeting_staff"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(parties=[]),
                name="followup_meeting_with_somebody",
                violation_error_message=_("Say who the meeting is with."),
            )
        ]

    @classmethod
    def rows(cls) -> RowPolicy:
        """When it is to be is chosen by whoever agrees it."""
        return replace(super().rows(), chosen_times=("starts_at",))

    def clean(self) -> None:
        """On a day from the agreement on, with a length, and a place only where people meet."""
        super().clean()
        errors = {}
        if not self.minutes:
            errors["minutes"] = gettext("Say about how many minutes it is to take.")
        if self.starts_at and self.happened_on:
            day = timezone.localtime(self.starts_at).date()
            if day < self.happened_on:
                errors["starts_at"] = gettext("This day has passed. Record what happened as a contact instead.")
            elif day > self.happened_on + timedelta(days=5 * 366):
                errors["starts_at"] = gettext("Check the year.")
        if errors:
            raise ValidationError(errors)
        if self.channel != Channel.IN_PERSON:
            self.place = ""

    @property
    def ends_at(self) -> datetime:
        """When it is to be over."""
        return self.starts_at + timedelta(minutes=self.minutes)


class MeetingCancelled(Fact):
    """An agreed meeting will not be held. A new time is a new meeting."""

    class By(models.TextChoices):
        PARTICIPANT = "participant", _("the participant")
        EMPLOYER = "employer", _("the employer")
        STAFF = "staff", _("us")

    kind = "cancellation"
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="cancellations", verbose_name=_("meeting"))
    by = models.CharField(_("who called it off"), max_length=20, choices=By.choices)
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("followup_cancelled")


class Contact(Fact):
    """We were in touch with somebody, or tried to. ``case`` is empty for a talk with an employer about nobody yet."""

    kind = "contact"
    needs = Level.CONTACT
    case = models.ForeignKey(  # type: ignore[assignment]  # the one fact that may be about nobody yet
        Case, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("case"), db_index=False
    )
    started_at = models.TimeField(_("time"), null=True, blank=True)
    parties = ArrayField(models.CharField(max_length=20, choices=Party.choices), verbose_name=_("with"))
    channel = models.CharField(
        _("how"), max_length=20, choices=Channel.choices, error_messages={"blank": _("Say how you were in touch.")}
    )
    place = models.CharField(_("where"), max_length=20, choices=Place.choices, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MaxValueValidator(1440)], default=0)
    travel_minutes = models.PositiveSmallIntegerField(
        _("travel, minutes"), validators=[MaxValueValidator(1440)], default=0
    )
    no_show = models.BooleanField(_("did not show up or did not answer"), default=False)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    employer = models.ForeignKey(
        Employer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("employer"),
        db_index=False,
    )
    contact_person = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contact person"),
        db_index=False,
    )
    decision_maker = models.BooleanField(_("somebody who decides on hiring took part"), default=False)
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="held_as", verbose_name=_("agreed meeting")
    )
    next_contact_on = models.DateField(_("be in touch again on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    withheld_because = models.CharField(
        _("not shown to the participant, because"),
        max_length=200,
        blank=True,
        help_text=_("Only with a reason in law: a third person's information, or a danger to somebody."),
    )

    class Meta:
        indexes: ClassVar = [
            *case_and_date("followup_contact"),
            models.Index(fields=["recorded_by", "happened_on"], name="followup_contact_by"),
            models.Index(
                fields=["employer", "happened_on"],
                name="followup_contact_employer",
                condition=Q(employer__isnull=False),
            ),
            # Whom one promised to call back: Min dag asks it of every specialist every morning.
            models.Index(
                fields=["recorded_by", "next_contact_on"],
                name="followup_contact_call_back",
                condition=Q(employer__isnull=False, next_contact_on__isnull=False, superseded_at__isnull=True),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(parties=[]),
                name="followup_contact_with_somebody",
                violation_error_message=_("Say who you were in touch with."),
            ),
            models.CheckConstraint(
                condition=~Q(parties__contains=["employer"]) | Q(employer__isnull=False),
                name="followup_contact_which_employer",
                violation_error_message=_("Say which employer."),
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False) | Q(employer__isnull=False),
                name="followup_contact_about_something",
                violation_error_message=_("A contact is about a participant, an employer, or both."),
            ),
            models.CheckConstraint(
                condition=Q(next_contact_on__isnull=True) | Q(next_contact_on__gte=F("happened_on")),
                name="followup_contact_next_after",
                violation_error_message=_("The next contact cannot be before this one."),
            ),
        ]

    def missing(self) -> dict[str, str]:
        """Where and how long, for what was held."""
        missing = {}
        if self.channel == Channel.IN_PERSON and not self.no_show and not self.place:
            missing["place"] = gettext("Say where it was.")
        if self.channel in TIMED and not self.no_show and not self.minutes:
            missing["minutes"] = gettext("Say about how many minutes it took.")
        return missing

    @classmethod
    def rows(cls) -> RowPolicy:
        """A talk with an employer about nobody yet is everybody's who works with people."""
        rows = super().rows()
        about_nobody = f"(case_id IS NULL AND {WORKS_WITH_PEOPLE})"
        return replace(
            rows,
            select=f"{rows.select} OR {about_nobody}",
            insert=f"({rows.insert}) OR {about_nobody}",
            update=f"({rows.update}) OR {about_nobody}",
            # Contact persons go to another employer; and whom one met may be another than was agreed.
            may_differ=("contact_person.employer", "meeting.employer"),
        )

    def clean(self) -> None:
        """A place only where people met; a reason that can be judged, where something is withheld."""
        super().clean()
        errors = {}
        if self.channel != Channel.IN_PERSON:
            self.place = ""
        now = timezone.localtime()
        if self.started_at and self.happened_on == now.date() and self.started_at > now.time():
            errors["started_at"] = gettext("It is not that late yet. Write when it was.")
        if self.withheld_because and len(self.withheld_because.strip()) < SHORTEST_REASON:
            errors["withheld_because"] = gettext("Say which reason in law, in a few words.")
        if self.next_contact_on and self.next_contact_on > timezone.localdate() + timedelta(days=3 * 366):
            errors["next_contact_on"] = gettext("Check the year.")
        if errors:
            raise ValidationError(errors)
