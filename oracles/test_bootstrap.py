"""The wild bootstrap over every pattern of signs, and the regression, beside pyfixest (with wildboottest)."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

import numpy as np
import pyfixest as pf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracles.figures import KEPT
from plass.evaluation.estimators.regression import regress
from plass.evaluation.inference.bootstrap import wild_bootstrap
from tests.evaluation.designs import Made, designs, make

SOME = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@settings(SOME, max_examples=60)
@given(made=designs(staggered=None))
def test_coefficient_and_clustered_errors(made: Made) -> None:
    fit = regress(made.cells, "y", {"d": made.treatment}, covariates=made.covariates)
    terms = " + ".join(["d", *(f"C({name})" for name in made.covariates), "C(period)"])
    with quiet():
        theirs = {
            kind: pf.feols(f"y ~ {terms} | office", made.frame, vcov={kind: "office"}, weights="w")
            for kind in ("CRV1", "CRV3")
        }
    coefficient = KEPT.of("regression on rows: coefficient", "pyfixest", "the same", 1e-8)
    coefficient.saw(abs(fit.value("d") - float(theirs["CRV1"].coef()["d"])))
    for kind in ("CRV1", "CRV3"):
        mine = fit.estimate("d", kind)
        if mine.reason:
            continue
        # pyfixest multiplies the jackknife by fixest's CRV1 factor, MacKinnon, Nielsen and Webb (and we) by (G - 1)/G.
        g = fit.clusters
        factor = 1.0 if kind == "CRV1" else np.sqrt((g - 1) / g / fit.small_sample)
        how = "the same" if kind == "CRV1" else "times the root of (G-1)/G over fixest's CRV1 factor"
        line = KEPT.of(f"regression on rows: {kind} error", "pyfixest", how, 1e-8)
        line.saw(abs(mine.standard_error / (float(theirs[kind].se()["d"]) * factor) - 1))


@SOME
@given(
    seed=st.integers(0, 100_000),
    offices=st.integers(5, 9),
    periods=st.integers(3, 5),
    kind=st.sampled_from(["continuous", "binary"]),
    restricted=st.booleans(),
)
def test_the_wild_bootstrap_over_every_pattern(
    seed: int, offices: int, periods: int, kind: str, restricted: bool
) -> None:
    made = make(seed, offices, periods, treated=offices // 2, kind=kind, persons=4)
    mine = wild_bootstrap(regress(made.cells, "y", {"d": made.treatment}), "d", restricted=restricted, interval=False)
    with quiet():
        fitted = pf.feols("y ~ d + C(period) + C(office)", made.frame, vcov={"CRV1": "office"})
        theirs = fitted.wildboottest(
            reps=99_999, param="d", impose_null=restricted, seed=1, return_bootstrapped_t_stats=True
        )
    told, values = theirs
    t, drawn = float(told["t value"]), np.ravel(values)
    # Theirs counts patterns strictly beyond the one that happened; ours counts it and its mirror too.
    # Unrestricted there may be none at all; ours then gives what restricted is the least.
    p = max(float(np.mean(np.abs(drawn) >= abs(t) * (1 - 1e-9))), 2 / 2**offices)
    name = "restricted" if restricted else "unrestricted"
    how = "from its own t values, ties counted, at least 2/2^G"
    KEPT.of(f"wild bootstrap, {name}: p over every pattern", "pyfixest with wildboottest", how, 1e-8).saw(
        abs(mine.p - p)
    )
    if float(told["Pr(>|t|)"]) == 0:
        KEPT.differs(
            "pyfixest with wildboottest",
            "zero",
            "the wild bootstrap over every pattern gives p = 0 where no other pattern lies as far out, because the one that "
            f"happened is not counted; ours gives 2/2^G (here {mine.p:.4f} with {offices} offices).",
        )
