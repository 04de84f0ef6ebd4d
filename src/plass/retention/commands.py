"""``plass retention``: what the schedule asks for, and doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def retention(
    data: Annotated[Path | None, typer.Option("--data", envvar="PLASS_DATA", help="Folder of the data.")] = None,
    carry_out: Annotated[bool, typer.Option("--carry-out", help="Do it. Without this, it is only shown.")] = False,
) -> None:
    """Delete what has been kept long enough, and make participants nameless whose follow-up ended years ago.

    Without --carry-out nothing is changed. With it: notice is given to those whose time is over, and those whose notice
    has run out are made nameless; the figures stay as they are. Meant to be run every night.
    """
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from plass.config import bootstrap, database

    with bootstrap.prepare(data, beside=True), database.acting_as_owner():
        from . import actions, queries

        today = timezone.localdate()
        found = queries.plan(today)
        table = Table("What", "Kept", "Counted from", "Over now", title="Retention", title_justify="left")
        for one in queries.schedule(today):
            kept = f"{one.years} years" if one.years else f"{one.days} days"
            over = found.delete.get(one.kind)
            if over is None:
                over = sum(1 for rule in found.notify.values() if rule.kind == one.kind)
            table.add_row(one.kind, kept, one.counted_from, f"{over:,}")
        console = Console(soft_wrap=True)
        console.print(table)
        typer.echo(f"Notices to give: {len(found.notify):,}. To be made nameless now: {len(found.anonymise):,}.")
        if found.held:
            typer.echo(f"Held back because of a dispute: {len(found.held):,}.")
        if not carry_out:
            typer.echo("Nothing was changed. To do it: plass retention --carry-out")
            return
        with Progress(console=Console(stderr=True), transient=True) as shown:
            bar = shown.add_task("Making nameless", total=len(found.anonymise) or 1)
            actions.carry_out(found, progress=lambda done, of: shown.update(bar, completed=done, total=of))
        typer.echo("Done.")
