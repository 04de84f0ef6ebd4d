"""The form that corrects a fact: the one that records it, and the reason."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.cases.fact_register import fact_kinds
from plass.cases.form_views import FactForm
from plass.employers.forms import EmployerFactForm


class Reason(forms.Form):
    """Why a fact is corrected or withdrawn."""

    correction_reason = forms.CharField(
        label=_("Why is it corrected?"),
        max_length=300,
        help_text=_("It stands in the timeline, and the participant can read it."),
        error_messages={"required": _("Say why it is corrected.")},
    )


class WithdrawForm(Reason, IdempotentForm):
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
        for name in cast(FactForm, self).asked_once:
            self.fields.pop(name, None)

    @property
    def fields_of_fact(self) -> list[tuple[forms.BoundField, bool]]:
        """What the form asks about the fact, each with whether the fact always says it; the employer's are drawn apart."""
        other_fields = {*Reason.base_fields, *EmployerFactForm.base_fields}
        model = cast(FactForm, self).fact_kind()
        always = {column.name for column in model._meta.concrete_fields if not column.blank}
        return [(field, field.name in always) for field in self.visible_fields() if field.name not in other_fields]


@cache
def correction_form(kind: str) -> type[FactForm]:
    """The form that corrects that kind of fact: a :class:`CorrectionForm`."""
    form = fact_kinds()[kind].form
    return cast(type[FactForm], type(f"Correct{form.__name__}", (CorrectionForm, form), {"__doc__": form.__doc__}))
