"""What becomes of each text when a participant is made nameless: blanked, or kept and why. Every table is listed.

A test walks the database's catalogue and fails on a column of text in a table about people that stands in neither list,
so that a new table cannot be forgotten.
"""

from __future__ import annotations

#: Of a row about a case or a participant: column -> what it holds afterwards (SQL).
EMPTY, NO_LIST = "''", "'{}'"
#: Tables whose rows belong to a case (``case_id``).
OF_A_CASE: dict[str, dict[str, str]] = {
    "cases_referral": {"wishes": "'–'", "help_wanted": EMPTY},
    "cases_assignment": {"reason": EMPTY},
    "cases_pausestarted": {"note": EMPTY},
    "cases_pauseended": {"note": EMPTY},
    "cases_caseended": {"note": EMPTY},
    "cases_casereopened": {"note": EMPTY},
    "cases_collaborator": {"name": "'–'", "organisation": EMPTY, "phone": EMPTY, "email": EMPTY, "agreement": EMPTY},
    "cases_correction": {"reason": "'–'"},
    "profiles_profile": {
        "occupations": NO_LIST,
        "interests": EMPTY,
        "strengths": EMPTY,
        "tasks": EMPTY,
        "avoid": EMPTY,
        "places": EMPTY,
        "network": EMPTY,
        "support_needs": EMPTY,
        "mastery": EMPTY,
        "may_share": EMPTY,
        "must_not_share": EMPTY,
    },
    "followup_meeting": {"address": EMPTY, "note": EMPTY},
    "followup_meetingcancelled": {"reason": EMPTY},
    "followup_contact": {"note": EMPTY, "withheld_because": EMPTY},
    "followup_planstep": {"what": "'–'", "goal": EMPTY},
    "followup_planstepdone": {"note": EMPTY},
    "jobs_jobstarted": {"title": "'–'", "support_plan": EMPTY},
    "jobs_jobchanged": {"note": EMPTY},
    "jobs_jobended": {"worked_well": EMPTY, "worked_badly": EMPTY, "lessons": EMPTY},
    "jobs_educationstarted": {"subject": "'–'", "institution": EMPTY, "support_plan": EMPTY},
    "jobs_educationended": {"worked_well": EMPTY, "worked_badly": EMPTY},
}
#: Rows of these tables are deleted with the participant: nothing in them counts in any figure.
DELETED: dict[str, str] = {
    "access_change": "participant_id = %(participant)s OR (audience = 'account' AND about_user = %(user)s)",
    # By then the participant's own row has another hash: a tie stays as long as somebody else's row has the number.
    "access_tie": "identity_hash = %(hash)s "
    "AND NOT EXISTS (SELECT FROM cases_participant WHERE identity_hash = %(hash)s)",
    "cases_possibleduplicate": "%(participant)s IN (participant_id, existing_id)",
    "access_grant": "case_id = ANY (%(cases)s)",
    "access_subject": "user_id = %(user)s",
    "access_login": "user_id = %(user)s",
    "access_secondfactor": "user_id = %(user)s",
    "access_recoverycode": "user_id = %(user)s",
    "access_link": "user_id = %(user)s",
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
}
#: Columns that stay, and why. (The participant's own row and account are made nameless by ``actions.anonymise``.)
KEPT: dict[str, dict[str, str]] = {
    "followup_meeting": {"parties": "which parties, not who"},
    "followup_contact": {"parties": "which parties, not who"},
    "jobs_jobstarted": {"occupation": "a code of an occupation, for the figures"},
    "cases_correction": {"kind": "which kind of fact"},
    "access_opening": {"role": "of the one who looked", "purpose": "a word of the program's", "rule": "the same"},
}
#: Tables about people that have nothing to do with a participant's case.
OTHERS: dict[str, str] = {
    "cases_participant": "made nameless column by column (actions.anonymise)",
    "organisation_user": "the participant's account is ended and made nameless; those of staff stay while facts name them",
    "access_approvalrequest": "of the staff: who asked for a link, a lost phone or a role, and who answered",
    "access_firstlogin": "of the staff: who asked to be let in, and who let them",
    "employers_contactperson": "of an employer: removed on its page",
    "imports_upload": "a rule of its own: uploaded lists",
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
