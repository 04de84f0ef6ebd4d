"""The suite's own clock: it begins at ten in the morning, so that "today" is one day from the first test to the last.

Python's clock is moved by time-machine, and runs on from there. The database's clocks are moved by as much in the template,
and so in every copy of it. The database itself, files and the browser keep the machine's time.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import time_machine

from plass.db import database

#: In the environment: by how many seconds the suite's clock is before the machine's.
SECONDS = "PLASS_TESTS_CLOCK"
BEGINS = time_of_day(10)
#: How exactly, in seconds, Python's clock is to be that of the database.
CLOSE = 0.0001
#: PostgreSQL's clocks: the name in SQL, the function behind it, and how it behaves within a statement.
CLOCKS = {
    "now": ("now", "STABLE"),
    "transaction_timestamp": ("now", "STABLE"),
    "statement_timestamp": ("statement_timestamp", "STABLE"),
    "clock_timestamp": ("clock_timestamp", "VOLATILE"),
}


def seconds_ahead(now: datetime) -> int:
    """From the moment ``now`` to when the suite's day begins, in whole seconds: negative in the afternoon."""
    local = now.astimezone(ZoneInfo(database.TIME_ZONE))
    return round((datetime.combine(local.date(), BEGINS, local.tzinfo) - local).total_seconds())


@functools.cache
def start() -> None:
    """Put this process on the suite's clock, once. The first process decides for all how far it is from the machine's."""
    ahead = int(os.environ.setdefault(SECONDS, str(seconds_ahead(datetime.now().astimezone()))))
    moved = time_machine.travel(time.time() + ahead, tick=True).start()
    machine = time_machine.escape_hatch.time.time
    # On a busy machine this process may stand still between reading the time and setting it: then it would be behind.
    while abs(machine() + ahead - time.time()) > CLOSE:
        moved.move_to(machine() + ahead)


@contextmanager
def of_the_machine() -> Iterator[None]:
    """Within, Python has the machine's time: for what works on a database server of its own."""
    with time_machine.travel(time_machine.escape_hatch.time.time(), tick=True):
        yield


def environment() -> dict[str, str]:
    """The environment of a program on the suite's database: it starts on the suite's clock (``sitecustomize``)."""
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def move_the_databases(connection: psycopg.Connection[Any]) -> None:
    """Put the database of ``connection``, a superuser's, on the suite's clock.

    PostgreSQL calls its own functions by number, whatever the catalogue says; but it writes a function in SQL out into each
    statement before that, so the clocks become such functions.
    """
    ahead = f"interval '{int(os.environ[SECONDS])} seconds'"
    for name, (behind, behaves) in CLOCKS.items():
        is_clock = f"RETURNS timestamptz {behaves} PARALLEL SAFE"
        connection.execute(f"CREATE FUNCTION pg_catalog.machine_{name}() {is_clock} LANGUAGE internal AS '{behind}'")
        moved = f"SELECT pg_catalog.machine_{name}() + {ahead}"
        connection.execute(f"CREATE OR REPLACE FUNCTION pg_catalog.{name}() {is_clock} LANGUAGE sql AS $$ {moved} $$")
