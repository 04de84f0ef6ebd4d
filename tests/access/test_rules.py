"""Who may open a case: each rule by itself, and the database's own rules compared with them over made organisations."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plass.access import rules
from plass.access.current_user import set_current_user
from plass.access.rules import NO_RELATION, RULES, Actor, Level, Relations, decide
from plass.access.user_roles import user_roles
from plass.cases.models import Participant
from plass.db.row_policies import declared
from plass.organisation.models import Role
from tests.conftest import as_owner

from .organisations import TEAMS, Plan, differences, lay_out, one_of_each_rule, with_person_data

NOBODY = Relations(
    case=3, participant=1, office=8, specialist=None, counsellor=None, referred_by=99, team=5, shielded=False
)
HERE = frozenset({8})
ME = Actor(user=7, works_with_people=True, teams=frozenset(), follows_at=HERE, counsels_at=HERE)
FIVE = frozenset({5})
CASE = frozenset({NOBODY.case})


def with_(case: Relations = NOBODY, **changes) -> Relations:
    return Relations(**(vars(case) | changes))


def as_(actor: Actor = ME, **changes) -> Actor:
    return Actor(**(vars(actor) | changes))


#: (rule that decides, allowed, who asks, how the case stands)
EXAMPLES = [
    ("own", True, as_(works_with_people=False, participant=1), NOBODY),
    ("no role", False, as_(works_with_people=False), with_(specialist=7)),
    ("own data", False, as_(own_data=frozenset({1}), teams=FIVE), with_(specialist=7)),
    ("close family", False, as_(family=frozenset({1}), led_teams=FIVE), with_(counsellor=7)),
    ("specialist", True, ME, with_(specialist=7)),
    ("counsellor", True, ME, with_(counsellor=7)),
    ("referred", True, ME, with_(referred_by=7)),
    ("given", True, as_(given={NOBODY.case: Level.READ}), with_(shielded=True)),
    ("shielded", False, as_(teams=FIVE, led_teams=FIVE, emergency=CASE), with_(shielded=True)),
    ("leads", True, as_(led_teams=FIVE, teams=FIVE), NOBODY),
    ("said", False, as_(teams=FIVE, emergency=CASE), with_(claimed_own_employee=True)),
    ("team", True, as_(teams=frozenset({4, 5})), NOBODY),
    ("emergency", True, as_(emergency=CASE), NOBODY),
    ("no relation", False, as_(teams=frozenset({4})), NOBODY),
]


@pytest.mark.parametrize(("rule", "allowed", "actor", "case"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_each_rule_decides_its_own_example(rule, allowed, actor, case):
    decision = decide(actor, case)
    assert (decision.rule, decision.allowed) == (rule, allowed)


def test_every_rule_has_an_example_and_words_for_both_sides():
    assert {rule.name for rule in RULES} | {NO_RELATION.rule} == {example[0] for example in EXAMPLES}
    assert (
        len({str(rule.reason) for rule in RULES}) == len({str(rule.participant_text) for rule in RULES}) == len(RULES)
    )


@pytest.mark.parametrize("relation", ["specialist", "counsellor", "referred_by"])
def test_a_relation_in_the_case_opens_it_although_it_is_shielded(relation):
    assert decide(ME, with_(shielded=True, **{relation: 7})).allowed


@pytest.mark.parametrize("relation", ["specialist", "counsellor", "referred_by"])
def test_whoever_left_opens_nothing_that_still_bears_their_name(relation):
    assert not decide(as_(works_with_people=False), with_(**{relation: 7})).allowed


@pytest.mark.parametrize("kept_from", ["own_data", "family"])
@pytest.mark.parametrize("way", [{"given": {NOBODY.case: Level.RECORD}}, {"emergency": CASE}])
def test_nothing_overrides_ones_own_data_and_close_family(kept_from, way):
    assert not decide(as_(**{kept_from: frozenset({1})}, **way), NOBODY).allowed


#: (what it allows, who asks, how the case stands)
LEVELS = [
    (Level.DECIDE, ME, with_(specialist=7)),
    (Level.DECIDE, ME, with_(counsellor=7)),
    (Level.DECIDE, ME, with_(referred_by=7)),
    (Level.DECIDE, as_(led_teams=FIVE), NOBODY),
    (Level.RECORD, as_(teams=FIVE), NOBODY),
    (Level.RECORD, as_(given={3: Level.RECORD}), NOBODY),
    (Level.READ, as_(given={3: Level.READ}), NOBODY),
    (Level.CONTACT, as_(emergency=CASE), NOBODY),
    # The widest counts, whichever comes first ...
    (Level.RECORD, as_(given={3: Level.READ}, teams=FIVE), NOBODY),
    (Level.DECIDE, as_(given={3: Level.READ}, led_teams=FIVE, emergency=CASE), NOBODY),
    # ... of those that are not refused.
    (Level.READ, as_(given={3: Level.READ}, led_teams=FIVE), with_(shielded=True)),
    (Level.NONE, as_(family=frozenset({1}), led_teams=FIVE), with_(specialist=7)),
    # Shielded because of somebody they do not see: who has had a part keeps what the team has, and nobody else does.
    (
        Level.RECORD,
        as_(teams=FIVE, follows_at=frozenset(), counsels_at=frozenset()),
        with_(shielded=True, quietly=True, had_a_part=frozenset({7})),
    ),
    (Level.CONTACT, as_(emergency=CASE), with_(shielded=True, quietly=True, had_a_part=frozenset({7}))),
    (Level.NONE, as_(teams=FIVE, emergency=CASE), with_(shielded=True, had_a_part=frozenset({7}))),
    (Level.NONE, as_(teams=FIVE), with_(shielded=True, quietly=True)),
    # Somebody says that it is them: whoever leads the team is asked, who referred is not told, and others wait.
    (Level.DECIDE, as_(led_teams=FIVE, teams=FIVE), with_(claimed_own_employee=True)),
    (Level.NONE, as_(teams=FIVE), with_(claimed_own_employee=True)),
    (
        Level.RECORD,
        as_(teams=FIVE, follows_at=frozenset(), counsels_at=frozenset()),
        with_(claimed_own_employee=True, referred_by=7),
    ),
    (Level.READ, as_(given={3: Level.READ}, teams=FIVE), with_(claimed_own_employee=True)),
    # Nor may whoever they let in see that they have less than the team.
    (
        Level.RECORD,
        as_(given={3: Level.READ}, teams=FIVE),
        with_(shielded=True, quietly=True, had_a_part=frozenset({7})),
    ),
    (Level.READ, as_(given={3: Level.READ}, teams=FIVE), with_(shielded=True)),
    (Level.NONE, as_(teams=FIVE, follows_at=frozenset(), counsels_at=frozenset()), with_(shielded=True, referred_by=7)),
]


@pytest.mark.parametrize(("level", "actor", "case"), LEVELS)
def test_what_a_relation_allows(level, actor, case):
    assert decide(actor, case).level == level


@pytest.mark.parametrize("relation", ["specialist", "counsellor", "referred_by"])
def test_a_role_at_another_office_opens_nothing_that_bears_ones_name_here(relation):
    elsewhere = frozenset({9})
    assert not decide(as_(follows_at=elsewhere, counsels_at=elsewhere), with_(**{relation: 7})).allowed


@pytest.mark.parametrize(("relation", "place"), [("specialist", "follows_at"), ("counsellor", "counsels_at")])
def test_what_bears_ones_name_needs_the_role_it_was_given_for(relation, place):
    assert not decide(as_(**{place: frozenset()}), with_(**{relation: 7})).allowed


def test_whoever_referred_has_no_part_after_another_took_over():
    began = timezone.now()
    before, at, after = (began + timedelta(seconds=n) for n in (-1, 0, 1))
    ended = {when: decide(as_(now=began), with_(referred_by=7, referrer_ended_at=when)) for when in (before, at, after)}
    # In the act that ends it, it still holds.
    assert [ended[when].allowed for when in (before, at, after)] == [False, True, True]


def test_a_case_without_a_team_is_no_team_s():
    assert not decide(as_(teams=FIVE, led_teams=FIVE), with_(team=None)).allowed


def test_somebody_who_is_no_participant_is_not_the_participant_of_a_case_without_one():
    assert not decide(as_(participant=None), NOBODY).allowed


# --- The same in the database ---------------------------------------------------------------------------------------

PEOPLE, PARTICIPANTS = 4, 3
person = st.integers(0, PEOPLE - 1)
spans = st.sampled_from([(-900, None), (-900, 0), (-900, -1), (0, None), (1, None)])
plans = st.builds(
    Plan,
    memberships=st.lists(
        st.tuples(person, st.sampled_from(list(Role)), st.integers(0, TEAMS - 1), spans).map(
            lambda made: (*made[:3], *made[3])
        ),
        min_size=1,
        max_size=8,
    ),
    left=st.frozensets(person, max_size=1),
    cases=st.lists(
        st.tuples(
            st.integers(0, PARTICIPANTS - 1),
            st.none() | person,
            st.none() | person,
            person,
            st.none() | st.integers(0, TEAMS - 1),
            st.sampled_from([None, -1, 0]),
        ),
        min_size=1,
        max_size=6,
    ),
    protections=st.lists(st.sampled_from(Participant.Protection.values), min_size=PARTICIPANTS, max_size=PARTICIPANTS),
    numbers=st.sampled_from([(), (0, 1, 0)]),
    account=st.none() | st.integers(0, PARTICIPANTS - 1),
    ties=st.lists(
        st.tuples(person, st.integers(0, PARTICIPANTS - 1), st.sampled_from(["self", "family"]), st.booleans()),
        max_size=3,
    ),
    grants=st.lists(
        st.tuples(
            person,
            st.integers(0, 5),
            st.sampled_from([("given", 1), ("given", 3), ("emergency", 2)]),
            st.sampled_from([-1, 1]),
        ),
        max_size=4,
    ),
    had=st.lists(st.tuples(person, st.integers(0, 5)), max_size=3, unique=True),
)
EXAMPLES_COMPARED = 40


@given(plan=plans)
@settings(
    max_examples=EXAMPLES_COMPARED,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_query_without_a_filter_returns_what_the_gate_allows(db, plan):
    with transaction.atomic():
        try:
            made = lay_out(plan)
            assert differences(made) == []
            tell_no_case_of_a_team_by_itself()
            assert differences(made) == []
        finally:
            transaction.set_rollback(True)


def tell_no_case_of_a_team_by_itself() -> None:
    """Let the database ask of everybody's teams as of those with thousands of cases."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION access_most_one_by_one() RETURNS integer "
            "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0'"
        )


def test_what_is_quietly_shielded_allows_the_same_in_the_program_and_the_database(db):
    referrer, let_in, colleague, leads, had_it, was_let_in, outside = range(7)
    made = lay_out(
        Plan(
            people=7,
            memberships=[
                (person, Role.SPECIALIST, 0, -900, None) for person in (referrer, let_in, colleague, had_it, was_let_in)
            ]
            + [(leads, Role.SUPERVISOR, 0, -900, None), (outside, Role.COUNSELLOR, 1, -900, None)],
            # Written by one statement, the last row of a number is the main one.
            protections=["", "confidential", ""],
            numbers=(0, 0, 2),
            cases=[(1, None, None, 3, 1, None), (0, None, None, referrer, 0, -1), (2, None, None, referrer, 0, -1)],
            had=[(had_it, 1), (outside, 1)],
            # Who counselled the participant once, and whoever had no part, with an emergency each.
            grants=[
                (let_in, 1, ("given", 1), 1),
                (was_let_in, 1, ("given", 1), -1),
                (outside, 1, ("emergency", 2), 1),
                (colleague, 1, ("emergency", 2), 1),
            ],
        )
    )
    assert differences(made) == []
    tell_no_case_of_a_team_by_itself()
    assert differences(made) == []
    allowed = []
    for someone in made.people[:7]:
        set_current_user(someone.pk)
        who = user_roles(someone)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(access_level(id) ORDER BY id) FROM unnest(%s::bigint[]) id",
                [[c.pk for c in made.cases]],
            )
            levels = cursor.fetchone()[0]
        assert levels == [decide(who.actor, made.relations(case)).level for case in made.cases]
        allowed.append(levels[1:])
    assert allowed == [[3, 3], [3, 3], [0, 3], [0, 4], [3, 3], [3, 3], [2, 0]]


#: What lets somebody in, and the role that it needs. Each is followed in a case of its own, at another team of the office.
GROUNDS = {
    "specialist": Role.SPECIALIST,
    "counsellor": Role.COUNSELLOR,
    "referred": Role.COUNSELLOR,
    "leads": Role.SUPERVISOR,
    "team": Role.SPECIALIST,
    "given": Role.SPECIALIST,
    "emergency": Role.COUNSELLOR,
}
#: When the role, or the account, holds (first and last day, in days from today), and whether that lets them in today.
HOLDS = {
    "ended yesterday": ((-900, -1), False),
    "ends today": ((-900, 0), True),
    "ends tomorrow": ((-900, 1), True),
    "began yesterday": ((-1, None), True),
    "begins today": ((0, None), True),
    "begins tomorrow": ((1, None), False),
}


@pytest.mark.parametrize(
    ("what", "when"), [("role", when) for when in HOLDS] + [("account", when) for when in HOLDS if "end" in when]
)
def test_each_ground_lets_in_from_its_first_day_through_its_last(db, what, when):
    """The program and the database alike, of everything that somebody's part in a case rests on."""
    (first, last), lets_in = HOLDS[when]
    stranger, referrer = len(GROUNDS), len(GROUNDS) + 1
    cases = [
        (
            n,
            n if ground == "specialist" else None,
            n if ground == "counsellor" else None,
            n if ground == "referred" else referrer,
            0 if ground in {"leads", "team"} else 2,
            None,
        )
        for n, ground in enumerate(GROUNDS)
    ]
    plan = Plan(
        people=len(GROUNDS) + 2,
        memberships=[
            # The specialist of a case works in another team of the office: as a colleague they would see it anyhow.
            (n, role, 0, *((first, last) if what == "role" else (-900, None)))
            for n, role in enumerate(GROUNDS.values())
        ]
        + [(stranger, Role.COUNSELLOR, 0, -900, None)],
        last_days=dict.fromkeys(range(len(GROUNDS)), last) if what == "account" else {},
        cases=cases,
        protections=[""] * len(GROUNDS),
        grants=[
            (n, n, (ground, 3 if ground == "given" else 2), 1)
            for n, ground in enumerate(GROUNDS)
            if ground in {"given", "emergency"}
        ],
    )
    made = lay_out(plan)
    assert differences(made) == []
    for n, ground in enumerate(GROUNDS):
        set_current_user(made.people[n].pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT access_level(%s) > 0", [made.cases[n].pk])
            assert cursor.fetchone() == (lets_in,), ground
        if lets_in:
            assert decide(user_roles(made.people[n]).actor, made.relations(made.cases[n])).rule == ground


#: What lets in for a time of its own, and whether it does so still: in hours from now, and in days.
ENDED = {("given", 1): [(-1, False), (1, True)], ("emergency", 2): [(-1, False), (1, True)]}


@pytest.mark.parametrize(("kind", "hours", "lets_in"), [(k, *e) for k, ends in ENDED.items() for e in ends])
def test_what_lets_in_for_a_time_ends_at_its_time(db, kind, hours, lets_in):
    made = lay_out(
        Plan(
            memberships=[(0, Role.COUNSELLOR, 1, -900, None)],
            cases=[(0, None, None, 1, 0, None)],
            grants=[(0, 0, kind, hours)],
        )
    )
    assert differences(made) == []
    set_current_user(made.people[0].pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_level(%s)", [made.cases[0].pk])
        assert cursor.fetchone() == (kind[1] if lets_in else 0,)


def test_the_comparison_covers_every_table_with_person_data(db, promise):
    """Each of them gets rows, and somebody sees some of them while somebody else does not."""
    from .organisations import _read

    lay_out(one_of_each_rule())
    with as_owner():
        rows = _read(with_person_data())
    assert [table for table, seen in rows.items() if not seen] == []
    promise("nobody sees what they may not", tables_compared=len(rows), organisations_compared=EXAMPLES_COMPARED)


# --- A rule that is taken out is missed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_without_a_rule_in_the_program_the_comparison_fails(db, monkeypatch, rule):
    made = lay_out(one_of_each_rule())
    assert differences(made) == []
    monkeypatch.setattr(rules, "RULES", tuple(candidate for candidate in RULES if candidate is not rule))
    assert differences(made)


ACCESS = (resources.files("plass.cases") / "sql" / "20_access.sql").read_text(encoding="utf-8")
DEFINITION = re.search(
    r"CREATE OR REPLACE VIEW access_by_work .*?\n;\n.*? VIEW access_visible .*?\n;", ACCESS, re.DOTALL
)[0]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_without_a_rule_in_the_database_the_comparison_fails(db, promise, rule):
    lines = [line for line in DEFINITION.splitlines() if not line.endswith(f"-- rule: {rule.name}")]
    assert len(lines) == len(DEFINITION.splitlines()) - 1
    made = lay_out(one_of_each_rule())
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("\n".join(lines))
    assert differences(made)
    promise("nobody sees what they may not", rules_taken_out_and_missed=2 * len(RULES))


#: What is asked of a row whose case is seen with a whole team: where it stands, and how it is taken out.
OF_WHOLE_TEAMS = {
    "cases_case: shielded": ("cases_case", " AND NOT shielded"),
    "cases_case: ties": ("cases_case", " AND participant_id <> ALL ((SELECT access_tied())::bigint[])"),
    "milestone_cache: shielded": ("milestone_cache", " AND NOT shielded"),
    "milestone_cache: ties": ("milestone_cache", " AND participant_id <> ALL ((SELECT access_tied())::bigint[])"),
    "access_whole_teams: said": ("", "-- whole: said"),
}


@pytest.mark.parametrize("what", OF_WHOLE_TEAMS)
def test_without_what_is_asked_of_a_whole_team_the_comparison_fails(db, what):
    table, taken_out = OF_WHOLE_TEAMS[what]
    plan, leads = one_of_each_rule(), 1
    made = lay_out(replace(plan, ties=[*plan.ties, (leads, 1, "family", False)]))
    tell_no_case_of_a_team_by_itself()
    assert differences(made) == []
    if table:
        condition = str(declared()[table].select)
        without = f"ALTER POLICY plass_select ON {table} USING ({''.join(condition.rsplit(taken_out, 1))})"
        # Whoever referred somebody keeps away from them too, which stands before.
        assert condition.rindex(taken_out) > condition.index("access_whole_teams")
    else:
        function = re.search(r"CREATE OR REPLACE FUNCTION access_whole_teams\(.*?\nEND \$\$;", ACCESS, re.DOTALL)[0]
        without = "\n".join(line for line in function.splitlines() if not line.endswith(taken_out))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(without)
    assert differences(made)


# --- The database works out once a transaction who sees what --------------------------------------------------------------

#: (what changes under the eyes of the person, in SQL): each takes away or gives a case within the transaction.
CHANGES = [
    "UPDATE cases_case SET team_id = NULL, specialist_id = NULL, counsellor_id = NULL WHERE referred_by_id <> {who}",
    "UPDATE cases_participant SET user_id = {who} WHERE id = (SELECT min(participant_id) FROM cases_case "
    "WHERE specialist_id = {who})",
    "UPDATE organisation_membership SET ended_on = access_today() - 1 WHERE user_id = {who}",
    "UPDATE organisation_user SET ended_on = access_today() - 1 WHERE id = {who}",
    "INSERT INTO access_grant (kind, level, user_id, case_id, reason, granted_by_id, granted_at, expires_at) "
    "SELECT 'given', 1, {who}, max(id), 'x', {who}, now(), now() + interval '1 hour' FROM cases_case "
    "WHERE id <> ALL (access_cases_now())",
    "INSERT INTO access_conflictofinterest (user_id, identity_hash, kind, declared_by_id) "
    "SELECT {who}, p.identity_hash, 'family', {who} FROM cases_participant p "
    "JOIN cases_case c ON c.participant_id = p.id WHERE c.specialist_id = {who} LIMIT 1",
    "UPDATE access_conflictofinterest SET end_asked_at = now(), end_reason = 'x', answered_at = now(), ended_at = now(), "
    "answered_by_id = (SELECT min(id) FROM organisation_user WHERE id <> {who}) WHERE user_id = {who}",
]


@pytest.mark.parametrize("triggers", ["stand", "rest"])
@pytest.mark.parametrize("change", CHANGES, ids=[change.split()[2 if "INTO" in change else 1] for change in CHANGES])
def test_what_was_worked_out_is_forgotten_when_what_it_was_made_of_changes(db, change, triggers):
    who = lay_out(one_of_each_rule()).people[0].pk
    set_current_user(who)
    with connection.cursor() as cursor:

        def seen(function: str) -> tuple[set[int], set[int]]:
            cursor.execute(f"SELECT {function}(), (SELECT array_agg(id) FROM cases_participant)")
            cases, participants = cursor.fetchone()
            return set(cases), set(participants or ())

        before = seen("access_cases")
        with as_owner():
            cursor.execute("SET session_replication_role = 'replica'" if triggers == "rest" else "SELECT 1")
            cursor.execute(change.format(who=who))
            cursor.execute("SET session_replication_role = 'origin'")
        after, right = seen("access_cases"), seen("access_cases_now")
        # The control: without the triggers the old answer would stay.
        assert (after == before) is (triggers == "rest")
        assert (after[0] == right[0]) is (triggers == "stand")


@pytest.mark.parametrize("triggers", ["stand", "rest"])
def test_what_was_answered_about_one_case_is_forgotten_too(db, triggers):
    made = lay_out(one_of_each_rule())
    who, case = made.people[0].pk, made.cases[1].pk
    set_current_user(who)
    with connection.cursor() as cursor:

        def sees() -> bool:
            cursor.execute("SELECT access_sees_case(%s)", [case])
            return bool(cursor.fetchone()[0])

        assert sees()
        with as_owner():
            cursor.execute("SET session_replication_role = 'replica'" if triggers == "rest" else "SELECT 1")
            cursor.execute("UPDATE organisation_user SET ended_on = access_today() - 1 WHERE id = %s", [who])
            cursor.execute("SET session_replication_role = 'origin'")
        # The control: without the triggers the old answer would stay.
        assert sees() is (triggers == "rest")
        set_current_user(made.people[2].pk)
        assert not sees()


def test_of_one_case_the_database_says_the_same_as_of_all(db):
    made = lay_out(one_of_each_rule())
    with connection.cursor() as cursor:
        for someone in made.people:
            set_current_user(someone.pk)
            for case in made.cases:
                cursor.execute("SELECT access_sees_case(%s), %s = ANY (access_cases_now())", [case.pk, case.pk])
                alone, among_all = cursor.fetchone()
                assert alone is among_all


def test_of_some_cases_the_database_says_the_same_as_of_all(db):
    made = lay_out(one_of_each_rule())
    some = {case.pk for case in made.cases[:-2]}
    with connection.cursor() as cursor:
        for someone in made.people:
            set_current_user(someone.pk)
            cursor.execute("SELECT access_cases_now()")
            seen = set(cursor.fetchone()[0])
            cursor.execute("SELECT set_config('plass.case', %s, true)", [",".join(map(str, some))])
            for _worked_out_and_kept in range(2):
                cursor.execute("SELECT access_cases()")
                assert set(cursor.fetchone()[0]) == seen & some
            for case in made.cases:
                cursor.execute("SELECT access_sees_case(%s)", [case.pk])
                assert cursor.fetchone()[0] is (case.pk in seen)


def test_of_some_cases_the_database_allows_the_same_as_of_each(db):
    made = lay_out(one_of_each_rule())
    some = [case.pk for case in made.cases[:-2]]
    answers = set()
    with connection.cursor() as cursor:
        for someone in made.people:
            set_current_user(someone.pk)
            cursor.execute("SELECT set_config('plass.case', '', true)")
            cursor.execute("SELECT id, access_level(id) FROM unnest(%s::bigint[]) AS id", [some])
            of_each = dict(cursor.fetchall())
            cursor.execute("SELECT set_config('plass.case', %s, true)", [",".join(map(str, some))])
            for level in (*Level, 0):
                cursor.execute("SELECT access_cases_allowing(%s), access_cases()", [int(level)])
                allowing, seen = map(set, cursor.fetchone())
                assert allowing == {case for case in seen if of_each[case] >= level}
                answers.add((int(level), len(allowing) > 0))
    assert {(int(level), allowed) for level in Level if level for allowed in (True, False)} <= answers


@pytest.mark.parametrize("triggers", ["stand", "rest"])
def test_what_was_answered_about_some_cases_is_forgotten_too(db, triggers):
    made = lay_out(one_of_each_rule())
    who, some = made.people[0].pk, [case.pk for case in made.cases]
    set_current_user(who)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('plass.case', %s, true)", [",".join(map(str, some))])

        def sees() -> bool:
            cursor.execute("SELECT cardinality(access_cases()) > 0")
            return bool(cursor.fetchone()[0])

        assert sees()
        with as_owner():
            cursor.execute("SET session_replication_role = 'replica'" if triggers == "rest" else "SELECT 1")
            cursor.execute("UPDATE organisation_user SET ended_on = access_today() - 1 WHERE id = %s", [who])
            cursor.execute("SET session_replication_role = 'origin'")
        # The control: without the triggers the old answer would stay.
        assert sees() is (triggers == "rest")
        cursor.execute("SELECT set_config('plass.user', '', true)")
        assert not sees()


def test_a_participant_is_told_each_rule_in_its_own_words() -> None:
    assert [rules.participant_text_of(rule.name) for rule in rules.RULES] == [
        str(rule.participant_text) for rule in rules.RULES
    ]
    assert rules.participant_text_of("no relation") not in {
        rules.participant_text_of(rule.name) for rule in rules.RULES
    }
