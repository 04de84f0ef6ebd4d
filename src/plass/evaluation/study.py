"""The study: what is asked of which data, decided before any outcome is read.

A study is written as a TOML file (`plass.evaluation.study_file` reads it) or built in Python, and is one frozen `Study`.
Everything that decides the numbers goes into its *canonical form*, a JSON text with sorted keys, whose SHA-256 is the
study's fingerprint. `freeze` writes the fingerprint and the time beside the study file before outcomes are read; a later
change of the list of specifications shows as a second entry, so that a report can say which list came first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from plass.evaluation.errors import StudyError
from plass.evaluation.text import Text, text

Kind = Literal["binary", "continuous", "count"]
Role = Literal["main", "secondary", "scheme", "predetermined", "placebo"]
Weighting = Literal["person", "office"]
Comparison = Literal["never", "not_yet"]
PeriodUnit = Literal["day", "month", "quarter", "year"]
Reason = Literal[
    "missing_office",
    "missing_period",
    "missing_outcome",
    "missing_covariate",
    "missing_weight",
    "negative_weight",
    "duplicated_person_period",
    "treated_before_data",
    "not_a_number",
]
PeriodValue = int | str | dt.date


@dataclass(frozen=True)
class DataSource:
    """Where the rows are. `exclude` lists the kinds of bad rows to leave out (counted and listed) instead of refusing.

    first_period and last_period (both included) and offices narrow the study; what falls outside is counted too.
    """

    files: tuple[str, ...]
    exclude: tuple[Reason, ...] = ("missing_outcome",)
    first_period: PeriodValue | None = None
    last_period: PeriodValue | None = None
    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """Which column holds what. period_unit: what dates are rounded down to (ignored for numbers and texts)."""

    office: str
    period: str
    person: str | None = None
    weight: str | None = None
    covariates: tuple[str, ...] = ()
    period_unit: PeriodUnit = "month"


@dataclass(frozen=True)
class Treatment:
    """Who was treated from when: offices with a common start, or a column with each office's first treated period."""

    offices: tuple[str, ...] = ()
    start: PeriodValue | None = None
    first_treated: str | None = None


@dataclass(frozen=True)
class Outcome:
    """One outcome column. role says what it is for: a main result, a scheme's use, a predetermined trait, a placebo."""

    name: str
    column: str
    kind: Kind = "binary"
    role: Role = "main"
    label: str = ""


@dataclass(frozen=True)
class Specification:
    """One analysis that will be made. comparison: never-treated offices only, or also those not yet treated."""

    name: str
    outcome: str
    weighting: Weighting = "person"
    covariates: tuple[str, ...] = ()
    comparison: Comparison = "never"
    drop_offices: tuple[str, ...] = ()
    headline: bool = False


@dataclass(frozen=True)
class Neighbours:
    """Comparison offices close enough to a trial office to be touched by it (check 10 leaves them out)."""

    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cost:
    """The extra cost of the follow-up: a fixed figure for each person with its standard error, or an outcome in money."""

    extra_per_person: float | None = None
    standard_error: float | None = None
    outcome: str | None = None
    currency: str = "NOK"


@dataclass(frozen=True)
class Waiting:
    """Spells for waiting time or retention: one row a spell, `start` and `end` columns of dates.

    `end` is empty where the spell had not ended; it was then followed until the date in the column `until`, or for
    `horizon` days where there is no such column. `event`: a column that names the way it ended (competing ends).
    """

    files: tuple[str, ...]
    office: str
    start: str
    end: str
    event: str | None = None
    until: str | None = None
    horizon: int = 730


@dataclass(frozen=True)
class Engine:
    """Where the rows are reduced and how much of this machine that may take; decides no number, so it is not frozen.

    spark: the address of a Spark cluster (spark://host:7077), by default none; memory: what DuckDB may hold before it
    uses the disk, as 400MB or 2GB.
    """

    spark: str | None = None
    memory: str = "400MB"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?)?B", self.memory, re.IGNORECASE):
            raise StudyError(f"[engine] memory is {self.memory!r}; write it as 400MB or 2GB.")


@dataclass(frozen=True)
class Study:
    """A whole study. `folder` is where relative file names start; it and `engine` are not part of the fingerprint.

    relevant: the smallest effect on the headline outcome that would matter, in its own unit (0.03 for three points).
    """

    name: str
    data: DataSource
    columns: Columns
    treatment: Treatment
    outcomes: tuple[Outcome, ...]
    specifications: tuple[Specification, ...] = ()
    title: str = ""
    question: str = ""
    seed: int = 20130401
    alpha: float = 0.05
    relevant: float | None = None
    neighbours: Neighbours = field(default_factory=Neighbours)
    cost: Cost | None = None
    waiting: Waiting | None = None
    retention: Waiting | None = None
    folder: Path = field(default_factory=Path.cwd, compare=False)
    engine: Engine = field(default_factory=Engine, compare=False)

    def __post_init__(self) -> None:
        if not self.specifications:
            object.__setattr__(
                self,
                "specifications",
                _usual_specifications(self.outcomes, self.columns),
            )
        _check(self)

    def outcome(self, name: str) -> Outcome:
        """The outcome with this name; StudyError with the nearest names otherwise."""
        for outcome in self.outcomes:
            if outcome.name == name:
                return outcome
        raise StudyError(f"There is no outcome {name!r}{_nearest(name, [outcome.name for outcome in self.outcomes])}.")

    @property
    def headline(self) -> Specification:
        """The one specification whose result leads the report: the first marked headline, else the first."""
        return next(
            (spec for spec in self.specifications if spec.headline),
            self.specifications[0],
        )

    def canonical(self) -> str:
        """Everything that decides the numbers, as JSON with sorted keys; the same text for the same study anywhere."""
        plain = dataclasses.asdict(self)
        for name in ("folder", "engine", "title", "question"):
            del plain[name]
        return json.dumps(
            plain,
            sort_keys=True,
            ensure_ascii=False,
            default=str,
            separators=(",", ":"),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


@dataclass(frozen=True)
class Freeze:
    """Proof of what was decided before the outcomes were read.

    fingerprint and frozen_at (UTC, ISO) of this study; earlier: (fingerprint, time) of lists frozen before it under
    the same name. An empty `earlier` means that nothing was changed after the first look.
    """

    fingerprint: str
    frozen_at: str
    record: str = ""
    earlier: tuple[tuple[str, str], ...] = ()


def freeze(
    study: Study,
    record: str | os.PathLike[str] | None = None,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Freeze:
    """Fix the study before its outcomes are read.

    record: a JSON file kept beside the study; the first time a fingerprint is seen it is added with the time, and
    from then on keeps that time. Without a record the freeze lives in memory only and `record` is empty.
    """
    stamp = now().astimezone(dt.UTC).replace(microsecond=0).isoformat()
    if record is None:
        return Freeze(study.fingerprint, stamp)
    file = Path(record)
    entries: list[dict[str, Any]] = []
    if file.exists():
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))["frozen"]
            frozen_before = [(str(entry["fingerprint"]), str(entry["frozen_at"])) for entry in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise StudyError(
                f"{file.name} is not a record of frozen studies ({error}). Move it away to begin anew."
            ) from None
    else:
        frozen_before = []
    position = next((i for i, (mark, _) in enumerate(frozen_before) if mark == study.fingerprint), None)
    if position is not None:
        return Freeze(study.fingerprint, frozen_before[position][1], file.name, tuple(frozen_before[:position]))
    entries.append(
        {
            "fingerprint": study.fingerprint,
            "frozen_at": stamp,
            "study": json.loads(study.canonical()),
        }
    )
    text = json.dumps({"frozen": entries}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    draft = file.with_name(file.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
    return Freeze(study.fingerprint, stamp, file.name, tuple(frozen_before))


def specification_name(study: Study, spec: Specification) -> Text:
    """What a specification is called in the report: its own name, or, for the default ones, what it does."""
    if spec.name != _usual_name(spec.outcome, spec.weighting):
        return text("word.named", name=spec.name)
    return text(f"word.usual_{spec.weighting}", outcome=study.outcome(spec.outcome).label or spec.outcome)


def _usual_name(outcome: str, weighting: str) -> str:
    return f"{outcome}, {weighting}-weighted"


def _usual_specifications(outcomes: Sequence[Outcome], columns: Columns) -> tuple[Specification, ...]:
    listed: list[Specification] = []
    for outcome in outcomes:
        for weighting in get_args(Weighting):
            first = not listed and outcome.role == "main"
            listed.append(
                Specification(
                    _usual_name(outcome.name, weighting), outcome.name, weighting, columns.covariates, headline=first
                )
            )
    return tuple(listed)


def _check(study: Study) -> None:
    if not study.data.files:
        raise StudyError("[data] files is empty: name at least one file.")
    if not study.outcomes:
        raise StudyError("The study has no [[outcomes]].")
    treatment = study.treatment
    if treatment.first_treated and (treatment.offices or treatment.start is not None):
        raise StudyError("[treatment] names both a first_treated column and offices with a start: keep one of them.")
    if not treatment.first_treated and (not treatment.offices or treatment.start is None):
        raise StudyError("[treatment] needs offices and start, or first_treated (the column that holds it).")
    _unique([outcome.name for outcome in study.outcomes], "[[outcomes]] name")
    _unique([specification.name for specification in study.specifications], "[[specifications]] name")
    names = [outcome.name for outcome in study.outcomes]
    for spec in study.specifications:
        if spec.outcome not in names:
            raise StudyError(
                f"The specification {spec.name!r} asks for the outcome {spec.outcome!r}, "
                f"which is not in [[outcomes]]{_nearest(spec.outcome, names)}."
            )
        for covariate in spec.covariates:
            if covariate not in study.columns.covariates:
                raise StudyError(
                    f"The specification {spec.name!r} asks for the covariate {covariate!r}, which is not in "
                    f"[columns] covariates{_nearest(covariate, study.columns.covariates)}."
                )
    cost = study.cost
    if cost is not None and cost.outcome is not None and cost.outcome not in names:
        raise StudyError(
            f"[cost] asks for the outcome {cost.outcome!r}, which is not in [[outcomes]]{_nearest(cost.outcome, names)}."
        )
    if cost is not None and cost.outcome is None and cost.extra_per_person is None:
        raise StudyError("[cost] needs extra_per_person, or outcome (the one that holds the cost).")
    columns = study.columns
    used = [
        columns.office,
        columns.period,
        *columns.covariates,
        *([columns.person] if columns.person else []),
    ]
    _unique(used, "[columns]")
    if not 0 < study.alpha < 0.5:
        raise StudyError(f"[study] alpha is {study.alpha}; it must lie between 0 and 0.5.")
    if study.seed < 0:
        raise StudyError("[study] seed must be zero or more.")


def _unique(names: Sequence[str], key: str) -> None:
    for name in names:
        if list(names).count(name) > 1:
            raise StudyError(f"{key}: {name!r} is used twice.")


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(known)})" if known else ""
