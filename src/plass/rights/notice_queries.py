"""Notices on the start page: contact persons who can read nothing more about somebody the reader follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plass.access.user_roles import UserRoles
from plass.db.prepared import PreparedQuery

#: For how many days; as the other notices about one's cases (``plass.cases.notice_queries``).
DAYS = 14
#: Lines of the notice.
MOST = 10


@dataclass(frozen=True)
class AccessEnded:
    """A contact person's access was ended by somebody else than the reader; ``left``: they have left the employer."""

    case_id: int
    participant: str
    person: str
    employer: str
    by: str
    at: datetime
    left: bool


def ended(who: UserRoles, today: date) -> PreparedQuery[AccessEnded] | None:
    """Accesses that others ended in the last days: given by the reader or about somebody they follow."""
    if not who.actor.works_with_people:
        return None
    return PreparedQuery(
        AccessEnded,
        f"""
        SELECT a.case_id, btrim(p.given_name || ' ' || p.family_name), e.name, w.name,
               coalesce(btrim(u.given_name || ' ' || u.family_name), ''), a.ended_at, e.left_on IS NOT NULL
        FROM rights_employeraccess a
        JOIN cases_case c ON c.id = a.case_id
        JOIN cases_participant p ON p.id = c.participant_id
        JOIN employers_contactperson e ON e.id = a.contact_person_id
        JOIN employers_employer w ON w.id = e.employer_id
        LEFT JOIN organisation_user u ON u.id = a.ended_by_id
        WHERE (c.specialist_id = %(told_ended)s OR a.given_by_id = %(told_ended)s)
          AND a.ended_at >= %(ended_since)s::date AND a.ended_by_id IS DISTINCT FROM %(told_ended)s
        ORDER BY a.ended_at DESC, a.id LIMIT {MOST}
        """,
        {"told_ended": who.user.pk, "ended_since": today - timedelta(DAYS)},
    )
