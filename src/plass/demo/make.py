"""Makes the demo: a county of made-up people with ten years behind them, or many counties.

One county is written in one transaction: it is there or it is not. Many are made by several processes at once, with
keys and indexes set aside meanwhile; a load that was killed is begun anew by the next one.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from datetime import date
from typing import Any, TypeVar

import django
import psycopg

from . import loading, state
from .by_copy import Copier
from .columns import BLOCK, loaded_columns
from .county import County, Size
from .people import MOST_COUNTIES

T = TypeVar("T")
R = TypeVar("R")
#: Told what is being done, how much of it is done, and how much there is: ("people", 120, 2000).
Progress = Callable[[str, int, int], None]

ANSWERS_AT_ONCE = 500


def quiet(_step: str, _done: int, _of: int) -> None:
    """Tells nobody."""


def make(
    *,
    seed: int = 1,
    scale: int = 1,
    today: date,
    progress: Progress = quiet,
    size: Size | None = None,
    fresh: bool = False,
    processes: int | None = None,
) -> state.DemoState:
    """See to it that the database holds demo data, and return what it was made from.

    Demo data that is there stays as it is, with all that was done to it, unless ``fresh``. ``scale`` is the number of
    counties. Must be called within ``database.acting_as_owner()``.
    Raises DatabaseError where the database holds people the demo did not make, and ValueError for an impossible scale.
    """
    if not 1 <= scale <= MOST_COUNTIES:
        raise ValueError(f"The scale is a number of counties from 1 to {MOST_COUNTIES}.")
    parameters = _parameters()
    with psycopg.connect(**parameters) as connection:
        existing = state.read(connection)
        if existing and existing.complete and not fresh:
            return existing
        state.refuse_real_people(connection)
        _mend(connection)
        wanted = state.DemoState(seed, scale, today.isoformat())
        loading.empty(connection)
        if scale == 1:
            return _make_county(connection, County(seed, 0, today, size or Size()), wanted, progress)
        state.write(connection, wanted)
        loading.set_aside_keys(connection)
        loading._each(connection, "ALTER TABLE {} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
    return _make_counties(parameters, wanted, size or Size(), progress, processes or os.cpu_count() or 2)


def _parameters() -> dict[str, Any]:
    """How to reach the database as Django does at the moment."""
    from django.db import connection

    parameters = connection.get_connection_params()
    return {
        key: parameters[key] for key in ("host", "port", "user", "password", "dbname", "options") if parameters.get(key)
    }


def _mend(connection: psycopg.Connection[Any]) -> None:
    """Undo what a killed load left behind."""
    left = loading.waiting(connection)
    if left or ((existing := state.read(connection)) and not existing.complete):
        loading.empty(connection)
        for _step, statement in left:
            loading.make_one(connection, statement)
        loading.all_made(connection)
        loading.close_again(connection)


def _make_county(
    connection: psycopg.Connection[Any], county: County, wanted: state.DemoState, progress: Progress
) -> state.DemoState:
    with loading.open_for_rows(connection):
        facts = _write(connection, county, progress)
        loading.set_sequences(connection)
    _keep_milestones(connection, county, lambda done: progress("milestones", done, county.size.participants))
    result = _finished(connection, wanted, facts)
    connection.commit()
    connection.autocommit = True
    connection.execute("ANALYZE")
    return result


def _finished(connection: psycopg.Connection[Any], wanted: state.DemoState, facts: int) -> state.DemoState:
    highest = connection.execute("SELECT coalesce(max(id), 0) FROM cases_participant").fetchone()
    assert highest is not None
    result = state.DemoState(wanted.seed, wanted.scale, wanted.today, highest[0], facts, complete=True)
    state.write(connection, result)
    return result


def _write(connection: psycopg.Connection[Any], county: County, progress: Progress) -> int:
    """Write everything about one county. Returns the number of facts."""
    copier = Copier(connection, county)
    copier.organisation()
    facts = 0
    for cases, life in enumerate(county.lives(), start=1):
        facts += copier.life(life)
        if cases % 50 == 0:
            progress("people", cases, county.size.participants)
    for talk in county.dialogue():
        copier.talk(talk)
        facts += 1
    copier.send()
    if county.index == 0:
        copier.personas(county.personas())
    copier.send()
    progress("people", county.size.participants, county.size.participants)
    return facts


def _keep_milestones(connection: psycopg.Connection[Any], county: County, progress: Callable[[int], None]) -> None:
    """Let the database compute the kept milestones of the county's cases from the facts."""
    first = county.index * BLOCK
    # Until the new rows are counted the planner takes the tables for empty, and reads them whole for each case.
    for offset in range(0, county.size.participants + ANSWERS_AT_ONCE, ANSWERS_AT_ONCE):
        connection.execute(
            "SELECT milestones_refresh(array(SELECT id FROM cases_case WHERE id > %s AND id <= %s))",
            [first + offset, first + offset + ANSWERS_AT_ONCE],
        )
        progress(min(offset + ANSWERS_AT_ONCE, county.size.participants))


# --- Many counties ----------------------------------------------------------------------------------------------------


def _load_county(job: tuple[dict[str, Any], int, int, date, Size]) -> int:
    parameters, seed, index, today, size = job
    with psycopg.connect(**parameters) as connection:
        connection.execute("SET synchronous_commit = off")
        return _write(connection, County(seed, index, today, size), quiet)


def _make_key(job: tuple[dict[str, Any], str]) -> None:
    parameters, statement = job
    with psycopg.connect(**parameters) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET max_parallel_maintenance_workers = 0")
        loading.make_one(connection, statement)


def _keep_county(job: tuple[dict[str, Any], int, int, date, Size]) -> None:
    parameters, _seed, index, _today, size = job
    with psycopg.connect(**parameters) as connection:
        connection.execute("SET synchronous_commit = off")
        first = index * BLOCK
        for offset in range(0, size.participants, ANSWERS_AT_ONCE):
            connection.execute(
                "SELECT milestones_refresh(array(SELECT id FROM cases_case WHERE id > %s AND id <= %s))",
                [first + offset, first + offset + ANSWERS_AT_ONCE],
            )


def _vacuum(job: tuple[dict[str, Any], str]) -> None:
    parameters, table = job
    with psycopg.connect(**parameters, autocommit=True) as connection:
        connection.execute(f"VACUUM (ANALYZE) {table}")


def _each(pool: Executor, work: Callable[[T], R], jobs: Iterable[T]) -> Iterator[R]:
    """The results of ``work`` for the jobs, in the order in which they finish."""
    return (future.result() for future in as_completed([pool.submit(work, job) for job in jobs]))


def _make_counties(
    parameters: dict[str, Any], wanted: state.DemoState, size: Size, progress: Progress, processes: int
) -> state.DemoState:
    counties = [(parameters, wanted.seed, index, wanted.day, size) for index in range(wanted.scale)]
    facts = 0
    # Started anew, not forked: a database connection does not survive a fork.
    anew = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=anew, initializer=django.setup) as pool:
        for done, written in enumerate(_each(pool, _load_county, counties), start=1):
            facts += written
            progress("counties", done, wanted.scale)
        with psycopg.connect(**parameters, autocommit=True) as connection:
            left = loading.waiting(connection)
            indexes = [(parameters, statement) for step, statement in left if step == 1]
            for done, _none in enumerate(_each(pool, _make_key, indexes), start=1):
                progress("indexes", done, len(left))
            # Keys lock both their tables, so they are made one after the other.
            for done, (_step, statement) in enumerate(
                (entry for entry in left if entry[0] == 2), start=len(indexes) + 1
            ):
                _make_key((parameters, statement))
                progress("indexes", done, len(left))
            loading.all_made(connection)
        tables = [(parameters, table) for table in loaded_columns()]
        for done, _none in enumerate(_each(pool, _vacuum, tables), start=1):
            progress("statistics", done, len(tables))
        for done, _none in enumerate(_each(pool, _keep_county, counties), start=1):
            progress("milestones", done, wanted.scale)
        _vacuum((parameters, "milestone_cache"))
    with psycopg.connect(**parameters) as connection:
        loading.set_sequences(connection)
        loading.close_again(connection)
        return _finished(connection, wanted, facts)
