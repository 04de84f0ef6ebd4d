"""Somebody was let in for a time before a join with a stricter referral protects the person: they are out, as after a
change of protection, and the same is found.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases.models import Case, Participant
from plass.organisation.models import Office, Role, Team
from tests.conftest import as_owner
from tests.world import identity_number, member, user

from .test_wipe_the_history_of_somebody_else import (
    STRICT,
    join_by_somebody_appointed,
    kinds,
    officer_of,
    protect,
    refer,
)


@pytest.fixture
def registered(world) -> Case:
    """Open to a colleague of another office for some days."""
    number = identity_number()
    case = world.refer(team=world.other_team, number=number)
    access.give(
        case.pk,
        by=world.act_as(world.other_specialist),
        to=world.colleague,
        reason="Ferie",
        hours=72,
        level=Grant.Allows.RECORD,
    )
    with as_owner():
        Grant.objects.update(granted_at=timezone.now() - timedelta(hours=1))
    world.extra["number"] = number
    return case


def sees(world, who, case: Case) -> bool:
    world.act_as(who)
    return Case.objects.filter(pk=case.pk).exists()


@pytest.mark.parametrize("how", ["join", "change"])
def test_whoever_was_let_in_before_the_person_was_protected_is_out(world, registered, how):
    officer = officer_of(world.office)
    assert sees(world, world.colleague, registered)
    if how == "join":
        refer(world, world.counsellor, world.extra["number"], world.team, protection=STRICT)
        join_by_somebody_appointed(world, officer)
    else:
        protect(world, world.other_specialist, registered.participant_id, STRICT)
    with as_owner():
        assert Participant.objects.get(pk=registered.participant_id).protection == STRICT
    assert not sees(world, world.colleague, registered)
    assert sees(world, world.other_specialist, registered)


def test_a_join_that_hides_the_case_of_a_third_office_is_found(world, registered):
    officer = officer_of(world.office)
    with as_owner():
        office = Office.objects.create(county=world.county, number="0777", name="Plass Vest")
        team = Team.objects.create(office=office, name="Vest")
        counsellor = user("vest", "Vera", "Vest")
        member(counsellor, Role.COUNSELLOR, office)
    refer(world, counsellor, world.extra["number"], team)
    refer(world, world.counsellor, world.extra["number"], world.team, protection=STRICT)
    asked = join_by_somebody_appointed(world, officer)
    assert kinds(world, officer) == [("hides another", asked.pk)]
