"""The administrator's forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.organisation.models import County, Office, Role, Team, User
from plass.organisation.sorting import alphabetically

from .actions import Place

DATE = {"type": "date"}


class NameForm(IdempotentForm):
    """The name of a county or team."""

    name = forms.CharField(label=_("Name"), max_length=100)


class OfficeForm(NameForm):
    """An office: its number at Nav, and its name."""

    number = forms.CharField(
        label=_("Office number"),
        max_length=4,
        help_text=_("Four digits."),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    field_order = ("number", "name")


class PlaceField(forms.ChoiceField):
    """A team, an office or a county, in one list as it hangs together."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Where"), **kwargs)
        self.places: dict[str, Place] = {}

    def offer(self, *, counties: bool = True) -> None:
        """Fill the list: under each county itself, its offices, and their teams."""
        teams: dict[int, list[Team]] = {}
        for team in Team.objects.select_related("office").order_by(alphabetically()):
            teams.setdefault(team.office_id, []).append(team)
        groups = []
        offices = Prefetch("offices", Office.objects.order_by(alphabetically()))
        for county in County.objects.order_by(alphabetically()).prefetch_related(offices):
            lines: list[tuple[str, str]] = []
            if counties:
                lines.append(self._line("county", county, gettext("The whole county")))
            for office in county.offices.all():
                lines.append(self._line("office", office, office.name))
                lines += [self._line("team", team, f"{office.name}: {team.name}") for team in teams.get(office.pk, [])]
            groups.append((county.name, lines))
        self.choices = [("", gettext("Choose")), *groups]

    def _line(self, kind: str, place: Place, label: str) -> tuple[str, str]:
        key = f"{kind}-{place.pk}"
        self.places[key] = place
        return key, label

    def clean(self, value: Any) -> Any:
        """The place itself."""
        return self.places.get(super().clean(value))


class RoleForm(IdempotentForm):
    """A role at a place, from a date and perhaps until one."""

    role = forms.ChoiceField(label=_("Role"))
    place = PlaceField()
    started_on = forms.DateField(label=_("From"), widget=forms.DateInput(DATE))
    ended_on = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(DATE), help_text=_("Empty: until somebody ends it.")
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        help_text=_("For whoever answers: who has asked for it, and what they are to do."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self)
        self.fields["started_on"].initial = timezone.localdate


class GroupForm(IdempotentForm):
    """What a group gives its members."""

    group = forms.CharField(
        label=_("Group"),
        max_length=200,
        help_text=_("As the login service writes it in the token: in Entra ID the object id."),
    )
    role = forms.ChoiceField(label=_("Role"))
    place = PlaceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self)


class ChangeAccountForm(IdempotentForm):
    """What can be changed about somebody."""

    given_name = forms.CharField(label=_("Given name"), max_length=100)
    family_name = forms.CharField(label=_("Family name"), max_length=100)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)

    def about(self) -> dict[str, Any]:
        """What was written, by field of the account."""
        return {name: self.cleaned_data[name] for name in ("given_name", "family_name", "phone", "email")}


class AccountForm(ChangeAccountForm, RoleForm):
    """A new account and its first role."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("As in the organisation's login service where there is one, such as kari.nordmann@nav.no."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    with_link = forms.BooleanField(
        label=_("With a link to choose a password"),
        required=False,
        initial=True,
        help_text=_("Not needed where everybody logs in through the organisation's login service."),
    )
    field_order = (
        *("given_name", "family_name", "username"),
        *("email", "phone", "role", "place", "started_on", "ended_on", "reason", "with_link"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.PLASS_LOCAL_ACCOUNTS:
            del self.fields["with_link"]


class ReasonForm(IdempotentForm):
    """Why something is asked for, for whoever answers."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("For whoever answers: how you know that it is them who asks."),
    )


class LastDayForm(IdempotentForm):
    """The last day of a role or an account. Yesterday: from now on."""

    last_day = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(DATE),
        help_text=_("They have access through this day. Write yesterday's date to end it now."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = timezone.localdate

    def clean_last_day(self) -> Any:
        """Not further back than yesterday: what was open cannot be closed afterwards."""
        day = self.cleaned_data["last_day"]
        if day < timezone.localdate() - timedelta(days=1):
            raise forms.ValidationError(gettext("Yesterday is the earliest: until now they did have access."))
        return day


def offer(form: forms.Form) -> None:
    """Fill in the roles and the places to choose from."""
    _choose(form, "role", [("", gettext("Choose")), *roles()])
    place = form.fields["place"]
    assert isinstance(place, PlaceField)
    place.offer()


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def roles() -> list[tuple[str, str]]:
    return [(value, capfirst(str(label))) for value, label in Role.choices]


def initial_of(account: User) -> dict[str, Any]:
    """An account as the form to change it begins."""
    return {name: getattr(account, name) for name in ("given_name", "family_name", "phone", "email")}
