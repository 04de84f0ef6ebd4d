"""The headline test where its model is wrong: made studies whose changes are not as the test takes them to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plass.evaluation.simulation.monte_carlo import OFFICE, SPREAD, Design, draw, p_values

ALPHA = 0.05
TROUBLED = (Design(10, 5, "random"), Design(15, 5, "random"), Design(15, 5, "large"), Design(60, 5, "random"))


@dataclass(frozen=True)
class Departure:
    """A way in which the headline test's model may be wrong.

    tails: of the changes; treated: variance of treated offices' changes, in shares of the others'; spread: of the logarithm
    of offices' sizes; own: the offices' own variance; known: what the test takes the people's part to be, in shares of what
    it is.
    """

    name: str
    tails: str = "normal"
    treated: float = 1.0
    spread: float = SPREAD
    own: float = OFFICE
    known: float = 1.0


DEPARTURES = (
    Departure("none"),
    Departure("heavy tails (t with 5 degrees of freedom)", tails="heavy"),
    Departure("skewed (exponential)", tails="skewed"),
    Departure("treated offices with twice the variance", treated=2.0),
    Departure("treated offices with half the variance", treated=0.5),
    Departure("sizes still more unequal (1.2 for 0.8)", spread=1.2),
    Departure("offices' own variance a tenth", own=0.1),
    Departure("offices' own variance tenfold", own=10.0),
    Departure("the people's part taken for a quarter of what it is", known=0.25),
    Departure("the people's part not known at all", known=0.0),
)


def departures(studies: int, seed: int) -> dict[tuple[Departure, Design], dict[str, float]]:
    """The sizes of the headline test and of those beside it where its model is wrong."""
    sizes = {}
    for number, departure in enumerate(DEPARTURES):
        for design in TROUBLED:
            generator = np.random.Generator(
                np.random.PCG64([seed, number, design.offices, ord(design.treated_size[0])])
            )
            weight, change = draw(
                design,
                studies,
                generator,
                tails=departure.tails,
                treated=departure.treated,
                spread=departure.spread,
                own=departure.own,
            )
            p = p_values(weight, change, design.treated, generator, known=departure.known, slow=False)
            sizes[departure, design] = {name: float(np.mean(value <= ALPHA)) for name, value in p.items()}
    return sizes
