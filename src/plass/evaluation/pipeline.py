"""The whole evaluation: from a study to twelve checks and a verdict."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plass.evaluation.checks import chance, design, offices, path, referral, rivalry, robustness
from plass.evaluation.checks.view import View
from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.errors import DataError, EvaluationError, StudyError
from plass.evaluation.results import Results, versions
from plass.evaluation.study import (
    Columns,
    DataSource,
    Freeze,
    Outcome,
    Specification,
    Study,
    Treatment,
    freeze,
)
from plass.evaluation.study_file import read_study
from plass.evaluation.tables import Check, Table, amount, between, table
from plass.evaluation.text import Amount, Text, counted, text
from plass.evaluation.verdict import COMPARISON, choose

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Called as the work goes on with: what is being done (a key of the catalogue's `step`), steps done, steps in all.
Progress = Callable[[str, int, int], None]

CHECKS: tuple[Callable[[View], Check], ...] = (
    design.design,
    design.estimand,
    design.twoway_weights,
    chance.inference,
    offices.offices,
    path.event_study,
    path.pretest_power,
    path.sensitivity,
    referral.referral,
    rivalry.rivalry,
    robustness.detectable,
    robustness.robustness,
)
#: With `quick` these are left out, because no rule of the verdict uses them.
NOT_ASKED = (design.twoway_weights, path.pretest_power)


def evaluate(
    study: Study | str | os.PathLike[str],
    cells: Cells | None = None,
    *,
    frozen: Freeze | None = None,
    seed: int | None = None,
    draws: int = 19_999,
    quick: bool = False,
    keep: Path | None = None,
    memory_limit: str | None = None,
    work: Path | None = None,
    made_up: bool = False,
    progress: Progress | None = None,
    spark: SparkSession | None = None,
) -> Results:
    """Evaluate a study: run the twelve checks and choose the verdict.

    study: a Study, or the path of its file; cells: its data where they are in memory already (`study_of` makes the study
    that belongs to them), else they are read; frozen: the proof that the study was fixed before; seed: instead of the
    study's own; draws: of the bootstraps, where not every pattern can be gone through; quick: only what the verdict's
    rules ask for, for simulations; keep: a folder for the cells of each file, so that a later call reads new files only;
    memory_limit, work: what DuckDB may hold (by default as the study's [engine] says), and the folder for the rest, as
    in `read_cells`; made_up: the report says that the people are made up; spark: an open session on whose cluster rows
    and spells are counted (by default one is opened where the study's [engine] names a cluster).

    Raises StudyError and DataError where the study or its data cannot be used.
    """
    plan = study if isinstance(study, Study) else read_study(study)
    if seed is not None and seed != plan.seed:
        if frozen is not None:
            raise StudyError("The study was frozen with its own seed; change the seed in the study and freeze it anew.")
        plan = dataclasses.replace(plan, seed=seed)
    limit = memory_limit or plan.engine.memory
    report_step = _StepReporter(progress, len(CHECKS) + 1)
    if cells is None:
        from plass.evaluation.data.intake import read_cells
        from plass.evaluation.data.spark import cluster

        report_step("reading")
        with nullcontext(spark) if spark is not None else cluster(plan.engine.spark) as session:
            cells = read_cells(
                plan, frozen=frozen or freeze(plan), keep=keep, memory_limit=limit, work=work, spark=session
            )
            view = View(plan, cells, quick, draws, limit, work, session)
            if session is not None:
                # The last thing that the cluster is needed for; it is released after this.
                _read_spells(view)
    else:
        view = View(plan, cells, quick, draws, limit, work, spark)
    checks = []
    for make in CHECKS:
        if quick and make in NOT_ASKED:
            continue
        report_step(make.__name__)
        checks.append(make(view))
    report_step("verdict")
    return _results(view, tuple(checks), made_up)


def _read_spells(view: View) -> None:
    for section in ("waiting", "retention"):
        if getattr(view.study, section) is not None and view.controls:
            try:
                view.spells(section)
            except EvaluationError as error:
                # Wrong input stops everything; that spells cannot be used at all is for the check to say.
                if isinstance(error, DataError | StudyError):
                    raise


def study_of(
    cells: Cells,
    outcomes: Sequence[Outcome] | None = None,
    *,
    name: str = "in memory",
    specifications: Sequence[Specification] = (),
    **more: Any,
) -> Study:
    """A study for cells in memory: every outcome a yes-or-no main outcome unless said, the cells' covariates held in the
    usual specifications. more: any other field of Study (seed, alpha, relevant, neighbours, cost, ...)."""
    starts = [int(first) for first in cells.first_treated if first < NEVER]
    if not starts:
        raise StudyError("No office of these cells is treated.")
    return Study(
        name=name,
        data=DataSource(files=("memory",)),
        columns=Columns(office="office", period="period", covariates=tuple(cells.levels)),
        treatment=Treatment(offices=cells.treated, start=cells.periods[min(starts)]),
        outcomes=tuple(outcomes) if outcomes else tuple(Outcome(outcome, outcome) for outcome in cells.sums),
        specifications=tuple(specifications),
        **more,
    )


def _results(view: View, checks: tuple[Check, ...], made_up: bool) -> Results:
    figures: dict[str, Any] = {}
    for check in checks:
        figures |= {name: value for name, value in check.figures.items() if name not in figures or value is not None}
    effect, unit = view.effect, view.unit
    values: dict[str, Any] = {
        "outcome": view.label(view.outcome.name),
        "effect": amount(effect.value, unit),
        "size": amount(abs(effect.value), unit),
        "interval": _interval(view),
        "relevant": amount(view.study.relevant or 0.0, unit),
        "other": str(figures.get("elsewhere_outcome", "")),
        "other_effect": amount(figures.get("elsewhere_effect", 0.0), figures.get("elsewhere_unit", "number")),
        "treated": view.treated,
        "controls": view.controls,
        "raw": amount(view.without_covariates.effect.value, unit),
        "share": amount(figures.get("share_of_effect", 0.0), "share"),
        "first": amount(figures.get("first_effect", 0.0), unit),
        "last": amount(figures.get("last_effect", 0.0), unit),
        "office": str(figures.get("worst_office", "")),
    }
    verdict = choose(figures, _cautions(figures, view), **values)
    return Results(
        view.study,
        view.cells,
        checks,
        verdict,
        effect,
        unit,
        _trends(view),
        view.cells.account,
        view.quick,
        made_up,
        versions=versions(),
    )


def _interval(view: View) -> Amount | Text:
    """The deciding test's interval, with its own estimate where that is not the headline effect."""
    decider, interval = view.inference.decider, between(*view.inference.interval, view.unit)
    if decider is None or math.isclose(decider.value, view.effect.value, rel_tol=1e-9):
        return interval
    return text("say.alike", effect=amount(decider.value, view.unit), interval=interval)


def _cautions(figures: dict[str, Any], view: View) -> tuple[Text, ...]:
    """What a reader of the verdict must also know, whatever it says."""
    unit, alpha = view.unit, view.alpha
    cautions: list[Text] = []
    if figures.get("bootstraps_disagree"):
        cautions.append(text("caution.bootstraps_disagree"))
    if figures.get("others_disagree"):
        cautions.append(text("caution.others_disagree"))
    if figures.get("people_disagree"):
        cautions.append(text("caution.people_disagree", p=amount(figures["p_person"], "p")))
    marked = [p for p in (figures.get(name) for name in COMPARISON) if p is not None]
    if marked and alpha / len(marked) < min(marked) <= alpha:
        cautions.append(text("caution.comparison_marked", p=amount(min(marked), "p")))
    if figures.get("offices_differ"):
        cautions.append(text("caution.offices_differ", sd=amount(figures.get("between_sd", float("nan")), unit)))
    if figures.get("scheme_moved"):
        unit_there = figures["scheme_unit"]
        difference = amount(figures["scheme_difference"] / (100 if unit_there == "points" else 1), unit_there)
        cautions.append(text("caution.scheme_moved", scheme=str(figures["scheme_moved"]), difference=difference))
    if figures.get("elsewhere_p", 1.0) <= alpha:
        cautions.append(
            text(
                "caution.elsewhere",
                other=str(figures["elsewhere_outcome"]),
                effect=amount(figures["elsewhere_effect"], figures["elsewhere_unit"]),
            )
        )
    if figures.get("later_less_first_p", 1.0) <= alpha:
        cautions.append(
            text(
                "caution.changes",
                first=amount(figures["first_effect"], unit),
                last=amount(figures["last_effect"], unit),
            )
        )
    if 0 < figures.get("rm_breakdown", 0) < 1:
        cautions.append(text("caution.sensitive", bound=amount(figures["rm_breakdown"], "ratio")))
    if figures.get("break_p", 1.0) <= alpha:
        cautions.append(text("caution.control_break", departure=amount(figures["break"], unit)))
    if view.cells.account.frozen is not None and view.cells.account.frozen.earlier:
        times = len(view.cells.account.frozen.earlier)
        cautions.append(counted("caution.changed_after_freeze", times, times=times))
    return tuple(cautions)


def _trends(view: View) -> Table:
    """Mean outcome of trial and comparison offices by period, weighted as the headline."""
    panel = view.panel
    sides = []
    for side in (panel.ever_treated, ~panel.ever_treated):
        weight = panel.weight[side].sum(axis=0)
        mean = (panel.weight[side] * panel.outcome[side]).sum(axis=0) / np.where(weight > 0, weight, np.nan)
        sides.append((mean, weight))
    unit = view.unit
    rows = [
        (label, sides[0][0][i], sides[1][0][i], sides[0][1][i], sides[1][1][i])
        for i, label in enumerate(view.used.periods)
    ]
    return table(
        "trends",
        [
            ("period", "text"),
            ("trial", unit),
            ("comparison_offices", unit),
            ("trial_weight", "number"),
            ("comparison_weight", "number"),
        ],
        rows,
    )


class _StepReporter:
    """Counts the steps, and calls `progress` with each."""

    def __init__(self, progress: Progress | None, steps: int) -> None:
        self.progress, self.steps, self.done = progress, steps, 0

    def __call__(self, step: str) -> None:
        if self.progress is not None:
            self.progress(step, min(self.done, self.steps), self.steps)
        self.done += 1
