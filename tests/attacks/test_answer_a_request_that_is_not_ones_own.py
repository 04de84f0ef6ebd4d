"""Somebody proves, answers or stops a request that is not theirs, not of that kind, or waits no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.user_roles import user_roles
from plass.accounts import approvals, links
from plass.accounts.approvals import WAITS, Kind
from plass.accounts.models import ApprovalRequest, Link, Login
from plass.cases import actions as cases
from plass.cases import identity
from plass.db import signed
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import identity_number, member

TODAY = timezone.localdate()


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def asked_for(world, kind: Kind = Kind.PASSWORD, **about) -> ApprovalRequest:
    """What the administrator asked for about the specialist."""
    by = world.act_as(world.administrator)
    return approvals.ask(by=by, kind=kind, user=world.specialist, reason="x", **about)


def another_role(world, **about) -> ApprovalRequest:
    return asked_for(
        world, Kind.ROLE, role=Role.SUPERVISOR, office=world.office, team=world.team, started_on=TODAY, **about
    )


def answered(asked: ApprovalRequest, *, yes: bool = True, note: str = "") -> bool:
    """Whether the database took the answer of the one who acts."""
    return signed.call("accounts_answer_request", asked.pk, yes, note, links.hash_of(approvals.token_of(asked)))[0][0]


def outcome(asked: ApprovalRequest) -> str:
    with as_owner():
        return ApprovalRequest.objects.get(pk=asked.pk).outcome


def by_login_service(world) -> Client:
    """The specialist, in a session that began at a login service: it shows who they are."""
    client = Client()
    client.force_login(world.act_as(world.specialist))
    with as_owner():
        Login.objects.filter(user=world.specialist).update(
            way="staff", issuer="https://login.example", authenticated_at=timezone.now()
        )
    return client


# --- Proven -----------------------------------------------------------------------------------------------------------


def prove(asked: ApprovalRequest, key: str) -> bool:
    return signed.call("accounts_prove_request", asked.pk, key, links.hash_of(approvals.token_of(asked)))[0][0]


def test_nobody_gives_themselves_a_role_by_showing_who_they_are(world):
    asked = another_role(world, with_link=True)
    client = by_login_service(world)
    assert client.post(f"/godkjenninger/{asked.pk}/bekreft/").status_code == 404
    assert prove(asked, client.session.session_key) is False
    assert outcome(asked) == ""
    with as_owner():
        assert not Membership.objects.filter(user=world.specialist, role=Role.SUPERVISOR).exists()


@pytest.mark.parametrize("whose", ["colleague", "administrator", "supervisor"])
def test_nobody_proves_who_another_is(world, whose):
    asked = asked_for(world)
    client = by_login_service(world)
    world.act_as(getattr(world, whose))
    assert prove(asked, client.session.session_key) is False
    assert outcome(asked) == ""


def test_a_session_that_shows_nothing_or_is_over_proves_nothing(world):
    asked = asked_for(world)
    client = Client()
    client.force_login(world.act_as(world.specialist))
    assert prove(asked, client.session.session_key) is False
    client = by_login_service(world)
    key = client.session.session_key
    with as_owner():
        Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    assert prove(asked, key) is False
    with as_owner():
        Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))
    # The control.
    assert prove(asked, key) is True


def test_whoever_has_their_session_does_not_get_a_link_that_another_approved(world):
    asked = asked_for(world)
    client = Client()
    client.force_login(world.act_as(world.specialist))
    approvals.answer(asked, by=world.act_as(world.supervisor), yes=True)
    went = client.post(f"/godkjenninger/{asked.pk}/bekreft/")
    assert approvals.token_of(asked) not in went["Location"]


# --- Answered ---------------------------------------------------------------------------------------------------------


def test_a_no_without_words_is_none_in_the_database_either(world):
    asked = asked_for(world)
    world.act_as(world.supervisor)
    for nothing in ("", "  "):
        assert answered(asked, yes=False, note=nothing) is False
    assert outcome(asked) == ""
    assert answered(asked, yes=False, note="Har ikke spurt") is True


def test_a_role_whose_end_has_passed_is_not_given(world):
    asked = another_role(world, ended_on=TODAY)
    with as_owner():
        ApprovalRequest.objects.filter(pk=asked.pk).update(
            started_on=TODAY - timedelta(days=3), ended_on=TODAY - timedelta(days=1)
        )
    world.act_as(world.supervisor)
    assert answered(asked) is False
    with as_owner():
        assert not Membership.objects.filter(user=world.specialist, role=Role.SUPERVISOR).exists()
        # The control: today is its last day.
        ApprovalRequest.objects.filter(pk=asked.pk).update(ended_on=TODAY)
    assert answered(asked) is True


@pytest.mark.parametrize("whose", ["specialist", "colleague", "counsellor", "other_specialist", "administrator"])
def test_nobody_answers_what_is_not_theirs_in_the_database_either(world, whose):
    asked = asked_for(world)
    world.act_as(getattr(world, whose))
    assert answered(asked) is False
    assert outcome(asked) == ""


@pytest.mark.parametrize(("over", "waits"), [(timedelta(minutes=-1), True), (timedelta(minutes=1), False)])
def test_a_request_waits_as_long_everywhere(world, over, waits):
    """By the program's own length of time: where it is shown, noticed, answered, proven and asked again."""
    asked = asked_for(world)
    with as_owner():
        ApprovalRequest.objects.filter(pk=asked.pk).update(asked_at=timezone.now() - WAITS - over)
        asked = ApprovalRequest.objects.get(pk=asked.pk)
    client = by_login_service(world)
    supervisor = world.act_as(world.supervisor)
    assert ask("SELECT accounts_requests_to_answer()") == ([asked.pk] if waits else [])
    assert [request.pk for request in approvals.to_answer()] == ([asked.pk] if waits else [])
    assert (approvals.state(asked) == "waits") is waits
    for account in (supervisor, world.specialist):
        who = user_roles(world.act_as(account))
        noticed = [notice.request_id for notice in approvals.notices(who, TODAY).rows()]
        assert noticed == ([asked.pk] if waits else []), account.username
    if not waits:
        assert prove(asked, client.session.session_key) is False
    world.act_as(world.supervisor)
    assert answered(asked) is waits
    again = asked_for(world)
    assert again.pk != asked.pk


# --- Stopped ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["colleague", "counsellor", "administrator", "leader", "other_specialist"])
def test_a_link_that_was_approved_is_stopped_by_nobody_else(world, whose):
    asked = asked_for(world)
    approvals.answer(asked, by=world.act_as(world.supervisor), yes=True)
    world.act_as(getattr(world, whose))
    assert ask("SELECT accounts_stop_request(%s)", asked.pk) is False
    with as_owner():
        assert Link.objects.get().used_at is None


@pytest.mark.parametrize("whose", ["colleague", "counsellor", "supervisor", "other_specialist"])
def test_a_request_that_waits_is_stopped_by_nobody_else(world, whose):
    asked = asked_for(world)
    world.act_as(getattr(world, whose))
    assert ask("SELECT accounts_stop_request(%s)", asked.pk) is False
    assert outcome(asked) == ""


@pytest.mark.parametrize("whose", ["specialist", "supervisor"])
def test_the_person_and_whoever_said_yes_stop_the_link(world, whose):
    """The control."""
    asked = asked_for(world)
    approvals.answer(asked, by=world.act_as(world.supervisor), yes=True)
    world.act_as(getattr(world, whose))
    assert ask("SELECT accounts_stop_request(%s)", asked.pk) is True
    with as_owner():
        assert Link.objects.get().used_at is not None


# --- What whoever answers reads ---------------------------------------------------------------------------------------


def test_whoever_answers_reads_what_the_person_has_and_what_was_asked_before(world):
    world.refer("Kari", "Åpen")
    world.refer("Kanari", "Fugl", protection="confidential")
    before = asked_for(world, Kind.PASSWORD)
    approvals.answer(before, by=world.act_as(world.leader), yes=False, comment="Ikke nå")
    with as_owner():
        member(world.leader, Role.LEADER, world.other_office)
    about = {"role": Role.SPECIALIST, "office": world.other_office, "team": world.other_team, "started_on": TODAY}
    asked = asked_for(world, Kind.ROLE, **about)
    client = Client()
    client.force_login(world.act_as(world.leader))
    with CaptureQueriesContext(connection) as questions:
        page = BeautifulSoup(client.get(f"/godkjenninger/{asked.pk}/").content, "html.parser")
    assert len(questions) <= 12
    person = " ".join(page.select_one("#person").get_text(" ").split())
    assert "Jobbspesialist, Jobbteam 1, Plass Nord" in person
    assert "Saker som er åpne for personen 1 (skjermede er ikke talt med)" in person
    assert "Ny passordlenke" in person and world.administrator.name in person and "avvist" in person
    asked_card = page.select_one("#asked").text
    assert world.administrator.name in asked_card and "x" in asked_card and f"{TODAY:%d.%m.%Y}" in asked_card


def test_whoever_does_not_answer_reads_no_number_and_nothing_asked_before(world):
    world.refer("Kari", "Åpen")
    before = asked_for(world, Kind.PASSWORD)
    approvals.answer(before, by=world.act_as(world.supervisor), yes=False, comment="Nei")
    asked = another_role(world)
    for someone in (world.specialist, world.colleague, world.counsellor, world.other_specialist, world.administrator):
        world.act_as(someone)
        assert ask("SELECT accounts_cases_of_asked(%s)", asked.pk) is None
        assert ask("SELECT accounts_asked_about()") == []
    world.act_as(world.colleague)
    assert not ApprovalRequest.objects.exists()
    world.act_as(world.leader)
    assert ask("SELECT accounts_cases_of_asked(%s)", asked.pk) == 1
    assert ask("SELECT accounts_cases_of_asked(%s)", before.pk) is None


@pytest.mark.parametrize("protection", [None, "", "confidential"])
def test_the_number_of_cases_does_not_tell_that_one_of_them_may_be_somebody_protected(world, client, protection):
    """Who answers referred a number that nobody has (None), or is somebody's elsewhere, and gave the case to the person."""
    number = identity_number()
    if protection is not None:
        world.refer("Kari", "Kjent", team=world.other_team, number=number, protection=protection)
    by = world.act_as(world.supervisor)
    typed = {"given_name": "Kari", "family_name": "Skrevet"}
    more = {"team": world.team, "wishes": "Jobb", "participant_agreed_on": TODAY}
    case = cases.refer(by=by, number=identity.parse(number), person=typed, **more)
    cases.hand_over(case, by=by, to=world.colleague)
    asked = approvals.ask(by=world.act_as(world.administrator), kind=Kind.PASSWORD, user=world.colleague, reason="x")
    world.act_as(world.supervisor)
    assert ask("SELECT accounts_cases_of_asked(%s)", asked.pk) == 1
