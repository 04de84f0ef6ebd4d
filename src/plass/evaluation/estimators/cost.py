"""What one extra outcome costs, and when that figure does not exist."""

from dataclasses import dataclass
from math import isfinite, sqrt

from scipy.stats import norm, t

from plass.evaluation.estimators.ratio import FiellerSet, fieller


@dataclass(frozen=True, slots=True)
class CostPerOutcome:
    """Extra cost for each extra outcome.

    ``defined`` is False where the effect's own interval holds zero: then the cost for each extra outcome has no finite
    interval, ``reason`` says so and the figure must not be quoted. ``set`` is the Fieller set whatever its shape.
    """

    set: FiellerSet
    effect_lower: float
    effect_upper: float
    defined: bool
    reason: str


def cost_per_extra_outcome(
    extra_cost: float,
    effect: float,
    effect_variance: float,
    cost_variance: float = 0.0,
    covariance: float = 0.0,
    df: float | None = None,
    alpha: float = 0.05,
) -> CostPerOutcome:
    """``extra_cost / effect`` for one person, with a Fieller set.

    ``extra_cost`` in money a person followed, ``effect`` in outcomes a person (0.093 for 9.3 points), variances of both
    (0 for a cost that is simply known) and their covariance; ``df`` for Student's t, none for the normal. Raises
    ``ValueError`` for impossible variances. Source: Willan & O'Brien (1996), Health Economics 5(4), 297-305.
    """
    critical = float(norm.isf(alpha / 2) if df is None else t.isf(alpha / 2, df))
    ratio = fieller(extra_cost, effect, cost_variance, effect_variance, covariance, critical)
    half = critical * sqrt(effect_variance)
    lower, upper = effect - half, effect + half
    if ratio.is_interval and isfinite(ratio.estimate):
        reason = "" if effect > 0 else "the effect is negative: the cost is paid for fewer outcomes"
        return CostPerOutcome(ratio, lower, upper, effect > 0, reason)
    reason = "the interval of the effect holds zero, so that there may be no extra outcome to divide the cost by"
    return CostPerOutcome(ratio, lower, upper, False, reason)
