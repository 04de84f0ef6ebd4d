"""What this room shows on an employer's page: contacts, who talks to whom, and promises to call back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from plass.access.user_roles import UserRoles
from plass.employers.employer_panels import Panel
from plass.employers.models import Employer

from . import queries

#: How far back it is told who talks to whom.
TALKS_DAYS = 730


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


def _contacts(employer: Employer, who: UserRoles) -> dict[str, Any]:
    due = queries.promises_due([who.user.pk], timezone.localdate(), employer).rows()
    return {"contacts": list(queries.contacts_with(employer)), "due": due[:5], "employer": employer}


def _talks(employer: Employer, who: UserRoles) -> dict[str, Any]:
    return {"talks": talks(employer, timezone.localdate())}


PANELS = (
    Panel("followup/_at_employer.html", _contacts),
    Panel("followup/_talks.html", _talks, aside=True),
)
