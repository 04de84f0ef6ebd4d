"""A row that is refused because there is one like it tells that there is. So of each uniqueness that the web role can meet
it is said why whoever meets it may know of the other row, or why it tells nothing.

A policy is asked before an index: who may not write a row is told nothing by it.
"""

from __future__ import annotations

from django.db import connection

from tests.conftest import as_owner

#: Unique indexes that hold a column which the web role may write.
WHY_IT_MAY_BE_KNOWN = {
    "accounts_approval_login_waits_once": "administrators alone ask, and see all that is asked",
    "accounts_approval_role_waits_once": "administrators alone ask, and see all that is asked",
    "accounts_approval_waits_once": "administrators alone ask, and see all that is asked",
    "access_submission_pkey": "a form's number is drawn at random",
    "access_tie_once_at_a_time": "of what one said oneself (tests/attacks/test_learn_from_what_is_there_already.py)",
    "cases_correction_once": "in a case that one decides about or records in",
    "cases_correction_replaces_one": "in a case that one decides about or records in",
    "cases_participant_user_id_key": "nobody writes an account into a participant",
    "employers_employer_organisation_number_key": "whoever works here sees every employer",
    "imports_imported_once": "in a case that one records in",
    "organisation_county_name_key": "everybody sees them",
    "organisation_office_number_key": "everybody sees them",
    "organisation_team_name_once": "everybody sees them",
    "organisation_user_username_key": "that a name is taken: administrators and whoever adds a contact person are told",
    "rights_correctionanswer_request_id_key": "of a request in a case that one records in",
    "rights_objection_once": "of one's own case",
    "rights_release_one_of_each": "in a case that one sees",
}


def test_each_uniqueness_says_why_it_tells_nothing(db):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
            "WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND EXISTS ("
            "SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (x.indkey) AND ("
            "has_column_privilege('plass_web', t.oid, a.attnum, 'INSERT') "
            "OR has_column_privilege('plass_web', t.oid, a.attnum, 'UPDATE')))"
        )
        assert {name for (name,) in cursor.fetchall()} == set(WHY_IT_MAY_BE_KNOWN)
