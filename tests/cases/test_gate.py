"""The one way to a case: what it lets through, what it writes down, and that a refusal tells nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import actions, facts, gate
from plass.cases.models import Case, Collaborator, Participant
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import user

NOT_A_CASE = 987_654


def openings() -> list[tuple[int, int, str, str, bool]]:
    with as_owner():
        return list(AccessLogEntry.objects.order_by("pk").values_list("user", "case_id", "purpose", "rule", "allowed"))


def log_in(world, client, name: str) -> User:
    someone = world.act_as(getattr(world, name))
    client.force_login(someone)
    return someone


@pytest.mark.parametrize(
    ("name", "rule"),
    [("specialist", "specialist"), ("colleague", "team"), ("supervisor", "leads"), ("counsellor", "counsellor")],
)
def test_an_opening_is_one_line_who_when_why_and_by_which_rule(world, client, name, rule):
    case = world.refer()
    someone = log_in(world, client, name)
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 200
    assert openings() == [(someone.pk, case.pk, "contact", rule, True)]


@pytest.mark.parametrize("name", ["other_specialist", "leader", "administrator"])
def test_a_refusal_is_a_line_too(world, client, name):
    case = world.refer()
    someone = log_in(world, client, name)
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 404
    assert [(line[0], line[1], line[4]) for line in openings()] == [(someone.pk, case.pk, False)]


def test_what_is_refused_looks_like_what_does_not_exist(world, client):
    case = world.refer("Hemmelig", "Navnesen")
    log_in(world, client, "other_specialist")
    # The number they typed stands in the link for emergencies.
    pages = [
        client.get(f"/sak/{number}/kontakt/").content.replace(f"/{number}/".encode(), b"")
        for number in (case.pk, NOT_A_CASE)
    ]
    assert pages[0] == pages[1]
    assert b"Navnesen" not in pages[0]


def test_an_unknown_number_is_logged_as_unknown(world, client):
    someone = log_in(world, client, "specialist")
    client.get(f"/sak/{NOT_A_CASE}/kontakt/")
    assert openings() == [(someone.pk, NOT_A_CASE, "contact", "unknown", False)]


def test_the_largest_number_a_case_can_have_is_looked_up_and_a_larger_one_not(world, client):
    someone = log_in(world, client, "specialist")
    for number in (2**63 - 1, 2**63):
        assert client.get(f"/sak/{number}/kontakt/").status_code == 404
    assert openings() == [(someone.pk, 2**63 - 1, "contact", "unknown", False)]


def test_the_page_marks_how_one_came_to_see_it_and_offers_what_one_may_do(world, client):
    case = world.refer()

    def shown(name: str) -> str:
        log_in(world, client, name)
        page = client.get(f"/sak/{case.pk}/").content.decode()
        marks = [mark for mark in ("data-cover", "data-until") if mark in page]
        acts = [act for act in ("kontakt", "jobb", "avslutt") if f'href="/sak/{case.pk}/{act}/' in page]
        return " ".join(marks + acts)

    assert shown("specialist") == "kontakt jobb avslutt"
    assert shown("colleague") == "data-cover kontakt jobb"
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Det brenner", hours=8)
    assert shown("other_specialist") == "data-until kontakt"
    access.give(case.pk, by=world.act_as(world.specialist), to=world.other_counsellor, reason="Et råd", hours=8)
    assert shown("other_counsellor") == "data-until"


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("gone", [(), ("specialist",), ("counsellor",)])
def test_it_is_known_who_of_those_in_the_case_works_there_no_more(world, taken, gone):
    case = world.refer(taken=taken)
    with as_owner():
        for name in gone:
            getattr(world, name).memberships.update(ended_on=timezone.localdate() - timedelta(days=1))
    request = RequestFactory().get("/")
    request.user = world.act_as(world.supervisor)
    opened = gate.open_case(request, case.pk, purpose="case page").case
    assert opened.specialist_left == (taken and "specialist" in gone)
    assert opened.counsellor_left == ("counsellor" in gone)


def test_the_team_does_not_see_a_shielded_participant_and_the_refusal_is_logged(world, client):
    case = world.refer("Kanari", "Fuglesen", protection="strictly_confidential")
    log_in(world, client, "colleague")
    answer = client.get(f"/sak/{case.pk}/kontakt/")
    assert answer.status_code == 404
    assert b"Fuglesen" not in answer.content
    assert openings()[-1][4] is False


@pytest.mark.parametrize("name", ["specialist", "counsellor"])
def test_those_a_shielded_participant_was_given_to_see_them(world, client, name):
    case = world.refer(protection="confidential")
    log_in(world, client, name)
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 200


def test_a_participant_has_no_way_into_the_pages_of_those_who_work_here(world, client):
    case = world.refer()
    with as_owner():
        account = user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    client.force_login(world.act_as(account))
    assert client.get("/min-side/").status_code == 200
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 404
    assert client.post(f"/sak/{case.pk}/avslutt/", {"cause": "work"}).status_code == 404
    assert [line[3:] for line in openings()] == [("own", True), ("own", False), ("own", False)]


def test_an_action_refuses_somebody_without_a_part_in_the_case(world):
    case = world.refer()
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(gate.NotAllowed):
        actions.end(case, by=stranger, happened_on=timezone.localdate(), cause="work")


def test_an_action_refuses_the_participant(world):
    case = world.refer()
    with as_owner():
        account = user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    me = world.act_as(account)
    with pytest.raises(gate.NotAllowed):
        facts.record(
            Collaborator(case=case, happened_on=timezone.localdate(), role="gp", name="x", agreement="y"), by=me
        )


@pytest.mark.parametrize(
    "statement", ["UPDATE access_accesslogentry SET allowed = true", "DELETE FROM access_accesslogentry"]
)
def test_the_log_can_only_be_added_to(world, client, statement):
    case = world.refer()
    log_in(world, client, "specialist")
    client.get(f"/sak/{case.pk}/kontakt/")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_nobody_writes_a_line_in_another_s_name(world):
    case = world.refer()
    world.act_as(world.specialist)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        AccessLogEntry.objects.create(user=world.colleague, case_id=case.pk, purpose="x", rule="x", allowed=True)


# --- Underneath: the database holds without the gate ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["other_specialist", "leader", "administrator"])
def test_without_the_gate_the_database_still_shows_nothing(world, name):
    world.refer()
    world.act_as(getattr(world, name))
    assert not Case.objects.exists()
    assert not Participant.objects.exists()


def test_a_fact_cannot_be_written_to_a_case_one_does_not_see(world):
    case = world.refer()
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Collaborator.objects.create(
            case=case, happened_on=timezone.localdate(), role="gp", name="x", agreement="y", recorded_by=stranger
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases_collaborator SET name = 'x'",
        "DELETE FROM cases_collaborator",
        "TRUNCATE cases_collaborator",
        "UPDATE cases_case SET shielded = false",
        "UPDATE cases_participant SET identity_number = ''",
        "UPDATE cases_correction SET reason = 'x'",
    ],
)
def test_what_was_written_cannot_be_rewritten(world, statement):
    world.refer()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_participant_who_becomes_shielded_is_hidden_from_the_team_at_once(world):
    case = world.refer()
    actions.change_protection(
        case.participant, by=world.act_as(world.specialist), based_on=1, protection="confidential", reason="Vedtak"
    )
    world.act_as(world.colleague)
    assert not Case.objects.filter(pk=case.pk).exists()
    assert not Participant.objects.filter(pk=case.participant_id).exists()


def test_an_old_relation_of_somebody_who_left_shows_nothing(world):
    world.refer(on=timezone.localdate() - timedelta(days=30))
    with as_owner():
        world.counsellor.memberships.update(ended_on=timezone.localdate() - timedelta(days=1))
        world.specialist.memberships.update(ended_on=timezone.localdate() - timedelta(days=1))
    for someone in (world.counsellor, world.specialist):
        world.act_as(someone)
        assert not Case.objects.exists()
        assert not Participant.objects.exists()


# --- One case alone -----------------------------------------------------------------------------------------------------


def seen() -> set[int]:
    return set(Case.objects.values_list("pk", flat=True))


def test_with_one_case_alone_nothing_else_is_seen_and_afterwards_everything_again(world):
    first, second = world.refer("En", "Ensen"), world.refer("To", "Tosen")
    world.act_as(world.specialist)
    # Referred by others, so that only the team lets them in.
    assert seen() == {first.pk, second.pk}
    with gate.restrict_to_cases(first.pk):
        assert seen() == {first.pk}
        assert Participant.objects.get().family_name == "Ensen"
        with gate.restrict_to_cases(second.pk):
            assert seen() == {second.pk}
        assert seen() == {first.pk}
    assert seen() == {first.pk, second.pk}
    assert Participant.objects.count() == 2


def test_with_some_cases_the_others_are_not_shown(world):
    first, second = world.refer("En", "Ensen"), world.refer("To", "Tosen")
    third = world.refer("Tre", "Tresen")
    world.act_as(world.specialist)
    with gate.restrict_to_cases(first.pk, third.pk):
        assert seen() == {first.pk, third.pk}
        assert {participant.family_name for participant in Participant.objects.all()} == {"Ensen", "Tresen"}
        with gate.restrict_to_cases(second.pk):
            assert seen() == {second.pk}
        assert seen() == {first.pk, third.pk}
    assert seen() == {first.pk, second.pk, third.pk}


def test_with_one_case_alone_a_case_of_others_stays_closed(world):
    case = world.refer()
    world.act_as(world.other_specialist)
    with gate.restrict_to_cases(case.pk):
        assert seen() == set()
        with pytest.raises(ProgrammingError), transaction.atomic():
            Collaborator.objects.create(
                case_id=case.pk,
                happened_on=timezone.localdate(),
                role="gp",
                name="X",
                recorded_by=world.other_specialist,
            )


def test_an_error_within_does_not_leave_the_rest_hidden(world):
    first, second = world.refer("En", "Ensen"), world.refer("To", "Tosen")
    world.act_as(world.specialist)
    with pytest.raises(LookupError), gate.restrict_to_cases(first.pk):
        raise LookupError
    assert seen() == {first.pk, second.pk}
    with (
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        gate.restrict_to_cases(first.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT no_such_column")
    assert seen() == {first.pk, second.pk}


def test_among_many_facts_it_holds_until_they_are_written(world):
    first, second = world.refer("En", "Ensen"), world.refer("To", "Tosen")
    world.act_as(world.specialist)
    with transaction.atomic(), facts.bulk_recording():
        with gate.restrict_to_cases(first.pk):
            pass
        assert seen() == {first.pk}
    assert seen() == {first.pk, second.pk}
    with pytest.raises(LookupError), transaction.atomic(), facts.bulk_recording(), gate.restrict_to_cases(first.pk):
        raise LookupError
    assert seen() == {first.pk, second.pk}
