"""The connection: Django's, but that nothing of an earlier page is left when a transaction begins."""

from __future__ import annotations

from django.db import Error
from django.db.backends.postgresql import base

from plass.db.database import TIME_ZONE

#: A statement smuggled into an earlier page may have left settings, cursors that outlast their transaction, and names that
#: are listened to. All of them go, whatever they are called; statements that are planned ahead stay (``plass.db.prepared``),
#: and one that was prepared in SQL is noticed (``access_transaction()``). Within the transaction, so that a pooler cannot
#: send it to another connection. How a transaction runs was read as it began, so that is said too, and first.
#: Last: a statement that is planned ahead keeps its plan. Left to itself the database plans one that asks many questions at
#: once anew each time, which took longer than the answer (docs/decisions/0173-beyond-ordinary-django.md).
AS_NEW = (
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE, NOT DEFERRABLE; "
    f"CLOSE ALL; UNLISTEN *; RESET ALL; SET TIME ZONE '{TIME_ZONE}'; SET plan_cache_mode = 'force_generic_plan'"
)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, for every connection of the program."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs lack it
        if not autocommit:
            try:
                # The driver's own cursor: this is no question of a page, and is not counted as one.
                with self.wrap_database_errors, self.connection.cursor() as cursor:
                    cursor.execute(AS_NEW)
            except Error:
                # What was left may be in the way of that too: it goes with the connection.
                self.close()
                raise
