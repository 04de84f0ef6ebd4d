"""The forms for jobs and education."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.cases.form_views import FactForm
from plass.employers.forms import EmployerFactForm
from plass.ui.forms import Number

from .models import EducationEnded, EducationStarted, JobChanged, JobEnded, JobStarted

DATE = {"invalid": _("Write the date as day.month.year.")}


class JobForm(EmployerFactForm):
    """A job starts. ``beside`` is asked for only where another job goes on at the same time."""

    asked_once: ClassVar = ("beside",)
    given_by_action: ClassVar = ("job",)

    beside = forms.BooleanField(label=_("Both jobs are held at the same time"), required=False)

    class Meta:
        model = JobStarted
        fields = (
            "title",
            "form",
            "hours_per_week",
            "happened_on",
            "planned_end_on",
            "subsidised",
            "hourly_pay",
            "occupation",
            "support_plan",
        )
        field_classes: ClassVar = {"hours_per_week": Number, "hourly_pay": Number}
        widgets: ClassVar = {"form": forms.RadioSelect, "planned_end_on": forms.DateInput}
        labels: ClassVar = {"happened_on": _("First day"), "planned_end_on": _("Agreed last day")}
        help_texts: ClassVar = {
            "title": _("As people at the workplace call it."),
            "happened_on": _("It may lie ahead."),
            "planned_end_on": _("Leave it empty for a job without an end."),
            "occupation": _("Four digits, if you know them."),
            "support_plan": _("Who does what, how often you are in touch, who helps at the workplace."),
        }
        error_messages: ClassVar = {
            "title": {"required": _("Write the job title.")},
            "form": {"required": _("Choose the form of employment.")},
            "hours_per_week": {
                "required": _("Write the hours a week, such as 15 or 7,5."),
                "invalid": _("Write the hours as a number, such as 15 or 7,5."),
            },
            "happened_on": DATE | {"required": _("Write the first day.")},
            "planned_end_on": DATE,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Set where the action found a job at the same time, so that the question stands in the form.
        self.asks_beside = bool(self.data.get("beside"))


class JobChangeForm(FactForm):
    """A job gets new terms from a day. The form begins with those that hold, so what is not touched stays."""

    given_by_action: ClassVar = ("job",)

    class Meta:
        model = JobChanged
        fields = ("happened_on", "hours_per_week", "planned_end_on", "note")
        field_classes: ClassVar = {"hours_per_week": Number}
        widgets: ClassVar = {"planned_end_on": forms.DateInput}
        labels: ClassVar = {"happened_on": _("From"), "planned_end_on": _("Agreed last day")}
        help_texts: ClassVar = {"planned_end_on": _("Empty it if the job no longer has an agreed end.")}
        error_messages: ClassVar = {"happened_on": DATE, "planned_end_on": DATE}


class JobEndForm(FactForm):
    """A job ends, and what it taught."""

    given_by_action: ClassVar = ("job",)

    class Meta:
        model = JobEnded
        fields = ("happened_on", "reason", "worked_well", "worked_badly", "lessons", "paid_hours_in_all")
        field_classes: ClassVar = {"paid_hours_in_all": Number}
        widgets: ClassVar = {"reason": forms.RadioSelect}
        labels: ClassVar = {"happened_on": _("Last day of work")}
        help_texts: ClassVar = {
            "paid_hours_in_all": _("Only if it was over after a few hours. A job counts from its fourth paid hour.")
        }
        error_messages: ClassVar = {
            "happened_on": DATE | {"required": _("Write the last day of work.")},
            "reason": {"required": _("Say why it ended.")},
        }


class EducationForm(FactForm):
    """An education starts."""

    given_by_action: ClassVar = ("education",)

    class Meta:
        model = EducationStarted
        fields = ("subject", "institution", "level", "form", "happened_on", "planned_end_on", "support_plan")
        widgets: ClassVar = {
            "level": forms.RadioSelect,
            "form": forms.RadioSelect,
            "planned_end_on": forms.DateInput,
        }
        labels: ClassVar = {"happened_on": _("First day"), "planned_end_on": _("Planned last day")}
        error_messages: ClassVar = {"happened_on": DATE, "planned_end_on": DATE}


class EducationEndForm(FactForm):
    """An education ends."""

    given_by_action: ClassVar = ("education",)

    class Meta:
        model = EducationEnded
        fields = ("happened_on", "outcome", "worked_well", "worked_badly")
        widgets: ClassVar = {"outcome": forms.RadioSelect}
        labels: ClassVar = {"happened_on": _("Last day")}
        error_messages: ClassVar = {"happened_on": DATE, "outcome": {"required": _("Say how it ended.")}}
