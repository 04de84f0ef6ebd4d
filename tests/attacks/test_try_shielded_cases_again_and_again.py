"""Somebody tries shielded people's cases by number, or asks for emergency access: refused, and told on."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import member, user

from .test_refer_a_shielded_person import shielded

TODAY = timezone.localdate()


@pytest.fixture
def officer(world):
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, county=world.county)
    return someone


def kinds(world, someone) -> set[tuple[str, int]]:
    world.act_as(someone)
    return {(finding.kind, finding.user_id) for finding in oversight.findings(TODAY)}


def test_a_refused_emergency_is_a_finding_for_the_supervisor_and_the_officer(world, client, officer):
    case, _number = shielded(world)
    client.force_login(world.act_as(world.specialist))
    form = {"submission": str(uuid.uuid4()), "reason": "Står i døra", "hours": "8"}
    answer = client.post(f"/sak/{case.pk}/nodtilgang/", form)
    assert answer["Location"] == f"/sak/{case.pk}/nodtilgang/"
    for someone in (world.supervisor, officer):
        assert ("emergency refused", world.specialist.pk) in kinds(world, someone)


def test_a_counsellor_whom_nobody_leads_is_a_finding_for_the_officer(world, client, officer):
    case, _number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    for times in range(1, 4):
        assert client.get(f"/sak/{case.pk}/").status_code == 404
        assert (("shielded again", world.counsellor.pk) in kinds(world, officer)) is (times == 3)
        world.act_as(world.counsellor)
    assert ("shielded again", world.counsellor.pk) not in kinds(world, world.supervisor)
    world.act_as(world.counsellor)
    assert not AccessLogEntry.objects.filter(allowed=False).exists()


def test_the_officer_signs_for_themselves_and_nobody_else_does(world, client, officer):
    case, _number = shielded(world)
    client.force_login(world.act_as(world.specialist))
    for _ in range(3):
        client.get(f"/sak/{case.pk}/")
    for someone in (world.supervisor, officer):
        client.force_login(world.act_as(someone))
        waiting = [
            finding.key
            for finding in oversight.findings(TODAY)
            if finding.kind == "shielded again" and finding.review is None
        ]
        assert len(waiting) == 1
        form = {"submission": str(uuid.uuid4()), "findings": waiting, "verdict": "fine", "comment": ""}
        assert client.post("/innsyn/", form).status_code == 303
        world.act_as(someone)
        assert not [
            finding
            for finding in oversight.findings(TODAY)
            if finding.kind == "shielded again" and finding.review is None
        ]
    client.force_login(world.act_as(world.counsellor))
    assert client.get("/innsyn/").status_code == 404


def test_what_was_opened_by_right_is_no_finding(world, client, officer):
    case, _number = shielded(world)
    client.force_login(world.act_as(world.other_specialist))
    for _ in range(5):
        assert client.get(f"/sak/{case.pk}/").status_code == 200
    assert kinds(world, officer) == set()
