"""How long the pages take at 300,000 cases, how many questions each asks the database, and how far above the floor.

    python -m benchmarks.pages [--cases 300000] [--times 200] [--queries]

Real HTTP on loopback against the program as `plass serve` runs it; each request by another person, all warm. The floor
(``benchmarks.floor``) is asked in between, in the same run, about the same rows and with the same number of bytes; and
once more with a plan that the database kept, which no ordinary Django view has. Target: within 3 times the floor, at most
12 queries.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .installation import Browser, Site, add_arguments, log_in, percentile, server, site

PEOPLE = 60


@dataclass(frozen=True)
class Person:
    """Somebody who asks for pages: a specialist or a supervisor, one of their cases, and a name to search for."""

    user: int
    team: int
    case: int
    name: str
    supervisor: int


@dataclass(frozen=True)
class Page:
    """A page to measure: its name, its address, who asks, and the floor's page with its parameters."""

    name: str
    path: Callable[[Person], str]
    floor: Callable[[Person], dict[str, Any]]
    asks: Callable[[Person], int] = lambda person: person.user
    form: Callable[[Person], dict[str, str]] | None = None


PAGES = (
    Page("Min dag", lambda p: "/min-dag/", lambda p: {"page": "day", "a": p.user, "b": p.team}),
    Page(
        "Min dag, leader",
        lambda p: "/min-dag/",
        lambda p: {"page": "day", "a": p.supervisor, "b": p.team},
        lambda p: p.supervisor,
    ),
    Page("case page", lambda p: f"/sak/{p.case}/", lambda p: {"page": "case", "a": p.case}),
    Page("caseload list", lambda p: "/deltakere/?vis=team", lambda p: {"page": "list", "a": p.team}),
    Page("team page", lambda p: "/team/", lambda p: {"page": "team", "a": p.team}, lambda p: p.supervisor),
    Page(
        "search",
        lambda p: "/sok/",
        lambda p: {"page": "search", "a": p.team, "b": p.name.lower()},
        form=lambda p: {"q": p.name},
    ),
)


def people(number: int = PEOPLE) -> list[Person]:
    """Specialists all over the country who follow somebody, each with one of their open cases. Acts as owner."""
    from django.db import connection

    from plass.db import database

    with database.acting_as_owner(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.user_id, m.team_id, c.case_id, p.family_name, s.user_id
            FROM (SELECT * FROM organisation_membership WHERE role = 'specialist' AND ended_on IS NULL
                  ORDER BY md5(user_id::text) LIMIT %s) m
            JOIN LATERAL (SELECT case_id, participant_id FROM milestone_cache
                          WHERE specialist_id = m.user_id AND ended_on IS NULL
                          ORDER BY md5(case_id::text) LIMIT 1) c ON true
            JOIN cases_participant p ON p.id = c.participant_id
            JOIN LATERAL (SELECT user_id FROM organisation_membership
                          WHERE team_id = m.team_id AND role = 'supervisor' LIMIT 1) s ON true
            """,
            [number],
        )
        found = [Person(*row) for row in cursor.fetchall()]
    random.Random(1).shuffle(found)
    return found


def ask(browser: Browser, page: Page, person: Person) -> tuple[bytes, float]:
    """The page as the person sees it, and the seconds it took; a search as our script in the browser asks."""
    path, began = page.path(person), time.perf_counter()
    if page.form:
        status, body, _seconds, _onward = browser.post(path, page.form(person), {"HX-Request": "true"})
    else:
        status, body, _seconds = browser.get(path)
    if status != 200:
        raise SystemExit(f"{page.name}: {path} answered {status}")
    return body, time.perf_counter() - began


def queries(page: Page, person: Person, session: str) -> list[tuple[float, str]]:
    """The page's questions to the database, the slowest first: milliseconds and text. Asked within this process."""
    from django.db import connection
    from django.test import Client

    client = Client(headers={"host": "localhost", "accept-language": "nb"})
    client.cookies["plass_session"] = session
    path = page.path(person)

    def once() -> None:
        if page.form:
            client.post(path, page.form(person), headers={"hx-request": "true"})
        else:
            client.get(path)

    asked: list[tuple[float, str]] = []

    def note(execute: Callable[..., Any], text: str, *rest: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(text, *rest)
        finally:
            asked.append(((time.perf_counter() - began) * 1000, text))

    once()
    with connection.execute_wrapper(note):
        once()
    return sorted(asked, reverse=True)


@dataclass(frozen=True)
class Figures:
    """What was measured of one page, in milliseconds."""

    page: str
    p50: float
    p95: float
    floor50: float
    planned50: float
    queries: int
    kilobytes: float

    @property
    def ratio(self) -> float:
        """The page's middle time over the floor's."""
        return self.p50 / self.floor50

    @property
    def strictest(self) -> float:
        """The same over the floor whose plan is kept."""
        return self.p50 / self.planned50


def measure(page: Page, persons: list[Person], sessions: dict[int, str], ports: tuple[int, int], times: int) -> Figures:
    """Ask for the page and for its floors in turn, ``times`` each, by different people; the first round is warming."""
    browsers = {user: Browser(ports[0], key) for user, key in sessions.items()}
    bare = Browser(ports[1])
    took: list[float] = []
    floors: dict[str, list[float]] = {"": [], "1": []}
    size = 0
    for turn in range(times + len(persons)):
        person = persons[turn % len(persons)]
        body, seconds = ask(browsers[page.asks(person)], page, person)
        if turn >= len(persons):
            took.append(seconds * 1000)
            size += len(body)
        for planned, floor in floors.items():
            query = {**page.floor(person), "bytes": len(body), "planned": planned}
            status, plain, seconds = bare.get(f"/?{urlencode(query)}")
            if status != 200:
                raise SystemExit(f"the floor of {page.name} answered {status}: {plain[:500]!r}")
            if turn >= len(persons):
                floor.append(seconds * 1000)
    person = max(persons, key=lambda one: one.case)
    return Figures(
        page.name,
        percentile(took, 0.5),
        percentile(took, 0.95),
        percentile(floors[""], 0.5),
        percentile(floors["1"], 0.5),
        max(len(queries(page, one, sessions[page.asks(one)])) for one in (person, persons[0], persons[1])),
        size / times / 1000,
    )


def show(figures: list[Figures], made: Site, times: int) -> None:
    """The table."""
    print(f"\nPages at {made.cases:,} cases and {made.facts:,} facts, {times} requests each, milliseconds")
    print(f"{'page':<17}{'p50':>8}{'p95':>8}{'floor':>8}{'ratio':>7}{'planned':>9}{'ratio':>7}{'queries':>9}{'kB':>7}")
    for one in figures:
        print(
            f"{one.page:<17}{one.p50:>8.1f}{one.p95:>8.1f}{one.floor50:>8.1f}{one.ratio:>7.1f}"
            f"{one.planned50:>9.1f}{one.strictest:>7.1f}{one.queries:>9}{one.kilobytes:>7.0f}"
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--times", type=int, default=200, help="requests of each page")
    parser.add_argument("--queries", action="store_true", help="print each page's questions with their time, too")
    chosen = parser.parse_args(arguments)
    with site(chosen) as made:
        persons = people()
        users = {page.asks(person) for page in PAGES for person in persons}
        sessions = log_in(sorted(users))
        with server("benchmarks.serve") as port, server("benchmarks.floor", as_owner=True) as floor:
            figures = [measure(page, persons, sessions, (port, floor), chosen.times) for page in PAGES]
        show(figures, made, chosen.times)
        if chosen.queries:
            for page in PAGES:
                print(f"\n{page.name}")
                for milliseconds, text in queries(page, persons[0], sessions[page.asks(persons[0])]):
                    print(f"  {milliseconds:7.1f} ms  {' '.join(text.split())[:220]}")


if __name__ == "__main__":
    main()
