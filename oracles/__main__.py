"""`make oracles`: every comparison, and docs/evaluation/packages.md written from what it found."""

from __future__ import annotations

import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from oracles.figures import KEPT

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "evaluation" / "packages.md"
VERSIONS = (
    "plass",
    "csdid",
    "drdid",
    "moderndid",
    "honestdid",
    "pyfixest",
    "wildboottest",
    "numpy",
    "scipy",
    "cvxpy",
    "torch",
)
HEAD = """# Beside the packages

Written by `make oracles`; change nothing by hand. {when}, {seconds:.0f} seconds of this run. Versions: {versions}.

Designs are generated (hypothesis, the same in every run). A figure is a coefficient, an error, an end of an interval or an answer;
"largest" is the largest difference, in the unit that "how" names, else absolute for coefficients and relative for errors.

| ours | beside | how | designs | figures | allowed | largest |
| --- | --- | --- | --- | --- | --- | --- |
"""
BETWEEN = """
## Where a package does otherwise

"""
TAIL = """- **csdid, moderndid**: cohorts' sizes are taken for estimates, and so add to the errors of the aggregations; ours take them for given. The
  rows above add that part to ours, and then agree.
- **csdid** refuses fewer than five offices that are never treated, so the designs have five.
- **honestdid** 0.1.1 needs two repairs to run here at all (`oracles/honestdid_here.py`). It keeps arrays in torch, whose package for Linux is 4.2 GB with
  its graphics-card toolkit and does not import without it (`ImportError: libcudnn.so.9: cannot open shared object file`): where torch is missing,
  numpy does those few array operations. And with numpy 2.4 it stops (`TypeError: only 0-dimensional arrays can be converted to Python
  scalars`) whenever there are several periods after the start. With torch 2.15.0, installed by hand on 25 November 2026, its
  intervals on six designs were the same to a relative 1e-10 and its answers the same: the solver's last digits are what differs.
"""


def main() -> int:
    """Run the comparisons; write the table when all hold."""
    began = time.monotonic()
    code = int(pytest.main([str(ROOT / "oracles"), "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
    if code or sys.argv[1:]:
        return code
    text = HEAD.format(
        when=datetime.now(UTC).date().isoformat(), seconds=time.monotonic() - began, versions=", ".join(_versions())
    )
    for one in KEPT.figures.values():
        text += (
            f"| {one.what} | {one.package} | {one.how} | {one.designs:,} | {one.figures:,} | "
            f"{one.allowed:.0e} | {one.largest:.1e} |\n"
        )
    text += BETWEEN + "".join(f"- {sentence}\n" for sentence in KEPT.told.values()) + TAIL
    TARGET.write_text(text, encoding="utf-8")
    return 0


def _versions() -> list[str]:
    found = [f"python {platform.python_version()}"]
    for name in VERSIONS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    raise SystemExit(main())
