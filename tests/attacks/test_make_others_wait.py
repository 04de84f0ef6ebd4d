"""Somebody holds what another needs, to keep them out or to use up the program: nobody waits for long, and is told so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from plass.access.models import Grant
from plass.accounts.models import ApprovalRequest
from plass.administration import actions as administration
from plass.cases.models import Participant
from plass.db import locks, signed
from plass.organisation.models import User
from tests.accounts.passkey import browser_of
from tests.conftest import as_owner
from tests.world import PASSWORD, World

from .test_act_at_the_same_moment import meanwhile, protect, referred


def hold_the_account(by: User) -> None:
    """As the owner of the account can, in a smuggled statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_held_generation()")


def hold_the_request(number: int) -> Callable[[User], None]:
    """As whoever stops it does."""

    def act(by: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_stop_request(%s)", [number])
            transaction.set_rollback(True)

    return act


@pytest.fixture
def begins(committed: World, settings: Any) -> World:
    settings.PLASS_SECOND_FACTOR = False
    settings.PLASS_LOCK_SECONDS = 0.3
    return committed


def browser(world: World, who: User) -> Client:
    """Of somebody who is logged in: it shows the page that is answered where the program fails, too."""
    with transaction.atomic():
        client = browser_of(world, who)
    client.raise_request_exception = False
    return client


def number_of(client: Client, address: str) -> dict[str, str]:
    """The number that the form there is sent with."""
    page = client.get(address).content.decode()
    [number] = set(re.findall(r'name="submission" value="([^"]+)"', page))
    return {"submission": number}


def try_again_is_said(answer: Any) -> bool:
    page = answer.content.decode()
    return answer.status_code == 503 and answer["Retry-After"] == "5" and "Prøv igjen om litt" in page


def test_a_login_does_not_wait_long_for_whoever_holds_the_account(begins, caplog):
    client, form = Client(raise_request_exception=False), {"username": "jobb1", "password": PASSWORD}
    with meanwhile(begins.specialist, hold_the_account):
        assert try_again_is_said(client.post("/logg-inn/", form))
    assert client.get("/konto/").status_code == 302
    [line] = [record for record in caplog.records if "Waited in vain" in record.getMessage()]
    assert line.exc_info is None and line.getMessage().endswith("accounts:login")
    assert not [record for record in caplog.records if record.name == "django.request"]
    # Then they come in, and it was not counted as a wrong password.
    for _each in range(7):
        with meanwhile(begins.specialist, hold_the_account):
            assert client.post("/logg-inn/", form).status_code == 503
    assert client.post("/logg-inn/", form).status_code == 303
    assert client.get("/konto/").status_code == 200


def test_nor_does_whoever_logs_everybody_out(begins):
    client = browser(begins, begins.administrator)
    address = reverse("administration:help_in", args=[begins.specialist.pk, "logg-ut"])
    with meanwhile(begins.specialist, hold_the_account):
        assert try_again_is_said(client.post(address))
    assert client.post(address).status_code == 303


def test_nor_does_whoever_answers_a_request(begins):
    with transaction.atomic():
        by = begins.act_as(begins.administrator)
        asked = administration.forget_phone(begins.specialist, by=by, reason="mistet")
    client, address = browser(begins, begins.supervisor), reverse("accounts:approval", args=[asked.pk])
    form = {"outcome": "yes"} | number_of(client, address)
    with meanwhile(begins.administrator, hold_the_request(asked.pk)):
        assert try_again_is_said(client.post(address, form))
    with transaction.atomic(), as_owner():
        assert ApprovalRequest.objects.get(pk=asked.pk).outcome == ""
    assert client.post(address, form).status_code == 303
    with transaction.atomic(), as_owner():
        assert ApprovalRequest.objects.get(pk=asked.pk).outcome == "approved"


def test_nor_does_anybody_who_looks_before_they_write(begins):
    """What is locked by name (0178): here two protect the same person."""
    case = referred(begins)
    client, address = browser(begins, begins.counsellor), reverse("cases:protection", args=[case.pk])
    form = {"protection": "confidential", "reason": "Trussel", "version": "1"} | number_of(client, address)
    with meanwhile(begins.specialist, protect(case.participant_id)):
        page = client.post(address, form, headers={"HX-Request": "true"})
    assert try_again_is_said(page)
    assert "Det du har skrevet, står her fortsatt" in page.content.decode()
    with transaction.atomic(), as_owner():
        assert Participant.objects.get(pk=case.participant_id).protection == "strictly_confidential"


def test_nor_is_whoever_waited_to_let_somebody_in_told_that_they_may_not(begins):
    case = referred(begins)
    client, address = browser(begins, begins.counsellor), reverse("cases:give", args=[case.pk])
    chosen = {"to": begins.specialist.pk, "reason": "Ferie, til mandag", "hours": 24, "level": Grant.Allows.READ.value}
    form = chosen | number_of(client, address)

    def protect_and_undo(by: User) -> None:
        protect(case.participant_id)(by)
        transaction.set_rollback(True)

    with meanwhile(begins.specialist, protect_and_undo):
        assert try_again_is_said(client.post(address, form))
    assert client.post(address, form).status_code == 303


@pytest.mark.parametrize("said", [{"sid": ""}, {"subject": ""}], ids=["no session", "no person"])
def test_logins_through_a_service_that_does_not_name_them_do_not_wait_for_one_another(begins, said):
    """What the service does not say is the same of everybody: it is no name to wait for."""

    def asked(**about: str) -> Callable[[User], Any]:
        words = {"sid": "a", "subject": "b"} | about
        return lambda by: signed.call(
            "accounts_logged_out_there", "https://login.example", words["sid"], words["subject"], 1_790_000_000
        )

    other = {"sid": "c", "subject": "d"} | said
    with meanwhile(begins.specialist, asked(**said)), transaction.atomic():
        locks.wait_at_most(0.3)
        assert asked(**other)(begins.counsellor) == [(False,)]
    # Those of the same name do.
    with meanwhile(begins.specialist, asked()), transaction.atomic():
        locks.wait_at_most(0.3)
        with pytest.raises(OperationalError), transaction.atomic():
            asked()(begins.counsellor)
