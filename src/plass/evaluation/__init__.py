"""Does it work? An evaluation engine for studies by offices, with a handful of treated ones and any number of rows.

    >>> import plass.evaluation as ev
    >>> study = ev.read_study("study.toml")
    >>> frozen = ev.freeze(study, "study.frozen.json")      # before any outcome is read
    >>> cells = ev.read_cells(study, frozen=frozen)         # one pass; cells.account says where every row went
    >>> effect = ev.did(cells, "any_job")
    >>> effect.value, effect.relative                       # points, and share of the counterfactual
    >>> panel = ev.infer(cells, "any_job", seed=study.seed) # the simulated t, WCR, RI on t, Welch ... side by side
    >>> panel.headline, panel.interval, panel.wcr.p, panel.randomisation.p

or all of it, with the verdict and the report:

    >>> results = ev.evaluate("study.toml")
    >>> results.verdict.key, results[9].finding             # the sentence, and what the ninth check says
    >>> results.write("report", language="nb")              # report.html, report.pdf, results.json, tables/

A frame in memory works as well: `ev.Cells.from_rows(office, month, {"any_job": y}, first_treated={"Ski": 4})`.

Names are loaded when they are first used, so that reading cells does not pay for what it does not need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plass.evaluation.data.cells import NEVER, Account, Cells, Exclusion, Panel, Sums
    from plass.evaluation.data.intake import read_cells
    from plass.evaluation.errors import DataError, EvaluationError, NotIdentified, Problem, StudyError
    from plass.evaluation.estimators.effects import Effect, OwnEffect, did, did_by_office, did_for
    from plass.evaluation.estimators.event_studies import EventStudy, bins_for_few_offices, even_bins, event_study
    from plass.evaluation.estimators.group_time import Aggregation, GroupTimeEffects, group_time_effects
    from plass.evaluation.estimators.regression import Estimate, Fit, regress
    from plass.evaluation.inference.bootstrap import WildBootstrap, wild_bootstrap
    from plass.evaluation.inference.common_start import OfficeChanges, donald_lang, office_changes, welch
    from plass.evaluation.inference.own_starts import changes_since_start
    from plass.evaluation.inference.panel import Inference, infer
    from plass.evaluation.inference.randomisation import Randomisation, randomise_changes, randomise_fit
    from plass.evaluation.inference.simulated_inference import SimulatedT, people_noise, simulated_t
    from plass.evaluation.inference.subclusters import subcluster_bootstrap
    from plass.evaluation.pipeline import evaluate, study_of
    from plass.evaluation.results import Results
    from plass.evaluation.study import (
        Columns,
        Cost,
        DataSource,
        Freeze,
        Neighbours,
        Outcome,
        Specification,
        Study,
        Treatment,
        Waiting,
        freeze,
    )
    from plass.evaluation.study_file import read_study
    from plass.evaluation.tables import Check, Table
    from plass.evaluation.verdict import Verdict

_WHERE = {
    "inference.bootstrap": ("WildBootstrap", "wild_bootstrap"),
    "data.cells": ("NEVER", "Account", "Cells", "Exclusion", "Panel", "Sums"),
    "inference.common_start": ("OfficeChanges", "donald_lang", "office_changes", "welch"),
    "estimators.effects": ("Effect", "OwnEffect", "did", "did_by_office", "did_for"),
    "errors": ("DataError", "EvaluationError", "NotIdentified", "Problem", "StudyError"),
    "pipeline": ("evaluate", "study_of"),
    "estimators.event_studies": ("EventStudy", "bins_for_few_offices", "even_bins", "event_study"),
    "estimators.group_time": ("Aggregation", "GroupTimeEffects", "group_time_effects"),
    "inference.panel": ("Inference", "infer"),
    "data.intake": ("read_cells",),
    "inference.own_starts": ("changes_since_start",),
    "inference.randomisation": ("Randomisation", "randomise_changes", "randomise_fit"),
    "estimators.regression": ("Estimate", "Fit", "regress"),
    "results": ("Results",),
    "inference.simulated_inference": ("SimulatedT", "people_noise", "simulated_t"),
    "study": (
        "Columns",
        "Cost",
        "DataSource",
        "Freeze",
        "Neighbours",
        "Outcome",
        "Specification",
        "Study",
        "Treatment",
        "Verdict",
        "Waiting",
        "freeze",
    ),
    "study_file": ("read_study",),
    "inference.subclusters": ("subcluster_bootstrap",),
    "tables": ("Check", "Table"),
    "verdict": ("Verdict",),
}
_MODULE = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "NEVER",
    "Account",
    "Aggregation",
    "Cells",
    "Check",
    "Columns",
    "Cost",
    "DataError",
    "DataSource",
    "Effect",
    "Estimate",
    "EvaluationError",
    "EventStudy",
    "Exclusion",
    "Fit",
    "Freeze",
    "GroupTimeEffects",
    "Inference",
    "Neighbours",
    "NotIdentified",
    "OfficeChanges",
    "Outcome",
    "OwnEffect",
    "Panel",
    "Problem",
    "Randomisation",
    "Results",
    "SimulatedT",
    "Specification",
    "Study",
    "StudyError",
    "Sums",
    "Table",
    "Treatment",
    "Verdict",
    "Waiting",
    "WildBootstrap",
    "bins_for_few_offices",
    "changes_since_start",
    "did",
    "did_by_office",
    "did_for",
    "donald_lang",
    "evaluate",
    "even_bins",
    "event_study",
    "freeze",
    "group_time_effects",
    "infer",
    "office_changes",
    "people_noise",
    "randomise_changes",
    "randomise_fit",
    "read_cells",
    "read_study",
    "regress",
    "simulated_t",
    "study_of",
    "subcluster_bootstrap",
    "welch",
    "wild_bootstrap",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"plass.evaluation has no {name!r}")
    value = getattr(importlib.import_module(f"plass.evaluation.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
