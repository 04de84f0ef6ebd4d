"""Subtracting one number on the leader's pages from another, to learn of one person: there is nothing to subtract.

Each begins with people of whom one stands apart, and does what worked on the pages that counted live: docs/decisions/0150.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from plass.quality.commands import release
from plass.quality.releases import release_if_due
from tests.conftest import as_owner
from tests.quality.kept_cases import keep

TODAY = timezone.localdate()
#: Every number of that year's people has been counted, whatever day it is.
A_YEAR = TODAY.year - 3


def rows(client: Any, year: int) -> dict[str, list[str]]:
    """The cells of each row of a year's page, as they read."""
    page = BeautifulSoup(client.get("/tall/", {"ar": year}).content, "html.parser")
    return {
        row.th.get_text(strip=True): [cell.get_text(" ", strip=True) for cell in row.select("td")]
        for row in page.select("tbody tr")
    }


def numbers(pattern: str, cells: list[str]) -> list[int]:
    return [int(number) for cell in cells for number in re.findall(pattern, cell)]


@pytest.fixture
def leader(world, client):
    def look() -> Any:
        client.force_login(world.act_as(world.leader))
        return client

    return look


def test_waiting_now_less_those_not_yet_met(world, leader):
    """Seven wait, six of them referred this year: the seventh has waited since last year."""
    this_year = date(TODAY.year, 1, 1)
    for team, others in ((world.team, 6), (world.second_team, 8)):
        keep([{"team": team, "referred_on": this_year, "now": "waiting"}] * others)
        keep([{"team": team, "referred_on": this_year, "started_on": this_year}] * others)
    keep([{"team": world.team, "referred_on": this_year - timedelta(40), "now": "waiting"}])
    with as_owner():
        release()
    client = leader()
    page = rows(client, TODAY.year)
    assert page["Jobbteam 1"][1] == "7"
    for row, cells in page.items():
        # What of the year has "not yet" started was the other number; now nothing but whole counts and shares is shown.
        assert numbers(r"(\d+) ikke ennå", cells) == [], row
        for number in numbers(r"(\d+)", cells):
            assert not 0 < int(cells[1]) - number < 5, f"{row}: {cells[1]} wait, less {number}"


def test_first_jobs_of_a_year_less_those_with_52_weeks_in_the_next(world, leader):
    """Thirteen first jobs in a year, twelve who had the chance of 52 weeks in the next: one began on New Year's Day."""
    for team in (world.team, world.second_team):
        keep([{"team": team, "first_job_on": date(A_YEAR, 2, 1), "weeks_52": number < 7} for number in range(12)])
    keep([{"team": world.team, "first_job_on": date(A_YEAR, 1, 1), "weeks_52": True}])
    with as_owner():
        release()
    client = leader()
    jobs, later = rows(client, A_YEAR), rows(client, A_YEAR + 1)
    assert jobs["Jobbteam 1"][5] == "13"
    for row, cells in jobs.items():
        # The group behind a share was shown beside it: "8 av 12".
        assert not any(" av " in cell for cell in (*cells, *later[row])), row
        for number in numbers(r"(\d+)(?! ?%)\b", later[row]):
            assert not 0 < int(cells[5]) - number < 5, f"{row}: {cells[5]} first jobs, less {number}"
    assert jobs["Jobbteam 1"][8] == "62 %", "and how many stayed is still shown"


def test_the_next_release_less_this_one(world, leader):
    """Forty referred through June, three in the autumn: a later page must not say forty-three."""
    seen: dict[str, set[int]] = {}
    for month, late in ((3, 40), (8, 3), (11, 0)):
        keep([{"team": world.team, "referred_on": date(A_YEAR, month, 5)}] * late)
        keep([{"team": world.second_team, "referred_on": date(A_YEAR, month, 5)}] * 30)
        with as_owner():
            release_if_due(date(A_YEAR, month, 20) + timedelta(70))
        for row, cells in rows(leader(), A_YEAR).items():
            seen.setdefault(row, set()).update(numbers(r"^(\d+)\b", [cells[3]]))
    assert seen["Jobbteam 1"] == {40} and len(seen["Plass Nord"]) > 1
    for row, referred in seen.items():
        assert not any(0 < larger - smaller < 5 for larger in referred for smaller in referred), f"{row}: {referred}"
