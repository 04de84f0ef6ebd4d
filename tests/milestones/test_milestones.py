"""Milestones against examples worked out by hand. ``docs/milestones.md`` is what they are worked out from."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases.fact_register import fact_kinds
from plass.cases.facts import correct, withdraw
from plass.cases.models import Case
from plass.employers.models import Employer
from plass.followup.models import Contact
from plass.jobs import actions as jobs
from plass.jobs.models import JobStarted
from plass.milestones.models import Milestones
from plass.profiles import actions as profiles

TODAY = timezone.localdate()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def case(world) -> Case:
    """Referred and taken a hundred weeks ago."""
    return world.refer(on=ago(700))


@pytest.fixture
def shop(world, case) -> Employer:
    return Employer.objects.create(name="Prøvebutikken", recorded_by=world.specialist)


def met(case: Case, days_ago: int, *, parties=("participant",), channel="in_person", by=None, **more) -> Contact:
    return Contact.objects.create(
        case=case,
        happened_on=ago(days_ago),
        parties=list(parties),
        channel=channel,
        purpose="follow_up",
        minutes=30,
        recorded_by=by or case.specialist,
        **more,
    )


def job(case: Case, shop: Employer, days_ago: int, hours="20", *, until: int | None = None, **more) -> JobStarted:
    """A job that began so many days ago, and whose last day was ``until`` days ago."""
    by = case.specialist
    values = {"title": f"Jobb {days_ago}", "form": "permanent", "beside": True, **more}
    start = jobs.start_job(
        case, by=by, happened_on=ago(days_ago), employer=shop, hours_per_week=Decimal(hours), **values
    )
    if until is not None:
        jobs.end_job(case, by=by, job_id=start.job_id, happened_on=ago(until), reason="agreed_end")
    return start


def now(case: Case) -> Milestones:
    return Milestones.objects.get(pk=case.pk)


# --- Referral, talks, profile, employers ------------------------------------------------------------------------------


def test_waiting_runs_from_the_referral_until_the_first_meeting_after_somebody_took_the_case(world):
    case = world.refer(on=ago(30), taken=False)
    assert (now(case).phase, now(case).waiting_days, now(case).waited_days) == ("referred", 30, None)
    met(case, 25, by=world.specialist)
    assert now(case).first_meeting_on == ago(25)
    assert now(case).started_on is None, "nobody had taken the case"
    by = world.act_as(world.specialist)
    cases.take(case, by=by, happened_on=ago(20))
    case.refresh_from_db()
    assert now(case).taken_on == ago(20)
    met(case, 18, by=by)
    m = now(case)
    assert (m.started_on, m.waited_days, m.waiting_days, m.phase) == (ago(18), 12, None, "engagement")


def test_a_meeting_is_in_person_or_by_video_and_only_where_they_came(case):
    met(case, 90, channel="phone")
    met(case, 80, no_show=True)
    assert now(case).first_meeting_on is None
    assert now(case).last_contact_on == ago(90), "a call is being in touch"
    assert now(case).last_no_show_on == ago(80)
    met(case, 70, channel="video")
    met(case, 60, channel="email")
    m = now(case)
    assert (m.first_meeting_on, m.last_met_on, m.last_contact_on) == (ago(70), ago(70), ago(60))


def test_the_first_employer_contact_is_face_to_face_and_with_somebody_there(case, shop):
    met(case, 90, parties=["employer"], channel="phone", employer=shop)
    met(case, 80, parties=["employer"], employer=shop, no_show=True)
    assert now(case).first_employer_contact_on is None
    assert now(case).last_employer_contact_on == ago(90)
    assert now(case).phase == "job_development", "a phase is not a gate: no meeting and no profile is needed"
    met(case, 70, parties=["participant", "employer"], employer=shop)
    assert now(case).first_employer_contact_on == ago(70)
    assert now(case).last_met_on == ago(70), "a three-party meeting is a meeting with the participant too"


def test_the_agreed_next_contact_is_that_of_the_latest_contact_with_the_participant(case, shop):
    met(case, 20, next_contact_on=ago(5))
    met(case, 10, parties=["employer"], employer=shop, next_contact_on=ago(1))
    assert now(case).next_contact_on == ago(5)
    met(case, 5, no_show=True, next_contact_on=TODAY)
    assert now(case).next_contact_on == TODAY
    met(case, 4)
    assert now(case).next_contact_on is None, "the latest one agreed on nothing"


def test_the_profile_that_was_agreed_last_holds(case, world):
    by = world.specialist
    first = profiles.agree(case, by=by, happened_on=ago(60), interests="Brød", employer_contact="no")
    assert now(case).phase == "profiling"
    profiles.agree(case, by=by, happened_on=ago(30), based_on=first.pk, interests="Brød", employer_contact="yes")
    m = now(case)
    assert (m.first_profile_on, m.last_profile_on, m.employer_contact) == (ago(60), ago(30), "yes")


# --- Jobs -------------------------------------------------------------------------------------------------------------


def test_first_job_hours_and_phase(case, shop):
    job(case, shop, 100, "7.5")
    m = now(case)
    assert (m.first_job_on, m.first_job_hours, m.jobs, m.in_work, m.phase) == (
        ago(100),
        Decimal("7.5"),
        1,
        True,
        "in_work",
    )
    assert m.working_since == ago(100)
    assert (m.retained_13_weeks, m.retained_26_weeks) == (True, None)


def test_lost_and_employed_again(case, shop):
    """First job 400 days ago for 60 days; the second from 200 days ago on."""
    job(case, shop, 400, until=341)
    job(case, shop, 200)
    m = now(case)
    assert (m.first_job_on, m.jobs, m.working_since, m.last_worked_on) == (ago(400), 2, ago(200), ago(341))
    # 91 days after: day 309 ago, between the jobs. 182: day 218 ago, between. 364: day 36 ago, in the second.
    assert (m.retained_13_weeks, m.retained_26_weeks, m.retained_52_weeks) == (False, False, True)


def test_overlapping_and_adjacent_jobs_are_one_stretch(case, shop):
    job(case, shop, 300, until=200)
    job(case, shop, 250, until=150)
    job(case, shop, 149)
    m = now(case)
    assert (m.jobs, m.working_since, m.last_worked_on) == (3, ago(300), None)
    assert (m.retained_13_weeks, m.retained_26_weeks) == (True, True)


def test_one_day_between_two_jobs_is_a_gap(case, shop):
    job(case, shop, 300, until=200)
    job(case, shop, 198)
    m = now(case)
    assert (m.working_since, m.last_worked_on) == (ago(198), ago(200))


def test_the_last_day_of_work_is_a_day_in_work_and_the_next_is_not(case, shop):
    job(case, shop, 91, until=0)
    assert now(case).in_work
    assert now(case).retained_13_weeks is True
    job(case, shop, 300, until=210)
    m = now(case)
    # 300 days ago is the first job now. 13 weeks later is day 209 ago: the first day after the last.
    assert (m.first_job_on, m.retained_13_weeks) == (ago(300), False)


def test_a_retention_point_is_open_until_its_day(case, shop):
    job(case, shop, 90)
    assert now(case).retained_13_weeks is None
    job(case, shop, 91)
    assert now(case).retained_13_weeks is True


def test_a_job_counts_from_its_fourth_paid_hour(case, shop):
    """Two hours a week: seven days give two hours, fourteen give four, so the fourteenth day is the first that counts."""
    job(case, shop, 12, "2")
    m = now(case)
    assert (m.first_job_on, m.jobs, m.in_work, m.phase) == (None, 0, False, "job_development")
    job(case, shop, 13, "2")
    m = now(case)
    assert (m.first_job_on, m.jobs, m.in_work, m.working_since) == (ago(13), 1, True, TODAY)


def test_a_job_that_ended_before_its_fourth_paid_hour_never_counts(case, shop):
    job(case, shop, 100, "2", until=88)
    m = now(case)
    assert (m.first_job_on, m.jobs, m.last_worked_on) == (None, 0, None)
    job(case, shop, 200, "2", until=187)
    m = now(case)
    assert (m.first_job_on, m.jobs, m.last_worked_on) == (ago(200), 1, ago(187))


def test_hours_raised_later_reach_the_fourth_hour_sooner(case, shop, world):
    """One hour a week for seven days is one hour; then three a week: three more hours take seven days."""
    start = job(case, shop, 30, "1")
    assert now(case).working_since == ago(30 - 27)
    jobs.change_job(case, by=world.specialist, job_id=start.job_id, happened_on=ago(23), hours_per_week=Decimal(3))
    assert now(case).working_since == ago(17)
    jobs.change_job(case, by=world.specialist, job_id=start.job_id, happened_on=ago(20), hours_per_week=Decimal(10))
    assert now(case).working_since == ago(20), "four hours a week or more count from their first day"
    assert now(case).first_job_on == ago(30), "the job began when it began"


def test_written_paid_hours_decide_over_reckoned_ones(case, shop, world):
    by = world.specialist
    short = job(case, shop, 50, "20")
    jobs.end_job(
        case, by=by, job_id=short.job_id, happened_on=ago(50), reason="resigned", paid_hours_in_all=Decimal("3.5")
    )
    assert (now(case).jobs, now(case).first_job_on) == (0, None)
    on_call = job(case, shop, 40, "0", form="on_call")
    assert now(case).jobs == 0
    jobs.end_job(
        case, by=by, job_id=on_call.job_id, happened_on=ago(30), reason="agreed_end", paid_hours_in_all=Decimal(4)
    )
    m = now(case)
    assert (m.jobs, m.first_job_on, m.last_worked_on) == (1, ago(40), ago(30))


def test_the_first_job_is_the_one_that_counted_first_and_stays_so(case, shop):
    job(case, shop, 20, "1")
    job(case, shop, 15, "20")
    m = now(case)
    # The hour a week counts only eight days from now, 28 days after it began.
    assert (m.first_job_on, m.first_job_hours, m.jobs) == (ago(15), Decimal(20), 1)


def test_work_trial_is_no_job_and_the_job_after_it_is(case, shop):
    job(case, shop, 200, form="work_trial", until=150)
    m = now(case)
    assert (m.first_job_on, m.jobs, m.in_work, m.in_trial, m.phase) == (None, 0, False, False, "job_development")
    job(case, shop, 149)
    m = now(case)
    assert (m.first_job_on, m.jobs, m.working_since) == (ago(149), 1, ago(149))
    job(case, shop, 10, form="job_taster")
    assert now(case).in_trial


def test_a_job_ahead_is_no_milestone_before_its_day(case, shop):
    job(case, shop, -10)
    m = now(case)
    assert (m.first_job_on, m.first_job_hours, m.jobs, m.in_work, m.working_since) == (None, None, 0, False, None)
    assert m.phase == "job_development"
    assert m.retained_13_weeks is None


def test_the_agreed_end_is_that_of_the_newest_terms_and_may_be_taken_away(case, shop, world):
    by = world.specialist
    start = job(case, shop, 50, form="temporary", planned_end_on=ago(-10))
    assert now(case).next_planned_end_on == ago(-10)
    jobs.change_job(
        case, by=by, job_id=start.job_id, happened_on=ago(-5), hours_per_week=Decimal(20), planned_end_on=ago(-90)
    )
    assert now(case).next_planned_end_on == ago(-90), "agreed today, although it begins in five days"
    jobs.change_job(
        case, by=by, job_id=start.job_id, happened_on=ago(-8), hours_per_week=Decimal(20), note="Fast fra da av"
    )
    assert now(case).next_planned_end_on is None


def test_education_beside_and_after_work(case, shop, world):
    by = world.specialist
    started = jobs.start_education(
        case, by=by, happened_on=ago(60), subject="Truckkurs", level="course", form="part_time"
    )
    assert (now(case).in_education, now(case).phase) == (True, "in_education")
    job(case, shop, 50, until=20)
    assert now(case).phase == "in_education"
    jobs.end_education(case, by=by, education_id=started.education_id, happened_on=ago(1), outcome="completed")
    assert (now(case).in_education, now(case).phase) == (False, "job_development")


# --- Pauses, end, reopening -------------------------------------------------------------------------------------------


def test_pauses(case, world):
    by = world.specialist
    cases.pause(case, by=by, happened_on=ago(100), reason="illness", follow_up_on=ago(70))
    m = now(case)
    assert (m.paused_on, m.pause_reason, m.pause_follow_up_on) == (ago(100), "illness", ago(70))
    assert m.phase == "referred", "a pause stands beside the phase"
    cases.resume(case, by=by, happened_on=ago(60))
    assert now(case).paused_on is None
    cases.pause(case, by=by, happened_on=ago(50), reason="moving", follow_up_on=ago(40))
    assert now(case).paused_on == ago(50)


def test_ended_and_opened_again(case, shop, world):
    by = world.specialist
    cases.pause(case, by=by, happened_on=ago(110), reason="illness", follow_up_on=ago(100))
    cases.end(case, by=by, happened_on=ago(100), cause="work")
    m = now(case)
    assert (m.ended_on, m.end_cause, m.reopened, m.phase, m.waiting_days) == (ago(100), "work", 0, "ended", None)
    assert m.paused_on is None, "with the follow-up its pause ends"
    cases.reopen(case, by=by, happened_on=ago(50), reason="job_lost")
    m = now(case)
    assert (m.ended_on, m.end_cause, m.reopened, m.phase, m.paused_on) == (None, None, 1, "referred", None)
    cases.end(case, by=by, happened_on=ago(10), cause="illness")
    m = now(case)
    assert (m.ended_on, m.end_cause, m.reopened) == (ago(10), "illness", 1)


def test_of_two_on_the_same_day_the_one_recorded_first_came_first(case, world):
    by, day = world.specialist, ago(40)
    cases.end(case, by=by, happened_on=day, cause="work")
    cases.reopen(case, by=by, happened_on=day, reason="job_lost")
    assert now(case).ended_on is None
    pause = cases.pause(case, by=by, happened_on=day, reason="illness", follow_up_on=ago(10))
    assert (now(case).paused_on, now(case).ended_on) == (day, None)
    cases.resume(case, by=by, happened_on=day)
    assert now(case).paused_on is None
    # Corrected afterwards, it still began before they went on.
    correct(pause, by=by, reason="Feil grunn", changes={"reason": "moving"})
    assert now(case).paused_on is None
    again = cases.pause(case, by=by, happened_on=day, reason="moving", follow_up_on=ago(5))
    assert now(case).pause_follow_up_on == ago(5)
    withdraw(again, by=by, reason="Feil person")
    cases.end(case, by=by, happened_on=day, cause="illness")
    assert (now(case).ended_on, now(case).end_cause, now(case).reopened) == (day, "illness", 1)
    last = fact_kinds()["end"].model.objects.get(case=case, superseded_at=None, cause="illness")
    cases.reopen(case, by=by, happened_on=day, reason="job_lost")
    correct(last, by=by, reason="Feil årsak", changes={"cause": "work"})
    assert (now(case).ended_on, now(case).reopened) == (None, 2)


# --- Corrections and withdrawals --------------------------------------------------------------------------------------


def test_corrections_and_withdrawals_of_every_kind_that_counts(case, shop, world):
    by = world.specialist
    talk = met(case, 600)
    moved = correct(talk, by=by, reason="Feil dag", happened_on=ago(590))
    assert (now(case).started_on, now(case).waited_days) == (ago(590), 110)
    correct(moved, by=by, reason="Kom ikke", no_show=True)
    assert (now(case).started_on, now(case).last_no_show_on) == (None, ago(590))

    start = job(case, shop, 400, until=300)
    moved_start = correct(start, by=by, reason="Feil dag", happened_on=ago(380))
    assert now(case).first_job_on == ago(380)
    trial = correct(moved_start, by=by, reason="Var tiltak", form="work_trial")
    assert (now(case).first_job_on, now(case).jobs) == (None, 0)
    with pytest.raises(ValidationError, match="Trekk"):
        withdraw(trial, by=by, reason="Feil person")
    withdraw(fact_kinds()["job_end"].model.objects.get(job_id=start.job_id), by=by, reason="Feil person")
    withdraw(trial, by=by, reason="Feil person")
    assert now(case).phase == "referred"

    cases.end(case, by=by, happened_on=ago(5), cause="work")
    ended = fact_kinds()["end"].model.objects.get(case=case)
    withdraw(ended, by=by, reason="Feil person")
    assert (now(case).ended_on, now(case).phase) == (None, "referred")

    assignment = fact_kinds()["assignment"].model.objects.get(case=case, role="specialist")
    correct(assignment, by=by, reason="Tok den senere", happened_on=ago(650))
    assert now(case).taken_on == ago(650)
    referral = fact_kinds()["referral"].model.objects.get(case=case)
    correct(referral, by=by, reason="Feil dag", happened_on=ago(660))
    assert now(case).waiting_days == 660


def test_a_withdrawn_end_of_a_job_lets_the_job_go_on(case, shop, world):
    start = job(case, shop, 100, until=50)
    assert not now(case).in_work
    ended = fact_kinds()["job_end"].model.objects.get(job_id=start.job_id)
    withdraw(ended, by=world.specialist, reason="Feil person")
    assert now(case).working_since == ago(100)


# --- The views --------------------------------------------------------------------------------------------------------


def test_the_timeline_knows_every_kind_of_fact(case):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('timeline'::regclass)")
        definition = cursor.fetchone()[0]
    assert set(re.findall(r"'(\w+)'::text AS kind", definition)) - {"correction"} == set(fact_kinds())
