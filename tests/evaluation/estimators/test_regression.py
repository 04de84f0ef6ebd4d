"""Regression on cells equals the regression on the rows, in coefficient and error."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plass.evaluation.errors import EvaluationError, NotIdentified
from plass.evaluation.estimators.regression import Fit, regress
from tests.evaluation.designs import Made, designs, make

FEW = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def ours(made: Made, **changes: object) -> Fit:
    return regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates, **changes)  # type: ignore[arg-type]


def columns(made: Made) -> pd.DataFrame:
    """The full design matrix of the rows, with dummies for everything."""
    frame = made.frame
    parts = [frame[["d"]], pd.get_dummies(frame.office, prefix="o", dtype=float)]
    parts.append(pd.get_dummies(frame.period, prefix="t", dtype=float, drop_first=True))
    parts += [pd.get_dummies(frame[name], prefix=name, dtype=float, drop_first=True) for name in made.covariates]
    return pd.concat(parts, axis=1)


@FEW
@given(made=designs(staggered=None))
def test_coefficient_and_every_error_equal_the_rows_by_statsmodels(made: Made) -> None:
    fit = ours(made)
    x = columns(made)
    rank = np.linalg.matrix_rank(x)
    on_rows = sm.WLS(made.frame.y, x, weights=made.frame.w)
    n, g = len(made.frame), made.frame.office.nunique()
    plain = on_rows.fit()
    close = {"rtol": 1e-8, "atol": 1e-12}
    np.testing.assert_allclose(fit.value("d"), plain.params["d"], **close)
    np.testing.assert_allclose(fit.estimate("d", "iid").standard_error, plain.bse["d"], **close)
    np.testing.assert_allclose(fit.estimate("d", "HC1").standard_error, on_rows.fit(cov_type="HC1").bse["d"], **close)
    raw = on_rows.fit(
        cov_type="cluster", cov_kwds={"groups": made.frame.office.to_numpy(), "use_correction": False}
    ).bse["d"]
    factor = g / (g - 1) * (n - 1) / (n - (rank - g + 1))
    np.testing.assert_allclose(fit.estimate("d").standard_error, raw * np.sqrt(factor), **close)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs(staggered=None))
def test_crv1_equals_pyfixest(made: Made) -> None:
    # One fixed effect and dummies for the rest: with two, pyfixest 0.60 counts parameters by the hash seed's mood.
    formula = "y ~ d + C(period)" + "".join(f" + C({name})" for name in made.covariates) + " | office"
    reference = pf.feols(formula, made.frame, vcov={"CRV1": "office"}, weights="w" if made.weighted else None)
    estimate = ours(made).estimate("d")
    np.testing.assert_allclose(estimate.value, reference.coef()["d"], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(estimate.standard_error, reference.se()["d"], rtol=1e-8)
    np.testing.assert_allclose(estimate.p, reference.pvalue()["d"], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose([estimate.low, estimate.high], reference.confint().loc["d"], rtol=1e-7, atol=1e-9)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs())
def test_crv3_equals_refitting_the_rows_without_each_office(made: Made) -> None:
    fit = ours(made)
    x, y, w = columns(made).to_numpy(), made.frame.y.to_numpy(), np.sqrt(made.frame.w.to_numpy())
    away = []
    for office in sorted(made.frame.office.unique()):
        others = (made.frame.office != office).to_numpy()
        beta = np.linalg.lstsq(x[others] * w[others, None], y[others] * w[others], rcond=None)[0]
        away.append(beta[0] - fit.value("d"))
    g = len(away)
    error = np.sqrt((g - 1) / g * np.sum(np.square(away)))
    np.testing.assert_allclose(fit.estimate("d", "CRV3").standard_error, error, rtol=1e-8)


def test_crv3_equals_pyfixest_up_to_its_other_factor() -> None:
    made = make(5, offices=9, periods=4, treated=4)
    reference = pf.feols("y ~ d + C(period) | office", made.frame, vcov={"CRV3": "office"})
    fit = ours(made)
    g = fit.clusters
    # pyfixest multiplies the jackknife by fixest's CRV1 factor; MacKinnon, Nielsen & Webb by (G-1)/G.
    expected = reference.se()["d"] * np.sqrt((g - 1) / g / fit.small_sample)
    np.testing.assert_allclose(fit.estimate("d", "CRV3").standard_error, expected, rtol=1e-8)


def test_a_single_treated_office_has_no_crv3_and_says_why() -> None:
    made = make(1, treated=1)
    shown = ours(made).estimate("d", "CRV3")
    assert np.isnan(shown.standard_error)
    assert "takes the coefficient with it" in shown.reason
    assert np.isfinite(ours(made).estimate("d").standard_error)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=designs())
def test_office_weights_equal_rows_weighted_by_one_over_their_office_period(made: Made) -> None:
    frame = made.frame.assign(v=made.frame.w / made.frame.groupby(["office", "period"]).w.transform("sum"))
    formula = "y ~ d + C(period)" + "".join(f" + C({name})" for name in made.covariates) + " | office"
    reference = pf.feols(formula, frame, vcov={"CRV1": "office"}, weights="v")
    estimate = ours(made, weighting="office").estimate("d")
    np.testing.assert_allclose(estimate.value, reference.coef()["d"], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(estimate.standard_error, reference.se()["d"], rtol=1e-8)


def test_before_and_after_instead_of_every_period() -> None:
    made = make(3)
    after = (np.arange(5) >= 2).astype(int)
    reference = pf.feols(
        "y ~ d + post | office", made.frame.assign(post=after[made.frame.period]), vcov={"CRV1": "office"}
    )
    estimate = ours(made, periods=after).estimate("d")
    np.testing.assert_allclose(
        [estimate.value, estimate.standard_error], [reference.coef()["d"], reference.se()["d"]], rtol=1e-8
    )


def test_what_the_design_cannot_tell_is_refused_and_typing_errors_are_named() -> None:
    made = make(2)
    everywhere = np.ones_like(made.treatment)
    fit = regress(made.cells, "y", {"d": made.treatment, "copy": 2 * made.treatment, "one": everywhere})
    assert fit.moments.terms == ("d",)
    with pytest.raises(NotIdentified, match="'copy'"):
        fit.value("copy")
    with pytest.raises(EvaluationError, match="no outcome 'yy'"):
        regress(made.cells, "yy", {"d": made.treatment})
    with pytest.raises(EvaluationError, match="one number for each office and period"):
        regress(made.cells, "y", {"d": made.treatment[:, :2]})
    with pytest.raises(EvaluationError, match="no covariate"):
        regress(made.cells, "y", {"d": made.treatment}, covariates=["age"])


def test_a_large_level_does_not_spoil_the_figures() -> None:
    made = make(8, offices=10)
    frame = made.frame.assign(y=made.frame.y + 1e6)
    lifted = type(made.cells).from_rows(frame.office, frame.period, {"y": frame.y}, first_treated={0: 2, 1: 2, 2: 2})
    high, low = regress(lifted, "y", {"d": lifted.treatment}), ours(made)
    for kind in ("CRV1", "CRV3"):
        a, b = high.estimate("d", kind), low.estimate("d", kind)  # type: ignore[arg-type]
        np.testing.assert_allclose([a.value, a.standard_error], [b.value, b.standard_error], rtol=1e-6)


#: Thirty designs of every kind and the tests on them, each number to its last bit.
SCRIPT = """
import sys; sys.path.insert(0, {folder!r})
from tests.evaluation.designs import make
from plass.evaluation.inference.panel import infer
kinds = ("continuous", "binary", "count")
for seed in range(30):
    made = make(seed, offices=6 + seed % 5, periods=3 + seed % 4, treated=2 + seed % 3, kind=kinds[seed % 3],
                weighted=seed % 2 == 1, covariates=seed % 3, staggered=seed % 4 == 3)
    inference = infer(made.cells, "y", covariates=made.covariates, draws=199, seed=seed, interval=seed % 5 == 0)
    fit = inference.effect.fit
    print([float.hex(x) for kind in ("CRV1", "CRV3", "HC1", "iid")
           for x in (fit.value("treatment"), fit.estimate("treatment", kind).standard_error)],
          inference.wcr, inference.wcu, inference.randomisation, inference.welch_person)
made = make(4, offices=60, periods=48, treated=20, persons=2, covariates=2, weighted=True, staggered=True)
fit = infer(made.cells, "y", covariates=made.covariates, draws=199, interval=False).effect.fit
print([float.hex(fit.estimate("treatment", kind).standard_error) for kind in ("CRV1", "CRV3")])
"""


def test_the_figures_are_the_same_bits_under_any_hash_seed_and_number_of_threads() -> None:
    """The designs that equal the rows in this process are the same bits in another, with another seed and more threads."""
    script = SCRIPT.format(folder=str(Path(__file__).parents[3]))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(script, {})
    assert printed.getvalue().count("0x") > 200
    threads = {"OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    printed_elsewhere = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "4242", **threads},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert printed_elsewhere == printed.getvalue()


@given(seed=st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    made = make(7, kind="binary")
    mixed = made.frame.sample(frac=1, random_state=seed)
    again = type(made.cells).from_rows(mixed.office, mixed.period, {"y": mixed.y}, first_treated={0: 2, 1: 2, 2: 2})
    assert regress(again, "y", {"d": again.treatment}).estimate("d") == ours(made).estimate("d")
