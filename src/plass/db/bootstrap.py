"""From a folder (or an address) to a program that can work: server, keys, Django, tables, files for the browser."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import backup, database, embedded, keys


@dataclass(frozen=True)
class Installation:
    """A prepared installation: its data folder, and the embedded server where it has one."""

    folder: Path
    server: embedded.Server | None


@contextmanager
def prepare(
    folder: Path | None = None, *, demo: bool | None = None, migrate: bool = True, beside: bool = False
) -> Iterator[Installation]:
    """Everything a command needs before it can touch the database; the embedded server stops at the end.

    ``folder`` is the data folder (the platform's own by default). With ``DATABASE_URL`` in the environment no server is
    started. ``demo`` says whether the people are made up; None keeps what the environment says. The process acts as the
    web role; commands that must be owner use ``database.acting_as_owner``. ``beside``: where another Plass already
    runs on the folder, work beside it on its server instead of refusing.
    Raises EmbeddedError or DatabaseError with what to do.
    """
    where = embedded.chosen_folder(folder)
    if demo is not None:
        os.environ["PLASS_DEMO"] = "1" if demo else ""
    server = None
    running = embedded.socket_of_running(where) if beside else None
    if running is not None and not os.environ.get("DATABASE_URL"):
        os.environ[database.DSN_VARIABLE] = str(running)
    elif not os.environ.get("DATABASE_URL"):
        server = embedded.start(where, settings=backup.from_environment())
        os.environ[database.DSN_VARIABLE] = str(server.socket)
    try:
        if server is not None:
            database.prepare_embedded(server)
        embedded.make_folder(where)
        keys.load(where)
        os.environ.setdefault("PLASS_STATIC", str(where / "static"))
        set_up_django()
        if migrate:
            bring_up_to_date(beside=running is not None)
        yield Installation(where, server)
    finally:
        if server is not None:
            server.stop()


def set_up_django() -> None:
    """Load the settings and the rooms. Enough for what touches no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
    import django

    django.setup()


def bring_up_to_date(*, beside: bool = False) -> bool:
    """Migrate where the database was made by another version of the program. Returns whether it did.

    Raises DatabaseError with what to do.
    """
    from django.db import OperationalError, ProgrammingError

    from . import migrations

    try:
        return migrations.bring_up_to_date(beside=beside)
    except (OperationalError, ProgrammingError) as error:
        raise database.DatabaseError(
            f"The database cannot be brought up to date: {str(error).strip()}\n"
            "`plass doctor` looks for the reason; on a server of your own the owner's address belongs in "
            "DATABASE_OWNER_URL."
        ) from error


def gather_static_files() -> bool:
    """Copy the browser's files to one folder under hashed names, where they changed. Returns whether they did."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    root = Path(str(settings.STATIC_ROOT))
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    stamp = root.parent / "static.stamp"
    if root.is_dir() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())
    return True
