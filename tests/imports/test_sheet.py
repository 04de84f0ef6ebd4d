"""Spreadsheets as they really look."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from plass.imports import error_workbook, plan
from plass.imports.columns import field_of, recognise
from plass.imports.fields import Field
from plass.imports.files.limits import MOST_ROWS, Limits
from plass.imports.files.reading import UnreadableFile
from plass.imports.mapping import about_the_file, by_headings
from plass.imports.sheet import read
from plass.imports.values import hours

_REFERENCE = Path(__file__).parent / "reference"

LINES = "Fødselsnummer;Fornavn;Etternavn;Henvist dato\n17859012345;Åse;Ødegård;3.4.2024\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_norwegian_letters_survive_every_encoding(encoding: str) -> None:
    sheet = read(LINES.encode(encoding), "liste.csv")
    assert [column.heading for column in sheet.columns] == ["Fødselsnummer", "Fornavn", "Etternavn", "Henvist dato"]
    assert sheet.rows[0].cells == ("17859012345", "Åse", "Ødegård", "3.4.2024")


@pytest.mark.parametrize("delimiter", [";", "\t", ",", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    sheet = read(LINES.replace(";", delimiter).encode(), "liste.csv")
    assert len(sheet.columns) == 4
    assert sheet.rows[0].cells[1] == "Åse"


def test_a_quoted_cell_may_hold_the_delimiter_and_a_line_break() -> None:
    sheet = read('Navn;Fnr;Ønsker\n"Hansen; Kari";1;"Kafé;\nbutikk"\n'.encode(), "x.csv")
    assert sheet.rows[0].cells == ("Hansen; Kari", "1", "Kafé;\nbutikk")


def test_titles_above_blank_lines_repeated_headings_and_totals_are_not_people() -> None:
    text = (
        "Deltakere ved kontoret\n\nUtskrift 01.11.2026\n"
        "Fnr;Navn;Henvist\n1;Kari Hansen;1.1.2026\n\n;;\nFnr;Navn;Henvist\n2;Ola Berg;2.1.2026\nSum;2;\nTotalt 2;;\n"
    )
    sheet = read(text.encode(), "x.csv")
    assert [row.number for row in sheet.rows] == [5, 9]
    assert [number for number, _why in sheet.left_out] == [8, 10, 11]


def workbook(fill) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active, book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_merged_headings_hidden_columns_and_real_dates() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Deltaker", None, None, "Jobb", None])
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("D1:E1")
        sheet.append(["Fnr", "Navn", "Notat", "Arbeidsgiver", "Startdato"])
        sheet.append([7859012345, "Hansen, Kari", "skjult", "Kafé Fjord", datetime(2024, 4, 3)])  # noqa: DTZ001
        sheet.column_dimensions["C"].hidden = True

    sheet = read(workbook(fill), "liste.xlsx")
    assert [column.heading for column in sheet.columns] == [
        "Deltaker Fnr",
        "Deltaker Navn",
        "Deltaker Notat",
        "Jobb Arbeidsgiver",
        "Jobb Startdato",
    ]
    assert [column.hidden for column in sheet.columns] == [False, False, True, False, False]
    assert sheet.rows[0].cells[0] == 7859012345
    assert sheet.rows[0].cells[4] == date(2024, 4, 3)
    assert by_headings(sheet) == {
        0: Field.IDENTITY_NUMBER,
        1: Field.NAME,
        2: Field.IGNORED,
        3: Field.EMPLOYER,
        4: Field.JOB_STARTED_ON,
    }


HEADINGS = ("Fødselsnummer", "Fornavn", "Etternavn", "Henvist dato", "Jobbspesialist")
KARI = ("17859012345", "Kari", "Hansen", "3.4.2024", "Siri")
UNKNOWN = ("Pers.id", "Klient", "Kom inn", "Kontakt")


@pytest.mark.parametrize(
    ("above", "merged", "headings"),
    [
        ([("Oppdatert 12.03.2026 av NN",)], [], HEADINGS),
        ([("Oppdatert 12.03.2026 av NN",)], ["A1:E1"], HEADINGS),
        ([("Deltakere i oppfølging",)], ["A1:E1"], HEADINGS),
        ([("Deltakere i oppfølging",)], ["A1:H1"], HEADINGS),
        ([("Deltakerliste",), ("Oppdatert 12.03.2026 av Kari Nordmann",)], ["A1:E1", "A2:E2"], HEADINGS),
        ([("Oppdatert:", datetime(2026, 3, 12), "av", "Kari Nordmann")], [], HEADINGS),  # noqa: DTZ001
        ([("Jobbspesialist: Siri", None, None, "Oppdatert 12.3.2026")], ["A1:C1", "D1:E1"], HEADINGS),
        ([("Navn på kontor: Nord",), ("Deltaker", "Veileder: Per")], [], HEADINGS),
        # The words above hold as many known headings as the row below, in fewer cells.
        ([("Oversikt deltaker",)], [], ("Pers.id", "Navn", "Kom inn", "Kontakt")),
        ([("Oversikt deltaker", "for kontoret")], [], ("Pers.id", "Navn", "Kom inn", "Kontakt")),
        # No heading is known.
        ([("Deltakere i oppfølging",)], ["A1:D1"], UNKNOWN),
        ([("Oppdatert", "12.03.2026 av NN")], [], UNKNOWN),
        ([("Grønn = ferdig", "Gul = søker", "Rød = pause")], [], UNKNOWN),
        ([("Kontoret i Nord", "Alle i lista", "Siste uke", "Skrevet ut")], [], UNKNOWN),
    ],
)
def test_what_stands_above_is_not_taken_as_the_headings(above, merged, headings) -> None:
    def fill(sheet, book) -> None:
        for row in (*above, headings, KARI[: len(headings)]):
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)

    found = read(workbook(fill), "liste.xlsx")
    assert tuple(column.heading for column in found.columns) == headings
    assert [row.number for row in found.rows] == [len(above) + 2]


def test_the_first_visible_sheet_with_rows_is_read() -> None:
    def fill(sheet, book) -> None:
        sheet.title = "Forside"
        hidden = book.create_sheet("Gammel")
        hidden.append(["Fnr", "Navn"])
        hidden.append(["1", "Feil Person"])
        hidden.sheet_state = "hidden"
        right = book.create_sheet("Liste")
        right.append(["Fnr", "Navn"])
        right.append(["2", "Rett Person"])

    assert read(workbook(fill), "x.xlsx").rows[0].cells == ("2", "Rett Person")


def test_a_guide_before_the_list_is_not_taken_for_it() -> None:
    def fill(sheet, book) -> None:
        for line in ("Slik bruker du lista", "1. Skriv inn fødselsnummer", "2. Lagre"):
            sheet.append([line])
        for year in (2026, 2025):
            there = book.create_sheet(f"Liste {year}")
            there.append(["Fnr", "Navn"])
            there.append(["2", f"Person {year}"])

    found = read(workbook(fill), "x.xlsx")
    assert found.rows[0].cells == ("2", "Person 2026")
    assert [part.title for part in found.parts] == ["Liste 2026", "Liste 2025"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "xls"),
        (b"PK\x03\x04 not a workbook", "xlsx"),
        (b"a;b;c\n1;2;3\n", "headings"),
        (b"Fnr;Navn;Henvist\n", "no rows with people"),
        (b"Fnr;Navn;Henvist\nSum;2;\n", "Row 2 is left out: a row of totals"),
        (b"17859012345;Hansen Kari;3.4.2024\n17859012346;Berg Ola;3.4.2024\n", "headings"),
        (b"\x00\x01\x02\x03" * 50, "neither"),
        (b"%PDF-1.7\n1 0 obj << /Title (Liste) >>\n", "PDF"),
        (b"x" * (11 * 1024 * 1024), "10 MB"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, says: str) -> None:
    from django.utils import translation

    with translation.override("en"), pytest.raises(UnreadableFile, match=says):
        read(content, "x")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Fødselsnr. (11 siffer)", Field.IDENTITY_NUMBER),
        ("FNR", Field.IDENTITY_NUMBER),
        ("Stillings-%", Field.JOB_PERCENT),
        ("St.%", Field.JOB_PERCENT),
        ("Jobb %", Field.JOB_PERCENT),
        ("Jobb Stilling", Field.JOB_TITLE),
        ("Jobb", Field.JOB_TITLE),
        ("Ønsker for jobb", Field.WISHES),
        ("I jobb", Field.IGNORED),
        ("Etternavn", Field.FAMILY_NAME),
        ("Navn på deltaker", Field.NAME),
        ("Tlf.", Field.PHONE),
        ("E-post", Field.EMAIL),
        ("Dato henvist", Field.REFERRED_ON),
        ("Jobbspesialist", Field.SPECIALIST),
        ("Timer pr. uke", Field.JOB_HOURS),
        ("Stillingsprosent", Field.JOB_PERCENT),
        ("National identity number", Field.IDENTITY_NUMBER),
        ("Favorittfarge", Field.IGNORED),
        ("Første møte", Field.STARTED_ON),
        ("Første møte dato", Field.STARTED_ON),
        ("1. møte", Field.STARTED_ON),
        ("Første samtale (dato)", Field.STARTED_ON),
        ("Dato for første samtale", Field.STARTED_ON),
        ("First meeting", Field.STARTED_ON),
        ("Første møte med arbeidsgiver", Field.IGNORED),
        ("Siste samtale telefon", Field.IGNORED),
    ],
)
def test_headings_are_known_as_offices_write_them(heading: str, field: Field) -> None:
    assert field_of(heading) == field


def test_where_no_heading_is_known_the_first_row_of_words_is_taken() -> None:
    text = "Lista vår;;;;\n\nKodenr;Klienten;Når;x;y\n17859012345;Hansen, Kari;3.4.2024;a;b\n"
    sheet = read(text.encode(), "odd.csv")
    assert [column.heading for column in sheet.columns] == ["Kodenr", "Klienten", "Når", "x", "y"]
    assert [row.number for row in sheet.rows] == [4]
    assert set(by_headings(sheet).values()) == {Field.IGNORED}


def test_no_field_is_given_to_two_columns() -> None:
    found = recognise([(0, "Fnr"), (1, "Fødselsnummer"), (2, "Navn"), (3, "Navn")])
    taken = [one.field for one in found.values() if one.field]
    assert len(taken) == len(set(taken))


def test_what_is_written_once_beside_several_rows_holds_for_each() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Arbeidsgiver", "Prosent"])
        sheet.append(["1", "Hansen, Kari", "Kafé", 50])
        sheet.append([None, None, "Butikk", None])
        sheet.append(["2", "Berg, Ola", None, 20])
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:B3")

    rows = read(workbook(fill), "x.xlsx").rows
    assert [row.cells for row in rows] == [
        ("1", "Hansen, Kari", "Kafé", 50),
        ("1", "Hansen, Kari", "Butikk", None),
        ("2", "Berg, Ola", None, 20),
    ]


def test_a_heading_merged_over_two_rows_is_said_once() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Jobb", None])
        sheet.append([None, None, "Arbeidsgiver", "Startdato"])
        for cells in ("A1:A2", "B1:B2", "C1:D1"):
            sheet.merge_cells(cells)
        sheet.append(["1", "Hansen, Kari", "Kafé", datetime(2024, 4, 3)])  # noqa: DTZ001

    sheet = read(workbook(fill), "x.xlsx")
    assert [column.heading for column in sheet.columns] == ["Fnr", "Navn", "Jobb Arbeidsgiver", "Jobb Startdato"]
    assert len(sheet.rows) == 1


def test_hidden_rows_are_read_and_marked_and_of_two_columns_the_visible_one_counts() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Fødselsnummer"])
        sheet.append(["1", "Hansen, Kari", "2"])
        sheet.append(["3", "Berg, Ola", "4"])
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["A"].hidden = True

    sheet = read(workbook(fill), "x.xlsx")
    assert [row.remarks for row in sheet.rows] == [(), ("Raden er skjult i filen.",)]
    assert by_headings(sheet) == {0: Field.IGNORED, 1: Field.NAME, 2: Field.IDENTITY_NUMBER}


@pytest.mark.parametrize(
    ("line", "is_a_person"),
    [
        ("Totalt antall deltakere: 25;;", False),
        ("Sum;;25", False),
        ("AVSLUTTET;;", False),
        ("Jobbspesialist: Kari;;", False),
        ("17859012345;;", True),
        (";Kari Hansen;1.1.2026", True),
        ("17859012345;Antall Sum;", True),
    ],
)
def test_totals_and_lines_between_are_told_from_people(line: str, is_a_person: bool) -> None:
    sheet = read(f"Fnr;Navn;Henvist\n{line}\n17859012345;Ola Berg;1.1.2026\n".encode(), "x.csv")
    assert [row.number for row in sheet.rows] == ([2, 3] if is_a_person else [3])
    assert [number for number, _why in sheet.left_out] == ([] if is_a_person else [2])


def test_excel_s_own_line_on_the_delimiter_is_no_heading() -> None:
    sheet = read(b"sep=;\nFnr;Navn;Henvist\n1;Kari Hansen;1.1.2026\n", "x.csv")
    assert [column.heading for column in sheet.columns] == ["Fnr", "Navn", "Henvist"]
    assert [row.number for row in sheet.rows] == [3]


def test_leading_zeros_that_were_guarded_for_excel_are_kept() -> None:
    sheet = read(b'Fnr;Navn;Mobil\n="07859012345";Kari Hansen;\'+4790000001\n', "x.csv")
    assert sheet.rows[0].cells == ("07859012345", "Kari Hansen", "+4790000001")


def test_a_formula_s_result_is_read_and_one_without_a_result_is_shown_as_it_is() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Henvist"])
        sheet.append(["1", '=CONCATENATE("Kari"," Hansen")', datetime(2024, 4, 3)])  # noqa: DTZ001

    content = workbook(fill)
    # openpyxl writes no results; Excel does.
    assert read(content, "x.xlsx").rows[0].cells[1] == '=CONCATENATE("Kari"," Hansen")'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(
                    rb'(<c r="B2")( t="[a-z]+")?>(<f>.*?</f>)<v ?/>', rb'\1 t="str">\3<v>Kari Hansen</v>', part
                )
                part = re.sub(
                    rb'(<c r="B2")( t="[a-z]+")?>(<f>.*?</f>)<v></v>', rb'\1 t="str">\3<v>Kari Hansen</v>', part
                )
            after.writestr(name, part)
    assert read(out.getvalue(), "x.xlsx").rows[0].cells[1] == "Kari Hansen"


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (Limits().unpacked + 1))
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(UnreadableFile, match="for stor innvendig"):
        read(out.getvalue(), "x.xlsx")


@pytest.mark.parametrize("more", [1, 1_000])
def test_too_many_rows_are_refused_with_what_to_do(more: int) -> None:
    lines = "Fnr;Navn\n" + "1;Kari Hansen\n" * (MOST_ROWS + more)
    with pytest.raises(UnreadableFile, match="Del det opp"):
        read(lines.encode(), "x.csv")


def test_as_many_people_as_a_list_may_hold_are_read_with_titles_and_totals_beside_them() -> None:
    lines = "Deltakere\n\nFnr;Navn\n" + "1;Kari Hansen\n" * MOST_ROWS + "Totalt;10000\n"
    assert len(read(lines.encode(), "x.csv").rows) == MOST_ROWS


def test_a_long_sheet_beside_the_list_is_no_hindrance() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn"])
        sheet.append(["1", "Kari Hansen"])
        long = book.create_sheet("Uttrekk")
        for number in range(MOST_ROWS + 1_000):
            long.append([number, "x"])

    assert [row.number for row in read(workbook(fill), "x.xlsx").rows] == [2]


@pytest.mark.parametrize("count", [2_000, 16_000])
def test_a_list_as_wide_as_a_page_cannot_show_is_refused(count: int) -> None:
    headings = ";".join(["Fnr", "Navn", *(f"Annet {number}" for number in range(count))])
    with pytest.raises(UnreadableFile, match="500 kolonner"):
        read(f"{headings}\n1;Kari Hansen\n".encode(), "x.csv")


def test_a_stray_cell_makes_no_list_wide_or_long() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn"])
        sheet.append(["1", "Kari Hansen"])
        sheet["XFD2"] = "x"
        sheet["XFD1048576"] = "x"

    found = read(workbook(fill), "x.xlsx")
    assert [row.cells for row in found.rows] == [("1", "Kari Hansen")]
    assert found.left_out == ((1_048_576, "den har ikke noe i kolonnene til lista"),)


def test_what_is_struck_through_or_commented_on_is_told_with_its_column() -> None:
    (struck, commented) = read(_reference("x01_strike_comment.xlsx"), "x").rows
    assert struck.remarks == ("Strøket over i filen, men lest som resten: Navn.",)
    assert commented.remarks == ("«Navn» har en merknad i filen, som ikke leses: «Sluttet 1.9, i jobb hos Rema».",)


def test_a_row_that_is_struck_through_as_a_whole_is_told_so() -> None:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Henvist"])
        for row in (["1", "Kari Hansen", "3.4.2025"], ["2", "Per Berg", None]):
            sheet.append(row)
        for cell in sheet[3]:
            cell.font = Font(strike=True)

    remarks = [row.remarks for row in read(workbook(fill), "x.xlsx").rows]
    assert remarks == [(), ("Raden er strøket over i filen. Den leses likevel som de andre.",)]


def test_per_cent_hours_and_days_are_read_as_the_workbook_shows_them() -> None:
    (row,) = read(_reference("x02_percent_format_in_hours.xlsx"), "x").rows
    assert row.cells[5] == "50 %" and hours(row.cells[5]) == Decimal("18.75")
    assert read(_reference("x37_job_hours_range.xlsx"), "x").rows[1].cells[5] == "37:30"
    assert read(_reference("x09_x000D.xlsx"), "x").rows[0].cells[3] == "Butikk\nLager"


def test_a_plain_number_counts_from_where_its_workbook_counts() -> None:
    found = read(_reference("x04_1904_general_number.xlsx"), "x")
    (person,) = plan.make(found, by_headings(found), today=date(2026, 1, 1)).people
    assert person.referred_on == date(2025, 4, 3)
    (sentence,) = about_the_file(found.remarks)
    assert "1904" in sentence
    # The file with the rest counts as the list did.
    assert openpyxl.load_workbook(io.BytesIO(error_workbook.workbook(found, [], {}))).epoch == CALENDAR_MAC_1904


def test_an_old_workbook_is_read_and_the_page_told_what_is_not_seen() -> None:
    found = read(_reference("list.xls"), "list.xls")
    assert [column.heading for column in found.columns] == [
        "Deltaker Fnr",
        "Deltaker Navn",
        "Deltaker Henvist",
        "Jobb Arbeidsgiver",
        "Jobb Startdato",
        "Jobb Timer",
    ]
    assert [row.cells[:3] for row in found.rows] == [
        ("05817112880", "Kari Ødegård", date(2025, 4, 3)),
        (5817113593, "Per Hansen", "3.4.2025"),
    ]
    assert len(about_the_file(found.remarks)) == 1


def _reference(name: str) -> bytes:
    return (_REFERENCE / name).read_bytes()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_no_file_breaks_the_reading(content: bytes) -> None:
    with contextlib.suppress(UnreadableFile):
        read(content, "x")


@settings(deadline=None, max_examples=12)
@given(st.binary(max_size=60), st.integers(0, 4000))
def test_no_damage_to_a_workbook_breaks_the_reading(damage: bytes, at: int) -> None:
    whole = _whole()
    with contextlib.suppress(UnreadableFile):
        read(whole[:at] + damage + whole[at + len(damage) :], "x.xlsx")


@cache
def _whole() -> bytes:
    def fill(sheet, book) -> None:
        sheet.append(["Fnr", "Navn", "Henvist"])
        sheet.append(["1", "Kari Hansen", datetime(2024, 4, 3)])  # noqa: DTZ001

    return workbook(fill)
