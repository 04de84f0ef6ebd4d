"""What a check says of a list as a whole: what it adds up to, how its columns were understood, what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import sums
from .column_readings import Basis, Change, ColumnReading, Example
from .fields import Field
from .plan_types import Plan
from .sheet import Sheet
from .sums import Common, Lines, Sums
from .translatable import keep, kept

if TYPE_CHECKING:
    from .actions import Outcome


@dataclass(frozen=True)
class Overview:
    """All of it, as it is kept with the file. ``doubts`` are sentences on the list; ``common`` is said of most rows,
    ``often_wrong`` is what many rows that must be mended have in common.
    """

    lines: Lines
    sums: Sums
    columns: list[ColumnReading]
    doubts: list[str]
    common: list[Common]
    often_wrong: list[Common]

    def dump(self) -> dict[str, Any]:
        """As plain values, with sentences in every language."""
        return {
            "lines": asdict(self.lines),
            "sums": asdict(self.sums),
            "columns": [_dump_column(column) for column in self.columns],
            "doubts": [keep(sentence) for sentence in self.doubts],
            "common": [asdict(common) | {"sentence": keep(common.sentence)} for common in self.common],
            "often_wrong": [asdict(common) | {"sentence": keep(common.sentence)} for common in self.often_wrong],
        }


def make(sheet_lines: Lines, columns: list[ColumnReading], import_plan: Plan, outcome: Outcome) -> Overview:
    """The overview of a check or an import. What most rows say is taken out of their reports."""
    reports = list(outcome.reports.values())
    return Overview(
        sheet_lines,
        sums.of_reports(reports),
        columns,
        list(import_plan.doubts),
        sums.say_once(reports),
        sums.most_often_wrong(reports),
    )


def lines_of(sheet: Sheet) -> Lines:
    """The lines of a sheet."""
    return Lines(sheet.rows_of_headings, len(sheet.rows), len(sheet.left_out))


def load(stored: Mapping[str, Any]) -> Overview:
    """What :meth:`Overview.dump` gave."""
    return Overview(
        Lines(**stored["lines"]),
        Sums(**stored["sums"]),
        [_load_column(column) for column in stored["columns"]],
        [kept(sentence) for sentence in stored["doubts"]],
        [Common(**common | {"sentence": kept(common["sentence"])}) for common in stored["common"]],
        [Common(**common | {"sentence": kept(common["sentence"])}) for common in stored["often_wrong"]],
    )


def _dump_column(column: ColumnReading) -> dict[str, Any]:
    examples = [(example.before, keep(example.after), example.change) for example in column.examples]
    return {
        "heading": keep(column.heading),
        "holds": column.holds,
        "basis": column.basis,
        "filled": column.filled,
        "examples": examples,
        "dates": keep(column.dates),
        "sheets": keep(column.sheets),
    }


def _load_column(stored: Mapping[str, Any]) -> ColumnReading:
    return ColumnReading(
        heading=kept(stored["heading"]),
        holds=Field(stored["holds"]),
        basis=Basis(stored["basis"]),
        filled=stored["filled"],
        examples=[Example(before, kept(after), Change(change)) for before, after, change in stored["examples"]],
        dates=kept(stored["dates"]),
        sheets=kept(stored.get("sheets", "")),
    )
