"""What pages ask about ways into cases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from plass.organisation.models import User

from .models import Grant, Tie


def ties_of(user: User) -> list[Tie]:
    """What ``user`` has said about people close to themselves, or to others they lead; newest first. One query."""
    return list(
        Tie.objects.filter(Q(user=user) | Q(declared_by=user))
        .select_related("user", "answered_by")
        .order_by("-declared_at", "-pk")
    )


def tie_ends_to_answer(by: User) -> list[Tie]:
    """Ties whose end was asked for and that ``by`` is to answer, the oldest first. One query."""
    return list(
        Tie.objects.filter(end_asked_at__isnull=False, answered_at=None)
        .exclude(user=by)
        .filter(user__in=RawSQL("SELECT unnest(access_ties_to_end_of())", []))
        .select_related("user")
        .order_by("end_asked_at", "pk")
    )


def tie_ends_answered(by: User) -> list[Tie]:
    """Ties that ``by`` answered, newest first; no more than the latest fifty. One query."""
    return list(Tie.objects.filter(answered_by=by).select_related("user").order_by("-answered_at", "-pk")[:50])


def ways_into(case_id: int) -> list[Grant]:
    """Who was let into a case, or let themselves in, and until when; newest first. One query."""
    return list(
        Grant.objects.filter(case_id=case_id).select_related("user", "granted_by").order_by("-granted_at", "-pk")
    )


def emergencies_to_tell(case_ids: Iterable[int], since: datetime | None = None) -> list[Grant]:
    """Emergencies in these cases, newest first: for the participant, who is told of each. One query."""
    found = Grant.objects.filter(kind=Grant.Kind.EMERGENCY, case_id__in=list(case_ids))
    if since is not None:
        found = found.filter(granted_at__gte=since)
    return list(found.select_related("user").order_by("-granted_at"))


def is_open(grant: Grant) -> bool:
    """Whether the way in still leads in."""
    return grant.expires_at > timezone.now()
