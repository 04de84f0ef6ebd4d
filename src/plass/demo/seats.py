"""Where a case is lived: the work of a specialist, whoever has it over the years, and the workplaces around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from . import acts
from .occupations import Occupation

if TYPE_CHECKING:
    from .county import County


@dataclass(slots=True)
class Chair:
    """The work of one specialist, whoever has it: (user, first day, last day or None), oldest first."""

    team: int
    office: int
    supervisor: int
    held: list[tuple[int, date, date | None]]
    opened: date
    load: int

    def holder(self, day: date) -> int:
        """Who has the work on ``day``."""
        for user, _first, last in self.held:
            if last is None or day <= last:
                return user
        return self.held[-1][0]


@dataclass(slots=True)
class Seat:
    """Where one case is lived: its chair, its counsellor, and the county's workplaces (``life.Place``)."""

    county: County
    chair: Chair
    counsellor: int

    @property
    def office(self) -> int:
        """The office's number."""
        return self.chair.office

    @property
    def team(self) -> int:
        """The team's number."""
        return self.chair.team

    @property
    def supervisor(self) -> int:
        """The team's supervisor."""
        return self.chair.supervisor

    def specialist(self, day: date) -> int:
        """Who follows the case on ``day``."""
        return self.chair.holder(day)

    def colleague(self, rng: Random, day: date) -> int:
        """Somebody else of the team who worked there on ``day``."""
        colleagues = [
            chair
            for chair in self.county.chairs
            if chair.team == self.chair.team and chair is not self.chair and chair.opened < day
        ]
        return rng.choice(colleagues).holder(day) if colleagues else self.specialist(day)

    def handed_over(self) -> list[tuple[date, int, int]]:
        """When, from whom and to whom the cases of the chair were handed over."""
        held = self.chair.held
        return [(last, user, held[n + 1][0]) for n, (user, _first, last) in enumerate(held[:-1]) if last]

    def workplace(self, rng: Random, occupation: Occupation) -> int:
        """An employer that has the occupation, most often one near the office."""
        choices = self.county.by_kind[occupation.kinds[int(rng.random() * len(occupation.kinds))]]
        near = choices[self.office % len(choices) :: self.county.size.offices]
        return rng.choice(near if near and rng.random() < 0.6 else choices)

    def boss(self, employer: int) -> acts.ContactPerson:
        """Whom to talk to there."""
        return self.county.bosses[employer]

    def name(self, employer: int) -> str:
        """What the employer is called."""
        return self.county.employers[employer - 1].name
