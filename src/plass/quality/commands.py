"""``plass figures``: this week's figures for leaders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def figures(
    data: Annotated[Path | None, typer.Option("--data", envvar="PLASS_DATA", help="Folder of the data.")] = None,
) -> None:
    """Make this week's figures for leaders, where they are not made yet. Meant to be run every night.

    `serve` and `demo` do it at their start with the embedded database.
    """
    from plass.db import bootstrap, database

    with bootstrap.prepare(data, beside=True), database.acting_as_owner():
        typer.echo(release())


def release() -> str:
    """Make them as owner, where they are due; returns what was done, in words."""
    from django.utils import timezone

    from .models import FigureRelease

    today = timezone.localdate()
    if FigureRelease.is_due(today):
        from .releases import release_if_due

        if new_release := release_if_due(today):
            return (
                f"Figures: {new_release.figures:,}, of which hidden {new_release.hidden:,} "
                f"({new_release.hidden_for_others:,} for others)."
            )
    return "This week's figures are made already."
