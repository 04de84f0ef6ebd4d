"""What the participant writes: in their own words, few questions, nothing that must be filled in but what it is about."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.profiles.forms import ProfileForm
from plass.profiles.queries import CONTENT
from plass.rights.forms import ReleaseForm


class CommentForm(IdempotentForm):
    """The participant's own words beside something that is recorded."""

    text = forms.CharField(label=_("What do you want to say about this?"), max_length=4000, widget=forms.Textarea)


class RequestForm(IdempotentForm):
    """What is wrong, and what should stand there instead."""

    wanted = forms.CharField(
        label=_("What is wrong, and what should it say?"), max_length=4000, widget=forms.Textarea({"rows": 5})
    )


class ObjectionForm(IdempotentForm):
    """Why an employer is not to be asked; it may be left unsaid."""

    reason = forms.CharField(
        label=_("Why? You need not say."), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )


class CallerForm(forms.Form):
    """The number of whoever calls a contact person and asks for a code."""

    caller = forms.IntegerField(
        label=_("The staff number of whoever calls"),
        min_value=1,
        max_value=2**31 - 1,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("They say it to you. It is not a phone number."),
    )


class OwnReleaseForm(ReleaseForm):
    """The words one employer may read. Which thing it is was chosen on the page before."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["item"]


class OwnProfileForm(ProfileForm):
    """The profile, asked in the first person. All of it, so that nothing that stands there is out of reach."""

    class Meta(ProfileForm.Meta):
        fields = CONTENT  # type: ignore[assignment]  # no date: it is today
        labels: ClassVar = {
            "occupations": _("What do you want to work with? The most wanted first"),
            "interests": _("What are you interested in?"),
            "strengths": _("What are you good at, and what have you done before?"),
            "tasks": _("Which tasks and surroundings suit you?"),
            "avoid": _("What does not suit you?"),
            "hours_wanted": _("How many hours a week do you want to work?"),
            "places": _("Where can you work, and how do you get there?"),
            "network": _("Do you know people who may know of a job?"),
            "support_needs": _("What do you need at work?"),
            "mastery": _("What helps you when it gets hard?"),
            "employer_contact": _("May we contact employers about you?"),
            "may_share": _("What may employers know about you?"),
            "must_not_share": _("What must nobody tell an employer?"),
        }
        help_texts: ClassVar = {
            "occupations": _("One on each line."),
            "support_needs": _("You need not write anything about illness. Write what must be in place."),
        }
