"""The forms of this room: refer, give to somebody, rest, end, and the participant's own particulars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.organisation.models import Team, User

from . import identity
from .form_views import FactForm
from .models import Assignment, CaseEnded, CaseReopened, Collaborator, Participant, PauseEnded, PauseStarted, Referral

#: What people type about a participant.
PARTICULARS = (
    "given_name",
    "family_name",
    "phone",
    "email",
    "address",
    "postal_code",
    "place",
    "language",
    "protection",
)
#: More than so many choices are a list to choose from instead of buttons.
MOST_BUTTONS = 6


def choose(label: Any, choices: Iterable[tuple[Any, Any]], **more: Any) -> forms.ChoiceField:
    """A choice as buttons where there are few, as a list where there are many."""
    options = [(value, capfirst(text)) for value, text in choices]
    few = len(options) <= MOST_BUTTONS
    if not few:
        options.insert(0, ("", _("Choose")))
    return forms.ChoiceField(
        label=label, choices=options, widget=forms.RadioSelect() if few else forms.Select(), **more
    )


def protection_field() -> forms.ChoiceField:
    """Whether somebody is protected, as buttons."""
    return forms.ChoiceField(
        label=_("Is the person protected?"),
        choices=[
            ("", _("No")),
            (Participant.Protection.CONFIDENTIAL, _("Confidential address")),
            (Participant.Protection.STRICTLY_CONFIDENTIAL, _("Strictly confidential address")),
            (Participant.Protection.OWN_EMPLOYEE, _("Works at Nav")),
        ],
        widget=forms.RadioSelect,
        required=False,
        help_text=_("Then only the specialist and the counsellor see the participant, not the rest of the team."),
    )


class Particulars(IdempotentForm, forms.ModelForm):  # type: ignore[type-arg]
    """Names, how to reach the person, and whether the address is protected."""

    class Meta:
        model = Participant
        fields = PARTICULARS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}
        self.fields["email"].widget.attrs |= {"autocomplete": "off"}
        self.fields["postal_code"].widget.attrs |= {"inputmode": "numeric"}
        self.fields["language"].help_text = _("If it is easier than Norwegian.")
        self.fields["protection"] = protection_field()

    def _post_clean(self) -> None:
        # The action fills and checks the row, and knows whether it is a new one.
        pass

    def clean_postal_code(self) -> str:
        """Four digits, or nothing."""
        code: str = self.cleaned_data["postal_code"].strip()
        if code and not (len(code) == 4 and code.isascii() and code.isdigit()):
            raise forms.ValidationError(_("A postal code has four digits."))
        return code

    def particulars(self) -> dict[str, Any]:
        """What was written about the person, by field of the participant."""
        return {name: self.cleaned_data[name] for name in PARTICULARS if name in self.fields}


#: As the page lays them out, so that the summary of errors names them in that order.
REFER_ORDER = [
    "number",
    "given_name",
    "family_name",
    "phone",
    "protection",
    "email",
    "address",
    "postal_code",
    "place",
    "language",
    "wishes",
    "help_wanted",
    "participant_agreed_on",
    "team",
    "happened_on",
]


class ReferralFields(forms.Form):
    """What a referral says, beside whom it is about."""

    happened_on = forms.DateField(label=_("Referred on"), initial=timezone.localdate, widget=forms.DateInput)
    wishes = forms.CharField(
        label=_("What does the person say they want?"),
        help_text=_("Work, tasks, surroundings, hours. In their own words."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=5000,
    )
    help_wanted = forms.CharField(
        label=_("What do they want help with?"), widget=forms.Textarea, max_length=5000, required=False
    )
    participant_agreed_on = forms.DateField(
        label=_("The participant said yes on"), initial=timezone.localdate, widget=forms.DateInput
    )


class ReferralForm(ReferralFields, FactForm):
    """Correct a referral. Recording one registers the participant too (:class:`ReferForm`)."""

    class Meta:
        model = Referral
        fields = ("happened_on", "wishes", "help_wanted", "participant_agreed_on")


class ReferForm(ReferralFields, Particulars):
    """Refer somebody: who, what they say they want, and to which team. There is no field for readiness."""

    number = forms.CharField(
        label=_("National identity number or D-number"),
        max_length=20,
        help_text=_("Eleven digits. Never kept in the browser: if you leave the page, you write it again."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "data-secret": ""}),
    )

    def __init__(self, *args: Any, teams: Iterable[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {team.pk: team for team in teams}
        offices = {team.office_id for team in self.teams.values()}
        named = ((team.pk, team.name if len(offices) == 1 else str(team)) for team in self.teams.values())
        self.fields["team"] = choose(
            _("To which team?"), named, error_messages={"required": _("Choose the team that gets the referral.")}
        )
        if len(self.teams) == 1:
            self.fields["team"].initial = next(iter(self.teams))
        self.order_fields(REFER_ORDER)

    def clean_number(self) -> identity.IdentityNumber:
        """The number, where it can be one."""
        return identity.parse(self.cleaned_data["number"])

    def clean_team(self) -> Team:
        """One of the teams that were offered."""
        return self.teams[int(self.cleaned_data["team"])]


class ParticipantForm(Particulars):
    """Change the particulars but for the protection. ``version`` is the one that the form showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["protection"]


class ProtectionForm(IdempotentForm):
    """Whether the person is protected, and why that changes. ``version`` is the one that the form showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    protection = protection_field()
    reason = forms.CharField(
        label=_("Why does it change?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The participant can read it, and so can those who see the participant. Do not write an address."),
    )


class TakeForm(IdempotentForm):
    """Nothing to fill in: press, and the case is yours."""


class HandOverForm(IdempotentForm):
    """Who is to follow the participant from today."""

    instead_of = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Why"), max_length=300, required=False, help_text=_("The participant can read it.")
    )

    meetings = forms.ChoiceField(
        label=_("Meetings that are agreed"),
        choices=[("along", _("Whoever gets the participant takes them over")), ("stay", _("They stay as they are"))],
        initial="along",
        required=False,
        widget=forms.RadioSelect,
        help_text=_("The participant reads who comes. Where nobody gets the participant yet, they stay."),
    )

    def __init__(
        self, *args: Any, people: list[tuple[User, Team | None]], now: int | None, may_be_nobody: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if now is None:
            del self.fields["meetings"]
        self.people = {f"{user.pk}-{team.pk if team else 0}": (user, team) for user, team in people if user.pk != now}
        several = len({team for _user, team in self.people.values()}) > 1
        choices: list[tuple[str, str | Promise]] = [
            (key, f"{user.name} ({team.name})" if team and several else user.name)
            for key, (user, team) in self.people.items()
        ]
        if may_be_nobody:
            choices.append(("nobody", _("Nobody yet: the team finds somebody")))
        self.fields["to"] = choose(_("To whom?"), choices, error_messages={"required": _("Choose who.")})
        self.fields["instead_of"].initial = now
        self.order_fields(["to", "meetings", "reason"])

    def chosen(self) -> tuple[User | None, Team | None]:
        """Who, and in which team; (None, None) for nobody yet."""
        return self.people.get(self.cleaned_data["to"], (None, None))


class AssignmentForm(FactForm):
    """Who follows the participant is corrected by handing over; here the day and the reason."""

    given_by_action: ClassVar = ("role",)

    class Meta:
        model = Assignment
        fields = ("happened_on", "reason")


class PauseForm(FactForm):
    """Let the follow-up rest."""

    class Meta:
        model = PauseStarted
        fields = ("reason", "happened_on", "follow_up_on", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = choose(_("Why does it rest?"), PauseStarted.Reason.choices)
        self.fields["happened_on"].label = _("From")
        self.fields["follow_up_on"].widget = forms.DateInput()
        self.fields["follow_up_on"].help_text = _("It comes up on Min dag that day.")
        self.fields["follow_up_on"].initial = lambda: timezone.localdate() + timedelta(weeks=4)


class ResumeForm(FactForm):
    """Go on after a pause."""

    class Meta:
        model = PauseEnded
        fields = ("happened_on", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].label = _("Goes on from")


class EndForm(FactForm):
    """End the follow-up, with its cause."""

    class Meta:
        model = CaseEnded
        fields = ("cause", "happened_on", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"] = choose(_("Why does it end?"), CaseEnded.Cause.choices)
        self.fields["happened_on"].label = _("Last day of follow-up")


class ReopenForm(FactForm):
    """Open an ended follow-up again."""

    class Meta:
        model = CaseReopened
        fields = ("reason", "happened_on", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = choose(_("Why is it opened again?"), CaseReopened.Reason.choices)
        self.fields["happened_on"].label = _("Goes on from")


class CollaboratorForm(FactForm):
    """Somebody outside who helps at the same time."""

    class Meta:
        model = Collaborator
        fields = ("name", "role", "organisation", "phone", "email", "agreement", "happened_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = choose(_("Who is it?"), Collaborator.Role.choices)
        self.fields["phone"].widget.attrs["inputmode"] = "tel"
        self.fields["agreement"].help_text = _("What you may talk about with each other.")
        self.fields["happened_on"].label = _("The participant agreed on")
