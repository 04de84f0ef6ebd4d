"""The form for a version of the vocational profile."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils.translation import gettext_lazy as _

from plass.cases.form_views import FactForm
from plass.ui.forms import Number

from .models import Profile
from .queries import CONTENT


class Lines(SimpleArrayField):
    """A list that is typed with one thing on each line. Empty lines are left out."""

    widget = forms.Textarea

    def __init__(self, base_field: forms.Field, **kwargs: Any) -> None:
        super().__init__(base_field, **{**kwargs, "delimiter": "\n"})

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]  # the stubs think it is text
        """The lines, in their order, each once."""
        if isinstance(value, str):
            lines = (line.strip(" \t-–•*") for line in value.splitlines())
            value = "\n".join(dict.fromkeys(line for line in lines if line))
        return list(super().to_python(value))


class ProfileForm(FactForm):
    """Everything in a version of the profile. ``based_on`` is the version it was prefilled from."""

    asked_once: ClassVar = ("based_on",)

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Profile
        fields = ("happened_on", *CONTENT)
        field_classes: ClassVar = {"occupations": Lines, "hours_wanted": Number}
        widgets: ClassVar = {"employer_contact": forms.RadioSelect}
        labels: ClassVar = {"happened_on": _("Talked about on")}
        help_texts: ClassVar = {
            "occupations": _("One on each line."),
            "support_needs": _("What is needed at work, not diagnoses."),
            "must_not_share": _("Nobody tells an employer this."),
        }


def prefilled(newest: Profile | None) -> dict[str, Any]:
    """What the form begins with: the newest version, or nothing."""
    if newest is None:
        return {"based_on": None}
    return {name: getattr(newest, name) for name in CONTENT} | {"based_on": newest.pk}
