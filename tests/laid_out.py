"""The database in which every page has something to show: made once for a whole run, and copied for each who needs one."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from typing import Any

from psycopg import sql

from plass.db import database

from . import clock
from .conftest import TEMPLATE, TEST_ROLE, copy_database, place, superuser

LAID_OUT = "plass_laid_out"


def laid_out(name: str) -> dict[str, Any]:
    """Make the database ``name`` with what ``tests.journeys.lay_out`` lays out; the numbers in it, for addresses."""
    numbers_file = place("laid-out.json")
    with place("laying-out").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not numbers_file.exists():
            copy_database(TEMPLATE, LAID_OUT)
            done = subprocess.run(
                [sys.executable, "-W", "error", "-m", "tests.journeys.lay_out"],
                check=True,
                stdout=subprocess.PIPE,
                env={**clock.environment(), "PLASS_DATABASE_NAME": LAID_OUT, database.ROLE_VARIABLE: TEST_ROLE},
            )
            numbers_file.write_bytes(done.stdout)
    copy(LAID_OUT, name)
    return dict(json.loads(numbers_file.read_bytes()))


def copy(template: str, name: str) -> None:
    """A copy of ``template`` to which the web role may connect itself, as a served program does."""
    copy_database(template, name)
    with superuser() as connection:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO plass_web, plass_queue").format(sql.Identifier(name))
        )
