"""A list with numbers of shielded people is imported: nothing registered is shown, changed or confirmed, others are told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.cases import joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.imports.fields import Field
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.imports.lists import csv, numbered, person
from tests.imports.test_writer import load, said
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import SECRETS

TODAY = timezone.localdate()
MANY = 30


@pytest.fixture
def listed(world) -> list[dict]:
    """Rows about people at the other office who are shielded, written by somebody who knows nothing of it."""
    rows = []
    for n in range(MANY):
        number = identity_number()
        world.refer(
            "Kari",
            f"Kanarifugl{n}",
            team=world.other_team,
            number=number,
            protection="strictly_confidential",
            address="Kanarigate 1",
            phone="99112233",
        )
        rows.append(
            person(
                "Kari", numbered("Nr", n), Fødselsnummer=number, Telefon="40000000", Jobbspesialist=world.colleague.name
            )
        )
    return rows


def registered() -> list[tuple]:
    with as_owner():
        columns = ("family_name", "phone", "address", "protection", "version")
        return list(Participant.objects.filter(family_name__startswith="Kanari").order_by("pk").values_list(*columns))


@pytest.mark.parametrize("dry_run", [True, False])
def test_nothing_registered_comes_out_or_is_changed(world, listed, dry_run):
    before = registered()
    outcome = load(world, world.act_as(world.supervisor), csv(listed), dry_run=dry_run)
    assert outcome.wrong == []
    assert not [word for word in SECRETS if word in said(outcome)]
    assert "registrert" not in said(outcome).lower()
    assert registered() == before
    if not dry_run:
        world.act_as(world.supervisor)
        assert {case.participant.family_name for case in Case.objects.all()} == {numbered("Nr", n) for n in range(MANY)}
        # The team does not see who may be shielded; whoever follows them by name does.
        world.act_as(world.specialist)
        assert not Case.objects.exists()
        world.act_as(world.colleague)
        assert Case.objects.count() == MANY


def test_it_is_a_finding_and_those_who_decide_are_told(world, listed):
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    load(world, world.act_as(world.supervisor), csv(listed))
    world.act_as(officer)
    (finding,) = [candidate for candidate in oversight.findings(TODAY) if candidate.kind == "met shielded"]
    assert (finding.user_id, finding.times) == (world.supervisor.pk, MANY)
    world.act_as(world.other_specialist)
    assert len(joining.waiting()) == MANY


def test_a_list_raises_nobody_s_protection_either_and_says_where_it_is_changed(world):
    number = identity_number()
    world.refer("Kari", "Testesen", number=number)
    by = world.act_as(world.supervisor)
    outcome = load(world, by, csv([person(Fødselsnummer=number, Adressesperre="kode 6")]))
    # It is told, and taken in no way: it is changed on the page about protection.
    assert [
        difference.ways for difference in outcome.reports[2].differences if difference.field is Field.PROTECTION
    ] == [()]
    with as_owner():
        assert Participant.objects.get().protection == ""


def test_people_nobody_knows_have_no_link(world):
    load(world, world.act_as(world.supervisor), csv([person(family_name=numbered("Nr", n)) for n in range(3)]))
    with as_owner():
        assert not PossibleDuplicate.objects.exists()
