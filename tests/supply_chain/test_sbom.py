"""The list of what Plass is made of names everything that is pinned, Python's and the browser's, with licences."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from supply_chain import requirements, sbom

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402


@pytest.fixture(scope="module")
def bom() -> dict[str, Any]:
    return sbom.made()


def test_it_is_cyclonedx_and_every_reference_leads_somewhere(bom: dict[str, Any]) -> None:
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    refs = [component["bom-ref"] for component in bom["components"]]
    known = {*refs, bom["metadata"]["component"]["bom-ref"]}
    assert len(refs) == len(set(refs)) > 60
    assert {dependency["ref"] for dependency in bom["dependencies"]} <= known
    assert {ref for dependency in bom["dependencies"] for ref in dependency.get("dependsOn", [])} <= known


def test_every_pinned_dependency_of_python_and_of_the_browser_is_named(bom: dict[str, Any]) -> None:
    purls = {component["purl"] for component in bom["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        assert any(purl.startswith(f"pkg:pypi/{requirement.name.lower()}@") for purl in purls), requirement
    for name, versions in requirements.pinned((ROOT / "requirements.txt").read_text(encoding="utf-8")).items():
        assert {f"pkg:pypi/{name}@{version}" for version in versions} <= purls
    for name, version in json.loads((ROOT / "package.json").read_text())["dependencies"].items():
        assert f"pkg:npm/{name.replace('@', '%40')}@{version}" in purls


def test_every_component_has_a_hash_and_nearly_all_say_their_licence(bom: dict[str, Any]) -> None:
    for component in bom["components"]:
        hashes = component.get("hashes") or [reference["hashes"] for reference in component["externalReferences"]]
        assert hashes, component["name"]
    silent = {component["name"] for component in bom["components"] if not component.get("licenses")}
    assert not silent & {"django", "psycopg", "cryptography", "htmx.org"}
    assert len(silent) < 10, silent


def test_the_tools_of_those_who_work_on_it_are_no_part_of_it(bom: dict[str, Any]) -> None:
    assert {"pytest", "ruff", "mypy", "plass"} & {component["name"] for component in bom["components"]} == set()


def test_the_wheel_carries_the_list_of_what_others_made_in_it(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_bytes((ROOT / "package-lock.json").read_bytes())
    first = (tmp_path / hatch_build.write_browser_sbom(tmp_path)).read_bytes()
    listed = json.loads(first)
    assert {component["name"] for component in listed["components"]} == {
        *hatch_build.LICENCES,
        *hatch_build.PDF_FONT_FILES,
    }
    assert all(re.fullmatch(r"[0-9a-f]{128}", component["hashes"][0]["content"]) for component in listed["components"])
    assert (tmp_path / hatch_build.write_browser_sbom(tmp_path)).read_bytes() == first


def test_the_licences_of_what_the_browser_gets_are_there_with_their_text() -> None:
    text = (ROOT / hatch_build.DIST / "LICENCES.txt").read_text(encoding="utf-8")
    for name in hatch_build.LICENCES:
        assert re.search(rf"^{re.escape(name)} [0-9.]+: [A-Z0-9]", text, re.M), name
    assert text.count("Copyright (c) 2017 NAV\n") == 2 and text.count("to deal\nin the Software") == 2
    assert "SIL OPEN FONT LICENSE" in text and "Permission to use, copy, modify, and/or distribute" in text


def test_our_own_licence_is_the_one_that_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License") and "2026 The Plass contributors" in licence
    assert json.loads((ROOT / "package.json").read_text())["license"] == "MIT"
