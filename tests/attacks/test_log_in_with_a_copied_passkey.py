"""Somebody comes in with a passkey that is not theirs: an answer that was used, a false page's, a copied key, a statement.

The keys are made in software (tests/accounts/passkey.py), so each lie is told by a device that signs it rightly.
"""

from __future__ import annotations

import copy
import json
import threading
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import Change
from plass.accounts.models import Login, Passkey
from plass.db import signed
from plass.organisation.models import User
from tests.accounts.passkey import Device, browser_of, form_of, give, log_in, question_of, send, stranger, who
from tests.conftest import as_owner
from tests.world import PASSWORD, user

AT_ONCE = 10


def refused(answer, client: Client) -> bool:
    return answer.status_code in {400, 422} and who(client) is None


def ask(question: str, values=()):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def denied(question: str, values=()) -> None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        ask(question, values)
    assert "permission denied" in str(error.value) or "web process" in str(error.value), question


# --- Answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "counts nothing"])
def test_an_answer_that_was_listened_to_opens_nothing_more(world, counts):
    device = give(world, world.specialist, Device(counts=counts))
    owner = stranger()
    question = question_of(owner)
    before = copy.deepcopy(owner.cookies)
    answer = device.get(question)
    assert send(owner, answer).status_code == 303
    # In a session of one's own, with a question of one's own; in the session before the login; in the one after it.
    another, same = stranger(), stranger()
    question_of(another)
    assert refused(send(another, answer), another)
    same.cookies = before
    assert refused(send(same, answer), same)
    question_of(owner)
    assert send(owner, answer).status_code == 422
    assert log_in(stranger(), device).status_code == 303


def at_once(client: Client, address: str, form: dict[str, str]) -> list[int]:
    """The status codes of the same form, sent ten times at the same moment by one browser."""
    start, statuses = threading.Barrier(AT_ONCE), []

    def send() -> None:
        sender = stranger()
        sender.cookies = copy.deepcopy(client.cookies)
        start.wait()
        try:
            statuses.append(sender.post(address, form).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == AT_ONCE
    return statuses


def test_one_answer_sent_ten_times_at_once_is_one_login(committed):
    with transaction.atomic():
        device = give(committed, committed.specialist, Device(counts=False))
    client = stranger()
    statuses = at_once(client, "/logg-inn/passnokkel/", {"answer": device.get(question_of(client))})
    assert statuses.count(303) == 1 and set(statuses) <= {303, 400, 422, 429}, statuses
    with transaction.atomic(), as_owner():
        assert Login.objects.filter(way="passkey").count() == 1


def test_one_new_key_sent_ten_times_at_once_is_one_key_for_one_code(committed):
    with transaction.atomic():
        client = browser_of(committed, committed.counsellor)
    client.post("/konto/passnokler/ny/", {"old": PASSWORD})
    question, form = form_of(client.get("/konto/passnokler/ny/"))
    form |= {"name": "Maskinen", "answer": Device().create(question)}
    assert set(at_once(client, "/konto/passnokler/ny/", form)) == {303}
    with transaction.atomic(), as_owner():
        assert Passkey.objects.filter(user=committed.counsellor).count() == 1
    assert "data-question" not in client.get("/konto/passnokler/ny/").content.decode()


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://plass.example"},
        {"origin": "http://localhost:8000"},
        {"origin": "https://localhost"},
        {"rp_id": "plass.example"},
        {"verified": False},
        {"key": Device().key},
        {"handle": b"somebody else"},
        {"handle": b""},
    ],
    ids=["site", "port", "scheme", "name", "not verified", "key", "whose", "nobody's"],
)
def test_a_device_that_says_something_else_is_refused(world, lie):
    device = give(world, world.specialist)
    client = stranger()
    assert refused(log_in(client, device.but(**lie)), client)
    assert log_in(client, device).status_code == 303


@pytest.mark.parametrize("lie", [{"origin": "https://plass.example"}, {"rp_id": "plass.example"}, {"verified": False}])
def test_a_key_that_is_made_elsewhere_is_not_added(world, lie):
    client = browser_of(world, world.specialist)
    client.post("/konto/passnokler/ny/", {"old": PASSWORD})
    question, form = form_of(client.get("/konto/passnokler/ny/"))
    page = client.post("/konto/passnokler/ny/", {**form, "name": "x", "answer": Device(**lie).create(question)})
    assert page.status_code == 422
    with as_owner():
        assert not Passkey.objects.exists()


def test_an_answer_for_a_new_key_is_none_for_a_login_and_the_other_way_round(world):
    give(world, world.specialist)
    client = browser_of(world, world.specialist)
    client.post("/konto/passnokler/ny/", {"old": PASSWORD})
    question, form = form_of(client.get("/konto/passnokler/ny/"))
    made = Device().create(question)
    outside = stranger()
    question_of(outside)
    assert refused(send(outside, made), outside)
    # The question of the login page, answered under My account: somebody was led to press there.
    answer = Device().create(question.replace(_challenge(question), _challenge(question_of(client))))
    assert client.post("/konto/passnokler/ny/", {**form, "name": "x", "answer": answer}).status_code == 422


def _challenge(question: str) -> str:
    return str(json.loads(question)["challenge"])


# --- Whose key --------------------------------------------------------------------------------------------------------


def test_the_key_of_an_ended_account_opens_nothing(world):
    device = give(world, world.specialist)
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    client = stranger()
    assert refused(log_in(client, device), client)


@pytest.mark.parametrize("kind", [User.Kind.PARTICIPANT, User.Kind.EMPLOYER])
def test_a_key_at_an_account_of_a_participant_or_contact_person_opens_nothing(world, kind):
    with as_owner():
        account = user("noen1", "", "", kind=kind)
    with pytest.raises(DatabaseError), transaction.atomic():
        give(world, account)
    # Even where one stands there.
    device = give(world, world.specialist)
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(kind=kind)
    client = stranger()
    assert refused(log_in(client, device), client)


def test_nobody_adds_a_key_for_somebody_else(world):
    words = (b"x" * 32, b"y" * 32, 0, "min")
    for account in (world.administrator, world.leader, world.colleague):
        world.act_as(account)
        with pytest.raises(DatabaseError), transaction.atomic():
            signed.call("accounts_add_passkey", world.specialist.pk, *words)
    with as_owner():
        assert not Passkey.objects.exists()


def test_a_credential_id_that_is_somebodys_is_not_taken_over(world):
    device = give(world, world.specialist)
    client = browser_of(world, world.colleague)
    client.post("/konto/passnokler/ny/", {"old": PASSWORD})
    question, form = form_of(client.get("/konto/passnokler/ny/"))
    thief = Device(credential=device.credential)
    answer = client.post("/konto/passnokler/ny/", {**form, "name": "x", "answer": thief.create(question)})
    assert answer.status_code == 422
    outside = stranger()
    assert log_in(outside, device).status_code == 303 and who(outside) == str(world.specialist.pk)


# --- A copy -----------------------------------------------------------------------------------------------------------


def test_a_copied_key_is_refused_stopped_and_told_of(world):
    device = give(world, world.specialist, name="Kopiert nøkkel")
    thief = device.but()
    owner = stranger()
    for _ in range(3):
        log_in(owner, device)
    client = stranger()
    assert refused(log_in(client, thief), client)
    # There are two of it, and nobody knows which is the owner's: neither opens, however far it counts; nobody is left in.
    thief.count = 50
    for key in (thief, device):
        client = stranger()
        assert refused(log_in(client, key), client)
    assert owner.get("/konto/").status_code == 302
    by_password = stranger()
    response = by_password.post("/logg-inn/", {"username": world.specialist.username, "password": PASSWORD})
    assert "kopiert" in " ".join(str(message) for message in get_messages(response.wsgi_request))
    assert "stoppet" in by_password.get("/konto/").content.decode()
    history = browser_of(world, world.administrator).get("/endringer/").content.decode()
    assert "Stoppet som kopiert" in history and "programmet" in history
    with as_owner():
        assert not Login.objects.filter(way="passkey").exists()
        assert Change.objects.filter(table="accounts_passkey", operation="update").count() == 1


# --- A statement ------------------------------------------------------------------------------------------------------


def test_a_statement_neither_adds_nor_changes_a_key_of_the_one_who_acts(world):
    give(world, world.specialist)
    world.act_as(world.specialist)
    row = "(user_id, credential_id, public_key, sign_count, name, made_at) VALUES (%s, 'x', 'y', 0, 'min', now())"
    denied(f"INSERT INTO accounts_passkey {row}", [world.specialist.pk])
    for column in ("public_key", "credential_id", "sign_count", "last_asked", "copied_at", "user_id"):
        denied(f"UPDATE accounts_passkey SET {column} = DEFAULT")
    stamp = ask("SELECT current_setting('plass.user', true)")[0][0].split("|")[1]
    for permit in ("", stamp, "0" * 64):
        denied(
            "SELECT accounts_add_passkey(%s, 'x', 'y', 0, 'min', %s)",
            [world.specialist.pk, permit],
        )
        denied("SELECT accounts_use_passkey((SELECT id FROM accounts_passkey), 1, 0, 0, %s)", [permit])


def test_a_statement_reads_no_key_before_login_and_none_of_another(world):
    device = give(world, world.specialist)
    set_current_user(None)
    assert ask("SELECT id FROM accounts_passkey") == []
    denied("SELECT * FROM accounts_passkey_called(%s, '')", [device.credential])
    assert ask("SELECT accounts_passkey_count(%s)", [world.specialist.pk]) == [(0,)]
    # A signature for the key that the page asks about holds for no other.
    permit = signed._sign(connection, "accounts_passkey_called", "00")
    denied("SELECT * FROM accounts_passkey_called(%s, %s)", [device.credential, permit])
    for account in (world.colleague, world.administrator, world.supervisor):
        world.act_as(account)
        assert ask("SELECT id FROM accounts_passkey") == []
        assert ask("WITH gone AS (DELETE FROM accounts_passkey RETURNING id) SELECT * FROM gone") == []
    assert log_in(stranger(), device).status_code == 303
