"""The log of who looked: a line for every opening, or no page; and nobody takes a line back."""

from __future__ import annotations

import os

import pytest
from django.db import ProgrammingError, connection, transaction
from django.http import Http404
from django.test import RequestFactory

from plass.access.models import AccessLogEntry
from plass.cases.gate import open_case
from tests.conftest import as_owner

#: Ten thousand by night (PLASS_NIGHTLY=1), a tenth of it in every run.
OPENINGS = 10_000 if os.environ.get("PLASS_NIGHTLY") else 1_000


def lines(**which) -> int:
    with as_owner():
        return AccessLogEntry.objects.filter(**which).count()


def test_so_many_openings_are_so_many_lines(world, promise):
    """Through the gate, as every page does; by several people, allowed and refused."""
    cases = [world.refer(), world.refer(protection="confidential")]
    requests = []
    for someone in (world.specialist, world.colleague, world.other_specialist):
        requests.append(RequestFactory().get("/"))
        requests[-1].user = someone
    allowed = refused = 0
    for turn in range(OPENINGS):
        request = requests[turn * 3 // OPENINGS]
        if turn in {0, OPENINGS // 3 + 1, OPENINGS * 2 // 3 + 1}:
            world.act_as(request.user)
        try:
            open_case(request, cases[turn % 2].pk, purpose="case page")
            allowed += 1
        except Http404:
            refused += 1
    # Beside them stands a line that somebody was slowed down.
    assert (lines(allowed=True), lines(allowed=False, case_id__isnull=False)) == (allowed, refused)
    assert allowed + refused == OPENINGS and allowed and refused
    promise("the log of who looked", openings=OPENINGS, lines=lines(case_id__isnull=False), refused_and_logged=refused)


def test_a_page_is_one_line_with_who_whom_why_and_by_which_rule(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.supervisor))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    with as_owner():
        line = AccessLogEntry.objects.get()
    assert (line.user_id, line.role, line.case_id, line.participant_id) == (
        world.supervisor.pk,
        "supervisor",
        case.pk,
        case.participant_id,
    )
    assert (line.purpose, line.rule, line.allowed) == ("case page", "leads", True)


def test_a_refusal_says_why_to_those_who_review_although_the_page_does_not(world, client):
    plain, shielded = world.refer(), world.refer(protection="confidential")
    client.force_login(world.act_as(world.other_specialist))
    for case in (plain, shielded):
        client.get(f"/sak/{case.pk}/")
    with as_owner():
        entries = list(AccessLogEntry.objects.order_by("pk").values_list("participant_id", "rule", "allowed"))
    assert entries == [(plain.participant_id, "no relation", False), (shielded.participant_id, "shielded", False)]
    world.act_as(world.other_specialist)
    assert not AccessLogEntry.objects.exists()


def test_where_the_line_cannot_be_written_the_page_is_not_served(world, client):
    case = world.refer("Uten", "Logglinje")
    client.force_login(world.act_as(world.specialist))
    client.raise_request_exception = False
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON access_accesslogentry FROM plass_web")
    answer = client.get(f"/sak/{case.pk}/")
    assert answer.status_code == 500
    assert b"Logglinje" not in answer.content


@pytest.mark.parametrize("address", ["/deltakere/", "/deltakere/?vis=team"])
def test_a_list_of_names_is_one_line_with_how_many(world, client, address):
    for _each in range(3):
        world.refer()
    client.force_login(world.act_as(world.specialist))
    client.get(address)
    with as_owner():
        line = AccessLogEntry.objects.get()
    assert (line.purpose, line.shown, line.case_id) == ("list", 3, None)


def test_a_number_that_finds_nobody_is_a_line_without_the_number(world, client):
    from tests.world import identity_number

    client.force_login(world.act_as(world.specialist))
    number = identity_number()
    client.post("/sok/", {"q": number})
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(o)::text FROM access_accesslogentry o")
        rows = cursor.fetchall()
    assert len(rows) == 1 and '"number"' in rows[0][0] and number not in rows[0][0]


@pytest.mark.parametrize(
    "table", ["access_accesslogentry", "access_change", "access_conflictofinterest", "oversight_review"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_is_written_about_who_looked_and_changed_can_only_be_added_to(world, table, statement, promise):
    for name in ("specialist", "supervisor", "administrator"):
        world.act_as(getattr(world, name))
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement.format(table))
    promise("the log of who looked", ways_to_rewrite_it_refused=12)
