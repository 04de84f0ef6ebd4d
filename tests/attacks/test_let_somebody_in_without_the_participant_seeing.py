"""Somebody is let into a case for a time, and does not open it: the participant is to know all the same."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from plass.access import actions as access
from plass.cases.models import Participant
from tests.conftest import as_owner
from tests.world import user

from .test_leave_somebody_seen_by_nobody import part_of


@pytest.fixture
def participant(world):
    case = world.refer("Ida", "Deltaker")
    with as_owner():
        account = user("ida", "Ida", "Deltaker", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    return case, account


def test_who_was_let_in_by_whom_and_until_when(world, client, participant):
    case, account = participant
    page = "/min-side/hvem-har-sett/"
    assert part_of(world, client, account, page, "let-in") == ""
    given = access.give(
        case.pk, by=world.act_as(world.specialist), to=world.other_specialist, reason="Ferievikar", hours=72
    )
    text = part_of(world, client, account, page, "let-in")
    assert world.other_specialist.name in text and world.specialist.name in text and "Ferievikar" in text
    assert f"{given.expires_at.day}" in text


def test_and_who_opened_a_way_in_an_emergency(world, client, participant):
    case, account = participant
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Det brenner", hours=8)
    text = part_of(world, client, account, "/min-side/hvem-har-sett/", "emergencies")
    assert world.other_specialist.name in text and "Det brenner" in text


def test_whoever_was_let_in_reads_until_when(world, client, participant):
    case, _account = participant
    access.give(case.pk, by=world.act_as(world.specialist), to=world.other_specialist, reason="Ferievikar", hours=72)

    def until(someone) -> str:
        client.force_login(world.act_as(someone))
        element = BeautifulSoup(client.get(f"/sak/{case.pk}/").content, "html.parser").select_one("[data-until]")
        return element.get_text() if element else ""

    assert "åpen for deg til" in until(world.other_specialist)
    assert until(world.specialist) == until(world.colleague) == ""
