"""The headings of Norwegian offices, of Arena, Nav and IPS Grow: which are known, which are guessed, which are not read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from plass.imports import columns, guards
from plass.imports.fields import Field

HEADINGS = Path(__file__).parent / "reference" / "headings.csv"


def listed() -> list[dict[str, str]]:
    with HEADINGS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def as_recognised(heading: str) -> tuple[str, str]:
    found = columns.recognise_one(heading)
    return found.field.value, "guess" if found.is_guess else "known" if found.field else "not read"


def test_each_heading_is_known_guessed_or_not_read_as_listed():
    otherwise = {
        row["heading"]: as_recognised(row["heading"])
        for row in listed()
        if as_recognised(row["heading"]) != (row["field"], row["how"])
    }
    assert otherwise == {}


def test_the_list_has_each_heading_once_and_headings_of_every_kind():
    rows = listed()
    assert len({row["heading"] for row in rows}) == len(rows) > 600
    assert {how: sum(row["how"] == how for row in rows) > 15 for how in ("known", "guess", "not read")} == {
        "known": True,
        "guess": True,
        "not read": True,
    }
    first_job = {field.value for field in Field if field and not field.value.endswith("_2")}
    assert first_job - {row["field"] for row in rows if row["how"] == "known"} == set()


@pytest.mark.parametrize(
    "headings", [["Født", "Navn"], ["Fødselsdato", "Siste 5 siffer", "Navn"], ["Navn", "F.dato", "Alder"]]
)
def test_a_birth_date_without_a_number_breaks_nothing(headings):
    found = columns.recognise(list(enumerate(headings)))
    assert found[headings.index("Navn")].field is Field.NAME
    assert [one.field for one in found.values()].count(Field.BIRTH_DATE) == 1


def test_each_guard_is_why_some_heading_of_the_list_is_not_guessed(monkeypatch):
    guarded = [
        row["heading"]
        for row in listed()
        if row["how"] == "not read" and columns.recognise_one(row["heading"]).guarded_by
    ]
    assert len(guarded) > 400
    idle = []
    for at, guard in enumerate(guards.GUARDS):
        monkeypatch.setattr(guards, "GUARDS", guards.GUARDS[:at] + guards.GUARDS[at + 1 :])
        if not any(columns.recognise_one(heading).field for heading in guarded):
            idle.append(guard.words.pattern)
        monkeypatch.undo()
    assert idle == []
