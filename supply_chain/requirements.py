"""requirements.txt: every package of a deployment with its version and hashes, and no address to fetch it from."""

from __future__ import annotations

import re

from . import uv

PATH = uv.ROOT / "requirements.txt"
HEAD = """\
# Made by `make requirements` from pyproject.toml; do not edit. Install with:
#   python -m pip install --require-hashes --no-deps -r requirements.txt
# and then Plass itself with --no-deps. See docs/guides/operations.md.
"""
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.M)


def made() -> str:
    """What the file should hold, by the lock that uv made of pyproject.toml. Raises UvError."""
    return HEAD + uv.export("requirements-txt")


def pinned(text: str) -> dict[str, set[str]]:
    """The versions of each package in a requirements file, by normalised name (some have one for each Python)."""
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall(text):
        found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(version)
    return found
