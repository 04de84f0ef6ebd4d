"""Twenty people clicking at once through a realistic mix, for two minutes: errors counted, p95 stated.

    python -m benchmarks.together [--cases 300000] [--people 20] [--seconds 120]

Each is another specialist or supervisor with a browser of their own on loopback, and thinks for a second or so between
two clicks. What they record is recorded: a run adds some hundreds of contacts to the made data.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from .installation import Browser, Site, add_arguments, percentile, server, site
from .pages import Person, people

THINK = 1.0
PASSWORD = "målt-og-ikke-gjettet-2026"
#: How often each click is made, and the longest anybody should wait for an answer (seconds), where it is an error.
MIX = {"Min dag": 22, "case page": 30, "record contact": 14, "list": 12, "search": 10, "team page": 6, "log in": 6}
LONGEST = 30.0


class Form(HTMLParser):
    """The fields of the page's main form, as a browser would send them untouched."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = defaultdict(list)
        self._text: str | None = None
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs with a value, ticked boxes, and text areas."""
        known = dict(attrs)
        name = known.get("name")
        if tag == "textarea":
            self._text = name
        if tag != "input" or not name:
            return
        kind = known.get("type", "text")
        if kind in ("radio", "checkbox") and "checked" not in known:
            return
        if kind not in ("submit", "button", "file"):
            self.values[name].append(known.get("value") or ("on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        """What stands in a text area."""
        if self._text and data.strip():
            self.values[self._text].append(data)

    def handle_endtag(self, tag: str) -> None:
        """Out of a text area."""
        if tag == "textarea":
            self._text = None


@dataclass
class Outcome:
    """What one person met: seconds by click, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)


class Clicker(threading.Thread):
    """One person at work until the time is up."""

    def __init__(self, person: Person, username: str, port: int, until: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.person, self.username = person, username
        self.browser = Browser(port)
        self.until = until
        self.rng = random.Random(seed)
        self.outcome = Outcome()

    def run(self) -> None:
        """Log in, and then one click after the other."""
        self._click("log in")
        while time.monotonic() < self.until:
            time.sleep(self.rng.expovariate(1 / THINK))
            self._click(self.rng.choices(list(MIX), list(MIX.values()))[0])

    def _click(self, what: str) -> None:
        act = {
            "Min dag": lambda: self._page("/min-dag/"),
            "case page": lambda: self._page(f"/sak/{self.person.case}/"),
            "list": lambda: self._page("/deltakere/?vis=team"),
            "team page": lambda: self._page("/team/"),
            "search": self._search,
            "record contact": self._record,
            "log in": self._log_in,
        }[what]
        began = time.perf_counter()
        try:
            wrong = act()
        except (OSError, ValueError) as error:
            wrong = f"{type(error).__name__}: {error}"
        took = time.perf_counter() - began
        if wrong is None and took > LONGEST:
            wrong = f"took {took:.0f} s"
        if wrong:
            self.outcome.errors[f"{what}: {wrong}"] += 1
        else:
            self.outcome.seconds[what].append(took)

    def _page(self, path: str) -> str | None:
        status, _body, _seconds = self.browser.get(path)
        return None if status == 200 else f"{status}"

    def _search(self) -> str | None:
        status, _body, _seconds, leads_to = self.browser.post("/sok/", {"q": self.person.name})
        return self._page(leads_to) if status == 303 else f"{status}"

    def _record(self) -> str | None:
        path = f"/sak/{self.person.case}/kontakt/?med=participant"
        status, body, _seconds = self.browser.get(path)
        if status != 200:
            return f"form {status}"
        values: dict[str, Any] = dict(Form(body).values)
        values.update(
            parties=["participant"], channel="phone", minutes="15", purpose="follow_up", note="Ringte. Det går bra."
        )
        for name in ("q", "no_show", "decision_maker"):
            values.pop(name, None)
        status, body, _seconds, leads_to = self.browser.post(path, values)
        return self._page(leads_to) if status == 303 else f"{status}"

    def _log_in(self) -> str | None:
        self.browser.session = ""
        status, _body, _seconds = self.browser.get("/logg-inn/")
        if status != 200:
            return f"form {status}"
        form = {"username": self.username, "password": PASSWORD}
        status, _body, _seconds, leads_to = self.browser.post("/logg-inn/", form)
        if status != 303:
            return f"{status}"
        status, _body, _seconds, headers = self.browser.ask("GET", leads_to)
        return self._page(headers["Location"]) if status == 302 else None if status == 200 else f"{status}"


def give_passwords(user_ids: list[int]) -> dict[int, str]:
    """Give made-up people a password for this run; their user names by account. Acts as owner."""
    from django.contrib.auth.hashers import make_password

    from plass.db import database
    from plass.organisation.models import User

    with database.acting_as_owner():
        User.objects.filter(pk__in=user_ids).update(password=make_password(PASSWORD))
        return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "username"))


def take_passwords(user_ids: list[int]) -> None:
    """Take them away again."""
    from plass.db import database
    from plass.organisation.models import User

    with database.acting_as_owner():
        User.objects.filter(pk__in=user_ids).update(password="!")


def show(outcomes: list[Outcome], made: Site, seconds: float) -> int:
    """The table. Returns the number of errors."""
    together: dict[str, list[float]] = defaultdict(list)
    errors: Counter[str] = Counter()
    for outcome in outcomes:
        errors.update(outcome.errors)
        for what, took in outcome.seconds.items():
            together[what] += took
    every = [one for took in together.values() for one in took]
    print(f"\n{len(outcomes)} people at once for {seconds:.0f} s at {made.cases:,} cases, milliseconds a click")
    print(f"{'click':<18}{'number':>8}{'p50':>8}{'p95':>8}{'worst':>8}")
    for what in MIX:
        took = together.get(what) or [0.0]
        print(_line(what, took if what in together else []))
    print(_line("all", every))
    print(f"{len(every) / seconds:.1f} clicks a second, {sum(errors.values())} errors")
    for error, number in errors.most_common(10):
        print(f"  {number} x {error}")
    return sum(errors.values())


def _line(what: str, took: list[float]) -> str:
    if not took:
        return f"{what:<18}{0:>8}"
    values = [1000 * percentile(took, share) for share in (0.5, 0.95, 1.0)]
    return f"{what:<18}{len(took):>8}" + "".join(f"{value:>8.0f}" for value in values)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print. Exit code 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--people", type=int, default=20, help="how many click at once")
    parser.add_argument("--seconds", type=float, default=120, help="for how long")
    chosen = parser.parse_args(arguments)
    with site(chosen) as made:
        persons = people(chosen.people)
        names = give_passwords([person.user for person in persons])
        try:
            with server("benchmarks.serve") as port:
                until = time.monotonic() + chosen.seconds
                clickers = [
                    Clicker(person, names[person.user], port, until, seed) for seed, person in enumerate(persons)
                ]
                for clicker in clickers:
                    clicker.start()
                for clicker in clickers:
                    clicker.join(chosen.seconds + 2 * LONGEST)
        finally:
            take_passwords([person.user for person in persons])
        if show([clicker.outcome for clicker in clickers], made, chosen.seconds):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
