"""Whoever decides about a case is asked whether the participant works here, and not told who says so: neither from what is
found in the log of who looked, nor from the request that the tie should end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import identity
from plass.organisation.models import Role
from plass.oversight import queries
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user


def said(world: World, client, kind: str):
    """A colleague says that the participant of a case of the team is them, or close to them, and opens the old link."""
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    by = world.act_as(world.colleague)
    tie = access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind=kind)
    client.force_login(world.act_as(world.colleague))
    for page in ("", "tidslinje/", "endringer/"):
        assert client.get(f"/sak/{case.pk}/{page}").status_code == 404
    return case, tie


def officer_of(world: World):
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


@pytest.mark.parametrize("kind", ["self", "family"])
def test_the_officer_finds_who_was_kept_away_and_the_supervisor_does_not(world, client, kind):
    said(world, client, kind)
    officer = officer_of(world)
    world.act_as(world.supervisor)
    assert [one for one in queries.findings(timezone.localdate()) if one.user_id == world.colleague.pk] == []
    client.force_login(world.act_as(world.supervisor))
    assert world.colleague.name not in client.get("/innsyn/").content.decode()
    world.act_as(officer)
    (one,) = queries.findings(timezone.localdate())
    assert (one.kind, one.user_id, one.case_id, one.times) == ("never", world.colleague.pk, None, 3)


@pytest.mark.parametrize("kind", ["self", "family"])
def test_no_statement_of_those_who_decide_reads_who_was_kept_away(world, client, kind):
    case, _tie = said(world, client, kind)
    with as_owner():
        assert AccessLogEntry.objects.filter(case_id=case.pk, user=world.colleague).count() == 3
    officer = officer_of(world)
    for who in (world.supervisor, world.specialist, world.counsellor):
        world.act_as(who)
        assert not AccessLogEntry.objects.filter(user=world.colleague).exists()
    world.act_as(officer)
    assert AccessLogEntry.objects.filter(user=world.colleague).count() == 3


@pytest.mark.parametrize("kind", ["self", "family"])
def test_the_request_for_its_end_says_neither_which_tie_nor_when_it_was_said(world, client, kind):
    _case, tie = said(world, client, kind)
    with as_owner(), transaction.atomic():
        type(tie).objects.filter(pk=tie.pk).update(declared_at=timezone.now() - timedelta(days=9))
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Skrev feil nummer")
    client.force_login(world.act_as(world.supervisor))
    day = timezone.localdate() - timedelta(days=9)
    for address in (f"/meg/narstaende/{tie.pk}/", "/meg/narstaende/"):
        # Without the form, which names both kinds.
        page = re.sub("<form.*?</form>", "", client.get(address).content.decode(), flags=re.DOTALL)
        assert world.colleague.name in page, address
        assert not [word for word in ("meg selv", "nær familie", day.isoformat()) if word in page.lower()]


def ask(question: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


@pytest.mark.parametrize("answered", [False, True])
def test_nor_does_a_statement_read_it_of_whoever_answers(world, client, answered):
    _case, tie = said(world, client, "self")
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Skrev feil nummer")
    by = world.act_as(world.supervisor)
    if answered:
        access.answer_tie_end(tie.pk, by=by, ends=False, answer="Ring meg")
    world.act_as(world.supervisor)
    assert ask("SELECT kind, declared_at FROM access_conflictofinterest") == []
    history = str(ask("SELECT old, new FROM access_change WHERE audience = 'tie'"))
    assert "Skrev feil nummer" in history and "kind" not in history and "declared_at" not in history
    assert ask("SELECT id, user_id, end_reason, answer FROM access_ends_of_ties()") == [
        (tie.pk, world.colleague.pk, "Skrev feil nummer", "Ring meg" if answered else "")
    ]
    client.force_login(world.act_as(world.supervisor))
    page = re.sub("<form.*?</form>", "", client.get("/meg/narstaende/").content.decode(), flags=re.DOTALL)
    assert world.colleague.name in page and "meg selv" not in page.lower()
    # Nor anybody else, of it or of what others answered.
    for who in (world.specialist, world.administrator, world.leader):
        world.act_as(who)
        assert ask("SELECT id FROM access_ends_of_ties()") == []
    # Whoever said it reads their own.
    world.act_as(world.colleague)
    assert ask("SELECT kind FROM access_conflictofinterest") == [("self",)]
