"""Declaring a job, putting it in the queue, and one run of it.

    @job("imports.check")
    def check(run: Run, *, upload: int) -> None: ...

    check.defer(by=user, upload=12)

A job is done at least once: when a worker is killed between the end of a job and its note in the queue, it is done again.
So every job ends with ``run.finish``, which writes its last part together with the note that it is done; a run of a job that
has this note does nothing. What a job writes before its end must be such that writing it again adds nothing.

A job gets numbers of rows alone. What it does, it does as the web role and as the one who put it in
(docs/decisions/0141-background-jobs.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from django.db import connection

from plass.access.current_user import acting_as
from plass.db import signed
from plass.organisation.models import User

State = Literal["waits", "goes on", "done", "failed"]


class Stopped(Exception):
    """The worker is asked to stop: the job is left, undone, and begun anew by the next one."""


@dataclass(frozen=True)
class Run:
    """One run of a job: its number, whose it is, and whether the worker is asked to stop."""

    number: int
    user_id: int
    must_stop: Callable[[], bool] = lambda: False

    @contextmanager
    def acting(self) -> Iterator[None]:
        """A transaction in which the one who put the job in acts. Raises Stopped where the worker is to stop."""
        self.go_on()
        with acting_as(User(pk=self.user_id)):
            yield

    def go_on(self) -> None:
        """Raise Stopped where the worker is to stop: for long work within one transaction, which is undone by that."""
        if self.must_stop():
            raise Stopped

    def finish(self, act: Callable[[], None]) -> None:
        """Do the last part, and note in the same transaction that the job is done. Nothing where it was done before."""
        with self.acting():
            if signed.call("queue_finish", self.number)[0][0]:
                act()


@dataclass(frozen=True)
class Job:
    """A kind of job. ``work`` is called with a :class:`Run`, and with the numbers of rows by name."""

    kind: str
    work: Callable[..., None]

    def defer(self, *, by: User, **numbers: int) -> int:
        """Put it in the queue for ``by``, who acts, within the open transaction; returns its number.

        Raises ``django.db.DatabaseError`` where somebody else acts, or nobody.
        """
        row = signed.call("queue_defer", self.kind, json.dumps(numbers, sort_keys=True), by.pk)
        return int(row[0][0])


#: Every kind of job, by its name.
KINDS: dict[str, Job] = {}
#: Functions of the database that are called every hour, by the queue's role.
EVERY_HOUR = {"queue_forget_old"}


def job(kind: str) -> Callable[[Callable[..., None]], Job]:
    """Declare a kind of job: decorates the function that does it. It stands in the room's ``tasks.py``."""

    def declare(work: Callable[..., None]) -> Job:
        KINDS[kind] = Job(kind, work)
        return KINDS[kind]

    return declare


def every_hour(function: str) -> None:
    """Let the worker call a function of the database each hour: one without parameters, "for the queue role"."""
    EVERY_HOUR.add(function)


def state(number: int | None) -> State | None:
    """How far a job is that the acting user put in; None where there is none of theirs with that number."""
    if number is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_state(%s)", [number])
        job_state: State | None = cursor.fetchone()[0]
    return job_state
