"""A list as a file: what is filtered, and each case in the log of who looked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.access import log
from plass.access.rules import Decision, Relations, decide
from plass.access.user_roles import UserRoles
from plass.ui.spreadsheet import as_file

from ..participant_query import PARTICIPANTS, participants
from .participants import who_reads


@require_safe
def export(request: HttpRequest, file_format: str) -> FileResponse:
    """What the list shows, all pages, as a file. Shielded participants are left out unless they are one's own."""
    who = who_reads(request)
    query = PARTICIPANTS.read(request.GET.dict(), who)
    cases = participants(query).that(
        "(m.specialist_id = %(me)s OR m.case_id IN (SELECT id FROM cases_case WHERE counsellor_id = %(me)s) "
        "OR EXISTS (SELECT FROM cases_participant p WHERE p.id = m.participant_id AND p.protection = ''))"
    )
    exported: list[tuple[int, int, str]] = []

    def rows() -> Iterator[Any]:
        for row in cases.for_the_file():
            decision = _decide(row, who)
            if decision.allowed:
                exported.append((row.case_id, row.participant_id, decision.rule))
                yield row

    return as_file(
        file_format,
        PARTICIPANTS.lines(rows(), query),
        PARTICIPANTS.headings(query),
        title=str(PARTICIPANTS.title),
        name=f"{_('participants')}-{query.today}",
        written=lambda: log.log_export(who, "export", exported),
    )


def _decide(row: Any, who: UserRoles) -> Decision:
    return decide(
        who.actor,
        Relations(
            case=row.case_id,
            participant=row.participant_id,
            office=row.office_id,
            specialist=row.specialist_id,
            counsellor=row.counsellor_id,
            referred_by=row.referred_by_id,
            team=row.team_id,
            shielded=row.shielded,
            referrer_ended_at=row.referrer_ended_at,
        ),
    )
