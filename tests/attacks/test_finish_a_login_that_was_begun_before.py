"""Somebody who has the password types it, and waits: a new password, a new link, codes taken away and logging out everywhere
end what they began, as they end logins."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from plass.accounts import active_sessions, approvals, auth_backend, totp, ways_in
from plass.accounts.active_sessions import AGREED
from plass.accounts.models import SecondFactor
from plass.administration import actions as administration
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import PASSWORD, World, approved_link

NEW = "en setning om sommeren"


@pytest.fixture(autouse=True)
def enforced(settings) -> None:
    settings.PLASS_SECOND_FACTOR = True


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


def begun(password: str = PASSWORD) -> Client:
    client = Client()
    assert client.post("/logg-inn/", {"username": "jobb1", "password": password})["Location"] == "/logg-inn/kode/"
    return client


def secret_on(client: Client) -> str:
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    return page.select_one(".p-secret").text.replace(" ", "")


def with_phone(account: User, world: World) -> str:
    secret = totp.new_secret()
    totp.confirm(by=world.act_as(account), secret=secret, code=code_of(secret))
    with as_owner():
        SecondFactor.objects.update(last_step=0)
    return secret


def codes_taken_away(world: World) -> None:
    asked = administration.forget_phone(world.specialist, by=world.act_as(world.administrator), reason="mistet")
    approvals.answer(asked, by=world.act_as(world.supervisor), yes=True)


def new_link(world: World) -> None:
    approved_link(world, world.specialist, by=world.supervisor)


def new_password_by_link(world: World) -> None:
    token = approved_link(world, world.specialist, by=world.supervisor)
    assert Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW}).status_code == 303


def logged_out_by_administrator(world: World) -> None:
    administration.end_logins(world.specialist, by=world.act_as(world.administrator))


def logged_out_by_themselves(world: World) -> None:
    client = Client()
    client.force_login(world.act_as(world.specialist))
    assert client.post("/konto/logg-ut-andre/").status_code == 303


def own_new_password(world: World) -> None:
    client = Client()
    client.force_login(world.act_as(world.specialist))
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert client.post("/konto/passord/", form).status_code == 303
    # The one that changed it stays in.
    assert client.get("/konto/").status_code == 200


def reset_on_the_machine(world: World) -> None:
    with as_owner():
        administration.reset_account(username="jobb1", password=NEW)


def ended_and_opened_again(world: World) -> None:
    by = world.act_as(world.administrator)
    administration.leave(world.specialist, by=by, last_day=timezone.localdate() - timedelta(days=1))
    administration.come_back(User.objects.get(pk=world.specialist.pk), by=by)


ENDS = [
    codes_taken_away,
    new_link,
    new_password_by_link,
    logged_out_by_administrator,
    logged_out_by_themselves,
    own_new_password,
    reset_on_the_machine,
    ended_and_opened_again,
]


@pytest.mark.parametrize("end", ENDS)
def test_a_phone_that_is_being_set_up_at_login_opens_nothing_afterwards(world, end: Callable[[World], None]):
    thief = begun()
    secret = secret_on(thief)
    end(world)
    assert thief.post("/logg-inn/ny-kode/", {"code": code_of(secret)})["Location"] == "/logg-inn/"
    assert who(thief) is None
    with as_owner():
        assert not SecondFactor.objects.exists()


@pytest.mark.parametrize("end", ENDS)
def test_the_step_between_password_and_code_goes_no_further(world, end: Callable[[World], None]):
    secret = with_phone(world.specialist, world)
    thief = begun()
    assert thief.get("/logg-inn/kode/").status_code == 200
    end(world)
    assert thief.post("/logg-inn/kode/", {"code": code_of(secret)})["Location"] == "/logg-inn/"
    assert who(thief) is None


@pytest.mark.parametrize("end", [codes_taken_away, new_link, logged_out_by_administrator, logged_out_by_themselves])
def test_what_was_agreed_in_a_login_adds_no_way_in_afterwards(world, end: Callable[[World], None], settings):
    """A login that goes on (the one who logged out the others) has to show anew that it is them."""
    secret = with_phone(world.specialist, world)
    client = Client()
    client.force_login(world.act_as(world.specialist))
    assert client.post("/konto/kode/", {"code": code_of(secret)}).status_code == 303
    assert AGREED in client.session
    if end is logged_out_by_themselves:
        assert client.post("/konto/logg-ut-andre/").status_code == 303
    else:
        end(world)
    page = client.get("/konto/kode/")
    assert page.status_code == 302 or ".p-secret" not in page.content.decode()
    if page.status_code == 200:
        assert not BeautifulSoup(page.content, "html.parser").select(".p-secret")


def test_a_login_in_which_the_password_was_changed_can_still_be_ended(world, settings):
    """It goes on under another key: it stays in the list, and ends when others are ended."""
    settings.PLASS_SECOND_FACTOR = False
    thief = Client()
    thief.post("/logg-inn/", {"username": "jobb1", "password": PASSWORD})
    copied = thief.cookies[settings.SESSION_COOKIE_NAME].value
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert thief.post("/konto/passord/", form).status_code == 303
    listed = active_sessions.of(world.act_as(world.specialist), thief.session.session_key)
    assert [login.this_one for login in listed] == [True]
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = copied
    assert old.get("/konto/").status_code == 302
    logged_out_by_administrator(world)
    assert thief.get("/konto/").status_code == 302


def test_a_password_that_is_replaced_while_it_is_looked_at_lets_nobody_in(world, monkeypatch):
    """The new one comes between the question for the hash and the answer."""
    right = auth_backend.check_password

    def slowly(typed: str, kept: str) -> bool:
        administration.end_logins(world.specialist, by=world.act_as(world.administrator))
        return right(typed, kept)

    monkeypatch.setattr(auth_backend, "check_password", slowly)
    client = Client()
    assert client.post("/logg-inn/", {"username": "jobb1", "password": PASSWORD}).status_code == 422
    assert who(client) is None


def test_nothing_ends_for_somebody_else(world):
    thief, other = begun(), Client()
    other.post("/logg-inn/", {"username": "jobb2", "password": PASSWORD})
    logged_out_by_administrator(world)
    assert thief.get("/logg-inn/kode/")["Location"] == "/logg-inn/"
    assert other.get("/logg-inn/kode/")["Location"] == "/logg-inn/ny-kode/"
    world.act_as(world.colleague)
    assert ways_in.held_generation() == 0
