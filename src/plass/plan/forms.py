"""The forms of the plan's steps."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.cases.form_views import FactForm
from plass.ui.forms import chips, offer

from .models import PlanStep, PlanStepDone


class StepForm(FactForm):
    """A step of the plan."""

    class Meta:
        model = PlanStep
        fields = ("what", "who", "due_on", "goal")
        widgets = {"who": forms.RadioSelect, "due_on": forms.DateInput}  # noqa: RUF012
        error_messages = {  # noqa: RUF012
            "what": {"required": _("Write what is to be done.")},
            "who": {"required": _("Say who does it.")},
            "due_on": {"invalid": _("Write the date as day.month.year.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "who", chips(PlanStep.Who.choices))


class StepDoneForm(FactForm):
    """What came of a step."""

    given_by_action: ClassVar = ("step",)

    class Meta:
        model = PlanStepDone
        fields = ("outcome", "note")
        widgets = {"outcome": forms.RadioSelect}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "outcome", chips(PlanStepDone.Outcome.choices))
