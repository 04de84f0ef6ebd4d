"""Whoever gets a user name at the login service tries to get the account here that was made for another."""

from __future__ import annotations

from django.db import DatabaseError, connection, transaction
from django.test import Client

from plass.access.tables import FirstLogin, Subject
from plass.config import signed
from tests.access.conftest import provider, served  # noqa: F401
from tests.access.oidc_steps import MFA, log_in, who
from tests.conftest import as_owner


def test_a_stranger_with_the_supervisors_user_name_gets_nothing_and_is_seen(world, client, provider):  # noqa: F811
    """The supervisor has never logged in through the service: the account is bound to nobody there."""
    provider.log_in("s-9", **MFA, oid="o-stranger", preferred_username=world.supervisor.username, name="En Annen")
    for _again in range(3):
        assert log_in(client).status_code == 403
        assert who(client) is None
    assert client.get("/team/").status_code == 302
    with as_owner():
        assert not Subject.objects.exists()
        assert FirstLogin.objects.count() == 1
    administrator = Client()
    administrator.force_login(world.act_as(world.administrator))
    page = administrator.get("/kontoer/").content.decode()
    assert world.supervisor.username in page and "venter på bekreftelse" in page


def test_the_stranger_does_not_confirm_themselves_from_an_account_of_their_own(world, client, provider):  # noqa: F811
    """Neither as a specialist, nor with a bound account that has the same identifier at the service."""
    provider.log_in("s-9", **MFA, oid="o-stranger", preferred_username=world.supervisor.username)
    log_in(client)
    with as_owner():
        asked = FirstLogin.objects.get()
        Subject.objects.create(issuer=provider.issuer, subject="o-stranger", user=world.administrator)
    for somebody in (world.specialist, world.supervisor, world.administrator):
        theirs = Client()
        theirs.force_login(world.act_as(somebody))
        theirs.post(f"/kontoer/{world.supervisor.pk}/forste-innlogging/{asked.pk}/", {"answer": "confirm"})
        world.act_as(somebody)
        assert signed.call("access_answer_first_login", asked.pk, True)[0][0] is False
    with as_owner():
        assert not Subject.objects.filter(user=world.supervisor).exists()


def test_sql_as_the_web_role_binds_no_account_of_the_staff(world, provider):  # noqa: F811
    for somebody in (world.supervisor, world.administrator):
        world.act_as(somebody)
        with connection.cursor() as cursor:
            for statement in (
                "INSERT INTO access_subject (issuer, subject, user_id, bound_at) VALUES ('x', 'x', %s, now())",
                "INSERT INTO access_firstlogin (user_id, issuer, subject, claim, login_name, full_name, asked_at, "
                "last_asked_at, outcome) VALUES (%s, 'x', 'x', 'oid', 'x', '', now(), now(), 'confirmed')",
                "UPDATE access_firstlogin SET outcome = 'confirmed' WHERE user_id = %s",
            ):
                try:
                    with transaction.atomic():
                        cursor.execute(statement, [world.supervisor.pk])
                except DatabaseError:
                    continue
                raise AssertionError(statement)
        assert signed.call("access_enter_subject", world.supervisor.pk, "x", "x")[0][0] is False
