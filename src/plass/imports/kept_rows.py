"""The reports of a list's rows as they are kept: a line for each, which is read when it is shown, and a mark that counts it.

A page of a long list shows fifty rows of ten thousand. What it counts (how many are wrong, how many are in each part) is in
the marks, so the other rows' reports are not read.
"""

from __future__ import annotations

import json
import zlib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints, overload

from . import translatable
from .fields import Field
from .plan_types import Difference, RowReport, Sentence
from .row_numbers import RowNumber
from .ways import Way


def _is_settled(row: RowReport) -> bool:
    """Whether the row is to be written, and nothing of it must be mended or answered first."""
    return not row.problems and not row.questions and not row.is_left_out


def _waits(row: RowReport) -> bool:
    return bool(row.questions and not row.problems)


#: Parts of the rows: the word in the address, and what must be true of a row's report. Rows that are no people's have no
#: report (``utelatt``).
PARTS: Mapping[str, Callable[[RowReport], bool]] = {
    "alle": lambda row: True,
    "feil": lambda row: bool(row.problems),
    "venter": lambda row: _waits(row),
    "resten": lambda row: not _is_settled(row),
    "se": lambda row: bool(row.doubts and not row.problems),
    "skrives": lambda row: bool(row.writes),
    "ulik": lambda row: bool(row.open_differences),
    "merknad": lambda row: bool(row.remarks),
    "kjent": lambda row: not row.writes and not row.open_differences and _is_settled(row),
    "utelatt": lambda row: False,
    "personer": lambda row: bool(row.person),
    "uten-nummer": lambda row: not row.person,
    "nye": lambda row: bool(row.person) and not row.is_known and _is_settled(row),
    "her": lambda row: row.is_known and _is_settled(row),
    "nytt": lambda row: row.is_known and bool(row.writes) and _is_settled(row),
    "rettes": lambda row: bool(row.person and row.problems),
    "utelates": lambda row: row.is_left_out,
    "avsluttet": lambda row: row.has_ended,
    "avsluttet-klare": lambda row: row.has_ended and _is_settled(row),
    "avsluttet-rettes": lambda row: bool(row.has_ended and row.problems),
    "avsluttet-venter": lambda row: row.has_ended and _waits(row),
    "jobber": lambda row: bool(row.jobs),
    "jobber-rettes": lambda row: bool(row.jobs and row.problems),
    "jobber-venter": lambda row: bool(row.jobs) and _waits(row),
    "nye-jobber": lambda row: bool(row.new_jobs) and _is_settled(row),
    "kjente-jobber": lambda row: bool(row.known_jobs) and _is_settled(row),
}
#: Those where a row also stands that the reader sees nothing of any more.
OF_ALL = ("alle", "feil", "venter", "resten")
_BITS = {part: 1 << place for place, part in enumerate(PARTS)}


class RowMark(NamedTuple):
    """What is counted of a row. ``parts`` has a bit for each part that it stands in, and ``person`` names its person."""

    parts: int
    case_id: int
    person: str
    open_differences: int
    left_differences: int
    is_given: bool

    def is_in(self, part: str) -> bool:
        """Whether the row stands in a part."""
        return bool(self.parts & _BITS[part])


def mark_of(row: RowReport) -> RowMark:
    """The mark of a row."""
    parts = (part for part, holds in PARTS.items() if holds(row) and (part in OF_ALL or not row.is_unseen))
    still_open = len(row.open_differences)
    return RowMark(
        sum(_BITS[part] for part in parts),
        row.case_id,
        f"{int(row.person)} {row.person.sheet}" if row.person else "",
        still_open,
        len(row.differences) - still_open,
        bool(row.given_to),
    )


class _Reports(Sequence[RowReport]):
    """Reports that are made or found one by one, by their place."""

    @abstractmethod
    def _at(self, place: int) -> RowReport:
        """The report at a place."""

    @overload
    def __getitem__(self, at: int) -> RowReport: ...
    @overload
    def __getitem__(self, at: slice) -> list[RowReport]: ...
    def __getitem__(self, at: int | slice) -> RowReport | list[RowReport]:
        if isinstance(at, slice):
            return [self._at(place) for place in range(len(self))[at]]
        return self._at(at)


class KeptRows(_Reports):
    """The reports of all rows, each made of its line when it is asked for. ``packed`` are the lines, as :func:`pack` gave
    them.
    """

    def __init__(self, packed: bytes, marks: Sequence[RowMark]) -> None:
        self.packed, self.marks = packed, marks
        self._language = translatable.language_of_now()

    def __len__(self) -> int:
        return len(self.marks)

    def __eq__(self, other: object) -> bool:
        return self.packed == other.packed if isinstance(other, KeptRows) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.packed)

    @cached_property
    def _lines(self) -> list[bytes]:
        return zlib.decompress(self.packed).split(b"\n")

    def _at(self, place: int) -> RowReport:
        return row_from_store(json.loads(self._lines[place]), self._language)


class SomeRows(_Reports):
    """The reports of those rows that stand at these places."""

    def __init__(self, rows: Sequence[RowReport], places: Sequence[int]) -> None:
        self._rows, self._places = rows, places

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, place: int) -> RowReport:
        return self._rows[self._places[place]]


def marks_of(rows: Sequence[RowReport]) -> Sequence[RowMark]:
    """The marks of rows, as they were kept or are to be."""
    return rows.marks if isinstance(rows, KeptRows) else [mark_of(row) for row in rows]


def pack(rows: Sequence[RowReport]) -> bytes:
    """A line for each row, to be kept: packed, for they say the same again and again."""
    if isinstance(rows, KeptRows):
        return rows.packed
    lines = (json.dumps(row_to_store(row), ensure_ascii=False).encode() for row in rows)
    return zlib.compress(b"\n".join(lines), level=1)


def parts_of(kept: type, hint: Any) -> tuple[str, ...]:
    """The names of the parts of a dataclass that are of a type."""
    return tuple(name for name, own in get_type_hints(kept, include_extras=True).items() if own == hint)


#: The parts of a row's report that are sentences, numbers of rows, and plain values.
SENTENCES, NUMBERS = parts_of(RowReport, list[Sentence]), parts_of(RowReport, RowNumber)
PLAIN = tuple(name for hint in (str, int, bool) for name in parts_of(RowReport, hint))
#: The parts of a difference that are sentences.
WORDS = parts_of(Difference, Sentence)


def row_to_store(row: RowReport) -> dict[str, Any]:
    """A report with its sentences in every language, for whoever reads it; without what it has nothing of."""
    stored: dict[str, Any] = {
        name: [translatable.keep(sentence) for sentence in getattr(row, name)] for name in SENTENCES
    }
    stored |= {name: getattr(row, name) for name in PLAIN}
    stored |= {name: number_to_store(getattr(row, name)) for name in NUMBERS if getattr(row, name)}
    stored["differences"] = [_difference_to_store(difference) for difference in row.differences]
    return {name: value for name, value in stored.items() if value}


def row_from_store(stored: dict[str, Any], language: str) -> RowReport:
    """What :func:`row_to_store` gave, with its sentences in a language."""
    sentences = {
        name: [translatable.kept(sentence, language) for sentence in stored[name]]
        for name in SENTENCES
        if name in stored
    }
    numbers = {name: RowNumber(*stored[name]) for name in NUMBERS if name in stored}
    differences = [_difference_from_store(difference) for difference in stored.get("differences", ())]
    return RowReport(**stored | sentences | numbers | {"differences": differences})


def _difference_to_store(difference: Difference) -> dict[str, Any]:
    words = {name: translatable.keep(getattr(difference, name)) for name in WORDS}
    latest_day = difference.latest_day and str(difference.latest_day)
    return asdict(difference) | words | {"row": number_to_store(difference.row), "latest_day": latest_day}


def _difference_from_store(stored: dict[str, Any]) -> Difference:
    words = {name: translatable.kept(stored[name]) for name in WORDS}
    ways = tuple(Way(way) for way in stored["ways"])
    row, latest_day = RowNumber(*stored["row"]), stored["latest_day"]
    values = {"row": row, "field": Field(stored["field"]), "ways": ways}
    return Difference(**stored | words | values | {"latest_day": latest_day and date.fromisoformat(latest_day)})


def number_to_store(number: RowNumber) -> tuple[int, str]:
    """A row's number as plain values."""
    return int(number), number.sheet
