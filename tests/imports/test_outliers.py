"""What is seldom right in a list: each rule finds its kind, and nothing just short of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plass.imports import mapping, outliers, plan, sheet
from plass.imports.plan_types import Plan

from ..world import identity_number
from .lists import csv, numbered, person

TODAY = date(2026, 11, 30)
JOB = {"Arbeidsgiver": "Kafé Fjord", "Stilling": "Servitør", "Ansettelsesform": "fast", "Timer": "20"}


def read(*rows: dict[str, str]) -> Plan:
    """What the rows would become."""
    found = sheet.read(csv(rows), "liste")
    return plan.make(found, mapping.by_headings(found), today=TODAY)


def referred(day: str = "3.4.2026", **more: str) -> dict[str, str]:
    return person(**{"Henvist dato": day, **more})


def working(job: str = "1.6.2026", **more: str) -> dict[str, str]:
    return referred(**{**JOB, "Jobbstart": job, **more})


def doubts(made: Plan) -> dict[int, list[str]]:
    """What is odd, by row."""
    assert not [report for report in made.reports.values() if report.problems]
    return {number: list(map(str, report.doubts)) for number, report in made.reports.items() if report.doubts}


@pytest.mark.parametrize(
    ("odd", "usual", "says"),
    [
        (
            working(Timer="41"),
            working(Timer="40"),
            "41 timer i uken er mer enn full stilling. Er det timer i måneden, eller prosent?",
        ),
        (
            referred(Fødselsnummer=identity_number(date(2010, 4, 4))),
            referred(Fødselsnummer=identity_number(date(2010, 4, 3))),
            "Etter fødselsnummeret (født 4. april 2010) var personen 15 år da oppfølgingen begynte. Er det riktig nummer?",
        ),
        (
            referred(Fødselsnummer=identity_number(date(1955, 4, 3))),
            referred(Fødselsnummer=identity_number(date(1955, 4, 4))),
            "Etter fødselsnummeret (født 3. april 1955) var personen 71 år da oppfølgingen begynte. Er det riktig nummer?",
        ),
        (
            referred("3.4.2024", Oppstart="4.4.2026"),
            referred("3.4.2024", Oppstart="3.4.2026"),
            "Henvist 3. april 2024, men det neste i raden er først 4. april 2026. Er årstallet riktig?",
        ),
        (
            working("2.4.2025"),
            working("3.4.2025"),
            "Jobben hos Kafé Fjord begynte 2. april 2025, mer enn et år før henvisningen (3. april 2026). "
            "Er årstallet riktig, eller er det en tidligere jobb?",
        ),
        (
            working("2.6.2026", Avsluttet="1.6.2026"),
            working("1.6.2026", Avsluttet="1.6.2026"),
            "Jobben hos Kafé Fjord begynte 2. juni 2026, etter at oppfølgingen var avsluttet (1. juni 2026).",
        ),
        (
            referred(Avsluttet="1.6.2026", **{"Sist møtt": "2.6.2026"}),
            referred(Avsluttet="1.6.2026", **{"Sist møtt": "1.6.2026"}),
            "Deltakeren er møtt 2. juni 2026, etter at oppfølgingen var avsluttet (1. juni 2026).",
        ),
    ],
)
def test_a_row_that_is_odd_by_itself(odd, usual, says):
    assert doubts(read(odd)) == {2: [says]}
    assert doubts(read(usual)) == {}


@pytest.mark.parametrize(
    ("one", "other", "far", "says"),
    [
        ({"Telefon": "900 00 001"}, {"Telefon": "+4790000001"}, {"Telefon": "900 00 002"}, "samme telefonnummeret"),
        ({"E-post": "a@b.no"}, {"E-post": "A@B.no"}, {"E-post": "c@b.no"}, "samme e-postadressen"),
    ],
)
def test_what_several_people_share_is_told_in_each_of_their_rows(one, other, far, says):
    rows = [referred(family_name=numbered("Nr", n), **said) for n, said in enumerate((one, far, other, one))]
    found = doubts(read(*rows, referred()))
    assert sorted(found) == [2, 4, 5]
    assert [sentence.split("rad ")[1] for (sentence,) in found.values()] == ["4, 5.", "2, 5.", "2, 4."]
    assert all(says in sentence for (sentence,) in found.values())
    # Two rows of one person share all they have.
    assert doubts(read(rows[0], {**rows[0]})) == {}


def test_one_who_stands_twice_under_two_numbers_is_told():
    born = date(1990, 3, 3)
    twice = [referred("3.4.2026", Fødselsnummer=identity_number(born, nth=n)) for n in (1, 9)]
    namesake = referred(Fødselsnummer=identity_number(date(1990, 3, 4), nth=1))
    says = "Samme navn og fødselsdag står i rad {} med et annet fødselsnummer."
    assert doubts(read(*twice, namesake)) == {2: [says.format(3)], 3: [says.format(2)]}


@pytest.mark.parametrize("heading", ["Henvist dato", "Oppstart", "Sist møtt", "Avsluttet"])
def test_a_date_far_from_those_of_the_other_rows_is_told(heading):
    def listed(days_away: int, number: int = 10):
        usual = date(2024, 6, 1)
        days = [usual + timedelta(days=10 * n) for n in range(number - 1)]
        far = usual - timedelta(days=days_away)
        rows = []
        for n, day in enumerate([*days, far]):
            row = person(family_name=numbered("Nr", n), **{"Henvist dato": "", "Oppstart": "1.5.2022"})
            rows.append(row | {heading: f"{day:%d.%m.%Y}"})
        if heading != "Oppstart":
            rows = [row | {"Oppstart": ""} for row in rows]
        if heading in ("Sist møtt", "Avsluttet"):
            rows = [row | {"Henvist dato": row[heading]} for row in rows]
        return doubts(read(*rows))

    found = listed(800)
    assert list(found) == [11]
    assert f"«{heading}»: 24. mars 2022 ligger flere år unna datoene i de andre radene." in " ".join(found[11])
    assert listed(700) == {}
    # What is usual cannot be told from a few.
    assert listed(800, outliers.ENOUGH_DATES - 1) == {}


def test_a_job_s_start_far_from_the_others_is_told_in_the_job_s_row():
    rows = [working(f"{n + 1}.6.2026", family_name=numbered("Nr", n)) for n in range(9)]
    again = {**rows[0], "Arbeidsgiver": "Et annet sted", "Jobbstart": "1.6.2021"}
    found = doubts(read(*rows, again))
    assert any("«Jobbstart»: 1. juni 2021 ligger" in sentence for sentence in found[11])
    assert list(found) == [11]


def test_one_specialist_of_several_with_nearly_all_rows_is_told_of_the_list():
    def about(of_siri: int, of_kari: int) -> list[str]:
        names = ["Siri"] * of_siri + ["Kari"] * of_kari
        made = read(*(referred(family_name=numbered("Nr", n), Jobbspesialist=who) for n, who in enumerate(names)))
        assert doubts(made) == {}
        return list(map(str, made.doubts))

    assert about(18, 2) == ["Siri står som jobbspesialist for 18 av 20 personer i lista. Stemmer det?"]
    # A list of one's own, a list of two who have as many, and a short list.
    assert about(20, 0) == about(17, 3) == about(17, 2) == []


def test_those_to_mend_are_not_told_as_odd_too():
    made = read(working(Timer="60", Fornavn="Per2"), working(Timer="60"))
    assert made.reports[2].problems
    assert made.reports[2].doubts == []
    assert len(made.reports[3].doubts) == 1
