"""Spreadsheets as they really look."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest

from plass.imports.columns import Field, field_of, recognise
from plass.imports.sheet import UnreadableFile, read

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


def workbook(fill) -> bytes:  # type: ignore[no-untyped-def]
    book = openpyxl.Workbook()
    fill(book.active, book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_merged_headings_hidden_columns_and_real_dates() -> None:
    def fill(sheet, book) -> None:  # type: ignore[no-untyped-def]
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
    mapping = recognise([(column.index, column.heading) for column in sheet.columns])
    assert mapping == {
        0: Field.IDENTITY_NUMBER,
        1: Field.NAME,
        2: Field.IGNORED,
        3: Field.EMPLOYER,
        4: Field.JOB_STARTED_ON,
    }


def test_the_first_visible_sheet_with_rows_is_read() -> None:
    def fill(sheet, book) -> None:  # type: ignore[no-untyped-def]
        sheet.title = "Forside"
        hidden = book.create_sheet("Gammel")
        hidden.append(["Fnr", "Navn"])
        hidden.append(["1", "Feil Person"])
        hidden.sheet_state = "hidden"
        right = book.create_sheet("Liste")
        right.append(["Fnr", "Navn"])
        right.append(["2", "Rett Person"])

    assert read(workbook(fill), "x.xlsx").rows[0].cells == ("2", "Rett Person")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "xls"),
        (b"PK\x03\x04 not a workbook", "xlsx"),
        (b"a;b;c\n1;2;3\n", "headings"),
        (b"\x00\x01\x02\x03" * 50, "neither"),
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
    ],
)
def test_headings_are_known_as_offices_write_them(heading: str, field: Field) -> None:
    assert field_of(heading) == field


def test_no_field_is_given_to_two_columns() -> None:
    found = recognise([(0, "Fnr"), (1, "Fødselsnummer"), (2, "Navn"), (3, "Navn")])
    taken = [field for field in found.values() if field]
    assert len(taken) == len(set(taken))
