"""Questions that pages ask the database again and again: planned once a connection, and read without the ORM.

The ORM composes a question anew each time and the database plans it anew each time; for a page that is open all day that
is most of what it costs. Such a question is written as SQL where it belongs, and PostgreSQL keeps its plan (a prepared
statement). Row-level security holds in it as in every other. See ``docs/decisions/0104-questions-planned-once.md``.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.postgresql import base


def ask(question: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of ``question``, in which parameters stand as ``%(name)s``; they are sent beside it, never put into it.

    A list is an array: ``= ANY (%(users)s::bigint[])``. It is asked within the page's transaction, and counted and
    logged like the ORM's questions. Raises ``django.db.DatabaseError``.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # Django's own cursors put parameters into the text, and what is another text each time cannot be kept.
        bare: Any = base.ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # the stubs lack it
        make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        with make(bare) as cursor:
            cursor.execute(question, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
