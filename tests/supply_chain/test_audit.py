"""Known vulnerabilities fail the run, unless listed with a reason and a day; a service out of reach is said and no more.

A service of our own on loopback answers as osv.dev does: nothing goes out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from supply_chain import audit, uv
from supply_chain.audit import Accepted, Vulnerability

TODAY = date(2026, 11, 29)
FAULT = Vulnerability(
    "waitress", "3.0.2", frozenset({"PYSEC-2026-1", "CVE-2026-1111"}), "Request smuggling", ("3.0.3",)
)
KNOWN = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-1111"],
    "summary": "Request smuggling",
    "modified": "2026-11-01T00:00:00Z",
    "published": "2026-11-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "waitress", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.3"}]}],
        }
    ],
}
ENTRY = 'accepted = [{id = "CVE-2026-1111", package = "waitress", reason = "Behind a proxy", until = 2026-12-31}]\n'


@contextmanager
def service(is_vulnerable: Callable[[str], bool], status: int = 200) -> Iterator[str]:
    """A vulnerability service: its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def answer(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            vulnerabilities = {"vulns": [{"id": KNOWN["id"], "modified": KNOWN["modified"]}]}
            self.answer(
                {"results": [vulnerabilities if is_vulnerable(query["package"]["name"]) else {} for query in queries]}
            )

        def do_GET(self) -> None:
            self.answer(KNOWN)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def exceptions(tmp_path: Path, text: str = "") -> Path:
    path = tmp_path / "accepted.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_clean_passes(tmp_path: Path) -> None:
    with service(lambda name: False) as address:
        assert audit.run(address, today=TODAY, exceptions=exceptions(tmp_path)) == (
            ["audited: 0 known vulnerabilities"],
            False,
        )


@pytest.mark.parametrize("package", ["waitress", "htmx.org"], ids=["of Python", "of the browser"])
def test_what_is_vulnerable_fails_and_is_named(tmp_path: Path, package: str) -> None:
    with service(package.__eq__) as address:
        lines, failed = audit.run(address, today=TODAY, exceptions=exceptions(tmp_path))
    assert failed
    assert lines[0].startswith(f"VULNERABLE {package} ") and "PYSEC-2026-1" in lines[0]


def test_what_is_accepted_with_a_reason_passes_until_its_day_by_any_of_its_names(tmp_path: Path) -> None:
    with service("waitress".__eq__) as address:
        lines, failed = audit.run(address, today=TODAY, exceptions=exceptions(tmp_path, ENTRY))
    assert not failed and "Behind a proxy" in lines[0]
    lines, failed = audit.decide([FAULT], audit.accepted(ENTRY), date(2027, 1, 1))
    assert failed and "accepted no longer" in lines[0]


def test_an_entry_for_another_package_or_vulnerability_accepts_nothing() -> None:
    for wrong in (
        Accepted("CVE-2026-1111", "django", "x", date(2027, 1, 1)),
        Accepted("CVE-9", "waitress", "x", date(2027, 1, 1)),
    ):
        lines, failed = audit.decide([FAULT], [wrong], TODAY)
        assert failed and any("take it out" in line for line in lines)


@pytest.mark.parametrize("without", ["reason", "until", "id", "package"])
def test_nothing_is_accepted_without_a_reason_and_a_day(without: str) -> None:
    values = {"id": '"CVE-1"', "package": '"x"', "reason": '"y"', "until": "2026-12-31"}
    entry = ", ".join(f"{name} = {value}" for name, value in values.items() if name != without)
    with pytest.raises(ValueError, match="say id, package, reason and until"):
        audit.accepted(f"accepted = [{{{entry}}}]")


@pytest.mark.parametrize("answers", ["nothing", "only Python's", "an error of its own"])
def test_a_service_out_of_reach_is_said_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    if answers == "an error of its own":
        with service(lambda name: False, status=503) as address:
            lines, failed = audit.run(address, today=TODAY, exceptions=exceptions(tmp_path))
    else:
        with service(lambda name: False) as address:
            if answers == "only Python's":
                assert audit.python_vulnerabilities(address) == []
        lines, failed = audit.run(address, today=TODAY, exceptions=exceptions(tmp_path))
    assert not failed
    assert len(lines) == 1 and lines[0].startswith(f"NOT AUDITED: {address} is out of reach")


def test_what_is_wrong_with_the_audit_itself_is_not_taken_for_the_networks_luck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UV_PROJECT", "/nowhere")
    monkeypatch.setenv("UV", "/bin/false")
    with pytest.raises(uv.UvError):
        audit.python_vulnerabilities("http://127.0.0.1:1")


def test_our_own_list_of_what_is_accepted_can_be_read() -> None:
    audit.accepted(audit.ACCEPTED.read_text(encoding="utf-8"))


def test_the_projects_own_run_audits_and_builds() -> None:
    script = (audit.ACCEPTED.parents[1] / ".ci/run").read_text(encoding="utf-8")
    for step in ("make audit", "make wheel", "make requirements", "git diff --exit-code requirements.txt"):
        assert f"\n{step}\n" in script
    assert "wheel: $(UV) sbom" in (audit.ACCEPTED.parents[1] / "Makefile").read_text(encoding="utf-8")
