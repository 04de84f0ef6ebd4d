"""The command line: help that is enough, exit codes, one message instead of a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from plass.db import database

COMMANDS = ["demo", "serve", "migrate", "import", "extract", "evaluate", "doctor", "account"]


def plass(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PLASS_", "DATABASE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "plass.config.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env={**inherited, "NO_COLOR": "1", "COLUMNS": "100", **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="plass-cli-"))
    path.chmod(0o755)
    return path / "data"


EXPLAIN = """
import contextlib, io, sys
from plass.config import cli
for command in sys.argv[1:]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
    # The evaluation needs no database.
    print(command, ("--out" if command == "evaluate" else "--data") in printed.getvalue())
print("django.apps" in sys.modules)
"""


def test_every_command_explains_itself_and_needs_no_database_for_it() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PLASS_", "DATABASE_"))}
    command = [sys.executable, "-c", EXPLAIN, *COMMANDS]
    environment = {**inherited, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout.splitlines() == [*(f"{name} True" for name in COMMANDS), "False"], done.stderr


def test_without_a_command_the_commands_are_listed() -> None:
    done = plass()
    for command in COMMANDS:
        assert command in done.stdout


def test_a_wrong_option_is_a_usage_error() -> None:
    done = plass("serve", "--prot", "8000")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_one_message() -> None:
    done = plass(
        "migrate",
        DATABASE_URL="postgresql://nobody@127.0.0.1:9/plass",
        DATABASE_OWNER_URL="postgresql://nobody@127.0.0.1:9/plass",
        PLASS_DATA=tempfile.mkdtemp(prefix="plass-away-"),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Plass:")


def test_migrate_makes_the_tables_once_and_doctor_is_content(folder: Path) -> None:
    first = plass("migrate", "--data", str(folder))
    assert first.returncode == 0, first.stderr
    assert "was brought up to date" in first.stdout
    second = plass("migrate", "--data", str(folder))
    assert "is up to date" in second.stdout
    examined = plass("doctor", "--data", str(folder))
    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert "wrong" not in examined.stdout
    keys = folder / "keys.env"
    assert keys.stat().st_mode & 0o077 == 0
    keys.chmod(0o644)
    warned = plass("doctor", "--data", str(folder))
    assert warned.returncode == 1
    assert f"chmod 600 {keys}" in warned.stdout


def test_an_owner_of_another_name_is_told_what_it_must_be_called() -> None:
    """The tables are the named role's on any server, or no rule in the database would know whose they are."""
    address = f"postgresql://plass_web@localhost/postgres?host={os.environ[database.DSN_VARIABLE]}"
    addresses = {"DATABASE_URL": address, "DATABASE_OWNER_URL": address}
    done = plass("migrate", **addresses, PLASS_DATA=tempfile.mkdtemp(prefix="plass-owner-"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "logs in as plass_web" in done.stderr
    assert "--print-roles" in done.stderr


def test_the_web_process_refuses_the_owner_s_role(folder: Path) -> None:
    done = plass("serve", "--data", str(folder), "--port", "1", PLASS_DATABASE_ROLE="plass_owner")
    assert done.returncode == 1
    assert "owns the tables" in done.stderr
