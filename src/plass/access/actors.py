"""Who asks: roles and teams of the person behind a request, read once and kept for the request."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from plass.organisation.models import Role, User

from .rules import Actor

#: Roles that have cases. Leaders see figures, administrators accounts; neither opens a case.
WITH_CASES = frozenset({Role.SPECIALIST.value, Role.SUPERVISOR.value, Role.COUNSELLOR.value})


@dataclass(frozen=True)
class Standing:
    """What somebody is here today."""

    user: User
    roles: frozenset[str]
    teams: frozenset[int]
    led_teams: frozenset[int]
    offices: frozenset[int]
    counties: frozenset[int]
    participant: int | None

    def has(self, role: Role) -> bool:
        """Whether they have the role today."""
        return role.value in self.roles

    @property
    def actor(self) -> Actor:
        """The same for the rules."""
        return Actor(
            user=self.user.pk,
            works_with_people=not self.roles.isdisjoint(WITH_CASES),
            teams=self.teams,
            participant=self.participant,
        )


def standing(user: User | AnonymousUser) -> Standing | None:
    """Roles, teams and places of ``user`` today, in one query, kept on the user. None for a stranger."""
    if not isinstance(user, User):
        return None
    kept: Standing | None = getattr(user, "_standing", None)
    if kept is None:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT role, team_id, office_id, county_id, NULL
                FROM organisation_membership
                WHERE user_id = %s AND started_on <= current_date AND (ended_on IS NULL OR ended_on >= current_date)
                UNION ALL SELECT NULL, NULL, NULL, NULL, access_participant()
                """,
                [user.pk],
            )
            rows = cursor.fetchall()
        team_roles = {Role.SPECIALIST.value, Role.SUPERVISOR.value}
        kept = Standing(
            user=user,
            roles=frozenset(row[0] for row in rows if row[0]),
            teams=frozenset(row[1] for row in rows if row[1] and row[0] in team_roles),
            led_teams=frozenset(row[1] for row in rows if row[1] and row[0] == Role.SUPERVISOR.value),
            offices=frozenset(row[2] for row in rows if row[2]),
            counties=frozenset(row[3] for row in rows if row[3]),
            participant=next((row[4] for row in rows if row[4]), None),
        )
        user._standing = kept  # type: ignore[attr-defined]
    return kept
