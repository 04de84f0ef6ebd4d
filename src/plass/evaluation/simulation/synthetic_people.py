"""Made-up people, counted: what the example and the made worlds are built of.

A made study holds counts, not people: how many of each kind entered each office in each period, and how they ended.
The cells come straight from the counts (a thousandth of a second), the rows by writing each count out, and both are the
same data. Nobody in them exists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from plass.evaluation.data.cells import NEVER, Account, Bools, Cells, Floats, Ints, Sums
from plass.evaluation.study import (
    Columns,
    Cost,
    DataSource,
    Outcome,
    Role,
    Specification,
    Study,
    Treatment,
    Waiting,
)

if TYPE_CHECKING:
    import pandas as pd

#: How follow-up ends: without a job, or in a job of so many hours a week.
WEEKLY_HOURS = np.array([0.0, 12.0, 20.0, 37.5])
#: Fewer hours than this is part time.
FULL_TIME = 30.0
#: Kinds of people: every combination of what was fixed before referral.
COVARIATES: Mapping[str, tuple[str, ...]] = {"age": ("30 and over", "under 30"), "recent_work": ("no", "yes")}
KINDS = tuple((age, recent) for age in COVARIATES["age"] for recent in COVARIATES["recent_work"])
#: The outcomes of a made study, and what each is for.
ROLES: Mapping[str, Role] = {
    "any_job": "main",
    "weekly_hours": "secondary",
    "part_time": "secondary",
    "wage_subsidy": "scheme",
    "worked_before": "predetermined",
    "has_children": "placebo",
}
LABELS = {
    "any_job": "In work",
    "weekly_hours": "Hours a week",
    "part_time": "In part-time work",
    "wage_subsidy": "Wage subsidy",
    "worked_before": "Worked in the two years before",
    "has_children": "Has children at home",
}


@dataclass(frozen=True)
class MadeStudy:
    """Counts of made-up people. Every office has a start or is a comparison office (`NEVER`).

    periods: labels such as 2012-04; first_treated: (offices,); ends: (offices, periods, kinds, 4), how many ended
    with each of `WEEKLY_HOURS`; subsidy, children: (offices, periods, kinds), how many had a wage subsidy and how many
    have children; kinds as in `KINDS`.
    """

    name: str
    title: str
    question: str
    offices: tuple[str, ...]
    periods: tuple[str, ...]
    first_treated: Ints
    ends: Ints
    subsidy: Ints
    children: Ints
    seed: int

    def __post_init__(self) -> None:
        if tuple(sorted(self.offices)) != self.offices:
            raise ValueError("made study: offices must stand in the order of their names, as cells do")

    @property
    def people(self) -> Ints:
        """How many entered: (offices, periods, kinds)."""
        return np.asarray(self.ends.sum(axis=3))

    @property
    def treated(self) -> Bools:
        """(offices,): whether an office is ever treated."""
        return np.asarray(self.first_treated < NEVER)

    def sums(self) -> dict[str, Floats]:
        """Each outcome's sum by office, period and kind, and `weekly_hours squared`."""
        working = self.ends[..., 1:].sum(axis=3)
        recent = np.array([kind[1] == "yes" for kind in KINDS])
        return {
            "any_job": working.astype(np.float64),
            "weekly_hours": self.ends @ WEEKLY_HOURS,
            "weekly_hours squared": self.ends @ WEEKLY_HOURS**2,
            "part_time": (self.ends * ((WEEKLY_HOURS > 0) & (WEEKLY_HOURS < FULL_TIME))).sum(axis=3).astype(np.float64),
            "wage_subsidy": self.subsidy.astype(np.float64),
            "worked_before": np.where(recent, self.people, 0).astype(np.float64),
            "has_children": self.children.astype(np.float64),
        }

    def cells(self) -> Cells:
        """The study as cells, without writing anybody out."""
        office, period, kind = np.nonzero(self.people)
        n = self.people[office, period, kind].astype(np.float64)
        totals = self.sums()
        squares = {"weekly_hours": totals.pop("weekly_hours squared")}
        sums = {}
        for name, total in totals.items():
            y, yy = (part[office, period, kind] for part in (total, squares.get(name, total)))
            sums[name] = Sums(n, n, y, yy, n, y, yy)
        age, recent = np.divmod(kind, len(COVARIATES["recent_work"]))
        account = Account(rows_read=int(n.sum()), rows_used={name: int(n.sum()) for name in sums})
        return Cells(
            self.offices,
            self.periods,
            office.astype(np.int64),
            period.astype(np.int64),
            COVARIATES,
            {"age": age.astype(np.int64), "recent_work": recent.astype(np.int64)},
            sums,
            self.first_treated,
            account,
        )

    def rows(self) -> pd.DataFrame:
        """The same with one row for each person: person, office, month (a date), age, recent_work and the outcomes of
        `ROLES`.

        Who of a cell has a wage subsidy or children is chosen by the study's seed; the counts are kept.
        """
        import pandas as pd

        generator = np.random.Generator(np.random.PCG64(self.seed))
        cell = np.arange(self.people.size)
        count = self.people.ravel()
        where = np.repeat(cell, count)
        office, period, kind = np.unravel_index(where, self.people.shape)
        ends = np.tile(np.arange(len(WEEKLY_HOURS)), self.people.size)
        hours = WEEKLY_HOURS[np.repeat(ends, self.ends.ravel())]
        frame = pd.DataFrame(
            {
                "office": np.array(self.offices)[office],
                "month": np.array([first_day(label) for label in self.periods])[period],
                "age": np.array(COVARIATES["age"])[np.array([KINDS[k][0] == "under 30" for k in range(4)], int)[kind]],
                "recent_work": np.array([combination[1] for combination in KINDS])[kind],
                "any_job": (hours > 0).astype(np.int64),
                "weekly_hours": hours,
                "part_time": ((hours > 0) & (hours < FULL_TIME)).astype(np.int64),
                "wage_subsidy": _chosen(generator, where, count, self.subsidy.ravel()),
                "worked_before": np.array([combination[1] == "yes" for combination in KINDS], int)[kind],
                "has_children": _chosen(generator, where, count, self.children.ravel()),
            }
        )
        # Shuffled, so that nothing can be read from the order; numbered after that.
        frame = frame.iloc[generator.permutation(len(frame))].sort_values("month", kind="stable").reset_index(drop=True)
        frame.insert(0, "person", np.arange(1, len(frame) + 1))
        return frame

    def study(self, folder: Path, *, cost: Cost | None = None, waiting: Waiting | None = None) -> Study:
        """The study of `people.parquet` in a folder; frozen specifications: the headline, the same by office, hours."""
        starts = {int(first) for first in self.first_treated[self.treated]}
        outcomes = [
            Outcome(name, name, "continuous" if name == "weekly_hours" else "binary", role, LABELS[name])
            for name, role in ROLES.items()
        ]
        if cost is not None and cost.outcome:
            outcomes.append(Outcome(cost.outcome, cost.outcome, "continuous", "secondary", "Cost of follow-up"))
        return Study(
            name=self.name,
            title=self.title,
            question=self.question,
            seed=self.seed,
            data=DataSource(("people.parquet",)),
            columns=Columns("office", "month", person="person", covariates=tuple(COVARIATES), period_unit="month"),
            treatment=Treatment(
                tuple(name for name, on in zip(self.offices, self.treated, strict=True) if on),
                first_day(self.periods[min(starts)]),
            ),
            outcomes=tuple(outcomes),
            specifications=(
                Specification("In work, people alike", "any_job", headline=True),
                Specification("In work, offices alike", "any_job", "office"),
                Specification("In work, age and recent work held fixed", "any_job", covariates=tuple(COVARIATES)),
                Specification("Hours a week, people alike", "weekly_hours"),
            ),
            cost=cost,
            waiting=waiting,
            folder=folder,
        )


def first_day(label: str) -> dt.date:
    """2012-04 as 2012-04-01."""
    year, month = label.split("-")
    return dt.date(int(year), int(month), 1)


def months(year: int, count: int, step: int = 1) -> tuple[str, ...]:
    """Labels of months from January of a year; with step 3, of the first month of each quarter."""
    return tuple(f"{year + m // 12}-{m % 12 + 1:02d}" for m in range(0, count * step, step))


def take(generator: np.random.Generator, people: Ints, count: int) -> Ints:
    """So many of the people, drawn at random without replacement; same shape as people."""
    drawn = generator.multivariate_hypergeometric(people.ravel(), count, method="marginals")
    return np.asarray(drawn, dtype=np.int64).reshape(people.shape)


def to_quota(generator: np.random.Generator, chosen: Ints, people: Ints, quota: int) -> Ints:
    """Add or take away people at random until exactly `quota` of them are chosen."""
    missing = quota - int(chosen.sum())
    if missing >= 0:
        return np.asarray(chosen + take(generator, people - chosen, missing))
    return np.asarray(chosen - take(generator, chosen, -missing))


def _chosen(generator: np.random.Generator, where: npt.NDArray[Any], count: Ints, wanted: Ints) -> Ints:
    """0 or 1 for each person: in each cell as many at random as are wanted. where: each person's cell, in order."""
    order = np.lexsort((generator.random(len(where)), where))
    place = np.empty(len(where), dtype=np.int64)
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])
    place[order] = np.arange(len(where)) - begin[where[order]]
    return np.asarray(place < wanted[where], dtype=np.int64)
