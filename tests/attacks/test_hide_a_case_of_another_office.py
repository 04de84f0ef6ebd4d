"""Somebody registers a number with an invented name and protects it, so that another office's team does not see its case."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from plass.cases import actions, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.organisation.models import Membership, Role
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
        own_case = Case.objects.get()
        officer = user("personvern4", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.other_office)
    if others:
        client.force_login(world.act_as(world.counsellor))
        client.post("/henvis/", filled_in(world, number))
    client.force_login(world.act_as(world.other_counsellor))
    sent = {"submission": str(uuid.uuid4()), "version": "1", "protection": "confidential", "reason": "x"}
    answer = client.post(f"/sak/{own_case.pk}/skjerming/", sent)
    assert answer.status_code == 303
    with as_owner():
        assert Participant.objects.get(pk=own_case.participant_id).protection == "confidential"
    world.act_as(officer)
    users = [finding.user_id for finding in oversight.findings(timezone.localdate()) if finding.kind == "hides another"]
    assert users == ([world.other_counsellor.pk] if others else [])
    client.force_login(world.act_as(world.other_counsellor))
    for address in (f"/sak/{own_case.pk}/endringer/", f"/sak/{own_case.pk}/"):
        assert "protect" not in client.get(address).content.decode(), address


@pytest.mark.parametrize("referral", ["of the same office", "answered"])
def test_it_is_no_finding_where_nothing_of_another_office_waits(world, client, referral):
    number = identity_number()
    own_case = world.refer("Opp", "Diktet", team=world.other_team, number=number)
    with as_owner():
        officer, lone = user("personvern4", "Pia", "Personvern"), user("veileder9", "Una", "Veileder")
        member(officer, Role.DATA_PROTECTION, world.other_office)
        member(lone, Role.COUNSELLOR, world.other_office)
    same = referral == "of the same office"
    client.force_login(world.act_as(lone if same else world.counsellor))
    client.post("/henvis/", filled_in(world, number, team=str((world.other_team if same else world.team).pk)))
    if not same:
        with as_owner():
            link = PossibleDuplicate.objects.get()
            # Whoever also leads at that office ends its case by the answer.
            member(world.other_specialist, Role.SUPERVISOR, world.office, world.team)
        assert joining.answer(link.pk, by=world.act_as(world.other_specialist), text="Ikke samme person")
        with as_owner():
            Membership.objects.filter(user=world.other_specialist, role=Role.SUPERVISOR).delete()
    by = world.act_as(world.other_specialist)
    person = Participant.objects.get(pk=own_case.participant_id)
    actions.change_protection(person, by=by, based_on=person.version, protection="confidential", reason="Trusler")
    world.act_as(officer)
    assert not [finding for finding in oversight.findings(timezone.localdate()) if finding.kind == "hides another"]
