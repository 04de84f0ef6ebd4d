"""Text files: quotes, encodings and delimiters are read right or the file is refused; no guess is silent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plass.imports import mapping, plan, state
from plass.imports.files.limits import Count, Limits, Reason, Refused
from plass.imports.files.reading import UnreadableFile
from plass.imports.files.shape import Remark
from plass.imports.files.text import decode
from plass.imports.files.text import read as read_text
from plass.imports.forms import ColumnsForm
from plass.imports.sheet import Sheet, read
from plass.organisation.models import Team

from . import lists

REFERENCE = Path(__file__).parent / "reference"


def reference(name: str) -> bytes:
    return (REFERENCE / name).read_bytes()


def refused(content: bytes) -> tuple[Reason, int]:
    """Why a text file is refused, and the row."""
    with pytest.raises(Refused) as caught:
        read_text(content, Count(Limits()))
    return caught.value.reason, caught.value.row


def cells(sheet: Sheet) -> list[tuple[object, ...]]:
    return [row.cells for row in sheet.rows]


# Quotes: nobody vanishes into the cell of somebody else.

KARI, OLA, PER = "06817138797;Kari Hansen", "06817140120;Ola Berg", "06817142212;Per Dahl"


@pytest.mark.parametrize("name", ["e01_unbalanced_quote_in_wishes.csv", "c01_unbalanced_quote.csv"])
def test_a_quote_that_is_not_closed_stops_the_file_and_says_the_row(name: str) -> None:
    assert refused(reference(name)) == (Reason.QUOTE, 2)
    with pytest.raises(UnreadableFile, match=r"rad 2 .*anførselstegn"):
        read(reference(name), name)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # The cell goes on after its closing quote.
        ([f'{KARI};"Nord" lager', f"{OLA};x"], (Reason.QUOTE, 2)),
        # Another's quote seems to close the cell.
        ([f'{KARI};"Butikk', f'{OLA};rør 5"', f"{PER};x"], (Reason.ROWS_IN_CELL, 2)),
        ([f"{PER};x", f'{KARI};"Butikk', f"{OLA}", 'Lager"'], (Reason.ROWS_IN_CELL, 3)),
        ([f'{KARI};"Butikk', '617140120;Ola Berg;5"'], (Reason.ROWS_IN_CELL, 2)),
        ([f'{KARI};"Butikk', ';Ola Berg;5"'], (Reason.ROWS_IN_CELL, 2)),
        ([f'{KARI};"Ring', '061171 38797"'], (Reason.ROWS_IN_CELL, 2)),
        # More than a cell may hold stands behind it.
        ([f'{KARI};"Butikk', *[f"{OLA};x"] * 9_000], (Reason.QUOTE, 2)),
    ],
)
def test_a_cell_that_holds_other_rows_stops_the_file(lines: list[str], expected: tuple[Reason, int]) -> None:
    assert refused("\r\n".join(["Fnr;Navn;Notat", *lines, ""]).encode()) == expected


def test_a_cell_as_large_as_a_book_is_refused_at_once_and_not_for_a_quote() -> None:
    assert refused(b"Fnr;Navn\n1;" + b"ord " * 500_000)[0] == Reason.TOO_LARGE_INSIDE


@pytest.mark.parametrize("delimiter", [";", "\t", ",", "|"])
@pytest.mark.parametrize("note", ["Ring mor\nså far", "tlf 90 00 00 01\n\nheter «Bo»", 'rør 5"\nkjøpt', '"Nord"'])
def test_a_note_in_quotes_with_line_breaks_is_read(delimiter: str, note: str) -> None:
    quoted = note.replace('"', '""')
    lines = [
        "Fnr;Navn;Notat;Henvist",
        f'06817138797;Kari Hansen;"{quoted}";3.4.2025',
        "06817140120;Ola Berg;x;4.4.2025",
    ]
    found = read("\r\n".join(line.replace(";", delimiter) for line in lines).encode(), "x")
    assert [row[2:] for row in cells(found)] == [(note, "3.4.2025"), ("x", "4.4.2025")]


def test_a_space_before_a_quote_moves_no_cell() -> None:
    found = read(b'Fnr, Navn, Henvist\n1, "Hansen, Kari", 3.4.2025\n2, "Berg, Ola", 4.4.2025\n', "x")
    assert cells(found) == [("1", "Hansen, Kari", "3.4.2025"), ("2", "Berg, Ola", "4.4.2025")]


def test_a_quote_within_a_text_is_part_of_it() -> None:
    assert cells(read(b'Fnr;Navn;Notat\n1;Kari Hansen;lager "Nord" og 5"\n', "x"))[0][2] == 'lager "Nord" og 5"'


# Encodings.

NAMES = "Fnr;Navn;Henvist\n02817115678;Bjørn Ås;3.4.2025\n02817116380;Åse Ørn;4.4.2025\n02817117093;Lærke Gøye;x\n"


def test_one_bad_byte_in_utf_8_stops_the_file_and_says_the_row() -> None:
    assert refused(reference("c03_utf8_one_bad_byte.csv")) == (Reason.MIXED_LETTERS, 4)
    with pytest.raises(UnreadableFile, match="rad 4"):
        read(reference("c03_utf8_one_bad_byte.csv"), "x")


@pytest.mark.parametrize(
    ("codec", "name", "remarks"),
    [
        ("utf-8", "utf-8", ()),
        ("utf-8-sig", "utf-8", ()),
        ("utf-16", "utf-16", ()),
        ("utf-16-le", "utf-16", ()),
        ("utf-16-be", "utf-16", ()),
        ("cp1252", "windows-1252", (Remark.READ_AS_WINDOWS,)),
        ("latin-1", "windows-1252", (Remark.READ_AS_WINDOWS,)),
        ("mac_roman", "mac-roman", (Remark.READ_AS_MAC,)),
        ("cp850", "cp850", (Remark.READ_AS_DOS,)),
        ("cp865", "cp850", (Remark.READ_AS_DOS,)),
    ],
)
def test_norwegian_letters_tell_the_encoding_and_it_is_told(codec: str, name: str, remarks: tuple[Remark, ...]) -> None:
    assert decode(NAMES.encode(codec)) == (NAMES, name)
    found = read(NAMES.encode(codec), "x")
    assert [row[1] for row in cells(found)] == ["Bjørn Ås", "Åse Ørn", "Lærke Gøye"]
    assert found.remarks == remarks
    assert len(mapping.about_the_file(found.remarks)) == len(remarks)


def test_the_page_has_the_encoding_that_was_taken() -> None:
    found = read(NAMES.encode("mac_roman"), "x")
    assert state.of_sheet(found, mapping.by_headings(found)).remarks == [Remark.READ_AS_MAC]


ONE_WORD = ["Bjørn", "Håkon", "ÅSE", "Ås", "Bodø", "Blå", "Sæther", "Åse–Bodø", "Ødegård’s", "«Blåbær»", "René Bjørn"]


@pytest.mark.parametrize("codec", ["cp1252", "mac_roman", "cp850"])
@given(words=st.lists(st.sampled_from(ONE_WORD), min_size=1, max_size=4))
def test_no_word_is_read_as_another(codec: str, words: list[str]) -> None:
    text = "Fnr;Navn\n1;" + " ".join(words) + "\n"
    try:
        content = text.encode(codec)
        decoded, _name = decode(content)
    except (UnicodeEncodeError, Refused):
        return
    assert decoded == text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # Two that were joined: Windows and DOS, Windows and Mac.
        (NAMES.encode("cp1252") + NAMES.encode("cp850"), (Reason.UNKNOWN_LETTERS, 6)),
        (NAMES.encode("cp1252") + NAMES.encode("mac_roman"), (Reason.UNKNOWN_LETTERS, 6)),
        # An apostrophe on Windows, a letter in DOS: nothing else tells.
        (b"Fnr;Navn\n1;D\x92AMICO\n", (Reason.UNKNOWN_LETTERS, 2)),
        # What no encoding has.
        (b"Fnr;Navn\n1;Kari\n2;\x81\x8d\x9d\x90\xff\n", (Reason.UNKNOWN_LETTERS, 3)),
        ("Fnr;Navn\n1;Kari\n2;Bj\ufffdrn\n".encode(), (Reason.LOST_LETTERS, 3)),
        ("Fnr;Navn\n1;Kari\n2;Bj\ufffdrn\n".encode("utf-16"), (Reason.LOST_LETTERS, 3)),
        ("Fnr;Navn\n1;Kari".encode("utf-16")[:-1], (Reason.LOST_LETTERS, 2)),
    ],
)
def test_letters_that_cannot_be_told_stop_the_file(content: bytes, expected: tuple[Reason, int]) -> None:
    assert refused(content) == expected


@pytest.mark.parametrize("word", ["Lego®", "10 °C", "5 ½ år", "«Nord»", "O’Hara på Ås", "café"])
def test_signs_that_windows_has_are_no_hindrance(word: str) -> None:
    text = f"Fnr;Navn\n1;Bjørn {word}\n"
    assert decode(text.encode("cp1252")) == (text, "windows-1252")


def test_letters_that_were_damaged_before_are_told_for_the_file_and_the_row() -> None:
    found = read(reference("c06_mojibake_in_source.csv"), "x")
    assert found.remarks == (Remark.DAMAGED_LETTERS,)
    assert len(mapping.about_the_file(found.remarks)) == 1
    (row,) = found.rows
    (sentence,) = row.remarks
    assert "BjÃ¸rn Ã…s" in sentence
    assert read(NAMES.encode(), "x").rows[0].remarks == ()


def test_a_nul_is_refused_with_its_row() -> None:
    assert refused(reference("c13_nul_in_cell.csv")) == (Reason.NUL, 2)


@pytest.mark.parametrize("name", ["c13_nul_in_cell.csv", "c03_utf8_one_bad_byte.csv"])
def test_a_row_is_counted_as_a_spreadsheet_counts_it(name: str) -> None:
    headings, _, people = reference(name).partition(b"\n")
    content = headings + b'\n06817138797;Kari;"en\nto"\n' + people
    assert refused(content)[1] == refused(reference(name))[1] + 1


# Delimiters.


def test_commas_in_notes_are_not_taken_for_the_delimiter() -> None:
    found = read(reference("c14_notes_with_commas.csv"), "x")
    assert [column.heading for column in found.columns] == ["Fnr", "Navn", "Ønsker"]
    assert {row[2] for row in cells(found)} == {"butikk, lager, kontor, kjøkken, frisør"}


# What is no list of rows.


def test_a_web_page_and_xml_named_xls_say_what_they_are_and_how_to_save_them() -> None:
    with pytest.raises(UnreadableFile, match=r"nettside.*\.xlsx"):
        read(reference("c38_html_as_xls.xls"), "x.xls")
    with pytest.raises(UnreadableFile, match=r"XML.*\.xlsx"):
        read(reference("c39_xml2003.xls"), "x.xls")


@pytest.mark.parametrize(
    "content",
    [
        reference("c40_transposed.csv"),
        b"Navn;Kari Tvers;Per Tvers\nFnr;04817129620;04817130351\nHenvist;3.4.2025;4.4.2025\n",
    ],
)
def test_people_in_columns_are_said_to_be_without_a_number_or_name(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="kolonner") as caught:
        read(content, "x")
    assert not any(part in str(caught.value) for part in ("0481", "Kari", "Per "))


def test_a_second_row_of_headings_stops_the_file() -> None:
    with pytest.raises(UnreadableFile, match=r"Rad 3 .*overskrifter"):
        read(reference("c50_concat_two_exports.csv"), "x")


@pytest.mark.parametrize("again", ["Fnr;Navn;Henvist", "FNR;NAVN;HENVIST", "Fnr.;Navn;", "Fnr;;Henvist dato"])
def test_the_same_headings_once_more_are_left_out(again: str) -> None:
    text = f"Fnr;Navn;Henvist\n06817138797;Kari Hansen;3.4.2025\n{again}\n06817140120;Ola Berg;4.4.2025\n"
    if again.endswith("dato"):
        with pytest.raises(UnreadableFile, match="Rad 3 "):
            read(text.encode(), "x")
    else:
        assert [row.number for row in read(text.encode(), "x").rows] == [2, 4]


# Cells.


def test_marks_that_nobody_sees_are_taken_away() -> None:
    first, second, third = cells(read(reference("c21_zero_width.csv"), "x"))
    assert first == ("03817129691", "Bjørn Nullbredde", "3.4.2025")
    assert second[:2] == ("038171 12345", "Smal Mellom")
    assert third[0] == "03817131025"


def test_a_column_without_heading_that_holds_something_is_told_as_not_read() -> None:
    found = read(reference("e02_blank_heading_with_data.csv"), "x")
    chosen = mapping.by_headings(found)
    assert mapping.not_read(found, chosen) == ["Kolonne D (uten overskrift)"]
    (row,) = found.rows
    assert row.remarks == ("Kolonne D har ingen overskrift og leses ikke: «KODE 6, sluttet 1.9.25».",)
    (report,) = plan.make(found, chosen, today=date(2026, 1, 1)).reports.values()
    assert report.doubts[0] == row.remarks[0]


def test_cells_beyond_the_headings_are_told_and_change_no_kept_mapping() -> None:
    found = read(b"Fnr;Navn;Notat\n1;Kari;butikk; lager\n", "x")
    assert "lager" in found.rows[0].remarks[0]
    assert mapping.fingerprint(found) == mapping.fingerprint(read(b"Fnr;Navn;Notat\n1;Kari;butikk\n", "x"))


def test_running_numbers_without_heading_are_no_remark_for_each_row() -> None:
    found = read(b";Fnr;Navn\n1;06817138797;Kari\n2;06817140120;Ola\n", "x")
    assert [row.remarks for row in found.rows] == [(), ()]
    assert mapping.not_read(found, mapping.by_headings(found)) == ["Kolonne A (uten overskrift)"]


def test_rows_come_back_as_they_were_written() -> None:
    rows = [lists.person("Bjørn", "Ås"), lists.person("Åse", "Ørn")]
    for codec in ("utf-8", "utf-16", "cp1252", "mac_roman", "cp850"):
        found = read(lists.csv(rows, encoding=codec), "x")
        assert cells(found) == [tuple(row.values()) for row in rows]


def test_a_column_without_heading_cannot_be_chosen(world) -> None:
    found = read(reference("e02_blank_heading_with_data.csv"), "x")
    (*named, unnamed) = state.of_sheet(found, mapping.by_headings(found)).columns
    form = ColumnsForm(teams=Team.objects.all(), file_state=state.State([*named, unnamed], 1, []), chosen={})
    assert [len(form.fields[f"column_{column.index}"].choices) > 1 for column in form.columns] == [True] * 3 + [False]


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_two_quotation_marks_around_a_part_of_two_rows_are_seen_whatever_ends_a_line(line_end: str) -> None:
    rows = [
        "Telefon;Fødselsnummer;Navn;Henvist",
        '900;05817112880;Kari Hansen;"1.2.2026',
        '901";05817113593;Per Berg;2.2.2026',
    ]
    assert refused(line_end.join([*rows, ""]).encode()) == (Reason.ROWS_IN_CELL, 2)
