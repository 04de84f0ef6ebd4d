"""A data protection officer or supervisor is shown what others did elsewhere or after their role, or signs off their own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access.models import Opening
from plass.cases import actions
from plass.organisation.models import Membership, Role, User
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import member, user

from .test_refer_a_shielded_person import shielded

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def officer_of(place: str, number: int = 1, **where) -> User:
    with as_owner():
        someone = user(f"personvern{number}", "Pia", f"Personvern {place}")
        member(someone, Role.DATA_PROTECTION, **where)
    return someone


def told(world, reader: User) -> set[tuple[str, int]]:
    world.act_as(reader)
    return {(one.kind, one.user_id) for one in oversight.findings(TODAY)}


def try_three_times(world, client, who: User) -> None:
    case, _number = shielded(world)
    client.force_login(world.act_as(who))
    for _again in range(3):
        assert client.get(f"/sak/{case.pk}/").status_code == 404
    with as_owner():
        assert Opening.objects.filter(user=who, rule="shielded", allowed=False).count() == 3


@pytest.mark.parametrize("ended", [False, True])
def test_whoever_has_no_role_there_any_more_is_watched_by_nobody(world, client, ended):
    """The officer watches over those who work in their places today, and over nobody else."""
    here = officer_of("her", office=world.office)
    county = officer_of("fylket", 2, county=world.county)
    try_three_times(world, client, world.counsellor)
    if ended:
        with as_owner():
            Membership.objects.filter(user=world.counsellor).update(ended_on=YESTERDAY)
    for reader in (here, county):
        assert (("shielded again", world.counsellor.pk) in told(world, reader)) is not ended


def test_an_officer_of_another_office_is_not_told(world, client):
    elsewhere = officer_of("der", office=world.other_office)
    try_three_times(world, client, world.counsellor)
    assert told(world, elsewhere) == set()


def test_an_officer_whose_role_ended_is_told_nothing(world, client):
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office, ended_on=YESTERDAY)
        member(someone, Role.COUNSELLOR, world.office)
    try_three_times(world, client, world.counsellor)
    assert told(world, someone) == set()


@pytest.mark.parametrize("role", [Role.DATA_PROTECTION, Role.SUPERVISOR])
def test_nobody_is_shown_the_protection_that_they_lowered_themselves(world, role):
    case = world.refer("Kari", "Kjentsen", protection="confidential")
    with as_owner():
        member(world.specialist, role, world.office, world.team if role == Role.SUPERVISOR else None)
    by = world.act_as(world.specialist)
    actions.change_protection(case.participant, by=by, based_on=1, protection="", reason="Opphevet")
    assert ("protection lowered", world.specialist.pk) not in told(world, world.specialist)
    # The control: the others are.
    for reader in (world.supervisor, officer_of("her", 2, office=world.office)):
        assert ("protection lowered", world.specialist.pk) in told(world, reader)


def test_nobody_is_shown_the_tries_that_were_their_own(world, client):
    with as_owner():
        member(world.counsellor, Role.DATA_PROTECTION, world.office)
    try_three_times(world, client, world.counsellor)
    assert told(world, world.counsellor) == set()
    client.force_login(world.act_as(world.counsellor))
    key = f"personvern:shielded again:{world.counsellor.pk}:{TODAY}:0"
    form = {"submission": str(uuid.uuid4()), "findings": [key], "verdict": "fine", "comment": ""}
    client.post("/innsyn/", form)
    reader = officer_of("her", 2, office=world.office)
    world.act_as(reader)
    (one,) = [one for one in oversight.findings(TODAY) if one.kind == "shielded again"]
    assert one.review is None
