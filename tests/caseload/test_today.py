"""Min dag from the facts in the database to the page: what is there, for whom, and how many questions it takes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from plass.access.user_roles import user_roles
from plass.caseload.today import OPEN_NOW, my_day
from plass.cases import actions
from plass.cases.facts import record
from plass.employers.models import Employer
from plass.followup.models import Contact, Meeting, MeetingCancelled
from plass.jobs.models import Job, JobStarted
from plass.milestones.reminders import Kind
from plass.organisation.models import Absence
from plass.plan.models import PlanStep
from tests.conftest import as_owner

TODAY = timezone.localdate()


def day_of(world, user):
    return my_day(user_roles(world.act_as(user)), TODAY)


def kinds(people, case) -> list[Kind]:
    return [sentence.kind for person in people if person.case_id == case.pk for sentence in person.sentences]


def meet(case, days_ago: int, **more) -> Contact:
    by = case.specialist
    return record(
        Contact(
            **{
                "case": case,
                "happened_on": TODAY - timedelta(days_ago),
                "parties": ["participant"],
                "channel": "in_person",
                "place": "office",
                "minutes": 60,
                "purpose": "follow_up",
                **more,
            }
        ),
        by=by,
    )


def agree(case, days_ahead: int, at: time = time(10), by=None, **more) -> Meeting:
    starts = timezone.make_aware(datetime.combine(TODAY + timedelta(days_ahead), at))
    by = by or case.specialist
    return record(
        Meeting(
            **{
                "case": case,
                "happened_on": TODAY - timedelta(30),
                "starts_at": starts,
                "parties": ["participant"],
                "staff": by,
                "purpose": "follow_up",
                **more,
            }
        ),
        by=by,
    )


def an_employer(world, name: str = "Prøve Kafé AS") -> Employer:
    return Employer.objects.create(name=name, recorded_by=world.specialist)


def test_meetings_of_today_and_of_the_next_days(world):
    case = world.refer(on=TODAY - timedelta(60))
    now = agree(case, 0, time(23, 50), minutes=5)
    tomorrow, far = agree(case, 1), agree(case, 8)
    day = day_of(world, world.specialist)
    assert [row.meeting.meeting_id for row in day.meetings] == [now.pk]
    assert [row.meeting.meeting_id for row in day.week] == [tomorrow.pk]
    assert far.pk


def test_a_meeting_that_passed_stands_until_it_is_recorded_or_called_off(world):
    case, other_case = world.refer(on=TODAY - timedelta(60)), world.refer(on=TODAY - timedelta(60))
    held, off = agree(case, -2), agree(other_case, -2)
    day = day_of(world, world.specialist)
    assert kinds(day.now, case)[0] is kinds(day.now, other_case)[0] is Kind.MEETING_NOT_RECORDED
    meet(case, 2, meeting=held)
    record(
        MeetingCancelled(case=other_case, happened_on=TODAY - timedelta(3), meeting=off, by="participant"),
        by=world.specialist,
    )
    day = day_of(world, world.specialist)
    assert Kind.MEETING_NOT_RECORDED not in kinds(day.now, case) + kinds(day.now, other_case)


def test_a_forgotten_meeting_with_somebody_handed_over_is_still_asked_for(world):
    case = world.refer("Gitt", "Videre", on=TODAY - timedelta(60))
    agree(case, -2)
    actions.hand_over(case, by=world.specialist, to=world.colleague, reason="bytte")
    day = day_of(world, world.specialist)
    assert [person.name for person in day.now] == ["Gitt Videre"]
    assert kinds(day.now, case) == [Kind.MEETING_NOT_RECORDED]


def test_facts_become_reasons_and_acts(world):
    case = world.refer("Kari", "Prøve", on=TODAY - timedelta(90))
    meet(case, 70, next_contact_on=TODAY - timedelta(3))
    record(
        PlanStep(case=case, happened_on=TODAY - timedelta(70), what="Ringe banken", who="specialist", due_on=TODAY),
        by=world.specialist,
    )
    day = day_of(world, world.specialist)
    (person,) = day.now
    assert [sentence.kind for sentence in person.sentences] == [
        Kind.FOLLOW_UP,
        Kind.NOT_MET,
        Kind.STEP,
        Kind.EMPLOYER_NOT_MET,
        Kind.NO_PROFILE,
    ]
    assert person.first.act_url == reverse("followup:contact", args=[case.pk]) + "?med=participant"
    assert "Ringe banken" in person.sentences[2].why
    assert (day.soon, day.later) == ([], [])


def test_a_job_that_begins_and_a_job_that_ends(world):
    begins, ends = world.refer(on=TODAY - timedelta(90)), world.refer(on=TODAY - timedelta(300))
    employer = an_employer(world)
    for case, start, end in ((begins, 2, None), (ends, -200, 20)):
        meet(case, 10)
        job = Job.objects.create(case=case)
        record(
            JobStarted(
                case=case,
                job=job,
                employer=employer,
                title="Kokk",
                form="permanent" if end is None else "temporary",
                hours_per_week=20,
                happened_on=TODAY + timedelta(start),
                planned_end_on=TODAY + timedelta(end) if end else None,
            ),
            by=world.specialist,
        )
    day = day_of(world, world.specialist)
    assert kinds(day.now, begins)[0] is Kind.JOB_STARTS
    assert kinds(day.soon, ends)[0] is Kind.JOB_ENDS
    assert "Kokk, Prøve Kafé AS" in day.now[0].first.why


def test_employers_to_call_back_with_and_without_a_participant(world):
    case = world.refer()
    for about, name in ((case, "Kafé Én AS"), (None, "Lager To AS")):
        record(
            Contact(
                case=about,
                happened_on=TODAY - timedelta(5),
                parties=["employer"],
                employer=an_employer(world, name),
                channel="phone",
                minutes=10,
                purpose="job_development",
                next_contact_on=TODAY,
            ),
            by=world.specialist,
        )
    assert [promise.employer for promise in day_of(world, world.specialist).call_backs] == [
        "Kafé Én AS",
        "Lager To AS",
    ]


def test_a_promise_to_an_employer_that_is_old_is_folded_away(world, client):
    by = world.act_as(world.specialist)
    for name, ago in (("Gammel AS", 60), ("Ny AS", 2)):
        record(
            Contact(
                happened_on=TODAY - timedelta(90),
                parties=["employer"],
                employer=an_employer(world, name),
                channel="phone",
                minutes=10,
                purpose="job_development",
                next_contact_on=TODAY - timedelta(ago),
            ),
            by=by,
        )
    client.force_login(world.act_as(world.specialist))
    page = client.get("/min-dag/")
    assert [call.employer for call in page.context["calls"]] == ["Ny AS"]
    assert page.context["more_calls"] == 1
    assert 'href="/min-dag/?vis=calls#calls"' in page.content.decode()
    all_of_it = client.get("/min-dag/?vis=calls")
    assert [call.employer for call in all_of_it.context["calls"]] == ["Ny AS", "Gammel AS"]
    assert 'href="/min-dag/?vis=calls' not in all_of_it.content.decode()


def test_ended_and_other_peoples_cases_are_not_there(world):
    ended = world.refer(on=TODAY - timedelta(90))
    actions.end(ended, by=world.specialist, happened_on=TODAY, cause="own_wish")
    world.refer(team=world.other_team, on=TODAY - timedelta(90))
    day = day_of(world, world.specialist)
    assert day.now == day.soon == day.later == []
    assert day.follows == 0


def test_who_covers_sees_the_days_work_of_the_one_who_is_away(world):
    case = world.refer("Kari", "Prøve", on=TODAY - timedelta(90))
    shielded = world.refer("Skjermet", "Person", on=TODAY - timedelta(90), protection="confidential")
    step = PlanStep(case=case, happened_on=TODAY, what="Ringe", who="specialist", due_on=TODAY)
    record(step, by=world.specialist)
    agree(case, 0, time(23))
    with as_owner():
        absence = Absence.objects.create(
            user=world.specialist,
            covered_by=world.colleague,
            starts_on=TODAY,
            ends_on=TODAY,
            recorded_by=world.supervisor,
        )
    day = day_of(world, world.colleague)
    assert [(person.name, person.covered_for) for person in day.now] == [("Kari Prøve", "Siri Spesialist")]
    assert [meeting.covered_for for meeting in day.meetings] == ["Siri Spesialist"]
    assert shielded.pk not in {person.case_id for person in [*day.now, *day.soon, *day.later]}
    with as_owner():
        Absence.objects.filter(pk=absence.pk).update(starts_on=TODAY - timedelta(3), ends_on=TODAY - timedelta(1))
    assert day_of(world, world.colleague).is_empty


def test_referrals_nobody_has_taken_are_shown_to_the_team(world):
    late = world.refer("Lengst", "Venter", on=TODAY - timedelta(30), taken=False)
    world.refer("Nylig", "Venter", on=TODAY, taken=False)
    world.refer("Annet", "Team", taken=False, team=world.other_team)
    assert [person.name.split()[0] for person in day_of(world, world.colleague).waiting] == ["Lengst", "Nylig"]
    assert day_of(world, world.specialist).waiting[0].case_id == late.pk
    assert day_of(world, world.specialist).waiting[0].days == 30


def test_the_page_for_somebody_new(world, client):
    client.force_login(world.act_as(world.colleague))
    page = client.get("/min-dag/")
    assert page.status_code == 200
    assert page.context["day"].is_empty


@pytest.mark.parametrize("who", ["counsellor", "leader", "administrator"])
def test_it_is_the_specialists_and_the_supervisors_page(world, client, who):
    client.force_login(world.act_as(getattr(world, who)))
    assert client.get("/min-dag/").status_code == 404


def test_a_name_is_text_on_the_page(world, client):
    world.refer("<b>Kari</b>", "Prøve", on=TODAY - timedelta(90))
    client.force_login(world.act_as(world.specialist))
    text = client.get("/min-dag/").content.decode()
    assert "<b>Kari" not in text
    assert "&lt;b&gt;Kari&lt;/b&gt; Prøve" in text


def questions(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    # The test's own transaction makes savepoints of what is a transaction in real use.
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def test_at_most_twelve_questions_whatever_there_is(world, client):
    def grow(number: int) -> None:
        for _ in range(number):
            case = world.refer(on=TODAY - timedelta(90))
            meet(case, 60, next_contact_on=TODAY)
            agree(case, 0)
            agree(case, -1)
            record(
                PlanStep(case=case, happened_on=TODAY, what="x", who="specialist", due_on=TODAY), by=world.specialist
            )
            world.refer(on=TODAY - timedelta(5), taken=False)

    grow(1)
    client.force_login(world.act_as(world.specialist))
    first = questions(client, "/min-dag/")
    grow(12)
    world.act_as(world.specialist)
    assert questions(client, "/min-dag/") == first <= 12
    page = client.get("/min-dag/")
    assert (len(page.context["now"].shown), page.context["now"].more) == (OPEN_NOW, 13 - OPEN_NOW)
    assert len(client.get("/min-dag/?vis=now").context["now"].shown) == 13
    assert page.context["waiting_more"]
