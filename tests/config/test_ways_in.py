"""`plass doctor` on logging in: settings that are wrong, a service that does not answer, a password alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from plass.accounts import providers
from plass.config import login_checks
from tests.accounts.provider import running

GOOD = {"ISSUER": "https://login.example", "CLIENT_ID": "plass", "CLIENT_SECRET": "s"}


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch):
    for prefix in ("PLASS_STAFF_OIDC_", "PLASS_PERSON_OIDC_"):
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ACR", "AMR", "MAX_AGE_MINUTES"):
            monkeypatch.delenv(prefix + name, raising=False)
    for name in ("PLASS_LOCAL_ACCOUNTS", "PLASS_SECOND_FACTOR"):
        monkeypatch.delenv(name, raising=False)

    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name if name.startswith("PLASS") else f"PLASS_STAFF_OIDC_{name}", value)

    return put


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        (["localhost", "127.0.0.1", "[::1]"], "localhost"),
        (["10.0.0.7", "localhost", "Plass.example.no", "annen.example.no"], "plass.example.no"),
        ([".example.no"], "example.no"),
        (["*"], ""),
        (["10.0.0.7", "[::1]"], ""),
    ],
)
def test_passkeys_are_bound_to_the_first_name_that_is_one(hosts, name):
    assert login_checks.passkeys_name(hosts) == name


def wrong(check) -> str:
    findings = [finding for finding in check(Path()) if finding.level == "wrong"]
    assert all(finding.mend for finding in findings)
    return " | ".join(finding.says for finding in findings)


def test_without_a_provider_there_is_nothing_to_say(setting):
    assert list(login_checks.login(Path())) == []
    assert wrong(login_checks.deployed_login) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ISSUER": "http://login.example"}, "not an https address"),
        ({"CLIENT_ID": ""}, "CLIENT_ID is empty"),
        ({"CLIENT_SECRET": ""}, "CLIENT_SECRET is empty"),
        ({"AMR": ""}, "asks for a strong login"),
        ({"MAX_AGE_MINUTES": "lenge"}, "whole number of minutes"),
    ],
)
def test_a_wrong_setting_is_named(setting, change, says):
    setting(**GOOD | change)
    assert says in wrong(login_checks.login)


def test_a_service_that_answers_is_fine_and_one_that_does_not_is_found(setting):
    with running() as provider:
        setting(**GOOD | {"ISSUER": provider.issuer})
        assert wrong(login_checks.login) == ""
        setting(ISSUER=provider.issuer.replace("127.0.0.1", "localhost"))
        assert "about another issuer" in wrong(login_checks.login)
    setting(ISSUER="http://127.0.0.1:9")
    assert "ConnectError" in wrong(login_checks.login)


def test_a_password_alone_is_not_for_real_people(setting):
    setting(PLASS_SECOND_FACTOR="0")
    assert "a password alone" in wrong(login_checks.deployed_login)
    setting(PLASS_LOCAL_ACCOUNTS="0")
    assert "none for those who work here" in wrong(login_checks.deployed_login)
    setting(**GOOD)
    assert wrong(login_checks.deployed_login) == ""
    # Nobody new gets in of those who add the login service to an account with a password.
    assert "new contact persons" in str(list(login_checks.deployed_login(Path())))
    setting(PLASS_LOCAL_ACCOUNTS="1", PLASS_SECOND_FACTOR="1")
    assert "new contact persons" not in str(list(login_checks.deployed_login(Path())))


def test_what_is_asked_for_comes_from_the_environment():
    configured = providers.from_environment({"PLASS_PERSON_OIDC_ISSUER": "https://idporten.no"})
    assert set(configured) == {"person"}
    assert configured["person"].acr == ("idporten-loa-substantial", "idporten-loa-high")
    assert (configured["person"].max_age, configured["person"].subject_claim) == (3600, "pid")
