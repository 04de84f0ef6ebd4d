"""Absence and who covers: written by the one who is away, or by a supervisor of their team."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Absence, Membership, Role, User

IN_TEAMS = (Role.SPECIALIST, Role.SUPERVISOR)


class NotTheirs(Http404):
    """Somebody tried to act for a person they do not lead. A page answers it as what does not exist."""


@transaction.atomic
def record_absence(*, by: User, user: User, covered_by: User, starts_on: date, ends_on: date) -> Absence:
    """``user`` is away from ``starts_on`` through ``ends_on``, and ``covered_by`` sees to their participants.

    Raises NotTheirs unless ``by`` is the one who is away or supervises them, and ValidationError (by field) where the
    days overlap with another absence, or the one who covers is away or works in no team of theirs.
    """
    absence = Absence(user=user, covered_by=covered_by, starts_on=starts_on, ends_on=ends_on, recorded_by=by)
    _check(absence, by)
    absence.save(force_insert=True)
    return absence


@transaction.atomic
def change_absence(absence: Absence, *, by: User, covered_by: User, ends_on: date) -> Absence:
    """Another last day, or another who covers. Raises as :func:`record_absence`."""
    absence.covered_by, absence.ends_on = covered_by, ends_on
    _check(absence, by)
    absence.save(update_fields=["covered_by", "ends_on"])
    return absence


def _check(absence: Absence, by: User) -> None:
    if absence.user_id != by.pk and not _share_a_team(by, absence.user, roles=(Role.SUPERVISOR,)):
        raise NotTheirs(f"user {by.pk} does not lead user {absence.user_id}")
    absence.full_clean()
    overlapping = Absence.objects.filter(starts_on__lte=absence.ends_on, ends_on__gte=absence.starts_on)
    if overlapping.filter(user=absence.user).exclude(pk=absence.pk).exists():
        raise ValidationError({"starts_on": _("An absence in these days is recorded already. Change that one.")})
    if overlapping.filter(user=absence.covered_by).exists():
        raise ValidationError(
            {"covered_by": _("%(name)s is away in these days too.") % {"name": absence.covered_by.name}}
        )
    if not _share_a_team(absence.covered_by, absence.user, roles=IN_TEAMS):
        raise ValidationError(
            {
                "covered_by": _("%(name)s works in another team and would not see the participants.")
                % {"name": absence.covered_by.name}
            }
        )


def _share_a_team(user: User, other: User, *, roles: tuple[Role, ...]) -> bool:
    """Whether ``user`` has one of ``roles`` today in a team where ``other`` works."""
    today = timezone.localdate()
    now = Membership.objects.filter(Q(ended_on=None) | Q(ended_on__gte=today), started_on__lte=today)
    their_teams = now.filter(user=other, role__in=IN_TEAMS, team__isnull=False).values("team_id")
    return now.filter(user=user, role__in=roles, team_id__in=their_teams).exists()
