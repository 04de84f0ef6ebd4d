"""One employer that a list writes in two ways, and two that stand in one cell. Pure.

Spaces, capitals, signs and forms of company make no other employer of a name: "Rema1000" is "REMA 1000 AS". One letter
more, less or other may be a slip or another place, so that it is asked about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from plass.employers.queries import core_name

from . import job_signs

#: Letters that are written with a mark or without one.
_MARKS = str.maketrans("éèêëáàâíìóòôúùüäö", "eeeeaaaiiooouuuæø")
#: Names with fewer letters, and words with fewer in them, are told apart by one letter.
_FEWEST_LETTERS, _FEWEST_IN_WORD = 4, 4
#: Words that differ in their first letter are names of other places, unless they are long.
_LONG_WORD = 6
#: What parts two employers in a cell, and what does so only where both are known by themselves.
_BETWEEN = re.compile(r"\s*(?:(?<!\b[mvc])/(?!s\b)|\+|;|\|)\s*|\s+(?:eller|or|samt)\s+", re.I)
_MAYBE_BETWEEN = re.compile(r"\s*[,&]\s*|\s+(?:og|and)\s+", re.I)
_LETTERS = re.compile(r"[^\W\d_]{3}")


def same_key(name: str) -> str:
    """What is the same for every way to write a name: its letters and figures, without the form of company."""
    return core_name(name).translate(_MARKS).replace(" ", "")


def may_be_a_slip(name: str, other: str) -> bool:
    """Whether two names differ by one letter in one word, or by two that have changed places."""
    words, others = (core_name(one).translate(_MARKS).split() for one in (name, other))
    differing = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    if len(words) != len(others) and not differing:
        # "Kiwi" and "Kiwi A".
        return False
    one, another = (
        differing[0] if len(words) == len(others) and len(differing) == 1 else ("".join(words), "".join(others))
    )
    if max(len(one), len(another)) < _FEWEST_IN_WORD or re.sub(r"\D", "", one) != re.sub(r"\D", "", another):
        return False
    if one[0] != another[0] and min(len(one), len(another)) < _LONG_WORD:
        return False
    return one != another and _is_one_slip(one, another)


def _is_one_slip(one: str, other: str) -> bool:
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    one, other = one[begin:], other[begin:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])


def _shortened(key: str) -> Iterator[str]:
    """A name, and without each of its letters: two that differ by one slip have one of these in common."""
    yield key
    for place in range(len(key)):
        yield key[:place] + key[place + 1 :]


class EmployerNames:
    """All names of employers in a list's ``cells``, beside those that are ``recorded`` already."""

    def __init__(self, cells: Iterable[str] = (), recorded: Iterable[str] = ()) -> None:
        counts: Counter[str] = Counter()
        self._spellings: dict[str, str] = {}
        for cell in cells:
            name = job_signs.employer_in(cell) or cell
            key = same_key(name)
            counts[key] += 1
            self._spellings.setdefault(key, name)
        by_part: dict[str, set[str]] = {}
        for key in counts:
            if len(key) >= _FEWEST_LETTERS:
                for part in _shortened(key):
                    by_part.setdefault(part, set()).add(key)
        self._recorded: set[str] = set()
        alike: dict[str, dict[str, str]] = {}
        for name in recorded if counts else ():
            key = same_key(name)
            if key in counts and key not in self._recorded:
                self._recorded.add(key)
                self._spellings[key] = name
            for found in {other for part in _shortened(key) for other in by_part.get(part, ())} - {key}:
                alike.setdefault(found, {}).setdefault(key, name)
        self._likely: dict[str, str] = {}
        place = {key: at for at, key in enumerate(counts)}
        for key, count in counts.items():
            if key in self._recorded:
                continue
            in_list = {other for part in _shortened(key) for other in by_part.get(part, ())} - {key}
            candidates = [
                *alike.get(key, {}).values(),
                *(
                    self._spellings[other]
                    for other in sorted(in_list, key=lambda other: (-counts[other], place[other]))
                    # Of two the one that stands more often, or first, is taken to be right.
                    if (-counts[other], place[other]) < (-count, place[key])
                ),
            ]
            likely = next((name for name in candidates if may_be_a_slip(self._spellings[key], name)), "")
            if likely:
                self._likely[key] = likely

    def spelling(self, name: str) -> str:
        """A name as it is recorded, or as the list writes it first."""
        return self._spellings.get(same_key(name), name)

    def likely(self, name: str) -> str:
        """The other name that it may be a slip of; empty where there is none."""
        return self._likely.get(same_key(name), "")

    def several_in(self, cell: str) -> list[str]:
        """The employers that a cell seems to name, where it is more than one: "Kiwi / Coop"."""
        parts = [part.strip() for part in _BETWEEN.split(cell)]
        if len(parts) > 1 and all(map(_may_be_an_employer, parts)):
            return parts
        parts = [part.strip() for part in _MAYBE_BETWEEN.split(cell)]
        return parts if len(parts) > 1 and all(same_key(part) in self._spellings for part in parts) else []


def _may_be_an_employer(words: str) -> bool:
    """Whether a part of a cell may be a name by itself, and is not only a trade or a place: "Bakeri/konditori"."""
    return (
        _LETTERS.search(words) is not None
        and words[:1].upper() == words[:1]
        and not job_signs.is_of_a_trade_or_place(words)
        and not job_signs.answer_of(words, is_over=False)
    )


#: Of a list whose employers are not looked at.
NO_NAMES = EmployerNames()
