"""Where a drill happens: an embedded server with the tests' small organisation, and processes that act on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from plass.db import database, embedded, postgres_programs

ROOT = Path(__file__).resolve().parent.parent
LONGEST_START = 90.0


@dataclass
class Place:
    """A data folder with a running server; ``acts`` are the acting processes, ``said`` what each acknowledged."""

    folder: Path
    server: embedded.Server
    settings: dict[str, str] = field(default_factory=dict)

    def start_again(self) -> float:
        """Start the server after it was killed; seconds until it answers. It may take some tries while its children die."""
        self.server.stop()
        began = time.monotonic()
        while True:
            try:
                self.server = embedded.start(self.folder, settings=self.settings)
                with self.look() as connection:
                    connection.execute("SELECT 1")
                return time.monotonic() - began
            except (postgres_programs.EmbeddedError, psycopg.OperationalError):
                self.server.stop()
                if time.monotonic() - began > LONGEST_START:
                    raise
                time.sleep(0.05)

    def look(self) -> psycopg.Connection:
        """A superuser's connection, to count what is there."""
        return psycopg.connect(host=str(self.server.socket), user="postgres", dbname=database.DATABASE, autocommit=True)

    def actor(self, number: int) -> Actor:
        """A process that acts as the web role until it is killed."""
        said = self.folder.parent / f"said-{number}"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "drills.actor", str(number)],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.DEVNULL,
                env={**os.environ, database.DSN_VARIABLE: str(self.server.socket)},
            )
        return Actor(process, said)


@dataclass
class Actor:
    """An acting process and the file of what was acknowledged to it."""

    process: subprocess.Popen[bytes]
    said: Path

    def acknowledged(self) -> list[tuple[str, str]]:
        """(kind, mark) of every act whose transaction the database said was kept."""
        lines = self.said.read_text().splitlines()
        return [(line.split()[0], line.split()[1]) for line in lines if len(line.split()) == 2]

    def wait_until_it_acts(self) -> None:
        """Until something was acknowledged to it. Raises RuntimeError where it ended instead."""
        while not self.acknowledged():
            if self.process.poll() is not None:
                raise RuntimeError("an acting process ended by itself; run `python -m drills.actor 0` to see why")
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it without warning."""
        self.process.kill()
        self.process.wait(30)


@contextmanager
def place(parent: Path | None = None, settings: dict[str, str] | None = None) -> Iterator[Place]:
    """A new server in a folder of its own (below ``parent``) with one team and one case; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="plass-drill-", dir=parent))
    folder.chmod(0o755)
    os.environ.update(
        PLASS_SECRET_KEY="for drills only, and long enough to be a key: 0123456789",
        PLASS_IDENTITY_KEYS="A" * 43 + "=",
        PLASS_HASH_KEY="for drills only",
        DJANGO_SETTINGS_MODULE="plass.config.settings",
        # Identity numbers set aside for tests are let in where people are made up.
        PLASS_DEMO="1",
    )
    server = embedded.start(folder / "data", settings=settings or {})
    found = Place(folder / "data", server, settings or {})
    try:
        database.prepare_embedded(server)
        subprocess.run(
            [sys.executable, "-m", "drills.lay_out"],
            cwd=ROOT,
            check=True,
            env={**os.environ, database.DSN_VARIABLE: str(server.socket), database.ROLE_VARIABLE: database.OWNER},
        )
        yield found
    finally:
        found.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
