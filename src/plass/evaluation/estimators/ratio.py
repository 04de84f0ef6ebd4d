"""Confidence sets for the ratio of two estimates.

"Per cent of the counterfactual" and "cost for each extra outcome" are ratios. When the divisor is not clearly away from
zero, no finite interval has the right coverage, and a delta-method interval pretends that one has. Fieller's set is
exact under joint normality, and says so itself when it must be unbounded.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, sqrt


class FiellerKind(StrEnum):
    """The three shapes a Fieller set can take."""

    BOUNDED = "bounded"
    EXCLUSIVE = "exclusive"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True, slots=True)
class FiellerSet:
    """The confidence set of a ratio.

    ``estimate`` is the ratio of the estimates (``nan`` where the divisor is exactly 0). The meaning of ``lower`` and
    ``upper`` depends on ``kind``:

    * ``bounded``: the set is [lower, upper];
    * ``exclusive``: the set is everything *but* the open interval (lower, upper); the divisor cannot be told from zero;
    * ``unbounded``: the set is the whole line (``lower`` is -inf, ``upper`` is inf); neither can be told from zero.
    """

    kind: FiellerKind
    estimate: float
    lower: float
    upper: float

    @property
    def is_interval(self) -> bool:
        """Whether the set is a finite interval that can be quoted as "from ... to ..."."""
        return self.kind is FiellerKind.BOUNDED

    def __contains__(self, ratio: float) -> bool:
        if self.kind is FiellerKind.BOUNDED:
            return self.lower <= ratio <= self.upper
        if self.kind is FiellerKind.EXCLUSIVE:
            return ratio <= self.lower or ratio >= self.upper
        return True


def fieller(a: float, b: float, var_a: float, var_b: float, cov_ab: float, critical: float) -> FiellerSet:
    """The Fieller set of ``a / b``: every ratio r for which ``a - r b`` is not significantly different from 0.

    ``var_a``, ``var_b`` and ``cov_ab`` are the variances and the covariance of the two estimates, ``critical`` the
    two-sided critical value (1.96, or a quantile of t). Solves
    ``(a - r b)^2 <= critical^2 (var_a - 2 r cov_ab + r^2 var_b)``.

    Raises ``ValueError`` for a number that is not finite, a negative variance, a covariance larger than the variances
    allow, or a critical value that is not above 0.

    Source: Fieller (1954), Journal of the Royal Statistical Society B 16(2), 175-185.
    """
    if not all(isfinite(value) for value in (a, b, var_a, var_b, cov_ab, critical)):
        raise ValueError("fieller: every argument must be a finite number")
    if var_a < 0 or var_b < 0:
        raise ValueError("fieller: a variance must not be negative")
    if cov_ab**2 > var_a * var_b * (1 + 1e-9) + 1e-300:
        raise ValueError("fieller: the covariance is larger than the variances allow")
    if critical <= 0:
        raise ValueError("fieller: the critical value must be above 0")

    square = critical**2
    estimate = a / b if b != 0 else float("nan")
    leading = b * b - square * var_b
    middle = a * b - square * cov_ab
    constant = a * a - square * var_a
    if leading == 0:
        if middle == 0:
            return FiellerSet(FiellerKind.UNBOUNDED, estimate, -inf, inf)
        edge = constant / (2 * middle)
        lower, upper = (-inf, edge) if middle > 0 else (edge, inf)
        return FiellerSet(FiellerKind.EXCLUSIVE, estimate, lower, upper)

    discriminant = middle * middle - leading * constant
    if leading > 0:
        # a/b itself always solves the inequality, so a negative discriminant here is rounding only.
        low, high = _roots(leading, middle, constant, max(discriminant, 0.0))
        return FiellerSet(FiellerKind.BOUNDED, estimate, low, high)
    if discriminant <= 0:
        return FiellerSet(FiellerKind.UNBOUNDED, estimate, -inf, inf)
    low, high = _roots(leading, middle, constant, discriminant)
    return FiellerSet(FiellerKind.EXCLUSIVE, estimate, low, high)


def _roots(leading: float, middle: float, constant: float, discriminant: float) -> tuple[float, float]:
    """Both roots of ``leading r^2 - 2 middle r + constant``, in order, without cancellation."""
    root = sqrt(discriminant)
    scaled = middle + root if middle >= 0 else middle - root
    if scaled == 0:
        return 0.0, 0.0
    first, second = scaled / leading, constant / scaled
    return (first, second) if first <= second else (second, first)
