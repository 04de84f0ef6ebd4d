"""The register of kinds of fact. A kind is declared once, in ``fact_kinds.py`` of its room; everything else is derived.

From a declaration come: the branch of the timeline view and its filters, the triggers that keep the milestones, the
words for staff and for the participant (their page, the PDF and the archive), the page that corrects it, what retention
erases, the entries of the case's menu, and the demo's columns. What a fact's fields point to is read from its foreign keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import Promise

from plass.access.rules import Level

from .fact_texts import FactText, Fields, Names
from .models import LONGEST_KIND, Fact, fact_models

if TYPE_CHECKING:
    from .form_views import FactForm

#: Foreign keys that every fact has: which case it is about and who wrote it are shown on their own.
OF_EVERY_FACT = frozenset({"case", "recorded_by"})
#: What a text holds when the participant is made nameless (SQL): nothing, a dash where something must stand, no list.
EMPTY, DASH, NO_LIST = "''", "'–'", "'{}'"


@dataclass(frozen=True)
class TimelineGroup:
    """Kinds of fact that the timeline shows together: the word in the address, the label of the filter, and its place."""

    key: str
    label: str | Promise
    place: int


@dataclass(frozen=True)
class MenuEntry:
    """An entry of the case's menu, which leads to the page that records a kind of fact.

    ``url_name`` is the page's, which takes the case alone; ``query`` fills in what is known. ``place`` is where it stands
    among the others. It is shown to those who may record such a fact.
    """

    url_name: str
    label: str | Promise
    icon: str
    place: int
    query: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """The page that records a kind of fact is no entry of the case's menu: ``where`` says how one gets there instead."""

    url_name: str
    where: str


@dataclass(frozen=True, kw_only=True)
class FactKind:
    """One kind of fact, and all that the program needs to know of it.

    ``text`` puts it into words for staff: (the day, its fields as JSON, the names they point to). ``participant_title``
    does so for the participant, with the name of who recorded it; what else it says is read from the model's fields.
    ``form`` records and corrects it, and ``recorded_from`` says how one gets to the page with it. ``check`` gets the new row
    (or the withdrawn one) after a correction, within the same transaction, and raises ValidationError where the rest does
    not fit any more. ``keeps`` are columns of text that stay when the participant is made nameless, and why; all others are
    erased.
    """

    model: type[Fact]
    group: TimelineGroup
    text: Callable[[date, Fields, Names], FactText]
    participant_title: Callable[[Fields, Names, str], str]
    participant_icon: str
    form: type[FactForm]
    recorded_from: MenuEntry | Elsewhere | None = None
    check: Callable[[Fact], None] = lambda fact: None
    may_lie_ahead: bool = False
    moves_milestones: bool = False
    keeps: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its word in addresses, in the timeline and in corrections."""
        return self.model.kind

    @property
    def table(self) -> str:
        """The table of its rows."""
        return self.model._meta.db_table

    @property
    def references(self) -> dict[str, str]:
        """What its fields point to: column -> the kind of thing, as :class:`Names` knows it."""
        return {
            column.attname: reference_of(column.related_model).kind
            for column in self.model._meta.concrete_fields
            if isinstance(column, models.ForeignKey) and column.name not in OF_EVERY_FACT
        }

    @property
    def erased(self) -> dict[str, str]:
        """What its columns hold (SQL) when the participant is made nameless: no text, and no third person."""
        values = {}
        for column in self.model._meta.concrete_fields:
            if column.attname in self.references and reference_of(column.related_model).is_third_person:
                values[column.attname] = "NULL"
            if column.name in self.keeps or not is_text(column):
                continue
            dashed = not (column.blank or isinstance(column, ArrayField))
            values[column.attname] = NO_LIST if isinstance(column, ArrayField) else DASH if dashed else EMPTY
        return values


def is_text(column: models.Field[object, object]) -> bool:
    """Whether people write in it what may say who somebody is; a choice among words of the program's is none."""
    if isinstance(column, ArrayField):
        return not column.base_field.choices
    return isinstance(column, models.CharField | models.TextField) and not column.choices


@dataclass(frozen=True)
class Reference:
    """Something that facts point to: the kind of thing, and SQL that names one by its number (``{}``)."""

    kind: str
    name_sql: str
    #: How it is named to the participant (SQL); empty where they are not told which one.
    participant_sql: str = ""
    #: Whether the participant reads it as a line of its own, under the field's name.
    is_detail: bool = False
    #: Whether it is a third person, who must not lead to the participant when they are made nameless.
    is_third_person: bool = False
    #: Makes the name readable where the database gives a value (a moment, for one).
    read: Callable[[str], str] = str


_kinds: dict[str, FactKind] = {}
_references: dict[type[models.Model], Reference] = {}


def register(*kinds: FactKind) -> None:
    """Add kinds of fact. Raises ImproperlyConfigured for a word that is taken, or longer than a correction holds."""
    for kind in kinds:
        if len(kind.kind) > LONGEST_KIND:
            raise ImproperlyConfigured(
                f"The kind of fact “{kind.kind}” is {len(kind.kind)} letters long, and a correction holds {LONGEST_KIND}: "
                "choose a shorter word."
            )
        if _kinds.setdefault(kind.kind, kind) is not kind:
            raise ImproperlyConfigured(f"Two kinds of fact are called “{kind.kind}”.")
    fact_kinds.cache_clear()


def register_reference(model: type[models.Model], reference: Reference) -> None:
    """Say how facts name what they point to, where that is a row of ``model``."""
    _references[model] = reference


def reference_of(model: type[models.Model] | None) -> Reference:
    """How a row of ``model`` is named. Raises ImproperlyConfigured where no room says so."""
    if model is None or model not in _references:
        raise ImproperlyConfigured(
            f"A kind of fact points to {model and model.__name__}, and no fact_kinds.py says what one is called "
            "(fact_register.register_reference)."
        )
    return _references[model]


@cache
def fact_kinds() -> dict[str, FactKind]:
    """Every kind of fact by its word, lower rooms first. Raises ImproperlyConfigured for a kind that no room declares."""
    for model in fact_models():
        if model.kind not in _kinds:
            raise ImproperlyConfigured(
                f"{model.__name__} is a kind of fact without a declaration: add it to fact_kinds.py of its room."
            )
    return dict(_kinds)


def menu_entries(level: Level) -> list[MenuEntry]:
    """The entries of the menu of a case with which one may do so much, in their order."""
    entries = [kind.recorded_from for kind in fact_kinds().values() if kind.model.needs <= level]
    return sorted((entry for entry in entries if isinstance(entry, MenuEntry)), key=lambda entry: entry.place)


def fact_kind(fact: Fact) -> FactKind:
    """The declaration of a fact's kind."""
    return fact_kinds()[fact.kind]


@cache
def references() -> dict[str, Reference]:
    """What any fact's fields point to: column -> how it is named."""
    by_column: dict[str, Reference] = {}
    for kind in fact_kinds().values():
        for column in kind.model._meta.concrete_fields:
            if column.attname in kind.references:
                reference = reference_of(column.related_model)
                if by_column.setdefault(column.attname, reference) is not reference:
                    raise ImproperlyConfigured(
                        f"{column.attname} points to one thing in {kind.kind} and to another elsewhere."
                    )
    return by_column
