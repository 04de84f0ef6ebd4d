"""Where a row says that its person's follow-up is, beside its dates: in a status, by the title or the sheet that it stands
under, in a remark.

Known phrases (``sections.py``) and the names of job specialists are understood. What else stands there is asked about,
each text once: it may say that people have ended, or who follows them, and a row that is read without it looks right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from plass.cases.models import CaseEnded
from plass.organisation.models import User

from . import ending_signs, guards, sections, values
from .columns import known, plain
from .fields import Field
from .plan_types import PlannedPerson, RowReport, SaidStatus
from .questions import FOLLOWED_BY, GOES_ON, HAS_ENDED, LEFT_OUT, ONLY_A_TITLE, WAITS, Answers, Asking, Kind, key
from .reader import cause_is_missing
from .row_numbers import RowNumber
from .row_reader import Layout, with_unread
from .sections import Status
from .sheet import Row, Section, Sheet
from .staff_matching import find_by_title, likely_by_title
from .translatable import gettext as _

#: More unknown statuses than so many are free text: those without a sign of an end are asked about together.
MOST_STATUSES = 12
#: So many of them are shown then.
MOST_SHOWN = 8

_STATUS_OF = {GOES_ON: Status.ACTIVE, WAITS: Status.WAITING, HAS_ENDED: Status.ENDED}


@dataclass
class RowStanding:
    """What one row says. ``questions`` are sentences on what is open, ``left_out`` on why it is not to be written."""

    said: list[SaidStatus] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    left_out: str = ""
    named: dict[str, int] = field(default_factory=dict)


class Standing:
    """Reads it row by row. ``following`` are those of the team who may be meant by a title."""

    def __init__(self, sheet: Sheet, mapping: Mapping[int, Field], asking: Asking, following: Sequence[User]) -> None:
        self._asking, self._following = asking, following
        self._people = [(user.pk, user.name) for user in following]
        self._has_several_sheets = len(sheet.parts) > 1
        self._free_statuses = _free_statuses(sheet, mapping)
        #: "Avsluttet: ja" or "nei" where another column has the date.
        self._whether_ended = {
            column.index: column.heading
            for column in sheet.columns
            if not mapping.get(column.index)
            and known(plain(column.heading)) is Field.ENDED_ON
            and Field.ENDED_ON in mapping.values()
        }
        self._rows = {row.number: row for row in sheet.rows}
        self._remarks = {
            column.index: column.heading
            for column in sheet.columns
            if mapping.get(column.index, Field.IGNORED) in (Field.IGNORED, Field.WISHES)
            and not guards.is_about_something_else(plain(column.heading))
        }

    def of(self, row: Row, layout: Layout) -> RowStanding:
        """What the row's status, its titles and its sheet say."""
        found = RowStanding()
        self._status(row, layout, found)
        if row.section and row.section.status:
            self._say(found, row.number, row.section.status, *_of_a_title(row.section))
        if row.group and not row.group.is_a_row:
            self._title(row, row.group.words, _of_a_title(row.group), found)
        if row.sheet:
            status = sections.status_of(row.sheet)
            if status:
                self._say(found, row.number, status, *_of_a_sheet(row.sheet))
            elif self._is_to_be_asked_of(row.sheet):
                self._title(row, row.sheet, _of_a_sheet(row.sheet), found)
        found.said = [
            replace(said, has_no_end=with_unread(said.has_no_end, row, layout, Field.ENDED_ON)) for said in found.said
        ]
        for index, heading in self._whether_ended.items():
            written = values.text(row.cells[index]) if index < len(row.cells) else ""
            if written.lower() in values.HAS_ENDED:
                self._say(found, row.number, Status.ENDED, _source(heading, written), _has_no_end(heading, written))
        return found

    def _is_to_be_asked_of(self, sheet: str) -> bool:
        """Whether a sheet's name matters: one alone is called anything, but not "Takket nei" or what was answered before."""
        return (
            self._has_several_sheets
            or ending_signs.guess_of(sheet) in (HAS_ENDED, LEFT_OUT)
            or _key_of_title(sheet) in self._asking.answers.by_key
        )

    def look_at_remarks(self, person: PlannedPerson, reports: Mapping[RowNumber, RowReport]) -> str:
        """Ask about a person with a remark that may say that they have ended, or are not to be in the list; tell of pauses.

        Of whom the list gives an end, only whether they are to be in it is asked. Returns why they are not to be written,
        where that is the answer.
        """
        for number in person.rows:
            if why := self._look_whether_ended(person, number, reports[number]):
                return why
            for where, text in self._remarks_of(self._rows[number]):
                if person.ended_on is None and ending_signs.says_paused(text):
                    self._tell_of_a_pause(person, number, where, text)
                if not (
                    ending_signs.says_not_to_be_here(text)
                    or (person.ended_on is None and ending_signs.says_ended(text))
                ):
                    continue
                shown = f"{where}: {text}"
                about = [where, " ".join(text.lower().split())]
                answer = self._asking.ask(Kind.REMARK, about, rows=[number], shown=[shown])
                if answer is None:
                    reports[number].questions.append(
                        _("“%(column)s” is “%(words)s”. Does the follow-up go on?") % {"column": where, "words": text}
                    )
                elif answer == LEFT_OUT:
                    return _left_out(text)
                else:
                    person.said.append(
                        SaidStatus(
                            number,
                            _STATUS_OF[answer],
                            _source(where, text),
                            _has_no_end(where, text),
                        )
                    )
        return ""

    def _look_whether_ended(self, person: PlannedPerson, number: RowNumber, report: RowReport) -> str:
        """Ask about somebody with an end date whose row says in another column that the follow-up has not ended. Returns why
        they are not to be written, where that is the answer.
        """
        row = self._rows[number]
        for index, heading in self._whether_ended.items():
            written = values.text(row.cells[index]) if index < len(row.cells) else ""
            if person.ended_on is None or written.lower() not in values.GOES_ON:
                continue
            shown = f"{heading}: {written}; {person.ended_on:%d.%m.%Y}"
            answer = self._asking.ask(
                Kind.REMARK, [shown, person.number.digits], rows=[number], shown=[shown], guess=HAS_ENDED
            )
            if answer is None:
                report.questions.append(
                    _("%(source)s, but the list has an end date, %(day)s. Does the follow-up go on?")
                    % {"source": _source(heading, written), "day": person.ended_on}
                )
            elif answer == LEFT_OUT:
                return _left_out(written)
            elif answer == GOES_ON:
                report.remarks.append(
                    _("The end date, %(day)s, is not used: the follow-up goes on, by your answer.")
                    % {"day": person.ended_on}
                )
                person.ended_on, person.end_cause, person.end_note = None, "", ""
        return ""

    def _tell_of_a_pause(self, person: PlannedPerson, number: RowNumber, where: str, text: str) -> None:
        """Tell of a pause, once of each person. It is no end, and no list says since when."""
        if not any(said.status is Status.PAUSED for said in person.said):
            person.said.append(SaidStatus(number, Status.PAUSED, _source(where, text), ""))

    def _remarks_of(self, row: Row) -> Iterator[tuple[str, str]]:
        for index, heading in self._remarks.items():
            cell = row.cells[index] if index < len(row.cells) else None
            if isinstance(cell, str):
                yield heading, cell
        yield from row.beside

    def _status(self, row: Row, layout: Layout, found: RowStanding) -> None:
        index = layout.by_field.get(Field.STATUS)
        cell = row.cells[index] if index is not None and index < len(row.cells) else None
        written = values.text(cell)[:200]
        if not written:
            return
        column = layout.headings[Field.STATUS]
        source = _source(column, written)
        if status := sections.status_of(written):
            self._say(found, row.number, status, source, _has_no_end(column, written))
            return
        words = sections.folded_words(written)
        is_one_of_many = words in self._free_statuses
        about = ["several", *sorted(self._free_statuses)] if is_one_of_many else [words]
        answer = self._asking.ask(
            Kind.STATUS,
            about,
            rows=[row.number],
            shown=_beginning(list(self._free_statuses.values())) if is_one_of_many else [written],
            guess=GOES_ON if is_one_of_many else ending_signs.guess_of(written),
        )
        if answer is None:
            found.questions.append(_("%(source)s. What does that mean?") % {"source": source})
        elif answer == LEFT_OUT:
            found.left_out = _left_out(written)
        else:
            meaning, _space, cause = answer.partition(" ")
            self._say(found, row.number, _STATUS_OF[meaning], source, _has_no_end(column, written), written, cause)

    def _title(self, row: Row, words: str, sentences: tuple[str, str], found: RowStanding) -> None:
        """What a title or a sheet that is no known status says, where it says something at all."""
        if sections.says_nothing(words) or find_by_title(words, self._following):
            return
        likely = likely_by_title(words, self._following)
        guess = ending_signs.guess_of(words)
        if likely is not None and guess not in (HAS_ENDED, LEFT_OUT):
            guess = f"{FOLLOWED_BY} {likely.pk}"
        answer = self._asking.ask(
            Kind.TITLE,
            [sections.folded_words(words)],
            rows=[row.number],
            shown=[words],
            guess=guess,
            people=self._people,
            accepted="" if guess in (HAS_ENDED, LEFT_OUT) else guess or ONLY_A_TITLE,
        )
        if answer is None:
            found.questions.append(_("%(source)s. What does that mean?") % {"source": sentences[0]})
        elif answer == LEFT_OUT:
            found.left_out = _left_out(words)
        elif answer in _STATUS_OF:
            self._say(found, row.number, _STATUS_OF[answer], *sentences)
        elif answer != ONLY_A_TITLE:
            found.named[words] = int(answer.removeprefix(FOLLOWED_BY))

    def _say(
        self,
        found: RowStanding,
        number: RowNumber,
        status: Status,
        source: str,
        has_no_end: str,
        words: str = "",
        cause: str = "",
    ) -> None:
        found.said.append(SaidStatus(number, status, source, has_no_end, words, cause))


def use_cause(person: PlannedPerson, said: SaidStatus, report: RowReport) -> None:
    """Take the cause of the end from a status, where it was answered what that means and the list gives none."""
    if not said.cause or Field.END_CAUSE in person.stated:
        return
    person.end_cause, person.end_note = said.cause, said.words
    report.remarks[:] = [
        *(remark for remark in report.remarks if remark != cause_is_missing()),
        _("The cause of the end, “%(words)s”, is taken as “%(meaning)s”. The words are kept as a note.")
        % {"words": said.words, "meaning": CaseEnded.Cause(said.cause).label},
    ]


def asks_about(status: str, asked: Set[str], answers: Answers) -> bool:
    """Whether a status by itself is one of the open questions, whose keys are ``asked``."""
    of_status = key(Kind.STATUS, sections.folded_words(status))
    return of_status in asked and of_status not in answers.by_key


def _free_statuses(sheet: Sheet, mapping: Mapping[int, Field]) -> dict[str, str]:
    """Unknown statuses without a sign of an end, where there are too many to ask about each: folded, and as written."""
    indexes = [index for index, holds in mapping.items() if holds is Field.STATUS]
    unknown: dict[str, str] = {}
    for row in sheet.rows if indexes else ():
        for index in indexes:
            written = values.text(row.cells[index])[:200] if index < len(row.cells) else ""
            if written and sections.status_of(written) is None:
                unknown.setdefault(sections.folded_words(written), written)
    if len(unknown) <= MOST_STATUSES:
        return {}
    return {
        words: written
        for words, written in unknown.items()
        if ending_signs.guess_of(written) not in (HAS_ENDED, LEFT_OUT)
    }


def _key_of_title(words: str) -> str:
    return key(Kind.TITLE, sections.folded_words(words))


def _beginning(texts: Sequence[str]) -> list[str]:
    more = len(texts) - MOST_SHOWN
    return [*texts[:MOST_SHOWN], *([_("and %(more)d more") % {"more": more}] if more > 0 else [])]


def _of_a_title(title: Section) -> tuple[str, str]:
    where = {"title": title.words, "row": title.number}
    return (
        _("The row stands under “%(title)s” (row %(row)s)") % where,
        _(
            "The row stands under “%(title)s” (row %(row)s), but there is no end date. "
            "Write the date, or move the row if the follow-up goes on."
        )
        % where,
    )


def _of_a_sheet(title: str) -> tuple[str, str]:
    return (
        _("The sheet is named “%(sheet)s”") % {"sheet": title},
        _(
            "The sheet is named “%(sheet)s”, but the row has no end date. "
            "Write the date, or move the row if the follow-up goes on."
        )
        % {"sheet": title},
    )


def _source(column: str, written: str) -> str:
    return _("“%(column)s” is “%(status)s”") % {"column": column, "status": written}


def _has_no_end(column: str, written: str) -> str:
    return _("“%(column)s” is “%(status)s”, but there is no end date. Write the date, or mend the status.") % {
        "column": column,
        "status": written,
    }


def _left_out(words: str) -> str:
    return _("Is not written, by your answer to “%(words)s”.") % {"words": words}
