"""Jobs and education: what may be recorded, in what order, and what is said where it may not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.cases.facts import withdraw
from plass.cases.gate import NotAllowed
from plass.employers.models import Employer
from plass.jobs import actions
from plass.jobs.models import JobEnded, JobStarted
from plass.organisation.models import User

from ..cases.test_races import at_once, failed, succeeded

TODAY = timezone.localdate()


def ago(days: int):
    return TODAY - timedelta(days=days)


@pytest.fixture
def case(world):
    return world.refer(on=ago(200))


@pytest.fixture
def shop(world, case):
    return Employer.objects.create(name="Prøvebutikken", recorded_by=world.specialist)


def start(case, world, shop, days: int = 100, **more):
    values = {"title": "Butikkmedarbeider", "form": "permanent", "hours_per_week": Decimal(15)} | more
    return actions.start_job(case, by=world.specialist, happened_on=ago(days), employer=shop, **values)


def messages_of(error) -> str:
    return " ".join(error.value.messages)


def test_a_second_job_at_the_same_time_is_asked_about_and_then_taken(case, world, shop):
    start(case, world, shop)
    with pytest.raises(ValidationError, match="Butikkmedarbeider hos Prøvebutikken") as refused:
        start(case, world, shop, 50, title="Lagermedarbeider")
    assert refused.value.code == "overlap"
    start(case, world, shop, 50, title="Lagermedarbeider", beside=True)
    assert JobStarted.objects.filter(case=case).count() == 2


def test_the_same_job_from_the_same_day_is_not_recorded_twice(case, world, shop):
    start(case, world, shop)
    with pytest.raises(ValidationError, match="allerede registrert"):
        start(case, world, shop, beside=True)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"form": "work_trial", "subsidised": True}, "subsidised"),
        ({"form": "job_taster", "hourly_pay": Decimal(200)}, "hourly_pay"),
        ({"hours_per_week": Decimal(0)}, "hours_per_week"),
        ({"planned_end_on": ago(101)}, "planned_end_on"),
    ],
)
def test_a_start_that_contradicts_itself_is_refused_at_the_field(case, world, shop, more, field):
    with pytest.raises(ValidationError) as refused:
        start(case, world, shop, **more)
    assert field in refused.value.message_dict or "siste dag" in messages_of(refused)
    assert not JobStarted.objects.filter(case=case).exists()


def test_on_call_work_may_begin_without_fixed_hours(case, world, shop):
    assert start(case, world, shop, form="on_call", hours_per_week=Decimal(0)).pk


def test_a_job_may_be_agreed_before_it_begins_but_not_for_a_year_that_is_a_slip(case, world, shop):
    assert start(case, world, shop, -30).pk
    with pytest.raises(ValidationError, match="Sjekk årstallet"):
        start(case, world, shop, -400, title="Annet")


def test_a_change_lies_within_the_job_and_changes_something(case, world, shop):
    job = start(case, world, shop).job_id
    by = world.specialist
    with pytest.raises(ValidationError, match="Ingenting er endret"):
        actions.change_job(case, by=by, job_id=job, happened_on=ago(50), hours_per_week=Decimal(15))
    with pytest.raises(ValidationError, match="begynner"):
        actions.change_job(case, by=by, job_id=job, happened_on=ago(101), hours_per_week=Decimal(20))
    actions.change_job(case, by=by, job_id=job, happened_on=ago(50), hours_per_week=Decimal(20))
    actions.end_job(case, by=by, job_id=job, happened_on=ago(10), reason="economy")
    with pytest.raises(ValidationError, match="slutter"):
        actions.change_job(case, by=by, job_id=job, happened_on=ago(5), hours_per_week=Decimal(30))


def test_a_job_ends_once_and_not_before_it_began(case, world, shop):
    job = start(case, world, shop).job_id
    with pytest.raises(ValidationError, match="før den første"):
        actions.end_job(case, by=world.specialist, job_id=job, happened_on=ago(101), reason="health")
    actions.end_job(
        case, by=world.specialist, job_id=job, happened_on=ago(20), reason="health", worked_well="Kollegene"
    )
    with pytest.raises(ValidationError, match="allerede en siste dag"):
        actions.end_job(case, by=world.specialist, job_id=job, happened_on=ago(10), reason="health")


def test_a_start_with_an_end_is_withdrawn_only_after_the_end(case, world, shop):
    started = start(case, world, shop)
    ended = actions.end_job(case, by=world.specialist, job_id=started.job_id, happened_on=ago(20), reason="health")
    with pytest.raises(ValidationError, match="Trekk dem tilbake først"):
        _withdraw_start(case, started)
    withdraw(ended, by=world.specialist, reason="Feil jobb")
    _withdraw_start(case, started)
    assert not JobStarted.objects.filter(case=case, superseded_at=None).exists()


def _withdraw_start(case, started) -> None:
    with transaction.atomic():
        withdraw(started, by=started.recorded_by, reason="Feil person")
        actions.check_job(case, started.job_id)


def test_an_education_begins_and_ends_once(case, world):
    by = world.specialist
    values = {"subject": "Truckkurs", "level": "course", "form": "part_time"}
    begun = actions.start_education(case, by=by, happened_on=ago(60), **values)
    with pytest.raises(ValidationError, match="allerede registrert"):
        actions.start_education(case, by=by, happened_on=ago(60), **values)
    education = begun.education_id
    actions.end_education(case, by=by, education_id=education, happened_on=ago(10), outcome="completed")
    with pytest.raises(ValidationError, match="allerede en siste dag"):
        actions.end_education(case, by=by, education_id=education, happened_on=ago(5), outcome="interrupted")


def test_somebody_without_a_part_records_no_job(case, world, shop):
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(NotAllowed):
        actions.start_job(
            case, by=stranger, happened_on=ago(3), employer=shop, title="X", form="permanent", hours_per_week=Decimal(9)
        )


def test_ten_who_end_the_same_job_at_once_end_it_once(committed):
    with transaction.atomic():
        case = committed.refer(on=ago(200))
        shop = Employer.objects.create(name="Prøvebutikken", recorded_by=committed.specialist)
        job = start(case, committed, shop).job_id

    def end(n, barrier):
        with acting_as(committed.specialist):
            by = User.objects.get(pk=committed.specialist.pk)
            barrier.wait()
            return actions.end_job(case, by=by, job_id=job, happened_on=ago(n), reason="health").pk

    results = at_once(end, 6)
    assert len(succeeded(results)) == 1
    assert failed(results) == {ValidationError}
    with acting_as(committed.specialist):
        assert JobEnded.objects.filter(case=case).count() == 1
