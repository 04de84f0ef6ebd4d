"""Lists: whose, which, in what order, a bounded number of questions, and nobody else's people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plass.access.user_roles import user_roles
from plass.caseload import participant_query
from plass.caseload.participant_query import PARTICIPANTS, participants
from plass.cases import actions
from plass.followup.models import Contact
from plass.organisation.models import Role, User
from plass.ui.listing import MOST_OFFERED, MOST_SUGGESTED
from tests.conftest import as_owner
from tests.world import identity_number, member, user

TODAY = timezone.localdate()


def names(world, user: User, **query: str) -> list[str]:
    """Family names in the list that ``user`` gets at an address."""
    who = user_roles(world.act_as(user))
    rows = participants(PARTICIPANTS.read(query, who)).rows(100).rows()
    assert {row.in_all for row in rows} <= {len(rows)}
    return [row.family_name for row in rows]


def meet(case, days_ago: int, **more) -> None:
    Contact.objects.create(
        case=case,
        happened_on=TODAY - timedelta(days_ago),
        parties=["participant"],
        channel="in_person",
        minutes=60,
        purpose="follow_up",
        recorded_by=case.specialist,
        **more,
    )


def test_each_sees_their_own_lists(world):
    world.refer("Anne", "Andersen")
    world.refer("Berit", "Berg", taken=False)
    world.refer("Carl", "Carlsen", team=world.other_team)
    assert names(world, world.specialist) == ["Andersen"]
    assert names(world, world.specialist, vis="team") == ["Andersen", "Berg"]
    assert names(world, world.colleague) == []
    assert names(world, world.supervisor) == ["Andersen", "Berg"], "a supervisor follows nobody: the team comes first"
    assert names(world, world.counsellor) == ["Andersen", "Berg"]
    assert names(world, world.counsellor, vis="team") == ["Andersen", "Berg"], "not offered, so not shown"
    assert names(world, world.other_counsellor) == ["Carlsen"]


def test_leaders_and_administrators_have_no_list(world, client):
    for who in (world.leader, world.administrator):
        client.force_login(world.act_as(who))
        assert client.get("/deltakere/").status_code == 404
        assert client.get("/deltakere/eksport.csv").status_code == 404


def test_each_name_leads_to_its_own_case(world, client):
    cases = {f"{name}, {name}": world.refer(name, name) for name in ("Andersen", "Berg")}
    client.force_login(world.act_as(world.specialist))
    page = BeautifulSoup(client.get("/deltakere/").content, "html.parser")
    links = {link.text: link["href"] for link in page.select("tbody th a")}
    assert links == {name: reverse("caseload:case", args=[case.pk]) for name, case in cases.items()}


def test_names_are_found_in_any_order_and_any_case(world):
    world.refer("Ørjan", "Åsheim")
    world.refer("Åse", "Ørn")
    world.refer("Hundre", "Prosent%_")
    assert names(world, world.specialist, navn="ørjan ÅSHEIM") == ["Åsheim"]
    assert names(world, world.specialist, navn="heim rjan") == ["Åsheim"]
    assert names(world, world.specialist, navn="orjan aasheim") == ["Åsheim"]
    assert names(world, world.specialist, navn="%") == ["Prosent%_"], "signs of the search language are only letters"
    assert names(world, world.specialist, navn="ingen") == []


def test_filters(world):
    met = world.refer("A", "Mott", on=TODAY - timedelta(100))
    meet(met, 40)
    never = world.refer("B", "Aldri", on=TODAY - timedelta(31))
    world.refer("C", "Ny", on=TODAY - timedelta(3))
    world.refer("D", "Ledig", taken=False)
    paused = world.refer("E", "Pause", on=TODAY - timedelta(50))
    actions.pause(paused, by=world.specialist, happened_on=TODAY, reason="illness", follow_up_on=TODAY)
    ended = world.refer("F", "Slutt", on=TODAY - timedelta(50))
    actions.end(ended, by=world.specialist, happened_on=TODAY, cause="own_wish")
    me = world.specialist
    assert names(world, me) == ["Aldri", "Mott", "Ny", "Pause"]
    assert names(world, me, status="avsluttet") == ["Slutt"]
    assert names(world, me, status="alle") == ["Aldri", "Mott", "Ny", "Pause", "Slutt"]
    assert names(world, me, status="pause") == ["Pause"]
    assert names(world, me, status="venter") == ["Aldri", "Ny", "Pause"]
    assert names(world, me, status="ledig", vis="team") == ["Ledig"]
    assert names(world, me, status="folges", vis="team") == ["Aldri", "Mott", "Ny", "Pause"]
    assert names(world, me, ikke_mott="30") == ["Aldri", "Mott", "Pause"]
    assert names(world, me, ikke_mott="60") == []
    assert names(world, me, fase="engagement") == ["Mott"]
    assert names(world, me, vis="team", jobbspesialist=str(world.colleague.pk)) == []
    assert never.pk


def test_the_fold_over_the_filters_says_how_many_are_in_use(world, client):
    client.force_login(world.act_as(world.specialist))
    for query, used in (("", 0), ("?sort=mott&navn=ola", 0), ("?status=pause", 1), ("?fase=in_work&ikke_mott=30", 2)):
        page = BeautifulSoup(client.get(f"/deltakere/{query}").content.decode(), "html.parser")
        text = page.select_one(".p-filters summary").text
        assert re.findall(r"(\d) filt\w+ i bruk", text) == ([str(used)] if used else [])


def crowd(world, number: int = MOST_OFFERED) -> list[User]:
    """So many more specialists in the team: Nora Nummer 1, 2 and so on."""
    with as_owner():
        people = [user(f"nora{n}", "Nora", f"Nummer {n}") for n in range(1, number + 1)]
        for who in people:
            member(who, Role.SPECIALIST, world.office, world.team)
    return people


def specialist_field(client):
    page = BeautifulSoup(client.get("/deltakere/?vis=team").content, "html.parser")
    return page.select_one("[name=jobbspesialist]")


def test_in_a_large_team_one_types_whose_list_it_is(world, client):
    mine = world.refer("Anne", "Andersen")
    client.force_login(world.act_as(world.supervisor))
    assert specialist_field(client).name == "select"
    nora = crowd(world)[4]
    other = world.refer("Berit", "Berg")
    actions.hand_over(other, by=world.act_as(world.supervisor), to=nora)
    client.force_login(world.act_as(world.supervisor))
    field = specialist_field(client)
    assert (field.name, field["type"]) == ("input", "text")

    def suggested(text: str) -> list[str]:
        page = BeautifulSoup(client.get(field["hx-get"], {"jobbspesialist": text}).content, "html.parser")
        return [option["value"] for option in page.select("option")]

    assert suggested("nummer 5 nora") == ["Nora Nummer 5"]
    assert len(suggested("nora")) == MOST_SUGGESTED
    assert suggested("Anne") == [], "participants are nobody's specialists"
    assert suggested(world.other_specialist.family_name) == [], "nor those of other teams"
    me = world.supervisor
    assert names(world, me, jobbspesialist="nora nummer 5") == ["Berg"]
    assert names(world, me, jobbspesialist="NUMMER") == ["Berg"]
    assert names(world, me, jobbspesialist=str(mine.specialist_id)) == ["Andersen"]
    assert names(world, me, jobbspesialist="nobody called so") == []
    page = BeautifulSoup(client.get(f"/deltakere/?jobbspesialist={nora.pk}").content, "html.parser")
    assert page.select_one("[name=jobbspesialist]")["value"] == "Nora Nummer 5", "a link says the number; the field the name"


def test_what_is_suggested_is_for_those_who_have_the_list(world, client):
    for who in (world.leader, world.administrator):
        client.force_login(world.act_as(who))
        assert client.get("/deltakere/forslag/jobbspesialist/?jobbspesialist=a").status_code == 404
    client.force_login(world.act_as(world.supervisor))
    assert client.get("/deltakere/forslag/fase/?fase=a").status_code == 404
    assert client.get("/deltakere/forslag/team/?team=jobb").status_code == 200


def test_a_filter_works_as_soon_as_it_is_set(world, client):
    world.refer("Anne", "Andersen")
    client.force_login(world.act_as(world.supervisor))
    form = BeautifulSoup(client.get("/deltakere/").content, "html.parser").select_one("form#filters")
    assert form["hx-trigger"].startswith("change")
    asked = {"status": "", "fase": "in_work", "ikke_mott": "", "vis": "team", "navn": "", "sort": "navn"}
    page = client.get(form["hx-get"], asked, headers={"HX-Request": "true", "HX-Trigger": "filters"})
    assert page.headers["HX-Push-Url"] == "/deltakere/?vis=team&fase=in_work", "nothing empty in the address"
    assert BeautifulSoup(page.content, "html.parser").select_one(".p-filters__fold").has_attr("open")


def test_orders(world):
    for family, ago in (("B", 5), ("A", 40), ("C", 20)):
        meet(world.refer("x", family, on=TODAY - timedelta(100 + ago)), ago)
    world.refer("x", "D")
    me = world.specialist
    assert names(world, me, sort="-navn") == ["D", "C", "B", "A"]
    assert names(world, me, sort="mott") == ["D", "A", "C", "B"], "never met comes before met long ago"
    assert names(world, me, sort="-mott") == ["B", "C", "A", "D"]
    assert names(world, me, sort="fase") == ["D", "A", "B", "C"]
    assert names(world, me, sort="-henvist") == ["D", "B", "C", "A"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.dictionaries(
        st.sampled_from(["vis", "navn", "fase", "status", "jobbspesialist", "ikke_mott", "sort", "page"]),
        st.text(max_size=20) | st.sampled_from(["-", "--navn", "²", "9" * 30, "-fase", "alle", "team", "\0"]),
    )
)
def test_no_address_breaks_the_list(world, query):
    who = user_roles(world.act_as(world.specialist))
    participants(PARTICIPANTS.read(query, who)).rows(5).rows()


@pytest.mark.parametrize("many", [1, 60])
def test_the_page_asks_a_fixed_number_of_questions(world, client, django_assert_max_num_queries, many):
    for number in range(many):
        world.refer("Prøve", f"Deltaker{number}")
    client.force_login(world.act_as(world.specialist))
    with django_assert_max_num_queries(10):
        page = client.get("/deltakere/", {"vis": "team"})
    assert page.status_code == 200
    assert len(page.context["list"].rows) == min(many, PARTICIPANTS.per_page)
    assert page.context["list"].page.paginator.count == many


def test_pages_are_cut_in_the_database_and_a_page_too_far_is_the_last(world, client):
    for number in range(PARTICIPANTS.per_page + 2):
        world.refer("Prøve", f"Deltaker{number:03}")
    client.force_login(world.act_as(world.specialist))
    second, too_far = client.get("/deltakere/?page=2"), client.get("/deltakere/?page=99").context["list"].page
    assert [row.family_name for row in second.context["list"].rows] == ["Deltaker050", "Deltaker051"]
    assert (too_far.number, too_far.paginator.count) == (2, PARTICIPANTS.per_page + 2)
    assert client.get("/deltakere/?page=x").context["list"].page.number == 1


def test_a_number_leads_to_the_case_and_never_stands_in_an_address(world, client):
    number = identity_number()
    case = world.refer(number=number)
    client.force_login(world.act_as(world.specialist))
    answer = client.post("/sok/", {"q": f"{number[:6]} {number[6:]}"})
    assert (answer.status_code, answer["Location"]) == (303, reverse("caseload:case", args=[case.pk]))
    assert client.get("/sok/").status_code == 405
    moved = client.get("/deltakere/", {"navn": number})
    assert moved.status_code == 303
    assert number not in moved["Location"]


def test_a_number_finds_the_open_case_before_an_ended_one(world, client):
    number = identity_number()
    first = world.refer(number=number, on=TODAY - timedelta(300))
    actions.end(first, by=world.specialist, happened_on=TODAY - timedelta(200), cause="own_wish")
    second = world.refer(number=number, on=TODAY - timedelta(10))
    world.act_as(world.specialist)
    assert participant_query.by_number(number) == second.pk


def test_somebody_elses_participant_looks_like_nobody(world, client):
    foreign_number = identity_number()
    world.refer("Hemmelig", "Person", number=foreign_number, team=world.other_team)
    client.force_login(world.act_as(world.specialist))
    known, unknown = (client.post("/sok/", {"q": typed}) for typed in (foreign_number, identity_number()))
    assert known.status_code == unknown.status_code == 422
    assert known.context["why"] == unknown.context["why"]
    assert "Hemmelig" not in known.content.decode()


@pytest.mark.parametrize("typed", ["123", "12345678901", "1234567890123"])
def test_a_wrong_number_says_what_is_wrong_and_keeps_what_was_typed(world, client, typed):
    client.force_login(world.act_as(world.specialist))
    page = client.post("/sok/", {"q": typed})
    assert page.status_code == 422
    assert f'value="{typed}"' in page.content.decode()


def test_a_name_leads_to_the_list(world, client):
    client.force_login(world.act_as(world.specialist))
    assert client.post("/sok/", {"q": " Åse  Ørn ", "vis": "mine"})["Location"] == (
        "/deltakere/?vis=mine&navn=%C3%85se+%C3%98rn"
    )


def test_letters_with_a_few_digits_are_a_name_and_a_number_among_letters_is_not(world, client):
    client.force_login(world.act_as(world.specialist))
    assert client.post("/sok/", {"q": "Prøve1001", "vis": "mine"})["Location"] == (
        "/deltakere/?vis=mine&navn=Pr%C3%B8ve1001"
    )
    # More than five digits may be a number, which has no place in an address.
    assert client.post("/sok/", {"q": "Prøve 123456"}).status_code == 422


def test_with_our_script_a_search_is_answered_at_once(world, client):
    number = identity_number()
    case = world.refer("Anne", "Andersen", number=number)
    world.refer("Berit", "Berg")
    client.force_login(world.act_as(world.specialist))
    htmx = {"HX-Request": "true"}
    answer = client.post("/sok/", {"q": "andersen"}, headers=htmx)
    assert (answer.status_code, answer["HX-Push-Url"]) == (200, "/deltakere/?vis=team&navn=andersen")
    assert [row.family_name for row in answer.context["list"].rows] == ["Andersen"]
    by_number = client.post("/sok/", {"q": number}, headers=htmx)
    assert by_number["HX-Redirect"] == reverse("caseload:case", args=[case.pk])
    assert client.post("/sok/", {"q": identity_number()}, headers=htmx).status_code == 422


def test_a_shielded_participant_is_marked_for_those_who_see_them(world, client):
    world.refer("Skjermet", "Person", protection="confidential")
    assert names(world, world.colleague, vis="team") == []
    client.force_login(world.act_as(world.specialist))
    assert client.get("/deltakere/").context["list"].rows[0].shielded
