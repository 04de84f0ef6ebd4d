"""`make mutants`: change the code a place at a time, run the tests that should notice, and tell what they did not notice.

    make mutants ROOM=imports SAMPLE=40
    make mutants MODULE=cases/gate.py SEED=2 LIMIT=900

cosmic-ray and not mutmut: mutmut 3 leaves out functions with a decorator, which all actions have, and what stands outside
functions, and runs tests in forks of one process, which our server and its connections do not outlive. cosmic-ray writes one
change into the file and runs any command in a process of its own, and takes operators of ours (mutants/operators.py).

What is mutated and by which tests: ``mutants.targets``. All happens in a copy of the checkout, so that what is being worked
on is never touched. A mutant costs one start of pytest: the server and the template of the tables are made once
(``mutants.server``), the files named are run in order, the quickest first, and the first failure ends it. A survivor
is run again with tables made from it, since what it changed may stand in them.

Functions, triggers and policies in SQL files are not mutated here: their conditions are taken out one by one by
tests/house/test_conditions.py and tests/access/test_rules.py.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest.mock import patch

from cosmic_ray import plugins
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome

from mutants import operators
from mutants.left_out import places_left_out
from mutants.targets import NoTests, chosen

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "build", "uv.lock")
SOURCE = Path("src/plass")
PYTEST = ("-m", "pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider", "-p", "no:tests.order")
#: A mutant that takes so many times longer than no mutant is one that never ends.
SLOWER = 5
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 600


@dataclass
class Tally:
    """What became of a module's mutants."""

    killed: int = 0
    survived: list[tuple[MutationSpec, str]] = field(default_factory=list)


def main() -> int:
    """Run what is asked for; 1 where it cannot be run."""
    asked = _asked()
    try:
        targets = chosen(asked.room, asked.module)
    except NoTests as error:
        print(error, file=sys.stderr)
        return 1
    operators.provide()
    with tempfile.TemporaryDirectory(prefix="plass-mutants-") as folder:
        copy = Path(folder) / "plass"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = str(copy / "src")
        mutants = _sample(_places(list(targets)), asked.sample, asked.seed)
        with _kept_server(asked.python) as kept:
            return _run(mutants, targets, asked.python, asked.limit, kept)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--room", default="", help="the modules of this room")
    parser.add_argument("--module", default="", help="one module, such as cases/gate.py")
    parser.add_argument("--sample", type=int, default=40, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--limit", type=int, default=1800, help="seconds after which no further one is begun")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"), help="the Python that has Plass's packages")
    return parser.parse_args()


@contextmanager
def _kept_server(python: str) -> Iterator[dict[str, str]]:
    """A server for all runs; yields what their environment must say of it."""
    # In a session of its own: what ends a mutant's tests that never end leaves it alone.
    server = subprocess.Popen(
        [python, "-m", "mutants.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert server.stdin is not None and server.stdout is not None
    try:
        name, _sign, socket = server.stdout.readline().strip().partition("=")
        if not socket:
            raise SystemExit("The tests' server does not start; why is said above.")
        yield {name: socket}
    finally:
        server.stdin.close()
        server.wait()


@cache
def _source(module: Path) -> str:
    return module.read_text(encoding="utf-8")


def _places(modules: list[str]) -> dict[tuple[Path, tuple[int, int]], list[MutationSpec]]:
    """All mutants, by the place that they change."""
    left_out = {SOURCE / module: places_left_out(_source(SOURCE / module)) for module in modules}
    places: dict[tuple[Path, tuple[int, int]], list[MutationSpec]] = {}
    with use_db(":memory:") as session:
        init(list(left_out), session, {})
        for item in session.work_items:
            (spec,) = item.mutations
            if spec.operator_name in operators.USED and not any(
                start <= spec.start_pos < end for start, end in left_out[spec.module_path]
            ):
                places.setdefault((spec.module_path, spec.start_pos), []).append(spec)
    return places


def _sample(
    places: dict[tuple[Path, tuple[int, int]], list[MutationSpec]], size: int, seed: int
) -> dict[Path, list[MutationSpec]]:
    """Mutants by module: of each place one, before any has two."""
    drawn = random.Random(seed)
    order = sorted(places)
    drawn.shuffle(order)
    for place in order:
        places[place].sort(key=lambda spec: (spec.operator_name, spec.occurrence))
        drawn.shuffle(places[place])
    taken: list[MutationSpec] = []
    while len(taken) < size and any(places.values()):
        for place in order:
            if places[place] and len(taken) < size:
                spec = places[place].pop()
                if _is_python(spec):
                    taken.append(spec)
    return {
        module: sorted((spec for spec in taken if spec.module_path == module), key=lambda spec: spec.start_pos)
        for module in sorted({spec.module_path for spec in taken})
    }


def _is_python(spec: MutationSpec) -> bool:
    """Whether what it makes can be read at all (cosmic-ray takes ``*`` among arguments for a multiplication)."""
    operator = plugins.get_operator(spec.operator_name)(**spec.operator_args)
    try:
        compile(mutate_code(_source(spec.module_path), operator, spec.occurrence), spec.module_path, "exec")
    except SyntaxError:
        return False
    return True


def _run(
    mutants: dict[Path, list[MutationSpec]],
    targets: dict[str, tuple[str, ...]],
    python: str,
    limit: int,
    kept: dict[str, str],
) -> int:
    ends = time.monotonic() + limit
    tallies: dict[Path, Tally] = {}
    left = 0
    for module, specs in mutants.items():
        command = shlex.join([python, *PYTEST, *targets[str(module.relative_to(SOURCE))]])
        started = time.monotonic()
        if started > ends:
            left += len(specs)
            continue
        with patch.dict(os.environ, kept):
            outcome, output = run_tests(command, LONGEST_SECONDS)
        if outcome != TestOutcome.SURVIVED:
            print(f"{output}\nThe tests of {module} fail without any change: mend that first.", file=sys.stderr)
            return 1
        usual = time.monotonic() - started
        tally = tallies[module] = Tally()
        print(f"{module}: {len(specs)} mutants; its tests take {usual:.0f} s", flush=True)
        for spec in specs:
            if time.monotonic() > ends:
                left += 1
                continue
            diff = _survives(spec, command, max(SHORTEST_SECONDS, SLOWER * usual), kept)
            if diff is None:
                tally.killed += 1
            else:
                tally.survived.append((spec, diff))
            name = spec.operator_name.partition("/")[2]
            print(f"  {'killed' if diff is None else 'SURVIVED'} {module}:{spec.start_pos[0]} {name}", flush=True)
    _tell(tallies, left, time.monotonic() - ends + limit)
    return 0


def _survives(spec: MutationSpec, command: str, seconds: float, kept: dict[str, str]) -> str | None:
    """The difference that no test noticed, if none did: first with the kept tables, then with tables made from it."""
    diff = None
    for server in (kept, {}):
        with patch.dict(os.environ, server):
            result = mutate_and_test([spec], command, seconds)
        if result.worker_outcome != WorkerOutcome.NORMAL:
            raise RuntimeError(result.output)
        if result.test_outcome != TestOutcome.SURVIVED:
            return None
        diff = result.diff
    return diff


def _tell(tallies: dict[Path, Tally], left: int, seconds: float) -> None:
    for tally in tallies.values():
        for spec, diff in tally.survived:
            print(f"\n{spec.module_path}:{spec.start_pos[0]} survived ({spec.operator_name})")
            print("\n".join(line for line in diff.splitlines() if not line.startswith("--- mutation diff")))
    print()
    for module, tally in tallies.items():
        print(f"{module}: {tally.killed + len(tally.survived)} mutants, {len(tally.survived)} survived")
    print(f"{seconds:.0f} seconds" + (f"; {left} more were not begun (LIMIT)" if left else ""))


if __name__ == "__main__":
    sys.exit(main())
