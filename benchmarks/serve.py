"""Serves the program for the measurements as `plass serve` does. Run by ``installation.server``."""

from __future__ import annotations

import sys
from pathlib import Path

import django

from plass.config import runtime

if __name__ == "__main__":
    django.setup()
    runtime.serve(runtime.Installation(Path(), None), port=int(sys.argv[1]))
