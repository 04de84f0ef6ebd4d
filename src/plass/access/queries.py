"""What pages ask about ways into cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q
from django.utils import timezone

from plass.db.prepared import PreparedQuery, fetch
from plass.organisation.models import Role, User

from .models import ConflictOfInterest, Grant
from .user_roles import UserRoles


def ties_of(user: User) -> list[ConflictOfInterest]:
    """What ``user`` has said about people close to themselves, or to others they lead; newest first. One query."""
    return list(
        ConflictOfInterest.objects.filter(Q(user=user) | Q(declared_by=user))
        .select_related("user", "answered_by")
        .order_by("-declared_at", "-pk")
    )


@dataclass(frozen=True)
class EndOfTie:
    """That a tie of somebody (``user_id``) should end, as whoever answers reads it: not which kind, nor since when."""

    pk: int
    user_id: int
    name: str
    end_asked_at: datetime
    end_reason: str
    answered_at: datetime | None
    answer: str
    ended_at: datetime | None


def _ends_of_ties(which: str) -> list[EndOfTie]:
    return [EndOfTie(*row) for row in fetch(f"SELECT * FROM access_ends_of_ties() {which}", {})]


def tie_ends_to_answer() -> list[EndOfTie]:
    """Ties whose end was asked for and that the acting user is to answer, the oldest first. One query."""
    return _ends_of_ties("WHERE answered_at IS NULL ORDER BY end_asked_at, id")


def tie_ends_answered() -> list[EndOfTie]:
    """Ties that the acting user answered, newest first; no more than the latest fifty. One query."""
    return _ends_of_ties("WHERE answered_at IS NOT NULL ORDER BY answered_at DESC, id DESC LIMIT 50")


@dataclass(frozen=True)
class TieEnd:
    """Somebody asks that a tie of theirs ends, and waits for an answer since a day."""

    tie_id: int
    name: str
    since: date


def tie_ends_waiting(who: UserRoles, today: date) -> PreparedQuery[TieEnd] | None:
    """The same for the page ``who`` begins the day on: the ten that waited longest. Nobody else has any to answer."""
    if not (who.led_teams or who.has(Role.ADMINISTRATOR)):
        return None
    return PreparedQuery(
        TieEnd,
        """
        SELECT t.id, t.name, (t.end_asked_at AT TIME ZONE 'Europe/Oslo')::date FROM access_ends_of_ties() t
        WHERE t.answered_at IS NULL ORDER BY t.end_asked_at, t.id LIMIT 10
        """,
        {},
    )


def ways_into(case_id: int) -> list[Grant]:
    """Who was let into a case, or let themselves in, and until when; newest first. One query."""
    return list(
        Grant.objects.filter(case_id=case_id)
        .select_related("user", "granted_by", "ended_by")
        .order_by("-granted_at", "-pk")
    )


@dataclass(frozen=True)
class WayIn:
    """A way into a case that is open now, and whose."""

    grant_id: int
    user_id: int
    name: str
    kind: str
    reason: str
    expires_at: datetime


def open_ways(case_id: int) -> PreparedQuery[WayIn]:
    """The question who was let into a case, or let themselves in, and still is; the first to end first."""
    return PreparedQuery(
        WayIn,
        """
        SELECT g.id, g.user_id, btrim(u.given_name || ' ' || u.family_name), g.kind, g.reason, g.expires_at
        FROM access_grant g JOIN organisation_user u ON u.id = g.user_id
        WHERE g.case_id = %(case)s AND g.expires_at > now() ORDER BY g.expires_at, g.id LIMIT 20
        """,
        {"case": case_id},
    )


def emergencies_to_tell(case_ids: Iterable[int], since: datetime | None = None) -> list[Grant]:
    """Emergencies in these cases, newest first: for the participant, who is told of each. One query."""
    grants = Grant.objects.filter(kind=Grant.Kind.EMERGENCY, case_id__in=list(case_ids))
    if since is not None:
        grants = grants.filter(granted_at__gte=since)
    return list(grants.select_related("user").order_by("-granted_at"))


def open_until(case_id: int, user: User) -> datetime | None:
    """When the last way into a case that ``user`` has for a time ends. One query."""
    now = Grant.objects.filter(case_id=case_id, user=user, expires_at__gt=timezone.now())
    return now.aggregate(last=Max("expires_at"))["last"]  # type: ignore[no-any-return]


def let_in(case_id: int) -> list[Grant]:
    """Who was let into a case by somebody else, newest first, whether they have opened it or not. One query."""
    grants = Grant.objects.filter(kind=Grant.Kind.GIVEN, case_id=case_id)
    return list(grants.select_related("user", "granted_by").order_by("-granted_at", "-pk"))
