"""A case is opened for a time to somebody whose role has no cases: refused, by the action and by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry, Grant
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import member

TODAY = timezone.localdate()


def by_a_statement(case_id: int, by: User, to: User) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_grant (kind, level, user_id, case_id, reason, granted_by_id, expires_at) "
            "VALUES ('given', 1, %s, %s, 'x', %s, now() + interval '1 hour')",
            [to.pk, case_id, by.pk],
        )


@pytest.mark.parametrize("who", ["leader", "administrator", "left", "account ended", "not yet"])
def test_whoever_has_no_role_with_cases_today_is_let_in_to_none(world, who):
    case = world.refer()
    to = {"leader": world.leader, "administrator": world.administrator}.get(who, world.other_specialist)
    with as_owner():
        if who == "left":
            Membership.objects.filter(user=to).update(ended_on=TODAY - timedelta(days=1))
            member(to, Role.LEADER, world.other_office)
        elif who == "account ended":
            User.objects.filter(pk=to.pk).update(ended_on=TODAY - timedelta(days=1))
        elif who == "not yet":
            Membership.objects.filter(user=to).update(started_on=TODAY + timedelta(days=1))
    by = world.act_as(world.specialist)
    to = User.objects.get(pk=to.pk)
    with pytest.raises(ValidationError, match="ingen rolle med deltakere"):
        access.give(case.pk, by=by, to=to, reason="Ferie", hours=8)
    with pytest.raises(DatabaseError, match="row-level security"):
        by_a_statement(case.pk, by, to)
    with as_owner():
        assert not Grant.objects.exists()
        # Nobody was told who keeps away.
        assert not AccessLogEntry.objects.filter(purpose="give").exists()


def test_whoever_has_is_let_in(world):
    case = world.refer()
    by = world.act_as(world.specialist)
    by_a_statement(case.pk, by, world.other_specialist)
    access.give(case.pk, by=by, to=world.other_counsellor, reason="Ferie", hours=8)
