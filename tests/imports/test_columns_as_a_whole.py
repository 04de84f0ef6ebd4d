"""What only the whole column tells: where the year stands, whether day and month have changed places, hours or per cent."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from plass.imports import date_values, error_workbook, mapping, plan, sheet
from plass.imports.plan_types import Plan
from plass.imports.questions import AS_IT_STANDS, HOURS, PER_CENT, SWAPPED, Answers, Kind
from plass.imports.sheet import Sheet

from .lists import csv, person, xlsx

TODAY = date(2026, 11, 30)
JOB = {"Arbeidsgiver": "Kafé", "Jobbstart": "1.3.2025", "Ansettelsesform": "fast"}


def plan_of(found: Sheet, answer: str = "") -> Plan:
    """What a list becomes, with one answer to all that it asks."""
    made = plan.make(found, mapping.by_headings(found), today=TODAY)
    answers = Answers({one.key: answer for one in made.questions})
    return plan.make(found, mapping.by_headings(found), today=TODAY, answers=answers) if answer else made


def with_dates(*cells: str) -> Plan:
    return plan_of(sheet.read(csv([person(**{"Henvist dato": cell}) for cell in cells]), "liste"))


# Six figures.


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["030424", "310324"], [(2024, 4, 3), (2024, 3, 31)]),
        # Days that could be years are days where the others can be nothing else.
        (["240115", "030424"], [(2015, 1, 24), (2024, 4, 3)]),
        (["240115", "240331"], [(2024, 1, 15), (2024, 3, 31)]),
        (["24-01-15", "24-03-31"], [(2024, 1, 15), (2024, 3, 31)]),
        (["24-01-15", "03-04-24"], [(2015, 1, 24), (2024, 4, 3)]),
        (["24.01.15", "31.3.2024"], [(2015, 1, 24), (2024, 3, 31)]),
        (["240331", "1.2.2024"], [(2024, 3, 31), (2024, 2, 1)]),
    ],
)
def test_where_the_year_stands_is_told_by_the_column(cells, days):
    made = with_dates(*cells)
    assert [person.referred_on for person in made.people] == [date(*day) for day in days]


@pytest.mark.parametrize("cells", [["240115"], ["240115", "240320"], ["24-01-15"], ["030424", "240331", "240115"]])
def test_what_can_be_two_dates_is_refused_where_the_column_does_not_tell(cells):
    made = with_dates(*cells)
    report = made.reports[len(cells) + 1]
    assert "kan være både 24. januar 2015 og 15. januar 2024" in " ".join(report.problems) or "240320" in cells
    assert report.problems


def test_a_date_with_its_year_first_is_told_as_it_is_read():
    made = with_dates("240115", "240331")
    assert (
        "«240115» er lest som 15. januar 2024, slik de andre datoene i kolonnen er skrevet." in made.reports[2].remarks
    )


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-03-31T22:00:00Z", (2025, 4, 1)),
        ("2025-03-31T22:00:00.000Z", (2025, 4, 1)),
        ("2025-03-31T21:59:59Z", (2025, 3, 31)),
        ("2025-12-31T23:00:00+00:00", (2026, 1, 1)),
        ("2025-04-01T00:00:00+02:00", (2025, 4, 1)),
        ("2025-04-01 00:00:00+02", (2025, 4, 1)),
        ("2025-03-31T22:00:00", (2025, 3, 31)),
        ("20250403", (2025, 4, 3)),
        ("03042025", (2025, 4, 3)),
        ("20112012", (2012, 11, 20)),
        ("3-May-24", (2024, 5, 3)),
        ("3/mai/2024", (2024, 5, 3)),
        ("3. mai 2024", (2024, 5, 3)),
    ],
)
def test_a_day_in_other_clothes(cell, day):
    assert date_values.day(cell) == date(*day)


@pytest.mark.parametrize("cell", ["20251303", "2025-02-30T22:00:00Z", "3-foo-24"])
def test_what_only_looks_like_one_is_refused(cell):
    with pytest.raises(ValueError, match="«"):
        date_values.day(cell)


# Day and month that a spreadsheet has changed.


def swapped(*cells):
    """A workbook with these cells as days of referral."""
    rows = [person(**{"Henvist dato": cell}) for cell in cells]
    return sheet.read(
        xlsx(lambda page, _book: [page.append(list(row)) for row in ([*rows[0]], *(row.values() for row in rows))]), "x"
    )


def test_dates_up_to_the_twelfth_and_text_beyond_are_asked_about_once():
    found = swapped(date(2025, 3, 4), "31.3.2025", date(2025, 5, 5), date(2025, 6, 2), "15.4.2025")
    made = plan_of(found)
    (question,) = made.open_questions
    assert (question.kind, question.rows) == (Kind.DAY_AND_MONTH, (2, 5))
    assert question.shown == ("Henvist dato", "4.3.2025")
    assert len(made.people) == 3
    stands = plan_of(found, AS_IT_STANDS)
    assert [str(one.referred_on) for one in stands.people][:2] == ["2025-03-04", "2025-03-31"]
    right = plan_of(found, SWAPPED)
    assert [str(one.referred_on) for one in right.people] == [
        "2025-04-03",
        "2025-03-31",
        "2025-05-05",
        "2025-02-06",
        "2025-04-15",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        (date(2025, 3, 4), date(2025, 6, 2)),
        (date(2025, 3, 4), "31.3.2025", date(2025, 3, 31)),
        (date(2025, 3, 4), "31.3.2025", "3.4.2025"),
        ("4.3.2025", "31.3.2025"),
        (date(2025, 5, 5), "31.3.2025"),
    ],
)
def test_dates_that_nothing_has_changed_are_not_asked_about(cells):
    assert plan_of(swapped(*cells)).open_questions == []


# Hours and per cent.


def jobs(heading, *cells):
    return sheet.read(csv([person(**JOB, **{heading: cell}) for cell in cells]), "liste")


def hours(made):
    return [str(job.hours) for person in made.people for job in person.jobs]


@pytest.mark.parametrize(
    ("cell", "read"), [("20 t", "20.00"), ("37,5 timer", "37.50"), ("20 t/uke", "20.00"), ("7 h", "7.00")]
)
def test_hours_in_a_column_of_per_cent_are_hours_and_told(cell, read):
    made = plan_of(jobs("Stillingsprosent", cell, "50 %"))
    assert hours(made) == [read, "18.75"]
    assert f"Kolonnen «Stillingsprosent»: «{cell}» er lest som timer i uken." in made.reports[2].remarks


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Stillingsprosent", ["37,5", "30", "20", "15"]),
        ("Stillingsprosent", ["37,5"]),
        ("Stillingsprosent", ["30", "20", "15"]),
        ("Timer/prosent", ["40"]),
        ("Timer/prosent", ["20", "50 %", "30 t"]),
        # Some cells say something else than the heading: then the heading does not tell of those that say nothing.
        ("Stillingsprosent", ["30", "20 t"]),
        ("Stillingsprosent", ["60", "20 timer", "50 %"]),
        ("Timer", ["30", "50 %"]),
        ("Timer pr uke", ["20", "80 prosent", "30 t"]),
    ],
)
def test_numbers_that_can_be_hours_and_per_cent_are_asked_about_once(heading, cells):
    found = jobs(heading, *cells)
    made = plan_of(found)
    (question,) = made.open_questions
    assert question.kind is Kind.HOURS
    assert question.shown == (heading, cells[0])
    bare = [cell for cell in cells if cell.replace(",", "").isdigit()]
    assert len(question.rows) == len(bare) and len(made.people) == len(cells) - len(bare)
    first = Decimal(cells[0].replace(",", "."))
    assert Decimal(hours(plan_of(found, HOURS))[0]) == first
    assert Decimal(hours(plan_of(found, PER_CENT))[0]) == (first * Decimal("0.375")).quantize(Decimal("0.01"))
    assert not any(report.problems for report in made.reports.values())


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Stillingsprosent", ["50", "30", "20", "100"]),
        ("Stillingsprosent", ["20"]),
        ("Stillingsprosent", ["20", "50 %", "30", "15"]),
        ("Stillingsprosent", ["0,5", "1", "0,2"]),
        ("Timer", ["37,5", "30", "20"]),
        ("Timer/prosent", ["20 t", "50 %"]),
        ("Stillingsprosent", ["20 t", "50 %"]),
        ("Timer", ["20 t", "50 %"]),
    ],
)
def test_numbers_that_are_one_of_the_two_are_not_asked_about(heading, cells):
    assert plan_of(jobs(heading, *cells)).open_questions == []


def test_what_only_the_column_told_is_in_doubt_in_the_file_of_what_is_left():
    made = jobs("Stillingsprosent", "37,5", "20")
    holds = mapping.by_headings(made)
    content = error_workbook.workbook(made, [plan_of(made).reports[3]], holds)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows]
    assert "20 ?" in rows[1]
    dates = swapped(date(2025, 3, 4), "31.3.2025")
    content = error_workbook.workbook(dates, [plan_of(dates).reports[2]], mapping.by_headings(dates))
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows]
    assert "4.3.2025 ?" in rows[1]


# Whether, and when.


@pytest.mark.parametrize("when", ["Dato avsluttet", "Dato ut"])
@pytest.mark.parametrize("yes", ["Ja", "x"])
def test_a_column_that_says_only_whether_gives_way_to_the_one_with_the_dates(when, yes):
    rows = [
        person("Kari", **{"Avsluttet": "Nei" if yes == "Ja" else "", when: ""}),
        person("Per", **{"Avsluttet": yes, when: "1.10.2026"}),
        person("Mari", **{"Avsluttet": yes, when: ""}),
    ]
    made = plan_of(sheet.read(csv(rows), "liste"))
    assert {person.given_name: person.ended_on for person in made.people} == {"Kari": None, "Per": date(2026, 10, 1)}
    assert "ingen sluttdato" in " ".join(made.reports[4].problems)


def test_a_column_of_days_does_not_give_way():
    rows = [person(**{"Avsluttet": "1.9.2026", "Dato avsluttet": "1.10.2026"})]
    assert [person.ended_on for person in plan_of(sheet.read(csv(rows), "liste")).people] == [date(2026, 9, 1)]


@pytest.mark.parametrize(
    ("heading", "cells"),
    [("Timer", ["20", "50", "80", "100", "40"]), ("Omfang", ["20", "40"]), ("Omfang", ["50 %", "40"])],
)
def test_a_column_of_numbers_that_may_be_per_cent_is_asked_about_once(heading, cells):
    found = sheet.read(csv([person(**JOB, **{heading: cell}) for cell in cells]), "liste")
    (question,) = [one for one in plan_of(found).open_questions if one.kind is Kind.HOURS]
    assert question.shown[0] == heading
    made = plan_of(found, PER_CENT)
    assert [job.hours for one in made.people for job in one.jobs] == [
        Decimal(cell.removesuffix(" %")) * Decimal("0.375") for cell in cells
    ]


@pytest.mark.parametrize("cells", [["20", "37,5"], ["20", "150", "80"], ["20 t", "80 t"]])
def test_a_column_of_hours_with_a_slip_is_not_asked_about(cells):
    found = sheet.read(csv([person(**JOB, Timer=cell) for cell in cells]), "liste")
    assert not [one for one in plan_of(found).open_questions if one.kind is Kind.HOURS]


@pytest.mark.parametrize(
    ("headings", "named"),
    [
        (["Meldt fra DPS dato", "Oppstart"], []),
        (["Papirer kom", "Oppstart"], ["Papirer kom"]),
        (["Papirer kom", "Henvist"], []),
        (["Samtykke", "Oppstart"], []),
    ],
)
def test_where_no_column_has_the_referral_the_unread_columns_of_days_are_named(headings, named):
    row = {**dict.fromkeys(headings, "1.2.2026"), "Fødselsnummer": "17859000185", "Navn": "Kari Hansen"}
    found = sheet.read(csv([row, {**row, headings[0]: ""}]), "liste")
    cells = [(column.index, column.heading, mapping.first_cells(found, column)) for column in found.columns]
    sentences = mapping.about_the_referral(cells, mapping.by_headings(found))
    assert len(sentences) == len(named) and all(heading in sentences[0] for heading in named)
