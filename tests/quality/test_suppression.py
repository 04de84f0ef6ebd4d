"""Which figures may be shown, table by table: by hand, and with an audit of its own."""

from __future__ import annotations

import pytest

from plass.quality.suppression import Candidate, Relation, Split, Table, audit, choose, sensitive


def one_by_one(*keys: str) -> list[Candidate]:
    return [Candidate(key, (key,)) for key in keys]


def an_office(**teams: int) -> Table:
    counts = {"office": sum(teams.values()), **teams}
    candidates = one_by_one("office", *sorted(teams, key=lambda team: -teams[team]))
    return Table(counts, [Relation("office", tuple(teams))], candidates=candidates)


def test_what_needs_no_hiding_is_shown():
    assert choose(an_office(a=5, b=9, c=0)).shown == {"office", "a", "b", "c"}


def test_one_small_team_takes_the_smallest_other_with_it():
    pattern = choose(an_office(a=3, b=8, c=20))
    assert pattern.shown == {"office", "c"}
    assert pattern.ranges["a"][0] <= 1 and pattern.ranges["a"][1] >= 4


def test_two_small_teams_that_are_few_together_take_a_third_with_them():
    assert choose(an_office(a=1, b=1, c=8, d=9)).shown == {"office", "d"}
    assert choose(an_office(a=2, b=2, c=8, d=9)).shown == {"office", "c", "d"}, "either of them can be any of 0-4"


def test_a_small_total_is_hidden_and_its_noughts_stay():
    assert choose(an_office(a=3, b=0, c=0)).shown == {"b", "c"}


def a_share(group: int, yes: int) -> Table:
    return Table(
        {"group": group, "yes": yes, "no": group - yes},
        [Relation("group", ("yes", "no"))],
        [Split("group", ("yes", "no"))],
        [*one_by_one("group"), Candidate("share", ("yes", "no"))],
    )


@pytest.mark.parametrize(("group", "yes", "shown"), [(20, 10, True), (20, 3, False), (20, 16, False), (0, 0, True)])
def test_all_but_a_few_is_as_telling_as_a_few(group, yes, shown):
    assert ("share" in choose(a_share(group, yes)).shown) is shown


@pytest.mark.parametrize("yes", [0, 20])
def test_what_a_whole_group_shares_is_hidden_and_the_group_is_not(yes):
    assert choose(a_share(20, yes)).shown == {"group"}


def test_what_was_shown_before_counts_as_shown():
    """By hand: 9 through June, 12 through September: of the quarter between, three people."""
    table = Table(
        {"through june": 9, "between": 3, "through september": 12},
        [Relation("through september", ("through june", "between"))],
        candidates=one_by_one("through september"),
    )
    assert choose(table).shown == {"through september"}
    table.shown_before = frozenset({"through june"})
    assert choose(table).shown == frozenset()


def test_what_is_given_away_already_is_told():
    table = Table(
        {"all": 9, "a": 8, "b": 1},
        [Relation("all", ("a", "b"))],
        candidates=one_by_one("b"),
        shown_before=frozenset({"all", "a"}),
    )
    pattern = choose(table)
    assert (pattern.shown, pattern.given_away) == (frozenset(), {"b"})


def test_the_audit_finds_what_elimination_does_not():
    """Elimination sees two unknown numbers; that they are two people together, only the ranges tell."""
    table = an_office(a=1, b=1, c=8)
    without = {"office", "c"}
    assert audit(table, without) == {"a": (0.0, 2.0), "b": (0.0, 2.0)}
    assert choose(table).shown == {"office"}


def test_a_county_s_and_an_office_s_totals_are_in_the_same_system():
    """A small team alone at its office: then the office is small too, and another office must go."""
    counts = {"county": 33, "o1": 3, "o2": 10, "o3": 20, "a": 3, "b": 10, "c": 20}
    relations = [
        Relation("county", ("o1", "o2", "o3")),
        *(Relation(office, (team,)) for office, team in (("o1", "a"), ("o2", "b"), ("o3", "c"))),
    ]
    table = Table(counts, relations, candidates=one_by_one("county", "o3", "o2", "o1", "c", "b", "a"))
    assert choose(table).shown == {"county", "o3", "c"}


def test_counts_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="sum"):
        Table({"all": 3, "a": 1}, [Relation("all", ("a",))])


def test_small_counts_are_sensitive_and_noughts_are_not():
    assert sensitive(an_office(a=0, b=4, c=5)) == {"b"}
