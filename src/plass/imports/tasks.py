"""Checking and writing an uploaded file: at once where it is short, else as a background job, and the page shows how far.

The job acts as the one who started it, piece by piece, so row-level security holds in it as on any page. Its progress goes
through a second connection, because nobody else sees what a transaction has not finished. Begun anew it adds nothing twice:
what a piece has written is known by its fingerprints.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.cases import identity
from plass.organisation.models import User
from plass.queue import jobs

from . import actions, column_readings, mapping, overview, plan, queries, sheet, state
from .actions import Outcome, Progress, Within
from .column_readings import ColumnReading
from .columns import Field
from .models import Upload
from .plan_types import Plan, RowReport
from .sheet import Sheet
from .sums import Lines

#: A list of so many people takes a second or two, and is done while the page waits.
AT_ONCE = 40
#: What may be done with a file.
CHECK, WRITE_ALL, WRITE_GOOD = "check", "all", "good"

jobs.every_hour("imports_forget_old")


def start(upload: Upload, *, by: User, doing: str) -> bool:
    """Check a file, or write it all or nothing, or write what is right in it. False where that goes on already.

    Raises NotAllowed where the file is not theirs or its team is not.
    """
    read, import_plan = read_list(upload)
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
                read_columns(upload, read, import_plan.reports),
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
    read = sheet.read(identity.unseal(upload.content), upload.name)
    return read, plan.make(read, queries.mapping_of(upload.mapping), today=timezone.localdate())


def read_columns(upload: Upload, read: Sheet, reports: Mapping[int, RowReport]) -> tuple[Lines, list[ColumnReading]]:
    """The lines of a file, and how its columns are understood."""
    columns = column_readings.of_sheet(
        read,
        queries.mapping_of(upload.mapping),
        mapping.by_headings(read),
        reports,
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
        columns = read_columns(file, read, import_plan.reports)
        del read
    with _progress_recorder(run, upload) as progress:
        outcome = _do(file, import_plan, by=by, doing=doing, progress=progress, within=run.acting)
    run.finish(lambda: actions.keep_state(file, by=by, state=_after(outcome, import_plan, columns, file, doing, began)))


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
