"""Least squares on cells, with the errors that a study by offices can have.

The coefficients and errors equal those of the regression on the rows:

- CRV1 clustered by office with fixest's small-sample factor, G/(G-1) * (N-1)/(N-K), where the office effects count as
  one parameter because they are nested in the clusters. With few treated offices it is far too small; it is computed to
  be shown beside better ones (MacKinnon & Webb 2018, Econometrics Journal 21(2)).
- CRV3, the jackknife (G-1)/G * sum over offices of (b_without - b)^2 (MacKinnon, Nielsen & Webb 2023, Journal of
  Applied Econometrics 38(5)); not defined where leaving an office out takes the coefficient with it.
- iid and HC1, from the sums of squares, for comparison with other programs only; they lose about 2 log10(mean/sd) of
  their sixteen digits, which matters only for outcomes whose mean is many thousand standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from plass.evaluation.data.cells import Cells, Floats
from plass.evaluation.errors import EvaluationError, NotIdentified
from plass.evaluation.estimators.moments import Moments, moments
from plass.evaluation.estimators.pvalues import never_zero
from plass.evaluation.study import Weighting, _nearest

ErrorKind = Literal["CRV1", "CRV3", "HC1", "iid"]


@dataclass(frozen=True)
class Estimate:
    """One number with its error: value, standard error, degrees of freedom, two-sided p, interval, and the method.

    Where the method cannot say, standard_error and what follows are nan and `reason` says why.
    """

    value: float
    standard_error: float
    df: float
    p: float
    low: float
    high: float
    method: str
    reason: str = ""

    @property
    def t(self) -> float:
        """The t statistic against zero."""
        return self.value / self.standard_error if self.standard_error > 0 else math.nan


def estimate(value: float, error: float, df: float, alpha: float, method: str, reason: str = "") -> Estimate:
    """An Estimate with p and a 1 - alpha interval by the t distribution."""
    if not (math.isfinite(error) and error > 0 and df > 0):
        nan = math.nan
        return Estimate(value, nan, df, nan, nan, nan, method, reason or "The method gives no error here.")
    p = never_zero(2 * stats.t.sf(abs(value / error), df))
    half = float(stats.t.isf(alpha / 2, df)) * error
    return Estimate(value, error, df, p, value - half, value + half, method)


@dataclass(frozen=True)
class Fit:
    """A fitted regression. `coefficient[i]` belongs to `moments.names[i]`; the terms come last.

    bread: inverse of X'X, (k, k); scores: each office's X'W residual, (offices, k), adding to zero over offices.
    """

    moments: Moments
    coefficient: Floats
    bread: Floats
    scores: Floats

    @property
    def clusters(self) -> int:
        """How many offices."""
        return len(self.moments.offices)

    def position(self, name: str) -> int:
        """Where a coefficient is; NotIdentified if it was dropped, EvaluationError if there is none by that name."""
        if name in self.moments.names:
            return self.moments.names.index(name)
        if name in self.moments.dropped:
            raise NotIdentified(
                f"The design does not say what {name!r} is: nothing is left of it once offices, periods and what came "
                "before it are taken out."
            )
        raise EvaluationError(f"There is no coefficient {name!r}{_nearest(name, self.moments.names)}.")

    def value(self, name: str) -> float:
        """One coefficient."""
        return float(self.coefficient[self.position(name)])

    def influence(self, name: str) -> Floats:
        """Each office's share of the coefficient's error, shape (offices,): bread times its score."""
        return np.asarray(np.einsum("k,gk->g", self.bread[self.position(name)], self.scores))

    @property
    def small_sample(self) -> float:
        """fixest's factor for CRV1, office effects counted as one parameter."""
        g, n, k = self.clusters, self.moments.rows, self.moments.parameters
        return g / (g - 1) * (n - 1) / (n - k)

    def covariance(self, kind: ErrorKind = "CRV1", names: Sequence[str] | None = None) -> Floats:
        """The covariance matrix of the named coefficients (by default the terms), shape (names, names).

        CRV3 has nan where leaving one office out takes a coefficient with it.
        """
        at = [self.position(name) for name in (self.moments.terms if names is None else names)]
        full = {"CRV1": self._crv1, "CRV3": self._crv3, "HC1": self._hc1, "iid": self._iid}[kind]()
        return np.asarray(full[np.ix_(at, at)])

    def estimate(self, name: str, kind: ErrorKind = "CRV1", alpha: float = 0.05) -> Estimate:
        """One coefficient with its error; t with G - 1 degrees of freedom for clustered errors."""
        variance = float(self.covariance(kind, [name])[0, 0])
        df = self.clusters - 1 if kind.startswith("CRV") else self.moments.rows - self._all_parameters
        reason = ""
        if kind == "CRV3" and math.isnan(variance):
            reason = "Leaving one office out takes the coefficient with it (a single treated office)."
        return estimate(
            self.value(name),
            math.sqrt(max(variance, 0.0)) if variance == variance else math.nan,
            df,
            alpha,
            kind,
            reason,
        )

    @cached_property
    def leave_one_out(self) -> Floats:
        """Every coefficient with each office left out, shape (offices, k); nan where it cannot be told then."""
        m = self.moments
        total = m.total
        scale = 1 / np.sqrt(np.diag(total))
        left = (total[None] - m.xx) * scale[:, None] * scale[None, :]
        right = (m.xy.sum(axis=0)[None] - m.xy) * scale
        try:
            # A Cholesky factor with no small pivot shows that every system is well posed.
            factor = np.linalg.cholesky(left)
            sound = bool(np.einsum("gkk->gk", factor).min(initial=1.0) > 1e-4)
        except np.linalg.LinAlgError:
            sound = False
        if sound:
            return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0] * scale)
        values, vectors = np.linalg.eigh(left)
        alive = values > 1e-9 * values[:, -1:]
        inverse = np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)
        beta = np.einsum("gkj,gj,glj,gl->gk", vectors, inverse, vectors, right, optimize=True) * scale
        lost = np.einsum("gkj,gj->gk", vectors**2, (~alive).astype(float))
        return np.where(lost > 1e-8, np.nan, beta)

    @cached_property
    def residual_squares(self) -> Floats:
        """For each cell the sum of squared residuals times weight, and times weight squared, shape (2, cells)."""
        m = self.moments
        fitted = self.fitted
        s = m.sums
        once = s.wyy - 2 * fitted * s.wy + fitted**2 * s.w
        twice = s.wwyy - 2 * fitted * s.wwy + fitted**2 * s.ww
        return np.maximum(np.stack([once, twice]), 0.0)

    @cached_property
    def fitted(self) -> Floats:
        """The fitted value of each cell, office effects included."""
        m = self.moments
        full = np.zeros(len(m.layout.names))
        full[m.kept] = self.coefficient
        shape = m.layout.fitted(full)
        y = np.bincount(m.layout.office, weights=m.sums.wy - m.sums.w * shape, minlength=len(m.offices))
        return np.asarray(shape + (y / m.weight)[m.layout.office])

    @property
    def _all_parameters(self) -> int:
        return len(self.moments.names) + self.clusters

    def _crv1(self) -> Floats:
        root = self.scores @ self.bread
        return np.asarray(self.small_sample * root.T @ root)

    def _crv3(self) -> Floats:
        g = self.clusters
        away = self.leave_one_out - self.coefficient
        return np.asarray((g - 1) / g * away.T @ away)

    def _iid(self) -> Floats:
        variance = self.residual_squares[0].sum() / (self.moments.rows - self._all_parameters)
        return np.asarray(self.bread * variance)

    def _hc1(self) -> Floats:
        m = self.moments
        squares = self.residual_squares[1]
        xx, x, total = m.layout.gram(squares)
        xx, x = xx[:, m.kept][:, :, m.kept], x[:, m.kept]
        cross = x[:, :, None] * m.mean[:, None, :]
        mean = m.mean
        meat = xx - cross - cross.transpose(0, 2, 1) + total[:, None, None] * mean[:, :, None] * mean[:, None, :]
        n = m.rows
        return np.asarray(n / (n - self._all_parameters) * self.bread @ meat.sum(axis=0) @ self.bread)


def fit(equations: Moments) -> Fit:
    """Solve the normal equations. Raises NotIdentified where no column is left."""
    if not equations.names:
        raise NotIdentified("Nothing is left to estimate once offices and periods are taken out.")
    if len(equations.offices) < 2:
        raise NotIdentified("One office cannot be compared with itself over time alone: at least two are needed.")
    total = equations.total
    scale = 1 / np.sqrt(np.diag(total))
    scaled = total * scale[:, None] * scale[None, :]
    bread = np.linalg.inv(scaled) * scale[:, None] * scale[None, :]
    bread = (bread + bread.T) / 2
    right = equations.xy.sum(axis=0)
    beta = np.linalg.solve(scaled, right * scale) * scale
    # One step of refinement: the residual of the equations is small and exactly known, so the step is cheap accuracy.
    beta = beta + bread @ (right - total @ beta)
    scores = equations.xy - np.einsum("gkl,l->gk", equations.xx, beta)
    return Fit(equations, beta, bread, scores)


def regress(
    cells: Cells,
    outcome: str,
    terms: Mapping[str, npt.ArrayLike],
    *,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    periods: npt.ArrayLike | None = None,
) -> Fit:
    """Regress an outcome on terms, with office and period effects and covariates; arguments as in `moments`."""
    return fit(moments(cells, outcome, terms, covariates=covariates, weighting=weighting, periods=periods))
