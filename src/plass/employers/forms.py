"""Forms about employers; and the fields with which other rooms' forms say which employer and whom there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.cases.form_views import FactForm
from plass.organisation.models import User

from . import actions, organisation_number, queries
from .models import ContactPerson, Employer

NEW = "new"
#: A new employer, although one of much the same name is recorded: said after having seen it.
ANOTHER = "another"


class EmployerFactForm(FactForm):
    """The form of a fact that says which employer (found by a search field, or a new one) and whom there.

    Draw it with ``{% include "employers/_field.html" %}``; call :meth:`settled_values` after validation.

    ``employer`` is the number of an employer, NEW or ANOTHER (a new one, called as ``employer_text``), or nothing:
    then the text alone must name one. ``known`` are employers to offer at once, without a search.
    """

    employer = forms.CharField(label=_("Employer"), required=False, max_length=20)
    employer_text = forms.CharField(
        label=_("Find an employer"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    employer_number = forms.CharField(
        label=_("Organisation number"), required=False, max_length=30, widget=forms.TextInput({"inputmode": "numeric"})
    )
    employer_place = forms.CharField(label=_("Place"), required=False, max_length=100)
    contact_person = forms.CharField(label=_("Contact person"), required=False, max_length=20)
    person_name = forms.CharField(label=_("Name"), required=False, max_length=200)
    person_phone = forms.CharField(
        label=_("Phone"), required=False, max_length=30, widget=forms.TextInput({"inputmode": "tel"})
    )

    #: Whether the form cannot do without an employer. A form that asks only sometimes overrides ``wants_employer``.
    employer_needed = True

    def __init__(self, *args: Any, known: list[Employer] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known or []
        self.found_employer: Employer | None = None
        self.found_person: ContactPerson | None = None
        self._suggestions: list[Employer] | None = None

    def wants_employer(self) -> bool:
        """Whether an employer is asked for, seen from the other fields (which are cleaned by now)."""
        return self.employer_needed

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.wants_employer():
            return values
        try:
            self.found_employer = self._employer(values)
            if self.found_employer is not None:
                self.found_person = self._person(values, self.found_employer)
        except ValidationError as error:
            self.add_error(None, error)
        return values

    def _employer(self, values: dict[str, Any]) -> Employer | None:
        chosen, text = values.get("employer", ""), values.get("employer_text", "").strip()
        if chosen.isdecimal():
            employer = Employer.objects.filter(pk=int(chosen)).first() if len(chosen) < 19 else None
            if employer is None:
                raise ValidationError({"employer": gettext("Choose an employer from the list.")})
            return employer
        if chosen in {NEW, ANOTHER}:
            if len(text) < 2:
                raise ValidationError({"employer_text": gettext("Write the name of the new employer.")})
            values["employer_number"] = organisation_number.parse_for(
                "employer_number", values.get("employer_number", "")
            )
            return None
        if not text:
            raise ValidationError({"employer_text": gettext("Say which employer: write the name and choose.")})
        same = [employer for employer in self.suggestions if _is_named(employer, text)]
        if len(same) == 1:
            return same[0]
        if self.suggestions:
            raise ValidationError({"employer_text": gettext("Choose which employer you mean.")})
        raise ValidationError(
            {"employer_text": gettext("No employer is called this. Choose to record a new one, or write it otherwise.")}
        )

    def _person(self, values: dict[str, Any], employer: Employer) -> ContactPerson | None:
        chosen = values.get("contact_person", "")
        if not chosen.isdecimal() or len(chosen) > 18:
            return None
        # Somebody at the employer that was chosen first is no longer meant after another employer was chosen.
        return ContactPerson.objects.filter(pk=int(chosen), employer=employer).first()

    @classmethod
    def initial_of(cls, fact: Any) -> dict[str, Any]:
        """What the form begins with where ``fact`` is corrected."""
        return super().initial_of(fact) | {
            "employer": str(fact.employer_id or ""),
            "contact_person": str(getattr(fact, "contact_person_id", None) or ""),
        }

    def settled_values(self, by: User) -> dict[str, Any]:
        """What was written, by field of the fact, with the employer and the person there; new ones are recorded now."""
        employer, person = self.settle(by)
        named: dict[str, Any] = {"employer": employer}
        if hasattr(self.fact_kind(), "contact_person"):
            named["contact_person"] = person
        return super().settled_values(by) | named

    def settle(self, by: User) -> tuple[Employer | None, ContactPerson | None]:
        """The employer and the person there that the valid form names; new ones are recorded now.

        Raises ValidationError by field of this form where the new employer is one who is recorded already.
        """
        if not self.wants_employer():
            return None, None
        values = self.cleaned_data
        employer = self.found_employer or self._add(by, values)
        person = self.found_person
        if values["person_name"].strip() and person is None:
            person = actions.add_person(employer, by=by, name=values["person_name"], phone=values["person_phone"])
        return employer, person

    def _add(self, by: User, values: dict[str, Any]) -> Employer:
        try:
            return actions.add_employer(
                by=by,
                name=values["employer_text"],
                organisation_number=values["employer_number"],
                place=values["employer_place"],
                is_another=values["employer"] == ANOTHER,
            )
        except actions.SameNumber as same:
            self.known = [same.existing, *self.known]
            raise ValidationError({"employer_number": same.messages}) from same
        except actions.SimilarName as similar:
            self._suggestions = similar.existing
            raise ValidationError({"employer_text": similar.messages}) from similar

    # --- What the template draws ---------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The value of ``employer`` as it stands in the form."""
        return str(self["employer"].value() or "")

    @property
    def suggestions(self) -> list[Employer]:
        """Employers for the text as it stands in the form."""
        if self._suggestions is None:
            self._suggestions = queries.search(str(self["employer_text"].value() or ""))
        return self._suggestions

    @property
    def offered(self) -> list[Employer]:
        """The employers to choose from at once: the chosen one first, then those known."""
        chosen = self.chosen
        offered = {employer.pk: employer for employer in self.known}
        if chosen.isdecimal() and len(chosen) < 19 and int(chosen) not in offered:
            employer = self.found_employer or Employer.objects.filter(pk=int(chosen)).first()
            if employer is not None:
                offered = {employer.pk: employer} | offered
        return list(offered.values())

    @property
    def people(self) -> list[ContactPerson]:
        """The people to talk to at the chosen employer."""
        chosen = self.chosen
        if not chosen.isdecimal() or len(chosen) > 18:
            return []
        return list(queries.people_at(Employer(pk=int(chosen)))[:20])


def _is_named(employer: Employer, text: str) -> bool:
    number = text.replace(" ", "")
    return number == employer.organisation_number or queries.core_name(text) == queries.core_name(employer.name)


class EmployerForm(IdempotentForm, forms.ModelForm):  # type: ignore[type-arg]
    """Everything we know of an employer. Only the name is needed."""

    is_another = forms.BooleanField(label=_("This is another employer"), required=False)
    # As people write it: with spaces. The nine digits are left when it is checked.
    organisation_number = forms.CharField(
        label=_("Organisation number"), required=False, max_length=30, widget=forms.TextInput({"inputmode": "numeric"})
    )
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=forms.TextInput({"inputmode": "url"}),
        error_messages={"invalid": _("Write the address as www.example.no.")},
    )

    class Meta:
        model = Employer
        fields = (
            "name",
            "organisation_number",
            "industry",
            "address",
            "postal_code",
            "place",
            "phone",
            "website",
        )
        widgets = {  # noqa: RUF012
            "industry": forms.TextInput({"list": "industries", "autocomplete": "off"}),
            "postal_code": forms.TextInput({"inputmode": "numeric"}),
            "phone": forms.TextInput({"inputmode": "tel"}),
        }
        error_messages = {"name": {"required": _("Write the employer's name.")}}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_whether_another = bool(self.data.get("is_another"))

    def clean_organisation_number(self) -> str | None:
        """The nine digits, or None."""
        return organisation_number.parse(self.cleaned_data["organisation_number"])

    def clean_postal_code(self) -> str:
        """Four digits, or nothing."""
        code: str = self.cleaned_data["postal_code"].strip()
        if code and not (len(code) == 4 and code.isdecimal()):
            raise ValidationError(gettext("A postal code has four digits."))
        return code

    def _post_clean(self) -> None:
        # The action fills and checks the employer, and knows the one it may be the same as.
        pass

    def values(self) -> dict[str, Any]:
        """The fields of the employer."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class ChangeEmployerForm(EmployerForm):
    """The same, for an employer who is recorded; ``version`` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_another"]
        self.ask_whether_another = False


class PersonForm(IdempotentForm, forms.ModelForm):  # type: ignore[type-arg]
    """Somebody to talk to at an employer."""

    class Meta:
        model = ContactPerson
        fields: tuple[str, ...] = ("name", "title", "phone", "email", "decides")
        widgets: dict[str, Any] = {  # noqa: RUF012
            "phone": forms.TextInput({"inputmode": "tel"}),
            "email": forms.TextInput({"inputmode": "email"}),
        }
        error_messages = {"name": {"required": _("Write the name.")}}  # noqa: RUF012

    def _post_clean(self) -> None:
        # The action fills and checks the person.
        pass

    def values(self) -> dict[str, Any]:
        """The fields of the person."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class ChangePersonForm(PersonForm):
    """The same, for somebody who is recorded, who may have left."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta(PersonForm.Meta):
        fields = (*PersonForm.Meta.fields, "left_on")
        widgets = {**PersonForm.Meta.widgets, "left_on": forms.DateInput}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "left_on": _("They can read nothing about participants any more, and everybody who let them is told.")
        }

    def clean_left_on(self) -> Any:
        """A day that is not ahead."""
        left_on = self.cleaned_data["left_on"]
        if left_on and left_on > timezone.localdate():
            raise ValidationError(gettext("This date lies ahead. Write it when the person has left."))
        return left_on
