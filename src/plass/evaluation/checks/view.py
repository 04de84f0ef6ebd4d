"""What the checks look at: the study, its cells, and what several of them need, computed once."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.data.office_panel import OfficePanel
from plass.evaluation.data.spells import Spells, read_spells
from plass.evaluation.errors import DataError, EvaluationError, StudyError
from plass.evaluation.estimators.effects import TREATMENT, Effect
from plass.evaluation.estimators.event_studies import EventStudy, bins_for_few_offices, event_study
from plass.evaluation.inference.panel import Inference, infer
from plass.evaluation.study import Outcome, Role, Specification, Study
from plass.evaluation.tables import Check, Table, no_table
from plass.evaluation.text import Text, Unit, because, text

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class View:
    """The study as the checks see it. quick: only what the verdict's rules ask for; draws: of the bootstraps;
    memory_limit, work, spark: for what is still to be read (spells), as in `read_cells`."""

    study: Study
    cells: Cells
    quick: bool = False
    draws: int = 19_999
    memory_limit: str = "400MB"
    work: Path | None = None
    spark: SparkSession | None = None

    @property
    def specification(self) -> Specification:
        """The headline specification."""
        return self.study.headline

    @property
    def alpha(self) -> float:
        """The level of the tests."""
        return self.study.alpha

    @property
    def seed(self) -> int:
        """Where every draw starts."""
        return self.study.seed

    @property
    def outcome(self) -> Outcome:
        """The headline outcome."""
        return self.study.outcome(self.specification.outcome)

    @property
    def unit(self) -> Unit:
        """How effects on the headline outcome are written."""
        return unit_of(self.outcome)

    @cached_property
    def used(self) -> Cells:
        """The cells of the headline specification."""
        drop = self.specification.drop_offices
        return self.cells.select(drop=drop) if drop else self.cells

    @cached_property
    def cohorts(self) -> tuple[int, ...]:
        """The starts that occur."""
        return tuple(sorted({int(first) for first in self.used.first_treated if first < NEVER}))

    @property
    def common(self) -> bool:
        """Whether every trial office starts in the same period."""
        return len(self.cohorts) == 1

    @property
    def treated(self) -> int:
        """How many trial offices."""
        return len(self.used.treated)

    @property
    def controls(self) -> int:
        """How many offices that are never treated (or, where every office is treated at last, none)."""
        return len(self.used.offices) - self.treated

    @cached_property
    def panel(self) -> OfficePanel:
        """Offices by periods, headline outcome and weighting."""
        return self.used.office_panel(self.outcome.name, self.specification.weighting)

    def panels(self, role: Role) -> Mapping[str, OfficePanel]:
        """The panels of the outcomes with a role, by name."""
        return {
            outcome.name: self.used.office_panel(outcome.name, self.specification.weighting)
            for outcome in self.study.outcomes
            if outcome.role == role
        }

    def label(self, outcome: str) -> str:
        """What an outcome is called in the report."""
        return self.study.outcome(outcome).label or outcome

    @cached_property
    def inference(self) -> Inference:
        """The panel of tests of the headline."""
        return self.infer(self.outcome.name, self.specification.covariates, interval=True)

    @property
    def effect(self) -> Effect:
        """The headline effect."""
        return self.inference.effect

    @cached_property
    def without_covariates(self) -> Inference:
        """The same without covariates: the raw difference."""
        return self.inference if not self.specification.covariates else self.infer(self.outcome.name, ())

    @cached_property
    def with_covariates(self) -> Inference | None:
        """The same with every covariate held, None where the study has none."""
        every = self.study.columns.covariates
        if not every:
            return None
        same = set(every) == set(self.specification.covariates)
        return self.inference if same else self.infer(self.outcome.name, every)

    def infer(self, outcome: str, covariates: tuple[str, ...], interval: bool = False) -> Inference:
        """The panel of tests for an outcome, weighted as the headline."""
        return infer(
            self.used,
            outcome,
            covariates=covariates,
            weighting=self.specification.weighting,
            alpha=self.alpha,
            seed=self.seed,
            draws=self.draws,
            interval=interval and not (self.quick and self.study.relevant is None),
        )

    @cached_property
    def spells(self) -> Callable[[str], Spells]:
        """The spells of a section of the study file (`waiting`, `retention`), read once, told apart by the starts."""
        read: dict[str, Spells] = {}

        def of(section: str) -> Spells:
            if section not in read:
                source = getattr(self.study, section)
                days = [self.first_day(start) for start in self.cohorts]
                read[section] = read_spells(
                    self.study,
                    source,
                    self.used.offices,
                    days,
                    section=section,
                    memory_limit=self.memory_limit,
                    work=self.work,
                    spark=self.spark,
                )
            return read[section]

        return of

    def first_day(self, start: int) -> dt.date:
        """The first day of a period, from its label."""
        label = self.used.periods[start]
        parts = label.replace("-Q1", "-01").replace("-Q2", "-04").replace("-Q3", "-07").replace("-Q4", "-10").split("-")
        try:
            numbers = [int(part) for part in parts]
            return dt.date(numbers[0], *([*numbers[1:], 1, 1][:2]))
        except (ValueError, TypeError):
            raise EvaluationError("spells have dates, and the periods of the study are not dates") from None

    @cached_property
    def binned(self) -> EventStudy:
        """The event study in bins that leave enough offices for a joint test."""
        return self.path(bins=True)

    def path(self, bins: bool = False) -> EventStudy:
        """The event study, in bins or by every period."""
        return event_study(
            self.used,
            self.outcome.name,
            bins=bins_for_few_offices(self.used) if bins else None,
            covariates=self.specification.covariates if self.common else (),
            weighting=self.specification.weighting,
            comparison=self.specification.comparison,
            alpha=self.alpha,
            seed=self.seed,
        )

    def observed(self, *windows: slice) -> tuple[OfficePanel, tuple[str, ...], tuple[str, ...]]:
        """The panel of the offices that have rows in every window, their names, and those of the offices without."""
        weight = self.panel.weight
        complete = np.all([(weight[:, window] > 0).any(axis=1) for window in windows], axis=0)
        names = np.array(self.used.offices)
        return self.panel.keep(complete), tuple(names[complete].tolist()), tuple(names[~complete].tolist())

    @property
    def stretch(self) -> int:
        """How many periods make about half a year after the start, or a quarter of the time where periods are not dated."""
        label = self.used.periods[0]
        dated = {"month": 6, "quarter": 2, "year": 1}.get(self.study.columns.period_unit, 0)
        looks_dated = "-" in label or self.study.columns.period_unit == "year"
        after = len(self.used.periods) - max(self.cohorts)
        return max(1, min(dated, after)) if dated and looks_dated else max(1, math.ceil(after / 4))


def unit_of(outcome: Outcome) -> Unit:
    """Percentage points for yes-or-no outcomes, else the outcome's own number."""
    return "points" if outcome.kind == "binary" else "number"


def guarded(number: int, key: str) -> Callable[[Callable[[View], Check]], Callable[[View], Check]]:
    """A check that cannot be made says why instead of stopping the others."""

    def wrap(make: Callable[[View], Check]) -> Callable[[View], Check]:
        @wraps(make)
        def check(view: View) -> Check:
            try:
                return make(view)
            except (DataError, StudyError):
                # What is wrong with the input is the person's to mend, not a check that does not apply.
                raise
            except ValueError as error:
                return does_not_apply(number, key, because(plain(error)))

        return check

    return wrap


def does_not_apply(number: int, key: str, reason: Text) -> Check:
    """A check with the reason in place of a finding."""
    return Check(number, key, "none", (text("finding.does_not_apply", reason=reason),))


def tried(name: str, make: Callable[[], Table]) -> Table:
    """A table, or the reason why there is none."""
    try:
        return make()
    except (DataError, StudyError):
        raise
    except ValueError as error:
        return no_table(name, because(plain(error)))


def plain(error: ValueError) -> str:
    """An error's message without the part before the colon, which says where it was raised."""
    message = str(error)
    head, colon, explanation = message.partition(": ")
    return explanation if colon and " " not in head.strip().replace(" ", "", 2) else message


def loo(view: View) -> np.ndarray:
    """The headline effect without each office, in the order of the fit's offices; nan where it cannot be told."""
    fit = view.effect.fit
    return np.asarray(fit.leave_one_out[:, fit.position(TREATMENT)], dtype=np.float64)
