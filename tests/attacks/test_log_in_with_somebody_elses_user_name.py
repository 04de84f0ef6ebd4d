"""Whoever gets a user name at the login service tries to get the account here that was made for another."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from plass.accounts import approvals
from plass.accounts.models import ApprovalRequest, FirstLogin, Subject
from plass.db import signed
from tests.accounts.conftest import provider, served  # noqa: F401
from tests.accounts.oidc_steps import MFA, log_in, who
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
        browser = Client()
        browser.force_login(world.act_as(somebody))
        browser.post(f"/kontoer/{world.supervisor.pk}/forste-innlogging/{asked.pk}/", {"answer": "confirm"})
    with as_owner():
        assert not Subject.objects.filter(user=world.supervisor).exists()
        assert not ApprovalRequest.objects.exists()


def test_an_administrator_who_takes_a_colleagues_user_name_does_not_let_themselves_in(world, client, provider):  # noqa: F811
    """They control the login service and this program's accounts: a leader must be fooled too, who calls the colleague."""
    provider.log_in("s-9", **MFA, oid="o-stranger", preferred_username=world.specialist.username)
    log_in(client)
    with as_owner():
        asked = FirstLogin.objects.get()
    administrator = Client()
    administrator.force_login(world.act_as(world.administrator))
    administrator.post(f"/kontoer/{world.specialist.pk}/forste-innlogging/{asked.pk}/", {"answer": "confirm"})
    with as_owner():
        request = ApprovalRequest.objects.get(outcome="")
    form = {"outcome": "yes", "answer": "", "submission": str(uuid.uuid4())}
    administrator.post(f"/godkjenninger/{request.pk}/", form)
    world.act_as(world.administrator)
    assert signed.call("accounts_answer_request", request.pk, True, "", b"x" * 32)[0][0] is False
    for statement in (
        "UPDATE accounts_approvalrequest SET outcome = 'approved'",
        f"SELECT accounts_confirm_first_login({asked.pk}, {world.specialist.pk})",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    log_in(client)
    assert who(client) is None


def test_a_first_login_of_another_account_is_not_slipped_into_a_request(world, client, provider):  # noqa: F811
    """The leader reads about a colleague, and the yes would bind somebody else's account."""
    provider.log_in("s-9", **MFA, oid="o-stranger", preferred_username=world.supervisor.username)
    log_in(client)
    with as_owner():
        asked = FirstLogin.objects.get()
    by = world.act_as(world.administrator)
    request = approvals.ask(by=by, kind=approvals.Kind.LOGIN, user=world.specialist, first_login=asked)
    world.act_as(world.supervisor)
    with pytest.raises(ValidationError):
        approvals.answer(request, by=world.supervisor, yes=True)
    with as_owner():
        assert not Subject.objects.exists()


def test_sql_as_the_web_role_binds_no_account_of_the_staff(world, provider):  # noqa: F811
    for somebody in (world.supervisor, world.administrator):
        world.act_as(somebody)
        with connection.cursor() as cursor:
            for statement in (
                "INSERT INTO accounts_subject (issuer, subject, user_id, bound_at) VALUES ('x', 'x', %s, now())",
                "INSERT INTO accounts_firstlogin (user_id, issuer, subject, claim, login_name, full_name, asked_at, "
                "last_asked_at, outcome) VALUES (%s, 'x', 'x', 'oid', 'x', '', now(), now(), 'confirmed')",
                "UPDATE accounts_firstlogin SET outcome = 'confirmed' WHERE user_id = %s",
            ):
                try:
                    with transaction.atomic():
                        cursor.execute(statement, [world.supervisor.pk])
                except DatabaseError:
                    continue
                raise AssertionError(statement)
