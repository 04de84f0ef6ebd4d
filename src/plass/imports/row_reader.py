"""The cells of a row, by the fields that their columns hold, and what is wrong or asked of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclasses_field
from datetime import date
from functools import cached_property
from typing import TypeVar

from plass.jobs.models import JobEnded, JobStarted

from . import date_values, values, vocabularies
from .columns import may_hold, plain
from .employer_names import NO_NAMES, EmployerNames
from .fields import SECOND_JOB, Field
from .labels import LABELS
from .lengths import LONGEST, LONGEST_WORDS
from .lines import Cell, is_damaged
from .plan_types import RowReport
from .questions import AS_IT_STANDS, SWAPPED, WITHOUT, Asking, Kind
from .sheet import Row
from .translatable import gettext as _

T = TypeVar("T")
#: Columns of ends, where "no" and "goes on" stand for no date.
ENDS = (Field.ENDED_ON, Field.PLANNED_END_ON, Field.JOB_ENDED_ON, Field.JOB_ENDED_ON_2)

#: Columns of dates that a person can be written without.
OPTIONAL_DAYS = (Field.STARTED_ON, Field.LAST_MET_ON)

#: Columns of words that are taken as something usual where they are not understood.
WORDS = (
    (Field.JOB_FORM, JobStarted.Form.choices, vocabularies.FORMS),
    (Field.JOB_END_REASON, JobEnded.Reason.choices, vocabularies.END_REASONS),
)


@dataclass(frozen=True)
class Layout:
    """Where a sheet has what: the column of each field, its heading, and how the columns of dates are written.

    The headings are the columns' own, so that what is wrong is told with the words that stand in the list.
    """

    by_field: Mapping[Field, int]
    headings: Mapping[Field, str]
    date_columns: Mapping[Field, date_values.DateColumn]
    #: The headings of the columns that are not read, by their places, but for those that are about something else.
    unread: Mapping[int, str]
    #: The columns that say whether a job is an ordinary one: their headings, and which job where they say so.
    whether_ordinary: Mapping[int, tuple[str, str]] = dataclasses_field(default_factory=dict)
    #: Whose numbers can be both hours and per cent.
    hours_or_per_cent: frozenset[Field] = frozenset()

    @cached_property
    def job_of_comments(self) -> Mapping[int, Mapping[Field, Field]]:
        """Which of two jobs an unread column is about, by where it stands: right after the first job's columns, or after
        the second's and of the same name as one after the first's. Of the others nobody can tell.
        """
        first_job, second_job = (
            [self.by_field[field] for field in fields if field in self.by_field]
            for fields in (SECOND_JOB, SECOND_JOB.values())
        )
        if not first_job or not second_job:
            return {}
        of_the_first = {index for index in self.unread if min(first_job) < index < min(second_job)}
        names = {_without_figures(self.unread[index]) for index in of_the_first}
        of_the_second = {
            index
            for index, heading in self.unread.items()
            if index > min(second_job) and _without_figures(heading) in names
        }
        return {index: {} for index in of_the_first} | dict.fromkeys(of_the_second, SECOND_JOB)


def _without_figures(heading: str) -> str:
    return " ".join(re.sub(r"\d+", "", plain(heading)).split())


def with_unread(sentence: str, row: Row, layout: Layout, *missing: Field) -> str:
    """What is said of something missing, with the column that is not read where it stands in the row after all."""
    for index, heading in layout.unread.items():
        if index < len(row.cells) and values.text(row.cells[index]):
            for one in missing:
                if may_hold(heading, one):
                    return _(
                        "%(what)s “%(column)s” is not read: is it “%(field)s”? Say so where the columns are chosen."
                    ) % {
                        "what": sentence,
                        "column": heading,
                        "field": LABELS[one],
                    }
    return sentence


def too_early(early: Field, day: date, late: Field, other: date, headings: Mapping[Field, str]) -> str:
    """What is said of a day that is before another that it cannot be before."""
    return _("“%(early)s” (%(day)s) is before “%(late)s” (%(other)s). Mend the one that is wrong.") % {
        "early": headings.get(early, LABELS[early]),
        "day": day,
        "late": headings.get(late, LABELS[late]),
        "other": other,
    }


@dataclass(eq=False)
class RowReader:
    """What is common to reading a row's person and its jobs: the cells, what is wrong in them, and what is asked."""

    row: Row
    layout: Layout
    report: RowReport
    asking: Asking
    today: date
    employers: EmployerNames = NO_NAMES

    def __post_init__(self) -> None:
        self.number = self.row.number
        self.date_columns, self.headings = self.layout.date_columns, self.layout.headings
        self.hours_or_per_cent = self.layout.hours_or_per_cent
        #: The fields of the job that is being read, by those of the first.
        self.of_the_job: Mapping[Field, Field] = {}
        self.cells: dict[Field, Cell] = {}
        #: Whose cell is a formula without a result, or a mark for the row above: that is told, and not that something
        #: is missing too.
        self.broken: set[Field] = set()
        for field, index in self.layout.by_field.items():
            cell = self.row.cells[index] if index < len(self.row.cells) else None
            try:
                values.refuse_formula(cell)
                values.refuse_ditto(cell)
                values.refuse_lost_letters(cell)
            except ValueError as error:
                self._wrong_in(field, error.args[0])
                self.broken.add(field)
                cell = None
            self.cells[field] = cell
            if is_damaged(cell):
                self._ask_about_letters(field, values.text(cell))

    def _ask_about_letters(self, field: Field, written: str) -> None:
        if self.asking.ask(Kind.LETTERS, [written], rows=[self.number], shown=[written]) != AS_IT_STANDS:
            self.report.questions.append(
                _("The column “%(column)s”: are the letters in “%(cell)s” right?")
                % {"column": self.headings.get(field, LABELS[field]), "cell": written}
            )

    def _meaning(self, kind: Kind, field: Field, *, accepted: str) -> str | None:
        """What the words of a cell were answered to mean, or None: then the row waits for the answer."""
        written = self.text(field, longest=1_000)
        about = " ".join(written.lower().rstrip(" .!").split())
        answer = self.asking.ask(kind, [about], rows=[self.number], shown=[written], accepted=accepted)
        if answer is None:
            self.report.questions.append(
                _("The column “%(column)s”: what does “%(words)s” mean?")
                % {"column": self.headings.get(field, LABELS[field]), "words": written}
            )
        return answer

    def cell(self, field: Field) -> Cell:
        return self.cells.get(field)

    def text(self, field: Field, longest: int | None = None) -> str:
        content = values.text(self.cell(field))
        longest = longest or LONGEST.get(field, LONGEST_WORDS)
        if len(content) > longest:
            self.report.doubts.append(_("“%(start)s…” is too long and is cut.") % {"start": content[:30]})
        return content[:longest].strip()

    def words(self, field: Field) -> str:
        return values.text(self.cell(field)).lower()

    def take(self, field: Field, read: Callable[[Cell], T]) -> T | None:
        """The field's value, or None with a problem noted."""
        try:
            return read(self.cell(field))
        except ValueError as error:
            self._wrong_in(field, error.args[0])
            return None

    def take_if_readable(self, field: Field, read: Callable[[Cell], T]) -> T | None:
        """The value of a field that a person can be written without. Where it cannot be read, that is asked."""
        try:
            return read(self.cell(field))
        except ValueError as error:
            column = self._column(field)
            wrong = _("The column “%(column)s”: %(what)s") % {"column": column, "what": error.args[0]}
            written = values.text(self.cell(field))
            answer = self.asking.ask(Kind.UNREADABLE, [field, column], rows=[self.number], shown=[column, written])
        if answer == WITHOUT:
            self.report.remarks.append(
                _("“%(column)s”: “%(cell)s” cannot be read, and is left out by your answer.")
                % {"column": column, "cell": written[:60]}
            )
        elif answer is None:
            self.report.questions.append(wrong)
        else:
            self.report.problems.append(wrong)
        return None

    def take_day(self, field: Field) -> date | None:
        """The field's date, told in a remark where only its column says which it is."""
        column = self.date_columns[field] if field in self.date_columns else date_values.DateColumn()
        read = date_values.end_day if field in ENDS else date_values.day
        take = self.take_if_readable if field in OPTIONAL_DAYS else self.take
        day = take(field, lambda cell: read(cell, column))
        if day and column.may_be_swapped and isinstance(self.cell(field), date):
            return self._maybe_swapped(field, day)
        if day and date_values.is_read_by_its_column(self.cell(field), column):
            self.report.remarks.append(
                _("“%(cell)s” is read as %(day)s, as the other dates of the column are written.")
                % {"cell": values.text(self.cell(field)), "day": day}
            )
        return day

    def _with_unread(self, sentence: str, *missing: Field) -> str:
        return with_unread(sentence, self.row, self.layout, *missing)

    def _maybe_swapped(self, field: Field, day: date) -> date:
        """A day of a column in which day and month may have changed places: as it is answered."""
        if day.day == day.month:
            return day
        heading = self._column(field)
        shown = [heading, f"{day.day}.{day.month}.{day.year}"]
        answer = self.asking.ask(Kind.DAY_AND_MONTH, [heading], rows=[self.number], shown=shown)
        if answer is None:
            self.report.questions.append(
                _("The column “%(column)s”: have day and month changed places in its dates?") % {"column": heading}
            )
        if answer != SWAPPED:
            return day
        swapped = day.replace(day=day.month, month=day.day)
        self.report.remarks.append(
            _("“%(cell)s” is read as %(day)s: day and month have changed places, by your answer.")
            % {"cell": shown[1], "day": swapped}
        )
        return swapped

    def _wrong_in(self, field: Field, problem: str) -> None:
        """Note a problem, with the heading of the column it is in."""
        self.report.problems.append(
            _("The column “%(column)s”: %(what)s") % {"column": self._column(field), "what": problem}
        )

    def _column(self, field: Field) -> str:
        """The heading of the field's column."""
        return self.headings.get(field) or str(LABELS[field])

    @cached_property
    def stated(self) -> frozenset[Field]:
        """The columns that the row says something in that is understood."""
        stated = {field for field, cell in self.cells.items() if values.text(cell)}
        for first, choices, phrases in WORDS:
            for field in stated & {first, SECOND_JOB[first]}:
                words = self.words(field)
                if not (vocabularies.label_of(choices, words) or vocabularies.phrase(phrases, words)):
                    stated.remove(field)
        return frozenset(stated)
