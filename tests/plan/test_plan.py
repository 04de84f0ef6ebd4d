"""The steps of the plan: agreed, ended, which are open, and what is refused."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError

from plass.cases.facts import correct
from plass.cases.gate import NotAllowed
from plass.plan import actions, queries
from plass.plan.models import PlanStep, PlanStepDone
from tests.followup.made import day

from .made import done, step


@pytest.fixture
def case(world, client):
    """A case of the specialist, who is logged in."""
    case = world.refer()
    client.force_login(world.specialist)
    return case


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def errors(response):
    return " ".join(item.get_text(" ", strip=True) for item in soup(response).select("[data-error-summary] li"))


def pks(*facts):
    return [fact.pk for fact in facts]


def test_a_step_is_agreed_and_ended(client, case):
    form = {
        "submission": str(uuid.uuid4()),
        "what": "Ringe butikken",
        "who": "participant",
        "due_on": day(7).isoformat(),
    }
    assert client.post(f"/sak/{case.pk}/steg/", form).status_code == 303
    made = PlanStep.objects.get()
    assert (made.what, made.who, made.due_on) == ("Ringe butikken", "participant", day(7))
    address = f"/sak/{case.pk}/steg/{made.pk}/ferdig/"
    assert "Ringe butikken" in client.get(address).content.decode()
    form = {"submission": str(uuid.uuid4()), "outcome": "dropped", "note": "Butikken er lagt ned"}
    assert client.post(address, form).status_code == 303
    outcome = PlanStepDone.objects.get()
    assert (outcome.step, outcome.outcome, outcome.note) == (made, "dropped", "Butikken er lagt ned")
    again = client.post(address, form | {"submission": str(uuid.uuid4())})
    assert again.status_code == 422
    assert "allerede registrert" in errors(again)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"what": ""}, "hva som skal gjøres"),
        ({"who": ""}, "hvem som gjør det"),
        ({"due_on": day(-1).isoformat()}, "Denne dagen er over"),
        ({"due_on": "snart"}, "dag.måned.år"),
    ],
)
def test_what_is_wrong_with_a_step_is_told(client, case, wrong, message):
    form = {"submission": str(uuid.uuid4()), "what": "Ringe", "who": "specialist", "goal": "Fast jobb"} | wrong
    response = client.post(f"/sak/{case.pk}/steg/", form)
    assert response.status_code == 422
    assert message in errors(response)
    assert soup(response).find("input", {"name": "goal"})["value"] == "Fast jobb"


def test_actions_refuse_a_second_end_and_whoever_does_not_see_the_case(world):
    case = world.refer()
    over = step(case, world.specialist)
    done(over, world.specialist)
    with pytest.raises(ValidationError, match="allerede registrert"):
        actions.end_step(over, by=world.specialist, outcome="done")
    later = step(case, world.specialist)
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(NotAllowed):
        actions.add_step(case, by=stranger, what="Ringe", who="specialist")
    with pytest.raises(NotAllowed):
        actions.end_step(later, by=stranger, outcome="done")


def test_a_step_of_another_case_is_not_found(client, case, world):
    foreign_step = step(world.refer("Annen"), world.specialist)
    assert client.get(f"/sak/{case.pk}/steg/{foreign_step.pk}/ferdig/").status_code == 404


def test_steps_are_open_until_done_and_sorted_by_day(world):
    case, other_case = world.refer(), world.refer("Annen")
    by = world.specialist
    someday = step(case, by, "En gang")
    later, sooner = step(case, by, due_on=day(9)), step(case, by, due_on=day(2))
    foreign_step = step(other_case, by, due_on=day(3))
    over = step(case, by, due_on=day(1))
    done(over, by)
    assert list(queries.open_steps(case)) == [sooner, later, someday]
    assert [planned.step_id for planned in queries.steps_to_do([case.pk, other_case.pk]).rows()] == pks(
        sooner, foreign_step, later, someday
    )
    correct(over, by=by, reason="Skrivefeil", what="Ringe bakeriet")
    assert list(queries.open_steps(case)) == [sooner, later, someday]


def test_each_question_is_one_query_whatever_the_number_of_rows(world, django_assert_num_queries):
    case = world.refer()
    for _n in range(12):
        step(case, world.specialist)
    with django_assert_num_queries(1):
        assert len(queries.steps_to_do([case.pk]).rows()) == 12


def test_pages_ask_a_bounded_number_of_questions(client, case, world, django_assert_max_num_queries):
    for rows in (1, 12):
        for _n in range(rows):
            planned = step(case, world.specialist)
        for path in ("steg/", f"steg/{planned.pk}/ferdig/"):
            with django_assert_max_num_queries(12):
                assert client.get(f"/sak/{case.pk}/{path}").status_code == 200
