"""What a deployment installs is what pyproject.toml pins, with hashes, and from no address."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from supply_chain import requirements

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def dependencies() -> list[Requirement]:
    return [
        Requirement(text)
        for text in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    ]


def test_every_pin_of_the_project_is_in_it_with_that_version() -> None:
    pinned = requirements.pinned(TEXT)
    missing = []
    for requirement in dependencies():
        versions = pinned.get(requirement.name.lower(), set())
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            missing.append(f"{requirement}: {versions or 'not there'}")
    assert not missing, f"run `make requirements`: {missing}"


def test_everything_in_it_has_a_hash_and_nothing_names_an_address() -> None:
    entries = re.split(r"\n(?=\S)", TEXT.partition("operations.md.\n")[2].strip())
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert "://" not in TEXT and "--index" not in TEXT and "--find-links" not in TEXT


def test_it_is_what_is_resolved_now() -> None:
    assert requirements.made() == TEXT, "run `make requirements`"


def test_no_lock_of_downloads_is_committed_and_no_file_names_where_packages_come_from() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )
    assert "uv.lock" not in listed
    assert "uv.lock" in (ROOT / ".gitignore").read_text().split()
    hosts = re.compile(r"(files\.pythonhosted|registry\.npmjs|registry\.yarnpkg|pypi)\.(org|com)")
    naming = [
        name
        for name in listed
        if name.endswith((".txt", ".toml", ".json", ".md", ".cfg", ".ini", ".py", ".sh", ".yaml", ".npmrc"))
        and Path(__file__).name not in name
        and hosts.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert naming == []
