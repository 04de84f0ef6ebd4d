"""A column that holds numbers of rows and is no foreign key: each says here what keeps it from naming what is another's.

Such a number is looked at by no foreign key and by no agreement: whoever may write the row could name a row they do not see,
and read from what is then worked out that it is there.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection

from plass.db import row_policies
from plass.timeline.derived_sql import models_naming_facts
from tests.conftest import as_owner

FACTS = "a trigger looks for the fact in the case, as whoever writes the row sees it (timeline.derived_sql)"
NOT_WRITTEN = "the web role does not write the table"
COUNT = "a count, a version or a measure: it names no row"
LOG = "whoever writes it may name any case; it is read as a line that they wrote (docs/security/threat-model.md)"
#: Columns of whole numbers, lists of them and JSON that are no foreign keys, and what checks them.
CHECKED = {
    "access_accesslogentry": {"approval_id": LOG, "case_id": LOG, "participant_id": LOG, "shown": COUNT},
    "access_change": dict.fromkeys(("about_user", "new", "old", "participant_id", "row", "who"), NOT_WRITTEN),
    "access_grant": {"case_id": "the policy asks for the case by its level, and a trigger again (cases_let_in)"},
    "access_state": {"backend": NOT_WRITTEN},
    "accounts_passkey": dict.fromkeys(("last_asked", "sign_count"), NOT_WRITTEN),
    "accounts_secondfactor": {"last_step": NOT_WRITTEN},
    "accounts_waysin": {"generation": NOT_WRITTEN},
    "cases_correction": {"fact_id": FACTS, "replacement_id": FACTS},
    "cases_participant": {"version": COUNT},
    "cases_possibleduplicate": dict.fromkeys(("joined_cases", "typed"), NOT_WRITTEN),
    "employers_contactperson": {"version": COUNT},
    "employers_employer": {"version": COUNT},
    "extracts_extract": {"offices": NOT_WRITTEN},
    "extracts_extractfile": dict.fromkeys(("people", "rows_written"), NOT_WRITTEN),
    "imports_upload": {
        **dict.fromkeys(("done", "total", "written"), COUNT),
        "job": "queue_state answers of one's own jobs alone",
        "mapping": "columns of the list by their names: it names no row",
    },
    "milestone_cache": dict.fromkeys(
        ("case_id", "counsellor_id", "office_id", "participant_id", "reopened", "specialist_id", "team_id"), NOT_WRITTEN
    ),
    "milestone_refresh_queue": {"case_id": NOT_WRITTEN},
    "quality_figurerelease": dict.fromkeys(("figures", "hidden", "hidden_for_others"), NOT_WRITTEN),
    "quality_releasedfigure": {"value": NOT_WRITTEN},
    "queue_queuedjob": dict.fromkeys(("numbers", "queue_number"), NOT_WRITTEN),
    "rights_comment": {"fact_id": FACTS},
    "rights_correctionrequest": {"fact_id": FACTS},
}
#: The queue is another package's, and the web role neither sees nor writes it.
FOREIGN = "procrastinate_"
#: ``id`` of our own tables is an identity; small whole numbers (minutes, hours) hold no number of a row.
BARE = """
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attidentity = '' AND a.atttypid = ANY (
          '{int4,int8,oid,int4[],int8[],json,jsonb}'::regtype[])
      AND NOT EXISTS (
          SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
"""
#: A chain of corrections gives numbers alone: each that is read by one is asked for in its case too.
VERSIONS = re.compile(r"= ANY \(cases_versions\(")


@pytest.fixture
def bare(db) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(BARE)
        for table, column in cursor.fetchall():
            if not table.startswith(FOREIGN):
                found.setdefault(table, set()).add(column)
    return found


def test_each_says_what_checks_it(bare):
    assert bare == {table: set(columns) for table, columns in CHECKED.items()}


def test_what_is_said_not_to_be_written_is_not(bare):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.column_privileges "
            "WHERE grantee = 'plass_web' AND privilege_type IN ('INSERT', 'UPDATE')"
        )
        written = set(cursor.fetchall())
    said = {
        (table, column) for table, columns in CHECKED.items() for column, why in columns.items() if why == NOT_WRITTEN
    }
    assert not said & written
    # And nothing else of them needs a reason.
    assert {(table, column) for table, columns in CHECKED.items() for column in columns} - said <= written


def test_each_number_of_a_fact_is_looked_at_as_whoever_writes_it_sees(db):
    tables = {table for table, columns in CHECKED.items() if FACTS in columns.values()}
    named = {model._meta.db_table: set(numbers) for model, numbers in models_naming_facts().items()}
    assert named == {table: {name for name, why in CHECKED[table].items() if why == FACTS} for table in tables}
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgrelid::regclass::text, p.prosrc, count(*), bool_or(p.prosecdef) FROM pg_trigger t "
            "JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgname LIKE 'plass\\_names\\_facts\\_%' AND t.tgenabled = 'O' GROUP BY 1, 2"
        )
        guards = {table: source for table, source, both, definer in cursor.fetchall() if both == 2 and not definer}
        cursor.execute("SELECT prosecdef FROM pg_proc WHERE proname = 'timeline_recorded_by'")
        assert cursor.fetchall() == [(False,)]
    for table, numbers in named.items():
        for number in numbers:
            assert f"timeline_recorded_by(NEW.kind, NEW.case_id, NEW.{number}) IS NULL" in guards.get(table, ""), (
                table,
                number,
            )


def test_what_a_chain_of_corrections_gives_is_asked_for_in_its_case(db):
    without, found = [], 0
    for name, text in row_policies.sql_files():
        for use in VERSIONS.finditer(text):
            found += 1
            asked = text[text.rindex("SELECT", 0, use.start()) : use.start()]
            if not re.search(r"\bcase_id = \w+\.(case_id|id)\b", asked):
                without.append((name, asked))
    assert found >= 6
    assert without == []
