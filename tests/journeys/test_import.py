"""A list goes from a spreadsheet into Plass in a real browser, by keyboard, with nothing that axe minds on the way."""

from __future__ import annotations

import re
from datetime import date
from itertools import count

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from ..imports.lists import csv, numbered, person
from ..world import identity_number
from .conftest import become, shoot

#: The journeys share a database: it keeps what was written and how columns were mapped.
_times = count(1)
BOTH = pytest.mark.parametrize("context", ["wide", "narrow"], indirect=True)


def in_order(page: Page, name: str) -> None:
    """Nothing that axe minds, and no sideways scrolling."""
    violations = Axe().run(page).response["violations"]
    assert not violations, [(violation["id"], violation["nodes"][0]["html"]) for violation in violations]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    shoot(page, name)


@BOTH
def test_a_list_goes_from_file_to_people(page: Page) -> None:
    now = next(_times)
    family = numbered("Regneark", now)
    number = identity_number(date(1961, 1, 1), nth=now)
    content = csv(
        [
            {
                f"Hvem {now}": f"Åse {family}",
                **person(Fødselsnummer=number),
                "Arbeidsgiver": "Kafé Fjord",
                "Jobbspesialist": "Siri S.",
            },
            {f"Hvem {now}": "Ola Feil", **person(), "Fødselsnummer": "17859012345"},
        ],
        encoding="cp1252",
    ).replace(b"Fornavn;Etternavn", b"For;Etter")
    file = FilePayload(name="liste.csv", mimeType="text/csv", buffer=content)
    become(page, "Mette Metodeveileder")
    page.goto("/importer/")
    in_order(page, "import-start")
    page.get_by_label("Filen med lista").set_input_files(file)
    page.get_by_label("Filen med lista").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kolonner/")
    in_order(page, "import-columns")

    # Nobody can tell who without a name: it is said, and what was chosen stays.
    page.get_by_role("button", name="Kontroller lista").press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("hvilken kolonne som har navnet")
    in_order(page, "import-columns-wrong")
    page.get_by_label(f"Hvem {now}", exact=True).select_option(label="Hele navnet")
    page.get_by_label("Hvem følger dem lista ikke nevner").select_option(label="Mette Metodeveileder")
    page.get_by_role("button", name="Kontroller lista").press("Enter")
    page.wait_for_url(re.compile(r"/importer/\d+/$"))
    expect(page.get_by_text("1 rad må rettes")).to_be_visible()
    page.get_by_role("link", name=re.compile("Alle rader")).click()
    expect(page.get_by_role("row", name=re.compile(family))).to_contain_text("Følges av Siri Spesialist.")
    in_order(page, "import-result")

    page.get_by_role("link", name="Til oversikten").click()
    write = page.get_by_role("button", name="Skriv inn 1 person")
    expect(write).to_be_visible()
    in_order(page, "import-overview")
    write.press("Enter")
    expect(page.get_by_role("heading", name="1 deltaker er skrevet inn")).to_be_visible()
    in_order(page, "import-written")
    with page.expect_download() as got:
        page.get_by_role("link", name="Hent resten").click()
    assert got.value.suggested_filename == "liste - å rette.xlsx"
    page.get_by_role("link", name="Til deltakerlisten").or_(page.get_by_role("link", name="Deltakere")).first.click()
    expect(page.get_by_role("link", name=re.compile(family))).to_be_visible()
