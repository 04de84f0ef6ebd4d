"""The database's own protection, read from its catalogue: nothing stands unclassified, and nothing goes past a policy."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, transaction

from plass.db import hidden, row_policies

from ..conftest import as_owner

PROTECTED = {"person data", "staff"}


def ask(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def unclassified() -> list[str]:
    """Tables of the catalogue that no model says anything about."""
    tables = {
        name
        for (name,) in ask(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm')"
        )
    }
    return sorted(tables - set(row_policies.declared()))


def open_to_the_web_role() -> list[str]:
    """Tables that hold something about people and are not under forced row-level security."""
    held = {table: declared.holds for table, declared in row_policies.declared().items()}
    tables = ask(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    return sorted(name for name, forced in tables if held.get(name) in PROTECTED and not forced)


def test_every_table_says_what_it_holds(db):
    assert unclassified() == []


def test_a_table_that_says_nothing_is_found(db):
    # The tests around it read the catalogue; this one shows that they see a table that somebody forgot.
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE forgotten (participant_id bigint, note text)")
        assert unclassified() == ["forgotten"]
        transaction.set_rollback(True)


def test_every_table_about_people_is_under_forced_row_level_security(db):
    assert open_to_the_web_role() == []


def test_a_table_whose_protection_was_lifted_is_found(db):
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cases_participant NO FORCE ROW LEVEL SECURITY")
        assert open_to_the_web_role() == ["cases_participant"]
        transaction.set_rollback(True)


#: Times that whoever writes a row chooses, and what they say.
CHOSEN_TIMES = {
    ("followup_meeting", "starts_at"): "when it is to be",
    ("access_grant", "expires_at"): "when it ends",
}


def times_of_the_writers() -> set[tuple[str, str]]:
    """Columns with a time that the web role may write, and where the database does not set it or keep it empty."""
    columns = ask(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "
        "AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype) AND ("
        "(has_column_privilege('plass_web', c.oid, a.attnum, 'INSERT') "
        "AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'plass_insert' "
        "AND p.with_check LIKE '%(' || a.attname || ' IS NULL)%') "
        "AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'plass_time_' || a.attname)) "
        "OR (has_column_privilege('plass_web', c.oid, a.attnum, 'UPDATE') AND NOT EXISTS ("
        "SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'plass_time_' || a.attname || '_changed')))"
    )
    return {(table, column) for table, column in columns}


def test_when_something_was_done_is_the_databases_to_say(db):
    assert times_of_the_writers() == set(CHOSEN_TIMES)


def test_a_time_that_a_writer_chooses_is_found(db):
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER plass_time_at ON access_accesslogentry")
            cursor.execute("DROP TRIGGER plass_time_superseded_at_changed ON cases_referral")
            cursor.execute("ALTER POLICY plass_insert ON cases_participant WITH CHECK (true)")
        assert times_of_the_writers() - set(CHOSEN_TIMES) == {
            ("access_accesslogentry", "at"),
            ("cases_referral", "superseded_at"),
            ("cases_participant", "own_employee_answered_at"),
        }
        transaction.set_rollback(True)


#: Days, times and marks that the web role may change again, and why.
CHANGED_AGAIN = {
    ("organisation_user", "last_login"): "nothing rests on it",
    ("organisation_absence", "ends_on"): "somebody is away for longer, or comes back sooner",
    ("employers_contactperson", "left_on"): "somebody comes back; what they read ended for good",
}
#: What a column is called that says that something is over, or how far it has come.
OVER = "^(used|ended|superseded|withdrawn|last|stopped|closed|revoked|taken|left|answered|cancelled|signed|confirmed)_"


def marks_that_are_taken_back() -> set[tuple[str, str]]:
    """Columns that the web role may change which are a day or a time, or are called like one, and are not set once."""
    columns = ask(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "
        f"AND (a.attname ~ '{OVER}' OR a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)) "
        "AND has_column_privilege('plass_web', c.oid, a.attnum, 'UPDATE') AND NOT EXISTS ("
        "SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'plass_one_way' "
        "AND a.attnum = ANY (t.tgattr::int2[]))"
    )
    return {(table, column) for table, column in columns}


def test_what_says_that_something_is_over_is_set_once(db):
    assert marks_that_are_taken_back() == set(CHANGED_AGAIN)


def test_a_mark_that_can_be_taken_back_is_found(db):
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER plass_one_way ON cases_referral")
            cursor.execute("GRANT UPDATE (used_at) ON accounts_link TO plass_web")
        assert marks_that_are_taken_back() - set(CHANGED_AGAIN) == {
            ("cases_referral", "superseded_at"),
            ("accounts_link", "used_at"),
        }
        transaction.set_rollback(True)


def test_a_row_with_such_a_mark_is_not_deleted_and_written_anew(db):
    assert [table for table, rows in row_policies.declared().items() if rows.one_way and rows.delete is not None] == []


#: Secrets, their hashes and what is sealed, that the web role writes itself, and why.
WRITES_A_SECRET = {
    ("organisation_user", "password"): "of a new account, without one (accounts_keep_password)",
    ("cases_participant", "identity_number"): "of somebody who is referred: it opens nothing",
    ("cases_participant", "identity_hash"): "the same",
    ("access_conflictofinterest", "identity_hash"): "of whom the one who acts keeps away from: it opens nothing",
    ("cases_case", "shielded"): "no secret, but told to nobody; in a new row the database says it",
    ("imports_upload", "content"): "a list as it was uploaded",
    ("imports_upload", "state"): "how far it has been read",
    ("imports_upload", "rest"): "the rows of it that are not written",
    ("imports_imported", "fingerprint"): "which lines were written before",
    ("imports_importedperson", "fingerprint"): "whom oneself has imported before",
    ("imports_keptanswer", "question"): "which question was answered before",
}


def secrets_of_the_web_role() -> set[tuple[str, str]]:
    """Columns that no page reads, or that hold hashes under a key or what is sealed, and that the web role writes itself."""
    kept = {
        (model._meta.db_table, column)
        for model in apps.get_models()
        for column in {*hidden.columns(model), *getattr(model, "sealed", ()), *getattr(model, "hashed", ())}
    }
    written = ask(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "
        "AND (has_column_privilege('plass_web', c.oid, a.attnum, 'INSERT') "
        "OR has_column_privilege('plass_web', c.oid, a.attnum, 'UPDATE'))"
    )
    return kept & {(table, column) for table, column in written}


def test_no_secret_is_written_without_a_signature(db):
    assert secrets_of_the_web_role() == set(WRITES_A_SECRET)


def test_a_secret_that_is_written_without_one_is_found(db):
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute("GRANT INSERT (code_hash) ON accounts_recoverycode TO plass_web")
        assert secrets_of_the_web_role() - set(WRITES_A_SECRET) == {("accounts_recoverycode", "code_hash")}
        transaction.set_rollback(True)


def test_every_policy_on_person_data_depends_on_who_asks(db):
    held = {table for table, declared in row_policies.declared().items() if declared.holds == "person data"}
    unconditional = [
        (table, name)
        for table, name, using, check in ask(
            "SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE 'plass_web' = ANY (roles)"
        )
        if table in held and "access_" not in f"{using} {check}" and f"{using} {check}" != "false None"
    ]
    assert unconditional == []


def test_the_web_role_owns_nothing_and_passes_no_policy(db):
    ((superuser, bypasses, owns),) = ask(
        "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) "
        "FROM pg_roles r WHERE rolname = 'plass_web'"
    )
    assert (superuser, bypasses, owns) == (False, False, 0)


def test_every_view_sees_with_the_reader_s_eyes_or_is_closed_to_them(db):
    loose = ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' "
        "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false) "
        "AND has_table_privilege('plass_web', oid, 'SELECT')"
    )
    assert loose == []


#: Functions that answer about the one who acts, or only to the web process itself: who asks one of them checks the caller.
CHECKS = {"access_user", "access_demand"}


def functions_of_the_owner() -> dict[str, dict]:
    """Every function that runs as the owner, by name."""
    functions = ask(
        "SELECT proname, prosrc, coalesce(obj_description(oid, 'pg_proc'), ''), coalesce(proconfig, '{}'), "
        "has_function_privilege('plass_web', oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype "
        "FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    names = ("source", "comment", "settings", "open")
    return {name: dict(zip(names, values, strict=True)) for name, *values in functions}


def without_a_check() -> list[str]:
    """Those that the web role may call and that neither look at who acts nor say why they need not.

    That looking decides anything is shown by asking them (test_functions.py).
    """
    functions = functions_of_the_owner()
    checking = set(CHECKS)
    while more := {
        name
        for name, function in functions.items()
        if name not in checking
        and (
            any(f"{check}(" in function["source"] for check in checking) or "FROM access_visible" in function["source"]
        )
    }:
        checking |= more
    return sorted(
        name
        for name, function in functions.items()
        if function["open"] and name not in checking and not function["comment"].startswith("for anybody: ")
    )


def led_astray() -> list[str]:
    """Those that would look for a name where the caller can put one."""
    return sorted(
        name
        for name, function in functions_of_the_owner().items()
        if "search_path=public, pg_temp" not in function["settings"]
    )


def test_every_function_of_the_owner_looks_at_who_asks_or_says_why_not(db):
    assert without_a_check() == []


def test_whoever_asks_for_the_cases_told_one_by_one_asks_for_whole_teams_too(db):
    asking = {
        name: function["source"]
        for name, function in functions_of_the_owner().items()
        if "access_cases()" in function["source"] or "access_participants()" in function["source"]
    }
    # Of some cases that a transaction works with alone: there are no whole teams then. And what the policies put together.
    assert {name for name, source in asking.items() if "access_whole" not in source} == {
        "access_sees_case",
        "access_participants",
    }


def test_no_function_of_the_owner_can_be_led_astray_by_the_search_path(db):
    # SECURITY DEFINER without a fixed search_path would run whatever the caller puts in front of it; and without pg_temp at
    # its end, read the caller's temporary table in place of ours.
    assert led_astray() == []


def test_a_function_that_forgot_either_is_found(db):
    with transaction.atomic(), as_owner():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION forgotten() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public "
                "AS 'SELECT count(*) FROM cases_case'; GRANT EXECUTE ON FUNCTION forgotten() TO plass_web"
            )
        assert (without_a_check(), led_astray()) == (["forgotten"], ["forgotten"])
        transaction.set_rollback(True)


def test_nobody_but_our_roles_may_call_a_function_or_use_the_schema(db):
    assert (
        ask(
            "SELECT proname FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) "
            "WHERE pronamespace = 'public'::regnamespace AND grantee = 0"
        )
        == []
    )
    assert ask("SELECT has_schema_privilege('plass_web', 'public', 'CREATE')") == [(False,)]
    assert ask("SELECT 1 FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public' AND grantee = 0") == []
    assert ask("SELECT has_database_privilege('plass_web', current_database(), 'TEMP, CREATE')") == [(False,)]
    # Nothing is installed that reaches files, other databases or the network.
    assert ask("SELECT extname FROM pg_extension") == [("plpgsql",)]


def tables_about_cases() -> list[str]:
    return sorted(table for table, rows in row_policies.declared().items() if rows == row_policies.OF_A_CASE)


@pytest.mark.parametrize("stranger", ["other_specialist", "leader", "administrator"])
def test_facts_of_a_case_are_not_there_for_somebody_without_a_part(world, stranger):
    case = world.refer("Kanari", "Fugl")
    table_rows = {table: ask(f"SELECT count(*) FROM {table}")[0][0] for table in tables_about_cases()}
    assert table_rows["cases_referral"] == 1  # the specialist sees it, so there is something that could leak
    world.act_as(getattr(world, stranger))
    seen = {table: ask(f"SELECT count(*) FROM {table} WHERE case_id = {case.pk}")[0][0] for table in table_rows}
    assert {table: number for table, number in seen.items() if number} == {}
