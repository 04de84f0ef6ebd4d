"""The subcluster wild bootstrap: one sign for each office-period, the statistic still clustered by office.

With very few treated offices the restricted cluster bootstrap hardly ever rejects and the unrestricted one nearly
always does. Drawing signs for finer units breaks the tie, at the price of assuming that what an office's months share
does not matter much; it is a middle voice where the two disagree, not a headline (MacKinnon & Webb 2018, Econometrics
Journal 21(2), 114-135).
"""

from __future__ import annotations

import math

import numpy as np

from plass.evaluation.data.cells import Floats
from plass.evaluation.estimators.regression import Fit
from plass.evaluation.inference.bootstrap import TIE, WildBootstrap

_CHUNK = 512


def subcluster_bootstrap(
    fit: Fit, name: str, *, restricted: bool = True, null: float = 0.0, draws: int = 9_999, seed: int = 0
) -> WildBootstrap:
    """Test a coefficient with one random sign for each office-period. No interval is formed (low and high are nan)."""
    m, j = fit.moments, fit.position(name)
    a = fit.bread[j]
    beta = _null_coefficients(fit, j, null) if restricted else fit.coefficient
    full = np.zeros(len(m.layout.names))
    full[m.kept] = beta
    shape = m.layout.fitted(full)
    left = m.sums.wy - m.sums.w * shape
    effect = np.bincount(m.layout.office, weights=left, minlength=len(m.offices)) / m.weight
    scores, alone = m.layout.totals_by_period(left - m.sums.w * effect[m.layout.office])
    scores = scores[:, :, m.kept] - m.mean[:, None, :] * alone[:, :, None]
    g, t, k = scores.shape
    unit = scores.reshape(g * t, k)
    share = unit @ a
    leverage = np.einsum("gkl,l->gk", m.xx, a) @ fit.bread
    value, error = fit.value(name), fit.estimate(name).standard_error
    observed = ((value - null) / error) ** 2
    generator = np.random.Generator(np.random.PCG64(seed))
    count = 0
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        signs = 2.0 * generator.integers(0, 2, (size, g * t)) - 1.0
        by_office = (signs * share).reshape(size, g, t).sum(axis=2)
        moved = (signs @ unit) @ leverage.T
        under = fit.small_sample * ((by_office - moved) ** 2).sum(axis=1)
        count += int(np.count_nonzero(by_office.sum(axis=1) ** 2 >= observed * (1 - TIE) * under))
    p = (1 + count) / (1 + draws)
    return WildBootstrap(
        name,
        restricted,
        value,
        (value - null) / error,
        p,
        1 / (1 + draws),
        draws,
        False,
        math.nan,
        math.nan,
        0.05,
        null,
    )


def _null_coefficients(fit: Fit, j: int, null: float) -> Floats:
    m = fit.moments
    others = np.delete(np.arange(len(m.names)), j)
    beta = np.zeros(len(m.names))
    beta[j] = null
    if len(others):
        right = m.xy.sum(axis=0)[others] - null * m.total[others, j]
        beta[others] = np.linalg.solve(m.total[np.ix_(others, others)], right)
    return beta
