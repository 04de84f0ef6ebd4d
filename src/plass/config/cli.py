"""The ``plass`` command. Each room's commands stand in its ``commands.py``; this puts them together.

Exit codes: 0 done; 1 something is wrong with the installation or the data, and the message says what; 2 the command was
written wrong; 130 stopped from the keyboard.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from plass.server import stop_signals

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
    typer.Option(
        "--data",
        envvar="PLASS_DATA",
        help="Folder for the database and the keys. Default: the platform's own place for data.",
    ),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve pages on.")]


@app.command()
def serve(
    data: Data = None,
    port: Port = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=24, help="Processes that answer requests.")] = 2,
    work: Annotated[
        bool, typer.Option("--work/--no-work", help="Do background jobs too, in one more process, or let `plass work`.")
    ] = True,
) -> None:
    """Serve the pages until stopped with Ctrl-C.

    Uses the embedded database in the data folder, or the one DATABASE_URL names.
    """
    from plass.db import bootstrap
    from plass.server import serving, web_server

    listening = web_server.listen(host, port)
    with bootstrap.prepare(data) as installation:
        if installation.server is not None:
            _make_figures()
        typer.echo(f"Plass: {web_server.url(listening)}   (stop with Ctrl-C)")
        from plass.queue import worker

        if work and not worker.can_log_in():
            error_console.print(f"[bold]Plass:[/] {NO_WORKER}", soft_wrap=True)
            work = False
        serving.serve(listening, workers=workers, server=installation.server, work=worker.work if work else None)
        typer.echo("Stopped.")


NO_WORKER = (
    "without DATABASE_QUEUE_URL this program does no background jobs (long imports wait). Set it, or run `plass work` "
    "with it."
)


def _make_figures() -> None:
    """This week's figures for leaders, where they are due. (With a server of one's own, `plass figures` does it.)"""
    from plass.db import database
    from plass.quality.commands import release

    try:
        with database.acting_as_owner():
            release()
    except Exception as error:
        # Leaders can wait for their figures; those who follow somebody up cannot wait for Plass.
        error_console.print(f"[bold red]Plass:[/] the leaders' figures could not be made: {error}", soft_wrap=True)


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
    from plass.db import bootstrap, database

    if print_roles:
        typer.echo(database.roles_script())
        return
    with bootstrap.prepare(data, migrate=False):
        changed = bootstrap.bring_up_to_date()
        typer.echo("The database was brought up to date." if changed else "The database is up to date.")


@app.command()
def doctor(
    data: Data = None,
    port: Port = 8000,
    deploy: Annotated[
        bool,
        typer.Option("--deploy", help="Look also at what a real installation needs: keys, TLS, hosts, roles, backups."),
    ] = False,
) -> None:
    """Look for what is wrong with this installation, and say how to mend it. Changes nothing.

    Exit code 1 where something must be mended before Plass can run (with --deploy: before real people are in it).
    """
    from . import doctor as examination

    findings = examination.examine(data, port=port, deploy=deploy)
    examination.show(findings)
    if any(finding.level == "wrong" for finding in findings):
        raise typer.Exit(1)


@app.command()
def backup(
    to: Annotated[Path, typer.Option("--to", help="Folder for backups; each gets a folder of its own in it.")],
    data: Data = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Remove all but the newest so many afterwards. Default: none.")
    ] = None,
) -> None:
    """Take a verified backup of the embedded database, also while Plass serves. The keys are not in it: keep them apart.

    With PLASS_ARCHIVE=FOLDER for `serve`, the log is archived all the time, and `restore` can go on from a backup.
    """
    from plass.db import backup as backups

    _only_embedded("backup")
    with _progress() as progress:
        folder = backups.take(_folder(data), to, progress=progress)
    typer.echo(f"Backup: {folder}")
    for gone in backups.forget_old(to, keep) if keep else []:
        typer.echo(f"Removed: {gone}")


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="The folder base-… of a backup.")],
    data: Annotated[Path, typer.Option("--data", help="An empty data folder to restore to.")],
    archive: Annotated[Path | None, typer.Option("--archive", help="The archive of the log, to go on from it.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", help="Go on no further than this moment, such as 2026-11-24T13:05:00 (local time)."),
    ] = None,
) -> None:
    """Make the database of a backup anew in an empty folder, count what came back, and leave it stopped.

    Put keys.env into that folder first: without the keys identity numbers cannot be read.
    """
    from plass.db import backup as backups

    _only_embedded("restore")
    moment = until.astimezone() if until else None
    with _progress() as progress:
        result = backups.restore(backup, data, archive=archive, until=moment, progress=progress)
    typer.echo(f"Restored {sum(result.rows.values()):,} rows in {len(result.rows)} tables to {data}.")
    if not result.keys_fit:
        typer.echo(f"The keys are not there yet. Put the installation's keys.env into {data} before `plass serve`.")
    typer.echo(f"Start it with: plass serve --data {shlex.quote(str(data))}")


def _only_embedded(command: str) -> None:
    if os.environ.get("DATABASE_URL"):
        error_console.print(
            f"[bold red]Plass:[/] `plass {command}` is for the embedded database. With DATABASE_URL the server's own "
            "backup does it; `plass doctor --deploy` looks whether it archives.",
            soft_wrap=True,
        )
        raise typer.Exit(1)


def _folder(data: Path | None) -> Path:
    from plass.db import embedded

    return embedded.chosen_folder(data)


@contextmanager
def _progress() -> Iterator[Callable[[str, float | None], None]]:
    from rich.progress import Progress, SpinnerColumn

    with Progress(SpinnerColumn(), *Progress.get_default_columns(), console=error_console, transient=True) as shown:
        bar = shown.add_task("", total=None)

        def tell(step: str, share: float | None) -> None:
            shown.update(bar, description=step, total=None if share is None else 1.0, completed=share or 0.0)

        yield tell


@app.command("account")
def account(
    username: Annotated[str, typer.Argument(help="User name to log in with.")],
    name: Annotated[str, typer.Option("--name", help="Given and family name of a new administrator.")] = "",
    county: Annotated[str, typer.Option("--county", help="The county they administer; made where it is missing.")] = "",
    subject: Annotated[
        str,
        typer.Option("--subject", help="Their lasting identifier at the login service for staff (in Entra ID: oid)."),
    ] = "",
    reset: Annotated[
        bool,
        typer.Option(
            "--reset", help="Instead: another password for an account there is, no codes on a phone, no passkeys."
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Make an administrator's account, or let somebody in again who cannot log in. Asks for the password.

    Whoever has the machine needs nobody's yes. The rest is done on the pages.
    """
    from plass.accounts import providers
    from plass.db import bootstrap, database

    if not reset and not (name and county):
        raise typer.BadParameter("a new administrator needs --name and --county")
    service = providers.from_environment().get(providers.STAFF)
    if subject and service is None:
        error_console.print("[bold red]Plass:[/] --subject needs a login service: set PLASS_STAFF_OIDC_ISSUER.")
        raise typer.Exit(1)
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with bootstrap.prepare(data), database.acting_as_owner():
        from django.core.exceptions import ValidationError

        from plass.administration import actions

        try:
            if reset:
                actions.reset_account(username=username, password=password)
            else:
                actions.make_first_administrator(
                    username=username,
                    name=name,
                    password=password,
                    county=county,
                    issuer=service.issuer if service else "",
                    subject=subject,
                )
        except ValidationError as error:
            error_console.print(f"[bold red]Plass:[/] {' '.join(error.messages)}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
    typer.echo(f"{username} can log in.")


def _add_rooms() -> None:
    from plass.cases.commands import keys
    from plass.demo.commands import demo
    from plass.evaluation.commands import evaluate
    from plass.extracts.commands import extract
    from plass.imports.commands import import_caseload
    from plass.quality.commands import figures
    from plass.queue.commands import work
    from plass.retention.commands import retention

    app.command("import")(import_caseload)
    for command in (demo, extract, retention, figures, keys, evaluate, work):
        app.command()(command)


def _people_s_mistakes() -> tuple[type[Exception], ...]:
    import psycopg
    from django.db.utils import OperationalError

    from plass.db.database import DatabaseError
    from plass.db.postgres_programs import EmbeddedError
    from plass.server.web_server import AddressError

    return (AddressError, DatabaseError, EmbeddedError, OperationalError, psycopg.OperationalError)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command; mistakes and a missing database end in one message, not in a traceback."""
    stop_signals.install()
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
