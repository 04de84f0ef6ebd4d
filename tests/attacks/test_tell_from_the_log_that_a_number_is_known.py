"""Whoever referred a number, or leads the team it was referred to, reads the log: who looked at the referral to join it with
somebody registered would tell that the number is known, and where."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import joining
from plass.cases.models import Case
from plass.db.prepared import fetch
from plass.organisation.models import Role
from plass.oversight import queries
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

from .test_refer_a_shielded_person import filled_in, met


def referred(world: World, client, who: str = "counsellor", **existing) -> tuple[Case, int]:
    """The case that somebody at Nord referred of a number that is followed at Sør, and the number of the referral."""
    number = identity_number()
    known = world.refer("Kari", "Kjent", team=world.other_team, number=number, **existing)
    met(known, world.other_specialist)
    client.force_login(world.act_as(getattr(world, who)))
    client.post("/henvis/", filled_in(world, number, family_name=world.other_specialist.family_name))
    referral = Case.objects.get(referred_by=getattr(world, who))
    world.act_as(world.other_specialist)
    return referral, joining.waiting()[0].number


def looks_at(world: World, client, link: int) -> None:
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(f"/henvisninger/a-koble/{link}/").status_code == 200


def answers(world: World, client, link: int) -> None:
    world.act_as(world.other_specialist)
    form = {"submission": str(uuid.uuid4()), "outcome": "answer", "answer": "Nei"}
    assert client.post(f"/henvisninger/a-koble/{link}/", form).status_code == 303


@pytest.mark.parametrize("protection", ["", "confidential"])
@pytest.mark.parametrize("who", ["supervisor", "counsellor"])
def test_a_look_at_a_referral_to_join_it_is_no_finding_where_it_was_referred(world, client, who, protection):
    referral, link = referred(world, client, who, protection=protection)
    looks_at(world, client, link)
    answers(world, client, link)
    with as_owner():
        assert AccessLogEntry.objects.filter(case_id=referral.pk, purpose="join").count() == 2
    world.act_as(world.supervisor)
    assert [
        finding for finding in queries.findings(timezone.localdate()) if finding.user_id == world.other_specialist.pk
    ] == []
    client.force_login(world.act_as(world.supervisor))
    assert world.other_specialist.name not in client.get("/innsyn/").content.decode()


def lines_of(case: Case) -> set[str]:
    return {
        purpose
        for (purpose,) in fetch("SELECT purpose FROM access_accesslogentry WHERE case_id = %(case)s", {"case": case.pk})
    }


@pytest.mark.parametrize("who", ["supervisor", "counsellor"])
def test_no_statement_of_whoever_referred_reads_who_looked_to_join_it(world, client, who):
    referral, link = referred(world, client, who)
    looks_at(world, client, link)
    with as_owner():
        assert "join" in lines_of(referral)
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    for account in {getattr(world, who), world.supervisor}:
        me = world.act_as(account)
        AccessLogEntry.objects.bulk_create(
            [AccessLogEntry(user=me, case_id=referral.pk, purpose="case", rule="x", allowed=True)]
        )
        assert lines_of(referral) and "join" not in lines_of(referral)
    world.act_as(officer)
    assert "join" in lines_of(referral)


def test_the_participant_reads_who_looked_at_a_referral_with_their_number_when_it_is_joined(world, client):
    referral, link = referred(world, client)
    looks_at(world, client, link)
    joining.join(link, by=world.act_as(world.other_specialist))
    with as_owner():
        referral.refresh_from_db()
        account = user("kari1", "Kari", "Kjent", kind="participant")
        type(referral.participant).objects.filter(pk=referral.participant_id).update(user=account)
    world.act_as(account)
    assert "join" in lines_of(referral)


def history() -> list[tuple]:
    return fetch("SELECT new::text FROM access_change WHERE \"table\" = 'cases_possibleduplicate'", {})


def test_no_statement_reads_from_the_history_who_referred_the_same_number(world, client):
    """Also not of whoever takes an emergency, and not what was typed, after the join."""
    referral, link = referred(world, client)
    with as_owner():
        assert history()
        known = Case.objects.exclude(pk=referral.pk).get()
    parameters = {"participant": known.participant_id}
    for joined in (False, True):
        if joined:
            joining.join(link, by=world.act_as(world.other_specialist))
        me = world.act_as(world.specialist)
        assert access.break_glass(known.pk, by=me, reason="Haster", hours=1)
        for who in (me, world.other_specialist, world.other_counsellor):
            world.act_as(who)
            assert Case.objects.filter(pk=known.pk).exists() and history() == []
        # The page of the history asks for it: for whoever decides by more than a referral of their own, when it is over.
        answers = {}
        for who in (me, world.other_specialist, world.other_counsellor):
            world.act_as(who)
            answers[who] = fetch("SELECT count(*) FROM cases_answered_before(%(participant)s)", parameters)[0][0]
        assert list(answers.values()) == [0, int(joined), int(joined)]
