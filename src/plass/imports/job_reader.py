"""The jobs of a row: one, or two that stand beside each other."""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from plass.employers import organisation_number
from plass.employers.queries import core_name
from plass.jobs.models import JobEnded, JobStarted

from . import job_signs, values, vocabularies
from .employer_names import same_key
from .fields import SECOND_JOB, Field
from .lines import Cell
from .plan_types import PlannedJob
from .questions import (
    CHOICES,
    FIRST_EMPLOYER,
    HOURS,
    NO_JOB,
    ONE_EMPLOYER,
    ORDINARY_JOB,
    PER_CENT,
    SAME_EMPLOYER,
    SUBSIDISED_JOB,
    WAIT,
    Kind,
)
from .row_reader import RowReader, too_early
from .translatable import as_written
from .translatable import gettext as _


class JobReader(RowReader):
    """Reads them one after the other: ``of_the_job`` says which columns are meant.

    It inherits, since nearly every line reads a cell of the row or reports on one.
    """

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
                too_early(
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
