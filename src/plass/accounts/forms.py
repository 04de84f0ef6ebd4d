"""The forms of logging in and of one's own account: passwords, codes and passkeys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plass.access.forms import IdempotentForm
from plass.organisation.models import User

from .rate_limit import TooManyAttempts, TooManyFromOneAddress


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
            user = authenticate(self.request, username=cleaned["username"], password=cleaned["password"])
        except TooManyAttempts as closed:
            self.wait = closed.seconds
            minutes = -(-closed.seconds // 60)
            if isinstance(closed, TooManyFromOneAddress):
                raise forms.ValidationError(wait_words(closed), code="closed") from None
            raise forms.ValidationError(
                ngettext(
                    "Too many wrong passwords. This user name is closed for %(count)d more minute.",
                    "Too many wrong passwords. This user name is closed for %(count)d more minutes.",
                    minutes,
                )
                % {"count": minutes},
                code="closed",
            ) from None
        if not isinstance(user, User):
            raise forms.ValidationError(
                _("The user name and the password do not belong together. Look for capital letters, and try again."),
                code="wrong",
            )
        self.user = user
        return cleaned


def wait_words(closed: TooManyAttempts) -> str:
    """What to say where too many passwords or codes were wrong."""
    if isinstance(closed, TooManyFromOneAddress):
        return gettext("Too many wrong passwords or codes came from where you are. Wait a minute, and try again.")
    minutes = -(-closed.seconds // 60)
    return ngettext(
        "Too many wrong tries. Try again in %(count)d minute.",
        "Too many wrong tries. Try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}


class CodeForm(forms.Form):
    """One code: six digits from the phone, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )


def _new_password(**attrs: str) -> forms.CharField:
    return forms.CharField(
        max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password", **attrs})
    )


class ChoosePasswordForm(forms.Form):
    """A new password, written twice."""

    new = _new_password()
    again = _new_password()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new"].label = _("New password")
        self.fields["new"].help_text = _(
            "At least twelve characters. A sentence is easy to remember and hard to guess."
        )
        self.fields["again"].label = _("New password once more")

    def clean_again(self) -> str:
        """The same as the first time."""
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError(gettext("This is not what you wrote above."))
        return again


class OwnPasswordForm(forms.Form):
    """The password one has."""

    old = forms.CharField(
        label=_("The password you have"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_old(self) -> str:
        """Right, or an error. Guessing counts as guessing at the login page does."""
        old: str = self.cleaned_data["old"]
        try:
            right = authenticate(None, username=self.user.username, password=old) is not None
        except TooManyAttempts as closed:
            raise forms.ValidationError(wait_words(closed)) from None
        if not right:
            raise forms.ValidationError(gettext("This is not the password you have."))
        return old


class _Unsaid(forms.HiddenInput):
    """Never shown again: an answer is to one question, and the form shown again asks another."""

    def format_value(self, value: Any) -> None:
        """Nothing."""


class PasskeyAnswerForm(forms.Form):
    """What somebody's device answered, as the script wrote it."""

    answer = forms.CharField(max_length=20_000, widget=forms.HiddenInput)


class PasskeyForm(IdempotentForm):
    """A new passkey: what its owner calls it, and what their device answered (nothing where there is no script)."""

    answer = forms.CharField(max_length=20_000, required=False, widget=_Unsaid)
    name = forms.CharField(
        label=_("What you call it"),
        help_text=_("So that you know it again: the machine or the security key that it is kept on."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PasswordForm(OwnPasswordForm, ChoosePasswordForm):
    """The old password, and a new one twice."""

    field_order = ("old", "new", "again")

    def clean_new(self) -> str:
        """Strong enough, and another than the old one."""
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        if new == self.cleaned_data.get("old"):
            raise forms.ValidationError(gettext("This is the password you have. Choose another."))
        return new
