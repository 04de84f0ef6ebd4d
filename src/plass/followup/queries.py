"""What several pages ask about contacts and meetings. Each function is one question, bounded by its arguments.

Everything here is filtered by row-level security too: nobody gets a row of a case they do not see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression, RawSQL
from django.utils import timezone

from plass.access.user_roles import UserRoles
from plass.cases.models import Case
from plass.db.prepared import PreparedQuery, fetch
from plass.employers.models import Employer

from .models import Channel, Contact, Meeting, Party, Place, Purpose

#: A call-back that nobody made for so long is no longer a promise anybody waits for.
CALL_BACK_DAYS = 365
#: How far back it is told who talks to whom.
TALKS_DAYS = 730


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _over_at() -> ExpressionWrapper[CombinedExpression]:
    minute = Value(timedelta(minutes=1), output_field=DurationField())
    return ExpressionWrapper(F("starts_at") + F("minutes") * minute, output_field=DateTimeField())


def _among(view: str) -> Q:
    """The condition that a row's number is among those of a view of ``sql/20_open.sql``."""
    return Q(pk__in=RawSQL(f"SELECT id FROM {view}", []))


@dataclass(frozen=True)
class Agreed:
    """An agreed meeting that is still to be recorded (a row of ``followup_open_meetings``), with the names on it."""

    meeting_id: int
    case_id: int
    staff_id: int
    employer_id: int | None
    employer: str
    participant: str
    starts_at: datetime
    minutes: int
    parties: list[str]
    channel: str
    place: str
    address: str
    purpose: str

    @property
    def day(self) -> date:
        """The day it is held."""
        return timezone.localtime(self.starts_at).date()

    @property
    def is_over(self) -> bool:
        """Whether the time that was agreed has passed."""
        return self.starts_at + timedelta(minutes=self.minutes) <= timezone.now()

    @property
    def day_has_come(self) -> bool:
        """Whether it is today or was before, so that it may have been held."""
        return self.day <= timezone.localdate()

    @property
    def with_participant(self) -> bool:
        """Whether the participant takes part."""
        return Party.PARTICIPANT in self.parties

    @property
    def who(self) -> str:
        """With whom, the employer by name."""
        names = {Party.EMPLOYER.value: self.employer}
        return ", ".join(names.get(party) or str(Party(party).label) for party in self.parties)

    @property
    def purpose_label(self) -> str:
        """The purpose in words."""
        return str(Purpose(self.purpose).label)

    @property
    def where(self) -> str:
        """Where, or else by what means, in words."""
        return str(Place(self.place).label if self.place else Channel(self.channel).label)


_AGREED = """
    SELECT m.id, m.case_id, m.staff_id, m.employer_id, coalesce(e.name, ''), p.given_name || ' ' || p.family_name,
           m.starts_at, m.minutes, m.parties::text[], m.channel, m.place, m.address, m.purpose
    FROM followup_open_meetings m
    JOIN cases_case c ON c.id = m.case_id JOIN cases_participant p ON p.id = c.participant_id
    LEFT JOIN employers_employer e ON e.id = m.employer_id
"""


def meetings_between(user_ids: Collection[int], first: date, last: date) -> PreparedQuery[Agreed]:
    """Agreed meetings of ``user_ids`` from ``first`` through ``last``, earliest first, that are still to be recorded.

    Not those called off and not those recorded as held; a meeting in the past that comes out of here was held without
    a record, or forgotten.
    """
    return PreparedQuery(
        Agreed,
        f"{_AGREED} WHERE m.staff_id = ANY (%(users)s::bigint[]) AND m.starts_at >= %(begins)s AND m.starts_at < %(ends)s "
        "ORDER BY m.starts_at, m.id",
        {"users": list(user_ids), "begins": _begins(first), "ends": _begins(last + timedelta(days=1))},
    )


def agreed_in(case: Case) -> PreparedQuery[Agreed]:
    """The same for one case, past and coming."""
    return PreparedQuery(Agreed, f"{_AGREED} WHERE m.case_id = %(case)s ORDER BY m.starts_at, m.id", {"case": case.pk})


def meetings_of(case: Case) -> QuerySet[Meeting]:
    """Agreed meetings of a case that are still to be recorded, past and coming, earliest first, employer joined."""
    return (
        Meeting.objects.filter(_among("followup_open_meetings"), case=case)
        .select_related("employer", "staff")
        .order_by("starts_at", "pk")
    )


def meetings_to_pass_on(had: Iterable[tuple[int, int | None]]) -> list[Meeting]:
    """The open meetings to come of these cases whose staff is the user named with each (None: who followed it before)."""
    had = list(had)
    numbers = fetch(
        """
        SELECT m.id FROM unnest(%(cases)s::bigint[], %(users)s::bigint[]) AS had (case_id, user_id)
        JOIN followup_open_meetings m ON m.case_id = had.case_id AND m.starts_at > now()
        WHERE m.staff_id = had.user_id OR (had.user_id IS NULL AND EXISTS (
            SELECT FROM cases_assignment a WHERE a.case_id = m.case_id AND a.role = 'specialist'
            AND a.user_id = m.staff_id AND a.superseded_at IS NULL))
        """,
        {"cases": [case for case, _user in had], "users": [user for _case, user in had]},
    )
    if not numbers:
        return []
    return list(Meeting.objects.filter(pk__in=[pk for (pk,) in numbers]).select_related("case").order_by("pk"))


@dataclass(frozen=True)
class Unattended:
    """A meeting to come, agreed by ``name``, who does not follow the participant any more; and nobody else does."""

    case_id: int
    participant: str
    name: str
    starts_at: datetime


def unattended(who: UserRoles, today: date) -> PreparedQuery[Unattended] | None:
    """Such meetings, the first first, for supervisors of the team and the counsellor: ten at most."""
    if not (who.led_teams or who.actor.counsels_at):
        return None
    return PreparedQuery(
        Unattended,
        """
        SELECT c.id, btrim(p.given_name || ' ' || p.family_name), btrim(u.given_name || ' ' || u.family_name), m.starts_at
        FROM cases_case c
        JOIN cases_participant p ON p.id = c.participant_id
        JOIN followup_open_meetings m ON m.case_id = c.id AND m.starts_at > now()
        JOIN organisation_user u ON u.id = m.staff_id
        WHERE c.specialist_id IS NULL AND (c.team_id = ANY (%(told_led)s::bigint[]) OR c.counsellor_id = %(told)s)
          AND EXISTS (SELECT FROM cases_assignment a WHERE a.case_id = c.id AND a.role = 'specialist'
                      AND a.user_id = m.staff_id AND a.superseded_at IS NULL)
        ORDER BY m.starts_at, m.id LIMIT 10
        """,
        {"told": who.user.pk, "told_led": sorted(who.led_teams)},
    )


def meetings_at_the_same_time(meeting: Meeting) -> QuerySet[Meeting]:
    """Other open meetings of the same member of staff that overlap with ``meeting`` (which need not be saved)."""
    ends = meeting.starts_at + timedelta(minutes=meeting.minutes)
    return (
        Meeting.objects.filter(_among("followup_open_meetings"))
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


def employers_contacted(case: Case, limit: int = 50) -> PreparedQuery[ContactedEmployer]:
    """Each employer contacted for this case, the latest first (at most ``limit``)."""
    return PreparedQuery(
        ContactedEmployer,
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
                WHERE case_id = %(case)s AND superseded_at IS NULL AND 'employer' = ANY (parties)
                GROUP BY employer_id
            ) t JOIN employers_employer e ON e.id = t.employer_id
            ORDER BY t.last_on DESC, e.id
            LIMIT %(limit)s
            """,
        {"case": case.pk, "limit": limit},
    )


def employers_to_offer(case: Case) -> list[Employer]:
    """The latest of them, to offer in a form of the case (``employers.known_employers``)."""
    rows = employers_contacted(case, limit=6).rows()
    return [Employer(pk=row.employer_id, name=row.name, place=row.place) for row in rows]


@dataclass(frozen=True)
class Promise:
    """An employer whom somebody promised to contact by ``due_on``: the contact that promised, and with whom."""

    contact_id: int
    case_id: int | None
    participant: str
    employer_id: int
    employer: str
    contact_person_id: int | None
    contact_person: str
    phone: str
    due_on: date


def promises_due(user_ids: Collection[int], today: date, employer: Employer | None = None) -> PreparedQuery[Promise]:
    """Employers whom ``user_ids`` promised to contact by ``today`` (or just ``employer``), earliest first.

    What settles a promise is said in ``sql/20_open.sql``. Promises older than a year are left out.
    """
    return PreparedQuery(
        Promise,
        """
        SELECT f.id, f.case_id, coalesce(p.given_name || ' ' || p.family_name, ''), f.employer_id, e.name,
               f.contact_person_id, coalesce(k.name, ''), coalesce(k.phone, ''), f.next_contact_on
        FROM followup_promises f
        JOIN employers_employer e ON e.id = f.employer_id
        LEFT JOIN employers_contactperson k ON k.id = f.contact_person_id
        LEFT JOIN cases_case c ON c.id = f.case_id LEFT JOIN cases_participant p ON p.id = c.participant_id
        WHERE f.recorded_by_id = ANY (%(users)s::bigint[]) AND f.next_contact_on BETWEEN %(oldest)s AND %(today)s
          AND (%(employer)s::bigint IS NULL OR f.employer_id = %(employer)s::bigint)
        ORDER BY f.next_contact_on, f.id
        """,
        {
            "users": list(user_ids),
            "oldest": today - timedelta(days=CALL_BACK_DAYS),
            "today": today,
            "employer": employer.pk if employer else None,
        },
    )


def contacts_with(employer: Employer, limit: int = 20) -> QuerySet[Contact]:
    """The newest standing contacts with an employer that the acting user sees: about their cases, and about nobody."""
    return (
        Contact.objects.filter(employer=employer, superseded_at=None)
        .select_related("case__participant", "contact_person", "recorded_by")
        .order_by("-happened_on", "-pk")[:limit]
    )


@dataclass(frozen=True)
class Talk:
    """Somebody from us talks to somebody there (``person`` empty: it was not said to whom)."""

    staff: str
    person: str
    contacts: int
    last_on: date


def talks(employer: Employer, today: date, limit: int = 10) -> list[Talk]:
    """Who of us was in touch with whom at the employer in the last two years, the latest first.

    Counts the standing contacts that reached somebody and that the acting user sees.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT btrim(u.given_name || ' ' || u.family_name), coalesce(p.name, ''), t.contacts, t.last_on
            FROM (
                SELECT recorded_by_id, contact_person_id, count(*)::integer AS contacts, max(happened_on) AS last_on
                FROM followup_contact
                WHERE employer_id = %s AND happened_on >= %s AND superseded_at IS NULL AND NOT no_show
                  AND 'employer' = ANY (parties)
                GROUP BY recorded_by_id, contact_person_id
            ) t
            JOIN organisation_user u ON u.id = t.recorded_by_id
            LEFT JOIN employers_contactperson p ON p.id = t.contact_person_id
            ORDER BY t.last_on DESC, u.id, p.id
            LIMIT %s
            """,
            [employer.pk, today - timedelta(days=TALKS_DAYS), limit],
        )
        return [Talk(*row) for row in cursor.fetchall()]
