"""The list of what Plass is made of (SBOM), in CycloneDX: Python's packages by uv, the browser's by package-lock.json."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from . import uv

sys.path.insert(0, str(uv.ROOT))
import hatch_build

PATH = uv.ROOT / "dist/sbom/plass.cdx.json"


def made(root: Path = uv.ROOT) -> dict[str, Any]:
    """The whole list: uv's own, with licences, and the components of the browser's files. Raises UvError."""
    bom: dict[str, Any] = json.loads(uv.export("cyclonedx1.5"))
    for component in bom["components"]:
        if licences := _licences(component["name"]):
            component["licenses"] = licences
    browser = hatch_build.browser_components(root)
    bom["components"] += browser
    bom["dependencies"] += [{"ref": component["bom-ref"]} for component in browser]
    about = bom["metadata"]["component"]
    about["licenses"] = [{"license": {"id": "MIT"}}]
    for known in bom["dependencies"]:
        if known["ref"] == about["bom-ref"]:
            known["dependsOn"] = [*known.get("dependsOn", []), *(component["bom-ref"] for component in browser)]
    return bom


def _licences(name: str) -> list[dict[str, Any]]:
    """What an installed package says its licence is; nothing where it is not installed here, or does not say."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    if expression := about.get("License-Expression"):
        return [{"expression": expression}]
    classified = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License :: OSI")
    ]
    names = classified or [line for line in [(about.get("License") or "").strip()] if line and len(line) < 100]
    return [{"license": {"name": name}} for name in names]
