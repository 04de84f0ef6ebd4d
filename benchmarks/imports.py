"""How long an import takes and how much memory: a long list checked and written, and too long a one refused.

    python -m benchmarks.imports [--people 10000] [--rounds 1]

A list of people, each with a job specialist, two meetings and a job, is checked (the dry run), written, and
brought in once more (nothing is new); with more rounds then a new list, into the team that has grown. What a second round
takes beside the first says whether a person costs more where many are followed already. The processor time of this
process and of the database's beside it is told too: another program on the machine changes the clock, and hardly these.
Memory is the most that this process had at a time, the program itself included.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from plass.db import bootstrap, database
from plass.imports.import_request import ImportRequest

if TYPE_CHECKING:
    from plass.organisation.models import Team, User

#: No county of the demo has this number, so its people have other identity numbers.
COUNTY = 160
#: What is asked of a list of 10,000 people with a job each: seconds by the clock on two cores, and MB.
TARGETS = {"checked": 20, "written": 40}
MOST_MEMORY = 300
#: So many rows are to be refused within so many seconds.
TOO_MANY, SOON = 100_000, 5
HEADINGS = (
    "Fødselsnummer",
    "Fornavn",
    "Etternavn",
    "Henvist dato",
    "Oppstart",
    "Sist møtt",
    "Jobbspesialist",
    "Arbeidsgiver",
    "Stilling",
    "Ansettelsesform",
    "Prosent",
    "Jobbstart",
)


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock, of processor time here and in the database, and the most memory in MB (0 where not told)."""

    clock: float
    program: float
    database: float
    memory: float


def people(number: int, specialists: Sequence[User], *, county: int) -> bytes:
    """A list as an office has it, of so many people who do not exist."""
    from django.utils import timezone

    from plass.demo.people import People

    chance, made, today = Random(county), People(county), timezone.localdate()
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(HEADINGS)
    for _person in range(number):
        referred = today - timedelta(days=chance.randint(100, 400))
        one = made.person(chance, referred, "Testvik")
        days = (referred, referred + timedelta(days=14), today - timedelta(days=chance.randint(1, 60)))
        work = (f"Bedrift {chance.randint(1, 300)} AS", "Butikkmedarbeider", "fast", "50", days[1] + timedelta(days=30))
        rows.writerow(
            (
                one.identity_number,
                one.given_name,
                one.family_name,
                *(f"{day:%d.%m.%Y}" for day in days),
                chance.choice(specialists).name,
                *work[:-1],
                f"{work[-1]:%d.%m.%Y}",
            )
        )
    return out.getvalue().encode()


def imported(
    content: bytes,
    *,
    by: User,
    team: Team,
    specialists: Sequence[User],
    dry_run: bool,
) -> Taken:
    """Check the list, or write it, piece by piece as a page does. Raises SystemExit where a row is wrong."""
    from django.db import connection
    from django.utils import timezone

    from plass.access.current_user import acting_as
    from plass.imports import actions, mapping, plan, sheet

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    forget_most_memory()
    began = time.perf_counter(), time.process_time(), processor_time(process)
    read = sheet.read(content, "liste.csv")
    with acting_as(by):
        columns = mapping.recognise(read, team)
    made = plan.make(read, columns, today=timezone.localdate())
    outcome = actions.write(
        made, ImportRequest(by=by, team=team, specialists=specialists, dry_run=dry_run), within=lambda: acting_as(by)
    )
    if outcome.wrong:
        raise SystemExit(f"row {outcome.wrong[0]}: {outcome.reports[outcome.wrong[0]].problems}")
    ended = time.perf_counter(), time.process_time(), processor_time(process)
    return Taken(*(after - before for before, after in zip(began, ended, strict=True)), memory=most_memory())


def forget_most_memory() -> None:
    """Let :func:`most_memory` count from now on."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def most_memory() -> float:
    """MB that this process has had at most; 0 where the system does not tell (it is not Linux)."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    return 0.0


def refused() -> None:
    """Tell how soon a file with too many rows is refused, in each format that can be made here and holds so many."""
    import xlsxwriter

    from plass.imports import sheet
    from plass.imports.files.reading import LARGEST_FILE, UnreadableFile

    rows = [
        ("Fødselsnummer", "Navn", "Henvist", "Merknad"),
        *((f"{n:011}", "Kari Test", "1.2.2026", "x") for n in range(TOO_MANY)),
    ]
    csv_file = "".join(";".join(row) + "\r\n" for row in rows).encode()
    workbook = io.BytesIO()
    with xlsxwriter.Workbook(workbook, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", _ODS_MANIFEST)
        archive.writestr("content.xml", _ods_content(rows))
    for name, content in ((".csv", csv_file), (".xlsx", workbook.getvalue()), (".ods", document.getvalue())):
        assert len(content) <= LARGEST_FILE
        began = time.perf_counter()
        try:
            sheet.read(content, f"liste{name}")
        except UnreadableFile as error:
            why = str(error)
        else:
            raise SystemExit(f"{TOO_MANY:,} rows were read from {name}.")
        print(f"  {name} refused in {time.perf_counter() - began:.1f} s (target {SOON}): {why}")


_ODS_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def _ods_content(rows: Sequence[Sequence[str]]) -> str:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    inside = "".join(f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in rows)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    return (
        f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Liste">{inside}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )


def processor_time(process: int) -> float:
    """Seconds that a process has computed; 0 where the system does not tell (it is not Linux)."""
    import os

    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _who() -> tuple[User, Team, list[User]]:
    """A supervisor of the demo, their team, and who follows people in it."""
    from plass.access.current_user import acting_as
    from plass.imports import queries
    from plass.organisation.models import Membership, Role, User

    with database.acting_as_owner():
        leads = Membership.objects.filter(role=Role.SUPERVISOR, ended_on=None).order_by("pk")
        place = leads.select_related("team__office", "user").first()
        assert place is not None and place.team is not None
        by, team = User.objects.get(pk=place.user_id), place.team
    with acting_as(by):
        # Two of one name would make each row ask which of them is meant.
        named = {one.name: one for one in queries.who_follows_in(team)}
    return by, team, list(named.values())


def _make_demo() -> None:
    """Make the demo in a process of its own, so that its memory is not told as an import's."""
    from django.db import connections

    connections.close_all()
    if child := os.fork():
        _number, status = os.waitpid(child, 0)
        if status:
            raise SystemExit("The demo was not made.")
        return
    status = 1
    try:
        from django.utils import timezone

        from plass.demo.make import make

        with database.acting_as_owner():
            make(scale=1, today=timezone.localdate(), progress=lambda *_told: None)
        connections.close_all()
        status = 0
    finally:
        os._exit(status)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=10_000, help="people in a list")
    parser.add_argument("--rounds", type=int, default=1, help="lists, one after the other into the same team")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="plass-bench-imports-") as folder, bootstrap.prepare(Path(folder), demo=True):
        from django.utils import translation

        from plass.cases.models import Case

        _make_demo()
        by, team, specialists = _who()
        print(f"{TOO_MANY:,} rows:")
        with translation.override("nb"):
            refused()
        first: dict[str, Taken] = {}
        for turn in range(chosen.rounds):
            with database.acting_as_owner():
                followed = Case.objects.filter(team=team).count()
            content = people(chosen.people, specialists, county=COUNTY + turn)
            print(f"{chosen.people:,} people with a job each into a team with {followed:,} cases:")
            for done in ("checked", "written", "brought in again"):
                with translation.override("nb"):
                    taken = imported(
                        content,
                        by=by,
                        team=team,
                        specialists=specialists,
                        dry_run=done == "checked",
                    )
                kept = first.setdefault(done, taken)
                target = f"; target {TARGETS[done]} s at 10,000" if done in TARGETS else ""
                print(
                    f"  {done} in {taken.clock:.1f} s "
                    f"({1000 * taken.clock / chosen.people:.1f} ms a person; processor {taken.program:.1f} s here, "
                    f"{taken.database:.1f} s in the database; {taken.clock / kept.clock:.2f} of the first round{target}; "
                    f"{taken.memory:.0f} MB, target {MOST_MEMORY})"
                )


if __name__ == "__main__":
    main()
