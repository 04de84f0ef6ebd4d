"""Queries about who has looked: findings for supervisors, the log for the data protection officer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plass.access import log_labels
from plass.access.models import AccessLogEntry
from plass.access.user_roles import UserRoles
from plass.accounts import approval_labels, approvals
from plass.accounts.models import ApprovalRequest
from plass.cases.models import Participant
from plass.db.prepared import PreparedQuery, fetch
from plass.organisation.models import Role, User

from .models import Review
from .patterns import FURTHER, PATTERNS, limits

TO_LOOK_INTO = "oversight_to_look_into(%(look_since)s::date, %(look_many)s::integer, %(look_refusals)s::integer)"
#: The kinds of finding whose reason is the number of a request (``sql/10_findings.sql``).
WAYS_IN = frozenset({"new link", "new phone", "new colleague", "new login"})


@dataclass(frozen=True)
class Finding:
    """Something worth a look: a pattern, who looked, on which day, how often; the case where the supervisor sees it.

    ``signed_before``: how often on that day it had been signed off already before this.
    """

    kind: str
    user_id: int
    day: date
    case_id: int | None
    times: int
    reason: str
    key: str
    signed_before: int = 0
    name: str = ""
    review: Review | None = None
    #: Where it was to be looked into: what whoever did signed in turn.
    looked_into: Review | None = None


def findings(today: date) -> list[Finding]:
    """What others ask the acting user to look into; and the findings for the acting supervisor or data protection officer,
    newest first: what waits, and what was signed of the last weeks. At most six queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, user_id, day, case_id, times, reason, finding, signed_before, review"
            " FROM oversight_findings(%s, %s, %s)",
            asked_with(today),
        )
        rows = cursor.fetchall()
    names = {user.pk: user.name for user in User.objects.filter(pk__in={row[1] for row in rows})}
    signed = Review.objects.select_related("reviewed_by").in_bulk({row[8] for row in rows} - {None})
    answers = _looked_into(signed.values())
    unsorted = [
        replace(
            Finding(*row[:8]), name=names.get(row[1], ""), review=signed.get(row[8]), looked_into=answers.get(row[8])
        )
        for row in rows
    ]
    requests = approvals.by_number(int(finding.reason) for finding in unsorted if finding.kind in WAYS_IN)
    findings = [
        replace(finding, reason=_approval_text(finding, requests), times=0)
        if finding.kind in WAYS_IN
        else _lowered(finding)
        for finding in unsorted
    ]
    return [*to_look_into(today), *findings]


def to_look_into(today: date) -> list[Finding]:
    """Findings that others left for the acting user to look into, or that come up for them in place of a data protection
    officer: the oldest, at most fifty. One query.
    """
    headings = {pattern.kind: str(pattern.heading) for pattern in (FURTHER, *PATTERNS)}
    rows = fetch(
        "SELECT l.finding, l.user_id, l.day, l.kind, l.remark, l.asked_by, btrim(u.given_name || ' ' || u.family_name) "
        f"FROM {TO_LOOK_INTO} l JOIN organisation_user u ON u.id = l.user_id LIMIT 50",
        _limits_as_parameters(today),
    )
    return [
        Finding(
            kind=FURTHER.kind,
            user_id=user,
            day=day,
            case_id=None,
            times=1,
            reason=f"{headings.get(kind, kind)}. {by}: {remark}" if by else headings.get(kind, kind),
            key=key,
            name=name,
        )
        for key, user, day, kind, remark, by, name in rows
    ]


def nobody_looks_into(findings: Iterable[Finding]) -> list[str]:
    """Names of those whom nobody would look into if the acting user signed their findings as to be looked into."""
    names = {finding.key: (finding.user_id, finding.name) for finding in findings}
    if not names:
        return []
    parameters = {"keys": list(names), "people": [user for user, _name in names.values()]}
    unwatched = {row[0] for row in fetch("SELECT oversight_nobody_looks_into(%(keys)s, %(people)s)", parameters)}
    return sorted({name for user, name in names.values() if user in unwatched})


def _looked_into(signed: Iterable[Review]) -> dict[int, Review]:
    """What came of reviews that were to be looked into, by their numbers, as far as the acting user may read it."""
    keys = {_key_of_answer(review): review.pk for review in signed if review.verdict == Review.Verdict.FURTHER}
    follow_ups = Review.objects.select_related("reviewed_by").filter(finding__in=keys) if keys else []
    return {keys[review.finding]: review for review in follow_ups}


def _key_of_answer(asked: Review) -> str:
    """What the signature of whoever looks into ``asked`` is called (``sql/15_to_look_into.sql``)."""
    if asked.alone:
        return f"personvern:alone:further:{asked.pk}"
    return f"{'' if asked.finding.startswith('personvern:') else 'personvern:'}further:{asked.pk}"


@dataclass(frozen=True)
class ToLookInto:
    """How many findings others ask the reader to look into: no row where there are none."""

    number: int


def count_to_look_into(who: UserRoles, today: date) -> PreparedQuery[ToLookInto] | None:
    """The query that counts them, for the pages where people begin their day."""
    if not (who.led_teams or who.has(Role.LEADER) or who.has(Role.DATA_PROTECTION)):
        return None
    return PreparedQuery(
        ToLookInto, f"SELECT count(*) FROM {TO_LOOK_INTO} HAVING count(*) > 0", _limits_as_parameters(today)
    )


def _limits_as_parameters(today: date) -> dict[str, date | int]:
    return dict(zip(("look_since", "look_many", "look_refusals"), asked_with(today), strict=True))


def asked_with(today: date) -> tuple[date, int, int]:
    """The parameters of ``oversight_findings``: since when, and from how many on."""
    limit = limits(today)
    return today - timedelta(limit.days_back), limit.many, limit.refusals


def _approval_text(finding: Finding, requests: dict[int, ApprovalRequest]) -> str:
    """What was asked for and answered by whom, and how often cases were opened by it."""
    request = requests.get(int(finding.reason))
    if request is None:
        return ""
    text = approval_labels.approval(request)
    return f"{text}. " + (
        ngettext("Opened a case %(count)d time since.", "Opened cases %(count)d times since.", finding.times)
        % {"count": finding.times}
    )


def _lowered(finding: Finding) -> Finding:
    """Where protection was lowered: from what to what, and why, each time by itself."""
    if finding.kind != "protection lowered":
        return finding
    level = {value: str(label) for value, label in Participant.Protection.choices}
    changes = [
        _("From %(was)s to %(now)s: %(why)s")
        % {"was": level[act["from"]], "now": level[act["to"]], "why": act["why"] or _("the same reason as before")}
        # Not splitlines(): a reason may hold a separator of another sort, and the database joins them by this one.
        for act in map(json.loads, finding.reason.split("\n"))
    ]
    return replace(finding, reason="\n".join(changes))


def unsigned(today: date) -> int:
    """How many findings wait for the acting supervisor. At most four queries."""
    return sum(finding.review is None for finding in findings(today))


@dataclass(frozen=True)
class Emergency:
    """Somebody opened a case they have no part in; the case where the supervisor sees it."""

    name: str
    day: date
    case_id: int | None
    reason: str


def unsigned_emergencies(who: UserRoles, today: date) -> PreparedQuery[Emergency] | None:
    """Emergencies that a supervisor has not signed off, the latest first. Nothing to ask for others."""
    if not who.led_teams:
        return None
    return PreparedQuery(Emergency, "SELECT * FROM oversight_emergencies()", {})


@dataclass(frozen=True)
class AccessLogRow:
    """A line of the log as the data protection officer reads it: participants by number, not by name."""

    at: datetime
    name: str
    username: str
    role: str
    case_id: int | None
    participant_id: int | None
    purpose: str
    allowed: bool
    rule: str
    shown: int | None
    login: str


def log_lines(
    first: date, last: date, *, participant: int | None = None, at_once: int = 2000
) -> Iterator[AccessLogRow]:
    """The log from ``first`` through ``last``, oldest first, for whoever may read it; never all in memory."""
    zone = timezone.get_current_timezone()
    lines = AccessLogEntry.objects.filter(
        at__gte=datetime(first.year, first.month, first.day, tzinfo=zone),
        at__lt=datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1),
    )
    if participant is not None:
        lines = lines.filter(participant_id=participant)
    stored = lines.select_related("user").order_by("at", "pk").iterator(chunk_size=at_once)
    while batch := list(islice(stored, at_once)):
        requests = approvals.by_number({line.approval_id for line in batch if line.approval_id})
        for line in batch:
            request = requests.get(line.approval_id or 0)
            yield AccessLogRow(
                at=timezone.localtime(line.at),
                name=line.user.name,
                username=line.user.username,
                role=log_labels.role(line.role),
                case_id=line.case_id,
                participant_id=line.participant_id,
                purpose=log_labels.purpose(line.purpose),
                allowed=line.allowed,
                rule=log_labels.rule(line.rule),
                shown=line.shown,
                login=approval_labels.login(request) if request else "",
            )
