"""Rows of a text file that are divided otherwise than the list is: their cells may stand in the columns of others."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from plass.imports import error_workbook, mapping, plan, sheet

TODAY = date(2026, 11, 30)
FULL = "17859000266;Ola Berg;1.3.2025;Lillegata 2;40000001\n"
HEAD = "Fnr;Navn;Henvist;Adresse;Telefon\n"


def read(text):
    """The people of a list, and what is wrong in its rows."""
    found = sheet.read(text.encode(), "liste.csv")
    made = plan.make(found, mapping.by_headings(found), today=TODAY)
    return [person.given_name for person in made.people], {
        number: " ".join(report.problems) for number, report in made.reports.items() if report.problems
    }


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (HEAD + "17859000185;Kari Hansen;1.2.2025;Storgata 1; H0201;99887766\n", "«;»"),
        (HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;Storgata 1; H0201;99887766\n", "«;»"),
        ("Fnr,Navn,Henvist,Arbeidsgiver,Jobbstart,Timer\n17859000185,Kari Hansen,1.2.2025,Kiwi,1.3.2025,7,5\n", "«,»"),
        (HEAD.replace(";", "\t") + "17859000185\tKari Hansen\t1.2.2025\tStorgata 1\tH0201\t9988\n", "tabulator"),
        # The last column is empty, so that nothing stands beyond it.
        (
            "Fnr,Navn,Henvist,Arbeidsgiver,Jobbstart,Timer,Merknad\n"
            "17859000266,Ola Berg,1.2.2025,Kiwi,1.3.2025,20,\n17859000185,Kari Hansen,1.2.2025,Kiwi,1.3.2025,7,5,\n",
            "«,»",
        ),
    ],
)
def test_a_row_with_more_cells_than_the_list_has_columns_is_held_back(text, mark):
    people, wrong = read(text)
    assert people == ["Ola"] * ("Ola" in text)
    ((row, problem),) = wrong.items()
    assert row == text.count("\n") and mark in problem and "flyttet på resten" in problem


@pytest.mark.parametrize(
    "text",
    [
        # A quotation mark that makes one cell of several.
        'Fnr;Navn;Henvist;Ønsker;Avsluttet;Merknad\n17859000185;Kari Hansen;1.2.2025;"kafé;1.9.2025;sa takk"\n',
        HEAD + FULL + '17859000185;Kari Hansen;1.2.2025;"Storgata 1;99887766"\n',
        # A line break that nothing holds together.
        HEAD + "17859000185;Kari Hansen;1.2.2025;Storgata\n1;99887766\n",
        HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;Storgata\n1;99887766\n",
        # A delimiter that was forgotten.
        HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;Storgata 1 99887766\n",
    ],
)
def test_a_row_with_fewer_cells_is_held_back_where_the_others_are_full(text):
    people, wrong = read(text)
    assert "Kari" not in people
    assert "delt raden eller slått sammen celler" in wrong[text[: text.index("Kari")].count("\n") + 1]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;;\n",
        # Some programs end each row with a delimiter, and others leave out what is empty at its end.
        HEAD + FULL.replace("\n", ";\n") + "17859000185;Kari Hansen;1.2.2025;Storgata 1;99887766;\n",
        HEAD + "17859000266;Ola Berg;1.3.2025\n17859000185;Kari Hansen;1.2.2025;Storgata 1\n",
        # The last column is free, and one row does not come so far.
        HEAD.replace("\n", ";\n")
        + FULL.replace("\n", ";\n")
        + "17859000185;Kari Hansen;1.2.2025;Storgata 1;99887766\n",
        HEAD.replace("\n", ";Merknad\n")
        + FULL.replace("\n", ";\n")
        + "17859000185;Kari Hansen;1.2.2025;Vei;99887766\n",
        # One row ends with a delimiter that the others do not have.
        HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;Storgata 1;99887766;\n",
        HEAD + FULL + '17859000185;Kari Hansen;1.2.2025;"Storgata 1; H0201";99887766\n',
        HEAD + FULL + '17859000185;Kari Hansen;1.2.2025;"Storgata 1\nH0201";99887766\n',
        "Deltakere\n\n" + HEAD + FULL + "17859000185;Kari Hansen;1.2.2025;Storgata 1;99887766\nSum;2\n",
    ],
)
def test_rows_that_are_divided_as_the_list_are_read(text):
    people, wrong = read(text)
    assert (sorted(people), wrong) == (["Kari", "Ola"], {})


def test_what_lies_beyond_the_last_heading_is_told_on_its_row():
    text = (
        HEAD.replace("\n", ";\n") + FULL.replace("\n", ";\n") + "17859000185;Kari Hansen;1.2.2025;Vei;H0201;99887766\n"
    )
    found = sheet.read(text.encode(), "liste.csv")
    assert "«99887766»" in found.rows[1].remarks[0] and found.rows[0].remarks == ()


def test_such_a_row_cannot_be_read_from_the_file_of_what_is_left_before_it_is_mended():
    found = sheet.read((HEAD + "17859000185;Kari Hansen;1.2.2025;Storgata 1; H0201;99887766\n").encode(), "x")
    holds = mapping.by_headings(found)
    content = error_workbook.workbook(found, plan.make(found, holds, today=TODAY).reports.values(), holds)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows]
    assert rows[1][0] == "17859000185 ?"
    again = sheet.read(content, "rest.xlsx")
    assert plan.make(again, mapping.by_headings(again), today=TODAY).people == ()
