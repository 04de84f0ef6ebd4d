"""What a series of releases shows cannot be added and subtracted to a small group: 200 generated counties."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from plass.quality.release_tables import Count, Figure, build, per_cent, tells
from plass.quality.suppression import choose
from tests.quality.generated_people import QUARTERS, Attacker, people, releases

COUNTIES = 200


def test_nothing_hidden_is_a_sum_or_difference_of_what_was_shown(promise):
    shown = secrets = 0
    for seed in range(COUNTIES):
        made = people(Random(seed))
        figures = releases(made, at_once=seed % 10 > 0)
        attacker = Attacker(made, figures)
        assert attacker.worked_out() == [], seed
        shown += len(figures)
        secrets += len(attacker.secrets())
    assert shown > 15 * COUNTIES and secrets > 30 * COUNTIES, "there is much to add up, and much to find"
    promise("small groups", counties=COUNTIES, figures_shown=shown, small_counts=secrets, worked_out=0)


def test_without_the_complementary_step_the_same_attacker_finds_some(promise):
    worked_out = sum(
        len(Attacker(made, releases(made, complementary=False, at_once=True)).worked_out())
        for made in (people(Random(seed)) for seed in range(20))
    )
    assert worked_out > 20
    promise("small groups", control_worked_out=worked_out)


@pytest.mark.parametrize("seed", range(4, 10))
def test_what_can_be_said_of_a_small_group_is_no_more_than_one_to_four(seed):
    made = people(Random(seed))
    for low, high in Attacker(made, releases(made, at_once=seed % 10 > 0)).ranges().values():
        assert low <= 1 + 1e-6 and high >= 4 - 1e-6


def a_year(*teams: dict[date, int]) -> dict[tuple[tuple[int, ...], date], dict[str, int]]:
    """First jobs of one office's teams, by quarter; everybody stayed for 13, 26 and 52 weeks, but half of them did not."""
    return {
        ((1, 1, number), quarter): {
            "first_job": jobs,
            "weeks_13": jobs // 2,
            "weeks_26": jobs // 2,
            "weeks_52": jobs // 2,
        }
        for number, team in enumerate(teams)
        for quarter, jobs in team.items()
    }


def test_the_group_of_a_share_is_the_first_jobs_themselves():
    """First jobs in 2025 less those with 52 weeks in 2026 are nobody: the second are the first, a quarter at a time."""
    counted = a_year(dict.fromkeys(QUARTERS, 12), dict.fromkeys(QUARTERS, 14))
    table = build("first_job", counted, {"first_job": QUARTERS[3], "weeks_52": QUARTERS[2]}, whole=QUARTERS[3])
    for place in ((1,), (1, 1), (1, 1, 0)):
        yes, no = (table.counts[count] for count in tells(Figure("weeks_52", place, QUARTERS[2])))
        assert yes + no == table.counts[Count("first_job", place, None, QUARTERS[2])]


def test_a_part_of_a_year_waits_until_enough_have_come_and_more_are_to_come():
    """By hand: a team with six first jobs a quarter is shown in June (twelve, and twelve to come) and in December."""
    counted = a_year(dict.fromkeys(QUARTERS, 6), dict.fromkeys(QUARTERS, 20))
    team, shown = (1, 1, 0), []
    for quarter in QUARTERS:
        table = build("first_job", counted, {"first_job": quarter}, shown, whole=QUARTERS[3])
        shown += sorted(choose(table).shown)
    assert [figure.through for figure in shown if figure.place == team] == [QUARTERS[1], QUARTERS[3]]


def test_few_at_the_end_of_a_year_hide_the_year_where_most_of_it_was_shown():
    """Forty through September, three in the last quarter: 43 would tell of three."""
    counted = a_year({QUARTERS[0]: 40, QUARTERS[3]: 3}, dict.fromkeys(QUARTERS, 20))
    shown = [Figure("first_job", (1, 1, 0), QUARTERS[2]), Figure("first_job", (1, 1), QUARTERS[2])]
    table = build("first_job", counted, {"first_job": QUARTERS[3]}, shown, whole=QUARTERS[3])
    assert Figure("first_job", (1, 1, 0), QUARTERS[3]) not in choose(table).shown


def test_a_team_that_is_gone_is_still_in_what_was_shown():
    counted = a_year(dict.fromkeys(QUARTERS, 12))
    table = build("first_job", counted, {"first_job": QUARTERS[3]}, teams=[(1, 2, 9)], whole=QUARTERS[3])
    assert table.counts[Count("first_job", (1, 2), None, QUARTERS[3])] == 0


@pytest.mark.parametrize(("doing", "group", "shown"), [(1, 3, 33), (2, 3, 67), (0, 5, 0), (0, 0, None)])
def test_a_share_is_in_whole_per_cent(doing, group, shown):
    assert per_cent(doing, group) == shown
