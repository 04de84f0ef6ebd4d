"""What several pages ask about contacts, meetings and steps. Each function is one query, bounded by its arguments.

Everything here is filtered by row-level security too: nobody gets a row of a case they do not see.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import (
    BooleanField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.utils import timezone

from plass.cases.models import Case, Correction
from plass.employers.models import Employer

from .models import Contact, Meeting, MeetingCancelled, PlanStep, PlanStepDone

#: A call-back that nobody made for so long is no longer a promise anybody waits for.
CALL_BACK_DAYS = 365


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _over_at() -> ExpressionWrapper[CombinedExpression]:
    minute = Value(timedelta(minutes=1), output_field=DurationField())
    return ExpressionWrapper(F("starts_at") + F("minutes") * minute, output_field=DateTimeField())


def _was_corrected(kind: str) -> Exists:
    """Whether the outer row came from a correction. Few did, so the rarer question behind it is seldom asked."""
    return Exists(Correction.objects.filter(case=OuterRef("case"), kind=kind, replacement_id=OuterRef("pk")))


class _OneOf(Func):
    """``value = ANY(array)`` as a condition."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def _versions(kind: str) -> Func:
    return Func(Value(kind), OuterRef("case_id"), OuterRef("pk"), function="followup_versions")


def _open_meetings() -> QuerySet[Meeting]:
    """Meetings that stand, are not called off and not recorded as held (nor were before they were corrected)."""
    held = Contact.objects.filter(superseded_at=None)
    off = MeetingCancelled.objects.filter(superseded_at=None)
    earlier = _OneOf(F("meeting_id"), _versions(Meeting.kind))
    return Meeting.objects.filter(
        ~Exists(held.filter(meeting=OuterRef("pk"))),
        ~Exists(off.filter(meeting=OuterRef("pk"))),
        ~(
            _was_corrected(Meeting.kind)
            & (
                Exists(held.filter(earlier, case=OuterRef("case"), meeting__isnull=False))
                | Exists(off.filter(earlier, case=OuterRef("case")))
            )
        ),
        superseded_at=None,
    )


def meetings_between(user_ids: Collection[int], first: date, last: date) -> QuerySet[Meeting]:
    """Agreed meetings of ``user_ids`` from ``first`` through ``last``, earliest first, that are still to be recorded.

    Not those called off and not those recorded as held; a meeting in the past that comes out of here was held without
    a record, or forgotten. Participant, employer and the member of staff are joined.
    """
    return (
        _open_meetings()
        .filter(staff__in=user_ids, starts_at__gte=_begins(first), starts_at__lt=_begins(last + timedelta(days=1)))
        .select_related("case__participant", "employer", "staff")
        .order_by("starts_at", "pk")
    )


def meetings_of(case: Case) -> QuerySet[Meeting]:
    """Agreed meetings of a case that are still to be recorded, past and coming, earliest first, employer joined."""
    return _open_meetings().filter(case=case).select_related("employer", "staff").order_by("starts_at", "pk")


def next_meeting(case: Case) -> Meeting | None:
    """The case's next agreed meeting: the first that is not over yet."""
    return meetings_of(case).annotate(over_at=_over_at()).filter(over_at__gt=timezone.now()).first()


def meetings_at_the_same_time(meeting: Meeting) -> QuerySet[Meeting]:
    """Other open meetings of the same member of staff that overlap with ``meeting`` (which need not be saved)."""
    ends = meeting.starts_at + timedelta(minutes=meeting.minutes)
    return (
        _open_meetings()
        .annotate(over_at=_over_at())
        # No meeting is longer than ten hours, so the index need not be read further back than that.
        .filter(
            staff=meeting.staff_id,
            starts_at__lt=ends,
            starts_at__gt=meeting.starts_at - timedelta(hours=10),
            over_at__gt=meeting.starts_at,
        )
        .exclude(pk=meeting.pk)
        .order_by("starts_at", "pk")
    )


def open_steps_for(case_ids: Collection[int]) -> QuerySet[PlanStep]:
    """Open steps of these cases' plans: neither done nor given up. By day (those without one last), case joined."""
    ended = PlanStepDone.objects.filter(superseded_at=None)
    earlier = _OneOf(F("step_id"), _versions(PlanStep.kind))
    return (
        PlanStep.objects.filter(
            ~Exists(ended.filter(step=OuterRef("pk"))),
            ~(_was_corrected(PlanStep.kind) & Exists(ended.filter(earlier, case=OuterRef("case")))),
            case__in=case_ids,
            superseded_at=None,
        )
        .select_related("case")
        .order_by(F("due_on").asc(nulls_last=True), "pk")
    )


def open_steps(case: Case) -> QuerySet[PlanStep]:
    """The open steps of one plan; see :func:`open_steps_for`."""
    return open_steps_for([case.pk])


@dataclass(frozen=True)
class ContactedEmployer:
    """An employer who was contacted for a participant.

    ``contacts`` counts the contacts that reached somebody, ``in_person`` those of them face to face. ``last_on`` is the
    day of the last try, ``reached`` whether it reached somebody, ``channel`` how it was made, and ``next_contact_on``
    what it agreed.
    """

    employer_id: int
    name: str
    place: str
    contacts: int
    in_person: int
    first_on: date
    last_on: date
    channel: str
    reached: bool
    next_contact_on: date | None


def employers_contacted(case: Case, limit: int = 50) -> list[ContactedEmployer]:
    """Each employer contacted for this case, the latest first (at most ``limit``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id, e.name, e.place, t.contacts, t.in_person, t.first_on, t.last_on, t.channel, t.reached,
                   t.next_contact_on
            FROM (
                SELECT employer_id,
                       count(*) FILTER (WHERE NOT no_show)::integer AS contacts,
                       count(*) FILTER (WHERE NOT no_show AND channel = 'in_person')::integer AS in_person,
                       min(happened_on) AS first_on,
                       max(happened_on) AS last_on,
                       (array_agg(channel ORDER BY happened_on DESC, id DESC))[1] AS channel,
                       (array_agg(NOT no_show ORDER BY happened_on DESC, id DESC))[1] AS reached,
                       (array_agg(next_contact_on ORDER BY happened_on DESC, id DESC))[1] AS next_contact_on
                FROM followup_contact
                WHERE case_id = %s AND superseded_at IS NULL AND 'employer' = ANY (parties)
                GROUP BY employer_id
            ) t JOIN employers_employer e ON e.id = t.employer_id
            ORDER BY t.last_on DESC, e.id
            LIMIT %s
            """,
            [case.pk, limit],
        )
        return [ContactedEmployer(*row) for row in cursor.fetchall()]


def _settles_an_earlier_one() -> Q:
    """A later contact settles what an earlier one promised if it reached somebody or set a new day."""
    return Q(no_show=False) | Q(next_contact_on__isnull=False)


def call_backs_due(user_ids: Collection[int], today: date) -> QuerySet[Contact]:
    """Employers whom ``user_ids`` promised to contact by ``today``: the contacts that promised, earliest first.

    A promise is settled by a later contact with the same employer by the same person, or about the same case by
    anybody, unless it reached nobody and set no new day. Promises older than a year are left out. Employer, contact
    person and (where there is one) participant are joined.
    """
    later = Contact.objects.filter(
        _settles_an_earlier_one(),
        Q(recorded_by=OuterRef("recorded_by")) | Q(case=OuterRef("case")),
        Q(happened_on__gt=OuterRef("happened_on")) | Q(happened_on=OuterRef("happened_on"), pk__gt=OuterRef("pk")),
        employer=OuterRef("employer"),
        happened_on__gte=OuterRef("happened_on"),
        superseded_at=None,
        parties__contains=["employer"],
    )
    return (
        Contact.objects.filter(
            ~Exists(later),
            recorded_by__in=user_ids,
            employer__isnull=False,
            parties__contains=["employer"],
            next_contact_on__gte=today - timedelta(days=CALL_BACK_DAYS),
            next_contact_on__lte=today,
            superseded_at=None,
        )
        .select_related("employer", "contact_person", "case__participant")
        .order_by("next_contact_on", "pk")
    )


def due_contacts(case_ids: Collection[int], through: date) -> list[Contact]:
    """For each case the contact that agreed when to be in touch with the participant again, if that is by ``through``.

    The latest standing contact with the participant decides, as in the milestone ``next_contact_on``; earliest first.
    """
    latest = (
        Contact.objects.filter(case__in=case_ids, superseded_at=None, parties__contains=["participant"])
        .order_by("case", "-happened_on", "-pk")
        .distinct("case")
    )
    return sorted(
        (one for one in latest if one.next_contact_on is not None and one.next_contact_on <= through),
        key=lambda one: (one.next_contact_on or through, one.pk),
    )


def contacts_with(employer: Employer, limit: int = 20) -> QuerySet[Contact]:
    """The newest standing contacts with an employer that the acting user sees: about their cases, and about nobody."""
    return (
        Contact.objects.filter(employer=employer, superseded_at=None)
        .select_related("case__participant", "contact_person", "recorded_by")
        .order_by("-happened_on", "-pk")[:limit]
    )
