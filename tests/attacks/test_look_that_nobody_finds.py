"""Somebody is kept away from themselves or somebody close, where each who would find it leads them, decides about the case,
or is not there: then it comes up for whoever stands in for the officer, and for nobody who is too near."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import actions, identity
from plass.cases.models import Case, Participant
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

from .test_find_out_who_said_this_is_me import declare_and_look
from .test_keep_what_was_taken_back import ask
from .test_refer_a_shielded_person import filled_in
from .test_watch_over_those_one_leads import kinds, officer, unsigned_findings

TODAY = timezone.localdate()


def worked(who: User, role: str, *, through: date | None = None, **place: Any) -> None:
    """A role from 2015 on. Needs ``as_owner``."""
    Membership.objects.create(user=who, role=role, started_on=date(2015, 1, 1), ended_on=through, **place)


@pytest.mark.parametrize(("days", "finds"), [(0, False), (1, False), (2, True), (10, True), (31, True), (32, True)])
def test_of_whoever_left_their_team_before_the_look_the_officer_finds_it(world, client, days, finds):
    declare_and_look(world, client, "self")
    leads = officer(world, leads=world.second_team)
    left = TODAY - timedelta(days=days)
    with as_owner():
        worked(world.colleague, "specialist", office=world.office, team=world.second_team, through=left)
    assert kinds(world, leads) == ([("never", world.colleague.pk)] if finds else [])
    assert kinds(world, world.leader) == ([] if finds else [("further", world.colleague.pk)])
    world.act_as(leads)
    assert AccessLogEntry.objects.filter(user=world.colleague, rule="own data").exists() == finds


@pytest.mark.parametrize(("days", "finds"), [(0, False), (1, False), (2, True)])
def test_whoever_led_them_before_it_happened_finds_it_and_whoever_led_them_then_does_not(world, client, days, finds):
    declare_and_look(world, client, "self")
    leads = officer(world)
    with as_owner():
        worked(leads, "supervisor", office=world.office, team=world.team, through=TODAY - timedelta(days=days))
    assert kinds(world, leads) == ([("never", world.colleague.pk)] if finds else [])


def test_an_officer_who_decides_about_the_case_does_not_and_the_leader_does(world, client):
    case, _tie = declare_and_look(world, client, "self")
    decides = officer(world)
    with as_owner():
        member(decides, Role.COUNSELLOR, world.office)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=decides, role="counsellor")
    assert kinds(world, decides) == []
    assert kinds(world, world.leader) == [("further", world.colleague.pk)]


def by_pages(case: Case, world: World, decides: User) -> None:
    actions.hand_over(case, by=world.act_as(decides), to=world.counsellor, role="counsellor")


def by_a_statement(case: Case, world: World, decides: User) -> None:
    """Which would be taken back when the line is read."""
    world.act_as(decides)
    ask(
        "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
        f"VALUES ({case.pk}, access_today(), now(), access_user(), 'counsellor', NULL, NULL, '')"
    )


@pytest.mark.parametrize("gives_away", [by_pages, by_a_statement])
@pytest.mark.parametrize("kind", ["self", "family"])
def test_an_officer_who_decides_gives_the_case_away_and_does_not_find_it_either(world, client, kind, gives_away):
    case, _tie = declare_and_look(world, client, kind)
    decides = officer(world)
    with as_owner():
        member(decides, Role.COUNSELLOR, world.office)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=decides, role="counsellor")
    gives_away(Case.objects.get(pk=case.pk), world, decides)
    assert kinds(world, decides) == []
    assert not AccessLogEntry.objects.filter(rule__in=["own data", "close family"]).exists()
    client.force_login(world.act_as(decides))
    for page in ("/innsyn/", "/personvern/innsyn/"):
        assert world.colleague.name not in client.get(page).content.decode()
    assert kinds(world, world.leader) == [("further", world.colleague.pk)]


def test_an_officer_who_decides_by_another_row_of_the_number_does_not_find_it(world, client):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number)
    decides = officer(world)
    with as_owner():
        member(decides, Role.COUNSELLOR, world.other_office)
    client.force_login(world.act_as(decides))
    client.post("/henvis/", filled_in(world, number, given_name="Kari", team=str(world.other_team.pk)))
    with as_owner():
        assert Participant.objects.count() == 2
    me = world.act_as(world.colleague)
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="family")
    client.force_login(world.act_as(world.colleague))
    client.get(f"/sak/{case.pk}/")
    assert kinds(world, decides) == []
    assert not AccessLogEntry.objects.filter(rule="close family").exists()


def test_where_there_is_no_officer_the_leader_does(world, client):
    declare_and_look(world, client, "family")
    assert kinds(world, world.leader) == [("further", world.colleague.pk)]
    assert kinds(world, world.supervisor) == kinds(world, world.administrator) == []


def test_who_referred_a_colleague_does_not_find_as_officer_that_it_is_them(world):
    """Nobody is asked whether the person works here, where only who referred them decides."""
    from .test_widen_oneself_read_and_take_it_back import declared_where_nobody_decides

    case, _read = declared_where_nobody_decides(world, None)
    finds = officer(world)
    assert [kind for kind, _who in kinds(world, finds)] == ["own employee, nobody asked"]
    with as_owner():
        member(finds, Role.COUNSELLOR, world.office)
        Case.objects.filter(pk=case.pk).update(referred_by=finds, counsellor=None)
    assert kinds(world, finds) == []
    assert [kind for kind, _who in kinds(world, world.leader)] == ["further"]


def test_an_officer_who_asks_for_each_colleague_is_found_by_the_leader_where_there_is_no_other(world):
    alone = officer(world)
    with as_owner():
        AccessLogEntry.objects.create(user=alone, purpose="give", rule="give", allowed=False)
    (finding,) = unsigned_findings(world, world.leader)
    assert (finding.kind, finding.user_id) == ("further", alone.pk) and "holde seg unna" in finding.reason
    second = officer(world, "annen")
    assert kinds(world, second) == [("keeps away", alone.pk)]
    assert kinds(world, world.leader) == []


def lay_out(world: World, chance: random.Random) -> tuple[User, list[User], Case, date]:
    """Somebody who is kept away on a day, five who may be anything around them, and the case."""
    someone = world.colleague
    others = [world.supervisor, world.leader, *(user(f"hvem{n}", "Hvem", str(n)) for n in range(3))]
    Membership.objects.filter(user__in=[world.supervisor, world.leader]).delete()
    places = {
        "supervisor": [{"office": team.office, "team": team} for team in (world.team, world.second_team)],
        "leader": [{"office": world.office}, {"office": world.other_office}, {"county": world.county}],
        "data_protection": [{"office": world.office}, {"office": world.other_office}, {"county": world.county}],
        "counsellor": [{"office": world.office}],
    }

    def through() -> date | None:
        return chance.choice([None, None, None, TODAY, TODAY - timedelta(days=chance.choice([1, 2, 5, 20, 40]))])

    for colleague in others:
        for role in chance.sample(sorted(places), chance.choice([1, 1, 2, 3])):
            worked(colleague, role, through=through(), **chance.choice(places[role]))
    worked(someone, "specialist", office=world.office, team=world.second_team, through=through())
    case = Case.objects.get()
    Case.objects.filter(pk=case.pk).update(
        counsellor=chance.choice([*others, None]), shielded=chance.random() < 0.3, team=world.team
    )
    case.refresh_from_db()
    day = TODAY - timedelta(days=chance.choice([0, 1, 3, 9]))
    at = timezone.make_aware(datetime.combine(day, time(12)))
    line = AccessLogEntry.objects.create(user=someone, case_id=case.pk, purpose="case", rule="own data", allowed=False)
    AccessLogEntry.objects.filter(pk=line.pk).update(at=at)
    return someone, others, case, day


def works(account: User, role: str, first: date, last: date | None = None) -> list[Membership]:
    held = Membership.objects.filter(user=account, role=role, started_on__lte=first)
    return [m for m in held if m.ended_on is None or m.ended_on >= (last or first)]


def is_near(account: User, someone: User, case: Case, day: date) -> bool:
    """Has led them or the case's team since, or has a part in the case, as the words of the decision say it."""
    led = {held.team_id for held in works(account, "supervisor", TODAY, day - timedelta(days=1))}
    teams = {held.team_id for held in works(someone, "specialist", day, day - timedelta(days=1))}
    return bool(led & (teams | {case.team_id})) or account.pk in (case.counsellor_id, case.specialist_id)


def test_every_one_is_found_by_somebody_and_by_nobody_who_is_near(world):
    world.refer("Kari", "Kjent")
    found_by = 0
    for seed in range(40):
        with transaction.atomic():
            with as_owner():
                someone, others, case, day = lay_out(world, random.Random(seed))
                may = {
                    account.pk
                    for account in others
                    for held in works(account, "leader", TODAY) + works(account, "data_protection", TODAY)
                    if (held.office_id == world.office.pk or held.county_id)
                    and not is_near(account, someone, case, day)
                }
            comes_up = {("never", someone.pk), ("further", someone.pk)}
            finds = {
                account.pk for account in [*others, someone, world.specialist] if comes_up & set(kinds(world, account))
            }
            assert bool(finds) == bool(may), seed
            assert finds <= may, seed
            found_by += bool(finds)
            for account_id in finds:
                world.act_as(User.objects.get(pk=account_id))
                assert ask("SELECT access_level(%s) < 4", case.pk) == [(True,)], seed
            transaction.set_rollback(True)
    assert 10 < found_by < 40
