"""An attack that was tried: ask for the login service's logout frame with made-up names until the disk is full."""

from __future__ import annotations

from django.db import connection

from plass.accounts import oidc
from plass.db import signed

from ..conftest import as_owner

ISSUER = "https://login.example"


def count() -> int:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_logoutnotice")
        return int(cursor.fetchone()[0])


def test_made_up_frames_are_kept_up_to_a_bound_and_signed_notices_always(world) -> None:
    signed.call("accounts_end_logins_from", ISSUER, "made up", "", None)
    assert count() == 1
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_logoutnotice (name_hash, received_at) "
            "SELECT sha256(n::text::bytea), now() FROM generate_series(1, 9999) n"
        )
    for number in range(3):
        signed.call("accounts_end_logins_from", ISSUER, f"made up {number}", "", None)
    assert count() == 10_000
    signed.call("accounts_end_logins_from", ISSUER, "", "somebody", 1_790_000_000)
    assert count() == 10_001


def test_notices_are_kept_as_long_as_a_token_may_be_used(world) -> None:
    """The database's own hour is the program's: before it a login is refused, after it the notice is nothing, and gone."""
    signed.call("accounts_end_logins_from", ISSUER, "session-1", "", 1)
    over = [signed.call("accounts_logged_out_there", ISSUER, "session-1", "somebody", 1)[0][0]]
    for seconds in (oidc.KEEP - 60, oidc.KEEP + 60):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_logoutnotice SET received_at = clock_timestamp() - make_interval(secs => %s)",
                [seconds],
            )
        over.append(signed.call("accounts_logged_out_there", ISSUER, "session-1", "somebody", 1)[0][0])
        signed.call("accounts_end_logins_from", ISSUER, "session-2", "", 1)
        assert count() == (2 if seconds < oidc.KEEP else 1)
    assert over == [True, True, False]
