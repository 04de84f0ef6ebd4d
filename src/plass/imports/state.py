"""What is known of an uploaded file: its columns as they were read, and what the last check or import came to.

Kept sealed beside the file, so that a page need neither read the spreadsheet nor check its rows again to show them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from plass.cases import identity

from . import mapping, translatable, values
from .actions import Outcome
from .columns import Field
from .files.shape import Remark
from .models import Upload
from .plan_types import RowReport
from .sheet import NUMBER, Cell, Sheet

EXAMPLES = 3
LONGEST_EXAMPLE = 40
#: The parts of a row's report that are sentences.
SENTENCES = ("writes", "remarks", "problems")


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
    ``is_read_at_once``: reading it takes no longer than a page may. ``refusal`` says why it cannot be read.
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
    is_read_at_once: bool = True
    refusal: str = ""

    @property
    def is_read(self) -> bool:
        """Whether its columns are known."""
        return bool(self.columns)

    def refused(self, why: str) -> State:
        """The same file that could not be read."""
        return replace(self, refusal=why)

    def followed_by(self, user_id: int) -> State:
        """The same file, with who follows those whom it names nobody for."""
        return replace(self, follower=user_id)

    def unchecked(self) -> State:
        """The same file before anything was done with it."""
        return replace(self, checked=None)

    def after(self, outcome: Outcome, doing: str, seconds: float, *, earlier: int = 0) -> State:
        """The same file after a check or an import, of which a part that was ended had written ``earlier`` people.

        Of their rows, which have nothing new any more, the report of the check says what was written.
        """
        rows = list(outcome.reports.values())
        if earlier and self.checked:
            checked_rows = {row.number: row for row in self.checked.rows}
            rows = [row if row.writes or row.problems else checked_rows.get(row.number, row) for row in rows]
        written, people = outcome.written or earlier > 0, outcome.people + earlier
        return replace(self, checked=Checked(doing, written, people, seconds, rows))

    def dump(self) -> bytes:
        """As bytes, not sealed yet."""
        rows = self.checked.rows if self.checked else []
        data = asdict(self.unchecked())
        if self.checked:
            data["checked"] = asdict(replace(self.checked, rows=[])) | {"rows": [_row_to_store(row) for row in rows]}
        for column in data["columns"]:
            column["heading"] = translatable.keep(column["heading"])
        data["refusal"] = translatable.keep(self.refusal)
        data["left_out"] = [(number, translatable.keep(reason)) for number, reason in self.left_out]
        return json.dumps(data, ensure_ascii=False).encode()


#: A file that is to be read in the background.
UNREAD = State([], 0, [], is_read_at_once=False)


def of_sheet(sheet: Sheet, recognised: Mapping[int, Field], *, is_read_at_once: bool = True) -> State:
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
        is_read_at_once=is_read_at_once,
    )


def load(upload: Upload) -> State:
    """The state that was kept with a file."""
    data = json.loads(identity.unseal(upload.state))
    checked = data["checked"]
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
        is_read_at_once=data.get("is_read_at_once", True),
        refusal=translatable.kept(data.get("refusal", "")),
        checked=checked and Checked(**{**checked, "rows": [_row_from_store(row) for row in checked["rows"]]}),
    )


def _row_to_store(row: RowReport) -> dict[str, Any]:
    """A report with its sentences in every language, for whoever reads it."""
    sentences = {name: [translatable.keep(sentence) for sentence in getattr(row, name)] for name in SENTENCES}
    return {"number": row.number, "who": row.who, "given_to": row.given_to, **sentences}


def _row_from_store(stored: dict[str, Any]) -> RowReport:
    return RowReport(
        **stored | {name: [translatable.kept(sentence) for sentence in stored[name]] for name in SENTENCES}
    )


def _examples(sheet: Sheet, index: int) -> list[str]:
    examples = []
    for row in sheet.rows:
        shown = _shown(row.cells[index]) if index < len(row.cells) else ""
        if shown:
            examples.append(shown)
        if len(examples) == EXAMPLES:
            break
    return examples


def _shown(cell: Cell) -> str:
    """A cell as an example: dates as people write them, identity numbers only in part."""
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    shown = values.text(cell)
    if NUMBER.fullmatch(shown):
        return f"{shown[:6]}*****"
    return shown if len(shown) <= LONGEST_EXAMPLE else shown[: LONGEST_EXAMPLE - 1] + "…"
