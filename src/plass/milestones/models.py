"""What is read together: the milestones of a case (an SQL view)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Case, CaseEnded, Participant, PauseStarted
from plass.organisation.models import Office, Team, User


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
    first_job_hours = models.DecimalField(_("hours a week in the first job"), max_digits=4, decimal_places=2, null=True)
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
