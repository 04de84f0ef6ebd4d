"""The end of a follow-up: what stands open is asked about and settled, and a cause that does not fit is asked about."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from plass.cases.models import CaseEnded
from plass.followup.models import MeetingCancelled
from plass.followup.queries import meetings_of
from plass.jobs import actions as jobs
from plass.plan import actions as plan
from plass.plan.models import PlanStepDone
from plass.plan.queries import open_steps

from ..followup.made import at, employer, meeting

TODAY = timezone.localdate()


@pytest.fixture
def case(world, client):
    """A case of the specialist, who is logged in."""
    case = world.refer(on=TODAY - timedelta(60))
    client.force_login(world.act_as(world.specialist))
    return case


def address(case):
    return f"/sak/{case.pk}/avslutt/"


def sent(**values):
    return {"submission": str(uuid.uuid4()), "happened_on": TODAY.isoformat(), "cause": "own_wish", **values}


def page(response):
    return BeautifulSoup(response.content, "html.parser")


def errors(response):
    return " ".join(item.get_text(" ", strip=True) for item in page(response).select("[data-error-summary] li"))


def a_job(case, world, **more):
    values = {"form": "permanent", "hours_per_week": Decimal("18.75"), "happened_on": TODAY - timedelta(30)} | more
    return jobs.start_job(case, by=world.specialist, employer=employer(world.specialist), title="Kokk", **values)


@pytest.mark.parametrize(("meetings", "steps", "left"), [("off", "given_up", (0, 0)), ("held", "stand", (1, 1))])
def test_meetings_and_steps_are_shown_asked_about_and_settled(world, client, case, meetings, steps, left):
    meeting(case, world.specialist, at(3))
    plan.add_step(case, by=world.specialist, what="Skrive CV", who="participant")
    shown = page(client.get(address(case))).main.get_text(" ", strip=True)
    assert "Skrive CV" in shown and "Avtalte møter" in shown
    unsaid = client.post(address(case), sent())
    assert unsaid.status_code == 422
    assert "hva som skal skje med møtene" in errors(unsaid) and "hva som skal skje med stegene" in errors(unsaid)
    world.act_as(world.specialist)
    assert not CaseEnded.objects.exists()
    assert client.post(address(case), sent(meetings=meetings, steps=steps)).status_code == 303
    world.act_as(world.specialist)
    assert CaseEnded.objects.get().cause == "own_wish"
    assert (meetings_of(case).count(), open_steps(case).count()) == left
    settled = 1 - left[0]
    assert (MeetingCancelled.objects.count(), PlanStepDone.objects.filter(outcome="dropped").count()) == (
        settled,
        settled,
    )


def test_a_meeting_that_is_over_is_no_question(world, client, case):
    meeting(case, world.specialist, at(-2))
    assert client.post(address(case), sent()).status_code == 303


@pytest.mark.parametrize(
    ("job", "cause", "says"),
    [
        (None, "work", "ikke registrert noen lønnet jobb"),
        ({"form": "work_trial", "hours_per_week": 20}, "work", "ikke registrert noen lønnet jobb"),
        ({}, "work", ""),
        ({"subsidised": True}, "work", "har lønnstilskudd"),
        ({"subsidised": True}, "work_subsidised", ""),
        ({}, "work_subsidised", "har ikke lønnstilskudd"),
        ({}, "own_wish", "Kokk, Prøvebakeriet AS"),
        (None, "education_own", "ikke registrert noen utdanning"),
        (None, "illness", ""),
    ],
)
def test_a_cause_that_does_not_fit_what_is_recorded_is_asked_about(world, client, case, job, cause, says):
    if job is not None:
        a_job(case, world, **job)
    answer = client.post(address(case), sent(cause=cause))
    if says:
        assert answer.status_code == 422 and says in errors(answer)
        assert page(answer).find("input", {"name": "cause_stands"})
        answer = client.post(address(case), sent(cause=cause, cause_stands="on"))
    assert answer.status_code == 303
    world.act_as(world.specialist)
    assert CaseEnded.objects.get().cause == cause


def test_work_on_the_day_the_job_ended_is_asked_about(world, client, case):
    started = a_job(case, world)
    jobs.end_job(case, by=world.specialist, job_id=started.job_id, happened_on=TODAY, reason="dismissed")
    answer = client.post(address(case), sent(cause="work"))
    assert answer.status_code == 422 and "ikke registrert noen lønnet jobb" in errors(answer)


def test_who_may_not_end_it_settles_nothing(world, client, case):
    meeting(case, world.specialist, at(3))
    client.force_login(world.act_as(world.other_specialist))
    assert client.post(address(case), sent(meetings="off")).status_code == 404
    world.act_as(world.specialist)
    assert meetings_of(case).count() == 1
