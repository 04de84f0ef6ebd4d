"""A function that a page asks is asked by somebody who is not shown that page, or with what the page never sends."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import ConflictOfInterest, Grant
from plass.accounts.models import SecondFactor, Subject
from plass.cases import actions, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.db import signed
from tests.conftest import as_owner
from tests.world import identity_number, stored, user

from .test_refer_a_shielded_person import filled_in

OTHERS = ["colleague", "supervisor", "counsellor", "other_specialist", "leader"]


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def protection(case: Case) -> str:
    with as_owner():
        return Participant.objects.get(pk=case.participant_id).protection


# --- Accounts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", OTHERS)
def test_whether_a_colleague_has_a_password_or_a_phone_is_said_to_nobody_else(world, whose):
    with as_owner():
        SecondFactor.objects.create(user=world.specialist, secret=b"x", confirmed_at=timezone.now(), last_step=0)
    account_id = world.specialist.pk
    world.act_as(getattr(world, whose))
    assert ask("SELECT accounts_has_password(%s)", account_id) is False
    assert ask("SELECT accounts_factor_since(%s)", account_id) is None
    # The control.
    for right in (world.specialist, world.administrator):
        world.act_as(right)
        assert ask("SELECT accounts_has_password(%s)", account_id) is True
        assert ask("SELECT accounts_factor_since(%s)", account_id) is not None


def test_nobody_who_works_here_binds_their_own_account_nor_anybody_that_of_another(world):
    with as_owner():
        contact, participant = (user(f"ute{kind}", "", "", kind=kind) for kind in ("employer", "participant"))
    tries = [(world.specialist, world.specialist), (world.administrator, world.administrator)]
    tries += [(participant, participant), (world.specialist, contact), (world.administrator, contact)]
    for by, whose in tries:
        world.act_as(by)
        with pytest.raises(DatabaseError), transaction.atomic():
            signed.call("accounts_bind", "https://login.example", "mine", whose.pk)
    with as_owner():
        assert not Subject.objects.exists()
    # The control.
    world.act_as(contact)
    signed.call("accounts_bind", "https://login.example", "mine", contact.pk)
    with as_owner():
        assert Subject.objects.get().user_id == contact.pk


# --- A case and its participant ---------------------------------------------------------------------------------------


def test_the_identity_number_of_somebody_one_does_not_see_does_not_come_out(world):
    case = world.refer(team=world.other_team)
    for whose in ("specialist", "colleague", "supervisor", "counsellor", "leader", "administrator"):
        world.act_as(getattr(world, whose))
        assert signed.call("cases_identity_number", case.participant_id) == [(None,)], whose
    # The control.
    world.act_as(world.other_specialist)
    assert signed.call("cases_identity_number", case.participant_id)[0][0] is not None


def test_who_may_take_a_case_is_asked_of_the_database_too(world):
    waits, followed = world.refer(taken=False), world.refer()
    elsewhere, shielded = (
        world.refer(taken=False, team=world.other_team),
        world.refer(taken=False, protection="confidential"),
    )
    question = "SELECT access_may_take(%s)"
    for level in (Grant.Allows.READ, Grant.Allows.RECORD):
        by = world.act_as(world.counsellor)
        access.give(waits.pk, by=by, to=world.other_specialist, reason="x", hours=8, level=level)
        world.act_as(world.other_specialist)
        assert ask(question, waits.pk) is False
    for whose in ("supervisor", "counsellor", "leader", "administrator"):
        world.act_as(getattr(world, whose))
        assert ask(question, waits.pk) is False, whose
    world.act_as(world.colleague)
    assert [ask(question, case.pk) for case in (followed, elsewhere, shielded)] == [False] * 3
    assert ask(question, waits.pk) is True


def test_a_case_is_not_given_to_the_participants_own_account_or_to_somebody_close(world):
    case = world.refer()
    with as_owner():
        person = Participant.objects.get(pk=case.participant_id)
        ConflictOfInterest.objects.create(
            user=world.supervisor,
            identity_hash=stored(person, "identity_hash"),
            kind=ConflictOfInterest.Kind.FAMILY,
            declared_by=world.supervisor,
        )
        Participant.objects.filter(pk=case.participant_id).update(user=world.colleague)
    by = world.act_as(world.specialist)
    for whose in (world.colleague, world.supervisor):
        assert not access.may_follow([(whose.pk, case.pk)])
        with pytest.raises(ValidationError):
            actions.hand_over(case, by=by, to=whose, team=world.team)
        with pytest.raises(ValidationError):
            access.give(case.pk, by=by, to=whose, reason="x", hours=8)
    assert access.may_follow([(world.counsellor.pk, case.pk)]) == {(world.counsellor.pk, case.pk)}


@pytest.mark.parametrize("whose", ["other_specialist", "leader", "administrator"])
def test_who_is_close_to_whom_is_not_asked_by_those_who_do_not_see_the_case(world, whose):
    case = world.refer()
    world.act_as(getattr(world, whose))
    assert not access.may_follow([(world.colleague.pk, case.pk)])


@pytest.mark.parametrize("hours", [-1, 0, 169, 100_000])
def test_an_emergency_lasts_between_an_hour_and_a_week_whatever_is_asked(world, hours):
    case = world.refer(team=world.other_team)
    by = world.act_as(world.specialist)
    assert access.break_glass(case.pk, by=by, reason="Ringte", hours=hours) is False
    with as_owner():
        assert not Grant.objects.exists()
    assert access.break_glass(case.pk, by=by, reason="Ringte", hours=168) is True


@pytest.mark.parametrize(
    ("level", "reason"),
    [("confidential", ""), ("confidential", "  "), ("secret", "Trusler"), ("Confidential", "Trusler")],
)
def test_protection_is_not_changed_without_a_reason_or_to_what_is_none(world, level, reason):
    case = world.refer()
    world.act_as(world.specialist)
    assert signed.call("cases_change_protection", case.participant_id, level, reason, 1)[0][0] is False
    assert protection(case) == ""
    assert signed.call("cases_change_protection", case.participant_id, "confidential", "Trusler", 1)[0][0] is True


def test_whether_a_referral_was_answered_is_said_to_those_who_see_it(world, client):
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    joined = world.refer()
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        link = PossibleDuplicate.objects.get()
        referral = Case.objects.get(participant_id=link.participant_id)
    question = "SELECT cases_was_answered(%s)"
    assert ask(question, referral.pk) is False
    joining.answer(link.pk, by=world.act_as(world.other_specialist), text="Har oppfølging her")
    for whose in ("other_specialist", "other_counsellor", "leader", "administrator"):
        world.act_as(getattr(world, whose))
        assert ask(question, referral.pk) is False, whose
    with as_owner():
        PossibleDuplicate.objects.update(
            outcome="answered", answered_at=timezone.now(), answered_by=world.other_specialist, answer="x"
        )
    world.act_as(world.counsellor)
    assert (ask(question, referral.pk), ask(question, joined.pk)) == (True, False)


def test_whether_an_end_is_an_answer_is_said_to_those_who_see_the_case(world):
    case = world.refer(taken=False)
    by = world.act_as(world.supervisor)
    end = actions.end(case, by=by, happened_on=timezone.localdate(), cause="other", note="Nei")
    for question, number in (("cases_is_an_answer", end.pk), ("cases_ended_with_an_answer", case.pk)):
        world.act_as(world.counsellor)
        assert ask(f"SELECT {question}(%s)", number) is True
    for whose in ("other_specialist", "other_counsellor", "leader", "administrator"):
        world.act_as(getattr(world, whose))
        assert ask("SELECT cases_is_an_answer(%s)", end.pk) is False, whose
        assert ask("SELECT cases_ended_with_an_answer(%s)", case.pk) is False, whose


# --- Ties -------------------------------------------------------------------------------------------------------------


def test_what_somebody_said_of_those_close_to_them_is_asked_by_nobody_else(world):
    number = stored(world.refer().participant, "identity_hash")
    me = world.act_as(world.colleague)
    tie = access.declare(number, by=me, user=me, kind=ConflictOfInterest.Kind.FAMILY)
    for whose in ("specialist", "supervisor", "counsellor", "other_specialist", "leader", "administrator"):
        world.act_as(getattr(world, whose))
        assert ask("SELECT access_tie_said(%s, %s, 'family')", me.pk, number) is None, whose
    world.act_as(world.colleague)
    assert ask("SELECT access_tie_said(%s, %s, 'family')", me.pk, number) == tie.pk


@pytest.mark.parametrize("number", [b"", b"x" * 31, b"x" * 33])
def test_what_is_no_hash_of_a_number_is_no_tie(world, number):
    """Bytes that a page reads where the hash is hidden (config.hidden) say nothing of anybody."""
    me = world.act_as(world.specialist)
    with pytest.raises((DatabaseError, ValidationError)), transaction.atomic():
        access.declare(number, by=me, user=me, kind=ConflictOfInterest.Kind.SELF)


@pytest.mark.parametrize(("hours", "may"), [(168, True), (169, False), (7 * 24 + 23, False)])
def test_nobody_is_let_in_for_more_than_a_week(world, hours, may):
    case = world.refer()
    by = world.act_as(world.specialist)
    try:
        access.give(case.pk, by=by, to=world.other_specialist, reason="x", hours=hours)
    except ValidationError:
        given = False
    else:
        given = True
    assert given is may
