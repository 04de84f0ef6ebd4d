"""Signing off findings. Reviews are only ever added: a second thought is a second line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.organisation.models import User

from . import queries
from .models import Review


@transaction.atomic
def sign_off(
    findings: Sequence[queries.Finding], *, by: User, verdict: str, comment: str = "", today: date | None = None
) -> None:
    """``by``, who acts, has looked at these, as they are shown.

    Raises ValidationError where something is to be looked into and it is not said what, and where one of them does not wait
    for ``by`` as it was shown (:func:`more_happened`): it is signed already, something more happened, or it is not theirs.
    """
    for finding in findings:
        review = Review(
            finding=finding.key, about_id=finding.user_id, verdict=verdict, comment=comment.strip(), reviewed_by=by
        )
        review.full_clean(exclude=["reviewed_at"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oversight_sign(%s, %s, %s, %s, %s, %s)",
            [
                [finding.key for finding in findings],
                *queries.asked_with(today or timezone.localdate()),
                verdict,
                comment.strip(),
            ],
        )
        signed = cursor.fetchone()[0]
    if signed != len({finding.key for finding in findings}):
        raise ValidationError(more_happened())


def more_happened() -> str:
    """What to say where a finding is not as it was shown any more."""
    return _("Something more has happened since you opened the page. Look again, and sign off what you see now.")
