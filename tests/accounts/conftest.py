"""A real OpenID provider on loopback, one for all tests that log in through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plass.accounts import oidc, providers
from tests.accounts.provider import CLIENT, SECRET, OpenIDProvider, running


@pytest.fixture(scope="session")
def served() -> Iterator[OpenIDProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(served, settings) -> OpenIDProvider:
    served.start_anew()
    oidc.forget()
    environment = {
        f"PLASS_{which}_OIDC_{name}": value
        for which in ("STAFF", "PERSON")
        for name, value in {"ISSUER": served.issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}.items()
    }
    environment["PLASS_STAFF_OIDC_GROUPS_CLAIM"] = ""
    settings.PLASS_PROVIDERS = providers.from_environment(environment)
    return served
