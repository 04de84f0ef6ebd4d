"""p-values are never 0: a distribution's tail underflows where its probability does not vanish."""

from __future__ import annotations

import math
import sys

#: The smallest p that a formula may give; a test by enumeration has a larger one of its own.
SMALLEST = sys.float_info.min


def never_zero(p: float) -> float:
    """The p-value, at least the smallest number a double holds in full; nan stays nan."""
    return p if math.isnan(p) else max(float(p), SMALLEST)
