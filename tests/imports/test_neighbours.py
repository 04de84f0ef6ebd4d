"""A heading beside others: what stands after another person's, an employer's or a job's columns is a guess."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from plass.imports import columns, guards, mapping, sheet
from plass.imports.columns import field_of, recognise
from plass.imports.fields import Field
from plass.imports.files import shape

from ..world import identity_number
from .lists import xlsx

WHO = "Fnr;Navn;Henvist;"
CONTACT = (Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.POSTAL_CODE, Field.PLACE)


def said(headings: str) -> dict[str, str]:
    """What each heading is taken as, with a question mark where that is a guess; of two alike the last one."""
    names = headings.split(";")
    return {
        names[index]: one.field.value + "?" * one.is_guess for index, one in recognise(list(enumerate(names))).items()
    }


# Contact.


@pytest.mark.parametrize(
    "someone",
    [
        *(
            "Pårørende",
            "Nærmeste pårørende",
            "Paarorende",
            "Fastlege",
            "Verge",
            "Mor",
            "Kontaktperson",
            "Behandler",
            "Lærer",
        ),
        *(
            "Veileder",
            "NAV-veileder",
            "Saksbehandler",
            "Jobbspesialist",
            "Next of kin",
            "Counsellor",
            "Employer",
            "Doctor",
        ),
        *("Arbeidsgiver", "Bedrift", "Firma", "Tidligere arbeidsgiver", "Praksisplass", "Tiltaksarrangør", "Skole"),
        *("Pårørende telefon", "Kontaktperson hos arbeidsgiver", "Org.nr"),
    ],
)
@pytest.mark.parametrize("contact", ["Telefon", "Mobil", "E-post", "Adresse", "Postnr", "Poststed", "Sted", "Phone"])
def test_what_stands_after_someone_else_is_a_guess(someone: str, contact: str) -> None:
    field = field_of(contact)
    assert field in CONTACT
    assert said(f"{WHO}{someone};{contact}")[contact] == f"{field.value}?"
    # Also behind what is told of them, a job and what nobody knows.
    assert said(f"{WHO}{someone};Relasjon;Stilling;Merknad;{contact}")[contact] == f"{field.value}?"


@pytest.mark.parametrize(
    ("headings", "known"),
    [
        # Nobody else stands before it.
        ("Telefon", "phone"),
        ("Ønsker;Telefon", "phone"),
        # What is the participant's again ends what is someone else's.
        ("Veileder;Status;Telefon", "phone"),
        ("Arbeidsgiver;Jobbstart;Avsluttet dato;Årsak til slutt;Ønsker;Telefon", "phone"),
        # It says whose it is.
        ("Veileder;Deltakers telefon;Telefon bruker", "phone"),
        ("Arbeidsgiver;Telefon deltaker", "phone"),
    ],
)
def test_what_is_the_participant_s_is_none(headings: str, known: str) -> None:
    assert known in said(f"{WHO}{headings}").values()


def test_the_participant_s_own_number_after_the_next_of_kin_s_is_the_one_that_is_read() -> None:
    assert said(f"{WHO}Pårørende;Telefon;Ønsker;Mobil") == {
        "Fnr": "identity_number",
        "Navn": "name",
        "Henvist": "referred_on",
        "Pårørende": "",
        "Ønsker": "wishes",
        "Telefon": "",
        "Mobil": "phone",
    }


def test_a_name_after_another_person_is_not_taken_for_the_participant_s() -> None:
    assert said("Fnr;Fornavn;Etternavn;Pårørende;Navn;Telefon")["Navn"] == ""
    assert said("Fnr;Pårørende;Navn")["Navn"] == "name?"
    assert said("Fnr;Arbeidsgiver;Fornavn;Etternavn")["Etternavn"] == "family_name?"
    # Staff have a column for their names.
    assert said("Jobbspesialist;Navn;Fnr;Telefon") == {
        "Jobbspesialist": "specialist",
        "Navn": "name",
        "Fnr": "identity_number",
        "Telefon": "phone",
    }


# Whose it is, by the cells.


def cells(headings: str, *rows: str) -> dict[str, str]:
    """What each column is taken as, with a question mark where that is a guess, and for whose sake it is not read."""
    heading, *of_a_list = headings.split(";"), *(row.split(";") for row in rows)
    lines = [
        (*WHO.split(";")[:3], *heading),
        *((identity_number(), "Kari Berg", "1.2.2025", *row) for row in of_a_list),
    ]
    found = sheet.read(as_text(*lines), "liste")
    by_index = mapping.recognised(found)
    return {
        column.heading: f"{one.field.value}{'?' * one.is_guess}" or one.guarded_by
        for column in found.columns[3:]
        if (one := by_index[column.index])
    }


def phones(count: int) -> list[str]:
    return [f"{99_000_000 + 7 * number}" for number in range(count)]


STAFF = ("Tone Li", "Geir Foss", "Tone Li", "Tone Li", "Geir Foss", "Geir Foss", "Tone Li", "Geir Foss")


@pytest.mark.parametrize("staff", ["Veileder", "Jobbspesialist", "NAV-veileder", "Saksbehandler", "Ansvarlig"])
@pytest.mark.parametrize("contact", ["Telefon", "Mobil", "E-post", "Adresse"])
def test_what_stands_after_staff_is_whose_the_cells_say(staff: str, contact: str) -> None:
    own = [f"{name};{phone}x" for name, phone in zip(STAFF, phones(8), strict=True)]
    field = field_of(contact).value
    assert cells(f"{staff};{contact}", *own)[contact] == field
    # One that two of them share, and one that lacks, are the participant's too.
    assert (
        cells(f"{staff};{contact}", *own, *(f"{name};{phones(1)[0]}x" for name in STAFF[:1]), "Per;")[contact] == field
    )
    of_staff = [f"{name};{len(name)}0000000x" for name in STAFF]
    assert cells(f"{staff};{contact}", *of_staff)[contact] == staff
    # They do not tell.
    assert cells(f"{staff};{contact}", *own[:2])[contact] == f"{field}?"
    assert cells(f"{staff};{contact}", *own[:4], *of_staff[4:])[contact] == f"{field}?"
    assert cells(f"{staff};{contact}", *(f"{staff} {name};{name}" for name in "ABCDEFGH"))[contact] == f"{field}?"


def test_one_specialist_s_own_list_tells_too() -> None:
    assert cells("Jobbspesialist;Telefon", *(f"Tone Li;{phone}" for phone in phones(5)))["Telefon"] == "phone"
    assert cells("Jobbspesialist;Telefon", *("Tone Li;99887766" for _row in range(5)))["Telefon"] == "Jobbspesialist"


def test_a_place_is_whose_the_phone_or_address_is() -> None:
    rows = [f"{name};{phone};0150;Oslo" for name, phone in zip(STAFF, phones(8), strict=True)]
    assert cells("Veileder;Telefon;Postnr;Sted", *rows) == {
        "Veileder": "counsellor",
        "Telefon": "phone",
        "Postnr": "postal_code",
        "Sted": "place",
    }
    # By itself the same place tells nothing.
    assert cells("Veileder;Sted", *(f"{name};Oslo" for name in STAFF))["Sted"] == "place?"


def test_the_participant_s_own_phone_is_read_after_the_counsellor_s() -> None:
    rows = [f"{name};{len(name)}0000000;{phone}" for name, phone in zip(STAFF, phones(8), strict=True)]
    assert cells("Veileder;Telefon;Mobil", *rows) == {
        "Veileder": "counsellor",
        "Telefon": "Veileder",
        "Mobil": "phone",
    }


def test_a_column_of_staff_that_is_empty_has_nobody_s_phone() -> None:
    assert cells("Veileder;Telefon", *(f";{phone}" for phone in phones(3)))["Telefon"] == "phone"
    rows = [f"{name};;{phone}" for name, phone in zip(STAFF, phones(8), strict=True)]
    assert cells("Jobbspesialist;Veileder;Telefon", *rows)["Telefon"] == "phone"
    rows = [f"{name};;{len(name)}0000000" for name in STAFF]
    assert cells("Jobbspesialist;Veileder;Telefon", *rows)["Telefon"] == "Jobbspesialist"


def test_an_address_that_is_alike_for_all_beside_phones_that_are_not_is_asked_about() -> None:
    rows = [f"Tone Li;{phone};Storgata 1;Oslo" for phone in phones(8)]
    found = cells("Veileder;Telefon;Adresse;Sted", *rows)
    assert (found["Telefon"], found["Adresse"], found["Sted"]) == ("phone", "address?", "place?")


@pytest.mark.parametrize("someone", ["Pårørende", "Arbeidsgiver", "Fastlege"])
def test_a_relative_s_or_an_employer_s_number_may_differ_in_each_row(someone: str) -> None:
    rows = [f"{'Mor' if number % 2 else 'Far'};{phone}" for number, phone in enumerate(phones(8))]
    assert cells(f"{someone};Telefon", *rows)["Telefon"] == "phone?"
    assert cells(f"{someone};Telefon", *("Kiwi;22334455" for _row in range(8)))["Telefon"] == someone


@pytest.mark.parametrize(
    "words", ["Nærmeste", "DPS", "Ledsager", "Støttekontakt", "Lege", "Verge", "Bror", "Kusine", "XYZ"]
)
@pytest.mark.parametrize("contact", ["Telefon", "E-post", "Adresse", "Sted"])
def test_what_stands_after_a_word_that_is_not_known_may_be_of_whoever_that_is(words: str, contact: str) -> None:
    field = field_of(contact).value
    assert said(f"{WHO}{words};{contact}")[contact] == f"{field}?"
    relatives = [f"{'Mor' if number % 2 else 'Søster'};a{number}" for number in range(8)]
    assert cells(f"{words};{contact}", *relatives)[contact] == f"{field}?"
    names = ("Berit Hansen", "Dr. Lie", "Mor", "Ole Moe (bror)", "Eva Dahl-Berg", "mamma")
    assert (
        cells(f"{words};{contact}", *(f"{name};a{number}" for number, name in enumerate(names)))[contact] == f"{field}?"
    )


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("Innsatsgruppe", ("Spesielt tilpasset", "Varig tilpasset", "Spesielt tilpasset", "Spesielt tilpasset") * 2),
        ("Transport", ("Buss", "Bil", "Buss", "Bil", "Buss", "Bil", "Bil", "Buss")),
        ("Prioritet", tuple("12312312")),
        ("Sjekket", ("ja", "nei", "x", "", "ja", "nei", "ja", "ja")),
        (
            "Huskelapp",
            ("ringte, ikke svar", "vil jobbe ute, helst sentralt", "", "har barn", "CV ok", "", "ny time", "bil"),
        ),
        ("Ukedag", ("mandag", "tirsdag", "fredag", "mandag") * 2),
        ("Tolk", ("ja", "nei", "", "nei", "ja", "nei", "nei", "nei")),
        ("Barn", tuple("01201201")),
        ("Merknad", STAFF),
        ("Alder", STAFF),
        ("Kull", ("Høst 2025", "Vår 2026", "Høst 2024", "Vår 2024") * 2),
        ("Tatt opp", ("1.2.2025", "3.4.2025", "5.6.2025", "7.8.2025") * 2),
        ("XYZ", ("",) * 8),
    ],
)
def test_a_phone_after_what_names_nobody_is_the_participant_s(words: str, texts: tuple[str, ...]) -> None:
    rows = [f"{text};{phone}" for text, phone in zip(texts, phones(8), strict=True)]
    assert cells(f"{words};Telefon", *rows)["Telefon"] == "phone"


def test_a_word_that_is_not_known_matters_no_more_where_something_of_contact_was_the_participant_s() -> None:
    assert said(f"{WHO}Telefon;XYZ;E-post")["E-post"] == "email"
    assert said("Fnr;Navn;XYZ;Henvist;Telefon")["Telefon"] == "phone"
    assert said(f"{WHO}Telefon;Nærmeste;E-post")["E-post"] == "email?"


# Contacts and who is responsible, after an employer.


@pytest.mark.parametrize("contact", ["Kontaktperson", "Ansvarlig"])
@pytest.mark.parametrize("someone", ["Arbeidsgiver", "Bedrift", "Praksisplass", "Skole", "Tiltaksarrangør", "DPS"])
def test_a_contact_after_an_employer_is_the_employer_s(someone: str, contact: str) -> None:
    assert said(f"{WHO}{someone};{contact}")[contact] == ""
    assert said(f"{WHO}{someone};Stilling;{contact}")[contact] == ""
    rows = [f"{employer};Person{number} Moe" for number, employer in enumerate(("Kiwi", "Rema", "Kafé", "Kiwi") * 2)]
    assert cells(f"{someone};{contact}", *rows)[contact] == someone
    # The same person at one employer.
    rows = [f"{employer};{employer} Moe" for employer in ("Kiwi", "Rema", "Kafé", "Kiwi") * 2]
    assert cells(f"{someone};{contact}", *rows)[contact] == someone
    # A few names, each beside several employers.
    rows = [f"{employer};{name}" for employer, name in zip(("Kiwi", "Rema", "Kafé", "Meny") * 2, STAFF, strict=True)]
    assert cells(f"{someone};{contact}", *rows)[contact] == "specialist?"


def test_a_contact_without_an_employer_before_it_and_a_specialist_are_the_specialist() -> None:
    assert said(f"{WHO}Kontaktperson;Arbeidsgiver")["Kontaktperson"] == "specialist"
    assert said(f"{WHO}Arbeidsgiver;Jobbstart;Ønsker;Ansvarlig")["Ansvarlig"] == "specialist"
    assert said(f"{WHO}Arbeidsgiver;Ansvarlig jobbspesialist")["Ansvarlig jobbspesialist"] == "specialist"
    assert said(f"{WHO}Arbeidsgiver;Kontaktperson;Jobbspesialist") == {
        "Fnr": "identity_number",
        "Navn": "name",
        "Henvist": "referred_on",
        "Arbeidsgiver": "employer",
        "Kontaktperson": "",
        "Jobbspesialist": "specialist",
    }


# A row of titles above the headings.


TITLES = ("", "", "", "Pårørende", "")
BELOW = ("Fnr", "Navn", "Henvist", "Navn", "Telefon")
KARI = (identity_number(), "Kari Hansen", "1.2.2025", "Mor", "99887766")


def as_text(*rows: tuple[str, ...]) -> bytes:
    return "".join(";".join(row) + "\r\n" for row in rows).encode()


def as_workbook(*rows: tuple[str, ...]) -> bytes:
    def fill(there, _book) -> None:
        for row in rows:
            there.append([cell or None for cell in row])

    return xlsx(fill)


@pytest.mark.parametrize("file", [as_text, as_workbook])
@pytest.mark.parametrize("title", ["Pårørende", "Fastlege", "Veileder", "Arbeidsgiver", "Next of kin"])
def test_a_title_above_counts_where_its_cells_are_not_merged(file: Callable[..., bytes], title: str) -> None:
    titles = tuple(title if cell else "" for cell in TITLES)
    found = sheet.read(file(titles, BELOW, KARI), "liste")
    assert [column.heading for column in found.columns] == [
        "Fnr",
        "Navn",
        "Henvist",
        f"{title} Navn",
        f"{title} Telefon",
    ]
    holds = mapping.by_headings(found)
    assert (holds[1], holds[4]) == (Field.NAME, Field.IGNORED)
    assert holds[3] in (Field.IGNORED, Field.COUNSELLOR, Field.EMPLOYER)


@pytest.mark.parametrize(
    ("titles", "headings"),
    [
        # The next title ends the one before, and so does what is the participant's.
        (("", "", "Pårørende", "", "Deltaker"), ("Fnr", "Navn", "Navn", "Telefon", "E-post")),
        (("", "", "Pårørende", "", ""), ("Fnr", "Navn", "Telefon", "Henvist", "E-post")),
    ],
)
def test_a_title_above_reaches_to_what_is_the_participant_s(titles: tuple[str, ...], headings: tuple[str, ...]) -> None:
    found = sheet.read(as_text(titles, headings, KARI), "liste")
    assert found.columns[-1].heading == "E-post"
    assert mapping.by_headings(found)[4] is Field.EMAIL


@pytest.mark.parametrize(
    "titles",
    [
        ("Liste fra jobbspesialist Siri", "", "", "", ""),
        ("", "", "", "Veileder: Per", ""),
        ("", "", "", "Vår 2026", "Lege"),
    ],
)
def test_what_stands_above_a_list_is_no_title_of_its_columns(titles: tuple[str, ...]) -> None:
    found = sheet.read(as_text(titles, ("Fnr", "Navn", "Henvist", "E-post", "Telefon"), KARI), "liste")
    assert [column.heading for column in found.columns] == ["Fnr", "Navn", "Henvist", "E-post", "Telefon"]


# Days and causes.


@pytest.mark.parametrize(
    "start", ["Startet", "Oppstart", "Startdato", "Start", "Started", "Oppstartsdato", "Dato oppstart"]
)
@pytest.mark.parametrize("end", ["Avsluttet", "Sluttdato", "Slutt", "Ended", "End date", "Avsluttet dato"])
def test_a_start_and_an_end_among_a_job_s_columns_are_guessed_to_be_the_job_s(start: str, end: str) -> None:
    found = said(f"{WHO}Arbeidsgiver;Prosent;{start};{end};Årsak")
    assert (found[start], found[end], found["Årsak"]) == ("job_started_on?", "job_ended_on?", "job_end_reason?")


@pytest.mark.parametrize("cause", ["Årsak", "Arsak", "Sluttårsak"])
def test_a_cause_beside_the_end_of_a_job_is_guessed_to_be_the_job_s(cause: str) -> None:
    assert said(f"{WHO}Arbeidsgiver;Jobbstart;Jobbslutt;{cause};Timer")[cause] == "job_end_reason?"


def test_an_end_among_a_job_s_columns_without_a_start_beside_it_is_a_guess_too() -> None:
    found = said(f"{WHO}Arbeidsgiver;Timer;Avsluttet;Årsak")
    assert (found["Avsluttet"], found["Årsak"]) == ("ended_on?", "end_cause?")


def test_where_the_job_has_its_own_end_the_other_is_the_follow_up_s() -> None:
    found = said(f"{WHO}Arbeidsgiver;Jobbstart;Jobbslutt;Avsluttet;Årsak")
    assert (found["Avsluttet"], found["Årsak"]) == ("ended_on", "end_cause")


def test_an_end_behind_what_is_of_the_follow_up_is_not_the_job_s() -> None:
    found = said(f"{WHO}Arbeidsgiver;Jobbstart;Timer;Ønsker;Avsluttet;Årsak")
    assert (found["Avsluttet"].rstrip("?"), found["Årsak"]) == ("ended_on", "end_cause")


@pytest.mark.parametrize(
    "thing", ["Kurs", "Skole", "Aktivitetsplan", "Sykepenger", "Vedtak", "Utdanning", "Behandling DPS"]
)
@pytest.mark.parametrize(("start", "end"), [("Oppstart", "Avsluttet"), ("Startdato", "Sluttdato"), ("Start", "Slutt")])
def test_days_after_a_column_of_something_else_are_guesses(thing: str, start: str, end: str) -> None:
    found = said(f"{WHO}{thing};{start};{end}")
    assert (found[start].endswith("?"), found[end].endswith("?")) == (True, True)
    between = said(f"{WHO}{thing};Ønsker;{start};{end}")
    assert (between[start], between[end]) == ("started_on", "ended_on")


# Names in one column, and addresses that are kept from others.


@pytest.mark.parametrize(
    "heading",
    [
        "Fornavn Etternavn",
        "For- og etternavn",
        "Fornavn og etternavn",
        "Etternavn, fornavn",
        "Etter- og fornavn",
        "First and last name",
    ],
)
def test_a_heading_of_the_whole_name_is_known(heading: str) -> None:
    assert said(heading)[heading] == "name"


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Fornavn/etternavn (fullt)",
            "Fornavn m. etternavn",
            "Etternavn evt. fornavn",
            "Fornavn eller kallenavn og etternavn",
        ),
        *(
            "Hemmelig adresse",
            "Fortrolig adresse",
            "Skjermet adresse og tlf",
            "Sperret telefon",
            "Beskyttet e-post",
            "Secret address",
        ),
    ],
)
def test_a_part_of_a_heading_is_not_guessed_against_the_rest_of_it(heading: str) -> None:
    assert said(heading)[heading] in ("", "name?", "protection?")


# How much is looked at.


def characters_looked_at(act: Callable[[], object]) -> int:
    """How many characters go into the functions that recognise headings."""
    files = {columns.__file__, guards.__file__}
    total = 0

    def count(frame: FrameType, event: str, _arg: object) -> None:
        nonlocal total
        if event == "call" and frame.f_code.co_filename in files:
            total += sum(len(value) for value in frame.f_locals.values() if isinstance(value, str))

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return total


def with_long_cells(text: str, cells: int = 40) -> shape.File:
    """A list whose first row has so many cells with one text."""
    rows = [[text] * cells, ["Fnr", "Navn", "Henvist"] + ["Annet"] * 37, [identity_number(), "Kari Hansen", "1.2.2025"]]
    return shape.File(
        shape.Format.XLSX,
        (
            shape.Sheet(
                "Liste",
                tuple(
                    shape.Row(number, {place: shape.Cell(cell) for place, cell in enumerate(row)})
                    for number, row in enumerate(rows, start=1)
                ),
            ),
        ),
    )


def test_a_long_text_is_no_heading_and_is_not_looked_at_as_one() -> None:
    def work(text: str, cells: int = 40) -> int:
        file = with_long_cells(text, cells)
        return characters_looked_at(lambda: sheet.of_file(file))

    short, long = work("w " * 30), work("w " * 3_000)
    assert long <= short
    # A text is gone through for its row, and not once more for each cell that holds it.
    assert short < 1.5 * work("w " * 30, cells=1)
    assert field_of("Telefon " + "x" * 200) is Field.IGNORED


def test_a_long_heading_is_cut_and_still_none() -> None:
    file = with_long_cells("x")
    headings = dict(file.sheets[0].rows[1].cells)
    headings[3] = shape.Cell("Telefon " + "x " * 16_000)
    rows = (shape.Row(1, headings), file.sheets[0].rows[2])
    found = sheet.of_file(shape.File(shape.Format.XLSX, (shape.Sheet("Liste", rows),)))
    assert len(found.columns[3].heading) < 110
    assert mapping.by_headings(found)[3] is Field.IGNORED


def test_the_files_of_the_program_are_counted() -> None:
    # Or the counts above would be of nothing.
    assert Path(columns.__file__).name == "columns.py"
    assert characters_looked_at(lambda: field_of("Telefon")) > 0
