"""Names in the order of the Norwegian alphabet, and found without accents, alike on every server (docs/decisions/0142).

Both by one function of the database, ``plain_name`` (``migrations/0004_plain_name.py``). Where names are many, its results
are columns: ``sort_name`` and ``search_name``.
"""

from __future__ import annotations

from django.db.models import CharField, F, Func, GeneratedField, QuerySet, TextField, Value
from django.db.models.functions import Collate, Concat, StrIndex

#: The order that ``plain_name`` is made for: by code points, whatever the database's own is.
BY_CODE_POINT = "C"
#: No name goes on with a letter after this one.
LAST_LETTER = "\U0010ffff"


def plain_name(text: str | Func | F, *, for_order: bool = False) -> Func:
    """A name, or what somebody typed of one, as it is sorted or (otherwise) searched."""
    name = Value(text.replace("\x00", ""), output_field=CharField()) if isinstance(text, str) else text
    return Func(name, Value(for_order), function="plain_name", output_field=TextField())


def sort_column(*fields: str) -> GeneratedField:
    """A column that rows are sorted by: these fields, one after the other."""
    return _column(fields, for_order=True)


def search_column(*fields: str) -> GeneratedField:
    """A column that rows are searched by: with :func:`plain_name` of what was typed."""
    return _column(fields, for_order=False)


def by_name(prefix: str = "") -> Collate:
    """What staff are ordered by, family name first, as participants are. ``prefix`` leads to them, such as "user__"."""
    return Collate(plain_name(_joined(f"{prefix}family_name", f"{prefix}given_name"), for_order=True), BY_CODE_POINT)


def alphabetically(field: str = "name") -> Collate:
    """What everything with one name is ordered by: counties, offices, teams, people at an employer."""
    return Collate(plain_name(F(field), for_order=True), BY_CODE_POINT)


def containing(rows: QuerySet, text: str, *fields: str) -> QuerySet:  # type: ignore[type-arg]
    """The rows whose ``fields`` together hold every word of ``text``, whatever its accents and capitals."""
    for number, word in enumerate(text.split()[:5]):
        place = {f"_word_{number}": StrIndex(plain_name(_joined(*fields)), plain_name(word))}
        rows = rows.alias(**place).filter(**{f"_word_{number}__gt": 0})
    return rows


def _column(fields: tuple[str, ...], *, for_order: bool) -> GeneratedField:
    return GeneratedField(
        expression=plain_name(_joined(*fields), for_order=for_order),
        output_field=TextField(db_collation=BY_CODE_POINT),
        db_persist=True,
    )


def _joined(first: str, *others: str) -> Func | F:
    """The fields with a space between."""
    if not others:
        return F(first)
    return Concat(F(first), *[part for field in others for part in (Value(" "), F(field))], output_field=TextField())
