"""What row-level security and the log of who looked cost of each page, at the large size, compared in the same run.

    python -m benchmarks.trust [--cases 300000] [--times 60] [--rounds 3]

Each page is asked for within this process in three ways, in turn: as it is (the web role, with the log); as the owner, for
whom the policies ask nothing; and as the web role without the line in the log. The differences are the costs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from .installation import add_arguments, log_in, percentile, site
from .pages import PAGES, Page, Person, people

WAYS = ("as it is", "no policies", "no log")


@contextmanager
def without_log() -> Iterator[None]:
    """Within, pages write no line about who looked."""
    from plass.access import log

    written = log._write
    log._write = lambda same, lines: None
    try:
        yield
    finally:
        log._write = written


def ask(page: Page, persons: list[Person], sessions: dict[int, str], times: int) -> list[float]:
    """Milliseconds of ``times`` requests by different people, after one round that warms."""
    from django.test import Client

    took = []
    clients = {}
    for person in persons:
        client = clients[person.user, person.case] = Client(headers={"host": "localhost", "accept-language": "nb"})
        client.cookies["plass_session"] = sessions[page.asks(person)]
    for turn in range(times + len(persons)):
        person = persons[turn % len(persons)]
        client, path, began = clients[person.user, person.case], page.path(person), time.perf_counter()
        form = page.form(person) if page.form else None
        answer = client.post(path, form, headers={"hx-request": "true"}) if form else client.get(path)
        if turn >= len(persons):
            took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{page.name}: {path} answered {answer.status_code}")
    return took


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--times", type=int, default=60, help="requests of each page in each way and round")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    from plass.db import database

    ways: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "as it is": nullcontext,
        "no policies": database.acting_as_owner,
        "no log": without_log,
    }
    with site(chosen) as made:
        persons = people(20)
        sessions = log_in(sorted({page.asks(person) for page in PAGES for person in persons}))
        print(
            f"\nWhat trust costs at {made.cases:,} cases, {chosen.rounds * chosen.times} requests each, milliseconds (p50)"
        )
        print(f"{'page':<15}{'as it is':>10}{'policies':>10}{'of it':>7}{'the log':>10}{'of it':>7}")
        for page in PAGES:
            took: dict[str, list[float]] = {way: [] for way in WAYS}
            for _round in range(chosen.rounds):
                for way in WAYS:
                    with ways[way]():
                        took[way] += ask(page, persons, sessions, chosen.times)
            whole, bare, unlogged = (percentile(took[way], 0.5) for way in WAYS)
            print(
                f"{page.name:<15}{whole:>10.1f}{whole - bare:>10.1f}{(whole - bare) / whole:>7.0%}"
                f"{whole - unlogged:>10.1f}{(whole - unlogged) / whole:>7.0%}"
            )


if __name__ == "__main__":
    main()
