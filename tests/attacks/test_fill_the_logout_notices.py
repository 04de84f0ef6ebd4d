"""An attack that was tried: ask for the login service's logout frame with made-up names until the disk is full."""

from __future__ import annotations

from django.db import connection
from django.test import Client

from plass.accounts import oidc, rate_limit
from plass.accounts.models import Login
from plass.db import signed

from ..conftest import as_owner

ISSUER = "https://login.example"


def count() -> int:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_logoutnotice")
        return int(cursor.fetchone()[0])


def test_made_up_frames_are_kept_up_to_a_bound_and_signed_notices_always(world) -> None:
    signed.call("accounts_end_logins_from", ISSUER, "made up", "", None, True)
    assert count() == 1
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_logoutnotice (name_hash, received_at) "
            "SELECT sha256(n::text::bytea), now() FROM generate_series(1, 9999) n"
        )
    for number in range(3):
        signed.call("accounts_end_logins_from", ISSUER, f"made up {number}", "", None, True)
    assert count() == 10_000
    signed.call("accounts_end_logins_from", ISSUER, "", "somebody", 1_790_000_000, True)
    assert count() == 10_001


def over(sid: str) -> bool:
    """Whether a login on its way by that session at the login service is refused."""
    return bool(signed.call("accounts_logged_out_there", ISSUER, sid, "somebody", 1)[0][0])


def test_ten_thousand_made_up_ones_keep_no_real_one_from_being_kept(world) -> None:
    signed.call("accounts_end_logins_from", ISSUER, "signed", "", 1, True)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_logoutnotice (name_hash, received_at) "
            "SELECT sha256(n::text::bytea), now() - make_interval(secs => 1) FROM generate_series(1, 10000) n"
        )
    signed.call("accounts_end_logins_from", ISSUER, "real", "", None, True)
    assert over("real")
    for number in range(3):
        signed.call("accounts_end_logins_from", ISSUER, f"made up {number}", "", None, True)
    # Room is made by the oldest that nobody signed.
    assert over("real") and over("signed")
    assert count() == 10_001


def test_so_many_from_one_address_push_out_none_from_another(world, provider) -> None:
    address = "/logg-inn/ansatt/logget-ut/"

    def frame(sid: str, where: str) -> None:
        assert Client().get(address, {"iss": provider.issuer, "sid": sid}, REMOTE_ADDR=where).status_code == 200

    for number in range(rate_limit.MOST_FROM_ONE + 5):
        frame(f"made up {number}", "192.0.2.1")
    assert count() == rate_limit.MOST_FROM_ONE
    frame("real", "192.0.2.2")
    assert count() == rate_limit.MOST_FROM_ONE + 1


def test_a_frame_that_is_not_kept_ends_the_login_all_the_same(world, provider, client) -> None:
    client.force_login(world.act_as(world.specialist))
    with as_owner():
        Login.objects.update(issuer=provider.issuer, sid="mine")
    for _each in range(rate_limit.MOST_FROM_ONE):
        rate_limit.count_failure("192.0.2.1", rate_limit.Guessed.LOGOUT_FRAME)
    sent = {"iss": provider.issuer, "sid": "mine"}
    assert Client().get("/logg-inn/ansatt/logget-ut/", sent, REMOTE_ADDR="192.0.2.1").status_code == 200
    with as_owner():
        assert not Login.objects.filter(sid="mine").exists()


def test_notices_are_kept_as_long_as_a_token_may_be_used(world) -> None:
    """The database's own hour is the program's: before it a login is refused, after it the notice is nothing, and gone."""
    signed.call("accounts_end_logins_from", ISSUER, "session-1", "", 1, True)
    answers = [signed.call("accounts_logged_out_there", ISSUER, "session-1", "somebody", 1)[0][0]]
    for seconds in (oidc.KEEP - 60, oidc.KEEP + 60):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_logoutnotice SET received_at = clock_timestamp() - make_interval(secs => %s)",
                [seconds],
            )
        answers.append(signed.call("accounts_logged_out_there", ISSUER, "session-1", "somebody", 1)[0][0])
        signed.call("accounts_end_logins_from", ISSUER, "session-2", "", 1, True)
        assert count() == (2 if seconds < oidc.KEEP else 1)
    assert answers == [True, True, False]
