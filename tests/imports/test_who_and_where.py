"""Words that are nobody's name, no employer and no letters; and who of a team a name means."""

from __future__ import annotations

from datetime import date

import pytest

from plass.imports import mapping, plan, sheet, values
from plass.imports.plan_types import Plan
from plass.imports.questions import Kind
from plass.imports.staff_matching import Unclear, find_person
from plass.organisation.models import User

from .lists import csv, person
from .test_pages import by as by
from .test_pages import check, press, soup
from .test_writer import load

STAFF = [
    User(username="jobb1", given_name="Siri", family_name="Spesialist", email="siri@nav.example"),
    User(username="jobb2", given_name="Marianne", family_name="Berg"),
    User(username="jobb3", given_name="Ole Petter", family_name="Lie"),
]


def read(**row: str) -> Plan:
    found = sheet.read(csv([person(**row)]), "liste")
    return plan.make(found, mapping.by_headings(found), today=date(2026, 11, 30))


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Siri", "jobb1"),
        ("spesialist", "jobb1"),
        ("Siri S.", "jobb1"),
        ("S Siri", "jobb1"),
        ("Spesialist, Siri", "jobb1"),
        ("siri@nav.example", "jobb1"),
        ("SS", "jobb1"),
        ("jobb2", "jobb2"),
        ("Petter", "jobb3"),
        ("Ole Petter", "jobb3"),
        ("Ole P. Lie", "jobb3"),
    ],
)
def test_a_whole_name_or_initials_say_who_it_is(name: str, username: str) -> None:
    assert find_person(name, STAFF).username == username


@pytest.mark.parametrize(
    "name", ["S", "Si", "Spes", "Mari", "Mari B", "Sir S.", "siri@", "Ole S.", "Siri B.", "S S S", "P"]
)
def test_a_beginning_of_a_name_is_nobody_s(name: str) -> None:
    with pytest.raises(Unclear):
        find_person(name, STAFF)


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("Kari og Per", "Hansen"),
        ("Kari", "Hansen ferdig"),
        ("Kari", "Hansen permittert"),
        ("Kari", "Hansen i jobb"),
        ("Ikke", "møtt"),
        ("Ledig", "plass"),
    ],
)
def test_what_is_written_where_a_name_should_be_is_nobody(given: str, family: str) -> None:
    for one in ((f"{given} {family}", None, None), (None, given, family)):
        with pytest.raises(ValueError, match="er mer enn et navn"):
            values.names(*one)


@pytest.mark.parametrize("name", ["N.N.", "N. N.", "NN", "n n"])
def test_n_n_is_nobody(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        values.names(name, None, None)


@pytest.mark.parametrize(
    ("given", "family"), [("Kim", "Na"), ("Na", "Kim"), ("Nils", "Null"), ("Jan", "Plass"), ("Inga", "Ny")]
)
def test_names_that_look_like_something_else_are_names(given: str, family: str) -> None:
    assert values.names(None, given, family) == (given, family)


@pytest.mark.parametrize("family", ["na", "n/a", "-"])
def test_nothing_is_no_family_name(family: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        values.names(None, "Kim", family)


@pytest.mark.parametrize(
    "words", ["〃", "dito", "Ditto", "samme sted", "som ovenfor", "se over", "↑", "samme som ovenfor"]
)
def test_a_mark_for_the_row_above_is_no_employer(words: str) -> None:
    made = read(Arbeidsgiver=words, Jobbstart="1.3.2025", Timer="20")
    assert made.people == ()
    assert "står for det som er i raden over" in made.reports[2].problems[0]


@pytest.mark.parametrize("words", ["Nei", "Ikke i jobb", "Arbeidsledig", "AAP", "ja", "nei."])
def test_that_there_is_no_employer_is_no_employer(words: str) -> None:
    made = read(Arbeidsgiver=words)
    assert [one.jobs for one in made.people] == [[]]
    assert any("er ingen arbeidsgiver" in one for one in made.reports[2].remarks)
    assert read(Arbeidsgiver=words, Jobbstart="1.3.2025", Timer="20").people == ()


@pytest.mark.parametrize("words", ["Aap Bakeri", "Nei til EU", "Ledig & Løs AS", "Samme Sted Kafé"])
def test_an_employer_with_such_a_word_is_one(words: str) -> None:
    (only,) = read(Arbeidsgiver=words, Jobbstart="1.3.2025", Timer="20", Ansettelsesform="fast").people
    assert [job.employer for job in only.jobs] == [words]


@pytest.mark.parametrize("words", ["Bl† kaf‚", "PŒl kafé", "BjÝrn kafé", "Bj›rn kafé", "¯yas kafé", "Bl†gr°nn"])
def test_letters_of_another_encoding_are_asked_about(words: str) -> None:
    made = read(Arbeidsgiver=words, Jobbstart="1.3.2025", Timer="20", Ansettelsesform="fast")
    assert [one.kind for one in made.open_questions] == [Kind.LETTERS]


@pytest.mark.parametrize(
    "words",
    [
        "Michał Café",
        "IKEA®",
        "Rør 20°C",
        "O’Briens „Pub“",
        "CAFÉ ÅS",
        "São Óscar",
        "Hansen †",
        "¿Qué?",
        "½ & ¾ AS",
        "ÆØÅ–bygg",
    ],
)
def test_letters_that_are_right_are_not_asked_about(words: str) -> None:
    assert read(Arbeidsgiver=words, Jobbstart="1.3.2025", Timer="20", Ansettelsesform="fast").open_questions == []


@pytest.mark.parametrize("name", ["\x8fse", "\x85se", "P\x86l"])
def test_a_letter_that_nothing_shows_is_lost(name: str) -> None:
    made = read(Fornavn=name)
    assert made.people == ()
    assert "har mistet bokstaver" in " ".join(made.reports[2].problems)


def test_a_name_that_has_lost_its_first_letter_is_looked_at():
    assert any("Mangler det en bokstav foran?" in one for one in read(Fornavn="se").reports[2].doubts)
    for whole in ({"Fornavn": "kari", "Etternavn": "hansen"}, {"Etternavn": "van der Berg"}, {"Etternavn": "d'Arc"}):
        assert read(**whole).reports[2].doubts == []


def test_control_characters_are_not_written():
    found = sheet.read("Fnr;Navn;Ønsker\n17859000185;Kari Hansen;Kjøre\x07 bil\x02\x1f og\x0bbuss\n".encode(), "x")
    (only,) = plan.make(found, mapping.by_headings(found), today=date(2026, 11, 30)).people
    assert only.wishes == "Kjøre bil og buss"


def test_where_nothing_is_new_it_is_not_said_that_anything_was_undone(by, client, world):
    rows = [person(), person("Ola", "Prøvesen") | {"Henvist dato": "i vår"}]
    address, page = check(client, csv(rows))
    # Somebody else has written the list meanwhile.
    load(world, world.act_as(world.colleague), csv(rows))
    client.force_login(world.act_as(by))
    press(client, page, "Skriv inn")
    text = soup(client.get(address)).get_text(" ", strip=True)
    assert "Alt de andre radene sier, er ført fra før. 1 rad er feil." in text
    assert "angret" not in text
