"""The search for participants: by what somebody types of a name or a phone number, among all whom they may see.

Whose follow-up has ended and whom colleagues follow are found too: row-level security alone decides who is. The database
goes by its list of the cases that the acting user sees, so the search costs what they see and not what there is
(docs/decisions/0142).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.shortcuts import resolve_url

from plass.db.prepared import PreparedQuery, fetch
from plass.milestones.models import Phase

from .participant_query import InAList

#: So many are shown; who finds more writes more of the name.
MOST = 50
WORDS, LONGEST_WORD = 5, 40
#: Digits that are enough of a phone number, and one more than the longest that is dialled (an identity number has eleven).
SHORTEST_PHONE, TOO_LONG_FOR_A_PHONE = 4, 11
#: A word of fewer letters is not looked for with one of them wrong: it would find everybody.
SHORTEST_FORGIVEN = 4


@dataclass(frozen=True)
class FoundParticipant(InAList):
    """A participant who was found, by their open case or else the newest."""

    case_id: int
    given_name: str
    family_name: str
    shielded: bool
    phase: str
    paused_on: date | None
    ended_on: date | None
    specialist: str
    place: str

    @property
    def url(self) -> str:
        """The case."""
        return resolve_url("caseload:case", self.case_id)

    @property
    def has_ended(self) -> bool:
        """Whether the follow-up has ended."""
        return self.phase == Phase.ENDED


@dataclass(frozen=True)
class SearchResult:
    """Who was found. ``is_near``: nobody by what was typed, these by all but a letter of it. ``is_cut``: there are more."""

    people: list[FoundParticipant]
    is_near: bool = False
    is_cut: bool = False


def search(text: str) -> SearchResult:
    """The participants that ``text`` finds: every word of it somewhere in the name, or its digits in the phone number.

    Where no name has the words, those that have them with one letter wrong.
    """
    digits = phone_digits(text)
    if digits:
        return _asked(_PHONE_HAS, {"digits": digits})
    words = [word[:LONGEST_WORD] for word in text.split()[:WORDS]]
    if not words:
        return SearchResult([])
    folded = [
        word
        for (word,) in fetch("SELECT plain_name(w, false) FROM unnest(%(words)s::text[]) w", {"words": words})
        if word
    ]
    within = " AND ".join(f"strpos(k.search_name, %(word{n})s) > 0" for n in range(len(folded)))
    if not within:
        return SearchResult([])
    found = _asked(within, {f"word{n}": word for n, word in enumerate(folded)})
    if found.people or not any(len(word) >= SHORTEST_FORGIVEN for word in folded):
        return found
    like = " AND ".join(f"k.search_name ~ %(word{n})s" for n in range(len(folded)))
    near = _asked(like, {f"word{n}": nearly(word) for n, word in enumerate(folded)})
    return SearchResult(near.people, bool(near.people), near.is_cut)


def phone_digits(text: str) -> str:
    """The digits that a phone number is looked for by; nothing where ``text`` is something else.

    Spaces, dashes and the country code of Norway are left out: numbers are written in every way.
    """
    bare = re.sub(r"[\s().\u2010-\u2015-]", "", text)
    bare = re.sub(r"^(?:\+|00)47(?=\d{4})", "", bare)
    number = re.fullmatch(r"\+?([0-9]+)", bare)
    return number[1] if number and SHORTEST_PHONE <= len(number[1]) < TOO_LONG_FOR_A_PHONE else ""


def nearly(word: str) -> str:
    """A pattern for ``word`` at the beginning of a part of a name with one letter wrong, left out, too many, or two that
    have changed places; for a short word the word itself.
    """
    if len(word) < SHORTEST_FORGIVEN:
        return re.escape(word)
    cut = [(word[:n], word[n:]) for n in range(len(word))]
    forms = [f"{re.escape(before)}.{re.escape(after[1:])}" for before, after in cut]
    forms += [f"{re.escape(before)}.{re.escape(after)}" for before, after in cut]
    forms += [re.escape(before + after[1] + after[0] + after[2:]) for before, after in cut if len(after) > 1]
    if len(word) > SHORTEST_FORGIVEN:
        forms += [re.escape(before + after[1:]) for before, after in cut]
    return rf"(?:^|[^[:alnum:]])(?:{'|'.join(dict.fromkeys(forms))})"


_KEPT = "k.case_id, k.participant_id, k.sort_name, k.open_until"
_PHONE_HAS = (
    "EXISTS (SELECT FROM cases_participant p WHERE p.id = k.participant_id "
    "AND strpos(regexp_replace(p.phone, '[^0-9]', '', 'g'), %(digits)s) > 0)"
)


def _asked(condition: str, parameters: dict[str, Any]) -> SearchResult:
    people = PreparedQuery(
        FoundParticipant,
        f"""
        SELECT n.case_id, p.given_name, p.family_name, p.protection <> '', m.phase, m.paused_on, m.ended_on,
               coalesce(btrim(s.given_name || ' ' || s.family_name), ''), coalesce(t.name || ', ', '') || o.name
        FROM (
            SELECT * FROM (
                SELECT DISTINCT ON (k.participant_id) k.case_id, k.participant_id, k.sort_name,
                       k.open_until <= access_today() AS has_ended
                FROM (
                    -- What may be seen at all is named: else the policies would be asked of every case in the country.
                    SELECT {_KEPT} FROM milestone_cache k
                    WHERE k.case_id = ANY ((SELECT access_cases())::bigint[]) AND {condition}
                    UNION ALL
                    SELECT {_KEPT} FROM milestone_cache k
                    WHERE k.team_id = ANY ((SELECT access_whole_teams())::bigint[]) AND {condition}
                ) k
                ORDER BY k.participant_id, k.open_until DESC, k.case_id DESC
            ) one_each ORDER BY has_ended, sort_name, case_id LIMIT {MOST + 1}
        ) n
        CROSS JOIN LATERAL (SELECT * FROM milestones WHERE case_id = n.case_id OFFSET 0) m
        CROSS JOIN LATERAL (
            SELECT given_name, family_name, protection FROM cases_participant WHERE id = n.participant_id OFFSET 0
        ) p
        LEFT JOIN organisation_user s ON s.id = m.specialist_id
        LEFT JOIN organisation_team t ON t.id = m.team_id
        JOIN organisation_office o ON o.id = m.office_id
        ORDER BY n.has_ended, n.sort_name, n.case_id
        """,
        parameters,
    ).rows()
    return SearchResult(people[:MOST], is_cut=len(people) > MOST)
