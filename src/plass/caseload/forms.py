"""Forms: the end of a follow-up; absence and cover; and handing over many participants at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access.forms import IdempotentForm
from plass.cases.forms import EndForm
from plass.organisation.models import Team, User

from .ending import Open


class EndFollowUpForm(EndForm):
    """End the follow-up, with its cause. What is to come of what stands open (``stands``) is asked where there is any."""

    meetings = forms.ChoiceField(
        label=gettext_lazy("What becomes of the meetings?"),
        choices=[("off", gettext_lazy("They are called off")), ("held", gettext_lazy("They are held as agreed"))],
        widget=forms.RadioSelect,
        required=False,
    )
    steps = forms.ChoiceField(
        label=gettext_lazy("What becomes of the steps?"),
        choices=[("given_up", gettext_lazy("They are given up")), ("stand", gettext_lazy("They stand"))],
        widget=forms.RadioSelect,
        required=False,
    )
    cause_stands = forms.BooleanField(label=gettext_lazy("The cause is right all the same"), required=False)

    def __init__(self, *args: Any, stands: Open, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not stands.meetings:
            del self.fields["meetings"]
        if not stands.steps:
            del self.fields["steps"]
        #: Set where the action found that the cause does not fit what is recorded.
        self.asks_whether_cause_stands = bool(self.data.get("cause_stands"))

    def values(self) -> dict[str, Any]:
        """What was written, and what was said about what stands open."""
        said = {"off": True, "held": False, "given_up": True, "stand": False}
        return super().values() | {
            "meetings_are_off": said.get(self.cleaned_data.get("meetings", "")),
            "steps_are_given_up": said.get(self.cleaned_data.get("steps", "")),
            "cause_stands": self.cleaned_data["cause_stands"],
        }


class AbsenceForm(IdempotentForm):
    """Who is away, from when to when, and who covers."""

    user = forms.TypedChoiceField(label=gettext_lazy("Who is away"), coerce=int)
    covered_by = forms.TypedChoiceField(
        label=gettext_lazy("Who covers"),
        coerce=int,
        help_text=gettext_lazy("Sees the day's work of the one who is away on their own day. Nothing is handed over."),
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput())
    ends_on = forms.DateField(label=gettext_lazy("Through"), widget=forms.DateInput())

    def __init__(self, *args: Any, people: list[User], may_choose: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[Any, str]] = [("", _("Choose")), *((user.pk, user.name) for user in people)]
        self.fields["user"].choices = self.fields["covered_by"].choices = choices  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = timezone.localdate
        if not may_choose:
            del self.fields["user"]

    def clean_ends_on(self) -> date:
        """This side of three years: until then somebody else's day holds the participants of the one who is away."""
        day: date = self.cleaned_data["ends_on"]
        if day > timezone.localdate() + timedelta(days=3 * 366):
            raise ValidationError(_("Check the year."))
        return day


class ChangeAbsenceForm(AbsenceForm):
    """Another last day, or another who covers; the first day stands."""

    field_order = ("covered_by", "ends_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, may_choose=False, **kwargs)
        del self.fields["starts_on"]


class ReassignForm(IdempotentForm):
    """Who is to follow these participants from today."""

    cases = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Participants"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one participant."),
            "invalid_choice": gettext_lazy(
                "Somebody was handed over or ended in the meantime. Look through the list once more."
            ),
        },
    )
    to = forms.ChoiceField(
        label=gettext_lazy("To whom?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("The participants can read it.")
    )

    def __init__(self, *args: Any, rows: list[tuple[int, str]], people: list[tuple[User, Team]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {f"{user.pk}-{team.pk}": (user, team) for user, team in people}
        several = len({team.pk for _user, team in people}) > 1
        self.fields["cases"].choices = rows  # type: ignore[attr-defined]
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (key, f"{user.name} ({team.name})" if several else user.name) for key, (user, team) in self.people.items()
        ]
