"""Referrals of somebody whom the one who referred does not see: joined with the person by those who may see both.

The functions of ``cases/sql/40_duplicates.sql`` say who that is, and do it. Here are their answers, and the acts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from plass.access import actions as access
from plass.db import signed
from plass.db.prepared import PreparedQuery, fetch
from plass.organisation.models import User

from .gate import NotAllowed


@dataclass(frozen=True)
class Waiting:
    """A referral that the acting user may join or answer: the case that waits, and both persons' names and protection.

    ``existing_case`` is a case of the registered person that the acting user sees (None where they were appointed).
    ``open_here``: the registered person has follow-up at that office already, so that the two cannot be joined.
    ``followers``: who has taken the case, or was given it, beside the one who referred; names with commas between.
    ``ends``: whether an answer ends the case; else it is the data protection officer's to ask somebody at that office.
    ``earlier_answers``: what those wrote who did not join it, and whose answer was handed on.
    ``becomes``: what the one who referred is in the case after a join: counsellor, specialist, or only who referred it.
    """

    number: int
    case: int
    existing: int
    existing_case: int | None
    office: str
    team: str | None
    referred_on: date | None
    referred_by: str
    typed: dict[str, str]
    registered: dict[str, str]
    open_here: bool
    followers: str
    ends: bool
    earlier_answers: str
    becomes: str

    @property
    def name(self) -> str:
        """The registered person's name."""
        return f"{self.registered['given_name']} {self.registered['family_name']}"


def waiting() -> list[Waiting]:
    """The referrals that wait for the acting user, the oldest first. One query."""
    rows = fetch("SELECT * FROM cases_joins_waiting()", {})
    return [Waiting(*(*row[:8], json.loads(row[8]), json.loads(row[9]), *row[10:])) for row in rows]


@dataclass(frozen=True)
class Count:
    """How many referrals wait for the acting user: no row where none does."""

    number: int


def count() -> PreparedQuery[Count]:
    """The question how many they are, for the pages where people begin their day."""
    return PreparedQuery(Count, "SELECT number FROM cases_joins_count() AS number WHERE number > 0", {})


@dataclass(frozen=True)
class OwnDuplicate:
    """What became of a referral under a participant's own number."""

    referred_on: date
    office: str
    outcome: str
    answered_on: date
    answered_by: str


def own() -> list[OwnDuplicate]:
    """What became of referrals under the acting participant's own number, the latest first. One query."""
    return [OwnDuplicate(*row) for row in fetch("SELECT * FROM cases_own_duplicates()", {})]


@dataclass(frozen=True)
class NobodyMay:
    """A referral that nobody can join, as the data protection officer sees it: no participant's name."""

    number: int
    office_id: int
    office: str
    team: str | None
    referred_on: date
    referred_by: str
    appointed: str | None


def nobody_may() -> list[NobodyMay]:
    """The referrals that nobody can join, of the acting data protection officer's offices. One query."""
    return [NobodyMay(*row) for row in signed.call("cases_joins_to_appoint")]


@transaction.atomic
def join(number: int, *, by: User, keep: bool = False) -> None:
    """The referral is of the registered person: its case becomes theirs, and whoever referred gets their part in it. The
    stricter protection of the two holds. ``keep``: whoever follows the case by now, or is its counsellor, goes on; else
    it is again as when it was referred.

    Raises NotAllowed where it does not wait for ``by``, ValidationError where the person has follow-up at that office.
    """
    reason = _("As the referral that was joined said.")
    let_go = _("The referral was joined with somebody registered. Who follows is decided anew.")
    answer = signed.call("cases_join", number, reason, keep, let_go)[0][0]
    if answer == "open here":
        raise ValidationError(
            _("The person already has follow-up at this office. Answer the referral instead, and say so there.")
        )
    if answer != "joined":
        raise NotAllowed(f"referral {number} does not wait for user {by.pk}")


@transaction.atomic
def answer(number: int, *, by: User, text: str) -> bool:
    """The referral is not joined. Its case ends with ``text``, which the one who referred reads (True); or, where ``by``
    neither leads nor follows at that office, ``text`` is handed on to the one whom the data protection officer asks (False).

    Raises NotAllowed where it does not wait for ``by``, ValidationError without a text.
    """
    if not text.strip():
        raise ValidationError({"answer": _("Write what the one who referred is to read.")})
    became = signed.call("cases_answer_referral", number, text)[0][0]
    if became not in {"answered", "handed on"}:
        raise NotAllowed(f"referral {number} does not wait for user {by.pk}")
    return bool(became == "answered")


@transaction.atomic
def appoint(number: int, *, by: User, to: User) -> None:
    """The data protection officer asks somebody at the office to join or answer a referral that nobody else can.

    Raises ValidationError where ``to`` may not: who referred, who must keep away (which is noted), who has no such role at
    the office; and where somebody was asked before who may still answer.
    """
    became = signed.call("cases_appoint_joiner", number, to.pk)[0][0]
    if became == "asked before":
        raise ValidationError(_("Somebody has been asked already, and can still answer. Talk with them."))
    if became in {"keeps away", "asked instead"}:
        access.note_kept_away(by)
    if became not in {"asked", "asked instead"}:
        raise ValidationError({"to": _("%(name)s cannot do this. Choose somebody else.") % {"name": to.name}})
