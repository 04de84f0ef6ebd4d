"""The first login of staff through the login service: a user name lets nobody in, two people say who it is."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.utils import timezone

from plass.access.models import AccessLogEntry, Change
from plass.accounts import approvals
from plass.accounts.models import ApprovalRequest, FirstLogin, Subject
from plass.administration import actions
from plass.db import signed
from plass.organisation.models import Role, User
from tests.accounts.oidc_steps import MFA, bound, log_in, who
from tests.conftest import as_owner
from tests.world import member, user


@pytest.fixture
def admin(world) -> Client:
    client = Client()
    client.force_login(world.act_as(world.administrator))
    return client


def siri_comes(client, provider, **claims):
    """Siri's first login: nothing here knows her lasting identifier."""
    provider.log_in("s-1", **({**MFA, "oid": "o-1", "preferred_username": "jobb1", "name": "Siri Solberg"} | claims))
    return log_in(client)


def asked() -> FirstLogin:
    with as_owner():
        return FirstLogin.objects.get()


def answer(admin, account: User, which: str):
    return admin.post(f"/kontoer/{account.pk}/forste-innlogging/{asked().pk}/", {"answer": which})


def second_person(world, outcome: str = "yes", by: User | None = None):
    """Whoever leads them answers the request that waits, on its page; the page."""
    with as_owner():
        request = ApprovalRequest.objects.get(outcome="")
    browser = Client()
    browser.force_login(world.act_as(by or world.supervisor))
    form = {"outcome": outcome, "answer": "Jeg ringte, og det var ikke Siri", "submission": str(uuid.uuid4())}
    return browser.post(f"/godkjenninger/{request.pk}/", form, follow=True)


def confirm(world, admin, account: User):
    answer(admin, account, "confirm")
    second_person(world)


def test_a_first_login_waits_until_two_people_have_said_that_it_is_them(world, client, provider, admin):
    page = siri_comes(client, provider)
    assert page.status_code == 403
    assert "Den første innloggingen din venter på bekreftelse" in page.content.decode()
    assert who(client) is None
    assert siri_comes(client, provider).status_code == 403
    with as_owner():
        assert not Subject.objects.exists()
    listed = admin.get("/kontoer/").content.decode()
    assert "Første innlogginger som venter på bekreftelse" in listed
    shown = admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    for what in ("o-1", "(oid)", provider.issuer, "jobb1", "Siri Solberg", f"{timezone.localtime():%d.%m.%Y}"):
        assert what in shown
    assert answer(admin, world.specialist, "confirm").status_code == 303
    assert siri_comes(client, provider).status_code == 403, "one person has said it, and no second one"
    waits = admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    assert "be om godkjenning" not in waits and "Det er ikke rett person" in waits
    supervisor = Client()
    supervisor.force_login(world.act_as(world.supervisor))
    with as_owner():
        request = ApprovalRequest.objects.get()
    shown = supervisor.get(f"/godkjenninger/{request.pk}/").content.decode()
    for what in ("o-1", "(oid)", provider.issuer, "jobb1", "Siri Solberg"):
        assert what in shown
    second_person(world)
    assert siri_comes(client, provider).status_code == 302
    assert who(client) == str(world.specialist.pk)
    assert "Første innlogging" not in admin.get("/kontoer/").content.decode()


def test_what_is_approved_is_in_the_history_with_the_name_of_who_approved_it(world, client, provider, admin):
    siri_comes(client, provider)
    confirm(world, admin, world.specialist)
    with as_owner():
        lines = Change.objects.filter(
            table__in=["accounts_subject", "accounts_firstlogin"], about_user=world.specialist.pk
        )
        assert [(line.table, line.operation, line.who) for line in lines.order_by("pk")] == [
            ("accounts_firstlogin", "insert", None),
            ("accounts_firstlogin", "update", world.supervisor.pk),
            ("accounts_subject", "insert", world.supervisor.pk),
        ]
        request = ApprovalRequest.objects.get()
        assert (request.asked_by_id, request.answered_by_id) == (world.administrator.pk, world.supervisor.pk)
        assert "o-1" not in str(list(lines.values_list("new", flat=True)))


def test_a_refused_login_stays_out_and_is_told_so_until_it_is_confirmed_after_all(world, client, provider, admin):
    siri_comes(client, provider)
    answer(admin, world.specialist, "refuse")
    page = siri_comes(client, provider)
    assert page.status_code == 403
    assert "ikke er eieren av kontoen" in page.content.decode()
    assert "Første innlogging" not in admin.get("/kontoer/").content.decode()
    assert "Avvist" in admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    confirm(world, admin, world.specialist)
    siri_comes(client, provider)
    assert who(client) == str(world.specialist.pk)


def test_nobody_confirms_their_own_first_login(world, client, provider):
    with as_owner():
        second_administrator = user("admin2", "Anders", "Annen")
        member(second_administrator, Role.ADMINISTRATOR, office=world.office)
    siri_comes(client, provider, preferred_username="admin2", oid="o-2")
    browser = Client()
    browser.force_login(world.act_as(second_administrator))
    assert "En annen administrator" in browser.get(f"/kontoer/{second_administrator.pk}/").content.decode()
    answer(browser, second_administrator, "confirm")
    with as_owner():
        assert not Subject.objects.exists()
    world.act_as(second_administrator)
    assert signed.call("accounts_refuse_first_login", asked().pk)[0][0] is False
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        FirstLogin.objects.update(answered_by=second_administrator)


@pytest.mark.parametrize("role", ["specialist", "supervisor", "leader", "counsellor"])
def test_only_administrators_confirm(world, client, provider, role):
    siri_comes(client, provider)
    browser = Client()
    browser.force_login(world.act_as(getattr(world, role)))
    assert answer(browser, world.specialist, "confirm").status_code == 404
    assert signed.call("accounts_refuse_first_login", asked().pk)[0][0] is False
    with as_owner():
        assert not Subject.objects.exists()


def test_an_identifier_that_opens_one_account_opens_no_other(world, client, provider, admin):
    bound(provider, world.administrator, "o-1")
    siri_comes(client, provider)
    assert who(client) == str(world.administrator.pk)
    client.logout()
    with as_owner():
        Subject.objects.all().delete()
    siri_comes(client, provider)
    bound(provider, world.administrator, "o-1")
    page = admin.post(
        f"/kontoer/{world.specialist.pk}/forste-innlogging/{asked().pk}/", {"answer": "confirm"}, follow=True
    )
    assert "tilhører en annen innlogging" in page.content.decode()
    with as_owner():
        assert list(Subject.objects.values_list("user_id", flat=True)) == [world.administrator.pk]


def test_two_who_ask_for_one_account_get_one_answer_each_and_one_of_them_gets_it(world, client, provider, admin):
    siri_comes(client, provider)
    first = asked()
    siri_comes(client, provider, oid="o-2")
    world.act_as(world.administrator)
    second = FirstLogin.objects.exclude(pk=first.pk).get()
    for_first, for_second = [
        actions.confirm_first_login(first_login, by=world.administrator, reason="Ringte")
        for first_login in (first, second)
    ]
    world.act_as(world.supervisor)
    approvals.answer(for_first, by=world.supervisor, yes=True)
    with pytest.raises(ValidationError, match="besvart eller stanset"):
        approvals.answer(for_second, by=world.supervisor, yes=True)
    world.act_as(world.administrator)
    first.refresh_from_db()
    for first_login in (first, second):
        with pytest.raises(ValidationError, match="annen innlogging"):
            actions.confirm_first_login(first_login, by=world.administrator)
    siri_comes(client, provider, oid="o-2")
    assert who(client) is None


def test_a_released_account_is_confirmed_anew_also_for_the_same_person(world, client, provider, admin):
    siri_comes(client, provider)
    confirm(world, admin, world.specialist)
    admin.post(f"/kontoer/{world.specialist.pk}/frikoble/")
    assert siri_comes(client, provider).status_code == 403
    assert who(client) is None
    confirm(world, admin, world.specialist)
    siri_comes(client, provider)
    assert who(client) == str(world.specialist.pk)


def test_with_a_no_they_stay_out_and_the_person_and_the_administrator_are_told(world, client, provider, admin):
    siri_comes(client, provider)
    answer(admin, world.specialist, "confirm")
    second_person(world, "no")
    page = siri_comes(client, provider)
    assert page.status_code == 403 and "ikke er eieren av kontoen" in page.content.decode()
    shown = admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    assert "Jeg ringte, og det var ikke Siri" in shown and "Avvist" in shown
    with as_owner():
        assert not Subject.objects.exists()


def test_a_refusal_stops_the_request_that_waits(world, client, provider, admin):
    siri_comes(client, provider)
    answer(admin, world.specialist, "confirm")
    answer(admin, world.specialist, "refuse")
    with as_owner():
        assert ApprovalRequest.objects.get().outcome == "stopped"
        assert FirstLogin.objects.get().outcome == "refused"


def test_where_no_leader_may_answer_another_administrator_does(world, client, provider, admin):
    """One administrator alone lets no leader in, and is told what to do."""
    siri_comes(client, provider, preferred_username=world.leader.username)
    page = admin.post(f"/kontoer/{world.leader.pk}/forste-innlogging/{asked().pk}/", {"answer": "confirm"}, follow=True)
    assert "Ingen her kan godkjenne dette" in page.content.decode()
    with as_owner():
        second_administrator = user("admin2", "Anders", "Annen")
        member(second_administrator, Role.ADMINISTRATOR, office=world.office)
    answer(admin, world.leader, "confirm")
    second_person(world, by=second_administrator)
    siri_comes(client, provider, preferred_username=world.leader.username)
    assert who(client) == str(world.leader.pk)


def test_the_person_and_those_who_lead_them_are_told_and_what_they_open_is_marked(world, client, provider, admin):
    case = world.refer()
    siri_comes(client, provider)
    confirm(world, admin, world.specialist)
    siri_comes(client, provider)
    first_page = client.get("/", follow=True).content.decode()
    assert f"for deg, og {world.supervisor.name} godkjente det" in first_page
    client.get(f"/sak/{case.pk}/")
    with as_owner():
        opened = AccessLogEntry.objects.get(user_id=world.specialist.pk, case_id=case.pk)
        assert opened.approval_id == ApprovalRequest.objects.get().pk
    supervisor = Client()
    supervisor.force_login(world.act_as(world.supervisor))
    page = supervisor.get("/innsyn/").content.decode()
    assert "Første innlogging gjennom innloggingstjenesten: bedt om av Atle Administrator, godkjent av" in page
    assert "logget inn gjennom innloggingstjenesten for første gang. Spør om det var dem." in page


def test_nobody_binds_their_own_account_nor_writes_a_request_past_the_function(world, provider):
    me = world.act_as(world.specialist)
    with pytest.raises(DatabaseError), transaction.atomic():
        Subject.objects.create(issuer=provider.issuer, subject="o-1", user=me)
    with pytest.raises(ProgrammingError), transaction.atomic():
        FirstLogin.objects.create(user=me, issuer="x", subject="x", claim="oid", login_name="x")


def test_another_claim_than_oid_is_the_lasting_one_where_it_is_configured(world, client, provider, settings, admin):
    from dataclasses import replace

    settings.PLASS_PROVIDERS = {"ansatt": replace(settings.PLASS_PROVIDERS["ansatt"], subject_claim="employee_number")}
    siri_comes(client, provider, employee_number="A123456")
    assert "(employee_number)" in admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    confirm(world, admin, world.specialist)
    siri_comes(client, provider, employee_number="A123456", oid="o-other")
    assert who(client) == str(world.specialist.pk)


def test_the_owner_of_the_account_is_told_that_somebody_asked(world, client, provider):
    siri_comes(client, provider)
    owner = Client()
    owner.force_login(world.act_as(world.specialist))
    assert "med brukernavnet ditt" in owner.get("/konto/").content.decode()
    colleague = Client()
    colleague.force_login(world.act_as(world.colleague))
    assert "med brukernavnet ditt" not in colleague.get("/konto/").content.decode()


def test_the_first_administrator_comes_in_by_the_identifier_that_was_written_for_them(world, client, provider):
    with as_owner():
        made = actions.make_first_administrator(
            username="forste",
            name="Frida Først",
            password="en setning om sommeren",
            county="Prøvefylket",
            issuer=provider.issuer,
            subject="o-first",
        )
    siri_comes(client, provider, oid="o-first", preferred_username="noe-annet")
    assert who(client) == str(made.pk)


def test_the_command_takes_no_identifier_where_there_is_no_login_service(monkeypatch):
    from typer.testing import CliRunner

    from plass.config.cli import app

    monkeypatch.delenv("PLASS_STAFF_OIDC_ISSUER", raising=False)
    done = CliRunner().invoke(app, ["account", "kari", "--name", "Kari N", "--county", "Vestland", "--subject", "o-1"])
    assert done.exit_code == 1
