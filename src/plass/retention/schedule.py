"""How long what is kept, from when it is counted, and what happens then: one table, with the days each line holds.

No Django here. Change a rule by ending its line (``until``) and adding a new one, so that it can be told what held when.
The law sets the frame (no longer than the purpose needs, and what the archive law says must be kept is handed over to
the archive first); the numbers of years are the house's until the office's archivist has set theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

PURPOSE = "GDPR article 5(1)(e): no longer than the purpose needs; the number is the house's (docs/decisions/0110)"
ACCOUNT_OF_ACCESS = "reference/access-and-trust.md: the participant may read who looked; the number is the house's"
TECHNICAL = "needed for hours or days only; the number is the house's"
BEGINNING = date(2026, 1, 1)

Kind = Literal[
    "follow-up",
    "never started",
    "who looked",
    "changes",
    "sessions",
    "logout notices",
    "sent forms",
    "failed logins",
    "uploaded lists",
]
#: A participant is made nameless and the facts stay for the figures; everything else is deleted.
Does = Literal["anonymise", "delete"]


@dataclass(frozen=True)
class Rule:
    """``kind`` is kept ``years`` and ``days`` from ``counted_from``, then it is deleted or made nameless.

    ``grace``: days from the notice until it happens (0: no notice; nobody is asked about a session).
    """

    kind: Kind
    does: Does
    counted_from: str
    source: str
    years: int = 0
    days: int = 0
    grace: int = 0
    since: date = BEGINNING
    until: date | None = None

    def last_kept(self, today: date) -> date:
        """What began to count on this day or later is still kept ``today``."""
        return years_before(today, self.years) - timedelta(days=self.days)


SCHEDULE: tuple[Rule, ...] = (
    Rule("follow-up", "anonymise", "the end of the participant's last case", PURPOSE, years=5, grace=60),
    Rule("never started", "anonymise", "the end of a follow-up that never began", PURPOSE, years=1, grace=60),
    Rule("who looked", "delete", "the opening", ACCOUNT_OF_ACCESS, years=10),
    Rule("changes", "delete", "the change", ACCOUNT_OF_ACCESS, years=10),
    Rule("sessions", "delete", "the end of the session", TECHNICAL, days=1),
    Rule("logout notices", "delete", "the notice", TECHNICAL, days=1),
    Rule("sent forms", "delete", "the sending", TECHNICAL, days=30),
    Rule("failed logins", "delete", "the last attempt", TECHNICAL, days=1),
    Rule("uploaded lists", "delete", "the upload", TECHNICAL, days=7),
)


def rule(kind: Kind, today: date) -> Rule:
    """The rule for ``kind`` that holds ``today``. Raises LookupError where none does."""
    for candidate in SCHEDULE:
        if (
            candidate.kind == kind
            and candidate.since <= today
            and (candidate.until is None or today <= candidate.until)
        ):
            return candidate
    raise LookupError(f"no rule for {kind} holds on {today}")


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
