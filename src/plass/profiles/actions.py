"""What is done to a vocational profile: a new version is agreed with the participant. Nothing is overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from plass.cases.facts import lock_case, record
from plass.cases.models import Case
from plass.organisation.models import User

from .models import Profile
from .queries import CONTENT, newest


class StaleProfile(Exception):
    """Somebody agreed a newer version in the meantime. ``now`` is that version."""

    def __init__(self, now: Profile) -> None:
        super().__init__(f"profile {now.pk} is newer")
        self.now = now


@transaction.atomic
def agree(
    case: Case, *, by: User, happened_on: date, based_on: int | None = None, own: bool = False, **content: Any
) -> Profile:
    """Write a new version of the profile, as agreed with the participant on ``happened_on``.

    With ``own`` the participant writes it themselves; else somebody who works with the case does.
    ``based_on`` is the version that was in front of whoever wrote this one (None: none was). Raises StaleProfile where
    there is a newer one, ValidationError where nothing is said at all, NotAllowed.
    """
    lock_case(case, by, own=own)
    now = newest(case)
    if now is not None and now.pk != based_on:
        raise StaleProfile(now)
    profile = Profile(case=case, happened_on=happened_on, **content)
    if is_empty(profile):
        raise ValidationError(_("Write at least one thing. The rest can come later."))
    return record(profile, by=by, own=own)


def is_empty(profile: Profile) -> bool:
    """Whether a version says nothing about the person."""
    return not any(getattr(profile, name) for name in CONTENT if name != "employer_contact") and (
        profile.employer_contact == Profile.EmployerContact.NOT_DISCUSSED
    )
