"""Who may open a case: each rule by itself, and the database's own rule compared with them over made organisations."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plass.access.acting import announce
from plass.access.actors import standing
from plass.access.rules import RULES, Actor, Relations, decide
from plass.cases.gate import relations
from plass.cases.models import Case, Participant
from plass.organisation.models import County, Membership, Office, Role, Team, User
from tests.conftest import as_owner

NOBODY = Relations(participant=1, specialist=None, counsellor=None, referred_by=99, team=5, shielded=False)
ME = Actor(user=7, works_with_people=True, teams=frozenset())


def with_(case: Relations = NOBODY, **changes) -> Relations:
    return Relations(**(vars(case) | changes))


def as_(actor: Actor = ME, **changes) -> Actor:
    return Actor(**(vars(actor) | changes))


#: (rule that decides, allowed, who asks, how the case stands)
EXAMPLES = [
    ("own", True, as_(works_with_people=False, participant=1), NOBODY),
    ("specialist", True, ME, with_(specialist=7)),
    ("counsellor", True, ME, with_(counsellor=7)),
    ("referred", True, ME, with_(referred_by=7)),
    ("shielded", False, as_(teams=frozenset({5})), with_(shielded=True)),
    ("team", True, as_(teams=frozenset({4, 5})), NOBODY),
    ("no relation", False, as_(teams=frozenset({4})), NOBODY),
]


@pytest.mark.parametrize(("rule", "allowed", "actor", "case"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_each_rule_decides_its_own_example(rule, allowed, actor, case):
    decision = decide(actor, case)
    assert (decision.rule, decision.allowed) == (rule, allowed)


def test_every_rule_has_an_example():
    assert {rule.name for rule in RULES} == {example[0] for example in EXAMPLES}


@pytest.mark.parametrize("relation", ["specialist", "counsellor", "referred_by"])
def test_a_relation_in_the_case_opens_it_although_it_is_shielded(relation):
    assert decide(ME, with_(shielded=True, **{relation: 7})).allowed


@pytest.mark.parametrize("relation", ["specialist", "counsellor", "referred_by"])
def test_whoever_left_opens_nothing_that_still_bears_their_name(relation):
    assert not decide(as_(works_with_people=False), with_(**{relation: 7})).allowed


def test_a_case_without_a_team_is_no_team_s():
    assert not decide(as_(teams=frozenset({5})), with_(team=None)).allowed


def test_somebody_who_is_no_participant_is_not_the_participant_of_a_case_without_one():
    assert not decide(as_(participant=None), NOBODY).allowed


# --- The same in the database ---------------------------------------------------------------------------------------

DAY = date.today()  # noqa: DTZ011  (the database's current_date; the tests' clock is Oslo's)
PEOPLE, TEAMS, PARTICIPANTS = 4, 3, 3
spans = st.sampled_from(
    [
        (DAY - timedelta(days=900), None),
        (DAY - timedelta(days=900), DAY),
        (DAY - timedelta(days=900), DAY - timedelta(days=1)),
        (DAY, None),
        (DAY + timedelta(days=1), None),
    ]
)
person = st.integers(0, PEOPLE - 1)
memberships = st.lists(
    st.tuples(person, st.sampled_from(list(Role)), st.integers(0, TEAMS - 1), spans), min_size=1, max_size=8
)
cases = st.lists(
    st.tuples(
        st.integers(0, PARTICIPANTS - 1),
        st.none() | person,
        st.none() | person,
        person,
        st.none() | st.integers(0, TEAMS - 1),
    ),
    min_size=1,
    max_size=6,
)


@given(
    memberships=memberships,
    cases=cases,
    protections=st.lists(st.sampled_from(Participant.Protection.values), min_size=PARTICIPANTS, max_size=PARTICIPANTS),
    own=st.none() | st.integers(0, PARTICIPANTS - 1),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_and_the_rules_agree_over_made_organisations(db, memberships, cases, protections, own):
    with transaction.atomic():
        try:
            _lay_out_and_compare(memberships, cases, protections, own)
        finally:
            transaction.set_rollback(True)


def _lay_out_and_compare(memberships, cases, protections, own) -> None:
    with as_owner():
        county = County.objects.create(name="Fylke")
        offices = [Office.objects.create(county=county, number=f"98{n:02}", name=f"K{n}") for n in range(2)]
        teams = [Team.objects.create(office=offices[n % 2], name=f"T{n}") for n in range(TEAMS)]
        people = User.objects.bulk_create(
            [User(username=f"p{n}", kind="staff", started_on=DAY, password="!") for n in range(PEOPLE)]
            + [User(username="own", kind="participant", started_on=DAY, password="!")]
        )
        Membership.objects.bulk_create(
            [
                Membership(
                    user=people[who],
                    role=role,
                    team=teams[team] if role in {Role.SPECIALIST, Role.SUPERVISOR} else None,
                    office=teams[team].office,
                    started_on=span[0],
                    ended_on=span[1],
                )
                for who, role, team, span in memberships
            ]
        )
        participants = Participant.objects.bulk_create(
            [
                Participant(
                    given_name="P",
                    family_name=str(n),
                    identity_number=b"-",
                    identity_hash=bytes([n]) * 32,
                    born_on=DAY,
                    protection=protection,
                    registered_by=people[0],
                    registered_at=timezone.now() - timedelta(days=1),
                    user=people[-1] if own == n else None,
                )
                for n, protection in enumerate(protections)
            ]
        )
        made = Case.objects.bulk_create(
            [
                Case(
                    participant=participants[who],
                    office=offices[0],
                    specialist=people[specialist] if specialist is not None else None,
                    counsellor=people[counsellor] if counsellor is not None else None,
                    referred_by=people[referrer],
                    team=teams[team] if team is not None else None,
                )
                for who, specialist, counsellor, referrer, team in cases
            ]
        )
        everything = list(Case.objects.filter(pk__in=[case.pk for case in made]))
    for someone in people:
        announce(someone.pk)
        actor = standing(User.objects.get(pk=someone.pk)).actor
        allowed = {case.pk for case in everything if decide(actor, relations(case)).allowed}
        with connection.cursor() as cursor:
            cursor.execute("SELECT access_cases()")
            assert set(cursor.fetchone()[0]) == allowed
        assert set(Case.objects.values_list("pk", flat=True)) == allowed
        assert set(Participant.objects.values_list("pk", flat=True)) == (
            {case.participant_id for case in everything if case.pk in allowed}
            | ({actor.participant} if actor.participant else set())
        )
    announce(None)
    assert not Case.objects.exists()
    assert not Participant.objects.exists()
