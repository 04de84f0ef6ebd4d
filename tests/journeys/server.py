"""Serves the journeys' database as `plass serve` does. Run as a program by the fixture."""

import sys

from plass.config import runtime

if __name__ == "__main__":
    from pathlib import Path

    runtime._set_up_django()
    runtime.serve(runtime.Installation(Path(), None), port=int(sys.argv[1]), workers=1)
