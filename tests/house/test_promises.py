"""The suite leaves its figures behind: what passed tests said, merged into one file, also from several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import tests.promises
tests.promises.FILE = Path({folder!r}) / "promises.json"
from tests.promises import *  # noqa
"""


def test_only_what_a_passed_test_said_is_kept(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST.format(root=str(ROOT), folder=str(tmp_path)))
    (tmp_path / "test_it.py").write_text(
        "def test_good(promise):\n    promise('kept', lines=10)\n"
        "def test_more(promise):\n    promise('kept', refused=3)\n"
        "def test_bad(promise):\n    promise('broken', lines=0)\n    assert False\n"
    )
    (tmp_path / "promises.json").write_text(json.dumps({"earlier": {"figures": {"n": 1}}}))
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:django", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    promises = json.loads((tmp_path / "promises.json").read_text())
    assert set(promises) == {"earlier", "kept"}
    assert promises["kept"]["figures"] == {"lines": 10, "refused": 3}
    assert len(promises["kept"]["tests"]) == 2
