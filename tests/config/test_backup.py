"""A backup is taken while people write, and what is restored is what was there, by count and by checksum."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from plass.db import backup, database, embedded, keys, postgres_programs
from tests import clock

WRITE = "INSERT INTO fact (note) SELECT 'notat ' || n FROM generate_series(1, %s) n"


def silent(what: str, share: float | None) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module", autouse=True)
def _on_the_machines_clock() -> Iterator[None]:
    """The databases of these tests are their own, and have the machine's time."""
    with clock.of_the_machine():
        yield


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the server's own account may enter when the tests are run by root."""
    path = Path(tempfile.mkdtemp(prefix="plass-backup-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def living(place: Path) -> Iterator[embedded.Server]:
    """A running server that archives its log, with a table of facts."""
    quick = {"fsync": "off", "full_page_writes": "off"}
    server = embedded.start(place / "data", settings={**backup.archive_settings(place / "archive"), **quick})
    database.prepare_embedded(server)
    with talk(server) as connection:
        connection.execute("CREATE TABLE fact (id bigserial PRIMARY KEY, note text NOT NULL)")
        connection.execute("CREATE TABLE access_submission (id int)")
        connection.execute(WRITE, [500])
    yield server
    server.stop()


def talk(server: embedded.Server) -> psycopg.Connection:
    return psycopg.connect(host=str(server.socket), user="postgres", dbname=database.DATABASE, autocommit=True)


def archived(server: embedded.Server, place: Path) -> None:
    """Close the piece of the log that is being written, and wait until it stands in the archive."""
    with talk(server) as connection:
        (piece,) = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        while connection.execute("SELECT last_archived_wal >= %s FROM pg_stat_archiver", [piece]).fetchone() != (True,):
            connection.execute("SELECT pg_sleep(0.05)")
    assert (place / "archive" / piece).exists()


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    server = embedded.start(folder)
    try:
        with talk(server) as connection:
            return backup.checksums(connection)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def taken(living: embedded.Server, place: Path) -> Path:
    return backup.take(place / "data", place / "backups", progress=silent)


def test_a_backup_and_the_archive_bring_everything_back_and_a_moment_in_between(living, place, taken):
    with talk(living) as connection:
        connection.execute(WRITE, [300])
        (between,) = connection.execute("SELECT clock_timestamp()").fetchone()
        moment = backup.checksums(connection)
        connection.execute("SELECT pg_sleep(0.02)")
        connection.execute("UPDATE fact SET note = 'ødelagt' WHERE id % 2 = 0")
        last = backup.checksums(connection)
    archived(living, place)

    whole = backup.restore(taken, place / "whole", archive=place / "archive", progress=silent)
    assert contents(place / "whole") == last
    assert whole.rows["fact"] == 800 and whole.backup.rows["fact"] == 500

    backup.restore(taken, place / "before", archive=place / "archive", until=between, progress=silent)
    assert contents(place / "before") == moment


def test_the_checksum_sees_one_changed_letter(living):
    # The comparison above would be worth nothing if it did not.
    with talk(living) as connection, connection.transaction(force_rollback=True):
        before = connection.execute("SELECT sum(hashtextextended(f::text, 0)::numeric) FROM fact f").fetchone()
        connection.execute("UPDATE fact SET note = note || '.' WHERE id = 1")
        after = connection.execute("SELECT sum(hashtextextended(f::text, 0)::numeric) FROM fact f").fetchone()
    assert before != after


def test_a_backup_that_was_touched_is_refused(place, taken):
    spoilt = place / "spoilt"
    shutil.copytree(taken, spoilt)
    subprocess.run(["chown", "-R", f"{postgres_programs.SYSTEM_USER}:", str(spoilt)], check=os.geteuid() == 0)
    victim = max((spoilt / "database" / "base").rglob("*"), key=lambda file: file.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(backup.BackupError, match="is missing or changed"):
        backup.restore(spoilt, place / "from-spoilt", progress=silent)
    assert not (place / "from-spoilt" / "postgres").exists()


def test_fewer_rows_than_the_backup_had_are_an_error_and_leave_nothing(place, taken):
    changed = place / "told"
    shutil.copytree(taken, changed)
    subprocess.run(["chown", "-R", f"{postgres_programs.SYSTEM_USER}:", str(changed)], check=os.geteuid() == 0)
    description = changed / backup.DESCRIPTION
    description.write_text(description.read_text().replace('"fact": 500', '"fact": 501'))
    with pytest.raises(backup.BackupError, match="fact: 501 then, 500 now"):
        backup.restore(changed, place / "from-told", progress=silent)
    assert not (place / "from-told" / "postgres").exists()


def test_a_table_that_moved_to_another_room_since_is_counted_under_its_new_name():
    then = {"followup_planstep": 3, "cases_case": 2, "access_loginattempts": 9}
    backup.refuse_loss(then, {"plan_planstep": 3, "cases_case": 2, "accounts_loginattempts": 0})
    backup.refuse_loss(then, {"followup_planstep": 3, "cases_case": 2, "access_loginattempts": 0})
    with pytest.raises(backup.BackupError, match="followup_planstep: 3 then, 2 now"):
        backup.refuse_loss(then, {"plan_planstep": 2, "cases_case": 2})
    with pytest.raises(backup.BackupError, match="cases_case: 2 then, 0 now"):
        backup.refuse_loss(then, {"plan_planstep": 3})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backup": "nothing"}, "no whole backup"),
        ({"data": "data"}, "holds a database already"),
        ({"until": datetime(2030, 1, 1, tzinfo=UTC)}, "name the archive"),
        ({"until": datetime(2000, 1, 1, tzinfo=UTC), "archive": "archive"}, "older backup"),
        ({"archive": "nowhere"}, "no archive in"),
    ],
)
def test_what_cannot_be_restored_is_said(place, taken, arguments, message):
    source = place / arguments["backup"] if "backup" in arguments else taken
    archive = place / arguments["archive"] if "archive" in arguments else None
    with pytest.raises(backup.BackupError, match=message):
        backup.restore(
            source, place / arguments.get("data", "new"), archive=archive, until=arguments.get("until"), progress=silent
        )
    assert not (place / "new" / "postgres").exists()


def test_only_the_newest_backups_are_kept_and_nothing_else_is_touched(tmp_path):
    for name in ("base-20260101T000000Z", "base-20260102T000000Z", "base-20260103T000000Z", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / backup.DESCRIPTION).write_text("{}")
    gone = backup.forget_old(tmp_path, 2)
    assert [folder.name for folder in gone] == ["base-20260101T000000Z"]
    assert {folder.name for folder in tmp_path.iterdir()} == {"base-20260102T000000Z", "base-20260103T000000Z", "mine"}


def test_the_command_says_what_to_do(place, living, taken):
    def plass(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "plass.config.cli", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={name: value for name, value in os.environ.items() if name not in keys.NAMES},
        )

    done = plass("backup", "--data", str(place / "data"), "--to", str(place / "more"), "--keep", "1")
    assert done.returncode == 0, done.stderr
    assert "Backup: " in done.stdout
    done = plass("backup", "--data", str(place / "empty"), "--to", str(place / "more"))
    assert done.returncode == 1 and "There is no database in" in done.stderr and "Traceback" not in done.stderr
    folder = place / "by command"
    done = plass("restore", str(taken), "--data", str(folder))
    assert done.returncode == 0, done.stderr
    assert "Restored 500 rows" in done.stdout and "keys.env" in done.stdout
    # The command it names is one to paste, also where the folder's name has a space.
    assert shlex.split(done.stdout.splitlines()[-1])[-2:] == ["--data", str(folder)]
