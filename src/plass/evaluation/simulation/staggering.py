"""How often the headline test is right where offices start at different times: made panels for the calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from plass.evaluation.data.cells import NEVER, Floats
from plass.evaluation.inference.common_start import OfficeChanges, donald_lang, welch
from plass.evaluation.inference.own_starts import own_changes
from plass.evaluation.inference.simulated_inference import simulated_t
from plass.evaluation.simulation.monte_carlo import SPREAD
from plass.evaluation.study import Weighting

PERIODS = 12
#: An office's luck: each period anew, or a drift that stays (a random walk).
LUCKS = ("anew each period", "drifting")
#: People of a middling office over the whole time, and the variance among them that an office's own luck is compared with.
PEOPLE = 200.0


#: The weightings, and what the page calls them.
WEIGHTINGS: tuple[tuple[Weighting, str], ...] = (("office", "offices alike"), ("person", "by people"))


@dataclass(frozen=True)
class Staggered:
    """So many offices, the first of which start in these periods (of twelve); treated_size: "random", or "large" where the
    largest offices start."""

    offices: int
    starts: tuple[int, ...]
    treated_size: str
    luck: str

    @property
    def name(self) -> str:
        """As the page calls it."""
        return f"{len(self.starts)} of {self.offices}, {self.treated_size}"


DESIGNS = tuple(
    Staggered(offices, starts, treated_size, luck)
    for offices, (starts, treated_size), luck in product(
        (10, 15, 30),
        (((4, 4, 8, 8, 8), "random"), ((3, 5, 6, 8, 9), "random"), ((3, 5, 6, 8, 9), "large")),
        LUCKS,
    )
)


def draw_panel(design: Staggered, generator: np.random.Generator) -> tuple[Floats, Floats, np.ndarray]:
    """People and mean outcomes by office and period without any effect, and first treated periods."""
    size = PEOPLE / PERIODS * np.exp(generator.normal(0, SPREAD, design.offices))
    if design.treated_size == "large":
        size = np.sort(size)[::-1]
    people = np.repeat(np.maximum(2.0, np.round(size))[:, None], PERIODS, axis=1)
    shape = people.shape
    mean = generator.normal(0, 1, shape) * np.sqrt(PEOPLE / PERIODS / people) + generator.normal(0, 1, PERIODS)
    if design.luck == "drifting":
        mean = mean + np.cumsum(generator.normal(0, 1, shape), axis=1) * np.sqrt(2 / PERIODS)
    else:
        mean = mean + generator.normal(0, 1, shape) * np.sqrt(PERIODS / 8)
    first = np.full(design.offices, NEVER, dtype=np.int64)
    first[: len(design.starts)] = design.starts
    return people, mean, first


def staggered_sizes(design: Staggered, studies: int, seed: int, alpha: float = 0.05) -> Mapping[str, float]:
    """How often each test on changes from offices' own starts finds an effect that is not there, by its name."""
    generator = np.random.Generator(
        np.random.PCG64(
            [seed, design.offices, sum(design.starts[:2]), ord(design.treated_size[0]), ord(design.luck[0])]
        )
    )
    findings: dict[str, int] = {}
    for number in range(studies):
        people, mean, first = draw_panel(design, generator)
        for weighting, ending in WEIGHTINGS:
            own = own_changes(people, mean, first, weighting)
            noise = PEOPLE / PERIODS * (own.load**2 / people).sum(axis=1)
            names = tuple(map(str, range(design.offices)))
            changes = OfficeChanges(names, 0 * own.value, own.value, own.counts, people.sum(axis=1), first < NEVER)
            p = {
                f"simulated t{', by people' if ending == 'by people' else ''}": simulated_t(
                    changes, noise, alpha=alpha, draws=999, seed=number
                ).p,
                f"Welch, {ending}": welch(changes, alpha).p,
            }
            if weighting == "person":
                p["Donald-Lang"] = donald_lang(changes, alpha).p
            for name, value in p.items():
                findings[name] = findings.get(name, 0) + int(value <= alpha)
    return {name: count / studies for name, count in findings.items()}
