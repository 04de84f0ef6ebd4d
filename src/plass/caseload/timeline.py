"""One timeline of everything recorded about a case: newest first, by month, filtered, a page at a time.

One question to the database for a page, whatever its size: the facts, with what their fields point to and what the
participant wrote beside them.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plass.access.rules import Level
from plass.cases.gate import open_case
from plass.cases.models import Case, Fact
from plass.config.asking import ask
from plass.rights.models import CorrectionAnswer
from plass.ui.addresses import address
from plass.ui.templatetags.plass import day, written

from .in_words import POINTERS, Names, Telling, tell, the_time

PAGE = 20


@dataclass(frozen=True)
class Group:
    """Some kinds of fact that are looked at together."""

    label: str | Promise
    kinds: tuple[str, ...] = ()
    with_party: str = ""
    only_corrected: bool = False


#: What the timeline can be narrowed to, by the word in the address.
GROUPS: dict[str, Group] = {
    "": Group(gettext_lazy("Everything")),
    "contacts": Group(gettext_lazy("Contacts"), ("contact",)),
    "employers": Group(gettext_lazy("Employers"), ("contact", "meeting"), with_party="employer"),
    "meetings": Group(gettext_lazy("Meetings agreed"), ("meeting", "cancellation")),
    "plan": Group(gettext_lazy("Plan"), ("step", "step_done")),
    "jobs": Group(
        gettext_lazy("Jobs and education"),
        ("job_start", "job_change", "job_end", "education_start", "education_end"),
    ),
    "profile": Group(gettext_lazy("Profile"), ("profile",)),
    "case": Group(
        gettext_lazy("Follow-up"),
        ("referral", "assignment", "pause", "resumption", "end", "reopening", "collaborator"),
    ),
    "corrections": Group(gettext_lazy("Corrected"), only_corrected=True),
}


class Cursor(NamedTuple):
    """Where a page of the timeline ends: the place of its last fact in the order."""

    happened_on: date
    recorded_at: datetime
    kind: str
    fact_id: int

    def __str__(self) -> str:
        return f"{self.happened_on}~{self.recorded_at.isoformat()}~{self.kind}~{self.fact_id}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """The cursor that an address says; None where it says none."""
        try:
            on, at, kind, number = text.split("~")
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None or not 0 < int(number) < 2**63 or not kind.isascii() or "\0" in kind:
                return None
            return cls(date.fromisoformat(on), moment, kind, int(number))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Correction:
    """What became of a fact that was wrong. ``replacement`` is the fact that holds now (None: withdrawn)."""

    reason: str
    by: str
    at: datetime
    replacement: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The participant asks that the fact be corrected; ``outcome`` and ``reason`` are empty until it is answered."""

    pk: int
    wanted: str
    outcome: str
    reason: str

    @property
    def outcome_label(self) -> str:
        """The outcome in words."""
        return str(CorrectionAnswer.Outcome(self.outcome).label) if self.outcome else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as the timeline shows it. ``correction``: it no longer stands; ``corrects``: why it replaced another."""

    case_id: int
    kind: str
    fact_id: int
    happened_on: date
    started_at: time | None
    recorded_at: datetime
    by: str
    telling: Telling
    fields: dict[str, Any]
    correction: Correction | None
    corrects: str | None
    #: What the participant wrote beside it: comments, and requests for correction with their answers.
    comments: tuple[str, ...] = ()
    requests: tuple[Asked, ...] = ()
    #: Whether the one who looks may correct it.
    may_correct: bool = True

    @property
    def has_more(self) -> bool:
        """Whether there is more to show than most facts have: labelled texts, or the participant's words."""
        return bool(self.comments or self.requests or self.labelled)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.telling.title

    @property
    def tag(self) -> str:
        """The word beside the title."""
        return self.telling.tag

    @property
    def has_tag(self) -> bool:
        """Whether there is one."""
        return bool(self.telling.tag)

    @property
    def icon(self) -> str:
        """Its icon."""
        return self.telling.icon

    @property
    def tone(self) -> str:
        """The colour of its dot."""
        return self.telling.tone

    @property
    def is_corrected(self) -> bool:
        """Whether it no longer stands."""
        return self.correction is not None

    @property
    def has_corrected(self) -> bool:
        """Whether it stands in the place of another."""
        return bool(self.corrects)

    @property
    def has_details(self) -> bool:
        """Whether there is a line of short details."""
        return bool(self.telling.details)

    @property
    def details(self) -> str:
        """The line of short details."""
        return " · ".join(self.telling.details)

    @property
    def has_note(self) -> bool:
        """Whether something was written that needs no label."""
        return any(not label for label, _text in self.telling.written)

    @property
    def note(self) -> str:
        """What was written that needs no label."""
        return next(text for label, text in self.telling.written if not label)

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """What else was written, each under its label."""
        return [(label, text) for label, text in self.telling.written if label]

    @property
    def when(self) -> str:
        """The day, under its month, and the time of day where that is known."""
        on = written(self.happened_on, "MONTH_DAY_FORMAT")
        return f"{on} {self.started_at:%H:%M}" if self.started_at else on

    @property
    def recorded_day(self) -> str:
        """The day it was written down."""
        return day(self.recorded_at)

    @property
    def correct_url(self) -> str:
        """Where to correct it."""
        return address("caseload:correct", self.case_id, self.kind, self.fact_id)

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.kind}-{self.fact_id}"

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to happen."""
        return self.happened_on > timezone.localdate()

    @property
    def is_written_later(self) -> bool:
        """Whether it was written down on another day than it happened."""
        return timezone.localtime(self.recorded_at).date() != self.happened_on


@dataclass(frozen=True)
class Page:
    """Some of a case's facts, newest first, and where the next page begins (None: this was the last)."""

    entries: list[Entry]
    earlier: Cursor | None

    @property
    def months(self) -> list[tuple[date, list[Entry]]]:
        """The same by month: the first of the month, and its facts."""
        by_month = groupby(self.entries, key=lambda entry: entry.happened_on.replace(day=1))
        return [(month, list(entries)) for month, entries in by_month]


def page(
    case: Case,
    *,
    group: str = "",
    before: Cursor | None = None,
    facts: Collection[tuple[str, int]] | None = None,
    size: int = PAGE,
    level: Level = Level.DECIDE,
) -> Page:
    """A page of the case's timeline, the ``size`` newest facts after ``before``.

    ``group`` is a key of GROUPS; ``facts`` are the only ones wanted, by kind and number. ``level`` is what the one who
    looks may do with the case.
    """
    conditions = ["t.case_id = %(case)s", "t.kind <> 'correction'"]
    parameters: dict[str, Any] = {"case": case.pk, "most": size + 1}
    chosen = GROUPS.get(group, GROUPS[""])
    if chosen.kinds:
        conditions.append("t.kind = ANY (%(kinds)s::text[])")
        parameters["kinds"] = list(chosen.kinds)
    if chosen.with_party:
        conditions.append("t.fields -> 'parties' ? %(party)s::text")
        parameters["party"] = chosen.with_party
    if chosen.only_corrected:
        conditions.append("t.superseded_at IS NOT NULL")
    if facts is not None:
        conditions.append(
            "(t.kind, t.fact_id) IN (SELECT * FROM unnest(%(fact_kinds)s::text[], %(fact_ids)s::bigint[]))"
        )
        parameters |= {"fact_kinds": [kind for kind, _number in facts], "fact_ids": [number for _kind, number in facts]}
    if before is not None:
        conditions.append(
            "(t.happened_on, t.recorded_at, t.kind, t.fact_id) "
            "< (%(day)s::date, %(at)s::timestamptz, %(kind)s::text, %(fact)s::bigint)"
        )
        parameters |= {"day": before.happened_on, "at": before.recorded_at, "kind": before.kind, "fact": before.fact_id}
    rows = _rows(" AND ".join(conditions), parameters)
    shown = rows[:size]
    names = Names(participant=case.participant.given_name)
    for *_rest, fields, called in shown:
        for pointer, text in called.items():
            kind = POINTERS[pointer]
            names.found[kind, fields[pointer]] = the_time(text) if kind == "meeting" else text
    entries = [_entry(case, row, names, level) for row in shown]
    last = entries[-1] if len(rows) > size else None
    return Page(entries, Cursor(last.happened_on, last.recorded_at, last.kind, last.fact_id) if last else None)


#: What a number that a fact's fields point to is called, by the kind of thing (``in_words.POINTERS``).
_NAMES = {
    "employer": "SELECT name FROM employers_employer WHERE id = {}",
    "person": "SELECT name FROM employers_contactperson WHERE id = {}",
    "user": "SELECT given_name || ' ' || family_name FROM organisation_user WHERE id = {}",
    "team": "SELECT name FROM organisation_team WHERE id = {}",
    "meeting": "SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"') "
    "FROM followup_meeting WHERE id = {}",
    "step": "SELECT what FROM followup_planstep WHERE id = {}",
    # A corrected start is a new row of the same job: the one that stands names it.
    "job": "SELECT s.title || ', ' || e.name FROM jobs_jobstarted s JOIN employers_employer e ON e.id = s.employer_id "
    "WHERE s.job_id = {} ORDER BY s.superseded_at DESC NULLS FIRST, s.id DESC LIMIT 1",
    "education": "SELECT subject FROM jobs_educationstarted WHERE education_id = {} "
    "ORDER BY superseded_at DESC NULLS FIRST, id DESC LIMIT 1",
}
_CALLED = ", ".join(
    "'{}', ({})".format(pointer, _NAMES[kind].format(f"(p.fields ->> '{pointer}')::bigint"))
    for pointer, kind in POINTERS.items()
)


def _rows(condition: str, parameters: dict[str, Any]) -> list[list[Any]]:
    rows = ask(
        f"""
            SELECT p.kind, p.fact_id, p.happened_on, p.started_at, p.recorded_at,
                   nullif(btrim(w.given_name || ' ' || w.family_name), ''),
                   p.kind = 'end' AND cases_is_an_answer(p.fact_id),
                   p.kind = 'end' AND cases_was_answered(p.case_id), k.reason,
                   y.given_name || ' ' || y.family_name, k.recorded_at,
                   k.replacement_id, r.reason,
                   (SELECT json_agg(c.text ORDER BY c.id) FROM rights_comment c
                    WHERE c.case_id = p.case_id AND c.kind = p.kind AND c.fact_id = p.fact_id
                      AND c.withdrawn_at IS NULL)::text,
                   (SELECT json_agg(json_build_array(q.id, q.wanted, coalesce(a.outcome, ''), coalesce(a.reason, ''))
                                    ORDER BY q.id)
                    FROM rights_correctionrequest q LEFT JOIN rights_correctionanswer a ON a.request_id = q.id
                    WHERE q.case_id = p.case_id AND q.kind = p.kind AND q.fact_id = p.fact_id)::text,
                   p.fields::text, jsonb_strip_nulls(jsonb_build_object({_CALLED}))::text
            FROM (
                SELECT * FROM timeline t WHERE {condition}
                ORDER BY t.happened_on DESC, t.recorded_at DESC, t.kind DESC, t.fact_id DESC LIMIT %(most)s
            ) p
            LEFT JOIN organisation_user w ON w.id = p.recorded_by_id
            LEFT JOIN cases_correction k ON p.superseded_at IS NOT NULL
                AND k.case_id = p.case_id AND k.kind = p.kind AND k.fact_id = p.fact_id
            LEFT JOIN organisation_user y ON y.id = k.recorded_by_id
            LEFT JOIN cases_correction r ON r.case_id = p.case_id AND r.kind = p.kind AND r.replacement_id = p.fact_id
            ORDER BY p.happened_on DESC, p.recorded_at DESC, p.kind DESC, p.fact_id DESC
            """,
        parameters,
    )
    return [[*row[:-2], json.loads(row[-2], parse_float=Decimal), json.loads(row[-1])] for row in rows]


def _entry(case: Case, row: list[Any], names: Names, level: Level) -> Entry:
    kind, fact_id, happened_on, started_at, recorded_at, by, answers, stays = row[:8]
    reason, corrected_by, at, replacement, corrects, comments, requests, fields, _called = row[8:]
    if answers:
        # Who it was would tell whether the number is known: the function says when.
        by, fields = _("whoever answered the referral"), {**fields, "answers": True}
    return Entry(
        case_id=case.pk,
        kind=kind,
        fact_id=fact_id,
        happened_on=happened_on,
        started_at=started_at,
        recorded_at=recorded_at,
        # A participant's name stands with the participant, not with the account.
        by=by or _("the participant"),
        telling=tell(kind, happened_on, fields, names),
        fields=fields,
        correction=Correction(reason, corrected_by or "", at, replacement) if reason is not None else None,
        corrects=corrects,
        comments=tuple(json.loads(comments)) if comments else (),
        requests=tuple(Asked(*one) for one in json.loads(requests)) if requests else (),
        may_correct=not stays and level >= max(_needs()[kind], Level.RECORD),
    )


@lru_cache
def _needs() -> dict[str, Level]:
    """What one must be allowed to do to record each kind of fact."""
    return {kind: model.needs for kind, model in Fact.kinds().items()}


@dataclass(frozen=True, eq=False)
class Filter:
    """A link that narrows the timeline: what is added to the timeline's address."""

    label: str | Promise
    query: str
    current: bool


@lru_cache
def filters(group: str) -> tuple[Filter, ...]:
    """The links above the timeline; the same ones for every case."""
    return tuple(
        Filter(one.label, f"?{urlencode({'slag': key})}" if key else "", key == group) for key, one in GROUPS.items()
    )


def context(case: Case, group: str, found: Page) -> dict[str, Any]:
    """What the template of a timeline needs."""
    query = {"slag": group} if group else {}
    where = address("caseload:timeline", case.pk)
    return {
        "timeline": found,
        "filters": filters(group),
        "group": group,
        "earlier": f"{where}?{urlencode({**query, 'eldre': str(found.earlier)})}" if found.earlier else "",
    }


@require_safe
def timeline_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The timeline by itself; with htmx only what changes: the list under the filters, or what is earlier.

    ``slag`` narrows it, ``eldre`` says where it goes on, ``fakta`` (kind-number) shows one fact alone.
    """
    opened = open_case(request, case_id, purpose="timeline", alone=True)
    group = request.GET.get("slag", "")
    group = group if group in GROUPS else ""
    only = _one_fact(request.GET.get("fakta", ""))
    before = Cursor.read(request.GET.get("eldre", ""))
    found = page(opened.case, group=group, before=before, facts=[only] if only else None, level=opened.decision.level)
    asked_by_htmx = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    if asked_by_htmx:
        template = "caseload/case_timeline_months.html" if before else "caseload/case_timeline.html"
    else:
        template = "caseload/case_timeline_page.html"
    name = opened.case.participant.name
    return render(
        request,
        template,
        {
            "title": _("Timeline for %(name)s") % {"name": name},
            "crumbs": [(name, address("caseload:case", case_id)), (_("Timeline"), "")],
            "opened": opened,
            "case": opened.case,
            "only": only,
            "before": before,
            "continues": before.happened_on.replace(day=1) if before and asked_by_htmx else None,
            **context(opened.case, group, found),
        },
    )


def _one_fact(text: str) -> tuple[str, int] | None:
    kind, _sign, number = text.rpartition("-")
    return (kind, int(number)) if kind and number.isascii() and number.isdigit() and len(number) < 19 else None
