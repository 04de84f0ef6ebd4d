"""Whoever decides about a case is asked whether the participant works here, and does not learn who says so: not from the
findings in the log of who looked, and not from the request that the tie should end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import identity
from plass.organisation.models import Role, User
from plass.oversight import queries
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

from .test_keep_what_was_taken_back import traces
from .test_widen_oneself_read_and_take_it_back import declared_where_nobody_decides, read_and_taken_back


def declare_and_look(world: World, client, kind: str):
    """A colleague says that the participant of a case of the team is them, or close to them, and opens the old link."""
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    by = world.act_as(world.colleague)
    tie = access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind=kind)
    client.force_login(world.act_as(world.colleague))
    for page in ("", "tidslinje/", "endringer/"):
        assert client.get(f"/sak/{case.pk}/{page}").status_code == 404
    return case, tie


def officer_of(world: World):
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


@pytest.mark.parametrize("kind", ["self", "family"])
def test_the_officer_finds_who_was_kept_away_and_the_supervisor_does_not(world, client, kind):
    declare_and_look(world, client, kind)
    officer = officer_of(world)
    world.act_as(world.supervisor)
    assert [
        finding for finding in queries.findings(timezone.localdate()) if finding.user_id == world.colleague.pk
    ] == []
    client.force_login(world.act_as(world.supervisor))
    assert world.colleague.name not in client.get("/innsyn/").content.decode()
    world.act_as(officer)
    (finding,) = queries.findings(timezone.localdate())
    assert (finding.kind, finding.user_id, finding.case_id, finding.times) == ("never", world.colleague.pk, None, 3)


@pytest.mark.parametrize("kind", ["self", "family"])
def test_no_statement_of_those_who_decide_reads_who_was_kept_away(world, client, kind):
    case, _tie = declare_and_look(world, client, kind)
    with as_owner():
        assert AccessLogEntry.objects.filter(case_id=case.pk, user=world.colleague).count() == 3
    officer = officer_of(world)
    for who in (world.supervisor, world.specialist, world.counsellor):
        world.act_as(who)
        assert not AccessLogEntry.objects.filter(user=world.colleague).exists()
    world.act_as(officer)
    assert AccessLogEntry.objects.filter(user=world.colleague).count() == 3


@pytest.mark.parametrize("kind", ["self", "family"])
def test_the_request_for_its_end_says_neither_which_tie_nor_when_it_was_said(world, client, kind):
    _case, tie = declare_and_look(world, client, kind)
    with as_owner(), transaction.atomic():
        type(tie).objects.filter(pk=tie.pk).update(declared_at=timezone.now() - timedelta(days=9))
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Skrev feil nummer")
    client.force_login(world.act_as(world.supervisor))
    day = timezone.localdate() - timedelta(days=9)
    for address in (f"/meg/narstaende/{tie.pk}/", "/meg/narstaende/"):
        # Without the form, which names both kinds.
        page = re.sub("<form.*?</form>", "", client.get(address).content.decode(), flags=re.DOTALL)
        assert world.colleague.name in page, address
        assert not [word for word in ("meg selv", "nær familie", day.isoformat()) if word in page.lower()]


def ask(question: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


@pytest.mark.parametrize("answered", [False, True])
def test_nor_does_a_statement_read_it_of_whoever_answers(world, client, answered):
    _case, tie = declare_and_look(world, client, "self")
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Skrev feil nummer")
    by = world.act_as(world.supervisor)
    if answered:
        access.answer_tie_end(tie.pk, by=by, ends=False, answer="Ring meg")
    world.act_as(world.supervisor)
    assert ask("SELECT kind, declared_at FROM access_conflictofinterest") == []
    history = str(ask("SELECT old, new FROM access_change WHERE audience = 'tie'"))
    assert "Skrev feil nummer" in history and "kind" not in history and "declared_at" not in history
    assert ask("SELECT id, user_id, end_reason, answer FROM access_ends_of_ties()") == [
        (tie.pk, world.colleague.pk, "Skrev feil nummer", "Ring meg" if answered else "")
    ]
    client.force_login(world.act_as(world.supervisor))
    page = re.sub("<form.*?</form>", "", client.get("/meg/narstaende/").content.decode(), flags=re.DOTALL)
    assert world.colleague.name in page and "meg selv" not in page.lower()
    # Nor anybody else, of it or of what others answered.
    for who in (world.specialist, world.administrator, world.leader):
        world.act_as(who)
        assert ask("SELECT id FROM access_ends_of_ties()") == []
    # Whoever said it reads their own.
    world.act_as(world.colleague)
    assert ask("SELECT kind FROM access_conflictofinterest") == [("self",)]


@pytest.mark.parametrize("kind", ["self", "family"])
@pytest.mark.parametrize("whose", ["specialist", "counsellor"])
def test_no_name_is_gone_from_the_page_where_they_are_asked(world, client, kind, whose):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    says, reads = getattr(world, whose), world.supervisor

    def lines() -> list[str]:
        client.force_login(world.act_as(reads))
        page = client.get(f"/sak/{case.pk}/skjerming/").content.decode()
        return [line.strip() for line in page.splitlines() if says.name in line]

    before = lines()
    assert before
    access.declare(identity.find_by(identity.parse(number)), by=world.act_as(says), user=says, kind=kind)
    assert lines() == before


#: A statement refers the participant of a case it covers for anew, and names a colleague there.
NAMES = (
    "INSERT INTO cases_case (participant_id, office_id, team_id, referred_by_id, shielded) "
    "VALUES ({person}, {office}, {team}, access_user(), false); "
    "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
    "SELECT max(id), access_today(), now(), access_user(), 'specialist', {who}, {team}, '' FROM cases_case"
)


def test_whoever_covers_does_not_find_out_by_whether_they_still_do(world, client):
    case, _read = declared_where_nobody_decides(world, client)
    with as_owner():
        says, third = User.objects.get(username="ny1"), user("j9", "Jon", "Ni")
        member(third, Role.SPECIALIST, world.office, world.team)
    about = {"person": case.participant_id, "office": world.office.pk, "team": world.team.pk}
    before, read = traces(), {}
    for who in (says, world.specialist, third):
        world.act_as(world.colleague)
        read[who.username] = read_and_taken_back(
            NAMES.format(who=who.pk, **about), f"SELECT access_level({case.pk})::text"
        )
    assert traces() == before
    assert len(set(read.values())) == 1


def test_nor_does_an_administrator_with_cases_by_what_is_seen_by_nobody(world):
    number = identity_number()
    with as_owner():
        member(world.counsellor, Role.ADMINISTRATOR, world.office)
    case = world.refer("Kari", "Skjermet", number=number, protection="strictly_confidential", taken=False)
    says = world.act_as(world.colleague)
    access.declare(identity.find_by(identity.parse(number)), by=says, user=says, kind="family")
    names = (
        "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
        f"VALUES ({case.pk}, access_today(), now(), access_user(), 'specialist', {{}}, {world.team.pk}, ''), "
        f"({case.pk}, access_today(), now(), access_user(), 'counsellor', NULL, NULL, '')"
    )
    for ask_with in ("()", "('')"):
        for who in (world.colleague, world.specialist):
            world.act_as(world.counsellor)
            read = f"SELECT string_agg(t::text, ' ') FROM cases_without_anybody_to_tell{ask_with} t"
            assert read_and_taken_back(names.format(who.pk), read) == ""


#: What reads the table of ties: of the one who acts alone, or of whom they answer; no answer tells of another's.
OWN_TIES = {
    "access_ties": "one's own",
    "access_keeps_away": "one's own",
    "access_tie_said": "what one said oneself",
    "access_ask_tie_end": "one's own",
    "access_answer_tie_end": "whose end one answers, and is told of",
    "access_ends_of_ties": "the same",
    "access_ties_to_end_of": "the same",
    "cases_said_own_employees": "that somebody says so and nobody has answered; not who, and it is the same whoever does",
}
#: What the web role may ask unsigned although it is worked out from what others said, and why it tells nobody who.
TIES_OF_OTHERS = {
    "cases_covered_today": "to the participant alone, who writes no absence, and is told of nobody instead",
    "cases_asked_about": "whether the one who acts is asked, by their own part: whoever else keeps away changes nothing",
    "cases_asked_about_own_employees": "the same",
    "oversight_findings": "what it tells that a finding comes up stands in docs/security/threat-model.md",
    "oversight_to_look_into": "the same",
    "oversight_sign": "the same",
    "oversight_reads": "the same",
    "oversight_emergencies": "the same",
    "oversight_nobody_looks_into": "to an administrator, that nobody does",
    "oversight_comes_up_for_nobody": "the same, by roles alone",
}


def test_what_is_worked_out_from_others_ties_is_signed_or_says_why_not(db):
    """Else a statement could ask it of each colleague, naming them in a case or taking them out, and take that back."""
    sources = {
        name: (source, asked, signed)
        for name, source, asked, signed in ask(
            "SELECT p.proname, p.prosrc, has_function_privilege('plass_web', p.oid, 'EXECUTE') "
            "AND p.prorettype <> 'trigger'::regtype, 'permit' = ANY (coalesce(p.proargnames, '{}')) "
            "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        )
    }
    functions_of_ties = {
        name for name, (source, _asked, _signed) in sources.items() if "access_conflictofinterest" in source
    }
    assert set(OWN_TIES) - {"cases_said_own_employees"} <= functions_of_ties
    functions_of_ties -= set(OWN_TIES)
    while more := {
        name
        for name, (source, _asked, _signed) in sources.items()
        if name not in functions_of_ties
        and name not in OWN_TIES
        and any(re.search(rf"\b{read}\b", source) for read in functions_of_ties)
    }:
        functions_of_ties |= more
    assert {"cases_who_decides", "cases_seen_by_nobody"} <= functions_of_ties
    assert {name for name in functions_of_ties if sources[name][1] and not sources[name][2]} == set(TIES_OF_OTHERS)
