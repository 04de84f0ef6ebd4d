"""Both README commands in a clone where nothing was prepared: `python3 fresh_clone.py FOLDER [TEST ...]`, by its owner.

`make demo` is waited for until its first page answers, then stopped, and must leave nothing behind; then `make test` runs
the tests that are named.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 900
STOP_SECONDS = 60


def main(folder: Path, tests: list[str]) -> None:
    """Run both commands. Raises SystemExit with what is wrong."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    log = folder.with_name("demo.log")
    with log.open("wb") as out:
        demo = subprocess.Popen(
            ["make", "demo", f"PORT={port}"], cwd=folder, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_for_page(f"http://localhost:{port}/demo/", demo)
        print(f"make demo: the first page after {time.monotonic() - began:.0f} s", flush=True)
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(STOP_SECONDS)
        wait_until_nothing_is_left(demo.pid, port)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        raise SystemExit(f"make demo: {error}\n{log.read_text()}") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)
    # The clone goes, and nobody would look for its data any more.
    data = next(line.split(": ", 1)[1] for line in log.read_text().splitlines() if line.startswith("The demo's data: "))
    shutil.rmtree(data)
    subprocess.run(["make", "test", f"TESTS={' '.join(tests)}"], cwd=folder, check=True)


def wait_for_page(address: str, demo: "subprocess.Popen[bytes]") -> None:
    """Return when the page answers. Raises RuntimeError where the program ended or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if demo.poll() is not None:
            raise RuntimeError(f"ended with {demo.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"answered {error.code}") from None
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("no page in time")


def wait_until_nothing_is_left(group: int, port: int) -> None:
    """Return when no process of the demo runs and its port is free. Raises RuntimeError where one goes on."""
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return
        time.sleep(0.1)
    raise RuntimeError("stopped, and something of it is left")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
