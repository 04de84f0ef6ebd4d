"""What a leader sees: what was released of their own places, counted as by hand; and no way to a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from plass.followup.models import Contact
from plass.milestones.models import Milestones
from plass.organisation.models import Membership, Role, Team
from plass.quality import commands
from plass.quality.figures import MEASURES, table
from plass.quality.models import CountedCase, FigureRelease, ReleasedFigure
from plass.quality.releases import counted_through, release_if_due
from tests.conftest import as_owner
from tests.quality.kept_cases import keep, waits
from tests.world import user

TODAY = timezone.localdate()
LAST = counted_through(TODAY)


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


def release(on: date = TODAY) -> FigureRelease | None:
    with as_owner():
        return release_if_due(on)


def figures_of(world, who) -> dict[tuple[str, int | None, str], int | None]:
    """The shown figures that somebody can read at all, whatever page they ask for: (office, team, measure)."""
    world.act_as(who)
    return {
        (figure.office.name if figure.office else "county", figure.team_id, figure.measure): figure.value
        for figure in ReleasedFigure.objects.select_related("office")
        if not figure.hidden
    }


def test_the_day_of_the_release_is_counted_as_by_hand(world):
    for number in range(6):
        case = world.refer(on=TODAY - timedelta(10))
        if number:
            meet(case, TODAY)
    for _number in range(7):
        world.refer(on=TODAY - timedelta(10), team=world.second_team, taken=False)
    release()
    figures = figures_of(world, world.leader)
    assert figures["Plass Nord", world.team.pk, "followed"] == 6
    assert figures["Plass Nord", world.second_team.pk, "followed"] == 0, "nobody has taken them"
    assert figures["Plass Nord", None, "followed"] == 6
    assert ("Plass Nord", world.team.pk, "waiting") not in figures, "one waits"
    assert ("Plass Nord", world.second_team.pk, "waiting") not in figures, "else the one could be worked out"
    assert ("Plass Nord", world.team.pk, "in_work") not in figures, "that nobody works says it of everybody"


def test_a_leader_sees_the_places_they_lead(world):
    with as_owner():
        county = user("fylke1", "Frida", "Fylkesleder")
        Membership.objects.create(user=county, role=Role.LEADER, county=world.county, started_on=date(2015, 1, 1))
    release()
    assert {place for place, _team, _measure in figures_of(world, world.leader)} == {"Plass Nord"}
    assert {place for place, _team, _measure in figures_of(world, county)} == {"county", "Plass Nord", "Plass Sør"}


@pytest.mark.parametrize("who", ["specialist", "supervisor", "counsellor", "administrator"])
def test_others_see_no_figure(world, who):
    release()
    assert figures_of(world, getattr(world, who)) == {}


def test_a_leader_whose_role_has_ended_sees_none(world):
    release()
    assert figures_of(world, world.leader)
    with as_owner():
        Membership.objects.filter(user=world.leader).update(ended_on=TODAY - timedelta(1))
    assert figures_of(world, world.leader) == {}


@pytest.mark.parametrize(
    "question",
    [
        "INSERT INTO quality_countedcase (case_id, kind, quarter) VALUES (1, 'referred', '2026-03-31')",
        "SELECT * FROM quality_count_today()",
        "SELECT * FROM quality_median_waits('2020-01-01', '2030-01-01')",
        "SELECT quality_count_cases(NULL, '2030-01-01')",
        "SELECT quality_count_retention('2030-01-01', '2030-01-01', '2030-01-01')",
        "INSERT INTO quality_figurerelease (released_on) VALUES ('2030-01-01')",
        "UPDATE quality_releasedfigure SET hidden = false",
    ],
)
def test_the_web_role_can_neither_count_nor_change_what_is_shown(world, question):
    world.act_as(world.leader)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(question)


def test_a_leader_sees_no_row_of_a_person(world):
    world.refer(on=LAST)
    release()
    assert CountedCase.objects.exists(), "whoever follows the case may see that it was counted"
    world.act_as(world.leader)
    assert not Milestones.objects.exists()
    assert not CountedCase.objects.exists()


def test_of_a_hidden_figure_nothing_is_stored_but_that_it_is_hidden(world):
    world.refer()
    release()
    with as_owner():
        hidden = ReleasedFigure.objects.filter(hidden=True)
        assert hidden.exists() and not hidden.exclude(value=None).exists()


def test_a_week_has_one_release_and_the_next_has_another(world):
    assert release() is not None
    for case in range(9):
        world.refer(on=TODAY - timedelta(case))
    assert release() is None, "whoever looks again in the same week sees the same"
    assert release(TODAY + timedelta(7)) is not None
    assert figures_of(world, world.leader)["Plass Nord", None, "followed"] == 9


def test_what_was_counted_stays_and_what_is_recorded_late_counts_in_the_next_quarter(world):
    day = LAST - timedelta(20)
    keep([{"team": world.team, "referred_on": day} for _case in range(12)])
    release(TODAY - timedelta(7))
    keep([{"team": world.team, "referred_on": day} for _case in range(3)])
    with as_owner():
        release_if_due(TODAY)
        assert CountedCase.objects.filter(kind="referred", quarter=LAST).count() == 12
        release_if_due(TODAY + timedelta(100))
        assert CountedCase.objects.filter(kind="referred").exclude(quarter=LAST).count() == 3


def test_a_case_that_moves_stays_where_it_was_counted(world):
    cases = keep([{"team": world.team, "first_job_on": LAST - timedelta(30)} for _case in range(12)])
    release(TODAY - timedelta(7))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE milestone_cache SET team_id = %s WHERE case_id = %s", [world.other_team.pk, cases[0]])
        release_if_due(TODAY)
        assert set(CountedCase.objects.values_list("team", flat=True)) == {world.team.pk}


def test_the_median_wait_counts_those_who_still_wait(world):
    """By hand: five waits of 2 and of 6 days ended, five of 4 and of 8 go on. At 2: 3/4 left; at 6: half of those."""
    first = date(2024, 2, 1)
    for days, ended in [(2, True), (6, True), (4, False), (8, False)]:
        keep([waits(world.team, first, days, ended=ended)] * 5)
    release()
    with as_owner():
        medians = ReleasedFigure.objects.filter(measure="median_wait", year=2024)
        assert {figure.team_id: figure.value for figure in medians} == {None: 6, world.team.pk: 6}


def test_a_median_of_few_is_hidden_and_one_that_half_has_not_reached_is_not_made_up(world):
    first = date(2024, 2, 1)
    keep([waits(world.team, first, 5, ended=True)] * 9)
    keep([waits(world.second_team, first, 5, ended=True)] * 10 + [waits(world.second_team, first, 9, ended=False)] * 20)
    release()
    with as_owner():
        medians = ReleasedFigure.objects.filter(measure="median_wait", year=2024)
        shown = {figure.team_id: (figure.hidden, figure.value) for figure in medians if figure.team_id}
    assert shown == {world.team.pk: (True, None), world.second_team.pk: (False, None)}


@pytest.mark.parametrize(
    ("today", "weeks", "through"),
    [
        (date(2026, 11, 29), 0, date(2026, 9, 30)),
        (date(2026, 10, 13), 0, date(2026, 6, 30)),
        (date(2026, 10, 14), 0, date(2026, 9, 30)),
        (date(2027, 1, 14), 0, date(2026, 12, 31)),
        (date(2026, 11, 29), 13, date(2026, 6, 30)),
        (date(2026, 11, 29), 52, date(2025, 9, 30)),
    ],
)
def test_a_quarter_is_counted_when_the_day_has_come_for_everybody_in_it(today, weeks, through):
    assert counted_through(today, weeks) == through


def test_the_page_is_the_leaders_alone(world, client, django_assert_max_num_queries):
    for _number in range(6):
        world.refer("Prøve", "Hemmelig")
    release()
    client.force_login(world.act_as(world.leader))
    with django_assert_max_num_queries(12):
        page = client.get("/tall/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Jobbteam 1" in text and "skjult" in text and "Derfor kan også store tall være skjult" in text
    assert "Hemmelig" not in text
    client.force_login(world.act_as(world.specialist))
    assert client.get("/tall/").status_code == 404


def test_before_the_first_release_the_page_says_so(world, client):
    client.force_login(world.act_as(world.leader))
    assert "Ingen tall ennå" in client.get("/tall/").content.decode()


def test_where_a_part_of_the_year_is_hidden_the_newest_that_was_shown_stands(world):
    made = FigureRelease(released_on=TODAY)
    june, september = date(2025, 6, 30), date(2025, 9, 30)
    team = Team(pk=7, name="T", office=world.office)
    figures = [
        ReleasedFigure(
            release=made, county=world.county, office=world.office, team=team, year=2025, measure="referred", **values
        )
        for values in (
            {"through": june, "hidden": False, "value": 12},
            {"through": september, "hidden": True, "value": None},
        )
    ]
    [line] = table(figures)
    cell = line.cells[[measure.name for measure in MEASURES].index("referred")]
    assert (cell.hidden, cell.value, cell.through) == (False, 12, june)


def test_an_odd_year_is_this_year(world, client):
    client.force_login(world.act_as(world.leader))
    for odd in ("1066", "x", "2²"):
        assert client.get("/tall/", {"ar": odd}).context["year"] == TODAY.year


def test_the_command_makes_them_once_a_week(world):
    with as_owner():
        assert commands.release().startswith("Figures: ")
        assert commands.release() == "This week's figures are made already."
