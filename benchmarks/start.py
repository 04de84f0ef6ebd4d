"""How long `make demo` takes until the first page answers: on a fresh clone, and the second time.

    python -m benchmarks.start

The project is cloned to a temporary folder and set up there from nothing but what the machine keeps of downloaded
packages, with a data folder of its own. Stops what it starts and removes what it makes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 900.0


def first_page(clone: Path, home: Path) -> float:
    """Seconds from `make demo` until the page to choose who to be answers; the program is then stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The virtual environment of whoever measures is not that of the clone.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "PLASS_"))}
    environment = {**inherited, "PORT": str(port), "PLASS_DATA": str(home), "BROWSER": "true"}
    began = time.monotonic()
    process = subprocess.Popen(["make", "demo"], cwd=clone, env=environment, start_new_session=True)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/demo/", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise SystemExit("`make demo` ended before it served a page.") from None
            if time.monotonic() - began > LONGEST:
                raise SystemExit(f"No page within {LONGEST:.0f} s.")
            time.sleep(0.1)
    finally:
        # Only the group this started: make, uv, the program and its servers.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.parse_args(arguments)
    temporary = Path(tempfile.mkdtemp(prefix="plass-start-"))
    # Run by root, the database's own account must be able to enter.
    temporary.chmod(0o755)
    try:
        clone, home = temporary / "plass", temporary / "data"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        print(f"clone            {time.monotonic() - began:6.1f} s")
        print(f"first make demo  {first_page(clone, home):6.1f} s")
        print(f"second make demo {first_page(clone, home):6.1f} s")
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


if __name__ == "__main__":
    main()
