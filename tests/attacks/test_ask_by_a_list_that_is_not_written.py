"""Somebody names a colleague beside each number of a list that is only tried, or that is wrong elsewhere, to read who cannot
follow whom: everything is undone, but not that they were told.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import pytest
from django.db import transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.actions import keeps_away
from plass.access.current_user import acting_as, refusals_outlast_the_transaction
from plass.access.models import AccessLogEntry
from plass.cases import identity
from plass.cases.models import Case
from plass.imports import actions, mapping, plan, sheet
from plass.imports.import_request import ImportRequest
from plass.imports.queries import who_follows_in
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.imports.lists import csv, person
from tests.world import identity_number


def in_the_page(me: User) -> AbstractContextManager[None]:
    """As a page opens its pieces: within the transaction of the page."""
    return transaction.atomic()


@pytest.mark.parametrize("within", [in_the_page, acting_as])
@pytest.mark.parametrize("dry_run", [True, False], ids=["tried", "all or nothing"])
def test_each_refusal_is_a_line_though_everything_is_undone(world, within, dry_run):
    known = [identity_number(), identity_number()]
    for number in known:
        by = world.act_as(world.colleague)
        access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    me = world.act_as(world.specialist)
    named = [person(Fødselsnummer=number, Jobbspesialist=world.colleague.name) for number in known]
    read = sheet.read(csv([*named, person(Jobbspesialist="Ingen Slik")]), "liste")
    made = plan.make(read, mapping.recognise(read, world.team), today=timezone.localdate())
    # A page is in one transaction; the thread and the command line open one for each piece.
    with refusals_outlast_the_transaction() if within is in_the_page else nullcontext():
        outcome = actions.write(
            made,
            ImportRequest(
                by=me,
                team=world.team,
                specialists=who_follows_in(world.team),
                unnamed=me,
                dry_run=dry_run,
                all_or_nothing=not dry_run,
            ),
            within=lambda: within(me),
        )
    problems = [str(problem) for report in outcome.reports.values() for problem in report.problems]
    assert len([problem for problem in problems if "kan ikke følge denne deltakeren" in problem]) == 2
    with as_owner():
        assert not Case.objects.exists()
        lines = AccessLogEntry.objects.filter(purpose="give")
        assert [(line.user_id, line.case_id, line.participant_id) for line in lines] == [(me.pk, None, None)] * 2


class Undone(Exception):
    """What ends a trial."""


def within_another(me: User, colleague: User) -> None:
    with acting_as(me):
        with acting_as(me):
            keeps_away(colleague, me)
        raise Undone


def test_what_is_told_within_a_transaction_that_is_undone_outlasts_it_too(world):
    me = world.act_as(world.specialist)
    with pytest.raises(Undone):
        within_another(me, world.colleague)
    with as_owner():
        assert AccessLogEntry.objects.filter(purpose="give", user=me).count() == 1
