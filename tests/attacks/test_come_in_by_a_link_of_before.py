"""Somebody keeps a password link that was not used, and comes in by it when the owner has got a new password or phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from plass.accounts import approvals, links
from plass.accounts.models import Link
from plass.administration import actions as administration
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import World, approved_link

from .test_finish_a_login_that_was_begun_before import (
    NEW,
    codes_taken_away,
    own_new_password,
    reset_on_the_machine,
    with_phone,
)


def made(ago: timedelta) -> None:
    """Every link was approved so long ago."""
    with as_owner():
        for link in Link.objects.all():
            Link.objects.filter(pk=link.pk).update(made_at=link.made_at - ago)


@pytest.mark.parametrize("end", [reset_on_the_machine, own_new_password, codes_taken_away])
def test_an_unused_link_opens_nothing_afterwards(world, settings, end: Callable[[World], None]):
    settings.PLASS_SECOND_FACTOR = False
    token = approved_link(world, world.specialist, by=world.supervisor)
    made(timedelta(hours=1))
    assert links.opened(token)
    if end is codes_taken_away:
        with_phone(world.specialist, world)
    end(world)
    with as_owner():
        password = User.objects.get(pk=world.specialist.pk).password
    assert links.opened(token) is None
    Client().post(f"/lenke/{token}/", {"new": "en setning om tyven her", "again": "en setning om tyven her"})
    with as_owner():
        assert User.objects.get(pk=world.specialist.pk).password == password
    # It says that it was not used: no login is marked as one that began by it.
    request = approvals.of(world.act_as(world.specialist))[-1]
    assert approvals.state(request) == "gone"


def test_the_link_that_is_used_still_works(world):
    token = approved_link(world, world.specialist, by=world.supervisor)
    assert Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW}).status_code == 303
    assert approvals.state(approvals.of(world.act_as(world.specialist))[0]) == "used"


def test_a_link_that_is_approved_after_the_phone_was_reported_lost_stays(world):
    """Whoever lost the phone and forgot the password needs both, and gets them in either order."""
    with_phone(world.specialist, world)
    lost = administration.forget_phone(world.specialist, by=world.act_as(world.administrator), reason="mistet")
    token = approved_link(world, world.specialist, by=world.supervisor)
    made(-timedelta(minutes=1))
    approvals.answer(lost, by=world.act_as(world.supervisor), yes=True)
    assert links.opened(token)


def test_a_link_that_ends_while_it_is_read_is_not_used(world):
    token = approved_link(world, world.specialist, by=world.supervisor)
    invited = links.opened(token)
    assert invited is not None
    reset_on_the_machine(world)
    with pytest.raises(LookupError):
        links.choose_password(invited, "en setning om tyven her")


def test_nobody_elses_link_ends(world):
    token = approved_link(world, world.colleague)
    own_new_password(world)
    assert links.opened(token)
