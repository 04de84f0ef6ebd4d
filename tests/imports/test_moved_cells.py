"""Rows whose cells stand one column to the left or right of where they belong, told by what they hold."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from random import Random

import openpyxl
import pytest

from plass.imports import error_workbook, mapping, moved_cells, plan, sheet
from plass.imports.questions import AS_IT_STANDS, NO_ANSWERS, WAIT, Kind

from ..world import identity_number
from .lists import numbered

TODAY = date(2026, 11, 30)
WHO = "17859000185;Kari Hansen;1.2.2025;"
HEAD = "Fnr;Navn;Henvist;"


def read(text, answers=NO_ANSWERS):
    found = sheet.read(text.encode(), "liste.csv")
    return plan.make(found, mapping.by_headings(found), today=TODAY, answers=answers)


def asked(made):
    return [question for question in made.questions if question.kind is Kind.MOVED]


MOVED = [
    # To the right: a mark within a cell, and the heading line ends with one, or has a free column after.
    (HEAD + "Adresse;Telefon;\n" + WHO + "Storgata 1; 3. etg;99887766\n", "Telefon: 3. etg"),
    (HEAD + "Adresse;Telefon;Merknad\n" + WHO + "Storgata 1; 3. etg;99887766\n", "Merknad: 99887766"),
    (HEAD + "Adresse;Telefon;E-post;Merknad\n" + WHO + "Storgata 1;H0201;99887766;a@b.no\n", "E-post: 99887766"),
    (HEAD + "Adresse;Postnr;Sted;Merknad\n" + WHO + "Storgata 1;H0201;0150;Oslo\n", "Sted: 0150"),
    (HEAD + "Adresse;Oppstart;Sist møtt;Avsluttet;\n" + WHO + "Vei 1;3. etg;1.3.2025;1.4.2025;\n", "Oppstart: 3. etg"),
    (HEAD + "Telefon;E-post;Merknad\n" + WHO + ";99887766;a@b.no\n", "E-post: 99887766"),
    # A number with a comma in a list that commas divide.
    (
        "Fnr,Navn,Henvist,Arbeidsgiver,Jobbstart,Timer,Stilling,Merknad\n"
        "17859000185,Kari Hansen,1.2.2025,Kiwi,1.3.2025,7,5,butikk\n",
        "Stilling: 5",
    ),
    ("Fnr,Navn,Henvist,Arbeidsgiver,Jobbstart,Timer,\n17859000185,Kari Hansen,1.2.2025,Kiwi,1.3.2025,7,5\n", "5"),
    # To the left: a mark that was forgotten.
    (HEAD + "Adresse;Telefon;E-post;Merknad\n" + WHO + "Storgata 1 99887766;a@b.no;;\n", "Telefon: a@b.no"),
    (HEAD + "Adresse;Postnr;Sted;Telefon;\n" + WHO + "0150;Oslo;99887766;;\n", "Adresse: 0150"),
    (HEAD + "Jobbspesialist;Sist møtt;Telefon;\n" + WHO + "1.3.2025;99887766;;\n", "Jobbspesialist: 1.3.2025"),
    (HEAD + "Arbeidsgiver;Orgnr;Telefon;\n" + WHO + "923609016;99887766;;\n", "Arbeidsgiver: 923609016"),
    # To the left, and the next column has a day too.
    (HEAD + "Sted;Oppstart;Sist møtt\n" + WHO + "19.2.2026;19.3.2026;\n", "Sted: 19.2.2026"),
    (HEAD + "Adresse;Oppstart;Sist møtt;Merknad\n" + WHO + "2026-02-19;2026-03-19;;\n", "Adresse: 2026-02-19"),
    (HEAD + "Sted;Merknad\n" + WHO + "19.2.2026;ring mor\n", "Sted: 19.2.2026"),
    # The same outside name, address and place.
    (HEAD + "Telefon;Oppstart;Sist møtt;Merknad\n" + WHO + "19.2.2026;19.3.2026;;\n", "Telefon: 19.2.2026"),
    (HEAD + "E-post;Oppstart;Sist møtt\n" + WHO + "19.2.2026;19.3.2026;\n", "E-post: 19.2.2026"),
    (HEAD + "Jobbspesialist;Oppstart;Sist møtt\n" + WHO + "19.2.2026;19.3.2026;\n", "Jobbspesialist: 19.2.2026"),
    (HEAD + "Arbeidsgiver;Jobbstart;Jobbslutt\n" + WHO + "19.2.2026;19.3.2026;\n", "Arbeidsgiver: 19.2.2026"),
    (HEAD + "Orgnr;Jobbstart;Jobbslutt\n" + WHO + "19.2.2026;19.3.2026;\n", "Orgnr: 19.2.2026"),
    (HEAD + "Postnr;Oppstart;Sist møtt\n" + WHO + "19.2.2026;19.3.2026;\n", "Postnr: 19.2.2026"),
]


@pytest.mark.parametrize(("text", "shown"), MOVED)
@pytest.mark.parametrize("others", [0, 4])
def test_it_is_asked_about_a_row_whose_cells_have_moved(text, shown, others):
    heading, row = text.strip().split("\n")
    mark = ";" if ";" in text else ","
    right = {
        "Fnr": "17859000266", "Navn": "Ola Berg", "Henvist": "1.3.2025", "Adresse": "Lillegata 2", "Telefon": "40000001",
        "E-post": "o@b.no", "Postnr": "0151", "Sted": "Oslo", "Oppstart": "2.3.2025", "Sist møtt": "3.3.2025",
        "Jobbspesialist": "Per Linjal", "Arbeidsgiver": "Rema", "Jobbstart": "1.4.2025", "Timer": "20", "Stilling": "butikk",
        "Orgnr": "974760673", "Jobbslutt": "3.5.2025",
    }  # fmt: skip
    full = mark.join(right.get(name, "") for name in heading.split(mark))
    made = read("\n".join([heading, *[full] * others, row]))
    (question,) = asked(made)
    assert any(shown in cell for cell in question.shown)
    assert question.shown[0] == "Kari Hansen" and [int(number) for number in question.rows] == [others + 2]
    assert "Kari" not in [person.given_name for person in made.people]
    # What the moved cells mean is not asked or told too.
    report = made.reports[question.rows[0]]
    assert len(report.questions) == 1 and not report.problems
    assert not any("e-post" in one.lower() or "telefon" in one.lower() for one in report.doubts if "uten" not in one)
    assert [one.kind for one in made.open_questions if question.rows[0] in one.rows] == [Kind.MOVED]


RIGHT = [
    HEAD + "Adresse;Telefon;\n" + WHO + "Storgata 1;99887766;\n",
    HEAD + "Adresse;Telefon;Merknad\n" + WHO + "Storgata 1;99887766;ring mor\n",
    HEAD + "Adresse;Telefon;Merknad\n" + WHO + "Storgata 1;;99887766\n",
    HEAD + "Telefon;Telefon pårørende\n" + WHO + "mangler;99887766\n",
    HEAD + "Telefon;Tlf. mor;Merknad\n" + WHO + "se over;99887766;\n",
    HEAD + "Oppstart;Sist møtt\n" + WHO + "uke 40;1.3.2025\n",
    HEAD + "Sist møtt;Neste møte\n" + WHO + "ikke møtt;1.3.2026\n",
    HEAD + "Avsluttet;Neste møte\n" + WHO + "nei;1.3.2026\n",
    HEAD + "Adresse;Postnr;Sted\n" + WHO + "Storgata 1;;0150 Oslo\n",
    HEAD + "Telefon;E-post\n" + WHO + "99887766 (mor);\n",
    HEAD + "Arbeidsgiver;Jobbstart;Timer;Stilling\n" + WHO + "7-Eleven;1.3.2025;20 t;Kasse 2\n",
    HEAD + "Arbeidsgiver;Jobbstart;Timer;Prosent\n" + WHO + "Kiwi;1.3.2025;7,5;20\n",
    HEAD + "Status;Merknad\n" + WHO + "2;i jobb\n",
    HEAD + "Telefon;E-post;Veileder\n" + WHO + "99887766;;kari@nav.no\n",
    HEAD + "Adresse;Oppstart\n" + WHO + "7 juni 1905;1.3.2025\n",
    "Fnr;Navn;Henvist av;Henvist dato\n17859000185;Kari Hansen;Fastlege;1.2.2025\n",
    HEAD + "Avsluttet av;Avsluttet dato\n" + WHO + "Ola;1.10.2025\n",
    HEAD + "Sist møtt;Oppstart\n" + WHO + "se journal;1.10.2025\n",
    HEAD + "Oppstart;Sist møtt\n" + WHO + "mangler;1.10.2025\n",
]


@pytest.mark.parametrize("text", RIGHT)
def test_rows_whose_cells_are_only_unusual_are_not_asked_about(text):
    assert asked(read(text)) == []


@pytest.mark.parametrize("headings", ["Fnr;Etternavn;Henvist;Fornavn", "Fnr;Fornavn;Henvist;Etternavn"])
def test_a_day_is_nobody_s_name(headings):
    made = read(f"{headings}\n17859000185;1.2.2025;1.3.2025;Hansen\n")
    assert len(asked(made)) == 1 and made.people == ()


def test_days_are_no_places_where_many_rows_have_them_either():
    right = ["17859000266;Ola Berg;1.3.2025;Oslo;1.4.2025;"] * 5
    moved = [f"{number};Kari Hansen;1.2.2025;19.2.2026;19.3.2026;" for number in ("17859000185", "17859000347") * 2]
    made = read("\n".join([HEAD + "Sted;Oppstart;Sist møtt", *right, *moved]))
    assert sorted(row for question in asked(made) for row in question.rows) == [7, 8, 9, 10]
    assert {person.person["place"] for person in made.people} == {"Oslo"}


def test_what_few_rows_have_after_the_last_heading_may_have_moved():
    heading, full = HEAD + "Telefon;Jobbspesialist;\n", "17859000266;Ola Berg;1.3.2025;99887766;Per Linjal;\n"
    row = WHO + "99887766;;Per Linjal\n"
    assert len(asked(read(heading + full + row))) == 1
    # Where several have it, it is a column without a heading, which is told.
    assert asked(read(heading + full + row + row.replace("185", "347"))) == []


def test_nothing_is_asked_where_most_rows_are_written_so():
    heading = HEAD + "Telefon;E-post;Jobbspesialist\n"
    rows = ["17859000185;Kari Hansen;1.2.2025;99887766;;per@nav.no\n"] * 4
    assert asked(read(heading + "".join(rows))) == []


def test_the_answer_that_it_is_right_writes_the_row_as_it_stands_and_the_other_holds_it_back():
    text = MOVED[0][0]
    (question,) = asked(read(text))
    right = read(text, NO_ANSWERS.with_more({question.key: AS_IT_STANDS}))
    assert [person.given_name for person in right.people] == ["Kari"] and not right.open_questions
    wait = read(text, NO_ANSWERS.with_more({question.key: WAIT}))
    assert wait.people == () and not wait.open_questions
    assert "flyttet" in wait.reports[question.rows[0]].problems[0]


def test_such_a_row_cannot_be_read_from_the_file_of_what_is_left_before_it_is_mended():
    heading, full = HEAD + "Telefon;Jobbspesialist;\n", "17859000266;Ola Berg;1.3.2025;99887766;Per Linjal;\n"
    found = sheet.read((heading + full + WHO + "99887766;;Per Linjal\n").encode(), "liste.csv")
    holds = mapping.by_headings(found)
    reports = plan.make(found, holds, today=TODAY).reports
    content = error_workbook.workbook(found, [reports[3]], holds)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows]
    assert rows[1][0] == "17859000185 ?"


# Lists of many kinds: rows moved by a cell, wherever that is, and rows that only lack something.

COLUMNS: dict[str, Callable[[Random], str]] = {
    "Adresse": lambda some: f"{some.choice(['Storgata', 'Lillegata', 'Åsveien'])} {some.randint(1, 90)}",
    "Postnr": lambda some: f"0{some.randint(150, 999)}",
    "Sted": lambda some: some.choice(["Oslo", "Asker", "Lier"]),
    "Telefon": lambda some: str(some.randint(90000000, 99999999)),
    "E-post": lambda some: f"k{some.randint(1, 999)}@x.no",
    "Jobbspesialist": lambda some: some.choice(["Per Linjal", "Anne Kveld", "Mona Lund"]),
    "Veileder": lambda some: some.choice(["Tor Vik", "Eva Dal"]),
    "Status": lambda some: some.choice(["Aktiv", "I jobb", "Jobbsøk"]),
    "Oppstart": lambda some: f"{some.randint(1, 28)}.{some.randint(3, 5)}.2025",
    "Sist møtt": lambda some: f"{some.randint(1, 28)}.{some.randint(6, 9)}.2026",
    "Arbeidsgiver": lambda some: some.choice(["Kiwi", "Rema 1000", "Coop Obs"]),
    "Orgnr": lambda some: some.choice(["923609016", "974760673"]),
    "Stilling": lambda some: some.choice(["butikk", "lager", "renholder"]),
    "Timer": lambda some: str(some.choice([20, 15, 30])),
    "Jobbstart": lambda some: f"{some.randint(1, 28)}.{some.randint(6, 9)}.2025",
    "Ansettelsesform": lambda some: some.choice(["fast", "vikariat"]),
    "Merknad": lambda some: some.choice(["ringer", "ok", "følger opp", ""]),
}


def a_list(some: Random, *, moved: int = 0, rows: int = 8) -> str:
    """A list of these columns in any order, whose last rows have moved to the left or the right from some column on."""
    names = some.sample(list(COLUMNS), some.randint(6, 9))
    place, is_left = some.randrange(0, len(names) - 3), some.random() < 0.5
    lines = [["Fnr", "Navn", "Henvist", *names, "Kommentar"]]
    for number in range(rows):
        cells = [COLUMNS[name](some) for name in names] + [""]
        if number < rows - moved:
            # Somebody does not know everything.
            cells = [some.choice(["", "", "mangler", "se journal"]) if some.random() < 0.12 else cell for cell in cells]
        elif is_left:
            cells = [*cells[:place], *cells[place + 1 :], ""]
        else:
            cells = [*cells[: place + 1], some.choice(["3. etg", "", "leil 4"]), *cells[place + 1 : -1]]
        lines.append([identity_number(), f"Kari {numbered('Berg', number)}", "1.2.2025", *cells])
    return "\n".join(";".join(line) for line in lines)


def rows_found(text: str) -> set[int]:
    found = sheet.read(text.encode(), "liste.csv")
    return {int(number) for number in moved_cells.find(found, mapping.by_headings(found))}


@pytest.mark.parametrize(("moved", "rows"), [(1, 8), (2, 8), (4, 20)])
def test_rows_that_have_moved_are_found_wherever_they_did(moved, rows):
    some, missed, others, lists = Random(f"{moved} of {rows}"), 0, 0, 60
    for _list in range(lists):
        found = rows_found(a_list(some, moved=moved, rows=rows))
        last = set(range(rows - moved + 2, rows + 2))
        missed += len(last - found)
        others += len(found - last)
    # A few cannot be told: words that fit both columns, in rows without anything else.
    assert missed <= 0.08 * lists * moved and others <= 0.01 * lists * rows


@pytest.mark.parametrize("rows", [1, 8, 30])
def test_rows_that_only_lack_something_have_not_moved(rows):
    some = Random(rows)
    assert sum(len(rows_found(a_list(some, rows=rows))) for _list in range(60)) <= 0.002 * 60 * rows
