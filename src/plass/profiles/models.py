"""The vocational profile: what the person wants, is good at and needs. It is never finished, so it has versions."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Fact, case_and_date
from plass.db.row_policies import RowPolicy


class Profile(Fact):
    """One version of the vocational profile: agreed with the participant on a date, or written by the participant.

    The newest one holds, whoever wrote it.
    """

    class EmployerContact(models.TextChoices):
        """Whether employers may be contacted about this person (disclosure in short)."""

        YES = "yes", _("yes")
        WITHOUT_NAME = "without_name", _("yes, without the name")
        ASK_FIRST = "ask_first", _("ask first each time")
        NO = "no", _("no")
        NOT_DISCUSSED = "not_discussed", _("not discussed yet")

    kind = "profile"
    occupations = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("wished occupations, the most wanted first"),
        default=list,
        blank=True,
    )
    interests = models.TextField(_("interests"), blank=True)
    strengths = models.TextField(_("strengths and experience"), blank=True)
    tasks = models.TextField(_("tasks and surroundings that suit"), blank=True)
    avoid = models.TextField(_("what does not suit"), blank=True)
    hours_wanted = models.DecimalField(
        _("wished hours a week"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(60)],
    )
    places = models.CharField(_("where, and how to get there"), max_length=300, blank=True)
    network = models.TextField(_("people who may know of a job"), blank=True)
    support_needs = models.TextField(_("support and accommodation needed"), blank=True)
    mastery = models.TextField(_("what helps when it gets hard"), blank=True)
    employer_contact = models.CharField(
        _("may employers be contacted?"),
        max_length=20,
        choices=EmployerContact.choices,
        default=EmployerContact.NOT_DISCUSSED,
    )
    may_share = models.TextField(_("what employers may know"), blank=True)
    must_not_share = models.TextField(_("what must not be told"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("profiles_profile")

    @classmethod
    def rows(cls) -> RowPolicy:
        """The participant records one too, of their own case."""
        rows = super().rows()
        own = "case_id = ANY ((SELECT rights_own_cases())::bigint[]) AND recorded_by_id = (SELECT access_user())"
        return replace(rows, insert=f"{rows.insert} OR ({own})")
