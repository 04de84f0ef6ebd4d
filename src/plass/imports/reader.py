"""One row of a sheet as a person. What is wrong goes into the row's report instead of stopping the reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from dataclasses import field as dataclasses_field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from plass.cases import identity
from plass.cases.models import CaseEnded
from plass.employers import organisation_number
from plass.employers.queries import core_name
from plass.jobs.models import JobEnded, JobStarted

from . import date_values, guards, job_signs, protection_signs, values, vocabularies
from .columns import may_hold, plain
from .employer_names import NO_NAMES, EmployerNames, same_key
from .fields import PARTICULARS, SECOND_JOB, Field
from .labels import LABELS
from .lengths import LONGEST, LONGEST_WORDS
from .lines import Cell, is_damaged
from .plan_types import PlannedJob, PlannedPerson, RowReport
from .questions import (
    AS_IT_STANDS,
    CHOICES,
    FIRST_EMPLOYER,
    HOURS,
    NO_JOB,
    ONE_EMPLOYER,
    ORDINARY_JOB,
    PER_CENT,
    SAME_EMPLOYER,
    SUBSIDISED_JOB,
    SWAPPED,
    WAIT,
    WITHOUT,
    Asking,
    Kind,
)
from .row_numbers import RowNumber
from .sheet import Row
from .translatable import as_written
from .translatable import gettext as _

T = TypeVar("T")
#: The field of the first job that a second one's is.
_FIRST_JOB = {second: first for first, second in SECOND_JOB.items()}
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


def read(
    row: Row,
    layout: Layout,
    report: RowReport,
    asking: Asking,
    *,
    today: date,
    employers: EmployerNames = NO_NAMES,
) -> PlannedPerson | None:
    """The person of a row, or None where the identity number cannot be read. ``report`` gets what is wrong or
    asked, and ``asking`` collects what must be answered. ``employers`` are the names of them in the list.
    """
    return _Reader(row, layout, report, asking, today, employers).person()


def wrong_order(
    headings: Mapping[Field, str],
    *,
    referred_on: date | None,
    started_on: date | None,
    last_met_on: date | None,
    ended_on: date | None,
) -> list[str]:
    """What is wrong with the order of a person's dates, in sentences that name the columns."""
    referred, started, met, ended = referred_on, started_on, last_met_on, ended_on
    sentences = []
    if referred and started and started < referred:
        sentences.append(_too_early(Field.STARTED_ON, started, Field.REFERRED_ON, referred, headings))
    if referred and met and met < referred:
        sentences.append(_too_early(Field.LAST_MET_ON, met, Field.REFERRED_ON, referred, headings))
    begun = started or referred
    if ended and begun and ended < begun:
        than = Field.STARTED_ON if started else Field.REFERRED_ON
        sentences.append(_too_early(Field.ENDED_ON, ended, than, begun, headings))
    return sentences


def _too_early(early: Field, day: date, late: Field, other: date, headings: Mapping[Field, str]) -> str:
    return _("“%(early)s” (%(day)s) is before “%(late)s” (%(other)s). Mend the one that is wrong.") % {
        "early": headings.get(early, LABELS[early]),
        "day": day,
        "late": headings.get(late, LABELS[late]),
        "other": other,
    }


def cause_is_missing() -> str:
    """What is said of an end without a cause."""
    return _("The cause of the end is missing and is taken as “%(meaning)s”.") % {
        "meaning": CaseEnded.Cause.OTHER.label
    }


def _with_months_for_tests(digits: str) -> list[str]:
    """A number of a birth date and five digits, and the numbers for tests that are made of the same two."""
    return [digits, *(f"{digits[:2]}{int(digits[2:4]) + more:02}{digits[4:]}" for more in (80, 40))]


def _is_right(digits: str) -> bool:
    try:
        identity.parse(digits)
    except ValidationError:
        return False
    return True


def read_cell(field: Field, row: Row, layout: Layout, report: RowReport, asking: Asking, *, today: date) -> Any:
    """What one cell of a row is read as by itself: a date, a text, the pair of names, hours and what they are made of ...

    ``report`` gets what is wrong with it. The other columns count where two are read together (given and family name).
    """
    together = NAMES if field in NAMES else {field}
    own = {other: index for other, index in layout.by_field.items() if other in together}
    return _Reader(row, replace(layout, by_field=own), report, asking, today).value(field)


NAMES = frozenset({Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME})


class _Reader:
    def __init__(
        self,
        row: Row,
        layout: Layout,
        report: RowReport,
        asking: Asking,
        today: date,
        employers: EmployerNames = NO_NAMES,
    ) -> None:
        self.employers = employers
        self.row, self.report, self.asking, self.today, self.number = row, report, asking, today, row.number
        self.layout = layout
        self.date_columns, self.headings = layout.date_columns, layout.headings
        self.hours_or_per_cent = layout.hours_or_per_cent
        #: The fields of the job that is being read, by those of the first.
        self.of_the_job: Mapping[Field, Field] = {}
        self.cells: dict[Field, Cell] = {}
        #: Whose cell is a formula without a result, or a mark for the row above: that is told, and not that something
        #: is missing too.
        self.broken: set[Field] = set()
        for field, index in layout.by_field.items():
            cell = row.cells[index] if index < len(row.cells) else None
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

    def person(self) -> PlannedPerson | None:
        number = self._number()
        given, family = self.take_names()
        dates = {}
        for name, field in (
            ("referred_on", Field.REFERRED_ON),
            ("started_on", Field.STARTED_ON),
            ("last_met_on", Field.LAST_MET_ON),
            ("ended_on", Field.ENDED_ON),
        ):
            dates[name] = day = self.take_day(field)
            if day and day > self.today:
                if field is Field.ENDED_ON:
                    dates[name] = None
                    self._remark_on_planned_end(field, day)
                else:
                    self._wrong_in(field, _("%(day)s lies ahead of today. Write a day that has been.") % {"day": day})
        self._planned_end(dates["ended_on"])
        details, jobs = self._details(), self._jobs()
        cause, note = self._cause() if dates["ended_on"] else ("", "")
        self.report.problems.extend(wrong_order(self.headings, **dates))
        if number is None:
            return None
        return PlannedPerson(
            number=number,
            given_name=given,
            family_name=family,
            rows=[self.number],
            person=details,
            specialist=self.text(Field.SPECIALIST),
            counsellor=self.text(Field.COUNSELLOR),
            wishes=self.text(Field.WISHES, longest=5_000),
            end_cause=cause,
            end_note=note,
            jobs=jobs,
            causes_alone=self._cause_alone() if dates["ended_on"] is None else [],
            stands_under=[title for title in (self.row.group and self.row.group.words, self.row.sheet) if title],
            stated=self.stated,
            referred_on=dates["referred_on"],
            started_on=dates["started_on"],
            last_met_on=dates["last_met_on"],
            ended_on=dates["ended_on"],
            answered={},
        )

    def value(self, field: Field) -> Any:
        """What the cell of one field is read as."""
        first = _FIRST_JOB.get(field, field)
        if first is not field:
            self.of_the_job = SECOND_JOB
        match first:
            case Field.NAME:
                return self.take_names()
            case Field.GIVEN_NAME | Field.MIDDLE_NAME | Field.FAMILY_NAME:
                return self.take_names()[field is Field.FAMILY_NAME]
            case Field.IDENTITY_NUMBER:
                return self._number()
            case Field.JOB_HOURS | Field.JOB_PERCENT:
                return self._hours()
            case Field.SUBSIDISED:
                return self.take_if_readable(field, values.yes)
            case Field.BIRTH_DATE | Field.PERSONAL_NUMBER | Field.STATUS | Field.PLANNED_END_ON:
                return self.text(field)
            case _ if field in PARTICULARS:
                return self._particular(field)
            case Field.PROTECTION:
                return self._protection()
            case Field.END_CAUSE:
                return self._cause()[0]
            case Field.JOB_FORM:
                return self._form()
            case Field.JOB_END_REASON:
                return self._end_reason()
            case Field.EMPLOYER:
                return self._employer()
            case Field.EMPLOYER_NUMBER:
                return self._organisation_number()
            case _ if field in self.date_columns:
                return self.take_day(field)
        return self.text(field)

    def _planned_end(self, ended_on: date | None) -> None:
        """Look at the column of planned ends. Nothing is written of one; one that has passed is told."""
        field = Field.PLANNED_END_ON
        try:
            column = self.date_columns.get(field) or date_values.DateColumn()
            planned = date_values.end_day(self.cell(field), column)
        except ValueError:
            # A week, a month or a text: as nothing is written of it, nothing need be mended.
            return
        if planned and planned <= self.today and ended_on is None:
            self.report.remarks.append(
                _("“%(column)s” is %(day)s, which has been, but no end is given: the follow-up goes on.")
                % {"column": self._column(field), "day": planned}
            )

    def _remark_on_planned_end(self, field: Field, day: date) -> None:
        self.report.remarks.append(
            _("“%(column)s” is %(day)s, which lies ahead: it is taken as planned, and is not written.")
            % {"column": self._column(field), "day": day}
        )

    def _doubt_order(self, given: str, family: str) -> None:
        """Tell what a whole name that begins in capitals is read as: lists write the family name so, and often first."""
        words = [] if self.cell(Field.FAMILY_NAME) else values.text(self._whole_name()).split()
        if len(words) > 1 and words[0].isupper() and len(words[0]) > 1 and not any("," in word for word in words):
            self.report.doubts.append(
                _(
                    "“%(cell)s” is read as given name %(given)s and family name %(family)s. "
                    "If the family name stands first, write a comma after it."
                )
                % {"cell": " ".join(words)[:60], "given": given, "family": family}
            )

    def take_names(self) -> tuple[str, str]:
        try:
            given, family = values.names(
                self._whole_name(),
                self.cell(Field.GIVEN_NAME),
                self.cell(Field.FAMILY_NAME),
                middle=self.cell(Field.MIDDLE_NAME),
                # What damaged letters leave in a name is asked about.
                may_have_marks=any(
                    is_damaged(self.cell(field))
                    for field in (Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME)
                ),
            )
        except ValueError as error:
            fields = (Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME)
            self.report.who = " ".join(filter(None, (values.text(self.cell(field)) for field in fields)))
            if self.broken.isdisjoint(fields):
                self.report.problems.append(error.args[0])
            return "", ""
        self.report.who = f"{given} {family}"
        if given[0].islower() != family[0].islower() and not values.begins_with_a_particle(given, family):
            self.report.doubts.append(
                _("“%(name)s”: one of the names begins with a small letter. Has a letter been lost before it?")
                % {"name": self.report.who}
            )
        self._doubt_order(given, family)
        return given, family

    def _whole_name(self) -> Cell:
        """The name in one column. Where its heading says that the family name comes first, two words are turned."""
        cell = self.cell(Field.NAME)
        if not re.match("(navn )?etter(navn)? (og )?fornavn", plain(self.headings.get(Field.NAME, ""))):
            return cell
        words = values.text(cell).split()
        if len(words) < 2 or any("," in word for word in words):
            return cell
        if len(words) > 2:
            raise ValueError(
                _("“%(name)s”: the family name comes first. Write a comma after it.") % {"name": values.text(cell)}
            )
        return f"{words[0]}, {words[1]}"

    def _number(self) -> identity.IdentityNumber | None:
        try:
            digits = values.identity_digits(self._number_cell())
            if not digits and self.broken & {Field.IDENTITY_NUMBER, Field.PERSONAL_NUMBER, Field.BIRTH_DATE}:
                return None
            if not digits:
                missing = _("The identity number is missing. Without it nobody can be told apart.")
                self.report.problems.append(self._with_unread(missing, Field.IDENTITY_NUMBER))
                return None
            number = identity.parse(digits)
        except ValidationError as error:
            count = len(self._digits_written())
            self.report.problems.append(
                _("The identity number has only %(count)d digits, and with zeros in front it is none either.")
                % {"count": count}
                if count in (9, 10)
                else as_written(error.message)
            )
            return None
        except ValueError as error:
            self.report.problems.append(error.args[0])
            return None
        if Field.BIRTH_DATE in self.headings and not self._is_born_on(number):
            self._wrong_in(Field.BIRTH_DATE, _("It is another day than the identity number says. Mend the wrong one."))
        if number.digits != self._digits_written():
            self.report.remarks.append(_("Leading zeros that the spreadsheet had taken away were put back."))
        return number

    def _number_cell(self) -> Cell:
        """The identity number, put together where the birth date and the last five digits have columns of their own."""
        whole, last_five = self.cell(Field.IDENTITY_NUMBER), self.cell(Field.PERSONAL_NUMBER)
        digits = "".join(character for character in values.text(last_five) if character.isdigit())
        if whole is not None or not digits or len(digits) > 5:
            return last_five if whole is None else whole
        born = date_values.birth_digits(self.cell(Field.BIRTH_DATE))
        if born is None:
            raise ValueError(
                _("The birth date is missing, so that the identity number cannot be put together of two columns.")
            )
        together = born + digits.zfill(5)
        if settings.PLASS_DEMO:
            together = next(filter(_is_right, _with_months_for_tests(together)), together)
        return together

    def _is_born_on(self, number: identity.IdentityNumber) -> bool:
        """Whether the column of birth dates goes together with the number, as far as six digits tell."""
        try:
            born = date_values.birth_digits(self.cell(Field.BIRTH_DATE))
        except ValueError:
            # A year, an age or a text: the number holds the day.
            return True
        return born in (None, f"{number.born_on:%d%m%y}", number.digits[:6])

    def _digits_written(self) -> str:
        written = values.text(self._number_cell())
        return "".join(character for character in written if character.isdigit())

    def _details(self) -> dict[str, Any]:
        return {field.value: self._particular(field) for field in PARTICULARS} | {"protection": self._protection()}

    def _particular(self, field: Field) -> str:
        match field:
            case Field.PHONE:
                return self._phone()
            case Field.EMAIL:
                return self._email()
            case Field.POSTAL_CODE:
                return self._postal_code()
        return self.text(field)

    def _postal_code(self) -> str:
        postal_code = self.text(Field.POSTAL_CODE)
        if postal_code and not (postal_code.isascii() and postal_code.isdigit() and len(postal_code) <= 4):
            self.report.doubts.append(
                _("“%(cell)s” is no postal code of four digits and is left out.") % {"cell": postal_code[:60]}
            )
            return ""
        return postal_code.zfill(4) if postal_code else ""

    def _phone(self) -> str:
        """The first phone number of the cell, with what else stands there told."""
        phone = values.phone(self.cell(Field.PHONE))
        number = phone.number[: LONGEST[Field.PHONE]]
        if number and not phone.others and guards.names_another_person(plain(phone.words)):
            self.report.doubts.append(
                _("“%(cell)s” names somebody else, and is not taken as the participant's own phone.")
                % {"cell": self.text(Field.PHONE)[:60]}
            )
            return ""
        if not number and phone.words:
            self.report.doubts.append(_("“%(cell)s” is no phone number and is left out.") % {"cell": phone.words[:60]})
        elif phone.words:
            self.report.doubts.append(
                _("“%(words)s” stands beside the phone number and is left out. Is the number the participant's own?")
                % {"words": phone.words[:60]}
            )
        if phone.others:
            self.report.doubts.append(
                _("Several phone numbers: %(number)s is taken, and %(others)s left out.")
                % {"number": number, "others": ", ".join(phone.others)[:60]}
            )
        if phone.is_short:
            self.report.doubts.append(
                _("The phone number %(number)s has fewer than eight digits.") % {"number": number}
            )
        return number

    def _email(self) -> str:
        email = self.text(Field.EMAIL)
        if email:
            try:
                validate_email(email)
            except ValidationError:
                self.report.doubts.append(_("“%(cell)s” is no e-mail address and is left out.") % {"cell": email[:60]})
                return ""
            if email.lower().endswith(("@nav.no", ".nav.no")):
                self.report.doubts.append(
                    _("“%(cell)s” is an address in Nav, and is not taken as the participant's own.")
                    % {"cell": email[:60]}
                )
                return ""
        return email

    def _protection(self) -> str:
        # What does not tell is asked about (``protection_questions.py``).
        return protection_signs.told_in_its_column(self.cell(Field.PROTECTION)) or ""

    def _cause_alone(self) -> list[tuple[RowNumber, str]]:
        """What to say of a cause of an end in a row without an end."""
        written = self.text(Field.END_CAUSE)
        if not written or written.lower() in values.GOES_ON:
            return []
        sentence = _(
            "“%(column)s” is “%(words)s”, but no end date that has passed is read. The follow-up goes on, and the cause is "
            "not written."
        )
        return [(self.number, sentence % {"column": self._column(Field.END_CAUSE), "words": written})]

    def _cause(self) -> tuple[str, str]:
        """The cause of the end, and the words it was written with where they are not the program's own."""
        written, words = self.text(Field.END_CAUSE, longest=1_000), self.words(Field.END_CAUSE)
        cause = vocabularies.label_of(CaseEnded.Cause.choices, words)
        if not words:
            self.report.remarks.append(cause_is_missing())
        if cause or not words:
            return cause or CaseEnded.Cause.OTHER.value, ""
        understood = vocabularies.phrase(vocabularies.CAUSES, words)
        if understood is None:
            answer = self._meaning(Kind.END_CAUSE, Field.END_CAUSE, accepted=CaseEnded.Cause.OTHER.value)
            if answer is None:
                return "", ""
            understood = CaseEnded.Cause(answer)
        self.report.remarks.append(
            _("The cause of the end, “%(words)s”, is taken as “%(meaning)s”. The words are kept as a note.")
            % {"words": written, "meaning": understood.label}
        )
        return understood.value, written

    def _jobs(self) -> list[PlannedJob]:
        """The job of the row, and a second one that stands beside it."""
        jobs: list[PlannedJob] = []
        for fields in ({}, SECOND_JOB):
            if fields and self.cells.keys().isdisjoint(fields.values()):
                break
            self.of_the_job = fields
            job = self._job()
            if job and any(job.key == earlier.key for earlier in jobs):
                self.report.remarks.append(_("The same job stands twice in the row, and is read once."))
            elif job:
                jobs.append(job)
        self.report.jobs += len(jobs)
        return jobs

    def _count_job_to_mend(self) -> None:
        """Count a job that cannot be read before something is mended."""
        self.report.jobs += 1

    def _of_job(self, field: Field) -> Field:
        """The field of the job that is being read."""
        return self.of_the_job.get(field, field)

    def _employer(self) -> str:
        words = self.text(self._of_job(Field.EMPLOYER))
        if words.lower().rstrip(".!") not in values.NO_EMPLOYER:
            return words
        self.report.remarks.append(_("“%(words)s” is no employer, and is not read as one.") % {"words": words})
        return ""

    def _job(self) -> PlannedJob | None:
        employer = self._employer()
        troubles = len(self.report.problems)
        started = self.take_day(self._of_job(Field.JOB_STARTED_ON))
        ended = self.take_day(self._of_job(Field.JOB_ENDED_ON))
        before_hours = len(self.report.problems)
        questions = len(self.report.questions)
        # Hours of no job need not be right.
        hours, hours_from = self._hours() if employer or started else (None, "")
        # A number that is wrong is told as that, and not as one that is missing too.
        has_wrong_hours = hours is None and (
            len(self.report.problems) > before_hours
            or len(self.report.questions) > questions
            or bool(self.broken & {self._of_job(Field.JOB_HOURS), self._of_job(Field.JOB_PERCENT)})
        )
        if not employer and self._of_job(Field.EMPLOYER) in self.broken:
            self._count_job_to_mend()
            return None
        if not employer:
            if started:
                self._count_job_to_mend()
                self.report.problems.append(self._with_unread(_("A job has a start but no employer."), Field.EMPLOYER))
            elif self._says_something_of_a_job():
                self.report.doubts.append(
                    _("The row says something of a job, but neither where nor from when; no job is written.")
                )
            return None
        if started is None and (before_hours > troubles or self._of_job(Field.JOB_STARTED_ON) in self.broken):
            # A form that says too little is asked about at once, and not after the start is mended.
            self._form()
            self._count_job_to_mend()
            return None
        if started is None:
            self.report.doubts.append(
                self._with_unread(
                    _("The employer is named but no job has a start; no job is written."), Field.JOB_STARTED_ON
                )
            )
            return None
        if ended and ended < started:
            self.report.problems.append(
                _too_early(
                    self._of_job(Field.JOB_ENDED_ON), ended, self._of_job(Field.JOB_STARTED_ON), started, self.headings
                )
            )
        over = ended is not None and ended <= self.today
        meant = self._no_ordinary_job(employer, started, over)
        if NO_JOB in meant:
            return None
        name = self._one_employer(self._without_remark(employer, meant))
        if name is None:
            return None
        decided = meant & set(JobStarted.UNPAID)
        form = str(min(decided)) if decided else self._form()
        if hours is None and form == JobStarted.Form.ON_CALL:
            hours = Decimal(0)
        if hours is None:
            self._count_job_to_mend()
        if hours is None and has_wrong_hours:
            return None
        if hours is None:
            missing = _("The job's hours a week are missing. Write hours, or per cent of a position.")
            self.report.problems.append(self._with_unread(missing, Field.JOB_HOURS, Field.JOB_PERCENT))
            return None
        by_answer: set[Field] = (
            {Field.JOB_FORM} if decided else {Field.SUBSIDISED} if SUBSIDISED_JOB in meant else set()
        )
        return PlannedJob(
            row=self.number,
            employer=name,
            employer_number=self._organisation_number(),
            title=self.text(self._of_job(Field.JOB_TITLE))
            or str(_("Work trial") if form in JobStarted.UNPAID else _("employee")),
            form=form,
            hours=hours,
            hours_from=hours_from,
            started_on=started,
            ended_on=ended if over else None,
            planned_end_on=None if over else ended,
            end_reason=self._end_reason() if over else "",
            subsidised=bool(self.take_if_readable(self._of_job(Field.SUBSIDISED), values.yes))
            or SUBSIDISED_JOB in meant,
            stated=frozenset(field for field in SECOND_JOB if self._of_job(field) in self.stated) | by_answer,
        )

    def _no_ordinary_job(self, employer: str, started: date, is_over: bool) -> set[str]:
        """What the words beside a job were answered to mean where they may say that it is no ordinary job, or not held.

        The row waits for each that is not answered. What the columns of the form and of the subsidy say is not asked again.
        """
        meant: set[str] = set()
        is_known = self._known_form() in JobStarted.UNPAID
        is_subsidised = self.words(self._of_job(Field.SUBSIDISED)) in values.YES
        # What stands beside two jobs is asked about each of them.
        which = [self._which_job(employer, started)] if self._has_two_jobs() else []
        beside = [
            *(job_signs.in_comment(comment, is_over=is_over) for comment in self._comments_on_the_job()),
            *self._said_not_to_be_ordinary(),
        ]
        found = [
            *((text, [], job_signs.answer_of(text, is_over=is_over)) for text in (employer, self._title())),
            *((text, which, guess) for text, guess in beside),
        ]
        for text, job, guess in found:
            if not guess or (is_known and guess != NO_JOB) or (is_subsidised and guess == SUBSIDISED_JOB):
                continue
            about = " ".join(text.lower().rstrip(" .!").split())
            answer = self.asking.ask(Kind.JOB, [about, *job], rows=[self.number], shown=[text, *job], guess=guess)
            said = {"words": text[:60], "job": "".join(job)}
            if answer is None:
                asks = (
                    _("“%(words)s”: is it an ordinary job? (%(job)s)")
                    if job
                    else _("“%(words)s”: is it an ordinary job?")
                )
                self.report.questions.append(asks % said)
                continue
            meant.add(answer)
            taken = (
                _("“%(words)s” is taken as “%(meaning)s”, by your answer (%(job)s).")
                if job
                else _("“%(words)s” is taken as “%(meaning)s”, by your answer.")
            )
            self.report.remarks.append(taken % {**said, "meaning": dict(CHOICES[Kind.JOB])[answer]})
        return meant

    def _has_two_jobs(self) -> bool:
        """Whether the row names two employers."""
        employers = (self.words(field).rstrip(".!") for field in (Field.EMPLOYER, SECOND_JOB[Field.EMPLOYER]))
        return all(words and words not in values.NO_EMPLOYER for words in employers)

    def _which_job(self, employer: str, started: date) -> str:
        """The job that is being read: the column that names it, the employer and the start."""
        day = f"{started.day}.{started.month}.{started.year}"
        return f"{self._column(self._of_job(Field.EMPLOYER))}: {employer}, {day}"

    def _comments_on_the_job(self) -> list[str]:
        """The texts in columns that are not read, without those that are about the other job of the row."""
        of_jobs = self.layout.job_of_comments if self._has_two_jobs() else {}
        cells = {index: self.row.cells[index] for index in self.layout.unread if index < len(self.row.cells)}
        return [
            cell
            for index, cell in cells.items()
            if isinstance(cell, str)
            and index not in self.layout.whether_ordinary
            and of_jobs.get(index, self.of_the_job) == self.of_the_job
        ]

    def _one_employer(self, name: str) -> str | None:
        """The employer by the name that it is known by; None where the row waits for an answer on it."""
        if several := self.employers.several_in(name):
            answer = self.asking.ask(Kind.EMPLOYERS, [name.lower()], rows=[self.number], shown=[name])
            if answer is None:
                self.report.questions.append(_("“%(name)s”: is it one employer?") % {"name": name[:60]})
            elif answer == WAIT:
                self._count_job_to_mend()
                self.report.problems.append(
                    _("“%(name)s” is several employers, by your answer. Write one row for each job.")
                    % {"name": name[:60]}
                )
            if answer == FIRST_EMPLOYER:
                self.report.doubts.append(
                    _("“%(cell)s”: a job is written at “%(name)s” only, by your answer.")
                    % {"cell": name[:60], "name": several[0][:60]}
                )
                name = several[0]
            elif answer != ONE_EMPLOYER:
                return None
        spelling, likely = self.employers.spelling(name), self.employers.likely(name)
        if likely and not self._organisation_number_is_given():
            about = [same_key(name), same_key(likely)]
            answer = self.asking.ask(
                Kind.EMPLOYER, about, rows=[self.number], shown=[name, likely], guess=SAME_EMPLOYER
            )
            if answer is None:
                self.report.questions.append(
                    _("Is “%(name)s” the same employer as “%(other)s”?") % {"name": name[:60], "other": likely[:60]}
                )
            spelling = likely if answer == SAME_EMPLOYER else spelling
        if core_name(spelling) != core_name(name):
            self.report.remarks.append(
                _("“%(name)s” is taken as the same employer as “%(other)s”.")
                % {"name": name[:60], "other": spelling[:60]}
            )
        return spelling

    def _organisation_number_is_given(self) -> bool:
        """Whether the row has the employer's number, which tells it for sure."""
        return bool(self.text(self._of_job(Field.EMPLOYER_NUMBER)))

    def _said_not_to_be_ordinary(self) -> list[tuple[str, str]]:
        """A no in a column that asks whether the job is an ordinary one, and what it likeliest is then."""
        said = []
        for index, (heading, which) in self.layout.whether_ordinary.items():
            cell = values.text(self.row.cells[index]) if index < len(self.row.cells) else ""
            first_word = re.split(r"\W", cell.lower(), maxsplit=1)[0]
            likeliest = job_signs.answer_of(cell, is_over=True)
            is_of_this_job = which in ("", "2" if self.of_the_job else "1")
            if is_of_this_job and (first_word in values.NO or likeliest):
                said.append((f"{heading}: {cell}", likeliest or JobStarted.Form.WORK_TRIAL.value))
        return said

    def _without_remark(self, employer: str, meant: Set[str]) -> str:
        """The employer's name without what its cell says of the job beside it, where that is understood."""
        if ORDINARY_JOB in meant or not job_signs.answer_of(employer, is_over=False):
            return employer
        name = job_signs.employer_in(employer)
        if name:
            self.report.remarks.append(
                _("“%(cell)s”: the employer is read as “%(name)s”.") % {"cell": employer[:60], "name": name[:60]}
            )
        return name or employer

    def _title(self) -> str:
        return values.text(self.cell(self._of_job(Field.JOB_TITLE)))

    def _known_form(self) -> str:
        """The form of employment that the row gives, where its words are known."""
        words = self.words(self._of_job(Field.JOB_FORM))
        return vocabularies.label_of(JobStarted.Form.choices, words) or str(
            vocabularies.phrase(vocabularies.FORMS, words) or ""
        )

    def _says_something_of_a_job(self) -> bool:
        fields = (Field.JOB_TITLE, Field.JOB_HOURS, Field.JOB_PERCENT)
        return any(self.text(self._of_job(field)).strip("0,. %") for field in fields)

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

    def _hours(self) -> tuple[Decimal | None, str]:
        """Hours a week, and what they were made of where that is a share of a position."""
        field = (
            self._of_job(Field.JOB_HOURS)
            if self.text(self._of_job(Field.JOB_HOURS))
            else self._of_job(Field.JOB_PERCENT)
        )
        cell = self.cell(field)
        is_share = field == self._of_job(Field.JOB_PERCENT)
        if is_share and values.says_hours(cell):
            self.report.remarks.append(
                _("The column “%(column)s”: “%(cell)s” is read as hours a week.")
                % {"column": self._column(field), "cell": values.text(cell)}
            )
            is_share = False
        elif field in self.hours_or_per_cent and values.is_bare_number(cell):
            answer = self._hours_or_per_cent(field)
            if answer is None:
                return None, ""
            is_share = answer == PER_CENT
        elif is_share and values.is_usual_hours(cell):
            answer = self.asking.ask(
                Kind.HOURS,
                [self._column(field), values.text(cell)],
                rows=[self.number],
                shown=[self._column(field), values.as_people_write(cell)],
            )
            if answer is None:
                self.report.questions.append(
                    _("The column “%(column)s”: is “%(cell)s” hours a week or per cent?")
                    % {"column": self._column(field), "cell": values.as_people_write(cell)}
                )
            is_share = answer != HOURS
        if is_share or values.says_per_cent(cell) or self._is_share_by_its_heading(cell):
            share = self.take(field, values.share)
            hours = self.take(field, values.percent) if share is not None else None
        else:
            share, hours = None, self.take(field, values.hours)
            if hours is not None and (exact := values.number(cell)) != hours:
                self.report.doubts.append(
                    _("“%(cell)s” hours are written as %(hours)s: hours have two decimals.")
                    % {"cell": exact, "hours": hours}
                )
        if share is None:
            return hours, ""
        percent = _("%(share)s per cent of %(hours)s hours") % {
            "share": share,
            "hours": values.FULL_TIME_HOURS,
        }
        if share and (written := values.number(cell)) is not None and written != share:
            self.report.remarks.append(
                _("“%(cell)s” is read as %(share)s per cent of a position.")
                % {
                    "cell": written,
                    "share": share,
                }
            )
        return hours, percent

    def _hours_or_per_cent(self, field: Field) -> str | None:
        """What the numbers of a column were answered to be; None where the row waits for it."""
        heading = self._column(field)
        shown = [heading, values.text(self.cell(field))]
        answer = self.asking.ask(Kind.HOURS, [heading], rows=[self.number], shown=shown)
        if answer is None:
            self.report.questions.append(
                _("The column “%(column)s”: are its numbers hours or per cent?") % {"column": heading}
            )
        return answer

    def _is_share_by_its_heading(self, cell: Cell) -> bool:
        """Whether a number up to 1 in the column of hours is a share, because the heading speaks of per cent too."""
        try:
            number = values.number(cell)
        except ValueError:
            return False
        return (
            number is not None
            and number <= 1
            and values.says_per_cent(self.headings.get(self._of_job(Field.JOB_HOURS)))
        )

    def _organisation_number(self) -> str:
        try:
            return organisation_number.parse(values.text(self.cell(self._of_job(Field.EMPLOYER_NUMBER)))) or ""
        except ValidationError as error:
            self.report.doubts.append(_("%(what)s It is left out.") % {"what": as_written(error.message)})
            return ""

    def _form(self) -> str:
        words = self.words(self._of_job(Field.JOB_FORM))
        if form := self._known_form():
            return form
        if not words:
            missing = _("The form of employment is missing and is taken as temporary.")
            if missing not in self.report.remarks:
                self.report.remarks.append(missing)
            return JobStarted.Form.TEMPORARY.value
        # A job that is paid and a work trial are different outcomes: neither is taken without an answer.
        may_be_unpaid = job_signs.is_no_wage(words)
        answer = self._meaning(
            Kind.JOB_FORM,
            self._of_job(Field.JOB_FORM),
            accepted="" if may_be_unpaid else JobStarted.Form.TEMPORARY.value,
        )
        if answer is not None:
            self.report.remarks.append(
                _("The form of employment “%(words)s” is taken as “%(meaning)s”.")
                % {"words": words, "meaning": JobStarted.Form(answer).label}
            )
        return answer or JobStarted.Form.TEMPORARY.value

    def _end_reason(self) -> str:
        words = self.words(self._of_job(Field.JOB_END_REASON))
        reason = vocabularies.label_of(JobEnded.Reason.choices, words)
        if reason or not words:
            return reason or JobEnded.Reason.OTHER.value
        understood = vocabularies.phrase(vocabularies.END_REASONS, words)
        if understood is None:
            answer = self._meaning(
                Kind.JOB_END_REASON, self._of_job(Field.JOB_END_REASON), accepted=JobEnded.Reason.OTHER.value
            )
            if answer is None:
                return ""
            understood = JobEnded.Reason(answer)
        self.report.remarks.append(
            _("Why the job ended, “%(words)s”, is taken as “%(meaning)s”.")
            % {"words": words, "meaning": understood.label}
        )
        return understood.value
