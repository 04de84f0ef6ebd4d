"""Signing off what was worth a look. Only ever added to: a second thought is a second line."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from plass.organisation.models import User

from .models import Review
from .queries import Finding


@transaction.atomic
def sign_off(findings: Iterable[Finding], *, by: User, verdict: str, comment: str = "") -> list[Review]:
    """``by`` has looked at these. Raises ValidationError where something is to be looked into and it is not said what."""
    reviews = []
    for finding in findings:
        review = Review(
            finding=finding.key, about_id=finding.user_id, verdict=verdict, comment=comment.strip(), reviewed_by=by
        )
        review.full_clean(exclude=["reviewed_at"])
        review.save(force_insert=True)
        reviews.append(review)
    return reviews
