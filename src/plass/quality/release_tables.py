"""What a release shows, and every relation between the counts behind it, written down once. Pure; no Django.

A *group* is a plain count of people; a *share* splits a group in those who do and those who do not. Groups that do not
appear here together share no number, and no other page shows these counts:

=============  =========================================  ==========================================
group          counts                                     shares of it
=============  =========================================  ==========================================
``followed``   followed on the day of the release         ``in_work``: in work that day
``waiting``    waiting for the first meeting that day
``referred``   referred in the year
``first_job``  whose first paid job began in the year     ``weeks_13``, ``_26``, ``_52``: in work then
=============  =========================================  ==========================================

The relations, for each group, its shares and both parts of them:

* place: a county is the sum of its offices, an office the sum of its teams;
* period: the year through one day is the year through an earlier day and what came between, for every two days up to
  which a release has counted;
* parts: a group is those who do and those who do not, at every place and in every period. So the group of a share is a
  count that is shown already (first jobs in 2025 are those who had the chance to reach 52 weeks in 2026), never another
  one that differs from it by a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import NamedTuple

from .limits import SMALLEST_MEDIAN
from .suppression import Candidate, Key, Relation, Split, Table

#: A county, (county, office) or (county, office, team), by their numbers.
Place = tuple[int, ...]

SHARES = {
    "followed": ("in_work",),
    "waiting": (),
    "referred": (),
    "first_job": ("weeks_13", "weeks_26", "weeks_52"),
}
GROUP = {share: group for group, shares in SHARES.items() for share in shares}
#: The groups of a year, and those of the day of the release.
OF_A_YEAR, OF_A_DAY = ("referred", "first_job"), ("followed", "waiting")
#: Weeks that must have passed since the last day of a quarter before what is said of its people can be counted.
WEEKS = {"referred": 0, "first_job": 0, "weeks_13": 13, "weeks_26": 26, "weeks_52": 52}
#: A part of a year is shown only where this many have come since the part that was shown last, and as many can be
#: expected in the rest of the year. The whole year's number would else often have to stay hidden: the difference to
#: what was shown before would be of few.
A_STEP = 10


class Count(NamedTuple):
    """A count of people: of whom, where, and of which period (``after``, through]; ``after`` None: from the beginning."""

    name: str
    place: Place
    after: date | None
    through: date


class Figure(NamedTuple):
    """A figure on the page: what is shown of a place, counted through a day."""

    measure: str
    place: Place
    through: date


#: People of one team and one quarter (or one day): how many in the group, and for each share, how many who do.
Counted = Mapping[str, int]


def parts(share: str) -> tuple[str, str]:
    """The names of a share's two parts."""
    return f"{share}: yes", f"{share}: no"


def tells(figure: Figure) -> tuple[Count, ...]:
    """The counts that whoever sees the figure knows: of a share both parts, though only the per cent is shown."""
    whole = (figure.place, None, figure.through)
    if figure.measure in GROUP:
        yes, no = parts(figure.measure)
        return Count(yes, *whole), Count(no, *whole)
    return (Count(figure.measure, *whole),)


def build(
    group: str,
    counted: Mapping[tuple[Place, date], Counted],
    new: Mapping[str, date],
    before: Iterable[Figure] = (),
    teams: Iterable[Place] = (),
    *,
    whole: date,
) -> Table:
    """The table of one county's ``group`` and its shares, in one year or on one day.

    ``counted`` are the people by team and quarter; ``new`` says for each measure to show now through which day it
    counts; ``before`` are the figures that earlier releases have shown of the same people; ``teams`` are teams of which
    nobody need be counted. ``whole`` is the last day of the year (or the one day).
    """
    shown_before = list(before)
    places = _places({place for place, _quarter in counted} | set(teams))
    days = {measure: _days(measure, new, shown_before) for measure in (group, *SHARES[group])}
    days[group] = sorted({day for of_measure in days.values() for day in of_measure})
    cells = _Cells(counted, places)
    relations: list[Relation] = []
    splits: list[Split] = []
    for measure in (group, *SHARES[group]):
        for after, through in _periods(days[measure]):
            names = (group,) if measure == group else parts(measure)
            for name in names:
                cells.fill(name, after, through)
            for place in places:
                relations += cells.of_place(names, place, after, through)
                for name in names:
                    relations += _of_period(name, place, after, through, days[measure])
                if measure != group:
                    yes, no = (Count(name, place, after, through) for name in parts(measure))
                    whole_group = Count(group, place, after, through)
                    splits.append(Split(whole_group, (yes, no)))
                    relations.append(Relation(whole_group, (yes, no)))
    return Table(
        counts=cells.counts,
        relations=relations,
        splits=splits,
        candidates=list(_candidates(new, shown_before, cells, whole)),
        shown_before=frozenset(count for figure in shown_before for count in tells(figure)),
    )


def _places(teams: set[Place]) -> dict[Place, tuple[Place, ...]]:
    """Every place and those directly below it, teams first."""
    parts_by_place: dict[Place, set[Place]] = {team: set() for team in teams}
    for level in (2, 1):
        for place in [place for place in parts_by_place if len(place) == level + 1]:
            parts_by_place.setdefault(place[:level], set()).add(place)
    return {
        place: tuple(sorted(below))
        for place, below in sorted(parts_by_place.items(), key=lambda item: (-len(item[0]), item[0]))
    }


def _days(measure: str, new: Mapping[str, date], before: Iterable[Figure]) -> list[date]:
    """The days through which the measure is or was shown."""
    days = {figure.through for figure in before if figure.measure == measure}
    return sorted(days | ({new[measure]} if measure in new else set()))


def _periods(days: list[date]) -> Iterator[tuple[date | None, date]]:
    """From the beginning through each day, and between every two of them."""
    for day in days:
        yield None, day
    yield from combinations(days, 2)


def _of_period(name: str, place: Place, after: date | None, through: date, days: list[date]) -> Iterator[Relation]:
    """That a period is the sum of the shorter ones in it, where a release has counted through a day in between."""
    inside = [day for day in days if day < through and (after is None or day > after)]
    if inside:
        steps = zip([after, *inside], [*inside, through], strict=True)
        yield Relation(Count(name, place, after, through), tuple(Count(name, place, *step) for step in steps))


class _Cells:
    """The counts of a table, filled in for teams and summed upwards."""

    def __init__(
        self, counted: Mapping[tuple[Place, date], Counted], places: Mapping[Place, tuple[Place, ...]]
    ) -> None:
        self.counts: dict[Key, int] = {}
        self.places = places
        self.by_team: dict[Place, list[tuple[date, Counted]]] = {}
        for (place, quarter), people in sorted(counted.items(), key=lambda item: item[0]):
            self.by_team.setdefault(place, []).append((quarter, people))

    def fill(self, name: str, after: date | None, through: date) -> None:
        """The counts of ``name`` in a period at every place."""
        for place, below in self.places.items():
            if len(place) == 3:
                number = sum(
                    _number(people, name)
                    for quarter, people in self.by_team.get(place, ())
                    if quarter <= through and (after is None or quarter > after)
                )
            else:
                number = sum(self.counts[Count(name, part, after, through)] for part in below)
            self.counts[Count(name, place, after, through)] = number

    def of_place(self, names: Iterable[str], place: Place, after: date | None, through: date) -> Iterator[Relation]:
        """That the place is the sum of what is in it."""
        if below := self.places[place]:
            for name in names:
                yield Relation(
                    Count(name, place, after, through), tuple(Count(name, part, after, through) for part in below)
                )


def _number(people: Counted, name: str) -> int:
    """How many of them are those that ``name`` says."""
    share, _colon, part = name.partition(": ")
    return people[GROUP[share]] - people[share] if part == "no" else people[share]


def _candidates(new: Mapping[str, date], before: Iterable[Figure], cells: _Cells, whole: date) -> Iterator[Candidate]:
    """What to show, the most wanted first: larger places, groups before their shares, noughts, then larger numbers."""
    order = [*OF_A_DAY, *GROUP, *OF_A_YEAR]

    def wish(figure: Figure) -> tuple[object, ...]:
        number = sum(cells.counts[count] for count in tells(figure))
        return (
            len(figure.place),
            figure.measure in GROUP,
            number > 0,
            -number,
            order.index(figure.measure),
            figure.place,
        )

    last: dict[tuple[str, Place], date] = {}
    for figure in before:
        key = figure.measure, figure.place
        last[key] = max(figure.through, last.get(key, figure.through))
    figures = [Figure(measure, place, through) for measure, through in new.items() for place in cells.places]
    for figure in sorted(figures, key=wish):
        after = last.get((figure.measure, figure.place))
        since = [cells.counts[count._replace(after=after)] for count in tells(figure)]
        if figure.through == whole or _enough(min(since), after, figure.through, whole):
            yield Candidate(figure, tells(figure))


def _enough(since: int, after: date | None, through: date, whole: date) -> bool:
    """Whether a part of a year may be shown (``A_STEP``)."""
    first = after.month if after else 0
    expected = since / (through.month - first) * (whole.month - through.month)
    return since >= A_STEP and expected >= A_STEP


def per_cent(doing: int, group: int) -> int | None:
    """A share as the page shows it; None where the group is empty."""
    return round(100 * doing / group) if group else None


def median_may_be_shown(started: int) -> bool:
    """Whether enough have started for a median of their waits."""
    return started >= SMALLEST_MEDIAN
