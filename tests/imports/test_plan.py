"""Several rows of one person: what holds of each, and what is said of it. Nothing is written."""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.imports import mapping, plan, sheet
from plass.imports.plan_types import PlannedPerson

from .lists import ago, csv, person, written

JOB = {"Arbeidsgiver": "Kafé Fjord AS", "Stilling": "Servitør", "Ansettelsesform": "fast", "Prosent": "50"}


def joined(*changes, **first):
    """The one person of a row and of the same row with each of the changes, and what is remarked on the last."""
    row = person(**{"Kode 6/7": "", "Veileder": "", "Jobbslutt": "", "Ønsker": "", **first})
    read = sheet.read(csv([row, *({**row, **change} for change in changes)]), "liste")
    made = plan.make(read, mapping.by_headings(read), today=timezone.localdate())
    (only,) = made.people
    assert isinstance(only, PlannedPerson)
    report = made.reports[len(changes) + 2]
    assert report.problems == []
    return only, [str(remark) for remark in (*report.remarks, *report.doubts)]


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("kode 6", "", "strictly_confidential"),
        ("kode 6", "kode 7", "strictly_confidential"),
        ("kode 7", "egen ansatt", "confidential"),
        ("egen ansatt", "", "own_employee"),
    ],
)
def test_the_strictest_protection_holds_in_either_order(one, other, holds):
    for first, again in ((one, other), (other, one)):
        only, _said = joined({"Kode 6/7": again}, **{"Kode 6/7": first})
        assert only.person["protection"] == holds


def test_what_the_first_row_says_holds_and_another_date_is_told_once():
    only, said = joined({"Henvist dato": written(ago(90)), "Oppstart": written(ago(80))}, Oppstart=written(ago(170)))
    assert (only.referred_on, only.started_on) == (ago(180), ago(170))
    assert said == ["Samme person som i rad 2.", "En annen dato enn i rad 2. Den i rad 2 brukes."]


def test_another_specialist_and_counsellor_are_told_in_their_own_words():
    only, said = joined({"Jobbspesialist": "Kåre", "Veileder": "Vera"}, Jobbspesialist="Siri", Veileder="Vidar")
    assert (only.specialist, only.counsellor) == ("Siri", "Vidar")
    assert len(said) == 3 and "jobbspesialist" in said[1] and "veileder" in said[2]


def test_a_later_row_fills_what_is_empty_without_a_remark():
    only, said = joined({"Veileder": "Vera", "Telefon": "90000001"}, Telefon="")
    assert only.counsellor == "Vera"
    assert only.person["phone"] == "90000001"
    assert said == ["Samme person som i rad 2."]


@pytest.mark.parametrize("again", [False, True])
def test_the_end_of_the_follow_up_comes_with_its_cause_from_the_row_that_tells_it(again):
    end = {"Avsluttet": written(ago(10)), "Sluttårsak": "Kom i jobb"}
    begun = {"Oppstart": written(ago(170)), "Avsluttet": "", "Sluttårsak": ""}
    only, _said = joined(end, **begun) if again else joined(begun, **{**end, "Oppstart": ""})
    assert (only.started_on, only.ended_on, only.end_cause, only.end_note) == (ago(170), ago(10), "work", "Kom i jobb")


def test_wishes_are_put_together_and_none_stands_twice():
    only, _said = joined({"Ønsker": "Bake brød"}, {"Ønsker": "Kjøre bil"}, {"Ønsker": ""}, Ønsker="Kjøre bil")
    assert only.wishes == "Kjøre bil\nBake brød"


def test_the_end_that_one_row_tells_of_a_job_holds_in_either_order():
    began = {**JOB, "Jobbstart": written(ago(60))}
    for first, again in (("", written(ago(5))), (written(ago(5)), "")):
        only, said = joined({"Jobbslutt": again}, **began, Jobbslutt=first)
        assert [job.ended_on for job in only.jobs] == [ago(5)]
        assert said == ["Samme person som i rad 2."]


@pytest.mark.parametrize("change", [{"Jobbslutt": written(ago(9))}, {"Prosent": "80"}])
def test_the_same_job_with_another_end_or_other_hours_is_told_and_the_first_holds(change):
    only, said = joined(change, **JOB, Jobbstart=written(ago(60)), Jobbslutt=written(ago(5)))
    assert [(job.ended_on, str(job.hours)) for job in only.jobs] == [(ago(5), "18.8")]
    assert len(said) == 2 and "Samme jobb står i rad 2" in said[1]
