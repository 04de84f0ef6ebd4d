"""Names in their order, and found however they are typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from plass.organisation.models import User
from plass.organisation.sorting import by_name, containing

from ..world import as_owner, user


@pytest.fixture(autouse=True)
def _acting(world):
    world.act_as(world.specialist)


def in_order(names: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute('SELECT n FROM unnest(%s::text[]) n ORDER BY plain_name(n, true) COLLATE "C", n', [list(names)])
        return [name for (name,) in cursor.fetchall()]


def searched(texts: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plain_name(n, false) FROM unnest(%s::text[]) WITH ORDINALITY AS w(n, at) ORDER BY at", [texts]
        )
        return [text for (text,) in cursor.fetchall()]


#: As a Norwegian telephone book has them.
KNOWN_ORDER = [
    "Berg Ola",
    "Berg Åse",
    "Berg-Hansen Ola",
    "Bergan Kari",
    "Čaček Jana",
    "Cohen Ada",
    "Đorđević Ana",
    "Dyb Per",
    "Ebbesen Bo",
    "Łukaszewski Jan",
    "Lyng Kari",
    "Mygland Eva",
    "Müller Eva",
    "Nguyễn Anh",
    "Nilsen Åge",
    "O'Brien Sean",
    "O’Brien Tom",
    "Oddvar Kim",
    "Strauß Anna",
    "Straxen Anna",
    "Zakariassen Bo",
    "Ærlig Bo",
    "Äverud Bo",
    "Øberg Bo",
    "Östberg Bo",
    "Østby Bo",
    "Aaberg Bo",
    "Åberg Ola",
    "Aas Bo",
    "Ås Ola",
]


def test_names_stand_as_in_a_telephone_book() -> None:
    assert in_order(reversed(KNOWN_ORDER)) == KNOWN_ORDER


#: Letters, and what each counts as in the Norwegian alphabet.
COUNTS_AS = {letter: letter for letter in " abcdefghijklmnopqrstuvwxyzæøå"} | {
    **dict(zip("éèêëáàâčćçíñóšžýłđ", "eeeeaaaccc" + "inoszyld", strict=True)),
    "ä": "æ",
    "ö": "ø",
    "ü": "y",
    "aa": "å",
    "a\u030a": "å",
    "e\u0301": "e",
}
ALPHABET = " abcdefghijklmnopqrstuvwxyzæøå"
# Two parts that end and begin with an a would be an å together.
PARTS = st.lists(st.sampled_from(sorted(COUNTS_AS)), min_size=1, max_size=6).filter(
    lambda parts: not any(first[-1:] == "a" and second[:1] == "a" for first, second in pairwise(parts))
)


@settings(max_examples=60)
@given(st.lists(st.tuples(PARTS, st.booleans()), min_size=2, max_size=20))
def test_names_are_ordered_letter_by_letter_by_the_norwegian_alphabet(drawn: list[tuple[list[str], bool]]) -> None:
    names = {}
    for parts, in_capitals in drawn:
        name = "".join(parts)
        places = [ALPHABET.index(COUNTS_AS[part]) for part in parts]
        names[name.upper() if in_capitals else name] = "".join(chr(65 + place) for place in places).strip("A")
    assert [names[name] for name in in_order(names)] == sorted(names.values())


NAMES = st.text("aehjknosæøåäöüéčćšžđłñß '-AEÆØÅČŁŠaå", min_size=1, max_size=12)


@settings(max_examples=60)
@given(st.lists(st.tuples(NAMES, st.integers(0, 11), st.integers(1, 12)), min_size=1, max_size=20))
def test_any_part_of_a_name_finds_it_in_capitals_and_without_accents(drawn: list[tuple[str, int, int]]) -> None:
    typed = [name[start : start + length] or name for name, start, length in drawn]
    found_in = searched([name for name, _start, _length in drawn])
    for variant in (typed, [part.upper() for part in typed], [without_accents(part) for part in typed]):
        for part, name in zip(searched(variant), found_in, strict=True):
            assert part in name


def without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("odegard", "Ødegård"),
        ("ODEGAARD", "Ødegård"),
        ("Ødegård", "Odegaard"),
        ("cacek", "Čaček"),
        ("haakon", "Håkon"),
        ("håkon", "Haakon"),
        ("aerlig", "Ærlig"),
        ("isaac", "Isaac"),
        ("lukasz", "Łukasz"),
        ("dorde", "Đorđe"),
        ("strauss", "Strauß"),
        ("thor", "Þór"),
        ("nguyen", "Nguyễn"),
        ("o'brien", "O’Brien"),
        ("ase", "A\u030ase"),
    ],
)
def test_a_name_is_found_as_it_can_be_typed(typed: str, name: str) -> None:
    part, whole = searched([typed, name])
    assert part == whole


def test_staff_are_found_by_words_in_any_order_and_sorted() -> None:
    with as_owner():
        for given_name, family_name in (("Åse", "Ødegård"), ("Jana", "Čaček"), ("Ase", "Zorn")):
            user(given_name + family_name, given_name, family_name)
        everybody = User.objects.order_by(by_name())
        fields = ("given_name", "family_name", "username")
        assert [account.family_name for account in containing(everybody, "ase", *fields)] == ["Zorn", "Ødegård"]
        assert [account.family_name for account in containing(everybody, "ODEGARD ase", *fields)] == ["Ødegård"]
        assert [account.family_name for account in containing(everybody, "cacek", *fields)] == ["Čaček"]
        assert not containing(everybody, "ase finnesikke", *fields)
        assert not containing(everybody, "%", *fields)
