"""Conditions of the database's functions that no page comes past: each is taken out, and the answer must be another.

What is laid out for each is such that the condition alone decides. So a condition that is lost is noticed, and one that
decides nothing too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from plass.access import actions as access
from plass.access import log
from plass.access.models import AccessLogEntry, Grant
from plass.access.user_roles import user_roles
from plass.accounts.models import ApprovalRequest, Login
from plass.cases import actions, identity, joining
from plass.cases import unseen_cases as unseen
from plass.cases.models import Assignment, Case, Participant, PossibleDuplicate
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, identity_number, member, stored, user

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def ask(question: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def given_on(world: World, who: User) -> list[tuple[Any, ...]]:
    """The name, whether it was lost, and the reason."""
    world.act_as(who)
    return ask("SELECT participant, lost, reason FROM cases_given_on(access_today() - 7)")


def moved(world: World, case: Case, **more: Any) -> None:
    """The supervisor gives the case to the colleague."""
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Fordi", **more)


# --- cases_given_on ---------------------------------------------------------------------------------------------------


def same_one_again(world: World) -> Callable[[], Any]:
    case = world.refer()
    with as_owner():
        Assignment.objects.create(
            case=case,
            role="specialist",
            user=world.specialist,
            team=world.team,
            recorded_by=world.supervisor,
            happened_on=TODAY,
        )
    return lambda: given_on(world, world.counsellor)


def left_the_office(world: World) -> Callable[[], Any]:
    moved(world, world.refer())
    with as_owner():
        Membership.objects.filter(user=world.specialist).update(ended_on=YESTERDAY)
        member(world.specialist, Role.SPECIALIST, world.other_office, world.other_team)
    return lambda: given_on(world, world.specialist)


def close_to_the_counsellor(world: World) -> Callable[[], Any]:
    case = world.refer()
    moved(world, case)
    me = world.act_as(world.counsellor)
    access.declare(stored(case.participant, "identity_hash"), by=me, user=me, kind="family")
    return lambda: given_on(world, world.counsellor)


def protected_since(world: World) -> Callable[[], Any]:
    case = world.refer()
    moved(world, case)
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    return lambda: given_on(world, world.specialist)


def taken(world: World, by: User | None = None) -> Case:
    """A referral of a number that is registered at the other office, which somebody here took."""
    number = identity_number()
    world.refer("Ekte", "Registrert", team=world.other_team, number=number)
    case = actions.refer(
        by=world.act_as(world.counsellor),
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet"},
        team=world.team,
        wishes="Noe",
        participant_agreed_on=TODAY,
    )
    actions.hand_over(case, by=world.act_as(world.counsellor), to=by or world.colleague, team=world.team)
    with as_owner():
        # All that one test does is of one moment.
        Assignment.objects.update(recorded_at=timezone.now() - timedelta(hours=1))
    return case


def join(world: World) -> None:
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    joining.join(link, by=world.act_as(world.other_specialist), keep=True)


def joined_since(world: World) -> Callable[[], Any]:
    case = taken(world)
    with as_owner():
        specialist = user("jobb9", "Tone", "Tolag")
        member(specialist, Role.SPECIALIST, world.office, world.second_team)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=specialist, team=world.second_team, reason="Fordi")
    join(world)
    return lambda: given_on(world, world.colleague)


def given_on_after_a_join(world: World) -> Callable[[], Any]:
    case = taken(world)
    join(world)
    with as_owner():
        member(world.supervisor, Role.SPECIALIST, world.office, world.team)
    actions.hand_over(case, by=world.act_as(world.counsellor), to=world.supervisor, team=world.team, reason="Fordi")
    return lambda: given_on(world, world.colleague)


# --- The others -------------------------------------------------------------------------------------------------------


def joined_by_oneself(world: World) -> Callable[[], Any]:
    with as_owner():
        member(world.other_specialist, Role.SPECIALIST, world.office, world.team)
    taken(world, by=world.other_specialist)
    join(world)

    def answer() -> Any:
        world.act_as(world.other_specialist)
        return ask("SELECT part FROM cases_joined_since(access_today() - 7)")

    return answer


def request_about(world: World, **more: Any) -> ApprovalRequest:
    with as_owner():
        return ApprovalRequest.objects.create(
            user=world.other_counsellor, asked_by=world.administrator, reason="x", kind="password", **more
        )


def logged_in_before(world: World) -> Callable[[], Any]:
    """By a new link; that login has run out."""
    request = request_about(world, outcome="approved", answered_by=world.leader, answered_at=timezone.now())
    with as_owner():
        Session.objects.create(session_key="x" * 40, session_data="", expire_date=timezone.now() - timedelta(hours=1))
        Login.objects.create(
            session_key="x" * 40, user=world.other_counsellor, began_at=timezone.now(), way="password", approval=request
        )

    def answer() -> Any:
        who = user_roles(world.act_as(world.other_counsellor))
        assert who is not None
        log.log_list(who, "list", 1)
        with as_owner():
            return AccessLogEntry.objects.latest("pk").approval_id is None

    return answer


def answered_and_seen_by_nobody(world: World) -> Callable[[], Any]:
    """A shielded referral that was answered, whose people have left."""
    case = taken(world)
    with as_owner():
        Participant.objects.exclude(pk=case.participant_id).update(protection="confidential")
        PossibleDuplicate.objects.update(outcome="answered", answered_at=timezone.now(), answered_by=world.leader)
        Membership.objects.filter(user__in=[world.counsellor, world.colleague]).update(ended_on=YESTERDAY)
        officer = user("pv", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)

    def answer() -> Any:
        world.act_as(officer)
        return [unseen_case.number == case.pk for unseen_case in unseen.seen_by_nobody()]

    return answer


def open_to_somebody_asked_about(world: World, hours: int) -> Callable[[], Any]:
    request = request_about(world)
    case = world.refer()
    with as_owner():
        leader = user("leder5", "Liv", "Leder")
        member(leader, Role.LEADER, world.other_office)
        Grant.objects.create(
            kind="given",
            user=world.other_counsellor,
            case_id=case.pk,
            reason="x",
            granted_by=world.specialist,
            granted_at=timezone.now() - timedelta(days=2),
            expires_at=timezone.now() + timedelta(hours=hours),
        )

    def answer() -> Any:
        world.act_as(leader)
        return ask("SELECT accounts_cases_of_asked(%s)", request.pk)

    return answer


def ended_by_somebody_who_left(world: World) -> Callable[[], Any]:
    case = world.refer()
    grant = access.give(case.pk, by=world.act_as(world.specialist), to=world.other_counsellor, reason="x", hours=8)
    with as_owner():
        Membership.objects.filter(user=world.other_counsellor).update(ended_on=YESTERDAY)

    def answer() -> Any:
        world.act_as(world.other_counsellor)
        return ask("SELECT access_end_grant(%s)", grant.pk)

    return answer


def asked_by_anybody(world: World) -> Callable[[], Any]:
    request = request_about(world)

    def answer() -> Any:
        world.act_as(world.specialist)
        return ask("SELECT accounts_approvers(%s)", request.pk)

    return answer


#: Of each condition: the function, what is taken out, what stands there instead, what is laid out, and the answer with it.
CONDITIONS: dict[str, tuple[str, str, str, Callable[[World], Callable[[], Any]], Any]] = {
    "whoever has it already": ("cases_given_on", "AND g.user_id IS DISTINCT FROM g.former", "", same_one_again, []),
    "works at the office": (
        "cases_given_on",
        "AND c.office_id = ANY (access_offices('{specialist,supervisor,counsellor}'))",
        "",
        left_the_office,
        [],
    ),
    "counsellor sees it": (
        "cases_given_on",
        "AND (c.id = ANY (access_cases()) OR EXISTS (SELECT FROM access_whole w WHERE w.id = c.id)) END",
        "END",
        close_to_the_counsellor,
        [],
    ),
    "no reason without the name": (
        "cases_given_on",
        "CASE WHEN p.id IS NOT NULL THEN g.reason ELSE '' END",
        "g.reason",
        protected_since,
        [(None, True, "")],
    ),
    "not the registered person's name": (
        "cases_given_on",
        "AND NOT EXISTS (SELECT FROM cases_possibleduplicate d "
        "WHERE d.existing_id = p.id AND g.case_id = ANY (d.joined_cases))",
        "",
        joined_since,
        [(None, True, "")],
    ),
    "what the join itself did alone": (
        "cases_given_on",
        "AND d.answered_at = g.recorded_at",
        "",
        given_on_after_a_join,
        [("Ekte Registrert", True, "Fordi")],
    ),
    "joined by another": ("cases_joined_since", "AND d.answered_by_id <> access_user()", "", joined_by_oneself, []),
    "a login that lasts": ("accounts_mark_opening", "AND s.expire_date > now()", "", logged_in_before, True),
    "a referral that waits": (
        "cases_seen_by_nobody",
        "AND d.answered_at IS NULL",
        "",
        answered_and_seen_by_nobody,
        [True],
    ),
    "what is open for a time": (
        "accounts_cases_of_asked",
        "OR EXISTS (SELECT FROM access_grant",
        "OR false AND EXISTS (SELECT FROM access_grant",
        lambda world: open_to_somebody_asked_about(world, 8),
        [(1,)],
    ),
    "what was open for a time": (
        "accounts_cases_of_asked",
        "AND g.expires_at > now()",
        "",
        lambda world: open_to_somebody_asked_about(world, -8),
        [(0,)],
    ),
    "works here": ("access_end_grant", "AND access_is_staff()", "", ended_by_somebody_who_left, [(False,)]),
    "who sees the request": (
        "accounts_approvers",
        "AND (access_has_role('administrator') OR r.user_id = access_user()",
        "AND (true",
        asked_by_anybody,
        [(None,)],
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_decides(world: World, name: str) -> None:
    function, condition, instead, lay_out, expected = CONDITIONS[name]
    answer = lay_out(world)
    assert answer() == expected
    take_out(function, condition, instead)
    assert answer() != expected


def take_out(function: str, condition: str, instead: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [f"public.{function}"])
        # Wherever its lines are broken.
        pattern = re.escape(condition).replace(r"\ ", r"\s+")
        without, times = re.subn(pattern, lambda _match: instead, cursor.fetchone()[0])
        assert times == 1
        cursor.execute(without)
