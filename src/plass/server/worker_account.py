"""The accounts that the web workers and the worker of background jobs run as where Plass is run by root: they own nothing.

They read no file of the database and no key, and the embedded server takes the first as the web role alone, the second as
the queue's role too (``embedded``). They must be able to read the program: workers read templates, texts and modules as they
come to them. Where they cannot (the clone, or Python itself, lies in root's closed home), they stay root: `plass serve` says
so, `plass doctor --deploy` refuses it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from plass.db.postgres_programs import WEB_USER, WORK_USER, EmbeddedError, ensure_account

#: What the account must be able to load, from all that a worker uses.
_LOADS = "import plass.config, django.db, psycopg, waitress, zoneinfo; zoneinfo.ZoneInfo('Europe/Oslo')"


def choose(static: Path) -> tuple[str | None, str]:
    """The account to run workers as (None: this one), and why they would be root's, where they would."""
    reason = problem(static)
    return (WEB_USER if os.geteuid() == 0 and not reason else None), reason


def problem(static: Path | None = None) -> str:
    """Why the workers of a Plass run by root would be root too; empty where they would not, or where it is not root's."""
    if os.geteuid() != 0:
        return ""
    try:
        ensure_account(WEB_USER)
        ensure_account(WORK_USER)
    except EmbeddedError as error:
        return str(error)
    places = [str(Path(__file__).parent), *([str(static)] if static and static.exists() else [])]
    try:
        result = subprocess.run(
            [sys.executable, "-c", f"import os, sys; [os.listdir(place) for place in sys.argv[1:]]; {_LOADS}", *places],
            cwd="/",
            user=WEB_USER,
            group=WEB_USER,
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except OSError as error:
        return f"the account {WEB_USER} cannot run {sys.executable} ({error.strerror})"
    if result.returncode:
        return f"the account {WEB_USER} cannot read the program ({result.stderr.strip().splitlines()[-1][:200]})"
    return ""
