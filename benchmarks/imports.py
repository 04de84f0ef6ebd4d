"""How long an import takes, into a team with few cases and into one with thousands.

    python -m benchmarks.imports [--people 2000] [--rounds 2] [--all-or-nothing]

A list of people, each with a job specialist, two meetings and every other one with a job, is checked (the dry run),
written, and brought in once more (nothing is new); then a new list, into the team that has grown. What the second round
takes beside the first says whether a person costs more where many are followed already. The processor time of this
process and of the database's beside it is told too: another program on the machine changes the clock, and hardly these.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from plass.db import bootstrap, database

if TYPE_CHECKING:
    from plass.organisation.models import Team, User

#: No county of the demo has this number, so its people have other identity numbers.
COUNTY = 160
TARGET = 30
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
    """Seconds by the clock, and of processor time here and in the database."""

    clock: float
    program: float
    database: float


def people(number: int, specialists: Sequence[User], *, county: int) -> bytes:
    """A list as an office has it, of so many people who do not exist."""
    from django.utils import timezone

    from plass.demo.people import People

    chance, made, today = Random(county), People(county), timezone.localdate()
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(HEADINGS)
    for n in range(number):
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
                *((*work[:-1], f"{work[-1]:%d.%m.%Y}") if n % 2 else ()),
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
    all_or_nothing: bool = False,
) -> Taken:
    """Check the list, or write it, piece by piece as a page does. Raises SystemExit where a row is wrong."""
    from django.db import connection
    from django.utils import timezone

    from plass.access.current_user import acting_as
    from plass.imports import actions, mapping, plan, sheet

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    began = time.perf_counter(), time.process_time(), processor_time(process)
    read = sheet.read(content, "liste.csv")
    with acting_as(by):
        columns = mapping.recognise(read, team)
    made = plan.make(read, columns, today=timezone.localdate())
    outcome = actions.write(
        made,
        by=by,
        team=team,
        specialists=specialists,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        within=lambda: acting_as(by),
    )
    if outcome.wrong:
        raise SystemExit(f"row {outcome.wrong[0]}: {outcome.reports[outcome.wrong[0]].problems}")
    ended = time.perf_counter(), time.process_time(), processor_time(process)
    return Taken(*(after - before for before, after in zip(began, ended, strict=True)))


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=2_000, help="people in a list")
    parser.add_argument("--rounds", type=int, default=2, help="lists, one after the other into the same team")
    parser.add_argument("--all-or-nothing", action="store_true", help="write in one transaction")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="plass-bench-imports-") as folder, bootstrap.prepare(Path(folder), demo=True):
        from django.utils import timezone, translation

        from plass.cases.models import Case
        from plass.demo.make import make

        with database.acting_as_owner():
            make(scale=1, today=timezone.localdate(), progress=lambda *_told: None)
        by, team, specialists = _who()
        first: dict[str, Taken] = {}
        for turn in range(chosen.rounds):
            with database.acting_as_owner():
                followed = Case.objects.filter(team=team).count()
            content = people(chosen.people, specialists, county=COUNTY + turn)
            print(f"{chosen.people:,} people into a team with {followed:,} cases:")
            for done in ("checked", "written", "brought in again"):
                with translation.override("nb"):
                    taken = imported(
                        content,
                        by=by,
                        team=team,
                        specialists=specialists,
                        dry_run=done == "checked",
                        all_or_nothing=chosen.all_or_nothing,
                    )
                kept = first.setdefault(done, taken)
                print(
                    f"  {done} in {taken.clock:.1f} s "
                    f"({1000 * taken.clock / chosen.people:.1f} ms a person; processor {taken.program:.1f} s here, "
                    f"{taken.database:.1f} s in the database; {taken.clock / kept.clock:.2f} of the first round; "
                    f"target under {TARGET} s at 2,000)"
                )


if __name__ == "__main__":
    main()
