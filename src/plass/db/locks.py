"""Acts that come one after the other: whoever counts, or looks for the last one, and then writes locks a name first."""

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
