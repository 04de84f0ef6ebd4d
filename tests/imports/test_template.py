"""The template: filled in as it says, everything in it is read, and nothing of it is guessed."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation

from plass.cases.models import CaseEnded, Participant
from plass.imports import columns, mapping, plan, sheet, template_workbook
from plass.imports.fields import Field
from plass.imports.files.reading import UnreadableFile
from plass.jobs.models import JobEnded, JobStarted
from tests.world import identity_number

TODAY = date(2026, 11, 1)
LANGUAGES = pytest.mark.parametrize("language", ["nb", "en"])


def template(language: str) -> openpyxl.Workbook:
    with translation.override(language):
        return openpyxl.load_workbook(io.BytesIO(template_workbook.workbook()))


def headings(book: openpyxl.Workbook) -> list[str]:
    return [cell.value for cell in book.worksheets[0][1]]


def choices(book: openpyxl.Workbook) -> dict[int, list[str]]:
    """What the drop-downs of the columns offer."""
    page, guide = book.worksheets
    offered = {}
    for validation in page.data_validations.dataValidation:
        if validation.type == "list":
            title, _mark, cells = validation.formula1.rpartition("!")
            assert title.strip("'=") == guide.title
            (where,) = validation.sqref.ranges
            offered[where.min_col - 1] = [row[0].value for row in guide[cells.replace("$", "")]]
    return offered


def read(book: openpyxl.Workbook) -> sheet.Sheet:
    out = io.BytesIO()
    book.save(out)
    return sheet.read(out.getvalue(), "mal.xlsx")


@LANGUAGES
def test_every_heading_is_known_as_a_whole_and_by_itself(language):
    book = template(language)
    for heading in headings(book):
        assert columns.is_known(heading), heading
    book.worksheets[0].append([identity_number(), "Kari", "Åsen", "3.4.2025"])
    found = read(book)
    recognised = mapping.by_headings(found)
    assert list(recognised.values()) == [column.field for column in template_workbook._columns()]
    assert list(mapping.guesses(found, recognised)) == []
    assert [(part.title, part.is_read, part.looks_like_a_list) for part in found.sheets] == [
        (book.sheetnames[0], True, True),
        (book.sheetnames[1], False, False),
    ]


@LANGUAGES
def test_an_empty_template_is_no_list(language):
    with pytest.raises(UnreadableFile, match=r"ingen rader med personer|no rows with people"):
        read(template(language))


@LANGUAGES
@pytest.mark.parametrize("reader", ["nb", "en"])
def test_all_choices_of_all_drop_downs_are_read_as_what_they_are(language, reader):
    """Also where whoever reads it uses the other language."""
    book = template(language)
    page, offered = book.worksheets[0], choices(book)
    at = {columns.field_of(heading): place for place, heading in enumerate(headings(book))}
    wanted = {
        Field.PROTECTION: [choice.value for choice in Participant.Protection],
        Field.JOB_FORM: [choice.value for choice in JobStarted.Form],
        Field.JOB_END_REASON: [choice.value for choice in JobEnded.Reason],
        Field.END_CAUSE: [choice.value for choice in CaseEnded.Cause],
        Field.SUBSIDISED: [True, False],
    }
    assert set(offered) == {at[field] for field in wanted}
    rows = max(len(values) for values in wanted.values())
    for row in range(rows):
        cells: dict[Field, object] = {
            Field.IDENTITY_NUMBER: identity_number(),
            Field.GIVEN_NAME: "Kari",
            Field.FAMILY_NAME: "Åsen",
            Field.REFERRED_ON: date(2025, 1, 1),
            Field.EMPLOYER: "Rema",
            Field.JOB_HOURS: 20,
            Field.JOB_STARTED_ON: date(2025, 2, 1),
            Field.JOB_ENDED_ON: date(2025, 3, 1),
            Field.ENDED_ON: date(2025, 4, 1),
        }
        for field in wanted:
            offers = offered[at[field]]
            cells[field] = offers[row % len(offers)]
        for field, value in cells.items():
            page.cell(row + 2, at[field] + 1, value)
    with translation.override(reader):
        found = read(book)
        made = plan.make(found, mapping.by_headings(found), today=TODAY)
    assert [report.problems for report in made.reports.values()] == [[]] * rows
    for row, person in enumerate(made.people):
        (job,) = person.jobs
        was = {
            Field.PROTECTION: person.person["protection"],
            Field.JOB_FORM: job.form,
            Field.JOB_END_REASON: job.end_reason,
            Field.END_CAUSE: person.end_cause,
            Field.SUBSIDISED: job.subsidised,
        }
        assert was == {field: values[row % len(values)] for field, values in wanted.items()}
        assert made.reports[row + 2].remarks == []


def test_dates_have_a_format_and_numbers_keep_their_zeros():
    book = template("nb")
    page = book.worksheets[0]
    at = {columns.field_of(heading): place for place, heading in enumerate(headings(book), start=1)}
    letter = openpyxl.utils.get_column_letter
    assert page.column_dimensions[letter(at[Field.IDENTITY_NUMBER])].number_format == "@"
    assert page.column_dimensions[letter(at[Field.REFERRED_ON])].number_format == "dd.mm.yyyy"
    assert all(cell.comment and cell.comment.text for cell in page[1])


def test_the_page_gives_the_template(client, world):
    client.force_login(world.act_as(world.supervisor))
    start = client.get(reverse("imports:start"))
    assert reverse("imports:template") in start.content.decode()
    got = client.get(reverse("imports:template"))
    assert got.status_code == 200
    assert "attachment" in got.headers["Content-Disposition"]
    assert openpyxl.load_workbook(io.BytesIO(got.content)).sheetnames == ["Deltakere", "Slik fyller du ut"]
