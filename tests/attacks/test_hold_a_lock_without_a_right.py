"""Who may let nobody in writes that they do, to take the lock of the person or to stand in line for it: refused before."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils import timezone

from tests.conftest import as_owner

from .test_injected_statement import ask, beside, refused

LETS_IN = (
    "INSERT INTO access_grant (kind, level, user_id, case_id, reason, granted_by_id, expires_at) "
    "VALUES ('given', 1, %s, %s, 'x', access_user(), %s)"
)


def test_it_is_refused_while_another_holds_the_lock(world):
    case = world.refer()
    world.act_as(world.specialist)
    number = hashlib.sha256(b"another number").digest()
    with as_owner():
        # The lock of the number that was referred is this test's own until it ends.
        ask("UPDATE cases_participant SET identity_hash = %s WHERE id = %s RETURNING id", [number, case.participant_id])
    with beside() as other, other.cursor() as cursor:
        cursor.execute("BEGIN; SET LOCAL ROLE plass_owner")
        cursor.execute("SELECT access_lock(%s)", [f"person {number.hex()}"])
        ask("SELECT set_config('lock_timeout', '300ms', true)")
        until = timezone.now() + timedelta(days=1)
        world.act_as(world.specialist)
        # Whoever decides waits, so it is that lock.
        assert "lock timeout" in refused(LETS_IN, [world.counsellor.pk, case.pk, until])
        for who in (world.colleague, world.other_specialist):
            world.act_as(who)
            assert "meanwhile" in refused(LETS_IN, [world.counsellor.pk, case.pk, until])
