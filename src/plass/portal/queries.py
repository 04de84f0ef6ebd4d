"""What a participant's own pages ask. Row-level security gives them their own case and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from plass.access import log_labels
from plass.access.models import AccessLogEntry, Change
from plass.cases.fact_texts import format_hours
from plass.cases.models import Assignment, Case, Collaborator, Participant
from plass.db.prepared import PreparedQuery
from plass.followup.models import Party
from plass.followup.queries import meetings_of
from plass.jobs.models import EducationStarted, JobEnded, JobStarted
from plass.milestones.models import Milestones, Phase
from plass.organisation.models import User
from plass.organisation.sorting import alphabetically


def own_cases(participant: int) -> list[Milestones]:
    """Every case of the participant with its milestones: the one that goes on first, then the newest. One query."""
    cases = Milestones.objects.filter(participant=participant)
    return sorted(cases, key=lambda case: (case.phase == Phase.ENDED, -case.pk))


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting to come as a calendar follows it: one entry, however often it was moved, and until it is called off.

    ``numbers`` are the meeting's own, the first first: it gets a new one with each correction.
    """

    numbers: tuple[int, ...]
    starts_at: datetime
    minutes: int
    with_whom: str
    is_off: bool
    #: When it was before it was moved last; None where it was not.
    was_at: datetime | None
    changed_at: datetime

    @property
    def sequence(self) -> int:
        """How often it has changed."""
        return len(self.numbers) - 1 + self.is_off

    @property
    def ends_at(self) -> datetime:
        """When it should be over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class _Version:
    """A meeting as it stood from one correction to the next."""

    number: int
    starts_at: datetime
    minutes: int
    with_participant: bool
    with_whom: str
    recorded_at: datetime
    replacement: int | None
    corrected_at: datetime | None
    called_off_at: datetime | None


def calendar_entries(case: Case) -> list[CalendarEntry]:
    """The participant's meetings to come, those called off too, earliest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.id, m.starts_at, m.minutes, 'participant' = ANY (m.parties),
                   btrim(u.given_name || ' ' || u.family_name), m.recorded_at, k.replacement_id, k.recorded_at,
                   (SELECT max(a.recorded_at) FROM followup_meetingcancelled a
                    WHERE a.meeting_id = m.id AND a.superseded_at IS NULL)
            FROM followup_meeting m JOIN organisation_user u ON u.id = m.staff_id
            LEFT JOIN cases_correction k ON k.case_id = m.case_id AND k.kind = 'meeting' AND k.fact_id = m.id
            WHERE m.case_id = %(case)s
            """,
            {"case": case.pk},
        )
        versions = {version.number: version for version in (_Version(*row) for row in cursor.fetchall())}
    firsts = versions.keys() - {version.replacement for version in versions.values()}
    entries = [_entry(list(_from_first(versions, number))) for number in firsts]
    begun = timezone.now() - timedelta(hours=1)
    to_come = [entry for entry in entries if entry is not None and entry.starts_at > begun]
    return sorted(to_come, key=lambda entry: (entry.starts_at, entry.numbers))


def _from_first(versions: dict[int, _Version], number: int) -> Iterator[_Version]:
    version: _Version | None = versions[number]
    while version is not None:
        yield version
        version = versions.get(version.replacement) if version.replacement else None


def _entry(versions: list[_Version]) -> CalendarEntry | None:
    """What the calendar is to say of a meeting; None where the participant never was to be there."""
    if not any(version.with_participant for version in versions):
        return None
    last = versions[-1]
    called_off = [version.called_off_at for version in versions if version.called_off_at]
    withdrawn = last.corrected_at is not None
    moved_from = [version.starts_at for version in versions if version.starts_at != last.starts_at]
    changes = [version.corrected_at for version in versions if version.corrected_at]
    return CalendarEntry(
        numbers=tuple(version.number for version in versions),
        starts_at=last.starts_at,
        minutes=last.minutes,
        with_whom=last.with_whom,
        is_off=bool(called_off) or withdrawn or not last.with_participant,
        was_at=moved_from[-1] if moved_from else None,
        changed_at=max([last.recorded_at, *changes, *called_off]),
    )


@dataclass(frozen=True)
class OwnMeeting:
    """A meeting to come, as the participant needs it: when, with whom, how and where."""

    number: int
    starts_at: datetime
    minutes: int
    with_whom: str
    also: tuple[str, ...]
    channel: str
    where: str
    phone: str


def meetings(case: Case) -> list[OwnMeeting]:
    """The participant's meetings to come, earliest first. One query."""
    now = timezone.now()
    parties = dict(Party.choices)
    own_meetings = []
    for meeting in meetings_of(case):
        if Party.PARTICIPANT not in meeting.parties or meeting.starts_at < now - timedelta(hours=1):
            continue
        employer = meeting.employer.name if meeting.employer else ""
        party_names = (
            employer if party == Party.EMPLOYER and employer else str(parties[party]) for party in meeting.parties
        )
        own_meetings.append(
            OwnMeeting(
                number=meeting.pk,
                starts_at=meeting.starts_at,
                minutes=meeting.minutes,
                with_whom=meeting.staff.name,
                also=tuple(
                    words
                    for party, words in zip(meeting.parties, party_names, strict=True)
                    if party != Party.PARTICIPANT
                ),
                channel=meeting.channel,
                where=meeting.address or (meeting.get_place_display() if meeting.place else ""),
                phone=meeting.staff.phone,
            )
        )
    return own_meetings


@dataclass(frozen=True)
class OwnJob:
    """A job, a work trial or an education that goes on or is about to begin. ``place`` is the employer or the school."""

    title: str
    place: str
    started_on: date
    planned_end_on: date | None
    ended_on: date | None
    hours_per_week: Decimal | None
    form: str
    is_education: bool

    @property
    def hours_in_words(self) -> str:
        """18,75 hours a week; empty for an education, and where none are agreed."""
        return format_hours(self.hours_per_week) if self.hours_per_week else ""

    @property
    def form_in_words(self) -> str:
        """Permanent, temporary, full time, ..."""
        return str((EducationStarted if self.is_education else JobStarted).Form(self.form).label)

    @property
    def lies_ahead(self) -> bool:
        """Whether it has not begun yet."""
        return self.started_on > timezone.localdate()


def jobs(case: Case) -> list[OwnJob]:
    """Jobs and education of the case that have not ended before today, the newest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.title, e.name, p.started_on, p.planned_end_on, p.ended_on, p.hours_per_week, p.form, false
            FROM jobs_periods p JOIN employers_employer e ON e.id = p.employer_id
            WHERE p.case_id = %(case)s AND (p.ended_on IS NULL OR p.ended_on >= access_today())
            UNION ALL
            SELECT subject, institution, started_on, planned_end_on, ended_on, NULL, form, true
            FROM jobs_education_periods
            WHERE case_id = %(case)s AND (ended_on IS NULL OR ended_on >= access_today())
            ORDER BY 3 DESC, 1
            """,
            {"case": case.pk},
        )
        return [OwnJob(*row) for row in cursor.fetchall()]


def lessons(case: Case) -> dict[int, JobEnded]:
    """How each job that ended went: what worked, what did not, what to bring along. By number of the job. One query."""
    ends = JobEnded.objects.filter(case=case, superseded_at=None).order_by("happened_on", "pk")
    return {end.job_id: end for end in ends}


@dataclass(frozen=True)
class Wishes:
    """What the person has said they want: from the newest profile, or from the referral before there is one."""

    said_on: date
    occupations: list[str]
    interests: str
    words: str


def wishes(case: Case) -> Wishes | None:
    """The person's own wishes as they stand. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT 1 AS rank, happened_on, occupations, interests, '' AS words FROM profiles_profile
             WHERE case_id = %(case)s AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1)
            UNION ALL
            (SELECT 2, participant_agreed_on, '{}', '', wishes FROM cases_referral
             WHERE case_id = %(case)s AND superseded_at IS NULL ORDER BY happened_on DESC, id DESC LIMIT 1)
            ORDER BY rank
            """,
            {"case": case.pk},
        )
        rows = [Wishes(*row[1:]) for row in cursor.fetchall()]
    return next((row for row in rows if row.occupations or row.interests or row.words), None)


def collaborators(case: Case) -> list[Collaborator]:
    """Who outside Nav helps at the same time. One query."""
    return list(Collaborator.objects.filter(case=case, superseded_at=None).order_by(alphabetically(), "pk"))


@dataclass(frozen=True)
class ProtectionChange:
    """Somebody changed whether the participant is protected: when, who, to what, and why."""

    on: date
    name: str
    now: str
    reason: str


def protections(case: Case, *, most: int = 20) -> list[ProtectionChange]:
    """How the participant's protection was changed, the latest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (c.at AT TIME ZONE 'Europe/Oslo')::date, coalesce(btrim(u.given_name || ' ' || u.family_name), ''),
                   c.new ->> 'protection', coalesce(c.new ->> 'protection_reason', '')
            FROM {Change._meta.db_table} c LEFT JOIN organisation_user u ON u.id = c.who
            WHERE c.participant_id = %s AND c."table" = 'cases_participant' AND c.operation = 'update'
              AND c.new ? 'protection'
            ORDER BY c.at DESC LIMIT %s
            """,
            [case.participant_id, most],
        )
        labels = dict(Participant.Protection.choices)
        return [
            ProtectionChange(day, name, str(labels.get(now, now)), reason)
            for day, name, now, reason in cursor.fetchall()
        ]


@dataclass(frozen=True)
class Look:
    """Somebody opened the case on a day, by which right, so many pages, and for what."""

    on: date
    name: str
    rule: str
    times: int
    purposes: list[str]

    @property
    def what_for(self) -> str:
        """The purposes in words."""
        return ", ".join(sorted({log_labels.purpose(purpose) for purpose in self.purposes}))


def looks(case: Case, *, but: User, most: int = 100) -> list[Look]:
    """Who of the staff opened the case, day by day, the latest first (at most ``most`` lines). One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (o.at AT TIME ZONE 'Europe/Oslo')::date AS day, btrim(u.given_name || ' ' || u.family_name),
                   o.rule, count(*), array_agg(DISTINCT o.purpose::text)
            FROM {AccessLogEntry._meta.db_table} o JOIN organisation_user u ON u.id = o.user_id
            WHERE o.case_id = %s AND o.allowed AND o.user_id <> %s
            GROUP BY day, u.id, u.given_name, u.family_name, o.rule
            ORDER BY day DESC, max(o.at) DESC LIMIT %s
            """,
            [case.pk, but.pk, most],
        )
        return [Look(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Follower:
    """Somebody who follows the participant from a day: their job specialist, or their counsellor; or who covers for the
    specialist, who is away (``away``), through a day.
    """

    role: str
    name: str
    day: date
    away: str

    @property
    def is_counsellor(self) -> bool:
        """Whether they are the counsellor."""
        return self.role == Assignment.Role.COUNSELLOR


def new_followers(case: Case, since: date) -> list[Follower]:
    """Who follows the participant since a day, and did not before; and who covers today."""
    return PreparedQuery(
        Follower,
        """
        SELECT f.role, btrim(u.given_name || ' ' || u.family_name), f.happened_on, ''
        FROM (SELECT DISTINCT ON (a.role) a.*, lag(a.user_id) OVER held AS former FROM cases_assignment a
              WHERE a.case_id = %(case)s AND a.superseded_at IS NULL
              WINDOW held AS (PARTITION BY a.role ORDER BY a.happened_on, a.id)
              ORDER BY a.role, a.happened_on DESC, a.id DESC) f
        JOIN organisation_user u ON u.id = f.user_id
        WHERE f.user_id IS DISTINCT FROM f.former AND f.happened_on >= %(since)s AND f.recorded_at >= %(since)s::date
        UNION ALL
        SELECT 'cover', covers, until, away FROM cases_covered_today(%(case)s)
        """,
        {"case": case.pk, "since": since},
    ).rows()
