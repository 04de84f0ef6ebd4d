"""`plass demo` against a database: what it writes, what it keeps, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from plass.db.database import DatabaseError
from plass.demo import loading, make, state
from plass.demo.county import Size

Own = psycopg.Connection[tuple[object, ...]]
TODAY = date(2026, 6, 17)
TINY = Size(offices=2, specialists=4, participants=24, caseload=3, employers=20)


@pytest.fixture
def database(django_db_setup: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """A database of its own, because the demo commits; ``make`` is let in as its owner."""
    name = f"{connection.settings_dict['NAME']}_demo"
    host = connection.settings_dict["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE plass_template OWNER plass_owner").format(sql.Identifier(name))
        )
        parameters = {"host": host, "user": "plass_owner", "dbname": name}
        monkeypatch.setattr(make, "_parameters", lambda: parameters)
        with psycopg.connect(**parameters, autocommit=True) as own:
            yield own
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def count(own: Own, table: str) -> int:
    row = own.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(str(row[0]))


def protected(own: Own) -> bool:
    """Whether row-level security, triggers and keys are all as they are in real use."""
    loose = own.execute(
        "SELECT (SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "        AND NOT (relrowsecurity AND relforcerowsecurity)), "
        "       (SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'), "
        "       (SELECT count(*) FROM pg_constraint WHERE contype = 'f'), "
        "       (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public')"
    ).fetchone()
    # The worker's own database, and not the template: that cannot be copied while somebody is connected to it.
    with psycopg.connect(
        host=own.info.host, user="postgres", dbname=own.info.dbname.removesuffix("_demo")
    ) as untouched_database:
        untouched = untouched_database.execute(
            "SELECT (SELECT count(*) FROM pg_constraint WHERE contype = 'f'), "
            "       (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public')"
        ).fetchone()
    return loose is not None and untouched is not None and loose == (0, 0, *untouched)


def test_it_is_made_once_and_kept(database):
    steps = []
    made = make.make(seed=1, today=TODAY, size=TINY, progress=lambda *step: steps.append(step))
    assert made.complete
    assert count(database, "cases_case") == count(database, "milestone_cache") == TINY.participants
    assert count(database, "accounts_persona") == 7
    assert {step for step, _done, _of in steps} == {"people", "milestones"}
    assert protected(database)
    usable = database.execute("SELECT FROM organisation_user WHERE password NOT LIKE '!%'").fetchall()
    assert not usable
    database.execute("UPDATE cases_participant SET phone = 'changed' WHERE id = 1")
    again = make.make(seed=2, today=date(2026, 6, 18), size=TINY)
    assert again == made
    assert database.execute("SELECT phone FROM cases_participant WHERE id = 1").fetchone() == ("changed",)
    fresh = make.make(seed=2, today=date(2026, 6, 18), size=TINY, fresh=True)
    assert fresh.seed == 2
    assert database.execute("SELECT phone FROM cases_participant WHERE id = 1").fetchone() != ("changed",)


def test_new_rows_are_numbered_after_the_loaded_ones(database):
    make.make(today=TODAY, size=TINY)
    highest = database.execute("SELECT max(id) FROM cases_case").fetchone()
    new = database.execute("SELECT nextval(pg_get_serial_sequence('cases_case', 'id'))").fetchone()
    assert new is not None
    assert highest is not None
    assert int(str(new[0])) == int(str(highest[0])) + 1


def test_it_keeps_out_of_a_database_in_use(database):
    database.execute(
        "INSERT INTO organisation_user "
        "(password, username, kind, given_name, family_name, phone, email, language, started_on) "
        "VALUES ('', 'ekte', 'staff', 'Ekte', 'Menneske', '', '', 'nb', '2026-01-01')"
    )
    for fresh in (False, True):
        with pytest.raises(DatabaseError, match="already in use"):
            make.make(today=TODAY, size=TINY, fresh=fresh)
    assert count(database, "organisation_user") == 1


def test_it_is_not_made_anew_over_somebody_real(database, settings):
    from plass.cases import identity

    make.make(today=TODAY, size=TINY)
    settings.PLASS_DEMO = False
    # 17 May 1990 with valid check digits; made here, and nobody's as far as anybody knows.
    nine = next(f"170590{n:03}" for n in range(499, 0, -1) if identity.check_digits(f"170590{n:03}"))
    digits = identity.check_digits(nine)
    assert digits is not None
    number = identity.parse(f"{nine}{digits[0]}{digits[1]}")
    database.execute(
        "INSERT INTO cases_participant "
        "(given_name, family_name, identity_number, identity_hash, born_on, phone, email, "
        "address, postal_code, place, language, protection, registered_by_id, version) "
        "VALUES ('A', 'B', %s, %s, '1990-05-17', '', '', '', '', '', '', '', 1, 1)",
        [identity.encrypt(number), identity.find_by(number)],
    )
    with pytest.raises(DatabaseError, match="real national identity number"):
        make.make(today=TODAY, size=TINY, fresh=True)


def test_many_counties_are_the_same_as_one_and_one(database):
    make.make(seed=5, scale=2, today=TODAY, size=TINY, processes=1)
    assert protected(database)
    assert count(database, "cases_case") == count(database, "milestone_cache") == 2 * TINY.participants
    assert count(database, "accounts_persona") == 7
    names = "SELECT array_agg(sort_name ORDER BY id) FROM cases_participant"
    first = database.execute(f"{names} WHERE id < 1000").fetchone()
    make.make(seed=5, scale=1, today=TODAY, size=TINY, fresh=True)
    alone = database.execute(names).fetchone()
    assert first == alone


def test_a_load_that_was_killed_is_begun_anew(database):
    state.write(database, state.DemoState(1, 2, TODAY.isoformat()))
    with database.transaction():
        loading.set_aside_keys(database)
        for table in ("cases_case", "followup_contact"):
            database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
    assert not protected(database)
    made = make.make(today=TODAY, size=TINY)
    assert made.complete
    assert protected(database)


def test_an_impossible_scale_is_refused(database):
    with pytest.raises(ValueError, match="number of counties"):
        make.make(scale=0, today=TODAY)
