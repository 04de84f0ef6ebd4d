"""Places and roles: what the database keeps of them, who may write, and in which order names stand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from plass.organisation.models import County, Membership, Office, Role, Team, User
from plass.organisation.sorting import alphabetically, by_name
from tests.conftest import as_owner
from tests.world import user

SINCE = date(2015, 1, 1)


def role(world, **more):
    values = {"user": world.specialist, "role": Role.COUNSELLOR, "office": world.office, "started_on": SINCE}
    return Membership(**(values | more))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"role": Role.SPECIALIST}, "hører til et team"),
        ({"role": Role.SUPERVISOR}, "hører til et team"),
        ({"office": None}, "kontor eller fylke"),
        ({"ended_on": SINCE - timedelta(2)}, "før starten"),
    ],
)
def test_a_role_that_hangs_in_the_air_is_refused_with_a_sentence_and_by_the_database(world, more, message):
    world.act_as(world.administrator)
    with pytest.raises(ValidationError) as refused:
        role(world, **more).full_clean()
    assert "user" not in refused.value.message_dict
    assert message in " ".join(refused.value.messages)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        role(world, **more).save()


@pytest.mark.parametrize("more", [{"ended_on": SINCE - timedelta(1)}, {"ended_on": SINCE}, {"role": Role.LEADER}])
def test_a_role_may_end_the_day_before_it_began_and_a_leader_needs_no_team(world, more):
    world.act_as(world.administrator)
    role(world, **more).full_clean()
    with as_owner():
        role(world, **more).save()
    assert Membership.objects.filter(user=world.specialist).count() == 2


def test_a_leader_of_a_county_has_no_office(world):
    world.act_as(world.administrator)
    wide = role(world, role=Role.LEADER, office=None, county=world.county)
    wide.full_clean()
    with as_owner():
        wide.save()
    assert Membership.objects.get(county=world.county).role == Role.LEADER


def test_two_teams_of_one_name_stand_at_two_offices_only(world):
    assert {team.office for team in Team.objects.filter(name="Jobbteam 1")} == {world.office, world.other_office}
    again = Team(office=world.office, name="Jobbteam 1")
    with pytest.raises(ValidationError) as refused:
        again.full_clean()
    assert "allerede et team" in " ".join(refused.value.messages)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_only_an_administrator_changes_places(world):
    for who in (world.specialist, world.supervisor, world.leader):
        world.act_as(who)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Team.objects.create(office=world.office, name="Mitt team")
        assert Office.objects.filter(pk=world.office.pk).update(name="Plass Vest") == 0
    world.act_as(world.administrator)
    assert Office.objects.filter(pk=world.office.pk).update(name="Plass Vest") == 1
    assert Team.objects.create(office=world.office, name="Nytt team").pk


def test_nobody_gives_or_lengthens_a_role_by_a_statement(world):
    world.act_as(world.administrator)
    with pytest.raises(ProgrammingError), transaction.atomic():
        role(world).save()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Membership.objects.filter(user=world.specialist).update(ended_on=None)


def test_names_stand_in_the_order_of_the_alphabet_with_æ_ø_and_å_last(world):
    named = ["Per Ås", "Per Øst", "Per Zahl", "Per Ærlig", "Anne Zahl", "Per Aas"]
    with as_owner():
        for number, name in enumerate(named):
            user(f"navn{number}", *name.split())
    world.act_as(world.specialist)
    accounts = User.objects.filter(username__startswith="navn").order_by(by_name())
    assert [account.name for account in accounts] == [
        "Anne Zahl",
        "Per Zahl",
        "Per Ærlig",
        "Per Øst",
        # "aa" is an "å": of two who are called the same the first stands first.
        "Per Ås",
        "Per Aas",
    ]


def test_places_stand_in_that_order_too(world):
    with as_owner():
        County.objects.bulk_create(County(name=name) for name in ("Ålesund", "Østfold", "Akershus", "Ærfylket"))
    assert [county.name for county in County.objects.order_by(alphabetically())] == [
        "Akershus",
        "Prøvefylket",
        "Ærfylket",
        "Østfold",
        "Ålesund",
    ]


def test_an_account_is_called_what_people_say(world):
    assert (world.specialist.name, world.specialist.initials) == ("Siri Spesialist", "SS")
    nameless = User(username="a123456", kind=User.Kind.STAFF)
    assert (nameless.name, nameless.initials) == ("a123456", "A1")
    assert User(username="p1", kind=User.Kind.PARTICIPANT).name == "Deltakeren"
