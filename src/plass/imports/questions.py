"""What must be answered before a list is written: what a column holds, what words mean, who is protected, damaged letters.

Pure: a :class:`Question` is collected while the list is read, and has the same key each time the same file is read, so that
an answer holds for the next check. A question about the whole list stops all writing, one about some rows holds back
the people in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted

from .row_numbers import RowNumber

#: So much of a cell is shown.
LONGEST_SHOWN = 300
#: So many cells of a column are shown.
MOST_CELLS_SHOWN = 6
#: So many rows are named.
MOST_ROWS_SHOWN = 8


class Kind(StrEnum):
    """What is asked."""

    COLUMN = "column"
    PROTECTION = "protection"
    NAME = "name"
    PERIODS = "periods"
    OVERLAP = "overlap"
    MOVED = "moved"
    DAY_AND_MONTH = "day_and_month"
    HOURS = "hours"
    LETTERS = "letters"
    TITLE = "title"
    STATUS = "status"
    REMARK = "remark"
    END_CAUSE = "end_cause"
    JOB_END_REASON = "job_end_reason"
    JOB_FORM = "job_form"
    JOB = "job"
    EMPLOYER = "employer"
    EMPLOYERS = "employers"
    UNREADABLE = "unreadable"

    @property
    def asks(self) -> Promise:
        """What is asked, as a heading."""
        return _ASKED[self][0]

    @property
    def explanation(self) -> Promise:
        """What one must know to answer."""
        return _ASKED[self][1]


_ASKED: dict[Kind, tuple[Promise, Promise]] = {
    Kind.COLUMN: (
        _("What do these columns hold?"),
        _(
            "The headings are known only in part, often mean something else, or stand after somebody else's or a job's. "
            "Nothing is written before somebody has said what the columns hold."
        ),
    ),
    Kind.PROTECTION: (
        _("Is the address protected?"),
        _(
            "Words in the row, or around the list, may say so. Nobody here is written before it is answered. "
            "The stricter answer is the safe one."
        ),
    ),
    Kind.NAME: (
        _("Is it the same person?"),
        _(
            "The identity number is registered with another name. What the list says would be written on that "
            "person's case, so nothing is written before it is answered."
        ),
    ),
    Kind.PERIODS: (
        _("Which period of follow-up is it?"),
        _(
            "The rows are about several periods of one person, and a list writes one of each person. To have the earlier "
            "ones too, put them in a list of their own and write that one first."
        ),
    ),
    Kind.OVERLAP: (
        _("Is it one follow-up or several?"),
        _(
            "The rows of one person are about times that overlap, and nobody has two follow-ups at once. As one, it begins "
            "on the first day and ends on the last, or goes on where one has no end. If it was several, mend the days."
        ),
    ),
    Kind.MOVED: (
        _("Have the cells of these rows moved?"),
        _(
            "Something stands in a column that should be in its neighbour. A mark within a cell, or a missing one, has "
            "probably moved all that follows by one column. Nothing of the row is read before it is answered."
        ),
    ),
    Kind.DAY_AND_MONTH: (
        _("Have day and month changed places?"),
        _(
            "In these columns the days up to the twelfth are dates and all the others are text. So it becomes where a "
            "spreadsheet that has the month first opens a list that has the day first. Hold it against the list it is from."
        ),
    ),
    Kind.HOURS: (
        _("Are these hours or per cent?"),
        _("A column has numbers that can be both hours a week and per cent of a position."),
    ),
    Kind.LETTERS: (
        _("Are these letters right?"),
        _("They look damaged, as when “ø” becomes “Ã¸”. Mend the list and read it again, or say that they are right."),
    ),
    Kind.TITLE: (
        _("What do these titles and names of sheets mean?"),
        _("People stand under them, and they are not known. The answer holds for all rows below the title."),
    ),
    Kind.STATUS: (
        _("What do these statuses mean?"),
        _("These words are not known. Without an answer nobody can tell whether the follow-up goes on."),
    ),
    Kind.REMARK: (
        _("Does the follow-up go on?"),
        _(
            "Words in a comment, or in a column that is not read, may say so, or that the person is not to be in the list."
        ),
    ),
    Kind.END_CAUSE: (
        _("Why did the follow-up end?"),
        _("These words are not known. Say what they mean, once for each. The words themselves are kept as a note."),
    ),
    Kind.JOB_END_REASON: (
        _("Why did the job end?"),
        _("These words are not known. Say what they mean, once for each."),
    ),
    Kind.JOB_FORM: (
        _("Which form of employment is it?"),
        _("These words are not known. A job with a wage and a work trial are different outcomes."),
    ),
    Kind.JOB: (
        _("Is it an ordinary job?"),
        _(
            "Words beside these jobs may say that it is a work trial or a measure, voluntary, with wage subsidy, or no job "
            "that anybody has. Only a job with a wage counts as one."
        ),
    ),
    Kind.EMPLOYER: (
        _("Is it the same employer?"),
        _(
            "The names differ by a letter. If one is a slip, the jobs belong to the other. If they are two, both are "
            "written as they stand."
        ),
    ),
    Kind.EMPLOYERS: (
        _("Is it one employer?"),
        _("The cell seems to name several employers, and a row has one job for each column of employers."),
    ),
    Kind.UNREADABLE: (
        _("May people be written without these cells?"),
        _("They cannot be read, and a person can be written without them. The answer holds for the whole column."),
    ),
}

#: What words and columns mean, whoever they are written of: answered once, it holds for the office's next lists. Not a
#: title: it may be somebody's name, and a colleague would learn that it stood in a list.
OF_THE_OFFICE = frozenset(
    {
        *(Kind.END_CAUSE, Kind.JOB_END_REASON, Kind.JOB_FORM, Kind.JOB, Kind.STATUS, Kind.REMARK),
        *(Kind.UNREADABLE, Kind.HOURS, Kind.EMPLOYER, Kind.EMPLOYERS),
    }
)

#: Of these a list outside the program (the screen of a command, a file of questions) has the rows alone: their words may
#: say where somebody is.
WITHOUT_WORDS = frozenset({Kind.PROTECTION, Kind.REMARK})
#: These show what one person's rows say: there without their words too, while it is open whether the address is protected.
OF_A_PERSON = frozenset({Kind.NAME, Kind.PERIODS, Kind.OVERLAP, Kind.MOVED, Kind.LETTERS})

#: The answers that are no value of a fact.
YES, NOT_PROTECTED, AS_IT_STANDS = "yes", "none", "as_it_stands"
#: Where a follow-up is, by the answer; the cause of an end may stand behind its word.
GOES_ON, WAITS, HAS_ENDED, LEFT_OUT = "active", "waiting", "ended", "left_out"
#: A title that says nothing of the rows below it, and the word before the number of the user whom it names.
ONLY_A_TITLE, FOLLOWED_BY = "title", "user"
_GOES_ON = (GOES_ON, _("the follow-up goes on"))
_WAITS = (WAITS, _("not begun yet, waits"))
_LEFT_OUT = (LEFT_OUT, _("do not write these"))
SAME_PERSON, WRONG_NUMBER, LATEST, TOGETHER = "same", "wrong_number", "latest", "together"
SWAPPED, HOURS, PER_CENT = "swapped", "hours", "per_cent"
WITHOUT, WAIT = "without", "wait"
ORDINARY_JOB, SUBSIDISED_JOB, NO_JOB = "ordinary", "subsidised", "no_job"
SAME_EMPLOYER, ANOTHER_EMPLOYER, ONE_EMPLOYER, FIRST_EMPLOYER = "same", "another", "one", "first"
_WAITS_FOR_THE_LIST = (WAIT, _("the person waits until the list is mended"))
_ONLY_THE_LATEST = (LATEST, _("only the last one is written, without the jobs and the rest of the earlier rows"))

#: What each kind of question may be answered with, in words.
CHOICES: dict[Kind, tuple[tuple[str, str | Promise], ...]] = {
    Kind.COLUMN: ((YES, _("That is right")),),
    Kind.PROTECTION: (
        (NOT_PROTECTED, _("not protected: the words mean something else")),
        (Participant.Protection.OWN_EMPLOYEE.value, Participant.Protection.OWN_EMPLOYEE.label),
        (Participant.Protection.CONFIDENTIAL.value, Participant.Protection.CONFIDENTIAL.label),
        (Participant.Protection.STRICTLY_CONFIDENTIAL.value, Participant.Protection.STRICTLY_CONFIDENTIAL.label),
    ),
    Kind.TITLE: (
        _GOES_ON,
        _WAITS,
        (HAS_ENDED, _("the follow-up has ended")),
        _LEFT_OUT,
        (ONLY_A_TITLE, _("nothing, it is only a title")),
    ),
    Kind.STATUS: (
        _GOES_ON,
        _WAITS,
        (HAS_ENDED, _("has ended, with the cause that the list gives")),
        *(
            (f"{HAS_ENDED} {value}", format_lazy(_("has ended: {cause}"), cause=label))
            for value, label in CaseEnded.Cause.choices
        ),
        _LEFT_OUT,
    ),
    Kind.REMARK: (_GOES_ON, (HAS_ENDED, _("the follow-up has ended")), _LEFT_OUT),
    Kind.NAME: (
        (SAME_PERSON, _("the same person, with a new or another name")),
        (WRONG_NUMBER, _("another person: the number in the list is wrong")),
    ),
    Kind.PERIODS: (_ONLY_THE_LATEST, _WAITS_FOR_THE_LIST),
    Kind.OVERLAP: (
        (TOGETHER, _("one: written from the first day to the last, with the jobs of all rows")),
        _ONLY_THE_LATEST,
        _WAITS_FOR_THE_LIST,
    ),
    Kind.MOVED: (
        (AS_IT_STANDS, _("no: the row is right as it stands")),
        (WAIT, _("yes: the person waits until the list is mended")),
    ),
    Kind.DAY_AND_MONTH: (
        (AS_IT_STANDS, _("no: the dates are right as they stand")),
        (SWAPPED, _("yes: what is shown as day is the month")),
    ),
    Kind.HOURS: ((HOURS, _("hours a week")), (PER_CENT, _("per cent of a position"))),
    Kind.LETTERS: ((AS_IT_STANDS, _("is right, and written as it stands")),),
    Kind.END_CAUSE: (
        *((value, label) for value, label in CaseEnded.Cause.choices if value != CaseEnded.Cause.OTHER),
        (CaseEnded.Cause.OTHER.value, _("other, with the words as a note")),
    ),
    Kind.JOB_END_REASON: (
        *((value, label) for value, label in JobEnded.Reason.choices if value != JobEnded.Reason.OTHER),
        (JobEnded.Reason.OTHER.value, _("other (the words are not kept)")),
    ),
    Kind.JOB_FORM: tuple(JobStarted.Form.choices),
    Kind.JOB: (
        *((value, label) for value, label in JobStarted.Form.choices if value in JobStarted.UNPAID),
        (SUBSIDISED_JOB, _("a job with wage subsidy")),
        (ORDINARY_JOB, _("an ordinary job")),
        (NO_JOB, _("do not write this job")),
    ),
    Kind.EMPLOYER: (
        (SAME_EMPLOYER, _("the same: the first name is a slip")),
        (ANOTHER_EMPLOYER, _("two different employers")),
    ),
    Kind.EMPLOYERS: (
        (ONE_EMPLOYER, _("one, and this is its name")),
        (FIRST_EMPLOYER, _("several: write a job at the first one only")),
        _WAITS_FOR_THE_LIST,
    ),
    Kind.UNREADABLE: (
        (WITHOUT, _("write the person without it")),
        _WAITS_FOR_THE_LIST,
    ),
}


@dataclass(frozen=True)
class Question:
    """One question. ``shown`` is what stands in the list, ``rows`` where; without rows it is about all of them.

    ``accepted`` is the answer that ``plass import --accept-guesses`` takes; without it, only a person who looks at the
    list can answer. ``guess`` is the likeliest answer, which is offered first. ``people`` are those whom the answer may
    name, as numbers and names of users. ``case_id`` is the case that one looks at to know the answer.
    """

    kind: Kind
    key: str
    shown: tuple[str, ...]
    rows: tuple[RowNumber, ...] = ()
    accepted: str = ""
    guess: str = ""
    people: tuple[tuple[int, str], ...] = ()
    case_id: int | None = None

    @property
    def rows_in_words(self) -> str:
        """The first rows that it is about, and how many more there are."""
        first, more = self.rows[:MOST_ROWS_SHOWN], len(self.rows) - MOST_ROWS_SHOWN
        by_sheet: dict[str, list[RowNumber]] = {}
        for row in first:
            by_sheet.setdefault(row.sheet, []).append(row)
        numbers = ", ".join(RowNumber.several(rows) for rows in by_sheet.values())
        return gettext("%(rows)s and %(more)d more") % {"rows": numbers, "more": more} if more > 0 else numbers

    @property
    def guess_label(self) -> str | Promise:
        """The likeliest answer, in words; empty where there is none."""
        return dict(self._choices).get(self.guess, "")

    @property
    def choices(self) -> tuple[tuple[str, str | Promise], ...]:
        """The values that it may be answered with, and what they are called."""
        guessed = ((value, format_lazy(_("{answer} (guessed)"), answer=label)) for value, label in self._choices)
        first = [choice for choice in guessed if choice[0] == self.guess]
        return (*first, *(choice for choice in self._choices if choice[0] != self.guess))

    @property
    def _choices(self) -> tuple[tuple[str, str | Promise], ...]:
        named = ((f"{FOLLOWED_BY} {pk}", format_lazy(_("followed by {name}"), name=name)) for pk, name in self.people)
        return (*named, *CHOICES[self.kind])


@dataclass(frozen=True)
class AnsweredBefore:
    """An answer to the same question of an earlier list: by whom, and on which day."""

    answer: str
    by: str
    day: date


class Kept(Protocol):
    """What was answered about earlier lists."""

    def to(self, question: Question) -> AnsweredBefore | None:
        """The answer that holds for the question too, or None."""


@dataclass(frozen=True)
class Answers:
    """What was answered, by the questions' keys; and of what was answered about earlier lists, what is ``kept``."""

    by_key: Mapping[str, str] = field(default_factory=dict)
    kept: Kept | None = None

    def to(self, question: Question) -> str | None:
        """The answer to a question; None where it is open. What is none of its choices is no answer."""
        answer = self.by_key.get(question.key)
        if answer is None and (before := self.before(question)):
            answer = before.answer
        return answer if answer is not None and answer in dict(question.choices) else None

    def before(self, question: Question) -> AnsweredBefore | None:
        """The answer from an earlier list, where nothing is answered about this one."""
        return self.kept.to(question) if self.kept and question.key not in self.by_key else None

    def with_more(self, answers: Mapping[str, str]) -> Answers:
        """These and others; of two answers to one question the new one holds."""
        return Answers({**self.by_key, **answers}, self.kept)


NO_ANSWERS = Answers()


def open_among(questions: Iterable[Question], answers: Answers) -> list[Question]:
    """The questions that are not answered."""
    return [question for question in questions if answers.to(question) is None]


def maybe_protected(questions: Iterable[Question]) -> set[RowNumber]:
    """The rows of people of whom it is asked whether their address is protected."""
    return {row for question in questions if question.kind is Kind.PROTECTION for row in question.rows}


def accepting_guesses(questions: Iterable[Question], answers: Answers) -> Answers:
    """The answers, and for each open question what is taken without asking, where there is such."""
    return answers.with_more(
        {question.key: question.accepted for question in open_among(questions, answers) if question.accepted}
    )


def key(kind: Kind, *about: object) -> str:
    """What a question is known by: its kind, and a digest of what it is about."""
    digest = sha256("\x1f".join(map(str, about)).encode()).hexdigest()
    return f"{kind}-{digest[:20]}"


class Asking:
    """Collects the questions of a list while it is read, each once, and knows the answers."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self._questions: dict[str, Question] = {}
        self._rows: dict[str, dict[RowNumber, None]] = {}

    def ask(
        self,
        kind: Kind,
        about: Sequence[object],
        *,
        rows: Sequence[RowNumber],
        shown: Sequence[str],
        accepted: str = "",
        guess: str = "",
        people: Sequence[tuple[int, str]] = (),
        case_id: int | None = None,
    ) -> str | None:
        """The answer to a question of some rows, or None: then those rows wait. The same question is asked once."""
        of_this = key(kind, *about)
        cells = tuple(cell[:LONGEST_SHOWN] for cell in shown)
        known = self._questions.get(of_this)
        if known is None:
            self._questions[of_this] = Question(
                kind, of_this, cells, accepted=accepted, guess=guess, people=tuple(people), case_id=case_id
            )
        elif kind is Kind.UNREADABLE and len(known.shown) <= MOST_CELLS_SHOWN:
            # The question is about a column, and each of its cells is told.
            self._questions[of_this] = replace(known, shown=tuple(dict.fromkeys((*known.shown, *cells))))
        self._rows.setdefault(of_this, {}).update(dict.fromkeys(rows))
        return self.answers.to(self._questions[of_this])

    def is_answered(self, kind: Kind, *about: object) -> bool:
        """Whether a question is answered, now or about an earlier list, without asking it."""
        return self.answers.to(Question(kind, key(kind, *about), ())) is not None

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that was asked, answered or not, in the order of the list."""
        return tuple(replace(one, rows=tuple(self._rows[one.key])) for one in self._questions.values())
