"""Whether a page costs more for those who see more: people who see 200, 2,000 and 20,000 cases, side by side.

    python -m benchmarks.viewers [--times 100] [--data FOLDER] [--queries]

Each is a specialist who follows some twenty people and also leads teams: many teams of a hundred cases (a supervisor over a
district), or one team that holds them all. The installation has 48,000 cases, of which nobody sees half; so small that it
is made in minutes, and no more than that is asked of it. Real HTTP on loopback against the program as `plass serve` runs
it, all warm; the viewers ask in turn in the same run, so that whatever else the machine does meets all of them. The
processor time of server and database beside the clock hardly changes with that (Linux; 0 elsewhere). Target: a page of
20,000 within 1.5 times that of 200. A page that holds more itself (kB: a team with 400 specialists has a line for
each) is not held to it.
"""

from __future__ import annotations

import argparse
import os
import statistics
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .installation import Browser, add_arguments, log_in, server, site
from .pages import PAGES, Page, Person, ask, queries

COUNTIES = 24
SIZES = (200, 2_000, 20_000)
SHAPES = ("many teams", "one team")
TARGET = 1.5
IN_A_ROW = 10
#: The pages that show one's part in many cases.
SHOWN = ("Min dag", "caseload list", "team page", "search")


@dataclass(frozen=True)
class Viewer:
    """Somebody who sees so many cases, in this many teams."""

    shape: str
    cases: int
    person: Person


def viewers() -> list[Viewer]:
    """Those who are measured, made where they are not there yet. Acts as owner."""
    from django.db import connection

    from plass.db import database

    found = []
    with database.acting_as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM organisation_county")
        counties = cursor.fetchone()[0]
        for shape in SHAPES:
            for size in SIZES:
                whole = max(1, size // 2_000)
                mine, counties = counties[:whole], counties[whole:]
                cursor.execute(
                    "SELECT array_agg(id ORDER BY id) FROM (SELECT t.id FROM organisation_team t JOIN organisation_office o "
                    "ON o.id = t.office_id WHERE o.county_id = ANY (%s) ORDER BY t.id LIMIT %s) teams",
                    [mine, size // 100],
                )
                teams = cursor.fetchone()[0]
                if shape == "one team":
                    _join(cursor, teams)
                    teams = teams[:1]
                found.append(Viewer(shape, *_viewer(cursor, teams)))
        cursor.execute("ANALYZE cases_case, milestone_cache, organisation_membership")
    return found


def _join(cursor, teams: list[int]) -> None:
    """Put the cases of ``teams`` into the first of them, with nothing made anew: what is counted stays the same."""
    for table in ("cases_case", "milestone_cache"):
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET team_id = %s WHERE team_id = ANY (%s)", [teams[0], teams[1:]])
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _viewer(cursor, teams: list[int]) -> tuple[int, Person]:
    """How many cases they see, and who: the specialist of the first team who follows most leads all of them."""
    cursor.execute(
        """
        SELECT m.user_id, m.team_id, max(k.case_id), max(p.family_name), m.user_id
        FROM organisation_membership m JOIN milestone_cache k ON k.specialist_id = m.user_id AND k.ended_on IS NULL
        JOIN cases_participant p ON p.id = k.participant_id
        WHERE m.team_id = %s AND m.role = 'specialist' AND m.ended_on IS NULL
        GROUP BY m.user_id, m.team_id ORDER BY count(*) DESC, m.user_id LIMIT 1
        """,
        [teams[0]],
    )
    person = Person(*cursor.fetchone())
    cursor.execute(
        "INSERT INTO organisation_membership (user_id, role, office_id, team_id, started_on) "
        "SELECT %s, 'supervisor', t.office_id, t.id, '2020-01-01' FROM organisation_team t WHERE t.id = ANY (%s) "
        "AND t.id NOT IN (SELECT team_id FROM organisation_membership WHERE user_id = %s AND role = 'supervisor')",
        [person.user, teams, person.user],
    )
    cursor.execute("SELECT count(*) FROM cases_case WHERE team_id = ANY (%s)", [teams])
    return cursor.fetchone()[0], person


def processor_time() -> float:
    """Seconds that this process, those it started and theirs have computed: the database and the server's workers."""
    told, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            told[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
            parents[int(stat.parent.name)] = int(fields[1])
    ours, more = set(), {os.getpid()}
    while more:
        ours |= more
        more = {process for process, parent in parents.items() if parent in more}
    return sum(told.get(process, 0) for process in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """What a page took: milliseconds by the clock (the middle one) and of processor time, and its kilobytes."""

    clock: float
    processor: float
    size: float


def measure(page: Page, found: list[Viewer], browsers: dict[int, Browser], times: int) -> list[Figures]:
    """The page for each viewer, who ask in turn, ten times in a row each; the first turn warms."""
    took: list[list[float]] = [[] for _ in found]
    processor, size = [0.0] * len(found), [0] * len(found)
    for turn in range(max(times // IN_A_ROW, 1) + 1):
        for number, viewer in enumerate(found):
            before = processor_time()
            for _request in range(IN_A_ROW):
                body, seconds = ask(browsers[viewer.person.user], page, viewer.person)
                size[number] = len(body)
                if turn:
                    took[number].append(seconds * 1000)
            if turn:
                processor[number] += (processor_time() - before) * 1000
    return [
        Figures(statistics.median(clock), spent / len(clock), kilobytes / 1000)
        for clock, spent, kilobytes in zip(took, processor, size, strict=True)
    ]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    parser.set_defaults(cases=COUNTIES * 2_000)
    parser.add_argument("--times", type=int, default=100, help="requests of each page by each viewer")
    parser.add_argument("--queries", action="store_true", help="print the questions of the largest viewers, too")
    chosen = parser.parse_args(arguments)
    with site(chosen) as made:
        found = viewers()
        pages = [page for page in PAGES if page.name in SHOWN]
        sessions = log_in([viewer.person.user for viewer in found])
        with server("benchmarks.serve") as port:
            browsers = {user: Browser(port, key) for user, key in sessions.items()}
            print(
                f"\nPages by how much somebody sees, of {made.cases:,} cases: ms by the clock (p50), of processor time; kB"
            )
            for shape in SHAPES:
                show(shape, [viewer for viewer in found if viewer.shape == shape], pages, browsers, chosen.times)
        if chosen.queries:
            for viewer in found:
                if viewer.cases < SIZES[-1] * 0.9:
                    continue
                for page in pages:
                    print(f"\n{page.name}, {viewer.shape}")
                    for milliseconds, text in queries(page, viewer.person, sessions[viewer.person.user]):
                        print(f"  {milliseconds:7.1f} ms  {' '.join(text.split())[:160]}")


def show(shape: str, these: list[Viewer], pages: list[Page], browsers: dict[int, Browser], times: int) -> None:
    """A table: the pages of those whose cases are in so many teams."""
    print(
        f"{shape:<15}" + "".join(f"{viewer.cases:>20,}" for viewer in these) + "   clock and processor, last to first"
    )
    for page in pages:
        figures = measure(page, these, browsers, times)
        first, last = figures[0], figures[-1]
        clock = last.clock / first.clock
        processor = last.processor / first.processor if first.processor else clock
        print(
            f"{page.name:<15}"
            + "".join(f"{one.clock:>8.1f}{one.processor:>7.1f}{one.size:>5.0f}" for one in figures)
            + f"{clock:>9.2f}{processor:>6.2f}"
            + ("" if processor <= TARGET else f"  over {TARGET}")
        )


if __name__ == "__main__":
    main()
