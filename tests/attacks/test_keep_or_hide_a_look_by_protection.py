"""Somebody keeps a way in although the person is protected now, or hides a look by having them protected."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases import actions
from plass.cases.models import Case, Participant
from tests.conftest import as_owner


def protect(world, case) -> None:
    by = world.act_as(world.specialist)
    participant = Participant.objects.get(pk=case.participant_id)
    actions.change_protection(
        participant, by=by, based_on=participant.version, protection="own_employee", reason="Begynte her"
    )


def test_whoever_was_let_in_before_is_let_in_no_more(world, client) -> None:
    case = world.refer()
    access.give(
        case.pk,
        by=world.act_as(world.specialist),
        to=world.other_specialist,
        reason="Ferie",
        hours=72,
        level=Grant.Allows.RECORD,
    )
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    with as_owner():
        # In another transaction than the protection.
        Grant.objects.update(granted_at=timezone.now() - timedelta(hours=1))
    protect(world, case)
    world.act_as(world.other_specialist)
    assert not Case.objects.filter(pk=case.pk).exists()
    assert client.get(f"/sak/{case.pk}/").status_code == 404


def test_an_emergency_is_still_to_be_signed_off(world) -> None:
    case = world.refer()
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Akutt", hours=8)
    protect(world, case)
    world.act_as(world.supervisor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, case_id FROM oversight_emergencies()")
        assert cursor.fetchall() == [("Synne Sørkontor", None)]
        cursor.execute(
            "SELECT kind, case_id FROM oversight_findings(access_today() - 30, 50, 50) WHERE kind = 'emergency'"
        )
        assert cursor.fetchall() == [("emergency", None)]
