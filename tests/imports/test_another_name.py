"""A list with another name than the one that its identity number is registered with: first it is asked who it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plass.cases.models import CaseEnded, Participant
from plass.followup.models import Contact
from plass.imports import state
from plass.imports.models import Upload
from plass.imports.questions import SAME_PERSON, WRONG_NUMBER, Answers, Kind
from plass.jobs.models import JobStarted

from ..world import identity_number
from .lists import ago, csv, person, written
from .test_pages import by as by
from .test_pages import check, press, soup
from .test_writer import load, read_as, said, working, write

FACTS = {"Sist møtt": written(ago(20)), "Avsluttet": written(ago(5)), "Sluttårsak": "jobb"}


def facts():
    return [model.objects.count() for model in (Contact, JobStarted, CaseEnded)]


@pytest.mark.parametrize("name", [("Per", "Hansen"), ("Ola", "Berg"), ("Kari", "Berg"), ("Hansen", "Ola")])
def test_nothing_is_written_on_whom_the_list_calls_otherwise_before_it_is_answered(world, by, name):
    number = identity_number()
    load(world, by, csv([person("Kari", "Hansen", Fødselsnummer=number)]))
    content = csv([working(given_name=name[0], family_name=name[1], Fødselsnummer=number, **FACTS)])
    made = read_as(world, content)
    outcome = write(world, by, made)
    (question,) = [one for one in outcome.questions if one.kind is Kind.NAME]
    assert (outcome.people, outcome.waiting, facts()) == (0, [2], [0, 0, 0])
    assert "et annet navn. Er det samme person?" in outcome.reports[2].questions[0]
    # What is kept of the check does not say who is registered: they may be shielded before it is read.
    assert question.shown == (" ".join(name),) and "Kari Hansen" not in said(outcome)

    wrong = write(world, by, replace(made, answers=Answers({question.key: WRONG_NUMBER})))
    assert (wrong.wrong, wrong.waiting, facts()) == ([2], [], [0, 0, 0])
    assert "Skriv det riktige nummeret i lista" in said(wrong)

    same = write(world, by, replace(made, answers=Answers({question.key: SAME_PERSON})))
    assert (same.people, same.wrong, facts()) == (1, [], [1, 1, 1])
    assert {one.field.value for one in same.reports[2].differences} <= {"given_name", "family_name"}
    assert Participant.objects.get().name == "Kari Hansen"
    # Who was said to be the same person is not asked about again.
    again = write(world, by, made)
    assert (again.waiting, again.wrong) == ([], [])


@pytest.mark.parametrize(
    "name", [("KARI", "HANSEN"), ("Kari Anne", "Hansen"), ("Kari", "Hansen-Berg"), ("Kari Berg", "Hansen")]
)
def test_the_same_name_written_otherwise_is_not_asked_about(world, by, name):
    number = identity_number()
    load(world, by, csv([person("Kari", "Hansen", Fødselsnummer=number)]))
    outcome = load(world, by, csv([person(*name, Fødselsnummer=number, **FACTS)]))
    assert (outcome.people, outcome.waiting) == (1, [])


def test_all_rows_of_such_a_person_wait_and_the_others_are_written(world, by):
    number = identity_number()
    load(world, by, csv([person("Kari", "Hansen", Fødselsnummer=number)]))
    row = working(given_name="Per", family_name="Hansen", Fødselsnummer=number)
    rows = [row, person("Ola", "Lie"), {**row, "Arbeidsgiver": "Lager AS"}]
    outcome = load(world, by, csv(rows))
    assert (outcome.people, outcome.waiting) == (1, [2, 4])
    assert "Rad 2 gjelder samme person" in outcome.reports[4].questions[0]


def test_who_had_follow_up_before_is_asked_about_too(world, by):
    number = identity_number()
    ended = person("Kari", "Hansen", Fødselsnummer=number, **FACTS)
    load(world, by, csv([ended]))
    outcome = load(world, by, csv([person("Per", "Hansen", Fødselsnummer=number) | {"Henvist dato": written(ago(2))}]))
    assert outcome.waiting == [2]


def test_of_whom_the_importer_does_not_see_nothing_is_told(world, by):
    number = identity_number()
    world.refer("Kari", "Hansen", number=number, team=world.other_team)
    outcome = load(world, world.act_as(world.supervisor), csv([person("Per", "Berg", Fødselsnummer=number)]))
    assert (outcome.people, outcome.waiting) == (1, [])


def test_it_is_answered_on_the_page(by, client):
    number = identity_number()
    _address, page = check(client, csv([person("Kari", "Hansen", Fødselsnummer=number)]))
    press(client, page, "Skriv inn")
    address, page = check(client, csv([person("Per", "Hansen", Fødselsnummer=number, **FACTS)]))
    asked = page.select_one("#questions")
    asked = page.select_one("#questions")
    assert "Er det samme person?" in asked.get_text(" ")
    case = asked.select_one("a", string="Hvem som er registrert")
    assert "Kari Hansen" in soup(client.get(case["href"])).get_text(" ")
    form = asked.select_one("form")
    select = form.select_one("select")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    client.post(form["action"], values | {select["name"]: SAME_PERSON})
    assert state.load(Upload.objects.latest("pk")).checked.waiting[:] == []
    press(client, soup(client.get(address)), "Skriv inn")
    assert CaseEnded.objects.count() == 1
