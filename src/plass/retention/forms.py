"""What is typed about keeping longer."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm

from .models import Hold


class HoldForm(IdempotentForm, forms.ModelForm):  # type: ignore[type-arg]
    """Why everything about the participant must be kept."""

    class Meta:
        model = Hold
        fields: ClassVar = ["reason"]
        help_texts: ClassVar = {
            "reason": _("For example a complaint, or a request for access. The participant sees it.")
        }
        error_messages: ClassVar = {"reason": {"required": _("Say why it must be kept.")}}


class LiftForm(IdempotentForm):
    """Nothing to type: the button is the answer."""
