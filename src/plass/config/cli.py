"""The ``plass`` command. Each room's commands stand in its ``commands.py``; this puts them together.

Exit codes: 0 done; 1 something is wrong with the installation or the data, and the message says what; 2 the command was
written wrong; 130 stopped from the keyboard.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    name="plass",
    help="Place, then train: follow-up into ordinary work. Start with `plass demo` to look around.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
error_console = Console(stderr=True)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for the database and the keys. Default: the platform's own place for data."),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve pages on.")]

#: Commands of the rooms: name, module, function.
ROOMS = (
    ("demo", "plass.demo.commands", "demo"),
    ("import", "plass.imports.commands", "import_caseload"),
    ("evaluate", "plass.evaluation.commands", "evaluate"),
)


@app.command()
def serve(
    data: Data = None,
    port: Port = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that answer requests.")] = 2,
) -> None:
    """Serve the pages until stopped with Ctrl-C.

    Uses the embedded database in the data folder, or the one DATABASE_URL names.
    """
    from . import runtime

    with runtime.prepare(data) as installation:
        typer.echo(f"Plass: http://{host}:{port}/   (stop with Ctrl-C)")
        runtime.serve(installation, host=host, port=port, workers=workers)


@app.command()
def migrate(
    data: Data = None,
    print_roles: Annotated[
        bool,
        typer.Option("--print-roles", help="Only print the SQL that makes roles and database on a server of your own."),
    ] = False,
) -> None:
    """Bring the database up to this version of the program. `serve` does it by itself; a deployment may do it before.

    With DATABASE_URL, DATABASE_OWNER_URL must name the owner's login.
    """
    from . import database, runtime

    if print_roles:
        typer.echo(database.roles_script())
        return
    with runtime.prepare(data, migrate=False):
        from .migrations import bring_up_to_date

        typer.echo("The database was brought up to date." if bring_up_to_date() else "The database is up to date.")


@app.command()
def doctor(data: Data = None) -> None:
    """Look for what is wrong with this installation, and say how to mend it. Changes nothing.

    Exit code 1 where something must be mended before Plass can run.
    """
    from . import doctor as examination

    found = examination.examine(data)
    examination.show(found)
    if any(finding.level == "wrong" for finding in found):
        raise typer.Exit(1)


@app.command("account")
def account(
    username: Annotated[str, typer.Argument(help="User name to log in with.")],
    name: Annotated[str, typer.Option("--name", help="Given and family name.")],
    data: Data = None,
) -> None:
    """Make the first administrator's account. Asks for the password; the rest is done on the pages."""
    from . import database, runtime

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with runtime.prepare(data), database.acting_as_owner():
        actions = importlib.import_module("plass.organisation.actions")
        actions.make_first_administrator(username=username, name=name, password=password)
    typer.echo(f"{username} can log in.")


def _add_rooms() -> None:
    for name, module, function in ROOMS:
        try:
            command = getattr(importlib.import_module(module), function)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            continue
        app.command(name)(command)


def _people_s_mistakes() -> tuple[type[Exception], ...]:
    import psycopg
    from django.db.utils import OperationalError

    from .database import DatabaseError
    from .embedded import EmbeddedError

    return (DatabaseError, EmbeddedError, OperationalError, psycopg.OperationalError)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command; mistakes and a missing database end in one message, not in a traceback."""
    # A stop from outside (a service manager's SIGTERM) leaves in order too: the embedded server is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("PLASS_DEMO", "")
    _add_rooms()
    try:
        return app(arguments)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except _people_s_mistakes() as error:
        error_console.print(f"[bold red]Plass:[/] {str(error).strip()}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
