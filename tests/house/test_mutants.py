"""`make mutants` names modules and tests that are there, and leaves out what only says something."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mutants.left_out import places_left_out
from mutants.targets import TARGETS, NoTests, chosen

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "plass"


def test_what_the_table_names_is_there_and_all_that_writes_and_reads_is_in_it() -> None:
    named = [*(SOURCE / module for module in TARGETS), *(ROOT / test for tests in TARGETS.values() for test in tests)]
    assert [str(path) for path in named if not path.is_file()] == []
    assert [module for module, tests in TARGETS.items() if not tests or len(set(tests)) < len(tests)] == []
    acting = {str(path.relative_to(SOURCE)) for name in ("actions", "queries") for path in SOURCE.glob(f"*/{name}.py")}
    assert acting - set(TARGETS) == set()


def test_the_command_gives_what_is_asked_for_to_the_module() -> None:
    asked = ["ROOM=imports", "SAMPLE=40", "SEED=2", "LIMIT=900"]
    printed = subprocess.run(
        ["make", "-n", "mutants", *asked], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert re.search(
        r"--only-group mutants python -m mutants +--room imports +--sample 40 +--seed 2 +--limit 900", printed
    )
    assert (ROOT / "mutants" / "__main__.py").is_file()


def test_a_room_or_a_module_is_chosen_and_one_without_tests_is_refused_with_a_sentence() -> None:
    assert set(chosen("imports")) == {module for module in TARGETS if module.startswith("imports/")}
    assert list(chosen(module="src/plass/cases/gate.py")) == ["cases/gate.py"]
    assert chosen() == TARGETS
    for room, module in (("ui", ""), ("", "cases/forms.py"), ("imports", "cases/gate.py")):
        with pytest.raises(NoTests, match=r"No tests are named for (ui|cases/\w+\.py)\. Name in mutants/targets\.py"):
            chosen(room, module)


def test_texts_annotations_and_lines_of_the_log_are_left_out() -> None:
    source = '''"""What it is."""
log = logging.getLogger(__name__)
@cache
@transaction.atomic
def act(ø: int | None) -> str | None:
    ø_2: int | None = 1; check(1)
    log.warning("at %s", 1 + 2)
    raise Wrong(_("Row %(n)d") % {"n": ø + 3})
'''
    lines = source.splitlines()
    left = [
        lines[line - 1][column : end if line == last else None]
        for (line, column), (last, end) in places_left_out(source)
    ]
    assert sorted(left) == sorted(
        [
            '"""What it is."""',
            "@cache",
            "int | None",
            "str | None",
            "int | None",
            'log.warning("at %s", 1 + 2)',
            '_("Row %(n)d") % {"n": ø + 3}',
            '_("Row %(n)d") % {"n": ø + 3}',
            '_("Row %(n)d")',
        ]
    )
