"""The rows that acts become, table by table, for bulk loading. Those of facts follow from the kinds of fact.

A row's number is ``block + local number``: each county has a block of numbers of its own, so that counties can be made
at the same time without asking each other.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db import models

from plass.cases.fact_register import fact_kinds
from plass.cases.models import Fact

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
    "cases_correction": (
        "id", "case_id", "kind", "fact_id", "replacement_id", "reason", "recorded_at", "recorded_by_id",
    ),
    "access_accesslogentry": (
        "id", "at", "user_id", "role", "case_id", "participant_id", "purpose", "rule", "allowed", "shown",
        "approval_id",
    ),
}  # fmt: skip


#: The columns of what only holds facts together, as a job does those of its start, its changes and its end.
_BEGUN = ("id", "case_id")


@cache
def loaded_columns() -> dict[str, tuple[str, ...]]:
    """The columns that are loaded, by table, in an order in which each table stands after those it points to."""
    kinds = [kind.model for kind in fact_kinds().values()]
    begun = {table: _BEGUN for model in kinds for table in begins(model).values()}
    facts = {model._meta.db_table: (*_FACT, *(column.attname for column in acts.own_columns(model))) for model in kinds}
    return _BESIDE_FACTS | begun | facts


@cache
def begins(model: type[Fact]) -> dict[str, str]:
    """What may begin with a fact of ``model`` and only holds facts together (a job): the column, and the table."""
    return {
        column.name: column.related_model._meta.db_table
        for column in acts.own_columns(model)
        if column.related_model and {of.attname for of in column.related_model._meta.concrete_fields} == set(_BEGUN)
    }


_MORNING, _AFTERNOON = time(0, 5), time(15, 20)


def written_at(act: acts.Act) -> datetime:
    """The moment an act was written down: the afternoon of the day."""
    return at(act.day, _AFTERNOON)


def own_values(act: acts.FactRecorded, block: int) -> tuple[Any, ...]:
    """The values of the columns after those every fact has."""
    values = {**act.begun, **act.values}
    return tuple(
        _stored(column, values[column.name] if column.name in values else column.get_default(), block)
        for column in acts.own_columns(act.model)
    )


def _stored(column: models.Field[Any, Any], value: Any, block: int) -> Any:
    if not column.is_relation or value is None:
        return value
    if isinstance(value, acts.FactRecorded):
        value = value.number if value.model is column.related_model else value.begun[column.name]
    return block + value


def midnight(day: date) -> datetime:
    """The first minutes of a day: when something without a time of its own was written."""
    return at(day, _MORNING)
