"""An empty list to fill in: the headings that the import knows, what belongs under each, and choices where they are few.

A second sheet says how it is filled in and holds the choices. It does not look like a list, so it is not read as one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted

from .fields import Field
from .labels import LABELS

#: So many rows have choices and formats. Rows below them are read too.
ROWS = 2_000


@dataclass(frozen=True)
class _Column:
    """A column of the template. ``choices`` are all that it may hold; ``is_needed`` where nobody is read without it."""

    field: Field
    note: Promise
    choices: Sequence[Promise | str] = ()
    is_needed: bool = False


_DAY = gettext_lazy("A date, for example 31.12.2025.")


def _columns() -> tuple[_Column, ...]:
    yes_or_no = (gettext_lazy("yes"), gettext_lazy("no"))
    return (
        _Column(Field.IDENTITY_NUMBER, gettext_lazy("Eleven digits: identity number or D-number."), is_needed=True),
        _Column(Field.GIVEN_NAME, gettext_lazy("Also a middle name."), is_needed=True),
        _Column(Field.FAMILY_NAME, gettext_lazy("The family name."), is_needed=True),
        # Before who follows: after another's name a phone number may be theirs.
        _Column(Field.PHONE, gettext_lazy("The participant's own number.")),
        _Column(Field.EMAIL, gettext_lazy("The participant's own address.")),
        _Column(Field.ADDRESS, gettext_lazy("Street and number.")),
        _Column(Field.POSTAL_CODE, gettext_lazy("Four digits.")),
        _Column(Field.PLACE, gettext_lazy("The place that belongs to the postal code.")),
        _Column(
            Field.PROTECTION,
            gettext_lazy("Choose one. Empty means not protected."),
            [choice.label for choice in Participant.Protection],
        ),
        _Column(
            Field.REFERRED_ON,
            gettext_lazy("The day the participant was referred. This, a first talk or a first day of a job is needed."),
        ),
        _Column(Field.STARTED_ON, gettext_lazy("The day of the first talk. Leave it empty for who still waits.")),
        _Column(Field.LAST_MET_ON, _DAY),
        _Column(Field.SPECIALIST, gettext_lazy("The name of who follows the participant.")),
        _Column(Field.COUNSELLOR, gettext_lazy("The name of the counsellor at the office.")),
        _Column(Field.WISHES, gettext_lazy("The work the participant wants, in their own words.")),
        _Column(
            Field.EMPLOYER, gettext_lazy("Where the participant works. One job in a row: another job is another row.")
        ),
        _Column(Field.EMPLOYER_NUMBER, gettext_lazy("Nine digits, if you have them.")),
        _Column(Field.JOB_TITLE, gettext_lazy("What the participant does there.")),
        _Column(Field.JOB_FORM, gettext_lazy("Choose one."), [choice.label for choice in JobStarted.Form]),
        _Column(Field.JOB_HOURS, gettext_lazy("Hours a week, for example 20. Or leave it, and write per cent.")),
        _Column(
            Field.JOB_PERCENT, gettext_lazy("Per cent of a position, for example 50. Or leave it, and write hours.")
        ),
        _Column(Field.JOB_STARTED_ON, _DAY),
        _Column(
            Field.JOB_ENDED_ON,
            gettext_lazy("The last day, also where it is agreed and lies ahead. Empty where the job goes on."),
        ),
        _Column(Field.JOB_END_REASON, gettext_lazy("Choose one."), [choice.label for choice in JobEnded.Reason]),
        _Column(Field.SUBSIDISED, gettext_lazy("Yes where the employer gets a wage subsidy."), yes_or_no),
        _Column(Field.ENDED_ON, gettext_lazy("The day the follow-up ended. Empty where it goes on.")),
        _Column(Field.END_CAUSE, gettext_lazy("Choose one."), [choice.label for choice in CaseEnded.Cause]),
    )


_DAYS = {
    Field.REFERRED_ON,
    Field.STARTED_ON,
    Field.LAST_MET_ON,
    Field.JOB_STARTED_ON,
    Field.JOB_ENDED_ON,
    Field.ENDED_ON,
}
#: Digits that a spreadsheet would take for a number, and take the zeros in front away.
_DIGITS = {Field.IDENTITY_NUMBER, Field.POSTAL_CODE, Field.PHONE, Field.EMPLOYER_NUMBER}


def workbook() -> bytes:
    """The .xlsx file, in the language of the moment."""
    columns = _columns()
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page, guide = book.add_worksheet(_("Participants")), book.add_worksheet(_("How to fill it in"))
    sources = _write_guide(book, guide, columns)
    _write_list(book, page, columns, sources)
    book.close()
    return out.getvalue()


def _write_list(
    book: xlsxwriter.Workbook,
    page: xlsxwriter.worksheet.Worksheet,
    columns: Sequence[_Column],
    sources: dict[Field, str],
) -> None:
    """The sheet to fill in."""
    look = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
    needed, heading = book.add_format({**look, "bg_color": "#CCE2F0"}), book.add_format({**look, "bg_color": "#ECEEF0"})
    day, digits = book.add_format({"num_format": "dd.mm.yyyy", "align": "left"}), book.add_format({"num_format": "@"})
    page.freeze_panes(1, 3)
    page.set_row(0, 32)
    for at, column in enumerate(columns):
        form = day if column.field in _DAYS else digits if column.field in _DIGITS else None
        page.set_column(at, at, 30 if column.field in (Field.WISHES, Field.END_CAUSE) else 17, form)
        page.write_string(0, at, str(LABELS[column.field]), needed if column.is_needed else heading)
        page.write_comment(0, at, str(column.note), {"x_scale": 1.6, "y_scale": 0.8})
        if column.choices:
            page.data_validation(
                1,
                at,
                ROWS,
                at,
                {
                    "validate": "list",
                    "source": sources[column.field],
                    "error_title": _("Choose from the list"),
                    "error_message": _("Choose one of those in the list, or leave the cell empty."),
                },
            )
        elif column.field in _DAYS:
            page.data_validation(
                1,
                at,
                ROWS,
                at,
                {
                    "validate": "date",
                    "criteria": "between",
                    "minimum": date(1990, 1, 1),
                    "maximum": date(2079, 12, 31),
                    "error_type": "warning",
                    "error_title": _("No date"),
                    "error_message": str(_DAY),
                },
            )


def _write_guide(
    book: xlsxwriter.Workbook, guide: xlsxwriter.worksheet.Worksheet, columns: Sequence[_Column]
) -> dict[Field, str]:
    """The sheet that says how. Returns where the choices of each column stand on it, as a formula."""
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    top = book.add_format({"valign": "top"})
    guide.set_column(0, 0, 30)
    guide.set_column(1, 1, 30)
    guide.set_column(2, 2, 70)
    guide.set_column(3, 6, 36)
    guide.write_string(
        0, 0, _("One row for each participant, or for each job. Columns that you do not need can stay empty.")
    )
    for at, title in enumerate((_("Column"), _("Needed"), _("What belongs there"))):
        guide.write_string(1, at, title, bold)
    for row, column in enumerate(columns, start=2):
        guide.write_string(row, 0, str(LABELS[column.field]), top)
        guide.write_string(row, 1, _("yes") if column.is_needed else "", top)
        guide.write_string(row, 2, str(column.note), wrapped)
    # Below, where no row holds both a heading and a choice.
    first_row = len(columns) + 4
    guide.write_string(first_row - 2, 0, _("What can be chosen"), bold)
    sources = {}
    for at, column in enumerate(one for one in columns if one.choices):
        guide.write_string(first_row - 1, at, str(LABELS[column.field]), bold)
        for row, choice in enumerate(column.choices, start=first_row):
            guide.write_string(row, at, str(choice), top)
        letter = xlsxwriter.utility.xl_col_to_name(at, col_abs=True)
        first, last = first_row + 1, first_row + len(column.choices)
        sources[column.field] = f"='{guide.get_name()}'!{letter}${first}:{letter}${last}"
    return sources
