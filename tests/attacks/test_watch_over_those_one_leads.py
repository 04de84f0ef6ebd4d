"""Somebody is data protection officer and leads a team: what is an officer's about those they lead themselves is
another's, and what they find of all others they find as officer.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.organisation.models import Role, User
from plass.oversight import actions, queries
from tests.conftest import as_owner
from tests.world import World, member, user

from .test_find_out_who_said_this_is_me import declare_and_look

TODAY = timezone.localdate


def officer(world: World, name: str = "pv", *, leads=None) -> User:
    with as_owner():
        made = user(name, "Pia", name)
        member(made, Role.DATA_PROTECTION, world.office)
        if leads:
            member(made, Role.SUPERVISOR, leads.office, leads)
    return made


def unsigned_findings(world: World, who: User) -> list[queries.Finding]:
    world.act_as(who)
    return [finding for finding in queries.findings(TODAY()) if finding.review is None]


def kinds(world: World, who: User) -> list[tuple[str, int]]:
    return [(finding.kind, finding.user_id) for finding in unsigned_findings(world, who)]


@pytest.mark.parametrize("where", ["second_team", "other_team"])
def test_an_officer_who_leads_others_finds_who_was_kept_away(world, client, where):
    declare_and_look(world, client, "self")
    assert kinds(world, officer(world, leads=getattr(world, where))) == [("never", world.colleague.pk)]


def test_of_those_they_lead_they_do_not_and_the_other_officer_does(world, client):
    declare_and_look(world, client, "self")
    leads, second = officer(world, leads=world.team), officer(world, "annen")
    assert kinds(world, leads) == []
    assert kinds(world, second) == [("never", world.colleague.pk)]
    assert kinds(world, world.leader) == []


def test_of_a_case_of_their_team_they_do_not_find_who_was_kept_away(world, client):
    case, _tie = declare_and_look(world, client, "self")
    leads = officer(world, leads=world.team)
    with as_owner():
        for rule in ("own data", "close family"):
            AccessLogEntry.objects.create(
                user=world.counsellor, case_id=case.pk, purpose="case", rule=rule, allowed=False
            )
    assert kinds(world, leads) == []


def test_nor_does_the_log_tell_them(world, client):
    declare_and_look(world, client, "self")
    leads, second = officer(world, leads=world.team), officer(world, "annen")
    client.force_login(world.act_as(leads))
    assert world.colleague.name not in client.get("/personvern/innsyn/").content.decode()
    for reader, lines in ((leads, 0), (second, 3)):
        world.act_as(reader)
        assert AccessLogEntry.objects.filter(user=world.colleague, rule="own data").count() == lines
        assert AccessLogEntry.objects.filter(user=reader).exists() or reader == second


def test_where_each_officer_leads_them_the_leader_of_the_office_looks_into_it_once(world, client):
    case, _tie = declare_and_look(world, client, "self")
    leads = officer(world, leads=world.team)
    (finding,) = unsigned_findings(world, world.leader)
    assert (finding.kind, finding.user_id, finding.day) == ("further", world.colleague.pk, TODAY())
    client.force_login(world.act_as(world.leader))
    assert world.colleague.name in client.get("/innsyn/").content.decode()
    for nobody in (world.supervisor, leads, world.colleague, world.administrator):
        assert kinds(world, nobody) == []
    actions.sign_off([finding], by=world.act_as(world.leader), verdict="fine")
    assert unsigned_findings(world, world.leader) == []
    client.force_login(world.act_as(world.colleague))
    client.get(f"/sak/{case.pk}/")
    assert len(unsigned_findings(world, world.leader)) == 1


def test_their_signature_of_others_is_an_officers_and_of_those_they_lead_a_leaders(world):
    leads, second = officer(world, leads=world.second_team), officer(world, "annen")
    with as_owner():
        member_of_team = user("deres", "Dag", "Deres")
        member(member_of_team, Role.SPECIALIST, world.office, world.second_team)
        for who in (member_of_team, world.specialist):
            AccessLogEntry.objects.create(user=who, purpose="refer", rule="shielded", allowed=False)
    keys = {finding.user_id: finding.key for finding in unsigned_findings(world, leads)}
    assert keys[world.specialist.pk].startswith("personvern:met shielded")
    assert keys[member_of_team.pk].startswith("met shielded")
    actions.sign_off(unsigned_findings(world, leads), by=world.act_as(leads), verdict="fine")
    # The other officer still has what was signed by whoever leads them; the supervisor what was signed as officer.
    assert kinds(world, second) == [("met shielded", member_of_team.pk)]
    assert kinds(world, world.supervisor) == [("met shielded", world.specialist.pk)]


def test_what_a_leader_asks_about_goes_to_no_officer_who_leads_the_person_too(world):
    leads = officer(world, leads=world.team)
    with as_owner():
        AccessLogEntry.objects.create(user=world.specialist, purpose="refer", rule="shielded", allowed=False)
    actions.sign_off(
        unsigned_findings(world, world.supervisor), by=world.act_as(world.supervisor), verdict="further", comment="?"
    )
    world.act_as(leads)
    assert queries.to_look_into(TODAY()) == []
    world.act_as(world.leader)
    assert [finding.user_id for finding in queries.to_look_into(TODAY())] == [world.specialist.pk]
