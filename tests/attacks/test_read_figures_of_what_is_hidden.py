"""A statement smuggled into a page reads what stands beside the rows: hidden columns, counters, sizes, sequences."""

from __future__ import annotations

import os
import uuid

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from plass.access.models import AccessLogEntry, ConflictOfInterest
from plass.cases import actions, identity
from plass.cases.models import Case
from plass.db import database
from tests.conftest import as_owner
from tests.world import identity_number

from .test_ask_whether_somebody_is_known import KINDS, known_as
from .test_injected_statement import ask, refused
from .test_refer_a_shielded_person import filled_in

TODAY = timezone.localdate()


def refer(world, number: str, by) -> Case:
    return actions.refer(
        by=by,
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet"},
        team=world.team,
        wishes="Jobb",
        participant_agreed_on=TODAY,
    )


@pytest.mark.parametrize("kind", ["confidential", "strictly_confidential", "own_employee"])
def test_whether_ones_own_referral_is_shielded_cannot_be_read(world, client, kind):
    number = known_as(world, kind)
    client.force_login(world.act_as(world.specialist))
    client.post("/henvis/", filled_in(world, number))
    world.act_as(world.specialist)
    case = Case.objects.get(referred_by=world.specialist)
    for question in (
        "SELECT shielded FROM cases_case",
        "SELECT id FROM cases_case WHERE shielded",
        "SELECT to_jsonb(c) FROM cases_case c",
        "SELECT c FROM cases_case c",
        "SELECT xmin FROM cases_case",
        "SELECT count(*) FILTER (WHERE shielded) FROM cases_case",
    ):
        assert "permission denied" in refused(question), question
    # What the program reads is what was typed; and so is what it may do.
    assert case.shielded is False
    assert ask("SELECT access_level(%s)", [case.pk]) == [(4,)]
    with as_owner():
        assert ask("SELECT shielded FROM cases_case WHERE id = %s", [case.pk]) == [(True,)]


def test_that_a_participant_is_protected_is_read_by_those_who_see_them(world):
    # The control: it is not simply false.
    case = world.refer("Kari", "Kanarifugl", protection="confidential")
    world.act_as(world.counsellor)
    assert Case.objects.get(pk=case.pk).shielded is True


def test_whoever_is_let_in_to_ones_own_referral_sees_no_difference(world):
    """A colleague of the team to whom the one who referred gave a look would else have less than the team has."""
    levels = []
    for kind in ("unknown", "strictly_confidential"):
        with transaction.atomic():
            number = known_as(world, kind)
            by = world.act_as(world.counsellor)
            case = refer(world, number, by)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO access_grant "
                    "(kind, level, user_id, case_id, reason, granted_by_id, expires_at, granted_at) "
                    "VALUES ('given', 1, %s, %s, 'x', %s, now() + interval '1 day', now())",
                    [world.colleague.pk, case.pk, by.pk],
                )
            world.act_as(world.colleague)
            levels.append(ask("SELECT access_level(%s)", [case.pk])[0][0])
            transaction.set_rollback(True)
    assert levels == [3, 3]


def test_a_refusal_does_not_say_that_the_case_is_shielded(world, client):
    """A friend at another office opens the address of the case; the one who referred reads the line of it."""
    rules = []
    for kind in ("unknown", "strictly_confidential"):
        with transaction.atomic():
            case = refer(world, known_as(world, kind), world.act_as(world.counsellor))
            client.force_login(world.act_as(world.leader))
            assert client.get(f"/sak/{case.pk}/").status_code == 404
            client.force_login(world.act_as(world.other_counsellor))
            assert client.get(f"/sak/{case.pk}/").status_code == 404
            world.act_as(world.counsellor)
            refused = AccessLogEntry.objects.filter(case_id=case.pk, allowed=False).order_by("pk")
            rules.append(list(refused.values_list("rule", flat=True)))
            transaction.set_rollback(True)
    assert rules[0] == rules[1] == ["no role", "no relation"]


def test_hashes_of_identity_numbers_cannot_be_read_nor_compared(world):
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    refer(world, number, world.act_as(world.counsellor))
    world.act_as(world.counsellor)
    for question in (
        "SELECT identity_hash FROM cases_participant",
        "SELECT count(DISTINCT identity_hash) FROM cases_participant",
        "SELECT 1 FROM cases_participant a JOIN cases_participant b USING (identity_hash)",
        "SELECT id FROM cases_participant ORDER BY identity_hash",
        "SELECT id FROM cases_participant WHERE identity_hash = 'x'::bytea",
        "SELECT identity_hash FROM access_conflictofinterest",
        "SELECT 1 FROM access_conflictofinterest a JOIN access_conflictofinterest b USING (identity_hash)",
        "INSERT INTO access_conflictofinterest (user_id, identity_hash, kind, declared_by_id) "
        "SELECT 1, identity_hash, 'family', 1 FROM cases_participant",
    ):
        assert "permission denied" in refused(question), question


def test_the_search_by_number_finds_whom_one_sees_and_says_a_tie_once(world, client):
    # The control: the pages that need the hash go on.
    number = identity_number()
    case = world.refer("Kari", "Kanarifugl", number=number)
    client.force_login(world.act_as(world.counsellor))
    assert client.post("/sok/", {"q": number})["Location"] == f"/sak/{case.pk}/"
    for _twice in range(2):
        client.force_login(world.act_as(world.specialist))
        client.post("/meg/narstaende/", {"submission": str(uuid.uuid4()), "number": number, "kind": "family"})
    with as_owner():
        assert ConflictOfInterest.objects.count() == 1


def lines_between(world, kind: str) -> tuple[int, int]:
    """How far apart two rows of one's own are numbered, in the log and in the history, with a referral between them."""
    with transaction.atomic():
        number = known_as(world, kind)
        own_case = refer(world, identity_number(), world.act_as(world.counsellor))
        by = world.act_as(world.counsellor)
        numbers = []
        for act in (lambda: None, lambda: refer(world, number, by)):
            act()
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO access_accesslogentry (at, user_id, case_id, purpose, rule, allowed) "
                    "VALUES (now(), %s, %s, 'x', 'x', true) RETURNING id",
                    [by.pk, own_case.pk],
                )
                line = cursor.fetchone()[0]
                cursor.execute("UPDATE organisation_user SET phone = phone || '1' WHERE id = %s", [by.pk])
            with as_owner():
                numbers.append((line, ask("SELECT max(id) FROM access_change")[0][0]))
        transaction.set_rollback(True)
    (line, change), (later_line, later_change) = numbers
    return later_line - line, later_change - change


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "unknown"])
def test_the_numbers_of_ones_own_next_rows_do_not_tell_of_hidden_ones(world, kind):
    usual = lines_between(world, "unknown")
    assert usual[0] == 2
    assert lines_between(world, kind) == usual


def as_the_web_role() -> psycopg.Connection[tuple]:
    """As the role itself logs in; the tests' own connection may become the owner."""
    return psycopg.connect(
        host=os.environ[database.DSN_VARIABLE], user="plass_web", dbname=connection.settings_dict["NAME"]
    )


@pytest.mark.parametrize(
    "question",
    [
        "SELECT last_value FROM access_opening_id_seq",
        "SELECT last_value FROM pg_sequences",
        "SELECT nextval('cases_possibleduplicate_id_seq')",
        "SELECT nextval('cases_participant_id_seq')",
        "SELECT setval('cases_participant_id_seq', 1)",
        "SELECT pg_sequence_last_value('cases_possibleduplicate_id_seq')",
        "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'cases_possibleduplicate'",
        "SELECT n_tup_ins FROM pg_stat_xact_user_tables WHERE relname = 'cases_possibleduplicate'",
        "SELECT idx_scan FROM pg_stat_user_indexes",
        "SELECT heap_blks_hit FROM pg_statio_user_tables",
        "SELECT tup_inserted FROM pg_stat_database",
        "SELECT query FROM pg_stat_activity",
        "SELECT wal_bytes FROM pg_stat_wal",
        "SELECT pg_stat_get_tuples_inserted('cases_possibleduplicate'::regclass)",
        "SELECT pg_stat_get_live_tuples('cases_possibleduplicate'::regclass)",
        "SELECT pg_relation_size('cases_possibleduplicate')",
        "SELECT pg_total_relation_size('cases_possibleduplicate')",
        "SELECT pg_database_size(current_database())",
        "SELECT mode FROM pg_locks WHERE relation = 'cases_possibleduplicate'::regclass",
        "SELECT pg_current_wal_insert_lsn()",
        "SELECT reltuples FROM pg_class WHERE relname = 'cases_possibleduplicate'",
        "SELECT relpages FROM pg_class",
        "SELECT * FROM pg_class",
        "SELECT stavalues1 FROM pg_statistic",
        "SELECT ctid FROM access_accesslogentry",
        "SELECT xmin FROM cases_referral",
        "SELECT max(ctid) FROM access_change",
        "EXPLAIN ANALYZE SELECT FROM cases_possibleduplicate",
    ],
)
def test_figures_of_tables_that_it_does_not_see_are_closed(question):
    with as_the_web_role() as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(question)


def test_what_the_server_says_of_columns_is_empty(db):
    with as_the_web_role() as web:
        assert web.execute("SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'").fetchall() == []
        assert web.execute("SELECT count(*) FROM pg_stats_ext").fetchall() == [(0,)]


def test_no_column_needs_a_sequence_that_the_web_role_may_use(db):
    assert (
        ask(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_default LIKE 'nextval%%'"
        )
        == []
    )
