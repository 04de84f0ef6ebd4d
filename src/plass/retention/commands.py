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

    from plass.db import bootstrap, database

    with bootstrap.prepare(data, beside=True), database.acting_as_owner():
        from . import actions, queries

        today = timezone.localdate()
        plan = queries.plan(today)
        table = Table("What", "Kept", "Counted from", "Over now", title="Retention", title_justify="left")
        for retention_rule in queries.schedule(today):
            period = f"{retention_rule.years} years" if retention_rule.years else f"{retention_rule.days} days"
            over = plan.delete.get(retention_rule.kind)
            if over is None:
                over = sum(1 for rule in plan.notify.values() if rule.kind == retention_rule.kind)
            table.add_row(retention_rule.kind, period, retention_rule.counted_from, f"{over:,}")
        console = Console(soft_wrap=True)
        console.print(table)
        typer.echo(f"Notices to give: {len(plan.notify):,}. To be made nameless now: {len(plan.anonymise):,}.")
        if plan.held:
            typer.echo(f"Held back because of a dispute: {len(plan.held):,}.")
        if not carry_out:
            typer.echo("Nothing was changed. To do it: plass retention --carry-out")
            return
        with Progress(console=Console(stderr=True), transient=True) as shown:
            bar = shown.add_task("Making nameless", total=len(plan.anonymise) or 1)
            actions.carry_out(plan, progress=lambda done, of: shown.update(bar, completed=done, total=of))
        typer.echo("Done.")
