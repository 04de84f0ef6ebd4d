"""The kept milestones are the definition, whatever is recorded, corrected and withdrawn, and by how many at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from psycopg import sql

from plass.cases.fact_register import fact_kinds
from plass.cases.facts import correct, record, withdraw
from plass.cases.models import (
    Assignment,
    Case,
    CaseEnded,
    CaseReopened,
    Fact,
    Participant,
    PauseEnded,
    PauseStarted,
    Referral,
)
from plass.db import database
from plass.employers.models import Employer
from plass.followup.models import Contact
from plass.jobs.models import (
    Education,
    EducationEnded,
    EducationStarted,
    Job,
    JobChanged,
    JobEnded,
    JobStarted,
)
from plass.milestones import refresh as milestone_refresh
from plass.profiles.models import Profile
from tests.conftest import TEMPLATE, TEST_ROLE, as_owner, copy_database, superuser

TODAY = timezone.localdate()

AS_IT_IS_KEPT = """
    SELECT to_jsonb(d), to_jsonb(k)
        - '{team_id,specialist_id,counsellor_id,participant_id,office_id,shielded,sort_name,search_name,open_until}'::text[]
    FROM milestones_definition d FULL JOIN milestone_cache k USING (case_id) WHERE case_id = %s
"""


def cached_and_defined(case: Case) -> tuple[Any, Any]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(AS_IT_IS_KEPT, [case.pk])
        (row,) = cursor.fetchall()
    return row


def test_the_view_shows_whose_a_case_is_so_that_a_list_is_found_by_it(world) -> None:
    case = world.refer()
    case.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT team_id, specialist_id, counsellor_id, participant_id, office_id FROM milestones WHERE case_id = %s",
            [case.pk],
        )
        assert cursor.fetchall() == [
            (world.team.pk, world.specialist.pk, case.counsellor_id, case.participant_id, world.office.pk)
        ]
    assert case.counsellor_id is not None


# Each act: a kind of fact, when (days ago), and two numbers that the kind makes something of.
ACTS = st.tuples(
    st.sampled_from([*fact_kinds(), "correct", "withdraw"]),
    st.integers(-30, 500),
    st.integers(0, 9),
    st.sampled_from([0, 1, 2, 3, 4, 20]),
)


def act(case: Case, world: Any, shop: Employer, facts: list[Fact], what: tuple[str, int, int, int]) -> None:
    """Do one act, whatever sense it makes. What a rule of its kind refuses changes nothing; the definition holds always."""
    kind, days_ago, n, hours = what
    by, day = world.specialist, TODAY - timedelta(days=days_ago)
    standing = [earlier for earlier in facts if earlier.stands]
    if kind in {"correct", "withdraw"}:
        if not standing:
            return
        fact = standing[n % len(standing)]
        day = _possible(fact.kind, day)
        changes: dict[str, Any] = {"happened_on": day}
        if isinstance(fact, PauseStarted):
            changes["follow_up_on"] = day
        if isinstance(fact, Contact) and fact.next_contact_on is not None:
            changes["next_contact_on"] = day + timedelta(days=n)
        if isinstance(fact, JobStarted | JobChanged):
            changes["hours_per_week"] = Decimal(hours or 1)
        try:
            if kind == "withdraw":
                withdraw(fact, by=by, reason="Feil")
            else:
                facts.append(correct(fact, by=by, reason="Feil", changes=changes))
        except ValidationError:
            # A job's start is not withdrawn before its end: undone in the database, so that the fact stands here too.
            fact.superseded_at = None
        return
    made = make(case, world, shop, facts, kind, _possible(kind, day), n, hours)
    if made is not None:
        facts.append(record(made, by=by))


def _possible(kind: str, day: date) -> date:
    """The day, or today for a kind of fact that cannot lie ahead."""
    return day if fact_kinds()[kind].may_lie_ahead else min(day, TODAY)


def make(case: Case, world: Any, shop: Employer, facts: list[Fact], kind: str, day: date, n: int, hours: int) -> Any:
    common = {"case": case, "happened_on": day}
    started = [fact for fact in facts if isinstance(fact, JobStarted)]
    studies = [fact for fact in facts if isinstance(fact, EducationStarted)]
    if kind == "contact":
        with_employer = n % 3 == 0
        return Contact(
            **common,
            parties=["employer"] if with_employer else ["participant"],
            employer=shop if with_employer else None,
            channel=["in_person", "video", "phone"][n % 3],
            no_show=n == 5,
            minutes=30,
            place="office",
            purpose="follow_up",
            next_contact_on=day + timedelta(days=n) if n % 2 else None,
        )
    if kind == "referral":
        return Referral(**common, wishes="Jobb", participant_agreed_on=day)
    if kind == "assignment":
        # The specialist goes on acting, so it stays theirs.
        role, user = ("counsellor", world.counsellor) if n % 2 else ("specialist", world.specialist)
        return Assignment(**common, role=role, user=user)
    if kind == "pause":
        return PauseStarted(**common, reason="illness", follow_up_on=day + timedelta(days=n))
    if kind == "resumption":
        return PauseEnded(**common)
    if kind == "end":
        return CaseEnded(**common, cause="work")
    if kind == "reopening":
        return CaseReopened(**common, reason="job_lost")
    if kind == "profile":
        return Profile(**common, employer_contact=["yes", "no"][n % 2])
    if kind == "job_start":
        form = "work_trial" if n == 0 else "permanent" if hours else "on_call"
        job = Job.objects.create(case=case)
        return JobStarted(**common, job=job, employer=shop, title="Jobb", form=form, hours_per_week=Decimal(hours))
    if kind == "job_change" and started:
        planned = day + timedelta(days=n) if n % 2 else None
        job_id = started[n % len(started)].job_id
        return JobChanged(**common, job_id=job_id, hours_per_week=Decimal(hours), planned_end_on=planned)
    if kind == "job_end" and started:
        paid = Decimal(hours) if n % 3 == 0 else None
        return JobEnded(**common, job_id=started[n % len(started)].job_id, reason="other", paid_hours_in_all=paid)
    if kind == "education_start":
        education = Education.objects.create(case=case)
        return EducationStarted(**common, education=education, subject="Kurs", level="course", form="part_time")
    if kind == "education_end" and studies:
        return EducationEnded(**common, education_id=studies[n % len(studies)].education_id, outcome="completed")
    return None


@tries(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(acts=st.lists(ACTS, min_size=1, max_size=14))
def test_kept_rows_equal_the_definition_after_any_acts_and_corrections(world, acts):
    case = world.refer(on=TODAY - timedelta(days=400))
    shop = Employer.objects.create(name="Prøvebutikken", recorded_by=world.specialist)
    facts: list[Fact] = []
    for what in acts:
        act(case, world, shop, facts, what)
    defined, cached = cached_and_defined(case)
    assert cached == defined


# --- Several at once --------------------------------------------------------------------------------------------------


def _beside() -> str:
    return f"{settings.DATABASES['default']['NAME']}_kept"


def _connect() -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=os.environ[database.DSN_VARIABLE], user=TEST_ROLE, dbname=_beside(), options="-c role=plass_owner"
    )


@pytest.fixture(scope="module")
def database_beside() -> Iterator[None]:
    """A database of its own for what is committed: the history keeps also what was removed again."""
    copy_database(TEMPLATE, _beside())
    yield
    with superuser() as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_beside())))


LAID_OUT = """
    WITH county AS (INSERT INTO organisation_county (name) VALUES ('To på én gang') RETURNING id),
    office AS (INSERT INTO organisation_office (county_id, number, name) SELECT id, '9977', 'To på én gang' FROM county
               RETURNING id),
    person AS (INSERT INTO organisation_user (username, password, kind, given_name, family_name, phone, email, language,
                                              started_on)
               VALUES ('to-paa-en-gang', '', 'staff', 'To', 'Samtidig', '', '', 'nb', '2015-01-01') RETURNING id),
    participant AS (
        INSERT INTO cases_participant (given_name, family_name, identity_number, identity_hash, born_on, phone, email,
                                       address, postal_code, place, language, protection, registered_by_id, version)
        SELECT 'To', 'Samtidig', '\\x00', '\\x70707070', '1990-01-01', '', '', '', '', '', '', '', id, 1 FROM person
        RETURNING id)
    INSERT INTO cases_case (participant_id, office_id, referred_by_id, shielded)
    SELECT participant.id, office.id, person.id, false FROM participant, office, person RETURNING id, referred_by_id
"""
CONTACT = """
    INSERT INTO followup_contact (case_id, happened_on, recorded_at, recorded_by_id, parties, channel, place, minutes,
                                  travel_minutes, no_show, purpose, decision_maker, note, withheld_because)
    VALUES (%s, %s, now(), %s, '{participant}', 'in_person', '', 30, 0, false, 'follow_up', false, '', '')
"""


@pytest.fixture
def committed_case(database_beside: None) -> Iterator[tuple[int, int]]:
    """A case that other connections see: its number and its specialist's. Removed again afterwards."""
    with _connect() as raw:
        case, user = raw.execute(LAID_OUT).fetchone()
    try:
        yield case, user
    finally:
        with _connect() as raw:
            for table in ("followup_contact", "milestone_cache"):
                raw.execute(f"DELETE FROM {table} WHERE case_id = %s", [case])
            raw.execute("DELETE FROM cases_case WHERE id = %s", [case])
            raw.execute("DELETE FROM cases_participant WHERE registered_by_id = %s", [user])
            raw.execute("DELETE FROM organisation_user WHERE id = %s", [user])
            raw.execute("DELETE FROM organisation_office WHERE number = '9977'")
            raw.execute("DELETE FROM organisation_county WHERE name = 'To på én gang'")


def test_two_who_record_at_once_lose_neither_fact(committed_case):
    case, user = committed_case
    failed: list[Exception] = []
    with _connect() as first, _connect() as second:
        first.execute(CONTACT, [case, TODAY - timedelta(days=9), user])
        waits = second.execute("SELECT pg_backend_pid()").fetchone()[0]

        def record_beside() -> None:
            try:
                second.execute(CONTACT, [case, TODAY - timedelta(days=2), user])
                second.commit()
            except psycopg.Error as error:
                failed.append(error)
                second.rollback()

        beside = threading.Thread(target=record_beside)
        beside.start()
        with _connect() as watch:
            watch.autocommit = True
            while beside.is_alive():
                if watch.execute(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [waits]
                ).fetchone()[0]:
                    break
        first.commit()
        beside.join(timeout=240)
        assert not beside.is_alive()
    assert not failed
    with _connect() as raw:
        cached = raw.execute(
            "SELECT first_meeting_on, last_met_on FROM milestone_cache WHERE case_id = %s", [case]
        ).fetchone()
    assert cached == (TODAY - timedelta(days=9), TODAY - timedelta(days=2))


def test_lists_know_what_a_participant_is_called_now_and_whether_they_are_shielded(world):
    case = world.refer("Kari", "Berg")

    def cached() -> tuple[str, str, bool]:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT sort_name, search_name, shielded FROM milestone_cache WHERE case_id = %s", [case.pk])
            sort_name, search_name, shielded = cursor.fetchone()
            return sort_name, search_name, shielded

    assert cached() == ("berg kari", "berg kari", False)
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(family_name="Aas")
    assert cached() == ("}s kari", "as kari", False)
    with as_owner():
        # Searched as before, sorted otherwise.
        Participant.objects.filter(pk=case.participant_id).update(family_name="Ås", given_name="Kåri")
    assert cached() == ("}s k}ri", "as kari", False)
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    assert cached() == ("}s k}ri", "as kari", True)


def test_many_facts_are_kept_once_a_case_at_the_end(world):
    case = world.refer(on=TODAY - timedelta(days=90))
    world.act_as(world.specialist)

    def met(days_ago: int) -> None:
        contact = Contact(case=case, happened_on=TODAY - timedelta(days=days_ago), parties=["participant"])
        contact.place, contact.minutes = "office", 30
        contact.channel, contact.purpose = "in_person", "follow_up"
        record(contact, by=world.specialist)

    def last_met() -> date | None:
        last_met_on: date | None = Case.objects.values_list("milestones__last_met_on", flat=True).get(pk=case.pk)
        return last_met_on

    with milestone_refresh.later():
        met(40)
        assert last_met() is None
        milestone_refresh.catch_up()
        assert last_met() == TODAY - timedelta(days=40)
        met(30)
        met(20)
        assert last_met() == TODAY - timedelta(days=40)
    assert last_met() == TODAY - timedelta(days=20)
    met(10)
    assert last_met() == TODAY - timedelta(days=10)
    cached, defined = cached_and_defined(case)
    assert cached == defined


def test_whoever_puts_it_off_and_forgets_it_gets_it_kept_at_the_end_all_the_same(committed_case):
    case, user = committed_case
    with _connect() as raw:
        raw.execute(milestone_refresh.LATER)
        raw.execute(CONTACT, [case, TODAY - timedelta(days=9), user])
        assert raw.execute("SELECT last_met_on FROM milestone_cache WHERE case_id = %s", [case]).fetchone() == (None,)
    with _connect() as raw:
        cached = raw.execute("SELECT last_met_on FROM milestone_cache WHERE case_id = %s", [case]).fetchone()
        assert cached == (TODAY - timedelta(days=9),)
        assert raw.execute("SELECT count(*) FROM milestone_refresh_queue").fetchone() == (0,)
