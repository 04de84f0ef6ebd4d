"""Links that work once: made when a second person says yes (``approvals``), handed over, used by whom they are for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from plass.db import signed
from plass.organisation.models import User

from . import active_sessions, ways_in
from .auth_backend import become, set_password
from .models import Passkey


@dataclass(frozen=True)
class Invited:
    """What a link that holds is for."""

    link: int
    user: int
    username: str


def opened(token: str) -> Invited | None:
    """What the link is for; None where it was used, is too old, or never was."""
    rows = signed.call("accounts_link_for", hash_of(token), columns="id, user_id, username")
    return Invited(*rows[0]) if rows else None


@transaction.atomic
def choose_password(invited: Invited, password: str) -> User:
    """Use the link: the account has this password from now on, and every login and passkey it had is gone. Returns it.

    Raises ValidationError where the password is too weak.
    """
    user = become(invited.user)
    if user is None:
        raise LookupError("the account has ended")
    ways_in.held_generation()
    if not use(invited):
        raise LookupError("the link was used meanwhile")
    validate_password(password, user)
    set_password(user, password)
    # A passkey stands for the password too: what the account opened with before opens it no more.
    Passkey.objects.filter(user=user).delete()
    active_sessions.end_all(user)
    return user


def use(invited: Invited) -> bool:
    """Use the link up, as the account it is for (which must be acting). Returns whether it still held."""
    return bool(signed.call("accounts_use_link", invited.link)[0][0])


def hash_of(token: str) -> bytes:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).digest()
