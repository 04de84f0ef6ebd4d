"""What a password of our own must be, in words that Django has in English alone."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.utils.translation import ngettext


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, but that it says so in the reader's language."""

    def get_error_message(self) -> str:
        """What to say of one that is too short."""
        return ngettext(
            "The password is too short. It needs at least %(count)d character.",
            "The password is too short. It needs at least %(count)d characters.",
            self.min_length,
        ) % {"count": self.min_length}
