"""Referring somebody: what is checked, who is known already, and what a counsellor sees of how it goes."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from plass.cases import actions, identity, joining
from plass.cases.models import Assignment, Case, Participant, Referral
from plass.followup.models import Contact
from plass.milestones.models import Milestones
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import identity_number, stored

TODAY = timezone.localdate()


@pytest.fixture
def counsellor(world, client):
    someone = world.act_as(world.counsellor)
    client.force_login(someone)
    return someone


def filled_in(world, **changes) -> dict[str, str]:
    return {
        "submission": str(uuid.uuid4()),
        "number": identity_number(),
        "given_name": "Prøve",
        "family_name": "Henvistsen",
        "protection": "",
        "wishes": "Jobbe ute, gjerne med dyr",
        "participant_agreed_on": TODAY.isoformat(),
        "happened_on": TODAY.isoformat(),
        "team": str(world.team.pk),
    } | changes


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "html.parser")


def test_a_referral_makes_participant_case_and_fact_and_leads_to_the_list(world, client, counsellor):
    answer = client.post("/henvis/", filled_in(world, help_wanted="Skrive søknad", phone="900 00 000"))
    assert (answer.status_code, answer["Location"]) == (303, "/henvisninger/")
    case = Case.objects.get()
    referral = Referral.objects.get()
    assert (case.team, case.counsellor, case.specialist, case.office) == (world.team, counsellor, None, world.office)
    assert (referral.wishes, referral.help_wanted) == ("Jobbe ute, gjerne med dyr", "Skrive søknad")
    assert case.participant.phone == "900 00 000"
    milestones = Milestones.objects.get(pk=case.pk)
    assert (milestones.phase, milestones.waiting_days) == ("referred", 0)


def test_there_is_no_field_for_readiness_or_motivation(world, client, counsellor):
    page = client.get("/henvis/")
    names = {field["name"] for field in soup(page).select("main [name]")}
    assert names == {
        "csrfmiddlewaretoken", "submission", "number", "given_name", "family_name", "phone", "email", "address",
        "postal_code", "place", "language", "protection", "wishes", "help_wanted", "participant_agreed_on",
        "happened_on", "team",
    }  # fmt: skip


def test_the_teams_are_those_of_the_counsellor_s_own_office(world, client, counsellor):
    teams = {field["value"] for field in soup(client.get("/henvis/")).select("[name=team]")}
    assert teams == {str(world.team.pk), str(world.second_team.pk)}
    answer = client.post("/henvis/", filled_in(world, team=str(world.other_team.pk)))
    assert answer.status_code == 422
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("number", "", "Fødselsnummer"),
        ("number", "12345678901", "dato"),
        ("number", "1234", "elleve sifre"),
        ("number", "17859000001", "Kontrollsifrene"),
        ("number", "13116900216", "demo"),
        ("given_name", "", "Fornavn"),
        ("wishes", "", "Hva sier personen"),
        ("team", "", "Velg teamet"),
        ("protection", "noe", "skjermet"),
        ("postal_code", "12", "fire sifre"),
        ("email", "ikke-en-adresse", "E-post"),
        ("participant_agreed_on", (TODAY + timedelta(days=1)).isoformat(), "fram i tid"),
        ("participant_agreed_on", "i går", "sa ja"),
        ("happened_on", (TODAY + timedelta(days=1)).isoformat(), "fram i tid"),
        ("given_name", "x" * 101, "Fornavn"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_everything_typed_is_kept(
    world, client, counsellor, field, wrong, says
):
    typed = filled_in(world, **{field: wrong})
    answer = client.post("/henvis/", typed)
    assert answer.status_code == 422
    page = soup(answer)
    assert says in page.select_one("[data-error-summary]").get_text()
    assert page.select_one("[name=wishes]").get_text().strip() == typed["wishes"]
    assert page.select_one("[name=family_name]")["value"] == typed["family_name"]
    if field not in {"team", "protection", "wishes"}:
        assert page.select_one(f"[name={field}]").get("value", "") == wrong
    assert not Case.objects.exists()


def test_the_identity_number_stands_in_no_address_and_is_kept_encrypted(world, client, counsellor):
    number = identity_number()
    answer = client.post("/henvis/", filled_in(world, number=number))
    assert number not in answer["Location"]
    participant = Participant.objects.get()
    assert number.encode() not in stored(participant, "identity_number")
    assert identity.decrypt(stored(participant, "identity_number")) == number


def test_sent_twice_in_a_row_it_is_one_referral_and_leads_to_the_same_page(world, client, counsellor):
    typed = filled_in(world)
    answers = [client.post("/henvis/", typed) for _ in range(2)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, "/henvisninger/")}
    assert Case.objects.count() == Participant.objects.count() == Referral.objects.count() == 1


def test_somebody_with_an_open_case_here_is_not_referred_again_by_who_sees_it(world, client):
    number = identity_number()
    world.refer("Kari", "Kjentsen", number=number)
    client.force_login(world.act_as(world.counsellor))
    answer = client.post("/henvis/", filled_in(world, number=number, given_name="Kari", family_name="Ny"))
    assert answer.status_code == 422
    assert "har allerede oppfølging ved dette kontoret" in answer.content.decode()


def test_who_does_not_see_the_open_case_is_not_told_of_it(world, client):
    # Decision 0159: until then the answer said that the person has follow-up here, to everybody who works here.
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", number=number)
    with as_owner():
        Membership.objects.create(
            user=world.colleague, role=Role.COUNSELLOR, office=world.office, started_on=TODAY - timedelta(days=9)
        )
        Membership.objects.filter(user=world.colleague, role=Role.SPECIALIST).delete()
    client.force_login(world.act_as(world.colleague))
    answer = client.post("/henvis/", filled_in(world, number=number, given_name="Kari", family_name="Ny"), follow=True)
    assert answer.status_code == 200
    assert "Kari Ny" in answer.content.decode()
    assert "Kjentsen" not in answer.content.decode()
    world.act_as(world.specialist)
    assert [referral.case for referral in joining.waiting()] != [case.pk]
    assert [referral.name for referral in joining.waiting()] == ["Kari Kjentsen"]


def test_somebody_known_keeps_their_row_and_can_be_referred_again_after_the_end(world, client):
    number = identity_number()
    first = world.refer("Kari", "Kjentsen", number=number, on=TODAY - timedelta(days=400))
    actions.end(first, by=world.specialist, happened_on=TODAY - timedelta(days=300), cause="work")
    client.force_login(world.act_as(world.counsellor))
    answer = client.post("/henvis/", filled_in(world, number=number, family_name="Feilskrevet"), follow=True)
    assert "Du har denne personen her fra før" in answer.content.decode()
    participant = Participant.objects.get()
    assert participant.family_name == "Kjentsen"
    assert participant.cases.count() == 2


def test_a_protected_participant_is_given_to_somebody_at_once(world, client, counsellor):
    answer = client.post("/henvis/", filled_in(world, protection="strictly_confidential"))
    case = Case.objects.get()
    assert case.shielded
    assert answer["Location"] == f"/sak/{case.pk}/overfor/"
    page = soup(client.get(answer["Location"]))
    assert "nobody" not in {field["value"] for field in page.select("[name=to]")}
    client.post(
        answer["Location"],
        {"submission": str(uuid.uuid4()), "to": f"{world.colleague.pk}-{world.team.pk}", "instead_of": ""},
    )
    case.refresh_from_db()
    assert case.specialist == world.colleague
    world.act_as(world.specialist)
    assert not Case.objects.exists()


@pytest.mark.parametrize("name", ["leader", "administrator"])
def test_others_refer_nobody(world, client, name):
    client.force_login(world.act_as(getattr(world, name)))
    assert client.get("/henvis/").status_code == 404
    assert client.post("/henvis/", filled_in(world)).status_code == 404
    assert client.get("/henvisninger/").status_code == 404


def test_a_specialist_may_refer_and_goes_on_to_the_case(world, client):
    client.force_login(world.act_as(world.specialist))
    answer = client.post("/henvis/", filled_in(world))
    case = Case.objects.get()
    assert answer["Location"] == f"/sak/{case.pk}/"
    assert case.counsellor is None


# --- The counsellor's list --------------------------------------------------------------------------------------------


def rows(client, address="/henvisninger/") -> list[str]:
    return [re.sub(r"\s+", " ", row.get_text(" ")).strip() for row in soup(client.get(address)).select("tbody tr")]


def test_the_list_says_how_it_goes_for_each_who_waits_longest_first(world, client):
    ended = world.refer("Ende", "Slutt", on=TODAY - timedelta(days=200))
    actions.end(ended, by=world.specialist, happened_on=TODAY - timedelta(days=3), cause="own_wish")
    world.refer("Kort", "Vent", on=TODAY - timedelta(days=1), taken=False)
    world.refer("Lang", "Vent", on=TODAY - timedelta(days=40), taken=False)
    met = world.refer("Møtt", "Alt", on=TODAY - timedelta(days=30))
    Contact.objects.create(
        case=met,
        happened_on=TODAY - timedelta(days=20),
        parties=["participant"],
        channel="in_person",
        minutes=30,
        purpose="first_talk",
        recorded_by=world.specialist,
    )
    client.force_login(world.act_as(world.counsellor))
    lines = rows(client)
    assert [row.split()[0] for row in lines] == ["Lang", "Kort", "Møtt", "Ende"]
    assert "har ventet 40 dager" in lines[0]
    assert "ingen ennå i Jobbteam 1" in lines[0]
    assert "har ventet 1 dag " in lines[1] + " "
    assert "ventet 10 dager" in lines[2]
    assert world.specialist.name in lines[2]
    assert "deltakerens eget ønske" in lines[3]


@pytest.mark.parametrize(
    ("part", "names"),
    [("waiting", ["Venter"]), ("ended", ["Slutt"]), ("active", []), ("finnes-ikke", ["Venter", "Slutt"])],
)
def test_the_list_can_be_narrowed(world, client, part, names):
    ended = world.refer("Ende", "Slutt", on=TODAY - timedelta(days=200))
    actions.end(ended, by=world.specialist, happened_on=TODAY, cause="work")
    world.refer("Kari", "Venter", taken=False)
    client.force_login(world.act_as(world.counsellor))
    assert [row.split()[1] for row in rows(client, f"/henvisninger/?del={part}")] == names


def test_the_list_holds_only_one_s_own(world, client):
    world.refer()
    client.force_login(world.act_as(world.colleague))
    assert rows(client) == []


def test_a_case_given_to_another_counsellor_is_on_both_lists(world, client):
    case = world.refer()
    with as_owner():
        Membership.objects.create(
            user=world.colleague, role=Role.COUNSELLOR, office=world.office, started_on=TODAY - timedelta(days=9)
        )
    actions.hand_over(case, by=world.act_as(world.counsellor), to=world.colleague, role=Assignment.Role.COUNSELLOR)
    for someone in (world.counsellor, world.colleague):
        client.force_login(world.act_as(someone))
        assert len(rows(client)) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_asks_a_fixed_number_of_questions(world, client, count, django_assert_max_num_queries):
    for n in range(count):
        world.refer("Prøve", f"Nr{n:02}", on=TODAY - timedelta(days=n))
    client.force_login(world.act_as(world.counsellor))
    # Beside the page's own: two savepoints, because the test itself is a transaction.
    with django_assert_max_num_queries(12 + 2):
        assert len(rows(client)) == count


def test_a_referred_case_is_seen_by_its_team_and_nobody_else(world):
    case = world.refer(taken=False)
    world.act_as(world.colleague)
    assert Case.objects.filter(pk=case.pk).exists()
    assert Participant.objects.count() == 1
    world.act_as(world.other_specialist)
    assert not Case.objects.exists()
    assert not Participant.objects.exists()
    assert not Milestones.objects.exists()


def test_milestones_follow_the_facts(world):
    case = world.refer()
    m = Milestones.objects.get(pk=case.pk)
    assert m.phase == "referred"
    assert m.taken_on is not None
    assert m.specialist_id == world.specialist.pk


def test_the_summary_names_the_fields_in_the_order_of_the_page(world, client, counsellor):
    page = soup(client.post("/henvis/", {}))
    order = [element["id"] for element in page.select("main form [id]")]
    links = [link["href"].removeprefix("#") for link in page.select("[data-error-summary] a")]
    assert len(links) > 3
    assert links == sorted(links, key=order.index)
    assert page.select_one("[data-error-summary] a").text.endswith(": Fyll ut dette feltet.")
