"""A statement attaches to a participant by the number of the row, or writes the field that guards it."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from plass.access import actions as access
from plass.access.models import ConflictOfInterest
from plass.cases.models import Case, Participant
from plass.db import signed
from tests.conftest import as_owner
from tests.world import stored


@pytest.mark.parametrize("exists", [True, False])
def test_a_case_of_somebody_one_does_not_see_is_refused_and_the_answer_is_the_same(world, exists) -> None:
    case = world.refer(team=world.other_team, protection="confidential")
    by = world.act_as(world.counsellor)
    number = case.participant_id if exists else 987_654
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Case.objects.create(participant_id=number, office=world.office, team=world.team, referred_by=by)


def test_saying_that_a_number_is_ones_own_protects_nobody(world) -> None:
    case = world.refer(team=world.other_team)
    with as_owner():
        stranger = Participant.objects.get(pk=case.participant_id)
    number = stored(stranger, "identity_hash")
    me = world.act_as(world.specialist)
    tie = access.declare(number, by=me, user=me, kind=ConflictOfInterest.Kind.SELF)
    with as_owner():
        assert Participant.objects.get(pk=stranger.pk).protection == ""
    access.ask_tie_end(tie, by=world.act_as(world.specialist), reason="Feil nummer")
    world.act_as(world.supervisor)
    access.answer_tie_end(tie.pk, by=world.supervisor, ends=True)
    with as_owner():
        assert Participant.objects.get(pk=stranger.pk).protection == ""


def test_no_more_emergencies_than_there_may_be_whatever_the_statement_says(world) -> None:
    cases = [world.refer(team=world.other_team) for _number in range(6)]
    world.act_as(world.specialist)
    opened = []
    for case in cases:
        opened.append(signed.call("access_break_glass", case.pk, "x", 8, 1000000)[0][0])
    assert opened == [True] * 5 + [False]
