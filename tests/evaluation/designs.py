"""Made designs for the tests of the estimators: rows as a frame, and the same as cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from plass.evaluation.data.cells import NEVER, Cells


@dataclass(frozen=True)
class Made:
    """Rows, the same rows as cells, and which columns are covariates."""

    frame: pd.DataFrame
    cells: Cells
    covariates: tuple[str, ...]
    weighted: bool

    @property
    def treatment(self) -> np.ndarray:
        return self.cells.treatment.astype(float)


def make(
    seed: int,
    offices: int = 8,
    periods: int = 5,
    treated: int = 3,
    persons: int = 6,
    kind: str = "continuous",
    weighted: bool = False,
    covariates: int = 0,
    staggered: bool = False,
    effect: float = 0.4,
) -> Made:
    """An unbalanced made study: offices of different size, some office-periods without rows, treated office first."""
    rng = np.random.default_rng(seed)
    first = np.full(offices, NEVER, dtype=np.int64)
    first[:treated] = periods // 2
    if staggered:
        first[:treated] = 1 + np.arange(treated) % (periods - 1)
    rows: list[dict[str, Any]] = []
    level = rng.normal(0, 1, offices)
    for office in range(offices):
        size = int(rng.integers(2, 2 * persons))
        for period in range(periods):
            for _ in range(max(1, int(rng.poisson(size)))):
                rows.append({"office": office, "period": period})
    frame = pd.DataFrame(rows)
    frame["d"] = (frame.period.to_numpy() >= first[frame.office.to_numpy()]).astype(float)
    signal = level[frame.office] + 0.2 * frame.period + effect * frame.d + rng.normal(0, 1, len(frame))
    shock = rng.normal(0, 0.3, (offices, periods))
    signal = signal + shock[frame.office, frame.period]
    names = tuple(f"x{i}" for i in range(covariates))
    for i, name in enumerate(names):
        frame[name] = rng.integers(0, 2 + i, len(frame))
        signal = signal + 0.3 * frame[name]
    if kind == "binary":
        frame["y"] = (signal > signal.median()).astype(float)
    elif kind == "count":
        frame["y"] = np.maximum(np.floor(signal + 2), 0.0)
    else:
        frame["y"] = signal
    frame["w"] = rng.uniform(0.3, 3, len(frame)) if weighted else 1.0
    cells = Cells.from_rows(
        frame.office,
        frame.period,
        {"y": frame.y},
        first_treated={i: int(first[i]) for i in range(offices) if first[i] < NEVER},
        weight=frame.w if weighted else None,
        covariates={name: frame[name] for name in names},
    )
    return Made(frame, cells, names, weighted)


@st.composite
def designs(draw: st.DrawFn, staggered: bool | None = False) -> Made:
    """Designs of every kind the estimators must carry."""
    offices = draw(st.integers(5, 12))
    return make(
        seed=draw(st.integers(0, 100_000)),
        offices=offices,
        periods=draw(st.integers(3, 7)),
        treated=draw(st.integers(2, offices - 2)),
        persons=draw(st.integers(2, 9)),
        kind=draw(st.sampled_from(["continuous", "binary", "count"])),
        weighted=draw(st.booleans()),
        covariates=draw(st.integers(0, 2)),
        staggered=draw(st.booleans()) if staggered is None else staggered,
    )
