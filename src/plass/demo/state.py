"""Whether a database is empty, holds demo data (made how and when), or holds somebody's real work.

What the demo was made from stands as a comment on the table of personas: it goes away with the database, and needs no
table of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from plass.cases import identity
from plass.db.database import DatabaseError


@dataclass(frozen=True)
class DemoState:
    """What demo data was made from. ``participants`` is the highest number given; ``complete`` once all is written."""

    seed: int
    scale: int
    today: str
    participants: int = 0
    facts: int = 0
    complete: bool = False

    @property
    def day(self) -> date:
        """The day it was made for."""
        return date.fromisoformat(self.today)


def read(connection: psycopg.Connection[Any]) -> DemoState | None:
    """What the demo data of this database was made from; None where there is none."""
    row = connection.execute("SELECT obj_description('accounts_persona'::regclass)").fetchone()
    return DemoState(**json.loads(row[0])) if row and row[0] else None


def write(connection: psycopg.Connection[Any], demo: DemoState | None) -> None:
    """Store what the demo was made from (None: forget it). As owner."""
    text = sql.Literal(json.dumps(asdict(demo))) if demo else sql.SQL("NULL")
    connection.execute(sql.SQL("COMMENT ON TABLE accounts_persona IS {}").format(text))


def refuse_real_people(connection: psycopg.Connection[Any]) -> None:
    """Raise DatabaseError where the database holds people the demo did not make. As owner."""
    existing = read(connection)
    if existing is None:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM organisation_user) OR EXISTS (SELECT FROM cases_participant)"
        ).fetchone()
        if row and row[0]:
            raise DatabaseError(
                "This database is already in use by people, so the demo keeps out of it. Give the demo a folder of its "
                "own with --data."
            )
        return
    added = connection.execute(
        "SELECT identity_number FROM cases_participant WHERE id > %s ORDER BY id LIMIT 10000",
        [existing.participants if existing.complete else 2**62],
    )
    # Numbers set aside for tests have 40 or 80 added to the month.
    if any(int(identity.decrypt(encrypted)[2:4]) <= 40 for (encrypted,) in added):
        raise DatabaseError(
            "Somebody with a real national identity number has been added to this demo, so it is not made anew. Give "
            "the new demo a folder of its own with --data."
        )
