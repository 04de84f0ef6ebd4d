"""Backup and restore of the embedded database: a copy that is verified when it is made, and the log as it is written.

A backup is PostgreSQL's own base backup with its manifest of checksums, taken while the program serves. With an archive
(``PLASS_ARCHIVE``) the server also copies every finished piece of its log there, so that a restore can go on from the
backup to any later moment. The keys are not in it: whoever finds a backup must not be able to read identity numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from . import database, embedded, keys, postgres_programs

#: Called with what is going on and how much of it is done (0 to 1, or None where nobody knows).
Progress = Callable[[str, float | None], None]
ARCHIVE_VARIABLE = "PLASS_ARCHIVE"
DESCRIPTION = "backup.json"
#: At most so many seconds of work are in no archive yet: a piece of the log that is not full is closed after that.
ARCHIVE_SECONDS = 300
RECOVERY_SECONDS = 6 * 3600


class BackupError(postgres_programs.EmbeddedError):
    """A backup or a restore cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds. ``rows`` counts each table at the moment before it was taken; ``keys`` are fingerprints."""

    taken_at: str
    version: int
    rows: dict[str, int]
    keys: list[str]


@dataclass(frozen=True)
class Restored:
    """What a restore came to: rows of each table then and now, and whether the keys that fit it are there."""

    backup: Backup
    rows: dict[str, int]
    keys_fit: bool


def archive_settings(folder: Path) -> dict[str, str]:
    """PostgreSQL's settings for an archive in ``folder``, which is made where it does not exist.

    A piece is copied beside and moved into place, so that half of one never looks whole; the same piece sent twice is
    fine, another under the same name is an error. Raises BackupError for a path that a command line cannot hold.
    """
    folder = folder.expanduser().resolve()
    if re.search(r"[\"'%$`\\]", str(folder)):
        raise BackupError(f"The archive's folder {folder} has a sign in its name that a command cannot hold.")
    _make_for_the_server(folder)
    target = f"{folder}/%f"
    command = (
        f'cmp -s "%p" "{target}" || {{ test ! -e "{target}" && cp "%p" "{target}.part" '
        f'&& mv "{target}.part" "{target}"; }}'
    )
    return {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": command,
        "archive_timeout": str(ARCHIVE_SECONDS),
    }


def from_environment() -> dict[str, str]:
    """The settings for the archive that ``PLASS_ARCHIVE`` names; none where it names none."""
    folder = os.environ.get(ARCHIVE_VARIABLE)
    return archive_settings(Path(folder)) if folder else {}


def take(data: Path, to: Path, *, progress: Progress) -> Path:
    """Take a backup of the database in the data folder ``data`` into a new folder below ``to``, and return that folder.

    The program may be serving meanwhile. The copy is verified against its checksums before it gets its name.
    Raises BackupError and EmbeddedError.
    """
    if not (data / "postgres" / "PG_VERSION").exists():
        raise BackupError(f"There is no database in {data}. Name the data folder with --data.")
    now = datetime.now(UTC)
    folder = to.expanduser().resolve() / f"base-{now:%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise BackupError(f"{folder} is there already.")
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    _make_for_the_server(part)
    with _server(data) as socket:
        with _superuser(socket) as connection:
            described = Backup(
                taken_at=now.isoformat(timespec="seconds"),
                version=_number(connection, "SHOW server_version_num"),
                rows=count_rows(connection),
                keys=_fingerprints(keys.load_from(data)),
            )
        _copy(data, socket, part / "database", progress)
    progress("Verifying", None)
    verify(part / "database")
    (part / DESCRIPTION).write_text(json.dumps(asdict(described), indent=1), encoding="utf-8")
    part.rename(folder)
    return folder


def restore(
    backup: Path,
    data: Path,
    *,
    archive: Path | None = None,
    until: datetime | None = None,
    progress: Progress,
) -> Restored:
    """Make the database of ``backup`` anew in the empty data folder ``data``, and go on through ``archive`` to ``until``.

    Without ``until`` everything in the archive is replayed. Afterwards the rows are counted; fewer than the backup had,
    in any table, is an error. Raises BackupError and EmbeddedError; nothing is left in ``data`` where it fails.
    """
    described = describe(backup)
    data = data.expanduser().resolve()
    if (data / "postgres").exists():
        raise BackupError(f"{data} holds a database already. Restore to an empty folder, and move it when it is right.")
    if until is not None and archive is None:
        raise BackupError("To restore up to a moment, name the archive of the log with --archive.")
    if until is not None and until < datetime.fromisoformat(described.taken_at):
        raise BackupError(f"The backup was taken after {until.isoformat()}. Take an older backup.")
    embedded.make_folder(data)
    _make_for_the_server(data)
    progress("Verifying", None)
    verify(backup / "database")
    progress("Copying", None)
    part = data / "postgres.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(backup / "database", part)
    if archive is not None:
        _recover_from(part, archive.expanduser().resolve(), until)
    _give_to_the_server(part)
    part.chmod(0o700)
    # The mark by which the folder is Plass's own.
    (data / embedded.LOCK).touch()
    part.rename(data / "postgres")
    try:
        progress("Replaying the log", None)
        rows = _recover(data)
        refuse_loss(described.rows, rows)
    except BaseException:
        shutil.rmtree(data / "postgres", ignore_errors=True)
        raise
    return Restored(described, rows, bool(set(described.keys) & set(_fingerprints(keys.load_from(data)))))


#: Tables that rows leave in ordinary use; in all others fewer rows than before means that something was lost.
CHANGING = frozenset(
    {
        "django_session",
        "access_submission",
        "accounts_loginattempts",
        "accounts_logoutnotice",
        "imports_upload",
        "queue_queuedjob",
        "procrastinate_jobs",
        "procrastinate_events",
        "procrastinate_periodic_defers",
        "procrastinate_workers",
    }
)
#: What older backups call tables that have moved to another room since, and what they are called now.
RENAMED = {
    "access_approvalrequest": "accounts_approvalrequest",
    "access_firstlogin": "accounts_firstlogin",
    "access_link": "accounts_link",
    "access_login": "accounts_login",
    "access_loginattempts": "accounts_loginattempts",
    "access_passkey": "accounts_passkey",
    "access_persona": "accounts_persona",
    "access_recoverycode": "accounts_recoverycode",
    "access_secondfactor": "accounts_secondfactor",
    "access_subject": "accounts_subject",
    "caseload_countedcase": "quality_countedcase",
    "caseload_figurerelease": "quality_figurerelease",
    "caseload_releasedfigure": "quality_releasedfigure",
    "followup_planstep": "plan_planstep",
    "followup_planstepdone": "plan_planstepdone",
}


def describe(backup: Path) -> Backup:
    """What a backup says of itself. Raises BackupError where the folder is none."""
    try:
        return Backup(**json.loads((backup / DESCRIPTION).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{backup} is no whole backup. Name a folder base-… that `plass backup` has made.") from error


def forget_old(to: Path, keep: int) -> list[Path]:
    """Remove all but the newest ``keep`` backups below ``to``; returns which went. Whatever is no backup stays."""
    backups = sorted(folder for folder in to.glob("base-*") if (folder / DESCRIPTION).exists())
    gone = backups[: max(0, len(backups) - keep)]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """The number of rows of every table, all seen at one moment."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return {
            name: _number(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))
            for name in _tables(connection)
        }


def checksums(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """(rows, checksum) of every table, whatever order the rows lie in; all seen at one moment."""
    query = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} t"
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        sums = {}
        for name in _tables(connection):
            row = connection.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()
            assert row is not None
            sums[name] = (int(row[0]), int(row[1]))
        return sums


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def _number(connection: psycopg.Connection[Any], query: Any) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _server(data: Path) -> Iterator[Path]:
    """The socket of the server of ``data``: the running one, or one started for as long as this lasts."""
    running = embedded.socket_of_running(data)
    if running is not None:
        yield running
        return
    server = embedded.start(data)
    try:
        yield server.socket
    finally:
        server.stop()


def _superuser(socket: Path) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(socket), user="postgres", dbname=database.DATABASE, autocommit=True)


def _copy(data: Path, socket: Path, to: Path, progress: Progress) -> None:
    with postgres_programs.popen(
        data,
        "pg_basebackup",
        *(
            "-h",
            str(socket),
            "-U",
            "postgres",
            "-D",
            str(to),
            "-X",
            "stream",
            "--checkpoint=fast",
            "--progress",
            "--manifest-checksums=SHA256",
        ),
    ) as process:
        last_line = ""
        assert process.stdout is not None
        for line in _lines(process.stdout):
            last_line = line or last_line
            if percent := re.search(r"\((\d+)%\)", line):
                progress("Copying", int(percent[1]) / 100)
    if process.returncode:
        shutil.rmtree(to, ignore_errors=True)
        raise BackupError(f"The backup was not made: {last_line.strip()}")


def _lines(stream: Any) -> Iterator[str]:
    # A progress line ends with a carriage return, not with a new line.
    tail = b""
    while piece := stream.read1(4096):
        *whole, tail = re.split(rb"[\r\n]", tail + piece)
        yield from (line.decode(errors="replace") for line in whole)
    yield tail.decode(errors="replace")


def verify(folder: Path) -> int:
    """Compare every file of a base backup with the manifest made with it. Returns how many files there are.

    (PostgreSQL's own pg_verifybackup does the same, but the one in the wheel does not start.) Raises BackupError naming
    the first file that is missing or is not as it was.
    """
    text = _manifest(folder)
    files = json.loads(text)["Files"]
    for file in files:
        path = folder / file["Path"]
        try:
            with path.open("rb") as opened:
                same = hashlib.file_digest(opened, "sha256").hexdigest() == file["Checksum"]
        except FileNotFoundError:
            same = False
        if not same:
            raise BackupError(
                f"The backup is not as it was made: {path} is missing or changed. Do not build on it; take another one."
            )
    return len(files)


def _manifest(folder: Path) -> bytes:
    # The last line holds the checksum of all that stands before it.
    try:
        text = (folder / "backup_manifest").read_bytes()
    except FileNotFoundError:
        raise BackupError(f"{folder} is no whole backup: its manifest is missing. Take another one.") from None
    before, mark, after = text.rpartition(b'"Manifest-Checksum"')
    checksum = re.search(rb'"([0-9a-f]{64})"', after)
    if not mark or not checksum or hashlib.sha256(before).hexdigest().encode() != checksum[1]:
        raise BackupError(f"The backup is not as it was made: the manifest of {folder} is changed. Take another one.")
    return text


def _recover_from(part: Path, archive: Path, until: datetime | None) -> None:
    if not archive.is_dir():
        raise BackupError(f"There is no archive in {archive}.")
    lines = [f'restore_command = \'cp "{archive}/%f" "%p"\'', "recovery_target_timeline = 'latest'"]
    if until is not None:
        lines += [f"recovery_target_time = '{until.astimezone(UTC).isoformat(sep=' ')}'"]
    lines += ["recovery_target_action = 'promote'"]
    with (part / "postgresql.auto.conf").open("a", encoding="utf-8") as conf:
        conf.write("\n" + "\n".join(lines) + "\n")
    (part / "recovery.signal").touch()


def _recover(data: Path) -> dict[str, int]:
    server = embedded.start(data)
    try:
        return _when_recovered(server)
    finally:
        server.stop()


def refuse_loss(then: dict[str, int], now: dict[str, int]) -> None:
    """Raise BackupError where a table that keeps its rows has fewer ``now`` than ``then``, when the backup was taken.

    The log may hold a migration that gave the table another name.
    """
    lost = []
    for table, number in sorted(then.items()):
        new_name = RENAMED.get(table, table)
        left = now.get(table, now.get(new_name, 0))
        if new_name not in CHANGING and left < number:
            lost.append(f"{table}: {number} then, {left} now")
    if lost:
        raise BackupError(f"The restored database has fewer rows than the backup: {', '.join(lost)}.")


def _when_recovered(server: embedded.Server) -> dict[str, int]:
    deadline = time.monotonic() + RECOVERY_SECONDS
    with _superuser(server.socket) as connection:
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            if time.monotonic() > deadline:
                raise BackupError("The log was not replayed in time. Look in postgres.log.")
            time.sleep(0.05)
        for name in ("restore_command", "recovery_target_time", "recovery_target_action", "recovery_target_timeline"):
            connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
        return count_rows(connection)


def _fingerprints(stored_keys: dict[str, str]) -> list[str]:
    """A fingerprint of each key that identity numbers are encrypted with: it tells keys apart and reveals none."""
    every = [key for key in stored_keys.get("PLASS_IDENTITY_KEYS", "").split(",") if key]
    return [hashlib.sha256(f"plass key {key}".encode()).hexdigest()[:16] for key in every]


def _make_for_the_server(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    if os.geteuid() == 0:
        embedded.check_reachable(folder)
        shutil.chown(folder, postgres_programs.SYSTEM_USER, postgres_programs.SYSTEM_USER)


def _give_to_the_server(folder: Path) -> None:
    if os.geteuid() == 0:
        subprocess.run(
            ["chown", "-R", f"{postgres_programs.SYSTEM_USER}:{postgres_programs.SYSTEM_USER}", str(folder)], check=True
        )
