"""The facts of a case told to the participant: in plain words, everything that was recorded, and what is withheld."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from plass.cases.fact_register import fact_kinds, reference_of
from plass.cases.fact_texts import Names
from plass.cases.models import Fact
from plass.followup.models import Contact

from .participant_queries import Recorded

#: Columns that say how a fact is kept, not what it says; the day and who recorded it are shown on their own.
KEPT = frozenset(
    {"id", "case", "happened_on", "started_at", "recorded_at", "recorded_by", "superseded_at", "withheld_because"}
)
CORRECTION_ICON = "PersonPencil"


@dataclass(frozen=True)
class FactText:
    """One fact as the participant reads it. ``withheld`` is the reason where its contents are kept back; ``change`` says
    what became of one that does not stand any more."""

    title: str
    details: list[tuple[str, str]]
    happened_on: date
    recorded_at: datetime
    by: str
    stands: bool
    icon: str
    withheld: str = ""
    change: str = ""
    kind: str = ""
    fact_id: int = 0
    #: What the participant wrote beside it (``plass.rights.queries.Beside``), where they did.
    beside: Any = None


def fact_texts(
    facts: list[Recorded],
    names: Names,
    withheld: dict[int, str],
    beside: dict[tuple[str, int], Any] | None = None,
    corrected: Iterable[Recorded] = (),
) -> list[FactText]:
    """Each fact in plain words, in the order they came, with what stands beside it. ``corrected`` are facts that corrections
    among them are about and that are told elsewhere (``participant_queries.corrected_elsewhere``)."""
    texts = []
    by_key = {(fact.kind, fact.fact_id): fact for fact in [*facts, *corrected]}
    for fact in facts:
        by = names.of("user", fact.recorded_by)
        icon = CORRECTION_ICON
        details: list[tuple[str, str]] = []
        reason = _withheld(fact, withheld)
        if fact.kind != "correction":
            kind = fact_kinds()[fact.kind]
            icon = kind.participant_icon
        if reason:
            title = _("Something is withheld from you")
        elif fact.kind == "correction":
            of = by_key.get((fact.fields["kind"], fact.fields["fact_id"]))
            title = _("Something was corrected") if fact.fields.get("replacement_id") else _("Something was withdrawn")
            details = [(_("What"), _in_short(of, names)), (_("Why"), str(fact.fields.get("reason", "")))]
            details = [(label, words) for label, words in details if words]
        else:
            title = kind.participant_title(fact.fields, names, by)
            details = _details(kind.model, fact.fields, names)
        texts.append(
            FactText(
                title=title,
                details=[] if reason else details,
                happened_on=fact.happened_on,
                recorded_at=fact.recorded_at,
                by=by,
                stands=fact.stands,
                icon=icon,
                withheld=reason,
                change=_change(fact, is_withheld=bool(reason)),
                kind=fact.kind,
                fact_id=fact.fact_id,
                beside=(beside or {}).get((fact.kind, fact.fact_id)),
            )
        )
    return texts


def _in_short(fact: Recorded | None, names: Names) -> str:
    """The day and title of a fact; empty where it is not at hand."""
    if fact is None:
        return ""
    title = fact_kinds()[fact.kind].participant_title(fact.fields, names, names.of("user", fact.recorded_by))
    return f"{date_format(fact.happened_on, 'j. F Y')}: {title}"


def _change(fact: Recorded, *, is_withheld: bool) -> str:
    """What became of a fact that does not stand any more, when and why; of what is withheld not why."""
    if fact.stands:
        return ""
    if fact.corrected_at is None or is_withheld:
        return _("Withdrawn since.") if fact.is_withdrawn else _("Corrected since.")
    words = (
        _("Withdrawn %(day)s, because: %(reason)s")
        if fact.is_withdrawn
        else _("Corrected %(day)s, because: %(reason)s")
    )
    return words % {
        "day": date_format(timezone.localtime(fact.corrected_at), "j. F Y"),
        "reason": fact.corrected_because,
    }


def _withheld(fact: Recorded, withheld: dict[int, str]) -> str:
    if fact.kind == Contact.kind:
        return withheld.get(fact.fact_id, "")
    if fact.kind == "correction" and fact.fields.get("kind") == Contact.kind:
        return withheld.get(int(fact.fields["fact_id"]), "")
    return ""


def _details(model: type[Fact], fields: dict[str, Any], names: Names) -> list[tuple[str, str]]:
    """(what, says) of every column that says something, in the order of the model."""
    details = []
    for field in model._meta.concrete_fields:
        value = fields.get(field.attname)
        if field.name in KEPT or value is None or value == "" or value == [] or value is False:
            continue
        words = _words(field, value, names)
        if words:
            name = str(field.verbose_name)
            details.append((name[:1].upper() + name[1:], words))
    return details


def _words(field: models.Field[Any, Any], value: Any, names: Names) -> str:
    """A value of a column as the timeline holds it (JSON) in words."""
    if isinstance(field, models.ForeignKey):
        reference = reference_of(field.related_model)
        return names.of(reference.kind, value) if reference.is_detail else ""
    if isinstance(field, ArrayField):
        choices = dict(field.base_field.flatchoices)
        return ", ".join(str(choices.get(choice, choice)) for choice in value)
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Yes")
    if isinstance(field, models.DateTimeField):
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "j. F Y H:i")
    if isinstance(field, models.DateField):
        return date_format(date.fromisoformat(value), "j. F Y")
    if isinstance(field, models.IntegerField | models.DecimalField):
        return "" if not value else str(number_format(value, use_l10n=True))
    return str(value)
