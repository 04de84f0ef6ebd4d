"""The leader of any office gives somebody a role there, and then answers for a link and a lost phone of theirs.

What they open is what the person has elsewhere.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.accounts import approvals, first_login
from plass.accounts.models import ApprovalRequest, FirstLogin
from plass.administration import actions
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, member, user


@pytest.fixture
def sly(world) -> User:
    with as_owner():
        leader = user("kontor2", "Slu", "Sørleder")
        member(leader, Role.LEADER, world.other_office)
    return leader


def asked(world: World, kind: str) -> ApprovalRequest:
    by = world.act_as(world.administrator)
    if kind == "password":
        return actions.password_link(world.specialist, by=by, reason="x")
    if kind == "factor":
        with as_owner():
            from plass.accounts.models import SecondFactor

            SecondFactor.objects.create(user=world.specialist, secret=b"x", confirmed_at=timezone.now(), last_step=0)
        return actions.forget_phone(world.specialist, by=world.act_as(world.administrator), reason="x")
    first_login.ask(login_name="jobb1", issuer="https://id", subject="o-1", claim="oid")
    world.act_as(world.administrator)
    return actions.confirm_first_login(FirstLogin.objects.get(), by=world.act_as(world.administrator))


def given_a_role(world: World, sly: User, days: int = 0) -> None:
    role = actions.give_role(
        by=world.act_as(world.administrator), account=world.specialist, role="counsellor", place=world.other_office,
        started_on=timezone.localdate(), reason="hjelper til",
    )  # fmt: skip
    approvals.answer(role, by=world.act_as(sly), yes=True)
    with as_owner():
        Membership.objects.filter(user=world.specialist, office=world.other_office).update(
            started_on=timezone.localdate() - timedelta(days=days)
        )


@pytest.mark.parametrize("kind", ["password", "factor", "login"])
def test_whoever_leads_the_new_place_does_not_answer_for_the_old(world, sly, kind):
    given_a_role(world, sly)
    request = asked(world, kind)
    assert sly not in approvals.approvers(request)
    assert world.supervisor in approvals.approvers(request)
    with pytest.raises(ValidationError):
        approvals.answer(request, by=world.act_as(sly), yes=True)


@pytest.mark.parametrize(("days", "may"), [(29, False), (30, True)])
def test_after_a_month_they_know_the_person(world, sly, days, may):
    given_a_role(world, sly, days)
    assert (sly in approvals.approvers(asked(world, "password"))) == may


def test_of_somebody_new_the_first_place_answers_and_not_one_that_came_later(world, sly):
    """Neither role is a month old: the newest is the one that would be given for this."""
    given_a_role(world, sly)
    with as_owner():
        Membership.objects.filter(user=world.specialist).exclude(office=world.other_office).update(
            started_on=timezone.localdate() - timedelta(days=5)
        )
    approvers = approvals.approvers(asked(world, "password"))
    assert sly not in approvers and world.supervisor in approvers


def test_of_somebody_whose_only_place_is_new_that_place_answers(world, sly):
    given_a_role(world, sly)
    with as_owner():
        Membership.objects.filter(user=world.specialist).exclude(office=world.other_office).delete()
    assert sly in approvals.approvers(asked(world, "password"))
