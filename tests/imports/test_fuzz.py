"""Damaged files: none stops the program, and none puts one person's facts on another (``fuzz.py`` says how)."""

from __future__ import annotations

import pytest

from . import fuzz
from .caseloads import Person

#: So many damaged files that the suite tries; `python -m tests.imports.fuzz` tries as many as one likes.
TRIED = 600


def test_no_damaged_file_stops_the_program_or_gives_anybody_what_is_anothers() -> None:
    found = fuzz.run(range(TRIED))
    assert found.faults == []
    # Both happen, or nothing was tried.
    assert found.refused > TRIED / 10 and found.read > TRIED / 4 and found.people > TRIED


def test_a_text_in_the_plan_of_another_is_seen() -> None:
    one = next(one for one in map(fuzz.damaged, range(100)) if len(one.numbers) > 1 and one.encoding)
    first, second = one.numbers[:2]
    theirs = next(text for text, owners in one.owners.items() if owners == {second} and text.isalpha())
    assert fuzz.wrong_people(one, {first: Person(first, "Kari", theirs)}) == [f"{theirs} in the plan of {first}"]
    assert fuzz.wrong_people(one, {second: Person(second, "Kari", theirs)}) == []


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_number_is_the_same_file(seed: int) -> None:
    assert fuzz.damaged(seed).how == fuzz.damaged(seed).how
