"""Who may say that somebody is away, in which days, and who may cover for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from plass.organisation import actions
from plass.organisation.models import Absence, Membership, Role
from tests.conftest import as_owner
from tests.world import member

TODAY = timezone.localdate()


def ahead(days: int):
    return TODAY + timedelta(days)


def away(world, by, **more) -> Absence:
    values = {"user": world.specialist, "covered_by": world.colleague, "starts_on": TODAY, "ends_on": TODAY}
    return actions.record_absence(by=world.act_as(by), **(values | more))


def test_absence_is_recorded_by_oneself_or_by_ones_supervisor(world):
    assert away(world, world.specialist).recorded_by_id == world.specialist.pk
    later = {"starts_on": TODAY + timedelta(9), "ends_on": TODAY + timedelta(10)}
    assert away(world, world.supervisor, **later).pk
    for who in (world.colleague, world.other_specialist, world.counsellor):
        with pytest.raises(actions.NotTheirs):
            away(world, who, starts_on=TODAY + timedelta(20), ends_on=TODAY + timedelta(20))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_on": TODAY - timedelta(1)}, "__all__"),
        ({"covered_by": "specialist"}, "__all__"),
        ({"covered_by": "other_specialist"}, "covered_by"),
    ],
)
def test_what_an_absence_must_be(world, change, field):
    change = {name: getattr(world, value) if isinstance(value, str) else value for name, value in change.items()}
    with pytest.raises(ValidationError) as caught:
        away(world, world.specialist, **change)
    assert field in caught.value.message_dict


def test_nobody_is_away_twice_or_covers_while_away(world):
    away(world, world.specialist, ends_on=TODAY + timedelta(5))
    with pytest.raises(ValidationError) as caught:
        away(world, world.specialist, starts_on=TODAY + timedelta(5), ends_on=TODAY + timedelta(6))
    assert "starts_on" in caught.value.message_dict
    with pytest.raises(ValidationError) as caught:
        away(world, world.colleague, user=world.colleague, covered_by=world.specialist)
    assert "covered_by" in caught.value.message_dict


def test_days_that_only_touch_the_others_are_free(world):
    away(world, world.specialist, starts_on=ahead(5), ends_on=ahead(6))
    away(world, world.specialist, starts_on=ahead(4), ends_on=ahead(4))
    away(world, world.specialist, starts_on=ahead(7), ends_on=ahead(7))
    assert Absence.objects.count() == 3


def test_an_absence_is_changed_within_its_own_days_and_not_into_the_next(world):
    absence = away(world, world.specialist, ends_on=ahead(5))
    away(world, world.specialist, starts_on=ahead(7), ends_on=ahead(9))
    actions.change_absence(absence, by=world.specialist, covered_by=world.supervisor, ends_on=ahead(6))
    absence.refresh_from_db()
    assert (absence.covered_by, absence.ends_on) == (world.supervisor, ahead(6))
    with pytest.raises(ValidationError) as refused:
        actions.change_absence(absence, by=world.specialist, covered_by=world.supervisor, ends_on=ahead(7))
    assert "starts_on" in refused.value.message_dict
    with pytest.raises(ValidationError, match="før den første"):
        actions.change_absence(absence, by=world.specialist, covered_by=world.supervisor, ends_on=ahead(-1))


def test_a_colleague_changes_nobody_elses_absence(world):
    absence = away(world, world.specialist, ends_on=ahead(5))
    for who in (world.colleague, world.other_specialist, world.leader):
        with pytest.raises(actions.NotTheirs):
            actions.change_absence(absence, by=world.act_as(who), covered_by=world.colleague, ends_on=TODAY)
    absence.refresh_from_db()
    assert absence.ends_on == ahead(5)


def test_whoever_left_the_team_covers_for_nobody_there(world):
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(ended_on=ahead(-1))
    with pytest.raises(ValidationError) as refused:
        away(world, world.specialist)
    assert "arbeider i et annet team" in " ".join(refused.value.message_dict["covered_by"])
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(ended_on=TODAY)
    assert away(world, world.specialist).pk, "the last day is one of those that count"


def test_a_supervisor_answers_for_the_teams_they_lead_while_they_lead_them(world):
    with as_owner():
        member(world.leader, Role.SUPERVISOR, world.office, world.second_team)
    with pytest.raises(actions.NotTheirs):
        away(world, world.leader)
    with as_owner():
        Membership.objects.filter(user=world.supervisor).update(ended_on=ahead(-1))
    with pytest.raises(actions.NotTheirs):
        away(world, world.supervisor)
    assert not Absence.objects.exists()


def test_the_database_refuses_an_absence_of_somebody_else(world):
    world.act_as(world.colleague)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Absence.objects.create(
            user=world.specialist,
            covered_by=world.colleague,
            starts_on=TODAY,
            ends_on=TODAY,
            recorded_by=world.colleague,
        )
