"""Whoever sits at an open screen says "it is me who needs it": the login there shows who was there hours ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from plass.accounts import approvals
from plass.accounts.models import ApprovalRequest, Link, Login
from plass.administration import actions
from tests.accounts.oidc_steps import log_in, siri, who
from tests.conftest import as_owner


@pytest.fixture
def waits(world) -> ApprovalRequest:
    return actions.password_link(world.specialist, by=world.act_as(world.administrator), reason="x")


def inside(provider, world, *, ago: int = 0) -> Client:
    siri(provider, ago=ago)
    client = Client()
    log_in(client)
    assert who(client) == str(world.specialist.pk)
    return client


def prove(client: Client, request: ApprovalRequest) -> str:
    client.post(f"/godkjenninger/{request.pk}/bekreft/")
    with as_owner():
        return ApprovalRequest.objects.get(pk=request.pk).outcome


def page(client: Client, request: ApprovalRequest) -> str:
    return client.get(f"/godkjenninger/{request.pk}/").content.decode()


def test_whoever_has_just_logged_in_there_proves_it(provider, world, waits):
    client = inside(provider, world)
    assert "bekreft" in page(client, waits)
    assert prove(client, waits) == "proven"


def test_a_login_that_lasts_since_long_proves_nothing(provider, world, waits):
    client = inside(provider, world)
    with as_owner():
        Login.objects.update(authenticated_at=timezone.now() - approvals.PROOF_LASTS - timedelta(seconds=1))
    assert "bekreft" not in page(client, waits)
    assert prove(client, waits) == ""
    with as_owner():
        assert not Link.objects.exists()
        # The control.
        Login.objects.update(authenticated_at=timezone.now() - approvals.PROOF_LASTS + timedelta(seconds=1))
    assert prove(client, waits) == "proven"


def test_nor_does_a_new_login_by_one_that_lasts_over_there(provider, world, waits):
    """The service asks for nothing where it remembers the person: its word says when they last showed who they are."""
    client = inside(provider, world, ago=3600)
    assert "bekreft" not in page(client, waits)
    assert prove(client, waits) == ""


def test_nor_one_that_says_it_will_be_shown_later(provider, world, waits):
    client = inside(provider, world, ago=-3600)
    with as_owner():
        assert Login.objects.get().authenticated_at <= timezone.now()
    assert who(client)


def test_the_page_leads_to_the_service_and_the_service_asks_anew(provider, world, waits):
    client = inside(provider, world, ago=3600)
    address = f"/logg-inn/ansatt/?ny=1&next=/godkjenninger/{waits.pk}/"
    assert address.replace("&", "&amp;") in page(client, waits)
    siri(provider)
    query = f"?ny=1&next=/godkjenninger/{waits.pk}/"
    answer = log_in(client, query=query)
    assert answer["Location"] == f"/godkjenninger/{waits.pk}/"
    assert provider.asked["prompt"] == "login" and provider.asked["max_age"] == "600"
    assert prove(client, waits) == "proven"


def test_a_password_proves_nothing(provider, world, waits):
    client = Client()
    client.force_login(world.act_as(world.specialist))
    with as_owner():
        assert Login.objects.get().authenticated_at is None
    assert "/logg-inn/ansatt/" not in page(client, waits)
    assert prove(client, waits) == ""
