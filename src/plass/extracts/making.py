"""Making an extract: the line in the log first, then rows straight from the database into files, then the study.

Everything runs as the database's read role, which has no table: it can call the functions in ``sql`` and nothing else.
The files are moved into place when the line in the log is committed, so that there is no file without one.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import DatabaseError, connection, transaction

from plass.access.current_user import set_current_user

#: Rows that are held in memory at once.
BATCH = 50_000
#: Told as files are made: the file, and rows so far.
Progress = Callable[[str, int], None]

PEOPLE = pa.schema(
    [
        ("office", pa.string()),
        ("month", pa.date32()),
        ("person", pa.string()),
        ("in_work", pa.int8()),
        ("hours_per_week", pa.float32()),
        ("part_time", pa.int8()),
        ("wage_subsidy", pa.int8()),
        ("work_trial", pa.int8()),
        ("age_group", pa.string()),
        ("months_followed", pa.string()),
    ]
)
SPELLS = pa.schema(
    [
        ("office", pa.string()),
        ("person", pa.string()),
        ("started", pa.date32()),
        ("ended", pa.date32()),
        ("followed_until", pa.date32()),
        ("ended_how", pa.string()),
    ]
)


class ExtractError(Exception):
    """The extract cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. start: the first day of the trial; follow: months after the referral that people are followed."""

    study: str
    purpose: str
    trial_offices: tuple[str, ...]
    start: date
    first: date
    last: date
    follow: int = 24
    title: str = ""


@dataclass(frozen=True)
class MadeExtract:
    """What was made: the study file, rows by file, people, how many shielded participants are not in it (None: under
    five), and the account on the machine that stands in the log."""

    study: Path
    rows: dict[str, int]
    people: int
    shielded: int | None
    account: str = ""


def extract(wanted: Wanted, folder: Path, *, by: str, progress: Progress = lambda file, rows: None) -> MadeExtract:
    """Make an extract for ``by`` (a user name with the role of evaluator) and write it into ``folder``.

    Must be called as the read role (``database.acting_as_reader``). Raises ExtractError where it cannot be made.
    """
    _check(wanted, folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    drafts: list[tuple[Path, Path]] = []
    try:
        with transaction.atomic():
            set_current_user(_fetch_value("SELECT extracts_evaluator(%s)", [by]) or _refuse(by))
            offices = [str(row[1]) for row in _fetch_rows("SELECT id, name FROM extracts_offices() ORDER BY name")]
            _check_offices(wanted, offices)
            line = _fetch_value(
                "SELECT extracts_begin(%s, %s, %s, %s, %s)",
                [wanted.study, wanted.purpose, _account(), wanted.first, wanted.last],
            )
            rows: dict[str, int] = {}
            people = 0
            for name, schema, query, values in (
                ("people", PEOPLE, "SELECT * FROM extracts_person_months(%s, %s)", [line, wanted.follow]),
                ("waiting", SPELLS, "SELECT * FROM extracts_spells(%s, %s)", [line, "waiting"]),
                ("retention", SPELLS, "SELECT * FROM extracts_spells(%s, %s)", [line, "retention"]),
            ):
                file = folder / f"{name}.parquet"
                draft = folder / f".{name}.parquet.part"
                drafts.append((draft, file))
                rows[name], persons = _write(draft, schema, query, values, partial(progress, name))
                people = max(people, persons)
                digest = hashlib.sha256(draft.read_bytes()).hexdigest()
                _fetch_value(
                    "SELECT extracts_finish(%s, %s, %s, %s, %s)", [line, file.name, rows[name], persons, digest]
                )
            if not rows["people"]:
                raise ExtractError("Nobody was referred to these offices in these months. Choose other months.")
            shielded = _fetch_value("SELECT extracts_shielded(%s)", [line])
            study = folder / ".study.toml.part"
            drafts.append((study, folder / "study.toml"))
            study.write_text(study_text(wanted, rows), encoding="utf-8")
        for draft, file in drafts:
            draft.chmod(0o600)
            draft.replace(file)
    except DatabaseError as error:
        raise ExtractError(_message_of(error)) from error
    finally:
        for draft, _file in drafts:
            draft.unlink(missing_ok=True)
    return MadeExtract(folder / "study.toml", rows, people, shielded, _account())


def _check(wanted: Wanted, folder: Path) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{1,59}", wanted.study):
        raise ExtractError("A study's name has small letters, digits, - and _ only, such as kjerneoppgaver-2027.")
    if len(wanted.purpose.strip()) < 10:
        raise ExtractError("Say the purpose in a sentence: it is kept, and those who watch over the data read it.")
    if not wanted.first < wanted.start <= wanted.last:
        raise ExtractError("The trial must start after the first month and before the last: --first, --start, --last.")
    if not 1 <= wanted.follow <= 120:
        raise ExtractError("People can be followed for 1 to 120 months.")
    existing = (
        [file.name for file in folder.glob("*") if file.suffix in (".parquet", ".toml")] if folder.is_dir() else []
    )
    if existing:
        raise ExtractError(f"{folder} holds an extract already ({existing[0]}). Choose another folder: --out.")


def _check_offices(wanted: Wanted, offices: list[str]) -> None:
    unknown = [name for name in wanted.trial_offices if name not in offices]
    if unknown:
        choices = ", ".join(offices) or "none"
        raise ExtractError(f"{unknown[0]!r} is not one of the offices this evaluator may study. They are: {choices}.")
    if not wanted.trial_offices or len(set(wanted.trial_offices)) == len(offices):
        raise ExtractError("Name the trial offices, and leave some offices to compare them with.")


def _refuse(by: str) -> int:
    raise ExtractError(
        f"There is nobody called {by!r} here today with the role of evaluator. An administrator gives the role, on the "
        "page of accounts."
    )


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def _fetch_value(query: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _fetch_rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _batches(query: str, values: list[Any]) -> Iterator[list[tuple[Any, ...]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(BATCH):
            yield rows


def _write(
    file: Path, schema: pa.Schema, query: str, values: list[Any], progress: Callable[[int], None]
) -> tuple[int, int]:
    """Rows of a query as Parquet, in pieces; how many rows and how many persons."""
    number = 0
    persons: set[str] = set()
    place = schema.names.index("person")
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out, pq.ParquetWriter(out, schema) as writer:
        for rows in _batches(query, values):
            persons.update(row[place] for row in rows)
            columns = [pa.array([_plain(row[i]) for row in rows], type=field.type) for i, field in enumerate(schema)]
            writer.write_table(pa.table(columns, schema=schema))
            number += len(rows)
            progress(number)
    return number, len(persons)


def _plain(value: Any) -> Any:
    return float(value) if type(value).__name__ == "Decimal" else value


def _message_of(error: DatabaseError) -> str:
    return str(error).split("\n", 1)[0].strip()


def study_text(wanted: Wanted, rows: dict[str, int]) -> str:
    """The study file of an extract, for ``plass evaluate``; to be read and changed before it is frozen."""
    offices = ", ".join(_quoted(name) for name in wanted.trial_offices)
    spells = "".join(
        f'\n[{name}]\nfiles = "{name}.parquet"\noffice = "office"\nstart = "started"\nend = "ended"\n'
        f'until = "followed_until"\nevent = "ended_how"\nhorizon = {days}\n'
        for name, days in (("waiting", 90), ("retention", 365))
        if rows[name]
    )
    return f"""# Made by `plass extract`. Read it, change what is to be studied, and then run
# `plass evaluate study.toml`, which freezes it.
#
# One row a person and month, measured on the last day of the month, from the month after the referral and
# {wanted.follow} months on. Work is taken to last until its end is recorded, also after the follow-up has ended: an end
# that nobody recorded makes a job too long. Shielded participants are not in the data. Spells keep their length; their
# dates are moved to the first of the month.

[study]
name = {_quoted(wanted.study)}
title = {_quoted(wanted.title or wanted.study)}
question = {_quoted(wanted.purpose.strip())}
seed = {wanted.start:%Y%m%d}

[data]
files = "people.parquet"

[columns]
office = "office"
period = "month"
person = "person"
covariates = ["age_group", "months_followed"]

[treatment]
offices = [{offices}]
start = {wanted.start:%Y-%m-01}

[[outcomes]]
name = "in_work"
column = "in_work"
label = "i arbeid"

[[outcomes]]
name = "hours"
column = "hours_per_week"
kind = "continuous"
role = "secondary"
label = "timer i uka"

[[outcomes]]
name = "part_time"
column = "part_time"
role = "secondary"
label = "deltid (under 30 timer)"

[[outcomes]]
name = "wage_subsidy"
column = "wage_subsidy"
role = "scheme"
label = "lønnstilskudd"

[[outcomes]]
name = "work_trial"
column = "work_trial"
role = "scheme"
label = "arbeidstrening"
{spells}"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
