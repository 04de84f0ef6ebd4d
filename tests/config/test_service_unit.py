"""docs/guides/plass.service fits the program: its command exists, and its times are longer than what it waits for."""

from __future__ import annotations

from configparser import RawConfigParser
from pathlib import Path

import typer

from plass.config import cli
from plass.db import embedded
from plass.server.web_server import Limits

UNIT = Path(__file__).parents[2] / "docs" / "guides" / "plass.service"


def service() -> dict[str, str]:
    # A key may stand twice in a unit; none of ours does.
    unit = RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    return dict(unit["Service"])


def test_its_command_exists() -> None:
    program, command, *options = service()["ExecStart"].split()
    assert Path(program).name == "plass"
    known = typer.main.get_command(cli.app).commands[command]  # type: ignore[attr-defined]
    names = {name for parameter in known.params for name in parameter.opts}
    assert {option for option in options if option.startswith("-")} <= names


def test_it_waits_longer_than_the_program_does() -> None:
    unit, limits = service(), Limits()
    # A hung worker has been replaced by the program before the program is.
    assert int(unit["WatchdogSec"]) > 2 * limits.stuck_seconds
    # It may finish what is under way, and its database may stop in order and then at once.
    assert int(unit["TimeoutStopSec"]) > limits.finish_seconds + 2 * embedded.STOP_SECONDS


def test_only_the_program_is_told_to_stop_and_it_is_always_started_again() -> None:
    unit = service()
    assert (unit["Type"], unit["KillMode"], unit["Restart"]) == ("notify", "mixed", "always")
    assert unit["OOMPolicy"] == "continue"
