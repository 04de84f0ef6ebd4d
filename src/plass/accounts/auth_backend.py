"""Local accounts: a user name and a password kept as an Argon2 hash, and how often somebody may guess."""

from __future__ import annotations

import json

from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.user_roles import STANDING_WITH_ACCOUNT, cache_user_roles
from plass.db import hidden, signed
from plass.db.prepared import fetch
from plass.organisation.models import User

from . import rate_limit, ways_in
from .rate_limit import Guessed, TooManyFromOneAddress


class LocalAccounts:
    """Django's authentication backend for accounts of our own.

    Nobody is acting before login, so nobody can read accounts: the database answers one question, the password hash of
    one user name.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> User | None:
        """The account whose user name and password these are, or None. Takes as long for a name that does not exist.

        Raises ``rate_limit.TooManyAttempts`` where the user name or the address is closed, whether the name exists and the
        password fits or not.
        """
        if not username or not password:
            return None
        name = username.strip().lower()
        where = rate_limit.address_of(request) if request is not None else ""
        if where and (seconds := rate_limit.seconds_to_wait(where)):
            raise TooManyFromOneAddress(seconds)
        rate_limit.take_attempt(Guessed.PASSWORD, name)
        columns = "id, password, generation"
        credentials = next(iter(signed.call("accounts_credentials", name, columns=columns)), None)
        if credentials is None:
            make_password(password)
        if credentials is None or not check_password(password, credentials[1]):
            if where:
                rate_limit.count_failure(where)
            return None
        user_id, _hash, generation = credentials
        rate_limit.attempt_succeeded(Guessed.PASSWORD, name)
        user = become(user_id)
        # Another password meanwhile, or the logins ended: this one began before.
        return user if user is not None and ways_in.held_generation() == generation else None

    def get_user(self, user_id: int) -> User | None:
        """The account that acts, unless it has ended; what it is here today (``actors.user_roles``) is read with it."""
        rows = fetch(_ACCOUNT, {"user": int(user_id)})
        if not rows:
            return None
        *values, roles_today = rows[0]
        user = User.from_db("default", _FIELDS, values)
        if user.ended_on and user.ended_on < timezone.localdate():
            return None
        cache_user_roles(user, json.loads(roles_today))
        return user


#: The account that acts, asked for by every page.
_FIELDS = [field.attname for field in User._meta.concrete_fields]
_COLUMNS = ", ".join(hidden.selected(field) for field in User._meta.concrete_fields)
_ACCOUNT = f"SELECT {_COLUMNS}, {STANDING_WITH_ACCOUNT} FROM organisation_user WHERE id = %(user)s"


def set_password(user: User, password: str) -> None:
    """Another password for ``user``. Their logins are for the caller to end."""
    user.set_password(password)
    signed.call("accounts_set_password", user.pk, user.password)


def become(user_id: int) -> User | None:
    """Let ``user_id`` act for the rest of this transaction. None (and nobody acts) where the account has ended."""
    set_current_user(user_id)
    user = LocalAccounts().get_user(user_id)
    if user is None:
        set_current_user(None)
    return user
