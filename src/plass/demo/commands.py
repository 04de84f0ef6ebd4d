"""``plass demo``: made-up people to look around with, and the pages in the browser."""

from __future__ import annotations

import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

STEPS = {
    "people": "Making people and their ten years",
    "counties": "Making counties",
    "indexes": "Making indexes and keys",
    "statistics": "Counting for the query planner",
    "milestones": "Computing milestones",
}


def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="PLASS_DATA",
            help="Folder for the demo's database. Default: one of this checkout's own beside the real one.",
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve pages on.")] = 8000,
    seed: Annotated[int, typer.Option("--seed", help="Another number makes other people.")] = 1,
    scale: Annotated[
        int, typer.Option("--scale", min=1, max=160, help="Number of counties, each with 2,000 participants.")
    ] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away the demo's people and make them anew.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the pages in the browser.")] = True,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the pages when the people are made.")] = True,
) -> None:
    """Look around: a county of made-up people with ten years behind them, and the pages in the browser.

    The first start makes the people, which takes less than a minute. The next ones begin at once and keep what was
    done. Nothing here is real: names and identity numbers belong to nobody.
    """
    from plass.db import bootstrap, database, embedded
    from plass.quality import commands as quality
    from plass.server import serving

    where = embedded.chosen_folder(data or embedded.demo_folder())
    listening = _listen(where, port) if serve else None
    typer.echo(f"The demo's data: {where}", err=True)
    with bootstrap.prepare(where, demo=True) as installation:
        with database.acting_as_owner():
            _make(seed=seed, scale=scale, fresh=fresh)
            quality.release()
        from plass.queue import worker

        from . import voices

        voices.speak(database.acting_as_owner)
        if listening is not None:
            address = f"http://localhost:{port}/demo/"
            typer.echo(f"Plass demo: {address}   (stop with Ctrl-C)")
            when_ready = partial(_open, address) if browser else None
            serving.serve(listening, server=installation.server, when_ready=when_ready, work=worker.work)
            typer.echo("Stopped.")


def _listen(where: Path, port: int) -> socket.socket:
    from plass.db import embedded
    from plass.server import web_server

    try:
        return web_server.listen("127.0.0.1", port)
    except web_server.AddressError as error:
        if process := embedded.holder(where):
            raise web_server.AddressError(
                f"This demo is running already, as process {process}. Use that one, or stop it first: kill {process}"
            ) from None
        raise web_server.AddressError(f"{error} With make: make demo PORT=...") from None


def _make(*, seed: int, scale: int, fresh: bool) -> None:
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from .make import make

    today = timezone.localdate()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(STEPS.get(step, step), total=of)
            bars.update(tasks[step], completed=done)

        demo_state = make(seed=seed, scale=scale, today=today, fresh=fresh, progress=tell)
    if (today - demo_state.day).days > 7:
        typer.echo(
            f"The demo's people were made for {demo_state.today}, so much has come due since. "
            "`plass demo --fresh` makes them for today; what was done in the demo is then lost."
        )


def _open(address: str) -> None:
    """Open the browser, where there is one; it waits for the first answer itself."""
    subprocess.Popen(
        [sys.executable, "-m", "webbrowser", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
