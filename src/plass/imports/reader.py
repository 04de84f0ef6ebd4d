"""One row of a sheet as a person. What is wrong goes into the row's report instead of stopping the reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from plass.cases import identity
from plass.cases.models import CaseEnded, Participant
from plass.employers import organisation_number
from plass.jobs.models import JobEnded, JobStarted

from . import values, vocabularies
from .columns import Field
from .labels import LABELS
from .plan_types import PlannedJob, PlannedPerson, RowReport
from .sheet import Cell, Row
from .translatable import as_written
from .translatable import gettext as _

T = TypeVar("T")


def read(
    row: Row,
    by_field: Mapping[Field, int],
    headings: Mapping[Field, str],
    report: RowReport,
    date_columns: Mapping[Field, values.DateColumn],
    *,
    today: date,
) -> PlannedPerson | None:
    """The person of a row, or None where the identity number cannot be read. ``report`` gets what is wrong.

    ``headings`` are the columns' own, so that what is wrong is told with the words that stand in the list, and
    ``date_columns`` say how the columns of dates are written.
    """
    return _Reader(row, by_field, headings, report, date_columns, today).person()


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


def read_cell(
    field: Field,
    row: Row,
    by_field: Mapping[Field, int],
    headings: Mapping[Field, str],
    report: RowReport,
    date_columns: Mapping[Field, values.DateColumn],
    *,
    today: date,
) -> Any:
    """What one cell of a row is read as by itself: a date, a text, the pair of names, hours and what they are made of ...

    ``report`` gets what is wrong with it. The other columns count where two are read together (given and family name).
    """
    together = NAMES if field in NAMES else {field}
    own = {other: index for other, index in by_field.items() if other in together}
    return _Reader(row, own, headings, report, date_columns, today).value(field)


NAMES = frozenset({Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME})


class _Reader:
    def __init__(
        self,
        row: Row,
        by_field: Mapping[Field, int],
        headings: Mapping[Field, str],
        report: RowReport,
        date_columns: Mapping[Field, values.DateColumn],
        today: date,
    ) -> None:
        self.date_columns = date_columns
        self.report, self.today, self.number, self.headings = report, today, row.number, headings
        self.cells: dict[Field, Cell] = {}
        #: Whose cell is a formula without a result, or a mark for the row above: that is told, and not that something
        #: is missing too.
        self.broken: set[Field] = set()
        for field, index in by_field.items():
            cell = row.cells[index] if index < len(row.cells) else None
            try:
                values.refuse_formula(cell)
                values.refuse_ditto(cell)
            except ValueError as error:
                self._wrong_in(field, error.args[0])
                self.broken.add(field)
                cell = None
            self.cells[field] = cell

    def cell(self, field: Field) -> Cell:
        return self.cells.get(field)

    def text(self, field: Field, longest: int = 200) -> str:
        content = values.text(self.cell(field))
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

    def take_day(self, field: Field) -> date | None:
        """The field's date, told in a remark where only its column says which it is."""
        column = self.date_columns[field] if field in self.date_columns else values.DateColumn()
        read = values.end_day if field in (Field.ENDED_ON, Field.JOB_ENDED_ON) else values.day
        day = self.take(field, lambda cell: read(cell, column))
        if day and values.is_read_by_its_column(self.cell(field), column):
            self.report.remarks.append(
                _("“%(cell)s” is read as %(day)s, as the other dates of the column are written.")
                % {"cell": values.text(self.cell(field)), "day": day}
            )
        return day

    def _wrong_in(self, field: Field, problem: str) -> None:
        """Note a problem, with the heading of the column it is in."""
        column = self.headings.get(field, LABELS[field])
        self.report.problems.append(_("The column “%(column)s”: %(what)s") % {"column": column, "what": problem})

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
                self._wrong_in(field, _("%(day)s lies ahead of today. Write a day that has been.") % {"day": day})
        details, job = self._details(), self._job()
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
            jobs=[job] if job else [],
            **dates,
        )

    def value(self, field: Field) -> Any:
        """What the cell of one field is read as."""
        match field:
            case Field.NAME:
                return self.take_names()
            case Field.GIVEN_NAME | Field.FAMILY_NAME:
                return self.take_names()[field is Field.FAMILY_NAME]
            case Field.IDENTITY_NUMBER:
                return self._number()
            case Field.JOB_HOURS | Field.JOB_PERCENT:
                return self._hours()
            case Field.SUBSIDISED:
                return self.take(field, values.yes)
            case Field.EMAIL:
                return self._email()
            case Field.POSTAL_CODE:
                return self._postal_code()
            case Field.PROTECTION:
                return self._protection()
            case Field.END_CAUSE:
                return self._cause()[0]
            case Field.JOB_FORM:
                return self._form()
            case Field.JOB_END_REASON:
                return self._end_reason()
            case Field.EMPLOYER_NUMBER:
                return self._organisation_number()
            case _ if field in self.date_columns:
                return self.take_day(field)
        return self.text(field)

    def take_names(self) -> tuple[str, str]:
        try:
            given, family = values.names(
                self.cell(Field.NAME), self.cell(Field.GIVEN_NAME), self.cell(Field.FAMILY_NAME)
            )
        except ValueError as error:
            fields = (Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME)
            self.report.who = " ".join(filter(None, (values.text(self.cell(field)) for field in fields)))
            if self.broken.isdisjoint(fields):
                self.report.problems.append(error.args[0])
            return "", ""
        self.report.who = f"{given} {family}"
        return given, family

    def _number(self) -> identity.IdentityNumber | None:
        try:
            digits = values.identity_digits(self.cell(Field.IDENTITY_NUMBER))
            if not digits and Field.IDENTITY_NUMBER in self.broken:
                return None
            if not digits:
                self.report.problems.append(_("The identity number is missing. Without it nobody can be told apart."))
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
        if number.digits != self._digits_written():
            self.report.remarks.append(_("Leading zeros that the spreadsheet had taken away were put back."))
        return number

    def _digits_written(self) -> str:
        written = values.text(self.cell(Field.IDENTITY_NUMBER))
        return "".join(character for character in written if character.isdigit())

    def _details(self) -> dict[str, Any]:
        return {
            "phone": self.text(Field.PHONE, longest=30),
            "email": self._email(),
            "address": self.text(Field.ADDRESS),
            "postal_code": self._postal_code(),
            "place": self.text(Field.PLACE, longest=100),
            "protection": self._protection(),
        }

    def _postal_code(self) -> str:
        postal_code = self.text(Field.POSTAL_CODE)
        if postal_code and not (postal_code.isascii() and postal_code.isdigit() and len(postal_code) <= 4):
            self.report.doubts.append(_("The postal code does not have four digits and is left out."))
            return ""
        return postal_code.zfill(4) if postal_code else ""

    def _email(self) -> str:
        email = self.text(Field.EMAIL)
        if email:
            try:
                validate_email(email)
            except ValidationError:
                self.report.doubts.append(_("The e-mail address is not one and is left out."))
                return ""
        return email

    def _protection(self) -> str:
        words = self.words(Field.PROTECTION)
        level = vocabularies.label_of(Participant.Protection.choices, words) or vocabularies.sign(
            vocabularies.PROTECTIONS, words
        )
        if level or not words or words == str(Participant.Protection.NONE.label).lower():
            return level or ""
        try:
            # A plain "yes" says that the address is protected, not how strictly; the stricter is the safe one.
            return Participant.Protection.STRICTLY_CONFIDENTIAL if values.yes(words) else ""
        except ValueError:
            self.report.problems.append(
                _("“%(words)s” is no address protection. Write “kode 6”, “kode 7”, “arbeider i Nav” or “nei”.")
                % {"words": words}
            )
            return ""

    def _cause(self) -> tuple[str, str]:
        """The cause of the end, and the words it was written with where they are not the program's own."""
        written, words = self.text(Field.END_CAUSE, longest=1_000), self.words(Field.END_CAUSE)
        cause = vocabularies.label_of(CaseEnded.Cause.choices, words)
        if not words:
            self.report.remarks.append(
                _("The cause of the end is missing and is taken as “%(meaning)s”.")
                % {"meaning": CaseEnded.Cause.OTHER.label}
            )
        if cause or not words:
            return cause or CaseEnded.Cause.OTHER.value, ""
        understood = vocabularies.phrase(vocabularies.CAUSES, words) or CaseEnded.Cause.OTHER
        self.report.remarks.append(
            _("The cause of the end, “%(words)s”, is taken as “%(meaning)s”. The words are kept as a note.")
            % {"words": written, "meaning": understood.label}
        )
        return understood.value, written

    def _job(self) -> PlannedJob | None:
        employer = self.text(Field.EMPLOYER)
        troubles = len(self.report.problems)
        started = self.take_day(Field.JOB_STARTED_ON)
        ended = self.take_day(Field.JOB_ENDED_ON)
        before_hours = len(self.report.problems)
        hours, hours_from = self._hours()
        # A number that is wrong is told as that, and not as one that is missing too.
        has_wrong_hours = hours is None and (
            len(self.report.problems) > before_hours or bool(self.broken & {Field.JOB_HOURS, Field.JOB_PERCENT})
        )
        if not employer and Field.EMPLOYER in self.broken:
            return None
        if not employer:
            if started:
                self.report.problems.append(_("A job has a start but no employer."))
            elif hours or self.text(Field.JOB_TITLE):
                self.report.doubts.append(
                    _("The row says something of a job, but neither where nor from when; no job is written.")
                )
            return None
        if started is None and (before_hours > troubles or Field.JOB_STARTED_ON in self.broken):
            # A form that says too little is told at once, and not after the start is mended.
            self._form()
            return None
        if started is None:
            self.report.doubts.append(_("The employer is named but no job has a start; no job is written."))
            return None
        if ended and ended < started:
            self.report.problems.append(
                _too_early(Field.JOB_ENDED_ON, ended, Field.JOB_STARTED_ON, started, self.headings)
            )
        form = self._form()
        if hours is None and form == JobStarted.Form.ON_CALL:
            hours = Decimal(0)
        if hours is None and has_wrong_hours:
            return None
        if hours is None:
            self.report.problems.append(
                _("The job's hours a week are missing. Write hours, or per cent of a position.")
            )
            return None
        over = ended is not None and ended <= self.today
        return PlannedJob(
            row=self.number,
            employer=employer,
            employer_number=self._organisation_number(),
            title=self.text(Field.JOB_TITLE, longest=100)
            or str(_("Work trial") if form in JobStarted.UNPAID else _("Not stated")),
            form=form,
            hours=hours,
            hours_from=hours_from,
            started_on=started,
            ended_on=ended if over else None,
            planned_end_on=None if over else ended,
            end_reason=self._end_reason() if over else "",
            subsidised=bool(self.take(Field.SUBSIDISED, values.yes)),
        )

    def _hours(self) -> tuple[Decimal | None, str]:
        """Hours a week, and what they were made of where that is a share of a position."""
        field = Field.JOB_HOURS if self.text(Field.JOB_HOURS) else Field.JOB_PERCENT
        cell = self.cell(field)
        if field == Field.JOB_PERCENT or values.says_per_cent(cell) or self._is_share_by_its_heading(cell):
            share = self.take(field, values.share)
            hours = self.take(field, values.percent) if share is not None else None
        else:
            share, hours = None, self.take(field, values.hours)
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

    def _is_share_by_its_heading(self, cell: Cell) -> bool:
        """Whether a number up to 1 in the column of hours is a share, because the heading speaks of per cent too."""
        try:
            number = values.number(cell)
        except ValueError:
            return False
        return number is not None and number <= 1 and values.says_per_cent(self.headings.get(Field.JOB_HOURS))

    def _organisation_number(self) -> str:
        try:
            return organisation_number.parse(values.text(self.cell(Field.EMPLOYER_NUMBER))) or ""
        except ValidationError as error:
            self.report.doubts.append(_("%(what)s It is left out.") % {"what": as_written(error.message)})
            return ""

    def _form(self) -> str:
        words = self.words(Field.JOB_FORM)
        form = vocabularies.label_of(JobStarted.Form.choices, words) or vocabularies.phrase(vocabularies.FORMS, words)
        if form:
            return str(form)
        if vocabularies.UNPAID_WORDS.search(words):
            # A job that is paid and a work trial are different outcomes: neither is guessed.
            self._wrong_in(
                Field.JOB_FORM,
                _("“%(words)s” does not say whether the job has a wage. Write for example “%(unpaid)s” or “%(paid)s”.")
                % {
                    "words": words,
                    "unpaid": as_written(JobStarted.Form.WORK_TRIAL.label),
                    "paid": as_written(JobStarted.Form.TEMPORARY.label),
                },
            )
        elif words:
            self.report.doubts.append(_("The form of employment “%(words)s” is taken as temporary.") % {"words": words})
        else:
            self.report.remarks.append(_("The form of employment is missing and is taken as temporary."))
        return JobStarted.Form.TEMPORARY.value

    def _end_reason(self) -> str:
        words = self.words(Field.JOB_END_REASON)
        reason = vocabularies.label_of(JobEnded.Reason.choices, words)
        if reason or not words:
            return reason or JobEnded.Reason.OTHER.value
        understood = vocabularies.phrase(vocabularies.END_REASONS, words) or JobEnded.Reason.OTHER
        self.report.remarks.append(
            _("Why the job ended, “%(words)s”, is taken as “%(meaning)s”.")
            % {"words": words, "meaning": understood.label}
        )
        return understood.value
