"""Cells that could be read wrongly without anybody noticing: each is read right, told in a remark, or asked about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from plass.imports import mapping, plan, sheet
from plass.imports.plan_types import Plan, RowReport

from .lists import csv, person

_REFERENCE = Path(__file__).parent / "reference"
TODAY = date(2026, 11, 30)


def read(content: bytes) -> Plan:
    """What the list in a file would become."""
    found = sheet.read(content, "list")
    return plan.make(found, mapping.by_headings(found), today=TODAY)


def read_reference(name: str) -> Plan:
    return read((_REFERENCE / name).read_bytes())


def read_row(**more: str) -> tuple[Plan, RowReport]:
    """What one row would become, and its report."""
    made = read(csv([person(**{"Henvist dato": "3.4.2024", **more})]))
    return made, made.reports[2]


def test_only_a_whole_known_phrase_is_an_outcome() -> None:
    made = read_reference("d03_end_causes.csv")
    assert {person.end_note: person.end_cause for person in made.people} == {
        "Fikk avslag på uføretrygd": "other",
        "Søker jobb selv": "other",
        "Mangler jobb": "other",
        "Fant aldri jobb": "other",
        "Sluttet i jobb": "other",
        "Ville ha jobb, men ble syk": "other",
        "søknad om uføre til behandling": "disability_applied",
        "Jobbsøker videre": "other",
        "ikke møtt": "other",
        "Venter på skole": "other",
    }
    assert all("Sluttårsaken «" in report.remarks[0] for report in made.reports.values())


@pytest.mark.parametrize(
    ("words", "cause"),
    [("Kom i jobb.", "work"), ("I  arbeid", "work"), ("Jobb?", "other"), ("Fikk uføretrygd", "disability_granted")],
)
def test_a_known_phrase_is_known_however_it_is_typed_and_not_with_a_doubt(words: str, cause: str) -> None:
    made, report = read_row(Avsluttet="1.6.2025", Sluttårsak=words)
    assert made.people[0].end_cause == cause
    assert len(report.remarks) == 1


JOB = {"Arbeidsgiver": "Kafé", "Jobbstart": "1.6.2025", "Timer": "20", "Ansettelsesform": "fast"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [("Ville ikke si opp, ble sagt opp", "other"), ("Søker ny jobb", "other"), ("Fikk ny jobb", "new_job")],
)
def test_why_a_job_ended_is_a_whole_phrase_too(words: str, reason: str) -> None:
    made, _report = read_row(**JOB, Jobbslutt="1.9.2025", **{"Sluttårsak jobb": words})
    assert made.people[0].jobs[0].end_reason == reason


@pytest.mark.parametrize(
    ("words", "form"), [("Fast stilling", "permanent"), ("Ikke fast", "temporary"), ("Kanskje fast", "temporary")]
)
def test_a_form_of_employment_is_a_whole_phrase_too(words: str, form: str) -> None:
    made, report = read_row(**{**JOB, "Ansettelsesform": words})
    assert made.people[0].jobs[0].form == form
    assert len(report.remarks) == (words != "Fast stilling")


def test_words_about_a_work_trial_are_never_guessed_to_be_a_job_with_a_wage() -> None:
    made, report = read_row(**{**JOB, "Ansettelsesform": "Fast etter praksis"})
    assert made.people == ()
    assert "«fast etter praksis» sier ikke om dette er en jobb med lønn" in report.problems[0]
