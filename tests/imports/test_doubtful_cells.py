"""Cells that could be read wrongly without anybody noticing: each is read right, told in a remark, or asked about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from plass.imports import error_workbook, mapping, plan, sheet, values
from plass.imports.plan_types import Plan, RowReport

from .lists import csv, person

_REFERENCE = Path(__file__).parent / "reference"
TODAY = date(2026, 11, 30)


def read(content: bytes) -> Plan:
    """What the list in a file would become."""
    found = sheet.read(content, "list")
    return plan.make(found, mapping.by_headings(found), today=TODAY)


def read_reference(name: str) -> Plan:
    return read((_REFERENCE / name).read_bytes())


def read_row(**more: str) -> tuple[Plan, RowReport]:
    """What one row would become, and its report."""
    made = read(csv([person(**{"Henvist dato": "3.4.2024", **more})]))
    return made, made.reports[2]


def test_only_a_whole_known_phrase_is_an_outcome() -> None:
    made = read_reference("d03_end_causes.csv")
    assert {person.end_note: person.end_cause for person in made.people} == {
        "Fikk avslag på uføretrygd": "other",
        "Søker jobb selv": "other",
        "Mangler jobb": "other",
        "Fant aldri jobb": "other",
        "Sluttet i jobb": "other",
        "Ville ha jobb, men ble syk": "other",
        "søknad om uføre til behandling": "disability_applied",
        "Jobbsøker videre": "other",
        "ikke møtt": "other",
        "Venter på skole": "other",
    }
    assert all("Sluttårsaken «" in report.remarks[0] for report in made.reports.values())


@pytest.mark.parametrize(
    ("words", "cause"),
    [("Kom i jobb.", "work"), ("I  arbeid", "work"), ("Jobb?", "other"), ("Fikk uføretrygd", "disability_granted")],
)
def test_a_known_phrase_is_known_however_it_is_typed_and_not_with_a_doubt(words: str, cause: str) -> None:
    made, report = read_row(Avsluttet="1.6.2025", Sluttårsak=words)
    assert made.people[0].end_cause == cause
    assert len(report.remarks) == 1


JOB = {"Arbeidsgiver": "Kafé", "Jobbstart": "1.6.2025", "Timer": "20", "Ansettelsesform": "fast"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [("Ville ikke si opp, ble sagt opp", "other"), ("Søker ny jobb", "other"), ("Fikk ny jobb", "new_job")],
)
def test_why_a_job_ended_is_a_whole_phrase_too(words: str, reason: str) -> None:
    made, _report = read_row(**JOB, Jobbslutt="1.9.2025", **{"Sluttårsak jobb": words})
    assert made.people[0].jobs[0].end_reason == reason


@pytest.mark.parametrize(
    ("words", "form"), [("Fast stilling", "permanent"), ("Ikke fast", "temporary"), ("Kanskje fast", "temporary")]
)
def test_a_form_of_employment_is_a_whole_phrase_too(words: str, form: str) -> None:
    made, report = read_row(**{**JOB, "Ansettelsesform": words})
    assert made.people[0].jobs[0].form == form
    assert len(report.remarks) == (words != "Fast stilling")


def test_words_about_a_work_trial_are_never_guessed_to_be_a_job_with_a_wage() -> None:
    made, report = read_row(**{**JOB, "Ansettelsesform": "Fast etter praksis"})
    assert made.people == ()
    assert "«fast etter praksis» sier ikke om jobben er lønnet" in report.problems[0]


def test_five_digits_are_a_date_without_its_zero_where_the_column_shows_it() -> None:
    made = read_reference("c17_ddmmyy_lost_zero.csv")
    assert [person.referred_on for person in made.people] == [
        date(2024, 4, 4),
        date(2025, 4, 5),
        date(2024, 4, 12),
        date(2024, 4, 4),
    ]
    assert made.reports[2].remarks == [
        "«40424» er lest som 4. april 2024, slik de andre datoene i kolonnen er skrevet."
    ]
    assert made.reports[4].remarks == made.reports[5].remarks == []


def column_of_dates(*cells: str) -> tuple[list[date | None], Plan]:
    made = read(csv([person("Nr", "Nummer", **{"Henvist dato": cell}) for cell in cells]))
    days = {planned.rows[0]: planned.referred_on for planned in made.people}
    return [days.get(row) for row in range(2, len(cells) + 2)], made


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        # A day count beside it, and the same number as day, month and year.
        (("40424", "45385"), (date(2010, 9, 3), date(2024, 4, 3))),
        (("40424", "120424"), (date(2024, 4, 4), date(2024, 4, 12))),
        # Nothing decides, or both kinds occur.
        (("40424", "3.4.2024"), (None, date(2024, 4, 3))),
        (("40424", "45385", "120424"), (None, date(2024, 4, 3), date(2024, 4, 12))),
    ],
)
def test_five_digits_are_what_the_column_shows_or_asked_about(
    cells: tuple[str, ...], days: tuple[date | None, ...]
) -> None:
    found, made = column_of_dates(*cells)
    assert found == list(days)
    report = made.reports[2]
    assert len(report.remarks) == (days[0] is not None)
    asked = [
        "Kolonnen «Henvist dato»: «40424» kan være både 4. april 2024 og 3. september 2010. Skriv den som 31.12.2025."
    ]
    assert report.problems == ([] if days[0] else asked)


def test_one_day_after_the_twelfth_makes_a_column_month_first_and_says_so() -> None:
    made = read_reference("c18_us_dates.csv")
    assert [(person.referred_on, person.started_on) for person in made.people] == [
        (date(2025, 3, 4), date(2025, 3, 14)),
        (date(2025, 4, 5), date(2025, 4, 9)),
        (date(2024, 12, 31), date(2025, 1, 15)),
    ]
    assert [len(report.remarks) for report in made.reports.values()] == [2, 2, 2]
    assert made.reports[3].remarks[0].startswith("«04/05/2025» er lest som 5. april 2025")


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("04/05/2025", "31/12/2024"), (date(2025, 5, 4), date(2024, 12, 31))),
        (("04/05/2025", "31/12/2024", "12/31/2024"), (None, date(2024, 12, 31), date(2024, 12, 31))),
        (("05/05/2025", "31/12/2024", "12/31/2024"), (date(2025, 5, 5), date(2024, 12, 31), date(2024, 12, 31))),
    ],
)
def test_where_both_orders_occur_what_could_be_two_days_is_asked_about(
    cells: tuple[str, ...], days: tuple[date | None, ...]
) -> None:
    found, made = column_of_dates(*cells)
    assert found == list(days)
    assert made.reports[2].remarks == []
    assert ["kan være to datoer" in problem for problem in made.reports[2].problems] == [True] * (days[0] is None)


def test_a_column_that_shows_no_order_is_asked_about_beside_one_with_the_month_first() -> None:
    made = read(
        csv(
            [
                person(**{"Henvist dato": "12/31/2024", "Første samtale": "02/03/2025"}),
                person(**{"Henvist dato": "12/30/2024", "Første samtale": "02/02/2025"}),
            ]
        )
    )
    assert [person.started_on for person in made.people] == [date(2025, 2, 2)]
    assert "«02/03/2025» kan være to datoer" in made.reports[2].problems[0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("04/05/2025", "12/31/2024"), date(2025, 4, 5)),
        (("40424", "120424"), date(2024, 4, 4)),
        (("04/05/2025", "31/12/2024", "12/31/2024"), None),
    ],
)
def test_a_row_to_mend_stands_alone_with_the_date_that_its_column_told(
    cells: tuple[str, ...], expected: date | None
) -> None:
    content = csv([person("Nr", "", **{"Henvist dato": cell}) for cell in cells])
    found = sheet.read(content, "list")
    chosen = mapping.by_headings(found)
    made = plan.make(found, chosen, today=TODAY)
    rest = sheet.read(error_workbook.workbook(found, [made.reports[2]], chosen), "rest")
    cell = rest.rows[0].cells[3]
    if expected:
        assert cell == expected
    else:
        with pytest.raises(ValueError, match="er ikke en dato"):
            values.day(cell)
