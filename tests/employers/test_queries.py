"""Finding employers by what people write."""

from __future__ import annotations

import pytest

from plass.employers import queries
from plass.employers.lists import EMPLOYERS, employers
from plass.employers.models import ContactPerson, Employer

from ..followup.made import day


@pytest.fixture
def by(world):
    return world.act_as(world.specialist)


def make(by, name, **more):
    return Employer.objects.create(name=name, recorded_by=by, **more)


def names(employers):
    return [employer.name for employer in employers]


def listed(**query):
    return employers(EMPLOYERS.read(query))


def test_words_and_their_beginnings_find_in_any_order(by):
    for name, place in (
        ("Bø Bakeri AS", "Bø"),
        ("Bakehuset", "Moss"),
        ("Ås Bilverksted", "Ås"),
        ("Blomster Bø", "Oslo"),
    ):
        make(by, name, place=place)
    assert set(names(queries.search("bake"))) == {"Bø Bakeri AS", "Bakehuset"}
    assert names(queries.search("bakeri bø")) == ["Bø Bakeri AS"]
    assert names(queries.search("BØ")) == ["Bø Bakeri AS", "Blomster Bø"], "names that begin with it come first"
    assert names(queries.search("moss")) == ["Bakehuset"]
    assert names(queries.search("å")) == ["Ås Bilverksted"]
    assert names(queries.search("keri")) == []


def test_words_find_without_their_accents_and_with_them(by):
    make(by, "Ødegård Bygg AS", place="Tromsø")
    make(by, "Café Čaček")
    for text in ("odegard", "ØDEGÅRD", "odegaard bygg", "tromso", "o"):
        assert names(queries.search(text)) == ["Ødegård Bygg AS"]
    assert names(queries.search("cafe cacek")) == ["Café Čaček"]


def test_the_beginning_of_a_name_is_found_by_the_index(by):
    """Also as the web role: it is compared in a way that row-level security lets an index answer."""
    Employer.objects.bulk_create(Employer(name=f"Bedrift {number}", recorded_by=by) for number in range(3_000))
    make(by, "Ødegård Bygg AS")
    begins = queries.found_by("ø")
    plan = Employer.objects.filter(begins).explain()
    assert "employers_employer_search_name" in plan and "search_name >=" in plan.split("Index Cond")[1]
    assert names(Employer.objects.filter(begins)) == ["Ødegård Bygg AS"]


def test_numbers_find_by_their_beginning_with_and_without_spaces(by):
    make(by, "Etaten", organisation_number="974760673")
    make(by, "123 Rør")
    assert names(queries.search("974 760")) == ["Etaten"]
    assert names(queries.search("974760673")) == ["Etaten"]
    assert names(queries.search("123")) == ["123 Rør"]


@pytest.mark.parametrize("text", ["", "  ", "!!!", "'", "a & b | !c", "\\", "x:*", "%", "_", "(", "<->", "\x00"])
def test_nothing_anybody_types_is_an_error(by, text):
    make(by, "Bø Bakeri")
    assert queries.search(text) == []
    assert list(listed(q=text)) in ([], list(Employer.objects.all()))


def test_a_search_is_bounded(by):
    for n in range(15):
        make(by, f"Butikk {n}")
    assert len(queries.search("butikk")) == 10


def test_strangers_find_nothing(by, world):
    from plass.access.current_user import set_current_user

    make(by, "Bø Bakeri")
    set_current_user(None)
    assert queries.search("bakeri") == []


def test_the_list_is_filtered_and_sorted(by):
    make(by, "Ås Bil", place="Ås", industry="Bil")
    make(by, "Bø Bakeri", place="Bø", industry="Mat")
    make(by, "Moss Mat", place="Moss", industry="Mat")
    assert names(listed()) == ["Bø Bakeri", "Moss Mat", "Ås Bil"]
    assert names(listed(sort="-name")) == ["Ås Bil", "Moss Mat", "Bø Bakeri"]
    assert names(listed(sort="industry")) == ["Ås Bil", "Bø Bakeri", "Moss Mat"]
    assert names(listed(industry="Mat", place="Moss")) == ["Moss Mat"]
    assert names(listed(q="mat")) == ["Moss Mat"]
    assert names(listed(sort="password; DROP TABLE")) == ["Bø Bakeri", "Moss Mat", "Ås Bil"]


def test_known_industries_and_places_each_once(by):
    for n in range(3):
        make(by, f"A{n}", industry="Mat", place="Bø")
    make(by, "B", industry="Bil")
    make(by, "C")
    assert queries.industries() == ["Bil", "Mat"]
    assert queries.industries(limit=1) == ["Bil"]
    assert queries.places() == ["Bø"]


def test_names_are_similar_without_legal_form_and_signs(by):
    known = make(by, "Bø Bakeri AS")
    assert queries.similar("BØ BAKERI") == [known]
    assert queries.similar("Bø Bakeri A/S") == [known]
    assert queries.similar("Bø bak.") == [known]
    assert queries.similar("Bø Bakeri", besides=known.pk) == []
    assert queries.similar("Seljord Bakeri") == []
    assert queries.similar("AS") == [], "a legal form alone is like nobody"


def test_people_who_left_come_last_and_only_if_asked_for(by):
    shop = make(by, "Butikken")
    for name, left in (("Åse", None), ("Bo", None), ("Anne", day(-1))):
        ContactPerson.objects.create(employer=shop, name=name, left_on=left, recorded_by=by)
    assert names(queries.people_at(shop)) == ["Bo", "Åse"]
    assert names(queries.people_at(shop, also_left=True)) == ["Bo", "Åse", "Anne"]
