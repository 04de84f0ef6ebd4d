"""What is known of an uploaded file: its columns as they were read, and what the last check or import came to.

Kept sealed beside the file, so that a page need neither read the spreadsheet nor check its rows again to show them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from django.utils.functional import Promise

from plass.cases import identity

from . import mapping, overview, sums, translatable
from .column_readings import EXAMPLES, shown
from .fields import Field
from .files.shape import Remark
from .kept_rows import PARTS, KeptRows, RowMark, SomeRows, marks_of, number_to_store, pack
from .labels import LABELS
from .models import Upload
from .overview import Overview
from .plan_types import RowReport
from .questions import AnsweredBefore, Answers, Kind, Question, open_among
from .row_numbers import RowNumber
from .sheet import Sheet, SheetInFile
from .taking import Choice, Taken
from .translatable import gettext as _
from .ways import Way

if TYPE_CHECKING:
    from .actions import Outcome


#: Raise it where the same parts are written down in another way than before, or mean something else.
LAYOUT = 2


@dataclass(frozen=True)
class ReadColumn:
    """A column as the page shows it, with its first values and what it was recognised as.

    Where that is a guess, it must be confirmed; ``after`` is the heading before it that makes it one. ``guarded_by`` is the
    word of something else that keeps it from being guessed.
    """

    index: int
    heading: str
    hidden: bool
    field: str
    examples: list[str]
    has_heading: bool = True
    is_guess: bool = False
    guarded_by: str = ""
    after: str = ""

    @property
    def guessed_label(self) -> Promise:
        """What it was guessed to hold, in words."""
        return LABELS[Field(self.field)]

    @property
    def guess(self) -> Question | None:
        """The question whether it holds what was guessed."""
        return mapping.guess(self.index, self.heading, Field(self.field)) if self.is_guess else None


@dataclass(frozen=True)
class Checked:
    """A dry run or an import (``doing`` says which, see ``tasks.py``), and how long it took in seconds.

    ``written`` is False for a dry run, for an import that was undone, and where nothing was new.
    """

    doing: str
    written: bool
    people: int
    seconds: float
    rows: Sequence[RowReport]
    overview: Overview
    questions: list[Question] = field(default_factory=list)
    #: The open cases of the team whose people the list does not name.
    missing: list[int] = field(default_factory=list)

    @cached_property
    def marks(self) -> Sequence[RowMark]:
        """What is counted of each row."""
        return marks_of(self.rows)

    def rows_with(self, holds: Callable[[RowMark], bool]) -> Sequence[RowReport]:
        """The rows with such a mark. A row's report is read when it is asked for."""
        return SomeRows(self.rows, [place for place, mark in enumerate(self.marks) if holds(mark)])

    def rows_of(self, part: str) -> Sequence[RowReport]:
        """The rows of a part."""
        return self.rows_with(lambda mark: mark.is_in(part))

    @property
    def waiting(self) -> Sequence[RowReport]:
        """The rows that wait for an answer, and that nothing is wrong with."""
        return self.rows_of("venter")

    @property
    def not_written(self) -> Sequence[RowReport]:
        """The rows that are to be mended or answered before they are written."""
        return self.rows_with(lambda mark: mark.is_in("feil") or mark.is_in("venter"))

    @property
    def differing(self) -> Sequence[RowReport]:
        """The rows that say something else than what is recorded, also where that was left."""
        return self.rows_with(lambda mark: bool(mark.open_differences or mark.left_differences))

    @property
    def case_ids(self) -> set[int]:
        """The cases that the list was compared with."""
        return {mark.case_id for mark in self.marks if mark.case_id}

    def without(self, unseen: Collection[int]) -> Checked:
        """The same without what was found of these cases, which whoever reads does not see any more.

        What is said once of most rows is left out, for it may be of them.
        """
        if not unseen:
            return self
        rows = [_left_out(row) if row.case_id in unseen else row for row in self.rows]
        about = replace(
            self.overview,
            sums=replace(
                sums.of_reports(row for row in rows if not row.is_unseen),
                rows_wrong=sum(bool(row.problems) for row in rows),
                rows_waiting=sum(bool(row.questions and not row.problems) for row in rows),
            ),
            common=[],
            often_wrong=sums.most_often_wrong(rows),
        )
        return replace(self, rows=rows, overview=about)


def _left_out(row: RowReport) -> RowReport:
    """The row without what was found. It stays among those that are not written, so that it is not lost on the way."""
    said: list[str] = [_("You do not see this participant any more. Check the list once more.")]
    left_out = RowReport(row.number, row.who, person=row.person, is_unseen=True)
    if row.problems:
        left_out.problems = said
    elif row.questions:
        left_out.questions = said
    else:
        left_out.remarks = said
    return left_out


@dataclass(frozen=True)
class State:
    """All of it. ``rows`` is the number of rows with people, ``left_out`` which rows are none, and why.

    ``sheets`` are those of the file, with which of them are read, and ``hidden_sheets`` the names of those that nobody
    sees; ``remarks`` are about the file as a whole. ``headings`` is the fingerprint that a mapping is kept under.
    ``follower`` is the number of the user who follows those whose follow-up has begun and for whom the list names
    nobody; None is the one who imports. ``answers`` are those to the questions that the list gave rise to, by their keys;
    they hold for each check of the same file.
    ``is_read_at_once``: reading it takes no longer than a page may. ``refusal`` says why it cannot be read.
    ``is_read_anew``: another version of the program had read it, and nothing was chosen since.
    """

    columns: list[ReadColumn]
    rows: int
    left_out: list[tuple[RowNumber, str]]
    headings: str = ""
    checked: Checked | None = None
    follower: int | None = None
    sheets: list[SheetInFile] = field(default_factory=list)
    hidden_sheets: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    #: Which of the answers were given about an earlier list, by whom and when.
    before: dict[str, tuple[str, date]] = field(default_factory=dict)
    #: How differences are to be taken, by their keys, until that is done; and how many were when they last were.
    choices: dict[str, Choice] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    is_read_at_once: bool = True
    refusal: str = ""
    is_read_anew: bool = False

    @property
    def answered(self) -> Answers:
        """The answers as what reads the list takes them."""
        return Answers(self.answers)

    def with_answers(self, answers: Mapping[str, str]) -> State:
        """The same file with more answers."""
        before = {
            key: said
            for key, said in self.before.items()
            if self.answers.get(key) == answers.get(key, self.answers.get(key))
        }
        return replace(self, answers={**self.answers, **answers}, before=before)

    def with_answers_before(self, answers: Mapping[str, AnsweredBefore]) -> State:
        """The same file with answers that were given about earlier lists."""
        return replace(
            self,
            answers={**{key: one.answer for key, one in answers.items()}, **self.answers},
            before={**self.before, **{key: (one.by, one.day) for key, one in answers.items()}},
        )

    @property
    def sheets_read(self) -> list[str] | None:
        """The names of the sheets that are read; None for a file without sheets."""
        return [sheet.title for sheet in self.sheets if sheet.is_read] or None

    @property
    def parts(self) -> list[SheetInFile]:
        """The sheets that the columns are of."""
        everything = SheetInFile("", True, True, self.rows, tuple(column.index for column in self.columns))
        return [sheet for sheet in self.sheets if sheet.is_read] or [everything]

    @property
    def is_read(self) -> bool:
        """Whether its columns are known."""
        return bool(self.columns)

    def refused(self, why: str) -> State:
        """The same file that could not be read."""
        return replace(self, refusal=why)

    @property
    def guessed_columns(self) -> list[Question]:
        """The questions of the last check about what a column holds that nobody has answered."""
        asked = self.checked.questions if self.checked else ()
        return [question for question in open_among(asked, self.answered) if question.kind is Kind.COLUMN]

    def followed_by(self, user_id: int) -> State:
        """The same file, with who follows those whom it names nobody for."""
        return replace(self, follower=user_id)

    def unchecked(self) -> State:
        """The same file before anything was done with it."""
        answers = {key: answer for key, answer in self.answers.items() if key not in self.before}
        return replace(self, checked=None, choices={}, taken={}, answers=answers, before={}, is_read_anew=False)

    def with_what_was_said(self, before: State) -> State:
        """The file as it is read now, with what its owner had said of it before."""
        answers = {key: answer for key, answer in before.answers.items() if key not in before.before}
        return replace(self, follower=before.follower, answers=answers, is_read_anew=before.is_read_anew)

    def with_earlier_part(self, outcome: Outcome, earlier: int) -> Outcome:
        """What came of a writing, of which a part that was ended had written ``earlier`` people.

        Of their rows, which have nothing new any more, the report of the check says what was written.
        """
        if not earlier or self.checked is None:
            return outcome
        checked_rows = {row.number: row for row in self.checked.rows}
        reports = {
            number: row if row.writes or row.problems or row.questions else checked_rows.get(number, row)
            for number, row in outcome.reports.items()
        }
        return replace(outcome, reports=reports, written=True, people=outcome.people + earlier)

    def after(
        self, outcome: Outcome, doing: str, seconds: float, about: Overview, missing: Sequence[int] = ()
    ) -> State:
        """The same file after a check or an import."""
        rows, questions = list(outcome.reports.values()), list(outcome.questions)
        checked = Checked(doing, outcome.written, outcome.people, seconds, rows, about, questions, list(missing))
        return replace(self, checked=checked, choices={}, taken={})

    def without(self, unseen: Collection[int]) -> State:
        """The same file without what was found of these cases."""
        return replace(self, checked=self.checked and self.checked.without(unseen))

    def chosen(self, choices: dict[str, Choice]) -> State:
        """The same file, with how differences are to be taken."""
        return replace(self, choices=choices)

    def cases_of(self, choices: Mapping[str, Choice]) -> set[int]:
        """The cases that the chosen differences are of."""
        rows = self.checked.differing if self.checked else []
        return {difference.case_id for row in rows for difference in row.differences if difference.key in choices}

    def after_taking(self, taken: Taken) -> State:
        """The same file after differences were taken."""
        assert self.checked is not None
        rows = [
            replace(row, differences=taken.differences.get(row.number, row.differences)) for row in self.checked.rows
        ]
        counts = {name: getattr(taken, name) for name in ("written", "left", "refused", "gone")}
        return replace(self, checked=replace(self.checked, rows=rows), choices={}, taken=counts)

    def dump(self) -> bytes:
        """As bytes, not sealed yet: a line about the file, and what is said of the rows."""
        data = asdict(replace(self, checked=None, choices={}))
        data["choices"] = {
            key: (choice.way.value, choice.from_day and str(choice.from_day)) for key, choice in self.choices.items()
        }
        data["before"] = {key: (name, str(day)) for key, (name, day) in self.before.items()}
        if self.checked:
            data["checked"] = {
                **{name: getattr(self.checked, name) for name in ("doing", "written", "people", "seconds", "missing")},
                "marks": self.checked.marks,
                "questions": [_question_to_store(question) for question in self.checked.questions],
                "overview": self.checked.overview.dump(),
            }
        for column in data["columns"]:
            column["heading"] = translatable.keep(column["heading"])
        data["left_out"] = [(number, number.sheet, translatable.keep(reason)) for number, reason in self.left_out]
        for sheet in data["sheets"]:
            sheet["why_not"] = translatable.keep(sheet["why_not"])
        data["refusal"] = translatable.keep(self.refusal)
        first = json.dumps(_BEGINNING | data, ensure_ascii=False).encode()
        return first + b"\n" + (pack(self.checked.rows) if self.checked else b"")


#: A file that is to be read in the background.
UNREAD = State([], 0, [], is_read_at_once=False)


def made_of(kept: Any) -> Iterator[str]:
    """The names and the types of all that a type is made of, and the values of what is one of some."""
    if is_dataclass(kept):
        for name, hint in get_type_hints(kept, include_extras=True).items():
            yield f"{name}: {hint}"
            yield from made_of(hint)
    elif isinstance(kept, type) and issubclass(kept, Enum):
        yield from (str(one.value) for one in kept)
    else:
        for part in get_args(kept):
            yield from made_of(part)


#: What the states are kept by that this version of the program can load: another one where anything in them is changed.
VERSION = sha256("|".join((str(LAYOUT), *PARTS, *RowMark._fields, *made_of(State))).encode()).hexdigest()[:16]
_BEGINNING = {"version": VERSION}
_FIRST_BYTES = json.dumps(_BEGINNING)[:-1].encode()


def is_outdated(upload: Upload) -> bool:
    """Whether another version of the program kept what is known of a file. Then the file must be read anew."""
    return not _unsealed(upload).startswith(_FIRST_BYTES)


def _unsealed(upload: Upload) -> bytes:
    """What is kept with a file, opened once for as long as it is the same."""
    sealed = upload.state
    opened = upload.opened_state
    if opened is None or opened[0] is not sealed:
        opened = upload.opened_state = sealed, identity.unseal(sealed)
    return opened[1]


def _outdated(kept: bytes) -> State:
    """What still holds of what another version kept: which sheets were chosen, who follows, what was answered."""
    try:
        data = json.loads(kept.partition(b"\n")[0])
        return replace(
            UNREAD,
            sheets=[SheetInFile(sheet["title"], is_read=True) for sheet in data["sheets"] if sheet["is_read"]],
            follower=None if data["follower"] is None else int(data["follower"]),
            answers={str(key): str(answer) for key, answer in data["answers"].items()},
            is_read_anew=True,
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        # It was written down in some other way.
        return replace(UNREAD, is_read_anew=True)


def of_sheet(sheet: Sheet, recognised: Mapping[int, Field], *, is_read_at_once: bool = True) -> State:
    """What the page needs to know of a sheet."""
    by_heading = mapping.recognised(sheet)
    columns = [
        ReadColumn(
            column.index,
            column.heading,
            column.hidden,
            recognised.get(column.index, Field.IGNORED).value,
            _examples(sheet, column.index, recognised.get(column.index, Field.IGNORED)),
            column.has_heading,
            by_heading[column.index].is_guess,
            by_heading[column.index].guarded_by,
            by_heading[column.index].after,
        )
        for column in sheet.columns
    ]
    return State(
        columns,
        len(sheet.rows),
        list(sheet.left_out),
        mapping.fingerprint(sheet),
        sheets=list(sheet.sheets),
        hidden_sheets=list(sheet.hidden_sheets),
        remarks=list(sheet.remarks),
        is_read_at_once=is_read_at_once,
    )


def load(upload: Upload) -> State:
    """The state that was kept with a file. Where another version kept it (:func:`is_outdated`), nothing is read yet."""
    kept = _unsealed(upload)
    if not kept.startswith(_FIRST_BYTES):
        return _outdated(kept)
    first, _line, packed = kept.partition(b"\n")
    data = json.loads(first)
    checked = data["checked"]
    marks = [RowMark(*mark) for mark in checked.pop("marks")] if checked else []
    return State(
        columns=[
            ReadColumn(**column | {"heading": translatable.kept(column["heading"])}) for column in data["columns"]
        ],
        rows=data["rows"],
        left_out=[(RowNumber(number, sheet), translatable.kept(reason)) for number, sheet, reason in data["left_out"]],
        headings=data["headings"],
        follower=data["follower"],
        sheets=[
            SheetInFile(
                **sheet
                | {
                    "columns": tuple(sheet["columns"]),
                    "marked_rows": tuple(sheet["marked_rows"]),
                    "why_not": translatable.kept(sheet["why_not"]),
                }
            )
            for sheet in data["sheets"]
        ],
        hidden_sheets=data["hidden_sheets"],
        remarks=[Remark(remark) for remark in data["remarks"]],
        choices={
            key: Choice(Way(way), date.fromisoformat(day) if day else None)
            for key, (way, day) in data["choices"].items()
        },
        taken=data["taken"],
        answers=data["answers"],
        before={key: (name, date.fromisoformat(day)) for key, (name, day) in data["before"].items()},
        checked=checked
        and Checked(
            **checked
            | {
                "rows": KeptRows(packed, marks),
                "questions": [_question_from_store(question) for question in checked["questions"]],
                "overview": overview.load(checked["overview"]),
            }
        ),
        is_read_at_once=data["is_read_at_once"],
        refusal=translatable.kept(data["refusal"]),
        is_read_anew=data["is_read_anew"],
    )


def _question_to_store(question: Question) -> dict[str, Any]:
    return asdict(question) | {"rows": [number_to_store(number) for number in question.rows]}


def _question_from_store(stored: dict[str, Any]) -> Question:
    rows = tuple(RowNumber(number, sheet) for number, sheet in stored["rows"])
    people = tuple((pk, name) for pk, name in stored.get("people", ()))
    shown = tuple(stored["shown"])
    return Question(**stored | {"kind": Kind(stored["kind"]), "shown": shown, "rows": rows, "people": people})


def _examples(sheet: Sheet, index: int, holds: Field) -> list[str]:
    examples = []
    for row in sheet.rows:
        example = shown(row.cells[index], holds) if index < len(row.cells) else ""
        if example and example not in examples:
            examples.append(example)
        if len(examples) == EXAMPLES:
            break
    return examples
