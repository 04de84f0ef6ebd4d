"""`plass doctor --deploy`: every setting that is not for real people is found, with what mends it."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plass.config import deploy, doctor
from plass.db import backup
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
    one = folder / f"base-{when:%Y%m%dT%H%M%SZ}"
    one.mkdir(parents=True)
    described = {"taken_at": when.isoformat(), "version": 180000, "rows": {}, "keys": []}
    (one / backup.DESCRIPTION).write_text(json.dumps(described))


def wrong(where: Path) -> dict[str, str]:
    # Whose account the tests are run by is this machine's matter, and has a test of its own.
    checks = [check for check in deploy.CHECKS if check is not deploy._account]
    found = [one for check in checks for one in check(where) if one.level == "wrong"]
    assert all(one.mend for one in found), "a finding without a mend helps nobody"
    return {one.about: one.mend for one in found}


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
    found = {one.about for check in checks for one in check(good) if one.level == "wrong"}
    assert found == {about}


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
    (found,) = deploy._account(tmp_path)
    assert (found.level == "wrong") == bool(worker_account.problem())


def test_behind_proxies_it_is_said_how_many_of_them_are_our_own(good, settings):
    settings.PLASS_PROXIES = 0
    found = {one.about: one for check in deploy.CHECKS for one in check(good)}["Addresses"]
    assert "PLASS_PROXIES" in found.mend and "close the door for all" in found.says
    settings.PLASS_PROXIES = 2
    assert wrong(good) == {}
    assert {one.about: one for one in doctor.examine(good, deploy=True)}["Addresses"].says.startswith("as 2 of")
    # Without TLS nothing stands in front: that is what is wrong then.
    settings.SESSION_COOKIE_SECURE, settings.PLASS_PROXIES = False, 0
    assert set(wrong(good)) == {"TLS"}


def test_an_old_backup_and_keys_among_the_backups_are_found(good):
    folder = Path(os.environ[deploy.BACKUPS_VARIABLE])
    (folder / "keys.env").write_text("")
    assert set(wrong(good)) == {"Keys and backups"}
    for one in folder.glob("base-*"):
        (one / backup.DESCRIPTION).unlink()
    keep(folder, datetime.now(UTC) - timedelta(days=5))
    assert set(wrong(good)) == {"Keys and backups", "Backups"}


def test_the_doctor_asks_for_it_all_where_asked_to(good):
    usual = {one.about for one in doctor.examine(good)}
    deployed = {one.about for one in doctor.examine(good, deploy=True)}
    assert {"TLS", "Hosts", "Secret key", "Backups"} <= deployed - usual
