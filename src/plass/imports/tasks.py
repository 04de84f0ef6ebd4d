"""Reading, checking and writing a file: at once where it is short, else as a background job, and the page shows how far.

The job acts as the one who started it, piece by piece, so row-level security holds in it as on any page. Its progress goes
through a second connection, because nobody else sees what a transaction has not finished. Begun anew it adds nothing twice:
what a piece has written is known by its fingerprints. Each piece counts its people in the file's row, and is undone where
the file names another job or none: its owner has cancelled it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.cases import identity
from plass.organisation.models import User
from plass.queue import jobs

from . import actions, mapping, plan, queries, sheet, state
from .actions import Cancelled, Outcome, Progress, Within, Written
from .files.reading import UnreadableFile
from .models import Upload
from .plan_types import Plan

#: A list of so many people takes a second or two, and is done while the page waits.
AT_ONCE = 40
#: What may be done with a file.
READ, CHECK, WRITE_ALL, WRITE_GOOD = "read", "check", "all", "good"
#: Those that write, and that can go on where they were cancelled or interrupted.
WRITES = {WRITE_ALL, WRITE_GOOD}

jobs.every_hour("imports_forget_old")


def start(upload: Upload, *, by: User, doing: str) -> bool:
    """Read a file, check it, write it all or nothing, or write what is right in it. False where that goes on already.

    Raises NotAllowed where the file is not theirs or its team is not.
    """
    file_state = state.load(upload)
    if not actions.claim(upload, by=by, doing=doing, total=file_state.rows, goes_on=doing in WRITES):
        return False
    if file_state.is_read_at_once and file_state.rows <= AT_ONCE:
        began = time.monotonic()
        outcome = _do(
            upload,
            plan_of(upload),
            by=by,
            doing=doing,
            written=lambda people: actions.count_written(upload, by=by, people=people, job=None),
        )
        actions.keep_state(upload, by=by, state=_after(outcome, upload, doing, began))
    else:
        actions.keep_job(upload, by=by, job=JOBS[doing].defer(by=by, upload=upload.pk))
    return True


def plan_of(upload: Upload) -> Plan:
    """The people of a file, read anew by the columns that were chosen."""
    read = sheet.read(identity.unseal(upload.content), upload.name)
    return plan.make(read, queries.mapping_of(upload.mapping), today=timezone.localdate())


def _do(
    upload: Upload,
    import_plan: Plan,
    *,
    by: User,
    doing: str,
    written: Written,
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
        written=written,
        within=within,
    )


def _after(outcome: Outcome, upload: Upload, doing: str, began: float) -> bytes:
    """The state once it is done, with what an earlier part of the same writing wrote before it was ended."""
    written = Upload.objects.values_list("written", flat=True).get(pk=upload.pk)
    earlier = written - (outcome.people if outcome.written else 0)
    return state.load(upload).after(outcome, doing, time.monotonic() - began, earlier=earlier).dump()


def _job(doing: str) -> jobs.Job:
    @jobs.job(f"imports.{doing}")
    def work(run: jobs.Run, *, upload: int) -> None:
        try:
            finish = _read(run, upload) if doing == READ else _check_or_write(run, upload, doing)
        except Cancelled:
            run.finish(lambda: None)
        else:
            run.finish(finish)

    return work


#: A kind of job for each: what is done says the job, which is signed, and not the file's row, which its owner may change.
JOBS = {doing: _job(doing) for doing in (READ, CHECK, WRITE_ALL, WRITE_GOOD)}


def _taken(run: jobs.Run, upload: int) -> tuple[Upload, User]:
    """The file that the job is about, and who acts. Raises Cancelled where it is not this job's any more, or deleted."""
    file = Upload.objects.select_related("team__office").filter(pk=upload, job=run.number).first()
    if file is None:
        raise Cancelled
    return file, User.objects.get(pk=run.user_id)


def _read(run: jobs.Run, upload: int) -> Callable[[], None]:
    """Read a file; what keeps it. It takes no transaction while it reads."""
    with run.acting():
        file, by = _taken(run, upload)
    unread = state.load(file)
    try:
        read = sheet.read(identity.unseal(file.content), file.name)
    except UnreadableFile as error:
        refused = unread.refused(error.args[0])
        return lambda: actions.keep_state(file, by=by, job=run.number, state=refused.dump())

    def keep() -> None:
        known = state.of_sheet(read, mapping.by_headings(read), is_read_at_once=False)
        actions.keep_state(file, by=by, job=run.number, state=known.dump(), mapping=mapping.recognise(read, file.team))

    return keep


def _check_or_write(run: jobs.Run, upload: int, doing: str) -> Callable[[], None]:
    """Do it, piece by piece; what keeps how it ended."""
    began = time.monotonic()
    with run.acting():
        file, by = _taken(run, upload)
    import_plan = plan_of(file)
    with _progress_recorder(run, upload) as progress:
        outcome = _do(
            file,
            import_plan,
            by=by,
            doing=doing,
            written=lambda people: actions.count_written(file, by=by, people=people, job=run.number),
            progress=progress,
            within=run.acting,
        )
    return lambda: actions.keep_state(file, by=by, job=run.number, state=_after(outcome, file, doing, began))


@contextmanager
def _progress_recorder(run: jobs.Run, upload_id: int) -> Iterator[Progress]:
    """Yields a function that records how far the work has come, at most twice a second, and stops it where it must.

    That raises Cancelled where the file is not the job's any more.
    """
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
            cursor.execute(
                "UPDATE imports_upload SET done = %s, total = %s WHERE id = %s AND job = %s",
                [done, total, upload_id, run.number],
            )
            is_ours = cursor.rowcount == 1
            cursor.execute("COMMIT")
        if not is_ours:
            raise Cancelled

    try:
        yield tell
    finally:
        beside.close()
