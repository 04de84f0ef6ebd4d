"""What people are told where they begin the day about cases they have a part in: an emergency in the case of somebody they
follow, who is new with them until they open the case, a case that was handed over to somebody else, a participant whose
protection was changed, what is open to them for a time, and the answers to their referrals.

Each is one bounded question to what its reader sees (row-level security), so it tells nothing that their other pages hide.
For a case that they do not see any more, a function of ``sql/70_told.sql`` decides what they are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plass.access.models import Grant
from plass.access.user_roles import UserRoles
from plass.db.prepared import PreparedQuery

from .gate import COUNSELS, FOLLOWS, works_there
from .models import Assignment, CaseEnded, CaseReopened, Participant

#: For how many days. Our own choice: long enough for whoever comes back from a week away, or two.
EMERGENCY_DAYS, HANDED_OVER_DAYS, ANSWER_DAYS, PROTECTED_DAYS = 14, 7, 14, 14
#: What waits to be opened goes away then all the same: whoever has not opened it by now knows.
NEW_DAYS, BACK_DAYS = 60, 14
#: Lines of a notice.
MOST = 10

_NAME = "btrim({0}.given_name || ' ' || {0}.family_name)"


@dataclass(frozen=True)
class OpenedInEmergency:
    """A colleague opened the case of somebody the reader follows, who had no part in it."""

    case_id: int
    participant: str
    by: str
    at: datetime
    reason: str


def emergencies(who: UserRoles, today: date) -> PreparedQuery[OpenedInEmergency] | None:
    """Emergencies of the last days in the cases that ``who`` follows. In the cases of a team they lead they are told
    otherwise: until it is signed off.
    """
    if not who.actor.follows_at:
        return None
    return PreparedQuery(
        OpenedInEmergency,
        f"""
        SELECT c.id, {_NAME.format("p")}, {_NAME.format("u")}, g.granted_at, g.reason
        FROM cases_case c
        JOIN cases_participant p ON p.id = c.participant_id
        JOIN access_grant g ON g.case_id = c.id
        JOIN organisation_user u ON u.id = g.user_id
        WHERE c.specialist_id = %(told)s AND g.kind = 'emergency' AND g.user_id <> %(told)s
          AND g.granted_at >= %(emergencies_told_since)s::date
          AND (c.team_id IS NULL OR c.team_id <> ALL (%(told_led)s::bigint[]))
        ORDER BY g.granted_at DESC LIMIT {MOST}
        """,
        {
            "told": who.user.pk,
            "told_led": sorted(who.led_teams),
            "emergencies_told_since": today - timedelta(EMERGENCY_DAYS),
        },
    )


@dataclass(frozen=True)
class NewWithMe:
    """A participant who has come to the reader and whose case they have not opened since: by somebody (``by``) who gave them
    the case or opened the follow-up again, or whom they cover for (``until`` a day), or who covered for them (until then).
    """

    case_id: int
    participant: str
    how: str
    by: str
    day: date
    until: date | None
    reason: str
    total: int

    @property
    def told_with(self) -> tuple[str, str | int, date]:
        """What is the same for those who are told of in one sentence: all whom the reader covers for somebody for."""
        return (self.how, self.by, self.day) if self.how == "cover" else (self.how, self.case_id, self.day)

    @property
    def why(self) -> str:
        """What was written, or else chosen, in words."""
        return str(dict(CaseReopened.Reason.choices).get(self.reason, self.reason))

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


#: What the log says that is no opening: the case was in a file, or one of many that were compared.
_NO_OPENING = "('export', 'log export', 'list check', 'differences')"


def _opened(case: str, since: str, user: str = "%(told)s", until: str = "'infinity'") -> str:
    """Whether ``user`` opened the case after one moment and before another."""
    return (
        f"EXISTS (SELECT FROM access_accesslogentry l WHERE l.case_id = {case} AND l.user_id = {user} AND l.allowed "
        f"AND l.at > {since} AND l.at < {until} AND l.purpose NOT IN {_NO_OPENING})"
    )


_MIDNIGHT_AFTER = "((b.ends_on + 1)::timestamp AT TIME ZONE 'Europe/Oslo')"
_MIDNIGHT_BEFORE = "(b.starts_on::timestamp AT TIME ZONE 'Europe/Oslo')"


def new_with_me(who: UserRoles, today: date) -> PreparedQuery[NewWithMe] | None:
    """Who has come to ``who`` and waits to be opened: given to them to follow or as counsellor, opened again, to be covered
    for, or back after somebody covered for them and was in the case meanwhile. The latest first, those they cover for last.
    """
    if not (who.actor.follows_at or who.actor.counsels_at):
        return None
    return PreparedQuery(
        NewWithMe,
        f"""
        SELECT n.*, count(*) OVER () FROM (
            SELECT a.case_id, a.name, 'given', {_NAME.format("u")}, a.happened_on, NULL::date AS until, a.reason
            FROM (
                SELECT DISTINCT ON (c.id, f.role) f.*, {_NAME.format("p")} AS name
                FROM cases_case c
                JOIN cases_participant p ON p.id = c.participant_id
                JOIN cases_assignment f ON f.case_id = c.id AND f.superseded_at IS NULL AND f.role =
                    CASE c.specialist_id WHEN %(told)s THEN 'specialist' ELSE 'counsellor' END
                WHERE c.specialist_id = %(told)s OR c.counsellor_id = %(told)s
                ORDER BY c.id, f.role, f.happened_on DESC, f.id DESC
            ) a
            JOIN organisation_user u ON u.id = a.recorded_by_id
            WHERE a.user_id = %(told)s AND a.recorded_by_id <> %(told)s
              -- A list of what was long ago is no news.
              AND a.happened_on >= %(new_since)s::date AND a.recorded_at >= %(new_since)s::date
              AND NOT {_opened("a.case_id", "a.recorded_at")}
            UNION ALL
            SELECT c.id, {_NAME.format("p")}, 'reopened', {_NAME.format("u")}, r.happened_on, NULL,
                   coalesce(nullif(r.note, ''), r.reason)
            FROM cases_case c
            JOIN cases_participant p ON p.id = c.participant_id
            JOIN cases_casereopened r ON r.case_id = c.id AND r.superseded_at IS NULL AND r.recorded_by_id <> %(told)s
                AND r.happened_on >= %(new_since)s::date AND r.recorded_at >= %(new_since)s::date
            JOIN organisation_user u ON u.id = r.recorded_by_id
            WHERE (c.specialist_id = %(told)s OR c.counsellor_id = %(told)s)
              AND NOT EXISTS (SELECT FROM cases_casereopened later WHERE later.case_id = c.id AND later.superseded_at IS NULL
                              AND later.recorded_at > r.recorded_at)
              AND NOT {_opened("c.id", "r.recorded_at")}
            UNION ALL
            SELECT c.case_id, {_NAME.format("p")}, 'back', {_NAME.format("u")}, b.starts_on, b.ends_on, ''
            FROM organisation_absence b
            JOIN organisation_user u ON u.id = b.covered_by_id
            JOIN milestone_cache c ON c.specialist_id = %(told)s AND c.open_until > access_today()
            JOIN cases_participant p ON p.id = c.participant_id
            WHERE b.user_id = %(told)s AND b.ends_on < access_today() AND b.ends_on >= %(back_since)s::date
              AND {_opened("c.case_id", _MIDNIGHT_BEFORE, "b.covered_by_id", _MIDNIGHT_AFTER)}
              AND NOT {_opened("c.case_id", _MIDNIGHT_AFTER)}
            UNION ALL
            SELECT c.case_id, {_NAME.format("p")}, 'cover', {_NAME.format("u")}, b.starts_on, b.ends_on, ''
            FROM organisation_absence b
            JOIN organisation_user u ON u.id = b.user_id
            JOIN milestone_cache c ON c.specialist_id = b.user_id AND c.open_until > access_today()
            JOIN cases_participant p ON p.id = c.participant_id
            WHERE b.covered_by_id = %(told)s AND access_today() BETWEEN b.starts_on AND b.ends_on
              AND NOT {_opened("c.case_id", f"greatest(b.recorded_at, {_MIDNIGHT_BEFORE})")}
        ) AS n (case_id, participant, how, by, day, until, reason)
        ORDER BY n.how = 'cover', n.day DESC, n.by, n.case_id LIMIT {MOST}
        """,
        {"told": who.user.pk, "new_since": today - timedelta(NEW_DAYS), "back_since": today - timedelta(BACK_DAYS)},
    )


@dataclass(frozen=True)
class GivenOn:
    """Somebody else gave a case on: one that was the reader's (``lost``), or that they are the counsellor of.

    Without ``case_id`` the reader does not see the case any more; where they may not know of the participant either, only
    ``lost``, ``role`` and ``day`` are said.
    """

    case_id: int | None
    participant: str | None
    lost: bool
    role: str
    by: str | None
    to: str | None
    day: date
    reason: str
    total: int

    @property
    def as_counsellor(self) -> bool:
        """Whether it is the counsellor that changed, not who follows."""
        return self.role == Assignment.Role.COUNSELLOR

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


def given_on(who: UserRoles, today: date) -> PreparedQuery[GivenOn] | None:
    """The cases of ``who`` that others gave to somebody else in the last days, the latest first."""
    if not (who.actor.follows_at or who.actor.counsels_at):
        return None
    return PreparedQuery(
        GivenOn,
        f"SELECT g.*, count(*) OVER () FROM cases_given_on(%(given_on_since)s::date) g LIMIT {MOST}",
        {"given_on_since": today - timedelta(HANDED_OVER_DAYS)},
    )


@dataclass(frozen=True)
class Left:
    """Who follows the participant (``is_counsellor``: their counsellor) does not do that work at the office any more."""

    case_id: int
    participant: str
    name: str
    is_counsellor: bool
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


_OF_KEPT = "k.case_id, k.participant_id, k.office_id, k.specialist_id, k.counsellor_id, k.sort_name"


def left(who: UserRoles, today: date) -> PreparedQuery[Left] | None:
    """The open cases whose counsellor or job specialist has left, for the other of the two and the team's supervisor."""
    if not (who.actor.follows_at or who.actor.counsels_at):
        return None
    return PreparedQuery(
        Left,
        f"""
        -- In many cases the same few people stand: who of them has left comes first, then their cases, and names at last.
        WITH open AS MATERIALIZED (
            SELECT {_OF_KEPT} FROM milestone_cache k
            WHERE k.team_id = ANY (%(told_led)s::bigint[]) AND k.open_until > access_today()
            UNION ALL
            SELECT {_OF_KEPT} FROM cases_case c JOIN milestone_cache k ON k.case_id = c.id
            WHERE (c.specialist_id = %(told)s OR c.counsellor_id = %(told)s) AND k.open_until > access_today()
              AND (k.team_id IS NULL OR k.team_id <> ALL (%(told_led)s::bigint[]))
        ), there AS MATERIALIZED (
            -- Each counsellor and each specialist once, in one reading of the cases.
            SELECT coalesce(counsellor_id, specialist_id) AS user_id, office_id, grouping(specialist_id) = 1 AS is_counsellor
            FROM open
            GROUP BY GROUPING SETS ((office_id, counsellor_id), (office_id, specialist_id))
            HAVING coalesce(counsellor_id, specialist_id) IS NOT NULL
        ), gone AS MATERIALIZED (
            SELECT * FROM there c WHERE c.is_counsellor AND NOT (SELECT {works_there("c.user_id", "c", COUNSELS)})
            UNION ALL
            SELECT * FROM there c WHERE NOT c.is_counsellor AND NOT (SELECT {works_there("c.user_id", "c", FOLLOWS)})
        ), shown AS (
            SELECT c.*, gone.user_id, gone.is_counsellor, count(*) OVER () AS found FROM gone JOIN open c
            ON c.office_id = gone.office_id
               AND gone.user_id = CASE WHEN gone.is_counsellor THEN c.counsellor_id ELSE c.specialist_id END
            ORDER BY c.sort_name, c.case_id, gone.is_counsellor LIMIT {MOST}
        )
        SELECT c.case_id, {_NAME.format("p")}, {_NAME.format("u")}, c.is_counsellor, c.found
        FROM shown c JOIN cases_participant p ON p.id = c.participant_id JOIN organisation_user u ON u.id = c.user_id
        ORDER BY c.sort_name, c.case_id, c.is_counsellor
        """,
        {"told": who.user.pk, "told_led": sorted(who.led_teams)},
    )


@dataclass(frozen=True)
class ProtectionChanged:
    """Somebody who decides protected a participant, or otherwise than before, or not any more: from what to what."""

    case_id: int
    participant: str
    by: str
    at: datetime
    before: str
    after: str
    reason: str
    total: int

    @property
    def was(self) -> str:
        """How they were protected until then, in words."""
        return str(Participant.Protection(self.before).label)

    @property
    def now(self) -> str:
        """How they were protected by it, in words."""
        return str(Participant.Protection(self.after).label)

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


def protection_changed(who: UserRoles, today: date) -> PreparedQuery[ProtectionChanged] | None:
    """The participants whose protection others changed in the last days, in cases of ``who``: of each the last change, the
    latest first.

    Whoever does not see the participant any more is told nothing.
    """
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        ProtectionChanged,
        f"""
        SELECT a.case_id, a.name, {_NAME.format("u")}, a.at, a.before, a.after, a.reason, count(*) OVER ()
        FROM (
            SELECT DISTINCT ON (p.id) c.id AS case_id, {_NAME.format("p")} AS name, h.who, h.at,
                   h.old ->> 'protection' AS before, h.new ->> 'protection' AS after,
                   coalesce(h.new ->> 'protection_reason', p.protection_reason) AS reason
            FROM cases_case c
            JOIN cases_participant p ON p.id = c.participant_id
            JOIN access_change h ON h.participant_id = p.id AND h.at >= %(protected_since)s::date
            WHERE (c.specialist_id = %(told)s OR c.counsellor_id = %(told)s OR c.referred_by_id = %(told)s)
              AND h.audience = 'participant' AND h."table" = 'cases_participant' AND h.operation = 'update'
              AND h.new ? 'protection'
            ORDER BY p.id, h.at DESC, h.id DESC, c.id DESC
        ) a
        JOIN organisation_user u ON u.id = a.who
        WHERE a.who <> %(told)s
        ORDER BY a.at DESC, a.case_id LIMIT {MOST}
        """,
        {"told": who.user.pk, "protected_since": today - timedelta(PROTECTED_DAYS)},
    )


@dataclass(frozen=True)
class WayIn:
    """A case that is open to the reader until a time: by themselves in an emergency, or by somebody who has the case."""

    case_id: int
    participant: str
    kind: str
    by: str
    reason: str
    until: datetime

    @property
    def is_emergency(self) -> bool:
        """Whether they opened it themselves."""
        return self.kind == Grant.Kind.EMERGENCY


def ways_in(who: UserRoles, today: date) -> PreparedQuery[WayIn] | None:
    """The cases that are open to ``who`` for a time and not theirs otherwise, those that close first before the others."""
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        WayIn,
        f"""
        SELECT c.id, {_NAME.format("p")}, g.kind, {_NAME.format("u")}, g.reason, g.expires_at
        FROM (SELECT DISTINCT ON (case_id) * FROM access_grant WHERE user_id = %(told)s AND expires_at > now()
              ORDER BY case_id, expires_at DESC) g
        JOIN cases_case c ON c.id = g.case_id
        JOIN cases_participant p ON p.id = c.participant_id
        JOIN organisation_user u ON u.id = g.granted_by_id
        WHERE c.specialist_id IS DISTINCT FROM %(told)s AND c.counsellor_id IS DISTINCT FROM %(told)s
        ORDER BY g.expires_at, c.id LIMIT {MOST}
        """,
        {"told": who.user.pk},
    )


@dataclass(frozen=True)
class SaidOwnEmployee:
    """Somebody who works here says that they are a participant the reader decides about. Who it was is left out."""

    case_id: int
    participant: str
    day: date


def own_employees(who: UserRoles, today: date) -> PreparedQuery[SaidOwnEmployee] | None:
    """The participants of whom ``who`` is asked whether they are an own employee, until it is answered."""
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        SaidOwnEmployee,
        f"""
        SELECT a.case_id, {_NAME.format("p")}, a.said_on
        FROM cases_asked_about_own_employees() a JOIN cases_participant p ON p.id = a.participant_id
        ORDER BY a.said_on, a.case_id LIMIT {MOST}
        """,
        {},
    )


@dataclass(frozen=True)
class Answer:
    """What came of a referral of the reader's: ``specialist`` took it on a day, or nobody did and it ended.

    Who ended it is left out: a referral of somebody whom the reader does not see is answered by whoever decides about that
    person, and who that is would tell that the person is known.
    """

    case_id: int
    participant: str
    specialist: str
    day: date
    cause: str
    said: str
    answered: bool
    total: int

    @property
    def why(self) -> str:
        """What was said, or else the cause in words."""
        return self.said or str(dict(CaseEnded.Cause.choices).get(self.cause, ""))

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


def answers(who: UserRoles, today: date) -> PreparedQuery[Answer] | None:
    """The answers of others to referrals by ``who`` in the last days, the latest first, as far as they see the case.

    The first who follows the participant is the answer, or that the case ended before anybody did. Where it was ended with
    an answer (``cases_is_an_answer``) that is the last one, also where somebody had taken it.
    """
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        Answer,
        f"""
        SELECT c.id, {_NAME.format("p")}, coalesce({_NAME.format("u")}, ''), a.happened_on, a.cause, a.said,
               a.answered, count(*) OVER ()
        FROM cases_case c
        JOIN cases_participant p ON p.id = c.participant_id
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT 1 AS rank, f.id, f.happened_on, f.recorded_at, f.recorded_by_id, f.user_id, '' AS cause,
                       f.reason AS said, false AS answered
                FROM cases_assignment f
                WHERE f.case_id = c.id AND f.role = 'specialist' AND f.user_id IS NOT NULL AND f.superseded_at IS NULL
                UNION ALL
                SELECT CASE WHEN one.answers THEN 0 ELSE 2 END, e.id, e.happened_on, e.recorded_at, e.recorded_by_id, NULL,
                       e.cause, e.note, one.answers
                FROM cases_caseended e
                CROSS JOIN LATERAL (SELECT e.recorded_at >= %(answers_since)s::date
                                           AND cases_is_an_answer(e.id) AS answers) one
                WHERE e.case_id = c.id AND e.superseded_at IS NULL AND NOT EXISTS (
                    SELECT FROM cases_casereopened r
                    WHERE r.case_id = c.id AND r.superseded_at IS NULL AND r.recorded_at > e.recorded_at)
            ) each_answer ORDER BY rank, happened_on, id LIMIT 1
        ) a
        LEFT JOIN organisation_user u ON u.id = a.user_id
        WHERE c.referred_by_id = %(told)s AND a.recorded_by_id <> %(told)s AND a.recorded_at >= %(answers_since)s::date
        ORDER BY a.recorded_at DESC, c.id LIMIT {MOST}
        """,
        {"told": who.user.pk, "answers_since": today - timedelta(ANSWER_DAYS)},
    )


@dataclass(frozen=True)
class Joined:
    """A referral was joined with somebody registered: by the reader (``part``: referred), or one they had taken.

    Where the reader lost the case and does not see it any more, who referred is said, and nothing else.
    """

    case_id: int | None
    participant: str | None
    part: str
    by: str | None
    referred_by: str
    day: date
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


def joined(who: UserRoles, today: date) -> PreparedQuery[Joined] | None:
    """The referrals of ``who``, or that they had taken, which others joined in the last days, the latest first."""
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        Joined,
        f"SELECT j.*, count(*) OVER () FROM cases_joined_since(%(joined_since)s::date) j LIMIT {MOST}",
        {"joined_since": today - timedelta(ANSWER_DAYS)},
    )


@dataclass(frozen=True)
class Answered:
    """A case that the reader has was ended with an answer to the referral (``said``), by somebody else. Who is left out."""

    case_id: int
    participant: str
    day: date
    said: str
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - MOST


def answered(who: UserRoles, today: date) -> PreparedQuery[Answered] | None:
    """The cases of ``who`` as job specialist or counsellor whose referral, by another, was answered in the last days."""
    if not (who.actor.follows_at or who.actor.counsels_at):
        return None
    return PreparedQuery(
        Answered,
        f"""
        SELECT c.id, {_NAME.format("p")}, e.happened_on, e.note, count(*) OVER ()
        FROM cases_case c
        JOIN cases_participant p ON p.id = c.participant_id
        JOIN cases_caseended e ON e.case_id = c.id AND e.superseded_at IS NULL AND e.cause = 'other'
            AND e.recorded_by_id <> %(told)s AND e.recorded_at >= %(answered_since)s::date
        WHERE (c.specialist_id = %(told)s OR c.counsellor_id = %(told)s) AND c.referred_by_id IS DISTINCT FROM %(told)s
          AND cases_is_an_answer(e.id)
          AND NOT EXISTS (SELECT FROM cases_casereopened r
                          WHERE r.case_id = c.id AND r.superseded_at IS NULL AND r.recorded_at > e.recorded_at)
        ORDER BY e.recorded_at DESC, c.id LIMIT {MOST}
        """,
        {"told": who.user.pk, "answered_since": today - timedelta(ANSWER_DAYS)},
    )
