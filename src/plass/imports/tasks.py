"""Checking and writing an uploaded file: at once where it is short, else as a background job, and the page shows how far.

The job acts as the one who started it, piece by piece, so row-level security holds in it as on any page. Its progress goes
through a second connection, because nobody else sees what a transaction has not finished. Begun anew it adds nothing twice:
what a piece has written is known by its fingerprints.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.cases import identity
from plass.organisation.models import User
from plass.queue import jobs

from . import actions, column_readings, overview, plan, queries, sheet, state
from .actions import Outcome, Progress, Within
from .column_readings import ColumnReading
from .columns import Field
from .models import Upload
from .plan_types import Plan, PlannedPerson
from .sheet import Sheet
from .state import State
from .sums import Lines
from .taking import Choice, Taken, people_with

#: A list of so many people takes a second or two, and is done while the page waits.
AT_ONCE = 40
#: What may be done with a file.
CHECK, WRITE_ALL, WRITE_GOOD, TAKE = "check", "all", "good", "take"

jobs.every_hour("imports_forget_old")


def start(upload: Upload, *, by: User, doing: str) -> bool:
    """Check a file, or write it all or nothing, or write what is right in it. False where that goes on already.

    Raises NotAllowed where the file is not theirs or its team is not, and ColumnsNotConfirmed.
    """
    read, import_plan = read_list(upload)
    if doing != CHECK:
        actions.refuse_guessed_columns(import_plan)
    if not actions.claim(upload, by=by, doing=doing, total=len(import_plan.people)):
        return False
    if len(import_plan.people) <= AT_ONCE:
        began = time.monotonic()
        actions.keep_state(
            upload,
            by=by,
            state=_after(
                _do(upload, import_plan, by=by, doing=doing),
                import_plan,
                read_columns(upload, read, import_plan),
                upload,
                doing,
                began,
            ),
        )
    else:
        actions.keep_job(upload, by=by, job=JOBS[doing].defer(by=by, upload=upload.pk))
    return True


def read_list(upload: Upload) -> tuple[Sheet, Plan]:
    """A file, read anew, and its people by the columns that were chosen."""
    file_state = state.load(upload)
    read = sheet.read(identity.unseal(upload.content), upload.name, file_state.sheets_read)
    holds = queries.mapping_of(upload.mapping)
    return read, plan.make(read, holds, today=timezone.localdate(), answers=file_state.answered)


def read_columns(upload: Upload, read: Sheet, import_plan: Plan) -> tuple[Lines, list[ColumnReading]]:
    """The lines of a file, and how its columns are understood."""
    columns = column_readings.of_sheet(
        read,
        queries.mapping_of(upload.mapping),
        import_plan,
        today=timezone.localdate(),
        people={
            Field.SPECIALIST: queries.who_follows_in(upload.team),
            Field.COUNSELLOR: queries.counsellors_of(upload.team),
        },
    )
    return overview.lines_of(read), columns


def _do(
    upload: Upload,
    import_plan: Plan,
    *,
    by: User,
    doing: str,
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> Outcome:
    with within():
        specialists = queries.who_follows_in(upload.team)
        follower = state.load(upload).follower
    return actions.write(
        import_plan,
        by=by,
        team=upload.team,
        specialists=specialists,
        unnamed=queries.follows_unnamed(specialists, by, follower),
        dry_run=doing == CHECK,
        all_or_nothing=doing == WRITE_ALL,
        progress=progress,
        within=within,
    )


def _after(
    outcome: Outcome,
    import_plan: Plan,
    read: tuple[Lines, list[ColumnReading]],
    upload: Upload,
    doing: str,
    began: float,
) -> bytes:
    about = overview.make(*read, import_plan, outcome)
    return state.load(upload).after(outcome, doing, time.monotonic() - began, about).dump()


def _job(doing: str) -> jobs.Job:
    @jobs.job(f"imports.{doing}")
    def work(run: jobs.Run, *, upload: int) -> None:
        _in_the_background(run, upload, doing)

    return work


#: A kind of job for each: what is done says the job, which is signed, and not the file's row, which its owner may change.
JOBS = {doing: _job(doing) for doing in (CHECK, WRITE_ALL, WRITE_GOOD)}


def _in_the_background(run: jobs.Run, upload: int, doing: str) -> None:
    began = time.monotonic()
    with run.acting():
        by = User.objects.get(pk=run.user_id)
        file = Upload.objects.select_related("team__office").get(pk=upload)
        read, import_plan = read_list(file)
        columns = read_columns(file, read, import_plan)
        del read
    with _progress_recorder(run, upload) as progress:
        outcome = _do(file, import_plan, by=by, doing=doing, progress=progress, within=run.acting)
    run.finish(lambda: actions.keep_state(file, by=by, state=_after(outcome, import_plan, columns, file, doing, began)))


def take(upload: Upload, choices: dict[str, Choice], *, by: User) -> bool:
    """Take differences of a checked file as was chosen by their keys. False where something goes on with it already.

    Raises NotAllowed where the file is not theirs or its team is not.
    """
    people = _people_with(upload, state.load(upload), choices)
    if not actions.claim(upload, by=by, doing=TAKE, total=len(people)):
        return False
    # Whoever pressed at the same moment, in another window, has changed it while this one waited.
    upload.refresh_from_db(fields=["state"])
    file_state = state.load(upload)
    if len(people) <= AT_ONCE:
        taken = _take(upload, people, choices, by=by)
        actions.keep_state(upload, by=by, state=file_state.after_taking(taken).dump())
    else:
        actions.keep_choices(upload, by=by, state=file_state.chosen(choices).dump())
        actions.keep_job(upload, by=by, job=take_in_the_background.defer(by=by, upload=upload.pk))
    return True


def _people_with(upload: Upload, file_state: State, choices: dict[str, Choice]) -> list[PlannedPerson]:
    rows = file_state.checked.rows if file_state.checked else []
    chosen = {row.number for row in rows if any(difference.key in choices for difference in row.differences)}
    return people_with(read_list(upload)[1].people, chosen)


def _take(
    upload: Upload,
    people: list[PlannedPerson],
    choices: dict[str, Choice],
    *,
    by: User,
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> Taken:
    with within():
        specialists = queries.who_follows_in(upload.team)
    return actions.take_differences(
        people,
        choices,
        by=by,
        team=upload.team,
        specialists=specialists,
        name=upload.name,
        progress=progress,
        within=within,
    )


@jobs.job("imports.take")
def take_in_the_background(run: jobs.Run, *, upload: int) -> None:
    """Take the differences that were chosen. Begun anew, it finds those of before gone, and takes the rest."""
    with run.acting():
        by = User.objects.get(pk=run.user_id)
        file = Upload.objects.select_related("team__office").get(pk=upload)
        file_state = state.load(file)
        people = _people_with(file, file_state, file_state.choices)
    with _progress_recorder(run, upload) as progress:
        taken = _take(file, people, file_state.choices, by=by, progress=progress, within=run.acting)
    run.finish(lambda: actions.keep_state(file, by=by, state=file_state.after_taking(taken).dump()))


@contextmanager
def _progress_recorder(run: jobs.Run, upload_id: int) -> Iterator[Progress]:
    """Yields a function that records how far the work has come, at most twice a second, and stops it where it must."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        run.go_on()
        if done < total and time.monotonic() - last < 0.5:
            return
        last = time.monotonic()
        with beside.cursor() as cursor:
            # Not atomic(), which knows the connections of the settings alone.
            cursor.execute("BEGIN")
            set_current_user(run.user_id, on=beside)
            cursor.execute("UPDATE imports_upload SET done = %s, total = %s WHERE id = %s", [done, total, upload_id])
            cursor.execute("COMMIT")

    try:
        yield tell
    finally:
        beside.close()
