"""A statement smuggled into a page: any SQL at all on the web role's connection, while somebody acts or nobody does.

It may do what the page may do for the one who acts, and be nobody else.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from plass.access.current_user import acting_as, set_current_user
from plass.accounts import auth_backend
from plass.accounts.session_store import SessionStore, name_of
from plass.db import database, row_policies, signed
from plass.organisation.models import Membership, User
from tests.access.organisations import Made, lay_out, one_of_each_rule
from tests.conftest import as_owner
from tests.world import approved_link


def ask(question: str, parameters: Any = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall()


def refused(question: str, parameters: Any = None) -> str:
    """What the database says to a statement that it does not take."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        ask(question, parameters)
    return str(error.value)


def setting(name: str, value: str) -> None:
    ask("SELECT set_config(%s, %s, true)", [f"plass.{name}", value])


@contextmanager
def beside() -> Iterator[Any]:
    """Another connection of the web role to the same database."""
    second = connections.create_connection("default")
    try:
        yield second
    finally:
        second.close()


@pytest.fixture
def made(db: None) -> Made:
    return lay_out(one_of_each_rule())


def about_people() -> list[str]:
    """Every table that holds something about somebody, and that the web role may read rows of."""
    return [
        table
        for table, policy in row_policies.declared().items()
        if policy.holds in {"person data", "staff"} and policy.select is not None
    ]


def columns(table: str) -> str:
    """A column of it that may be read: some are hidden."""
    rows = ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND has_column_privilege(current_user, attrelid, attnum, 'SELECT') LIMIT 1",
        [table],
    )
    return str(rows[0][0])


def seen() -> dict[str, int]:
    counts = {table: len(ask(f'SELECT "{columns(table)}" FROM {table}')) for table in about_people()}
    return {table: number for table, number in counts.items() if number}


def forgeries(victim: int, all_cases: str) -> list[dict[str, str]]:
    """Settings that a statement may write, one try each. ``MAC`` stands for 64 digits that look like a signature."""
    return [
        {"user": str(victim)},
        {"user": f"{victim}|"},
        {"user": f"{victim}|MAC"},
        {"user": f"{victim}|{hashlib.sha256(str(victim).encode()).hexdigest()}"},
        {"user": f"{victim}", "cases": all_cases, "participants": all_cases},
        {"user": f"{victim}|MAC", "cases": f"MAC{all_cases}", "participants": f"MAC{all_cases}"},
        {"cases": all_cases, "participants": all_cases},
        {"cases": f"MAC{all_cases}", "participants": f"MAC{all_cases}"},
        {"case": "1,2", "some": f"1,2:{all_cases}"},
        {"case": "1,2", "some": f"MAC1,2:{all_cases}"},
        {"case": "1", "sees": "1:true"},
        {"case": "1", "sees": "MAC1:true"},
    ]


def test_with_any_setting_it_sees_nobodys_rows(made, promise):
    with as_owner():
        existing = seen()
    assert {"cases_case", "cases_participant", "access_accesslogentry", "access_grant", "organisation_user"} <= set(
        existing
    )
    tries = 0
    all_cases = "{" + ",".join(str(case.pk) for case in made.cases) + "}"
    for victim in [*made.people]:
        for forged in forgeries(victim.pk, all_cases):
            with transaction.atomic():
                for name, value in forged.items():
                    setting(name, value.replace("MAC", "0" * 64))
                tries += 1
                assert seen() == {}, forged
                transaction.set_rollback(True)
    promise("an injected statement", tables=len(existing), settings_tried=tries, rows_seen=0)


def test_while_somebody_acts_it_is_nobody_else(made):
    actor, victim = made.people[0], made.people[1]
    all_cases = "{" + ",".join(str(case.pk) for case in made.cases) + "}"
    set_current_user(actor.pk)
    own = seen()
    visible = {row[0] for row in ask("SELECT id FROM cases_case")}
    assert 0 < len(visible) < len(made.cases)
    for forged in forgeries(victim.pk, all_cases):
        if "user" in forged:
            continue
        with transaction.atomic():
            for name, value in forged.items():
                # With the signature of something else that is theirs.
                real = ask("SELECT current_setting('plass.cases', true)")[0][0][:64]
                setting(name, value.replace("MAC", real))
            assert {row[0] for row in ask("SELECT id FROM cases_case")} <= visible
            transaction.set_rollback(True)
    assert seen() == own
    # What was kept while nobody acted, or somebody whom the statement names, is not kept for the one who acts.
    real = ask("SELECT current_setting('plass.user', true)")[0][0]
    for named in ("", f"{real}|{all_cases[:-1]}", f"{real}|MAC"):
        with transaction.atomic():
            setting("user", named)
            ask("SELECT access_cases(), access_sees_case(%s)", [made.cases[-1].pk])
            setting("user", real)
            try:
                assert {row[0] for row in ask("SELECT id FROM cases_case")} <= visible
            finally:
                transaction.set_rollback(True)
    # The signed word of one kind is not another's: what is seen, said as who one is.
    setting("user", f"{victim.pk}|{ask('SELECT current_setting(%s, true)', ['plass.cases'])[0][0][:64]}")
    assert seen() == {}


def test_what_was_signed_for_another_transaction_is_nobody(made):
    with beside() as second, second.cursor() as cursor:
        cursor.execute("BEGIN")
        stamp = signed.stamp(made.people[0].pk, second)
        cursor.execute("SELECT set_config('plass.user', %s, false)", [stamp])
        cursor.execute("SELECT access_user()")
        assert cursor.fetchone() == (made.people[0].pk,)
        # On another connection ...
        setting("user", stamp)
        assert ask("SELECT access_user()") == [(None,)]
        # ... and later on the same one, although it stands there still.
        cursor.execute("COMMIT")
        cursor.execute("BEGIN")
        cursor.execute("SELECT current_setting('plass.user'), access_user()")
        assert cursor.fetchone() == (stamp, None)
        cursor.execute("SELECT set_config('plass.user', %s, true)", [stamp])
        cursor.execute("SELECT access_user()")
        assert cursor.fetchone() == (None,)
        cursor.execute("ROLLBACK")


#: What is asked before anybody acts, or opens a way into an account, with words that would do harm.
SIGNED = {
    "accounts_credentials": ("leder1",),
    "accounts_attempt": ("leder1", 5, 900),
    "accounts_attempt_succeeded": ("leder1",),
    "accounts_address_waits": ("from 10.0.0.1", 100, 900),
    "accounts_address_failed": ("from 10.0.0.1", 100, 900),
    "accounts_bind": ("x", "y", 1),
    "accounts_unbind": (1,),
    "accounts_login_moved": ("k" * 32, "l" * 32),
    "accounts_bound": ("x", "y", "staff"),
    "accounts_ask_first_login": ("leder1", "x", "y", "oid", "Mette"),
    "accounts_login_began": ("k" * 32, 1, "password", "", "", "", "", 1),
    "accounts_end_logins_from": ("x", "y", "", 1, True),
    "accounts_logged_out_there": ("x", "y", "z", 1),
    "accounts_link_for": (b"x" * 32,),
    "accounts_set_password": (1, "x"),
    # A link whose secret the statement chose, and somebody else's identifier at a supervisor's account.
    "accounts_answer_request": (1, True, "", b"x" * 32),
    "accounts_prove_request": (1, "k" * 32, b"x" * 32),
    "accounts_refuse_first_login": (1,),
    "accounts_factor_secret": (1,),
    # A phone, a code and recovery codes of the statement's own, used ones that open again, and a login that no list has.
    "accounts_set_factor": (1, b"x" * 32, 1),
    "accounts_use_factor": (1, 1),
    "accounts_set_recovery_codes": (1, ["00"]),
    "accounts_use_link": (1,),
    "accounts_login_ended": ("k" * 32,),
    "accounts_use_recovery_code": (1, b"x" * 32),
    # A key that the statement made, somebody's key before login, and a key made useless or said to be the right one's.
    "accounts_add_passkey": (1, b"x" * 32, b"y" * 32, 0, "min"),
    "accounts_passkey_called": (b"x" * 32,),
    "accounts_use_passkey": (1, 1, 1, 0),
    "cases_account_of": (b"x" * 32,),
    "cases_identity_number": (1,),
    "organisation_follow_groups": (1, ["admins"]),
    "rights_code_fits": (1, "000000"),
    "rights_give_access": (1, 1, "2026-01-01", "talk", "000000"),
    # A way into a contact person's account that lasts: a password that the statement chose, and a phone of its own.
    "rights_open_account": (1, "ny.vei", "x", "A", "B"),
    "rights_new_password": (1, "x"),
    "rights_forget_factor": (1, "met"),
    # Could be taken, read by, and taken back; and says which numbers are those of shielded people.
    "access_break_glass": (1, "x", 1, 5),
    "access_may_follow": (["1"], ["1"]),
    # The same: opens a case, or what another office wrote.
    "access_answer_tie_end": (1, True, "x"),
    "cases_answer_referral": (1, "x"),
    "cases_change_protection": (1, "confidential", "x", 1),
    "cases_join": (1, "x", True, "x"),
    # By the data protection officer: whom it takes tells who must keep away from somebody.
    "cases_appoint_joiner": (1, 1),
    "cases_give_to_somebody": (1, 1, "x"),
    # Could be taken, read by, and taken back: what waits for those who decide; and what comes up where nobody does any more.
    "cases_take": (1,),
    "organisation_end_role": (1, "2026-01-01"),
    "organisation_end_account": (1, "2026-01-01"),
    # And what tells whether a change that a statement takes back left somebody to nobody.
    "cases_joins_to_appoint": (),
    "cases_without_anybody_to_give": (),
    "cases_without_anybody_to_tell": (),
    # What the worker does for somebody, with signatures of its own.
    "queue_defer": ("imports.all", "{}", 1),
    "queue_finish": (1,),
}

#: What writes without a signature, and why it may: it asks what the one who acts may do, as the page does, makes no way into
#: an account, and what it opens, if anything, opens to others or leaves a row. What it opens within a savepoint is
#: forgotten with the savepoint (``test_keep_what_was_taken_back``).
UNSIGNED = {
    "access_end_grant": "takes away a way in, and says who did; gives nothing",
    "access_ask_tie_end": "one's own, and somebody else answers",
    "accounts_stop_request": "takes away what was asked for, and gives nothing",
    "accounts_end_logins": "ends logins: one's own, or by an administrator",
    "accounts_held_generation": "what ends one's own logins waits for the page; writes nothing else",
    "accounts_session_end": "ends a session, by whoever has its key",
    "accounts_session_write": "by whoever has the key of the session; one whose login is not noted is nobody's",
    "accounts_sessions_forget_old": "deletes what has run out",
    "oversight_sign": "by whoever may sign it, for what waits for them; it says who signed",
    "rights_note_reading": "adds a line about oneself to the log",
}


def test_the_list_of_signed_questions_is_whole(db):
    demanding = ask(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND 'permit' = ANY (proargnames) "
        "AND has_function_privilege(current_user, oid, 'EXECUTE')"
    )
    assert {name for (name,) in demanding} == set(SIGNED) | {"access_key_fits"}


def test_whatever_writes_past_the_policies_is_signed_or_says_why_not(db):
    """Every function that runs as the owner, may write and may be called: a new one is signed, or has its reason here."""
    writing = ask(
        "SELECT proname, 'permit' = ANY (coalesce(proargnames, '{}')) FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND provolatile = 'v' AND prorettype <> 'trigger'::regtype "
        "AND has_function_privilege(current_user, oid, 'EXECUTE')"
    )
    assert {name for name, is_signed in writing if not is_signed} == set(UNSIGNED)
    # A parameter of that name is not enough: its own name stands in what it demands.
    demands = dict(ask("SELECT proname, prosrc FROM pg_proc WHERE proname = ANY (%s)", [list(SIGNED)]))
    assert {name for name in SIGNED if f"access_demand(permit, '{name}'" not in demands[name]} == set()
    assert all(UNSIGNED.values())


@pytest.mark.parametrize("question", SIGNED)
def test_what_must_be_signed_cannot_be_asked_by_it(world, question):
    words = SIGNED[question]
    places = ", ".join(["%s"] * (len(words) + 1))
    world.act_as(world.administrator)
    # A signature of another question, of other words, of what is kept, none at all.
    signature_of_cases = ask("SELECT access_cases(), current_setting('plass.cases', true)")[0][1][:64]
    signature_of_another = signed._sign(
        connection, "accounts_address_waits" if question != "accounts_address_waits" else "x", ""
    )
    stamp = signed.stamp(world.administrator.pk).split("|")[1]
    for permit in (None, "", "0" * 64, signature_of_cases, signature_of_another, stamp):
        assert "was not asked by the web process" in refused(f"SELECT * FROM {question}({places})", [*words, permit])


def test_a_signed_question_is_for_its_words_and_its_transaction_alone(world):
    name = hashlib.sha256(b"jobb1").hexdigest()
    permit = signed._sign(connection, "accounts_credentials", name)
    assert len(ask("SELECT * FROM accounts_credentials('jobb1', %s)", [permit])) == 1
    refused("SELECT * FROM accounts_credentials('leder1', %s)", [permit])
    refused("SELECT accounts_attempt_succeeded('jobb1', %s)", [permit])
    with beside() as second, pytest.raises(DatabaseError), second.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_credentials('jobb1', %s)", [permit])


def test_the_key_cannot_be_read_nor_its_signatures_had(db):
    refused("SELECT * FROM access_actingkey")
    refused("SELECT access_mac('user', '1')")
    refused("SELECT access_keep('cases', '1:{1}')")
    refused("SELECT access_kept('cases')")
    refused("SELECT access_demand('', 'x', 'y')")


def test_hashes_and_secrets_cannot_be_read(world):
    approved_link(world, world.specialist)
    world.act_as(world.specialist)
    for question in (
        "SELECT password FROM organisation_user",
        "SELECT u FROM organisation_user u",
        "SELECT to_jsonb(u) FROM organisation_user u",
        "SELECT token_hash FROM accounts_link",
        "SELECT secret FROM accounts_secondfactor",
        "SELECT code_hash FROM accounts_recoverycode",
        "SELECT identity_number FROM cases_participant",
        "SELECT id FROM organisation_user WHERE password LIKE '$argon2id$%'",
        "UPDATE organisation_user SET phone = password",
        "UPDATE organisation_user SET password = 'x'",
        "COPY organisation_user TO STDOUT",
    ):
        assert "permission denied" in refused(question), question
    # Django, which names every column, gets a fixed word in their place.
    assert {user.password for user in User.objects.all()} == {"(hidden)"}


def test_sessions_cannot_be_listed_or_read_without_their_key(client: Client, world):
    client.force_login(world.act_as(world.specialist))
    key = client.session.session_key
    refused("SELECT session_key FROM django_session")
    refused("DELETE FROM django_session")
    refused("INSERT INTO django_session VALUES ('x', 'y', now())")
    world.act_as(world.specialist)
    names = [name for (name,) in ask("SELECT session_key FROM accounts_login")]
    assert names == [name_of(key)]
    # What is called by the hash is not opened by it.
    assert ask("SELECT contents FROM accounts_session(%s)", names) == []
    assert ask("SELECT contents FROM accounts_session(%s)", [key])[0][0]
    assert SessionStore(key).load()
    with as_owner():
        assert ask("SELECT count(*) FROM django_session WHERE session_key = %s", [key]) == [(0,)]


def test_the_time_of_a_line_in_the_log_is_the_databases(world):
    world.act_as(world.specialist)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_accesslogentry (at, user_id, purpose, rule, allowed) "
            "VALUES ('2020-01-01', %s, 'x', 'x', true)",
            [world.specialist.pk],
        )
    with as_owner():
        assert ask("SELECT at BETWEEN now() AND clock_timestamp() FROM access_accesslogentry WHERE purpose = 'x'") == [
            (True,)
        ]


def test_temporary_tables_do_not_come_in_front_of_ours(world):
    world.act_as(world.specialist)
    assert "permission denied" in refused("CREATE TEMP TABLE organisation_membership (user_id bigint)")
    assert "permission denied" in refused("CREATE TABLE public.organisation_x (user_id bigint)")
    assert "permission denied" in refused("CREATE FUNCTION public.access_user(x int) RETURNS bigint RETURN 1")
    assert "permission denied" in refused("CREATE SCHEMA mine")
    # Were they allowed (a database made by other hands), the functions would still read ours.
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE organisation_membership (LIKE public.organisation_membership)")
        cursor.execute("CREATE TEMP TABLE access_actingkey (LIKE public.access_actingkey)")
        cursor.execute(
            "GRANT ALL ON pg_temp.organisation_membership, pg_temp.access_actingkey TO plass_web; "
            "INSERT INTO pg_temp.access_actingkey VALUES (1, '', '', now()); "
            "INSERT INTO pg_temp.organisation_membership (id, user_id, role, started_on, given_by_group) "
            "SELECT id, id, 'administrator', '2015-01-01', '' FROM organisation_user",
        )
    setting("user", f"{world.specialist.pk}|{hashlib.sha256(hashlib.sha256(b'').digest()).hexdigest()}")
    assert ask("SELECT access_user()") == [(None,)]
    set_current_user(world.specialist.pk)
    assert ask("SELECT access_has_role('administrator'), access_has_role('specialist')") == [(False, True)]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_creat(-1)",
        "SELECT lo_get(1)",
        "SELECT lo_put(1, 0, 'x')",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_cancel_backend(1)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1, 1)",
        "SELECT pg_advisory_unlock_all()",
        "COPY accounts_loginattempts FROM PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "SET ROLE plass_owner",
        "SET SESSION AUTHORIZATION plass_owner",
        "SET session_replication_role = replica",
        "ALTER TABLE access_accesslogentry DISABLE TRIGGER ALL",
        "ALTER ROLE plass_web BYPASSRLS",
        "CREATE PUBLICATION p",
    ],
)
def test_what_goes_past_every_table_is_closed(question):
    # As the web role itself logs in; the tests' own connection may become the owner.
    with (
        psycopg.connect(
            host=os.environ[database.DSN_VARIABLE], user="plass_web", dbname=connection.settings_dict["NAME"]
        ) as web,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        web.execute(question)


def test_nobody_reads_what_another_page_asks(db):
    # Django writes values into the text of what it asks, and a role may read what its other connections run.
    ((settings,),) = ask("SELECT rolconfig FROM pg_roles WHERE rolname = 'plass_web'")
    assert "track_activities=off" in settings
    refused("ALTER ROLE plass_web SET track_activities = on")


def test_what_lies_in_wait_on_a_connection_ends_the_connection_and_catches_nothing(world):
    with beside() as second:
        with second.cursor() as cursor:
            cursor.execute("PREPARE _pg3_0 (text) AS SELECT set_config('caught.it', $1, false)")
            cursor.execute("BEGIN")
        with pytest.raises(DatabaseError, match="left on this connection"):
            set_current_user(1, on=second)
        assert second.connection is None


def test_nobody_gets_the_password_of_another_by_setting_it(world):
    # The page's own code, were it led to another's account.
    with acting_as(world.specialist), pytest.raises(DatabaseError), transaction.atomic():
        auth_backend.set_password(User.objects.get(pk=world.supervisor.pk), "another-password-123")


def test_it_makes_no_lasting_way_in_for_themselves(world):
    me = world.act_as(world.specialist).pk
    for statement in (
        f"INSERT INTO accounts_subject (issuer, subject, user_id, bound_at) VALUES ('https://x', 'mine', {me}, now())",
        f"UPDATE organisation_user SET password = 'mine' WHERE id = {me}",
        f"INSERT INTO accounts_login (session_key, user_id, began_at, way, device, issuer, subject, sid) "
        f"VALUES ('x', {me}, now(), '', '', '', '', '')",
    ):
        assert "permission denied" in refused(statement)


def test_nobody_says_by_a_statement_when_an_account_or_a_role_ends(world):
    for who in (world.specialist, world.administrator):
        world.act_as(who)
        for table in ("organisation_user", "organisation_membership"):
            assert "permission denied" in refused(f"UPDATE {table} SET ended_on = NULL")


def test_the_end_of_an_account_is_an_administrators_to_say_of_another(world):
    today = timezone.localdate()
    for by, of, done in (
        (world.specialist, world.colleague, False),
        (world.administrator, world.administrator, False),
        (world.administrator, world.colleague, True),
    ):
        world.act_as(by)
        role = Membership.objects.get(user=world.colleague)
        assert signed.call("organisation_end_account", of.pk, today) == [(done,)]
        assert signed.call("organisation_end_role", role.pk, today) == [(by == world.administrator,)]
    # And no role is lengthened.
    assert signed.call("organisation_end_role", role.pk, today + timedelta(days=1)) == [(False,)]
    assert signed.call("organisation_end_role", role.pk, None) == [(False,)]


def test_a_case_begins_as_it_was_referred(world):
    """At one's own office, in another's team, followed by whoever writes it: that is for the facts to say."""
    case = world.refer()
    me = world.act_as(world.specialist)
    followed, elsewhere = "a case begins followed by nobody", "a row contradicts another that it names"
    for team, more, value, says in (
        (world.team, "specialist_id", me.pk, followed),
        (world.team, "counsellor_id", me.pk, followed),
        (world.team, "referrer_ended_at", "infinity", followed),
        (world.other_team, "specialist_id", None, elsewhere),
    ):
        assert says in refused(
            f"INSERT INTO cases_case (participant_id, office_id, team_id, referred_by_id, shielded, {more}) "
            "VALUES (%s, %s, %s, %s, false, %s) RETURNING 1",
            [case.participant_id, world.office.pk, team.pk, me.pk, value],
        )
