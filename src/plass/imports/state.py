"""What is known of an uploaded file: its columns as they were read, and what the last check or import came to.

Kept sealed beside the file, so that a page need neither read the spreadsheet nor check its rows again to show them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from plass.cases import identity

from . import mapping, overview, translatable
from .actions import Outcome
from .column_readings import EXAMPLES, shown
from .columns import Field
from .files.shape import Remark
from .models import Upload
from .overview import Overview
from .plan_types import RowReport
from .sheet import Sheet

#: The parts of a row's report that are sentences.
SENTENCES = ("writes", "remarks", "doubts", "problems", "common")


@dataclass(frozen=True)
class ReadColumn:
    """A column as the page shows it, with its first values and what it was recognised as."""

    index: int
    heading: str
    hidden: bool
    field: str
    examples: list[str]
    has_heading: bool = True


@dataclass(frozen=True)
class Checked:
    """A dry run or an import (``doing`` says which, see ``tasks.py``), and how long it took in seconds.

    ``written`` is False for a dry run, for an import that was undone, and where nothing was new.
    """

    doing: str
    written: bool
    people: int
    seconds: float
    rows: list[RowReport]
    overview: Overview

    @property
    def wrong(self) -> list[RowReport]:
        """The rows that something is wrong with."""
        return [row for row in self.rows if row.problems]


@dataclass(frozen=True)
class State:
    """All of it. ``rows`` is the number of rows with people, ``left_out`` which rows are none, and why.

    ``sheet`` is the one that was read, ``other_sheets`` are those in the file that look like lists too, ``remarks`` are
    about the file as a whole. ``headings`` is
    the fingerprint that a mapping is kept under. ``follower`` is the number of the user who follows
    those whose follow-up has begun and for whom the list names nobody; None is the one who imports.
    """

    columns: list[ReadColumn]
    rows: int
    left_out: list[tuple[int, str]]
    headings: str = ""
    checked: Checked | None = None
    follower: int | None = None
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def followed_by(self, user_id: int) -> State:
        """The same file, with who follows those whom it names nobody for."""
        return replace(self, follower=user_id)

    def unchecked(self) -> State:
        """The same file before anything was done with it."""
        return replace(self, checked=None)

    def after(self, outcome: Outcome, doing: str, seconds: float, about: Overview) -> State:
        """The same file after a check or an import."""
        checked = Checked(doing, outcome.written, outcome.people, seconds, list(outcome.reports.values()), about)
        return replace(self, checked=checked)

    def dump(self) -> bytes:
        """As bytes, not sealed yet."""
        data = asdict(self.unchecked())
        if self.checked:
            data["checked"] = vars(self.checked) | {
                "rows": [_row_to_store(row) for row in self.checked.rows],
                "overview": self.checked.overview.dump(),
            }
        for column in data["columns"]:
            column["heading"] = translatable.keep(column["heading"])
        data["left_out"] = [(number, translatable.keep(reason)) for number, reason in self.left_out]
        return json.dumps(data, ensure_ascii=False).encode()


def of_sheet(sheet: Sheet, recognised: Mapping[int, Field]) -> State:
    """What the page needs to know of a sheet."""
    columns = [
        ReadColumn(
            column.index,
            column.heading,
            column.hidden,
            recognised.get(column.index, Field.IGNORED).value,
            _examples(sheet, column.index),
            column.has_heading,
        )
        for column in sheet.columns
    ]
    left_out = [(number, reason) for number, reason in sheet.left_out]
    return State(
        columns,
        len(sheet.rows),
        left_out,
        mapping.fingerprint(sheet),
        sheet=sheet.title,
        other_sheets=list(sheet.others),
        remarks=list(sheet.remarks),
    )


def load(upload: Upload) -> State:
    """The state that was kept with a file."""
    data = json.loads(identity.unseal(upload.state))
    language = translatable.language_of_now()
    checked = data["checked"]
    if checked and "overview" not in checked:
        # Checked before there were overviews: it is checked anew.
        checked = None
    return State(
        columns=[
            ReadColumn(**column | {"heading": translatable.kept(column["heading"])}) for column in data["columns"]
        ],
        rows=data["rows"],
        left_out=[(number, translatable.kept(reason)) for number, reason in data["left_out"]],
        headings=data["headings"],
        follower=data.get("follower"),
        sheet=data["sheet"],
        other_sheets=data["other_sheets"],
        remarks=[Remark(remark) for remark in data.get("remarks", [])],
        checked=checked
        and Checked(
            **checked
            | {
                "rows": [_row_from_store(row, language) for row in checked["rows"]],
                "overview": overview.load(checked["overview"]),
            }
        ),
    )


def _row_to_store(row: RowReport) -> dict[str, Any]:
    """A report with its sentences in every language, for whoever reads it; without what it has nothing of."""
    told = {part.name: getattr(row, part.name) for part in fields(row)}
    return {
        name: [translatable.keep(sentence) for sentence in value] if name in SENTENCES else value
        for name, value in told.items()
        if value
    }


def _row_from_store(stored: dict[str, Any], language: str) -> RowReport:
    sentences = {
        name: [translatable.kept(sentence, language) for sentence in stored[name]]
        for name in SENTENCES
        if name in stored
    }
    return RowReport(**stored | sentences)


def _examples(sheet: Sheet, index: int) -> list[str]:
    examples = []
    for row in sheet.rows:
        example = shown(row.cells[index]) if index < len(row.cells) else ""
        if example:
            examples.append(example)
        if len(examples) == EXAMPLES:
            break
    return examples
