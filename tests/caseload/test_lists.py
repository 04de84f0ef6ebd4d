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
from plass.caseload.participant_query import PARTICIPANTS, participants
from plass.cases import actions
from plass.followup.models import Contact
from plass.organisation.models import Role, User
from plass.ui.listing import MOST_OFFERED, MOST_SUGGESTED
from tests.conftest import as_owner
from tests.world import member, user

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
    for query, used in (("", 0), ("?sort=mott", 0), ("?status=pause", 1), ("?fase=in_work&ikke_mott=30", 2)):
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
    nora = crowd(world)[38]
    other = world.refer("Berit", "Berg")
    actions.hand_over(other, by=world.act_as(world.supervisor), to=nora)
    client.force_login(world.act_as(world.supervisor))
    field = specialist_field(client)
    assert (field.name, field["type"]) == ("input", "text")

    def suggested(text: str) -> list[str]:
        page = BeautifulSoup(client.get(field["hx-get"], {"jobbspesialist": text}).content, "html.parser")
        return [option["value"] for option in page.select("option")]

    assert suggested("nummer 39 nora") == ["Nora Nummer 39"]
    assert len(suggested("nora")) == MOST_SUGGESTED
    assert suggested("Anne") == [], "participants are nobody's specialists"
    assert suggested(world.other_specialist.family_name) == [], "nor those of other teams"
    me = world.supervisor
    assert names(world, me, jobbspesialist="nora nummer 39") == ["Berg"]
    assert names(world, me, jobbspesialist="NUMMER") == ["Berg"]
    assert names(world, me, jobbspesialist=str(mine.specialist_id)) == ["Andersen"]
    assert names(world, me, jobbspesialist="nobody called so") == []
    page = BeautifulSoup(client.get(f"/deltakere/?jobbspesialist={nora.pk}").content, "html.parser")
    assert page.select_one("[name=jobbspesialist]")["value"] == "Nora Nummer 39", (
        "a link says the number; the field the name"
    )


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
        st.sampled_from(["vis", "fase", "status", "jobbspesialist", "ikke_mott", "sort", "page"]),
        st.text(max_size=20) | st.sampled_from(["-", "--sort", "²", "9" * 30, "-fase", "alle", "team", "\0"]),
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


def test_a_shielded_participant_is_marked_for_those_who_see_them(world, client):
    world.refer("Skjermet", "Person", protection="confidential")
    assert names(world, world.colleague, vis="team") == []
    client.force_login(world.act_as(world.specialist))
    assert client.get("/deltakere/").context["list"].rows[0].shielded
