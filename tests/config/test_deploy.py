"""`plass doctor --deploy`: every setting that is not for real people is found, with what mends it."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plass.config import deploy, doctor
from plass.db import backup, embedded
from plass.server import worker_account

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
#: An installation as it should be. Each test spoils one thing.
GOOD = {"PLASS_SECRET_KEY": "s" * 64, "PLASS_HASH_KEY": "h" * 40, "PLASS_IDENTITY_KEYS": KEY}


@pytest.fixture
def good(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.PLASS_DEMO = False
    settings.SESSION_COOKIE_SECURE = True
    settings.PLASS_PROXIES = 1
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.ALLOWED_HOSTS = ["plass.example.no"]
    settings.PLASS_RP_ID = "plass.example.no"
    settings.CSRF_TRUSTED_ORIGINS = ["https://plass.example.no"]
    settings.PLASS_IDLE_SECONDS = 1800
    backups = tmp_path / "backups"
    keep(backups, datetime.now(UTC) - timedelta(hours=3))
    monkeypatch.setenv(deploy.BACKUPS_VARIABLE, str(backups))
    return tmp_path / "data"


def keep(folder: Path, when: datetime) -> None:
    base = folder / f"base-{when:%Y%m%dT%H%M%SZ}"
    base.mkdir(parents=True)
    described = {"taken_at": when.isoformat(), "version": 180000, "rows": {}, "keys": []}
    (base / backup.DESCRIPTION).write_text(json.dumps(described))


def wrong(where: Path) -> dict[str, str]:
    # Whose account the tests are run by is this machine's matter, and has a test of its own.
    checks = [check for check in deploy.CHECKS if check is not deploy._account]
    findings = [finding for check in checks for finding in check(where) if finding.level == "wrong"]
    assert all(finding.mend for finding in findings), "a finding without a mend helps nobody"
    return {finding.about: finding.mend for finding in findings}


def test_an_installation_as_it_should_be_is_let_through(good):
    assert wrong(good) == {}


@pytest.mark.parametrize(
    ("variable", "value", "about"),
    [
        ("PLASS_SECRET_KEY", "short", "Secret key"),
        ("PLASS_HASH_KEY", "short", "Hash key"),
        ("PLASS_IDENTITY_KEYS", "not-a-key", "Identity keys"),
        ("PLASS_IDENTITY_KEYS", "", "Identity keys"),
        ("DATABASE_URL", "postgresql://plass_web:x@db.example.no/plass", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://plass_web:x@db.example.no/plass?sslmode=require", "DATABASE_URL"),
        (deploy.BACKUPS_VARIABLE, "", "Backups"),
        (deploy.BACKUPS_VARIABLE, "/nowhere/at/all", "Backups"),
    ],
)
def test_what_the_environment_has_wrong_is_found(good, monkeypatch, variable, value, about):
    monkeypatch.setenv(variable, value)
    asking_the_database = {deploy._archive, deploy._boundary, deploy._account}
    checks = [check for check in deploy.CHECKS if check not in asking_the_database]
    subjects = {finding.about for check in checks for finding in check(good) if finding.level == "wrong"}
    assert subjects == {about}


@pytest.mark.parametrize(
    ("setting", "value", "about"),
    [
        ("PLASS_DEMO", True, "Demo"),
        ("DEBUG", True, "Debug"),
        ("SESSION_COOKIE_SECURE", False, "TLS"),
        ("SECURE_HSTS_SECONDS", 0, "TLS"),
        ("PLASS_PROXIES", 0, "Addresses"),
        ("ALLOWED_HOSTS", ["*"], "Hosts"),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], "Hosts"),
        ("PLASS_RP_ID", "localhost", "Passkeys"),
        ("PLASS_RP_ID", "", "Passkeys"),
        ("CSRF_TRUSTED_ORIGINS", ["http://plass.example.no"], "Origins"),
        ("CSRF_TRUSTED_ORIGINS", [], "Origins"),
        ("PLASS_IDLE_SECONDS", 4 * 3600, "Idle time"),
    ],
)
def test_what_the_settings_have_wrong_is_found(good, settings, setting, value, about):
    setattr(settings, setting, value)
    assert set(wrong(good)) == {about}


def test_workers_that_would_be_root_are_found(tmp_path):
    # Only root can become another account; and only where that one may read the program it does.
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    run_by_root = os.geteuid() == 0
    account, reason = worker_account.choose(closed)
    assert account is None
    assert bool(reason) == run_by_root
    (finding,) = deploy._account(tmp_path)
    assert (finding.level == "wrong") == bool(worker_account.problem())


@pytest.mark.parametrize("line", ["local all all trust", "host all all 0.0.0.0/0 peer", "include other.conf"])
def test_a_database_that_lets_in_by_less_than_the_account_of_the_machine_is_found(good, line):
    data = good / "postgres"
    data.mkdir(parents=True)
    embedded._let_in(data)
    (finding,) = deploy._who_connects(good)
    assert finding.level == "fine"
    (data / "pg_hba.conf").write_text(f"# Written by hand.\n{line}\nlocal all all peer map=plass\n")
    (finding,) = deploy._who_connects(good)
    assert finding.level == "wrong" and finding.says.endswith(line)
    assert set(wrong(good)) == {"Who connects"}


def test_behind_proxies_it_is_said_how_many_of_them_are_our_own(good, settings):
    settings.PLASS_PROXIES = 0
    finding = {candidate.about: candidate for check in deploy.CHECKS for candidate in check(good)}["Addresses"]
    assert "PLASS_PROXIES" in finding.mend and "close the door for all" in finding.says
    settings.PLASS_PROXIES = 2
    assert wrong(good) == {}
    assert {candidate.about: candidate for candidate in doctor.examine(good, deploy=True)}["Addresses"].says.startswith(
        "as 2 of"
    )
    # Without TLS nothing stands in front: that is what is wrong then.
    settings.SESSION_COOKIE_SECURE, settings.PLASS_PROXIES = False, 0
    assert set(wrong(good)) == {"TLS"}


def test_an_old_backup_and_keys_among_the_backups_are_found(good):
    folder = Path(os.environ[deploy.BACKUPS_VARIABLE])
    (folder / "keys.env").write_text("")
    assert set(wrong(good)) == {"Keys and backups"}
    for base in folder.glob("base-*"):
        (base / backup.DESCRIPTION).unlink()
    keep(folder, datetime.now(UTC) - timedelta(days=5))
    assert set(wrong(good)) == {"Keys and backups", "Backups"}


def test_the_doctor_asks_for_it_all_where_asked_to(good):
    usual = {finding.about for finding in doctor.examine(good)}
    deployed = {finding.about for finding in doctor.examine(good, deploy=True)}
    assert {"TLS", "Hosts", "Secret key", "Backups"} <= deployed - usual
