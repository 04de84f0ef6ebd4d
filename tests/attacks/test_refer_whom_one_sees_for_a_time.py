"""Somebody who was let in for a time, took emergency access or covers refers the person to an office of their own, to decide
about them from then on."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases import actions, identity
from plass.cases.models import Case, Participant
from plass.imports import actions as imports
from plass.imports import mapping, plan, sheet
from plass.imports.import_request import ImportRequest
from plass.organisation.models import Role, User
from tests.conftest import as_owner
from tests.imports.lists import csv
from tests.world import identity_number, member, user

from .test_ask_whether_somebody_is_known import alike, worlds_apart
from .test_refer_a_shielded_person import SECRETS, filled_in

__all__ = ["worlds_apart"]

TODAY = timezone.localdate()
GROUNDS = ("read", "record", "emergency")


def known(world, protection: str = "") -> tuple[Case, str]:
    """Somebody whom the specialist of the first office follows."""
    number = identity_number()
    case = world.refer(
        "Kari", "Kanarifugl", number=number, protection=protection, address="Kanarigate 1", phone="99112233"
    )
    return case, number


def let_in(world, case: Case, ground: str) -> User:
    """The counsellor of the other office, with a way into the case for a time."""
    who = world.other_counsellor
    if ground == "emergency":
        assert access.break_glass(case.pk, by=world.act_as(who), reason="Ringte", hours=8)
    elif ground != "none":
        level = Grant.Allows.READ if ground == "read" else Grant.Allows.RECORD
        access.give(case.pk, by=world.act_as(world.specialist), to=who, reason="Ferie", hours=8, level=level)
    return world.act_as(who)


def elsewhere(world, number: str, **changes) -> dict[str, str]:
    return filled_in(world, number, team=str(world.other_team.pk)) | changes


def level(participant: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_participant_level(%s)", [participant])
        return cursor.fetchone()[0]


def the_newest() -> Case:
    with as_owner():
        return Case.objects.latest("pk")


#: There is no emergency access to somebody shielded.
WAYS_IN = [(ground, "") for ground in GROUNDS] + [
    (ground, "strictly_confidential") for ground in GROUNDS if ground != "emergency"
]


@pytest.mark.parametrize(("ground", "protection"), WAYS_IN)
def test_a_way_in_for_a_time_gives_no_part_in_the_person_by_a_referral(world, client, ground, protection):
    case, number = known(world, protection)
    by = let_in(world, case, ground)
    client.force_login(by)
    before = level(case.participant_id)
    assert client.post("/henvis/", elsewhere(world, number)).status_code == 303
    new = the_newest()
    assert new.participant_id != case.participant_id
    world.act_as(by)
    assert level(case.participant_id) == before
    with as_owner():
        Grant.objects.update(
            granted_at=timezone.now() - timedelta(hours=9), expires_at=timezone.now() - timedelta(hours=1)
        )
        Participant.objects.filter(pk=case.participant_id).update(place="Kanariby")
    world.act_as(by)
    assert level(case.participant_id) == 0
    for address in (f"/sak/{new.pk}/", f"/sak/{new.pk}/deltaker/", f"/sak/{new.pk}/endringer/", "/henvisninger/"):
        page = client.get(address).content.decode()
        assert not [word for word in SECRETS if word in page], address
    # What she decides about is the row that she typed.
    with as_owner():
        version = Participant.objects.get(pk=new.participant_id).version
    form = {"submission": str(uuid.uuid4()), "version": str(version), "protection": "confidential", "reason": "x"}
    client.post(f"/sak/{new.pk}/skjerming/", form)
    with as_owner():
        assert Participant.objects.get(pk=case.participant_id).protection == protection


def answers(world, client, ground: str) -> list[tuple[int, str]]:
    """What somebody reads who refers a number: nobody's ("none"), or that of a participant they were let in to."""
    case, number = known(world)
    by = let_in(world, case, ground)
    typed = identity_number() if ground == "none" else number
    client.force_login(by)
    seen = [client.post("/henvis/", elsewhere(world, typed, wishes=""))]
    world.act_as(by)
    seen.append(client.post("/henvis/", elsewhere(world, typed)))
    new = the_newest()
    for page in ("", "deltaker/", "skjerming/", "tidslinje/", "endringer/", "overfor/"):
        world.act_as(by)
        seen.append(client.get(f"/sak/{new.pk}/{page}"))
    world.act_as(by)
    seen.append(client.post("/henvis/", elsewhere(world, typed)))
    answers = [
        (response.status_code, response.headers.get("Location", "") + "\n" + alike(response.getvalue().decode(), typed))
        for response in seen
    ]
    return [(status, re.sub(r"\d{9}", "N", text)) for status, text in answers]


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_referral_answers_as_for_a_number_that_nobody_has(world, client, ground, worlds_apart):
    expected = worlds_apart(lambda: answers(world, client, "none"))
    assert worlds_apart(lambda: answers(world, client, ground)) == expected
    assert [status for status, _text in expected] == [422, 303, 200, 200, 200, 200, 200, 404, 422]


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_list_attaches_nobody_whom_one_sees_for_a_time(world, ground):
    case, number = known(world)
    with as_owner():
        member(world.other_counsellor, Role.SUPERVISOR, world.other_office, world.other_team)
    by = let_in(world, case, ground)
    rows = [
        {
            "Fødselsnummer": number,
            "Fornavn": "Kari",
            "Etternavn": "Skrevet",
            "Henvist dato": "1.3.2026",
            "Jobbspesialist": world.other_specialist.name,
        }
    ]
    for _again in range(2):
        read = sheet.read(csv(rows), "liste")
        made = plan.make(read, mapping.recognise(read, world.other_team), today=TODAY)
        people = [world.other_specialist]
        imports.write(made, ImportRequest(by=by, team=world.other_team, specialists=people, dry_run=False))
    with as_owner():
        assert Case.objects.filter(participant=case.participant_id).count() == 1
        # The list that is read again finds what it wrote.
        assert Participant.objects.count() == 2
        assert Case.objects.count() == 2


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_statement_attaches_nobody_either(world, ground):
    case, _number = known(world)
    by = let_in(world, case, ground)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Case.objects.create(
            participant_id=case.participant_id, office=world.other_office, team=world.other_team, referred_by=by
        )


def test_cover_in_one_team_gives_no_decision_at_another_office(world, client):
    case, number = known(world)
    with as_owner():
        member(world.colleague, Role.COUNSELLOR, world.other_office)
    client.force_login(world.act_as(world.colleague))
    client.post("/henvis/", elsewhere(world, number))
    assert the_newest().participant_id != case.participant_id
    world.act_as(world.colleague)
    assert level(case.participant_id) == 3
    # Nor by a statement that names the team that one covers for, at the other office.
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.create(
            participant_id=case.participant_id, office=world.other_office, team=world.team, referred_by=world.colleague
        )


def test_cover_attaches_to_ones_own_team_where_nothing_goes_on(world, client):
    # The control: who comes back to the team is the same person, as where a colleague takes a case that waits.
    case, number = known(world)
    client.force_login(world.act_as(world.colleague))
    refused = client.post("/henvis/", filled_in(world, number))
    assert "har allerede oppfølging ved dette kontoret" in refused.content.decode()
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY, cause="own_wish")
    world.act_as(world.colleague)
    client.post("/henvis/", filled_in(world, number))
    assert the_newest().participant_id == case.participant_id


def test_an_emergency_in_an_ended_case_is_no_way_to_follow_the_person(world, client):
    case, number = known(world)
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY, cause="own_wish")
    with as_owner():
        who = user("jobb9", "Tor", "To")
        member(who, Role.SPECIALIST, world.office, world.second_team)
    assert access.break_glass(case.pk, by=world.act_as(who), reason="x", hours=1)
    client.force_login(who)
    world.act_as(who)
    client.post("/henvis/", filled_in(world, number, team=str(world.second_team.pk)))
    new = the_newest()
    assert new.participant_id != case.participant_id
    client.post(f"/sak/{new.pk}/ta/", {"submission": str(uuid.uuid4())})
    world.act_as(who)
    assert level(case.participant_id) == 2


def test_being_let_into_a_shielded_case_of_ones_own_team_is_no_ground_to_take_it(world, client):
    case = world.refer("Kari", "Kanarifugl", protection="confidential", taken=False)
    access.give(
        case.pk,
        by=world.act_as(world.counsellor),
        to=world.colleague,
        reason="Ferie",
        hours=8,
        level=Grant.Allows.RECORD,
    )
    client.force_login(world.act_as(world.colleague))
    page = client.get(f"/sak/{case.pk}/")
    assert page.status_code == 200
    assert f"/sak/{case.pk}/ta/" not in page.content.decode()
    world.act_as(world.colleague)
    client.post(f"/sak/{case.pk}/ta/", {"submission": str(uuid.uuid4())})
    with as_owner():
        assert Case.objects.get(pk=case.pk).specialist_id is None
    world.act_as(world.colleague)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_may_take(%s)", [case.pk])
        assert cursor.fetchone() == (False,)


def test_who_decides_attaches(world, client):
    # The control: the counsellor of an ended case refers the person anew.
    case, number = known(world)
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY, cause="own_wish")
    world.act_as(world.counsellor)
    assert actions.known(identity.parse(number), world.team) == case.participant_id
    client.force_login(world.counsellor)
    client.post("/henvis/", filled_in(world, number))
    assert the_newest().participant_id == case.participant_id


def test_being_let_into_a_case_that_is_closed_to_cover_is_no_ground_to_take_or_refer(world, client):
    """Somebody who works here said that it is them. A colleague who was let in to read reads, and does no more."""
    number = identity_number()
    with as_owner():
        # Somebody else decides, so that the team waits.
        member(world.leader, Role.SUPERVISOR, world.office, world.team)
    case = world.refer("Kari", "Kanarifugl", number=number, taken=False)
    access.give(case.pk, by=world.act_as(world.counsellor), to=world.colleague, reason="Ferie", hours=8)
    by = world.act_as(world.other_specialist)
    access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    client.force_login(world.act_as(world.colleague))
    assert level(case.participant_id) == 1
    assert f"/sak/{case.pk}/ta/" not in client.get(f"/sak/{case.pk}/").content.decode()
    world.act_as(world.colleague)
    client.post(f"/sak/{case.pk}/ta/", {"submission": str(uuid.uuid4())})
    actions.end(case, by=world.act_as(world.counsellor), happened_on=TODAY, cause="own_wish")
    world.act_as(world.colleague)
    assert actions.known(identity.parse(number), world.team) is None
    with as_owner():
        assert Case.objects.get(pk=case.pk).specialist_id is None
        Grant.objects.update(level=Grant.Allows.RECORD)
    world.act_as(world.colleague)
    assert actions.known(identity.parse(number), world.team) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_may_take(%s)", [case.pk])
        assert cursor.fetchone() == (False,)
