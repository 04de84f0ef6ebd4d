"""What several parts of this room ask: the teams one may import to, who works there, one's own files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from plass.access.rules import decide
from plass.access.user_roles import UserRoles
from plass.cases import actions as cases
from plass.cases import queries as case_queries
from plass.cases.gate import relations
from plass.cases.identity import IdentityNumber
from plass.cases.models import Assignment, Case
from plass.organisation.models import Membership, Role, Team, User
from plass.organisation.sorting import alphabetically, by_name

from .fields import Field
from .models import ColumnChoice, Upload


def teams_to_import_to(who: UserRoles) -> QuerySet[Team]:
    """The teams that ``who`` works in or leads today, with their offices."""
    return (
        Team.objects.filter(pk__in=who.teams)
        .select_related("office")
        .order_by(alphabetically("office__name"), alphabetically())
    )


def who_follows_in(team: Team) -> list[User]:
    """Job specialists and supervisors of the team today, each once, by name."""
    today = timezone.localdate()
    today_there = Q(ended_on=None) | Q(ended_on__gte=today)
    memberships = (
        Membership.objects.filter(today_there, team=team, started_on__lte=today)
        .filter(role__in=[Role.SPECIALIST, Role.SUPERVISOR])
        .select_related("user")
        .order_by(by_name("user__"), "user_id")
    )
    return list({membership.user_id: membership.user for membership in memberships}.values())


def follows_by_default(who: UserRoles) -> int | None:
    """Who follows those whom a list names nobody for, until somebody else is chosen: the one who imports, where they are a
    job specialist. A supervisor chooses: most often it is not they.
    """
    today = timezone.localdate()
    follows = Membership.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=today),
        user=who.user,
        role=Role.SPECIALIST,
        team__in=who.teams,
        started_on__lte=today,
    ).exists()
    return who.user.pk if follows else None


def counsellors_of(team: Team) -> list[User]:
    """The counsellors of the team's office."""
    return [user for user, _team in case_queries.who_can_follow(team.office_id, Assignment.Role.COUNSELLOR)]


def follows_unnamed(specialists: Sequence[User], by: User, chosen: int | None = None) -> User | None:
    """Who follows those whom a list names no specialist for: the one that was chosen, else the one who imports.

    None where neither works in the team; then the rows must say it themselves.
    """
    there = {user.pk: user for user in specialists}
    return there.get(chosen or by.pk) or there.get(by.pk)


def uploads_of(who: UserRoles) -> QuerySet[Upload]:
    """One's own files, newest first, without their contents. The team of one may be theirs no more."""
    return (
        Upload.objects.filter(user=who.user)
        .select_related("team__office")
        .defer("content", "state", "rest")
        .order_by("-at")
    )


#: A list that has so large a share of a team's people is the team's list: who is missing in it is told.
MOST_OF_THE_TEAM = 0.5


def open_but_not_listed(team: Team, numbers: Sequence[IdentityNumber], case_ids: Collection[int]) -> list[int]:
    """The open cases of the team, as far as the acting user sees them, of whom the list does not name: it names ``numbers``,
    and who has the cases ``case_ids``. None where it has few of the team's people.
    """
    listed = set(cases.all_known(numbers, team)) if numbers else set()
    still_open = Q(milestones__ended_on=None) | Q(milestones__ended_on__gt=timezone.localdate())
    there = list(Case.objects.filter(still_open, team=team).order_by("pk").values_list("pk", "participant_id"))
    missing = [case_id for case_id, participant_id in there if participant_id not in listed and case_id not in case_ids]
    return missing if there and len(there) - len(missing) >= MOST_OF_THE_TEAM * len(there) else []


def cases_seen(case_ids: Iterable[int]) -> dict[int, Case]:
    """Those of the cases that the acting user sees, with their participants, by their numbers."""
    return Case.objects.select_related("participant").in_bulk(list(case_ids))


def unseen_among(case_ids: Collection[int]) -> set[int]:
    """Those of the cases that the acting user does not see."""
    return set(case_ids) - set(Case.objects.filter(pk__in=case_ids).values_list("pk", flat=True)) if case_ids else set()


def log_lines(who: UserRoles, cases: Iterable[Case]) -> list[tuple[int, int, str]]:
    """The cases as lines of the log of who looked: case, participant, and the rule by which ``who`` sees it."""
    actor = who.actor
    return [(case.pk, case.participant_id, decide(actor, relations(case)).rule) for case in cases]


def column_choices(team: Team, headings: str) -> dict[int, ColumnChoice]:
    """What somebody at the office said last that each column of a list with these headings holds, with who it was.

    What is no field, or none any more, is ignored.
    """
    choices = ColumnChoice.objects.filter(office=team.office_id, headings=headings).select_related("recorded_by")
    last = choices.order_by("column", "-pk").distinct("column")
    return {choice.column: choice for choice in last if choice.field is not None}


def mapping_of(stored: object) -> dict[int, Field]:
    """A stored mapping as columns and fields. A field that does not exist any more is not read; the rest that means nothing
    is ignored.
    """
    if not isinstance(stored, dict):
        return {}
    fields = set(Field)
    return {
        int(index): Field(value) if value in fields else Field.IGNORED
        for index, value in stored.items()
        if index.isascii() and index.isdigit()
    }
