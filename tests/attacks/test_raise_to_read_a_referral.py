"""Somebody raises the protection of a row of theirs, to read and join a referral that was written as more strictly
protected, and lowers it afterwards.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access.models import Change
from plass.cases import actions, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.organisation.models import Role, User
from plass.oversight import queries as oversight
from plass.retention import actions as retention
from tests.conftest import as_owner
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in

STRICT = "strictly_confidential"


def protect(world, case: Case, protection: str, reason: str = "Trusler") -> None:
    by = world.act_as(world.other_specialist)
    person = Participant.objects.get(pk=case.participant_id)
    actions.change_protection(person, by=by, based_on=person.version, protection=protection, reason=reason)


def officer_of(office, name: str) -> User:
    with as_owner():
        officer = user(name, "Pia", name)
        member(officer, Role.DATA_PROTECTION, office)
    return officer


def users_with_finding(world, officer: User, kind: str) -> list[int]:
    world.act_as(officer)
    return [finding.user_id for finding in oversight.findings(timezone.localdate()) if finding.kind == kind]


@pytest.fixture
def officers(world) -> tuple[User, User]:
    return officer_of(world.office, "nord"), officer_of(world.other_office, "sor")


@pytest.fixture
def registered(world, client, officers) -> Case:
    """Registered unprotected at the one office; referred as strictly confidential by the other."""
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection=STRICT))
    return case


def test_a_raise_afterwards_opens_nothing_and_is_a_finding(world, client, officers, registered):
    _north, south = officers
    protect(world, registered, STRICT)
    assert joining.waiting() == []
    client.force_login(world.act_as(world.other_specialist))
    assert "/henvisninger/a-koble/" not in client.get(f"/sak/{registered.pk}/").content.decode()
    with as_owner():
        link = PossibleDuplicate.objects.get()
    assert client.get(f"/henvisninger/a-koble/{link.pk}/").status_code == 404
    assert users_with_finding(world, south, "raises to read") == [world.other_specialist.pk]


def test_somebody_at_the_office_that_was_stricter_is_appointed_still(world, officers, registered):
    north, _south = officers
    protect(world, registered, STRICT)
    world.act_as(north)
    assert len(joining.nobody_may()) == 1


def test_a_raise_is_no_finding_where_nothing_stricter_waits(world, client, officers):
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    protect(world, case, STRICT)
    assert users_with_finding(world, officers[1], "raises to read") == []


def test_lowering_below_what_was_joined_is_a_finding_where_it_was_joined_from(world, client, officers):
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", team=world.other_team, number=number, protection=STRICT)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection=STRICT))
    with as_owner():
        link = PossibleDuplicate.objects.get()
    joining.join(link.pk, by=world.act_as(world.other_specialist))
    protect(world, case, "", "Ikke lenger")
    for officer in officers:
        assert users_with_finding(world, officer, "protection lowered") == [world.other_specialist.pk]
    client.force_login(world.act_as(world.counsellor))
    notice = client.get("/henvisninger/").content.decode()
    assert "fra strengt fortrolig adresse til ikke skjermet" in " ".join(notice.split()) and "Ikke lenger" in notice


@pytest.mark.parametrize("raised", ["after", "before"])
def test_nor_where_the_row_comes_to_be_the_main_one_of_a_number(world, client, raised):
    """What was noted of each other row says how the one that was made nameless was protected: not of theirs."""
    number = identity_number()
    with as_owner():
        third = user("tredje", "Tre", "Dje")
        member(third, Role.COUNSELLOR, world.office)
    first = world.refer("Første", "Rad", team=world.team, number=number, protection=STRICT)
    own = world.refer("Egen", "Rad", team=world.other_team, number=number)
    if raised == "before":
        protect(world, own, STRICT)
        with as_owner():
            Change.objects.update(at=timezone.now() - timedelta(days=1))
    client.force_login(world.act_as(third))
    client.post("/henvis/", filled_in(world, number, protection=STRICT, family_name="Hemmelig"))
    with as_owner():
        retention.anonymise(Participant.objects.get(pk=first.participant_id), on=timezone.localdate())
        (link,) = PossibleDuplicate.objects.all()
        assert (link.existing_id, link.protection_then) == (own.participant_id, STRICT if raised == "before" else "")
    if raised == "after":
        protect(world, own, STRICT)
    world.act_as(world.other_specialist)
    assert [referral.typed["family_name"] for referral in joining.waiting()] == (
        ["Hemmelig"] if raised == "before" else []
    )
