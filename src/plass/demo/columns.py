"""The rows that acts become, table by table, for bulk loading. Those of facts follow from the kinds of fact.

A row's number is ``block + local number``: each county has a block of numbers of its own, so that counties can be made
at the same time without asking each other.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db import models

from plass.cases.fact_register import FactKind, fact_kinds

from . import acts
from .calendar import at

#: How many rows of one table a county may have.
BLOCK = 1_000_000

_FACT = ("id", "case_id", "happened_on", "recorded_at", "recorded_by_id", "superseded_at")

#: Columns that stay as the database itself fills them in (empty): nothing that made-up people do sets them.
UNTOUCHED: dict[str, frozenset[str]] = {
    "organisation_membership": frozenset({"given_by_group"}),
    "cases_participant": frozenset({"made_nameless_on", "own_employee_answered_at", "protection_reason"}),
}

_BESIDE_FACTS: dict[str, tuple[str, ...]] = {
    "organisation_county": ("id", "name"),
    "organisation_office": ("id", "county_id", "number", "name"),
    "organisation_team": ("id", "office_id", "name"),
    "organisation_user": (
        "id", "password", "last_login", "username", "kind", "given_name", "family_name", "phone", "email", "language",
        "started_on", "ended_on",
    ),
    "organisation_membership": ("id", "user_id", "role", "county_id", "office_id", "team_id", "started_on", "ended_on"),
    "organisation_absence": ("id", "user_id", "covered_by_id", "starts_on", "ends_on", "recorded_at", "recorded_by_id"),
    "employers_employer": (
        "id", "name", "organisation_number", "industry", "address", "postal_code", "place", "phone", "website",
        "recorded_at", "recorded_by_id", "version",
    ),
    "employers_contactperson": (
        "id", "employer_id", "name", "title", "phone", "email", "decides", "left_on", "recorded_at", "recorded_by_id",
        "version",
    ),
    "cases_participant": (
        "id", "given_name", "family_name", "identity_number", "identity_hash", "born_on", "phone", "email", "address",
        "postal_code", "place", "language", "protection", "user_id", "registered_at", "registered_by_id", "version",
    ),
    "cases_case": (
        "id", "participant_id", "office_id", "referred_by_id", "team_id", "specialist_id", "counsellor_id", "shielded",
        "referrer_ended_at",
    ),
    "jobs_job": ("id", "case_id"),
    "jobs_education": ("id", "case_id"),
    "cases_correction": (
        "id", "case_id", "kind", "fact_id", "replacement_id", "reason", "recorded_at", "recorded_by_id",
    ),
    "access_accesslogentry": (
        "id", "at", "user_id", "role", "case_id", "participant_id", "purpose", "rule", "allowed", "shown",
        "approval_id",
    ),
}  # fmt: skip


def _own_columns(kind: FactKind) -> tuple[models.Field[Any, Any], ...]:
    return tuple(column for column in kind.model._meta.concrete_fields if column.attname not in _FACT)


@cache
def loaded_columns() -> dict[str, tuple[str, ...]]:
    """The columns that are loaded, by table, in an order in which each table stands after those it points to."""
    facts = {kind.table: (*_FACT, *(column.attname for column in _own_columns(kind))) for kind in fact_kinds().values()}
    return _BESIDE_FACTS | facts


_MORNING, _AFTERNOON = time(0, 5), time(15, 20)


def written_at(act: acts.Act) -> datetime:
    """The moment an act was written down: the afternoon of the day."""
    return at(act.day, _AFTERNOON)


def kind_of(act: acts.Act) -> FactKind:
    """The kind of fact that an act becomes."""
    return fact_kinds()[act.kind]


def own_values(act: acts.Act, block: int) -> tuple[Any, ...]:
    """The values of the columns after those every fact has: what the act says under the same names.

    What points to something is its number within the county, or the act that made it.
    """
    return tuple(_value(act, column, block) for column in _own_columns(kind_of(act)))


def _value(act: acts.Act, column: models.Field[Any, Any], block: int) -> Any:
    value = getattr(act, act.other_names.get(column.name, column.name))
    if not isinstance(column, models.ForeignKey) or value is None:
        return value
    return block + (value.number if isinstance(value, acts.Act) else value)


def midnight(day: date) -> datetime:
    """The first minutes of a day: when something without a time of its own was written."""
    return at(day, _MORNING)
