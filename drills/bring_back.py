"""A backup while people write, the archive after it, the disk gone, everything restored: by count and by checksum."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from plass.db import backup, database, embedded

from .place import place


def restore_everything(seconds: float) -> dict[str, float]:
    """Write for some seconds around a backup, lose the data folder, restore, and compare every table."""
    beside = Path(tempfile.mkdtemp(prefix="plass-beside-"))
    beside.chmod(0o755)
    try:
        with place(settings=backup.archive_settings(beside / "archive")) as where:
            actor = where.actor(0)
            time.sleep(seconds / 2)
            taken = backup.take(where.folder, beside / "backups", progress=lambda what, share: None)
            time.sleep(seconds / 2)
            actor.kill()
            with where.look() as connection:
                row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
                assert row is not None
                then = backup.checksums(connection)
                while not (beside / "archive" / row[0]).exists():
                    time.sleep(0.05)
            began = time.monotonic()
            backup.restore(taken, beside / "restored", archive=beside / "archive", progress=lambda what, share: None)
            took = time.monotonic() - began
            server = embedded.start(beside / "restored")
            try:
                with psycopg.connect(
                    host=str(server.socket), user="postgres", dbname=database.DATABASE, autocommit=True
                ) as connection:
                    now = backup.checksums(connection)
            finally:
                server.stop()
        return {
            "tables": len(then),
            "rows": sum(count for count, _sum in then.values()),
            "rows_written_after_the_backup": sum(n for n, _s in then.values())
            - sum(backup.describe(taken).rows.values()),
            "tables_that_differ": sum(1 for table in then if then[table] != now.get(table)),
            "seconds_to_restore": round(took, 1),
        }
    finally:
        shutil.rmtree(beside, ignore_errors=True)
