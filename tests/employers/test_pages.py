"""The list of employers, an employer's page, and the forms."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup

from plass.cases.facts import record
from plass.cases.gate import NotAllowed
from plass.employers import actions
from plass.employers.models import ContactPerson, Employer

from ..followup.made import contact, day, employer


@pytest.fixture
def by(world, client):
    """The specialist, who acts and is logged in."""
    client.force_login(world.act_as(world.specialist))
    return world.specialist


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def errors(response):
    return " ".join(item.get_text(" ", strip=True) for item in soup(response).select("[data-error-summary] li"))


def sent(**values):
    return {"submission": str(uuid.uuid4()), "name": "Bø Bakeri AS"} | values


def field(response, name):
    return soup(response).find("input", {"name": name}).get("value", "")


# --- Adding ----------------------------------------------------------------------------------------------------------


def test_an_employer_is_recorded_once(client, by):
    form = sent(organisation_number="974 760 673", website="boebakeri.example", postal_code="3800", place="Bø")
    first, second = client.post("/arbeidsgivere/ny/", form), client.post("/arbeidsgivere/ny/", form)
    made = Employer.objects.get()
    assert first.status_code == 303
    assert first["Location"] == second["Location"] == f"/arbeidsgivere/{made.pk}/"
    assert (made.organisation_number, made.website) == ("974760673", "https://boebakeri.example")
    assert (made.recorded_by, made.version) == (by, 1)


def test_employers_without_a_number_may_be_many(client, by):
    for name in ("Første", "Andre"):
        assert client.post("/arbeidsgivere/ny/", sent(name=name, organisation_number="")).status_code == 303
    assert Employer.objects.filter(organisation_number=None).count() == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "Skriv navnet"),
        ({"organisation_number": "12345"}, "ni sifre"),
        ({"organisation_number": "974760674"}, "ett av sifrene er feil"),
        ({"postal_code": "38"}, "fire sifre"),
        ({"website": "ikke en adresse"}, "www.eksempel.no"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_lost(client, by, wrong, message):
    response = client.post("/arbeidsgivere/ny/", sent(industry="Mat", **wrong))
    assert response.status_code == 422
    assert message in errors(response)
    assert field(response, "industry") == "Mat"
    for name, value in wrong.items():
        assert field(response, name) == value
    assert not Employer.objects.exists()


def test_the_same_number_is_refused_with_a_link_to_the_known_one(client, by):
    known = employer(by, "Et annet navn", organisation_number="974760673")
    response = client.post("/arbeidsgivere/ny/", sent(organisation_number="974760673", is_another="on"))
    assert response.status_code == 422
    assert soup(response).find("a", href=f"/arbeidsgivere/{known.pk}/")
    assert field(response, "organisation_number") == "974760673"
    assert Employer.objects.count() == 1


def test_a_similar_name_is_asked_about_and_may_be_another(client, by):
    known = employer(by, "Bø Bakeri")
    form = sent(industry="Mat")
    response = client.post("/arbeidsgivere/ny/", form)
    assert response.status_code == 422
    assert "lignende navn" in errors(response)
    assert soup(response).find("a", href=f"/arbeidsgivere/{known.pk}/")
    assert soup(response).find("input", {"name": "is_another"})
    assert not soup(client.get("/arbeidsgivere/ny/")).find("input", {"name": "is_another"})
    assert client.post("/arbeidsgivere/ny/", form | {"is_another": "on"}).status_code == 303
    assert Employer.objects.count() == 2


# --- Changing --------------------------------------------------------------------------------------------------------


def test_a_change_is_saved_as_the_next_version(client, by):
    shop = employer(by, "Butikken", organisation_number="974760673")
    address = f"/arbeidsgivere/{shop.pk}/endre/"
    page = client.get(address)
    assert field(page, "organisation_number") == "974 760 673"
    form = sent(name="Butikken på hjørnet", organisation_number="974 760 673", version=field(page, "version"))
    assert client.post(address, form).status_code == 303
    shop.refresh_from_db()
    assert (shop.name, shop.organisation_number, shop.version) == ("Butikken på hjørnet", "974760673", 2)


def test_a_stale_form_shows_both_versions_and_may_then_replace(client, by):
    shop = employer(by, "Butikken", phone="1")
    address = f"/arbeidsgivere/{shop.pk}/endre/"
    form = sent(name="Butikken", phone="22 22 22 22", place="Bø", version="1")
    actions.change_employer(shop, by=by, based_on=1, phone="33 33 33 33")
    response = client.post(address, form)
    assert response.status_code == 422
    table = soup(response).find(id="differences").get_text(" ")
    assert "33 33 33 33" in table
    assert "22 22 22 22" in table
    assert field(response, "phone") == "22 22 22 22"
    assert field(response, "version") == "2"
    again = form | {"submission": str(uuid.uuid4()), "version": field(response, "version")}
    assert client.post(address, again).status_code == 303
    shop.refresh_from_db()
    assert (shop.phone, shop.place, shop.version) == ("22 22 22 22", "Bø", 3)


def test_changing_to_somebody_else_s_number_is_refused(client, by):
    known = employer(by, "Den ene", organisation_number="974760673")
    shop = employer(by, "Den andre")
    form = sent(name="Den andre", organisation_number="974760673", version="1")
    response = client.post(f"/arbeidsgivere/{shop.pk}/endre/", form)
    assert response.status_code == 422
    assert soup(response).find("a", href=f"/arbeidsgivere/{known.pk}/")


# --- People ----------------------------------------------------------------------------------------------------------


def test_a_person_is_recorded_changed_and_leaves(client, by):
    shop = employer(by)
    form = sent(name="Bo Sjef", title="daglig leder", decides="on")
    assert client.post(f"/arbeidsgivere/{shop.pk}/kontaktperson/", form).status_code == 303
    boss = ContactPerson.objects.get()
    assert (boss.name, boss.decides, boss.left_on) == ("Bo Sjef", True, None)
    address = f"/arbeidsgivere/{shop.pk}/kontaktperson/{boss.pk}/"
    ahead = client.post(address, sent(name="Bo Sjef", left_on=day(1).isoformat(), version="1"))
    assert ahead.status_code == 422
    assert "fram i tid" in errors(ahead)
    assert client.post(address, sent(name="Bo Sjef", left_on=day(0).isoformat(), version="1")).status_code == 303
    stale = client.post(address, sent(name="Bo Sjef", phone="1", version="1"))
    assert stale.status_code == 422
    assert soup(stale).find(id="differences")


def test_a_person_of_another_employer_is_not_found(client, by):
    shop, mill = employer(by, "Butikken"), employer(by, "Mølla")
    miller = ContactPerson.objects.create(employer=mill, name="Mia", recorded_by=by)
    assert client.get(f"/arbeidsgivere/{shop.pk}/kontaktperson/{miller.pk}/").status_code == 404


def test_somebody_known_by_that_name_is_taken_instead_of_a_second(by):
    shop = employer(by)
    first = actions.add_person(shop, by=by, name="Bo Sjef")
    assert actions.add_person(shop, by=by, name=" bo  sjef ") == first
    actions.change_person(first, by=by, based_on=1, left_on=day(0))
    assert actions.add_person(shop, by=by, name="Bo Sjef") != first


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_the_list_finds_sorts_and_pages_in_a_bounded_number_of_questions(client, by, django_assert_max_num_queries):
    for rows in (3, 60):
        for n in range(rows):
            employer(by, f"Butikk {rows} {n:02}", place=f"Sted {n}", industry="Handel")
        with django_assert_max_num_queries(12):
            page = client.get("/arbeidsgivere/")
    assert len(soup(page).select("tbody tr")) == 50
    second = soup(client.get("/arbeidsgivere/?page=2&sort=-name"))
    assert len(second.select("tbody tr")) == 13
    assert second.select_one("tbody th").text == "Butikk 60 09"
    filtered = soup(client.get("/arbeidsgivere/?q=butikk+60+0&industry=Handel&place=Sted+7"))
    assert [row.th.text for row in filtered.select("tbody tr")] == ["Butikk 60 07"]
    nothing = client.get("/arbeidsgivere/?q=finnes+ikke")
    assert "/arbeidsgivere/ny/?navn=finnes%20ikke" in nothing.content.decode()


def test_the_page_shows_the_contacts_one_may_see_and_no_others(client, by, world, django_assert_max_num_queries):
    case = world.refer("Kari", "Synlig")
    shop = employer(by)
    boss = ContactPerson.objects.create(employer=shop, name="Bo Sjef", phone="400 00 000", recorded_by=by)
    contact(
        case, by, -2, parties=["employer"], employer=shop, contact_person=boss, next_contact_on=day(0), note="Vil prøve"
    )
    contact(None, by, -1, parties=["employer"], employer=shop, note="Om ingen ennå")
    outsider = world.act_as(world.other_specialist)
    hidden = world.refer("Hemmelig", "Person", team=world.other_team)
    world.act_as(outsider)
    contact(hidden, outsider, -1, parties=["employer"], employer=shop, note="Skal ikke synes")
    client.force_login(outsider)
    world.act_as(by)
    client.force_login(by)
    with django_assert_max_num_queries(12):
        page = client.get(f"/arbeidsgivere/{shop.pk}/").content.decode()
    assert "Kari Synlig" in page
    assert "Vil prøve" in page
    assert "Om ingen ennå" in page
    assert "Bo Sjef" in page
    assert "Hemmelig" not in page
    assert "Skal ikke synes" not in page


def test_the_page_shows_the_jobs_there_that_one_may_see(client, by, world, django_assert_max_num_queries):
    from plass.jobs.models import Job, JobEnded, JobStarted
    from plass.jobs.queries import jobs_at

    shop = employer(by)
    for name, ended in (("Ida", None), ("Ole", -10)):
        case = world.refer(name, "Ansatt")
        job = Job.objects.create(case=case)
        start = {"title": "Baker", "form": "permanent", "hours_per_week": 20, "employer": shop}
        record(JobStarted(case=case, job=job, happened_on=day(-100), **start), by=by)
        if ended:
            record(JobEnded(case=case, job=job, happened_on=day(ended), reason="other"), by=by)
    assert [(row.participant, row.ended_on) for row in jobs_at(shop)] == [
        ("Ida Ansatt", None),
        ("Ole Ansatt", day(-10)),
    ]
    with django_assert_max_num_queries(12):
        assert "Ida Ansatt" in client.get(f"/arbeidsgivere/{shop.pk}/").content.decode()
    world.act_as(world.other_specialist)
    assert jobs_at(shop) == []


def test_who_left_stands_apart(client, by):
    shop = employer(by)
    ContactPerson.objects.create(employer=shop, name="Gamle Sjef", left_on=day(-5), recorded_by=by)
    page = soup(client.get(f"/arbeidsgivere/{shop.pk}/"))
    assert page.select_one("#people details").find("a", string="Gamle Sjef")


def test_the_fragments_of_the_employer_field(client, by):
    shop = employer(by, "Bø Bakeri")
    ContactPerson.objects.create(employer=shop, name="Bo Baker", recorded_by=by)
    ContactPerson.objects.create(employer=shop, name="Gamle Baker", left_on=day(-1), recorded_by=by)
    page = soup(client.get("/arbeidsgivere/sok/?employer_text=bak"))
    assert [box["value"] for box in page.find_all("input")] == [str(shop.pk), "another"]
    assert "<script>" not in client.get("/arbeidsgivere/sok/?employer_text=<script>x").content.decode()
    assert not soup(client.get("/arbeidsgivere/sok/?employer_text=b")).find_all("input")
    people = client.get(f"/arbeidsgivere/personer/?employer={shop.pk}").content.decode()
    assert "Bo Baker" in people
    assert "Gamle Baker" not in people
    assert client.get("/arbeidsgivere/personer/?employer=999999999999999999999").status_code == 200


def test_none_of_it_is_for_participants(client, world):
    from tests.conftest import as_owner
    from tests.world import user

    shop = employer(world.act_as(world.specialist))
    with as_owner():
        somebody = user("deltaker1", "Pia", "Prøve", kind="participant")
    world.act_as(somebody)
    client.force_login(somebody)
    for path in (
        "",
        "ny/",
        "sok/?employer_text=pr",
        "personer/",
        f"{shop.pk}/",
        f"{shop.pk}/endre/",
        f"{shop.pk}/kontakt/",
    ):
        assert client.get(f"/arbeidsgivere/{path}").status_code == 404, path
    with pytest.raises(NotAllowed):
        actions.add_employer(by=somebody, name="Min bedrift")
