"""Checking and writing an uploaded file: at once where it is short, else in a thread while the page shows how far it is.

The thread has its own connection and acts as the one who started it, piece by piece, so row-level security holds in it
as on any page. Its progress goes through a second connection, because nobody else sees what a transaction has not
finished. If the process ends, what was not finished is undone, the file says that it was interrupted, and starting
again adds nothing twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone, translation

from plass.access.current_user import acting_as, set_current_user
from plass.cases import identity
from plass.organisation.models import User

from . import actions, plan, queries, sheet, state
from .actions import Progress, Within
from .models import Upload
from .plan_types import Plan

#: A list of so many people takes a second or two, and is done while the page waits.
AT_ONCE = 40
#: What may be done with a file.
CHECK, WRITE_ALL, WRITE_GOOD = "check", "all", "good"

log = logging.getLogger(__name__)


def start(upload: Upload, *, by: User, doing: str) -> bool:
    """Check a file, or write it all or nothing, or write what is right in it. False where that goes on already.

    Raises NotAllowed where the file is not theirs or its team is not.
    """
    import_plan = plan_of(upload)
    if not actions.claim(upload, by=by, doing=doing, total=len(import_plan.people)):
        return False
    if len(import_plan.people) <= AT_ONCE:
        _do(upload, import_plan, by=by, doing=doing)
        return True
    upload_id, user_id, language = upload.pk, by.pk, translation.get_language() or "nb"
    thread = threading.Thread(
        target=_in_a_thread, args=(upload_id, user_id, doing, language), name=f"import {upload_id}", daemon=True
    )
    # Not before the page's transaction has ended, so that the thread sees the claim.
    transaction.on_commit(thread.start)
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
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> None:
    began = time.monotonic()
    with within():
        specialists = queries.who_follows_in(upload.team)
        file_state = state.load(upload)
    outcome = actions.write(
        import_plan,
        by=by,
        team=upload.team,
        specialists=specialists,
        unnamed=queries.follows_unnamed(specialists, by, file_state.follower),
        dry_run=doing == CHECK,
        all_or_nothing=doing == WRITE_ALL,
        progress=progress,
        within=within,
    )
    with within():
        actions.keep_state(upload, by=by, state=file_state.after(outcome, doing, time.monotonic() - began).dump())


def _in_a_thread(upload_id: int, user_id: int, doing: str, language: str) -> None:

    def within() -> AbstractContextManager[None]:
        return acting_as(User(pk=user_id))

    try:
        with translation.override(language), _progress_recorder(upload_id, user_id) as progress:
            with within():
                by = User.objects.get(pk=user_id)
                upload = Upload.objects.select_related("team__office").get(pk=upload_id)
                import_plan = plan_of(upload)
            _do(upload, import_plan, by=by, doing=doing, progress=progress, within=within)
    except Exception as error:
        # What it was about stands in no log: the file is named by its number.
        log.error("import of upload %d stopped: %s", upload_id, type(error).__name__)
        _mark_as_stopped(upload_id, user_id)
    finally:
        connections.close_all()


def _mark_as_stopped(upload_id: int, user_id: int) -> None:
    try:
        with acting_as(User(pk=user_id)):
            upload = Upload.objects.filter(pk=upload_id).first()
            if upload is not None:
                actions.give_up(upload, by=User(pk=user_id))
    except Exception as error:
        # Then the file's silence says the same, a minute later.
        log.error("upload %d could not be marked: %s", upload_id, type(error).__name__)


@contextmanager
def _progress_recorder(upload_id: int, user_id: int) -> Iterator[Progress]:
    """Yields a function that records how far the work has come, at most twice a second."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < 0.5:
            return
        last = time.monotonic()
        with beside.cursor() as cursor:
            # Not atomic(), which knows the connections of the settings alone.
            cursor.execute("BEGIN")
            set_current_user(user_id, on=beside)
            cursor.execute(
                "UPDATE imports_upload SET done = %s, total = %s, beat_at = now() WHERE id = %s",
                [done, total, upload_id],
            )
            cursor.execute("COMMIT")

    try:
        yield tell
    finally:
        beside.close()
