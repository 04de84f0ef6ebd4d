"""What in the log comes up for the supervisor, that it can be signed off, and the file for the data protection officer."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl import load_workbook

from plass.access import actions as access
from plass.access import idempotency
from plass.access.models import AccessLogEntry
from plass.accounts import approval_labels, approvals
from plass.accounts.models import ApprovalRequest
from plass.administration import actions as administration
from plass.cases import actions as case_actions
from plass.organisation.models import Role
from plass.oversight import actions, queries
from plass.oversight.models import Review
from plass.oversight.patterns import LIMITS, PATTERNS
from tests.conftest import as_owner
from tests.world import member, user


def findings_by_kind(world, by=None) -> dict[str, list[queries.Finding]]:
    world.act_as(by or world.supervisor)
    kinds: dict[str, list[queries.Finding]] = {}
    for finding in queries.findings(timezone.localdate()):
        kinds.setdefault(finding.kind, []).append(finding)
    return kinds


def text_of(page) -> str:
    """What a page says, without its tags."""
    return " ".join(BeautifulSoup(page.content, "html.parser").get_text(" ").split())


def look(world, client, someone, *cases, page: str = "pause/") -> None:
    client.force_login(world.act_as(someone))
    for case in cases:
        client.get(f"/sak/{case.pk}/{page}")


def test_the_ordinary_work_of_a_team_is_nothing_to_look_at(world, client):
    case = world.refer("Helt", "Vanlig")
    for someone in (world.specialist, world.colleague, world.counsellor):
        look(world, client, someone, case)
    assert findings_by_kind(world) == {}


def test_an_emergency_comes_up_with_its_reason_for_both_supervisors(world):
    case = world.refer()
    with as_owner():
        second_supervisor = user("leder9", "Olga", "Overordnet")
        member(second_supervisor, Role.SUPERVISOR, world.other_office, world.other_team)
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Akutt vikar", hours=8)
    (finding,) = findings_by_kind(world)["emergency"]
    assert (finding.name, finding.reason, finding.case_id) == (world.other_specialist.name, "Akutt vikar", case.pk)
    (finding_of_second,) = findings_by_kind(world, second_supervisor)["emergency"]
    assert (finding_of_second.reason, finding_of_second.case_id) == ("Akutt vikar", None)


def test_min_dag_tells_the_supervisor_of_an_emergency_until_it_is_signed_off(world, client):
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Akutt vikar", hours=8)

    def is_notified(someone) -> bool:
        client.force_login(world.act_as(someone))
        return 'id="emergencies"' in client.get("/min-dag/").content.decode()

    assert is_notified(world.supervisor)
    assert not is_notified(world.specialist) and not is_notified(world.other_specialist)
    world.act_as(world.supervisor)
    emergencies = [finding for finding in queries.findings(timezone.localdate()) if finding.kind == "emergency"]
    actions.sign_off(emergencies, by=world.supervisor, verdict="fine")
    assert not is_notified(world.supervisor)


def test_the_shielded_come_up_without_their_number(world, client):
    look(world, client, world.colleague, world.refer(protection="confidential"))
    (finding,) = findings_by_kind(world)["never"]
    assert (finding.user_id, finding.case_id) == (world.colleague.pk, None)


def test_the_same_surname_comes_up(world, client):
    case = world.refer("Eva", world.colleague.family_name.upper())
    # Refused, they saw nothing: that is another pattern.
    look(world, client, world.colleague, case)
    assert "same surname" not in findings_by_kind(world)
    look(world, client, world.colleague, case, page="")
    (finding,) = findings_by_kind(world)["same surname"]
    assert finding.user_id == world.colleague.pk


def test_a_neighbour_office_comes_up(world, client):
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="x", hours=8)
    look(world, client, world.other_specialist, case, page="")
    assert [finding.user_id for finding in findings_by_kind(world)["neighbour office"]] == [world.other_specialist.pk]


def test_refused_again_and_again_comes_up_and_once_does_not(world, client):
    cases = [world.refer(team=world.second_team, taken=False) for _each in range(LIMITS[-1].refusals)]
    look(world, client, world.colleague, *cases[:-1])
    assert "refused" not in findings_by_kind(world)
    look(world, client, world.colleague, cases[-1])
    assert [finding.times for finding in findings_by_kind(world)["refused"]] == [LIMITS[-1].refusals]


def test_many_of_the_colleagues_cases_come_up(world):
    with as_owner():
        AccessLogEntry.objects.bulk_create(
            AccessLogEntry(user=world.colleague, case_id=number, purpose="x", rule="team", allowed=True)
            for number in range(LIMITS[-1].many)
        )
    assert [finding.times for finding in findings_by_kind(world)["many"]] == [LIMITS[-1].many]


@pytest.mark.parametrize(
    ("purpose", "rule", "finds"),
    [("differences", "leads", False), ("differences", "team", True), ("case page", "leads", True)],
)
def test_what_a_list_says_otherwise_of_ones_own_team_is_not_many_cases(world, purpose, rule, finds):
    """Whoever leads a team and goes through its list sees twenty people on each page: that is the work they were given."""
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, county=world.county)
    cases = [world.refer("Helt", f"Vanlig {number}") for number in range(LIMITS[-1].many)]
    with as_owner():
        AccessLogEntry.objects.bulk_create(
            AccessLogEntry(user=world.supervisor, case_id=case.pk, purpose=purpose, rule=rule, allowed=True)
            for case in cases
        )
    assert ("many" in findings_by_kind(world, officer)) == finds


def test_every_pattern_of_the_page_is_one_the_database_finds(world):
    from importlib import resources

    files = (resources.files("plass.oversight") / "sql").iterdir()
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert all(f"'{pattern.kind}'" in text for pattern in PATTERNS)


def asked_for(world, kind: str) -> ApprovalRequest:
    """What the administrator asked for, of this kind, and the leader of the office approved."""
    by = world.act_as(world.administrator)
    if kind == "password":
        asked = administration.password_link(world.specialist, by=by, reason="Har glemt passordet")
    elif kind == "factor":
        asked = administration.forget_phone(world.specialist, by=by, reason="Har mistet telefonen")
    elif kind == "group":
        asked = administration.add_group(by=by, group="jobb-nord", role="specialist", place=world.team)
    else:
        since = timezone.localdate()
        kari = administration.make_account(by=by, username="ny1", started_on=since, given_name="Kari", family_name="Ny")
        asked = administration.give_role(
            by=by,
            account=kari,
            role="specialist",
            place=world.team,
            started_on=since,
            reason="Ny i teamet",
            with_link=kind == "new here",
        )
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    return asked


GRANTED = {
    "password": ("Ny passordlenke", "Ny passordlenke: bedt om av Atle Administrator, godkjent av Lise Leder."),
    "factor": (
        "Kodene på telefonen og passnøklene er tatt bort",
        "Kodene på telefonen og passnøklene er tatt bort: bedt om av Atle Administrator, godkjent av Lise Leder.",
    ),
    "new here": (
        "Ny kollega med lenke for å logge inn",
        "Ny rolle som jobbspesialist, med lenke for å velge passord: "
        "bedt om av Atle Administrator, godkjent av Lise Leder.",
    ),
}


@pytest.mark.parametrize("kind", GRANTED)
def test_each_way_in_that_was_approved_is_said_as_what_it_is(world, client, kind):
    asked_for(world, kind)
    client.force_login(world.act_as(world.supervisor))
    page = BeautifulSoup(client.get("/innsyn/").content, "html.parser")
    (section,) = page.select("section[aria-labelledby^=pattern]")
    heading, line = GRANTED[kind]
    assert section.h2.get_text(strip=True) == heading
    assert line in " ".join(section.get_text(" ").split())
    assert ("ny telefon" in section.get_text()) == (kind == "factor")
    assert ("rolle" in section.get_text()) == (kind == "new here")
    # Signed off, it is done.
    world.act_as(world.supervisor)
    actions.sign_off(queries.findings(timezone.localdate()), by=world.supervisor, verdict="fine")
    assert queries.unsigned(timezone.localdate()) == 0


@pytest.mark.parametrize(
    ("kind", "approved", "login"),
    [
        ("password", "Ny passordlenke: bedt om", "logget inn med ny lenke godkjent av Lise Leder"),
        ("factor", "Kodene på telefonen og passnøklene", "logget inn med ny telefon godkjent av Lise Leder"),
        (
            "new here",
            "Ny rolle som jobbspesialist, med lenke for å velge passord: bedt om",
            "logget inn med lenken til en ny rolle godkjent av Lise Leder",
        ),
        ("role", "Ny rolle som jobbspesialist: bedt om", None),
        ("group", "Gruppen jobb-nord gir rollen jobbspesialist: bedt om", None),
    ],
)
def test_what_was_approved_has_its_own_words(world, kind, approved, login):
    number = asked_for(world, kind).pk
    with as_owner():
        asked = ApprovalRequest.objects.select_related("asked_by", "answered_by").get(pk=number)
    assert approval_labels.approval(asked).startswith(approved)
    assert login is None or approval_labels.login(asked) == login


@pytest.mark.parametrize("name", ["specialist", "counsellor", "leader", "administrator", "other_specialist"])
def test_nobody_else_is_told(world, client, name):
    look(world, client, world.colleague, world.refer(protection="confidential"))
    assert findings_by_kind(world, getattr(world, name)) == {}
    client.force_login(world.act_as(getattr(world, name)))
    assert client.get("/innsyn/").status_code == 404


def test_a_finding_is_signed_off_with_who_when_and_a_comment(world, client):
    look(world, client, world.colleague, world.refer(protection="confidential"))
    ((finding,),) = findings_by_kind(world).values()
    client.force_login(world.act_as(world.supervisor))
    assert world.colleague.name in client.get("/innsyn/").content.decode()
    form = {"submission": str(idempotency.new()), "findings": finding.key, "verdict": "further"}
    # What came of it is not chosen beforehand, or one press would say that all is well.
    unsaid = client.post("/innsyn/", form | {"verdict": ""})
    assert unsaid.status_code == 422 and "Velg hva det ble til." in text_of(unsaid)
    assert not BeautifulSoup(client.get("/innsyn/").content, "html.parser").select("input[name=verdict][checked]")
    assert "Kommentar (må fylles ut hvis det må undersøkes)" in text_of(client.get("/innsyn/"))
    refused = client.post("/innsyn/", form)
    assert refused.status_code == 422
    assert "checked" in refused.content.decode()
    assert client.post("/innsyn/", {**form, "comment": "Snakker med Kåre"}).status_code == 303
    ((signed,),) = findings_by_kind(world).values()
    assert (signed.review.reviewed_by, signed.review.comment) == (world.supervisor, "Snakker med Kåre")
    assert "Snakker med Kåre" in client.get("/innsyn/").content.decode()


def test_nobody_signs_off_what_they_did_themselves(world):
    me = world.act_as(world.supervisor)
    own = queries.Finding("many", me.pk, timezone.localdate(), None, 20, "", "many:x")
    with pytest.raises(ValidationError):
        actions.sign_off([own], by=me, verdict="fine")
    with pytest.raises(ValidationError):
        actions.sign_off([own], by=me, verdict="further")
    assert not Review.objects.exists()


# --- The data protection officer ----------------------------------------------------------------------------------------


@pytest.fixture
def officer(world):
    with as_owner():
        account = user("ombud1", "Pia", "Personvern")
        member(account, Role.DATA_PROTECTION, world.office)
    return account


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_log_is_taken_out_whole_safe_to_open_and_that_is_logged(world, client, officer, file_format):
    case = world.refer("Kanari", "Fuglesen")
    with as_owner():
        type(world.specialist).objects.filter(pk=world.specialist.pk).update(given_name="=1+1")
    look(world, client, world.specialist, case, case)
    look(world, client, world.other_specialist, case)
    client.force_login(world.act_as(officer))
    answer = client.get(f"/personvern/innsyn.{file_format}")
    content = b"".join(answer.streaming_content)
    if file_format == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    else:
        rows = [[str(cell or "") for cell in row] for row in load_workbook(io.BytesIO(content)).active.values]
    assert len(rows) == 1 + 3
    assert rows[1][1].startswith("'=1+1")
    assert "Fuglesen" not in str(rows)
    assert str(case.participant_id) in rows[3]
    with as_owner():
        line = AccessLogEntry.objects.latest("pk")
    assert (line.user_id, line.purpose, line.shown) == (officer.pk, "log export", 3)


def test_the_officer_sees_the_log_and_no_case(world, client, officer):
    case = world.refer("Kanari", "Fuglesen")
    look(world, client, world.specialist, case)
    client.force_login(world.act_as(officer))
    page = client.get("/personvern/innsyn/").content.decode()
    assert world.specialist.name in page and "Fuglesen" not in page
    assert client.get(f"/sak/{case.pk}/").status_code == 404
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert (
        world.specialist.name not in client.get(f"/personvern/innsyn/?fra={tomorrow}&til={tomorrow}").content.decode()
    )
    assert client.get("/personvern/innsyn/?fra=2026-02-02&til=2026-01-01").status_code == 422


@pytest.mark.parametrize("name", ["specialist", "supervisor", "leader", "administrator"])
def test_nobody_else_takes_the_log_out(world, client, name):
    client.force_login(world.act_as(getattr(world, name)))
    for address in ("/personvern/innsyn/", "/personvern/innsyn.csv"):
        assert client.get(address).status_code == 404


# --- What was changed ---------------------------------------------------------------------------------------------------


def test_the_page_tells_what_was_changed_and_not_where_a_protected_person_lives(world, client):
    case = world.refer("Gammel", "Navn", address="Hemmelig vei 1")
    by = world.act_as(world.specialist)
    case_actions.change_participant(case.participant, by=by, based_on=1, given_name="Ny", address="Hemmelig vei 2")
    client.force_login(by)
    page = client.get(f"/sak/{case.pk}/endringer/").content.decode()
    assert "Gammel" in page and "Hemmelig vei 1" in page
    case_actions.change_protection(
        case.participant, by=world.act_as(world.specialist), based_on=2, protection="confidential", reason="Vedtak"
    )
    page = client.get(f"/sak/{case.pk}/endringer/").content.decode()
    assert "Gammel" in page and "Hemmelig vei" not in page


def test_of_a_new_link_what_was_opened_by_it_is_counted_and_not_what_was_refused(world):
    asked = administration.password_link(world.colleague, by=world.act_as(world.administrator), reason="Glemt")
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    with as_owner():
        for allowed in (True, False, False):
            AccessLogEntry.objects.create(user=world.colleague, purpose="case", rule="team", allowed=allowed)
        AccessLogEntry.objects.update(approval_id=asked.pk)
    (finding,) = findings_by_kind(world)["new link"]
    assert "Har åpnet en sak 1 gang siden" in finding.reason
