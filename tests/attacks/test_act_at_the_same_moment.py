"""Two act at the same moment: each looks before the other has written, and so gets past a limit or a protection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.current_user import set_current_user
from plass.access.models import Grant
from plass.administration import actions as administration
from plass.cases import actions, facts, joining
from plass.cases.gate import NotAllowed
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner, superuser
from tests.world import identity_number, member, user

from .test_keep_what_was_taken_back import ask

Act = Callable[[User], Any]


def act_of(by: User, act: Act, *, until: threading.Event | None = None, done: threading.Event | None = None) -> Any:
    """``act`` as ``by`` in a transaction of its own, which waits for ``until`` before it ends; or what it raises."""
    try:
        with transaction.atomic():
            set_current_user(by.pk)
            result = act(User.objects.get(pk=by.pk))
            if done:
                done.set()
            if until:
                assert until.wait(60)
            return result
    except Exception as error:
        return error
    finally:
        if done:
            done.set()
        connections.close_all()


@contextmanager
def meanwhile(by: User, act: Act) -> Iterator[Future[Any]]:
    """Within, ``act`` is done and not committed."""
    written, go_on = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(act_of, by, act, until=go_on, done=written)
        assert written.wait(60)
        try:
            yield future
        finally:
            go_on.set()


def one_in_the_others_transaction(first: tuple[User, Act], second: tuple[User, Act]) -> tuple[Any, Any]:
    """The second begins while the first is not committed, which it is as soon as the second waits or is done."""
    with ThreadPoolExecutor(1) as pool:
        with meanwhile(*first) as done:
            future = pool.submit(act_of, *second)
            while not future.done() and not somebody_waits():
                pass
        return done.result(), future.result()


def somebody_waits() -> bool:
    name = connection.settings_dict["NAME"]
    with superuser() as looking:
        row = looking.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock')", [name]
        ).fetchone()
        return bool(row and row[0])


def all_at_once(*acts: tuple[User, Act]) -> list[Any]:
    barrier = threading.Barrier(len(acts))

    def together(act: Act) -> Act:
        def begin(by: User) -> Any:
            barrier.wait(60)
            return act(by)

        return begin

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(act_of, by, together(act)) for by, act in acts]]


def protect(person: int, level: str = "strictly_confidential") -> Act:
    def act(by: User) -> Any:
        now = Participant.objects.get(pk=person)
        return actions.change_protection(now, by=by, based_on=now.version, protection=level, reason="Trussel")

    return act


def let_in(case: int, to: User) -> Act:
    return lambda by: access.give(case, by=by, to=to, reason="Ferie", hours=168, level=Grant.Allows.RECORD)


def sees(who: User, case: int) -> int:
    with transaction.atomic():
        set_current_user(who.pk)
        return int(ask("SELECT access_level(%s)", case)[0][0])


def referred(world, **more) -> Case:
    with transaction.atomic():
        return world.refer("Kari", "Kjent", **more)


@pytest.mark.parametrize("first", ["let in", "protected"])
def test_nobody_is_let_in_while_the_person_is_protected(committed, first):
    world = committed
    case = referred(world)
    both = [
        (world.counsellor, let_in(case.pk, world.other_specialist)),
        (world.specialist, protect(case.participant_id)),
    ]
    results = one_in_the_others_transaction(*(both if first == "let in" else reversed(both)))
    assert sees(world.other_specialist, case.pk) == 0
    assert sees(world.specialist, case.pk) == 4
    # Whoever comes second is refused, or ends what the first gave.
    assert [isinstance(result, ValidationError) for result in results] == [False, first == "protected"]


@pytest.mark.parametrize("first", ["emergency", "protected"])
def test_nor_does_anybody_take_an_emergency(committed, first):
    world = committed
    case = referred(world)
    both = [
        (world.other_specialist, lambda by: access.break_glass(case.pk, by=by, reason="Haster", hours=8)),
        (world.specialist, protect(case.participant_id)),
    ]
    one_in_the_others_transaction(*(both if first == "emergency" else reversed(both)))
    assert sees(world.other_specialist, case.pk) == 0


def referred_unseen(world, number: str) -> tuple[Case, int]:
    """Somebody refers a number that is registered where they do not see it: the new case, and the possible duplicate."""
    with transaction.atomic():
        typed = actions.refer(
            by=world.act_as(world.counsellor),
            number=actions.identity.parse(number),
            person={"given_name": "Kari", "family_name": "Skrevet", "protection": ""},
            team=world.team,
            wishes="x",
            participant_agreed_on=timezone.localdate(),
        )
        with as_owner():
            return typed, PossibleDuplicate.objects.get(participant=typed.participant_id).pk


@pytest.mark.parametrize("first", ["let in", "joined"])
def test_nor_is_let_in_to_a_referral_while_it_is_joined(committed, first):
    world = committed
    number = identity_number()
    referred(world, number=number, team=world.other_team)
    typed, duplicate = referred_unseen(world, number)
    both = [
        (world.supervisor, let_in(typed.pk, world.other_counsellor)),
        (world.other_specialist, lambda by: joining.join(duplicate, by=by)),
    ]
    one_in_the_others_transaction(*(both if first == "let in" else reversed(both)))
    if first == "let in":
        assert sees(world.other_counsellor, typed.pk) == 0
    with transaction.atomic(), as_owner():
        assert PossibleDuplicate.objects.get(pk=duplicate).outcome == "joined"
        assert Grant.objects.filter(case_id=typed.pk, granted_at__gt=timezone.now() - timedelta(hours=1)).count() == 1


@pytest.mark.parametrize("first", ["joined", "protected"])
def test_what_was_typed_is_not_protected_in_vain_while_it_is_joined(committed, first):
    world = committed
    number = identity_number()
    registered = referred(world, number=number, team=world.other_team)
    typed, duplicate = referred_unseen(world, number)
    both = [
        (world.other_specialist, lambda by: joining.join(duplicate, by=by)),
        (world.counsellor, protect(typed.participant_id)),
    ]
    results = one_in_the_others_transaction(*(both if first == "joined" else reversed(both)))
    if first == "protected":
        # Then it is not theirs to join: somebody is appointed.
        assert isinstance(results[1], NotAllowed)
        assert sees(world.colleague, typed.pk) == 0
    else:
        assert sees(world.other_specialist, registered.pk) == 4


@pytest.mark.parametrize("first", ["referred", "protected"])
def test_a_referral_at_the_moment_of_the_protection_is_shielded(committed, first):
    world = committed
    number = identity_number()
    case = referred(world, number=number, team=world.other_team)
    with transaction.atomic(), as_owner():
        member(world.other_specialist, Role.COUNSELLOR, world.office)

    def refer(by: User) -> Case:
        return actions.refer(
            by=by,
            number=actions.identity.parse(number),
            person={"given_name": "Kari", "family_name": "Kjent"},
            team=world.team,
            wishes="x",
            participant_agreed_on=timezone.localdate(),
        )

    both = [(world.other_specialist, refer), (world.other_counsellor, protect(case.participant_id))]
    results = one_in_the_others_transaction(*(both if first == "referred" else reversed(both)))
    new = next(result for result in results if isinstance(result, Case))
    with transaction.atomic(), as_owner():
        Membership.objects.filter(user=world.other_specialist, role=Role.COUNSELLOR).delete()
    assert new.participant_id == case.participant_id
    assert sees(world.colleague, new.pk) == 0


def test_no_more_emergencies_at_once_than_one_after_the_other(committed):
    world = committed
    cases = [referred(world).pk for _each in range(12)]
    with transaction.atomic(), as_owner():
        Grant.objects.filter(user=world.other_specialist).update(
            granted_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(days=2)
        )

    def take(case: int) -> tuple[User, Act]:
        return world.other_specialist, lambda by: access.break_glass(case, by=by, reason="Haster", hours=8)

    opened = all_at_once(*(take(case) for case in cases))
    assert sorted(opened) == [False] * 7 + [True] * 5


def test_two_administrators_who_end_each_other_leave_one(committed):
    world = committed
    with transaction.atomic(), as_owner():
        second = user("admin2", "Anna", "Admin")
        member(second, Role.ADMINISTRATOR, world.office)
    yesterday = timezone.localdate() - timedelta(days=1)

    def end(account: User) -> Act:
        return lambda by: administration.leave(User.objects.get(pk=account.pk), by=by, last_day=yesterday)

    results = one_in_the_others_transaction((world.administrator, end(second)), (second, end(world.administrator)))
    assert [isinstance(result, ValidationError) for result in results] == [False, True]
    with transaction.atomic(), as_owner():
        left = Membership.objects.filter(role=Role.ADMINISTRATOR, ended_on=None, user__ended_on=None)
        assert [membership.user_id for membership in left] == [world.administrator.pk]


def handed_over(world: Any) -> tuple[Case, Any]:
    """A case of the colleague's, handed over to the specialist; and that assignment."""
    case = referred(world)
    with transaction.atomic():
        by = world.act_as(world.supervisor)
        actions.hand_over(case, by=by, to=world.colleague, reason="x")
        return case, actions.hand_over(case, by=by, to=world.specialist, reason="x")


@pytest.mark.parametrize("first", ["withdrawn", "protected"])
def test_a_case_does_not_go_back_while_the_person_is_protected(committed, first):
    world = committed
    case, assignment = handed_over(world)
    both = [
        (world.supervisor, lambda by: facts.withdraw(assignment, by=by, reason="Feil")),
        (world.counsellor, protect(case.participant_id)),
    ]
    results = one_in_the_others_transaction(*(both if first == "withdrawn" else reversed(both)))
    if first == "protected":
        # The supervisor, who leads the team alone, has no part in it any more.
        assert isinstance(results[1], NotAllowed)
        assert sees(world.colleague, case.pk) == 0
    else:
        # Nobody waits for the other for ever; who protects names whoever has it then.
        assert not any(isinstance(result, Exception) for result in results)


def test_nor_is_a_referral_taken_while_it_is_joined(committed):
    world = committed
    number = identity_number()
    referred(world, number=number, team=world.other_team, protection="strictly_confidential")
    typed, duplicate = referred_unseen(world, number)
    joined, taken = one_in_the_others_transaction(
        (world.other_specialist, lambda by: joining.join(duplicate, by=by)),
        (world.colleague, lambda by: actions.take(typed, by=by)),
    )
    # Whoever takes it comes after: to the case as the join has left it.
    assert not isinstance(joined, Exception)
    assert isinstance(taken, NotAllowed)
    assert sees(world.colleague, typed.pk) == 0
