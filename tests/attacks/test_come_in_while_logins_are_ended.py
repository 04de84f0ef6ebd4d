"""Somebody comes in, or adds a way in, at the very moment at which the ways into the account are ended: whichever is first,
nothing of it is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from plass.accounts import approvals, totp
from plass.accounts.models import ApprovalRequest, Login, LogoutNotice, Passkey, RecoveryCode, SecondFactor, Subject
from plass.administration import actions as administration
from plass.organisation.models import User
from tests.accounts.oidc_steps import come, go, siri
from tests.accounts.passkey import Device, browser_of, form_of, give, question_of, send, stranger
from tests.conftest import as_owner
from tests.world import PASSWORD, World

from .test_act_at_the_same_moment import one_in_the_others_transaction
from .test_finish_a_login_that_was_begun_before import begun, code_of, secret_on, with_phone


@dataclass
class Attempt:
    """What is done in one request, in the browser ``client``."""

    client: Client
    act: Callable[[], Any]


def by_password(world: World, provider: Any, settings: Any) -> Attempt:
    settings.PLASS_SECOND_FACTOR = False
    client = Client()
    return Attempt(client, lambda: client.post("/logg-inn/", {"username": "jobb1", "password": PASSWORD}))


def by_code(world: World, provider: Any, settings: Any) -> Attempt:
    secret = with_phone(world.specialist, world)
    client = begun()
    return Attempt(client, lambda: client.post("/logg-inn/kode/", {"code": code_of(secret)}))


def by_recovery_code(world: World, provider: Any, settings: Any) -> Attempt:
    with_phone(world.specialist, world)
    codes = totp.renew_recovery_codes(by=world.act_as(world.specialist))
    client = begun()
    return Attempt(client, lambda: client.post("/logg-inn/kode/", {"code": codes[0]}))


def by_first_code(world: World, provider: Any, settings: Any) -> Attempt:
    client = begun()
    secret = secret_on(client)
    return Attempt(client, lambda: client.post("/logg-inn/ny-kode/", {"code": code_of(secret)}))


def by_passkey(world: World, provider: Any, settings: Any) -> Attempt:
    device, client = give(world, world.specialist, Device()), stranger()
    answer = device.get(question_of(client))
    return Attempt(client, lambda: send(client, answer))


def by_login_service(world: World, provider: Any, settings: Any) -> Attempt:
    siri(provider)
    client = Client()
    address = go(client)
    return Attempt(client, lambda: come(client, address))


def another_phone(world: World, provider: Any, settings: Any) -> Attempt:
    client = browser_of(world, world.specialist)
    client.post("/konto/kode/", {"old": PASSWORD})
    page = client.get("/konto/kode/").content.decode()
    secret = page.split('class="p-secret')[1].split(">", 1)[1].split("<")[0].replace(" ", "")
    return Attempt(client, lambda: client.post("/konto/kode/", {"code": code_of(secret)}))


def another_passkey(world: World, provider: Any, settings: Any) -> Attempt:
    client = browser_of(world, world.specialist)
    client.post("/konto/passnokler/ny/", {"old": PASSWORD})
    question, form = form_of(client.get("/konto/passnokler/ny/"))
    form |= {"name": "Maskinen", "answer": Device().create(question)}
    return Attempt(client, lambda: client.post("/konto/passnokler/ny/", form))


def new_recovery_codes(world: World, provider: Any, settings: Any) -> Attempt:
    secret = with_phone(world.specialist, world)
    client = browser_of(world, world.specialist)
    return Attempt(client, lambda: client.post("/konto/gjenopprettingskoder/", {"code": code_of(secret)}))


LOGINS = [by_password, by_code, by_recovery_code, by_first_code, by_passkey, by_login_service]
ADDITIONS = [another_phone, another_passkey, new_recovery_codes]


@pytest.fixture
def begins(committed: World, provider: Any, settings: Any) -> World:
    """The world as it was before the test, with second factors demanded."""
    settings.PLASS_SECOND_FACTOR = True
    with transaction.atomic(), as_owner():
        for model in (Login, LogoutNotice, SecondFactor, RecoveryCode, Passkey, Subject):
            model.objects.all().delete()
        ApprovalRequest.objects.all().delete()
    return committed


def left(client: Client) -> dict[str, Any]:
    with transaction.atomic(), as_owner():
        ways = {model.__name__ for model in (Login, SecondFactor, RecoveryCode, Passkey) if model.objects.exists()}
    return {"ways": ways, "page": client.get("/konto/").status_code}


@pytest.mark.parametrize("first", ["comes in", "ended"])
@pytest.mark.parametrize("attempt", LOGINS + ADDITIONS)
def test_nothing_is_left_after_a_lost_phone(begins, provider, settings, attempt, first):
    world = begins
    with transaction.atomic():
        tried = attempt(world, provider, settings)
        asked = administration.forget_phone(world.specialist, by=world.act_as(world.administrator), reason="mistet")
    both = [
        (world.specialist, lambda by: tried.act()),
        (world.supervisor, lambda by: approvals.answer(asked, by=by, yes=True)),
    ]
    results = one_in_the_others_transaction(*(both if first == "comes in" else reversed(both)))
    assert not [result for result in results if isinstance(result, Exception)]
    assert left(tried.client) == {"ways": set(), "page": 302}


@pytest.mark.parametrize("first", ["comes in", "ended"])
@pytest.mark.parametrize("attempt", LOGINS)
def test_nobody_is_logged_in_after_everybody_was_logged_out(begins, provider, settings, attempt, first):
    world = begins
    with transaction.atomic():
        tried = attempt(world, provider, settings)
    both = [
        (world.specialist, lambda by: tried.act()),
        (world.administrator, lambda by: administration.end_logins(User.objects.get(pk=world.specialist.pk), by=by)),
    ]
    results = one_in_the_others_transaction(*(both if first == "comes in" else reversed(both)))
    assert not [result for result in results if isinstance(result, Exception)]
    assert left(tried.client)["page"] == 302
    assert "Login" not in left(tried.client)["ways"]


def says_logged_out(provider: Any, way: str) -> Callable[[User], Any]:
    """The login service says that Siri logged out there: by a notice about the session or the person, or in a frame."""

    def say(by: User) -> int:
        address = "/logg-inn/ansatt/logget-ut/"
        if way == "frame":
            return Client().get(address, {"iss": provider.issuer, "sid": "session-1"}).status_code
        about = {"sid": "session-1"} if way == "session" else {"sub": "s-1"}
        return Client().post(address, {"logout_token": provider.logout_token(**about)}).status_code

    return say


@pytest.mark.parametrize("first", ["comes in", "ended"])
@pytest.mark.parametrize("way", ["session", "person", "frame"])
def test_nobody_is_logged_in_after_they_logged_out_at_the_login_service(begins, provider, way, first):
    world = begins
    with transaction.atomic():
        siri(provider, sid="session-1")
        client = Client()
        address = go(client)
    both = [
        (world.specialist, lambda by: come(client, address)),
        (world.administrator, says_logged_out(provider, way)),
    ]
    came, said = one_in_the_others_transaction(*(both if first == "comes in" else reversed(both)))[
        :: 1 if first == "comes in" else -1
    ]
    assert said == 200
    assert came.status_code == (302 if first == "comes in" else 403)
    assert left(client) == {"ways": set(), "page": 302}


def test_who_logs_in_at_the_login_service_anew_is_let_in(begins, provider):
    """A notice about a person is of the logins before it, and one about a session of no other."""
    with transaction.atomic():
        siri(provider, sid="session-1", ago=60)
    for way in ("session", "person", "frame"):
        with transaction.atomic():
            assert says_logged_out(provider, way)(begins.administrator) == 200
        refused = Client()
        assert come(refused, go(refused)).status_code == 403
        with transaction.atomic():
            siri(provider, sid=f"after {way}", ago=-1)
            client = Client()
            come(client, go(client))
        assert client.get("/konto/").status_code == 200
        with transaction.atomic():
            siri(provider, sid="session-1", ago=60)


def test_a_login_without_anything_at_the_same_moment_lasts(begins, provider, settings):
    """What the tests above start from opens."""
    for attempt in LOGINS:
        with transaction.atomic():
            tried = attempt(begins, provider, settings)
        tried.act()
        assert tried.client.get("/konto/").status_code == 200, attempt
        with transaction.atomic(), as_owner():
            for model in (SecondFactor, RecoveryCode, Passkey, Subject):
                model.objects.all().delete()
        settings.PLASS_SECOND_FACTOR = True


def test_what_ends_the_ways_in_holds_the_account_before_it_locks_another_row(world):
    """Who comes in holds the account first and writes the rest after it. In the other order each would wait for the other,
    and whoever is in the account could keep a new password from being made."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND prosrc ~ 'accounts_end_every_(way_in|login)' AND proname NOT LIKE 'accounts_end_every%'"
        )
        ending = dict(cursor.fetchall())
    assert {"rights_new_password", "rights_forget_factor"} <= set(ending)
    late = set()
    for name, source in ending.items():
        locks = re.search(r"\b(UPDATE|INSERT INTO|DELETE FROM|FOR UPDATE)\b", source)
        holds = re.search(r"accounts_hold\(|accounts_end_every_(way_in|login)\(", source)
        if locks and holds and locks.start() < holds.start():
            late.add(name)
    assert late == set()
