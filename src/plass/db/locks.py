"""Locks: whoever counts, or looks for the last one, and then writes locks a name first. No page waits long for one."""

from __future__ import annotations

from django.db import OperationalError, connection

#: PostgreSQL's word (SQLSTATE) for a statement that waited for a lock as long as it may.
LOCK_NOT_AVAILABLE = "55P03"


def lock(*names: str) -> None:
    """Until the transaction ends, others who lock one of these names wait, and then see what was done.

    Always in the same order, so that two who lock several wait for each other at the first. (The web role may not lock
    rows it cannot change.) The database's own functions lock the same names: ``access_lock()``.
    """
    ordered = sorted(set(names))
    if ordered:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(what, 0)) FROM unnest(%s::text[]) AS what", [ordered]
            )


def wait_at_most(seconds: float) -> None:
    """From now on until the transaction ends, a question that waits so long for a lock fails (``waited_in_vain``)."""
    # The driver's own cursor: this is no question of a page, and is not counted as one.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")


def waited_in_vain(error: BaseException | None) -> bool:
    """Whether ``error``, or what it came of, says that another transaction held for too long what this one needs."""
    while error is not None:
        if isinstance(error, OperationalError):
            return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE
        error = error.__cause__ or error.__context__
    return False
