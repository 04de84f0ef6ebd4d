"""``plass extract``: pseudonymised data for a study, logged with its purpose."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .making import MadeExtract, Wanted


def extract(
    study: Annotated[
        str, typer.Argument(help="The study's name, such as kjerneoppgaver-2027: it has a key of its own.")
    ],
    by: Annotated[str, typer.Option("--by", help="User name of the evaluator; stands in the log.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for, in a sentence; stands in the log.")],
    trial_office: Annotated[list[str], typer.Option("--trial-office", help="A trial office. Repeat for each.")],
    start: Annotated[datetime, typer.Option("--start", formats=["%Y-%m"], help="First month of the trial.")],
    first: Annotated[datetime, typer.Option("--first", formats=["%Y-%m"], help="First month of the data.")],
    last: Annotated[
        datetime | None,
        typer.Option("--last", formats=["%Y-%m"], help="Last month of the data. Default: the last whole month."),
    ] = None,
    follow: Annotated[int, typer.Option("--follow", help="Months that people are followed after the referral.")] = 24,
    title: Annotated[str, typer.Option("--title", help="The report's title.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the files. Default: named as the study.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", envvar="PLASS_DATA", help="Folder for the database. Default: the platform's own place."),
    ] = None,
) -> None:
    """Take out data for a study: people as pseudonyms, a study file for `plass evaluate`, and a line in the log.

    Pseudonyms are made in the database with a key of the study's own that never leaves it, so that two studies cannot
    be laid together. Shielded participants are left out. --by takes a user name without a password: whoever may run this
    on the machine has the database, so the log says that it was the command line, and which account on the machine.
    Exit code 1: the extract cannot be made, and the message says
    why.
    """
    from plass.db import bootstrap, database

    with bootstrap.prepare(data):
        from django.utils import timezone

        from .making import ExtractError, Wanted

        wanted = Wanted(
            study,
            purpose,
            tuple(trial_office),
            start.date(),
            first.date(),
            last.date() if last is not None else timezone.localdate(),
            follow,
            title,
        )
        folder = out or Path(study)
        try:
            with database.acting_as_reader():
                result = _with_bar(wanted, folder, by)
        except (ExtractError, OSError) as error:
            from rich.console import Console
            from rich.markup import escape

            Console(stderr=True).print(f"[bold red]Plass:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
    left = "fewer than five" if result.shielded is None else str(result.shielded)
    typer.echo(
        f"{result.people} people, {result.rows['people']} person-months, {result.rows['waiting']} spells of waiting and "
        f"{result.rows['retention']} of work. Shielded participants left out: {left}."
    )
    typer.echo(
        f"In the log: taken out by {by} on the command line, account {result.account} on this machine. Nobody proves here "
        "who they are, so the log shows both."
    )
    typer.echo(f"Read {result.study}, then: plass evaluate {result.study}")


def _with_bar(wanted: Wanted, folder: Path, by: str) -> MadeExtract:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from .making import extract as make

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("Taking out")
        return make(
            wanted,
            folder,
            by=by,
            progress=lambda name, rows: bars.update(task, description=f"Taking out {name}: {rows:,} rows"),
        )
