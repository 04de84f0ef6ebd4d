"""Writing the log of who looked: one human opening is one line, in the transaction of the page that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from plass.db.prepared import execute, fetch
from plass.organisation.models import Role, User

from .models import AccessLogEntry
from .rules import Decision
from .user_roles import UserRoles

#: The role that a rule is about; for every other rule it is the first of their roles.
ROLE_OF_RULE = {
    "own": User.Kind.PARTICIPANT.value,
    "specialist": Role.SPECIALIST.value,
    "counsellor": Role.COUNSELLOR.value,
    "leads": Role.SUPERVISOR.value,
    "team": Role.SPECIALIST.value,
}
UNKNOWN = "unknown"
#: So many cases somebody may be refused within an hour as if they were not there. Our own choice: nobody mistypes so often.
MOST_REFUSALS = 120

#: Who was refused because somebody keeps away, in a transaction; None where nobody writes it after that.
_kept_away: ContextVar[list[UserRoles] | None] = ContextVar("kept away", default=None)


def log_opened_case(
    who: UserRoles, case_id: int, participant_id: int | None, purpose: str, decision: Decision | None
) -> None:
    """One case was opened, or was not: without a decision there is no such case, as far as the database showed."""
    rule = decision.rule if decision else UNKNOWN
    _write(
        [who.user.pk, ROLE_OF_RULE.get(rule, who.first_role), purpose],
        [(case_id, participant_id, rule, bool(decision and decision.allowed), None)],
    )


def log_export(who: UserRoles, purpose: str, cases: Iterable[tuple[int, int, str]]) -> None:
    """Cases left the program in a file, or a page showed what is recorded of each: (case, participant, rule).

    Each is a line of its own. One statement.
    """
    _write([who.user.pk, who.first_role, purpose], [(case, person, rule, True, None) for case, person, rule in cases])


def log_list(who: UserRoles, purpose: str, shown: int, *, allowed: bool = True) -> None:
    """A page showed people by name, so many; or a search found nobody (``allowed`` False). What was typed is not kept."""
    _write([who.user.pk, who.first_role, purpose], [(None, None, purpose, allowed, shown)])


def kept_away(who: UserRoles) -> None:
    """``who`` wanted to give a case to somebody who must keep away from the participant, and was refused.

    By the refusal they know it, so that it is a finding. Neither the case nor the other stands in it.
    """
    waiting = _kept_away.get()
    if waiting is None:
        log_kept_away(who)
    else:
        waiting.append(who)


@contextmanager
def collecting_refusals() -> Iterator[list[UserRoles]]:
    """Within, what is said by ``kept_away`` is collected instead of written: whoever asks writes it by ``log_kept_away``.

    Within another it is the outer's to write: its transaction may be undone too.
    """
    refusals: list[UserRoles] = []
    if _kept_away.get() is not None:
        yield refusals
        return
    before = _kept_away.set(refusals)
    try:
        yield refusals
    finally:
        _kept_away.reset(before)


def log_kept_away(who: UserRoles) -> None:
    """The line of one refusal."""
    log_list(who, "give", 0, allowed=False)


def slows_down(who: UserRoles) -> int | None:
    """In how many seconds ``who``, who was just refused, may be told again that they are; None where they may be now.

    That it begins is a line of its own, and a finding.
    """
    seconds: int | None
    seconds, begins = fetch("SELECT seconds, begins FROM access_slowed(%(most)s)", {"most": MOST_REFUSALS})[0]
    if begins:
        log_list(who, "slowed", 0, allowed=False)
    return seconds


def _write(same: list[int | str], lines: list[tuple[int | None, int | None, str, bool, int | None]]) -> None:
    user, role, purpose = same
    cases, participants, rules, allowed, shown = (
        (list(column) for column in zip(*lines, strict=True)) if lines else [[]] * 5
    )
    # Without RETURNING: a refused line must not be readable by the one who was refused.
    execute(
        f"INSERT INTO {AccessLogEntry._meta.db_table} "
        "(at, user_id, role, purpose, case_id, participant_id, rule, allowed, shown) "
        "SELECT clock_timestamp(), %(user)s::bigint, %(role)s::text, %(purpose)s::text, line.* "
        "FROM unnest(%(cases)s::bigint[], %(participants)s::bigint[], %(rules)s::text[], %(allowed)s::boolean[], "
        "%(shown)s::integer[]) AS line",
        {
            "user": user,
            "role": role,
            "purpose": purpose,
            "cases": cases,
            "participants": participants,
            "rules": rules,
            "allowed": allowed,
            "shown": shown,
        },
    )
