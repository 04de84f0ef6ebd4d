"""What every form that writes has: its own number, so that sending it twice does the act once."""

from __future__ import annotations

from typing import Any

from django import forms

from . import idempotency


class IdempotentForm(forms.Form):
    """A form with a number of its own (``submission``), kept when the form is shown again with errors."""

    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = idempotency.new
