"""A statement smuggled into the page of somebody with many cases wants their teams to be more than they are, or what is
left out of a team not to be."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from plass.access import actions as access
from plass.access.current_user import set_current_user
from plass.cases import identity
from plass.cases.models import Case
from plass.db import signed
from plass.organisation.models import Role, Team
from tests.access.organisations import Made, lay_out, one_of_each_rule
from tests.access.test_rules import tell_no_case_of_a_team_by_itself
from tests.conftest import as_owner
from tests.world import identity_number, member


def ask(question: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall()


@pytest.fixture
def made(db: None) -> Made:
    made = lay_out(one_of_each_rule())
    tell_no_case_of_a_team_by_itself()
    return made


def seen() -> list[tuple]:
    return ask(
        "SELECT ARRAY(SELECT id FROM cases_case ORDER BY 1), ARRAY(SELECT id FROM cases_participant ORDER BY 1), "
        "ARRAY(SELECT case_id FROM milestone_cache ORDER BY 1), ARRAY(SELECT case_id FROM cases_referral ORDER BY 1)"
    )


def setting_kept(name: str) -> str:
    return ask("SELECT access_whole_teams(), access_tied(), current_setting(%s)", f"plass.{name}")[0][2]


def test_what_is_kept_of_teams_and_ties_cannot_be_written(made):
    set_current_user(made.people[0].pk)
    others = {name: setting_kept(name) for name in ("whole", "tied")}
    every = str(sorted(Team.objects.values_list("pk", flat=True))).replace("[", "{").replace("]", "}").replace(" ", "")
    for someone in made.people[1:]:
        set_current_user(someone.pk)
        right = seen()
        for name, wider in (("whole", every), ("tied", "{}")):
            own = setting_kept(name)
            forged = signed._sign(connection, f"plass.{name}", wider)
            for value in (wider, own[:64] + wider, forged + wider, "0" * 64 + wider, others[name]):
                ask("SELECT set_config(%s, %s, true)", f"plass.{name}", value)
                assert seen() == right
            ask("SELECT set_config(%s, %s, true)", f"plass.{name}", own)


@pytest.mark.parametrize(
    "question",
    [
        "SELECT shielded FROM milestone_cache",
        "SELECT count(*) FROM milestone_cache WHERE shielded",
        "SELECT k FROM milestone_cache k",
        "SELECT id FROM access_whole",
        "SELECT access_most_one_by_one()",
    ],
)
def test_who_is_left_out_of_a_team_is_not_told(made, question):
    set_current_user(made.people[0].pk)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ask(question)


def test_who_covers_a_team_that_is_not_told_whole_sees_the_rest_of_it(world):
    """Somebody says "this is me" about one of its cases: that one is closed to cover, and every other is told by itself."""
    with as_owner():
        member(world.specialist, Role.SPECIALIST, world.office, world.second_team)
    number = identity_number()
    world.refer(number=number, taken=False)
    other = world.refer(taken=False)
    elsewhere = world.refer(team=world.second_team, taken=False)
    by = world.act_as(world.colleague)
    access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    tell_no_case_of_a_team_by_itself()
    world.act_as(world.specialist)
    assert ask("SELECT access_whole_teams()") == [([world.second_team.pk],)]
    assert set(Case.objects.values_list("pk", flat=True)) == {other.pk, elsewhere.pk}
