"""What is hidden cannot be worked out: whoever has every shown number learns at best an interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plass.caseload.figures import FOLLOWED, IN_WORK, MEASURES, Team, _tree, visible_in
from plass.caseload.suppression import SMALLEST, Unit, shown

PARTS = 2


def whole(offices: list[list[tuple[int, ...]]]) -> Unit:
    """The tree of offices and their teams' parts."""
    made = []
    for o, teams in enumerate(offices):
        children = tuple(Unit(f"o{o}t{t}", parts) for t, parts in enumerate(teams))
        made.append(Unit(f"o{o}", total(children), children))
    return Unit("all", total(tuple(made)), tuple(made))


def total(units: tuple[Unit, ...]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*(unit.parts for unit in units), strict=True))


def every(unit: Unit) -> Iterator[Unit]:
    yield unit
    for child in unit.children:
        yield from every(child)


def known_intervals(root: Unit, visible: set[str], part: int) -> dict[str, tuple[float, float]]:
    """The smallest and largest value of each unit's part that agrees with every shown number (nothing is negative).

    Exact, because the sums form a tree: bounds are added up from the leaves, then narrowed from the top.
    """
    below: dict[str, tuple[float, float]] = {}

    def up(unit: Unit) -> tuple[float, float]:
        ends = [up(child) for child in unit.children]
        low, high = (sum(end[0] for end in ends), sum(end[1] for end in ends)) if ends else (0.0, inf)
        if unit.name in visible:
            low = high = float(unit.parts[part])
        below[unit.name] = low, high
        return low, high

    found: dict[str, tuple[float, float]] = {}

    def down(unit: Unit, low: float, high: float) -> None:
        found[unit.name] = low, high
        for child in unit.children:
            others = [below[other.name] for other in unit.children if other is not child]
            own_low, own_high = below[child.name]
            least, most = sum(end[0] for end in others), sum(end[1] for end in others)
            down(child, max(own_low, low - most), min(own_high, high - least))

    up(root)
    down(root, *below[root.name])
    return found


trees = (
    st.integers(1, PARTS)
    .flatmap(
        lambda parts: st.lists(
            st.lists(st.tuples(*[st.integers(0, 12)] * parts), min_size=1, max_size=4), min_size=1, max_size=4
        )
    )
    .map(whole)
)


@settings(max_examples=500)
@given(trees)
def test_nothing_hidden_can_be_recovered_from_what_is_shown(root):
    visible = shown(root)
    for part in range(len(root.parts)):
        known = known_intervals(root, visible, part)
        for unit in every(root):
            low, high = known[unit.name]
            assert unit.name in visible or high - low >= SMALLEST, (unit, sorted(visible))


@given(trees)
def test_no_small_cell_is_shown(root):
    visible = shown(root)
    assert all(min(unit.parts) >= SMALLEST for unit in every(root) if unit.name in visible)


@given(trees)
def test_what_needs_no_hiding_is_shown(root):
    if all(min(unit.parts) >= SMALLEST for unit in every(root)):
        assert shown(root) == {unit.name for unit in every(root)}


def a_team(number: int, office: int, followed: int, in_work: int) -> Team:
    names = [field.name for field in fields(Team)][4:]
    numbers = dict.fromkeys(names, 0) | {"open_now": followed, "in_work_now": min(in_work, followed)}
    return Team(office, f"o{office}", number, f"t{number}", **numbers)


# By hand: those followed hide the teams of 3 and 12, those in work the teams of 3 and 13; "6 of 12" would tell all.
@example([(1, 33, 20), (1, 3, 0), (1, 12, 6), (1, 13, 5)])
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6))
def test_the_share_in_work_gives_no_hidden_caseload_away(made):
    offices: dict[int, list[Team]] = {}
    for number, (office, followed, in_work) in enumerate(made):
        offices.setdefault(office, []).append(a_team(number, office, followed, in_work))
    visible = visible_in(offices, offices)
    told = visible[FOLLOWED] | visible[IN_WORK]
    root = _tree(MEASURES[FOLLOWED], offices)
    known = known_intervals(root, told, 0)
    for unit in every(root):
        low, high = known[unit.name]
        assert unit.name in visible[FOLLOWED] or high - low >= SMALLEST, (unit, sorted(told))


def test_one_small_team_takes_the_smallest_other_with_it():
    root = whole([[(3,), (20,), (8,)], [(9,), (9,)]])
    assert shown(root) == {"all", "o0", "o1", "o0t1", "o1t0", "o1t1"}


def test_all_but_a_few_is_as_telling_as_a_few():
    assert shown(whole([[(20, 2)]])) == set()
    assert "o0" not in shown(whole([[(20, 2)], [(10, 10)], [(30, 30)]]))


def test_a_hidden_office_hides_its_teams():
    root = whole([[(2,), (1,)], [(6,), (6,)], [(40,), (40,)]])
    assert shown(root) == {"all", "o2", "o2t0", "o2t1"}


def test_a_unit_must_be_the_sum_of_what_is_in_it():
    with pytest.raises(ValueError, match="sum"):
        Unit("all", (3,), (Unit("a", (1,)),))
