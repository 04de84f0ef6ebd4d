"""Six made worlds with a known truth, to learn how often the engine's verdict is right.

Each world is a small object that says in words what is true in it. `made(seed)` makes one study of it: its cells at
once, its people as rows when they are wanted. The worlds are modelled on what Norwegian trials of supported employment
have found: gains that the comparison catches up with (SE-KLAR; a trial of 3,737 people), a moderate lasting gain (the
IPS trial, 37 against 27 per cent), a large gain over a comparison that offered little (young adults, 48 against 8), more
hours and not more jobs (the trial for substance use), offices that differ (the source study), and a difference that is
only the mix of participants. Their sizes are ours.

Offices differ in size (the largest takes in some four times the smallest) and in level, and drift by themselves: an
office's quarters share a slowly changing shock, which is what makes a handful of offices say so little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from plass.evaluation.data.cells import NEVER, Floats
from plass.evaluation.simulation.synthetic_people import KINDS, MadeStudy, months

QUARTERS, START = 16, 5
#: What belonging to a kind adds to the chance of a job: those who worked lately are closer to work.
RECENT_WORK, YOUNG = 0.24, 0.03
#: Standard deviations: offices' levels, an office's slow drift (each quarter keeps `KEPT` of it), a quarter's own shock.
LEVEL, DRIFT, KEPT, SHOCK = 0.04, 0.012, 0.7, 0.01
#: Jobs of 12, 20 and 37.5 hours a week among those who get one.
USUAL_JOBS = (0.25, 0.35, 0.40)


@dataclass(frozen=True)
class World:
    """A made world. Effects are in shares (0.06 is six percentage points) on trial offices.

    effect: on having a job, a number for each quarter from the start on (the last goes on) or one for all; by_office:
    factors on it, one for each trial office; jobs_after: how jobs' hours are shared out at trial offices after the start;
    recent_work_after: the share of newcomers who worked lately at trial offices after the start (0.35 otherwise);
    subsidy: what is added to the use of wage subsidies; size, spread: people an office and quarter (median) and the
    standard deviation of its logarithm; right: the verdicts that are true here; partly: those that are true and say of a
    part that it cannot be told; wrong: those that say something false. Any other verdict holds back ("cannot tell").
    """

    name: str
    truth: str
    right: frozenset[str]
    wrong: frozenset[str]
    partly: frozenset[str] = frozenset()
    effect: tuple[float, ...] = (0.0,)
    by_office: tuple[float, ...] = ()
    base: float = 0.24
    jobs_after: tuple[float, float, float] = USUAL_JOBS
    recent_work_after: float = 0.35
    subsidy: float = 0.0
    trial: int = 5
    comparison: int = 10
    size: float = 60.0
    spread: float = 0.45

    def effects(self) -> Floats:
        """The true effect on having a job: (trial offices, quarters from the start on)."""
        path = np.array([*self.effect, *[self.effect[-1]] * QUARTERS][: QUARTERS - START])
        factor = np.resize(np.array(self.by_office or (1.0,)), self.trial)
        return np.asarray(factor[:, None] * path[None, :])

    def made(self, seed: int, *, trial: int | None = None, comparison: int | None = None) -> MadeStudy:
        """One study in this world, by default with the world's own number of offices; the same for the same seed."""
        if trial is not None or comparison is not None:
            return replace(self, trial=trial or self.trial, comparison=comparison or self.comparison).made(seed)
        generator = np.random.Generator(np.random.PCG64(seed))
        offices = self.trial + self.comparison
        treated = np.arange(offices) < self.trial
        after = np.arange(QUARTERS) >= START
        on = treated[:, None] & after[None, :]
        share = np.where(on, self.recent_work_after, 0.35)
        mix = np.stack([(share if recent == "yes" else 1 - share) / 2 for _, recent in KINDS], axis=2)
        size = self.size * np.exp(generator.normal(0, self.spread, offices))
        people = generator.poisson(size[:, None, None] * mix)

        drift = np.zeros((offices, QUARTERS))
        drift[:, 0] = generator.normal(0, DRIFT / np.sqrt(1 - KEPT**2), offices)
        for quarter in range(1, QUARTERS):
            drift[:, quarter] = KEPT * drift[:, quarter - 1] + generator.normal(0, DRIFT, offices)
        chance = self.base + generator.normal(0, LEVEL, (offices, 1)) + 0.01 * np.sin(np.arange(QUARTERS))
        chance = chance + drift + generator.normal(0, SHOCK, (offices, QUARTERS))
        chance[: self.trial, START:] += self.effects()
        kind = np.array([RECENT_WORK * ((r == "yes") - 0.35) + YOUNG * ((a == "under 30") - 0.5) for a, r in KINDS])
        scale = min(1.0, self.base / 0.24)
        job = np.clip(chance[:, :, None] + scale * kind, 0.01, 0.97)
        jobs = np.where(on[:, :, None, None], self.jobs_after, USUAL_JOBS)
        ends = generator.multinomial(people, np.concatenate([1 - job[..., None], job[..., None] * jobs], axis=3))
        subsidy = generator.binomial(people, np.where(on, 0.10 + self.subsidy, 0.10)[:, :, None])
        return MadeStudy(
            self.name,
            f"Made up: {self.name}",
            "Do more people get into work?",
            tuple(f"{i + 1:03d}" for i in range(offices)),
            months(2012, QUARTERS, 3),
            np.where(treated, START, NEVER).astype(np.int64),
            ends.astype(np.int64),
            subsidy.astype(np.int64),
            generator.binomial(people, 0.4).astype(np.int64),
            seed,
        )


#: Verdicts (`plass.evaluation.verdict`) that claim an effect on having a job, and those that deny one.
CLAIMS = frozenset({"shown", "shown_lasting", "shown_below", "shown_early"})
DENIALS = frozenset({"explained_by_referral", "comparison_fails", "ruled_out"})
#: "None is shown on having a job, but one on another outcome": true where hours or part-time jobs change, and holding back
#: where jobs change too.
ELSEWHERE = frozenset({"shown_elsewhere"})
#: "An effect is shown; whether it lasts cannot be told": true wherever there is an effect in the time after the start.
PARTLY = frozenset({"shown"})

WORLDS = (
    World(
        "early gain, then convergence",
        "Twelve points more get a job for a year; then the comparison offices catch up, and after two years all is equal.",
        right=frozenset({"shown_early"}),
        partly=PARTLY,
        wrong=(CLAIMS | DENIALS) - {"shown_early"} - PARTLY,
        effect=(0.12, 0.12, 0.12, 0.12, 0.09, 0.06, 0.03, 0.0),
        subsidy=0.08,
    ),
    World(
        "moderate and stable",
        "Eight points more get a job, from the start and for as long as anybody looks.",
        right=frozenset({"shown_lasting"}),
        partly=PARTLY,
        wrong=(CLAIMS | DENIALS) - {"shown_lasting"} - PARTLY,
        effect=(0.08,),
        subsidy=0.05,
    ),
    World(
        "large, with a weak comparison",
        "Thirty points more get a job than where people are offered next to nothing and one in twelve finds work.",
        right=frozenset({"shown_lasting"}),
        partly=PARTLY,
        wrong=(CLAIMS | DENIALS) - {"shown_lasting"} - PARTLY,
        effect=(0.30,),
        base=0.08,
        subsidy=0.10,
    ),
    World(
        "more hours, not more jobs",
        "Nobody more gets a job; the jobs are of more hours.",
        right=ELSEWHERE | {"ruled_out"},
        wrong=(CLAIMS | DENIALS) - {"ruled_out"},
        jobs_after=(0.05, 0.20, 0.75),
    ),
    World(
        "part-time jobs, and offices that differ",
        "Two of five trial offices get sixteen points more into work, all of it part time; the other three do as before.",
        right=ELSEWHERE | {"shown_lasting"},
        partly=PARTLY,
        wrong=(CLAIMS | DENIALS) - {"shown_lasting"} - PARTLY,
        effect=(0.16,),
        by_office=(1.0, 1.0, 0.0, 0.0, 0.0),
        jobs_after=(0.40, 0.36, 0.24),
        subsidy=0.18,
    ),
    World(
        "pure selection",
        "Nothing works better; trial offices have come to take in people who worked lately, who find jobs anyway.",
        right=frozenset({"explained_by_referral", "ruled_out"}),
        wrong=CLAIMS | ELSEWHERE,
        recent_work_after=0.65,
    ),
)


def world(name: str) -> World:
    """The world of that name. Raises KeyError with the known names."""
    for candidate in WORLDS:
        if candidate.name == name:
            return candidate
    raise KeyError(f"There is no world {name!r}; known: {', '.join(candidate.name for candidate in WORLDS)}.")
