"""The whole history of a case: what was recorded, corrected, withdrawn and changed, by whom and when, as it was written.

The timeline says what happened; this says who wrote what. Facts are never changed, so the history of facts is the facts
themselves with their corrections; what is changed in place (name, address and the like) has a history kept by the
database (``access.models.Change``). The newest first, a page at a time from where the last one ended: two questions a page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.cases.fact_texts import format_date
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.db.prepared import fetch
from plass.timeline import queries as timeline
from plass.ui.listing import Column, Listing

PER_PAGE = 50
#: Columns that must not stand on a page for somebody whose address is protected.
WHERE = frozenset({"address", "postal_code", "place"})
#: What the page can be narrowed to, by the word in the address: the kinds of line, None for all.
SHOWN: dict[str, tuple[str | Promise, list[str] | None]] = {
    "": (gettext_lazy("Everything"), None),
    "endret": (gettext_lazy("Corrected, withdrawn and changed"), ["correction", "change", "join"]),
}


class Place(NamedTuple):
    """A line's place in the order: where the next page goes on."""

    at: datetime
    what: str
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.what}~{self.number}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that an address says; None where it says none."""
        try:
            at, kind, number = text.split("~")
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None or not 0 < int(number) < 2**63 or not kind.isascii() or "\0" in kind:
                return None
            return cls(moment, kind, int(number))
        except ValueError:
            return None


CHANGES = Listing(
    name="changes",
    title=gettext_lazy("What was changed"),
    columns=(
        Column(key="at", label=gettext_lazy("When"), names_the_row=True),
        Column(key="title", label=gettext_lazy("What")),
        Column(key="before", label=gettext_lazy("Before")),
        Column(key="after", label=gettext_lazy("After")),
        Column(key="who", label=gettext_lazy("Who")),
    ),
)


@dataclass(frozen=True)
class ChangeRow:
    """One act: when it was written, by whom, what was done to what, and what stood and stands (label, text)."""

    at: datetime
    who: str
    done: str
    title: str
    #: The day of the fact, and its place in the timeline; None and "" for what is no fact.
    happened_on: date | None = None
    anchor: str = ""
    details: tuple[str, ...] = ()
    reason: str = ""
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """A line as the database gives it."""

    at: datetime
    what: str
    number: int
    #: Whether somebody was acting, and their name (None: the participant's stands with the participant).
    acted: bool
    who: str | None
    #: Whether it is the answer to a referral: who gave it is not told.
    answers: bool
    #: Of a correction: the kind of fact, which one, what replaced it (None: nothing), why.
    kind: str | None
    fact: int | None
    replacement: int | None
    reason: str | None
    #: Of a change: the columns, before and after, as JSON.
    old: str | None
    new: str | None

    def facts(self) -> list[tuple[str, int]]:
        """The facts it is about, by kind and number."""
        if self.what in {"change", "join"}:
            return []
        if self.kind is None or self.fact is None:
            return [(self.what, self.number)]
        return [(self.kind, number) for number in (self.fact, self.replacement) if number is not None]


def rows(case: Case, *, kinds: list[str] | None, before: Place | None, most: int) -> list[Row]:
    """What was written about the case and the participant, the newest first. One question.

    A fact that replaced another is not there by itself: the correction says so.
    """
    conditions = ["true"]
    parameters: dict[str, Any] = {"case": case.pk, "participant": case.participant_id, "most": most}
    if kinds is not None:
        conditions.append("w.what = ANY (%(kinds)s::text[])")
        parameters["kinds"] = kinds
    if before is not None:
        conditions.append("(w.at, w.what, w.number) < (%(at)s::timestamptz, %(what)s::text, %(number)s::bigint)")
        parameters |= {"at": before.at, "what": before.what, "number": before.number}
    records = fetch(
        f"""
            SELECT w.at, w.what, w.number, w.who IS NOT NULL, nullif(btrim(u.given_name || ' ' || u.family_name), ''),
                   w.what = 'end' AND cases_is_an_answer(w.number),
                   k.kind, k.fact_id, k.replacement_id, coalesce(k.reason, ''), c.old::text, coalesce(c.new::text, j.new)
            FROM (
                SELECT * FROM (
                    SELECT t.recorded_at AS at, t.kind AS what, t.fact_id AS number, t.recorded_by_id AS who
                    FROM timeline t WHERE t.case_id = %(case)s AND NOT EXISTS (
                        SELECT FROM cases_correction r
                        WHERE r.case_id = %(case)s AND r.kind = t.kind AND r.replacement_id = t.fact_id)
                    UNION ALL
                    SELECT at, 'change', id, who FROM access_change
                    WHERE participant_id = %(participant)s AND "table" = 'cases_participant'
                    UNION ALL
                    SELECT at, 'join', id, who FROM cases_answered_before(%(participant)s)
                ) w WHERE {" AND ".join(conditions)}
                ORDER BY w.at DESC, w.what DESC, w.number DESC LIMIT %(most)s
            ) w
            LEFT JOIN organisation_user u ON u.id = w.who
            LEFT JOIN cases_correction k ON w.what = 'correction' AND k.id = w.number
            LEFT JOIN access_change c ON w.what = 'change' AND c.id = w.number
            LEFT JOIN cases_answered_before(%(participant)s) j ON w.what = 'join' AND j.id = w.number
            ORDER BY w.at DESC, w.what DESC, w.number DESC
            """,
        parameters,
    )
    return [Row(*row) for row in records]


def texts(case: Case, history: list[Row]) -> list[ChangeRow]:
    """The lines in words; the facts they are about are read in one question."""
    facts = sorted({fact for row in history for fact in row.facts()})
    page = timeline.page(case, facts=facts, size=len(facts)) if facts else None
    entries = {(entry.kind, entry.fact_id): entry for entry in page.entries} if page else {}
    return [_line(case, row, [entries[fact] for fact in row.facts() if fact in entries]) for row in history]


def _line(case: Case, row: Row, about: list[timeline.Entry]) -> ChangeRow:
    if row.what == "change":
        return _changed(row, case.participant)
    if row.what == "join":
        return _joined(row, case.participant)
    now = about[-1]
    line = ChangeRow(
        at=row.at,
        who=_who(row),
        done=_("Recorded"),
        title=now.text.title,
        happened_on=now.happened_on,
        anchor=now.anchor,
    )
    if row.what != "correction":
        return replace(line, details=tuple(text for text in (now.text.tag, *now.text.details) if text))
    was = about[0]
    reason = row.reason or ""
    if row.replacement is None:
        return replace(line, done=_("Withdrawn"), reason=reason, before=_pieces(was))
    before, after = _apart(was, now)
    return replace(line, done=_("Corrected"), reason=reason, before=before, after=after)


def _who(row: Row) -> str:
    if row.answers:
        return _("whoever answered the referral")
    if row.who:
        return row.who
    return _("the participant") if row.acted else _("whoever runs the database")


def _pieces(entry: timeline.Entry) -> tuple[tuple[str, str], ...]:
    """What a fact says beyond its title, piece by piece."""
    return (*(("", text) for text in (entry.text.tag, *entry.text.details) if text), *entry.text.written)


def _apart(was: timeline.Entry, now: timeline.Entry) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Where two versions of a fact say different things: the day, the title, and each piece the other has not."""

    def pieces(entry: timeline.Entry) -> list[tuple[str, str]]:
        return [("", format_date(entry.happened_on)), ("", entry.text.title), *_pieces(entry)]

    old, new = pieces(was), pieces(now)
    return tuple(piece for piece in old if piece not in new), tuple(piece for piece in new if piece not in old)


def _joined(row: Row, person: Participant) -> ChangeRow:
    """A referral of the participant by somebody who did not see them: joined, with what was typed, or answered."""
    new = json.loads(row.new or "{}")
    typed = {column: value for column, value in (new.get("typed") or {}).items() if value}
    line = _changed(replace(row, old=None, new=json.dumps(typed)), person)
    joined = new["outcome"] == PossibleDuplicate.Outcome.JOINED
    return replace(
        line,
        done=_("Joined") if joined else _("Answered"),
        title=_("A referral of the participant, as it was written") if joined else _("A referral of the participant"),
        before=(),
        reason=new.get("answer") or "",
    )


def _changed(row: Row, person: Participant) -> ChangeRow:
    """A change in place in words: the columns by their names; what must not be read is not there."""
    fields = {field.column: field for field in Participant._meta.concrete_fields}
    old, new = json.loads(row.old or "{}"), json.loads(row.new or "{}")

    def columns_in_words(side: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        return tuple((name_of(column), text_of(column, side.get(column))) for column in sorted({*old, *new}))

    def name_of(column: str) -> str:
        field = fields.get(column)
        return capfirst(str(field.verbose_name)) if field is not None else column

    def text_of(column: str, value: Any) -> str:
        if column in WHERE and person.hides_address and value:
            return _("(not shown)")
        field = fields.get(column)
        return str((dict(field.flatchoices) if field is not None else {}).get(value, value) or "–")

    return ChangeRow(
        at=row.at,
        who=_who(row),
        done=_("Changed"),
        title=_("About the participant"),
        before=columns_in_words(old),
        after=columns_in_words(new),
    )
