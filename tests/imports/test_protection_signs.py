"""Protection that stands around a list, and words for it that are no words of it: what is asked, and what is not."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from openpyxl.comments import Comment

from plass.imports import protection_signs
from plass.imports.plan_types import Plan
from plass.imports.questions import NOT_PROTECTED, Answers, Kind, Question

from ..world import identity_number
from .lists import ago, csv, numbered, person, written, xlsx
from .test_lists_again import select_named
from .test_pages import by as by
from .test_pages import check, press, soup
from .test_questions import answer, read

HEADINGS = "Fnr;Navn;Henvist;Adresse"


def people(*more: str) -> list[str]:
    return [f"{identity_number()};{name};{written(ago(100))};Storgata 1" for name in ("Kari Berg", "Ola Dahl", *more)]


def protection(made: Plan) -> list[Question]:
    return [one for one in made.open_questions if one.kind is Kind.PROTECTION]


# Around the list.


@pytest.mark.parametrize(
    "text",
    ["Kode 6 - strengt fortrolig", "Deltakere med adressesperre", "K7", "* = kode 6", "OBS! Skjermede deltakere"],
)
@pytest.mark.parametrize("place", ["above", "far above", "below"])
def test_what_stands_above_or_below_a_list_holds_back_everybody_in_it_with_one_question(text: str, place: str) -> None:
    rows = people()
    lines = {
        "above": [text, HEADINGS, *rows],
        "far above": ["Nav Testby", text, "", HEADINGS, *rows],
        "below": [HEADINGS, *rows, "", text],
    }[place]
    made = read("\n".join(lines).encode())
    (question,) = protection(made)
    assert (question.shown, len(question.rows)) == ((f"Rundt lista: {text}",), 2)
    assert made.people == ()


@pytest.mark.parametrize(
    "text", ["Deltakere i IPS", "Oppdatert 1.11.2026 av Kode AS", "Fortrolig samtale på rom 6", "Blokk K6"]
)
def test_what_stands_around_a_list_and_speaks_of_something_else_is_not_asked_about(text: str) -> None:
    assert read("\n".join([text, HEADINGS, *people(), text]).encode()).questions == ()


def test_a_title_that_holds_for_nobody_below_it_is_taken_as_one_of_the_list() -> None:
    first, second = people()
    made = read("\n".join([HEADINGS, first, second, "Kode 6:"]).encode())
    assert len(protection(made)) == 1
    # A title of some holds for those alone.
    made = read("\n".join([HEADINGS, first, "Kode 6", second]).encode())
    assert [one.rows for one in protection(made)] == [(4,)]


@pytest.mark.parametrize("name", ["Kode 6", "K7", "Strengt fortrolig", "Skjermede"])
def test_the_name_of_the_only_sheet_is_asked_about_once(name: str) -> None:
    def fill(page, _book) -> None:
        page.title = name
        for line in (HEADINGS, *people("Eva Lie")):
            page.append(line.split(";"))

    made = read(xlsx(fill))
    (question,) = protection(made)
    assert (question.shown, question.rows, made.people) == ((f"Ark: {name}",), (2, 3, 4), ())


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        *(
            (name, True)
            for name in ("kode6.xlsx", "Kode 6.csv", "deltakere_kode7.csv", "K6.xlsx", "kode6deltakere.csv")
        ),
        *((name, True) for name in ("strengt_fortrolig.csv", "Skjermede deltakere.ods", "adressesperre-2026.xlsx")),
        *((name, False) for name in ("liste.csv", "Deltakere uke 6.xlsx", "kodeverk.csv", "Liste-2026-07.csv", "list")),
    ],
)
def test_the_name_of_the_file_is_asked_about(name: str, asked: bool) -> None:
    made = read("\n".join([HEADINGS, *people()]).encode(), name=name)
    assert [one.shown for one in protection(made)] == [(f"Fil: {name}",)] * asked


def test_a_comment_on_a_heading_is_one_on_the_list_and_a_heading_is_none() -> None:
    def fill(page, _book) -> None:
        for line in (HEADINGS, *people()):
            page.append(line.split(";"))
        page["D1"].comment = Comment("Blank = kode 6", "x")

    assert [one.shown for one in protection(read(xlsx(fill)))] == [("Rundt lista: Blank = kode 6",)]
    rows = [f"{row};nei" for row in people()]
    lines = [f"{HEADINGS};Kode 6/7", rows[0], f"{HEADINGS};Kode 6/7", rows[1]]
    assert read("\n".join(lines).encode()).questions == ()


def test_all_that_people_stand_under_is_one_question_and_is_answered_for_each_of_them() -> None:
    def fill(page, _book) -> None:
        page.title = "Kode 6"
        for line in ("Strengt fortrolig;;;", HEADINGS, *people("Eva Lie")):
            page.append([cell or None for cell in line.split(";")])

    content = xlsx(fill)
    (question,) = protection(read(content))
    assert question.shown == ("Ark: Kode 6", "Rundt lista: Strengt fortrolig")
    made = read(content, Answers({question.key: "strictly_confidential"}))
    assert {one.person["protection"] for one in made.people} == {"strictly_confidential"}
    assert len({mark for one in made.people for mark in one.answered}) == 3
    made = read(content, Answers({question.key: NOT_PROTECTED}))
    assert {one.person["protection"] for one in made.people} == {""}


def test_a_protection_that_the_list_gives_answers_for_what_a_person_stands_under() -> None:
    rows = [f"{row};{level}" for row, level in zip(people(), ("kode 6", ""), strict=True)]
    made = read("\n".join(["Kode 6", f"{HEADINGS};Gradering", *rows]).encode())
    assert [one.rows for one in protection(made)] == [(4,)]


def test_what_was_answered_of_a_list_holds_for_those_who_were_imported_and_not_for_who_is_new(by, client) -> None:
    known = people()
    address, page = check(client, "\n".join(["Kode 6", HEADINGS, *known]).encode())
    answer(client, address, page, {select_named(page, "Kode 6")["name"]: NOT_PROTECTED})
    press(client, soup(client.get(address)), "Skriv inn")
    _address, page = check(client, "\n".join(["Kode 6", HEADINGS, *known]).encode(), name="neste.csv")
    assert "må besvares" not in page.get_text(" ")
    assert "Kari Berg" in page.select_one("#questions details").get_text(" ")
    new = people("Eva Lie")[2]
    _address, page = check(client, "\n".join(["Kode 6", HEADINGS, *known, new]).encode(), name="ny.csv")
    assert "1 spørsmål må besvares" in page.get_text(" ")
    assert page.select_one("#questions tbody td").get_text(strip=True) == "5"


def test_who_stands_under_a_title_of_another_sheet_is_not_asked_about() -> None:
    book = openpyxl.Workbook()
    for title, above in (("Kode 6", ""), ("Andre", ""), ("Tredje", "Adressesperre")):
        page = book.create_sheet(title)
        for line in ([above] if above else []) + [HEADINGS, people()[0]]:
            page.append(line.split(";"))
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    made = read(out.getvalue())
    assert [row.sheet for one in protection(made) for row in one.rows] == ["Kode 6", "Tredje"]


# Words.


@pytest.mark.parametrize(
    "words",
    [
        *("beskyttelse", "Politibeskyttelse", "under beskyttelse", "har beskyttelse av politiet", "personbeskyttelse"),
        *("adressebeskyttelse", "trenger beskyttelse mot eks", "identitetsbeskyttelse", "beskytta av politiet"),
        *(
            "besøksforbud",
            "besøksforbod mot far",
            "kontaktforbud",
            "oppholdsforbud",
            "voldsalarm",
            "har mobil voldsalarm",
        ),
        *("omvendt voldsalarm", "valdsalarm"),
        *("eks må ikke få vite", "Eksmannen må ikke vite hvor hun er", "eks skal ikke vite om jobben"),
        *("far må ikke finne henne", "ektemann må ikke få kontakt", "mannen skal ikkje vita kvar ho er"),
        *("ikke si noe til eksmannen", "ikke oppgi noe til familien", "familien må ikke få greie på det"),
        *(
            "ingen må vite hvor hun jobber",
            "må ikke oppgi arbeidssted",
            "redd for eks",
            "forfølges av eks",
            "stalkes av eks",
        ),
        *("ikke vis navn på nett", "Skal ikke oppgis", "oppgis ikke", "skal ikkje oppgjevast", "må ikke utleveres"),
        *("unntatt offentlighet", "vitnebeskyttelse", "bor på hemmelig sted", "skjult for familien", "Ikke oppgi"),
        *("eksmann truer henne", "familien vet ikke hvor han bor", "eks kjenner ikke adressen", "ikke gi ut tlf"),
        *(
            "ikke oppgi mobilnr til noen",
            "postadresse sperret",
            "kode6deltaker",
            "kode 6 og fortrolig samtale",
            "strengt fortrolig samtale",
        ),
        *("bor i K6-bolig", "ny identitet", "æresrelatert vold", "tvangsekteskap"),
        *("lever skjult", "ikke utlever opplysninger", "OBS: ikke utlever info", "sperrekode 4", "bor på voldssenter"),
        *("egen ansatt", "Egen-ansatt, se egen mappe", "Nav-ansatt", "NAV ansatt", "arbeider i NAV", "jobber på Nav"),
        *("ansatt i NAV", "trues av sønnen", "truet av naboer", "partnervold", "familievold, flyttet", "sikkerhetssak"),
        *("NB! Sensitiv adresse", "må ikke kontaktes på adresse"),
        *("IKKE UTLEVER", "SENSITIV", "Sikkerhetsnivå 4", "drapstrusler", "Trues på livet", "blir truet", "æresvold"),
        *("sperret for innsyn", "skal holdes hemmelig", "eksmannen leter etter henne"),
        *("diskresjon!", "NB diskresjon", "6-er", "7er", "6'er", "k o d e 6", "k.o.d.e 7", "K O D E 6"),
    ],
)
def test_words_of_protection_are_asked_about(words: str) -> None:
    assert protection_signs.level_of(words)
    made = read(csv([person(Merknad=words), person("Ola")]))
    assert [one.rows for one in protection(made)] == [(2,)]


@pytest.mark.parametrize(
    "words",
    [
        *("Bor i Blokk K6", "blokk k 6", "Oppgang K7", "leilighet K6", "møterom K6", "Bygg K7, 2. etg", "kjeller K6"),
        *("klasse K7", "rute K6", "kull K6", "sone K7", "sperret konto", "gradert sykemelding 50%", "sperrefrist 1.10"),
        *(
            "Fortrolig samtale",
            "hadde fortrolige samtaler",
            "fortrolig med data",
            "er fortrolig med truck",
            "fortrolig tone",
        ),
        *("taushetsplikt", "Taushetsplikt avklart", "har taushetserklæring", "informert om taushetsplikten, ok"),
        *("midlertidig kollektiv beskyttelse", "søkt om beskyttelse", "innvilget beskyttelse", "hørselsbeskyttelse"),
        *("beskyttelse mot støy", "stillingsbeskyttelse", "beskyttelsesutstyr", "fallbeskyttelse"),
        *(
            "Diagnose skal ikke oppgis til arbeidsgiver",
            "vil ikke oppgi diagnose",
            "ikke oppgitt",
            "vil ikke si hvorfor",
        ),
        *(
            "mor vet ikke",
            "far er syk",
            "eks har barna",
            "arbeidsgiver må ikke vite om diagnosen",
            "kontakt ikke oppnådd",
        ),
        *("ikke ring før kl 10", "skal ikke sendes søknad", "kan ikke si når", "ikke vite hva hun vil", "*", "xx"),
        *("redd for hunder", "ny identitet som yrkesaktiv", "forfølger mål"),
        *("møte med NAV-ansatt", "trues av oppsigelse", "diskresjon er viktig for ham", "5-6 er nok", "de 7 er klare"),
        *("vil ikke gi opp", "sikkerhetskurs", "ringte Nav", "ansatt i Kiwi", "fikk 6 er det sagt", "26-er", "§ 6"),
        *("Behandles med diskresjon og respekt", "vernet", "egen bolig", "ønsker jobb i NAV", "kodekurs"),
    ],
)
def test_words_of_something_else_are_not_asked_about(words: str) -> None:
    assert not protection_signs.level_of(words)
    assert read(csv([person(Merknad=words)])).questions == ()


@pytest.mark.parametrize(
    "heading", ["Adresse", "Poststed", "Postnr", "Sted", "Telefon", "E-post", "Gateadr.", "Bosted/oppholdssted"]
)
@pytest.mark.parametrize(
    "cell",
    [
        "***",
        "*",
        "XXX",
        "xxxx",
        "#####",
        "Skal ikke oppgis",
        "oppgis ikke",
        "Sperret",
        "skjermet",
        "Hemmelig",
        "skjult",
        "kode 6",
        "§ 6",
        "(vernet)",
        "Lia 4 (vernet)",
        "(vernet) Lia 8",
        "Lia 9 - må ikke oppgis",
        "Lia 9, skjult!",
        "Lia 9 hemmelig",
        "HEMMELIG Lia 9",
        "Nyveien 2 SPERRET",
    ],
)
def test_what_stands_instead_of_an_address_is_asked_about(heading: str, cell: str) -> None:
    made = read(csv([person(**{heading: cell}), person("Ola")]))
    assert [one.rows for one in protection(made)] == [(2,)]


@pytest.mark.parametrize(
    ("heading", "cell", "asked"),
    [
        *((heading, "?", True) for heading in ("Egen ansatt", "Hemmelig adresse", "Fortrolig", "Trusselutsatt", "K6")),
        *((heading, "ja", True) for heading in ("Nav-ansatt", "Egne ansatte", "Ansatt i NAV")),
        *((heading, "Per Linjal", False) for heading in ("Nav-ansatt", "Ansatt i NAV")),
        *((heading, "nei", False) for heading in ("Nav-ansatt", "Egen ansatt", "Fortrolig")),
    ],
)
def test_a_yes_and_a_doubt_below_a_heading_that_is_not_read_are_asked_about(
    heading: str, cell: str, asked: bool
) -> None:
    made = read(csv([person(**{heading: cell}), person("Ola", **{heading: ""})]))
    assert [one.rows for one in protection(made)] == ([(2,)] if asked else [])


@pytest.mark.parametrize("cell", ["***", "Sperret", "Skal ikke oppgis", "skjult adresse"])
@pytest.mark.parametrize(("heading", "field"), [("Adresse", "address"), ("Poststed", "place")])
def test_what_stands_instead_of_an_address_is_not_written_as_one(heading: str, field: str, cell: str) -> None:
    content = csv([person(**{heading: cell})])
    (question,) = protection(read(content))
    made = read(content, Answers({question.key: "confidential"}))
    assert made.people[0].person[field] == ""
    assert made.reports[2].doubts == [f"«{cell}» er ingen adresse og tas ikke med."]


@pytest.mark.parametrize(
    ("heading", "field", "cell"),
    [
        *(
            ("Adresse", "address", cell)
            for cell in (
                "Lia 9 hemmelig",
                "HEMMELIG Lia 9",
                "Lia 4 (vernet)",
                "Lia 9 - må ikke oppgis",
                "Hemmelig gård",
            )
        ),
        *(("Poststed", "place", cell) for cell in ("Skjult", "Vik (skjermet)")),
    ],
)
def test_what_is_answered_to_be_no_protection_is_written_as_it_stands(heading: str, field: str, cell: str) -> None:
    content = csv([person(**{heading: cell})])
    (question,) = protection(read(content))
    made = read(content, Answers({question.key: NOT_PROTECTED}))
    assert (made.people[0].person[field], made.reports[2].doubts) == (cell, [])
    # Of somebody who is protected it is not written.
    made = read(content, Answers({question.key: "own_employee"}))
    assert (made.people[0].person[field], made.reports[2].doubts) == (
        "",
        [f"«{cell}» er ingen adresse og tas ikke med."],
    )


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Adresse", "***"),
        ("Poststed", "XXX"),
        ("Telefon", "hemmelig"),
        ("Telefon", "99 88 77 66 (hemmelig)"),
        ("E-post", "skjult"),
        ("E-post", "kari@example.org (skjult)"),
        ("Postnr", "0187 sperret"),
        ("Postnr", "hemmelig"),
    ],
)
def test_what_is_no_protection_and_cannot_be_read_is_told_with_its_words(heading: str, cell: str) -> None:
    content = csv([person(**{heading: cell})])
    (question,) = protection(read(content))
    made = read(content, Answers({question.key: NOT_PROTECTED}))
    (doubt,) = made.reports[2].doubts
    assert re.sub(r"[\d ()]|\S+@\S+", "", cell) in doubt


def test_what_stands_instead_of_an_address_is_told_in_its_own_row() -> None:
    same = {"Fødselsnummer": identity_number()}
    content = csv([person(**same), person(**same, Adresse="Lia 9 hemmelig")])
    (question,) = protection(read(content))
    made = read(content, Answers({question.key: "confidential"}))
    assert (made.reports[2].doubts, len(made.reports[3].doubts)) == ([], 1)


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *(
            ("Adresse", cell)
            for cell in ("Storgata 6", "Sperregata 2", "Hemmeligheten 4", "ukjent", "ikke oppgitt", "-", "?")
        ),
        *(
            ("Adresse", cell)
            for cell in (
                "Vernetveien 4",
                "Lia 9 - § 14a",
                "Lia 9 (ny)",
                "Blokk K6",
                "c/o Berg",
                "uten fast bopel",
                "Skjult dal 3",
            )
        ),
        *(("Sted", cell) for cell in ("Oslo", "Skjold")),
        *(("Telefon", cell) for cell in ("mangler", "har ikke", "ingen", "99 88 77 66")),
        *(("Merknad", cell) for cell in ("***", "xxx", "hemmelig kjæreste")),
        *((heading, "K6") for heading in ("Leilighet", "Blokk", "Rom", "Klasse", "Møterom")),
        *(("Timer pr mnd", cell) for cell in ("***", "#####")),
    ],
)
def test_what_is_no_address_for_another_reason_is_not_asked_about(heading: str, cell: str) -> None:
    assert protection(read(csv([person(**{heading: cell}), person(numbered("Ola", 1))]))) == []


def test_one_answer_about_a_person_holds_for_what_they_stand_under_too() -> None:
    rows = [f"{people()[0]};kode 7", f"{people()[1]};"]
    content = "\n".join(["Kode 6", f"{HEADINGS};Merknad", *rows]).encode()
    own, everybody = protection(read(content))
    assert own.shown == ("Kari Berg", "Merknad: kode 7", "Rundt lista: Kode 6")
    assert (everybody.shown, everybody.rows) == (("Rundt lista: Kode 6",), (4,))
    made = read(content, Answers({own.key: "confidential"}))
    assert [one.rows for one in protection(made)] == [(4,)]
    assert [one.person["protection"] for one in made.people] == ["confidential"]
