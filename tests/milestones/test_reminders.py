"""Each rule of Min dag on its first day, the day before, and where something else takes its place; dates by hand."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from plass.milestones import reminders as module
from plass.milestones.reminder_texts import sentence
from plass.milestones.reminders import Job, Kind, Meeting, Reminder, Row, Step, Urgency, by_person, reminders
from plass.milestones.thresholds import THRESHOLDS, days

#: A Monday.
TODAY = date(2026, 3, 2)


def ago(number: int) -> date:
    return TODAY - timedelta(number)


def ahead(number: int) -> date:
    return TODAY + timedelta(number)


#: Somebody in job development for whom everything is in order.
WELL = Row(
    case_id=1,
    phase="job_development",
    referred_on=ago(100),
    taken_on=ago(95),
    started_on=ago(90),
    last_met_on=ago(7),
    last_contact_on=ago(7),
    next_contact_on=ahead(20),
    first_profile_on=ago(80),
    employer_contact="yes",
    first_employer_contact_on=ago(70),
)
IN_WORK = dataclasses.replace(WELL, phase="in_work", in_work=True)


def asked(row: Row = WELL, **changes: object) -> dict[Kind, Reminder]:
    return {reminder.kind: reminder for reminder in reminders([dataclasses.replace(row, **changes)], TODAY)}  # type: ignore[arg-type]


def test_a_case_in_order_asks_for_nothing():
    assert asked() == {}
    assert asked(IN_WORK) == {}


def test_an_ended_case_asks_for_nothing_whatever_it_lacks():
    assert asked(ended_on=TODAY, last_met_on=ago(200), first_profile_on=None, next_contact_on=ago(9)) == {}
    assert asked(ended_on=ahead(1), next_contact_on=ago(9)) != {}


@pytest.mark.parametrize(
    ("met", "urgency"), [(14, None), (15, Urgency.SOON), (28, Urgency.SOON), (29, Urgency.NOW), (400, Urgency.NOW)]
)
def test_not_met_in_job_development(met, urgency):
    reminder = asked(last_met_on=ago(met)).get(Kind.NOT_MET)
    assert (reminder and reminder.urgency) == urgency
    if reminder:
        assert (reminder.since, reminder.days, reminder.due_on) == (ago(met), met, ago(met - 14))


def test_not_met_has_a_longer_limit_in_work():
    assert Kind.NOT_MET not in asked(IN_WORK, last_met_on=ago(30))
    assert asked(IN_WORK, last_met_on=ago(31))[Kind.NOT_MET].days == 31


def test_a_meeting_this_week_answers_not_met_but_a_later_one_does_not():
    assert Kind.NOT_MET not in asked(last_met_on=ago(40), meetings=(Meeting(5, ahead(7), False),))
    assert Kind.NOT_MET in asked(last_met_on=ago(40), meetings=(Meeting(5, ahead(8), False),))


def test_a_meeting_that_passed_is_to_be_recorded_and_is_no_next_meeting():
    by_kind = asked(meetings=(Meeting(5, ago(1), True),), next_contact_on=None)
    assert by_kind[Kind.MEETING_NOT_RECORDED].fact_id == 5
    assert by_kind[Kind.MEETING_NOT_RECORDED].urgency is Urgency.NOW
    assert Kind.NO_NEXT_MEETING in by_kind


@pytest.mark.parametrize(
    ("when", "urgency"),
    [(ago(3), Urgency.NOW), (TODAY, Urgency.NOW), (ahead(7), Urgency.SOON), (ahead(8), None)],
)
def test_a_follow_up_that_was_agreed(when, urgency):
    reminder = asked(next_contact_on=when).get(Kind.FOLLOW_UP)
    assert (reminder and reminder.urgency) == urgency


def test_a_meeting_on_or_after_the_agreed_day_answers_it():
    assert Kind.FOLLOW_UP not in asked(next_contact_on=ahead(2), meetings=(Meeting(5, ahead(3), False),))
    assert Kind.FOLLOW_UP in asked(next_contact_on=ahead(4), meetings=(Meeting(5, ahead(3), False),))


WAITING = Row(case_id=1, phase="referred", referred_on=ago(10), taken_on=ago(9))


def test_the_first_talk_is_asked_for_until_it_is_booked():
    assert asked(WAITING)[Kind.FIRST_TALK].urgency is Urgency.SOON
    assert asked(WAITING, referred_on=ago(14))[Kind.FIRST_TALK].urgency is Urgency.NOW
    assert asked(WAITING, meetings=(Meeting(5, ahead(30), False),)) == {}


def test_nothing_is_missing_before_the_start():
    assert set(asked(WAITING)) == {Kind.FIRST_TALK}


def test_in_touch_in_the_week_before_a_job():
    job = Job(8, "Kokk, Kafé Prøve", ahead(5))
    assert asked(jobs=(job,))[Kind.JOB_STARTS].urgency is Urgency.SOON
    assert asked(jobs=(job,))[Kind.JOB_STARTS].days == 5
    assert Kind.JOB_STARTS not in asked(jobs=(job,), last_contact_on=ago(2))
    assert Kind.JOB_STARTS in asked(jobs=(job,), last_contact_on=ago(3))
    assert asked(jobs=(dataclasses.replace(job, started_on=ahead(2)),))[Kind.JOB_STARTS].urgency is Urgency.NOW
    assert Kind.JOB_STARTS not in asked(jobs=(dataclasses.replace(job, started_on=ahead(8)),))


@pytest.mark.parametrize(
    ("started", "urgency"), [(0, Urgency.SOON), (2, Urgency.SOON), (3, Urgency.NOW), (31, Urgency.NOW)]
)
def test_in_touch_within_three_days_after_a_job_starts(started, urgency):
    by_kind = asked(IN_WORK, jobs=(Job(8, "Kokk", ago(started)),), last_contact_on=ago(started + 1))
    assert by_kind[Kind.JOB_STARTED].urgency is urgency
    assert Kind.JOB_STARTED not in asked(IN_WORK, jobs=(Job(8, "Kokk", ago(started)),), last_contact_on=ago(started))


@pytest.mark.parametrize(
    ("paid", "in_work", "expected"),
    [
        (True, False, "Begynte i jobb i går (Kokk). {} Fasen blir «i jobb» fra den fjerde lønnede timen."),
        (True, True, "Begynte i jobb i går (Kokk). {}"),
        (False, False, "Begynte i arbeidstrening eller jobbsmak i går (Kokk). {} "
         "Arbeidstrening og jobbsmak teller ikke som jobb."),
    ],
)  # fmt: skip
def test_a_job_that_does_not_count_yet_says_so_beside_the_phase(paid, in_work, expected):
    row = dataclasses.replace(IN_WORK, in_work=in_work)
    by_kind = asked(row, jobs=(Job(8, "Kokk", ago(1), paid=paid),), last_contact_on=ago(2))
    with translation.override("nb"):
        assert sentence(by_kind[Kind.JOB_STARTED], TODAY).why == expected.format("Ta kontakt innen tre dager.")


def test_a_short_job_whose_last_day_is_known_promises_no_phase():
    row = dataclasses.replace(IN_WORK, in_work=False)
    by_kind = asked(row, jobs=(Job(8, "Kokk", ago(1), ended_on=TODAY),), last_contact_on=ago(2))
    assert by_kind[Kind.JOB_STARTED].not_yet == ""


def test_in_touch_weekly_in_the_first_month():
    job = Job(8, "Kokk", ago(20))
    assert Kind.FIRST_MONTH not in asked(IN_WORK, jobs=(job,), last_contact_on=ago(6))
    assert asked(IN_WORK, jobs=(job,), last_contact_on=ago(7))[Kind.FIRST_MONTH].days == 7
    assert asked(IN_WORK, jobs=(dataclasses.replace(job, started_on=ago(32)),), last_contact_on=ago(20)) == {}


def test_a_job_that_is_agreed_to_end():
    job = Job(8, "Kokk", ago(200), planned_end_on=ahead(28))
    assert asked(IN_WORK, jobs=(job,))[Kind.JOB_ENDS].urgency is Urgency.SOON
    near = dataclasses.replace(job, planned_end_on=ahead(7))
    assert asked(IN_WORK, jobs=(near,))[Kind.JOB_ENDS].urgency is Urgency.NOW
    assert Kind.JOB_ENDS not in asked(IN_WORK, jobs=(dataclasses.replace(job, planned_end_on=ahead(29)),))
    passed = dataclasses.replace(job, planned_end_on=ago(1))
    assert asked(IN_WORK, jobs=(passed,))[Kind.JOB_END_PASSED].days == 1


def test_a_lost_job_comes_first_until_somebody_has_talked():
    lost = (Job(8, "Kokk", ago(60), ended_on=ago(2)),)
    due = reminders([dataclasses.replace(WELL, jobs=lost, next_contact_on=ago(9))], TODAY)
    assert due[0].kind is Kind.JOB_LOST
    assert due[0].due_on == ahead(1)
    assert Kind.JOB_LOST not in asked(jobs=lost, last_contact_on=ago(1))
    assert Kind.JOB_LOST not in asked(IN_WORK, jobs=lost), "the next job began already"
    assert Kind.JOB_LOST not in asked(jobs=(*lost, Job(9, "Baker", ahead(20)))), "the next job is agreed"
    assert Kind.JOB_LOST not in asked(jobs=(dataclasses.replace(lost[0], paid=False),)), "a work trial is not lost"


def test_retention_points():
    assert asked(IN_WORK, first_job_on=ago(91))[Kind.RETENTION].days == 13
    assert asked(IN_WORK, first_job_on=ago(182 - 14))[Kind.RETENTION].days == 26
    assert asked(IN_WORK, first_job_on=ago(364))[Kind.RETENTION].due_on == TODAY
    assert Kind.RETENTION not in asked(IN_WORK, first_job_on=ago(92))
    assert Kind.RETENTION not in asked(first_job_on=ago(91)), "not in work any more"


def test_steps_of_the_plan():
    def step(who: str, due: date) -> dict[Kind, Reminder]:
        return asked(steps=(Step(3, "Sende CV", who, due),))

    assert step("specialist", TODAY)[Kind.STEP].urgency is Urgency.NOW
    assert step("participant", TODAY)[Kind.STEP].urgency is Urgency.NOW
    assert step("participant", ago(4))[Kind.STEP].urgency is Urgency.SOON
    assert step("specialist", ahead(7))[Kind.STEP].urgency is Urgency.SOON
    assert step("specialist", ahead(8)) == {}


def test_a_pause_is_left_in_peace_until_its_day():
    silent = dataclasses.replace(
        WELL, paused_on=ago(40), last_met_on=ago(50), next_contact_on=ago(30), first_profile_on=None
    )
    assert asked(silent, pause_follow_up_on=ahead(8)) == {}
    assert asked(silent, pause_follow_up_on=ahead(7))[Kind.PAUSE_REVIEW].urgency is Urgency.SOON
    assert asked(silent, pause_follow_up_on=TODAY)[Kind.PAUSE_REVIEW].urgency is Urgency.NOW
    assert Kind.NOT_MET in asked(silent, paused_on=ahead(1), pause_follow_up_on=ahead(30)), "the pause is not yet"


def test_in_a_pause_nothing_is_for_now_but_to_look_at_the_pause():
    busy = dataclasses.replace(
        IN_WORK,
        meetings=(Meeting(1, ago(2), is_over=True),),
        steps=(Step(2, "Skrive CV", "specialist", ago(1)),),
        pause_follow_up_on=TODAY,
    )
    assert {kind for kind, reminder in asked(busy).items() if reminder.urgency is Urgency.NOW} >= {
        Kind.MEETING_NOT_RECORDED,
        Kind.STEP,
    }
    paused = asked(busy, paused_on=ago(3))
    assert {kind for kind, reminder in paused.items() if reminder.urgency is Urgency.NOW} == {Kind.PAUSE_REVIEW}
    assert {Kind.MEETING_NOT_RECORDED, Kind.STEP} < set(paused), "they are not lost"


def test_what_is_missing():
    new = dataclasses.replace(
        WELL, phase="engagement", first_profile_on=None, employer_contact=None, first_employer_contact_on=None
    )
    assert asked(new, started_on=ago(20)) == {}
    assert asked(new, started_on=ago(21))[Kind.EMPLOYER_NOT_MET].urgency is Urgency.LATER
    assert asked(new, started_on=ago(30))[Kind.EMPLOYER_NOT_MET].urgency is Urgency.SOON
    assert Kind.NO_PROFILE in asked(new, started_on=ago(30))
    assert Kind.EMPLOYER_NOT_MET not in asked(new, started_on=ago(60), employer_contact="no"), "the person said no"
    assert Kind.DISCLOSURE in asked(employer_contact="not_discussed")
    assert Kind.NO_NEXT_MEETING in asked(next_contact_on=None)
    assert Kind.NO_NEXT_MEETING not in asked(next_contact_on=None, last_met_on=ago(40)), "asked to meet already"
    assert Kind.NO_NEXT_MEETING not in asked(next_contact_on=None, meetings=(Meeting(5, ahead(30), False),))


def test_a_person_stands_in_one_place_with_the_most_pressing_first():
    rows = [
        dataclasses.replace(WELL, case_id=1, employer_contact="not_discussed"),
        dataclasses.replace(WELL, case_id=2, next_contact_on=ago(2), employer_contact="not_discussed"),
        dataclasses.replace(WELL, case_id=3, last_met_on=ago(20)),
    ]
    people = by_person(reminders(rows, TODAY))
    assert [(person.case_id, person.urgency) for person in people] == [
        (2, Urgency.NOW),
        (3, Urgency.SOON),
        (1, Urgency.LATER),
    ]
    assert [reminder.kind for reminder in people[0].reminders][:1] == [Kind.FOLLOW_UP]


def test_every_threshold_that_is_used_exists_once_on_any_day_and_names_its_source():
    used = set(re.findall(r'days\("([^"]+)"', Path(module.__file__).read_text()))
    assert used == {line.about for line in THRESHOLDS}
    for line in THRESHOLDS:
        assert line.source
        same = [threshold for threshold in THRESHOLDS if (threshold.about, threshold.phase) == (line.about, line.phase)]
        assert all(
            a is b or (a.until and a.until < b.since) or (b.until and b.until < a.since) for a in same for b in same
        )
    for phase in ("referred", "engagement", "profiling", "job_development", "in_work", "in_education"):
        assert days("not met", TODAY, phase) > 0
    with pytest.raises(LookupError):
        days("not met", date(2020, 1, 1), "in_work")


some_day = st.none() | st.integers(-500, 100).map(ahead)


@given(
    st.builds(
        Row,
        case_id=st.integers(1, 5),
        phase=st.sampled_from(["referred", "engagement", "profiling", "job_development", "in_work", "in_education"]),
        **dict.fromkeys(
            [
                "referred_on", "taken_on", "started_on", "last_met_on", "last_contact_on", "next_contact_on",
                "first_profile_on", "first_employer_contact_on", "first_job_on", "paused_on", "pause_follow_up_on",
                "ended_on",
            ],
            some_day,
        ),
        employer_contact=st.sampled_from([None, "yes", "no", "not_discussed"]),
        in_work=st.booleans(),
        jobs=st.lists(
            st.builds(
                Job, st.just(1), st.just("x"), st.integers(-500, 100).map(ahead), some_day, some_day, st.booleans()
            ),
            max_size=2,
        ).map(tuple),
    )
)  # fmt: skip
def test_blank_and_odd_dates_never_stop_the_page(row):
    due = reminders([row], TODAY)
    assert due == sorted(due, key=lambda reminder: reminder.order)
    assert all(reminder.kind is not Kind.JOB_STARTS or reminder.days > 0 for reminder in due)
