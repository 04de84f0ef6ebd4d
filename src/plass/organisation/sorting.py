"""Names in the order of the Norwegian alphabet, whatever the database's own order is: æ, ø and å come last."""

from __future__ import annotations

from django.db.models import CharField, F, Func, Value


def by_name(prefix: str = "") -> Func:
    """What staff are ordered by, family name first, as participants are. ``prefix`` leads to them, such as "user__"."""
    return _sorted(F(f"{prefix}family_name"), F(f"{prefix}given_name"))


def by_place(field: str = "name") -> Func:
    """What counties, offices and teams are ordered by."""
    return _sorted(F(field), Value(""))


def _sorted(*parts: F | Value) -> Func:
    # The function that the columns sort_name are made with (cases/migrations/0001_initial.py).
    return Func(*parts, function="cases_sort_name", output_field=CharField())
