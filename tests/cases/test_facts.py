"""A fact is written once, corrected by another, and both stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases import actions, facts
from plass.cases.models import CaseEnded, Collaborator, Correction
from plass.employers.models import Employer
from plass.jobs.models import Job, JobStarted
from plass.milestones.models import Milestones

TODAY = timezone.localdate()


@pytest.fixture
def case(world):
    return world.refer(on=TODAY - timedelta(days=30))


@pytest.fixture
def doctor(world, case):
    return actions.add_collaborator(
        case, by=world.specialist, happened_on=TODAY, role="gp", name="Lege Gal", agreement="Helse"
    )


def test_a_correction_is_a_new_fact_beside_the_old_with_the_reason(world, doctor):
    new = facts.correct(doctor, by=world.specialist, reason=" Feil navn ", name="Lege Riktig")
    doctor.refresh_from_db()
    correction = Correction.objects.get()
    assert (doctor.name, doctor.superseded_at is None) == ("Lege Gal", False)
    assert (new.name, new.agreement, new.superseded_at) == ("Lege Riktig", "Helse", None)
    assert (correction.fact_id, correction.replacement_id, correction.reason) == (doctor.pk, new.pk, "Feil navn")
    assert correction.recorded_by == world.specialist


def test_a_correction_can_be_corrected_and_the_first_is_still_there(world, doctor):
    second = facts.correct(doctor, by=world.specialist, reason="1", name="B")
    third = facts.correct(second, by=world.specialist, reason="2", name="C")
    assert list(Collaborator.objects.order_by("pk").values_list("name", flat=True)) == ["Lege Gal", "B", "C"]
    assert list(Collaborator.objects.filter(superseded_at=None)) == [third]


def test_what_is_withdrawn_stays_and_counts_nowhere(world, case):
    ended = actions.end(case, by=world.specialist, happened_on=TODAY, cause="work")
    assert Milestones.objects.get(pk=case.pk).phase == "ended"
    facts.withdraw(ended, by=world.specialist, reason="Feil person")
    assert Milestones.objects.get(pk=case.pk).phase != "ended"
    assert CaseEnded.objects.filter(pk=ended.pk).exists()
    assert Correction.objects.get().replacement_id is None


@pytest.mark.parametrize("act", [facts.correct, facts.withdraw])
def test_whoever_corrects_what_is_corrected_already_is_told_what_happened(world, doctor, act):
    facts.correct(doctor, by=world.specialist, reason="Først", name="B")
    with pytest.raises(facts.StaleFact) as caught:
        act(doctor, by=world.specialist, reason="Etterpå")
    assert caught.value.fact == doctor
    assert caught.value.correction.reason == "Først"
    assert Correction.objects.count() == 1


@pytest.mark.parametrize("act", [facts.correct, facts.withdraw])
@pytest.mark.parametrize("reason", ["", "  "])
def test_a_correction_says_why(world, doctor, act, reason):
    with pytest.raises(ValidationError) as caught:
        act(doctor, by=world.specialist, reason=reason)
    assert "reason" in caught.value.error_dict
    doctor.refresh_from_db()
    assert doctor.superseded_at is None


def test_a_correction_that_is_not_valid_changes_nothing(world, doctor):
    with pytest.raises(ValidationError) as caught:
        facts.correct(doctor, by=world.specialist, reason="Feil", name="")
    assert "name" in caught.value.error_dict
    doctor.refresh_from_db()
    assert doctor.superseded_at is None
    assert not Correction.objects.exists()


def test_a_fact_cannot_have_happened_tomorrow_unless_it_may_lie_ahead(world, case):
    tomorrow = TODAY + timedelta(days=1)
    fact = Collaborator(case=case, happened_on=tomorrow, role="gp", name="Lege", agreement="Helse")
    with pytest.raises(ValidationError) as caught:
        facts.record(fact, by=world.specialist)
    assert "happened_on" in caught.value.error_dict
    employer = Employer.objects.create(name="Prøvebakeriet AS", recorded_by=world.specialist)
    job = {"employer": employer, "title": "Baker", "form": "permanent", "hours_per_week": 10}
    ahead = JobStarted(case=case, job=Job.objects.create(case=case), happened_on=tomorrow, **job)
    assert facts.record(ahead, by=world.specialist).pk


def test_a_corrected_assignment_gives_the_case_to_the_right_one(world, case):
    given = actions.hand_over(case, by=world.specialist, to=world.colleague)
    case.refresh_from_db()
    assert case.specialist == world.colleague
    facts.correct(given, by=world.act_as(world.supervisor), reason="Feil person", user=world.supervisor)
    case.refresh_from_db()
    assert case.specialist == world.supervisor
