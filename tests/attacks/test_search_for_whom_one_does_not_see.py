"""The search tells of nobody whom the one who searches may not see: neither by who is found, by how many, nor by a hint."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from plass.cases import actions
from tests.world import identity_number

HTMX = {"HX-Request": "true"}
TODAY = timezone.localdate()


def said(client, typed: str) -> str:
    """What the page says, without what was typed and what differs each time."""
    answer = client.post("/sok/", {"q": typed}, headers=HTMX)
    text = answer.content.decode().replace(typed, "…")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    return f"{answer.status_code} {text}"


@pytest.fixture
def hidden(world):
    """People the specialist does not see: of another office, shielded from them, and ended elsewhere."""
    number = identity_number()
    world.refer("Kanari", "Fuglesang", phone="91827364", team=world.other_team, number=number)
    shielded = world.refer("Kanari", "Fuglesand", phone="91827365", protection="confidential")
    actions.hand_over(shielded, by=world.act_as(world.specialist), to=world.colleague, reason="Nær slekt")
    ended = world.refer("Kanari", "Fuglesund", phone="91827366", team=world.other_team, on=TODAY - timedelta(40))
    actions.end(ended, by=world.act_as(world.other_counsellor), happened_on=TODAY, cause="own_wish")
    return number


#: By name, nearly, by a part, by phone and a part of it; each beside the same of nobody.
PAIRS = (
    ("Kanari", "Ukjent"),
    ("Fuglesang", "Ukjentesen"),
    ("Fuglesank", "Ukjentesem"),
    ("gles", "kjen"),
    ("91827364", "91111111"),
    ("+47 918 27 364", "+47 911 11 111"),
    ("2736", "1111"),
    ("Kanari Fuglesang", "Ukjent Ukjentesen"),
)


@pytest.mark.parametrize(("typed", "of_nobody"), PAIRS)
def test_whom_one_does_not_see_is_as_nobody(world, client, hidden, typed, of_nobody):
    client.force_login(world.act_as(world.specialist))
    assert said(client, typed) == said(client, of_nobody)


def test_whom_one_sees_is_found_alone_and_no_number_counts_the_others(world, client, hidden):
    world.refer("Kanari", "Synlig", phone="91827399")
    client.force_login(world.act_as(world.specialist))
    for typed in ("kanari", "9182"):
        page = said(client, typed)
        assert "Synlig" in page and "Fugle" not in page
        assert client.post("/sok/", {"q": typed}, headers=HTMX).context["found"].is_cut is False


def test_what_a_colleague_searched_for_is_theirs(world, client, hidden):
    client.force_login(world.act_as(world.specialist))
    client.post("/sok/", {"q": "Kanari"})
    client.force_login(world.act_as(world.colleague))
    assert "Kanari" not in client.get("/sok/").content.decode()
