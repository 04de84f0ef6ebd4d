"""The participants somebody has a part in: whose, which, in what order; a page of them at a time from the database.

Every question names the teams or the person it is about, beside what row-level security asks, so that the database can
use the index by team or by specialist however many cases there are. The page is ``list_page``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.db.models.expressions import RawSQL
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy

from plass.access.actors import Standing
from plass.cases import identity
from plass.config.asking import Question, ask
from plass.organisation.models import Role, Team

from .models import Milestones, Phase

PER_PAGE = 50
#: More digits in a row than this in a name are taken for an identity number, which has no place in an address.
DIGITS_IN_A_NAME = 5
WHOSE = {
    "mine": gettext_lazy("Those I follow"),
    "team": gettext_lazy("The team's"),
    "henvist": gettext_lazy("Those I referred"),
}
STATUS = {
    "": gettext_lazy("Not ended"),
    "folges": gettext_lazy("Followed by somebody"),
    "venter": gettext_lazy("Waiting for the first talk"),
    "ledig": gettext_lazy("Nobody has taken"),
    "pause": gettext_lazy("Paused"),
    "avsluttet": gettext_lazy("Ended"),
    "alle": gettext_lazy("All"),
}
NOT_MET = (14, 30, 60, 90)
#: What a list can be sorted by, as SQL. Phases in the order a case goes through them, not by their letters.
ORDER: dict[str, tuple[str, ...]] = {
    "navn": ("p.sort_name",),
    "fase": (f"array_position('{{{','.join(Phase.values)}}}'::text[], m.phase)", "p.sort_name"),
    "jobbspesialist": ("cases_sort_name(s.family_name, s.given_name)", "p.sort_name"),
    "henvist": ("m.referred_on",),
    "mott": ("m.last_met_on",),
    "avtalt": ("m.next_contact_on",),
    "sluttet": ("m.ended_on",),
}
#: What a list is read from: milestones ``m``, case ``c``, participant ``p`` and specialist ``s``.
_FROM = """
    FROM milestones m JOIN cases_case c ON c.id = m.case_id JOIN cases_participant p ON p.id = m.participant_id
    LEFT JOIN organisation_user s ON s.id = m.specialist_id
"""


@dataclass(frozen=True)
class Row:
    """A case as a list knows it, and how many the list has in all."""

    case_id: int
    phase: str
    given_name: str
    family_name: str
    specialist: str
    shielded: bool
    referred_on: date | None
    waiting_days: int | None
    last_met_on: date | None
    next_contact_on: date | None
    paused_on: date | None
    ended_on: date | None
    all_of_them: int


#: The same as SQL, in the same order.
COLUMNS = {
    "case_id": "m.case_id",
    "phase": "m.phase",
    "given_name": "p.given_name",
    "family_name": "p.family_name",
    "specialist": "coalesce(s.given_name || ' ' || s.family_name, '')",
    "shielded": "p.protection <> ''",
    "referred_on": "m.referred_on",
    "waiting_days": "m.waiting_days",
    "last_met_on": "m.last_met_on",
    "next_contact_on": "m.next_contact_on",
    "paused_on": "m.paused_on",
    "ended_on": "m.ended_on",
    "all_of_them": "count(*) OVER ()",
}


@dataclass(frozen=True)
class Wanted:
    """What a list shows, as the address says it; whatever an address holds, this is something that can be shown."""

    whose: str
    name: str = ""
    phase: str = ""
    status: str = ""
    team: int | None = None
    specialist: int | None = None
    not_met: int | None = None
    sort: str = "navn"
    offered: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, query: Mapping[str, str], who: Standing) -> Wanted:
        """From an address. What is unknown, or not for ``who``, is left out."""
        offered = whose_for(who)
        sort = query.get("sort", "")
        specialist, not_met = query.get("jobbspesialist", ""), query.get("ikke_mott", "")
        whose = query["vis"] if query.get("vis") in offered else offered[0]
        teams = {str(number): number for number in who.teams} if whose == "team" else {}
        return cls(
            whose=whose,
            name=" ".join(query.get("navn", "").replace("\0", "").split())[:100],
            phase=query["fase"] if query.get("fase") in Phase.values else "",
            status=query["status"] if query.get("status") in STATUS else "",
            team=teams.get(query.get("team", "")),
            specialist=int(specialist)
            if specialist.isascii() and specialist.isdigit() and len(specialist) < 16
            else None,
            not_met=int(not_met) if not_met in map(str, NOT_MET) else None,
            sort=sort if sort.removeprefix("-") in ORDER else "navn",
            offered=offered,
        )

    @property
    def in_use(self) -> int:
        """How many of the filters narrow the list."""
        return sum(bool(one) for one in (self.status, self.phase, self.not_met, self.team, self.specialist))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out beside whose they are."""
        return replace(self, sort="navn", status="") != Wanted(self.whose) or bool(self.status)

    def address(self, **changes: Any) -> str:
        """The query string that shows this, with ``changes``."""
        values = {name: changes.get(name, getattr(self, name)) for name in _IN_THE_ADDRESS}
        if values["sort"] == "navn":
            values["sort"] = ""
        return "?" + urlencode([(_IN_THE_ADDRESS[name], value) for name, value in values.items() if value])


#: What of it stands in an address, and by what name.
_IN_THE_ADDRESS = {
    "whose": "vis",
    "name": "navn",
    "phase": "fase",
    "status": "status",
    "team": "team",
    "specialist": "jobbspesialist",
    "not_met": "ikke_mott",
    "sort": "sort",
}


def whose_for(who: Standing) -> tuple[str, ...]:
    """The lists somebody has, their own first. Raises Http404 for those who have none."""
    found = []
    if who.has(Role.SPECIALIST):
        found.append("mine")
    if who.teams:
        found.append("team")
    if who.teams or who.has(Role.COUNSELLOR):
        found.append("henvist")
    if not found:
        raise Http404
    return tuple(found)


@dataclass(frozen=True)
class Found:
    """The cases that somebody wants to see, in their order, as a question that has not been asked yet."""

    conditions: tuple[str, ...]
    order: str
    parameters: dict[str, Any]

    def question(self, columns: Mapping[str, str], more: str = "") -> str:
        """The question for ``columns`` (name and SQL), with ``more`` after the order."""
        chosen = ", ".join(f"{column} AS {name}" for name, column in columns.items())
        return f"SELECT {chosen} {_FROM} WHERE {' AND '.join(self.conditions)} ORDER BY {self.order} {more}"

    def rows(self, most: int, after: int = 0) -> Question[Row]:
        """The question for ``most`` rows ``after`` so many."""
        text = self.question(COLUMNS, "LIMIT %(most)s OFFSET %(after)s")
        return Question(Row, text, {**self.parameters, "most": most, "after": after})

    def count(self) -> int:
        """How many there are."""
        rows = ask(f"SELECT count(*) {_FROM} WHERE {' AND '.join(self.conditions)}", self.parameters)
        number: int = rows[0][0]
        return number

    def that(self, condition: str, **parameters: Any) -> Found:
        """Those of them that fit one more condition."""
        return replace(self, conditions=(*self.conditions, condition), parameters=self.parameters | parameters)


_IS_OPEN = "(m.ended_on IS NULL OR m.ended_on > %(today)s)"
_OF_STATUS = {
    "": (_IS_OPEN,),
    "folges": (_IS_OPEN, "m.specialist_id IS NOT NULL"),
    "venter": ("m.waiting_days IS NOT NULL",),
    "ledig": (_IS_OPEN, "m.specialist_id IS NULL"),
    "pause": (_IS_OPEN, "m.paused_on <= %(today)s"),
    "avsluttet": ("m.ended_on <= %(today)s",),
    "alle": (),
}
_OF_WHOM = {
    "mine": "m.specialist_id = %(me)s",
    "team": "m.team_id = ANY (%(teams)s::bigint[])",
    "henvist": "(c.counsellor_id = %(me)s OR c.referred_by_id = %(me)s)",
}


def participants(wanted: Wanted, who: Standing, today: date) -> Found:
    """The cases that ``wanted`` describes, in its order (the number of the case decides between equals)."""
    parameters = {"me": who.user.pk, "teams": sorted(who.teams), "today": today}
    found = Found((_OF_WHOM[wanted.whose], *_OF_STATUS[wanted.status]), _order(wanted.sort), parameters)
    if wanted.phase:
        found = found.that("m.phase = %(phase)s", phase=wanted.phase)
    if wanted.team is not None:
        found = found.that("m.team_id = %(team)s", team=wanted.team)
    if wanted.specialist is not None:
        found = found.that("m.specialist_id = %(specialist)s", specialist=wanted.specialist)
    if wanted.not_met is not None:
        found = found.that(
            "(m.last_met_on < %(limit)s OR (m.last_met_on IS NULL AND m.referred_on < %(limit)s))",
            limit=today - timedelta(wanted.not_met),
        )
    for number, part in enumerate(wanted.name.split()):
        # The same function that made the column, so that capitals and Norwegian letters are alike on both sides.
        found = found.that(
            f"strpos(p.sort_name, (SELECT cases_sort_name(%(part{number})s, ''))) > 0", **{f"part{number}": part}
        )
    return found


def _order(sort: str) -> str:
    # Nothing there yet is the earliest of all: never met comes before met long ago.
    turned = "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS FIRST"
    columns = ORDER[sort.removeprefix("-")]
    return ", ".join([*(f"{column} {turned}" for column in columns), "m.case_id"])


@dataclass(frozen=True)
class Specialist:
    """Somebody whose participants the team's list can be narrowed to."""

    number: int
    name: str


def specialists(who: Standing) -> Question[Specialist]:
    """Those who work as specialists today in the teams of ``who``, by name."""
    return Question(
        Specialist,
        """
        SELECT u.id, btrim(u.given_name || ' ' || u.family_name) FROM organisation_user u
        WHERE EXISTS (SELECT FROM organisation_membership m WHERE m.user_id = u.id AND m.role = 'specialist'
                      AND m.team_id = ANY (%(teams)s::bigint[]) AND m.started_on <= %(today)s
                      AND (m.ended_on IS NULL OR m.ended_on >= %(today)s))
        ORDER BY cases_sort_name(u.family_name, u.given_name), u.id
        """,
        {"teams": sorted(who.teams), "today": timezone.localdate()},
    )


def teams(who: Standing) -> list[tuple[int, str]]:
    """The teams of ``who``: number, and name with that of the office, since two offices may each have a team 1."""
    found = Team.objects.filter(pk__in=sorted(who.teams)).order_by("office__name", "name", "pk")
    return [(pk, f"{name}, {office}") for pk, name, office in found.values_list("pk", "name", "office__name")]


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
