"""An administrator comes in as somebody who sees cases: by a link, a lost phone, a made-up colleague, or a statement.

Tried on the running program: a password link for a supervisor, logged in as that supervisor, the second factor taken away.
Everything here is done by the administrator's own pages, or as the web role with the administrator acting.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from psycopg import errors

from plass.access.current_user import acting_as
from plass.accounts import approvals, totp
from plass.accounts.approvals import Kind
from plass.accounts.models import ApprovalRequest, Link, Login, SecondFactor
from plass.administration import actions
from plass.db import signed
from plass.organisation.models import GroupRole, Membership, Role, User
from tests.conftest import as_owner
from tests.world import PASSWORD, member, user

NEW = "en setning om sommeren"
LINK = re.compile(r"/lenke/([\w-]+)/")


@pytest.fixture
def admin(world):
    return logged_in(world, world.administrator)


def logged_in(world, account: User) -> Client:
    client = Client()
    client.force_login(world.act_as(account))
    return client


def send(client: Client, address: str, **values):
    return client.post(address, {"submission": str(uuid.uuid4()), **values}, follow=True)


def by_password(name: str, password: str) -> Client:
    client = Client()
    client.post("/logg-inn/", {"username": name, "password": password})
    return client


def links_seen_by(client: Client, account: User) -> set[str]:
    """Every link that any page of the administrator's shows after they asked for one."""
    shown = [send(client, f"/kontoer/{account.pk}/lenke/", reason="Har glemt passordet")]
    shown += [client.get(page) for page in ("/kontoer/", f"/kontoer/{account.pk}/", "/endringer/", "/godkjenninger/")]
    asked = asked_about(account)
    assert asked
    shown += [client.get(f"/godkjenninger/{number}/") for number in asked]
    return {token for page in shown for token in LINK.findall(page.content.decode())}


def asked_about(account: User) -> list[int]:
    with as_owner():
        return list(ApprovalRequest.objects.filter(user=account).values_list("pk", flat=True))


def answer(client: Client, account: User, outcome: str = "yes", **more: str):
    (number,) = asked_about(account)[-1:]
    return send(client, f"/godkjenninger/{number}/", outcome=outcome, **more)


# --- The attack as it was done ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["supervisor", "specialist", "counsellor", "leader", "administrator"])
def test_the_administrator_sees_no_link_and_comes_in_as_nobody(world, admin, role):
    account = getattr(world, role)
    with as_owner():
        member(user("admin2", "Berit", "Bistand"), Role.ADMINISTRATOR, world.other_office)
    for token in links_seen_by(admin, account):
        Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW})
    assert "_auth_user_id" not in by_password(account.username, NEW).session
    with as_owner():
        assert not Link.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT password FROM organisation_user WHERE id = %s", [account.pk])
            assert check_password(PASSWORD, cursor.fetchone()[0])


def test_the_administrator_takes_no_phone_away_alone(world, admin):
    secret = pyotp.random_base32()
    totp.confirm(by=world.act_as(world.supervisor), secret=secret, code=pyotp.TOTP(secret).at(int(time.time())))
    send(admin, f"/kontoer/{world.supervisor.pk}/mistet-telefon/", reason="Ringte")
    admin.post(f"/kontoer/{world.supervisor.pk}/mistet-telefon/")
    with as_owner():
        assert SecondFactor.objects.filter(user=world.supervisor).exists()


def test_the_administrators_own_yes_counts_for_nothing(world, admin):
    send(admin, f"/kontoer/{world.supervisor.pk}/lenke/", reason="x")
    (number,) = asked_about(world.supervisor)
    assert 'name="outcome"' not in admin.get(f"/godkjenninger/{number}/").content.decode()
    answer(admin, world.supervisor)
    with as_owner():
        assert ApprovalRequest.objects.get().outcome == ""


def test_nobody_else_answers_not_even_the_person(world, admin):
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    (number,) = asked_about(world.specialist)
    for who in (world.colleague, world.counsellor, world.other_specialist):
        client = logged_in(world, who)
        assert client.get(f"/godkjenninger/{number}/").status_code == 404, who.username
        assert client.post(f"/godkjenninger/{number}/", {"outcome": "yes"}).status_code == 404
    own = logged_in(world, world.specialist)
    answer(own, world.specialist)
    assert own.post(f"/godkjenninger/{number}/bekreft/").status_code == 303
    with as_owner():
        assert ApprovalRequest.objects.get().outcome == "" and not Link.objects.exists()


# --- What the second person does ---------------------------------------------------------------------------------------


def test_the_leader_approves_and_hands_the_link_over(world, admin):
    lasting = logged_in(world, world.specialist)
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="Ringte kl. 10")
    page = admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    assert "Mette Metodeveileder" in page and "Lise Leder" in page
    leader = logged_in(world, world.supervisor)
    assert "Atle Administrator" in leader.get("/min-dag/").content.decode()
    assert "Atle Administrator" in logged_in(world, world.leader).get("/tall/").content.decode()
    assert "Atle Administrator" in lasting.get("/min-dag/").content.decode()
    (token,) = set(LINK.findall(answer(leader, world.specialist).content.decode()))
    (number,) = asked_about(world.specialist)
    for page in (f"/kontoer/{world.specialist.pk}/", f"/godkjenninger/{number}/"):
        assert token not in admin.get(page).content.decode()
    # Shown until it is used, the same each time.
    assert token in leader.get(f"/godkjenninger/{number}/").content.decode()
    assert Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW}).status_code == 303
    assert token not in leader.get(f"/godkjenninger/{number}/").content.decode()
    assert lasting.get("/min-dag/").status_code == 302
    owner = by_password("jobb1", NEW)
    page = owner.get("/min-dag/").content.decode()
    assert "Atle Administrator" in page and "Mette Metodeveileder" in page
    assert "Mette Metodeveileder" in owner.get("/konto/").content.decode()


def test_a_no_needs_a_reason_and_changes_nothing(world, admin):
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    leader = logged_in(world, world.supervisor)
    refused = answer(leader, world.specialist, "no")
    assert refused.status_code == 422
    assert "(må fylles ut hvis du svarer nei)" in refused.content.decode()
    assert "(valgfritt)" not in refused.content.decode()
    answer(leader, world.specialist, "no", answer="Siri har ikke spurt")
    assert "Siri har ikke spurt" in admin.get(f"/kontoer/{world.specialist.pk}/").content.decode()
    answer(leader, world.specialist)
    with as_owner():
        assert ApprovalRequest.objects.get().outcome == "refused" and not Link.objects.exists()


def test_the_person_stops_it_before_and_after_the_yes(world, admin):
    own = logged_in(world, world.specialist)
    for approve in (False, True):
        send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
        if approve:
            (token,) = set(LINK.findall(answer(logged_in(world, world.supervisor), world.specialist).content.decode()))
            assert Client().get(f"/lenke/{token}/").status_code == 200
        number = asked_about(world.specialist)[-1]
        assert "Stans" in own.get("/konto/").content.decode()
        assert own.post(f"/godkjenninger/{number}/stans/").status_code == 303
        answer(logged_in(world, world.supervisor), world.specialist)
        with as_owner():
            assert not Link.objects.filter(used_at=None).exists()
    assert Client().get(f"/lenke/{token}/").status_code == 404


def test_asked_and_answered_twice_it_is_once(world, admin):
    form = {"submission": str(uuid.uuid4()), "reason": "x"}
    for _ in range(2):
        assert admin.post(f"/kontoer/{world.specialist.pk}/lenke/", form).status_code == 303
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    (number,) = asked_about(world.specialist)
    leader = logged_in(world, world.supervisor)
    form = {"submission": str(uuid.uuid4()), "outcome": "yes"}
    for _ in range(2):
        assert leader.post(f"/godkjenninger/{number}/", form).status_code == 303
    send(leader, f"/godkjenninger/{number}/", outcome="yes")
    with as_owner():
        assert Link.objects.count() == 1


def test_answered_by_four_at_once_it_takes_effect_once(committed):
    with acting_as(committed.administrator):
        asked = actions.password_link(committed.specialist, by=committed.administrator, reason="x")
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def decide(by: User) -> None:
        start.wait()
        try:
            with acting_as(by):
                approvals.answer(asked, by=by, yes=True)
            outcomes.append("done")
        except ValidationError:
            outcomes.append("too late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(by,)) for by in (committed.supervisor, committed.leader) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["too late"] * 3
    with transaction.atomic(), as_owner():
        assert Link.objects.count() == 1


def test_asked_by_four_at_once_it_waits_once(committed):
    start = threading.Barrier(4)
    asked: list[int] = []

    def ask() -> None:
        start.wait()
        try:
            with acting_as(committed.administrator):
                asked.append(actions.forget_phone(committed.supervisor, by=committed.administrator, reason="x").pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 4 and len(set(asked)) == 1


# --- Made-up colleagues and chains --------------------------------------------------------------------------------------


def make_kari(admin: Client, world, role: str = "specialist", place: str = "", **more: str) -> User | None:
    name = f"kari{uuid.uuid4().hex[:6]}"
    send(
        admin,
        "/kontoer/ny/",
        given_name="Kari",
        family_name="Oppdiktet",
        username=name,
        role=role,
        place=place or f"team-{world.team.pk}",
        started_on=timezone.localdate().isoformat(),
        reason="Ny kollega",
        with_link="on",
        **more,
    )
    with as_owner():
        return User.objects.filter(username=name).first()


def test_a_made_up_colleague_opens_nothing_before_a_leader_knows_her(world, admin):
    kari = make_kari(admin, world)
    assert kari is not None
    assert links_seen_by(admin, kari) == set()
    with as_owner():
        assert not Membership.objects.filter(user=kari).exists()
        ApprovalRequest.objects.filter(kind="password").delete()
    (token,) = set(LINK.findall(answer(logged_in(world, world.supervisor), kari).content.decode()))
    Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW})
    assert by_password(kari.username, NEW).get("/min-dag/").status_code == 200


def test_a_role_in_a_new_place_brings_no_link_into_the_account_of_somebody_who_works_elsewhere(world):
    """Whoever leads the new place does not answer for the cases of the old one."""
    who = world.other_specialist
    actions.give_role(
        by=world.act_as(world.administrator),
        account=who,
        role=Role.SPECIALIST,
        place=world.team,
        started_on=timezone.localdate(),
        reason="Skal hjelpe til",
        with_link=True,
    )
    page = answer(logged_in(world, world.supervisor), who).content.decode()
    assert LINK.findall(page) == []
    with as_owner():
        assert Membership.objects.filter(user=who, team=world.team).exists()
        assert not Link.objects.filter(user=who).exists()


@pytest.mark.parametrize("asked_first", [False, True], ids=["asked for afterwards", "left waiting since before"])
def test_to_end_the_old_roles_first_brings_no_link_beside_a_new_one(world, asked_first):
    who = world.other_specialist

    def ask() -> None:
        actions.give_role(
            by=world.act_as(world.administrator),
            account=who,
            role=Role.SPECIALIST,
            place=world.team,
            started_on=timezone.localdate(),
            reason="Skal begynne her",
            with_link=True,
        )

    if asked_first:
        ask()
    with as_owner():
        Membership.objects.filter(user=who).update(ended_on=timezone.localdate() - timedelta(days=1))
    if not asked_first:
        ask()
    page = answer(logged_in(world, world.supervisor), who).content.decode()
    assert LINK.findall(page) == []
    with as_owner():
        assert Membership.objects.filter(user=who, team=world.team).exists()
        assert not Link.objects.filter(user=who).exists()


def test_a_leader_about_whom_a_request_was_refused_answers_still(world, admin):
    send(admin, f"/kontoer/{world.supervisor.pk}/lenke/", reason="x")
    answer(logged_in(world, world.leader), world.supervisor, "no", answer="Hun husker passordet")
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    (number,) = asked_about(world.specialist)
    with as_owner():
        asked = ApprovalRequest.objects.get(pk=number)
        assert ApprovalRequest.objects.get(user=world.supervisor).outcome not in {"", "approved"}
    world.act_as(world.administrator)
    assert world.supervisor in approvals.approvers(asked)


def test_a_leader_the_administrator_made_does_not_answer_to_them(world, admin):
    with as_owner():
        second = user("admin2", "Berit", "Bistand")
        member(second, Role.ADMINISTRATOR, world.other_office)
    puppet = make_kari(admin, world, "supervisor", f"team-{world.other_team.pk}")
    # Nobody leads the other office: another administrator is asked. Say she is fooled, and the link comes to the attacker.
    berit = logged_in(world, second)
    (token,) = set(LINK.findall(answer(berit, puppet).content.decode()))
    Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW})
    as_puppet = by_password(puppet.username, NEW)
    page = send(admin, f"/kontoer/{world.other_specialist.pk}/lenke/", reason="x")
    assert page.status_code == 422 and "en annen administrator" in page.content.decode()
    assert asked_about(world.other_specialist) == []
    with as_owner():
        # By a statement.
        asked = ApprovalRequest.objects.create(
            kind="password", user=world.other_specialist, asked_by=world.administrator, nonce="x"
        )
    assert "<form" not in as_puppet.get(f"/godkjenninger/{asked.pk}/").content.decode().split("<main")[1]
    answer(as_puppet, world.other_specialist)
    with as_owner():
        asked.refresh_from_db()
        assert asked.outcome == ""
    # Nor does another administrator in their place, who would be asked because of that leader: that one asks instead.
    world.act_as(world.administrator)
    assert approvals.approvers(asked) == []


def test_an_only_administrator_without_leaders_is_told_where_to_go(world, admin):
    with as_owner():
        Membership.objects.filter(user__in=[world.leader, world.supervisor]).update(
            ended_on=timezone.localdate() - timedelta(days=1)
        )
    page = send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    assert page.status_code == 422 and "plass account" in page.content.decode()
    assert asked_about(world.specialist) == []


def test_a_group_gives_a_role_only_after_a_yes(world, admin):
    """The administrator may be a member of a group: what it gives is a role they give themselves."""
    send(admin, "/organisasjon/grupper/", group="alle", role="supervisor", place=f"team-{world.team.pk}")
    with as_owner():
        assert not GroupRole.objects.exists()
        (number,) = ApprovalRequest.objects.values_list("pk", flat=True)
    assert "alle" in admin.get("/organisasjon/grupper/").content.decode()
    send(logged_in(world, world.leader), f"/godkjenninger/{number}/", outcome="yes")
    with as_owner():
        assert GroupRole.objects.get().role == "supervisor"


def test_an_ended_role_is_not_lengthened_past_everybody(world, admin):
    yesterday = timezone.localdate() - timedelta(days=1)
    with as_owner():
        held = Membership.objects.get(user=world.colleague)
        Membership.objects.filter(pk=held.pk).update(ended_on=yesterday)
    address = f"/kontoer/{world.colleague.pk}/rolle/{held.pk}/slutt/"
    later = send(admin, address, last_day=(yesterday + timedelta(days=300)).isoformat())
    assert later.status_code == 422
    with as_owner():
        assert Membership.objects.get(pk=held.pk).ended_on == yesterday


# --- Statements of the administrator's own session ---------------------------------------------------------------------


def test_no_statement_of_an_administrators_session_does_it(world):
    yesterday = timezone.localdate() - timedelta(days=1)
    hashed = make_password(NEW)
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(ended_on=yesterday)
    me = world.act_as(world.administrator)
    with transaction.atomic():
        asked = approvals.ask(by=me, kind=Kind.PASSWORD, user=world.supervisor, reason="x")
    their = world.supervisor.pk
    tries = {
        "a password": ("UPDATE organisation_user SET password = %s WHERE id = %s", [hashed, their]),
        "an account with a password": (
            "INSERT INTO organisation_user (username, kind, password, given_name, family_name, phone, email, language, "
            "started_on) VALUES ('kari', 'staff', %s, '', '', '', '', 'nb', access_today())",
            [hashed],
        ),
        "a link": (
            "INSERT INTO accounts_link (user_id, purpose, token_hash, made_at, made_by_id, expires_at) "
            "VALUES (%s, 'password', %s, now(), %s, now() + interval '1 day')",
            [their, b"x" * 32, me.pk],
        ),
        "a role": (
            "INSERT INTO organisation_membership (user_id, role, office_id, team_id, started_on) "
            "VALUES (%s, 'specialist', %s, %s, access_today())",
            [world.leader.pk, world.office.pk, world.team.pk],
        ),
        "a role that a group gives": (
            "INSERT INTO organisation_grouprole (\"group\", role, team_id) VALUES ('x', 'supervisor', %s)",
            [world.team.pk],
        ),
        "a role that ended": (
            "UPDATE organisation_membership SET ended_on = NULL WHERE user_id = %s",
            [world.colleague.pk],
        ),
        "another place": ("UPDATE organisation_team SET office_id = %s", [world.other_office.pk]),
        "a yes": ("UPDATE accounts_approvalrequest SET outcome = 'approved'", []),
        "a yes from the start": (
            "INSERT INTO accounts_approvalrequest (kind, user_id, nonce, asked_by_id, outcome, answered_by_id) "
            "VALUES ('factor', %s, '', %s, 'approved', %s)",
            [their, me.pk, world.leader.pk],
        ),
        "asked by another": (
            "INSERT INTO accounts_approvalrequest (kind, user_id, nonce, asked_by_id) VALUES ('factor', %s, '', %s)",
            [their, world.leader.pk],
        ),
        "a role of one's own": (
            "INSERT INTO accounts_approvalrequest (kind, user_id, nonce, asked_by_id, role, team_id, started_on) "
            "VALUES ('role', %s, '', %s, 'supervisor', %s, access_today())",
            [me.pk, me.pk, world.team.pk],
        ),
        "what others do": ("SELECT accounts_carry_out(r, 'x') FROM accounts_approvalrequest r", []),
        "no log of it": ("UPDATE accounts_login SET approval_id = NULL", []),
    }
    for what, (statement, values) in tries.items():
        with pytest.raises(DatabaseError) as stopped, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        assert isinstance(stopped.value.__cause__, errors.InsufficientPrivilege), what
    for question in (
        ("accounts_answer_request", asked.pk, True, "", b"x"),
        ("accounts_prove_request", asked.pk, "", b"x"),
    ):
        assert signed.call(*question)[0][0] is False, question
    with as_owner():
        assert not Link.objects.exists()


# --- What the others see afterwards -------------------------------------------------------------------------------------


def test_looks_of_a_login_by_a_new_link_say_so_as_long_as_it_lasts(world, admin, settings):
    settings.PLASS_SECOND_FACTOR = False
    case = world.refer()
    before = logged_in(world, world.specialist)
    before.get(f"/sak/{case.pk}/")
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    (token,) = set(LINK.findall(answer(logged_in(world, world.leader), world.specialist).content.decode()))
    Client().post(f"/lenke/{token}/", {"new": NEW, "again": NEW})
    owner = by_password("jobb1", NEW)
    assert owner.get(f"/sak/{case.pk}/").status_code == 200
    with as_owner():
        officer = user("vern1", "Vera", "Vern")
        member(officer, Role.DATA_PROTECTION, world.office)
    text = "ny lenke"
    page = logged_in(world, officer).get("/personvern/innsyn/").content.decode()
    assert page.count("godkjent av Lise Leder") == 1 and text in page
    file = b"".join(logged_in(world, officer).get("/personvern/innsyn.csv").streaming_content).decode()
    assert file.count("godkjent av Lise Leder") == 1
    # Who leads them is told on their first page and has it to sign off, with how often it was used.
    leads = logged_in(world, world.supervisor)
    assert "Lise Leder" in leads.get("/min-dag/").content.decode()
    review = leads.get("/innsyn/").content.decode()
    assert "Ny passordlenke" in review and "Lise Leder" in review
    # A second login by the same password is marked like the first; after thirty days it is a password like any other.
    owner.post("/logg-ut/")
    with as_owner():
        ApprovalRequest.objects.update(answered_at=timezone.now() - timedelta(days=31))
    assert logged_in(world, world.specialist).get(f"/sak/{case.pk}/").status_code == 200
    page = logged_in(world, officer).get("/personvern/innsyn/").content.decode()
    assert page.count("godkjent av Lise Leder") == 1


def test_who_is_logged_in_at_a_login_service_proves_it_themselves(world, admin):
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="x")
    (number,) = asked_about(world.specialist)
    own = logged_in(world, world.specialist)
    assert "bekreft" not in own.get(f"/godkjenninger/{number}/").content.decode()
    with as_owner():
        Login.objects.filter(user=world.specialist).update(
            way="staff", issuer="https://login.example", authenticated_at=timezone.now()
        )
    assert "bekreft" in own.get(f"/godkjenninger/{number}/").content.decode()
    went = own.post(f"/godkjenninger/{number}/bekreft/")
    assert LINK.fullmatch(went["Location"])
    assert own.get(went["Location"]).status_code == 200
    with as_owner():
        assert ApprovalRequest.objects.get().outcome == "proven"
        # Nobody said yes: their logins are marked with nothing.
        Link.objects.update(used_at=timezone.now())
    assert by_password("jobb1", PASSWORD).session.get("_auth_user_id")
    with as_owner():
        assert not Login.objects.exclude(approval=None).exists()
