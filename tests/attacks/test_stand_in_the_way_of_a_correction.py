"""Whoever covers, by a statement, writes that a fact is corrected which only those who decide about the case correct."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from plass.access.rules import Level
from plass.cases import actions
from plass.cases.fact_register import fact_kinds
from plass.cases.facts import withdraw
from plass.cases.models import CaseEnded

from .test_keep_what_was_taken_back import ask
from .test_name_a_fact_of_another_case import recorded

CORRECTS = (
    "INSERT INTO cases_correction (case_id, kind, fact_id, replacement_id, reason, recorded_at, recorded_by_id) "
    "VALUES (%s, %s, %s, NULL, 'x', now(), access_user())"
)


def test_those_who_decide_still_correct_it(world):
    case = world.refer()
    actions.end(case, by=world.act_as(world.specialist), happened_on=timezone.localdate(), cause="work", note="Feil")
    world.act_as(world.colleague)
    end = CaseEnded.objects.get(case=case)
    assert ask("SELECT access_level(%s)", case.pk) == [(int(Level.RECORD),)]
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        ask(CORRECTS, case.pk, "end", end.pk)
    withdraw(end, by=world.act_as(world.specialist), reason="Avsluttet ved en feil")


def test_each_kind_of_fact_is_corrected_by_whoever_may_record_it(world):
    case = world.refer()
    for name, kind in fact_kinds().items():
        decides, fact = kind.model.needs >= Level.DECIDE, recorded(world, name, case)
        for who, allowed in ((world.colleague, not decides), (world.specialist, True)):
            world.act_as(who)
            try:
                with transaction.atomic():
                    ask(CORRECTS, case.pk, name, fact)
                    done = True
                    transaction.set_rollback(True)
            except DatabaseError:
                done = False
            assert done is allowed, name
