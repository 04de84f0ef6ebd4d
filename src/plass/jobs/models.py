"""Jobs and education: start, changes, end.

:class:`Job` and :class:`Education` are only what the facts of one job, or one education, have in common: their number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Case, Fact, case_and_date
from plass.db.row_policies import OF_A_CASE, RowPolicy
from plass.employers.models import ContactPerson, Employer

HOURS = [MinValueValidator(0), MaxValueValidator(60)]


class Job(models.Model):
    """One job at one workplace, from start to end."""

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select, insert=OF_A_CASE.insert)
    case = models.ForeignKey(Case, models.PROTECT, related_name="jobs")


class JobStarted(Fact):
    """A job starts: where, as what, how much, and on what terms. The start may lie ahead."""

    class Form(models.TextChoices):
        PERMANENT = "permanent", _("permanent")
        TEMPORARY = "temporary", _("temporary")
        ON_CALL = "on_call", _("on call")
        APPRENTICE = "apprentice", _("apprentice")
        FREELANCE = "freelance", _("freelance or own business")
        WORK_TRIAL = "work_trial", _("work trial (unpaid)")
        JOB_TASTER = "job_taster", _("job taster (unpaid)")

    #: Forms without pay: training and trying out, not yet a job.
    UNPAID = (Form.WORK_TRIAL, Form.JOB_TASTER)

    kind = "job_start"
    begins = "job"
    job = models.ForeignKey(Job, models.PROTECT, related_name="starts", db_index=False)
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="+", verbose_name=_("employer"))
    contact_person = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contact person"),
        db_index=False,
    )
    title = models.CharField(_("job title"), max_length=100)
    occupation = models.CharField(
        _("occupation (STYRK-08)"),
        max_length=4,
        blank=True,
        validators=[RegexValidator(r"^\d{4}$", _("A STYRK-08 code has four digits."))],
    )
    form = models.CharField(_("form of employment"), max_length=20, choices=Form.choices)
    subsidised = models.BooleanField(_("with wage subsidy"), default=False)
    hours_per_week = models.DecimalField(_("hours a week"), max_digits=4, decimal_places=2, validators=HOURS)
    hourly_pay = models.DecimalField(
        _("pay, kroner an hour"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    planned_end_on = models.DateField(_("agreed last day"), null=True, blank=True)
    support_plan = models.TextField(_("support agreed"), blank=True)

    class Meta:
        indexes: ClassVar = [*case_and_date("jobs_jobstarted"), models.Index(fields=["job"], name="jobs_start_job")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(planned_end_on__isnull=True) | Q(planned_end_on__gte=F("happened_on")),
                name="jobs_planned_end_after_start",
                violation_error_message=_("The agreed last day cannot be before the first."),
            )
        ]

    @classmethod
    def rows(cls) -> RowPolicy:
        """Contact persons go to another employer, and what was recorded before is still corrected."""
        return replace(super().rows(), may_differ=("contact_person.employer",))

    def clean(self) -> None:
        """Unpaid forms have neither pay nor wage subsidy; paid ones have hours, but for on-call work."""
        super().clean()
        errors = {}
        if self.form in self.UNPAID:
            if self.subsidised:
                errors["subsidised"] = gettext(
                    "A work trial or job taster is unpaid, so there is no wage subsidy. Choose one."
                )
            if self.hourly_pay:
                errors["hourly_pay"] = gettext(
                    "A work trial or job taster is unpaid. Leave the pay out, or choose another form."
                )
        elif self.hours_per_week is not None and self.hours_per_week <= 0 and self.form != self.Form.ON_CALL:
            errors["hours_per_week"] = gettext("Write the hours a week. Only on-call work may begin with none.")
        if errors:
            raise ValidationError(errors)


class JobChanged(Fact):
    """From a date the job has other hours, another form or another agreed last day."""

    kind = "job_change"
    job = models.ForeignKey(Job, models.PROTECT, related_name="changes", db_index=False)
    hours_per_week = models.DecimalField(_("hours a week"), max_digits=4, decimal_places=2, validators=HOURS)
    planned_end_on = models.DateField(_("agreed last day"), null=True, blank=True)
    note = models.TextField(_("what changed and why"), blank=True)

    class Meta:
        indexes: ClassVar = [*case_and_date("jobs_jobchanged"), models.Index(fields=["job"], name="jobs_change_job")]


class JobEnded(Fact):
    """A job ends. ``happened_on`` is the last day of work."""

    class Reason(models.TextChoices):
        AGREED_END = "agreed_end", _("the agreed time was over")
        NEW_JOB = "new_job", _("went to another job")
        EDUCATION = "education", _("began an education")
        RESIGNED = "resigned", _("the participant left")
        DISMISSED = "dismissed", _("the employer ended it")
        ECONOMY = "economy", _("the firm's economy")
        HEALTH = "health", _("health")
        OTHER = "other", _("other")

    kind = "job_end"
    job = models.ForeignKey(Job, models.PROTECT, related_name="ends", db_index=False)
    reason = models.CharField(_("why it ended"), max_length=20, choices=Reason.choices)
    paid_hours_in_all = models.DecimalField(
        _("paid hours in all, if few"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    worked_well = models.TextField(_("what worked"), blank=True)
    worked_badly = models.TextField(_("what did not work"), blank=True)
    lessons = models.TextField(_("what to bring to the next job"), blank=True)

    class Meta:
        indexes: ClassVar = [*case_and_date("jobs_jobended"), models.Index(fields=["job"], name="jobs_end_job")]


class Education(models.Model):
    """One education, from start to end."""

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select, insert=OF_A_CASE.insert)
    case = models.ForeignKey(Case, models.PROTECT, related_name="educations")


class EducationStarted(Fact):
    """An education starts."""

    class Level(models.TextChoices):
        COURSE = "course", _("course")
        SECONDARY = "secondary", _("upper secondary school")
        APPRENTICE = "apprentice", _("certificate of apprenticeship")
        VOCATIONAL = "vocational", _("vocational college")
        HIGHER = "higher", _("university or college")
        OTHER = "other", _("other")

    class Form(models.TextChoices):
        FULL_TIME = "full_time", _("full time")
        PART_TIME = "part_time", _("part time")
        BESIDE_WORK = "beside_work", _("beside work")

    kind = "education_start"
    begins = "education"
    education = models.ForeignKey(Education, models.PROTECT, related_name="starts")
    level = models.CharField(_("level"), max_length=20, choices=Level.choices)
    subject = models.CharField(_("subject"), max_length=200)
    institution = models.CharField(_("school"), max_length=200, blank=True)
    form = models.CharField(_("form"), max_length=20, choices=Form.choices)
    planned_end_on = models.DateField(_("planned last day"), null=True, blank=True)
    support_plan = models.TextField(_("support agreed"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("jobs_edustarted")

    def clean(self) -> None:
        """It ends after it begins."""
        super().clean()
        if self.happened_on and self.planned_end_on and self.planned_end_on < self.happened_on:
            raise ValidationError({"planned_end_on": gettext("The planned last day cannot be before the first.")})


class EducationEnded(Fact):
    """An education ends, completed or not."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("completed")
        INTERRUPTED = "interrupted", _("interrupted")

    kind = "education_end"
    education = models.ForeignKey(Education, models.PROTECT, related_name="ends")
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    worked_well = models.TextField(_("what worked"), blank=True)
    worked_badly = models.TextField(_("what did not work"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("jobs_educationended")
