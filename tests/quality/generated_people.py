"""Generated people for the figures, the releases made of them, and an attacker who adds and subtracts all that was shown.

The attacker knows nothing of ``release_tables``: each number is a sum over *kinds* of people (team, quarter, and what came
of them), and whatever follows from the numbers follows from these sums. Reckoned in whole numbers, modulo a prime.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from random import Random

import numpy as np
from scipy.optimize import linprog

from plass.quality.release_tables import Counted, Figure, Place, build, parts
from plass.quality.suppression import choose

QUARTERS = [date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31)]
SHARES = ("weeks_13", "weeks_26", "weeks_52")
PRIME = 2_147_483_647
#: Quarters after a quarter's end until it can be counted.
LATER = {"first_job": 0, "weeks_13": 1, "weeks_26": 2, "weeks_52": 4}

#: Team, quarter, and whether in work after 13, 26 and 52 weeks.
Kind = tuple[Place, date, bool, bool, bool]


@dataclass(frozen=True)
class People:
    """Everybody who got a first job in a county in a year, by kind."""

    teams: tuple[Place, ...]
    of_kind: Counter[Kind]

    @property
    def places(self) -> list[Place]:
        return sorted({team[:level] for team in self.teams for level in (1, 2, 3)})

    def counted(self) -> dict[tuple[Place, date], Counted]:
        """As ``release_tables.build`` is given them."""
        counts: dict[tuple[Place, date], dict[str, int]] = {}
        for (team, quarter, *came_of_it), number in self.of_kind.items():
            row = counts.setdefault((team, quarter), dict.fromkeys(("first_job", *SHARES), 0))
            row["first_job"] += number
            for share, in_work in zip(SHARES, came_of_it, strict=True):
                row[share] += number * in_work
        return counts


def people(random: Random) -> People:
    """Two to four offices with one to three teams; some with hardly anybody, some with many."""
    teams = tuple(
        (1, office, 10 * office + team)
        for office in range(1, random.randint(2, 4) + 1)
        for team in range(random.randint(1, 3))
    )
    usual = random.choice([1, 3, 6, 12])
    numbers: Counter[Kind] = Counter()
    for team, quarter in product(teams, QUARTERS):
        staying = random.choice([0.2, 0.6, 0.9, 1.0])
        for _person in range(random.randint(0, 2 * usual)):
            numbers[(team, quarter, *(random.random() < staying for _share in SHARES))] += 1
    return People(teams, numbers)


def releases(made: People, *, complementary: bool = True, at_once: bool = False) -> list[Figure]:
    """All that is shown of them: in eight releases a quarter apart, or in one when the year is long over."""
    shown: list[Figure] = []
    counted: dict[str, date] = {}
    for at in [7] if at_once else range(8):
        new = {m: QUARTERS[min(at - later, 3)] for m, later in LATER.items() if at >= later}
        new = {measure: day for measure, day in new.items() if counted.get(measure) != day}
        counted |= new
        table = build("first_job", made.counted(), new, shown, made.teams, whole=QUARTERS[-1])
        pattern = choose(table, complementary=complementary)
        assert not pattern.given_away or not complementary
        shown += sorted(pattern.shown)
    return shown


class Attacker:
    """What can be worked out from the figures shown."""

    def __init__(self, made: People, shown: Iterable[Figure], quarters: list[date] = QUARTERS) -> None:
        self.made, self.quarters = made, quarters
        self.kinds: list[Kind] = [
            (team, quarter, *came)
            for team in made.teams
            for quarter in quarters
            for came in product((False, True), repeat=3)
        ]
        self.shown = list(shown)
        self.known = np.array([row for figure in self.shown for row in self.rows(figure)], dtype=np.int64)
        self.known = self.known.reshape(-1, len(self.kinds))
        self.truth = np.array([made.of_kind[kind] for kind in self.kinds])

    def row(self, what: str, place: Place, after: date | None, through: date) -> list[int]:
        """Which kinds of people a count is the sum of."""
        share, _colon, part = what.partition(": ")
        return [
            int(
                kind[0][: len(place)] == place
                and (after is None or kind[1] > after)
                and kind[1] <= through
                and (not part or kind[2 + SHARES.index(share)] is (part == "yes"))
            )
            for kind in self.kinds
        ]

    def rows(self, figure: Figure) -> Iterator[list[int]]:
        """A share of a known group tells both parts of it."""
        names = parts(figure.measure) if figure.measure in SHARES else (figure.measure,)
        for name in names:
            yield self.row(name, figure.place, None, figure.through)

    def secrets(self) -> dict[tuple[str, Place, date | None, date], list[int]]:
        """Every count of 1-4 people at a place, in any run of quarters, in or out of work after so many weeks."""
        ends: list[tuple[date | None, date]] = [(None, day) for day in self.quarters]
        ends += list(combinations(self.quarters, 2))
        names = ["first_job", *(part for share in SHARES for part in parts(share))]
        secrets = {}
        for what, place, (after, through) in product(names, self.made.places, ends):
            row = self.row(what, place, after, through)
            if 0 < int(np.dot(row, self.truth)) < 5:
                secrets[what, place, after, through] = row
        return secrets

    def worked_out(self) -> list[tuple[str, Place, date | None, date]]:
        """The secrets that are sums and differences of what was shown, however many of them it takes."""
        secrets = self.secrets()
        rows = np.array(list(secrets.values()), dtype=np.int64).reshape(-1, len(self.kinds))
        left = eliminated(self.known, rows)
        return [secret for secret, row in zip(secrets, left, strict=True) if not row.any()]

    def ranges(self) -> dict[tuple[str, Place, date | None, date], tuple[float, float]]:
        """How small and how large each secret can be."""
        ranges = {}
        for secret, row in self.secrets().items():
            ends = []
            for sign in (1, -1):
                answer = linprog(
                    sign * np.array(row), A_eq=self.known, b_eq=self.known @ self.truth, bounds=(0, 1e5), method="highs"
                )
                assert answer.status == 0
                ends.append(sign * answer.fun)
            ranges[secret] = (ends[0], ends[1])
        return ranges


def eliminated(known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What is left of ``rows`` when all sums and differences of ``known`` are taken out."""
    known, left = known % PRIME, rows % PRIME
    at = 0
    for column in range(known.shape[1]):
        below = np.flatnonzero(known[at:, column])
        if not len(below):
            continue
        known[[at, at + below[0]]] = known[[at + below[0], at]]
        known[at] = known[at] * pow(int(known[at, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(known[:, column])
        others = others[others > at]
        known[others] = (known[others] - known[others, column, None] * known[at]) % PRIME
        left = (left - left[:, column, None] * known[at]) % PRIME
        at += 1
        if at == len(known):
            break
    return left
