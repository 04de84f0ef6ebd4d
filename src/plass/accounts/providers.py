"""The OpenID providers an installation logs in with: one for those who work here, one for participants and employers.

They come from the environment (see docs/guides/operations.md). A provider without an issuer is not offered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

STAFF, PERSON = "ansatt", "person"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Provider:
    """One OpenID provider, and what a login through it must show.

    ``acr`` and ``amr``: one of these must stand in the token's ``acr`` (or Entra's ``acrs``) and in its ``amr``; empty:
    not asked for. ``max_age`` are the seconds since the person themselves last logged in there.
    """

    key: str
    prefix: str
    title: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    acr: tuple[str, ...]
    amr: tuple[str, ...]
    max_age: int
    subject_claim: str
    name_claim: str = ""
    groups_claim: str = ""

    def faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the settings: (what, how to mend it)."""
        where = urlsplit(self.issuer)
        if where.scheme != "https" and where.hostname not in LOOPBACK:
            yield f"{self.prefix}_ISSUER is not an https address", "Write the provider's issuer as it writes it itself."
        for name, value in (("CLIENT_ID", self.client_id), ("CLIENT_SECRET", self.client_secret)):
            if not value:
                yield f"{self.prefix}_{name} is empty", "The provider gives it when Plass is registered there."
        if not self.acr and not self.amr:
            yield (
                f"neither {self.prefix}_ACR nor {self.prefix}_AMR asks for a strong login",
                "Set one of them: a password alone would open the records.",
            )


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, Provider]:
    """The providers this installation has, by key. Raises ValueError (with the variable) for a time that is no number."""
    by_key = {}
    for provider in (_staff(environment), _person(environment)):
        if provider.issuer:
            by_key[provider.key] = provider
    return by_key


def _staff(environment: Mapping[str, str]) -> Provider:
    prefix = "PLASS_STAFF_OIDC"
    return _provider(
        environment,
        key=STAFF,
        prefix=prefix,
        usual={"TITLE": "Entra ID", "SCOPES": "openid profile email", "AMR": "mfa", "SUBJECT_CLAIM": "oid"},
        minutes=12 * 60,
        name_claim=environment.get(f"{prefix}_NAME_CLAIM", "preferred_username"),
        groups_claim=environment.get(f"{prefix}_GROUPS_CLAIM", ""),
    )


def _person(environment: Mapping[str, str]) -> Provider:
    return _provider(
        environment,
        key=PERSON,
        prefix="PLASS_PERSON_OIDC",
        usual={
            "TITLE": "ID-porten",
            "SCOPES": "openid profile",
            "ACR": "idporten-loa-substantial idporten-loa-high",
            "SUBJECT_CLAIM": "pid",
        },
        minutes=60,
    )


def _provider(
    environment: Mapping[str, str], *, key: str, prefix: str, usual: Mapping[str, str], minutes: int, **more: str
) -> Provider:
    """What the environment says of one provider. ``usual`` and ``minutes`` hold where it is silent."""

    def setting(name: str) -> str:
        return environment.get(f"{prefix}_{name}", usual.get(name, ""))

    return Provider(
        key=key,
        prefix=prefix,
        title=setting("TITLE"),
        issuer=setting("ISSUER"),
        client_id=setting("CLIENT_ID"),
        client_secret=setting("CLIENT_SECRET"),
        scopes=_words(setting("SCOPES")),
        acr=_words(setting("ACR")),
        amr=_words(setting("AMR")),
        max_age=_minutes(environment, f"{prefix}_MAX_AGE_MINUTES", minutes),
        subject_claim=setting("SUBJECT_CLAIM"),
        **more,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _minutes(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError(f"{name} must be a whole number of minutes above 0, not {text!r}.")
    return 60 * int(text)
