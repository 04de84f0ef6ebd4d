"""What the schedule asks for today. Runs as owner: nobody who works here sees everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from plass.cases.models import Participant

from .models import Hold, Notice
from .schedule import SCHEDULE, Kind, Rule, rule

#: The simple kinds: what is deleted, by table and by the condition under which a row's time is over.
OVER: dict[Kind, tuple[str, str]] = {
    "who looked": ("access_accesslogentry", "at < %s"),
    "changes": ("access_change", "at < %s"),
    "sessions": ("django_session", "expire_date < %s"),
    "logout notices": ("accounts_logoutnotice", "received_at < %s"),
    "sent forms": ("access_submission", "at < %s"),
    "failed logins": ("accounts_loginattempts", "last_at < %s"),
    "uploaded lists": ("imports_upload", "at < %s"),
}


@dataclass(frozen=True)
class Plan:
    """What one run would do: rows to delete by kind, participants to give notice to, and to make nameless now.

    ``held`` are participants whose time is over and who are held back.
    """

    today: date
    delete: dict[Kind, int]
    notify: dict[int, Rule]
    anonymise: list[Notice]
    held: list[int]


def plan(today: date) -> Plan:
    """The plan of ``today``. Changes nothing."""
    over = {**_over("never started", today), **_over("follow-up", today)}
    held = set(
        Hold.objects.filter(participant_id__in=over, started_on__lte=today)
        .exclude(ended_on__lt=today)
        .values_list("participant_id", flat=True)
    )
    notices = {notice.participant_id: notice for notice in Notice.objects.filter(carried_out_on=None)}
    return Plan(
        today=today,
        delete={kind: _count(kind, today) for kind in OVER},
        notify={who: applied_rule for who, applied_rule in over.items() if who not in notices and who not in held},
        # Somebody who came back, or is held back, after the notice is left alone.
        anonymise=[
            notice for who, notice in notices.items() if notice.due_on <= today and who in over and who not in held
        ],
        held=sorted(held),
    )


def outdated(the_plan: Plan) -> list[Notice]:
    """Notices that no longer hold: the participant has come back, or is held back."""
    over = {**_over("never started", the_plan.today), **_over("follow-up", the_plan.today)}
    standing = set(over) - set(the_plan.held)
    return [notice for notice in Notice.objects.filter(carried_out_on=None) if notice.participant_id not in standing]


def limit(applied_rule: Rule, today: date) -> date:
    """The day before which things have been kept long enough."""
    return applied_rule.last_kept(today)


def notice_of(participant_id: int) -> Notice | None:
    """The notice that a participant has now, or None."""
    return Notice.objects.filter(participant_id=participant_id, carried_out_on=None).first()


def _count(kind: Kind, today: date) -> int:
    table, condition = OVER[kind]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", [limit(rule(kind, today), today)])
        number: int = cursor.fetchone()[0]
    return number


def _over(kind: Kind, today: date) -> dict[int, Rule]:
    """Participants whose cases have all ended, the last of them before the rule's limit."""
    applied_rule = rule(kind, today)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT k.participant_id FROM milestone_cache k JOIN cases_participant p ON p.id = k.participant_id
            WHERE p.made_nameless_on IS NULL
            GROUP BY k.participant_id
            HAVING bool_and(k.ended_on IS NOT NULL AND k.ended_on < %(limit)s)
               AND (%(started)s OR bool_and(k.started_on IS NULL AND k.first_job_on IS NULL))
            """,
            {"limit": limit(applied_rule, today), "started": kind == "follow-up"},
        )
        return {participant: applied_rule for (participant,) in cursor.fetchall()}


def holds_of(participant: Participant) -> list[Hold]:
    """What holds the participant's data back, the newest first."""
    return list(
        Hold.objects.filter(participant=participant).select_related("recorded_by").order_by("-started_on", "-pk")
    )


def schedule(today: date) -> list[Rule]:
    """The rules that hold ``today``."""
    return [
        candidate
        for candidate in SCHEDULE
        if candidate.since <= today and (candidate.until is None or today <= candidate.until)
    ]


def due_on(applied_rule: Rule, today: date) -> date:
    """When a notice given ``today`` is carried out."""
    return today + timedelta(days=applied_rule.grace)
