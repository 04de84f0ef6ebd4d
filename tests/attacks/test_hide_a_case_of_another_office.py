"""Somebody registers a number with an invented name and protects it, so that another office's team does not see its case."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from plass.cases.models import Case, Participant
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in


@pytest.mark.parametrize("others", [True, False])
def test_the_data_protection_officer_hears_of_it_and_nobody_else_can_tell(world, client, others):
    number = identity_number()
    client.force_login(world.act_as(world.other_counsellor))
    client.post("/henvis/", filled_in(world, number, team=str(world.other_team.pk), given_name="Opp"))
    with as_owner():
        mine = Case.objects.get()
        officer = user("personvern4", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.other_office)
    if others:
        client.force_login(world.act_as(world.counsellor))
        client.post("/henvis/", filled_in(world, number))
    client.force_login(world.act_as(world.other_counsellor))
    sent = {"submission": str(uuid.uuid4()), "version": "1", "protection": "confidential", "reason": "x"}
    answer = client.post(f"/sak/{mine.pk}/skjerming/", sent)
    assert answer.status_code == 303
    with as_owner():
        assert Participant.objects.get(pk=mine.participant_id).protection == "confidential"
    world.act_as(officer)
    found = [one.user_id for one in oversight.findings(timezone.localdate()) if one.kind == "hides another"]
    assert found == ([world.other_counsellor.pk] if others else [])
    client.force_login(world.act_as(world.other_counsellor))
    for address in (f"/sak/{mine.pk}/endringer/", f"/sak/{mine.pk}/"):
        assert "protect" not in client.get(address).content.decode(), address
