"""A data protection officer of one place reads what was looked at in another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.organisation.models import County, Membership, Office, Role, Team, User
from plass.oversight.models import Review
from tests.conftest import as_owner
from tests.world import World, member, user


@pytest.fixture
def places(world: World) -> dict:
    """Another county with somebody who works there, and officers of an office and of each county."""
    with as_owner():
        county = County.objects.create(name="Fjernfylket")
        office = Office.objects.create(county=county, number="9999", name="Plass Fjern")
        team = Team.objects.create(office=office, name="Jobbteam")
        far = user("fjern1", "Fia", "Fjern")
        member(far, Role.SPECIALIST, office, team)
        officers = {name: user(f"ombud-{name}", "Pia", name) for name in ("here", "county", "far")}
        member(officers["here"], Role.DATA_PROTECTION, world.office)
        member(officers["county"], Role.DATA_PROTECTION, county=world.county)
        member(officers["far"], Role.DATA_PROTECTION, county=county)
    return {**officers, "county_far": county, "office_far": office, "someone": far}


def line(who: User, purpose: str, **more) -> None:
    with as_owner():
        AccessLogEntry.objects.create(user=who, purpose=purpose, rule="team", allowed=True, **more)


def seen(world: World, officer: User) -> set[str]:
    world.act_as(officer)
    return set(AccessLogEntry.objects.values_list("purpose", flat=True))


def test_each_reads_the_log_of_their_places(world: World, places: dict) -> None:
    case, south = world.refer(), world.refer(team=world.other_team)
    with as_owner():
        AccessLogEntry.objects.all()._raw_delete("default")
    line(world.specialist, "a list here")
    line(world.other_specialist, "a list in the south")
    line(places["someone"], "a list far away")
    line(places["someone"], "our case from far away", case_id=case.pk)
    line(places["someone"], "the case in the south from far away", case_id=south.pk)
    office = {"a list here", "our case from far away"}
    county = office | {"a list in the south", "the case in the south from far away"}
    far = {"a list far away", "our case from far away", "the case in the south from far away"}
    assert seen(world, places["here"]) == office
    assert seen(world, places["county"]) == county
    assert seen(world, places["far"]) == far


def test_the_page_and_the_file_hold_no_more(world: World, places: dict) -> None:
    line(world.specialist, "search")
    line(places["someone"], "search")
    client = Client()
    client.force_login(world.act_as(places["far"]))
    page = client.get("/personvern/innsyn/").content.decode()
    file = b"".join(client.get("/personvern/innsyn.csv").streaming_content).decode()
    for text in (page, file):
        assert "Fia Fjern" in text and "Siri Spesialist" not in text


def test_who_moves_on_takes_no_line_along(world: World, places: dict) -> None:
    """What somebody searched for at their old office stays that office's to read, and is not the new one's."""
    line(world.specialist, "before")
    today = timezone.localdate()
    with as_owner():
        AccessLogEntry.objects.update(at=timezone.now() - timedelta(days=5))
        Membership.objects.filter(user=world.specialist).update(ended_on=today - timedelta(days=3))
        Membership.objects.create(
            user=world.specialist, role=Role.COUNSELLOR, office=places["office_far"], started_on=today
        )
    line(world.specialist, "after")
    assert seen(world, places["here"]) == {"before"}
    assert seen(world, places["far"]) == {"after"}


def test_what_came_of_a_look_and_the_ways_in_are_read_by_place_too(world: World, places: dict) -> None:
    with as_owner(), connection.cursor() as cursor:
        Review.objects.create(finding="many:1", about=world.colleague, verdict="fine", reviewed_by=world.supervisor)
        cursor.execute(
            "INSERT INTO accounts_approvalrequest (kind, user_id, nonce, asked_by_id) VALUES ('password', %s, '', %s)",
            [world.colleague.pk, world.administrator.pk],
        )
        cursor.execute(
            "INSERT INTO extracts_extract (at, user_id, through, run_by, study, purpose, first_month, last_month, offices) "
            "VALUES (now(), %s, 'command_line', '', 'x', '', %s, %s, %s)",
            [world.administrator.pk, date(2026, 1, 1), date(2026, 1, 1), [world.office.pk]],
        )
    for name, rows in (("here", 1), ("county", 1), ("far", 0)):
        world.act_as(places[name])
        with connection.cursor() as cursor:
            for table in ("oversight_review", "accounts_approvalrequest", "extracts_extract"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone()[0] == rows, (name, table)
