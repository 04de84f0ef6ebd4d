"""The wild cluster bootstrap, exact where it can be: every pattern of signs over the offices, not a sample of them.

Each office's residuals are multiplied by one sign (Rademacher). With G offices there are 2**(G-1) patterns that can
give different |t|; up to `most` patterns all of them are gone through, beyond that `draws` random ones with a seed. A
pattern costs G numbers, because t* depends on the residuals through offices' scores only (MacKinnon, Nielsen & Webb
2023, Journal of Applied Econometrics 38(5), 671-694). Weights need nothing special: they are in the scores.

- Restricted (WCR): residuals and fitted values under the null hypothesis. The headline of a study with few offices;
  it errs towards "cannot tell" when very few are treated.
- Unrestricted (WCU): residuals of the fit itself; it errs the other way. Where the two disagree, neither is to be
  trusted (MacKinnon & Webb 2017, Journal of Applied Econometrics 32(2), 233-254).

p is the share of patterns whose |t*| is at least |t|, the observed pattern among them, so it is never below
1 / 2**(G-1) and never 0; with draws it is (1 + count) / (1 + draws).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from plass.evaluation.data.cells import Floats
from plass.evaluation.estimators.regression import Fit

#: t* counts as at least t when it is within this share of it: equal patterns differ in the last bits only.
TIE = 1e-9
_CHUNK = 8192


@dataclass(frozen=True)
class WildBootstrap:
    """A wild bootstrap test of one coefficient and the interval of null values it does not reject.

    t: the observed statistic (CRV1); p: two-sided, by |t|; smallest_p: what p cannot go below; patterns: how many were
    gone through, `exact` where that is all of them; low, high: bounds of the 1 - alpha interval by test inversion,
    infinite where no value that far out is rejected.
    """

    name: str
    restricted: bool
    value: float
    t: float
    p: float
    smallest_p: float
    patterns: int
    exact: bool
    low: float
    high: float
    alpha: float
    null: float = 0.0

    @property
    def method(self) -> str:
        """WCR or WCU."""
        return "WCR" if self.restricted else "WCU"


def wild_bootstrap(
    fit: Fit,
    name: str,
    *,
    restricted: bool = True,
    null: float = 0.0,
    alpha: float = 0.05,
    draws: int = 19_999,
    seed: int = 0,
    most: int = 2**20,
    interval: bool = True,
) -> WildBootstrap:
    """Test a coefficient of a fit by the wild cluster bootstrap over its offices.

    All 2**(G-1) patterns are used when they are at most `most`, else `draws` random ones from `seed`. Without
    `interval` the bounds are nan (it is the slower half). Raises NotIdentified for a coefficient that was dropped.
    """
    g = fit.clusters
    exact = 2 ** (g - 1) <= most
    patterns = 2 ** (g - 1) if exact else draws
    lines = _lines(fit, name, restricted)
    figures = np.concatenate(
        [lines.figures(signs) for signs in _signs(g, patterns if exact else 0, draws, seed)], axis=1
    )
    value, error = fit.value(name), fit.estimate(name).standard_error
    floor = 1 / 2 ** (g - 1) if exact else 1 / (1 + draws)

    def p_at(tested: float) -> float:
        observed = ((value - tested) / error) ** 2
        # Without restriction t* does not depend on the value tested: it is centred on the estimate.
        count = int(np.count_nonzero(_reaches(figures, tested if restricted else 0.0, observed)))
        return max(count / patterns, floor) if exact else (1 + count) / (1 + draws)

    low = high = math.nan
    if interval:
        low, high = (invert(p_at, value, direction * error, alpha) for direction in (-1, 1))
    return WildBootstrap(
        name, restricted, value, (value - null) / error, p_at(null), floor, patterns, exact, low, high, alpha, null
    )


def invert(p_at: Callable[[float], float], value: float, step: float, alpha: float) -> float:
    """The bound of {x : p(x) > alpha} on one side of value (where p is 1): step outwards doubling, then bisect.

    Infinite where even 4,096 steps (standard errors) away nothing is rejected.
    """
    inside, reach = value, step
    for _ in range(13):
        if p_at(value + reach) <= alpha:
            break
        inside, reach = value + reach, 2 * reach
    else:
        return math.copysign(math.inf, step)
    outside = value + reach
    while abs(outside - inside) > 1e-7 * abs(step):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            # Nothing lies between them: the step is below the last digit of the value.
            break
        if p_at(middle) > alpha:
            inside = middle
        else:
            outside = middle
    return inside


@dataclass(frozen=True)
class _Lines:
    """Scores that are straight lines in the null value b: s(b) = s0 - b s1, for each office.

    share: (2, offices), what each office adds to the coefficient; spread: (2, offices, offices), what office h's
    residuals do to the score of office g after the regression is fitted again; factor: CRV1's small-sample factor.
    """

    share: Floats
    spread: Floats
    factor: float

    def figures(self, signs: Floats) -> Floats:
        """(5, patterns): n0, n1, q0, q1, q2 of t*(b) = (n0 - b n1) / sqrt(q0 - 2 b q1 + b b q2)."""
        n = signs @ self.share.T
        s0, s1 = (signs @ part.T for part in self.spread)
        squares = [np.einsum("bg,bg->b", first, second) for first, second in ((s0, s0), (s0, s1), (s1, s1))]
        return np.stack([n[:, 0], n[:, 1], *(self.factor * square for square in squares)])


def _lines(fit: Fit, name: str, restricted: bool) -> _Lines:
    m = fit.moments
    j = fit.position(name)
    a = fit.bread[j]
    if restricted:
        at_zero, slope = restricted_scores(fit, j)
    else:
        at_zero, slope = fit.scores, np.zeros_like(fit.scores)
    leverage = np.einsum("gkl,l->gk", m.xx, a) @ fit.bread
    share = np.stack([at_zero @ a, slope @ a])
    spread = np.stack(
        [
            np.diag(office_share) - leverage @ scores.T
            for office_share, scores in zip(share, (at_zero, slope), strict=True)
        ]
    )
    return _Lines(share, spread, fit.small_sample)


def restricted_scores(fit: Fit, j: int) -> tuple[Floats, Floats]:
    """Offices' scores under the null that coefficient j is b, as u - b h; two arrays (offices, k)."""
    m = fit.moments
    others = np.delete(np.arange(len(m.names)), j)
    plain = np.zeros(len(m.names))
    slope = np.zeros(len(m.names))
    if len(others):
        total = m.total
        scale = 1 / np.sqrt(np.diag(total)[others])
        inner = total[np.ix_(others, others)] * scale[:, None] * scale
        right = np.stack([m.xy.sum(axis=0)[others], total[others, j]], axis=1) * scale[:, None]
        plain[others], slope[others] = (np.linalg.solve(inner, right) * scale[:, None]).T
    slope[j] = -1.0
    return m.xy - m.xx @ plain, -(m.xx @ slope)


def _reaches(figures: Floats, tested: float, observed: float) -> Floats:
    n0, n1, q0, q1, q2 = figures
    top = (n0 - tested * n1) ** 2
    under = q0 - 2 * tested * q1 + tested * tested * q2
    # Written as a product, a pattern without any error left counts as at least as large: the cautious side.
    return np.asarray(top >= observed * (1 - TIE) * under)


def _signs(offices: int, every: int, draws: int, seed: int) -> Iterator[Floats]:
    """Patterns of signs in chunks (patterns, offices): all of them with the first office's sign fixed, or draws."""
    if every:
        bits = np.arange(offices - 1)
        for start in range(0, every, _CHUNK):
            number = np.arange(start, min(start + _CHUNK, every))
            signs = np.ones((len(number), offices))
            signs[:, 1:] -= 2.0 * ((number[:, None] >> bits) & 1)
            yield signs
        return
    generator = np.random.Generator(np.random.PCG64(seed))
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        yield generator.integers(0, 2, (size, offices)).astype(np.float64) * 2 - 1
