"""Whose account a login at a provider opens: claims on one side, accounts on the other."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from plass.db import signed
from plass.organisation.models import User

from . import first_login, ways_in
from .auth_backend import become
from .models import FirstLogin
from .oidc import Refused
from .providers import Provider


class WaitsForConfirmation(Exception):
    """A first login that waits for an administrator to confirm it, or that one has ``refused``. Nobody is let in."""

    def __init__(self, *, refused: bool) -> None:
        super().__init__("a first login waits")
        self.refused = refused


def staff_account(provider: Provider, claims: dict[str, Any]) -> User | None:
    """The account of somebody who works here, which acts from now on; None where they have none that lasts.

    It is found by the provider's lasting identifier for the person, never by the user name: a login that fits an account
    by its name alone raises :class:`WaitsForConfirmation`, until an administrator has confirmed it (``first_login``).
    Where groups give roles, the roles are brought in step. Raises Refused where the claims do not say who it is.
    """
    subject = _text_claim(claims, provider.subject_claim)
    groups = _groups(provider, claims)
    user = _bound(provider, subject, User.Kind.STAFF)
    if user is None and not _is_known(provider, subject):
        _ask_first_time(provider, subject, claims)
    if user is not None and groups is not None:
        signed.call("organisation_follow_groups", user.pk, groups)
    return user


def participant_account(provider: Provider, claims: dict[str, Any]) -> User | None:
    """The account of the participant with this identity number, which acts from now on; None where there is none.

    It is made at the first login of somebody who is a participant here.
    """
    user_id = _persons().account_of(_number(provider, claims))
    return become(user_id) if user_id is not None else None


def employer_account(provider: Provider, claims: dict[str, Any]) -> User | None:
    """The account that an employer's contact person bound to this login, which acts from now on; None without one."""
    subject = _persons().keyed_hash(_number(provider, claims)).hex()
    return _bound(provider, subject, User.Kind.EMPLOYER)


def bind(provider: Provider, claims: dict[str, Any], user: User) -> None:
    """Let ``user`` (an employer's contact person, who is logged in and acts) log in through the provider from now on.

    Raises Refused where the claims do not say who it is, where another employer's account is bound to them already, and
    where somebody else has read the password of the account.
    """
    subject = _persons().keyed_hash(_number(provider, claims)).hex()
    try:
        with transaction.atomic():
            is_bound = signed.call("accounts_bind", provider.issuer, subject, user.pk)[0][0]
    except IntegrityError:
        raise Refused("somebody else has read the password") from None
    if not is_bound:
        raise Refused("bound to another account")


def _ask_first_time(provider: Provider, subject: str, claims: dict[str, Any]) -> None:
    """Note a first login by somebody whose user name fits an account. Returns where no account takes it,
    else raises WaitsForConfirmation."""
    login_name = _text_claim(claims, provider.name_claim)
    full_name = claims.get("name")
    outcome = first_login.ask(
        login_name=login_name,
        issuer=provider.issuer,
        subject=subject,
        claim=provider.subject_claim,
        full_name=full_name if isinstance(full_name, str) else "",
    )
    if outcome is not None:
        raise WaitsForConfirmation(refused=outcome == FirstLogin.Outcome.REFUSED)


def _bound(provider: Provider, subject: str, kind: str) -> User | None:
    known = _bound_to(provider, subject, kind)
    user = become(known[0]) if known is not None else None
    if known is not None and user is not None and ways_in.held_generation() != known[1]:
        # The binding may be what was ended: whoever still has one starts again.
        raise Refused("ways in were ended meanwhile")
    return user


def _is_known(provider: Provider, subject: str) -> bool:
    return _bound_to(provider, subject, User.Kind.STAFF) is not None


def _bound_to(provider: Provider, subject: str, kind: str) -> tuple[int, int] | None:
    """The account bound to ``subject``, and the generation that a login begun by it belongs to."""
    rows = signed.call("accounts_bound", provider.issuer, subject, str(kind), columns="id, generation")
    return (rows[0][0], rows[0][1]) if rows else None


def _groups(provider: Provider, claims: dict[str, Any]) -> list[str] | None:
    """The groups the token names; None where groups give no roles here. Without the claim: no groups, so no roles."""
    if not provider.groups_claim:
        return None
    if provider.groups_claim in (claims.get("_claim_names") or {}):
        # Entra leaves the list out above 200 groups. Guessing would give or take roles.
        raise Refused("too many groups for the token")
    groups = claims.get(provider.groups_claim) or []
    return [str(group) for group in (groups if isinstance(groups, list) else [groups])]


def _text_claim(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise Refused(f"no {name}")
    return value


def _number(provider: Provider, claims: dict[str, Any]) -> str:
    text = _text_claim(claims, provider.subject_claim)
    try:
        _persons().keyed_hash(text)
    except ValidationError:
        # Not the number itself: this ends in the log.
        raise Refused(f"{provider.subject_claim} is no identity number") from None
    return text


def _persons() -> ModuleType:
    return importlib.import_module(settings.PLASS_PERSONS)
