"""A supervisor, by a statement, says that somebody whom others lead is away, or back, and who covers for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from plass.organisation import actions
from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.world import member, user

from .test_keep_what_was_taken_back import ask

WRITES = (
    "INSERT INTO organisation_absence (user_id, covered_by_id, starts_on, ends_on, recorded_at, recorded_by_id) "
    "VALUES (%s, %s, access_today(), access_today(), now(), access_user())"
)


def test_only_of_oneself_and_those_one_leads(world):
    today = timezone.localdate()
    with as_owner():
        beside = user("j8", "Jan", "Sør")
        member(beside, Role.SPECIALIST, world.other_office, world.other_team)
    absence = actions.record_absence(
        by=world.act_as(world.other_specialist),
        user=world.other_specialist,
        covered_by=beside,
        starts_on=today,
        ends_on=today + timedelta(days=3),
    )
    changes = "UPDATE organisation_absence SET covered_by_id = %s WHERE id = %s RETURNING id"
    world.act_as(world.supervisor)
    assert ask(changes, world.colleague.pk, absence.pk) == []
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ask(WRITES, world.other_specialist.pk, beside.pk)
    # Of those they lead, as on their page.
    ask(WRITES, world.specialist.pk, world.colleague.pk)
