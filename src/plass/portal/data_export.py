"""Everything about one participant as a machine reads it: every table that holds something about them, row by row.

Which tables those are is not written down here but read from what each table declares (``rows``), so that a new table is
in the archive from the day it exists. A table of person data that is not about participants stands in :data:`LEFT_OUT`
with the reason; a test compares the whole with the database's own catalogue.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from plass.cases import login
from plass.cases.models import Case, Participant
from plass.db import hidden
from plass.db.row_policies import declared
from plass.followup.models import Contact
from plass.timeline import participant_queries
from plass.ui.spreadsheet import safe

FORMAT = "plass-participant-archive/1"
#: Tables of person data that hold nothing about a participant by case or participant, and why they are not here.
LEFT_OUT: dict[str, str] = {
    "accounts_login": "The logins that last now: where your sessions are. They stand on your own page about logging in.",
    "accounts_waysin": "How often your ways to log in were ended. What that was stands on your own page about logging in.",
    "accounts_subject": "How login services name your account, as keys that only the program can read.",
    "access_conflictofinterest": (
        "Which of those who work here must not look at a case, because it is about somebody close to them."
    ),
    "cases_possibleduplicate": "Referrals with your number by somebody who did not see you: on your page of who has looked.",
    "employers_contactperson": "The people to talk to at employers: third persons. Their numbers stand in your rows.",
    "imports_upload": "Lists of a whole office that are being imported, sealed; what came of them stands in your rows.",
    "rights_contactaccount": "The accounts of contact persons: third persons.",
}
#: Columns that are no information about the person but keep it safe or found.
TECHNICAL: dict[str, tuple[str, ...]] = {
    "cases_participant": ("identity_hash", "sort_name", "search_name"),
    "milestone_cache": ("sort_name", "search_name", "open_until"),
}
#: What the program works out from the other tables: as it is kept, and as it is read.
COMPUTED = ("milestone_cache", "milestones")
#: What stays of a contact whose contents the law withholds.
OF_WITHHELD = frozenset(
    {"id", "case_id", "happened_on", "recorded_at", "recorded_by_id", "superseded_at", "withheld_because"}
)


@dataclass(frozen=True)
class Table:
    """One table: how its rows belong to the participant, and what its columns are called."""

    name: str
    about: str
    condition: str
    columns: dict[str, str]
    readable: str


@dataclass(frozen=True)
class Withheld:
    """A row that is here without its contents, and why."""

    table: str
    row: int
    reason: str


@dataclass
class Everything:
    """All rows by table, what was withheld, and the names behind the numbers."""

    tables: dict[str, list[dict[str, Any]]]
    withheld: list[Withheld]
    names: dict[str, dict[int, str]]


def tables() -> list[Table]:
    """Every table that holds something about participants, in the order of the rooms."""
    holding = {table for table, rows in declared().items() if rows.holds == "person data"} - LEFT_OUT.keys()
    participant_tables = []
    for model in apps.get_models(include_auto_created=True):
        name = model._meta.db_table
        if name not in holding:
            continue
        fields = {str(field.column): str(field.verbose_name) for field in model._meta.concrete_fields}
        condition = _belongs(name, set(fields))
        if condition:
            first_line = (model.__doc__ or "").strip().partition("\n")[0]
            readable = ", ".join(f'"{column}"' for column in fields if column not in hidden.columns(model))
            participant_tables.append(Table(name, first_line, condition, fields, readable))
    return participant_tables


def _belongs(name: str, columns: set[str]) -> str:
    """The condition on a row that makes it the participant's; empty where the table has no such column."""
    if name == Participant._meta.db_table:
        return "t.id = %(participant)s"
    if "case_id" in columns and "participant_id" in columns:
        return "(t.case_id = ANY (%(cases)s) OR t.participant_id = %(participant)s)"
    if name == Case._meta.db_table or "participant_id" in columns:
        return "t.participant_id = %(participant)s"
    return "t.case_id = ANY (%(cases)s)" if "case_id" in columns else ""


def everything(participant: Participant) -> Everything:
    """Every row about the participant that the acting user may see: as a participant, all of them. One query a table."""
    cases = list(Case.objects.filter(participant=participant).order_by("pk"))
    parameters: dict[str, Any] = {"participant": participant.pk, "cases": [case.pk for case in cases]}
    rows_by_table: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f"SELECT to_jsonb(t)::text FROM (SELECT {table.readable} FROM {table.name}) t "
                f"WHERE {table.condition} ORDER BY 1",
                parameters,
            )
            rows = [json.loads(text) for (text,) in cursor.fetchall()]
            rows.sort(key=lambda row: row.get("id") or 0)
            for row in rows:
                for column in TECHNICAL.get(table.name, ()):
                    row.pop(column, None)
            rows_by_table[table.name] = rows
        for name in COMPUTED:
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
                "AND attname <> ALL (%s) AND has_column_privilege(attrelid, attnum, 'SELECT')",
                [name, list(TECHNICAL.get(name, ()))],
            )
            (readable,) = cursor.fetchone()
            cursor.execute(
                f"SELECT to_jsonb(m)::text FROM (SELECT {readable} FROM {name}) m "
                "WHERE m.case_id = ANY (%(cases)s) ORDER BY m.case_id",
                parameters,
            )
            rows_by_table[name] = [json.loads(text) for (text,) in cursor.fetchall()]
    for row in rows_by_table[Participant._meta.db_table]:
        row["identity_number"] = login.identity_number_of(participant.pk)
    withheld = _withhold(rows_by_table, cases)
    return Everything(rows_by_table, withheld, _names(rows_by_table))


def _withhold(rows_by_table: dict[str, list[dict[str, Any]]], cases: list[Case]) -> list[Withheld]:
    """Take out the contents of contacts that the law keeps from the participant; of corrections of them, the reason."""
    reasons: dict[int, str] = {}
    for case in cases:
        reasons |= participant_queries.withheld_contacts(case)
    withheld = []
    for row in rows_by_table.get(Contact._meta.db_table, []):
        if row["id"] in reasons:
            for column in list(row):
                if column not in OF_WITHHELD:
                    row[column] = None
            row["withheld_because"] = reasons[row["id"]]
            withheld.append(Withheld(Contact._meta.db_table, row["id"], reasons[row["id"]]))
    for row in rows_by_table.get("cases_correction", []):
        if row["kind"] == Contact.kind and row["fact_id"] in reasons:
            row["reason"] = None
            withheld.append(Withheld("cases_correction", row["id"], reasons[row["fact_id"]]))
    return withheld


def _names(rows_by_table: dict[str, list[dict[str, Any]]]) -> dict[str, dict[int, str]]:
    """Who and what the numbers in the rows are: accounts and employers."""
    accounts, employers = set(), set()
    for rows in rows_by_table.values():
        for row in rows:
            for column, value in row.items():
                if not isinstance(value, int):
                    continue
                if column == "employer_id":
                    employers.add(value)
                elif column.endswith("_by_id") or column in {"user_id", "staff_id", "specialist_id", "counsellor_id"}:
                    accounts.add(value)
    named: dict[str, dict[int, str]] = {"accounts": {}, "employers": {}}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, coalesce(nullif(btrim(given_name || ' ' || family_name), ''), kind) FROM organisation_user "
            "WHERE id = ANY (%s) ORDER BY id",
            [sorted(accounts)],
        )
        named["accounts"] = dict(cursor.fetchall())
        cursor.execute("SELECT id, name FROM employers_employer WHERE id = ANY (%s) ORDER BY id", [sorted(employers)])
        named["employers"] = dict(cursor.fetchall())
    return named


def _csv(columns: list[str], rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    return json.dumps(value, ensure_ascii=False)


def zipped(participant: Participant) -> bytes:
    """The archive: ``README.txt``, ``schema.json``, ``withheld.json``, ``names.json``, and for each table JSON and CSV."""
    all_of_it = everything(participant)
    described = {table.name: table for table in tables()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: str | dict[str, Any] | list[Any]) -> None:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)
            archive.writestr(name, text)

        add("README.txt", readme(all_of_it))
        add(
            "schema.json",
            {
                "format": FORMAT,
                "made_at": timezone.now().isoformat(),
                "tables": {
                    name: {
                        "about": described[name].about if name in described else "Computed from the other tables.",
                        "rows": len(rows),
                        "columns": described[name].columns if name in described else {},
                    }
                    for name, rows in all_of_it.tables.items()
                },
                "left_out": LEFT_OUT,
                "left_out_columns": {table: list(columns) for table, columns in TECHNICAL.items()},
            },
        )
        add("withheld.json", [vars(entry) for entry in all_of_it.withheld])
        add("names.json", all_of_it.names)
        for name, rows in all_of_it.tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            add(f"json/{name}.json", rows)
            # A byte order mark, so that a spreadsheet reads æ, ø and å.
            add(f"csv/{name}.csv", "\ufeff" + _csv(columns, rows))
    return packed.getvalue()


def readme(all_of_it: Everything) -> str:
    """What the archive is and how to read it, in bokmål and English."""
    parts = []
    for language in ("nb", "en"):
        with translation.override(language):
            parts.append(_readme(all_of_it))
    return "\n\n---\n\n".join(parts)


def _readme(all_of_it: Everything) -> str:
    paragraphs: list[Callable[[], str] | str] = [
        _("Everything Plass holds about you"),
        _("Made %(day)s. Format: %(format)s.")
        % {"day": timezone.localtime().strftime("%Y-%m-%d %H:%M"), "format": FORMAT},
        _(
            "json/ and csv/ hold the same: a file for each table, a row for each thing recorded. CSV files are separated "
            "by semicolons and read as UTF-8. Days are written year-month-day; times say their time zone."
        ),
        _("schema.json explains each table and each column. names.json says who and what the numbers are."),
        _(
            "Rows with superseded_at were corrected later: what stood there before stays. cases_correction says what "
            "replaced them, and why. milestones is worked out from the other tables."
        ),
        _(
            "In the CSV files an apostrophe stands before text that a spreadsheet could take for a formula. The JSON files "
            "have the text as it is."
        ),
        _("Left out are technical columns and the tables about third persons that schema.json names, with the reason."),
    ]
    if all_of_it.withheld:
        paragraphs.append(
            _(
                "Something is withheld from you by law. The rows are here without their contents; withheld.json says "
                "which, and why. You can complain about it: ask your counsellor how."
            )
        )
    return "\n\n".join(str(paragraph) for paragraph in paragraphs)
