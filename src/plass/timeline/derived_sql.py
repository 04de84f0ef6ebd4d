"""SQL that is derived from the kinds of fact: the timeline, and whether a row names a fact of its own case."""

from __future__ import annotations

from itertools import pairwise

from django.apps import apps
from django.db.models import Model

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

#: It sees what whoever asks sees: of a fact of another's case it says the same as of one that is not there.
_RECORDED_BY = """CREATE FUNCTION timeline_recorded_by(wanted_kind text, wanted_case bigint, wanted bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE wanted_kind
{branches}
    END
$$;
"""
_OF_KIND = """        WHEN '{kind}' THEN
            (SELECT f.recorded_by_id FROM {table} f WHERE f.id = wanted AND f.case_id = wanted_case)"""
#: The number is no foreign key, so the row could name a fact of a case that whoever writes it does not see. Asked before the
#: row policy, and refused in the words of ``row_policies.agreements``.
_NAMES_FACTS = """CREATE FUNCTION plass_names_facts_{table}() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$ BEGIN IF {contradicts} THEN
    RAISE insufficient_privilege USING MESSAGE = 'a row contradicts another that it names';
END IF; RETURN NEW; END $$;
CREATE TRIGGER plass_names_facts_insert BEFORE INSERT ON {table}
    FOR EACH ROW EXECUTE FUNCTION plass_names_facts_{table}();
CREATE TRIGGER plass_names_facts_update BEFORE UPDATE OF {columns} ON {table} FOR EACH ROW
    WHEN (({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION plass_names_facts_{table}();
"""


def models_naming_facts() -> dict[type[Model], tuple[str, ...]]:
    """The models whose rows name facts of their case by kind and number, and which columns hold them."""
    return {model: model.fact_numbers for model in apps.get_models() if hasattr(model, "fact_numbers")}


def derived_sql() -> dict[str, str]:
    """SQL by the name under which it stands among the files of ``sql/``."""
    kinds = fact_kinds().values()
    recorded_by = "\n".join(_OF_KIND.format(kind=kind.kind, table=kind.table) for kind in kinds)
    return {
        "10_timeline.sql": _TIMELINE.format(branches="\nUNION ALL\n".join(map(_branch, kinds))),
        "20_named_facts.sql": _RECORDED_BY.format(branches=recorded_by)
        + "".join(_triggers(model, numbers) for model, numbers in models_naming_facts().items()),
    }


def _triggers(model: type[Model], numbers: tuple[str, ...]) -> str:
    recorded_by = "timeline_recorded_by(NEW.kind, NEW.case_id, NEW.{})"
    contradicts = [f"(NEW.{number} IS NOT NULL AND {recorded_by.format(number)} IS NULL)" for number in numbers]
    # What replaces a fact was recorded by whoever corrects it, and after it: no correction makes a fact of somebody else's
    # another version of one's own, and no chain of them comes back to where it was.
    for earlier, later in pairwise(numbers):
        contradicts.append(f"({recorded_by.format(later)} <> NEW.recorded_by_id)")
        contradicts.append(f"(NEW.{later} <= NEW.{earlier})")
    columns = ("case_id", "kind", *numbers)
    return _NAMES_FACTS.format(
        table=model._meta.db_table,
        contradicts=" OR ".join(contradicts),
        columns=", ".join(columns),
        new=", ".join(f"NEW.{column}" for column in columns),
        old=", ".join(f"OLD.{column}" for column in columns),
    )


def _branch(kind: FactKind) -> str:
    has_time = any(column.name == "started_at" for column in kind.model._meta.concrete_fields)
    return _BRANCH.format(kind=kind.kind, table=kind.table, time="started_at" if has_time else "NULL::time")
