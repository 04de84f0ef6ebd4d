"""Employers and the people to talk to there. What was said stands with the contacts (``plass.followup``)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plass.db.row_policies import INSIDE, WORKS_WITH_PEOPLE, History, RowPolicy
from plass.organisation.models import User
from plass.organisation.sorting import search_column, sort_column

from . import organisation_number


class Employer(models.Model):
    """A workplace that may have, or has, a job for somebody."""

    rows = RowPolicy(
        holds="nothing personal",
        select=f"{INSIDE} OR id = (SELECT rights_employer())",
        insert=WORKS_WITH_PEOPLE,
        update=WORKS_WITH_PEOPLE,
        history=History("staff"),
    )

    name = models.CharField(_("name"), max_length=200)
    sort_name = sort_column("name")
    search_name = search_column("name", "place")
    organisation_number = models.CharField(_("organisation number"), max_length=9, null=True, blank=True, unique=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=4, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    website = models.URLField(_("website"), blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["sort_name"], name="employers_employer_sort_name"),
            models.Index(fields=["industry", "sort_name"], name="employers_employer_industry"),
            models.Index(fields=["place", "sort_name"], name="employers_employer_place"),
            models.Index(fields=["search_name"], name="employers_employer_search_name"),
            # Every word of it, for the search field (sql/10_search.sql).
            GinIndex(SearchVector("search_name", config="simple"), name="employers_employer_words"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number_shown(self) -> str:
        """The organisation number as people read it: 974 760 673."""
        return organisation_number.shown(self.organisation_number)


class ContactPerson(models.Model):
    """Somebody to talk to at an employer."""

    rows = RowPolicy(
        holds="person data",
        select=f"{WORKS_WITH_PEOPLE} OR id = ANY ((SELECT rights_contact_persons())::bigint[])",
        insert=WORKS_WITH_PEOPLE,
        update=WORKS_WITH_PEOPLE,
        history=History("staff"),
    )
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="people", verbose_name=_("employer"))
    name = models.CharField(_("name"), max_length=200)
    title = models.CharField(_("position"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    decides = models.BooleanField(_("may decide on hiring"), default=False)
    left_on = models.DateField(_("left"), null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name
