"""The forms of what happens between people. Made for a thumb: few taps, what is rare is folded away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.cases.form_views import FactForm
from plass.employers.forms import EmployerFactForm
from plass.organisation.models import User
from plass.ui.forms import chips, offer

from .models import TIMED, Channel, Contact, Meeting, MeetingCancelled, Party, Place, Purpose

LONGEST = 600


def _minutes(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=LONGEST,
        error_messages={
            "invalid": _("Write the minutes as a number, such as 45."),
            "min_value": _("Minutes cannot be fewer than none."),
            "max_value": _("More than ten hours cannot be right. Write minutes."),
        },
        **more,
    )


class MeetingLike(EmployerFactForm):
    """What a contact and an agreed meeting have in common: with whom, how, where, and which employer."""

    parties = forms.MultipleChoiceField(
        label=_("With"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Say who you were in touch with."),
            "invalid_choice": _("Choose among the alternatives."),
        },
    )
    channel = forms.ChoiceField(label=_("How"), widget=forms.RadioSelect, required=False)
    place = forms.ChoiceField(label=_("Where"), widget=forms.RadioSelect, required=False)
    minutes = _minutes(_("Minutes"))
    purpose = forms.ChoiceField(
        label=_("Purpose"), widget=forms.RadioSelect, error_messages={"required": _("Say what it was for.")}
    )

    #: Durations to choose by one tap.
    quick_minutes = (15, 30, 45, 60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "parties", chips(Party.choices))
        offer(self, "channel", chips(Channel.choices))
        offer(self, "place", chips(Place.choices))
        offer(self, "purpose", chips(Purpose.choices))

    def wants_employer(self) -> bool:
        return Party.EMPLOYER in self.cleaned_data.get("parties", [])


class ContactForm(MeetingLike):
    """A contact that happened, or was tried.

    ``meetings`` are the agreed meetings it may have been; ``about`` False: about nobody yet, so with an employer alone.
    """

    asked_once: ClassVar = ("again", "meeting")

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

    no_show = forms.BooleanField(label=_("Did not show up or did not answer"), required=False)
    happened_on = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput,
        error_messages={"required": _("Write the date."), "invalid": _("Write the date as day.month.year.")},
    )
    started_at = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput,
        required=False,
        error_messages={"invalid": _("Write the time as 14:30.")},
    )
    travel_minutes = _minutes(_("Travel, minutes"))
    decision_maker = forms.BooleanField(label=_("Somebody who decides on hiring took part"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea({"rows": 4}), max_length=20_000)
    again = forms.ChoiceField(label=_("Be in touch again"), widget=forms.RadioSelect, required=False)
    next_contact_on = forms.DateField(
        label=capfirst(Contact._meta.get_field("next_contact_on").verbose_name),
        widget=forms.DateInput,
        required=False,
        error_messages={"invalid": _("Write the date as day.month.year.")},
    )
    meeting = forms.ChoiceField(label=_("Which agreed meeting was this?"), widget=forms.RadioSelect, required=False)
    withheld_because = forms.CharField(
        label=_("Not shown to the participant, because"),
        required=False,
        max_length=200,
        help_text=Contact._meta.get_field("withheld_because").help_text,
    )

    #: Fields that stand folded away, by the name of the fold.
    FOLDED = {"more": ("started_at", "travel_minutes"), "withheld": ("withheld_because",)}  # noqa: RUF012

    def __init__(self, *args: Any, meetings: list[Meeting] | None = None, about: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meetings = {str(meeting.pk): meeting for meeting in meetings or []}
        self.fields["happened_on"].initial = timezone.localdate
        offer(
            self,
            "again",
            [
                ("", gettext("Not agreed")),
                ("7", gettext("In a week")),
                ("14", gettext("In two weeks")),
                ("date", gettext("On a date")),
            ],
        )
        offer(
            self,
            "meeting",
            [
                *((number, _when(meeting)) for number, meeting in self.meetings.items()),
                ("", gettext("None of these")),
            ],
        )
        self.fields["meeting"].error_messages["invalid_choice"] = gettext(
            "This meeting has already been recorded or called off. Look at the timeline."
        )
        if not self.meetings and not self.data.get("meeting"):
            del self.fields["meeting"]
        if not about:
            for name in ("parties", "meeting", "withheld_because"):
                self.fields.pop(name, None)

    def wants_employer(self) -> bool:
        return "parties" not in self.fields or super().wants_employer()

    @property
    def yesterday(self) -> str:
        """The day one most often forgot to record, as the date field writes it."""
        return (timezone.localdate() - timedelta(days=1)).isoformat()

    def opens(self) -> dict[str, bool]:
        """Which folds stand open: those in which something is written or wrong."""
        return {
            fold: any(name in self.fields and (self[name].value() or self[name].errors) for name in names)
            for fold, names in self.FOLDED.items()
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not values.get("channel") and values.get("no_show"):
            values["channel"] = Channel.IN_PERSON
        again = values.get("again", "")
        if again.isdecimal():
            values["next_contact_on"] = timezone.localdate() + timedelta(days=int(again))
        elif again == "date" and values.get("next_contact_on") is None and "next_contact_on" not in self.errors:
            self.add_error("next_contact_on", gettext("Write on which date."))
        return values

    def values(self) -> dict[str, Any]:
        """The fields of the contact, without employer and person."""
        values = super().values()
        values["minutes"] = values["minutes"] or 0
        values["travel_minutes"] = values["travel_minutes"] or 0
        values["decision_maker"] = values["decision_maker"] and self.wants_employer()
        values.setdefault("parties", [Party.EMPLOYER.value])
        if "meeting" in self.fields:
            values["meeting"] = self.meetings.get(self.cleaned_data["meeting"])
        return values


def _when(meeting: Meeting) -> str:
    local = timezone.localtime(meeting.starts_at)
    parties = ", ".join(str(Party(party).label) for party in meeting.parties)
    when = formats.date_format(local, "SHORT_DATE_FORMAT")
    return gettext("%(day)s at %(time)s, with %(parties)s") % {
        "day": when,
        "time": f"{local:%H:%M}",
        "parties": parties,
    }


class MeetingForm(MeetingLike):
    """A meeting or visit that was agreed. ``colleagues`` are those who may go there."""

    error_fields: ClassVar = {"starts_at": "day"}
    asked_once: ClassVar = ("staff",)
    given_by_action: ClassVar = ("staff",)
    field_order = ("parties", "day", "time", "minutes", "channel", "place", "address", "purpose", "staff", "note")

    day = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput,
        error_messages={"required": _("Write the date."), "invalid": _("Write the date as day.month.year.")},
    )
    time = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput,
        error_messages={"required": _("Write the time."), "invalid": _("Write the time as 14:30.")},
    )
    address = forms.CharField(label=_("Address or room"), required=False, max_length=200)
    staff = forms.ChoiceField(label=_("Who from us"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea({"rows": 3}), max_length=20_000)
    quick_minutes = (30, 45, 60, 90)

    class Meta:
        model = Meeting
        fields = ("parties", "minutes", "channel", "place", "address", "purpose", "note")

    def __init__(self, *args: Any, colleagues: Sequence[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.colleagues = {str(colleague.pk): colleague for colleague in colleagues}
        offer(self, "staff", [(number, colleague.name) for number, colleague in self.colleagues.items()])
        self.fields["parties"].error_messages["required"] = gettext("Say who the meeting is with.")
        self.fields["purpose"].error_messages["required"] = gettext("Say what it is for.")
        # A meeting is in person, by video or by phone; a message needs no appointment.
        offer(self, "channel", chips(choice for choice in Channel.choices if choice[0] in TIMED))
        if len(self.colleagues) < 2:
            del self.fields["staff"]

    @classmethod
    def initial_of(cls, fact: Any) -> dict[str, Any]:
        """What the form begins with where a meeting is corrected."""
        starts_at = timezone.localtime(fact.starts_at)
        return super().initial_of(fact) | {"day": starts_at.date(), "time": starts_at.time()}

    def values(self) -> dict[str, Any]:
        """The fields of the meeting, without the employer."""
        values = super().values()
        values["minutes"] = values["minutes"] or 0
        values["starts_at"] = timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"]))
        if "staff" in self.fields:
            values["staff"] = self.colleagues.get(self.cleaned_data["staff"])
        return values


class CancelForm(FactForm):
    """An agreed meeting is called off."""

    given_by_action: ClassVar = ("meeting",)

    class Meta:
        model = MeetingCancelled
        fields = ("by", "reason")
        widgets: ClassVar = {"by": forms.RadioSelect}
        labels: ClassVar = {"by": _("Who called it off?")}
        error_messages: ClassVar = {"by": {"required": _("Say who called it off.")}}

    def __init__(self, *args: Any, with_employer: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_employer:
            parties = MeetingCancelled.By
            offer(self, "by", chips(choice for choice in parties.choices if choice[0] != parties.EMPLOYER))
