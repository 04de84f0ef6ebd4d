"""Somebody's referral of a known number is made nameless, or ends by its join: what is kept about the registered person,
and what somebody did to their protection, does not go with it.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.access.models import Change
from plass.cases import actions, identity, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.organisation.models import Role, User
from plass.oversight import queries as oversight
from plass.retention import actions as retention
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

STRICT = "strictly_confidential"


def refer(world: World, by, number: str, team, **person) -> Case:
    return actions.refer(
        by=world.act_as(by),
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet", **person},
        team=team,
        wishes="Noe",
        participant_agreed_on=timezone.localdate(),
    )


def protect(world: World, by, participant_id: int, protection: str, reason: str = "Sagt") -> None:
    me = world.act_as(by)
    person = Participant.objects.get(pk=participant_id)
    actions.change_protection(person, by=me, based_on=person.version, protection=protection, reason=reason)


def officer_of(office, name: str = "pv"):
    with as_owner():
        officer = user(name, "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, office)
    return officer


def kinds(world: World, officer) -> list[tuple[str, int]]:
    world.act_as(officer)
    return [(finding.kind, finding.user_id) for finding in oversight.findings(timezone.localdate())]


def changes_of_participant(participant_id: int) -> set[int]:
    with as_owner():
        return set(
            Change.objects.filter(participant_id=participant_id, table="cases_participant").values_list("pk", flat=True)
        )


def test_a_referral_made_nameless_takes_nothing_of_the_registered_person_along(world):
    number = identity_number()
    registered = world.refer(team=world.other_team, number=number, protection=STRICT)
    protect(world, world.other_specialist, registered.participant_id, "")
    officer = officer_of(world.other_office)
    before = kinds(world, officer), changes_of_participant(registered.participant_id)
    assert before[0] == [("protection lowered", world.other_specialist.pk)]
    typed = refer(world, world.counsellor, number, world.team)
    with as_owner():
        retention.anonymise(Participant.objects.get(pk=typed.participant_id), on=timezone.localdate())
        assert not PossibleDuplicate.objects.exists()
        assert not Change.objects.filter(table="cases_possibleduplicate").exclude(old=None, new=None).exists()
    assert (kinds(world, officer), changes_of_participant(registered.participant_id)) == before


@pytest.fixture
def lowered(world):
    """Referred as strictly confidential, lowered by the one who referred; the number was registered elsewhere."""
    number = identity_number()
    registered = world.refer(team=world.other_team, number=number)
    typed = refer(world, world.counsellor, number, world.team, protection=STRICT)
    protect(world, world.counsellor, typed.participant_id, "", "Senket")
    return registered, typed


def test_that_the_typed_row_was_lowered_is_found_after_the_join_too(world, client, lowered):
    registered, typed = lowered
    officer = officer_of(world.office)
    before = kinds(world, officer)
    assert before == [("protection lowered", world.counsellor.pk)]
    join_by_somebody_appointed(world, officer)
    world.act_as(world.counsellor)
    assert Case.objects.get(pk=typed.pk).participant_id == registered.participant_id
    assert kinds(world, officer) == before
    world.act_as(officer)
    (finding,) = oversight.findings(timezone.localdate())
    assert "Senket" in finding.reason
    # Nobody who sees the registered person reads it as theirs.
    for who in (world.other_specialist, world.counsellor):
        world.act_as(who)
        assert not Change.objects.filter(participant_id=registered.participant_id, old__protection=STRICT).exists()


def test_lowering_what_one_typed_lets_nobody_join_it_who_might_not_before(world, lowered):
    officer = officer_of(world.office)
    world.act_as(world.other_specialist)
    assert joining.waiting() == []
    world.act_as(officer)
    assert len(joining.nobody_may()) == 1


def join_by_somebody_appointed(world: World, officer) -> User:
    """Joins the latest referral to the registered person."""
    with as_owner():
        link = PossibleDuplicate.objects.latest("pk").pk
        asked = user("bedt", "Bedt", "Omdet")
        member(asked, Role.COUNSELLOR, world.office)
    joining.appoint(link, by=world.act_as(officer), to=asked)
    joining.join(link, by=world.act_as(asked))
    return asked
