"""Rambachan-Roth intervals against HonestDiD's published output, brute force, and the definition of the methods."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.stats import norm

from plass.evaluation.diagnostics.least_favourable import dual_vertices, relative_magnitude_tests
from plass.evaluation.diagnostics.sensitivity import (
    _lasso_path,
    conventional_interval,
    folded_normal_quantile,
    largest_slope_change_before,
    relative_magnitude_breakdown,
    relative_magnitude_intervals,
    smoothness_breakdown,
    smoothness_frontier,
    smoothness_intervals,
)
from plass.evaluation.estimators.event_studies import EventStudyEstimate


def published_event_study(name: str) -> EventStudyEstimate:
    """One of the event studies in ``event_studies.json``, where the sources stand."""
    stored = json.loads((Path(__file__).parent / "event_studies.json").read_text(encoding="utf-8"))[name]
    sigma = np.zeros((len(stored["beta"]), len(stored["beta"])))
    for row, values in enumerate(stored["sigma_lower_triangle"]):
        sigma[row, : row + 1] = sigma[: row + 1, row] = values
    return EventStudyEstimate.of(stored["beta"], sigma, stored["pre"])


BENZARTI_CARLONI = published_event_study("benzarti_carloni")
MEDICAID = published_event_study("medicaid")

FIRST_OF_FOUR = [1, 0, 0, 0]


def test_the_conventional_interval_is_honestdids() -> None:
    """constructOriginalCS in R's HonestDiD 0.2.8."""
    first = conventional_interval(BENZARTI_CARLONI, FIRST_OF_FOUR)
    assert (first.lower, first.upper) == pytest.approx((0.15877494280765, 0.233147292681241), abs=1e-8)
    average = conventional_interval(BENZARTI_CARLONI)
    assert (average.lower, average.upper) == pytest.approx((0.1837990234168919, 0.2530055095878689), abs=1e-8)


@pytest.mark.parametrize(
    ("weights", "published"),
    [
        (
            FIRST_OF_FOUR,
            {
                0.0: (0.131411316, 0.2161696482),
                0.01: (0.154965267080773, 0.27038453032652),
                0.02: (0.177301087900198, 0.315956468194821),
                0.1: (0.1194440001, 0.4185082143),
                0.2: (0.01944400015, 0.5185082143),
            },
        ),
        (
            None,
            {
                0.0: (0.133193369303247, 0.230362614090703),
                0.01: (0.124138265521726, 0.368035364887987),
                0.02: (0.113901858858792, 0.476743542104818),
            },
        ),
    ],
)
def test_smoothness_agrees_with_honestdid_on_benzarti_carloni(
    weights: list[float] | None, published: dict[float, tuple[float, float]]
) -> None:
    """R's HonestDiD 0.2.8 draws its folded-normal quantile at random: agreement to its 1e-3."""
    for interval in smoothness_intervals(BENZARTI_CARLONI, list(published), weights):
        assert (interval.lower, interval.upper) == pytest.approx(published[interval.bound], abs=1e-3)


def test_smoothness_agrees_with_honestdids_readme_on_medicaid() -> None:
    published = [
        (0.0259, 0.0607),
        (0.0132, 0.0787),
        (0.00286, 0.0907),
        (-0.00714, 0.101),
        (-0.0171, 0.111),
    ]
    intervals = smoothness_intervals(MEDICAID, [0, 0.01, 0.02, 0.03, 0.04], [1, 0])
    for interval, (lower, upper) in zip(intervals, published, strict=True):
        assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=6e-4)


@pytest.mark.parametrize(
    ("estimate", "weights", "published", "grid"),
    [
        # The README of HonestDiD; the Stata package's README for the average.
        (
            MEDICAID,
            [1, 0],
            {
                0.5: (0.0240, 0.0672),
                1.0: (0.0170, 0.0720),
                1.5: (0.00824, 0.0797),
                2.0: (-0.000916, 0.0881),
            },
            40 * 0.00915 / 999,
        ),
        (
            MEDICAID,
            None,
            {
                0.0: (0.041, 0.075),
                0.5: (0.033, 0.080),
                1.0: (0.020, 0.090),
                1.5: (0.006, 0.103),
                2.0: (-0.008, 0.117),
            },
            40 * 0.0089 / 999 + 0.0005,
        ),
        # R's HonestDiD 0.2.8, on its own grid and on one of 10,000 points over +/- 40 standard errors.
        (
            BENZARTI_CARLONI,
            FIRST_OF_FOUR,
            {
                0.5: (0.11812948578177346, 0.2715838660256206),
                1.0: (0.06723125075039843, 0.3186837253083857),
            },
            40 * 0.019 / 999,
        ),
        (
            BENZARTI_CARLONI,
            None,
            {
                0.5: (0.06775439808538886, 0.3691913893670205),
                1.0: (-0.06968617947647976, 0.506631966928889),
            },
            80 * 0.0177 / 9999 + 4e-4,
        ),
    ],
)
def test_relative_magnitudes_agree_with_honestdid(
    estimate: EventStudyEstimate,
    weights: list[float] | None,
    published: dict[float, tuple[float, float]],
    grid: float,
) -> None:
    """HonestDiD reports the outermost accepted grid point, from 1,000 draws: agreement to its grid and its digits."""
    for interval in relative_magnitude_intervals(estimate, list(published), weights):
        lower, upper = published[interval.bound]
        assert interval.lower == pytest.approx(lower, abs=grid * 1.2 + 1e-4)
        assert interval.upper == pytest.approx(upper, abs=grid * 1.2 + 1e-4)


def test_breakdown_values_are_where_the_intervals_first_hold_zero() -> None:
    """HonestDiD's README: about 2 for relative magnitudes; between 0.02 and 0.03 for smoothness."""
    relative = relative_magnitude_breakdown(MEDICAID, [1, 0])
    assert relative.value == pytest.approx(1.95, abs=0.04)
    smooth = smoothness_breakdown(MEDICAID, [1, 0])
    assert smooth.value == pytest.approx(0.02284, abs=2e-4)
    just_below, just_above = smoothness_intervals(MEDICAID, [smooth.value - 1e-4, smooth.value + 1e-4], [1, 0])
    assert just_below.excludes(0.0)
    assert not just_above.excludes(0.0)


def test_an_effect_that_is_not_there_breaks_down_at_once() -> None:
    estimate = EventStudyEstimate.of([0.01, -0.01, 0.005], np.diag([1e-4, 1e-4, 1e-4]), 2)
    assert smoothness_breakdown(estimate).value == 0
    assert relative_magnitude_breakdown(estimate).value == 0


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4), st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_the_fixed_length_interval_is_the_shortest(seed: int, pre: int, post: int, bound: float) -> None:
    """No affine estimator found by a general optimiser, or at random, has a shorter interval."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(pre + post, pre + post + 3))
    estimate = EventStudyEstimate.of(rng.normal(size=pre + post), root @ root.T / (pre + post), pre)
    target = rng.normal(size=post)
    frontier = smoothness_frontier(estimate, target)
    ours = frontier.interval(bound)
    half = (ours.upper - ours.lower) / 2
    lead = float(np.arange(1, post + 1) @ target)
    distance = np.arange(pre, 0, -1)

    def length(free: np.ndarray) -> float:
        nearest = lead - float(free @ distance[:-1])
        _, spread, bias = frontier.estimator(np.append(free, nearest))
        return spread * folded_normal_quantile(bound * bias / spread, 0.05)

    start = rng.normal(size=pre - 1)
    best = minimize(length, start, method="Nelder-Mead").fun if pre > 1 else length(start)
    assert half <= best + 1e-6
    if pre == 1:
        assert half == pytest.approx(best, abs=1e-9)


def test_the_worst_bias_is_the_worst_over_departures() -> None:
    """The closed form against a linear programme over every departure with bounded changes of slope."""
    rng = np.random.default_rng(7)
    root = rng.normal(size=(7, 9))
    frontier = smoothness_frontier(EventStudyEstimate.of(rng.normal(size=7), root @ root.T, 4), [0.2, 0.5, 0.3])
    second = np.zeros((6, 8))
    for row in range(6):
        second[row, row : row + 3] = (1, -2, 1)
    second = np.delete(second, 4, axis=1)
    for knot in frontier.knots:
        full = np.concatenate([knot, frontier.weights])
        worst = linprog(
            -full,
            A_ub=np.vstack([second, -second]),
            b_ub=np.ones(12),
            bounds=[(None, None)] * 7,
            method="highs",
        )
        assert frontier.estimator(knot)[2] == pytest.approx(-worst.fun, abs=1e-8)
        departure = frontier.worst_departure(knot)
        assert full @ departure == pytest.approx(-worst.fun, abs=1e-8)
        assert np.abs(second @ departure).max() <= 1 + 1e-9


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_the_lasso_path_is_stationary_at_every_corner(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 2))
    quadratic, linear = root @ root.T, rng.normal(size=size)
    path = _lasso_path(quadratic, linear)
    assert path[0] == pytest.approx(np.zeros(size))
    assert path[-1] == pytest.approx(np.linalg.solve(quadratic, linear), abs=1e-8)
    for point in path[1:-1]:
        gradient = linear - quadratic @ point
        penalty = np.abs(gradient).max()
        active = np.abs(point) > 1e-9
        assert gradient[active] == pytest.approx(penalty * np.sign(point[active]), abs=1e-7 * (1 + penalty))


@pytest.mark.parametrize("target", [[1.0, 0, 0], [0.3, 0.3, 0.4], [0, 0, 1.0], [0, 1.0, -1.0]])
def test_the_listed_vertices_are_all_there_are(target: list[float]) -> None:
    """Against brute force over supports, and against the linear programme they solve."""
    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 8))
    sigma, weights = root @ root.T, np.array(target)
    steps = np.array([[0, 0, 1, 0, 0], [0, 0, -1, 1, 0], [0, 0, 0, -1, 1.0]])
    moments = np.concatenate(
        [
            steps - 0.7 * np.array([-1, 1, 0, 0, 0]),
            -steps - 0.7 * np.array([-1, 1, 0, 0, 0]),
        ]
    )
    listed = dual_vertices(moments, sigma, weights)

    nuisance = np.linalg.svd(weights[None])[2][1:].T
    slopes = moments[:, 2:] @ nuisance
    deviation = np.sqrt(np.diag(moments @ sigma @ moments.T))
    equalities = np.vstack([slopes.T, deviation])
    right = np.array([0, 0, 1.0])
    assert listed @ equalities.T == pytest.approx(np.tile(right, (len(listed), 1)), abs=1e-10)
    vertices = set()
    for support in combinations(range(6), 3):
        block = equalities[:, support]
        if abs(np.linalg.det(block)) > 1e-10:
            solution = np.linalg.solve(block, right)
            if solution.min() > -1e-10:
                vertex = np.zeros(6)
                vertex[list(support)] = solution
                vertices.add(tuple(np.round(vertex, 8) + 0.0))
    assert vertices == {tuple(np.round(vertex, 8) + 0.0) for vertex in listed}

    for _ in range(20):
        y = rng.normal(size=6)
        primal = linprog(
            [1, 0, 0],
            A_ub=-np.column_stack([deviation, slopes]),
            b_ub=-y,
            bounds=[(None, None)] * 3,
            method="highs",
        )
        assert (listed @ y).max() == pytest.approx(primal.fun, abs=1e-8)


def test_the_test_keeps_its_size_on_the_edge_of_the_null() -> None:
    """1,000 draws with the departure at the far end of what Mbar = 1 allows: at most 5 % of true effects rejected."""
    sigma = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, 0.5], [0.3, 0.5, 1.0]])
    truth = np.array([-4.0, 0.0, 4.0])
    rng = np.random.default_rng(11)
    rejected = 0
    draws = rng.multivariate_normal(truth, sigma, size=1000)
    for beta in draws:
        tests = relative_magnitude_tests(beta, sigma, 2, np.array([1.0]), 1.0, 0.05)
        rejected += not any(test.accepts(np.array([0.0]))[0] for test in tests)
    assert rejected / 1000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


def test_the_folded_quantile_solves_its_definition() -> None:
    assert folded_normal_quantile(0, 0.05) == pytest.approx(norm.isf(0.025), abs=1e-12)
    for mean in (0.3, 2.0, 7.9, 8.1, 30.0):
        value = folded_normal_quantile(mean, 0.05)
        assert norm.cdf(value - mean) - norm.cdf(-value - mean) == pytest.approx(0.95, abs=1e-10)


def test_the_yardstick_is_the_largest_change_of_slope() -> None:
    estimate = EventStudyEstimate.of([1.0, 3.0, 2.0], np.eye(3), 2)
    assert largest_slope_change_before(estimate) == 5.0
    assert np.isnan(largest_slope_change_before(EventStudyEstimate.of([1.0, 2.0], np.eye(2), 1)))


@pytest.mark.parametrize(
    ("beta", "sigma", "pre", "message"),
    [
        ([1, 2, 3], np.eye(2), 1, "square"),
        ([1, 2], np.eye(2), 2, "at least one"),
        ([1, 2, np.nan], np.eye(3), 1, "finite"),
        ([1, 2, 3], np.ones((3, 3)), 1, "bin the periods"),
    ],
)
def test_unusable_estimates_are_refused(beta: list[float], sigma: np.ndarray, pre: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EventStudyEstimate.of(beta, sigma, pre)
