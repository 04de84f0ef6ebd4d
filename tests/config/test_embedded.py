"""The embedded server: starts, keeps, is held by one program at a time, and survives being killed."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from plass.db import database, embedded, postgres_programs


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the server's own account may enter when the tests are run by root."""
    import shutil
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="plass-embedded-"))
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def _reachable(folder: Path) -> None:
    folder.parent.chmod(0o755)


def count(server: embedded.Server) -> int:
    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (1)")
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_a_second_start_finds_the_data_again(folder: Path) -> None:
    server = embedded.start(folder)
    assert count(server) == 1
    server.stop()
    assert server.pid is None
    server = embedded.start(folder)
    assert count(server) == 2
    server.stop()


def test_a_folder_in_use_is_refused_and_the_message_names_the_program(folder: Path) -> None:
    server = embedded.start(folder)
    with pytest.raises(postgres_programs.EmbeddedError, match=str(os.getpid())):
        embedded.start(folder)
    assert count(server) == 1
    server.stop()


def test_a_killed_database_recovers_with_everything_committed_and_waits_for_what_is_left_of_it(folder: Path) -> None:
    server = embedded.start(folder)
    assert count(server) == 1
    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres") as connection:
        left = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").fetchone()
    assert left is not None
    os.kill(left[0], signal.SIGSTOP)
    embedded.kill(server)
    server.stop()
    log, refused = folder / "postgres.log", []

    def let_it_end() -> None:
        """Once a start was refused because of it."""
        end = time.monotonic() + 60
        while not refused and time.monotonic() < end:
            if embedded.STILL_IN_USE in log.read_text(errors="replace"):
                refused.append(True)
            time.sleep(0.02)
        os.kill(left[0], signal.SIGCONT)

    beside = threading.Thread(target=let_it_end)
    beside.start()
    server = embedded.start(folder)
    beside.join()
    assert refused
    assert count(server) == 2
    server.stop()


def test_a_killed_program_leaves_the_folder_free_and_its_server_is_taken_over(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from plass.db import embedded, postgres_programs; "
        f"embedded.start(Path({str(folder)!r})); print('up', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGKILL)
    child.wait(120)
    child.stdout.close()
    server = embedded.start(folder)
    assert count(server) == 1
    server.stop()
    assert server.pid is None


def test_only_its_owner_may_reach_the_server(folder: Path) -> None:
    server = embedded.start(folder)
    # Run by root, the web workers' own account comes through to the socket, and lists and reads nothing on the way.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    assert stat.S_IMODE(server.socket.stat().st_mode) == mode
    assert stat.S_IMODE(folder.stat().st_mode) == mode
    assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700
    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    server.stop()


def connects(server: embedded.Server, account: str, role: str) -> str:
    """What the server says to ``account`` of this machine that wants to be ``role``; empty where it lets it in."""
    done = subprocess.run(
        [
            postgres_programs.program(server.folder, "psql"),
            "-h",
            str(server.socket),
            "-U",
            role,
            "-d",
            "postgres",
            "-c",
            "",
        ],
        cwd="/",
        capture_output=True,
        text=True,
        **postgres_programs.run_as(account) | {"group": pwd.getpwnam(account).pw_gid},
    )
    return done.stderr.strip() if done.returncode else ""


def test_another_account_of_the_machine_is_let_in_as_nobody(folder: Path) -> None:
    embedded.start(folder).stop()
    # A folder from before this rule: it trusted everybody.
    hba = folder / "postgres" / "pg_hba.conf"
    hba.write_text("local all all trust\n")
    server = embedded.start(folder)
    database.prepare_embedded(server)
    me = pwd.getpwuid(os.geteuid()).pw_name
    let_in = [line.split() for line in hba.with_name("pg_ident.conf").read_text().splitlines()[1:]]
    assert "trust" not in hba.read_text()
    try:
        if os.geteuid() != 0:
            # Only root can be another account, to see them refused.
            assert let_in == [["plass", f'"{me}"', "all"]]
            return
        postgres_programs.ensure_account(postgres_programs.WEB_USER)
        for role in ("postgres", *database.ROLES):
            assert "authentication failed" in connects(server, "nobody", role)
            assert connects(server, postgres_programs.SYSTEM_USER, role) == ""
        # The web workers' account is the web role, and no other.
        assert "authentication failed" not in connects(server, postgres_programs.WEB_USER, "plass_web")
        for role in ("postgres", "plass_owner", "plass_read", "plass_queue"):
            assert "authentication failed" in connects(server, postgres_programs.WEB_USER, role)
        # That of the background jobs is the queue's role too.
        postgres_programs.ensure_account(postgres_programs.WORK_USER)
        for role in ("plass_web", "plass_queue"):
            assert "authentication failed" not in connects(server, postgres_programs.WORK_USER, role)
        for role in ("postgres", "plass_owner", "plass_read"):
            assert "authentication failed" in connects(server, postgres_programs.WORK_USER, role)
    finally:
        server.stop()


def test_the_roles_can_log_in_and_nothing_more(folder: Path) -> None:
    server = embedded.start(folder)
    database.prepare_embedded(server)
    database.prepare_embedded(server)
    with psycopg.connect(host=str(server.socket), user="postgres", dbname="plass") as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolcanlogin FROM pg_roles "
            "WHERE rolname LIKE 'plass%' ORDER BY 1"
        ).fetchall()
    assert rows == [(role, False, False, False, False, True) for role in sorted(database.ROLES)]
    server.stop()


def test_an_address_with_a_password_and_options_is_read() -> None:
    settings = database.parse_url("postgresql://plass_web:p%40ss@db.example:5433/plass?sslmode=require")
    assert (settings["USER"], settings["PASSWORD"], settings["HOST"], settings["PORT"], settings["NAME"]) == (
        "plass_web",
        "p@ss",
        "db.example",
        "5433",
        "plass",
    )
    assert settings["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(("query", "times"), [("", 1), ("?prepare_threshold=5", 5), ("?prepare_threshold=none", None)])
def test_questions_are_planned_once_unless_the_address_says_otherwise(query: str, times: int | None) -> None:
    assert database.parse_url(f"postgresql://a:b@db/plass{query}")["OPTIONS"]["prepare_threshold"] == times


@pytest.mark.parametrize("address", ["mysql://a/b", "postgresql://host", "plass", "postgresql://host/"])
def test_an_address_of_something_else_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(database.DatabaseError, match="postgresql://plass_web"):
        database.parse_url(address)
