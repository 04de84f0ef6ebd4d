"""Forms of what a list says otherwise: one by one, and all of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm

from .differences import PARTICULARS
from .fields import Field
from .labels import LABELS
from .plan_types import Difference
from .taking import Choice
from .ways import Way

#: How many of one kind there must be before all of them can be taken at once.
SEVERAL = 2


def _way(difference: Difference, way: Way) -> str | Promise:
    if way is Way.CHANGE:
        return _("Take what the list says") if difference.field in PARTICULARS else _("Changed, from the day below")
    return _("Correct what is recorded") if way is Way.CORRECTION else _("Let it stay")


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, initial=timezone.localdate)


def _not_ahead(form: forms.Form, name: str) -> date | None:
    """The first day of a change, which has been. Adds an error where it has not, or is missing."""
    day: date | None = form.cleaned_data.get(name)
    if name in form.errors:
        return None
    if day is None:
        form.add_error(name, _("Write the first day that it is true."))
    elif day > timezone.localdate():
        form.add_error(name, _("This date lies ahead. Write the day it happened."))
    return day


class DifferencesForm(IdempotentForm):
    """How each of some differences is to be taken: ``way_`` and ``day_`` with its key. Nothing said is to leave it."""

    def __init__(self, *args: Any, differences: Sequence[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences = differences
        for difference in differences:
            ways = (Way.LEAVE, *difference.ways)
            self.fields[f"way_{difference.key}"] = forms.ChoiceField(
                label=difference.label,
                choices=[(way.value, _way(difference, way)) for way in ways],
                required=False,
                initial=Way.LEAVE.value,
                widget=forms.RadioSelect() if difference.ways else forms.HiddenInput(),
            )
            if difference.is_dated:
                self.fields[f"day_{difference.key}"] = _day_field(_("From and including"))

    def fields_of(self, difference: Difference) -> tuple[forms.BoundField, forms.BoundField | None]:
        """The fields that ask how it is to be taken, and from when where a change has a day."""
        return self[f"way_{difference.key}"], self[f"day_{difference.key}"] if difference.is_dated else None

    @property
    def choices(self) -> dict[str, Choice]:
        """What was chosen for each."""
        choices = {}
        for difference in self.differences:
            way = Way(self.cleaned_data[f"way_{difference.key}"] or Way.LEAVE)
            is_dated = way is Way.CHANGE and difference.is_dated
            choices[difference.key] = Choice(way, self.cleaned_data[f"day_{difference.key}"] if is_dated else None)
        return choices

    def clean(self) -> dict[str, Any]:
        """A change has its first day. One that is not a change needs none, whatever stands in the box."""
        cleaned = super().clean() or self.cleaned_data
        for difference in self.differences:
            name = f"day_{difference.key}"
            if difference.is_dated and cleaned.get(f"way_{difference.key}") == Way.CHANGE:
                _not_ahead(self, name)
            elif name in self.errors:
                del self.errors[name]
        return cleaned


class AllOfAKindForm(IdempotentForm):
    """One way for all differences of one kind. ``all`` tells it from the form above."""

    all = forms.CharField(widget=forms.HiddenInput, initial="1")
    field = forms.ChoiceField(label=_("Which?"))
    way = forms.ChoiceField(
        label=_("What is to be done with all of them?"),
        choices=[
            (Way.LEAVE.value, _("Let them stay")),
            (Way.CHANGE.value, _("Take what the list says, as changed")),
            (Way.CORRECTION.value, _("Correct what is recorded")),
        ],
        initial=Way.LEAVE.value,
        widget=forms.RadioSelect,
    )
    day = _day_field(_("Changed from and including"))

    def __init__(self, *args: Any, differences: Iterable[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences = list(differences)
        counts = Counter(difference.field for difference in self.differences)
        self.fields["field"].choices = [  # type: ignore[attr-defined]
            (field.value, f"{LABELS[field]} ({count})") for field, count in counts.most_common() if count >= SEVERAL
        ]

    @property
    def is_useful(self) -> bool:
        """Whether there are several of any kind."""
        return bool(self.fields["field"].choices)  # type: ignore[attr-defined]

    def _chosen(self) -> list[Difference]:
        """Those of the kind that can be taken so."""
        way, field = self.cleaned_data["way"], Field(self.cleaned_data["field"])
        return [
            difference
            for difference in self.differences
            if difference.field is field and way in (Way.LEAVE, *difference.ways)
        ]

    @property
    def choices(self) -> dict[str, Choice]:
        """What was chosen for each that can be taken so."""
        way = Way(self.cleaned_data["way"])
        return {
            difference.key: Choice(way, self.cleaned_data["day"] if way is Way.CHANGE and difference.is_dated else None)
            for difference in self._chosen()
        }

    def clean(self) -> dict[str, Any]:
        """Some of the kind can be taken so; and a change has its first day."""
        cleaned = super().clean() or self.cleaned_data
        if "way" in cleaned and "field" in cleaned:
            if not self._chosen():
                self.add_error("way", _("None of these can be taken this way. Choose another one."))
            elif cleaned["way"] == Way.CHANGE and any(difference.is_dated for difference in self._chosen()):
                _not_ahead(self, "day")
            elif "day" in self.errors:
                del self.errors["day"]
        return cleaned
