"""What in the log of who looked is worth a look, in words, and from how many on. Pure; the counting is in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Pattern:
    """A kind of finding: its heading and why it comes up."""

    kind: str
    heading: Promise
    why: Promise


#: Above what the log shows: what somebody who signed it off asks others to find out about (``sql/15_to_look_into.sql``).
FURTHER = Pattern(
    "further",
    _("To be looked into"),
    _(
        "Somebody who signed this off asks you to find out more, or it is for a data protection officer and none of them "
        "may look into it. Sign it off when you have, and write what you found."
    ),
)

#: In the order of the page: what needs an answer first.
PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "emergency",
        _("Opened in an emergency"),
        _("No part in the case; gave a reason. Read it, and ask if you wonder."),
    ),
    Pattern(
        "never",
        _("Tried what is never open"),
        _("A case that is never open to them, most often of a shielded participant. It was refused."),
    ),
    Pattern(
        "new link",
        _("New password link"),
        _("Somebody you lead got a link to choose a new password. Ask whether it was them who needed it."),
    ),
    Pattern(
        "new phone",
        _("Codes on the phone and passkeys taken away"),
        _("Somebody you lead sets up a new phone with the password alone. Ask whether it was them who needed it."),
    ),
    Pattern(
        "new colleague",
        _("New colleague with a link to log in"),
        _(
            "Somebody got a role where you lead, and a link to choose a password. Is it a colleague who is to have the role?"
        ),
    ),
    Pattern(
        "new login",
        _("First login through the login service"),
        _("Somebody you lead logged in through the login service for the first time. Ask whether it was them."),
    ),
    Pattern(
        "met shielded",
        _("Referred or imported somebody who is shielded"),
        _(
            "The identity number belongs to a shielded participant whom they do not see. They saw nothing of the person and "
            "were not told. Most often it is a coincidence; do not tell them either."
        ),
    ),
    Pattern(
        "emergency refused",
        _("Asked for emergency access to somebody who is shielded"),
        _("It was refused, as for a number that does not exist."),
    ),
    Pattern(
        "keeps away",
        _("Wanted to give a case to somebody who must keep away"),
        _(
            "They were told that this colleague cannot follow the participant. Once is most often chance; several times, "
            "or several colleagues, is a way to find out who is close to whom."
        ),
    ),
    Pattern(
        "hides another",
        _("Protected somebody whom another office has referred too"),
        _(
            "The case at the other office is hidden from its team by that. The two are the same number, and may be two "
            "people. See to it that the referral is answered."
        ),
    ),
    Pattern(
        "raises to read",
        _("Protected somebody more strictly whom others have referred as stricter still"),
        _(
            "A referral of the same number waits, and was written as more strictly protected. It stays closed to them. "
            "They may be right, and know nothing of it. See to it that somebody is asked to answer the referral."
        ),
    ),
    Pattern(
        "shielded again",
        _("Tried shielded participants again and again"),
        _("Several times in a day, or five times within thirty days. Each was refused."),
    ),
    Pattern(
        "protection lowered",
        _("Lowered somebody's protection"),
        _("Where it ends, the whole team sees the participant. Read the reason, and ask if you wonder."),
    ),
    Pattern(
        "no own employee",
        _("Left somebody unprotected who is said to work here"),
        _("Somebody who works here said that this is them. Read the reason, and ask if you wonder."),
    ),
    Pattern(
        "own employee, nobody asked",
        _("Said to be a participant, and there is nobody to ask"),
        _(
            "They say that a participant is them. Nobody decides about the case but perhaps the one who referred it. "
            "See to it that somebody follows it."
        ),
    ),
    Pattern("same surname", _("Same surname"), _("The one who looked and the participant share a family name.")),
    Pattern(
        "neighbour office",
        _("Another office in the county"),
        _("The case belongs to an office where the one who looked does not work."),
    ),
    Pattern(
        "many", _("Many colleagues' cases in a day"), _("More cases that others follow than cover usually asks for.")
    ),
    Pattern("refused", _("Refused again and again"), _("Cases that were not theirs, several times in a day.")),
    Pattern(
        "slowed",
        _("Refused so often that the account is slowed down"),
        _(
            "More than a hundred numbers of cases that were not theirs within an hour. A program may be at work, or "
            "somebody else in their name. Ask them today."
        ),
    ),
    Pattern(
        "numbers",
        _("Searched for many identity numbers that are not here"),
        _(
            "Thirty or more in a day. A few are looked for before each referral; so many may be a way to find out "
            "who is here."
        ),
    ),
)


@dataclass(frozen=True)
class Limits:
    """From how many on something comes up, valid from a day. Our own choice, to be adjusted by what reviews show."""

    valid_from: date
    many: int
    refusals: int
    days_back: int


LIMITS: tuple[Limits, ...] = (Limits(date(2026, 1, 1), many=15, refusals=3, days_back=30),)


def limits(today: date) -> Limits:
    """The limits that hold ``today``."""
    return max((limit for limit in LIMITS if limit.valid_from <= today), key=lambda limit: limit.valid_from)
