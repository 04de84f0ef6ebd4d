"""``plass keys``: another key for what is sealed (identity numbers above all), and everything sealed anew under it."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Act(StrEnum):
    """What to do with the keys."""

    SHOW = "show"
    ROTATE = "rotate"
    RESEAL = "reseal"
    RETIRE = "retire"
    REHASH = "rehash"


def keys(
    act: Annotated[
        Act,
        typer.Argument(
            help="show: how many rows are under which key. rotate: make a new key and seal everything under it. "
            "reseal: go on where a rotation was stopped. retire: put away the old keys when nothing needs them. "
            "rehash: another key for the hashes that find a person, and all of them made anew at once."
        ),
    ] = Act.SHOW,
    data: Annotated[
        Path | None, typer.Option("--data", envvar="PLASS_DATA", help="Folder for the database and the keys.")
    ] = None,
) -> None:
    """The keys that identity numbers and second factors are encrypted with: newest first, older ones still open.

    Run it while nothing is served (the embedded database sees to that). It may be stopped at any time, and goes on where
    it was. Keep the old key with the backups from its time: they are under it.
    """
    from plass.db import bootstrap, database
    from plass.db import keys as key_files

    with bootstrap.prepare(data) as installation:
        from_file = key_files.in_file(installation.folder)
        if act is Act.ROTATE:
            if not from_file:
                typer.echo(
                    "The keys come from the environment. Put this one first in PLASS_IDENTITY_KEYS, with a comma"
                )
                typer.echo("after it, start again everywhere, and run `plass keys reseal`:")
                typer.echo(key_files.new_key())
                return
            _set_keys(key_files.add(installation.folder))
        with database.acting_as_owner():
            if act in {Act.ROTATE, Act.RESEAL}:
                _reseal()
            elif act is Act.SHOW:
                _show()
            elif act is Act.REHASH:
                _rehash(installation.folder, from_file=from_file)
            else:
                _retire(installation.folder, from_file=from_file)


def _set_keys(keys: str) -> None:
    from django.conf import settings

    os.environ["PLASS_IDENTITY_KEYS"] = keys
    settings.PLASS_IDENTITY_KEYS = keys.split(",")


def _reseal() -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from . import rotation

    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def progress(column: str, done: int, total: int) -> None:
            if column not in bars:
                bars[column] = bar.add_task(column, total=total)
            bar.update(bars[column], completed=done, total=max(total, done))

        anew = rotation.reseal(progress)
    typer.echo(f"{anew} rows were sealed anew. Everything is under the newest key.")


def _show() -> None:
    from django.conf import settings

    from . import rotation

    typer.echo(f"{len(settings.PLASS_IDENTITY_KEYS)} key(s), the newest first.")
    for column, older in rotation.waiting().items():
        typer.echo(f"{column}: {older} rows under an older key")


def _retire(folder: Path, *, from_file: bool) -> None:
    from plass.db import keys as key_files

    from . import rotation

    if left := sum(rotation.waiting().values()):
        typer.echo(f"{left} rows still need an older key. Run `plass keys reseal` first.", err=True)
        raise typer.Exit(1)
    if not from_file:
        typer.echo("Nothing needs the older keys. Leave only the first one in PLASS_IDENTITY_KEYS.")
        return
    where = key_files.retire(folder)
    if where is None:
        typer.echo("There is one key.")
    else:
        typer.echo(f"The older keys now stand in {where}. Keep them with the backups from their time.")


def _rehash(folder: Path, *, from_file: bool) -> None:
    from django.conf import settings
    from django.db import transaction

    from plass.db import keys as key_files

    from . import rehash

    names = settings.PLASS_HASH_KEY.split(",")
    try:
        used = rehash.keys_in_use()
    except rehash.WrongKeys as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if used is not None and used == len(names) - 1:
        anew = rehash.around(names[0])
    elif used is not None and used < len(names):
        typer.echo(
            "More than one new key stands first in PLASS_HASH_KEY. Leave only one of them, and try again.", err=True
        )
        raise typer.Exit(1)
    elif from_file:
        key = key_files.new_hash_key()
        with transaction.atomic():
            anew = rehash.around(key)
            # Before the commit: if that fails, the next run sees that the newest key is not around anything yet.
            key_files.add_hash(folder, key)
    else:
        typer.echo("Put this key first in PLASS_HASH_KEY, with a comma after it, and run `plass keys rehash` again:")
        typer.echo(key_files.new_hash_key())
        return
    typer.echo(f"{anew} hashes were made anew. Keep all keys in PLASS_HASH_KEY: each goes around the next.")
