"""Milestones are kept at every fact; where many facts of a case are written at once, once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LATER = "SET CONSTRAINTS milestones_keep_due DEFERRED"
NOW = "SET CONSTRAINTS milestones_keep_due IMMEDIATE"


@contextmanager
def later() -> Iterator[None]:
    """Within, facts leave the kept milestones as they are, and they are made anew at the end: once a case.

    What reads the milestones of a case that was just written to says :func:`catch_up` before. Needs a transaction; the
    database itself makes anew what is due before that ends, also where this is left by an error that is caught in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATER)
        yield
        cursor.execute(NOW)


def catch_up() -> None:
    """Within :func:`later`: make anew what is due until here."""
    with connection.cursor() as cursor:
        cursor.execute(NOW)
        cursor.execute(LATER)
