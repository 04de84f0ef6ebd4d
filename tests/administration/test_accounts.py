"""The administrator's pages: accounts, roles from and until a date, leaving, help with logging in; and no case content."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.models import Change
from plass.accounts import approvals, totp
from plass.accounts.models import ApprovalRequest, Subject
from plass.administration import actions
from plass.db import signed
from plass.organisation.models import County, GroupRole, Membership, Office, Role, Team, User
from tests.conftest import as_owner
from tests.world import approved_link, member, user

NEW = "en setning om sommeren"


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def admin(world, client):
    """A client that is the administrator, and acts as them."""
    client.force_login(world.act_as(world.administrator))
    return client


def send(client, address: str, **values):
    return client.post(address, {"submission": str(uuid.uuid4()), **values})


def logged_in(world, account: User) -> Client:
    client = Client()
    client.force_login(world.act_as(account))
    world.act_as(world.administrator)
    return client


PAGES = [
    "/organisasjon/",
    "/organisasjon/fylke/nytt/",
    "/organisasjon/fylke/{world.county.pk}/",
    "/organisasjon/fylke/{world.county.pk}/nytt-kontor/",
    "/organisasjon/kontor/{world.office.pk}/",
    "/organisasjon/kontor/{world.office.pk}/nytt-team/",
    "/organisasjon/team/{world.team.pk}/",
    "/organisasjon/grupper/",
    "/kontoer/",
    "/kontoer/ny/",
    "/kontoer/{world.specialist.pk}/",
    "/kontoer/{world.specialist.pk}/endre/",
    "/kontoer/{world.specialist.pk}/rolle/",
    "/kontoer/{world.specialist.pk}/slutter/",
]


def test_every_page_is_for_administrators_alone(world, client):
    addresses = [page.format(world=world) for page in PAGES]
    client.force_login(world.act_as(world.administrator))
    assert [address for address in addresses if client.get(address).status_code != 200] == []
    for name in ("specialist", "supervisor", "counsellor", "leader"):
        client.force_login(world.act_as(getattr(world, name)))
        assert [address for address in addresses if client.get(address).status_code != 404] == [], name
        assert client.post(f"/kontoer/{world.colleague.pk}/lenke/").status_code == 404
        assert client.post(f"/kontoer/{world.colleague.pk}/mistet-telefon/").status_code == 404


def test_no_case_content_reaches_an_administrator(world, admin):
    case = world.refer("Kanarifugl", "Hemmeligsen")
    world.act_as(world.administrator)
    for page in [*PAGES, f"/sak/{case.pk}/", "/deltakere/", "/min-dag/", "/"]:
        assert "Hemmeligsen" not in admin.get(page.format(world=world), follow=True).content.decode(), page
    with connection.cursor() as cursor:
        for table in ("cases_case", "cases_participant", "cases_referral"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0] == 0, table


def test_an_account_is_made_with_its_first_role_and_opened_by_a_link(world, admin, today):
    form = {
        "given_name": "Nina",
        "family_name": "Ny",
        "username": " Nina.NY@nav.no ",
        "role": "specialist",
        "place": f"team-{world.team.pk}",
        "started_on": today.isoformat(),
        "reason": "Begynner i teamet",
        "with_link": "on",
    }
    answer = send(admin, "/kontoer/ny/", **form)
    made = User.objects.get(username="nina.ny@nav.no")
    assert (answer.status_code, answer["Location"]) == (303, f"/kontoer/{made.pk}/")
    assert not Membership.objects.filter(user=made).exists()
    asked = ApprovalRequest.objects.get(user=made)
    leads = logged_in(world, world.supervisor)
    shown = send(leads, f"/godkjenninger/{asked.pk}/", outcome="yes")
    held = Membership.objects.get(user=made)
    assert (held.role, held.team, held.office, held.started_on) == ("specialist", world.team, world.office, today)
    shown = BeautifulSoup(leads.get(shown["Location"]).content, "html.parser")
    link = shown.select_one("code").text.removeprefix("http://testserver")
    stranger = Client()
    assert stranger.post(link, {"new": NEW, "again": NEW}).status_code == 303
    stranger.post("/logg-inn/", {"username": "nina.ny@nav.no", "password": NEW})
    assert stranger.get("/")["Location"] == "/min-dag/"


def test_the_same_form_twice_makes_one_account(world, admin, today):
    form = {
        "submission": str(uuid.uuid4()),
        "given_name": "Nina",
        "family_name": "Ny",
        "username": "nina",
        "role": "counsellor",
        "place": f"office-{world.office.pk}",
        "started_on": today.isoformat(),
        "reason": "Begynner i teamet",
    }
    answers = [admin.post("/kontoer/ny/", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert User.objects.filter(username="nina").count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"username": "jobb1"}, "user name"),
        ({"username": "to ord"}, "mellomrom"),
        ({"place": "office-{world.office.pk}"}, "hører til et team"),
        ({"role": "counsellor", "place": "county-{world.county.pk}"}, "hører til et kontor"),
        ({"place": "team-999999"}, "place"),
        ({"started_on": "i går"}, "started_on"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(world, admin, today, change, says):
    form = {
        "given_name": "Nina",
        "family_name": "Nyansen",
        "username": "nina",
        "role": "specialist",
        "place": f"team-{world.team.pk}",
        "started_on": today.isoformat(),
        "reason": "Begynner i teamet",
    } | {name: value.format(world=world) for name, value in change.items()}
    before = User.objects.count()
    answer = send(admin, "/kontoer/ny/", **form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nyansen" in page
    assert "aksel-error-message" in page or "aksel-error-summary" in page
    if " " in says or says == "mellomrom":
        assert says in page or says == "user name"
    assert User.objects.count() == before


def test_nobody_gives_themselves_a_role_neither_by_the_page_nor_in_the_database(world, admin, today):
    answer = send(
        admin,
        f"/kontoer/{world.administrator.pk}/rolle/",
        role="specialist",
        place=f"team-{world.team.pk}",
        started_on=today.isoformat(),
        reason="Begynner i teamet",
    )
    assert answer.status_code == 422
    assert "En annen administrator" in answer.content.decode()
    world.act_as(world.administrator)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Membership.objects.create(
            user=world.administrator, role="specialist", office=world.office, team=world.team, started_on=today
        )


def test_the_same_role_twice_in_the_same_days_is_refused(world, admin, today):
    same = {
        "role": "specialist",
        "place": f"team-{world.team.pk}",
        "started_on": today.isoformat(),
        "reason": "Hjelper til",
    }
    assert send(admin, f"/kontoer/{world.specialist.pk}/rolle/", **same).status_code == 422
    in_second_team = same | {"place": f"team-{world.second_team.pk}"}
    assert send(admin, f"/kontoer/{world.specialist.pk}/rolle/", **in_second_team).status_code == 303


def test_a_role_is_asked_for_with_a_reason_that_stands_in_the_history(world, admin, today):
    address = f"/kontoer/{world.specialist.pk}/rolle/"
    form = {"role": "specialist", "place": f"team-{world.second_team.pk}", "started_on": today.isoformat()}
    for nothing in ("", "  "):
        assert send(admin, address, **form, reason=nothing).status_code == 422
    assert not ApprovalRequest.objects.exists()
    assert send(admin, address, **form, reason="Dekker permisjonen").status_code == 303
    asked = ApprovalRequest.objects.get()
    assert asked.reason == "Dekker permisjonen"
    added = Change.objects.get(table="accounts_approvalrequest", row=asked.pk)
    assert added.new["reason"] == "Dekker permisjonen"
    with pytest.raises(DatabaseError), transaction.atomic():
        ApprovalRequest.objects.filter(pk=asked.pk).delete()
    asked.pk, asked.reason, asked.asked_at = None, "", timezone.now()
    with pytest.raises(DatabaseError), transaction.atomic():
        asked.save(force_insert=True)


# --- What was asked for -----------------------------------------------------------------------------------------------


def test_an_administrator_follows_what_became_of_what_they_asked_for(world, admin, today):
    assert "ikke bedt om noe" in admin.get("/kontoer/foresporsler/").content.decode()
    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="Glemt")
    refused = ApprovalRequest.objects.get()
    approvals.answer(refused, by=world.act_as(world.supervisor), yes=False, comment="Hun har det bra")
    send(admin, f"/kontoer/{world.colleague.pk}/lenke/", reason="Glemt igjen")
    with as_owner():
        second_administrator = user("admin2", "Anne", "Annen")
        member(second_administrator, Role.ADMINISTRATOR, world.office)
    send(logged_in(world, second_administrator), f"/kontoer/{world.counsellor.pk}/lenke/", reason="En annens")
    page = BeautifulSoup(admin.get("/kontoer/foresporsler/").content, "html.parser")
    lines = [" ".join(item.get_text(" ").split()) for item in page.select("#requests li")]
    assert len(lines) == 2
    assert "Glemt igjen" in lines[0] and "venter" in lines[0] and world.supervisor.name in lines[0]
    assert "Avvist av" in lines[1] and "Hun har det bra" in lines[1]
    assert "/kontoer/foresporsler/" in admin.get("/kontoer/").content.decode()


def test_the_page_of_requests_asks_no_more_the_more_there_are(world, admin):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get("/kontoer/foresporsler/").status_code == 200
        return len(asked)

    send(admin, f"/kontoer/{world.specialist.pk}/lenke/", reason="Glemt")
    few = questions()
    for someone in (world.colleague, world.supervisor, world.counsellor, world.leader, world.other_specialist):
        send(admin, f"/kontoer/{someone.pk}/lenke/", reason="Glemt")
    assert questions() == few <= 12


# --- Ending ---------------------------------------------------------------------------------------------------------


def test_a_role_that_ends_now_logs_them_out_and_closes_the_cases_at_once(world, admin, today):
    case = world.refer()
    browser = logged_in(world, world.specialist)
    assert browser.get(f"/sak/{case.pk}/").status_code == 200
    held = Membership.objects.get(user=world.specialist)
    yesterday = today - timedelta(days=1)
    address = f"/kontoer/{world.specialist.pk}/rolle/{held.pk}/slutt/"
    assert send(admin, address, last_day=(yesterday - timedelta(days=1)).isoformat()).status_code == 422
    assert send(admin, address, last_day=yesterday.isoformat()).status_code == 303
    assert browser.get(f"/sak/{case.pk}/")["Location"].startswith("/logg-inn/")
    browser.force_login(world.act_as(world.specialist))
    assert browser.get(f"/sak/{case.pk}/").status_code == 404


def test_a_role_that_ends_later_holds_until_then(world, admin, today):
    browser = logged_in(world, world.specialist)
    held = Membership.objects.get(user=world.specialist)
    address = f"/kontoer/{world.specialist.pk}/rolle/{held.pk}/slutt/"
    assert send(admin, address, last_day=(today + timedelta(days=30)).isoformat()).status_code == 303
    assert browser.get("/min-dag/").status_code == 200


def test_who_leaves_is_logged_out_at_once_and_cannot_come_back(world, admin, today):
    browser = logged_in(world, world.colleague)
    assert browser.get("/min-dag/").status_code == 200
    yesterday = today - timedelta(days=1)
    assert send(admin, f"/kontoer/{world.colleague.pk}/slutter/", last_day=yesterday.isoformat()).status_code == 303
    assert browser.get("/min-dag/")["Location"].startswith("/logg-inn/")
    answer = Client().post("/logg-inn/", {"username": "jobb2", "password": "prøv-passord-123"})
    assert answer.status_code == 422
    world.act_as(world.administrator)
    assert set(Membership.objects.filter(user=world.colleague).values_list("ended_on", flat=True)) == {yesterday}


def test_a_role_given_by_mistake_today_can_be_taken_back_today(world, admin, today):
    world.act_as(world.administrator)
    asked = actions.give_role(
        by=world.administrator,
        account=world.colleague,
        role="supervisor",
        place=world.second_team,
        started_on=today,
        reason="Tar over teamet",
    )
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    world.act_as(world.administrator)
    held = Membership.objects.get(user=world.colleague, role="supervisor")
    actions.end_role(held, by=world.administrator, last_day=today - timedelta(days=1))
    client = logged_in(world, world.colleague)
    assert client.get("/").status_code == 302
    with as_owner():
        assert not Membership.objects.filter(pk=held.pk, started_on__lte=today, ended_on__gte=today).exists()


def test_the_last_administrator_stays(world, admin, today):
    held = Membership.objects.get(user=world.administrator)
    yesterday = (today - timedelta(days=1)).isoformat()
    address = f"/kontoer/{world.administrator.pk}/rolle/{held.pk}/slutt/"
    answer = send(admin, address, last_day=yesterday)
    assert answer.status_code == 422 and "ingen være administrator" in answer.content.decode()
    assert send(admin, f"/kontoer/{world.administrator.pk}/slutter/", last_day=yesterday).status_code == 422
    with as_owner():
        member(world.leader, Role.ADMINISTRATOR, world.office)
    assert send(admin, address, last_day=yesterday).status_code == 303


def test_an_ended_account_opens_again_without_roles(world, admin, today):
    send(admin, f"/kontoer/{world.colleague.pk}/slutter/", last_day=(today - timedelta(days=1)).isoformat())
    assert admin.post(f"/kontoer/{world.colleague.pk}/gjenopne/").status_code == 303
    with as_owner():
        account = User.objects.get(pk=world.colleague.pk)
    assert account.ended_on is None
    client = Client()
    client.force_login(world.act_as(account))
    assert client.get("/min-dag/").status_code == 404


# --- Help with logging in -------------------------------------------------------------------------------------------


def test_a_lost_phone_is_forgotten_and_the_login_ends(world, admin):
    secret = totp.new_secret()
    totp.confirm(by=world.act_as(world.colleague), secret=secret, code=pyotp.TOTP(secret).at(int(time.time())))
    browser = logged_in(world, world.colleague)
    page = admin.get(f"/kontoer/{world.colleague.pk}/").content.decode()
    assert "Har mistet telefonen" in page
    assert send(admin, f"/kontoer/{world.colleague.pk}/mistet-telefon/", reason="Ringte").status_code == 303
    assert browser.get("/min-dag/").status_code == 200
    approvals.answer(ApprovalRequest.objects.get(user=world.colleague), by=world.act_as(world.supervisor), yes=True)
    assert browser.get("/min-dag/").status_code == 302
    world.act_as(world.colleague)
    assert totp.of(world.colleague) is None
    assert totp.codes_left(world.colleague) == 0


def test_an_account_is_released_from_the_login_service(world, admin):
    with as_owner():
        Subject.objects.create(issuer="https://login.example", subject="o-1", user=world.colleague)
    assert "Frikoble" in admin.get(f"/kontoer/{world.colleague.pk}/").content.decode()
    admin.post(f"/kontoer/{world.colleague.pk}/frikoble/")
    with as_owner():
        assert not Subject.objects.exists()


def test_participants_and_unknown_acts_are_not_there(world, admin):
    with as_owner():
        account = user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
    assert admin.get(f"/kontoer/{account.pk}/").status_code == 404
    assert admin.post(f"/kontoer/{account.pk}/lenke/").status_code == 404
    assert admin.post(f"/kontoer/{world.colleague.pk}/finnes-ikke/").status_code == 404


# --- The organisation and the list ----------------------------------------------------------------------------------


def test_counties_offices_and_teams_are_added_and_renamed(world, admin):
    assert send(admin, "/organisasjon/fylke/nytt/", name="Nyfylket").status_code == 303
    county = County.objects.get(name="Nyfylket")
    new = f"/organisasjon/fylke/{county.pk}/nytt-kontor/"
    assert send(admin, new, number="12", name="Plass Ny").status_code == 422
    assert send(admin, new, number="9901", name="Plass Ny").status_code == 422
    assert send(admin, new, number="9955", name="Plass Ny").status_code == 303
    office = Office.objects.get(number="9955")
    assert send(admin, f"/organisasjon/kontor/{office.pk}/nytt-team/", name="Jobbteam 1").status_code == 303
    assert send(admin, f"/organisasjon/kontor/{office.pk}/nytt-team/", name="Jobbteam 1").status_code == 422
    team = Team.objects.get(office=office)
    assert send(admin, f"/organisasjon/team/{team.pk}/", name="Ungdomsteamet").status_code == 303
    page = admin.get("/organisasjon/").content.decode()
    assert "Ungdomsteamet" in page and "Plass Ny" in page


def test_groups_are_mapped_to_roles_and_taken_away(world, admin):
    values = {"group": "g-1", "role": "specialist", "place": f"team-{world.team.pk}"}
    assert send(admin, "/organisasjon/grupper/", **values).status_code == 303
    asked = ApprovalRequest.objects.get()
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    world.act_as(world.administrator)
    assert send(admin, "/organisasjon/grupper/", **values).status_code == 422
    mapping = GroupRole.objects.get()
    assert (mapping.team, mapping.office) == (world.team, world.office)
    assert "g-1" in admin.get("/organisasjon/grupper/").content.decode()
    for _ in range(2):
        assert admin.post(f"/organisasjon/grupper/{mapping.pk}/fjern/").status_code == 303
    assert not GroupRole.objects.exists()


def names(client, query: str) -> list[str]:
    page = BeautifulSoup(client.get(f"/kontoer/{query}").content, "html.parser")
    return [link.text for link in page.select("#accounts tbody th a")]


def test_accounts_are_found_by_name_office_role_and_state(world, admin, today):
    assert names(admin, "?q=siri+spes") == ["Siri Spesialist"]
    assert names(admin, "?q=SORKONTOR+jobb3") == ["Synne Sørkontor"]
    assert names(admin, "?q=jobb3") == ["Synne Sørkontor"]
    assert names(admin, f"?office={world.other_office.pk}") == ["Synne Sørkontor", "Vera Veileder"]
    assert names(admin, "?role=supervisor") == ["Mette Metodeveileder"]
    assert names(admin, "?q=finnesikke") == []
    actions.leave(world.colleague, by=world.act_as(world.administrator), last_day=today - timedelta(days=1))
    assert "Kåre Kollega" not in names(admin, "")
    assert names(admin, "?state=ended") == ["Kåre Kollega"]


def test_the_last_letters_of_the_alphabet_come_last_and_in_their_order(world, admin):
    with as_owner():
        for name in ("Ås", "Østby", "Ærlig", "Zakariassen"):
            user(name.lower(), "Bo", name)
    assert names(admin, "?q=Bo")[-4:] == ["Bo Zakariassen", "Bo Ærlig", "Bo Østby", "Bo Ås"]


def test_an_account_that_has_ended_is_not_opened_by_a_later_last_day(world, today):
    """What was approved meanwhile would hold then: whoever comes back has the roles that they get from then on."""
    yesterday = today - timedelta(days=1)
    asked = actions.give_role(
        by=world.act_as(world.administrator),
        account=world.colleague,
        role=Role.SUPERVISOR,
        place=world.second_team,
        started_on=today,
        reason="Skal lede",
    )
    actions.leave(world.colleague, by=world.act_as(world.administrator), last_day=yesterday)
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    by = world.act_as(world.administrator)
    account = User.objects.get(pk=world.colleague.pk)
    with pytest.raises(ValidationError, match="avsluttet"):
        actions.leave(account, by=by, last_day=today + timedelta(days=300))
    assert signed.call("organisation_end_account", account.pk, today + timedelta(days=300)) == [(False,)]
    # Another day of those that are past is a correction; coming back ends what there was.
    actions.leave(User.objects.get(pk=account.pk), by=by, last_day=yesterday - timedelta(days=1))
    actions.come_back(User.objects.get(pk=account.pk), by=by)
    world.act_as(world.colleague)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM access_memberships()")
        assert cursor.fetchone() == (0,)


def test_the_list_asks_the_database_the_same_few_questions_however_many_there_are(world, admin):
    with CaptureQueriesContext(connection) as few:
        admin.get("/kontoer/")
    with as_owner():
        for number in range(30):
            member(user(f"mange{number}", "Mange", f"Nummer{number}"), Role.SPECIALIST, world.office, world.team)
    with CaptureQueriesContext(connection) as many:
        admin.get("/kontoer/")
    assert len(many) == len(few) <= 14


def test_what_an_administrator_does_to_an_account_stands_in_the_history(world, admin, today):
    approved_link(world, world.colleague)
    world.act_as(world.administrator)
    held = Membership.objects.get(user=world.colleague)
    send(admin, f"/kontoer/{world.colleague.pk}/rolle/{held.pk}/slutt/", last_day=today.isoformat())
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            'SELECT "table", operation FROM access_change WHERE who = %s AND about_user = %s ORDER BY id',
            [world.administrator.pk, world.colleague.pk],
        )
        assert cursor.fetchall() == [("accounts_approvalrequest", "insert"), ("organisation_membership", "update")]
        cursor.execute(
            'SELECT "table", operation FROM access_change WHERE who = %s AND about_user = %s ORDER BY id',
            [world.leader.pk, world.colleague.pk],
        )
        assert cursor.fetchall() == [("accounts_link", "insert"), ("accounts_approvalrequest", "update")]
        cursor.execute("SELECT new FROM access_change WHERE \"table\" = 'accounts_link'")
        assert '"token_hash": "***"' in cursor.fetchone()[0]


def test_whoever_runs_the_machine_lets_an_only_administrator_in_again(world, settings):
    """The phone is lost and nobody else may approve: the command line needs nobody's yes."""
    settings.PLASS_SECOND_FACTOR = True
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(int(time.time()))
    totp.confirm(by=world.act_as(world.administrator), secret=secret, code=code)
    browser = logged_in(world, world.administrator)
    assert browser.get("/kontoer/").status_code == 200
    with as_owner():
        with pytest.raises(ValidationError):
            actions.reset_account(username="finnesikke", password=NEW)
        actions.reset_account(username="admin1", password=NEW)
    assert browser.get("/kontoer/").status_code == 302
    stranger = Client()
    assert stranger.post("/logg-inn/", {"username": "admin1", "password": NEW})["Location"] == "/logg-inn/kode/"
    assert stranger.get("/logg-inn/kode/")["Location"] == "/logg-inn/ny-kode/"


def test_a_role_is_not_lengthened_by_the_page_that_ends_it(world, admin, today):
    held = Membership.objects.get(user=world.colleague)
    address = f"/kontoer/{world.colleague.pk}/rolle/{held.pk}/slutt/"
    assert send(admin, address, last_day=(today + timedelta(days=10)).isoformat()).status_code == 303
    answer = send(admin, address, last_day=(today + timedelta(days=11)).isoformat())
    assert answer.status_code == 422 and "be om en ny rolle" in answer.content.decode()
