"""Whoever has had a part in a case hands it on: what they lose by that, and what they get back in an emergency, is the same
for a number nobody has and for one of somebody protected at another office."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import transaction

from plass.access import actions as access
from plass.cases import actions
from plass.cases.models import Case, Participant
from plass.db.prepared import execute
from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

from .test_refer_a_shielded_person import filled_in

KINDS = ["unknown", "elsewhere", "confidential"]


def referred(world: World, client, kind: str, by, **changes) -> Case:
    number = identity_number()
    if kind != "unknown":
        protection = "" if kind == "elsewhere" else kind
        world.refer("Kari", "Kjent", team=world.other_team, number=number, protection=protection)
    client.force_login(world.act_as(by))
    assert client.post("/henvis/", filled_in(world, number, **changes)).status_code == 303
    return Case.objects.get(referred_by=by)


def the_next_moment(world: World, who) -> Any:
    """An act that ends a part still sees by it; the next does not."""
    with as_owner():
        execute("UPDATE cases_case SET referrer_ended_at = referrer_ended_at - interval '1 second'", {})
    return world.act_as(who)


def sees(case: Case) -> bool:
    return Case.objects.filter(pk=case.pk).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_referred_and_handed_it_on_gets_it_back_in_an_emergency(world, client, kind):
    with as_owner():
        second = user("veil9", "Vei", "Leder")
        member(second, Role.COUNSELLOR, world.office)
    case = referred(world, client, kind, world.counsellor)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=second, role="counsellor")
    the_next_moment(world, world.counsellor)
    assert not sees(case)
    form = {"submission": str(uuid.uuid4()), "reason": "Ringte og trenger hjelp nå", "hours": str(access.HOURS[0])}
    answer = client.post(f"/sak/{case.pk}/nodtilgang/", form)
    assert (answer.status_code, answer["Location"]) == (303, f"/sak/{case.pk}/")
    assert client.get(f"/sak/{case.pk}/").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_was_given_it_and_hands_it_on_within_the_team_covers_for_it(world, client, kind):
    case = referred(world, client, kind, world.counsellor)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=world.colleague)
    by = world.act_as(world.colleague)
    actions.hand_over(Case.objects.get(pk=case.pk), by=by, to=world.specialist)
    client.force_login(world.act_as(world.colleague))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    # And by giving it back to the team, within what a statement can take back.
    world.act_as(world.specialist)
    with transaction.atomic():
        execute(
            "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, reason) "
            "VALUES (%(case)s, access_today(), now(), access_user(), 'specialist', '')",
            {"case": case.pk},
        )
        assert sees(case)
        transaction.set_rollback(True)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_was_let_in_for_a_time_covers_for_it_afterwards(world, client, kind):
    case = referred(world, client, kind, world.specialist)
    by = world.act_as(world.specialist)
    access.give(case.pk, by=by, to=world.colleague, reason="Vikar", hours=8)
    world.act_as(world.colleague)
    assert sees(case)
    with as_owner():
        execute(
            "UPDATE access_grant SET granted_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'",
            {},
        )
    world.act_as(world.colleague)
    assert sees(case)


@pytest.mark.parametrize("kind", ["unknown", "elsewhere", "confidential later"])
@pytest.mark.parametrize("open_then", [True, False])
def test_whoever_was_in_by_an_emergency_when_it_was_protected_stays_and_gets_it_back(world, client, kind, open_then):
    case = referred(world, client, kind.removesuffix(" later").replace("confidential", "elsewhere"), world.counsellor)
    with as_owner():
        someone = user("x1", "Xa", "Xen")
        member(someone, Role.SPECIALIST, world.office, world.second_team)
    assert access.break_glass(case.pk, by=world.act_as(someone), reason="Haster", hours=4)
    if kind == "confidential later":
        by = world.act_as(world.other_specialist)
        person = Participant.objects.get()
        actions.change_protection(person, by=by, based_on=person.version, protection="confidential", reason="Trusler")
    world.act_as(someone)
    assert sees(case)
    assert access.break_glass(case.pk, by=someone, reason="Haster", hours=4)
    # It runs out; what was protected was so half an hour ago. Open at that moment it was, or it had run out before.
    ended = 1 if open_then else 40
    with as_owner():
        execute(
            "UPDATE access_grant SET granted_at = now() - interval '1 hour', "
            f"expires_at = now() - interval '{ended} minutes'; "
            "UPDATE access_change SET at = now() - interval '30 minutes'",
            {},
        )
    by = world.act_as(someone)
    assert not sees(case)
    assert access.break_glass(case.pk, by=by, reason="Haster", hours=4) == (open_then or kind != "confidential later")
