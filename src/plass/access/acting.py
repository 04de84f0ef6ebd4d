"""Who is acting: told to the database for the length of one transaction, so that its rules can hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from plass.config.asking import ask
from plass.organisation.models import User


def announce(user_id: int | None) -> None:
    """Tell the database who acts for the rest of this transaction, with all the cases they see. None: nobody, who sees
    nothing.

    Raises RuntimeError outside a transaction, where the database would forget it at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Who acts is told within a transaction.")
    ask(
        "SELECT set_config('plass.user', %(user)s::text, true), set_config('plass.case', '', true)",
        {"user": str(user_id or "")},
    )


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """A transaction in which ``user`` acts: for the command line and tests. Pages get theirs from the middleware."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('plass.user', true)")
        before = cursor.fetchone()[0]
        announce(user.pk)
        yield
        announce(int(before) if before else None)
