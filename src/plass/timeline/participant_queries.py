"""The facts of a case as the participant may read them: which they are, what they point to, and what is withheld."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import connection
from django.utils.translation import gettext as _

from plass.cases.fact_register import references
from plass.cases.fact_texts import Names
from plass.cases.models import Case


@dataclass(frozen=True)
class Recorded:
    """One fact of the timeline as it lies in the database. ``corrected_at`` and ``corrected_because`` of one that was
    corrected or withdrawn; None and empty where it stands."""

    kind: str
    fact_id: int
    happened_on: date
    recorded_at: datetime
    recorded_by: int
    stands: bool
    is_withdrawn: bool
    corrected_at: datetime | None
    corrected_because: str
    fields: dict[str, Any]


_RECORDED = """
    SELECT t.kind, t.fact_id, t.happened_on, t.recorded_at, t.recorded_by_id, t.superseded_at IS NULL,
           k.id IS NOT NULL AND k.replacement_id IS NULL, k.recorded_at, coalesce(k.reason, ''), t.fields::text
    FROM timeline t LEFT JOIN cases_correction k ON k.case_id = t.case_id AND k.kind = t.kind AND k.fact_id = t.fact_id
    WHERE t.case_id = %s
"""
_NEWEST_FIRST = "ORDER BY t.happened_on DESC, t.recorded_at DESC, t.kind, t.fact_id DESC"


def recorded(case: Case, *, first: int, count: int) -> list[Recorded]:
    """``count`` facts of the case from the ``first`` newest on (and one more, where there is one). One query."""
    return _rows(f"{_RECORDED} {_NEWEST_FIRST} LIMIT %s OFFSET %s", [case.pk, count + 1, first])


def recorded_only(case: Case, facts: Iterable[tuple[str, int]]) -> list[Recorded]:
    """Certain facts of the case, by kind and number, the newest first. One query."""
    facts = list(facts)
    return _rows(
        f"{_RECORDED} AND (t.kind, t.fact_id) IN (SELECT * FROM unnest(%s::text[], %s::bigint[])) {_NEWEST_FIRST}",
        [case.pk, [kind for kind, _number in facts], [number for _kind, number in facts]],
    )


def corrected_elsewhere(case: Case, facts: Iterable[Recorded]) -> list[Recorded]:
    """What the corrections among ``facts`` are about, where that is not among them. One query, or none."""
    here = {(fact.kind, fact.fact_id) for fact in facts}
    corrected = {(fact.fields["kind"], fact.fields["fact_id"]) for fact in facts if fact.kind == "correction"}
    return recorded_only(case, corrected - here) if corrected - here else []


def _rows(sql: str, parameters: list[Any]) -> list[Recorded]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [
            Recorded(kind, number, day, at, by, stands, withdrawn, corrected_at, because, json.loads(fields))
            for kind, number, day, at, by, stands, withdrawn, corrected_at, because, fields in cursor.fetchall()
        ]


def withheld_contacts(case: Case) -> dict[int, str]:
    """Contacts whose contents the law keeps from the participant, and why: also every earlier version of one.

    By number of the contact. A withheld fact that was corrected, or one that became withheld by a correction, is
    withheld in all its versions. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE chain AS (
                SELECT id, withheld_because FROM followup_contact WHERE case_id = %(case)s AND withheld_because <> ''
                UNION
                SELECT c.fact_id, chain.withheld_because FROM chain
                JOIN cases_correction c ON c.case_id = %(case)s AND c.kind = 'contact' AND c.replacement_id = chain.id
            )
            SELECT id, max(withheld_because) FROM chain GROUP BY id
            """,
            {"case": case.pk},
        )
        return dict(cursor.fetchall())


def names(facts: Iterable[Recorded], me: int | None = None) -> Names:
    """What these facts point to, as far as the participant (account ``me``) is told of it. One query."""
    wanted: dict[str, set[int]] = defaultdict(set)
    named = {column: reference for column, reference in references().items() if reference.participant_sql}
    by_kind = {reference.kind: reference for reference in named.values()}
    for fact in facts:
        wanted["user"].add(fact.recorded_by)
        for column, reference in named.items():
            if fact.fields.get(column):
                wanted[reference.kind].add(fact.fields[column])
    known_names = Names(reader=me)
    if not wanted:
        return known_names
    parts = [
        f"SELECT '{kind}', n, ({by_kind[kind].participant_sql.format('n')}) FROM unnest(%s::bigint[]) n"
        for kind in wanted
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [list(numbers) for numbers in wanted.values()])
        known_names.labels.update(
            {(kind, number): by_kind[kind].read(name) for kind, number, name in cursor.fetchall() if name is not None}
        )
    if ("user", me) in known_names.labels:
        known_names.labels["user", cast(int, me)] = _("you")
    return known_names
