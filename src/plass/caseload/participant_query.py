"""The participants somebody has a part in: what a list of them shows, can be narrowed by and holds as a file.

Every question names the teams or the person it is about, beside what row-level security asks, so that the database can
use the index by team or by specialist however many cases there are. The page is in ``views/participants.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.db.models.expressions import RawSQL
from django.http import Http404
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from plass.access.user_roles import UserRoles
from plass.cases import identity
from plass.cases.models import CaseEnded
from plass.db.prepared import PreparedQuery
from plass.milestones.models import Milestones, Phase
from plass.organisation.models import Role, Team
from plass.organisation.sorting import alphabetically
from plass.ui.listing import LONGEST_TEXT, MOST_OFFERED, Asked, Column, Filter, Offered, never
from plass.ui.sql_listing import Found, SqlListing
from plass.ui.templatetags.plass import day, nearby

SCOPES = {
    "mine": gettext_lazy("Those I follow"),
    "team": gettext_lazy("The team's"),
    "henvist": gettext_lazy("Those I referred"),
}
TONES = {
    Phase.REFERRED: "warning",
    Phase.ENGAGEMENT: "info",
    Phase.PROFILING: "info",
    Phase.JOB_DEVELOPMENT: "accent",
    Phase.IN_WORK: "success",
    Phase.IN_EDUCATION: "meta-purple",
    Phase.ENDED: "neutral",
}


def scopes_for(who: UserRoles) -> tuple[str, ...]:
    """The lists somebody has, their own first. Raises Http404 for those who have none."""
    keys = []
    if who.has(Role.SPECIALIST):
        keys.append("mine")
    if who.teams:
        keys.append("team")
    if who.teams or who.has(Role.COUNSELLOR):
        keys.append("henvist")
    if not keys:
        raise Http404
    return tuple(keys)


_SCOPE_SQL = {
    "mine": "m.specialist_id = %(me)s",
    "team": "m.team_id = ANY (%(teams)s::bigint[])",
    "henvist": "m.case_id IN (SELECT id FROM cases_case WHERE counsellor_id = %(me)s OR referred_by_id = %(me)s)",
}


def _scope(text: str, query: Asked) -> str:
    offered = scopes_for(query.who)
    return text if text in offered else offered[0]


_IS_OPEN = "m.open_until > %(today)s"
STATUS = {
    "": (gettext_lazy("Not ended"), _IS_OPEN),
    "folges": (gettext_lazy("Followed by somebody"), f"{_IS_OPEN} AND m.specialist_id IS NOT NULL"),
    "venter": (gettext_lazy("Waiting for the first talk"), "m.waiting_days IS NOT NULL"),
    "ledig": (gettext_lazy("Nobody has taken"), f"{_IS_OPEN} AND m.specialist_id IS NULL"),
    "pause": (gettext_lazy("Paused"), f"{_IS_OPEN} AND m.paused_on <= %(today)s"),
    "avsluttet": (gettext_lazy("Ended"), "m.open_until <= %(today)s"),
    "alle": (gettext_lazy("All"), "true"),
}


def _team(text: str, query: Asked) -> int | str | None:
    if query["vis"] != "team":
        return None
    number = _number(text, query)
    return number if number in query.who.teams else None if number else _typed(text)


def _teams(query: Asked) -> list[Offered] | None:
    """The reader's teams, with the name of the office, since two offices may each have a team 1; none where there is one."""
    if query["vis"] != "team" or len(query.who.teams) < 2:
        return []
    return None if len(query.who.teams) > MOST_OFFERED else _find_team("", query)


def _find_team(text: str, query: Asked) -> list[Offered]:
    """Those of the reader's teams that are called so, or have this number."""
    teams = Team.objects.filter(pk__in=sorted(query.who.teams)).order_by(
        alphabetically("office__name"), alphabetically(), "pk"
    )
    if number := _number(text, query):
        teams = teams.filter(pk=number)
    offered = [Offered(pk, f"{name}, {office}") for pk, name, office in teams.values_list("pk", "name", "office__name")]
    words = text.replace(",", " ").casefold().split() if not number else []
    return [team for team in offered if all(word in str(team.label).casefold() for word in words)]


def _number(text: str, _query: Asked) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _typed(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_TEXT]


_WORK_THERE = """EXISTS (SELECT FROM organisation_membership m WHERE m.user_id = u.id AND m.role = 'specialist'
                      AND m.team_id = ANY (%(teams)s::bigint[]) AND m.started_on <= %(today)s
                      AND (m.ended_on IS NULL OR m.ended_on >= %(today)s))"""


def _specialists_that(condition: str, parameters: dict[str, Any], more: str = "") -> PreparedQuery[Offered]:
    return PreparedQuery(
        Offered,
        f"""
        SELECT u.id, btrim(u.given_name || ' ' || u.family_name) FROM organisation_user u WHERE {condition}
        ORDER BY plain_name(u.family_name || ' ' || u.given_name, true) COLLATE "C", u.id {more}
        """,
        parameters,
    )


def _specialists(query: Asked) -> PreparedQuery[Offered] | list[Offered] | None:
    """Those who work as specialists today in the reader's teams, by name: one more than a page offers."""
    if query["vis"] != "team":
        return []
    if len(query.who.teams) > MOST_OFFERED:
        return None
    parameters = {"teams": sorted(query.who.teams), "today": query.today}
    return _specialists_that(_WORK_THERE, parameters, f"LIMIT {MOST_OFFERED + 1}")


def _find_specialist(text: str, query: Asked) -> list[Offered]:
    """Those of them that are called so. By a number also somebody who works there no more, for they may have cases."""
    if number := _number(text, query):
        return _specialists_that("u.kind = 'staff' AND u.id = %(number)s", {"number": number}).rows()
    parameters: dict[str, Any] = {"teams": sorted(query.who.teams), "today": query.today}
    conditions = [_WORK_THERE]
    for place, word in enumerate(text.split()):
        conditions.append(
            f"strpos(plain_name(u.given_name || ' ' || u.family_name, false), plain_name(%(word{place})s, false)) > 0"
        )
        parameters[f"word{place}"] = word
    return _specialists_that(" AND ".join(conditions), parameters).rows()


def _not_met_for(rows: Found, days: str, query: Asked) -> Found:
    return rows.that(
        "(m.last_met_on < %(limit)s OR (m.last_met_on IS NULL AND m.referred_on < %(limit)s))",
        limit=query.today - timedelta(int(days)),
    )


def _more_than(days: int) -> str | Promise:
    return lazy(lambda: _("more than %(days)d days") % {"days": days}, str)()


class InAList:
    """What a participant is called in a list, and how far they have come."""

    given_name: str
    family_name: str
    phase: str
    paused_on: date | None

    @property
    def name(self) -> str:
        """Family name first, as the list is sorted."""
        return f"{self.family_name}, {self.given_name}"

    @property
    def phase_label(self) -> str:
        """The phase in words."""
        return capfirst(str(Phase(self.phase).label))

    @property
    def tone(self) -> str:
        """The colour of the phase."""
        return TONES[Phase(self.phase)]

    @property
    def is_paused(self) -> bool:
        """Whether the follow-up rests today."""
        return self.paused_on is not None and self.paused_on <= timezone.localdate() and self.phase != Phase.ENDED


class ParticipantRow(InAList):
    """What the cells of a row say beside its columns."""

    case_id: int
    shielded: bool
    referred_on: date
    waiting_days: int | None
    #: Where the case is; the page says it (``say_addresses``).
    url: str

    @property
    def is_shielded(self) -> bool:
        """Whether the address is protected."""
        return self.shielded

    @property
    def referred(self) -> str:
        """The day of the referral."""
        return day(self.referred_on)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has begun."""
        return self.waiting_days is not None

    @property
    def waits(self) -> str:
        """For how long the referral has waited."""
        days = self.waiting_days or 0
        return ngettext("waits %(days)s day", "waits %(days)s days", days) % {"days": days}


def say_addresses(rows: Iterable[ParticipantRow]) -> None:
    """Say in each row where its case is, looked up once: fifty times it took a tenth of the page's processor time."""
    before, _number, after = resolve_url("caseload:case", 0).rpartition("0")
    for row in rows:
        row.url = f"{before}{row.case_id}{after}"


def _end_cause(row: Any) -> str | None:
    if row.answered:
        return _("the referral was answered")
    return str(CaseEnded.Cause(row.end_cause).label) if row.end_cause else None


def _shows_ended(query: Asked) -> bool:
    return bool(query["status"] == "avsluttet")


PARTICIPANTS = SqlListing(
    name="participants",
    title=gettext_lazy("Participants"),
    source="milestones m",
    shown_with="""JOIN cases_case c ON c.id = m.case_id JOIN cases_participant p ON p.id = m.participant_id
        LEFT JOIN organisation_user s ON s.id = m.specialist_id""",
    tie="m.case_id",
    row=ParticipantRow,
    sort="navn",
    suggestions_at="caseload:suggestions",
    own_filters=(
        Filter(
            key="vis",
            read=_scope,
            narrow=lambda rows, scope, query: rows.that(_SCOPE_SQL[scope]),
            drawn=False,
            stays=True,
        ),
        Filter(
            key="status",
            label=gettext_lazy("Which"),
            choices=[(key, label) for key, (label, _sql) in STATUS.items()],
            narrow=lambda rows, status, query: rows.that(STATUS[status][1]),
            narrows_always=True,
        ),
        Filter(
            key="team",
            label=gettext_lazy("Team"),
            offers=_teams,
            unset=gettext_lazy("all of mine"),
            read=_team,
            find=_find_team,
            narrow=lambda rows, teams, query: rows.that("m.team_id = ANY (%(team)s::bigint[])", team=teams),
        ),
    ),
    columns=(
        Column(key="case_id", label=gettext_lazy("Case"), sql="m.case_id", on_page=never),
        Column(
            key="name",
            label=gettext_lazy("Name"),
            needs=("case_id", "given_name", "family_name", "shielded"),
            sort="navn",
            order=("m.sort_name",),
            in_file=never,
            names_the_row=True,
        ),
        Column(key="family_name", label=gettext_lazy("Family name"), sql="p.family_name", on_page=never),
        Column(key="given_name", label=gettext_lazy("Given name"), sql="p.given_name", on_page=never),
        Column(
            key="phase",
            label=gettext_lazy("Phase"),
            sql="m.phase",
            needs=("paused_on",),
            value=lambda row: str(Phase(row.phase).label),
            sort="fase",
            # In the order a case goes through them, not by their letters.
            order=(f"array_position('{{{','.join(Phase.values)}}}'::text[], m.phase)", "m.sort_name"),
            labelled=False,
            filter=Filter(
                key="fase",
                label=gettext_lazy("Phase"),
                choices=[("", gettext_lazy("All phases")), *Phase.choices],
                narrow=lambda rows, phase, query: rows.that("m.phase = %(phase)s", phase=phase),
            ),
        ),
        Column(
            key="specialist",
            label=gettext_lazy("Job specialist"),
            sql="coalesce(btrim(s.given_name || ' ' || s.family_name), '')",
            sort="jobbspesialist",
            order=(
                "(SELECT plain_name(s.family_name || ' ' || s.given_name, true) COLLATE \"C\" "
                "FROM organisation_user s WHERE s.id = m.specialist_id)",
                "m.sort_name",
            ),
            nothing=gettext_lazy("nobody yet"),
            on_page=lambda query: query["vis"] != "mine",
            filter=Filter(
                key="jobbspesialist",
                label=gettext_lazy("Job specialist"),
                offers=_specialists,
                find=_find_specialist,
                unset=gettext_lazy("everybody"),
                read=lambda text, query: _number(text, query) or _typed(text),
                narrow=lambda rows, numbers, query: rows.that(
                    "m.specialist_id = ANY (%(specialist)s::bigint[])", specialist=numbers
                ),
            ),
        ),
        Column(
            key="referred_on",
            label=gettext_lazy("Referred"),
            sql="m.referred_on",
            type=date,
            needs=("waiting_days",),
            sort="henvist",
            order=("m.referred_on",),
        ),
        Column(key="started_on", label=gettext_lazy("Start"), sql="m.started_on", type=date, on_page=never),
        Column(key="waiting_days", label=gettext_lazy("Days waiting"), sql="m.waiting_days", type=int, on_page=never),
        Column(
            key="last_met_on",
            label=gettext_lazy("Last met"),
            sql="m.last_met_on",
            type=date,
            cell=lambda row, query: nearby(row.last_met_on, query.today),
            nothing=gettext_lazy("not met"),
            sort="mott",
            order=("m.last_met_on",),
            filter=Filter(
                key="ikke_mott",
                label=gettext_lazy("Not met for"),
                choices=[("", gettext_lazy("any time")), *((str(days), _more_than(days)) for days in (14, 30, 60, 90))],
                narrow=_not_met_for,
            ),
        ),
        Column(
            key="next_contact_on",
            label=gettext_lazy("Next contact"),
            sql="m.next_contact_on",
            type=date,
            cell=lambda row, query: nearby(row.next_contact_on, query.today),
            sort="avtalt",
            order=("m.next_contact_on",),
            on_page=lambda query: not _shows_ended(query),
        ),
        Column(
            key="first_employer_contact_on",
            label=gettext_lazy("First employer met"),
            sql="m.first_employer_contact_on",
            type=date,
            on_page=never,
        ),
        Column(key="first_job_on", label=gettext_lazy("First job"), sql="m.first_job_on", type=date, on_page=never),
        Column(key="in_work", label=gettext_lazy("In work now"), sql="m.in_work", type=bool, on_page=never),
        Column(key="paused_on", label=gettext_lazy("Paused"), sql="m.paused_on", type=date, on_page=never),
        Column(
            key="ended_on",
            label=gettext_lazy("Ended"),
            sql="m.ended_on",
            type=date,
            sort="sluttet",
            order=("m.ended_on",),
            on_page=_shows_ended,
        ),
        Column(
            key="end_cause",
            label=gettext_lazy("Cause of the end"),
            sql="m.end_cause",
            needs=("answered",),
            value=_end_cause,
            on_page=never,
        ),
    ),
    values={
        "shielded": "p.protection <> ''",
        "answered": "CASE WHEN m.end_cause = 'other' THEN cases_ended_with_an_answer(c.id) ELSE false END",
        "participant_id": "m.participant_id",
        "specialist_id": "m.specialist_id",
        "office_id": "c.office_id",
        "referrer_ended_at": "c.referrer_ended_at",
        "team_id": "m.team_id",
        "counsellor_id": "c.counsellor_id",
        "referred_by_id": "c.referred_by_id",
    },
    # What decides whether somebody may take a case out.
    for_the_file=(
        *("participant_id", "specialist_id", "office_id", "referrer_ended_at"),
        *("team_id", "counsellor_id", "referred_by_id", "shielded"),
    ),
)


def participants(query: Asked) -> Found:
    """The cases that are asked for, in their order (the number of the case decides between equals)."""
    who = query.who
    return PARTICIPANTS.found(query, me=who.user.pk, teams=sorted(who.teams), today=query.today)


def by_number(text: str) -> int | None:
    """The case of the participant with this identity number, the open or newest one, if the acting user sees it.

    Raises ValidationError where it cannot be a number.
    """
    number = identity.parse(text)
    return (
        Milestones.objects.filter(participant_id__in=RawSQL("SELECT cases_seen_with(%s)", [identity.find_by(number)]))
        .order_by(F("ended_on").desc(nulls_first=True), "-case_id")
        .values_list("case_id", flat=True)
        .first()
    )
