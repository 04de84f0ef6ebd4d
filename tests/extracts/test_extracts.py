"""Extracts: pseudonymised in the database, logged before a row is handed out, and ready to be evaluated."""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

import plass.evaluation as ev
from plass.access import actions as access
from plass.access.current_user import set_current_user
from plass.cases.models import Case, Participant
from plass.db import database
from plass.demo import make
from plass.demo.county import Size
from plass.employers.models import Employer
from plass.extracts.making import ExtractError, Wanted, extract
from plass.extracts.models import Extract, ExtractFile
from plass.followup.models import Contact
from plass.jobs import actions as jobs
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import World, identity_number, member, shielded_cases, stored, user

WANTED = Wanted(
    "trial-2024",
    "Do more people get into work in the trial?",
    ("Plass Nord",),
    date(2024, 4, 1),
    date(2024, 1, 1),
    date(2025, 3, 1),
)


@contextmanager
def reader() -> Iterator[None]:
    """The connection is the read role's, as `plass extract` has it."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE plass_read")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("SET ROLE plass_web")


def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


@pytest.fixture
def evaluator(world: World) -> User:
    with as_owner():
        account = user("forsker", "Frida", "Forsker")
        member(account, "evaluator", county=world.county)  # type: ignore[arg-type]
    return account


@pytest.fixture
def case(world: World) -> Case:
    """Referred in February 2024, met after 12 days, in work from 10 June with 20 hours, 32 from 1 September."""
    case = world.refer(on=date(2024, 2, 20))
    Contact.objects.create(
        case=case,
        happened_on=date(2024, 3, 3),
        parties=["participant"],
        channel="in_person",
        purpose="follow_up",
        minutes=30,
        recorded_by=world.specialist,
    )
    shop = Employer.objects.create(name="Prøvebutikken", recorded_by=world.specialist)
    started = jobs.start_job(
        case,
        by=world.specialist,
        happened_on=date(2024, 6, 10),
        employer=shop,
        title="Butikkmedarbeider",
        form="permanent",
        hours_per_week=Decimal(20),
        subsidised=True,
    )
    jobs.change_job(
        case, by=world.specialist, job_id=started.job_id, happened_on=date(2024, 9, 1), hours_per_week=Decimal(32)
    )
    return case


def rows(folder: Path, name: str = "people") -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return table


def test_months_of_a_case_worked_out_by_hand(case: Case, evaluator: User, tmp_path: Path) -> None:
    with reader():
        # The trial may start as late as the last month.
        made = extract(replace(WANTED, start=WANTED.last), tmp_path, by="forsker")
    study = tomllib.loads(made.study.read_text())
    assert [study[name]["horizon"] for name in ("waiting", "retention")] == [90, 365]
    months = {row["month"]: row for row in rows(tmp_path)}
    assert made.rows["people"] == len(months) == 13  # March 2024 to March 2025
    assert min(months) == date(2024, 3, 1) and max(months) == date(2025, 3, 1)
    assert {row["office"] for row in months.values()} == {"Plass Nord"}
    assert [months[date(2024, m, 1)]["in_work"] for m in (3, 5, 6, 12)] == [0, 0, 1, 1]
    assert [months[date(2024, m, 1)]["hours_per_week"] for m in (5, 6, 8, 9)] == [0, 20, 20, 32]
    assert [months[date(2024, m, 1)]["part_time"] for m in (5, 6, 9)] == [0, 1, 0]
    assert [months[date(2024, m, 1)]["wage_subsidy"] for m in (5, 6)] == [0, 1]
    assert months[date(2024, 3, 1)]["age_group"] == "30 to 44"
    assert [months[date(2024, m, 1)]["months_followed"] for m in (8, 9)] == ["1 to 6", "7 to 12"]
    assert months[date(2025, 3, 1)]["months_followed"] == "over 12"
    (waiting,) = rows(tmp_path, "waiting")
    assert waiting["started"] == date(2024, 2, 1)
    assert (waiting["ended"] - waiting["started"]).days == 12
    assert waiting["ended_how"] == "met"
    (work,) = rows(tmp_path, "retention")
    assert work["started"] == date(2024, 6, 1) and work["ended"] is None


def test_the_extract_is_in_the_log_with_its_purpose_and_its_files(
    case: Case, evaluator: User, world: World, tmp_path: Path
) -> None:
    with reader():
        extract(WANTED, tmp_path, by="forsker")
    world.act_as(evaluator)
    (line,) = Extract.objects.all()
    assert (line.user_id, line.study, line.purpose) == (evaluator.pk, "trial-2024", WANTED.purpose)
    assert line.run_by and line.first_month == date(2024, 1, 1)
    files = {file.name: file for file in ExtractFile.objects.filter(extract=line)}
    assert files["people.parquet"].rows_written == 13 and files["people.parquet"].people == 1
    for name, file in files.items():
        assert file.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    # The study file too, which names what is studied.
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == dict.fromkeys(
        [*files, "study.toml"], 0o600
    )
    world.act_as(world.administrator)
    assert Extract.objects.count() == 1
    assert line.through == Extract.Through.COMMAND_LINE
    for reader_without_part in (world.specialist, world.supervisor):
        world.act_as(reader_without_part)
        assert Extract.objects.count() == ExtractFile.objects.count() == 0


def test_nobody_changes_the_log_or_reads_the_key(case: Case, evaluator: User, world: World, tmp_path: Path) -> None:
    with reader():
        extract(WANTED, tmp_path, by="forsker")
    world.act_as(evaluator)
    for attempt in (
        "UPDATE extracts_extract SET purpose = 'other'",
        "DELETE FROM extracts_extract",
        "TRUNCATE extracts_extract CASCADE",
        "INSERT INTO extracts_extract SELECT * FROM extracts_extract",
        "SELECT key FROM extracts_studykey",
    ):
        for role in ("plass_web", "plass_read"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                ask(f"SET LOCAL ROLE {role}; {attempt}")


def test_a_pseudonym_is_the_studys_hmac_and_another_studys_is_another(
    case: Case, evaluator: User, tmp_path: Path
) -> None:
    another_study = Wanted(**{**vars(WANTED), "study": "another"})
    with reader():
        extract(WANTED, tmp_path / "a", by="forsker")
        extract(another_study, tmp_path / "b", by="forsker")
    with as_owner():
        keys = dict(ask("SELECT study, key FROM extracts_studykey"))
    message = str(case.participant_id).encode()
    for folder, study in (("a", "trial-2024"), ("b", "another")):
        (person,) = {row["person"] for name in ("people", "waiting") for row in rows(tmp_path / folder, name)}
        assert person == hmac.new(bytes(keys[study]), message, "sha256").hexdigest()[:20]
    assert rows(tmp_path / "a")[0]["person"] != rows(tmp_path / "b")[0]["person"]


def test_shielded_participants_and_other_offices_are_not_in_it(
    case: Case, evaluator: User, world: World, tmp_path: Path
) -> None:
    number = identity_number()
    protected = {"number": number, "protection": "strictly_confidential"}
    world.refer("Skjermet", "Person", on=date(2024, 2, 1), team=world.other_team, **protected)
    # The same person, referred here by somebody who does not know it: shielded all the same.
    quietly = world.refer("Skjermet", "Person", on=date(2024, 2, 1), number=number)
    with as_owner():
        assert shielded_cases()[quietly.pk] and not Participant.objects.get(pk=quietly.participant_id).protection
    claimed = world.refer("Kanskje", "Ansatt", on=date(2024, 2, 1))
    known_by = stored(claimed.participant, "identity_hash")
    me = world.act_as(world.other_counsellor)
    access.declare(known_by, by=me, user=me, kind="self")
    elsewhere = world.refer("Annen", "Person", on=date(2024, 2, 1), team=world.other_team)
    assert elsewhere.office_id == world.other_office.pk
    with reader():
        made = extract(WANTED, tmp_path, by="forsker")
    assert made.people == 2
    assert made.shielded is None  # one: fewer than five are not told
    with as_owner():
        ask("UPDATE organisation_membership SET county_id = NULL, office_id = %s WHERE user_id = %s RETURNING 1",
            world.office.pk, evaluator.pk)  # fmt: skip
    with reader(), pytest.raises(ExtractError, match="leave some offices"):
        extract(WANTED, tmp_path / "again", by="forsker")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"purpose": "because"}, "purpose"),
        ({"study": "Trial 2024"}, "small letters"),
        ({"start": WANTED.first}, "after the first month"),
        ({"start": date(2025, 3, 2)}, "after the first month"),
        ({"follow": 0}, "1 to 120"),
        ({"follow": 121}, "1 to 120"),
        ({"trial_offices": ("Plass Vest",)}, "'Plass Vest' is not one of the offices .*: Plass Nord, Plass Sør"),
        ({"first": date(2010, 1, 1), "start": date(2010, 3, 1), "last": date(2011, 1, 1)}, "Nobody was referred"),
    ],
)
def test_what_cannot_be_made_is_said_and_leaves_nothing(
    case: Case, evaluator: User, world: World, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with reader(), pytest.raises(ExtractError, match=message):
        extract(Wanted(**{**vars(WANTED), **change}), tmp_path, by="forsker")
    assert list(tmp_path.iterdir()) == []
    world.act_as(evaluator)
    assert Extract.objects.count() == 0


def test_only_an_evaluator_gets_one_and_not_over_an_older_one(
    case: Case, evaluator: User, world: World, tmp_path: Path
) -> None:
    for name in ("jobb1", "nobody"):
        with reader(), pytest.raises(ExtractError, match="role of evaluator"):
            extract(WANTED, tmp_path, by=name)
    with reader():
        extract(WANTED, tmp_path, by="forsker")
        with pytest.raises(ExtractError, match="holds an extract already"):
            extract(WANTED, tmp_path, by="forsker")
    with as_owner():
        ask(
            "UPDATE organisation_membership SET ended_on = access_today() - 1 WHERE user_id = %s RETURNING 1",
            evaluator.pk,
        )
    with reader(), pytest.raises(ExtractError, match="role of evaluator"):
        extract(WANTED, tmp_path / "later", by="forsker")


def test_rows_are_not_handed_out_without_a_line_in_the_log(case: Case, evaluator: User, world: World) -> None:
    calls = ("extracts_person_months({}, 24)", "extracts_spells({}, 'waiting')", "extracts_shielded({})")
    set_current_user(evaluator.pk)
    # Somebody else's line, from this very transaction, does not help either.
    with as_owner():
        ((foreign_line,),) = ask(
            "INSERT INTO extracts_extract (at, user_id, through, offices, run_by, study, purpose, first_month, last_month) "
            "VALUES (now(), %s, 'command_line', '{}', '', 'x', 'y', '2024-01-01', '2025-01-01') RETURNING id",
            world.leader.pk,
        )
        ask("INSERT INTO extracts_studykey (study, key, made_at) VALUES ('x', '\\x00', now()) RETURNING 1")
    for call in calls:
        for line in (0, foreign_line):
            with reader(), pytest.raises(DatabaseError, match="not in the log"), transaction.atomic():
                ask(f"SELECT * FROM {call.format(line)}")


def test_no_page_can_make_an_extract_and_the_read_role_has_no_table(db: None) -> None:
    open_to = ask(
        "SELECT proname, has_function_privilege('plass_web', oid, 'EXECUTE'), "
        "has_function_privilege('plass_read', oid, 'EXECUTE') FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND proname IN ('extracts_begin', 'extracts_person_months', "
        "'extracts_spells', 'extracts_finish', 'extracts_cases', 'extracts_logged')"
    )
    assert {name: (web, read) for name, web, read in open_to} == {
        "extracts_begin": (False, True),
        "extracts_person_months": (False, True),
        "extracts_spells": (False, True),
        "extracts_finish": (False, True),
        "extracts_cases": (False, False),
        "extracts_logged": (False, False),
    }
    tables = ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p') "
        "AND has_any_column_privilege('plass_read', oid, 'SELECT')"
    )
    assert tables == []


@pytest.fixture
def county(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small demo county in a database of its own, with somebody who evaluates it; Django is the read role there."""
    usual = dict(connection.settings_dict)
    host, name = usual["HOST"], f"{usual['NAME']}_extract"
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE plass_template OWNER plass_owner").format(sql.Identifier(name))
        )
        parameters = {"host": host, "user": "plass_owner", "dbname": name}
        monkeypatch.setattr(make, "_parameters", lambda: parameters)
        make.make(today=date(2026, 6, 17), size=Size(offices=5, specialists=10, participants=150, employers=40))
        with psycopg.connect(**parameters, autocommit=True) as own:
            own.execute(
                "INSERT INTO organisation_user (password, username, kind, given_name, family_name, phone, email, "
                "language, started_on) VALUES ('!', 'forsker', 'staff', 'Frida', 'Forsker', '', '', 'nb', '2015-01-01')"
            )
            own.execute(
                "INSERT INTO organisation_membership (user_id, role, county_id, started_on) "
                "SELECT u.id, 'evaluator', c.id, '2015-01-01' FROM organisation_user u, organisation_county c "
                "WHERE u.username = 'forsker'"
            )
        connection.close()
        connection.settings_dict.update(NAME=name, USER=database.READ, OPTIONS={})
        with django_db_blocker.unblock():
            yield
            connection.close()
        connection.settings_dict.update(usual)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_from_the_demo_county_to_a_verdict(county: None, tmp_path: Path) -> None:
    with transaction.atomic():
        set_current_user(ask("SELECT extracts_evaluator('forsker')")[0][0])
        offices = [row[1] for row in ask("SELECT * FROM extracts_offices() ORDER BY name")]
    assert len(offices) == 5
    order = Wanted(
        "demo",
        "Look around in made-up people.",
        tuple(offices[:2]),
        date(2023, 1, 1),
        date(2021, 7, 1),
        date(2024, 6, 1),
    )
    made = extract(order, tmp_path, by="forsker")
    study = ev.read_study(made.study)
    assert study.treatment.offices == tuple(offices[:2])
    results = ev.evaluate(study, draws=199, quick=True)
    assert results.account.rows_read == made.rows["people"] > 300
    assert results.account.exclusions == ()
    assert [check.number for check in results.checks][-1] == 12
    assert results.verdict.key
    whole = ev.evaluate(study, results.cells, draws=99)
    assert whole[12].table("waiting_curve").rows
