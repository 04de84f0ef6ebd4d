"""What the documents say is so: links lead somewhere, commands exist as they are written, every milestone is defined."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from django.db import connection

from plass.config import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")])
#: A command as it stands in a block or between backticks.
COMMAND = re.compile(r"(?:^ {4}|`)(?:uv run )?plass ([^`\n#|]+)", re.M)
MAKE = re.compile(r"(?:^ {4}|`)make(?: ([a-z]+))?(?=[ `\n])", re.M)


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@cache
def commands() -> dict[str, Any]:
    cli._add_rooms()
    return dict(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    missing = []
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", link) and not (document.parent / link).exists():
            missing.append(link)
    assert not missing, f"{name(document)} links to what is not there: {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_exist_as_they_are_written(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    wrong = [f"make {target}" for target in MAKE.findall(text) if target and target not in targets]
    for line in COMMAND.findall(text):
        words = re.sub(r'"[^"]*"', '""', line).split()
        command = commands().get(words[0])
        if command is None:
            wrong.append(f"plass {line.strip()}")
            continue
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        wrong += [f"plass {words[0]} {word}" for word in words if word.startswith("-") and word not in options]
    assert not wrong, f"{name(document)} tells of commands that are not there: {wrong}"


def test_the_readme_tells_every_command() -> None:
    listed = set(re.findall(r"^\| `plass ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M))
    assert listed == set(commands())


def test_the_rooms_stand_in_the_order_that_is_told() -> None:
    order = re.search(
        r"^    (config > demo, .*?)\n(?! {4}>)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert order is not None
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = [[room.removeprefix("plass.") for room in layer.split(" | ")] for layer in layers]
    assert [layer.split(", ") for layer in " ".join(order[1].split()).split(" > ")] == rooms


@pytest.mark.django_db
def test_every_milestone_is_defined() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'milestones'::regclass AND attnum > 0")
        columns = {column for (column,) in cursor.fetchall()}
    text = (ROOT / "docs" / "milestones.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    defined = [column for row in rows for column in re.findall(r"`(\w+)`", row)]
    # The phase has a section of its own: it is seven definitions.
    assert "## The phase" in text
    assert sorted([*defined, "phase"]) == sorted(columns), "each column once, and nothing that is no column"
