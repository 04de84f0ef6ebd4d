"""What happens in the demo's county, one small object an act, in the order it was done.

Organisation, people and employers are named by their number within the county (from 1); an act that builds on an
earlier one (a step that is done, a meeting that was held) holds that earlier act. ``by_actions`` and ``by_copy`` write
them. What is recorded about a case is told with its model and the values of its columns (:func:`fact`), so that a kind of
fact is known here by its declaration alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any, TypeGuard

from django.db import models

from plass.cases.models import Fact


@dataclass(slots=True)
class Office:
    """An office with its teams."""

    number: int
    code: str
    name: str


@dataclass(slots=True)
class Team:
    """A team of an office."""

    number: int
    office: int
    name: str


@dataclass(slots=True)
class Staff:
    """Somebody who works here, or did. Leaders of the county and administrators have no team."""

    number: int
    username: str
    given_name: str
    family_name: str
    role: str
    office: int | None
    team: int | None
    started_on: date
    ended_on: date | None = None

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}"


@dataclass(slots=True)
class Away:
    """Somebody of the staff is away and another covers."""

    user: int
    covered_by: int
    starts_on: date
    ends_on: date
    by: int


@dataclass(slots=True)
class Employer:
    """A workplace."""

    number: int
    name: str
    organisation_number: str
    industry: str
    address: str
    postal_code: str
    place: str
    phone: str
    recorded_on: date
    by: int


@dataclass(slots=True)
class ContactPerson:
    """Somebody to talk to at an employer."""

    number: int
    employer: int
    name: str
    title: str
    phone: str
    email: str
    decides: bool
    recorded_on: date
    by: int


@dataclass(slots=True)
class Person:
    """A participant."""

    number: int
    identity_number: str
    born_on: date
    given_name: str
    family_name: str
    phone: str
    email: str
    address: str
    postal_code: str
    place: str
    language: str
    protection: str


@dataclass(slots=True, kw_only=True)
class Act:
    """Something done in a case. ``recorded_on`` where that is another day than ``happened_on``."""

    happened_on: date
    by: int
    recorded_on: date | None = None

    @property
    def day(self) -> date:
        """The day it was written down."""
        return self.recorded_on or self.happened_on


@dataclass(slots=True, kw_only=True)
class FactRecorded(Act):
    """A fact: its model, and the values of its columns by name. What is left out has the model's default.

    What points to something is its number within the county, or the act that recorded it.
    """

    model: type[Fact]
    values: Mapping[str, Any]
    #: The number of the row in its table, given by whoever writes it.
    number: int = 0
    #: The numbers of what begins with it (a job), by column, given by whoever writes it.
    begun: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = self.values.keys() - _own_names(self.model)
        if unknown:
            raise TypeError(f"{self.model.__name__} has no column {', '.join(sorted(unknown))}")


@cache
def own_columns(model: type[Fact]) -> tuple[models.Field[Any, Any], ...]:
    """The columns of a kind of fact beside those that every fact has."""
    of_every_fact = {column.name for column in Fact._meta.local_fields}
    return tuple(
        column for column in model._meta.concrete_fields if not column.primary_key and column.name not in of_every_fact
    )


@cache
def _own_names(model: type[Fact]) -> frozenset[str]:
    return frozenset(column.name for column in own_columns(model))


def fact(
    model: type[Fact], happened_on: date, by: int, /, *, recorded_on: date | None = None, **values: Any
) -> FactRecorded:
    """The act of recording a fact of ``model`` with these values. Raises TypeError for a column that it lacks."""
    return FactRecorded(happened_on=happened_on, by=by, recorded_on=recorded_on, model=model, values=values)


def records(act: Act, *kinds: type[Fact]) -> TypeGuard[FactRecorded]:
    """Whether the act records a fact of one of these models."""
    return isinstance(act, FactRecorded) and act.model in kinds


@dataclass(slots=True, kw_only=True)
class Referred(FactRecorded):
    """A counsellor refers somebody to a team: the case begins. They become its counsellor in the same act."""

    person: Person
    team: int
    office: int


@dataclass(slots=True, kw_only=True)
class Corrected(Act):
    """An act was written down wrongly (without ``changes``: withdrawn). ``happened_on``: when that was said."""

    fact: FactRecorded
    reason: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    def replacement(self) -> FactRecorded:
        """The fact as it reads from now on."""
        changes = dict(self.changes)
        return replace(
            self.fact,
            by=self.by,
            recorded_on=self.happened_on,
            happened_on=changes.pop("happened_on", self.fact.happened_on),
            values={**self.fact.values, **changes},
        )


@dataclass(slots=True)
class Looked:
    """Somebody opened the case's page."""

    at: datetime
    by: int
    rule: str
    purpose: str = "case page"

    @property
    def role(self) -> str:
        """In what role."""
        return "supervisor" if self.rule == "leads" else self.rule


@dataclass(slots=True)
class Persona:
    """Somebody to be in the demo: one of the staff, or (``person``) a participant, who then gets an account."""

    order: int
    name: str
    role: str
    about: str
    user: int | None = None
    person: int | None = None


@dataclass(slots=True)
class CaseLife:
    """Everything about one case, oldest first, and how it stands at the end."""

    number: int
    acts: list[Act]
    looked: list[Looked]
    specialist: int | None
    team: int
    office: int
    counsellor: int
    shielded: bool
    person: Person
    again: bool = False
