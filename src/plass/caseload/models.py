"""What is read together: the milestones of a case (an SQL view), and the figures that leaders have been shown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Case, CaseEnded, Participant, PauseStarted
from plass.db.row_policies import OF_A_CASE, RowPolicy
from plass.organisation.models import County, Office, Team, User


class Phase(models.TextChoices):
    """Where a case is, derived from its facts. A phase is not a gate: nothing is closed by it."""

    REFERRED = "referred", _("waiting for the first talk")
    ENGAGEMENT = "engagement", _("getting to know each other")
    PROFILING = "profiling", _("vocational profile")
    JOB_DEVELOPMENT = "job_development", _("job development")
    IN_WORK = "in_work", _("in work")
    IN_EDUCATION = "in_education", _("in education")
    ENDED = "ended", _("ended")


class Milestones(models.Model):
    """A row a case: what has been reached and when. ``docs/milestones.md`` defines each column."""

    case = models.OneToOneField(Case, models.DO_NOTHING, primary_key=True, related_name="milestones")
    team = models.ForeignKey(Team, models.DO_NOTHING, null=True, related_name="+")
    specialist = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")
    participant = models.ForeignKey(Participant, models.DO_NOTHING, related_name="+")
    office = models.ForeignKey(Office, models.DO_NOTHING, related_name="+")
    referred_on = models.DateField(_("referred"), null=True)
    taken_on = models.DateField(_("taken by a specialist"), null=True)
    first_meeting_on = models.DateField(_("first meeting"), null=True)
    started_on = models.DateField(_("start"), null=True)
    last_met_on = models.DateField(_("last met"), null=True)
    last_contact_on = models.DateField(_("last in touch"), null=True)
    last_no_show_on = models.DateField(_("last did not show up"), null=True)
    first_employer_contact_on = models.DateField(_("first employer met"), null=True)
    last_employer_contact_on = models.DateField(_("last employer contact"), null=True)
    next_contact_on = models.DateField(_("be in touch again"), null=True)
    first_profile_on = models.DateField(_("first profile"), null=True)
    last_profile_on = models.DateField(_("newest profile"), null=True)
    employer_contact = models.CharField(_("may employers be contacted?"), max_length=20, null=True)
    first_job_on = models.DateField(_("first job"), null=True)
    first_job_hours = models.DecimalField(_("hours a week in the first job"), max_digits=4, decimal_places=1, null=True)
    jobs = models.IntegerField(_("jobs"))
    job_counts_on = models.DateField(_("a job begins to count"), null=True)
    next_planned_end_on = models.DateField(_("a job is agreed to end"), null=True)
    paused_on = models.DateField(_("paused"), null=True)
    pause_reason = models.CharField(_("why paused"), max_length=20, choices=PauseStarted.Reason.choices, null=True)
    pause_follow_up_on = models.DateField(_("look again"), null=True)
    ended_on = models.DateField(_("ended"), null=True)
    end_cause = models.CharField(_("cause of the end"), max_length=30, choices=CaseEnded.Cause.choices, null=True)
    reopened = models.IntegerField(_("times reopened"))
    waiting_days = models.IntegerField(_("days waiting"), null=True)
    waited_days = models.IntegerField(_("days from referral to start"), null=True)
    in_work = models.BooleanField(_("in work"))
    in_education = models.BooleanField(_("in education"))
    in_trial = models.BooleanField(_("in work trial"))
    retained_13_weeks = models.BooleanField(_("in work after 13 weeks"), null=True)
    retained_26_weeks = models.BooleanField(_("in work after 26 weeks"), null=True)
    retained_52_weeks = models.BooleanField(_("in work after 52 weeks"), null=True)
    working_since = models.DateField(_("in work since"), null=True)
    last_worked_on = models.DateField(_("last worked"), null=True)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase.choices)

    class Meta:
        managed = False
        db_table = "milestones"
        ordering: ClassVar = ["case_id"]

    def __str__(self) -> str:
        return f"#{self.case_id}"


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
        select="office_id = ANY ((SELECT caseload_led_offices())::bigint[]) "
        "OR (office_id IS NULL AND county_id = ANY ((SELECT caseload_led_counties())::bigint[]))",
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
                name="caseload_figure_once_a_release",
            ),
            models.CheckConstraint(
                condition=models.Q(hidden=False) | models.Q(value__isnull=True), name="caseload_hidden_has_no_value"
            ),
        ]
        # A page asks for a year's, and for those of the day of the newest release (no year).
        indexes: ClassVar = [models.Index(fields=["year", "release"], name="caseload_figures_of_a_page")]

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

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select)
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
            models.UniqueConstraint(fields=["case", "kind"], name="caseload_counted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quarter}"
