"""`make drill`: every drill, its figures kept, and docs/security/promises.md written from what tests and drills reached."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.promises import FILE

from . import table
from .bring_back import restore_everything
from .comes_back import kill_each
from .crash import kill_the_database, kill_the_program
from .disk import fill_the_disk
from .together import write_together


def main() -> None:
    """Run the drills one after the other; end with an error where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how many kills of each kind")
    parser.add_argument("--only", default="", help="only the drills whose name holds this")
    parser.add_argument("--only-table", action="store_true", help="write the table from the figures that are there")
    chosen = parser.parse_args()
    if not chosen.only_table:
        drills: dict[str, Callable[[], dict[str, Any]]] = {
            "no lost update": lambda: write_together(32, 100),
            "an acknowledged write survives: the database killed": lambda: kill_the_database(chosen.times),
            "an acknowledged write survives: the program killed": lambda: kill_the_program(chosen.times),
            "it comes back by itself": lambda: kill_each(chosen.times),
            "disk full": fill_the_disk,
            "backup": lambda: restore_everything(6),
        }
        for name, drill in drills.items():
            if chosen.only in name:
                _keep(name, drill())
    broken = table.write()
    if broken:
        raise SystemExit("Broken: " + "; ".join(broken))


def _keep(name: str, figures: dict[str, Any]) -> None:
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()), flush=True)
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    kept[name] = {"figures": figures, "tests": ["make drill"], "at": at}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
