"""The database's own protection, read from its catalogue: nothing stands unclassified, and nothing goes past a policy."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, transaction

from plass.config import rows

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
    return sorted(tables - set(rows.declared()))


def open_to_the_web_role() -> list[str]:
    """Tables that hold something about people and are not under forced row-level security."""
    held = {table: declared.holds for table, declared in rows.declared().items()}
    found = ask(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    return sorted(name for name, forced in found if held.get(name) in PROTECTED and not forced)


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


def test_every_policy_on_person_data_depends_on_who_asks(db):
    held = {table for table, declared in rows.declared().items() if declared.holds == "person data"}
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


def test_no_function_of_ours_can_be_led_astray_by_the_search_path(db):
    # SECURITY DEFINER without a fixed search_path would run whatever the caller puts in front of it.
    loose = ask(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND NOT EXISTS (SELECT FROM unnest(coalesce(proconfig, '{}')) c WHERE c LIKE 'search_path=%')"
    )
    assert loose == []


def tables_about_cases() -> list[str]:
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed and getattr(model, "rows", None) is rows.OF_A_CASE
    )


@pytest.mark.parametrize("stranger", ["other_specialist", "leader", "administrator"])
def test_facts_of_a_case_are_not_there_for_somebody_without_a_part(world, stranger):
    case = world.refer("Kanari", "Fugl")
    table_rows = {table: ask(f"SELECT count(*) FROM {table}")[0][0] for table in tables_about_cases()}
    assert table_rows["cases_referral"] == 1  # the specialist sees it, so there is something that could leak
    world.act_as(getattr(world, stranger))
    seen = {table: ask(f"SELECT count(*) FROM {table} WHERE case_id = {case.pk}")[0][0] for table in table_rows}
    assert {table: number for table, number in seen.items() if number} == {}
