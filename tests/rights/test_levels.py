"""Whoever steps in for a colleague closes what is open, and opens nothing."""

from __future__ import annotations

import pytest

from plass.access import idempotency
from plass.cases.gate import NotAllowed
from plass.rights import actions
from plass.rights.models import Disclosure


def sent(**values: str) -> dict[str, str]:
    return {
        "submission": str(idempotency.new()),
        "item": "strengths",
        "agreed_how": "phone",
        "good": "",
        "bad": "",
    } | values


def test_a_colleague_writes_down_a_no_and_is_offered_no_yes(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.colleague))
    address = f"/sak/{case.pk}/apenhet/avgjor/"
    page = client.get(address).content.decode()
    assert 'value="no"' in page
    assert 'value="yes"' not in page
    assert client.post(address, sent(stance="yes")).status_code == 422
    assert client.post(address, sent(stance="no")).status_code == 303
    assert [decision.stance for decision in Disclosure.objects.filter(case=case)] == ["no"]


@pytest.mark.parametrize("stance", ["yes", "ask"])
def test_nor_does_the_act_let_them(world, stance):
    case = world.refer()
    with pytest.raises(NotAllowed):
        actions.decide(case, by=world.act_as(world.colleague), item="strengths", stance=stance, agreed_how="phone")
