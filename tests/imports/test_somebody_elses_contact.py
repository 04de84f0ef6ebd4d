"""A phone or an e-mail address that its cell says is another's is not written as the participant's."""

from __future__ import annotations

from datetime import date

import pytest

from plass.imports import mapping, plan, sheet

from .lists import csv, person

TODAY = date(2026, 11, 30)


def read(**cells: str) -> tuple[dict[str, str], str]:
    """What is written of a person, and what is told of the row."""
    found = sheet.read(csv([person(**cells)]), "liste")
    made = plan.make(found, mapping.by_headings(found), today=TODAY)
    return made.people[0].person, " ".join(made.reports[2].doubts)


@pytest.mark.parametrize(
    "cell",
    [
        "mor 91234568",
        "91234567 (mor)",
        "Ring verge 91234569",
        "91234561 (kona)",
        "Veileder: 91234567",
        "NAV 55553333",
        "91234567 svigermor",
        "bestemor 91234567",
        "91234567 (nabo)",
        "ring ektemann 91234567",
        "verge Kari Nes 91234567",
    ],
)
def test_a_phone_that_is_somebody_elses_is_told_of_and_not_written(cell):
    written, told = read(Telefon=cell)
    assert written["phone"] == "" and "nevner noen andre" in told


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "91234567",
            "mob. 91234567",
            "91234567 ikke i bruk",
            "91234567 (ny)",
            "91234567 (trenger tolk)",
            "91234567 (ikke nav)",
        ),
        *("91234567 (har barn hjemme, ring etter 9)", "91234567 etter behandling", "91234567 (egen), 99887766 (mor)"),
    ],
)
def test_a_phone_that_names_nobody_is_written(cell):
    assert read(Telefon=cell)[0]["phone"] == "91234567"


@pytest.mark.parametrize(
    ("cell", "email"),
    [
        ("veileder.siri@nav.no", ""),
        ("Siri@NAV.no", ""),
        ("siri@ost.nav.no", ""),
        ("kari@example.no", "kari@example.no"),
        ("kari@fornav.no", "kari@fornav.no"),
    ],
)
def test_an_address_in_nav_is_told_of_and_not_written(cell, email):
    written, told = read(**{"E-post": cell})
    assert written["email"] == email and ("adresse i Nav" in told) is (email == "")
