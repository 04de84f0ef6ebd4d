"""A workbook whose people stand in several sheets: one list, with each row's sheet told wherever the row is."""

from __future__ import annotations

import copy
from datetime import date

import pytest

from plass.imports import column_readings, error_workbook, heading_row, mapping, overview, plan, sheet, state, sums
from plass.imports.column_readings import where_from
from plass.imports.fields import Field
from plass.imports.files.reading import UnreadableFile
from plass.imports.models import Upload
from plass.imports.overview import Overview
from plass.imports.plan_types import Plan
from plass.imports.row_numbers import RowNumber
from tests.world import identity_number

from .lists import xlsx

TODAY = date(2026, 11, 1)


def workbook(*sheets, hidden=()) -> bytes:
    """Sheets of a workbook: each a name and rows."""

    def fill(page, book):
        for name, rows in sheets:
            there = page if page.title == "Sheet" else book.create_sheet()
            there.title = name
            for row in rows:
                there.append(row)
            if name in hidden:
                there.sheet_state = "hidden"

    return xlsx(fill)


def people(*names, more=(), headings=("Fnr", "Navn", "Henvist")):
    """The rows of a sheet: headings, and a row for each name."""
    return [list(headings), *([identity_number(), name, "3.4.2025", *more] for name in names)]


def planned(content: bytes, sheets=None) -> tuple[sheet.Sheet, Plan]:
    read = sheet.read(content, "x.xlsx", sheets)
    return read, plan.make(read, mapping.by_headings(read), today=TODAY)


def names(made: Plan) -> list[str]:
    return [f"{person.given_name} {person.family_name}" for person in made.people]


def problems(made: Plan) -> dict[str, list[str]]:
    return {report.number.label: report.problems for report in made.reports.values() if report.problems}


def test_all_sheets_that_look_like_lists_are_one_list_and_the_others_are_offered():
    content = workbook(
        ("Les meg", [["Slik bruker du lista"], ["1. Skriv inn alle"]]),
        ("2025", people("Kari Åsen")),
        ("2024", people("Per Berg", "Ola Dahl")),
    )
    read, made = planned(content)
    assert names(made) == ["Kari Åsen", "Per Berg", "Ola Dahl"]
    assert [(one.title, one.is_read, one.looks_like_a_list, one.rows) for one in read.sheets] == [
        ("Les meg", False, False, 0),
        ("2025", True, True, 1),
        ("2024", True, True, 2),
    ]
    assert [number.label for number in made.reports] == ["Ark 2025, rad 2", "Ark 2024, rad 2", "Ark 2024, rad 3"]
    _read, only = planned(content, ["2024"])
    assert names(only) == ["Per Berg", "Ola Dahl"]
    assert [number.label for number in only.reports] == ["2", "3"]


def test_each_sheet_has_headings_of_its_own_in_any_order_and_place():
    number = identity_number()
    _read, made = planned(
        workbook(
            (
                "Aktive",
                [
                    ["Liste 2026"],
                    ["Navn", "Arbeidsgiver", "Jobbstart", "Timer", "Fnr", "Henvist"],
                    ["Kari Åsen", "Rema", "1.6.2025", 20, identity_number(), "1.2.2025"],
                ],
            ),
            ("Avsluttet", [["Fnr", "Henvist", "Deltaker", "Sluttdato"], [number, "3.4.2024", "Per Berg", "1.9.2025"]]),
        )
    )
    kari, per = made.people
    assert (kari.jobs[0].employer, kari.ended_on) == ("Rema", None)
    assert (per.family_name, per.referred_on, per.ended_on, per.jobs) == (
        "Berg",
        date(2024, 4, 3),
        date(2025, 9, 1),
        [],
    )


def test_one_heading_that_means_two_things_in_two_sheets_is_two_columns():
    read, made = planned(
        workbook(
            (
                "Jobb",
                [
                    ["Fnr", "Navn", "Henvist", "Arbeidsgiver", "Start", "Timer"],
                    [identity_number(), "Kari Åsen", "1.2.2025", "Rema", "1.6.2025", 20],
                ],
            ),
            ("2025", [["Fnr", "Navn", "Start"], [identity_number(), "Per Berg", "3.3.2025"]]),
        )
    )
    assert [column.heading for column in read.columns].count("Start") == 2
    kari, per = made.people
    assert (kari.started_on, kari.jobs[0].started_on) == (None, date(2025, 6, 1))
    assert (per.started_on, per.jobs) == (date(2025, 3, 3), [])


def test_what_is_wrong_names_the_column_of_its_own_sheet():
    _read, made = planned(
        workbook(
            ("A", people("Kari Åsen")),
            ("B", [["Fnr", "Deltaker", "Søkt inn"], [identity_number(), "Per Berg", "32.1.2025"]]),
        )
    )
    assert "«Søkt inn»" in problems(made)["Ark B, rad 2"][0]


def test_one_person_in_two_sheets_is_joined_as_in_two_rows_and_the_rows_are_told_apart():
    number = identity_number()
    rows = [["Fnr", "Navn", "Henvist"], [number, "Kari Åsen", "3.4.2025"]]
    _read, made = planned(workbook(("2025", rows), ("2024", rows)))
    (kari,) = made.people
    assert kari.rows == [RowNumber(2, "2025"), RowNumber(2, "2024")]
    assert made.reports[RowNumber(2, "2024")].remarks == ["Samme person som i rad 2 i arket «2025»."]
    other = [["Fnr", "Navn", "Henvist"], [number, "Per Berg", "3.4.2025"]]
    _read, made = planned(workbook(("2025", rows), ("2024", other)))
    assert made.people == ()
    assert "rad 2 i arket «2025»" in problems(made)["Ark 2024, rad 2"][0]
    assert "rad 2 i arket «2024»" in problems(made)["Ark 2025, rad 2"][0]


@pytest.mark.parametrize("title", ["Avsluttet", "Avsluttede saker", "UTSKREVET 2024", "Sluttet i 2023", "Ended"])
def test_who_stands_in_a_sheet_of_ended_people_without_a_date_is_asked_about(title):
    ended = [
        *people("Per Berg", headings=("Fnr", "Navn", "Henvist", "Sluttdato")),
        [identity_number(), "Ola Dahl", "3.4.2024", "1.9.2025"],
    ]
    for sheets in ((("Aktive", people("Kari Åsen")), (title, ended)), ((title, ended),)):
        read, made = planned(workbook(*sheets))
        where = f"Ark {title}, rad 2" if len(sheets) > 1 else "2"
        assert problems(made) == {
            where: [
                f"Arket heter «{title}», men raden har ingen sluttdato. "
                "Skriv datoen, eller flytt raden hvis oppfølgingen går videre."
            ]
        }
        assert names(made)[-1] == "Ola Dahl"
        assert made.people[-1].ended_on == date(2025, 9, 1)
        # The file with the rest says so still, though it holds no other rows.
        wrong = [report for report in made.reports.values() if report.problems]
        rest, again = planned(error_workbook.workbook(read, wrong, mapping.by_headings(read)))
        assert [part.title for part in rest.parts] == [title]
        assert problems(again) == {"2": problems(made)[where]}


def test_an_end_in_one_sheet_answers_for_the_sheet_of_ended_people():
    number = identity_number()
    _read, made = planned(
        workbook(
            ("2024", [["Fnr", "Navn", "Henvist", "Sluttdato"], [number, "Kari Åsen", "3.4.2024", "1.9.2025"]]),
            ("Avsluttet", [["Fnr", "Navn"], [number, "Kari Åsen"]]),
        )
    )
    assert problems(made) == {}
    assert made.people[0].ended_on == date(2025, 9, 1)


def test_the_file_with_the_rest_keeps_the_sheets_and_reads_the_same_again():
    """In one sheet the end of the follow-up would stand behind the job's columns and be taken as the job's."""
    bad = "17859012345"
    content = workbook(
        ("Jobb", [["Fnr", "Navn", "Henvist", "Arbeidsgiver", "Jobbstart"], [bad, "Kari Åsen", "1.2.2025", "Rema", ""]]),
        ("Uten jobb", [["Fnr", "Navn", "Henvist", "Sluttdato"], [bad, "Per Berg", "1.2.2025", "1.3.2025"]]),
    )
    read, made = planned(content)
    wrong = list(made.reports.values())
    rest, again = planned(error_workbook.workbook(read, wrong, mapping.by_headings(read)))
    assert [part.title for part in rest.parts] == ["Jobb", "Uten jobb"]
    assert {column.heading: field for column, field in _fields(rest)} == {
        column.heading: field for column, field in _fields(read)
    }
    assert problems(again) == problems(made)


def _fields(read: sheet.Sheet) -> list[tuple[sheet.Column, Field]]:
    by_index = mapping.by_headings(read)
    return [(column, by_index[column.index]) for column in read.columns]


def test_a_sheet_that_cannot_be_read_is_told_and_the_others_are_read():
    content = workbook(("2025", people("Kari Åsen")), ("2026", people()))
    read, made = planned(content)
    assert names(made) == ["Kari Åsen"]
    (sentence,) = mapping.about_sheets(read.sheets, read.hidden_sheets)
    assert "«2026» kan ikke leses" in sentence
    with pytest.raises(UnreadableFile, match="«2026»"):
        sheet.read(content, "x.xlsx", ["2025", "2026"])


def test_hidden_sheets_and_those_that_were_left_are_told():
    content = workbook(
        ("2025", people("Kari Åsen")), ("2024", people("Per Berg")), ("Gammel", people("Ola Dahl")), hidden=["Gammel"]
    )
    read, made = planned(content, ["2025"])
    assert names(made) == ["Kari Åsen"]
    assert mapping.about_sheets(read.sheets, read.hidden_sheets) == [
        "Disse arkene ser også ut som lister, og leses ikke: 2024.",
        "Skjulte ark leses ikke: Gammel.",
    ]
    with pytest.raises(UnreadableFile, match="ikke noe synlig ark «Gammel»"):
        sheet.read(content, "x.xlsx", ["Gammel"])


def test_what_is_missing_is_said_sheet_by_sheet():
    read, _made = planned(workbook(("A", people("Kari Åsen")), ("B", [["Navn", "Henvist"], ["Per Berg", "3.4.2025"]])))
    assert mapping.missing(mapping.by_headings(read), read.parts) == [
        "I arket «B»: Si hvilken kolonne som har fødselsnummeret."
    ]


def test_all_sheets_together_have_no_more_rows_than_one_list(monkeypatch):
    content = workbook(("A", people("Kari Åsen", "Ola Dahl")), ("B", people("Per Berg")))
    monkeypatch.setattr(sheet, "MOST_ROWS", 3)
    assert len(sheet.read(content, "x.xlsx").rows) == 3
    monkeypatch.setattr(sheet, "MOST_ROWS", 2)
    with pytest.raises(UnreadableFile, match=r"10.000"):
        sheet.read(content, "x.xlsx")


def test_all_sheets_together_have_no_more_columns_than_one_list(monkeypatch):
    headings = ("Fnr", "Navn", "Henvist")
    content = workbook(
        ("A", people("Kari Åsen", more=("a",), headings=(*headings, "Notat"))),
        ("B", people("Per Berg", more=("b",), headings=(*headings, "Annet"))),
    )
    monkeypatch.setattr(heading_row, "MOST_COLUMNS", 5)
    assert len(sheet.read(content, "x.xlsx").columns) == 5
    monkeypatch.setattr(heading_row, "MOST_COLUMNS", 4)
    with pytest.raises(UnreadableFile, match="kolonner"):
        sheet.read(content, "x.xlsx")


def test_a_row_is_its_number_and_its_sheet():
    here, there = RowNumber(7, "2024"), RowNumber(7, "2025")
    assert here != there
    assert len({here, there, RowNumber(7)}) == 3
    assert RowNumber(7) == 7
    assert {7: "x"}[RowNumber(7)] == "x"
    assert (str(RowNumber(7)), f"{here}", here.label) == ("7", "7 i arket «2024»", "Ark 2024, rad 7")
    copied = copy.deepcopy({here: 1})
    assert copied[RowNumber(7, "2024")] == 1


def test_the_state_keeps_the_sheets_and_the_rows_sheets():
    read, made = planned(workbook(("2025", people("Kari Åsen")), ("2024", people("Per Berg"))))
    before = state.of_sheet(read, mapping.by_headings(read))
    reports = list(made.reports.values())
    about = Overview(overview.lines_of(read), sums.of_reports(reports), [], [], [], [])
    checked = state.Checked("check", False, 0, 1.0, reports, about)
    before = state.replace(before, checked=checked, left_out=[(RowNumber(9, "2024"), "en sumrad")])
    upload = Upload(state=state.identity.seal(before.dump()))
    after = state.load(upload)
    assert after.sheets == before.sheets
    assert after.sheets_read == ["2025", "2024"]
    assert [row.number for row in after.checked.rows] == [RowNumber(2, "2025"), RowNumber(2, "2024")]
    assert after.left_out == before.left_out


def test_each_column_says_which_sheets_it_is_from():
    read, made = planned(
        workbook(
            ("2025", people("Kari Åsen", more=("Lager",), headings=("Fnr", "Navn", "Henvist", "Ønsker"))),
            ("2024", people("Per Berg")),
            ("2023", people("Ola Dahl", more=("Ja",), headings=("Fnr", "Navn", "Henvist", "Ferdig"))),
        )
    )
    found = column_readings.of_sheet(read, mapping.by_headings(read), made, today=TODAY, people={})
    said = {column.heading: column.sheets for column in found}
    assert said == {
        "Fnr": "alle arkene",
        "Navn": "alle arkene",
        "Henvist": "alle arkene",
        "Ønsker": "ark 2025",
        "Ferdig": "ark 2023",
    }
    assert {where_from(planned(workbook(("2025", people("Kari Åsen"))))[0].parts, n) for n in range(3)} == {""}
