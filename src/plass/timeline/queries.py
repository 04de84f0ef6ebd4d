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

from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access.rules import Level
from plass.cases.fact_register import TimelineGroup, fact_kinds, references
from plass.cases.fact_texts import FactText, Names
from plass.cases.models import Case
from plass.db.prepared import fetch
from plass.rights.models import CorrectionAnswer
from plass.ui.templatetags.plass import written

PAGE = 20


@dataclass(frozen=True)
class Group:
    """What the timeline can be narrowed to."""

    label: str | Promise
    kinds: tuple[str, ...] = ()
    with_party: str = ""
    only_corrected: bool = False


@lru_cache
def groups() -> dict[str, Group]:
    """What the timeline can be narrowed to, by the word in the address: the groups of the kinds of fact, and some more."""
    kinds = fact_kinds().values()
    with_parties = tuple(kind.kind for kind in kinds if hasattr(kind.model, "parties"))
    employers = TimelineGroup("employers", gettext_lazy("Employers"), place=20)
    by_group = {employers: Group(employers.label, with_parties, with_party="employer")}
    for group in {kind.group for kind in kinds}:
        by_group[group] = Group(group.label, tuple(kind.kind for kind in kinds if kind.group == group))
    return {
        "": Group(gettext_lazy("Everything")),
        **{group.key: by_group[group] for group in sorted(by_group, key=lambda group: group.place)},
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
class RequestedCorrection:
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
    text: FactText
    fields: dict[str, Any]
    correction: Correction | None
    corrects: str | None
    #: What the participant wrote beside it: comments, and requests for correction with their answers.
    comments: tuple[str, ...] = ()
    requests: tuple[RequestedCorrection, ...] = ()
    #: Whether the one who looks may correct it.
    may_correct: bool = True
    #: Whether it is still to happen.
    is_ahead: bool = False

    @property
    def has_more(self) -> bool:
        """Whether there is more to show than most facts have: labelled texts, or the participant's words."""
        return bool(self.comments or self.requests or self.labelled)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.text.title

    @property
    def tag(self) -> str:
        """The word beside the title."""
        return self.text.tag

    @property
    def has_tag(self) -> bool:
        """Whether there is one."""
        return bool(self.text.tag)

    @property
    def icon(self) -> str:
        """Its icon."""
        return self.text.icon

    @property
    def tone(self) -> str:
        """The colour of its dot."""
        return self.text.tone

    @property
    def is_corrected(self) -> bool:
        """Whether it no longer stands."""
        return self.correction is not None

    @property
    def has_details(self) -> bool:
        """Whether there is a line of short details."""
        return bool(self.text.details)

    @property
    def details(self) -> str:
        """The line of short details."""
        return " · ".join(self.text.details)

    @property
    def has_note(self) -> bool:
        """Whether something was written that needs no label."""
        return any(not label for label, _text in self.text.written)

    @property
    def note(self) -> str:
        """What was written that needs no label."""
        return next(text for label, text in self.text.written if not label)

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """What else was written, each under its label."""
        return [(label, text) for label, text in self.text.written if label]

    @property
    def when(self) -> str:
        """The day, under its month, and the time of day where that is known."""
        on = written(self.happened_on, "MONTH_DAY_FORMAT")
        return f"{on} {self.started_at:%H:%M}" if self.started_at else on

    @property
    def written_by(self) -> str:
        """Who wrote it, when where that was another day, and why where it stands in the place of another."""
        parts, recorded_on = [self.by], timezone.localtime(self.recorded_at).date()
        if recorded_on != self.happened_on:
            parts.append(_("written") + f" {written(recorded_on, 'SHORT_DATE_FORMAT')}")
        if self.corrects:
            parts.append(_("corrected:") + f" {self.corrects}")
        return ", ".join(parts)

    @property
    def may_be_corrected(self) -> bool:
        """Whether the one who looks may correct it."""
        return self.may_correct and not self.is_corrected

    @property
    def correct_url(self) -> str:
        """Where to correct it."""
        return resolve_url("timeline:correct", self.case_id, self.kind, self.fact_id)

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.kind}-{self.fact_id}"


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

    ``group`` is a key of :func:`groups`; ``facts`` are the only ones wanted, by kind and number. ``level`` is what the
    one who looks may do with the case.
    """
    conditions = ["t.case_id = %(case)s", "t.kind <> 'correction'"]
    parameters: dict[str, Any] = {"case": case.pk, "most": size + 1}
    chosen = groups().get(group, groups()[""])
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
            reference = references()[pointer]
            names.labels[reference.kind, fields[pointer]] = reference.read(text)
    today = timezone.localdate()
    entries = [_entry(case, row, names, level, today) for row in shown]
    last = entries[-1] if len(rows) > size else None
    return Page(entries, Cursor(last.happened_on, last.recorded_at, last.kind, last.fact_id) if last else None)


@lru_cache
def _names_sql() -> str:
    """SQL for the names of what the fields of a fact point to, by column."""
    return ", ".join(
        "'{}', ({})".format(column, reference.name_sql.format(f"(p.fields ->> '{column}')::bigint"))
        for column, reference in references().items()
    )


def _rows(condition: str, parameters: dict[str, Any]) -> list[list[Any]]:
    rows = fetch(
        f"""
            SELECT p.kind, p.fact_id, p.happened_on, p.started_at, p.recorded_at,
                   nullif(btrim(w.given_name || ' ' || w.family_name), ''),
                   p.kind = 'end' AND cases_is_an_answer(p.fact_id),
                   p.kind = 'end' AND cases_was_answered(p.case_id),
                   CASE WHEN p.kind = 'referral' THEN cases_joined(p.case_id) END, k.reason,
                   y.given_name || ' ' || y.family_name, k.recorded_at,
                   k.replacement_id, r.reason,
                   (SELECT json_agg(c.text ORDER BY c.id) FROM rights_comment c
                    WHERE c.case_id = p.case_id AND c.kind = p.kind AND c.fact_id = p.fact_id
                      AND c.withdrawn_at IS NULL)::text,
                   (SELECT json_agg(json_build_array(q.id, q.wanted, coalesce(a.outcome, ''), coalesce(a.reason, ''))
                                    ORDER BY q.id)
                    FROM rights_correctionrequest q LEFT JOIN rights_correctionanswer a ON a.request_id = q.id
                    WHERE q.case_id = p.case_id AND q.kind = p.kind AND q.fact_id = p.fact_id)::text,
                   p.fields::text, jsonb_strip_nulls(jsonb_build_object({_names_sql()}))::text
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


def _entry(case: Case, row: list[Any], names: Names, level: Level, today: date) -> Entry:
    kind, fact_id, happened_on, started_at, recorded_at, by, answers, stays, joined = row[:9]
    reason, corrected_by, at, replacement, corrects, comments, requests, fields, _called = row[9:]
    if answers:
        # Who it was would tell whether the number is known: the function says when.
        by, fields = _("whoever answered the referral"), {**fields, "answers": True}
    if joined:
        fields = {**fields, "joined": json.loads(joined)}
    return Entry(
        case_id=case.pk,
        kind=kind,
        fact_id=fact_id,
        happened_on=happened_on,
        started_at=started_at,
        recorded_at=recorded_at,
        # A participant's name stands with the participant, not with the account.
        by=by or _("the participant"),
        text=fact_kinds()[kind].text(happened_on, fields, names),
        fields=fields,
        correction=Correction(reason, corrected_by or "", at, replacement) if reason is not None else None,
        corrects=corrects,
        comments=tuple(json.loads(comments)) if comments else (),
        requests=tuple(RequestedCorrection(*values) for values in json.loads(requests)) if requests else (),
        may_correct=not stays and level >= max(fact_kinds()[kind].model.needs, Level.RECORD),
        is_ahead=happened_on > today,
    )


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
        Filter(option.label, f"?{urlencode({'slag': key})}" if key else "", key == group)
        for key, option in groups().items()
    )


def context(case: Case, group: str, shown: Page) -> dict[str, Any]:
    """What the template of a timeline needs."""
    query = {"slag": group} if group else {}
    where = resolve_url("timeline:timeline", case.pk)
    return {
        "timeline": shown,
        "filters": filters(group),
        "group": group,
        "earlier": f"{where}?{urlencode({**query, 'eldre': str(shown.earlier)})}" if shown.earlier else "",
    }
