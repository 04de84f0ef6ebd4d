"""Which figures of a release may be shown: small groups are hidden, and so is what would give them away. Pure; no Django.

The method is that of Statistics Norway's GaussSuppression, in four steps:

1. *Primary.* A count of 1-4 people is sensitive. So is each part of a group that is split (in work, not in work) where
   one part is 1-4, or where the whole group is in the same part. An empty group is not.
2. *Complementary.* Figures are shown one by one, the most wanted first. One that would make a sensitive count a linear
   combination of all that is shown is hidden instead. Every relation between the counts is in the same system: places,
   periods, parts of a group, and what earlier releases have shown.
3. *Audit.* Linear programming (HiGHS) finds the smallest and the largest value that each hidden count can have, for
   somebody who knows everything that is shown, and that nothing is negative. It must be able to be any of 1-4. A larger
   one need only be as uncertain where it cannot be so small any more: what is left of a group of which a small part is
   hidden, and a year of which a part was shown before. Else the least wanted of the figures that tie it down is hidden.
4. What was shown stays shown: a release begins with what the earlier ones have given away.

A *key* names a count; what it looks like is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from .limits import SMALLEST

Key = Hashable
NOTHING = 1e-7
FAR = 1e6


@dataclass(frozen=True)
class Relation:
    """A count that is the sum of others: an office of its teams, a year of its quarters, a group of its parts."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True)
class Split:
    """A group's two parts, of which a share is shown: whoever reads a share of a known group knows both."""

    group: Key
    parts: tuple[Key, Key]


@dataclass(frozen=True)
class Candidate:
    """A figure that one wants to show, and the counts that it tells."""

    name: Key
    tells: tuple[Key, ...]


@dataclass
class Table:
    """Counts that hang together, and which of them one wants to show.

    ``candidates`` stand in order, the most wanted first. ``shown_before`` are counts that earlier releases have told.
    """

    counts: Mapping[Key, int]
    relations: Sequence[Relation] = ()
    splits: Sequence[Split] = ()
    candidates: Sequence[Candidate] = ()
    shown_before: frozenset[Key] = frozenset()

    def __post_init__(self) -> None:
        for relation in self.relations:
            if self.counts[relation.total] != sum(self.counts[part] for part in relation.parts):
                raise ValueError(f"{relation.total} is not the sum of its parts")


@dataclass
class Pattern:
    """What may be shown (names of candidates), and the audit of it.

    ``ranges`` holds the smallest and largest possible value of each sensitive count. ``given_away`` are those that what
    was shown before tells already: nothing that is hidden now can take it back.
    """

    shown: frozenset[Key]
    ranges: dict[Key, tuple[float, float]] = field(default_factory=dict)
    given_away: frozenset[Key] = frozenset()


def sensitive(table: Table) -> frozenset[Key]:
    """The counts that nobody may learn (step 1)."""
    keys = {key for key, count in table.counts.items() if 0 < count < SMALLEST}
    for split in table.splits:
        group, counts = table.counts[split.group], [table.counts[part] for part in split.parts]
        if group and min(counts) < SMALLEST:
            keys.update(split.parts)
    return frozenset(keys)


def choose(table: Table, *, complementary: bool = True) -> Pattern:
    """Which candidates to show. ``complementary=False`` stops after step 1: a control for tests, never for a page."""
    secret = sensitive(table)
    if not complementary:
        return Pattern(frozenset(c.name for c in table.candidates if not secret.intersection(c.tells)))
    system = _System(table)
    elimination = _Elimination(system, secret)
    given_away = {key for key in table.shown_before if key in secret}
    for key in sorted(table.shown_before, key=system.place.__getitem__):
        given_away |= elimination.add_known(key)
    shown = [
        candidate
        for candidate in table.candidates
        if not secret.intersection(candidate.tells) and elimination.add(candidate.tells)
    ]
    return _audited(table, system, shown, secret - given_away, frozenset(given_away))


def _audited(
    table: Table, system: _System, shown: list[Candidate], secret: frozenset[Key], given_away: frozenset[Key]
) -> Pattern:
    """Hide more until every hidden count can be any of 1-4 (step 3)."""
    ranges: dict[Key, tuple[float, float]] = {}
    lost = set(given_away)
    settled: set[Key] = set(given_away)
    while True:
        known = {key for candidate in shown for key in candidate.tells} | table.shown_before
        hidden = (secret | {key for candidate in table.candidates for key in candidate.tells}) - known - settled
        # Hiding widens ranges, so what is wide enough once stays so: only the others are looked at again.
        new_ranges, tight = system.ranges(sorted(hidden, key=system.place.__getitem__), known)
        ranges |= new_ranges
        settled |= new_ranges.keys() - tight.keys()
        gone: set[Key] = set()
        for key, binding in tight.items():
            removable = [candidate for candidate in shown if binding.intersection(candidate.tells)]
            if gone & binding:
                continue
            if removable:
                shown.remove(removable[-1])
                gone.update(removable[-1].tells)
            else:
                # What was shown before ties it down. A sensitive count that can be nothing else is lost.
                settled.add(key)
                lost |= {key} & secret
        if not tight:
            break
    return Pattern(frozenset(c.name for c in shown), ranges, frozenset(lost))


def audit(table: Table, shown: Iterable[Key]) -> dict[Key, tuple[float, float]]:
    """The smallest and largest possible value of each sensitive count, where the candidates named ``shown`` are."""
    names = set(shown)
    known = {key for c in table.candidates if c.name in names for key in c.tells} | table.shown_before
    system = _System(table)
    return system.ranges(sorted(sensitive(table), key=system.place.__getitem__), known)[0]


def wide_enough(count: int, low: float, high: float, *, larger: bool = False) -> bool:
    """Whether what can be said of a count leaves it open: it can be any of 1-4, or (``larger``) is as uncertain."""
    if count < SMALLEST or not larger:
        return low <= 1 + NOTHING and high >= SMALLEST - 1 - NOTHING
    return high - low >= SMALLEST - 2 - NOTHING


class _System:
    """The counts as sums of *leaves*: the counts that no relation divides. All leaves are nought or more.

    Where a count can be divided in several ways, each other way is a row of ``links``: a sum that is nought.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.keys = list(table.counts)
        self.place = {key: number for number, key in enumerate(self.keys)}
        divided: dict[Key, Relation] = {}
        alternatives = []
        for relation in table.relations:
            if divided.setdefault(relation.total, relation) is not relation:
                alternatives.append(relation)
        column = {key: at for at, key in enumerate(key for key in self.keys if key not in divided)}
        self.vectors = np.zeros((len(self.keys), len(column)))
        filled: set[Key] = set()

        def fill(key: Key) -> np.ndarray:
            row = self.vector(key)
            if key not in filled:
                filled.add(key)
                if key in column:
                    row[column[key]] = 1.0
                else:
                    for part in divided[key].parts:
                        row += fill(part)
            return row

        for key in self.keys:
            fill(key)
        rows = [fill(r.total) - np.sum([fill(part) for part in r.parts], axis=0) for r in alternatives]
        self.links = np.unique([row for row in rows if row.any()] or np.zeros((0, len(column))), axis=0)

    def vector(self, key: Key) -> np.ndarray:
        """A count as a sum of leaves."""
        row: np.ndarray = self.vectors[self.place[key]]
        return row

    def ranges(
        self, keys: Sequence[Key], known: set[Key]
    ) -> tuple[dict[Key, tuple[float, float]], dict[Key, set[Key]]]:
        """The range of each of ``keys``, and for those that are too narrow the known counts that make them so.

        A program's solution is a world that agrees with all that is known, so it widens the ranges of all counts at
        once: most need no program of their own. A range that is wide enough is not followed to its end.
        """
        ranges: dict[Key, tuple[float, float]] = {}
        tight: dict[Key, set[Key]] = {}
        for program in _programs(self, keys, known):
            for key in program.keys:
                binding = program.widen(key)
                ranges[key] = program.range(key)
                if not program.is_wide_enough(key):
                    tight[key] = binding
        return ranges, tight


def _programs(system: _System, keys: Sequence[Key], known: set[Key]) -> Iterator[_Program]:
    """A program for each part of what is not known that hangs together: many small ones are quicker than a large one."""
    if not keys:
        return
    names: list[Key | None] = [*sorted(known, key=system.place.__getitem__), *[None] * len(system.links)]
    equal = np.vstack([*(system.vector(name) for name in names[: len(known)]), system.links])
    value = np.array([0.0 if name is None else float(system.table.counts[name]) for name in names])
    equal, came_from = _row_reduced(equal)
    targets = np.array([system.vector(key) for key in keys])
    table = system.table
    larger = frozenset(table.counts if table.shown_before else (part for s in table.splits for part in s.parts))
    touching = sparse.csr_matrix(np.vstack([equal, targets]))
    count, label = sparse.csgraph.connected_components(
        sparse.bmat([[None, touching], [touching.T, None]]), directed=False
    )
    of_row, of_leaf = label[: touching.shape[0]], label[touching.shape[0] :]
    for part in range(count):
        rows = np.flatnonzero(of_row[: len(equal)] == part)
        wanted = np.flatnonzero(of_row[len(equal) :] == part)
        leaves = np.flatnonzero(of_leaf == part)
        if len(wanted):
            yield _Program(
                keys=[keys[int(number)] for number in wanted],
                targets=targets[np.ix_(wanted, leaves)],
                truth=[system.table.counts[keys[int(number)]] for number in wanted],
                equal=equal[np.ix_(rows, leaves)],
                value=came_from[rows] @ value,
                names=names,
                came_from=came_from[rows],
                larger=larger,
            )


def _row_reduced(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows in reduced echelon form without empty ones, and each as a sum (with signs) of the given rows."""
    left = np.hstack([rows, np.eye(len(rows))])
    width, at = rows.shape[1], 0
    for column in range(width):
        if at == len(left):
            break
        pivot = at + int(np.argmax(np.abs(left[at:, column])))
        if abs(left[pivot, column]) < NOTHING:
            continue
        left[[at, pivot]] = left[[pivot, at]]
        left[at] /= left[at, column]
        other_rows = np.flatnonzero(np.abs(left[:, column]) > NOTHING)
        other_rows = other_rows[other_rows != at]
        left[other_rows] -= np.outer(left[other_rows, column], left[at])
        at += 1
    left[np.abs(left) < NOTHING] = 0.0
    return left[:at, :width], left[:at, width:]


class _Program:
    """What can be true: every leaf is nought or more, and the counts that are known are what they are."""

    def __init__(
        self,
        *,
        keys: list[Key],
        targets: np.ndarray,
        truth: list[int],
        equal: np.ndarray,
        value: np.ndarray,
        names: list[Key | None],
        came_from: np.ndarray,
        larger: frozenset[Key],
    ) -> None:
        self.keys, self._targets, self._truth = keys, targets, truth
        self._names, self._came_from, self._larger = names, came_from, larger
        self._at = {key: number for number, key in enumerate(keys)}
        self._equal = sparse.csr_matrix(equal) if len(equal) else None
        self._value = value if len(equal) else None
        self._low = np.array(truth, dtype=float)
        self._high = self._low.copy()
        if len(keys) > 1:
            self._solve(targets.sum(axis=0))
            self._solve(-targets.sum(axis=0))

    def range(self, key: Key) -> tuple[float, float]:
        """The smallest and largest value met so far."""
        at = self._at[key]
        return float(self._low[at]), float(self._high[at])

    def is_wide_enough(self, key: Key) -> bool:
        """Whether the values met so far leave the key open."""
        return wide_enough(self._truth[self._at[key]], *self.range(key), larger=key in self._larger)

    def widen(self, key: Key) -> set[Key]:
        """Look for the ends of the key's range until it is wide enough. Returns what ties it down where it is not."""
        at = self._at[key]
        tied: set[Key] = set()
        for direction in (1.0, -1.0):
            if not self.is_wide_enough(key):
                tied |= self._solve(direction * self._targets[at])
        return tied

    def _solve(self, objective: np.ndarray) -> set[Key]:
        """Take in a world with the smallest ``objective``; returns the known counts that keep it from being smaller."""
        answer = linprog(objective, A_eq=self._equal, b_eq=self._value, bounds=(0, FAR), method="highs")
        if answer.status != 0:
            raise ArithmeticError(f"The audit has no answer: {answer.message}")
        values = self._targets @ answer.x
        np.minimum(self._low, values, out=self._low)
        np.maximum(self._high, values, out=self._high)
        if self._equal is None:
            return set()
        weights = np.abs(answer.eqlin.marginals @ self._came_from)
        return {
            name for name, weight in zip(self._names, weights, strict=True) if name is not None and weight > NOTHING
        }


class _Elimination:
    """Which counts are combinations of those shown so far: Gaussian elimination, one figure after another.

    ``_secret`` holds what is left of each sensitive count when the shown ones are subtracted: nothing left is known.
    """

    def __init__(self, system: _System, secret: frozenset[Key]) -> None:
        self._system = system
        self._names = sorted(secret, key=system.place.__getitem__)
        self._secret = np.array([system.vector(key) for key in self._names]).reshape(
            len(self._names), system.vectors.shape[1]
        )
        self._shown: list[tuple[int, np.ndarray]] = []
        for link in system.links:
            self._know(link)

    def add_known(self, key: Key) -> set[Key]:
        """Take as known what cannot be hidden any more. Returns the sensitive counts that it gives away."""
        self._know(self._system.vector(key))
        lost = np.flatnonzero(np.abs(self._secret).max(axis=1, initial=0) < NOTHING)
        names = {self._names[number] for number in lost}
        self._names = [name for name in self._names if name not in names]
        self._secret = np.delete(self._secret, lost, axis=0)
        return names

    def _know(self, vector: np.ndarray) -> None:
        if change := self._change(self._reduced(vector)):
            rows, left, pivot, row = change
            self._secret[rows] = left
            self._shown.append((pivot, row))

    def add(self, keys: Sequence[Key]) -> bool:
        """Show the counts together, unless they would tell a sensitive one. Returns whether they are shown."""
        undo: list[tuple[np.ndarray, np.ndarray]] = []
        for key in keys:
            change = self._change(self._reduced(self._system.vector(key)))
            if change is None:
                continue
            rows, left, pivot, row = change
            if len(left) and (np.abs(left).max(axis=1) < NOTHING).any():
                for before, values in reversed(undo):
                    self._secret[before] = values
                    self._shown.pop()
                return False
            undo.append((rows, self._secret[rows]))
            self._secret[rows] = left
            self._shown.append((pivot, row))
        return True

    def _reduced(self, vector: np.ndarray) -> np.ndarray:
        left = vector.copy()
        for pivot, row in self._shown:
            if left[pivot]:
                left -= left[pivot] * row
                left[pivot] = 0.0
        left[np.abs(left) < NOTHING] = 0.0
        return left

    def _change(self, left: np.ndarray) -> tuple[np.ndarray, np.ndarray, int, np.ndarray] | None:
        """The sensitive rows that a new shown vector touches and what is left of them; None where it tells nothing new."""
        pivot = int(np.argmax(np.abs(left)))
        if abs(left[pivot]) < NOTHING:
            return None
        row = left / left[pivot]
        rows = np.flatnonzero(self._secret[:, pivot])
        changed = self._secret[rows] - np.outer(self._secret[rows, pivot], row)
        changed[np.abs(changed) < NOTHING] = 0.0
        return rows, changed, pivot, row
