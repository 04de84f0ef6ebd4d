"""The form that corrects a fact, for every kind: its own form where it has one, and the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.access.forms import OnceForm
from plass.cases.forms import CollaboratorForm, EndForm, PauseForm, ReopenForm, ResumeForm
from plass.cases.models import Assignment, Fact, Referral
from plass.cases.pages import FactForm
from plass.employers.forms import EmployerFields
from plass.followup.forms import StepDoneForm, StepForm, chips
from plass.followup.models import Channel, Contact, Meeting, MeetingCancelled, Party
from plass.jobs.actions import check_education, check_job, check_start
from plass.jobs.forms import EducationEndForm, EducationForm, JobChangeForm, JobEndForm, JobForm
from plass.jobs.models import EducationEnded, EducationStarted, JobChanged, JobEnded, JobStarted
from plass.profiles.forms import ProfileForm

#: Fields of the forms for new facts that a correction does not ask about.
NOT_ASKED = ("based_on", "beside")


class Reason(forms.Form):
    """Why a fact is corrected or withdrawn."""

    correction_reason = forms.CharField(
        label=_("Why is it corrected?"),
        max_length=300,
        help_text=_("It stands in the timeline, and the participant can read it."),
        error_messages={"required": _("Say why it is corrected.")},
    )


class WithdrawForm(Reason, OnceForm):
    """A fact was recorded by mistake."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["correction_reason"].label = _("Why is it withdrawn?")
        self.fields["correction_reason"].error_messages["required"] = _("Say why it is withdrawn.")


class CorrectionForm(Reason):
    """Mixed into the form of a kind of fact. ``corrects`` is the row that was in front of the one who writes."""

    corrects = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NOT_ASKED:
            self.fields.pop(name, None)

    @property
    def fact_fields(self) -> tuple[str, ...]:
        """The fields of the fact that this form asks about."""
        return tuple(self._meta.fields)  # type: ignore[attr-defined]

    def written(self) -> dict[str, Any]:
        """What was written, by field of the fact; employer and contact person left out."""
        return {name: self.cleaned_data[name] for name in self.fact_fields}


class MeetingLike(EmployerFields):
    """With whom, as boxes; an employer is asked for only where one took part."""

    parties = forms.MultipleChoiceField(
        label=_("With"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say who you were in touch with.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.MultipleChoiceField, self.fields["parties"]).choices = chips(Party.choices)

    def wants_employer(self) -> bool:
        return Party.EMPLOYER in self.cleaned_data.get("parties", [])

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("channel") and values["channel"] != Channel.IN_PERSON:
            values["place"] = ""
        return values


class _Contact(CorrectionForm, MeetingLike, FactForm):
    class Meta:
        model = Contact
        fields = (
            "parties",
            "no_show",
            "channel",
            "place",
            "minutes",
            "travel_minutes",
            "purpose",
            "decision_maker",
            "note",
            "happened_on",
            "started_at",
            "next_contact_on",
            "withheld_because",
        )
        widgets: ClassVar = {
            "channel": forms.RadioSelect,
            "place": forms.RadioSelect,
            "purpose": forms.RadioSelect,
            "next_contact_on": forms.DateInput,
            "started_at": forms.TimeInput,
        }


class _Meeting(CorrectionForm, MeetingLike, FactForm):
    class Meta:
        model = Meeting
        fields = ("parties", "starts_at", "minutes", "channel", "place", "address", "purpose", "note")
        widgets: ClassVar = {
            "channel": forms.RadioSelect,
            "place": forms.RadioSelect,
            "purpose": forms.RadioSelect,
        }


class _Cancellation(CorrectionForm, FactForm):
    class Meta:
        model = MeetingCancelled
        fields = ("by", "reason")
        widgets: ClassVar = {"by": forms.RadioSelect}


class _Referral(CorrectionForm, FactForm):
    class Meta:
        model = Referral
        fields = ("happened_on", "wishes", "help_wanted", "participant_agreed_on")
        widgets: ClassVar = {"participant_agreed_on": forms.DateInput}


class _Assignment(CorrectionForm, FactForm):
    class Meta:
        model = Assignment
        fields = ("happened_on", "reason")


class _Step(CorrectionForm, StepForm):
    pass


class _StepDone(CorrectionForm, StepDoneForm):
    pass


class _Pause(CorrectionForm, PauseForm):
    pass


class _Resumption(CorrectionForm, ResumeForm):
    pass


class _End(CorrectionForm, EndForm):
    pass


class _Reopening(CorrectionForm, ReopenForm):
    pass


class _Collaborator(CorrectionForm, CollaboratorForm):
    pass


class _Profile(CorrectionForm, ProfileForm):
    pass


class _JobStart(CorrectionForm, JobForm):
    pass


class _JobChange(CorrectionForm, JobChangeForm):
    pass


class _JobEnd(CorrectionForm, JobEndForm):
    pass


class _EducationStart(CorrectionForm, EducationForm):
    pass


class _EducationEnd(CorrectionForm, EducationEndForm):
    pass


def _job_in_order(fact: Fact) -> None:
    assert isinstance(fact, JobStarted | JobChanged | JobEnded)
    if isinstance(fact, JobStarted) and fact.stands:
        check_start(fact)
    check_job(fact.case, fact.job_id)


def _education_in_order(fact: Fact) -> None:
    assert isinstance(fact, EducationStarted | EducationEnded)
    check_education(fact.case, fact.education_id)


@dataclass(frozen=True)
class Correctable:
    """How a kind of fact is corrected: its form, whether its date may lie ahead, and what must hold afterwards.

    ``check`` gets the new row (or the withdrawn one) within the same transaction and raises ValidationError.
    """

    form: type[FactForm]
    may_lie_ahead: bool = False
    check: Callable[[Fact], None] = lambda fact: None


#: By the word for the kind of fact. A test compares the keys with ``Fact.kinds()``.
CORRECTABLE: dict[str, Correctable] = {
    "referral": Correctable(_Referral),
    "assignment": Correctable(_Assignment),
    "pause": Correctable(_Pause),
    "resumption": Correctable(_Resumption),
    "end": Correctable(_End),
    "reopening": Correctable(_Reopening),
    "collaborator": Correctable(_Collaborator),
    "profile": Correctable(_Profile),
    "meeting": Correctable(_Meeting),
    "cancellation": Correctable(_Cancellation),
    "contact": Correctable(_Contact),
    "step": Correctable(_Step),
    "step_done": Correctable(_StepDone),
    "job_start": Correctable(_JobStart, may_lie_ahead=True, check=_job_in_order),
    "job_change": Correctable(_JobChange, may_lie_ahead=True, check=_job_in_order),
    "job_end": Correctable(_JobEnd, may_lie_ahead=True, check=_job_in_order),
    "education_start": Correctable(_EducationStart, may_lie_ahead=True, check=_education_in_order),
    "education_end": Correctable(_EducationEnd, may_lie_ahead=True, check=_education_in_order),
}
