"""Somebody says "this is me", or close to me, of a number that they want to know of; a statement asks what that closes."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from plass.access import actions as access
from plass.cases import identity
from tests.access.test_rules import tell_no_case_of_a_team_by_itself
from tests.conftest import as_owner
from tests.house.test_functions import functions
from tests.world import identity_number

from .test_keep_what_was_taken_back import ask
from .test_widen_oneself_read_and_take_it_back import read_and_taken_back


def answers() -> dict[str, str]:
    """The answer of each unsigned function without a parameter to the user who acts, by its name."""
    answers_by_function = {}
    for function in functions():
        if [name for name, _type in function.parameters] != []:
            continue
        try:
            with transaction.atomic():
                answers_by_function[function.name] = str(ask(f"SELECT * FROM {function.name}()"))
        except DatabaseError as refused:
            answers_by_function[function.name] = str(refused)
    return answers_by_function


@pytest.mark.parametrize("kind", ["self", "family"])
@pytest.mark.parametrize("protection", ["", "strictly_confidential"])
@pytest.mark.parametrize("where", ["other_team", "team"])
def test_a_tie_tells_nothing_of_whom_one_does_not_see(world, kind, protection, where):
    number = identity_number()
    case = world.refer("Kari", "Ukjent", number=number, team=getattr(world, where), protection=protection)
    me = world.act_as(world.colleague)
    seen = ask("SELECT access_level(%s)", case.pk) != [(0,)]
    before = answers()
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind=kind)
    world.act_as(world.colleague)
    after = answers()
    # Whom they saw is gone.
    assert (before == after) is not seen
    # Whoever covers does not see whom somebody says they are, whoever says so.
    assert (after["access_tied"] == f"[([{case.participant_id}],)]") is (seen and kind == "family")
    for question in ("SELECT * FROM access_ties()", "SELECT access_ties_of('family')", "SELECT * FROM access_by_work"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ask(question)


def test_a_referral_of_ones_own_is_gone_when_it_is_said(world):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number, taken=False)
    me = world.act_as(world.counsellor)
    assert ask("SELECT id FROM cases_case") == [(case.pk,)]
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="family")
    world.act_as(world.counsellor)
    assert ask("SELECT id FROM cases_case") == []


#: A statement adds cases of a participant of its own, until its team would be told whole.
ADDS = (
    "INSERT INTO cases_case (participant_id, office_id, team_id, referred_by_id, shielded) "
    "SELECT {person}, {office}, {team}, access_user(), false FROM generate_series(1, 600)"
)


@pytest.mark.parametrize("declared", [True, False])
def test_no_statement_makes_its_team_a_large_one(world, declared):
    """How many were missing would tell that a referral is quietly shielded; and a large team is not whole while one of its
    cases is said to be somebody's."""
    number = identity_number()
    world.refer("Kari", "Kjent", number=number)
    world.refer("Per", "Vanlig")
    if declared:
        colleague = world.act_as(world.other_specialist)
        access.declare(identity.find_by(identity.parse(number)), by=colleague, user=colleague, kind="self")
    own_case = world.refer("Ola", "Egen")
    with as_owner():
        ask(
            "UPDATE cases_case SET referred_by_id = %s, referrer_ended_at = NULL WHERE id = %s",
            world.colleague.pk,
            own_case.pk,
        )
        # Whom they cover for, or decide about: the participant is theirs to refer.
        assert ask("SELECT count(*) FROM cases_case WHERE team_id = %s", world.team.pk) == [(3,)]
    world.act_as(world.colleague)
    adds = ADDS.format(person=own_case.participant_id, office=world.office.pk, team=world.team.pk)
    assert read_and_taken_back(adds, "SELECT access_whole_teams()::text") == "{}"


def test_whom_one_followed_is_told_one_by_one_whether_or_not_they_are_shielded(world):
    """In a team that is seen whole: a case that is told by itself only where it is shielded would say that it is."""
    cases = [world.refer(f"Navn{number}", "Vanlig", taken=False) for number in range(2)]
    with as_owner(), connection.cursor() as cursor:
        for case in cases:
            cursor.execute(
                "INSERT INTO cases_assignment "
                "(case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
                "VALUES (%s, access_today(), now(), %s, 'specialist', %s, %s, '')",
                [case.pk, world.supervisor.pk, world.colleague.pk, world.team.pk],
            )
            cursor.execute("UPDATE cases_case SET specialist_id = %s WHERE id = %s", [world.specialist.pk, case.pk])
        # As where the number is known and protected elsewhere (cases_is_shielded).
        cursor.execute("UPDATE cases_case SET shielded = true WHERE id = %s", [cases[0].pk])
    tell_no_case_of_a_team_by_itself()
    world.act_as(world.colleague)
    assert ask("SELECT access_whole_teams()") == [([world.team.pk],)]
    assert set(ask("SELECT unnest(access_cases())")) == {(case.pk,) for case in cases}
