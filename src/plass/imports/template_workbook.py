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

from .fields import A_DATE, DATES, Field, InTemplate
from .labels import LABELS

#: So many rows have choices and formats. Rows below them are read too.
ROWS = 2_000


@dataclass(frozen=True)
class _Column:
    """A column of the template, with the choices it has."""

    field: Field
    about: InTemplate
    choices: Sequence[Promise | str]


def _columns() -> tuple[_Column, ...]:
    told = ((field, field.about.template) for field in Field)
    return tuple(_Column(field, template, template.choices()) for field, template in told if template)


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
        form = day if column.field in DATES else digits if column.about.is_digits else None
        page.set_column(at, at, 30 if column.about.is_wide else 17, form)
        page.write_string(0, at, str(LABELS[column.field]), needed if column.about.is_needed else heading)
        page.write_comment(0, at, str(column.about.note), {"x_scale": 1.6, "y_scale": 0.8})
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
        elif column.field in DATES:
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
                    "error_message": str(A_DATE),
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
        guide.write_string(row, 1, _("yes") if column.about.is_needed else "", top)
        guide.write_string(row, 2, str(column.about.note), wrapped)
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
