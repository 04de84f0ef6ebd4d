"""What every form that writes has (its own number, so that sending it twice does the act once), and the login form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from plass.organisation.models import User

from . import submissions
from .login import TooManyAttempts


class OnceForm(forms.Form):
    """A form with a number of its own (``submission``), kept when the form is shown again with errors."""

    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = submissions.new


class LoginForm(forms.Form):
    """User name and password. ``user`` is who they belong to; ``wait`` the seconds to wait where it is closed."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None
        self.wait = 0

    def clean(self) -> dict[str, Any]:
        """Ask who it is. The same words whether the name or the password is wrong."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            found = authenticate(self.request, username=cleaned["username"], password=cleaned["password"])
        except TooManyAttempts as closed:
            self.wait = closed.seconds
            minutes = -(-closed.seconds // 60)
            raise forms.ValidationError(
                ngettext(
                    "Too many wrong passwords. This user name is closed for %(count)d more minute.",
                    "Too many wrong passwords. This user name is closed for %(count)d more minutes.",
                    minutes,
                )
                % {"count": minutes},
                code="closed",
            ) from None
        if not isinstance(found, User):
            raise forms.ValidationError(
                _("The user name and the password do not belong together. Look for capital letters, and try again."),
                code="wrong",
            )
        self.user = found
        return cleaned
