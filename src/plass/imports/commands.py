"""``plass import``: an office's list from a spreadsheet, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .ways import Way

if TYPE_CHECKING:
    from plass.organisation.models import User


def _write_template(file: Path | None) -> None:
    """Write an empty list to fill in, and do nothing else."""
    if file is None:
        return
    from plass.db import bootstrap

    if file.exists() or file.suffix.lower() != ".xlsx":
        raise typer.BadParameter("Give the name of an .xlsx file that does not exist yet.", param_hint="--template")
    bootstrap.set_up_django()
    from django.conf import settings
    from django.utils import translation

    from .template_workbook import workbook

    with translation.override(settings.LANGUAGE_CODE):
        file.write_bytes(workbook())
    raise typer.Exit


def _list_fields(wanted: bool) -> None:
    """List what a column may hold, and do nothing else."""
    if not wanted:
        return
    from plass.db import bootstrap

    bootstrap.set_up_django()
    from django.conf import settings
    from django.utils import translation

    from .fields import Field

    with translation.override(settings.LANGUAGE_CODE):
        for field in Field:
            if field:
                typer.echo(f"{field.value:20} {field.about.label}")
    raise typer.Exit


def import_caseload(
    file: Annotated[
        Path,
        typer.Argument(
            help="The list: .xlsx, .xls, .xlsb, .ods, or .csv with semicolons or tabs.", exists=True, dir_okay=False
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="User name of the one who imports: works in the team, or leads it.")],
    team: Annotated[
        str, typer.Option("--team", help="The team's name or number. Not needed for somebody who has one team.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What a column holds, as 'Heading=field', for example 'Klient=name'; an empty field is not read. "
            "May be given several times. Kept for the office's next list with these headings once it is written.",
        ),
    ] = None,
    sheets: Annotated[
        list[str] | None,
        typer.Option(
            "--sheet",
            help="The name of a sheet to read. May be given several times: their rows become one list. Default: all visible "
            "sheets that look like lists; where there are several, --write asks for their names.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write/--dry-run", help="Write, or only show what would be written (the default).")
    ] = False,
    good_rows: Annotated[
        bool,
        typer.Option(
            "--good-rows/--all-or-nothing",
            help="With --write: write the rows that are right, or nothing where a row is wrong (the default).",
        ),
    ] = False,
    accept_guesses: Annotated[
        bool,
        typer.Option(
            "--accept-guesses",
            help="Take the columns and titles as they are guessed, and words that are not known as “other”, or as temporary "
            "where they are a form of employment. Look at them first, without it. What may be an end or a refusal is never "
            "taken so.",
        ),
    ] = False,
    answers_file: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            help="A .csv file with the questions that the list gives rise to. Where it does not exist, or some are not "
            "answered yet, they are put there; fill in the first column, and run the command again.",
        ),
    ] = None,
    follower: Annotated[
        str,
        typer.Option(
            "--follower",
            help="User name of the one who follows those whose follow-up has begun and for whom the list names no job "
            "specialist. Default: the one who imports.",
        ),
    ] = "",
    wrong_rows_file: Annotated[
        Path | None,
        typer.Option("--rest", help="Put the rows that are wrong in this .xlsx file, to mend and import again."),
    ] = None,
    only_wrong: Annotated[bool, typer.Option("--only-wrong", help="Show only the rows that are wrong.")] = False,
    _template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            help="Put an empty list to fill in, with notes and choices, in this .xlsx file, and do nothing else.",
            is_eager=True,
            callback=_write_template,
            expose_value=False,
        ),
    ] = None,
    _fields: Annotated[
        bool,
        typer.Option(
            "--fields",
            help="List what a column may hold, as --map takes it, and do nothing else.",
            is_eager=True,
            callback=_list_fields,
            expose_value=False,
        ),
    ] = False,
    differences: Annotated[
        Way,
        typer.Option(
            "--differences",
            help="What is done where the list says otherwise than what is recorded, with --write. leave: nothing, they are "
            "only told. change: it is so from today. correct: what was recorded was wrong, and the list is the source. "
            "Phone, e-mail and address are set by either; what cannot be taken so is left, and all that is said of "
            "somebody whom the list calls by another name.",
        ),
    ] = Way.LEAVE,
    demo: Annotated[
        bool, typer.Option("--demo", help="Import to the folder of `plass demo`: made-up identity numbers only.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="PLASS_DATA",
            help="Folder for the database and the keys. Default: the platform's own place for data.",
        ),
    ] = None,
) -> None:
    """Bring an office's list of participants in from a spreadsheet.

    Without --write nothing is written: every row is tried, and shown with what would be written and what is wrong.
    Running it again adds nothing twice. Columns are recognised by their headings, in Norwegian and English.

    What a column may hold is listed with --fields. Somebody has an identity number (or birth date and personal number) and
    a name (or given and family name); a second job in the same row has the fields of a job with _2 behind.

    What a column holds may be guessed from a part of its heading, and words may not be known; an address may be protected,
    two periods of one person may overlap ... All that is asked is listed with what may be answered, and whoever it is about
    is not written before that. Answer in a file (--answers), with --map or --accept-guesses where they suffice, or on the
    page.

    Exit code 0: every row is right. 1: a row is wrong or waits for an answer, or the file cannot be read. 2: the command is
    not right.
    """
    from plass.db import bootstrap, embedded

    if wrong_rows_file is not None and (wrong_rows_file.exists() or wrong_rows_file.suffix.lower() != ".xlsx"):
        raise typer.BadParameter("Give the name of an .xlsx file that does not exist yet.", param_hint="--rest")
    where = data
    if demo and data is None:
        where = embedded.demo_folder()
    with bootstrap.prepare(where, demo=demo or None), _as(by) as user:
        from .import_command import CommandLine, run

        said = CommandLine(
            file=file,
            team=team,
            columns=columns or (),
            sheets=sheets or (),
            write=write,
            good_rows=good_rows,
            accept_guesses=accept_guesses,
            answers=answers_file,
            follower=follower,
            rest=wrong_rows_file,
            only_wrong=only_wrong,
            differences=differences,
        )
        all_right = run(said, by=user)
    raise typer.Exit(0 if all_right else 1)


@contextmanager
def _as(username: str) -> Iterator[User]:
    """The one who imports, and their language."""
    from django.utils import translation

    from plass.db import database
    from plass.organisation.models import User

    # Nobody acts yet, so only the owner can find them.
    with database.acting_as_owner():
        user = User.objects.filter(username=username).first()
    if user is None:
        raise typer.BadParameter(f"Nobody has the user name {username}.", param_hint="--by")
    with translation.override(user.language):
        yield user
