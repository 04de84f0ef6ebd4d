"""What the page says before somebody hands a case over, and afterwards: who does not see it any more."""

from __future__ import annotations

import uuid

from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.world import member, user


def page(world, client, case, someone, part: str = "") -> str:
    client.force_login(world.act_as(someone))
    return " ".join(client.get(f"/sak/{case.pk}/overfor/{part}").content.decode().split())


def test_of_a_protected_participant_it_names_who_loses_them_and_not_a_counsellor_who_stays(world, client):
    case = world.refer("Kari", "Kjentsen", protection="confidential")
    assert "Du gjør det ikke lenger" in page(world, client, case, world.specialist)
    text = page(world, client, case, world.counsellor)
    assert f"{world.specialist.name} gjør det ikke lenger" in text and "Du gjør det" not in text
    assert "Du gjør det ikke lenger" in page(world, client, case, world.counsellor, "?rolle=veileder")


def test_before_and_after_it_says_that_the_case_leaves_the_team(world, client):
    case = world.refer("Kari", "Kjentsen")
    leaves = f"{world.team.name} ser den ikke lenger"
    assert leaves not in page(world, client, case, world.specialist)
    with as_owner():
        second = user("annet1", "Anna", "Annet")
        member(second, Role.SPECIALIST, world.office, world.second_team)
    assert leaves in page(world, client, case, world.specialist)
    sent = {
        "submission": str(uuid.uuid4()),
        "to": f"{second.pk}-{world.second_team.pk}",
        "reason": "",
        "meetings": "along",
    }
    sent["instead_of"] = str(world.specialist.pk)
    answer = client.post(f"/sak/{case.pk}/overfor/", sent, follow=True).content.decode()
    assert f"Saken har gått til {world.second_team.name}, og {leaves}" in answer
