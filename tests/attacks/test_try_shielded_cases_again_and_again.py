"""Somebody tries shielded people's cases by number, or asks for emergency access: refused, and told on."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from plass.access import log
from plass.access.models import AccessLogEntry
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import identity_number, member, user

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


def tried(world, someone, case, times: int, *, days_ago: int = 0) -> None:
    """``someone`` was refused this case so often, so many days ago."""
    with as_owner():
        for _each in range(times):
            entry = AccessLogEntry.objects.create(
                user=someone, purpose="case page", rule="unknown", case_id=case.pk, allowed=False
            )
            AccessLogEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days_ago))


@pytest.mark.parametrize(("every", "found"), [(1, True), (12, True), (31, False)])
def test_a_few_at_a_time_over_many_days_are_found(world, officer, every, found):
    """Two tries a day at shielded people, never three; also of several people."""
    with as_owner():
        type(world.colleague.memberships.first()).objects.update(started_on=TODAY - timedelta(400))
    cases = [world.refer(protection="confidential", team=world.other_team) for _each in range(2)]
    for turn in range(3):
        world.act_as(world.colleague)
        tried(world, world.colleague, cases[turn % 2], 2, days_ago=turn * every)
    for someone in (world.supervisor, officer):
        assert (("shielded again", world.colleague.pk) in kinds(world, someone)) is found


@pytest.mark.parametrize("name", ["leader", "administrator"])
def test_who_has_no_role_with_cases_is_found_as_everybody_else(world, client, officer, name):
    someone, case = getattr(world, name), world.refer(protection="confidential")
    client.force_login(world.act_as(someone))
    assert client.get(f"/sak/{case.pk}/").status_code == 404
    with as_owner():
        assert AccessLogEntry.objects.get(allowed=False).rule == "shielded"
    assert ("never", someone.pk) in kinds(world, officer)
    client.force_login(world.act_as(someone))
    for _each in range(2):
        client.get(f"/sak/{case.pk}/")
    assert {("never", someone.pk), ("shielded again", someone.pk)} <= kinds(world, officer)


def test_looking_for_numbers_before_a_referral_is_no_finding_and_for_very_many_is(world, client, officer):
    client.force_login(world.act_as(world.specialist))
    for _each in range(5):
        client.post("/sok/", {"q": identity_number()})
    assert kinds(world, world.supervisor) == set()
    with as_owner():
        for _each in range(24):
            AccessLogEntry.objects.create(user=world.specialist, purpose="number", rule="number", allowed=False)
    assert kinds(world, world.supervisor) == set()
    with as_owner():
        AccessLogEntry.objects.create(user=world.specialist, purpose="number", rule="number", allowed=False)
    assert kinds(world, world.supervisor) == {("numbers", world.specialist.pk)}


def test_whoever_tries_case_after_case_is_slowed_down_and_keeps_their_own(world, client, officer):
    mine, theirs = world.refer(), world.refer(protection="confidential", team=world.other_team)
    client.force_login(world.act_as(world.specialist))
    for number in range(log.MOST_REFUSALS):
        assert client.get(f"/sak/{900_000 + number}/pause/").status_code == 404
    answers = [client.get(f"/sak/{number}/") for number in (theirs.pk, 999_999)]
    for answer in answers:
        assert answer.status_code == 429 and 3000 < int(answer["Retry-After"]) <= 3600
        page = BeautifulSoup(answer.content, "html.parser")
        assert page.h1.text == "Du må vente før du prøver flere saker"
        # When it is over, what opens meanwhile, and whom to ask; and the way in that opens as ever.
        for said in ("Etter kl. 11.", "Dine egne saker åpner du som før.", "ring den som følger opp"):
            assert said in page.select_one("[data-words]").text
        assert page.select_one("p a[href$='/nodtilgang/']") is not None
    # Not what is theirs, and no other: every one of them is in the log.
    assert client.get(f"/sak/{mine.pk}/").status_code == 200
    with as_owner():
        refused = AccessLogEntry.objects.filter(allowed=False).exclude(case_id=None)
        assert refused.count() == log.MOST_REFUSALS + 2
    client.force_login(world.act_as(world.colleague))
    assert client.get("/sak/999999/").status_code == 404
    assert ("slowed", world.specialist.pk) in kinds(world, world.supervisor)
    with as_owner():
        AccessLogEntry.objects.update(at=timezone.now() - timedelta(hours=1))
    client.force_login(world.act_as(world.specialist))
    assert client.get("/sak/999999/").status_code == 404


def test_whoever_asks_for_emergency_access_case_after_case_is_slowed_down_as_well(world, client):
    client.force_login(world.act_as(world.specialist))

    def asks_for(number: int):
        return client.post(
            f"/sak/{number}/nodtilgang/", {"submission": str(uuid.uuid4()), "reason": "Haster", "hours": "8"}
        )

    for number in range(log.MOST_REFUSALS):
        assert asks_for(900_000 + number).status_code == 303
    assert asks_for(999_999).status_code == 429
    assert ("slowed", world.specialist.pk) in kinds(world, world.supervisor)
    with as_owner():
        refused = AccessLogEntry.objects.filter(allowed=False).exclude(case_id=None)
        assert refused.count() == log.MOST_REFUSALS + 1
    # In an emergency the page opens what it may as ever.
    theirs = world.refer(team=world.other_team)
    client.force_login(world.act_as(world.specialist))
    assert asks_for(theirs.pk).headers["Location"] == f"/sak/{theirs.pk}/"


@pytest.mark.parametrize("before", [log.MOST_REFUSALS, log.MOST_REFUSALS + 30, 5 * log.MOST_REFUSALS])
def test_that_somebody_is_slowed_down_is_said_once_an_hour_whenever_it_is_asked(world, client, before):
    case = world.refer(protection="confidential", team=world.other_team)
    tried(world, world.specialist, case, before)
    client.force_login(world.act_as(world.specialist))
    for _each in range(2):
        assert client.get("/sak/999999/").status_code == 429

    def said() -> int:
        with as_owner():
            return AccessLogEntry.objects.filter(purpose="slowed").count()

    assert said() == 1
    # Nor does it begin anew after very many more.
    tried(world, world.specialist, case, log.MOST_REFUSALS + 30)
    client.force_login(world.act_as(world.specialist))
    assert client.get("/sak/999999/").status_code == 429
    assert said() == 1
