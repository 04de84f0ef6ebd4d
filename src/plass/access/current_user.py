"""Who is acting: told to the database for the length of one transaction, so that its rules can hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from plass.db import signed
from plass.organisation.models import User

from . import log

_SAY = "SELECT set_config('plass.user', %s, true), set_config('plass.case', '', true)"


def set_current_user(user_id: int | None, *, on: Any = None) -> None:
    """Tell the database who acts for the rest of this transaction, with all the cases they see. None: nobody, who sees
    nothing.

    It is signed for this transaction: no statement on the connection can say it (``db.signed``). ``on`` is a
    connection beside the usual one, with a transaction of its own.
    Raises RuntimeError outside a transaction, where the database would forget it at once.
    """
    if on is None and not connection.in_atomic_block:
        raise RuntimeError("Who acts is told within a transaction.")
    where = on or connection
    signed.run(where, _SAY, [signed.stamp(user_id, where) if user_id else ""])


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """A transaction in which ``user`` acts: for the command line and tests. Pages get theirs from the middleware."""
    with refusals_outlast_the_transaction(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT access_user()")
        before = cursor.fetchone()[0]
        set_current_user(user.pk)
        yield
        set_current_user(before)


@contextmanager
def refusals_outlast_the_transaction() -> Iterator[None]:
    """Around a transaction, however it ends: an act that refuses is undone with what it wrote, and so is a trial. What was
    said by ``log.kept_away`` is written after it, for whoever was refused knows it by then."""
    with log.collecting_refusals() as refused:
        try:
            yield
        finally:
            for who in refused:
                with acting_as(who.user):
                    log.log_kept_away(who)
