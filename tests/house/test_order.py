"""The suite is quick because a file's tests share what they make: that each file stays with one worker is held here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import order

ROOT = Path(__file__).resolve().parents[2]
MADE = """
import json
import os
import pathlib

import pytest

@pytest.mark.parametrize("number", range(6))
def test_where(number):
    with pathlib.Path("said.txt").open("a") as said:
        said.write(json.dumps([os.environ["PYTEST_XDIST_WORKER"], __name__]) + "\\n")
"""


def test_a_file_stays_with_one_worker_and_the_longest_begins_first(tmp_path: Path) -> None:
    """With the real xdist: it takes no notice of its own groups under pytest 9.2, and says nothing of it."""
    longest = tmp_path / order.LONGEST[0]
    longest.parent.mkdir(parents=True)
    for file in (tmp_path / "test_a.py", tmp_path / "test_b.py", tmp_path / "test_c.py", longest):
        file.write_text(MADE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "tests.order", "-p", "no:django"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = [json.loads(line) for line in (tmp_path / "said.txt").read_text(encoding="utf-8").splitlines()]
    assert len(reports) == 24
    workers: dict[str, set[str]] = {}
    for worker, file in reports:
        workers.setdefault(file, set()).add(worker)
    assert all(len(names) == 1 for names in workers.values()), workers
    assert len({worker for worker, _file in reports}) == 2
    longest_at = next(worker for worker, file in reports if "every_page" in file)
    # The workers are not started at the same moment: what tells is which of its own pieces a worker was given first.
    assert "every_page" in next(file for worker, file in reports if worker == longest_at), reports


def test_the_files_named_there_are_there() -> None:
    named = {*order.LONGEST, *order.APART}
    assert {file for file in named if not (ROOT / file).is_file()} == set()
