"""One administrator opens an ended account again, to which somebody knows the old password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from plass.accounts import approvals, links, totp
from plass.accounts.models import Link, Passkey, RecoveryCode, SecondFactor, Subject
from plass.administration import actions
from plass.organisation.models import Role, User
from tests.accounts.passkey import give as give_passkey
from tests.conftest import as_owner
from tests.world import PASSWORD, World, approved_link, member


def opens(password: str = PASSWORD) -> bool:
    return Client().post("/logg-inn/", {"username": "jobb2", "password": password}).status_code == 303


def ended(world: World) -> User:
    by = world.act_as(world.administrator)
    actions.leave(world.colleague, by=by, last_day=timezone.localdate() - timedelta(days=1))
    return User.objects.get(pk=world.colleague.pk)


@pytest.fixture
def with_everything(world) -> str:
    """A colleague with every way in there is; the secret of a link that was not used."""
    import pyotp

    secret = totp.new_secret()
    totp.confirm(by=world.act_as(world.colleague), secret=secret, code=pyotp.TOTP(secret).now())
    give_passkey(world, world.colleague)
    with as_owner():
        Subject.objects.create(issuer="https://id", subject="o-2", user=world.colleague)
    return approved_link(world, world.colleague)


def test_the_old_password_opens_nothing_after_the_account_is_open_again(world, settings):
    settings.PLASS_SECOND_FACTOR = False
    assert opens()
    account = ended(world)
    assert not opens()
    client = Client()
    client.force_login(world.act_as(world.administrator))
    assert client.post(f"/kontoer/{account.pk}/gjenopne/").status_code == 303
    assert not opens()
    # By a new link, which a second person approves, it does.
    with as_owner():
        member(account, Role.SPECIALIST, world.office, world.team)
    token = approved_link(world, account)
    new = "en setning om sommeren"
    assert client.post(f"/lenke/{token}/", {"new": new, "again": new}).status_code == 303
    assert opens(new)


def test_nor_anything_else_of_before(world, with_everything):
    account = ended(world)
    actions.come_back(account, by=world.act_as(world.administrator))
    assert links.opened(with_everything) is None
    with as_owner():
        for table in (SecondFactor, RecoveryCode, Passkey, Subject):
            assert not table.objects.filter(user=account).exists(), table
        assert not Link.objects.filter(user=account, used_at=None, expires_at__gt=timezone.now()).exists()
        assert not User.objects.get(pk=account.pk).has_usable_password()


def test_an_end_that_has_not_come_yet_takes_nothing_when_it_is_taken_back(world, with_everything):
    """Nobody was out: a last day ahead that was a mistake."""
    by = world.act_as(world.administrator)
    actions.leave(world.colleague, by=by, last_day=timezone.localdate() + timedelta(days=7))
    actions.come_back(User.objects.get(pk=world.colleague.pk), by=by)
    with as_owner():
        assert SecondFactor.objects.filter(user=world.colleague).exists()
        assert Passkey.objects.filter(user=world.colleague).exists()
    assert opens()
    assert approvals.of(world.act_as(world.colleague))
