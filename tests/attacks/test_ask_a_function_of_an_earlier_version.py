"""A database that was migrated from an earlier version has functions that this one does not declare: one that asks for no
signature would still join two people."""

from __future__ import annotations

from django.db import connection

from plass.db import row_policies
from tests.conftest import as_owner


def functions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        return {name for (name,) in cursor.fetchall()}


def test_what_the_program_does_not_declare_any_more_is_gone_after_a_migration(db):
    before = functions()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION cases_join(wanted bigint) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT 'joined' $$; "
            "CREATE FUNCTION access_cases_by_name() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
            "RETURN length(cases_join(1)); "
            "GRANT EXECUTE ON FUNCTION cases_join(bigint), access_cases_by_name() TO plass_web"
        )
        assert functions() - before == {"cases_join(bigint)", "access_cases_by_name()"}
        # As every migration does.
        row_policies.clear()
        row_policies.apply()
    assert functions() == before
