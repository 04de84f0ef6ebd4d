"""Known vulnerabilities in what a deployment consists of. Asks osv.dev; where it is out of reach that is said, no more.

A vulnerability fails the run unless ``accepted.toml`` lists it with a reason and the day until which that is so.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from . import uv

SERVICE = "https://api.osv.dev"
ACCEPTED = Path(__file__).with_name("accepted.toml")
#: What uv says where the service is away, does not answer in time, or answers that it cannot.
OUT_OF_REACH = re.compile(r"error sending request|Request failed after|timed? ?out|HTTP status server error|429", re.I)


class OutOfReach(Exception):
    """The service does not answer: nothing is known, and that is no fault of what was to be looked at."""


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability of one package, by every name it has."""

    package: str
    version: str
    ids: frozenset[str]
    summary: str = ""
    fixed_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that does not stop us: why not, and until when."""

    id: str
    package: str
    reason: str
    until: date


def accepted(text: str) -> list[Accepted]:
    """What is accepted, from the file's text. Raises ValueError for an entry without a reason or a date."""
    found = []
    for entry in tomllib.loads(text).get("accepted", []):
        reason, until = str(entry.get("reason", "")).strip(), entry.get("until")
        if not reason or not isinstance(until, date) or not entry.get("id") or not entry.get("package"):
            raise ValueError(f"accepted.toml: say id, package, reason and until (a date): {entry}")
        found.append(Accepted(str(entry["id"]), str(entry["package"]), reason, until))
    return found


def decide(found: Iterable[Vulnerability], exceptions: Iterable[Accepted], today: date) -> tuple[list[str], bool]:
    """What to say, line by line, and whether the run fails."""
    lines, failed = [], False
    unused = list(exceptions)
    for one in found:
        allowed = [known for known in unused if known.package == one.package and known.id in one.ids]
        unused = [known for known in unused if known not in allowed]
        what = f"{one.package} {one.version}: {', '.join(sorted(one.ids))} {one.summary}".rstrip()
        if any(known.until >= today for known in allowed):
            until = max(known.until for known in allowed)
            lines.append(f"accepted until {until}: {what} ({allowed[0].reason})")
            continue
        failed = True
        mend = f"mended in {', '.join(one.fixed_in)}" if one.fixed_in else "no version mends it yet"
        lines.append(f"VULNERABLE {what}; {mend}" + ("; accepted no longer" if allowed else ""))
    lines += [f"no longer found, take it out of accepted.toml: {known.package} {known.id}" for known in unused]
    return lines, failed


def python_vulnerabilities(service: str = SERVICE) -> list[Vulnerability]:
    """Those of Python's packages, by ``uv audit``. Raises OutOfReach, and UvError where uv fails otherwise."""
    done = uv.run(
        *("audit", "--frozen", "--no-dev", "--output-format", "json", "--service-url", f"{service}/"),
        *("--preview-features", "audit-command,json-output"),
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        if OUT_OF_REACH.search(done.stderr):
            raise OutOfReach(done.stderr.strip().splitlines()[-1].strip()) from None
        raise uv.UvError(done.stderr.strip() or f"uv audit ended with {done.returncode}") from None
    return [
        Vulnerability(
            one["dependency"]["name"],
            one["dependency"]["version"],
            frozenset([one["id"], *one.get("aliases", [])]),
            one.get("summary") or "",
            tuple(one.get("fix_versions") or ()),
        )
        for one in report["vulnerabilities"]
    ]


def browser_vulnerabilities(service: str = SERVICE, root: Path = uv.ROOT) -> list[Vulnerability]:
    """Those of the npm packages that the browser's files come from. Raises OutOfReach."""
    packages = [
        (name.removeprefix("node_modules/"), package["version"])
        for name, package in json.loads((root / "package-lock.json").read_text())["packages"].items()
        if name
    ]
    asked = [{"package": {"name": name, "ecosystem": "npm"}, "version": version} for name, version in packages]
    try:
        answer = httpx.post(f"{service}/v1/querybatch", json={"queries": asked}, timeout=30).raise_for_status()
        results = answer.json()["results"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise OutOfReach(str(error)) from None
    return [
        Vulnerability(name, version, frozenset([vulnerability["id"]]))
        for (name, version), result in zip(packages, results, strict=True)
        for vulnerability in result.get("vulns") or []
    ]


def run(service: str = SERVICE, *, today: date, exceptions: Path = ACCEPTED) -> tuple[list[str], bool]:
    """Look at everything: what to say, and whether the run fails. Out of reach is said and fails nothing."""
    known = accepted(exceptions.read_text(encoding="utf-8"))
    try:
        found = [*python_vulnerabilities(service), *browser_vulnerabilities(service)]
    except OutOfReach as error:
        return [f"NOT AUDITED: {service} is out of reach, so nothing is known of vulnerabilities ({error})"], False
    lines, failed = decide(found, known, today)
    return [*lines, f"audited: {len(found)} known vulnerabilities"], failed
