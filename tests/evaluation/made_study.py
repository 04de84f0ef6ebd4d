"""A small made study with everything the checks ask for: rows of persons by month, as cells."""

from __future__ import annotations

import numpy as np

import plass.evaluation as ev

OUTCOMES = (
    ev.Outcome("job", "job", label="any job"),
    ev.Outcome("hours", "hours", kind="continuous", role="secondary"),
    ev.Outcome("subsidy", "subsidy", role="scheme", label="wage subsidy"),
    ev.Outcome("placebo", "placebo", role="placebo"),
)


def month(number: int) -> str:
    """2012-01 and on."""
    return f"{2012 + number // 12}-{number % 12 + 1:02d}"


def made_cells(
    seed: int = 1,
    *,
    offices: int = 10,
    treated: int = 5,
    periods: int = 16,
    start: int = 8,
    people: int = 40,
    effect: float = 0.12,
    fades_after: int | None = None,
    apart: float = 0.0,
    selection: float = 0.0,
    extra: float = 0.0,
    placebo: float = 0.0,
    scheme: float = 0.0,
    spread: float = 0.01,
    traits: bool = True,
) -> ev.Cells:
    """effect: on having a job; fades_after: periods until it is gone; apart: a trend of trial offices' own, a period;
    selection: change of the share with the good trait at trial offices; extra: hours more for those in work; placebo:
    an effect where there can be none; scheme: more use of a support scheme at
    trial offices; spread: of office-by-period shocks."""
    rng = np.random.default_rng(seed)
    office = np.repeat(np.arange(offices), periods * people)
    period = np.tile(np.repeat(np.arange(periods), people), offices)
    on = (office < treated) & (period >= start)
    gain = effect * on
    if fades_after is not None:
        gain = gain * (period < start + fades_after)
    gain = gain + apart * (office < treated) * (period - start)
    trait = (rng.random(len(office)) < 0.5 + selection * on).astype(int)
    level = rng.normal(0.3, 0.05, offices)[office] + rng.normal(0, spread, (offices, periods))[office, period]
    job = (rng.random(len(office)) < np.clip(level + gain + 0.3 * (trait - 0.5), 0.01, 0.99)).astype(float)
    return ev.Cells.from_rows(
        [f"Office {i:02d}" for i in office],
        [month(t) for t in period],
        {
            "job": job,
            "hours": job * (rng.normal(22, 4, len(job)) + extra * on),
            "subsidy": (rng.random(len(job)) < 0.1 + scheme * on).astype(float),
            "placebo": (rng.random(len(job)) < 0.3 + placebo * on).astype(float),
        },
        first_treated={f"Office {i:02d}": month(start) for i in range(treated)},
        covariates={"trait": trait} if traits else None,
    )


def made_study(cells: ev.Cells, **more: object) -> ev.Study:
    """The study of such cells."""
    return ev.study_of(cells, OUTCOMES, name="made", seed=11, **more)
