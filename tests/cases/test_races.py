"""Two (or ten) who act at the same moment: on real connections, in a database where everything stays.

Each promise has a control beside it that does the same without what keeps it, and shows that the race is one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from plass.access import idempotency
from plass.access.current_user import acting_as
from plass.accounts.auth_backend import LocalAccounts
from plass.accounts.rate_limit import MOST_FAILURES, TooManyAttempts
from plass.cases import actions, facts, identity
from plass.cases.models import Assignment, Case, CaseEnded, Collaborator, Correction, Participant, PauseStarted
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import identity_number

TODAY = timezone.localdate()
MANY = 10


def at_once(act: Callable[[int, threading.Barrier], Any], count: int = MANY) -> list[Any]:
    """Run ``act(n, barrier)`` in ``count`` threads; what each returned or raised. The barrier lets them go together."""
    barrier = threading.Barrier(count, timeout=240)
    results: list[Any] = [None] * count

    def run(n: int) -> None:
        try:
            results[n] = act(n, barrier)
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
        assert not thread.is_alive(), "a thread waits for ever"
    return results


def succeeded(results: list[Any]) -> list[Any]:
    return [result for result in results if not isinstance(result, Exception)]


def failed(results: list[Any]) -> set[type]:
    return {type(result) for result in results if isinstance(result, Exception)}


@pytest.fixture
def case(committed):
    with transaction.atomic():
        return committed.refer(taken=False)


def as_(user: User) -> Any:
    return acting_as(user)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def add(case: Case, by: User) -> str:
    actions.add_collaborator(case, by=by, happened_on=TODAY, role="gp", name="Lege", agreement="Helse")
    return f"/sak/{case.pk}/"


def test_a_form_sent_ten_times_at_once_is_one_fact(committed, case):
    number = idempotency.new()

    def send(n, barrier):
        with as_(committed.colleague):
            by = fresh(committed.colleague)
            barrier.wait()
            return idempotency.run_once(number, by=by, act=lambda: add(case, by))

    results = at_once(send)
    assert results == [f"/sak/{case.pk}/"] * MANY
    with as_(committed.colleague):
        assert Collaborator.objects.filter(case=case).count() == 1


def test_control_without_the_number_it_is_ten_facts(committed, case):
    def send(n, barrier):
        with as_(committed.colleague):
            by = fresh(committed.colleague)
            barrier.wait()
            return add(case, by)

    at_once(send)
    with as_(committed.colleague):
        assert Collaborator.objects.filter(case=case).count() == MANY


def test_ten_presses_by_two_specialists_give_the_case_to_one_of_them(committed, case):
    people = [committed.specialist, committed.colleague]

    def press(n, barrier):
        with as_(people[n % 2]):
            by = fresh(people[n % 2])
            barrier.wait()
            return actions.take(case, by=by).user_id

    results = at_once(press)
    assert len(succeeded(results)) == 1
    assert failed(results) == {ValidationError}
    with as_(committed.colleague):
        assert Case.objects.get(pk=case.pk).specialist_id == succeeded(results)[0]
        assert Assignment.objects.filter(case=case, role="specialist").count() == 1


def test_control_looking_first_and_writing_after_gives_it_to_several(committed, case):
    def press(n, barrier):
        with as_(committed.supervisor):
            by = fresh(committed.supervisor)
            is_free = Case.objects.get(pk=case.pk).specialist_id is None
            barrier.wait()
            return is_free and facts.record(
                Assignment(case=case, happened_on=TODAY, role="specialist", user=by, team=case.team), by=by
            )

    assert all(at_once(press))
    with as_(committed.supervisor):
        assert Assignment.objects.filter(case=case, role="specialist").count() == MANY


@pytest.mark.parametrize("how", ["correct", "withdraw"])
def test_ten_who_correct_the_same_fact_at_once_correct_it_once(committed, case, how):
    with as_(committed.colleague):
        add(case, fresh(committed.colleague))
        fact = Collaborator.objects.get(case=case)

    def mend(n, barrier):
        with as_(committed.colleague):
            by = fresh(committed.colleague)
            own_copy = Collaborator.objects.get(pk=fact.pk)
            barrier.wait()
            if how == "withdraw":
                return facts.withdraw(own_copy, by=by, reason="Feil")
            return facts.correct(own_copy, by=by, reason="Feil", name=f"Lege {n}")

    results = at_once(mend)
    assert len(succeeded(results)) == 1
    assert failed(results) == {facts.StaleFact}
    with as_(committed.colleague):
        assert Correction.objects.filter(case=case, kind="collaborator").count() == 1
        standing = Collaborator.objects.filter(case=case, superseded_at=None).count()
        assert standing == (0 if how == "withdraw" else 1)


def test_ten_who_refer_the_same_new_person_at_once_refer_them_once(committed):
    number = identity.parse(identity_number())

    def refer(n, barrier):
        with as_(committed.counsellor):
            by = fresh(committed.counsellor)
            barrier.wait()
            return actions.refer(
                by=by,
                number=number,
                person={"given_name": f"Ny{n}", "family_name": "Person"},
                team=committed.team,
                wishes="Jobb",
                participant_agreed_on=TODAY,
            ).pk

    results = at_once(refer)
    assert len(succeeded(results)) == 1
    assert failed(results) == {ValidationError}
    with as_(committed.counsellor), as_owner():
        assert Participant.objects.filter(identity_hash=identity.find_by(number)).count() == 1


@pytest.mark.parametrize("what", ["pause", "end"])
def test_two_who_press_at_once_pause_or_end_once(committed, case, what):
    def press(n, barrier):
        with as_(committed.supervisor):
            by = fresh(committed.supervisor)
            barrier.wait()
            if what == "end":
                return actions.end(case, by=by, happened_on=TODAY, cause="work")
            return actions.pause(
                case, by=by, happened_on=TODAY, reason="illness", follow_up_on=TODAY + timedelta(days=9)
            )

    results = at_once(press, 4)
    assert len(succeeded(results)) == 1
    assert failed(results) == {ValidationError}
    with as_(committed.supervisor):
        model = CaseEnded if what == "end" else PauseStarted
        assert model.objects.filter(case=case).count() == 1


def test_of_many_writers_none_loses_what_another_wrote(committed, case):
    """Each adds their letter to what they read; whoever was too late reads again. Every letter is there at the end."""
    writers, times = 8, 5

    def write(n, barrier):
        done = 0
        barrier.wait()
        while done < times:
            with as_(committed.colleague):
                by = fresh(committed.colleague)
                read = Participant.objects.get(pk=case.participant_id)
                try:
                    actions.change_participant(read, by=by, based_on=read.version, place=f"{read.place}{'abcdefgh'[n]}")
                    done += 1
                except actions.StaleParticipant:
                    continue
        return done

    assert at_once(write, writers) == [times] * writers
    with as_(committed.colleague):
        place = Participant.objects.get(pk=case.participant_id).place
    assert {letter: place.count(letter) for letter in "abcdefgh"} == dict.fromkeys("abcdefgh", times)


def test_control_without_the_version_letters_are_lost(committed, case):
    def write(n, barrier):
        with as_(committed.colleague):
            read = Participant.objects.get(pk=case.participant_id)
            barrier.wait()
            Participant.objects.filter(pk=read.pk).update(place=f"{read.place}{n}")

    at_once(write, 4)
    with as_(committed.colleague):
        assert len(Participant.objects.get(pk=case.participant_id).place) == 1


def test_guesses_sent_all_at_once_are_counted_like_others(committed):
    def guess(n, barrier):
        with transaction.atomic():
            barrier.wait()
            return LocalAccounts().authenticate(None, username="jobb3", password=f"gjett {n}")

    results = at_once(guess, 3 * MOST_FAILURES)
    assert results.count(None) == MOST_FAILURES
    assert failed(results) == {TooManyAttempts}
