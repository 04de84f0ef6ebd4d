"""Where the suite's servers have their data: a folder that their account may enter, cleared away also after a kill."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from plass.db import embedded, postgres_programs

PREFIX = "plass-tests-"
#: A folder that was just made may not be held yet.
SETTLED_SECONDS = 60


def choose_reachable_temporary_folder() -> None:
    """Let temporary files lie where the database's account may come to them, also where root's own place is closed."""
    if os.geteuid() != 0:
        return
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        try:
            embedded.check_reachable(Path(folder) / PREFIX)
        except (postgres_programs.EmbeddedError, OSError):
            continue
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        return


def folder_of_this_run() -> Path:
    """A new folder for the suite's server. What killed runs left behind is cleared away first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        held = left / "in-use"
        try:
            settled = time.time() - held.stat().st_mtime > SETTLED_SECONDS
        except OSError:
            continue
        if settled and embedded.holder(left) is None and embedded.socket_of_running(left) is None:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=PREFIX))
