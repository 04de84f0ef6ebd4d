"""The uv of this project: the one that runs us, the one `make` brought, or the machine's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class UvError(Exception):
    """uv did not do what it was asked for; the message says what it said."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv in the project's folder. Raises UvError where there is none."""
    brought = ROOT / ".uv/bin/uv"
    uv = os.environ.get("UV") or (str(brought) if brought.exists() else shutil.which("uv"))
    if not uv:
        raise UvError("uv was not found: run this through make, which brings it.")
    return subprocess.run([uv, *arguments], check=False, cwd=ROOT, capture_output=True, text=True, timeout=300)


def export(form: str) -> str:
    """What a deployment needs, without the project itself, as ``uv export`` writes it in ``form``. Raises UvError."""
    done = run("export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate", "--format", form)
    if done.returncode != 0:
        raise UvError(done.stderr.strip())
    return done.stdout
