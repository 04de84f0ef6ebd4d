"""After how many days Min dag says something: one table, with the days each line holds and where it comes from.

No Django here. Change a threshold by ending its line (``until``) and adding a new one, so that it can be told what
held when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

HOUSE = "docs/decisions/0020-what-min-dag-asks-for.md"
FOLLOW_ALONG = "IPS-25 fidelity scale, item 23: follow-along support"
RAPID_SEARCH = "IPS-25 fidelity scale, item 15: first employer contact within 30 days of the start"
GDPR = "General Data Protection Regulation, article 12 (3): within one month of receipt of the request"
BEGINNING = date(2026, 1, 1)


@dataclass(frozen=True)
class Threshold:
    """``days`` until ``about`` is worth saying, in ``phase`` (None: any), from ``since`` through ``until``."""

    about: str
    days: int
    source: str
    phase: str | None = None
    since: date = BEGINNING
    until: date | None = None


THRESHOLDS: tuple[Threshold, ...] = (
    # The longest time without meeting the participant, in person or by video.
    Threshold("not met", 14, HOUSE, "referred"),
    Threshold("not met", 14, HOUSE, "engagement"),
    Threshold("not met", 14, HOUSE, "profiling"),
    Threshold("not met", 14, HOUSE, "job_development"),
    Threshold("not met", 30, FOLLOW_ALONG, "in_work"),
    Threshold("not met", 30, HOUSE, "in_education"),
    # From referral until the first talk ought to be held.
    Threshold("first talk", 14, HOUSE),
    # Around a job: in touch within the week before, within three days after it starts, weekly in the first month, and
    # within three days after it was lost.
    Threshold("before job", 7, FOLLOW_ALONG),
    Threshold("after job start", 3, FOLLOW_ALONG),
    Threshold("first month", 31, FOLLOW_ALONG),
    Threshold("weekly", 7, FOLLOW_ALONG),
    Threshold("after job loss", 3, FOLLOW_ALONG),
    Threshold("job ends ahead", 28, HOUSE),
    Threshold("retention ahead", 14, HOUSE),
    # What may be missing, counted from the start.
    Threshold("profile", 30, HOUSE),
    Threshold("employer met", 30, RAPID_SEARCH),
    Threshold("employer met ahead", 9, HOUSE),
    # A request for correction is answered within a month.
    Threshold("correction answered", 30, GDPR),
    # How far ahead something with a day of its own is shown.
    Threshold("ahead", 7, HOUSE),
)

#: Weeks after the first job at which we ask whether somebody is still in work, in days (docs/milestones.md).
RETENTION_POINTS: tuple[tuple[int, int], ...] = ((13, 91), (26, 182), (52, 364))

#: A full caseload for one specialist. Source: IPS-25 fidelity scale, item 1 (best score: 20 or fewer).
FULL_CASELOAD = 20


def days(about: str, on: date, phase: str | None = None) -> int:
    """The threshold that holds on a date: the phase's own, else the one for any phase.

    Raises LookupError where no line holds on that date, which a test rules out for every name used.
    """
    holding = [
        line
        for line in THRESHOLDS
        if line.about == about and line.since <= on and (line.until is None or on <= line.until)
    ]
    for candidate_phase in (phase, None):
        for line in holding:
            if line.phase == candidate_phase:
                return line.days
    raise LookupError(f"no threshold for {about!r} in phase {phase!r} on {on}")
