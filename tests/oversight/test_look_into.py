"""What somebody signed off as "to be looked into" comes up for whoever is to do it, until they have; who asked reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.utils import timezone

from plass.access import actions as access
from plass.access import idempotency
from plass.access.models import AccessLogEntry, Grant
from plass.cases import actions as cases
from plass.cases.models import Participant
from plass.organisation.models import Membership, Role
from plass.oversight import actions, queries
from plass.oversight.models import Review
from tests.conftest import as_owner
from tests.world import member, user

TODAY = timezone.localdate()
ASKED = "Hvorfor tre ganger?"


@pytest.fixture
def officer(world):
    with as_owner():
        account = user("ombud1", "Dina", "Datavern")
        member(account, Role.DATA_PROTECTION, world.office)
    return account


@pytest.fixture
def elsewhere(world):
    """The officer and the supervisor of the other office, and its leader."""
    with as_owner():
        people = [user(f"annen{number}", "Annen", f"Nr{number}") for number in range(3)]
        member(people[0], Role.DATA_PROTECTION, world.other_office)
        member(people[1], Role.SUPERVISOR, world.other_office, world.other_team)
        member(people[2], Role.LEADER, world.other_office)
    return people


def refused_on_shielded(who) -> None:
    """``who`` tried to refer somebody shielded: a finding for those who lead them and for the officer."""
    with as_owner():
        AccessLogEntry.objects.create(user=who, purpose="refer", rule="shielded", allowed=False)


def waits(world, someone) -> list[queries.Finding]:
    world.act_as(someone)
    return queries.to_look_into(TODAY)


def sign(world, someone, kind: str, verdict: str = "further", comment: str = ASKED) -> None:
    by = world.act_as(someone)
    waiting = [
        finding
        for finding in (*queries.to_look_into(TODAY), *queries.findings(TODAY))
        if finding.kind == kind and not finding.review
    ]
    assert waiting
    actions.sign_off(waiting[:1], by=by, verdict=verdict, comment=comment)


def notice(world, client, someone, address: str) -> str:
    client.force_login(world.act_as(someone))
    section = BeautifulSoup(client.get(address).content, "html.parser").select_one("#to-look-into")
    return " ".join(section.get_text(" ").split()) if section else ""


def test_what_a_supervisor_signs_comes_up_for_the_officer_of_the_place_and_back_comes_what_they_found(
    world, client, officer, elsewhere
):
    refused_on_shielded(world.specialist)
    assert notice(world, client, officer, "/personvern/innsyn/") == ""
    sign(world, world.supervisor, "met shielded")
    assert "1 linje" in notice(world, client, officer, "/personvern/innsyn/")
    client.force_login(world.act_as(officer))
    page = BeautifulSoup(client.get("/innsyn/").content, "html.parser")
    first = page.select("section h2")[0]
    assert first.text == "Må undersøkes"
    assert ASKED in first.find_parent("section").text and world.supervisor.name in first.find_parent("section").text
    for someone in (world.specialist, world.supervisor, world.leader, world.administrator, *elsewhere):
        assert waits(world, someone) == []
    sign(world, officer, "further", "fine", "Feil nummer, to ganger")
    assert waits(world, officer) == []
    client.force_login(world.act_as(world.supervisor))
    signed = BeautifulSoup(client.get("/innsyn/").content, "html.parser").select_one("#signed").text
    assert officer.name in signed and "Feil nummer, to ganger" in signed


def test_of_somebody_from_elsewhere_the_officers_of_both_places_are_told_and_the_answer_is_read(
    world, client, officer, elsewhere
):
    case = world.refer("Nora", "Nabo")
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Akutt", hours=8)
    sign(world, world.supervisor, "emergency")
    for someone in (officer, elsewhere[0]):
        assert [finding.name for finding in waits(world, someone)] == [world.other_specialist.name]
    sign(world, elsewhere[0], "further", "fine", "Vakt den dagen")
    assert waits(world, officer) == []
    client.force_login(world.act_as(world.supervisor))
    signed = BeautifulSoup(client.get("/innsyn/").content, "html.parser").select_one("#signed").text
    assert elsewhere[0].name in signed and "Vakt den dagen" in signed


def test_what_the_officer_signs_comes_up_for_the_supervisor_who_leads_the_person(world, client, officer, elsewhere):
    refused_on_shielded(world.specialist)
    sign(world, officer, "met shielded")
    assert "1 linje" in notice(world, client, world.supervisor, "/min-dag/")
    (asked,) = waits(world, world.supervisor)
    assert (asked.name, asked.user_id) == (world.specialist.name, world.specialist.pk) and ASKED in asked.reason
    for someone in (world.specialist, world.leader, officer, *elsewhere):
        assert waits(world, someone) == []
    # They cannot find out alone: it goes back to the officer.
    sign(world, world.supervisor, "further", "further", "Hun husker ikke")
    assert waits(world, world.supervisor) == []
    (back,) = waits(world, officer)
    assert "Hun husker ikke" in back.reason


@pytest.mark.parametrize("who", ["counsellor", "supervisor"])
def test_whom_no_supervisor_leads_the_leader_of_the_office_looks_into(world, client, officer, elsewhere, who):
    someone = getattr(world, who)
    refused_on_shielded(someone)
    sign(world, officer, "met shielded")
    assert "1 linje" in notice(world, client, world.leader, "/tall/")
    client.force_login(world.act_as(world.leader))
    (asked,) = waits(world, world.leader)
    assert asked.name in client.get("/innsyn/").content.decode()
    sent = {"submission": str(idempotency.new()), "findings": [asked.key], "verdict": "fine", "comment": "Snakket med"}
    assert client.post("/innsyn/", sent).status_code == 303
    assert waits(world, world.leader) == []
    # Nothing more to look into: no page either.
    assert client.get("/innsyn/").status_code == 404
    for reader in (someone, *elsewhere):
        assert waits(world, reader) == []


def test_no_officer_looks_into_what_they_did_themselves(world, officer):
    with as_owner():
        another = user("ombud2", "Dag", "Datavern")
        member(another, Role.DATA_PROTECTION, world.office)
        member(officer, Role.SPECIALIST, world.office, world.team)
    refused_on_shielded(officer)
    sign(world, world.supervisor, "met shielded")
    assert waits(world, officer) == []
    assert [finding.user_id for finding in waits(world, another)] == [officer.pk]


def test_it_waits_beyond_the_month_and_is_signed_by_nobody_whom_it_was_not_asked(world, officer, elsewhere):
    refused_on_shielded(world.specialist)
    sign(world, world.supervisor, "met shielded")
    with as_owner():
        Review.objects.update(reviewed_at=timezone.now() - timedelta(days=60))
    (asked,) = waits(world, officer)
    for someone in (world.supervisor, world.leader, *elsewhere):
        with pytest.raises(ValidationError):
            actions.sign_off([asked], by=world.act_as(someone), verdict="fine")
    with as_owner():
        Membership.objects.filter(user=officer).update(ended_on=TODAY - timedelta(days=1))
    assert waits(world, officer) == []


def test_what_comes_later_hides_nothing_that_waits(world, officer):
    """Somebody who has something to hide signs many trifles as to be looked into."""
    with as_owner():
        for number in range(51):
            Review.objects.create(
                finding=f"many:{world.specialist.pk}:{TODAY}:{number}@1",
                about=world.specialist,
                reviewed_by=world.supervisor,
                reviewed_at=timezone.now() - timedelta(hours=51 - number),
                verdict="further",
                comment=f"nr. {number}",
            )
    first = waits(world, officer)[0]
    assert first.reason.endswith("nr. 0")
    actions.sign_off([first], by=world.act_as(officer), verdict="fine", comment="Snakket med dem")
    assert not [finding for finding in waits(world, officer) if finding.reason.endswith("nr. 0")]
    assert [finding for finding in waits(world, officer) if finding.reason.endswith("nr. 50")]


def test_nobody_looks_into_what_they_did_themselves(world, officer):
    with as_owner():
        Review.objects.create(
            finding=f"many:{officer.pk}:{TODAY}:1@1",
            about=officer,
            reviewed_by=world.supervisor,
            verdict="further",
            comment=ASKED,
        )
    assert waits(world, officer) == []


def warned(world, client, someone) -> str:
    client.force_login(world.act_as(someone))
    section = BeautifulSoup(client.get("/innsyn/").content, "html.parser").select_one("#nobody-looks-into")
    return section.text if section else ""


def test_where_there_is_no_officer_the_leader_of_the_office_is_asked_else_the_countys_else_the_form_says_nobody(
    world, client, elsewhere
):
    with as_owner():
        county = user("fylke1", "Fia", "Fylke")
        member(county, Role.LEADER, county=world.county)
        # The other office has an officer, who has no part in this one.
    refused_on_shielded(world.specialist)
    assert warned(world, client, world.supervisor) == ""
    sign(world, world.supervisor, "met shielded")
    assert ASKED in waits(world, world.leader)[0].reason
    for reader in (county, world.administrator, *elsewhere):
        assert waits(world, reader) == []
    with as_owner():
        Membership.objects.filter(user=world.leader).update(ended_on=TODAY - timedelta(days=1))
    assert waits(world, world.leader) == []
    assert "1 linje" in notice(world, client, county, "/tall/")
    sign(world, county, "further", "fine", "Snakket med begge")
    with as_owner():
        Membership.objects.filter(user=county).update(ended_on=TODAY - timedelta(days=1))
    refused_on_shielded(world.specialist)
    assert f"Her er det ingen som kan undersøke det du kvitterer ut om {world.specialist.name}" in warned(
        world, client, world.supervisor
    )


def lines_read() -> int:
    """How many lines of the log of who looked the database has read in this transaction."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = %s",
            [AccessLogEntry._meta.db_table],
        )
        return int(cursor.fetchone()[0])


def test_it_is_found_without_reading_what_everybody_else_looked_at(world):
    """Min dag asks it of each supervisor, and the log of a country grows by thousands of lines a day."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_accesslogentry (at, user_id, case_id, purpose, rule, allowed) "
            "SELECT now(), %s, 1000000000 + number, 'case page', 'team', true FROM generate_series(1, 40000) number",
            [world.other_specialist.pk],
        )
        cursor.execute("ANALYZE access_accesslogentry")
    refused_on_shielded(world.specialist)
    before = lines_read()
    world.act_as(world.supervisor)
    assert [finding.kind for finding in queries.findings(TODAY)] == ["met shielded"]
    assert lines_read() - before < 100


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x1e"])
def test_no_letter_in_a_reason_closes_the_page(world, officer, separator):
    """Whoever lowers a protection writes the reason, and must not take the findings away from those who look."""
    case = world.refer(protection="own_employee")
    by = world.act_as(world.specialist)
    reason = f"Slutter{separator}her"
    based_on = Participant.objects.get(pk=case.participant_id).version
    cases.change_protection(case.participant, by=by, based_on=based_on, protection="", reason=reason)
    for somebody in (world.supervisor, officer):
        world.act_as(somebody)
        assert reason in "".join(finding.reason for finding in queries.findings(TODAY))


@pytest.mark.parametrize("age", [29, 31])
def test_an_old_finding_waits_also_when_its_person_has_come_to_be_led_by_whoever_leads_the_case(world, age):
    """Two leaders have a part in it: of the person, and of the case. The signature of the one is not the other's."""
    with as_owner():
        of_the_case, of_the_person = user("sb", "Siv", "Saksleder"), user("so", "Odd", "Personleder")
        member(of_the_case, Role.SUPERVISOR, world.office, world.second_team)
        member(of_the_person, Role.SUPERVISOR, world.other_office, world.other_team)
    case = world.refer(team=world.second_team, taken=False)
    who = world.other_specialist
    assert access.break_glass(case.pk, by=world.act_as(who), reason="Akutt", hours=8)
    with as_owner():
        Grant.objects.update(granted_at=F("granted_at") - timedelta(days=age))
    sign(world, of_the_person, "emergency", verdict="fine", comment="Avtalt")
    with as_owner():
        member(who, Role.SPECIALIST, world.office, world.second_team)
        Membership.objects.filter(user=who, team=world.second_team).update(started_on=TODAY)
    world.act_as(of_the_case)
    assert [(finding.kind, bool(finding.review)) for finding in queries.findings(TODAY)] == [("emergency", False)]


def test_whoever_led_somebody_until_yesterday_is_near_to_what_they_did_today(world, officer):
    """A role may be ended with yesterday's date on the day it was used: its holder would be an officer to it."""
    yesterday = TODAY - timedelta(1)
    with as_owner():
        Membership.objects.filter(user=world.supervisor, role=Role.SUPERVISOR).update(ended_on=yesterday)
        member(world.supervisor, Role.DATA_PROTECTION, world.office)
    refused_on_shielded(world.specialist)
    with connection.cursor() as cursor, as_owner():
        cursor.execute(
            "SELECT oversight_leads(%s, %s, %s), oversight_leads(%s, %s, %s)",
            [world.supervisor.pk, world.specialist.pk, TODAY, officer.pk, world.specialist.pk, TODAY],
        )
        assert cursor.fetchone() == (True, False)


@pytest.mark.parametrize("age", [29, 31])
def test_what_was_refused_again_and_again_waits_however_old(world, age):
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(started_on=TODAY - timedelta(90))
    for _each in range(3):
        case = world.refer(team=world.second_team, taken=False)
        with as_owner():
            line = AccessLogEntry.objects.create(
                user=world.colleague, purpose="case page", rule="none", allowed=False, case_id=case.pk
            )
            AccessLogEntry.objects.filter(pk=line.pk).update(at=timezone.now() - timedelta(days=age))
    world.act_as(world.supervisor)
    assert [finding.kind for finding in queries.findings(TODAY)] == ["refused"]
