"""What the comparisons found, kept for the table that `python -m oracles` writes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Figure:
    """One comparison. what: what of ours; package: beside which package; how: what must agree, factors included; allowed:
    the largest difference that passes; relative to what, `how` says; designs, figures: how many were compared."""

    what: str
    package: str
    how: str
    allowed: float
    designs: int = 0
    figures: int = 0
    largest: float = 0.0

    def saw(self, difference: float, figures: int = 1) -> None:
        """Count a comparison, and fail where it is too far off (nan is)."""
        self.figures += figures
        self.largest = max(self.largest, difference)
        assert difference <= self.allowed, f"{self.what} beside {self.package}: {difference:.3g} apart"


@dataclass
class Kept:
    """All comparisons of a run, in the order in which they were made, and sentences about what a package does otherwise."""

    figures: dict[str, Figure] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    def of(self, what: str, package: str, how: str, allowed: float) -> Figure:
        """The comparison with this name, made where it is new; one design more."""
        found = self.figures.setdefault(f"{what}/{package}/{how}", Figure(what, package, how, allowed))
        found.designs += 1
        return found

    def differs(self, package: str, about: str, sentence: str) -> None:
        """What a package is found to do otherwise; of several sentences about the same the last stays."""
        self.told[f"{package}/{about}"] = f"**{package}**: {sentence}"


KEPT = Kept()
