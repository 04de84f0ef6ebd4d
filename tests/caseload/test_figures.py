"""What a leader sees: counts by hand, only of their own places, and no way to a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from plass.caseload import figures
from plass.caseload.figures import Team, Waiting, table
from plass.caseload.models import Milestones
from plass.followup.models import Contact
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import user

THIS_YEAR = (date(timezone.localdate().year, 1, 1), date(timezone.localdate().year, 12, 31))


def meet(case, on: date) -> None:
    """A meeting with the participant on a day, written by the specialist."""
    Contact.objects.create(
        case=case,
        happened_on=on,
        parties=["participant"],
        channel="in_person",
        minutes=60,
        purpose="first_talk",
        recorded_by=case.specialist,
    )


def test_counts_are_of_the_leaders_own_places(world):
    today = timezone.localdate()
    for number in range(3):
        case = world.refer(on=today - timedelta(10))
        if number:
            meet(case, today)
    world.refer(team=world.other_team)
    world.act_as(world.leader)
    found = {team.team_id: team for team in figures.counts(date(2000, 1, 1), date(2100, 1, 1))}
    assert set(found) == {world.team.pk, world.second_team.pk}, "the other office is not theirs"
    mine = found[world.team.pk]
    assert (mine.open_now, mine.waiting_now, mine.in_work_now, mine.referred, mine.first_jobs) == (3, 1, 0, 3, 0)
    assert found[world.second_team.pk].open_now == 0


def test_a_county_leader_counts_every_office_of_the_county(world):
    with as_owner():
        county = user("fylke1", "Frida", "Fylkesleder")
        Membership.objects.create(user=county, role=Role.LEADER, county=world.county, started_on=date(2015, 1, 1))
    world.refer(team=world.other_team)
    world.act_as(county)
    assert sum(team.open_now for team in figures.counts(*THIS_YEAR)) == 1
    assert {team.team_id for team in figures.counts(*THIS_YEAR)} >= {world.other_team.pk, world.team.pk}


@pytest.mark.parametrize("who", ["specialist", "supervisor", "counsellor", "administrator"])
def test_the_functions_count_nothing_for_others(world, who):
    world.refer()
    world.act_as(getattr(world, who))
    assert figures.counts(*THIS_YEAR) == []
    assert figures.waiting(*THIS_YEAR) == {}


def test_a_leader_whose_role_has_ended_counts_nothing(world):
    with as_owner():
        Membership.objects.filter(user=world.leader).update(ended_on=timezone.localdate() - timedelta(1))
    world.act_as(world.leader)
    assert figures.counts(*THIS_YEAR) == []


def test_a_leader_sees_no_row_of_a_person(world):
    world.refer()
    world.act_as(world.leader)
    assert not Milestones.objects.exists()


def test_the_median_wait_counts_those_who_still_wait(world):
    """By hand: waits of 2 and 6 days ended, 4 and 8 days go on. At 2: 3/4 left; at 6: half of the 2 at risk: 3/8."""
    today = timezone.localdate()
    for referred, met in [(20, 18), (30, 24), (4, None), (8, None)]:
        case = world.refer(on=today - timedelta(referred))
        if met is not None:
            meet(case, today - timedelta(met))
    world.act_as(world.leader)
    found = figures.waiting(date(2000, 1, 1), date(2100, 1, 1))
    assert found[None, None] == Waiting(referred=4, started=2, not_yet=2, median_days=6)
    assert found[world.office.pk, None] == found[world.office.pk, world.team.pk] == found[None, None]


def test_a_median_that_half_has_not_reached_is_not_made_up(world):
    today = timezone.localdate()
    for referred, met in [(20, 18), (30, None), (30, None)]:
        case = world.refer(on=today - timedelta(referred))
        if met is not None:
            meet(case, today - timedelta(met))
    world.act_as(world.leader)
    assert figures.waiting(date(2000, 1, 1), date(2100, 1, 1))[None, None].median_days is None


def a_team(number: int, office: int = 1, **counts: int) -> Team:
    names = ["open_now", "waiting_now", "in_work_now", "referred", "first_jobs"]
    names += [f"{kind}_{weeks}" for weeks in (13, 26, 52) for kind in ("due", "retained")]
    return Team(office, f"Kontor {office}", number, f"Team {number}", **(dict.fromkeys(names, 0) | counts))


def test_small_cells_and_what_gives_them_away_are_hidden_in_the_table():
    teams = [
        a_team(1, open_now=40, waiting_now=2, in_work_now=20),
        a_team(2, open_now=50, waiting_now=7, in_work_now=46),
        a_team(3, open_now=60, waiting_now=9, in_work_now=30),
    ]
    office, one, two, three = table(teams, {})
    assert [(cell.hidden, cell.count) for cell in office.cells[:2]] == [(False, 150), (False, 18)]
    assert [line.cells[1].hidden for line in (one, two, three)] == [True, True, False]
    assert office.cells[2].percent == 64
    assert [line.cells[2].hidden for line in (one, two, three)] == [True, True, False], "46 of 50 are all but four"


def test_a_median_of_few_is_hidden():
    teams = [a_team(1, referred=30), a_team(2, referred=30)]
    waits = {(1, 1): Waiting(30, 4, 26, 12), (1, 2): Waiting(30, 20, 10, 9), (1, None): Waiting(60, 24, 36, None)}
    office, one, two = table(teams, waits)
    assert (one.cells[4].hidden, two.cells[4].count) == (True, 9)
    assert not office.cells[4].hidden
    assert office.cells[4].count is None


def test_the_page_is_the_leaders_alone(world, client, django_assert_max_num_queries):
    for _number in range(6):
        world.refer("Prøve", "Hemmelig")
    client.force_login(world.act_as(world.leader))
    with django_assert_max_num_queries(12):
        page = client.get("/tall/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Jobbteam 1" in text
    assert "Hemmelig" not in text
    client.force_login(world.act_as(world.specialist))
    assert client.get("/tall/").status_code == 404


def test_an_odd_year_is_this_year(world, client):
    client.force_login(world.act_as(world.leader))
    for odd in ("1066", "x", "2²"):
        assert client.get("/tall/", {"ar": odd}).context["year"] == timezone.localdate().year


@pytest.mark.django_db
def test_the_functions_are_not_for_the_public():
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('plass_read', 'caseload_figures(date, date)', 'EXECUTE')")
        assert cursor.fetchone()[0] is False
