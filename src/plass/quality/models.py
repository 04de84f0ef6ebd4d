"""The figures that leaders have been shown, and which cases they have counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Case
from plass.db.row_policies import OF_A_CASE, RowPolicy
from plass.organisation.models import County, Office, Team

#: The one released figure that is no count: days from referral to start.
MEDIAN_WAIT = "median_wait"


class FigureRelease(models.Model):
    """The figures for leaders, made once a week by the owner (``releases``): the pages show these and count nothing."""

    rows = RowPolicy(holds="nothing personal", select="(SELECT access_is_staff())")
    released_on = models.DateField(unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    #: The last day of the last quarter that is counted.
    counted_through = models.DateField()
    #: How many figures the release made, how many of them are hidden, and how many of those because of others.
    figures = models.IntegerField(default=0)
    hidden = models.IntegerField(default=0)
    hidden_for_others = models.IntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-released_on"]

    def __str__(self) -> str:
        return str(self.released_on)

    @classmethod
    def is_due(cls, today: date) -> bool:
        """Whether the week of ``today`` has no release yet."""
        monday = today - timedelta(days=today.weekday())
        return not cls.objects.filter(released_on__gte=monday).exists()


class ReleasedFigure(models.Model):
    """One figure of a release: of a county, an office or a team. Of a hidden one it is kept that it is hidden, only.

    A figure about a year stays as it was first released; ``through`` says up to which day it counts.
    """

    rows = RowPolicy(
        holds="nothing personal",
        select="office_id = ANY ((SELECT quality_led_offices())::bigint[]) "
        "OR (office_id IS NULL AND county_id = ANY ((SELECT quality_led_counties())::bigint[]))",
        # As things were when it was released.
        may_differ=("office.county", "team.office"),
    )
    release = models.ForeignKey(FigureRelease, models.CASCADE, related_name="+", db_index=False)
    county = models.ForeignKey(County, models.PROTECT, related_name="+", db_index=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", null=True, db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", null=True, db_index=False)
    measure = models.CharField(max_length=20)
    year = models.SmallIntegerField(null=True)
    through = models.DateField()
    hidden = models.BooleanField()
    #: A count, a share in whole per cent or a number of days. None: hidden, or nothing to say (of nobody; not reached).
    value = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "year", "office", "team", "measure", "release"],
                nulls_distinct=False,
                name="quality_figure_once_a_release",
            ),
            models.CheckConstraint(
                condition=models.Q(hidden=False) | models.Q(value__isnull=True), name="quality_hidden_has_no_value"
            ),
        ]
        # A page asks for a year's, and for those of the day of the newest release (no year).
        indexes: ClassVar = [models.Index(fields=["year", "release"], name="quality_figures_of_a_page")]

    def __str__(self) -> str:
        return f"{self.measure} {self.through}"


class CountedCase(models.Model):
    """A case as a figure has counted it: where, in which quarter, and what came of it. Stays so, whatever changes later.

    Only the owner writes it, and a leader, who sees no case, sees none of it. So the figures of a year that is over
    never change by one person, and those of whom a share is shown are exactly those that were counted as the group.
    """

    class Kind(models.TextChoices):
        """What was counted."""

        REFERRED = "referred", _("referred")
        FIRST_JOB = "first_job", _("first job")

    rows = RowPolicy(
        holds="person data",
        select=OF_A_CASE.select,
        # As things were when it was counted.
        may_differ=("case.office", "case.team", "office.county", "team.office"),
    )
    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    #: Its last day.
    quarter = models.DateField()
    county = models.ForeignKey(County, models.PROTECT, related_name="+", db_index=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    weeks_13 = models.BooleanField(null=True)
    weeks_26 = models.BooleanField(null=True)
    weeks_52 = models.BooleanField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "kind"], name="quality_counted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quarter}"
