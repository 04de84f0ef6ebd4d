"""An administrator arranges roles beforehand so that whoever answers their request is somebody of their choice.

Roles of the person, whose new leader does not know them; roles of the honest leaders, so that these must not answer and
another administrator is asked.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.access.models import Change
from plass.accounts import approvals
from plass.accounts.models import ApprovalRequest
from plass.administration import actions
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, member, user

TODAY = timezone.localdate()


@pytest.fixture
def sly(world) -> User:
    """Leads the other office, and does as the administrator says."""
    with as_owner():
        leader = user("kontor2", "Slu", "Sørleder")
        member(leader, Role.LEADER, world.other_office)
    return leader


@pytest.fixture
def second(world) -> User:
    with as_owner():
        administrator = user("admin2", "Berit", "Bistand")
        member(administrator, Role.ADMINISTRATOR, world.other_office)
    return administrator


@pytest.fixture
def officer(world) -> User:
    with as_owner():
        officer = user("vern1", "Vera", "Vern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


def asked(world: World, by: User | None = None) -> ApprovalRequest:
    return actions.password_link(world.specialist, by=world.act_as(by or world.administrator), reason="x")


def who_answers(world: World, by: User | None = None) -> set[str]:
    return {account.username for account in approvals.approvers(asked(world, by))}


def give(world: World, account: User, role: str, place, *, yes_by: User) -> None:
    request = actions.give_role(
        by=world.act_as(world.administrator), account=account, role=role, place=place, started_on=TODAY, reason="x"
    )
    approvals.answer(request, by=world.act_as(yes_by), yes=True)


def end(world: World, account: User, last_day) -> None:
    by = world.act_as(world.administrator)
    for role in Membership.objects.filter(user=account):
        actions.end_role(role, by=by, last_day=last_day)


def leaders_gone(world: World, *who: User, days: int = 1) -> None:
    with as_owner():
        Membership.objects.filter(user__in=who).update(ended_on=TODAY - timedelta(days=days))


# --- Roles of the person ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ago", [0, 1, 300])
def test_the_old_place_answers_although_the_role_there_was_ended(world, sly, ago):
    """Whatever last day the administrator writes: it was written today."""
    end(world, world.specialist, TODAY - timedelta(days=ago))
    give(world, world.specialist, Role.COUNSELLOR, world.other_office, yes_by=sly)
    assert who_answers(world) == {"leder1", "kontor1"}
    with pytest.raises(ValidationError):
        approvals.answer(asked(world), by=world.act_as(sly), yes=True)


@pytest.mark.parametrize(("ago", "who"), [(29, {"leder1", "kontor1", "kontor2"}), (31, {"kontor2"})])
def test_of_somebody_who_moved_long_ago_the_new_place_answers(world, sly, ago, who):
    end(world, world.specialist, TODAY - timedelta(days=300))
    with as_owner():
        Change.objects.update(at=timezone.now() - timedelta(days=ago))
        member(world.specialist, Role.COUNSELLOR, world.other_office)
    assert who_answers(world) == who


# --- Roles of those who lead -------------------------------------------------------------------------------------------


def test_a_role_that_the_leaders_never_asked_for_does_not_keep_them_from_answering(world, sly, second):
    for leader in (world.supervisor, world.leader):
        give(world, leader, Role.COUNSELLOR, world.other_office, yes_by=sly)
    assert who_answers(world) == {"leder1", "kontor1"}


def test_nor_does_the_role_that_they_have_already(world, second):
    with as_owner():
        county = user("fylke1", "Frida", "Fylke")
        Membership.objects.create(user=county, role=Role.LEADER, county=world.county, started_on=TODAY)
    by = world.act_as(world.administrator)
    again = approvals.ask(
        by=by, kind=approvals.Kind.ROLE, user=world.leader, reason="x",
        role=Role.LEADER, office=world.office, started_on=TODAY,
    )  # fmt: skip
    approvals.answer(again, by=world.act_as(county), yes=True)
    assert "kontor1" in who_answers(world)


def test_a_leader_by_a_role_that_this_administrator_asked_for_does_not_answer_to_them(world, sly, second):
    """Nor does another administrator in their place: that one asks, and the leader answers."""
    leaders_gone(world, world.supervisor, world.leader)
    give(world, world.colleague, Role.LEADER, world.office, yes_by=second)
    with pytest.raises(ValidationError):
        asked(world)
    assert who_answers(world, second) == {"jobb2"}


def test_ending_the_leaders_role_and_giving_it_again_does_not_bring_it_to_another_administrator(world, second):
    leaders_gone(world, world.supervisor)
    end(world, world.leader, TODAY - timedelta(days=1))
    give(world, world.leader, Role.LEADER, world.office, yes_by=second)
    with pytest.raises(ValidationError):
        asked(world)


def test_a_leader_with_a_link_from_this_administrator_does_not_answer_to_them(world, second):
    link = actions.password_link(world.supervisor, by=world.act_as(world.administrator), reason="x")
    approvals.answer(link, by=world.act_as(world.leader), yes=True)
    assert who_answers(world) == {"kontor1"}


# --- Where nobody leads --------------------------------------------------------------------------------------------------


def test_where_nobody_leads_the_data_protection_officer_answers(world, second, officer):
    leaders_gone(world, world.supervisor, world.leader)
    request = asked(world)
    assert [who.username for who in approvals.approvers(request)] == ["vern1"]
    with pytest.raises(ValidationError):
        approvals.answer(request, by=world.act_as(second), yes=True)
    approvals.answer(request, by=world.act_as(officer), yes=True)


def test_the_officer_of_another_place_does_not(world, second, officer):
    leaders_gone(world, world.supervisor, world.leader)
    with as_owner():
        Membership.objects.filter(user=officer).update(office=world.other_office)
    assert who_answers(world) == {"admin2"}


def test_where_there_is_neither_another_administrator_does(world, second):
    """So that a small office can work."""
    leaders_gone(world, world.supervisor, world.leader)
    assert who_answers(world) == {"admin2"}


def test_of_an_only_leader_another_administrator_answers(world, second):
    leaders_gone(world, world.supervisor)
    request = actions.password_link(world.leader, by=world.act_as(world.administrator), reason="x")
    assert [who.username for who in approvals.approvers(request)] == ["admin2"]


def test_the_officer_is_told_and_answers_on_the_page(world, second, officer, client):
    leaders_gone(world, world.supervisor, world.leader)
    request = asked(world)
    client.force_login(world.act_as(officer))
    assert f"/godkjenninger/{request.pk}/" in client.get("/godkjenninger/").content.decode()
    first = client.get("/", follow=True).content.decode()
    assert f"/godkjenninger/{request.pk}/" in first
    assert 'name="outcome"' in client.get(f"/godkjenninger/{request.pk}/").content.decode()
