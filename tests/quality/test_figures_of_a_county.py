"""Real releases and real pages: all that leaders ever saw of a county, added and subtracted against who is really there."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from plass.organisation.models import Membership, Office, Role, Team
from plass.quality.release_tables import Figure, Place, per_cent
from plass.quality.releases import counted_through, release_if_due
from tests.conftest import as_owner
from tests.quality.generated_people import Attacker, People
from tests.quality.kept_cases import keep
from tests.quality.leader_pages import Read, read
from tests.world import user

TODAY = timezone.localdate()
THIS_YEAR = TODAY.year
YEARS = (THIS_YEAR - 2, THIS_YEAR - 1, THIS_YEAR)


@pytest.fixture
def county_leader(world):
    with as_owner():
        leader = user("fylke1", "Frida", "Fylkesleder")
        Membership.objects.create(user=leader, role=Role.LEADER, county=world.county, started_on=date(2015, 1, 1))
        for number in (3, 4):
            office = Office.objects.create(county=world.county, number=f"990{number}", name=f"Plass {number}")
            for team in (1, 2):
                Team.objects.create(office=office, name=f"Jobbteam {team}")
    return leader


def fill(random: Random, teams: list[Team]) -> None:
    """People of three years, more in some teams than in others."""
    cases: list[dict[str, Any]] = []
    for team in teams:
        usual, staying = random.choice([2, 5, 12]), random.choice([0.4, 0.8, 1.0])
        for month in range(36):
            day = date(THIS_YEAR - 2 + month // 12, month % 12 + 1, random.randint(1, 28))
            if day > TODAY:
                continue
            cases += [{"team": team, "referred_on": day} for _case in range(random.randint(0, usual))]
            for _case in range(random.randint(0, usual)):
                came_of_it = {f"weeks_{weeks}": random.random() < staying for weeks in (13, 26, 52)}
                cases.append({"team": team, "first_job_on": day, **came_of_it})
        cases += [
            {"team": team, "now": random.choice(["in work", "followed", "followed", "waiting"])}
            for _case in range(random.randint(0, 8 * usual))
        ]
    keep(cases)


def release_days() -> list[date]:
    """A day in each quarter of the last two years, after its quarter before could be counted, and two days since."""
    days = [date(year, month, 20) for year in YEARS[1:] for month in (1, 4, 7, 10)]
    return [day for day in days if day < TODAY - timedelta(14)] + [TODAY - timedelta(7), TODAY]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_pages_of_two_years_of_releases_tell_no_small_group(world, county_leader, client, promise, seed):
    random = Random(seed)
    with as_owner():
        teams = list(Team.objects.select_related("office"))
    fill(random, teams)
    places = {
        (world.county.name,): (world.county.pk,),
        **{(team.office.name,): (world.county.pk, team.office_id) for team in teams},
        **{(team.office.name, team.name): (world.county.pk, team.office_id, team.pk) for team in teams},
    }
    seen: set[Read] = set()
    stocks: dict[date, dict[str, People]] = {}
    for day in release_days():
        with as_owner():
            assert release_if_due(day)
        stocks[day] = _on(day, places)
        client.force_login(world.act_as(county_leader))
        seen |= set(read(client, YEARS))
        client.force_login(world.act_as(world.leader))
        seen |= set(read(client, YEARS[-1:]))
        _some_leave(random)
    worked_out, small, numbers = [], 0, 0
    for attacker, shown in _attackers(places, seen, stocks):
        worked_out += attacker.worked_out()
        small += len(attacker.secrets())
        numbers += _check(attacker, shown)
    assert worked_out == []
    assert small > 100 and numbers > 100, "there is much to find, and much to find it from"
    promise(
        "small groups", **{f"pages_{seed}_numbers": numbers, f"pages_{seed}_small_counts": small, "pages_worked_out": 0}
    )


def _attackers(places: dict[tuple[str, ...], Place], seen: set[Read], stocks: dict[date, dict[str, People]]) -> Any:
    """An attacker for each group of people that the pages tell about, with all that was read of them."""
    for kind, columns in (
        ("referred", ("referred",)),
        ("first_job", ("first_job", "weeks_13", "weeks_26", "weeks_52")),
    ):
        for year in YEARS:
            quarters = [date(year, 3, 31), date(year, 6, 30), date(year, 9, 30), date(year, 12, 31)]
            quarters = [quarter for quarter in quarters if quarter <= counted_through(TODAY)]
            numbers = {r for r in seen if r.column in columns and r.through.year == year}
            if quarters:
                yield _attacker(_counted(places, kind, year), numbers, places, quarters, columns[0])
    for day, of_day in stocks.items():
        for group, share in (("followed", "in_work"), ("waiting", "")):
            numbers = {r for r in seen if r.column in (group, share) and r.through == day}
            yield _attacker(of_day[group], numbers, places, [day], group)


def _attacker(
    made: People, numbers: set[Read], places: dict[tuple[str, ...], Place], quarters: list[date], group: str
) -> tuple[Attacker, dict[Figure, int]]:
    # Whoever reads the share of a group knows both its parts; to the attacker's kinds a group is a first job.
    names = {group: "first_job", "in_work": "weeks_13"}
    shown = {Figure(names.get(r.column, r.column), places[r.row], r.through): r.number for r in numbers}
    return Attacker(made, shown, quarters), shown


def _check(attacker: Attacker, shown: dict[Figure, int]) -> int:
    """That what was read is true, so that the attacker adds up what is really there. Returns how many numbers."""
    for figure, number in shown.items():
        counts = [int(attacker.truth @ row) for row in attacker.rows(figure)]
        assert number == (counts[0] if len(counts) == 1 else per_cent(counts[0], sum(counts))), figure
        assert not any(0 < count < 5 for count in counts), figure
    return len(shown)


def _counted(places: dict[tuple[str, ...], Place], kind: str, year: int) -> People:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT county_id, office_id, team_id, quarter, coalesce(weeks_13, false), coalesce(weeks_26, false), "
            "coalesce(weeks_52, false) FROM quality_countedcase WHERE kind = %s AND date_part('year', quarter) = %s",
            [kind, year],
        )
        return People(_teams(places), Counter((row[:3], *row[3:]) for row in cursor.fetchall()))


def _on(day: date, places: dict[tuple[str, ...], Place]) -> dict[str, People]:
    counts: dict[str, Counter[Any]] = {"followed": Counter(), "waiting": Counter()}
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.county_id, o.id, t.id, m.phase, m.specialist_id, m.waiting_days FROM milestones m "
            "JOIN organisation_team t ON t.id = m.team_id JOIN organisation_office o ON o.id = t.office_id"
        )
        for *team, phase, specialist, waiting in cursor.fetchall():
            if phase != "ended" and specialist:
                counts["followed"][(tuple(team), day, phase == "in_work", False, False)] += 1
            if waiting is not None:
                counts["waiting"][(tuple(team), day, False, False, False)] += 1
    return {group: People(_teams(places), kinds) for group, kinds in counts.items()}


def _teams(places: dict[tuple[str, ...], Place]) -> tuple[Place, ...]:
    return tuple(place for place in places.values() if len(place) == 3)


def _some_leave(random: Random) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM milestone_cache WHERE ended_on IS NULL ORDER BY case_id")
        gone = [case for (case,) in cursor.fetchall() if random.random() < 0.05]
        cursor.execute("UPDATE milestone_cache SET ended_on = access_today() WHERE case_id = ANY (%s)", [gone])
