"""A list as a spreadsheet: what is filtered, safe to open, and each case in the log of who looked.

The file is written to the end within the page's transaction (what row-level security shows ends with it) and then sent
from a temporary file, so that memory does not grow with the list and nobody gets half of it.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import IO, Any

import xlsxwriter
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access import log
from plass.access.actors import Standing
from plass.access.rules import Decision, Relations, decide
from plass.cases.models import CaseEnded

from .list_page import who_reads
from .lists import Found, Wanted, participants
from .models import Phase

Value = str | int | date | None
#: What a spreadsheet may take for a formula when a cell begins with it, full-width forms included.
#: Source: OWASP ASVS 5.0, 1.2.10, and OWASP "CSV Injection".
DANGEROUS = frozenset("=+-@\t\r\n\0＝＋－＠")
IN_MEMORY = 2 * 1024 * 1024
AT_ONCE = 2_000
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs: an apostrophe first where it begins with something dangerous."""
    without = text.replace("\0", "")
    return f"'{without}" if text[:1] in DANGEROUS or without[:1] in DANGEROUS else without


def headings() -> list[str]:
    """The columns, in the reader's language."""
    return [
        _("Case"),
        _("Family name"),
        _("Given name"),
        _("Phase"),
        _("Job specialist"),
        _("Referred"),
        _("Start"),
        _("Days waiting"),
        _("Last met"),
        _("Next contact"),
        _("First employer met"),
        _("First job"),
        _("In work now"),
        _("Paused"),
        _("Ended"),
        _("Cause of the end"),
    ]


COLUMNS = {
    "case_id": "m.case_id",
    "family_name": "p.family_name",
    "given_name": "p.given_name",
    "phase": "m.phase",
    "specialist": "coalesce(btrim(s.given_name || ' ' || s.family_name), '')",
    "referred_on": "m.referred_on",
    "started_on": "m.started_on",
    "waiting_days": "m.waiting_days",
    "last_met_on": "m.last_met_on",
    "next_contact_on": "m.next_contact_on",
    "first_employer_contact_on": "m.first_employer_contact_on",
    "first_job_on": "m.first_job_on",
    "in_work": "m.in_work",
    "paused_on": "m.paused_on",
    "ended_on": "m.ended_on",
    "end_cause": "m.end_cause",
    "answered": "CASE WHEN m.end_cause = 'other' THEN cases_ended_with_an_answer(c.id) ELSE false END",
    "participant_id": "m.participant_id",
    "specialist_id": "m.specialist_id",
    "office_id": "c.office_id",
    "referrer_ended_at": "c.referrer_ended_at",
    "team_id": "m.team_id",
    "counsellor_id": "c.counsellor_id",
    "referred_by_id": "c.referred_by_id",
    "shielded": "p.protection <> ''",
}


def _end_cause(row: dict[str, Any]) -> str | None:
    if row["answered"]:
        return _("the referral was answered")
    return str(CaseEnded.Cause(row["end_cause"]).label) if row["end_cause"] else None


def cells(row: dict[str, Any]) -> list[Value]:
    """A case as the values of its row."""
    return [
        row["case_id"],
        row["family_name"],
        row["given_name"],
        str(Phase(row["phase"]).label),
        row["specialist"],
        row["referred_on"],
        row["started_on"],
        row["waiting_days"],
        row["last_met_on"],
        row["next_contact_on"],
        row["first_employer_contact_on"],
        row["first_job_on"],
        _("yes") if row["in_work"] else _("no"),
        row["paused_on"],
        row["ended_on"],
        _end_cause(row),
    ]


def _in_pieces(found: Found) -> Iterator[dict[str, Any]]:
    """The rows, some at a time, so that memory does not grow with the list."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(found.question(COLUMNS), found.parameters)
        while rows := cursor.fetchmany(AT_ONCE):
            for row in rows:
                yield dict(zip(COLUMNS, row, strict=True))


def write_csv(to: IO[bytes], rows: Iterable[list[Value]], columns: list[str] | None = None) -> None:
    """UTF-8 with a byte order mark and semicolons, which Norwegian Excel opens by itself; dates as 2026-03-02."""
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([safe(heading) for heading in columns or headings()])
    for row in rows:
        writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    text.detach()


def write_xlsx(to: IO[bytes], rows: Iterable[list[Value]], columns: list[str] | None = None) -> None:
    """One sheet, written a row at a time; dates are dates, and no text becomes a formula or a link."""
    book = xlsxwriter.Workbook(
        to,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(_("Participants"))
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy", "align": "left"})
    sheet.freeze_panes(1, 3)
    columns = columns or headings()
    sheet.set_column(0, len(columns) - 1, 16)
    for column, heading in enumerate(columns):
        sheet.write_string(0, column, safe(heading), bold)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, safe(value))
            elif isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()


WRITERS: dict[str, Callable[..., None]] = {"xlsx": write_xlsx, "csv": write_csv}


@require_safe
def export(request: HttpRequest, file_format: str) -> HttpResponse | FileResponse:
    """What the list shows, all pages, as a file. Shielded participants are left out unless they are one's own."""
    who = who_reads(request)
    today = timezone.localdate()
    wanted = Wanted.read(request.GET.dict(), who)
    found = participants(wanted, who, today).that(
        "(p.protection = '' OR m.specialist_id = %(me)s OR c.counsellor_id = %(me)s)"
    )
    taken: list[tuple[int, int, str]] = []

    def rows() -> Iterator[list[Value]]:
        for row in _in_pieces(found):
            decision = _decide(row, who)
            if decision.allowed:
                taken.append((row["case_id"], row["participant_id"], decision.rule))
                yield cells(row)

    # Closed by the response, which sends it.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        WRITERS[file_format](file, rows())
        log.taken_out(who, "export", taken)
        size = file.tell() if file_format == "csv" else file.seek(0, io.SEEK_END)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    name = f"{_('participants')}-{today}.{file_format}"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[file_format])
    response.headers["Content-Length"] = str(size)
    response.headers["Cache-Control"] = "no-store"
    return response


def _decide(row: dict[str, Any], who: Standing) -> Decision:
    return decide(
        who.actor,
        Relations(
            case=row["case_id"],
            participant=row["participant_id"],
            office=row["office_id"],
            specialist=row["specialist_id"],
            counsellor=row["counsellor_id"],
            referred_by=row["referred_by_id"],
            team=row["team_id"],
            shielded=row["shielded"],
            referrer_ended_at=row["referrer_ended_at"],
        ),
    )
