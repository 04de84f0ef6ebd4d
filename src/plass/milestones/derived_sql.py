"""SQL that is derived from the kinds of fact: the triggers that keep the milestones."""

from __future__ import annotations

from plass.cases.fact_register import fact_kinds

_TRIGGERS = """CREATE TRIGGER plass_zz_keep_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION milestones_keep();
CREATE TRIGGER plass_zz_keep_changed AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION milestones_keep();
"""


def derived_sql() -> dict[str, str]:
    """SQL by the name under which it stands among the files of ``sql/``."""
    return {
        "20_triggers.sql": "".join(
            _TRIGGERS.format(table=kind.table) for kind in fact_kinds().values() if kind.moves_milestones
        ),
    }
