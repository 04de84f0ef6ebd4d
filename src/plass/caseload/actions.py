"""What is done to several cases at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from plass.access.user_roles import UserRoles
from plass.cases import actions as cases_actions
from plass.cases.gate import NotAllowed
from plass.cases.models import Case
from plass.organisation.models import Team, User


@transaction.atomic
def hand_over_many(
    cases: Iterable[Case], *, who: UserRoles, to: User, team: Team, reason: str, instead_of: int | None
) -> None:
    """Hand over each of ``cases`` to ``to`` from today, all or none. Only for the supervisor of the case's team.

    Raises NotAllowed, and ValidationError where somebody else than ``instead_of`` follows one of them by now.
    """
    for case in cases:
        if case.team_id not in who.led_teams:
            raise NotAllowed(f"user {who.user.pk} does not lead the team of case {case.pk}")
        cases_actions.hand_over(case, by=who.user, to=to, team=team, reason=reason, instead_of=instead_of)
