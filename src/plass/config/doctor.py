"""What may be wrong with an installation, and how to mend it. Looks only; changes nothing."""

from __future__ import annotations

import importlib.resources
import os
import platform
import pwd
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from plass.db import database, embedded, keys, postgres_programs
from plass.server import web_server

from . import login_checks
from .doctor_report import Finding, Level

ENOUGH_DISK = 2 * 1024**3


def examine(folder: Path | None, *, port: int = 8000, deploy: bool = False) -> list[Finding]:
    """Look at everything that can be looked at; a check that cannot be made says why.

    ``port``: where pages would be served. ``deploy``: also at what an
    installation with real people in it needs (:mod:`plass.config.deploy`).
    """
    where = embedded.chosen_folder(folder)
    findings: list[Finding] = []
    checks: list[Callable[[Path], Iterator[Finding]]] = [
        *(_python, _files, _programs, _folder, _demo),
        partial(_port, port=port),
        *(login_checks.login, _database),
    ]
    if deploy:
        from . import deploy as deployment

        checks += [*deployment.CHECKS, login_checks.deployed_login]
    for check in checks:
        findings += list(_guard(check, where))
    return findings


def _guard(check: Callable[[Path], Iterator[Finding]], where: Path) -> Iterator[Finding]:
    try:
        yield from check(where)
    except (postgres_programs.EmbeddedError, database.DatabaseError) as error:
        yield Finding("wrong", _name(check), str(error), "See the message.")
    except Exception as error:  # a check must never hide the others
        yield Finding("wrong", _name(check), f"{type(error).__name__}: {error}", "Report this with its text.")


def _name(check: Callable[[Path], Iterator[Finding]]) -> str:
    return getattr(check, "func", check).__name__.strip("_")


def _python(where: Path) -> Iterator[Finding]:
    yield Finding("fine", "Python", f"version {platform.python_version()}")
    if sys.platform == "win32":
        yield Finding("wrong", "System", "Windows", "Use WSL, or a PostgreSQL server with DATABASE_URL under Linux.")


def _files(where: Path) -> Iterator[Finding]:
    dist = importlib.resources.files("plass.ui") / "static/ui/dist"
    if (dist / "aksel.css").is_file():
        yield Finding("fine", "Browser files", "built")
    else:
        yield Finding("wrong", "Browser files", "missing", "Install again (`make demo` builds them).")
    compiled = importlib.resources.files("plass.ui") / "locale/nb/LC_MESSAGES/django.mo"
    if compiled.is_file():
        yield Finding("fine", "Translations", "compiled")
    else:
        yield Finding("wrong", "Translations", "not compiled", "Install again (`make demo` compiles them).")


def _programs(where: Path) -> Iterator[Finding]:
    """Whether PostgreSQL's programs run as whom they must, from where they are installed or copied beside the data."""
    if os.environ.get("DATABASE_URL"):
        return
    user = postgres_programs.account()
    installed = postgres_programs.wheel_folder() / postgres_programs.INSTALLATION / "bin"
    try:
        if user:
            pwd.getpwnam(user)
    except KeyError:
        yield Finding("note", "Database programs", f"the account {user} is made at the first start")
        return
    problem = postgres_programs.problem_with(installed, user)
    if not problem:
        yield Finding("fine", "Database programs", str(installed))
    elif user:
        says = f"the account {user} cannot run them where they are installed, so they are copied beside the data"
        yield Finding("fine", "Database programs", says)
    else:
        yield Finding("wrong", "Database programs", problem, "Install Plass again.")


def _folder(where: Path) -> Iterator[Finding]:
    existing = next(parent for parent in [where, *where.parents] if parent.exists())
    if not existing.is_dir():
        yield Finding("wrong", "Data folder", f"{existing} is a file", "Choose another with --data.")
        return
    if not os.access(existing, os.W_OK):
        yield Finding("wrong", "Data folder", f"{where} cannot be written", "Choose another with --data.")
    elif problem := "" if os.environ.get("DATABASE_URL") else _problem_for_the_server(where):
        yield Finding("wrong", "Data folder", problem)
    else:
        yield Finding("fine", "Data folder", str(where))
        yield from _users_of(where)
    free = shutil.disk_usage(existing).free
    level: Level = "fine" if free > ENOUGH_DISK else "note"
    yield Finding(
        level, "Disk", f"{free / 1024**3:.0f} GB free", "" if level == "fine" else "Make room: 2 GB at least."
    )
    file = where / keys.FILE
    if file.exists() and file.stat().st_mode & 0o077:
        yield Finding("wrong", "Keys", f"{file} can be read by others", f"chmod 600 {file}")
    elif file.exists():
        yield Finding("fine", "Keys", str(file))
    elif not all(name in os.environ for name in keys.NAMES):
        yield Finding("note", "Keys", "none yet", "They are made at the first start. Back them up apart from the data.")


def _problem_for_the_server(where: Path) -> str:
    """Why the embedded server cannot use the folder, and what to do; empty where it can."""
    try:
        if where.is_dir() and (problem := embedded.whose_problem(where, os.listdir(where))):
            return problem
        embedded.check_reachable(where)
        embedded.check_version(where)
    except postgres_programs.EmbeddedError as error:
        return str(error)
    return ""


def _users_of(where: Path) -> Iterator[Finding]:
    process, running = embedded.holder(where), embedded.socket_of_running(where) is not None
    if process and not running:
        says = f"Plass (process {process}) is running, and its database is not"
        yield Finding(
            "wrong", "In use", says, f"Where it does not come back in a minute: kill {process}, and start again."
        )
    elif process:
        mend = f"Stop that one (kill {process}) before another is started, or give this one a folder with --data."
        yield Finding("note", "In use", f"Plass (process {process}) is using the folder", mend)
    elif running:
        yield Finding("note", "In use", "a killed program left its database server running", "The next start stops it.")


def _demo(where: Path) -> Iterator[Finding]:
    """The demo of this checkout, where it has been started: what could keep it from starting again."""
    folder = embedded.demo_folder()
    if not folder.exists() or folder == where:
        return
    if problem := _problem_for_the_server(folder):
        yield Finding("wrong", "Demo", problem, f"Or remove {folder}: the demo then makes its people anew.")
        return
    yield Finding("fine", "Demo", f"has its data in {folder}; `plass doctor --data` with that folder looks into it")
    for finding in _users_of(folder):
        yield replace(finding, about=f"Demo, {finding.about.lower()}")


def _port(where: Path, *, port: int) -> Iterator[Finding]:
    """Whether pages can be served at ``port``."""
    try:
        web_server.listen("127.0.0.1", port).close()
    except web_server.AddressError as error:
        plass = [process for folder in {where, embedded.demo_folder()} if (process := embedded.holder(folder))]
        perhaps = f" It may be the Plass that is running (process {', '.join(plass)})." if plass else ""
        yield Finding("note", "Port", f"{error}{perhaps}")
    else:
        yield Finding("fine", "Port", f"{port} is free")


def _database(where: Path) -> Iterator[Finding]:
    from plass.db import bootstrap

    if not os.environ.get("DATABASE_URL") and not (where / "postgres" / "PG_VERSION").exists():
        yield Finding("note", "Database", "none yet", "It is made at the first start (`plass demo` or `plass serve`).")
        return
    if embedded.holder(where) and embedded.socket_of_running(where) is None:
        return
    with bootstrap.prepare(where, migrate=False, beside=True) as installation:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0])
        if version < 150000:
            yield Finding("wrong", "Database", f"PostgreSQL {version // 10000}", "Plass needs PostgreSQL 15 or newer.")
        else:
            yield Finding("fine", "Database", f"PostgreSQL {version // 10000}")
        database.refuse_strong_role()
        yield Finding("fine", "Database role", f"{connection.settings_dict['USER']}: sees what its rules let it see")
        tables = _up_to_date()
        yield tables
        if tables.level == "fine":
            # Where another Plass runs the embedded server, it serves.
            yield from _background_jobs(is_served=installation.server is None)


def _background_jobs(*, is_served: bool) -> Iterator[Finding]:
    """Whether a worker does them, and what waits or failed. ``is_served``: pages are, so that a worker should be there."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_has_worker()")
        has_worker = cursor.fetchone()[0]
    waiting = failed = None
    if database.queue_settings() is not None:
        with database.acting_as_queue(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE status IN ('todo', 'doing')), count(*) FILTER (WHERE status = 'failed') "
                "FROM procrastinate_jobs"
            )
            waiting, failed = cursor.fetchone()
    count = "" if waiting is None else f"; {waiting} wait or go on"
    if is_served and not has_worker:
        yield Finding(
            "wrong",
            "Background jobs",
            f"no worker was heard of{count}",
            f"Give `plass serve` {database.QUEUE_VARIABLE}, or run `plass work` with it; look in its log.",
        )
    else:
        yield Finding(
            "fine", "Background jobs", f"{'a worker does them' if has_worker else 'done while Plass serves'}{count}"
        )
    if failed:
        yield Finding("note", "Background jobs", f"{failed} failed", "Plass's log says at which place of the program.")


def _up_to_date() -> Finding:
    from plass.db.migrations import fingerprint, mark

    if mark() == fingerprint():
        return Finding("fine", "Tables", "up to date")
    return Finding(
        "note", "Tables", "of another version", "`plass migrate` (or the next start) brings them up to date."
    )


def show(findings: list[Finding]) -> None:
    """Print the findings, what must be mended last. Nothing is folded, so that a command can be copied whole."""
    from rich.console import Console
    from rich.markup import escape

    marks = {"fine": "[green]fine [/]", "note": "[yellow]note [/]", "wrong": "[bold red]wrong[/]"}
    console = Console(soft_wrap=True, highlight=False)
    for finding in sorted(findings, key=lambda finding: ("fine", "note", "wrong").index(finding.level)):
        console.print(f"{marks[finding.level]}  {escape(finding.about)}: {escape(finding.says)}")
        if finding.mend:
            console.print(f"       {escape(finding.mend)}")
