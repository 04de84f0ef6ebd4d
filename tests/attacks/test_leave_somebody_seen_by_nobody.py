"""An account or role ends, and with it the last part that anybody had in a case: above all a shielded one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.utils import timezone

from plass.administration import actions as administration
from plass.cases import actions
from plass.cases.models import Case, Participant
from plass.db import signed
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import member, user

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def part_of(world, client, someone, address: str, which: str) -> str:
    """The text of the part of a page called ``which``, as ``someone`` reads it; empty where there is none."""
    client.force_login(world.act_as(someone))
    section = BeautifulSoup(client.get(address, follow=True).content, "html.parser").select_one(f"#{which}")
    return " ".join(section.get_text(" ").split()) if section else ""


@pytest.fixture
def officer(world):
    with as_owner():
        account = user("ombud", "Oda", "Ombud")
        member(account, Role.DATA_PROTECTION, world.office)
    return account


@pytest.fixture
def shielded(world) -> Case:
    """The counsellor referred a shielded participant, and left the page where they choose who follows."""
    return world.refer("Skjermet", "Person", protection=Participant.Protection.CONFIDENTIAL, taken=False)


def leaves(world, someone, last_day=YESTERDAY) -> None:
    administration.leave(world.act_as(someone), by=world.act_as(world.administrator), last_day=last_day)


def level(world, someone, case: Case) -> int:
    world.act_as(someone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_level(%s)", [case.pk])
        return cursor.fetchone()[0]


def test_the_data_protection_officer_is_told_how_many_and_no_name(world, client, officer, shielded):
    world.refer("Vanlig", "Person", taken=False)
    assert part_of(world, client, officer, "/innsyn/", "seen-by-nobody") == ""
    leaves(world, world.counsellor)
    text = part_of(world, client, officer, "/innsyn/", "seen-by-nobody")
    assert "1 deltaker" in text and world.office.name in text
    assert "Skjermet" not in text and "Person" not in text


@pytest.mark.parametrize("ends", ["role", "day"])
def test_so_they_are_when_the_role_ends_or_its_day_comes(world, client, officer, shielded, ends):
    role = Membership.objects.get(user=world.counsellor)
    if ends == "role":
        administration.end_role(role, by=world.act_as(world.administrator), last_day=YESTERDAY)
    else:
        with as_owner():
            Membership.objects.filter(pk=role.pk).update(ended_on=YESTERDAY)
    assert "1 deltaker" in part_of(world, client, officer, "/innsyn/", "seen-by-nobody")


def test_they_give_the_participant_to_somebody_who_is_told(world, client, officer, shielded):
    leaves(world, world.counsellor)
    with as_owner():
        new = user("ny-veileder", "Ny", "Veileder")
        member(new, Role.COUNSELLOR, world.office)
    assert level(world, new, shielded) == 0
    client.force_login(world.act_as(officer))
    address = f"/personvern/deltaker/{shielded.pk}/"
    page = client.get(address)
    assert page.status_code == 200 and "Skjermet" not in page.content.decode()
    answer = client.post(address, {"submission": str(uuid.uuid4()), "to": new.pk})
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/innsyn/")
    assert level(world, new, shielded) == 4 and level(world, officer, shielded) == 0
    assert "Skjermet Person" in part_of(world, client, new, "/", "new-with-you")
    assert part_of(world, client, officer, "/innsyn/", "seen-by-nobody") == ""
    # And once only.
    client.force_login(world.act_as(officer))
    assert client.get(address).status_code == 404


def test_nobody_else_gives_them_away_nor_anybody_to_themselves(world, client, officer, shielded):
    with as_owner():
        member(officer, Role.COUNSELLOR, world.office)

    def given(by, to, case=shielded) -> bool:
        world.act_as(by)
        return signed.call("cases_give_to_somebody", case.pk, to.pk, "")[0][0] == "given"

    # As long as somebody sees the case it is not the officer's to give.
    assert not given(officer, world.supervisor)
    leaves(world, world.counsellor)
    for by in (world.administrator, world.supervisor, world.specialist, world.leader):
        assert not given(by, world.supervisor)
        client.force_login(world.act_as(by))
        assert client.get(f"/personvern/deltaker/{shielded.pk}/").status_code == 404
    assert not given(officer, officer)
    assert not given(officer, world.other_counsellor)
    assert not given(officer, world.administrator)
    assert given(officer, world.supervisor)
    assert not given(officer, world.specialist)


@pytest.mark.parametrize("who", ["leader", "ended", "the participant"])
def test_nor_to_whom_it_cannot_be_given(world, officer, shielded, who):
    leaves(world, world.counsellor)
    with as_owner():
        someone = user("ny7", "Ny", "Ansatt")
        member(someone, Role.LEADER if who == "leader" else Role.COUNSELLOR, world.office)
        if who == "ended":
            User.objects.filter(pk=someone.pk).update(ended_on=YESTERDAY)
        if who == "the participant":
            Participant.objects.filter(pk=shielded.participant_id).update(user=someone)
    world.act_as(officer)
    refused = "keeps away" if who == "the participant" else "no"
    assert signed.call("cases_give_to_somebody", shielded.pk, someone.pk, "") == [(refused,)]


def test_a_case_whose_referrer_handed_it_on_and_stays_is_seen_by_nobody(world, client, officer):
    """Whoever referred has no part any more, though they work here still."""
    case = world.refer("Skjermet", "Person", protection="confidential")
    with as_owner():
        Case.objects.filter(pk=case.pk).update(counsellor=None)
    leaves(world, world.specialist)
    assert "1 deltaker" in part_of(world, client, officer, "/innsyn/", "seen-by-nobody")


def test_nor_to_whom_it_is_about(world, officer, shielded):
    leaves(world, world.counsellor)
    world.act_as(world.supervisor)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_conflictofinterest (user_id, identity_hash, kind, declared_by_id) "
            "SELECT %s, identity_hash, 'family', %s FROM cases_participant WHERE id = %s",
            [world.supervisor.pk, world.supervisor.pk, shielded.participant_id],
        )
    world.act_as(officer)
    assert signed.call("cases_give_to_somebody", shielded.pk, world.supervisor.pk, "") == [("keeps away",)]


def test_the_administrator_is_told_the_same_whoever_is_shielded(world, client, officer):
    account = f"/kontoer/{world.counsellor.pk}/"

    def pages() -> list[str]:
        client.force_login(world.act_as(world.administrator))
        page = BeautifulSoup(client.get(account, follow=True).content, "html.parser")
        leave = next(link["href"] for link in page.select("a[href]") if "slutter" in link["href"])
        return [client.get(leave).content.decode(), client.get("/kontoer/").content.decode()]

    before = pages()
    world.refer("Skjermet", "Person", protection="confidential", taken=False)

    def alike(texts):
        return [BeautifulSoup(text, "html.parser").select_one("main").get_text() for text in texts]

    assert alike(pages()) == alike(before)
    assert "personvernombudet" in before[0]


def test_where_there_is_no_officer_administrators_learn_how_many(world, client, shielded):
    place = "/kontoer/"
    assert part_of(world, client, world.administrator, place, "nobody-to-tell") == ""
    leaves(world, world.counsellor)
    text = part_of(world, client, world.administrator, place, "nobody-to-tell")
    assert f"{world.office.name}: 1 deltaker" in text and "Skjermet" not in text
    with as_owner():
        member(user("ombud", "Oda", "Ombud"), Role.DATA_PROTECTION, world.office)
    assert part_of(world, client, world.administrator, place, "nobody-to-tell") == ""


def test_a_way_in_for_a_time_is_no_part(world, client, officer, shielded):
    from plass.access import actions as access

    access.give(shielded.pk, by=world.act_as(world.counsellor), to=world.colleague, reason="Ferie", hours=72)
    leaves(world, world.counsellor)
    assert "1 deltaker" in part_of(world, client, officer, "/innsyn/", "seen-by-nobody")


# --- A counsellor who has left -------------------------------------------------------------------------------------


@pytest.fixture
def participant(world):
    """A participant with an account, a job specialist and a counsellor."""
    case = world.refer("Ida", "Deltaker")
    with as_owner():
        account = user("ida", "Ida", "Deltaker", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    return case, account


def test_a_counsellor_who_left_is_named_nowhere_as_the_counsellor(world, client, participant):
    case, account = participant
    name = world.counsellor.name
    assert name in part_of(world, client, account, "/min-side/", "people")
    leaves(world, world.counsellor)
    people = part_of(world, client, account, "/min-side/", "people")
    assert name not in people and "Du har ingen veileder for tiden" in people
    client.force_login(world.act_as(world.specialist))
    page = BeautifulSoup(client.get(f"/sak/{case.pk}/").content, "html.parser").select_one(".p-heading__lead")
    assert name not in page.get_text() and "ingen veileder for tiden" in page.get_text()


def test_so_a_job_specialist_who_left(world, client, participant):
    _case, account = participant
    leaves(world, world.specialist)
    people = part_of(world, client, account, "/min-side/", "people")
    assert world.specialist.name not in people and "Du har ingen jobbspesialist for tiden" in people
    assert world.specialist.name in part_of(world, client, world.supervisor, "/min-dag/", "left")
    assert world.specialist.name in part_of(world, client, world.counsellor, "/", "left")


def test_those_who_follow_are_told_to_replace_the_counsellor(world, client, participant):
    case, _account = participant
    for someone in (world.specialist, world.supervisor):
        assert part_of(world, client, someone, "/min-dag/", "left") == ""
    leaves(world, world.counsellor)
    for someone in (world.specialist, world.supervisor):
        text = part_of(world, client, someone, "/min-dag/", "left")
        assert world.counsellor.name in text and "Ida Deltaker" in text
    assert part_of(world, client, world.colleague, "/min-dag/", "left") == ""
    # Somebody else is the counsellor: said no more.
    with as_owner():
        new = user("ny-veileder", "Ny", "Veileder")
        member(new, Role.COUNSELLOR, world.office)
    client.force_login(world.act_as(world.specialist))
    address = f"/sak/{case.pk}/overfor/?rolle=veileder"
    page = BeautifulSoup(client.get(address).content, "html.parser")
    instead = page.select_one("[name=instead_of]")["value"]
    sent = {"submission": str(uuid.uuid4()), "to": f"{new.pk}-0", "instead_of": instead, "reason": ""}
    assert client.post(address, sent).status_code == 303
    assert part_of(world, client, world.specialist, "/min-dag/", "left") == ""
    assert "Ida Deltaker" in part_of(world, client, new, "/", "new-with-you")


def test_of_a_case_that_has_ended_nobody_is_told(world, client, participant):
    case, _account = participant
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY, cause="work")
    leaves(world, world.counsellor)
    assert part_of(world, client, world.specialist, "/min-dag/", "left") == ""
