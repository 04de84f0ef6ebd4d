"""The steps of logging in through the provider: from the login page there, and back to the door."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from plass.accounts.models import Subject
from plass.organisation.models import User
from tests.accounts.provider import new_key
from tests.conftest import as_owner

MFA = {"amr": ("pwd", "mfa")}
STRONG = {"acr": "idporten-loa-high"}
#: A key that the provider does not have.
STRANGER = new_key()


def go(client, key="ansatt", query="") -> str:
    """From the login page to the provider and to the door again; the address the provider sends the browser to."""
    off = client.get(f"/logg-inn/{key}/{query}")
    assert off.status_code == 302
    sent = httpx.get(off["Location"])
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


def come(client, address: str):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def log_in(client, key="ansatt", query=""):
    return come(client, go(client, key, query))


def who(client) -> str | None:
    return client.session.get("_auth_user_id")


def siri(provider, **more) -> None:
    """Siri logs in at the provider, who is known here; as somebody else (``more``), it is as they say."""
    if not {"oid", "preferred_username"} & set(more):
        with as_owner():
            account = User.objects.get(username="jobb1")
        bound(provider, account)
    provider.log_in("s-1", **({**MFA, "oid": "o-1", "preferred_username": "jobb1"} | more))


def bound(provider, account: User, subject: str = "o-1") -> None:
    """``account`` has logged in through the provider before: its lasting identifier is known here."""
    with as_owner():
        Subject.objects.get_or_create(issuer=provider.issuer, subject=subject, user=account)
