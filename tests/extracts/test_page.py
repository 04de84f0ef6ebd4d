"""The page of extracts: whose lines are on it, what a line says, and what a leader is not told."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from plass.access.current_user import set_current_user
from plass.extracts.models import Extract, ExtractFile
from plass.organisation.models import Office, User
from tests.conftest import as_owner
from tests.world import World, member, user


def line(of: User, study: str, offices: list[Office], people: int) -> Extract:
    """A line as `plass extract` writes it."""
    with as_owner():
        made = Extract.objects.create(
            at="2026-03-02 10:00+01:00",
            user=of,
            run_by="root",
            study=study,
            purpose=f"Because of {study}.",
            first_month=date(2024, 1, 1),
            last_month=date(2025, 12, 1),
            offices=[office.pk for office in offices],
        )
        for name, rows, persons in (("people.parquet", 1234, people), ("waiting.parquet", 99, people - 1)):
            ExtractFile.objects.create(extract=made, name=name, rows_written=rows, people=persons, sha256="0" * 64)
    return made


@pytest.fixture
def people(world: World) -> dict[str, User]:
    """Two evaluators with a study each, of the office and of another county's."""
    with as_owner():
        accounts = {name: user(name, name.title(), "Forsker") for name in ("frida", "fredrik")}
        for evaluator in accounts.values():
            member(evaluator, "evaluator", county=world.county)
        accounts["personvern"] = user("personvern", "Pia", "Vern")
        member(accounts["personvern"], "data_protection", world.office)
    line(accounts["frida"], "our-study", [world.office, world.other_office], 321)
    line(accounts["fredrik"], "small-study", [world.office], 4)
    line(accounts["fredrik"], "elsewhere", [], 50)
    return {**accounts, "leader": world.leader, "administrator": world.administrator, "specialist": world.specialist}


def page(of: User) -> BeautifulSoup:
    set_current_user(of.pk)
    client = Client()
    client.force_login(of)
    return BeautifulSoup(client.get(reverse("extracts:overview")).content, "html.parser")


def studies(soup: BeautifulSoup) -> list[str]:
    return sorted(cell.get_text(strip=True) for cell in soup.select("#extracts tbody th"))


def test_evaluators_see_their_own_leaders_and_who_watches_their_offices_and_administrators_all(
    people: dict[str, User],
) -> None:
    seen = {name: studies(page(account)) for name, account in people.items() if name != "specialist"}
    assert seen == {
        "frida": ["our-study"],
        "fredrik": ["elsewhere", "small-study"],
        "leader": ["our-study", "small-study"],
        "personvern": ["our-study", "small-study"],
        "administrator": ["elsewhere", "our-study", "small-study"],
    }
    assert studies(page(people["specialist"])) == []


def test_a_line_says_who_when_why_how_much_and_that_nobody_proved_who_they_are(people: dict[str, User]) -> None:
    soup = page(people["frida"])
    text = soup.select_one("#extracts tbody tr").get_text(" ", strip=True)
    for part in ("our-study", "02.03.2026 10:00", "Frida Forsker", "via kommandolinjen, konto root", "Because of our-study.",
                 "01.2024–12.2025", "321"):  # fmt: skip
        assert part in text
    assert "1234" in text.replace("\xa0", "").replace(" ", "")
    assert "så navnet er ikke bevist" in soup.get_text()


def test_fewer_than_five_people_are_not_told_to_a_leader(people: dict[str, User]) -> None:
    def cells(of: str) -> list[str]:
        row = next(row for row in page(people[of]).select("#extracts tbody tr") if "small-study" in row.get_text())
        return [cell.get_text(strip=True) for cell in row.select("td[data-number]")]

    assert cells("leader") == ["under fem", "–"]
    assert cells("fredrik")[0] == cells("personvern")[0] == "4"


def test_without_extracts_the_evaluator_is_told_how_one_is_made(world: World) -> None:
    with as_owner():
        alone = user("alene", "Alma", "Alene")
        member(alone, "evaluator", county=world.county)
    assert "plass extract" in page(alone).get_text()
    assert "plass extract" not in page(world.leader).get_text()
