"""A statement smuggled into a page of their own account makes what was used, ended or never given open it once more."""

from __future__ import annotations

import hashlib
import importlib

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from plass.accounts import links, totp
from plass.accounts.models import Link, RecoveryCode, SecondFactor
from tests.conftest import as_owner
from tests.world import PASSWORD, approved_link, stored

from .test_finish_a_login_that_was_begun_before import NEW, code_of, secret_on, with_phone
from .test_injected_statement import refused

MINE = "recovery code aaaaaaaaaaaaaaaa"


def test_no_statement_opens_a_link_again(world):
    token = approved_link(world, world.specialist, by=world.supervisor)
    assert Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW}).status_code == 303
    world.act_as(world.specialist)
    assert "permission denied" in refused("UPDATE accounts_link SET used_at = NULL")
    assert links.opened(token) is None


def test_a_link_is_used_by_whom_it_is_for_and_once(world):
    token = approved_link(world, world.specialist, by=world.supervisor)
    invited = links.opened(token)
    assert invited is not None
    world.act_as(world.colleague)
    assert not links.use(invited)
    world.act_as(world.specialist)
    assert links.use(invited)
    assert not links.use(invited)
    with as_owner():
        assert Link.objects.get().used_at is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_secondfactor SET last_step = 0",
        "UPDATE accounts_secondfactor SET secret = 'x'",
        "DELETE FROM accounts_secondfactor",
        "INSERT INTO accounts_secondfactor (user_id, secret, confirmed_at, last_step) VALUES (access_user(), 'x', now(), 0)",
        "UPDATE accounts_recoverycode SET used_at = NULL",
        "DELETE FROM accounts_recoverycode",
        f"INSERT INTO accounts_recoverycode (user_id, code_hash) VALUES (access_user(), sha256('{MINE}'))",
        "UPDATE accounts_passkey SET sign_count = 0, last_asked = 0, copied_at = NULL",
        "DELETE FROM accounts_login",
        "UPDATE accounts_login SET approval_id = NULL",
        "UPDATE accounts_waysin SET generation = 0",
    ],
)
def test_no_statement_writes_what_opens_an_account(world, statement):
    with_phone(world.specialist, world)
    world.act_as(world.specialist)
    assert "permission denied" in refused(statement)


@pytest.mark.parametrize(
    "question",
    [
        "SELECT accounts_set_factor(access_user(), 'x', 0, 'x')",
        "SELECT accounts_use_factor(access_user(), 1, 'x')",
        "SELECT accounts_set_recovery_codes(access_user(), ARRAY['00'], 'x')",
        "SELECT accounts_use_link(1, 'x')",
        "SELECT accounts_login_ended('x', 'x')",
    ],
)
def test_what_writes_it_is_asked_by_the_program_alone(world, question):
    world.act_as(world.specialist)
    assert "was not asked by the web process" in refused(question)


def test_a_recovery_code_is_kept_under_a_key_that_the_database_does_not_have(world):
    """Also where somebody gets a row in: what they write is the hash of no code."""
    with_phone(world.specialist, world)
    with as_owner():
        hashed = hashlib.sha256(MINE.encode()).digest()
        RecoveryCode.objects.create(user=world.specialist, code_hash=hashed)
    world.act_as(world.specialist)
    assert not totp.check(world.specialist, "aaaa-aaaa-aaaa-aaaa", where="")


def test_the_codes_that_somebody_wrote_down_before_there_was_a_key_open_still(world):
    with_phone(world.specialist, world)
    migration = importlib.import_module("plass.accounts.migrations.0003_single_use")
    before = MigrationExecutor(connection).loader.project_state(("accounts", "0003_single_use")).apps
    with as_owner():
        RecoveryCode.objects.all().delete()
        RecoveryCode.objects.create(user=world.specialist, code_hash=hashlib.sha256(MINE.encode()).digest())
        migration.put_recovery_codes_under_the_key(before, None)
    world.act_as(world.specialist)
    assert totp.check(world.specialist, "aaaa-aaaa-aaaa-aaaa", where="")


def test_a_recovery_code_and_six_digits_open_once(world):
    secret = totp.new_secret()
    codes = totp.confirm(by=world.act_as(world.specialist), secret=secret, code=code_of(secret))
    assert codes is not None
    assert not totp.check(world.specialist, code_of(secret), where="")
    with as_owner():
        SecondFactor.objects.update(last_step=0)
    assert totp.check(world.specialist, code_of(secret), where="")
    assert not totp.check(world.specialist, code_of(secret), where="")
    assert totp.check(world.specialist, codes[0], where="")
    assert not totp.check(world.specialist, codes[0], where="")
    renewed = totp.renew_recovery_codes(by=world.specialist)
    assert not totp.check(world.specialist, codes[1], where="")
    assert totp.check(world.specialist, renewed[0], where="")
    with as_owner():
        kept = {stored(code, "code_hash") for code in RecoveryCode.objects.all()}
    assert len(kept) == totp.RECOVERY_CODES


def test_a_phone_is_set_up_for_oneself_alone(world, settings):
    settings.PLASS_SECOND_FACTOR = True
    client = Client()
    client.post("/logg-inn/", {"username": "jobb1", "password": PASSWORD})
    secret = secret_on(client)
    assert client.post("/logg-inn/ny-kode/", {"code": code_of(secret)}).status_code == 200
    with as_owner():
        before = stored(SecondFactor.objects.get(), "secret")
    world.act_as(world.colleague)
    with pytest.raises(DatabaseError, match="their own phone"), transaction.atomic():
        totp.confirm(by=world.specialist, secret=secret, code=code_of(secret))
    with pytest.raises(DatabaseError, match="their own recovery"), transaction.atomic():
        totp.renew_recovery_codes(by=world.specialist)
    with as_owner():
        assert stored(SecondFactor.objects.get(), "secret") == before


def test_what_was_superseded_stays_so(world):
    """So for every mark of that kind, in every table (tests/house/test_rows.py)."""
    world.refer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_referral SET superseded_at = now()")
    for again in ("NULL", "now()"):
        assert "stays as it is" in refused(f"UPDATE cases_referral SET superseded_at = {again}")
