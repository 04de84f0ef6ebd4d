"""``plass work``: a worker of background jobs by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def work(
    data: Annotated[Path | None, typer.Option("--data", envvar="PLASS_DATA", help="Folder of the data.")] = None,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=16, help="Jobs done at the same time.")] = 2,
) -> None:
    """Do background jobs until stopped: long imports, and what is forgotten after its time.

    `serve` and `demo` start such a worker themselves. This is for a machine of its own, with DATABASE_URL and
    DATABASE_QUEUE_URL; several may work beside each other.
    """
    from plass.db import bootstrap, database, migrations

    with bootstrap.prepare(data, migrate=False, beside=True):
        database.refuse_strong_role()
        if migrations.mark() != migrations.fingerprint():
            raise database.DatabaseError("The database's tables are of another version: run `plass migrate` first.")
        from . import worker

        typer.echo("Plass works in the background.   (stop with Ctrl-C)")
        worker.work(at_once=at_once)
        typer.echo("Stopped.")
