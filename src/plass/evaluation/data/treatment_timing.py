"""Who is treated from when, checked against the data: no office treated before the data begin, and some controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plass.evaluation.data import labels
from plass.evaluation.data.cells import NEVER, Ints
from plass.evaluation.errors import Problem
from plass.evaluation.study import PeriodValue, Study, _nearest


@dataclass(frozen=True)
class TreatedOffices:
    """first_treated: shape (offices,), index of the first treated period or NEVER; drop: offices to leave out."""

    first_treated: Ints
    problems: list[Problem]
    notes: list[str]
    drop: tuple[str, ...] = ()


def first_treated_offices(
    study: Study,
    offices: Sequence[str],
    periods: Sequence[PeriodValue],
    starts: Sequence[PeriodValue | None],
    office: Ints,
    period: Ints,
) -> TreatedOffices:
    """The first treated period of each office.

    periods: values in order; starts: what the first-treated column says of each office (None: never), unused where
    the study names offices and a start; office, period: the index of each cell, to see which office has rows when.
    """
    treatment, columns = study.treatment, study.columns
    column = treatment.first_treated or "[treatment] start"
    first = np.full(len(offices), NEVER, dtype=np.int64)
    problems: list[Problem] = []
    notes: list[str] = []
    if treatment.first_treated is None:
        start = labels.period(treatment.start, columns.period_unit)
        starts = [start if name in treatment.offices else None for name in offices]
        problems += _unknown("[treatment] offices", treatment.offices, offices)
    problems += _unknown("[neighbours] offices", study.neighbours.offices, offices)
    for spec in study.specifications:
        problems += _unknown(f"[[specifications]] {spec.name} drop_offices", spec.drop_offices, offices)
    place_of = {value: place for place, value in enumerate(periods)}
    early, late, unlike = [], [], []
    for number, value in enumerate(starts):
        if value is None:
            continue
        if type(value) is not type(periods[0]):
            unlike.append(value)
            continue
        place = place_of.get(value, int(sum(_before(other, value) for other in periods)))
        if place == 0:
            early.append(offices[number])
        elif place >= len(periods):
            late.append(offices[number])
        else:
            first[number] = place
    if unlike:
        mend = f"Write it as the data do, for example {periods[0]}."
        problems.append(Problem(column, f"{unlike[0]!r} is not of the same kind as the periods", mend))
        return TreatedOffices(first, problems, notes)
    if late:
        notes.append(f"Treated only after the data end, so counted as never treated here: {', '.join(late)}.")
    problems += _before_data(study, column, early, str(periods[0]))
    drop = tuple(early) if "treated_before_data" in study.data.exclude else ()
    present = np.zeros((len(offices), len(periods)), dtype=bool)
    present[office, period] = True
    for number, name in enumerate(offices):
        place = int(first[number])
        if place < NEVER and not (present[number, :place].any() and present[number, place:].any()):
            side = "before" if not present[number, :place].any() else "after"
            mend = "Add the missing periods, or leave the office out with [data] offices."
            problems.append(Problem(columns.office, f"{name!r} is treated but has no rows {side} its start", mend))
    gaps = [name for number, name in enumerate(offices) if not present[number].all()]
    if gaps:
        notes.append(f"Offices without rows in some periods: {', '.join(gaps)}.")
    folded: dict[str, list[str]] = {}
    for name in offices:
        folded.setdefault(" ".join(name.split()).casefold(), []).append(name)
    for alike in folded.values():
        if len(alike) > 1:
            notes.append(f"These offices differ only in spaces or capitals: {', '.join(map(repr, alike))}.")
    if not problems:
        problems += _no_comparison(column, first, len(drop))
    return TreatedOffices(first, problems, notes, drop)


def _before_data(study: Study, column: str, early: Sequence[str], begin: str) -> list[Problem]:
    if not early or "treated_before_data" in study.data.exclude:
        return []
    mend = (
        'Add earlier periods, or add "treated_before_data" to [data] exclude to leave these offices out: '
        "without a time before treatment there is nothing to compare with."
    )
    reason = f"is at or before the first period of the data ({begin}) for {', '.join(early)}"
    return [Problem(column, reason, mend)]


def _no_comparison(column: str, first: Ints, dropped: int) -> list[Problem]:
    cohorts = sorted(set(first.tolist()))
    if cohorts == [NEVER]:
        return [Problem(column, "leaves no treated office", "Check the offices' names and the start.")]
    if (NEVER not in cohorts and len(cohorts) == 1) or len(first) - dropped < 2:
        mend = "Add offices that were not treated, or were treated later: without controls there is no comparison."
        return [Problem(column, "leaves no comparison office: every office is treated at the same time", mend)]
    return []


def _unknown(where: str, named: Sequence[str], offices: Sequence[str]) -> list[Problem]:
    return [
        Problem(
            where, f"{name!r} is not an office in the data", f"Write the name as the data do{_nearest(name, offices)}."
        )
        for name in named
        if name not in offices
    ]


def _before(value: object, other: object) -> bool:
    return bool(value < other)  # type: ignore[operator]
