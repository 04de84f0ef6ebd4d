"""Who asks: roles and teams of the person behind a request, read once and kept for the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser

from plass.db.prepared import fetch
from plass.organisation.models import Role, User

from .rules import Actor, Level

#: Roles that have cases. Leaders see figures, administrators accounts; neither opens a case.
WITH_CASES = frozenset({Role.SPECIALIST.value, Role.SUPERVISOR.value, Role.COUNSELLOR.value})


@dataclass(frozen=True)
class UserRoles:
    """What somebody is here today."""

    user: User
    roles: frozenset[str]
    covered_teams: frozenset[int]
    led_teams: frozenset[int]
    offices: frozenset[int]
    counties: frozenset[int]
    follows_at: frozenset[int]
    counsels_at: frozenset[int]
    participant: int | None
    now: datetime
    own_data: frozenset[int] = frozenset()
    family: frozenset[int] = frozenset()
    given: Mapping[int, Level] = field(default_factory=dict)
    emergency: frozenset[int] = frozenset()

    @property
    def teams(self) -> frozenset[int]:
        """The teams they work in or lead."""
        return self.covered_teams | self.led_teams

    def has(self, role: Role) -> bool:
        """Whether they have the role today."""
        return role.value in self.roles

    @cached_property
    def actor(self) -> Actor:
        """The same for the rules."""
        return Actor(
            user=self.user.pk,
            works_with_people=not self.roles.isdisjoint(WITH_CASES),
            teams=self.covered_teams,
            led_teams=self.led_teams,
            follows_at=self.follows_at,
            counsels_at=self.counsels_at,
            participant=self.participant,
            own_data=self.own_data,
            family=self.family,
            given=dict(self.given),
            emergency=self.emergency,
            now=self.now,
        )

    @property
    def first_role(self) -> str:
        """The first of their roles in the order of the pages; the kind of account for those who have none."""
        return next((role.value for role in Role if role.value in self.roles), self.user.kind)


#: What the one who acts is here today, a row a role and a row for whatever else there is to know.
_STANDING = """
    SELECT role, team_id, office_id, county_id, now()::text AS now FROM access_memberships()
    UNION ALL SELECT '#participant', access_participant(), NULL, NULL, now()::text
    UNION ALL SELECT '#' || kind, participant_id, NULL, NULL, NULL FROM access_kept_from()
    UNION ALL SELECT '#' || kind, case_id, level, NULL, NULL FROM access_grant
    WHERE user_id = %(user)s AND expires_at > now()
"""
#: The same as one value (JSON), to be read beside the account that acts.
STANDING_WITH_ACCOUNT = (
    f"(SELECT json_agg(json_build_array(role, team_id, office_id, county_id, now)) FROM ({_STANDING}) s)::text"
)


def user_roles(user: User | AnonymousUser) -> UserRoles | None:
    """Roles, teams and places of ``user`` today, kept on the user. At most one query. None for a stranger."""
    if not isinstance(user, User):
        return None
    cached: UserRoles | None = getattr(user, "_standing", None)
    return cached or cache_user_roles(user, fetch(_STANDING, {"user": user.pk}))


def cache_user_roles(user: User, rows: Iterable[Sequence[Any]]) -> UserRoles:
    """Keep on ``user``, who acts, what they are here today: the rows of ``_STANDING``."""
    rows = list(rows)

    def of(*words: str) -> frozenset[int]:
        return frozenset(row[1] for row in rows if row[0] in words and row[1])

    def offices(*roles: str) -> frozenset[int]:
        return frozenset(row[2] for row in rows if row[0] in roles and row[2])

    roles_today = UserRoles(
        user=user,
        roles=frozenset(row[0] for row in rows if not row[0].startswith("#")),
        covered_teams=of(Role.SPECIALIST.value),
        led_teams=of(Role.SUPERVISOR.value),
        offices=frozenset(row[2] for row in rows if row[2] and not row[0].startswith("#")),
        counties=frozenset(row[3] for row in rows if row[3]),
        follows_at=offices(Role.SPECIALIST.value, Role.SUPERVISOR.value),
        counsels_at=offices(Role.COUNSELLOR.value),
        participant=next(iter(of("#participant")), None),
        now=next(datetime.fromisoformat(row[4]) for row in rows if row[4]),
        own_data=of("#self"),
        family=of("#family"),
        given={row[1]: Level(row[2]) for row in rows if row[0] == "#given"},
        emergency=of("#emergency"),
    )
    user._standing = roles_today  # type: ignore[attr-defined]
    return roles_today
