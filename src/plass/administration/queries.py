"""What the administrator's pages ask: the organisation with how many work where, accounts, and how they log in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from plass.accounts.models import Subject
from plass.db import signed
from plass.db.prepared import PreparedQuery
from plass.organisation.models import County, GroupRole, Membership, Office, Team, User
from plass.organisation.sorting import alphabetically, by_name


def today() -> Q:
    """Roles that hold today."""
    day = timezone.localdate()
    return Q(started_on__lte=day) & (Q(ended_on=None) | Q(ended_on__gte=day))


def organisation() -> list[County]:
    """Counties with offices with teams, by name; each team and office has ``people``, how many work there today."""
    day = timezone.localdate()
    now = Q(memberships__started_on__lte=day) & (Q(memberships__ended_on=None) | Q(memberships__ended_on__gte=day))
    people = Count("memberships__user", filter=now, distinct=True)
    teams = Prefetch("teams", Team.objects.annotate(people=people).order_by(alphabetically()))
    offices = Prefetch(
        "offices", Office.objects.annotate(people=people).order_by(alphabetically()).prefetch_related(teams)
    )
    return list(County.objects.order_by(alphabetically()).prefetch_related(offices))


def accounts() -> QuerySet[User]:
    """Accounts of those who work here, by family name, with the roles that hold today (``now``)."""
    return (
        User.objects.filter(kind=User.Kind.STAFF)
        .order_by(by_name(), "pk")
        .prefetch_related(
            Prefetch(
                "memberships",
                Membership.objects.filter(today())
                .select_related("county", "office", "team__office")
                .order_by("started_on", "pk"),
                to_attr="now",
            )
        )
    )


def held_now(account: User) -> list[Membership]:
    """The roles that hold today of an account from :func:`accounts`."""
    memberships: list[Membership] = account.now  # type: ignore[attr-defined]  # Prefetch(to_attr=...)
    return memberships


def roles(account: User) -> list[Membership]:
    """Every role of an account, what holds or is to come first, then what ended last."""
    held = Membership.objects.filter(user=account).select_related("county", "office", "team__office")
    day = timezone.localdate()
    return sorted(
        held,
        key=lambda membership: (
            membership.ended_on is not None and membership.ended_on < day,
            -(membership.ended_on or membership.started_on).toordinal(),
        ),
    )


@dataclass(frozen=True)
class NobodyToTell:
    """So many participants at an office are seen by nobody, and no data protection officer answers for the office."""

    office: str
    number: int


def nobody_to_tell() -> list[NobodyToTell]:
    """The offices where somebody must become data protection officer, for administrators."""
    return [NobodyToTell(*row) for row in signed.call("cases_without_anybody_to_tell")]


@dataclass(frozen=True)
class NobodyFinds:
    """What is found about so many people at an office would come up for nobody: no officer and no leader but themselves."""

    office: str
    number: int


def nobody_finds() -> PreparedQuery[NobodyFinds]:
    """The query for offices where somebody must become data protection officer or leader, for administrators."""
    return PreparedQuery(NobodyFinds, "SELECT office, number FROM oversight_comes_up_for_nobody()", {})


@dataclass(frozen=True)
class LogsIn:
    """How somebody logs in: whether they have a password, codes on a phone since when, passkeys, and are bound elsewhere."""

    password: bool
    phone_since: datetime | None
    passkeys: int
    bound_at: datetime | None


def logs_in(account: User) -> LogsIn:
    """How ``account`` logs in. For administrators."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_factor_since(%s), accounts_passkey_count(%s)", [account.pk, account.pk])
        since, passkeys = cursor.fetchone()
    bound = Subject.objects.filter(user=account).order_by("-bound_at").first()
    return LogsIn(account.has_usable_password(), since, passkeys, bound.bound_at if bound else None)


def groups() -> QuerySet[GroupRole]:
    """What groups give, by group."""
    return GroupRole.objects.select_related("county", "office", "team__office")


def where(held: Membership | GroupRole) -> str:
    """The place of a role in words."""
    if held.team is not None:
        return str(held.team)
    return str(held.office or held.county or "")
