"""Acts that come one after the other: whoever counts, or looks for the last one, and then writes locks a name first; and how
long a page waits for another."""

from __future__ import annotations

from django.db import connection


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
    """From now on until the transaction ends, a question that waits so long for a lock is refused (``outage.is_busy``)."""
    # The driver's own cursor: this is no question of a page, and is not counted as one.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")
