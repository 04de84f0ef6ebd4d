"""What is mutated, and which tests should notice: one table, the quickest tests first."""

from __future__ import annotations

ATTACKS = "tests/attacks/test_"
WRITER = ("tests/imports/test_writer.py", "tests/imports/test_pieces.py")
SHEETS = ("tests/imports/test_sheet.py", *WRITER)
CASES = (
    "tests/cases/test_refer.py",
    "tests/cases/test_course.py",
    "tests/cases/test_hand_over.py",
    "tests/cases/test_told.py",
)

#: Module in src/plass -> test files.
TARGETS: dict[str, tuple[str, ...]] = {
    "access/actions.py": (
        "tests/cases/test_ways_in.py",
        "tests/oversight/test_look_into.py",
        f"{ATTACKS}end_a_way_in_of_somebody_else.py",
        f"{ATTACKS}let_in_somebody_without_a_role_with_cases.py",
        f"{ATTACKS}keep_what_was_taken_back.py",
        f"{ATTACKS}keep_what_an_emergency_gave.py",
    ),
    "access/queries.py": ("tests/cases/test_ways_in.py", "tests/cases/test_told.py"),
    "access/rules.py": (
        "tests/cases/test_gate.py",
        "tests/cases/test_ways_in.py",
        "tests/oversight/test_words.py",
        "tests/access/test_rules.py",
    ),
    "administration/actions.py": (
        "tests/administration/test_accounts.py",
        f"{ATTACKS}administrator_takes_over_an_account.py",
        f"{ATTACKS}leave_somebody_seen_by_nobody.py",
    ),
    "administration/queries.py": ("tests/administration/test_accounts.py",),
    "timeline/queries.py": (
        "tests/timeline/test_timeline.py",
        "tests/oversight/test_case_history.py",
        "tests/house/test_fact_kinds.py",
        "tests/caseload/test_case_page.py",
    ),
    "caseload/actions.py": ("tests/caseload/test_team.py",),
    "cases/actions.py": (*CASES, f"{ATTACKS}refer_a_shielded_person.py", f"{ATTACKS}unshield_by_referral.py"),
    "cases/facts.py": ("tests/cases/test_facts.py", "tests/cases/test_many.py", "tests/cases/test_races.py"),
    "cases/gate.py": (
        "tests/cases/test_gate.py",
        "tests/cases/test_many.py",
        "tests/rights/test_levels.py",
        "tests/access/test_log.py",
        "tests/cases/test_ways_in.py",
        "tests/cases/test_course.py",
        f"{ATTACKS}say_this_is_me_of_somebody_else.py",
        f"{ATTACKS}unshield_by_referral.py",
        f"{ATTACKS}refer_a_shielded_person.py",
    ),
    "cases/joining.py": (
        "tests/cases/test_refer.py",
        f"{ATTACKS}join_by_somebody_who_may_not.py",
        f"{ATTACKS}join_somebody_close.py",
        f"{ATTACKS}take_a_referral_that_waits_to_be_joined.py",
    ),
    "cases/queries.py": (*CASES, f"{ATTACKS}unshield_by_referral.py"),
    "employers/actions.py": ("tests/employers/test_pages.py", f"{ATTACKS}undo_that_a_contact_person_left.py"),
    "employers/queries.py": ("tests/employers/test_queries.py", "tests/employers/test_pages.py"),
    "extracts/making.py": ("tests/extracts/test_extracts.py",),
    "extracts/queries.py": ("tests/extracts/test_page.py",),
    "followup/actions.py": ("tests/followup/test_meeting_pages.py", "tests/followup/test_contact_page.py"),
    "followup/queries.py": (
        "tests/followup/test_queries.py",
        "tests/followup/test_meeting_pages.py",
        "tests/followup/test_contact_page.py",
    ),
    "imports/actions.py": (*WRITER, "tests/imports/test_pages.py", "tests/imports/test_races.py"),
    "imports/batches.py": (*WRITER, "tests/imports/test_races.py"),
    "imports/column_choices.py": ("tests/imports/test_kept_columns.py",),
    "imports/answers_file.py": ("tests/imports/test_answers_file.py", "tests/imports/test_command.py"),
    "imports/column_readings.py": ("tests/imports/test_check_page.py",),
    "imports/date_values.py": ("tests/imports/test_values.py", "tests/imports/test_sheet.py"),
    "imports/differences.py": ("tests/imports/test_differences.py",),
    "imports/employer_matching.py": (*WRITER, "tests/imports/test_pages.py"),
    "imports/ending_signs.py": ("tests/imports/test_standing.py",),
    "imports/existing_records.py": (*WRITER, f"{ATTACKS}ask_whether_somebody_is_known.py"),
    "imports/files/calamine.py": ("tests/imports/test_files.py",),
    "imports/files/limits.py": ("tests/imports/test_files.py",),
    "imports/files/text.py": ("tests/imports/test_files.py", "tests/imports/test_sheet.py"),
    "imports/files/workbook.py": ("tests/imports/test_files.py",),
    "imports/files/xlsx.py": ("tests/imports/test_files.py",),
    "imports/guards.py": ("tests/imports/test_questions.py",),
    "imports/heading_row.py": ("tests/imports/test_sheet.py", "tests/imports/test_layouts.py"),
    "imports/job_reader.py": SHEETS,
    "imports/kept_rows.py": ("tests/imports/test_state.py", "tests/imports/test_check_page.py"),
    "imports/lines.py": ("tests/imports/test_sheet.py",),
    "imports/mapping.py": SHEETS,
    "imports/moved_cells.py": ("tests/imports/test_moved_cells.py",),
    "imports/neighbours.py": ("tests/imports/test_neighbours.py",),
    "imports/outliers.py": ("tests/imports/test_outliers.py",),
    "imports/plan.py": ("tests/imports/test_plan.py", *WRITER),
    "imports/protection_questions.py": ("tests/imports/test_protection_signs.py", "tests/imports/test_questions.py"),
    "imports/protection_signs.py": (
        "tests/imports/test_protection_signs.py",
        "tests/imports/test_questions.py",
        "tests/imports/test_kept_columns.py",
    ),
    "imports/queries.py": (*WRITER, "tests/imports/test_pages.py", f"{ATTACKS}ask_by_a_list_that_is_not_written.py"),
    "imports/questions.py": ("tests/imports/test_questions.py", "tests/imports/test_real_lists.py"),
    "imports/reader.py": SHEETS,
    "imports/result_page.py": ("tests/imports/test_check_page.py",),
    "imports/row_reader.py": SHEETS,
    "imports/sheet.py": ("tests/imports/test_sheet.py", "tests/imports/test_pages.py"),
    "imports/staff_matching.py": (*WRITER, "tests/imports/test_pages.py"),
    "imports/taking.py": ("tests/imports/test_differences.py", "tests/imports/test_differences_page.py"),
    "imports/sums.py": ("tests/imports/test_check_page.py",),
    "imports/values.py": ("tests/imports/test_values.py", "tests/imports/test_sheet.py"),
    "imports/whose.py": ("tests/imports/test_neighbours.py",),
    "imports/writer.py": (*WRITER, f"{ATTACKS}import_shielded_people.py", f"{ATTACKS}ask_whether_somebody_is_known.py"),
    "jobs/actions.py": ("tests/jobs/test_actions.py", "tests/caseload/test_case_page.py"),
    "jobs/queries.py": (
        "tests/jobs/test_actions.py",
        "tests/caseload/test_case_page.py",
        "tests/employers/test_pages.py",
    ),
    "organisation/actions.py": ("tests/organisation/test_absence.py", "tests/caseload/test_team.py"),
    "oversight/actions.py": (
        "tests/oversight/test_look_into.py",
        "tests/oversight/test_review.py",
        f"{ATTACKS}watch_over_others.py",
        f"{ATTACKS}watch_over_those_one_leads.py",
    ),
    "oversight/queries.py": (
        "tests/oversight/test_look_into.py",
        "tests/oversight/test_review.py",
        "tests/oversight/test_history_page.py",
    ),
    "plan/actions.py": ("tests/plan/test_plan.py",),
    "plan/queries.py": ("tests/plan/test_plan.py",),
    "portal/queries.py": (
        "tests/portal/test_archive.py",
        "tests/portal/test_pages.py",
        "tests/house/test_fact_kinds.py",
    ),
    "profiles/actions.py": ("tests/profiles/test_profile.py",),
    "profiles/queries.py": ("tests/profiles/test_profile.py", "tests/caseload/test_case_page.py"),
    "retention/actions.py": ("tests/retention/test_retention.py", f"{ATTACKS}wipe_the_history_of_somebody_else.py"),
    "retention/queries.py": ("tests/retention/test_retention.py",),
    "rights/actions.py": (
        "tests/rights/test_levels.py",
        "tests/rights/test_protection.py",
        "tests/rights/test_lost_phone.py",
        "tests/rights/test_rows.py",
        "tests/portal/test_pages.py",
    ),
    "rights/queries.py": (
        "tests/rights/test_lost_phone.py",
        "tests/rights/test_rows.py",
        "tests/portal/test_pages.py",
    ),
}


class NoTests(Exception):
    """What is asked for has no tests here; the message says what to do."""


def chosen(room: str = "", module: str = "") -> dict[str, tuple[str, ...]]:
    """The part of the table that is asked for: one module, a room's modules, or all."""
    module = module.removeprefix("src/plass/")
    found = {
        target: tests
        for target, tests in TARGETS.items()
        if (not module or target == module) and (not room or target.startswith(f"{room}/"))
    }
    if not found:
        raise NoTests(
            f"No tests are named for {module or room}. Name in mutants/targets.py which tests should notice a change of it."
        )
    return found
