"""Somebody opens a case in an emergency and tries to keep it, to give it on, or to decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases import actions
from plass.cases.gate import NotAllowed
from plass.cases.models import Assignment, Case, CaseEnded
from plass.followup import actions as followup
from plass.organisation.models import User
from plass.retention import actions as retention

TODAY = timezone.localdate()


@pytest.fixture
def intruder(world) -> User:
    """A specialist of another office who has opened the case that waits."""
    return world.other_specialist


@pytest.fixture
def case(world, intruder) -> Case:
    case = world.refer(taken=False)
    by = world.act_as(intruder)
    assert access.break_glass(case.pk, by=by, reason="Ringte fra legevakten", hours=8)
    return case


#: What the pages offered with an emergency until November 2026.
ACTS: dict[str, Callable[[Any, Case, User], object]] = {
    "take": lambda world, case, by: actions.take(case, by=by),
    "hand over": lambda world, case, by: actions.hand_over(case, by=by, to=by, team=world.other_team),
    "end": lambda world, case, by: actions.end(case, by=by, happened_on=TODAY, cause="own_wish"),
    "hold": lambda world, case, by: retention.hold(case, by=by, reason="Prøve"),
    "change the person": lambda world, case, by: actions.change_participant(
        case.participant, by=by, based_on=1, phone="900 00 000"
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_emergency_decides_nothing(world, intruder, case, act) -> None:
    by = world.act_as(intruder)
    with pytest.raises(NotAllowed):
        ACTS[act](world, Case.objects.select_related("participant").get(pk=case.pk), by)


def test_no_page_offers_what_an_emergency_does_not_allow(world, client, intruder, case) -> None:
    client.force_login(world.act_as(intruder))
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert f"/sak/{case.pk}/kontakt/" in page
    for act in ("ta", "overfor", "avslutt", "oppbevaring", "deltaker", "slipp-inn", "mote", "jobb"):
        assert f'href="/sak/{case.pk}/{act}/' not in page
        assert client.get(f"/sak/{case.pk}/{act}/").status_code == 404


def test_nor_does_the_database_let_a_statement_do_it(world, intruder, case) -> None:
    by = world.act_as(intruder)
    rows = [
        lambda: Assignment.objects.create(case=case, happened_on=TODAY, role="specialist", user=by, recorded_by=by),
        lambda: CaseEnded.objects.create(case=case, happened_on=TODAY, cause="own_wish", recorded_by=by),
        lambda: Grant.objects.create(
            kind="given",
            level=3,
            user=world.counsellor,
            case_id=case.pk,
            reason="x",
            granted_by=by,
            expires_at=timezone.now() + timedelta(hours=8),
        ),
    ]
    for row in rows:
        with pytest.raises(ProgrammingError), transaction.atomic():
            row()


def test_what_the_emergency_needs_is_recorded(world, intruder, case) -> None:
    contact = followup.record_contact(
        case,
        by=world.act_as(intruder),
        happened_on=TODAY,
        parties=["participant"],
        channel="phone",
        minutes=10,
        purpose="follow_up",
        note="Trygg hos søsteren.",
    )
    assert contact.pk


def test_whoever_was_let_in_to_record_lets_nobody_in(world) -> None:
    case = world.refer()
    access.give(
        case.pk,
        by=world.act_as(world.specialist),
        to=world.other_specialist,
        reason="Ferie",
        hours=72,
        level=Grant.Allows.RECORD,
    )
    by = world.act_as(world.other_specialist)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Grant.objects.create(
            kind="given",
            level=1,
            user=world.counsellor,
            case_id=case.pk,
            reason="x",
            granted_by=by,
            expires_at=timezone.now() + timedelta(hours=8),
        )
