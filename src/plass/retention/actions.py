"""Deletion by the schedule, making a participant nameless, and holding it back.

``carry_out`` and ``anonymise`` run as owner (from the command line, every night): the web role may delete nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.access.user_roles import user_roles
from plass.cases.gate import NotAllowed, check
from plass.cases.models import Case, Participant
from plass.organisation.models import User

from . import queries
from .columns import DELETED, of_a_case
from .models import Hold, Notice
from .schedule import rule

#: Called after each participant with how many are done, and of how many.
Progress = Callable[[int, int], None]


@transaction.atomic
def hold(case: Case, *, by: User, reason: str, started_on: date | None = None) -> Hold:
    """Keep everything about the participant from a day on. Raises NotAllowed, and ValidationError without a reason."""
    check(case, by, Level.DECIDE)
    new_hold = Hold(
        participant_id=case.participant_id,
        reason=reason.strip(),
        started_on=started_on or timezone.localdate(),
        recorded_by=by,
    )
    new_hold.full_clean(exclude=["participant", "recorded_by"])
    new_hold.save(force_insert=True)
    return new_hold


@transaction.atomic
def lift(case: Case, held: Hold, *, by: User) -> None:
    """From tomorrow on ``held`` holds nothing back any more. Only the supervisor lifts. Raises NotAllowed."""
    check(case, by, Level.DECIDE)
    who = user_roles(by)
    if who is None or case.team_id not in who.led_teams or held.participant_id != case.participant_id:
        raise NotAllowed(f"user {by.pk} lifts no hold")
    if held.ended_on is not None:
        raise ValidationError(_("This has been lifted already."))
    Hold.objects.filter(pk=held.pk).update(ended_on=timezone.localdate(), ended_by=by)


@transaction.atomic
def carry_out(plan: queries.Plan, *, progress: Progress | None = None) -> None:
    """Do what the plan says: delete what is over, give notice, and make nameless whoever's notice has run out.

    All or nothing. Notices that no longer hold are taken back. Runs as owner.
    """
    with connection.cursor() as cursor:
        for kind, (table, condition) in queries.OVER.items():
            cursor.execute(
                f"DELETE FROM {table} WHERE {condition}", [queries.limit(rule(kind, plan.today), plan.today)]
            )
    for notice in queries.outdated(plan):
        notice.delete()
    Notice.objects.bulk_create(
        [
            Notice(
                participant_id=participant,
                kind=applied_rule.kind,
                noticed_on=plan.today,
                due_on=queries.due_on(applied_rule, plan.today),
            )
            for participant, applied_rule in plan.notify.items()
        ]
    )
    for count, notice in enumerate(plan.anonymise, start=1):
        anonymise(notice.participant, on=plan.today)
        if progress:
            progress(count, len(plan.anonymise))
    Notice.objects.filter(pk__in=[notice.pk for notice in plan.anonymise]).update(carried_out_on=plan.today)


@transaction.atomic
def anonymise(participant: Participant, *, on: date) -> None:
    """Take away everything that says who somebody was, and leave the dates, kinds and numbers that the figures count.

    Names, number, address, account, every text anybody wrote, people named beside them, and the history of changes go;
    of the birthday the year stays. What is left cannot be opened as somebody's case. Runs as owner.
    """
    cases = list(Case.objects.filter(participant=participant).values_list("pk", flat=True))
    values: dict[str, Any] = {
        "participant": participant.pk,
        "hash": _hash_of(participant),
        "user": participant.user_id,
        "cases": cases,
    }
    user_id = participant.user_id
    Participant.objects.filter(pk=participant.pk).update(
        given_name=_nameless("given"),
        family_name=_nameless("family"),
        identity_number=b"",
        # Random, so that a new referral of the same person finds nobody.
        identity_hash=secrets.token_bytes(32),
        born_on=participant.born_on.replace(month=1, day=1),
        phone="",
        email="",
        address="",
        postal_code="",
        place="",
        language="",
        protection="",
        protection_reason="",
        user=None,
        made_nameless_on=on,
        version=participant.version + 1,
    )
    with connection.cursor() as cursor:
        for table, columns in of_a_case().items():
            assignments = ", ".join(f"{column} = {value}" for column, value in columns.items())
            cursor.execute(f"UPDATE {table} SET {assignments} WHERE case_id = ANY (%(cases)s)", values)
        for table, condition in DELETED.items():
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", values)
    if user_id is not None:
        User.objects.filter(pk=user_id).update(
            username=f"nameless-{user_id}", password="!", given_name="", family_name="", phone="", email="", ended_on=on
        )
    with connection.cursor() as cursor:
        # All this was noted by the triggers of the history, with what stood there before.
        cursor.execute(f"DELETE FROM access_change WHERE {DELETED['access_change']}", values)


def _hash_of(participant: Participant) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_hash FROM cases_participant WHERE id = %s", [participant.pk])
        return bytes(cursor.fetchone()[0])


def _nameless(part: str) -> str:
    # Not translated: it is data, and the pages are in Norwegian first.
    return {"given": "Uten", "family": "navn"}[part]
