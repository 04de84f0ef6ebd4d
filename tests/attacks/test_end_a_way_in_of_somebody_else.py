"""Somebody ends a way into a case that is not theirs to end; and those to whom it is do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, connection, transaction

from plass.access import actions as access
from plass.access.models import AccessLogEntry, Grant
from plass.cases.models import Case
from tests.conftest import as_owner

WHY = "Ferie"


def an_hour_ago(case: Case) -> Grant:
    """The last way into the case, as if it had been given before this test's transaction."""
    grant = Grant.objects.filter(case_id=case.pk).latest("pk")
    with as_owner():
        Grant.objects.filter(pk=grant.pk).update(granted_at=grant.granted_at - timedelta(hours=1))
    return grant


def let_in(world, case: Case, someone) -> Grant:
    access.give(case.pk, by=world.act_as(world.specialist), to=someone, reason=WHY, hours=24)
    return an_hour_ago(case)


def end(world, client, someone, grant: Grant):
    client.force_login(world.act_as(someone))
    return client.post(f"/sak/{grant.case_id}/tilgang/{grant.pk}/avslutt/")


def sees(world, someone, case: Case) -> bool:
    world.act_as(someone)
    return Case.objects.filter(pk=case.pk).exists()


@pytest.mark.parametrize("who", ["specialist", "supervisor", "counsellor"])
def test_those_who_decide_end_it_and_it_is_gone_from_the_others_day(world, client, who):
    case = world.refer("Kari", "Åpen")
    grant = let_in(world, case, world.other_specialist)
    client.force_login(world.act_as(getattr(world, who)))
    section = BeautifulSoup(client.get(f"/sak/{case.pk}/").content, "html.parser").select_one("#ways")
    assert (
        section is not None and world.other_specialist.name in section.text and "Avslutt tilgangen nå" in section.text
    )
    for _twice in range(2):
        answer = end(world, client, getattr(world, who), grant)
        assert (answer.status_code, answer.url) == (303, f"/sak/{case.pk}/")
    assert not sees(world, world.other_specialist, case)
    client.force_login(world.act_as(world.other_specialist))
    assert "Kari" not in client.get("/min-dag/").content.decode()
    client.force_login(world.act_as(world.specialist))
    assert (
        f"Avsluttet før tiden av {getattr(world, who).name}"
        in client.get(f"/sak/{case.pk}/slipp-inn/").content.decode()
    )
    assert AccessLogEntry.objects.filter(case_id=case.pk, purpose="end a way in", user=getattr(world, who)).exists()


def test_whoever_opened_it_in_an_emergency_ends_that_and_does_not_see_it_any_more(world, client):
    case = world.refer("Nora", "Nabo")
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason=WHY, hours=8)
    grant = an_hour_ago(case)
    client.force_login(world.act_as(world.other_specialist))
    assert "Avslutt tilgangen nå" in client.get(f"/sak/{case.pk}/").content.decode()
    answer = end(world, client, world.other_specialist, grant)
    assert (answer.status_code, answer.url) == (303, "/")
    assert not sees(world, world.other_specialist, case)
    # The supervisor still signs it off: that it was short does not undo it.
    client.force_login(world.act_as(world.supervisor))
    assert WHY in client.get("/min-dag/").content.decode()


@pytest.mark.parametrize("who", ["colleague", "other_specialist", "leader", "administrator"])
def test_nobody_else_ends_it_on_the_page_or_by_a_statement(world, client, who):
    case = world.refer("Kari", "Åpen")
    grant = let_in(world, case, world.other_counsellor)
    let_in(world, case, world.other_specialist)
    someone = getattr(world, who)
    assert end(world, client, someone, grant).status_code == 404
    world.act_as(someone)
    assert not access.end_way(grant, by=someone)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE access_grant SET expires_at = now() WHERE id = %s", [grant.pk])
    assert sees(world, world.other_counsellor, case)


def test_a_colleague_who_covers_is_offered_no_button(world, client):
    case = world.refer("Kari", "Åpen")
    let_in(world, case, world.other_specialist)
    client.force_login(world.act_as(world.colleague))
    assert "Avslutt tilgangen nå" not in client.get(f"/sak/{case.pk}/").content.decode()


def test_a_way_is_ended_at_its_own_case_only(world, client):
    case, other_case = world.refer("Kari", "Åpen"), world.refer("Ola", "Annen")
    grant = let_in(world, case, world.other_specialist)
    client.force_login(world.act_as(world.specialist))
    client.post(f"/sak/{other_case.pk}/tilgang/{grant.pk}/avslutt/")
    assert sees(world, world.other_specialist, case)


def test_nobody_writes_their_name_on_a_way_in_that_is_over(world):
    case = world.refer()
    grant = let_in(world, case, world.other_specialist)
    with as_owner():
        Grant.objects.filter(pk=grant.pk).update(expires_at=grant.granted_at)
    assert access.end_way(grant, by=world.act_as(world.specialist)) is False
    with as_owner():
        assert Grant.objects.get(pk=grant.pk).ended_by_id is None
