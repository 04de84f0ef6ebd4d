"""Somebody whose role at an office ended opens the cases from then, by a role that they have at another office."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from plass.cases.models import Case
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import member


def yesterday(account) -> None:
    Membership.objects.filter(user=account).update(ended_on=timezone.localdate() - timedelta(days=1))


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.COUNSELLOR])
@pytest.mark.parametrize("who", ["specialist", "counsellor"])
def test_the_name_in_the_case_opens_it_no_more(world, client, who, role) -> None:
    case = world.refer()
    account = getattr(world, who)
    client.force_login(world.act_as(account))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    with as_owner():
        yesterday(account)
        member(account, role, world.other_office, world.other_team if role == Role.SPECIALIST else None)
        # What an act of this transaction ended still holds in it: this was long ago.
        Case.objects.filter(pk=case.pk).update(referrer_ended_at=timezone.now() - timedelta(days=1))
    world.act_as(account)
    assert client.get(f"/sak/{case.pk}/").status_code == 404
    assert list(Case.objects.values_list("pk", flat=True)) == []


def test_having_referred_somebody_ends_when_another_is_the_counsellor(world, client) -> None:
    case = world.refer(taken=False)
    with as_owner():
        Case.objects.filter(pk=case.pk).update(
            counsellor=world.other_counsellor, referrer_ended_at=timezone.now() - timedelta(days=1)
        )
    client.force_login(world.act_as(world.counsellor))
    assert client.get(f"/sak/{case.pk}/").status_code == 404


def test_a_role_that_begins_tomorrow_opens_nothing_today(world, client) -> None:
    case = world.refer()
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(started_on=timezone.localdate() + timedelta(days=1))
        member(world.colleague, Role.SPECIALIST, world.other_office, world.other_team)
    client.force_login(world.act_as(world.colleague))
    assert client.get(f"/sak/{case.pk}/").status_code == 404
