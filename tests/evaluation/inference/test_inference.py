"""The whole panel of tests, and the public names."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import plass.evaluation as ev
from plass.evaluation.data.office_panel import twoway_effect
from tests.evaluation.designs import Made, designs, make


def test_every_public_name_is_there() -> None:
    for name in ev.__all__:
        assert getattr(ev, name) is not None
    assert callable(ev.did)
    with pytest.raises(AttributeError, match="no 'dit'"):
        ev.dit  # noqa: B018


def test_reading_cells_does_not_load_what_it_does_not_need() -> None:
    code = "import sys, plass.evaluation.data.intake; print('scipy' in sys.modules, 'pandas' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["False", "False"]


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs(staggered=None))
def test_the_panel_is_complete_or_says_why(made: Made) -> None:
    inference = ev.infer(made.cells, "y", covariates=made.covariates, draws=499, seed=1)
    for name in ("subcluster", "simulated", "simulated_person", "welch_person", "welch_office", "donald_lang"):
        assert (getattr(inference, name) is None) == (name in inference.reasons)
    assert inference.disagree == (inference.subcluster is not None)
    for test in (inference.wcr, inference.wcu, inference.randomisation):
        assert test.smallest_p <= test.p <= 1
    assert inference.crv1.value == inference.effect.value


def test_one_treated_of_twenty_seven_is_loud_in_crv1_alone() -> None:
    rng = np.random.default_rng(5)
    first = np.where(np.arange(27) == 0, 10, ev.NEVER)
    mean = 0.3 + rng.normal(0, 0.01, (27, 1)) + rng.normal(0, 0.02, (27, 20))
    mean[0, 10:] += 0.02
    inference = ev.infer(ev.Cells.from_means(mean, 200, first), "outcome", seed=1, draws=1999)
    assert inference.crv1.p < 0.001
    assert inference.wcr.p > 0.05
    assert inference.randomisation.p >= 1 / 27
    assert inference.disagree
    assert inference.welch_office is not None
    assert "single office" in inference.welch_office.reason


def test_the_checks_see_the_same_panel() -> None:
    made = make(3, covariates=2, weighted=True)
    panel = made.cells.office_panel("y")
    assert twoway_effect(panel) == pytest.approx(ev.did(made.cells, "y").value, rel=1e-9)
    names, n, mean = made.cells.by_kind("y")
    assert len(names) == 6
    assert n.sum() == len(made.frame)
    cell = made.frame[(made.frame.office == 2) & (made.frame.period == 1) & (made.frame.x0 == 1) & (made.frame.x1 == 0)]
    at = names.index("x0=1, x1=0")
    assert n[2, 1, at] == len(cell)
    if len(cell):
        assert mean[2, 1, at] == pytest.approx(np.average(cell.y, weights=cell.w))
