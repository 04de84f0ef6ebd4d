"""Links that work once: made when a second person says yes (``approvals``), handed over, used by whom they are for."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from plass.db import locks, signed
from plass.organisation.models import User

from . import active_sessions
from .auth_backend import become, set_password
from .models import Link, Passkey

LASTS = timedelta(days=3)


@dataclass(frozen=True)
class Invited:
    """What a link that holds is for."""

    link: int
    user: int
    username: str
    kind: str
    purpose: str


@transaction.atomic
def make(*, by: User, user: User, purpose: Link.Purpose) -> str:
    """A new link's secret for ``user``, to be shown once; older ones for the same purpose end.

    For whoever runs the database: a link for somebody who works here is asked for (``approvals.ask``).
    """
    # Two at the same moment come one after the other, so that only the last one holds.
    locks.lock(f"link {user.pk} {purpose}")
    Link.objects.filter(user=user, purpose=purpose, used_at=None).update(used_at=timezone.now())
    token = secrets.token_urlsafe(24)
    Link.objects.create(
        user=user, purpose=purpose, token_hash=hash_of(token), made_by=by, expires_at=timezone.now() + LASTS
    )
    return token


def opened(token: str) -> Invited | None:
    """What the link is for; None where it was used, is too old, or never was."""
    rows = signed.call("accounts_link_for", hash_of(token), columns="id, user_id, username, kind, purpose")
    return Invited(*rows[0]) if rows else None


@transaction.atomic
def choose_password(invited: Invited, password: str) -> User:
    """Use the link: the account has this password from now on, and every login and passkey it had is gone. Returns it.

    Raises ValidationError where the password is too weak.
    """
    user = become(invited.user)
    if user is None or not use(invited):
        raise LookupError("the link was used meanwhile")
    validate_password(password, user)
    set_password(user, password)
    # A passkey stands for the password too: what the account opened with before opens it no more.
    Passkey.objects.filter(user=user).delete()
    active_sessions.end_all(user)
    return user


def use(invited: Invited) -> bool:
    """Use the link up, as the account it is for (which must be acting). Returns whether nobody was quicker."""
    return bool(Link.objects.filter(pk=invited.link, used_at=None).update(used_at=timezone.now()))


def hash_of(token: str) -> bytes:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).digest()
