"""Many facts at once (an import): the same rules in the same words, and an error undoes all of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.cases import facts
from plass.cases.models import Collaborator, PauseStarted
from plass.followup.models import Channel, Contact, Party, Purpose

TODAY = timezone.localdate()


@pytest.fixture
def case(world):
    return world.refer(on=TODAY - timedelta(days=50))


def pause(case, **changes):
    """A pause that is looked at again the day before it begins."""
    values = {"happened_on": TODAY, "follow_up_on": TODAY - timedelta(days=1), "reason": "illness", **changes}
    return PauseStarted(case=case, **values)


def contact(case, **changes):
    values = {"happened_on": TODAY, "parties": [Party.PARTICIPANT], "channel": Channel.PHONE, "minutes": 10, **changes}
    return Contact(case=case, purpose=Purpose.FOLLOW_UP, **values)


def refusal(act):
    """What a refusal says, field by field."""
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        act()
    return refused.value.messages


@pytest.mark.parametrize(
    "wrong",
    [
        lambda case: pause(case),
        lambda case: pause(case, follow_up_on=TODAY, reason="nonsense"),
        lambda case: pause(case, follow_up_on=None),
        lambda case: pause(case, happened_on=TODAY + timedelta(days=9), follow_up_on=TODAY + timedelta(days=10)),
        lambda case: contact(case, parties=[Party.EMPLOYER]),
        lambda case: contact(case, next_contact_on=TODAY - timedelta(days=1)),
        lambda case: Collaborator(case=case, happened_on=TODAY, role="gp", name=""),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(world, case, wrong):
    by = world.act_as(world.specialist)
    alone = refusal(lambda: facts.record(wrong(case), by=by))

    def among_many():
        with facts.bulk_recording():
            facts.record(wrong(case), by=by)

    assert refusal(among_many) == alone


def test_the_first_error_undoes_what_came_before_it(world, case):
    by = world.act_as(world.specialist)

    def act():
        with facts.bulk_recording():
            facts.record(contact(case), by=by)
            facts.record(pause(case), by=by)

    refusal(act)
    assert not Contact.objects.exists()
    # Outside, acts undo only themselves again.
    with transaction.atomic():
        facts.record(contact(case), by=by)
        refusal(lambda: facts.record(pause(case), by=by))
    assert Contact.objects.count() == 1


def test_a_fact_is_one_insert(world, case):
    by = world.act_as(world.specialist)
    facts.record(contact(case), by=by)  # asks once who they are
    with transaction.atomic(), facts.bulk_recording(), CaptureQueriesContext(connection) as asked:
        facts.record(contact(case), by=by)
    assert [query["sql"].split()[0] for query in asked.captured_queries] == ["INSERT"]
