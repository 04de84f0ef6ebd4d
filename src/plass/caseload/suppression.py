"""Small groups are not shown, nor what would give them away by subtraction. Pure; no Django.

A measure is a tree of units (the whole, its offices, their teams). Each unit has one or more *parts*: a plain count has
one, "n of N" has two (those who did and those who did not), and a unit's parts are the sums of its children's. A unit
is shown with all its parts or not at all.

1. A unit with a part below ``size`` is hidden. So is everything below a hidden unit.
2. Where a shown unit has hidden children, more of them (the smallest first) are hidden until there are at least two and
   every part of the hidden ones together is at least ``size``.

What can be worked out about a hidden unit from the shown ones is then at best an interval ``size`` wide, for each part.
Cells are judged measure by measure; no measure is shown that is a sum or difference of others
(docs/decisions/0021-figures-for-leaders.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Cells below this are hidden.
SMALLEST = 5


@dataclass(frozen=True)
class Unit:
    """A place in the tree and its counts. A unit with children must be the sum of them."""

    name: str
    parts: tuple[int, ...]
    children: tuple[Unit, ...] = ()

    def __post_init__(self) -> None:
        if self.children and tuple(map(sum, zip(*(child.parts for child in self.children), strict=True))) != self.parts:
            raise ValueError(f"{self.name} is not the sum of what is in it")


def shown(root: Unit, size: int = SMALLEST) -> set[str]:
    """Names of the units that may be shown. Names must be unique in the tree."""
    if _small(root, size):
        return set()
    return {root.name, *_shown_below(root, size)}


def _shown_below(parent: Unit, size: int) -> Iterator[str]:
    hidden = {child.name for child in parent.children if _small(child, size)}
    if hidden:
        # Smallest first, by what is rarest in them; the name only makes the choice the same every time.
        rest = sorted(
            (child for child in parent.children if child.name not in hidden),
            key=lambda child: (min(child.parts), sum(child.parts), child.name),
        )
        for child in rest:
            if _enough([other for other in parent.children if other.name in hidden], size):
                break
            hidden.add(child.name)
    for child in parent.children:
        if child.name not in hidden:
            yield child.name
            yield from _shown_below(child, size)


def _small(unit: Unit, size: int) -> bool:
    return min(unit.parts) < size


def _enough(hidden: list[Unit], size: int) -> bool:
    together = map(sum, zip(*(unit.parts for unit in hidden), strict=True))
    return len(hidden) >= 2 and all(part >= size for part in together)
