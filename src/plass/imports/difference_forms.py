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
from .translatable import in_words
from .ways import Way

#: How many of one kind there must be before all of them can be taken at once.
SEVERAL = 2


def _way(difference: Difference, way: Way) -> str | Promise:
    if way is Way.CHANGE:
        return _("Take what the list says") if difference.field in PARTICULARS else _("Changed, from the day below")
    return _("Correct what is recorded") if way is Way.CORRECTION else _("Let it stay")


def _day_field(label: Any, initial: Any = timezone.localdate) -> forms.DateField:
    return forms.DateField(label=label, required=False, initial=initial)


def _check_day(form: forms.Form, name: str, difference: Difference | None = None) -> None:
    """Add an error where the first day of a change is missing, lies ahead, or is too late for the ``difference``."""
    day: date | None = form.cleaned_data.get(name)
    if name in form.errors:
        return
    if day is None:
        form.add_error(name, _("Write the first day that it is true."))
    elif day > timezone.localdate():
        form.add_error(name, _("This date lies ahead. Write the day it happened."))
    elif difference and (latest := difference.latest_day) and not difference.can_change_from(day):
        form.add_error(
            name,
            _("The job ended on %(day)s. Write a day before that, or correct what is recorded.")
            % {"day": in_words(latest)},
        )


class DifferencesForm(IdempotentForm):
    """How each of some differences is to be taken: ``way_`` and ``day_`` with its key. It stays open where none is chosen.

    ``shown`` are the keys of all that the page shows.
    """

    shown = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, differences: Sequence[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences = differences
        self.fields["shown"].initial = [difference.key for difference in differences]
        for difference in differences:
            self.fields[f"way_{difference.key}"] = forms.ChoiceField(
                label=difference.label,
                choices=[(way.value, _way(difference, way)) for way in (Way.LEAVE, *difference.ways)],
                required=False,
                widget=forms.RadioSelect(),
            )
            if difference.is_dated:
                # In a job that has ended nothing changes today.
                latest = difference.latest_day
                day = _day_field(_("From and including"), None if latest else timezone.localdate)
                if latest:
                    day.help_text = _("At the latest %(day)s, when the job ended.") % {"day": in_words(latest)}
                self.fields[f"day_{difference.key}"] = day

    def fields_of(self, difference: Difference) -> tuple[forms.BoundField, forms.BoundField | None]:
        """The fields that ask how it is to be taken, and from when where a change has a day."""
        return self[f"way_{difference.key}"], self[f"day_{difference.key}"] if difference.is_dated else None

    @property
    def choices(self) -> dict[str, Choice]:
        """What was chosen, of those that something was chosen for."""
        choices = {}
        for difference in self.differences:
            if said := self.cleaned_data.get(f"way_{difference.key}"):
                is_dated = said == Way.CHANGE and difference.is_dated
                day = self.cleaned_data[f"day_{difference.key}"] if is_dated else None
                choices[difference.key] = Choice(Way(said), day)
        return choices

    def clean(self) -> dict[str, Any]:
        """Demand that something is chosen, and the first day of each change. A day beside another choice does not count."""
        cleaned = super().clean() or self.cleaned_data
        for difference in self.differences:
            name = f"day_{difference.key}"
            if difference.is_dated and cleaned.get(f"way_{difference.key}") == Way.CHANGE:
                _check_day(self, name, difference)
            elif name in self.errors:
                del self.errors[name]
        # What was chosen may be taken already: whoever sends it twice is not told that they chose nothing.
        if not self.errors and not any(value for name, value in self.data.items() if name.startswith("way_")):
            self.add_error(None, _("Choose for at least one of them."))
        return cleaned


class LeaveAllForm(IdempotentForm):
    """Lets all stay that nothing was chosen for. ``leave`` tells it from the other forms."""

    leave = forms.CharField(widget=forms.HiddenInput, initial="1")

    def __init__(self, *args: Any, differences: Sequence[Difference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.differences = differences

    @property
    def choices(self) -> dict[str, Choice]:
        """That all of them stay."""
        return {difference.key: Choice(Way.LEAVE) for difference in self.differences}


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
        """Those of the kind that can be taken so, from that day."""
        way, field, day = self.cleaned_data["way"], Field(self.cleaned_data["field"]), self.cleaned_data.get("day")
        return [
            difference
            for difference in self.differences
            if difference.field is field
            and way in (Way.LEAVE, *difference.ways)
            and (way != Way.CHANGE or day is None or difference.can_change_from(day))
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
                _check_day(self, "day")
            elif "day" in self.errors:
                del self.errors["day"]
        return cleaned
