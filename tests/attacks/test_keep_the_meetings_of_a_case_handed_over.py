"""A case is handed over, and what was agreed stays with whoever has no part in it any more."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access.user_roles import user_roles
from plass.caseload import today
from plass.cases import actions
from plass.cases.models import Participant
from plass.followup import actions as followup
from plass.followup.models import Meeting
from tests.conftest import as_owner
from tests.world import user

from .test_leave_somebody_seen_by_nobody import part_of

LATER = timezone.now() + timedelta(days=3)


@pytest.fixture
def agreed(world):
    """A participant with an account, and a meeting with their specialist in three days."""
    case = world.refer("Ida", "Deltaker")
    with as_owner():
        account = user("ida", "Ida", "Deltaker", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    followup.book_meeting(
        case, by=world.act_as(world.specialist), starts_at=LATER, parties=["participant"], purpose="relation"
    )
    return case, account


def hand_over(world, client, case, to: str, **more) -> None:
    client.force_login(world.act_as(world.supervisor))
    sent = {"submission": str(uuid.uuid4()), "to": to, "instead_of": world.specialist.pk, "reason": "", **more}
    answer = client.post(f"/sak/{case.pk}/overfor/", sent)
    assert answer.status_code == 303, answer.content.decode()


def comes(world, client, account) -> str:
    client.force_login(world.act_as(account))
    return client.get("/min-side/moter/").content.decode()


def on_the_list(world, someone) -> bool:
    """Whether the meeting stands on Min dag."""
    who = user_roles(world.act_as(someone))
    assert who is not None
    day = today.my_day(who, timezone.localdate())
    return any(entry.meeting.starts_at == LATER for entry in [*day.meetings, *day.week])


def test_whoever_gets_the_case_gets_its_meetings(world, client, agreed):
    case, account = agreed
    assert world.specialist.name in comes(world, client, account)
    hand_over(world, client, case, f"{world.colleague.pk}-{world.team.pk}")
    page = comes(world, client, account)
    assert world.colleague.name in page and world.specialist.name not in page
    assert on_the_list(world, world.colleague)
    assert not on_the_list(world, world.specialist)


def test_also_where_a_supervisor_hands_over_several(world, client, agreed):
    case, account = agreed
    client.force_login(world.act_as(world.supervisor))
    sent = {
        "submission": str(uuid.uuid4()),
        "cases": [case.pk],
        "to": f"{world.colleague.pk}-{world.team.pk}",
        "reason": "Slutter",
    }
    assert client.post(f"/team/overfor/?fra={world.specialist.pk}", sent).status_code == 303
    assert world.colleague.name in comes(world, client, account)


def test_not_where_whoever_hands_over_says_that_they_stay(world, client, agreed):
    case, account = agreed
    hand_over(world, client, case, f"{world.colleague.pk}-{world.team.pk}", meetings="stay")
    assert world.specialist.name in comes(world, client, account)


def test_nor_meetings_of_others_past_ones_and_those_of_other_cases(world, client, agreed):
    case, _account = agreed
    other_case = world.refer("Ola", "Annen")
    by = world.act_as(world.specialist)
    followup.book_meeting(other_case, by=by, starts_at=LATER, parties=["participant"], purpose="relation")
    followup.book_meeting(
        case, by=by, starts_at=LATER, parties=["participant"], purpose="relation", staff=world.supervisor
    )
    with as_owner():
        past = Meeting.objects.create(
            case=case,
            happened_on=timezone.localdate() - timedelta(days=9),
            starts_at=LATER - timedelta(days=8),
            parties=["participant"],
            purpose="relation",
            staff=world.specialist,
            recorded_by=world.specialist,
        )
    hand_over(world, client, case, f"{world.colleague.pk}-{world.team.pk}")
    with as_owner():
        stands = Meeting.objects.filter(superseded_at=None).order_by("pk").values_list("case", "staff", "pk")
        holders = {(number, staff) for number, staff, pk in stands if pk != past.pk}
        assert Meeting.objects.get(pk=past.pk).superseded_at is None
    assert holders == {
        (case.pk, world.colleague.pk),
        (case.pk, world.supervisor.pk),
        (other_case.pk, world.specialist.pk),
    }


def test_handed_over_to_nobody_the_supervisor_is_told_and_whoever_takes_it_gets_them(world, client, agreed):
    case, account = agreed
    assert part_of(world, client, world.supervisor, "/min-dag/", "unattended") == ""
    hand_over(world, client, case, "nobody")
    text = part_of(world, client, world.supervisor, "/min-dag/", "unattended")
    assert "Ida Deltaker" in text and world.specialist.name in text
    assert part_of(world, client, world.colleague, "/min-dag/", "unattended") == ""
    case.refresh_from_db()
    actions.take(case, by=world.act_as(world.colleague))
    assert world.colleague.name in comes(world, client, account)
    assert part_of(world, client, world.supervisor, "/min-dag/", "unattended") == ""
