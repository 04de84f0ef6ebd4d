"""Forms of staff: the answer to a request, and what is written for the participant with their word."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.accounts.forms import wait_words
from plass.accounts.rate_limit import TooManyAttempts
from plass.cases.models import Case
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User
from plass.organisation.sorting import alphabetically
from plass.ui.forms import TextNeededWhen

from . import actions, queries
from .actions import TO_SHARE
from .models import TO_DECIDE, AgreedHow, CorrectionAnswer, Disclosure, Item, Proof


def capital(choices: Any) -> list[tuple[str, str]]:
    """Choices as they stand on buttons: each with a capital letter."""
    return [(value, str(label)[:1].upper() + str(label)[1:]) for value, label in choices]


class AnswerForm(IdempotentForm):
    """The answer to a request for correction."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=CorrectionAnswer.Outcome.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("The participant reads this. Write plainly."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = capital(CorrectionAnswer.Outcome.choices)  # type: ignore[attr-defined]


class Agreed(IdempotentForm):
    """What staff write for a participant says how they said yes."""

    agreed_how = forms.ChoiceField(label=_("How did the participant say so?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreed_how"].choices = capital(AgreedHow.choices)  # type: ignore[attr-defined]
        # Asked last.
        self.fields["agreed_how"] = self.fields.pop("agreed_how")


class DecisionForm(IdempotentForm):
    """Whether employers may know one thing, and what speaks for and against telling."""

    stance = forms.ChoiceField(label=_("May employers know?"), widget=forms.RadioSelect)
    good = forms.CharField(
        label=_("What can be good about telling?"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    bad = forms.CharField(
        label=_("What can be bad about telling?"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stance"].choices = capital(Disclosure.Stance.choices)  # type: ignore[attr-defined]


class StaffDecisionForm(Agreed, DecisionForm):
    """The same, written by staff."""

    item = forms.ChoiceField(label=_("What"))

    def __init__(self, *args: Any, only_no: bool = False, **kwargs: Any) -> None:
        """``only_no``: for whoever steps in, who may write down a no and nothing that opens anything."""
        super().__init__(*args, **kwargs)
        if only_no:
            stance = self.fields["stance"]
            stance.choices = [choice for choice in stance.choices if choice[0] == Disclosure.Stance.NO]  # type: ignore[attr-defined]
            stance.help_text = _("A yes is written down by those who follow the participant.")
        self.fields["item"].choices = capital((item.value, item.label) for item in TO_DECIDE)  # type: ignore[attr-defined]
        self.order_fields(["item", "stance", "good", "bad", "agreed_how"])


class ReleaseForm(IdempotentForm):
    """What an employer may read, in the participant's words."""

    item = forms.ChoiceField(label=_("What"))
    text = forms.CharField(
        label=_("What the employer reads"),
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("The employer reads exactly these words."),
    )
    until = forms.DateField(
        label=_("Until which day?"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave it empty, and it is shared until you withdraw it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = capital((item.value, item.label) for item in TO_SHARE)  # type: ignore[attr-defined]


class StaffReleaseForm(Agreed, ReleaseForm):
    """The same, written by staff for one of the employers who have to do with the case."""

    employer = forms.ModelChoiceField(label=_("Employer"), queryset=Employer.objects.none())

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["employer"].queryset = queries.employers_of(case)  # type: ignore[attr-defined]
        self.order_fields(["employer", "item", "text", "until", "agreed_how"])


class AccessForm(Agreed):
    """Which contact person gets access, and when the participant said yes; and a code from them, where one is needed."""

    contact_person = forms.ModelChoiceField(label=_("Contact person"), queryset=ContactPerson.objects.none())
    agreed_on = forms.DateField(
        label=_("The participant said yes on"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    code = TextNeededWhen(
        label=_("Code from the contact person"),
        needed_when=_("needed if a colleague gave them the password"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, case: Case, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        people = ContactPerson.objects.filter(employer__in=queries.employers_of(case), left_on=None)
        field = self.fields["contact_person"]
        field.queryset = people.select_related("employer").order_by("employer__sort_name", alphabetically(), "pk")  # type: ignore[attr-defined]
        field.label_from_instance = lambda person: f"{person.name}, {person.employer.name}"  # type: ignore[attr-defined]
        self.fields["agreed_on"].initial = timezone.localdate
        self.fields["code"].help_text = gettext(
            "If you do not know who did, leave it empty, and you are told what to do. Your staff number is %(number)d."
        ) % {"number": by.pk}
        self.order_fields(["contact_person", "agreed_on", "agreed_how", "code"])

    def clean(self) -> dict[str, Any]:
        """The code is right, or none is needed. Here, and not in the act alone, so that a wrong one is counted."""
        cleaned = super().clean() or self.cleaned_data
        person = cleaned.get("contact_person")
        if self.errors or person is None or not actions.needs_code(person):
            return cleaned
        cleaned["code"] = "".join(cleaned["code"].split())
        if not cleaned["code"]:
            self.add_error("code", gettext("A colleague of yours has given them their password."))
            self.add_error("code", actions.wrong_code(self.by))
            return cleaned
        try:
            if not actions.code_fits(person, cleaned["code"], by=self.by):
                self.add_error("code", gettext("This code is wrong."))
                self.add_error("code", actions.wrong_code(self.by))
        except TooManyAttempts as closed:
            self.add_error("code", wait_words(closed))
        return cleaned


class LostPhoneForm(IdempotentForm):
    """How a contact person who lost the phone showed who they are."""

    proof = forms.ChoiceField(
        label=_("How did they show who they are?"), choices=Proof.choices, widget=forms.RadioSelect
    )


__all__ = [
    "AccessForm",
    "AnswerForm",
    "DecisionForm",
    "Item",
    "LostPhoneForm",
    "ReleaseForm",
    "StaffDecisionForm",
    "StaffReleaseForm",
]
