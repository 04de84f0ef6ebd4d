"""Somebody does what is a finding where nobody leads them, nobody leads the team, whoever does keeps away, or months pass:
it comes up for somebody all the same, until it is signed.
"""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry, ConflictOfInterest
from plass.cases import actions
from plass.cases.models import Case, Participant
from plass.organisation.models import Membership, Role, User
from plass.oversight import actions as oversight
from tests.conftest import as_owner
from tests.world import World, identity_number, member, stored, user

from .test_hide_behind_a_signature import FIRST, MADE, OFFICERS
from .test_keep_what_was_taken_back import ask
from .test_watch_over_somebody_close import BOTH, close
from .test_watch_over_those_one_leads import kinds, officer, unsigned_findings

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)
#: What data protection officers find beside whoever leads the person.
OFFICERS_TOO = {
    "met shielded",
    "emergency refused",
    "keeps away",
    "hides another",
    "raises to read",
    "shielded again",
    "protection lowered",
    "no own employee",
}
#: Of which case it is, or whose; by whom, where it is not the colleague.
OF_A_CASE = {"emergency", "never", "same surname", "neighbour office"}
OF_A_PERSON = {*OF_A_CASE, "protection lowered", "no own employee", *OFFICERS}
BY = {
    "emergency": "other_specialist",
    "neighbour office": "other_specialist",
    "protection lowered": "specialist",
    "no own employee": "specialist",
    "own employee, nobody asked": "other_specialist",
}


def without_a_supervisor(world: World) -> None:
    with as_owner():
        Membership.objects.filter(user=world.supervisor).update(ended_on=YESTERDAY)


def opens(world: World, case: Case, who: User, reason: str = "Nysgjerrig") -> None:
    assert access.break_glass(case.pk, by=world.act_as(who), reason=reason, hours=8)


def test_an_emergency_by_whom_nobody_leads_in_a_team_nobody_leads(world, client):
    case = world.refer()
    without_a_supervisor(world)
    opens(world, case, world.other_counsellor)
    assert [kind for kind, _who in kinds(world, world.leader)] == ["further"]
    client.force_login(world.act_as(world.leader))
    page = client.get("/innsyn/").content.decode()
    assert world.other_counsellor.name in page and "Nysgjerrig" not in page
    local_officer = officer(world)
    assert kinds(world, local_officer) == [("emergency", world.other_counsellor.pk)]
    assert kinds(world, world.leader) == []


def test_what_a_leader_signed_in_place_of_an_officer_hides_no_later_emergency_of_that_day(world):
    without_a_supervisor(world)
    opens(world, world.refer(), world.other_counsellor)
    oversight.sign_off(unsigned_findings(world, world.leader), by=world.leader, verdict="fine")
    assert kinds(world, world.leader) == []
    opens(world, world.refer(), world.other_counsellor)
    assert kinds(world, world.leader) == [("further", world.other_counsellor.pk)]
    # Nor does it seem to wait for the officer who comes, by the office of the case alone: they read who signed it.
    assert kinds(world, officer(world)) == [("emergency", world.other_counsellor.pk)]


def test_an_emergency_that_waits_when_the_case_goes_to_a_team_nobody_leads(world):
    case = world.refer()
    opens(world, case, world.other_specialist)
    assert kinds(world, world.supervisor) == [("emergency", world.other_specialist.pk)]
    with as_owner():
        third = user("j9", "Jon", "Ni")
        member(third, Role.SPECIALIST, world.office, world.second_team)
    actions.hand_over(case, by=world.act_as(world.specialist), to=third, team=world.second_team)
    assert kinds(world, world.supervisor) == []
    assert [kind for kind, _who in kinds(world, world.leader)] == ["further"]


def test_what_was_never_signed_after_a_month_and_after_a_year(world):
    case = world.refer()
    opens(world, case, world.other_specialist)
    with as_owner():
        AccessLogEntry.objects.create(user=world.colleague, purpose="refer", rule="shielded", allowed=False)
    for days in (31, 365):
        with as_owner():
            back = f"- interval '{days} days'"
            ask(f"UPDATE access_grant SET granted_at = granted_at {back}, expires_at = expires_at {back}")
            ask(f"UPDATE access_accesslogentry SET at = at - interval '{days} days'")
        assert {kind for kind, _who in kinds(world, world.supervisor)} == {"emergency", "met shielded"}
        assert "Nysgjerrig" in str(ask("SELECT reason FROM oversight_emergencies()"))
    oversight.sign_off(unsigned_findings(world, world.supervisor), by=world.act_as(world.supervisor), verdict="fine")
    assert kinds(world, world.supervisor) == []
    world.act_as(world.supervisor)
    assert ask("SELECT reason FROM oversight_emergencies()") == []


@pytest.mark.parametrize(
    "kind", ["met shielded", "emergency refused", "shielded again", "hides another", "raises to read"]
)
def test_a_counsellor_at_an_office_without_an_officer(world, kind):
    purpose, rule = {
        "met shielded": ("refer", "shielded"),
        "emergency refused": ("emergency", "shielded"),
        "shielded again": ("case", "shielded"),
        "hides another": ("protect", "protect"),
        "raises to read": ("raise", "protect"),
    }[kind]
    with as_owner():
        for _each in range(3):
            AccessLogEntry.objects.create(user=world.counsellor, purpose=purpose, rule=rule, allowed=rule == "protect")
    assert ("further", world.counsellor.pk) in kinds(world, world.leader)
    assert kinds(world, world.supervisor) == []


def test_a_counsellor_who_lowers_protection_at_an_office_without_an_officer(world):
    case = world.refer(protection="confidential", taken=False)
    by = world.act_as(world.counsellor)
    person = Participant.objects.get(pk=case.participant_id)
    actions.change_protection(person, by=by, based_on=person.version, protection="", reason="x")
    assert kinds(world, world.leader) == [("further", world.counsellor.pk)]


@BOTH
def test_whoever_asks_straight_for_an_emergency_at_somebody_close(world, client, kind):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    close(world, world.other_specialist, number, kind)
    client.force_login(world.act_as(world.other_specialist))
    sent = {"submission": str(uuid.uuid4()), "reason": "Akutt", "hours": "8"}
    assert client.post(reverse("cases:emergency", args=[case.pk]), sent).status_code == 303
    assert kinds(world, officer(world)) == [("never", world.other_specialist.pk)]
    assert kinds(world, world.supervisor) == []


def test_the_only_officer_whose_supervisors_account_has_ended(world):
    alone = officer(world)
    with as_owner():
        member(alone, Role.SPECIALIST, world.office, world.team)
        AccessLogEntry.objects.create(user=alone, purpose="give", rule="give", allowed=False)
        User.objects.filter(pk=world.supervisor.pk).update(ended_on=YESTERDAY)
    assert kinds(world, world.leader) == [("further", alone.pk)]


@BOTH
def test_a_supervisor_who_must_keep_away_neither_reads_nor_signs_it_and_the_officer_does(world, client, kind):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    # An own employee is closed to emergencies as soon as somebody says so.
    opens(world, case, world.other_specialist, "Redd ektemannen")
    close(world, world.supervisor, number, kind)
    client.force_login(world.act_as(world.supervisor))
    assert client.get(f"/sak/{case.pk}/").status_code == 404
    for page in ("/min-dag/", "/henvisninger/", "/innsyn/"):
        assert "ektemannen" not in client.get(page).content.decode(), page
    world.act_as(world.supervisor)
    assert ask("SELECT reason FROM access_grant") == ask("SELECT reason FROM oversight_emergencies()") == []
    assert kinds(world, world.supervisor) == []
    waits = [
        (finding.kind, finding.reason)
        for finding in unsigned_findings(world, officer(world))
        if finding.user_id == world.other_specialist.pk
    ]
    assert waits == [("emergency", "Redd ektemannen")]
    with as_owner():
        second = user("leder7", "Stine", "Stedfortreder")
        member(second, Role.SUPERVISOR, world.office, world.team)
    assert kinds(world, second) == [("emergency", world.other_specialist.pk)]


@BOTH
def test_nor_reads_a_supervisor_or_an_officer_who_must_keep_away_why_protection_was_lowered(world, client, kind):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number, protection="confidential")
    tied, another = officer(world), officer(world, "annen")
    with as_owner():
        member(tied, Role.COUNSELLOR, world.office)
    by = world.act_as(world.specialist)
    person = Participant.objects.get(pk=case.participant_id)
    actions.change_protection(person, by=by, based_on=person.version, protection="", reason="Tilbake fra Storgata")
    for who in (world.supervisor, tied):
        close(world, who, number, kind)
        client.force_login(world.act_as(who))
        assert "Storgata" not in client.get("/innsyn/").content.decode()
    assert kinds(world, another) == [("protection lowered", world.specialist.pk)]
    # What another signed of it is nothing to read either.
    oversight.sign_off(
        unsigned_findings(world, another), by=world.act_as(another), verdict="further", comment="Hvorfor?"
    )
    for who in (world.supervisor, tied):
        world.act_as(who)
        assert ask("SELECT comment FROM oversight_review") == []
        assert kinds(world, who) == []


def test_of_those_who_lead_and_keep_away_from_a_look_the_officer_finds_the_share_that_is_not_theirs(world, client):
    """A colleague with the participant's family name looks; the only supervisor is close to the participant."""
    number = identity_number()
    case = world.refer("Kari", world.colleague.family_name, number=number)
    client.force_login(world.act_as(world.colleague))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    assert kinds(world, world.supervisor) == [("same surname", world.colleague.pk)]
    close(world, world.supervisor, number)
    assert kinds(world, world.supervisor) == []
    assert kinds(world, officer(world)) == [("same surname", world.colleague.pk)]


def test_where_there_is_nobody_at_all_the_administrator_is_told_so(world, client):
    def listed_offices() -> list[tuple]:
        client.force_login(world.act_as(world.administrator))
        page = client.get("/kontoer/").content.decode()
        world.act_as(world.administrator)
        offices = ask("SELECT * FROM oversight_comes_up_for_nobody()")
        assert ('id="nobody-finds"' in page) == bool(offices)
        assert all(office in page for office, _number in offices)
        return offices

    # The other office has neither officer nor leader.
    assert listed_offices() == [("Plass Sør", 2)]
    with as_owner():
        county = user("fylke1", "Fia", "Fylke")
        member(county, Role.LEADER, county=world.county)
    assert listed_offices() == []
    # Where the only one works with cases too, nobody finds what they do themselves.
    with as_owner():
        member(county, Role.COUNSELLOR, world.other_office)
    assert listed_offices() == [("Plass Sør", 1)]
    for who in (world.leader, world.supervisor, county, world.specialist):
        world.act_as(who)
        assert ask("SELECT * FROM oversight_comes_up_for_nobody()") == []


# --- Every kind, in organisations of chance ------------------------------------------------------------------------------


def shuffled(world: World, kind: str, chance: random.Random) -> list[User]:
    """Five who may be anything around it, some of them close to the participant. Needs ``as_owner``."""
    others = [world.supervisor, world.leader, *(user(f"hvem{n}", "Hvem", str(n)) for n in range(3))]
    Membership.objects.filter(user__in=[world.supervisor, world.leader]).delete()
    teams = [world.second_team, world.other_team, *([] if kind in OFFICERS else [world.team])]
    places = {
        "supervisor": [{"office": team.office, "team": team} for team in teams],
        "leader": [{"office": world.office}, {"office": world.other_office}, {"county": world.county}],
        "data_protection": [{"office": world.office}, {"office": world.other_office}, {"county": world.county}],
    }
    for colleague in others:
        for role in chance.sample(sorted(places), chance.choice([0, 1, 1, 2])):
            ended = {"ended_on": chance.choice([None, None, None, TODAY, YESTERDAY])}
            member(colleague, Role(role), **chance.choice(places[role]), **ended)
    if kind in OF_A_PERSON:
        person = Participant.objects.latest("pk")
        for colleague in others:
            if chance.random() < 0.3:
                ConflictOfInterest.objects.create(
                    user=colleague, declared_by=colleague, kind="family", identity_hash=stored(person, "identity_hash")
                )
    return others


def may_find(world: World, kind: str, who: User, others: list[User]) -> set[int]:
    """Those whom the words of the decision name, whichever comes first."""
    case = Case.objects.latest("pk") if kind in OF_A_PERSON else None
    held = [m for m in Membership.objects.filter(user__in=others) if m.ended_on is None or m.ended_on >= TODAY]
    lately = [m for m in Membership.objects.filter(user__in=others) if m.ended_on is None or m.ended_on >= YESTERDAY]
    memberships = list(Membership.objects.filter(user=who))
    teams = {m.team_id for m in memberships if m.team_id}
    offices = {m.office_id for m in memberships}
    if kind in OF_A_CASE:
        teams_told, offices = teams | {case.team_id}, offices | {case.office_id}
    else:
        teams_told = teams
    if kind in OFFICERS:
        offices = {case.office_id}
    near = {
        m.user_id for m in lately if m.role == "supervisor" and m.team_id in teams | ({case.team_id} if case else set())
    }
    tied = set(ConflictOfInterest.objects.filter(kind="family").values_list("user_id", flat=True))
    found_by = set()
    for m in held:
        at_the_place = m.office_id in offices or m.county_id is not None
        if m.role == "supervisor":
            finds = m.team_id in teams_told and kind not in OFFICERS
        elif m.role == "data_protection" and kind in OFFICERS_TOO:
            finds = at_the_place
        else:
            finds = at_the_place and m.user_id not in near
        if finds:
            found_by.add(m.user_id)
    return found_by - tied - {who.pk}


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_comes_up_for_somebody_who_may_and_for_nobody_else(world, kind):
    for _each in range(FIRST.get(kind, 1)):
        MADE[kind](world)
    who = getattr(world, BY.get(kind, "colleague"))
    by_somebody = 0
    for seed in range(12):
        with transaction.atomic():
            with as_owner():
                others = shuffled(world, kind, random.Random(f"{kind} {seed}"))
                may = may_find(world, kind, who, others)
            finds = {
                account.pk
                for account in [*others, who]
                if {(kind, who.pk), ("further", who.pk)} & set(kinds(world, account))
            }
            assert finds <= may, (seed, finds, may)
            assert bool(finds) == bool(may), (seed, may)
            by_somebody += bool(finds)
            transaction.set_rollback(True)
    assert by_somebody > 2
