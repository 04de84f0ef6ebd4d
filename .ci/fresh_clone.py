"""Both README commands in a clone where nothing was prepared: `python3 fresh_clone.py FOLDER [TEST ...]`, by its owner.

`make demo` is waited for until its first page answers, then stopped, and must leave nothing behind; then `make test` runs
the tests that are named.
"""

import os
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
    said = folder.with_name("demo.log")
    with said.open("wb") as out:
        demo = subprocess.Popen(
            ["make", "demo", f"PORT={port}"], cwd=folder, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_for_page(f"http://localhost:{port}/demo/", demo)
    except RuntimeError as error:
        raise SystemExit(f"make demo: {error}\n{said.read_text()}") from None
    print(f"make demo: the first page after {time.monotonic() - began:.0f} s", flush=True)
    os.killpg(demo.pid, signal.SIGINT)
    demo.wait(STOP_SECONDS)
    data = next(
        line.split(": ", 1)[1] for line in said.read_text().splitlines() if line.startswith("The demo's data: ")
    )
    if left := processes_naming(data):
        raise SystemExit(f"make demo: stopped, and these are left: {left}")
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


def processes_naming(folder: str) -> list[str]:
    """The command lines of all processes that name ``folder``."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command:
            found.append(command)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
