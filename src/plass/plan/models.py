"""The plan: the steps that were agreed on, and what came of each."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Fact, case_and_date


class PlanStep(Fact):
    """Something somebody has agreed to do by a day: a step of the plan."""

    class Who(models.TextChoices):
        PARTICIPANT = "participant", _("participant")
        SPECIALIST = "specialist", _("job specialist")
        COUNSELLOR = "counsellor", _("counsellor")
        EMPLOYER = "employer", _("employer")
        COLLABORATOR = "collaborator", _("collaborator")

    kind = "step"
    what = models.CharField(_("what"), max_length=300)
    who = models.CharField(_("who does it"), max_length=20, choices=Who.choices)
    due_on = models.DateField(_("by"), null=True, blank=True)
    goal = models.CharField(_("towards"), max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("plan_planstep")

    def clean(self) -> None:
        """Done by a day from the agreement on."""
        super().clean()
        if self.due_on and self.happened_on and self.due_on < self.happened_on:
            raise ValidationError({"due_on": gettext("This day has passed. Choose a day from today on.")})


class PlanStepDone(Fact):
    """A step of the plan is done, or was given up, and what came of it."""

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        DROPPED = "dropped", _("given up")

    kind = "step_done"
    step = models.ForeignKey(PlanStep, models.PROTECT, related_name="outcomes", verbose_name=_("step"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.DONE)
    note = models.CharField(_("what came of it"), max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("plan_stepdone")
