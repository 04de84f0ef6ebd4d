"""Every function of the owner that the web role may call unsigned: asked by nobody, and by a leader who has no case.

They are called with every number there is in the laid-out database, every hash of an identity number and the words that
pages send, and must answer nothing. That the arguments are such that somebody gets an answer is shown too. What does answer
stands in a list, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import ConflictOfInterest, Grant
from plass.cases.models import Case, Participant
from plass.organisation.models import County, Membership, Role, User
from tests.conftest import as_owner
from tests.house.test_twice import _laid_out
from tests.world import stored

__all__ = ["_laid_out"]

#: What is asked for a parameter of that type, or of that name.
WORDS: dict[str, list[Any]] = {
    "boolean": [True, False],
    "date": ["2015-01-01"],
    "integer": [1],
    "text": ["x"],
    "timestamp with time zone": ["2015-01-01"],
    "text[]": [[str(role) for role in Role]],
}
BY_NAME: dict[str, list[Any]] = {
    "employers_matching.wanted": ["prøve:* | bakeri:* | lager:* | a:* | k:* | s:*"],
    "access_has_role.wanted": ["leader", "specialist", "administrator", "data_protection"],
    "access_grants.wanted": ["given", "emergency"],
    "access_tie_said.how": ["self", "family"],
    "hours": [8],
    "level": ["confidential"],
    "based_on": [1, 2],
    "but_for": [""],
    "this_key": [""],
    "oversight_am_near.line": [1],
    "oversight_nobody_looks_into.people": [list(range(1, 50))],
}
#: What answers although nobody acts. The database knows of nobody then, and says so.
ANSWER_NOBODY: dict[str, str] = {}
#: What answers a leader who has no case, and why it may.
ANSWER_A_LEADER = {
    "access_user": "who they are",
    "access_memberships": "their own roles",
    "access_is_staff": "that they work here",
    "access_has_role": "their own roles",
    "access_is_inside": "that they have an account that sees staff and places",
    "access_offices": "the offices of their own roles",
    "accounts_asked_about": "whom that is about",
    "accounts_cases_of_asked": "how many cases are open to somebody whose request they answer",
    "accounts_requests_to_answer": "what an administrator asks for at their office, and they answer",
    "accounts_approvers": "the same: whose answer it waits for",
    "accounts_stop_request": "a link that they said yes to",
    "accounts_has_password": "whether they have a password themselves",
    "accounts_factor_since": "their own phone",
    "accounts_passkey_count": "how many passkeys they have themselves",
    "accounts_logins": "their own logins",
    "accounts_end_logins": "ends their own logins",
    "accounts_held_generation": "what ends their own logins waits for the page",
    "oversight_nobody_looks_into": "by roles, which everybody who works here sees",
    "quality_led_offices": "the offices whose figures they read",
    "quality_led_counties": "the counties whose figures they read",
    "extracts_led_offices": "the offices whose figures they read",
    "employers_matching": "employers hold nothing personal",
}
#: What nobody in the laid-out database gets an answer from, and where it is shown that somebody does.
NOBODY_THERE = {
    "accounts_logins": "tests/accounts/test_login.py",
    "accounts_end_logins": "tests/accounts/test_login.py",
    "cases_given_on": "tests/cases/test_told.py",
    "cases_joined_since": "tests/attacks/test_take_a_referral_that_waits_to_be_joined.py",
    "cases_covered_today": "to the participant (tests/portal/test_pages.py)",
    "cases_joined": "tests/attacks/test_take_a_referral_that_waits_to_be_joined.py",
    "access_beyond": "for whoever is in teams with many cases (tests/access/test_rules.py)",
    "access_whole_teams": "the same",
    "access_kept_from": "of whom one saw until one said it (tests/attacks/test_tell_from_a_tie_that_a_number_is_known.py)",
    "access_tied": "the same",
    "access_cases_allowing": "of several cases that are worked with (tests/access/test_rules.py)",
    "cases_takes": "of what was signed in the very transaction (tests/attacks/test_widen_oneself_read_and_take_it_back.py)",
    "cases_just_registered": "of the very transaction (tests/cases/test_refer.py)",
    "oversight_comes_up_for_nobody": "to an administrator (tests/attacks/test_do_what_comes_up_for_nobody.py)",
    "oversight_ties": "to an officer who is close to somebody (tests/attacks/test_watch_over_somebody_close.py)",
    "access_slowed": "to whoever was refused often (tests/attacks/test_try_shielded_cases_again_and_again.py)",
    "oversight_always_covers": "to an officer, of those with lines in the log (tests/oversight/test_flood.py)",
    "oversight_am_near": "to an officer, of whom they lead themselves (tests/attacks/test_look_that_nobody_finds.py)",
    "oversight_reads": "what others signed (tests/attacks/test_tell_a_leader_what_is_an_officers_alone.py)",
    "oversight_answers_me": "tests/oversight/test_look_into.py",
    "oversight_to_look_into": "tests/oversight/test_look_into.py",
    "oversight_sign": "takes the name of a finding, which is not guessed here (tests/oversight/test_review.py)",
    "cases_own_duplicates": "tests/attacks/test_join_by_somebody_who_may_not.py",
    "cases_answered_before": "tests/attacks/test_tell_from_the_log_that_a_number_is_known.py",
    "cases_was_answered": "tests/attacks/test_ask_past_the_pages.py",
    "cases_is_an_answer": "tests/attacks/test_ask_past_the_pages.py",
    "cases_ended_with_an_answer": "tests/attacks/test_ask_past_the_pages.py",
    "queue_state": "nobody there has put in a job (tests/queue/test_jobs.py)",
    "rights_agreements": "tests/rights/test_rows.py",
    "rights_visits": "tests/rights/test_rows.py",
    "rights_note_reading": "answers nobody: it notes, or raises (tests/rights/test_rows.py)",
}


@dataclass(frozen=True)
class Function:
    """A function of the database, and its parameters: name and type."""

    name: str
    parameters: tuple[tuple[str, str], ...]


def functions() -> list[Function]:
    """Those of the owner that the web role may call, that demand no signature, and that do not say why anybody may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, coalesce(p.proargnames[1:p.pronargs], '{}'), "
            "ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n) "
            "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef "
            "AND p.prorettype <> 'trigger'::regtype AND has_function_privilege('plass_web', p.oid, 'EXECUTE') "
            "AND NOT 'permit' = ANY (coalesce(p.proargnames, '{}')) "
            "AND coalesce(obj_description(p.oid, 'pg_proc'), '') NOT LIKE 'for anybody: %' ORDER BY 1"
        )
        return [Function(name, tuple(zip(names, types, strict=True))) for name, names, types in cursor.fetchall()]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def hashes() -> list[bytes]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_hash FROM cases_participant UNION SELECT identity_hash FROM access_conflictofinterest"
        )
        return [bytes(row[0]) for row in cursor.fetchall()]


def numbers() -> list[int]:
    """Every number that a row has which one of the functions is asked about."""
    tables = [
        "cases_case",
        "cases_participant",
        "cases_possibleduplicate",
        "organisation_user",
        "organisation_office",
        "access_conflictofinterest",
        "accounts_approvalrequest",
        "employers_contactperson",
        "rights_employeraccess",
    ]
    each = " UNION ".join(f"SELECT id FROM {table}" for table in tables)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(each)
        return sorted(row[0] for row in cursor.fetchall())


def calls(function: Function, known: dict[str, list[Any]]) -> Iterator[tuple[Any, ...]]:
    """The arguments that it is called with."""
    return product(
        *(BY_NAME.get(f"{function.name}.{name}") or BY_NAME.get(name) or known[of] for name, of in function.parameters)
    )


def answers(function: Function, arguments: tuple[Any, ...]) -> bool:
    """Whether it answers anything: a row with a value in it that is not no, none or nothing."""
    places = ", ".join(f"%s::{of}" for _name, of in function.parameters)
    try:
        with undone(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM public.{function.name}({places})", arguments)
            fetched = cursor.fetchall() if cursor.description else []
    except DatabaseError:
        return False
    values = [item for row in fetched for value in row for item in (value if isinstance(value, list) else [value])]
    return any(value not in (None, False, 0, "", "gone", "open here") for value in values)


def who_answer(function: Function, known: dict[str, list[Any]]) -> bool:
    return any(answers(function, arguments) for arguments in calls(function, known))


@pytest.fixture
def known(laid_out) -> Iterator[dict[str, list[Any]]]:
    """What there is to ask about."""
    with undone():
        _ways_in()
        yield {**WORDS, "bigint": numbers(), "bytea": hashes(), "bytea[]": [[one] for one in hashes()]}


def _ways_in() -> None:
    """An emergency and a way in that lasts, a tie to somebody who is known, and a leader of a county."""
    with as_owner():
        waits = Membership.objects.filter(role=Role.SPECIALIST).exclude(office=None).order_by("pk")[0]
        case = Case.objects.filter(team=waits.team).order_by("pk")[0]
        later = timezone.now() + timedelta(hours=8)
        for kind, level in (("emergency", 2), ("given", 3)):
            Grant.objects.create(
                kind=kind,
                level=level,
                user=waits.user,
                case_id=case.pk,
                reason="x",
                granted_by=waits.user,
                expires_at=later,
            )
        someone = User.objects.create(username="fylkesleder", kind="staff", started_on=timezone.localdate())
        county = County.objects.order_by("pk")[0]
        Membership.objects.create(user=someone, role=Role.LEADER, county=county, started_on=timezone.localdate())
        for kind in ("self", "family"):
            known = Participant.objects.filter(protection="").exclude(pk=case.participant_id).order_by("pk")[0]
            ConflictOfInterest.objects.create(
                user=User.objects.get(username={"self": "jobb2", "family": "jobb1"}[kind]),
                identity_hash=stored(known, "identity_hash"),
                kind=kind,
                declared_by=waits.user,
            )


def leader() -> User:
    """Somebody who leads an office and nothing else."""
    with as_owner():
        people = Membership.objects.filter(role=Role.LEADER).exclude(office=None)
        return next(
            membership.user
            for membership in people.order_by("pk")
            if not membership.user.memberships.exclude(role=Role.LEADER).exists()
        )


def test_nobody_is_answered(known):
    set_current_user(None)
    assert [function.name for function in functions() if who_answer(function, known)] == sorted(ANSWER_NOBODY)


def test_a_leader_is_answered_of_themselves_and_their_place_alone(known):
    set_current_user(leader().pk)
    answering = {function.name for function in functions() if who_answer(function, known)}
    assert answering - set(ANSWER_A_LEADER) == set()


def test_what_is_asked_is_what_somebody_gets_an_answer_to(known):
    with as_owner():
        people = list(User.objects.order_by("pk").values_list("pk", flat=True))
    unanswered = set()
    for function in functions():
        for person in people:
            set_current_user(person)
            if who_answer(function, known):
                break
        else:
            unanswered.add(function.name)
    assert sorted(unanswered - set(NOBODY_THERE)) == []


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("access_may_take", r"EXISTS \("),
        ("cases_was_answered", r"access_sees_case\("),
        ("access_tie_said", r"declared_by_id = access_user\(\)"),
        ("accounts_has_password", r"\bid = access_user\(\)"),
    ],
)
def test_a_function_that_answers_whoever_asks_is_found(known, name, check):
    """The control: one whose check of the caller is there, and decides nothing."""
    (function,) = [candidate for candidate in functions() if candidate.name == name]
    set_current_user(None)
    assert not who_answer(function, known)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [f"public.{name}"])
        whole = cursor.fetchone()[0]
        broken = re.sub(check, r"true OR \g<0>", whole)
        cursor.execute(broken)
    set_current_user(None)
    assert who_answer(function, known)
