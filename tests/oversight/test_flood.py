"""Whoever is refused thousands of times makes nobody's page of findings slow, and hides nothing in it."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import identity
from plass.organisation.models import Role, User
from plass.oversight import actions, queries
from plass.oversight.models import Review
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user


def officer_of(world: World) -> User:
    with as_owner():
        officer = user("ombud1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


def flood(who: User, times: int, cases: list | None = None) -> None:
    """``who`` was refused so often: by numbers that no case has, or these cases in turn."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_accesslogentry (at, user_id, role, purpose, case_id, participant_id, rule, allowed) "
            "SELECT now(), %s, 'specialist', 'case page', coalesce(c.id, 900000 + g), c.participant_id, "
            "CASE WHEN c.id IS NULL THEN 'unknown' ELSE 'no relation' END, false "
            "FROM generate_series(1, %s) g LEFT JOIN cases_case c ON c.id = (%s::bigint[])[1 + g %% %s]",
            [who.pk, times, [case.pk for case in cases or []], max(1, len(cases or []))],
        )
        cursor.execute("ANALYZE access_accesslogentry")


def waiting(world: World, who: User) -> list[queries.Finding]:
    world.act_as(who)
    return [one for one in queries.findings(timezone.localdate()) if one.review is None]


def work(statement: str, parameters: list) -> tuple[int, float]:
    """Pages of the database that a statement touched, and the milliseconds it took."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        explained = cursor.fetchone()[0]
    (explained,) = explained if isinstance(explained, list) else json.loads(explained)
    plan = explained["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] + plan["Temp Read Blocks"], explained[
        "Execution Time"
    ]


@pytest.mark.parametrize("of", ["unknown", "known"])
@pytest.mark.parametrize("signed", [False, True])
def test_what_watching_costs_does_not_grow_faster_than_the_log(
    world: World, of: str, signed: bool, django_assert_max_num_queries
) -> None:
    """At a thousand and at twenty thousand refusals: as many questions, and pages of the database as lines were added."""
    officer = officer_of(world)
    cases = [world.refer("P", f"N{n}", team=world.second_team, taken=False) for n in range(20)] if of == "known" else []
    touched: dict[User, list[int]] = {world.supervisor: [], officer: []}
    for more in (1_000, 19_000):
        flood(world.colleague, more, cases)
        if signed:
            actions.sign_off(waiting(world, world.supervisor), by=world.supervisor, verdict="fine")
        for who in touched:
            world.act_as(who)
            today = queries.asked_with(timezone.localdate())
            with django_assert_max_num_queries(6):
                queries.findings(timezone.localdate())
            touched[who].append(work("SELECT * FROM oversight_findings(%s, %s, %s)", [*today])[0])
    for few, many in touched.values():
        # A line of the log is some hundred bytes, a page 8,192: they are read by an index, at most twice each.
        assert many - few < 19_000 / 2, touched


def test_sixty_thousand_refusals_are_one_line_with_how_many(world: World) -> None:
    flood(world.colleague, 60_000)
    (one,) = waiting(world, world.supervisor)
    assert (one.kind, one.times) == ("refused", 60_000)
    client = Client()
    client.force_login(world.act_as(world.supervisor))
    page = BeautifulSoup(client.get("/innsyn/").content, "html.parser")
    assert len(page.select("input[name=findings]")) == 1 and "60000" in page.get_text().replace("\xa0", "")
    world.act_as(world.supervisor)
    actions.sign_off([one], by=world.supervisor, verdict="fine")
    with as_owner():
        (review,) = Review.objects.all()
        first = AccessLogEntry.objects.earliest("pk").pk
        assert AccessLogEntry.objects.filter(allowed=False).count() == 60_000
    assert review.lines == [f"refused/l{first}*60000"]
    assert waiting(world, world.supervisor) == []
    flood(world.colleague, 2)
    assert [(one.times, one.signed_before) for one in waiting(world, world.supervisor)] == [(2, 60_000)]


def test_a_line_that_becomes_known_late_waits_though_later_ones_were_signed(world: World) -> None:
    """It was written in a transaction that had not ended when somebody signed."""
    flood(world.colleague, 5)
    with as_owner():
        late = AccessLogEntry.objects.order_by("pk")[2]
        AccessLogEntry.objects.filter(pk=late.pk).delete()
    actions.sign_off(waiting(world, world.supervisor), by=world.supervisor, verdict="fine")
    assert waiting(world, world.supervisor) == []
    with as_owner():
        late.save(force_insert=True)
    assert [one.times for one in waiting(world, world.supervisor)] == [1]


def test_the_officer_reads_the_log_of_a_flood_without_asking_of_each_line_who_worked_where(world: World) -> None:
    officer, pages = officer_of(world), []
    for more in (1_000, 19_000):
        flood(world.colleague, more)
        world.act_as(officer)
        pages.append(work("SELECT * FROM access_accesslogentry ORDER BY at, id LIMIT 201", [])[0])
    # A line is found by one or two pages of the database, as it is planned; asked of each it is fourteen.
    assert pages[1] - pages[0] < 4 * 19_000, pages


def test_the_short_way_comes_to_the_same_people(world: World) -> None:
    """Who is told of each look is worked out without asking it of each: it is what ``oversight_finders`` says."""
    officer = officer_of(world)
    with as_owner():
        near = user("ombud2", "Nils", "Nær")
        member(near, Role.DATA_PROTECTION, county=world.county)
        member(near, Role.COUNSELLOR, world.office)
    numbers = [identity_number() for _each in range(3)]
    cases = [
        world.refer("P", "N", number=number, team=team, protection="confidential", taken=team != world.second_team)
        for number, team in zip(numbers, (world.team, world.second_team, world.other_team), strict=True)
    ]
    for watcher, number in ((world.supervisor, numbers[0]), (officer, numbers[1]), (world.leader, numbers[2])):
        by = world.act_as(watcher)
        access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="family")
    looked = (world.colleague, world.supervisor, world.counsellor, world.other_specialist, world.leader, near)
    with as_owner():
        for someone in looked:
            for case in cases:
                for _each in range(2):
                    AccessLogEntry.objects.create(
                        user=someone, case_id=case.pk, participant_id=case.participant_id, purpose="case page",
                        rule="shielded", allowed=False,
                    )  # fmt: skip
    ways = set()
    for watcher in (world.supervisor, officer, near, world.leader, world.administrator):
        world.act_as(watcher)
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.kind, l.audience, l.user_id, o.case_id, l.part FROM oversight_lines(access_today() - 30, 15, 3) l "
                "JOIN access_accesslogentry o ON l.line ~ '/l' AND o.id = substring(l.line FROM '/l([0-9]+)')::bigint "
                "WHERE l.kind IN ('never', 'shielded again')"
            )
            told = set(cursor.fetchall())
            cursor.execute(
                "WITH o AS (SELECT DISTINCT user_id, case_id, participant_id FROM access_accesslogentry "
                "WHERE rule = 'shielded'), "
                "kinds AS (SELECT o.*, 'never' AS kind, CASE WHEN user_id = %s THEN 'both' ELSE 'leads' END AS audience, "
                "case_id AS of_case FROM o UNION ALL SELECT o.*, 'shielded again', 'both', NULL FROM o) "
                "SELECT * FROM (SELECT kind, audience, user_id, case_id, oversight_my_part("
                "user_id, access_today(), audience, of_case, participant_id, NULL) AS part FROM kinds) asked "
                "WHERE part IS NOT NULL AND user_id <> access_user()",
                [world.leader.pk],
            )
            expected = set(cursor.fetchall())
        assert told == expected, watcher
        ways |= {part for *_rest, part in told}
    assert {"leads", "officer", "stands in"} <= {part.split(":")[0] for part in ways}


def test_one_case_that_matters_among_thousands_has_its_own_line(world: World) -> None:
    officer = officer_of(world)
    shielded = world.refer("Skjermet", "Person", protection="confidential", team=world.other_team)
    flood(world.colleague, 5_000)
    with as_owner():
        for _each in range(3):
            AccessLogEntry.objects.create(
                user=world.colleague, purpose="case page", rule="unknown", case_id=shielded.pk, allowed=False
            )
    assert {one.kind: one.times for one in waiting(world, world.supervisor)} == {
        "never": 3, "refused": 5_003, "shielded again": 3
    }  # fmt: skip
    assert [(one.kind, one.times) for one in waiting(world, officer)] == [("shielded again", 3)]


def test_signatures_of_every_line_hold_after_the_migration(world: World) -> None:
    from importlib import import_module

    case = world.refer(team=world.second_team, taken=False)
    flood(world.colleague, 4)
    flood(world.colleague, 3, [case])
    with as_owner():
        lines = [f"refused/l{pk}" for pk in AccessLogEntry.objects.order_by("pk").values_list("pk", flat=True)]
    (one,) = waiting(world, world.supervisor)
    actions.sign_off([one], by=world.supervisor, verdict="fine")
    with as_owner():
        Review.objects.update(lines=[*lines, "refused/l999999999"])
    assert [one.times for one in waiting(world, world.supervisor)] == [5]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(import_module("plass.oversight.migrations.0003_signed_by_count").COUNT)
        assert sorted(Review.objects.get().lines) == sorted([f"{lines[0]}*4", f"{lines[4]}*3", "refused/l999999999"])
    assert waiting(world, world.supervisor) == []
    flood(world.colleague, 1)
    assert [(one.times, one.signed_before) for one in waiting(world, world.supervisor)] == [(1, 7)]
