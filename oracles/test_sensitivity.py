"""Bounds for departures from parallel trends, beside honestdid and moderndid (ports of R's HonestDiD)."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moderndid import didhonest
from moderndid.didhonest import arp_nuisance

from oracles import honestdid_here
from oracles.figures import KEPT
from plass.evaluation.diagnostics import least_favourable
from plass.evaluation.diagnostics.sensitivity import (
    conventional_interval,
    folded_normal_quantile,
    relative_magnitude_interval,
    smoothness_frontier,
)
from plass.evaluation.estimators.event_studies import EventStudyEstimate

honestdid = honestdid_here.load()
FEW = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@st.composite
def studies(draw: st.DrawFn, least_pre: int = 1, least_post: int = 1) -> tuple[EventStudyEstimate, np.ndarray]:
    """Coefficients with noise that is correlated and unequal, and the weights of the effect asked for."""
    rng = np.random.default_rng(draw(st.integers(0, 1_000_000)))
    pre, post = draw(st.integers(least_pre, 4)), draw(st.integers(least_post, 3))
    size = pre + post
    root = rng.normal(0, 1, (size, size + 3)) * rng.uniform(0.6, 1.6, size)[:, None]
    sigma = 0.04 / (size + 3) * root @ root.T
    beta = np.concatenate([rng.normal(0, 0.15, pre), rng.normal(0.4, 0.2, post)])
    weights = np.full(post, 1 / post) if draw(st.booleans()) else np.eye(post)[0]
    return EventStudyEstimate.of(beta, sigma, pre), weights


@FEW
@given(study=studies())
def test_the_ordinary_interval(study: tuple[EventStudyEstimate, np.ndarray]) -> None:
    estimate, weights = study
    mine = conventional_interval(estimate, weights)
    theirs = honestdid.constructOriginalCS(estimate.beta, estimate.sigma, estimate.pre, estimate.post, weights)
    line = KEPT.of("ordinary interval", "honestdid", "the same", 1e-8)
    line.saw(abs(mine.lower - float(theirs["lb"].iloc[0])))
    line.saw(abs(mine.upper - float(theirs["ub"].iloc[0])))


@FEW
@given(mean=st.floats(0, 6), alpha=st.sampled_from([0.01, 0.05, 0.1]))
def test_the_folded_normal_quantile(mean: float, alpha: float) -> None:
    theirs = didhonest.fixed_length_ci.folded_normal_quantile(1 - alpha, mean)
    KEPT.of("folded normal quantile", "moderndid", "the same", 1e-8).saw(
        abs(folded_normal_quantile(mean, alpha) - theirs)
    )


def put_into_ours(
    package: str,
    estimate: EventStudyEstimate,
    weights: np.ndarray,
    bound: float,
    interval: tuple[float, float],
    half: float,
    pre_weights: np.ndarray,
    allowed: tuple[float, float],
    why: str,
) -> None:
    """Theirs search for the shortest interval with a convex solver and end at its tolerance: ours must be as long within
    that, and never longer; and their own weights, put into our formulas, must give their own interval."""
    frontier = smoothness_frontier(estimate, weights)
    mine = frontier.interval(bound)
    own_half = (mine.upper - mine.lower) / 2
    centre, spread, bias = frontier.estimator(pre_weights)
    length = spread * folded_normal_quantile(bound * bias / spread, 0.05)
    ends, lengths = allowed
    KEPT.of("smoothness (FLCI): the ends", package, f"in half-lengths; {why}", ends).saw(
        max(abs(mine.lower - interval[0]), abs(mine.upper - interval[1])) / own_half, 2
    )
    KEPT.of(
        "smoothness (FLCI): no interval is shorter than ours",
        package,
        "by how much their weights' is, of its length",
        1e-8,
    ).saw(max(0.0, own_half / length - 1))
    KEPT.of("smoothness (FLCI): the centre by their weights", package, "the same", 1e-8).saw(
        abs(centre - sum(interval) / 2)
    )
    KEPT.of("smoothness (FLCI): the length by their weights", package, f"of the length; {why}", lengths).saw(
        abs(half / length - 1)
    )


BOUNDS = st.sampled_from([0.0, 0.02, 0.1, 0.3])


@FEW
@given(study=studies(least_pre=2), bound=BOUNDS)
def test_smoothness_by_moderndid(study: tuple[EventStudyEstimate, np.ndarray], bound: float) -> None:
    estimate, weights = study
    with quiet():
        told = didhonest.compute_flci(
            estimate.beta, estimate.sigma, bound, estimate.pre, estimate.post, post_period_weights=weights
        )
    put_into_ours(
        "moderndid",
        estimate,
        weights,
        bound,
        told.flci,
        told.optimal_half_length,
        np.asarray(told.optimal_pre_period_vec),
        (0.005, 1e-5),
        "its solver's tolerance",
    )


@settings(FEW, max_examples=10)
@given(study=studies(least_pre=2), bound=BOUNDS)
def test_smoothness_by_honestdid(study: tuple[EventStudyEstimate, np.ndarray], bound: float) -> None:
    estimate, weights = study
    with quiet():
        told = honestdid.find_optimal_flci(estimate.beta, estimate.sigma, bound, estimate.pre, estimate.post, weights)
    put_into_ours(
        "honestdid",
        estimate,
        weights,
        bound,
        told["FLCI"],
        told["optimalHalfLength"],
        np.asarray(told["optimalVec"])[: estimate.pre],
        (0.05, 0.005),
        "a grid, a solver's tolerance, and a critical value from a million draws",
    )


def accepted_by_honestdid(
    estimate: EventStudyEstimate, weights: np.ndarray, bound: float, effects: list[float]
) -> list[int]:
    """Whether each effect is in honestdid's confidence set."""
    found = []
    for effect in effects:
        with quiet():
            made = honestdid.computeConditionalCS_DeltaRM(
                estimate.beta,
                estimate.sigma,
                estimate.pre,
                estimate.post,
                weights,
                bound,
                gridPoints=1,
                grid_lb=effect,
                grid_ub=effect,
            )
        found.append(int(made["accept"].iloc[0]))
    return found


@pytest.fixture
def one_first_stage(monkeypatch: pytest.MonkeyPatch) -> float:
    """The first stage's critical value is simulated, by theirs with a thousand draws: here both are given the same."""
    value = 2.9
    monkeypatch.setattr(least_favourable, "_first_stage", lambda *given: value)
    monkeypatch.setitem(honestdid.__dict__, "_compute_least_favorable_cv", lambda *given, **more: value)
    monkeypatch.setattr(arp_nuisance, "compute_least_favorable_cv", lambda *given, **more: value)
    return value


@FEW
@given(study=studies(least_post=2), bound=st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_relative_magnitudes(
    one_first_stage: float, study: tuple[EventStudyEstimate, np.ndarray], bound: float
) -> None:
    """Just inside our bounds honestdid's conditional test accepts, just outside it rejects."""
    estimate, weights = study
    mine = relative_magnitude_interval(estimate, bound, weights)
    spread = float(np.sqrt(weights @ estimate.sigma[estimate.pre :, estimate.pre :] @ weights))
    step = 2e-5 * spread
    asked = [mine.lower - step, mine.lower + step, mine.upper - step, mine.upper + step]
    line = KEPT.of(
        "relative magnitudes (C-LF): the ends",
        "honestdid",
        "in standard errors; accepted just inside our bounds, rejected just outside, first stage's critical value given",
        2e-5,
    )
    answers = accepted_by_honestdid(estimate, weights, bound, asked)
    line.saw(2e-5 if answers == [0, 1, 1, 0] else np.inf, 2)


@settings(FEW, max_examples=8)
@given(study=studies(least_pre=2, least_post=2), bound=st.sampled_from([0.5, 1.0]))
def test_moderndid_leaves_out_the_earliest_change_before_the_start(
    one_first_stage: float, study: tuple[EventStudyEstimate, np.ndarray], bound: float
) -> None:
    """Its union of polyhedra begins one change too late. With that change left out of ours, the two agree."""
    estimate, weights = study
    target = estimate.target(weights)
    tests = least_favourable.relative_magnitude_tests(estimate.beta, estimate.sigma, estimate.pre, target, bound, 0.05)

    def accepted(chosen: tuple[Any, ...], effects: np.ndarray) -> np.ndarray:
        return np.any([one.accepts(effects) for one in chosen], axis=0)

    reach = np.linspace(-1.0, 1.8, 57)
    found = []
    with quiet():
        for effect in reach:
            made = didhonest.compute_conditional_cs_rm(
                estimate.beta,
                estimate.sigma,
                estimate.pre,
                estimate.post,
                l_vec=weights.reshape(-1, 1),
                m_bar=bound,
                grid_points=2,
                grid_lb=effect,
                grid_ub=effect + 1e-9,
            )
            found.append(bool(np.ravel(made["accept"])[0]))
    without_first = accepted(tests[2:], reach)
    line = KEPT.of(
        "relative magnitudes (C-LF): 57 effects, accepted or not",
        "moderndid",
        "share answered otherwise; ours without the earliest change before the start, which theirs leaves out",
        0.0,
    )
    line.saw(float(np.mean(without_first != np.array(found))), len(reach))
    lost = int(np.sum(accepted(tests, reach) & ~without_first))
    global LOST
    LOST = (LOST[0] + lost, LOST[1] + int(accepted(tests, reach).sum()))
    KEPT.differs(
        "moderndid",
        "changes",
        "relative magnitudes leave out the earliest change before the start (from the first coefficient to the second), so "
        f"that its intervals can be too short. Of {LOST[1]} effects that the right test accepts here, it rejects "
        f"{LOST[0]}. "
        "R's HonestDiD, honestdid and ours count it.",
    )


LOST = (0, 0)


@settings(FEW, max_examples=8)
@given(study=studies(least_pre=1, least_post=2))
def test_the_first_stage(study: tuple[EventStudyEstimate, np.ndarray]) -> None:
    """Theirs is the 99.5 per cent quantile of a thousand draws. The share of theirs above ours must be half a per cent."""
    estimate, weights = study
    target = estimate.target(weights)
    ours = least_favourable.relative_magnitude_tests(estimate.beta, estimate.sigma, estimate.pre, target, 1.0, 0.05)[0]
    kept: list[float] = []
    original = honestdid._compute_least_favorable_cv

    def keep(*given: Any, **more: Any) -> float:
        # Their own quantile's neighbours: 0.5 per cent of 1,000 draws is 5; 0 to 14 are within chance (1 in 1,000).
        low, high = (original(given[0], given[1], share, **more) for share in (0.0145, 0.0005))
        kept.extend([low, high])
        return original(*given, **more)

    honestdid.__dict__["_compute_least_favorable_cv"] = keep
    try:
        with quiet():
            honestdid._computeConditionalCS_DeltaRM_fixedS(
                s=-(estimate.pre - 1),
                max_positive=True,
                Mbar=1.0,
                betahat=estimate.beta,
                sigma=estimate.sigma,
                numPrePeriods=estimate.pre,
                numPostPeriods=estimate.post,
                l_vec=weights,
                alpha=0.05,
                hybrid_flag="LF",
                hybrid_kappa=0.005,
                postPeriodMomentsOnly=True,
                gridPoints=1,
                grid_ub=0.0,
                grid_lb=0.0,
            )
    finally:
        honestdid.__dict__["_compute_least_favorable_cv"] = original
    low, high = kept
    line = KEPT.of(
        "relative magnitudes: the first stage's critical value",
        "honestdid",
        "0 where ours lies between the 15th and the largest of their 1,000 draws",
        0.0,
    )
    line.saw(max(0.0, low - ours.least_favourable, ours.least_favourable - high))
