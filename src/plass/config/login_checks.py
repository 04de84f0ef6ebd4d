"""How people log in, looked at by `plass doctor`: the providers' settings, whether they answer, and what may guess."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from plass.accounts import providers

from .doctor_report import Finding

OFF = {"0", "false", "no", "off"}


def passkeys_name(hosts: list[str]) -> str:
    """The name that passkeys are bound to: the first of ``hosts`` that is one, and no number of a machine.

    ``localhost`` where there is no other; empty where there is none at all.
    """
    names = [host.lstrip(".").lower() for host in hosts]
    named = (name for name in names if name != "localhost" and re.fullmatch(r"([a-z0-9-]+\.)*[a-z][a-z0-9-]*", name))
    return next(named, "localhost" if "localhost" in names else "")


def login(where: Path) -> Iterator[Finding]:
    """Every provider: its settings, and whether it answers as the issuer it is said to be."""
    try:
        configured = providers.from_environment()
    except ValueError as error:
        yield Finding("wrong", "Login", str(error), "Mend the setting.")
        return
    for provider in configured.values():
        about = f"Login ({provider.title})"
        faults = list(provider.faults())
        for says, mend in faults:
            yield Finding("wrong", about, says, mend)
        if not faults:
            yield _answers(about, provider)


def deployed_login(where: Path) -> Iterator[Finding]:
    """With real people in it: some way in for those who work here, none of them by a password alone."""
    local = os.environ.get("PLASS_LOCAL_ACCOUNTS", "1").lower() not in OFF
    configured = providers.from_environment()
    if not local and providers.STAFF not in configured:
        yield Finding(
            "wrong", "Ways in", "none for those who work here", "Set PLASS_STAFF_OIDC_*, or PLASS_LOCAL_ACCOUNTS=1."
        )
    elif local and os.environ.get("PLASS_SECOND_FACTOR", "1").lower() in OFF | {""}:
        yield Finding(
            "wrong",
            "Ways in",
            "a password alone opens accounts",
            "Unset PLASS_SECOND_FACTOR: codes from a phone are asked.",
        )
    else:
        yield Finding("fine", "Ways in", "with a second factor" if local else "through the login service alone")
    if not local:
        yield Finding(
            "note",
            "Ways in",
            "none for new contact persons of employers: they add the login service to an account with a password",
            "Set PLASS_LOCAL_ACCOUNTS=1 if employers are to log in.",
        )
    if providers.PERSON not in configured:
        yield Finding(
            "note",
            "Ways in",
            "none for participants and employers",
            "Set PLASS_PERSON_OIDC_* (ID-porten) to let them in.",
        )


def _answers(about: str, provider: providers.Provider) -> Finding:
    from plass.accounts import oidc

    try:
        metadata = oidc.metadata(provider)
    except oidc.Away as away:
        return Finding(
            "wrong", about, str(away), f"Look at {provider.prefix}_ISSUER and the way out through the firewall."
        )
    if "end_session_endpoint" not in metadata:
        return Finding("note", about, "answers; has no page to log out", "People stay logged in there after Plass.")
    return Finding("fine", about, f"{provider.issuer} answers; its answer comes to /logg-inn/{provider.key}/svar/")
