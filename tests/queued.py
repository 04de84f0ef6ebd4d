"""Doing the background jobs that wait, within a test: on its own connection, as the worker's role and as the web role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from plass.queue import worker


def ask(question: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a question of the web role."""
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def as_queue() -> Iterator[None]:
    """Within, the connection is the queue role's."""
    ask("SET ROLE plass_queue")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            ask("SET ROLE plass_web")


def take() -> tuple[int, str, int] | None:
    """Take the next job that waits: its number in the queue, its kind, and its own number."""
    with as_queue(), transaction.atomic():
        (row,) = ask("SELECT id, task_name, args ->> 'job' FROM procrastinate_fetch_job_v2(NULL, NULL)")
    return None if row[0] is None else (row[0], row[1], int(row[2]))


def do(taken: tuple[int, str, int], must_stop: Callable[[], bool] = lambda: False) -> None:
    """Do a job that was taken, as the worker does; what the queue notes of it is for :func:`note`."""
    number, kind, job = taken
    worker.app()
    with as_queue():
        rows = ask("SELECT user_id, kind, numbers, is_done FROM queue_taken(%s, %s)", job, number)
    jobs = [
        {"user_id": user, "kind": its, "numbers": json.loads(given), "is_done": is_done}
        for user, its, given, is_done in rows
    ]
    worker.perform(kind, job, jobs[0] if jobs else None, must_stop)


def note(taken: tuple[int, str, int], end: str = "succeeded") -> None:
    """Note in the queue how a job ended."""
    with as_queue():
        ask("SELECT procrastinate_finish_job_v1(%s, %s, %s)", taken[0], end, end == "succeeded")


def do_waiting() -> int:
    """Do every job that waits, as the worker does; how many there were."""
    done = 0
    while taken := take():
        try:
            do(taken)
        except worker.JobFailed:
            note(taken, "failed")
        else:
            note(taken)
        done += 1
    return done
