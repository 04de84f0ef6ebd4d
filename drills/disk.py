"""A full disk: the one who writes is told, nothing acknowledged is lost, and with room again it goes on by itself."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from .crash import lost_and_half
from .place import place

SIZE, LARGER = "220m", "600m"
#: Small pieces of the log, so that a small disk fills in seconds.
SETTINGS = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "32MB", "maintenance_work_mem": "16MB"}


def fill_the_disk() -> dict[str, float | str]:
    """Fill a small file system under writers. Needs root, to make one; elsewhere the drill says that it was not run."""
    if os.geteuid() != 0:
        return {"run": "no: making a small file system needs root"}
    disk = Path(tempfile.mkdtemp(prefix="plass-disk-"))
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(disk)], check=False)
    if made.returncode:
        disk.rmdir()
        return {"run": "no: this machine does not let a file system be made"}
    try:
        with place(disk, SETTINGS) as where:
            actor = where.actor(0)
            while len(actor.acknowledged()) < 20:
                time.sleep(0.02)
            ballast = disk / "ballast"
            with ballast.open("wb") as out:
                try:
                    while True:
                        out.write(b"\0" * 65536)
                except OSError:
                    pass
            told = ""
            for _attempt in range(2000):
                try:
                    with where.look() as connection:
                        connection.execute("CREATE TABLE IF NOT EXISTS filler (t text)")
                        connection.execute("INSERT INTO filler SELECT repeat('x', 100000) FROM generate_series(1, 20)")
                except psycopg.Error as error:
                    told = str(error).splitlines()[0]
                    break
            time.sleep(2)
            actor.kill()
            ballast.unlink()
            subprocess.run(["mount", "-o", f"remount,size={LARGER}", str(disk)], check=True)
            where.start_again()
            acknowledged, lost, half = lost_and_half(where, [actor])
            again = where.actor(1)
            deadline = time.monotonic() + 30
            while not again.acknowledged() and time.monotonic() < deadline:
                time.sleep(0.05)
            goes_on = len(again.acknowledged()) > 0
            again.kill()
        return {
            "acknowledged": acknowledged,
            "lost": lost,
            "half_done": half,
            "told": told,
            "writes_again_with_room": "yes" if goes_on else "no",
        }
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
        disk.rmdir()
