"""SQL that is derived from the kinds of fact: the timeline."""

from __future__ import annotations

from plass.cases.fact_register import FactKind, fact_kinds

#: Every fact of a case in one list: what kind, when it happened, who recorded it, whether it stands, and its own fields.
#: A page asks for one case and a page's length; each branch then is one index scan.
_TIMELINE = """CREATE OR REPLACE VIEW timeline WITH (security_invoker = true) AS
{branches}
UNION ALL
SELECT case_id, 'correction', id, (recorded_at AT TIME ZONE 'Europe/Oslo')::date, NULL::time, recorded_at, recorded_by_id,
       NULL, to_jsonb(f)
FROM cases_correction f;
"""
_BRANCH = """SELECT case_id, '{kind}'::text AS kind, id AS fact_id, happened_on, {time} AS started_at, recorded_at,
       recorded_by_id, superseded_at, to_jsonb(f) AS fields
FROM {table} f"""


def derived_sql() -> dict[str, str]:
    """SQL by the name under which it stands among the files of ``sql/``."""
    return {"10_timeline.sql": _TIMELINE.format(branches="\nUNION ALL\n".join(map(_branch, fact_kinds().values())))}


def _branch(kind: FactKind) -> str:
    has_time = any(column.name == "started_at" for column in kind.model._meta.concrete_fields)
    return _BRANCH.format(kind=kind.kind, table=kind.table, time="started_at" if has_time else "NULL::time")
