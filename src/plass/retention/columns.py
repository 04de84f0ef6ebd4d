"""What becomes of each text when a participant is made nameless: blanked, or kept and why. Every table is listed.

A test walks the database's catalogue and fails on a column of text in a table about people that stands in neither list,
so that a new table cannot be forgotten.
"""

from __future__ import annotations

from plass.cases.fact_register import DASH, fact_kinds


def of_a_case() -> dict[str, dict[str, str]]:
    """Tables whose rows belong to a case (``case_id``): column -> what it holds afterwards (SQL).

    Of a fact every column of text is erased, but for what its kind ``keeps`` (``cases.fact_register``).
    """
    return {kind.table: kind.erased for kind in fact_kinds().values() if kind.erased} | {
        "cases_correction": {"reason": DASH}
    }


def kept_columns() -> dict[str, dict[str, str]]:
    """Columns that stay, and why. (The participant's own row and account are made nameless by ``actions.anonymise``.)"""
    return {kind.table: dict(kind.keeps) for kind in fact_kinds().values() if kind.keeps} | {
        "cases_correction": {"kind": "which kind of fact"},
        "access_accesslogentry": {
            "role": "of the one who looked",
            "purpose": "a word of the program's",
            "rule": "the same",
        },
    }


#: Rows of these tables are deleted with the participant: nothing in them counts in any figure.
DELETED: dict[str, str] = {
    "access_change": "participant_id = %(participant)s OR (audience = 'account' AND about_user = %(user)s)",
    # By then the participant's own row has another hash: a tie stays as long as somebody else's row has the number.
    "access_conflictofinterest": "identity_hash = %(hash)s "
    "AND NOT EXISTS (SELECT FROM cases_participant WHERE identity_hash = %(hash)s)",
    "cases_possibleduplicate": "%(participant)s IN (participant_id, existing_id)",
    "access_grant": "case_id = ANY (%(cases)s)",
    "accounts_subject": "user_id = %(user)s",
    "accounts_login": "user_id = %(user)s",
    "accounts_secondfactor": "user_id = %(user)s",
    "accounts_waysin": "user_id = %(user)s",
    "accounts_recoverycode": "user_id = %(user)s",
    "accounts_link": "user_id = %(user)s",
    "access_submission": "user_id = %(user)s",
    # Answers before the requests they belong to.
    "rights_correctionanswer": "case_id = ANY (%(cases)s)",
    "rights_correctionrequest": "case_id = ANY (%(cases)s)",
    "rights_comment": "case_id = ANY (%(cases)s)",
    "rights_disclosure": "case_id = ANY (%(cases)s)",
    "rights_release": "case_id = ANY (%(cases)s)",
    "rights_employeraccess": "case_id = ANY (%(cases)s)",
    "rights_factorreset": "case_id = ANY (%(cases)s)",
    "rights_objection": "case_id = ANY (%(cases)s)",
    "imports_imported": "case_id = ANY (%(cases)s)",
    "imports_importedperson": "case_id = ANY (%(cases)s)",
}
#: Tables about people that have nothing to do with a participant's case.
OTHERS: dict[str, str] = {
    "cases_participant": "made nameless column by column (actions.anonymise)",
    "organisation_user": "the participant's account is ended and made nameless; those of staff stay while facts name them",
    "accounts_approvalrequest": "of the staff: who asked for a link, a lost phone or a role, and who answered",
    "accounts_passkey": "of the staff: the public halves of their passkeys",
    "accounts_firstlogin": "of the staff: who asked to be let in, and who let them",
    "employers_contactperson": "of an employer: removed on its page",
    "imports_columnchoice": "of the staff: what they said that the columns of a list hold",
    "imports_keptanswer": "of the staff: what they answered that words of a list mean, and no words",
    "imports_upload": "a rule of its own: uploaded lists",
    "queue_queuedjob": "of the staff: which work they asked for, by numbers",
    "rights_contactaccount": "of an employer's contact person",
    "organisation_membership": "of the staff",
    "oversight_review": "of the staff: what came of looking at who looked",
    "extracts_extract": "of the staff: which extracts were made, and why",
    "extracts_extractfile": "counts and a fingerprint of a file",
    "extracts_studykey": "of a study, not of a person",
    "organisation_absence": "of the staff",
    "retention_hold": "says why something is kept longer; goes when it is lifted and over",
    "retention_notice": "dates only",
}
