"""One row of a sheet as a person. What is wrong goes into the row's report instead of stopping the reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from plass.cases import identity
from plass.cases.models import CaseEnded

from . import date_values, guards, protection_signs, values, vocabularies
from .columns import plain
from .employer_names import NO_NAMES, EmployerNames
from .fields import PARTICULARS, SECOND_JOB, Field
from .job_reader import JobReader
from .lengths import LONGEST
from .lines import Cell, is_damaged
from .plan_types import PlannedPerson, RowReport
from .questions import Asking, Kind
from .row_numbers import RowNumber
from .row_reader import Layout, too_early
from .sheet import Row
from .translatable import as_written
from .translatable import gettext as _

#: The field of the first job that a second one's is.
_FIRST_JOB = {second: first for first, second in SECOND_JOB.items()}


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
    return _PersonReader(row, layout, report, asking, today, employers).person()


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
        sentences.append(too_early(Field.STARTED_ON, started, Field.REFERRED_ON, referred, headings))
    if referred and met and met < referred:
        sentences.append(too_early(Field.LAST_MET_ON, met, Field.REFERRED_ON, referred, headings))
    begun = started or referred
    if ended and begun and ended < begun:
        than = Field.STARTED_ON if started else Field.REFERRED_ON
        sentences.append(too_early(Field.ENDED_ON, ended, than, begun, headings))
    return sentences


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
    return _PersonReader(row, replace(layout, by_field=own), report, asking, today).value(field)


NAMES = frozenset({Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME})


class _PersonReader(JobReader):
    """Reads the person, with the jobs of the row."""

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
