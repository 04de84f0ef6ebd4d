"""A data protection officer or supervisor is shown what others did elsewhere or after their role, or signs off their own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import actions
from plass.organisation.models import Membership, Role, User
from plass.oversight import actions as oversight_actions
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


def kinds(world, reader: User) -> set[tuple[str, int]]:
    world.act_as(reader)
    return {(finding.kind, finding.user_id) for finding in oversight.findings(TODAY)}


def try_three_times(world, client, who: User) -> None:
    case, _number = shielded(world)
    client.force_login(world.act_as(who))
    for _again in range(3):
        assert client.get(f"/sak/{case.pk}/").status_code == 404
    with as_owner():
        assert AccessLogEntry.objects.filter(user=who, rule="shielded", allowed=False).count() == 3


@pytest.mark.parametrize(("last_day", "is_told"), [(None, True), (YESTERDAY, True), (TODAY - timedelta(days=2), False)])
def test_what_somebody_did_while_they_worked_there_stays_and_what_they_do_later_is_nobodys(
    world, client, last_day, is_told
):
    """Yesterday's date ends a role that was used today; whoever left before that is watched by nobody here."""
    local_reader = officer_of("her", office=world.office)
    county = officer_of("fylket", 2, county=world.county)
    try_three_times(world, client, world.counsellor)
    with as_owner():
        Membership.objects.filter(user=world.counsellor).update(ended_on=last_day)
    for reader in (local_reader, county):
        assert (("shielded again", world.counsellor.pk) in kinds(world, reader)) is is_told


def test_a_finding_about_somebody_who_left_waits_and_stays_signed(world, client):
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    access.break_glass(
        world.refer(team=world.other_team).pk, by=world.act_as(world.colleague), reason="Haster", hours=8
    )
    with as_owner():
        Membership.objects.filter(user__in=[world.colleague, world.other_specialist]).update(ended_on=YESTERDAY)
    emergencies = {("emergency", world.colleague.pk), ("emergency", world.other_specialist.pk)}
    assert kinds(world, world.supervisor) >= emergencies
    client.force_login(world.act_as(world.supervisor))
    page = client.get("/min-dag/").content.decode()
    assert "Haster" in page and "Nysgjerrig" in page
    oversight_actions.sign_off(oversight.findings(TODAY), by=world.supervisor, verdict="fine")
    assert kinds(world, world.supervisor) >= emergencies
    assert all(finding.review is not None for finding in oversight.findings(TODAY))
    assert "Haster" not in client.get("/min-dag/").content.decode()


def test_whoever_worked_here_when_they_looked_is_no_neighbour_nor_is_whoever_saw_nothing(world):
    case = world.refer()
    with as_owner():
        member(world.other_counsellor, Role.COUNSELLOR, world.office)
        for who, allowed in ((world.other_counsellor, True), (world.administrator, False)):
            AccessLogEntry.objects.create(user=who, case_id=case.pk, purpose="case", rule="x", allowed=allowed)
        Membership.objects.filter(user=world.other_counsellor, office=world.office).update(ended_on=YESTERDAY)
    assert not {kind for kind in kinds(world, world.supervisor) if kind[0] == "neighbour office"}


def test_an_officer_of_another_office_is_told_of_their_case_and_not_that_it_was_several_times(world, client):
    """The case is of the other office, whose team nobody leads; nobody leads a counsellor either."""
    elsewhere = officer_of("der", office=world.other_office)
    try_three_times(world, client, world.counsellor)
    assert kinds(world, elsewhere) == {("never", world.counsellor.pk)}
    with as_owner():
        member(world.leader, Role.SUPERVISOR, world.other_office, world.other_team)
    assert kinds(world, elsewhere) == set()


def test_an_officer_whose_role_ended_is_told_nothing(world, client):
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office, ended_on=YESTERDAY)
        member(someone, Role.COUNSELLOR, world.office)
    try_three_times(world, client, world.counsellor)
    assert kinds(world, someone) == set()


@pytest.mark.parametrize("role", [Role.DATA_PROTECTION, Role.SUPERVISOR])
def test_nobody_is_shown_the_protection_that_they_lowered_themselves(world, role):
    case = world.refer("Kari", "Kjentsen", protection="confidential")
    with as_owner():
        member(world.specialist, role, world.office, world.team if role == Role.SUPERVISOR else None)
    by = world.act_as(world.specialist)
    actions.change_protection(case.participant, by=by, based_on=1, protection="", reason="Opphevet")
    assert ("protection lowered", world.specialist.pk) not in kinds(world, world.specialist)
    # The control: the others are.
    for reader in (world.supervisor, officer_of("her", 2, office=world.office)):
        assert ("protection lowered", world.specialist.pk) in kinds(world, reader)


def test_nobody_is_shown_the_tries_that_were_their_own(world, client):
    with as_owner():
        member(world.counsellor, Role.DATA_PROTECTION, world.office)
    try_three_times(world, client, world.counsellor)
    assert kinds(world, world.counsellor) == set()
    client.force_login(world.act_as(world.counsellor))
    key = f"personvern:shielded again:{world.counsellor.pk}:{TODAY}:0"
    form = {"submission": str(uuid.uuid4()), "findings": [key], "verdict": "fine", "comment": ""}
    client.post("/innsyn/", form)
    reader = officer_of("her", 2, office=world.office)
    world.act_as(reader)
    (finding,) = [candidate for candidate in oversight.findings(TODAY) if candidate.kind == "shielded again"]
    assert finding.review is None
