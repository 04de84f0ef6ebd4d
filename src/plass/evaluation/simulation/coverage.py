"""How often the methods of the honest checks are right, by simulation.

Everything here is slow and belongs in the calibration, not in an evaluation: each row is a share over made studies
whose truth is known, with its Monte Carlo error, so that a reader can see which promises are kept with a handful of
offices.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from plass.evaluation.diagnostics.heterogeneity import spread_test
from plass.evaluation.diagnostics.least_favourable import relative_magnitude_tests
from plass.evaluation.diagnostics.pretest import joint_pretest
from plass.evaluation.diagnostics.sensitivity import conventional_interval, smoothness_frontier
from plass.evaluation.estimators.event_studies import EventStudyEstimate
from plass.evaluation.estimators.few_treated import FewTreatedMethod, office_effect


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One figure: ``share`` of ``runs`` in which ``what`` held; ``promised`` is what the method promises."""

    method: str
    design: str
    what: str
    promised: float
    share: float
    runs: int

    @property
    def error(self) -> float:
        """The Monte Carlo standard error of ``share``."""
        return sqrt(max(self.share * (1 - self.share), 1e-12) / self.runs)


def coverage_table(
    runs: int = 2_000, seed: int = 20_230_501, progress: Callable[[int, int], None] | None = None
) -> tuple[CoverageRow, ...]:
    """All rows; ``progress`` is told how many of how many parts are done."""
    parts = (_relative_magnitudes, _smoothness, _single_office, _spread, _joint)
    rows: list[CoverageRow] = []
    for done, part in enumerate(parts):
        if progress is not None:
            progress(done, len(parts))
        rows.extend(part(runs, np.random.default_rng(seed + done)))
    if progress is not None:
        progress(len(parts), len(parts))
    return tuple(rows)


def _relative_magnitudes(runs: int, rng: np.random.Generator) -> list[CoverageRow]:
    """Coverage of the true effect (0) for departures on the edge of what Mbar = 1 allows."""
    sigma = 0.5 * np.eye(5) + 0.5
    edges = {
        "no departure": np.zeros(5),
        "one clear change before, as large each period after": np.array([-6.0, 0, 0, 6, 12]),
        "changes before as large as the noise, continued": np.array([3.0, 2, 1, -1, -2]),
        "the largest change just before the start": np.array([2.0, 2, 2, -2, -4]),
    }
    rows = []
    target = np.array([0.5, 0.5])
    for name, delta in edges.items():
        draws = rng.multivariate_normal(delta, sigma, size=runs)
        held, naive = 0, 0
        for beta in draws:
            tests = relative_magnitude_tests(beta, sigma, 3, target, 1.0, 0.05)
            held += any(bool(test.accepts(np.zeros(1))[0]) for test in tests)
            naive += not conventional_interval(EventStudyEstimate(beta, sigma, 3)).excludes(0.0)
        design = f"3 periods before, 2 after; {name}"
        rows.append(CoverageRow("C-LF, Mbar = 1", design, "covers the effect", 0.95, held / runs, runs))
        rows.append(CoverageRow("ordinary interval", design, "covers the effect", 0.95, naive / runs, runs))
    return rows


def _smoothness(runs: int, rng: np.random.Generator) -> list[CoverageRow]:
    """Coverage under the departure that is worst for the estimator itself: exactly the promise, by construction."""
    sigma = 0.5 * np.eye(5) + 0.5
    rows = []
    frontier = smoothness_frontier(EventStudyEstimate(np.zeros(5), sigma, 3))
    for bound in (0.0, 0.5, 2.0):
        weights, half = frontier.best(bound)
        delta = bound * frontier.worst_departure(weights)
        draws = rng.multivariate_normal(delta, sigma, size=runs)
        centres = draws @ np.concatenate([weights, frontier.weights])
        held = int((np.abs(centres) <= half).sum())
        design = f"3 periods before, 2 after; the worst departure with M = {bound:g}; half-length {half:.2f}"
        rows.append(CoverageRow("FLCI", design, "covers the effect", 0.95, held / runs, runs))
    return rows


def _single_office(runs: int, rng: np.random.Generator) -> list[CoverageRow]:
    """False findings at 5 % for one treated office of typical, small or large size among 40."""
    sizes = 1 / rng.integers(20, 400, 40).astype(np.float64)
    rows = []
    methods = (
        ("Conley-Taber", FewTreatedMethod.CONLEY_TABER, None),
        ("Ferman-Pinto", FewTreatedMethod.FERMAN_PINTO, None),
        ("Ferman-Pinto, persons' variance known", FewTreatedMethod.FERMAN_PINTO, 0.2),
    )
    for name, size in (("typical", 1 / 120), ("small", 1 / 20), ("large", 1 / 400)):
        for label, method, person in methods:
            findings = 0
            for _ in range(runs):
                others = rng.normal(size=40) * np.sqrt(0.0004 + 0.2 * sizes)
                change = float(rng.normal() * sqrt(0.0004 + 0.2 * size))
                effect = office_effect(change, others, size, sizes, method, person_variance=person)
                findings += effect.p_value <= 0.05
            design = f"one {name} office among 40 unequal"
            rows.append(CoverageRow(label, design, "finds an effect that is not there", 0.05, findings / runs, runs))
    return rows


def _spread(runs: int, rng: np.random.Generator) -> list[CoverageRow]:
    """False findings of differences between five alike trial offices."""
    rows = []
    for controls in (5, 10, 25):
        by_f, by_permutation = 0, 0
        for _ in range(runs):
            test = spread_test(rng.normal(size=5), rng.normal(size=controls), draws=499)
            by_f += test.f_p_value <= 0.05
            by_permutation += test.permutation_p_value <= 0.05
        design = f"5 trial and {controls} comparison offices, a common effect"
        counted = "finds a difference that is not there"
        rows.append(CoverageRow("spread, F", design, counted, 0.05, by_f / runs, runs))
        rows.append(CoverageRow("spread, permutation", design, counted, 0.05, by_permutation / runs, runs))
    return rows


def _joint(runs: int, rng: np.random.Generator) -> list[CoverageRow]:
    """False findings of a pre-trend by offices' means, three pre-periods; chi-square beside Hotelling."""
    rows = []
    for offices in (10, 15, 30):
        trial = 5
        hotelling, wald = 0, 0
        for _ in range(runs):
            values = rng.normal(size=(offices, 3)) + rng.normal(size=(offices, 1))
            first, second = values[:trial], values[trial:]
            beta = first.mean(axis=0) - second.mean(axis=0)
            pooled = (np.cov(first.T) * (trial - 1) + np.cov(second.T) * (offices - trial - 1)) / (offices - 2)
            pretest = joint_pretest(beta, pooled * (1 / trial + 1 / (offices - trial)), offices - 1)
            hotelling += pretest.p_value <= 0.05
            wald += pretest.wald_p_value <= 0.05
        design = f"5 of {offices} offices, 3 pre-periods"
        counted = "finds a pre-trend that is not there"
        rows.append(CoverageRow("joint pre-test, Hotelling", design, counted, 0.05, hotelling / runs, runs))
        rows.append(CoverageRow("joint pre-test, chi-square", design, counted, 0.05, wald / runs, runs))
    return rows
